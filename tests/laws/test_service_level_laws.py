"""A level equals sorted lists and a count of every minute by the wall clock, across changes of the clocks.

The percentile p of some values is the smallest of them that at least p % of them do not exceed.
"""

import statistics
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cmdb import availability, calendar, service_levels
from cmdb.amounts import Amount, amount, base_of, plain
from cmdb.commitments import ServiceCommitment, ServiceHours
from cmdb.errors import Invalid
from cmdb.instants import length
from cmdb.intervals import seconds
from cmdb.promises import Claim, ServiceAgreement
from cmdb.service_levels import Seen
from tests.laws.test_availability_laws import (
    DAYS,
    REACH,
    ZONES,
    happens,
    inside,
    minutes_around,
    recurrence,
    same_period,
    weekly_rules,
)

MINUTE = timedelta(minutes=1)
STATISTICS = ("mean", "median", "p50", "p95", "p99.9", "p100", "p0.1", "maximum", "minimum", "count", "sum")
UNITS = {"s": 1, "min": 60, "h": 3600}


@dataclass(frozen=True)
class Case:
    """One promise about a quantity, what was seen of it, and a moment in the period to count."""

    agreement: ServiceAgreement
    weekly: tuple[tuple[frozenset[int], int, int], ...]
    at: datetime
    seen: tuple[Seen, ...]
    claims: tuple[Claim, ...]
    now: datetime


@st.composite
def commitments(draw: st.DrawFn, weekly: tuple[tuple[frozenset[int], int, int], ...]) -> ServiceCommitment:
    share = draw(st.booleans())
    kind = draw(st.sampled_from(("day", "week", "rolling")))
    return ServiceCommitment(
        id="resolve",
        service="mail",
        attribute="resolution time",
        comparator=draw(st.sampled_from((">=", ">") if share else (">=", "<=", "<", ">"))),
        target=Decimal(draw(st.sampled_from((0, 30, 50, 90, 99)))),
        unit="%" if share else draw(st.sampled_from(tuple(UNITS))),
        statistic="share within 2 h" if share else draw(st.sampled_from(STATISTICS)),
        period=kind,
        days=draw(st.integers(1, 9)) if kind == "rolling" else 0,
        hours=ServiceHours(rules=tuple(recurrence(*one) for one in weekly)),
        outside=draw(st.sampled_from(("", "included"))),
        clock=draw(st.sampled_from(("", "", "elapsed"))),
    )


@st.composite
def observations(draw: st.DrawFn, near: st.SearchStrategy[datetime]) -> tuple[Seen, ...]:
    """Values in several units, one of them no length of time, and stretches of time."""
    found = []
    for _ in range(draw(st.integers(0, 9))):
        at = draw(near)
        if draw(st.booleans()):
            started = at - draw(st.integers(0, 3000)) * MINUTE
            lasted = Decimal(seconds(at) - seconds(started))
            found.append(Seen(seconds(at), seconds(started), lasted, "s"))
        else:
            unit = draw(st.sampled_from((*UNITS, "kg")))
            found.append(Seen(seconds(at), None, Decimal(draw(st.integers(0, 400))) / 4, unit))
    return tuple(found)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Promises near the days on which clocks change."""
    zone, day = draw(st.sampled_from(ZONES)), draw(st.sampled_from(DAYS))
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    at = noon + draw(st.integers(-900, 900)) * MINUTE
    near = st.integers(-3000, 3000).map(lambda minutes: at + minutes * MINUTE)
    weekly = tuple(draw(st.lists(weekly_rules, max_size=2)))
    agreement = ServiceAgreement(
        id="ag-1",
        title="Desk",
        customer="acme",
        manager="a.vries",
        zone=zone,
        services=("mail",),
        start=draw(st.one_of(st.just(at - timedelta(days=400)), near)),
        commitments=(draw(commitments(weekly)),),
    )
    claims = []
    for number in range(draw(st.integers(0, 2))):
        start = draw(near)
        claims.append(
            Claim(
                id=f"claim-{number}",
                agreement="ag-1",
                service=draw(st.sampled_from(("", "mail", "web"))),
                start=start,
                end=start + draw(st.integers(1, 900)) * MINUTE,
                state=draw(st.sampled_from(("accepted", "refused"))),
                decided_by="b.smit",
            )
        )
    return Case(agreement, weekly, at, draw(observations(near)), tuple(claims), draw(near))


def naive(case: Case) -> tuple[dict[str, int], list[Fraction]]:
    """What does not count and why, and the values that do, by looking at every minute."""
    agreement, commitment = case.agreement, case.agreement.commitments[0]
    around = REACH[commitment.period] + timedelta(days=3)
    minutes = minutes_around(case.at, ZoneInfo(agreement.zone), around)
    walls = dict(minutes)
    today = walls[case.at].date()

    def due(minute: datetime) -> bool:
        return not case.weekly or inside(case.weekly, walls[minute])

    def claimed(minute: datetime) -> bool:
        return any(
            one.state == "accepted" and one.service != "web" and happens(one.start, one.end, minute)
            for one in case.claims
        )

    left_out = {"exempt": 0, "outside": 0, "unfit": 0}
    values = []
    for one in case.seen:
        at = datetime.fromtimestamp(one.at, UTC)
        here = same_period(commitment, walls[at].date(), today) and agreement.start <= at <= case.now
        if not here:
            continue
        if one.unit == "kg" and commitment.statistic != "count":
            left_out["unfit"] += 1
        elif claimed(at):
            left_out["exempt"] += 1
        elif one.started is not None:
            started = datetime.fromtimestamp(one.started, UTC)
            during = [started + number * MINUTE for number in range((at - started) // MINUTE)]
            counts = [
                each for each in during if commitment.clock == "elapsed" or (due(each) and not claimed(each))
            ]
            values.append(Fraction(60 * len(counts)))
        elif commitment.outside or due(at):
            values.append(Fraction(one.value) * UNITS.get(one.unit, 1))
        else:
            left_out["outside"] += 1
    return left_out, values


def figure(values: list[Fraction], commitment: ServiceCommitment) -> Fraction | None:
    """The statistic as people would work it out with a sorted list."""
    how, number = commitment.statistic, len(values)
    if how == "count":
        return Fraction(number)
    if not values:
        return None
    if how.startswith("share"):
        return Fraction(100 * len([one for one in values if one <= 7200]), number)
    size = UNITS[commitment.unit]
    if how.startswith("p"):
        part = Fraction(how[1:]) / 100
        return (
            min(one for one in values if len([each for each in values if each <= one]) >= part * number)
            / size
        )
    whole = {
        "mean": lambda: sum(values) / Fraction(number),
        "sum": lambda: sum(values),
        "median": lambda: statistics.median(values),
        "maximum": lambda: max(values),
        "minimum": lambda: min(values),
    }[how]()
    return Fraction(whole) / size


@settings(max_examples=120)
@given(case=cases())
def test_a_level_equals_a_naive_count(case: Case) -> None:
    agreement, commitment = case.agreement, case.agreement.commitments[0]
    found = service_levels.level(
        agreement,
        commitment,
        availability.period_of(agreement, commitment, case.at),
        case.seen,
        case.claims,
        now=case.now,
        hours=calendar.service_time,
    )
    left_out, values = naive(case)
    assert {"exempt": found.exempt, "outside": found.outside, "unfit": found.unfit} == left_out
    assert (found.counted, found.figure) == (len(values), figure(values, commitment))
    if found.figure is None:
        assert (found.state, found.left) == (service_levels.NOTHING, None)


@given(
    number=st.integers(1, 60),
    missed=st.integers(0, 60),
    target=st.decimals(min_value=0, max_value=100, places=2),
    strictly=st.booleans(),
)
@example(number=20, missed=1, target=Decimal(95), strictly=False)
@example(number=20, missed=1, target=Decimal(95), strictly=True)
@example(number=7, missed=0, target=Decimal(100), strictly=False)
def test_so_many_more_may_miss_and_not_one_more(
    number: int, missed: int, target: Decimal, strictly: bool
) -> None:
    missed, strictly = min(missed, number), strictly and target < 100

    def level(misses: int, of: int) -> service_levels.Level:
        agreement, commitment = _share(target, ">" if strictly else ">=")
        late, good = Decimal(3), Decimal(1)
        values = [late] * misses + [good] * (of - misses)
        day = seconds(datetime(2026, 3, 29, tzinfo=UTC))
        seen = [Seen(day + place, None, one, "h") for place, one in enumerate(values)]
        now = datetime(2026, 4, 1, tzinfo=UTC)
        span = (day, day + 86_400)
        return service_levels.level(
            agreement, commitment, span, seen, (), now=now, hours=calendar.service_time
        )

    found = level(missed, number)
    share = Fraction(100 * (number - missed), number)
    met = share > Fraction(target) if strictly else share >= Fraction(target)
    assert found.met == met
    assert (found.allowed - found.missed >= 0) == met
    if found.left is None:
        assert met
        assert target == 0
        return
    assert (found.left >= 0) == met
    if met and found.left < 200:
        more = int(found.left)
        assert level(missed + more, number + more).met
        assert not level(missed + more + 1, number + more + 1).met


def _share(target: Decimal, comparator: str) -> tuple[ServiceAgreement, ServiceCommitment]:
    commitment = ServiceCommitment(
        id="within",
        service="mail",
        attribute="response time",
        comparator=comparator,
        target=target,
        statistic="share within 2 h",
        period="day",
    )
    agreement = ServiceAgreement(
        id="ag-1",
        title="Desk",
        customer="acme",
        manager="a.vries",
        start=datetime(2026, 1, 1, tzinfo=UTC),
        services=("mail",),
        commitments=(commitment,),
    )
    return agreement, commitment


@given(lasts=st.integers(0, 9_999_999))
def test_a_length_of_time_means_the_same_however_it_is_written(lasts: int) -> None:
    hours, rest = divmod(lasts, 3600)
    written = (
        f"{lasts} s",
        f"{lasts}",
        f"{hours}:{rest // 60:02}:{rest % 60:02}",
        f"PT{hours}H{rest // 60}M{rest % 60}S",
        length(lasts),
    )
    for text in written:
        found = amount(text, "s")
        assert base_of(found.value, found.unit) == lasts


@given(
    value=st.fractions(min_value=-(10**9), max_value=10**9),
    places=st.integers(0, 6),
)
def test_a_number_is_rounded_to_the_side_that_was_asked_for(value: Fraction, places: int) -> None:
    low = Fraction(plain(value, places=places, grouped=False))
    high = Fraction(plain(value, up=True, places=places, grouped=False))
    assert low <= value <= high
    assert high - low <= Fraction(1, 10**places)


@given(text=st.text(max_size=30))
def test_no_text_breaks_the_reading_of_an_amount(text: str) -> None:
    try:
        found = amount(text)
    except Invalid:
        return
    assert isinstance(found, Amount)
    assert found.value.is_finite()

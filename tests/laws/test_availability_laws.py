"""Availability equals a count of every minute by the wall clock, in five zones, across every kind of day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cmdb import availability, calendar, intervals, periods
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.promises import Claim, Outage, ServiceAgreement

ZONES = ("Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
# Days on which clocks change somewhere, leap days, a skipped day, turns of year.
DAYS = (
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 4, 5),
    date(2026, 10, 4),
    date(2026, 10, 25),
    date(2026, 11, 1),
    date(2024, 2, 29),
    date(2028, 2, 28),
    date(2011, 12, 29),
    date(2026, 12, 31),
    date(2021, 4, 4),
)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MINUTE = 60
REACH = {
    kind: timedelta(days=days) for kind, days in (("day", 4), ("week", 10), ("rolling", 12), ("month", 35))
}


@dataclass(frozen=True)
class Case:
    """One promise and what came of it, in minutes so that it can be counted one by one."""

    agreement: ServiceAgreement
    weekly: tuple[tuple[frozenset[int], int, int], ...]
    windows: tuple[tuple[frozenset[int], int, int], ...]
    at: datetime
    outages: tuple[Outage, ...]
    claims: tuple[Claim, ...]
    now: datetime


def recurrence(days: frozenset[int], start: int, lasts: int) -> Recurrence:
    named = ",".join(WEEKDAYS[day] for day in sorted(days))
    return Recurrence(
        rule=f"FREQ=WEEKLY;BYDAY={named}", start=f"{start // 60:02}:{start % 60:02}", length=lasts * MINUTE
    )


weekly_rules = st.tuples(
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.one_of(st.integers(1, 1440), st.integers(1, 4000)),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Promises near the days on which counting is hard."""
    zone = draw(st.sampled_from(ZONES))
    day = draw(st.sampled_from(DAYS)) + timedelta(days=draw(st.integers(-2, 2)))
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    at = noon + timedelta(minutes=draw(st.integers(-900, 900)))
    near = st.integers(-3000, 3000).map(lambda minutes: at + timedelta(minutes=minutes))
    weekly = tuple(draw(st.lists(weekly_rules, max_size=2)))
    windows = tuple(draw(st.lists(weekly_rules, max_size=1)))
    kind = draw(st.sampled_from(("day", "week", "day", "rolling", "rolling", "month")))
    agreement = ServiceAgreement(
        id="ag-1",
        title="Harbour mail",
        customer="acme",
        manager="a.vries",
        zone=zone,
        services=("mail",),
        start=draw(st.one_of(st.just(at - timedelta(days=400)), near)),
        end=draw(st.one_of(st.none(), st.just(at + timedelta(days=400)))),
        windows=tuple(recurrence(*one) for one in windows),
        commitments=(
            ServiceCommitment(
                id="up",
                service="mail",
                target=draw(st.sampled_from([Decimal(one) for one in ("0", "50", "99.5", "99.95", "100")])),
                period=kind,
                days=draw(st.integers(1, 9)) if kind == "rolling" else 0,
                hours=ServiceHours(rules=tuple(recurrence(*one) for one in weekly)),
                planned=draw(st.sampled_from(("no", "beyond the agreed windows", "yes"))),
                degraded=draw(st.booleans()),
            ),
        ),
    )
    return Case(agreement, weekly, windows, at, *draw(happenings(near)), draw(near))


@st.composite
def happenings(
    draw: st.DrawFn, near: st.SearchStrategy[datetime]
) -> tuple[tuple[Outage, ...], tuple[Claim, ...]]:
    """Outages, some planned, some still running, and claims, some accepted."""
    lasting = st.integers(1, 2000).map(lambda minutes: timedelta(minutes=minutes))
    outages = []
    for number in range(draw(st.integers(0, 4))):
        started, planned, lasts = (
            draw(near),
            draw(st.one_of(st.none(), near)),
            draw(st.one_of(st.none(), lasting)),
        )
        outages.append(
            Outage(
                id=f"out-{number}",
                subject="mail",
                started=started,
                ended=started + lasts if lasts else None,
                effect=draw(st.sampled_from(("outage", "degraded"))),
                change="CR-1" if planned else "",
                planned_start=planned,
                planned_end=planned + draw(lasting) if planned else None,
                recorded_at=started,
            )
        )
    claims = []
    for number in range(draw(st.integers(0, 2))):
        start = draw(near)
        claims.append(
            Claim(
                id=f"claim-{number}",
                agreement=draw(st.sampled_from(("ag-1", "ag-2"))),
                service=draw(st.sampled_from(("", "mail", "web"))),
                start=start,
                end=start + draw(lasting),
                state=draw(st.sampled_from(("accepted", "refused"))),
                decided_by="b.smit",
            )
        )
    return tuple(outages), tuple(claims)


def inside(weekly: tuple[tuple[frozenset[int], int, int], ...], wall: datetime) -> bool:
    """Whether a reading of the clock lies in any weekly rule, looking back day by day."""
    for days, start, lasts in weekly:
        for back in range(lasts // 1440 + 3):
            day = datetime.combine(wall.date(), time()) - timedelta(days=back)
            since = (wall - day) // timedelta(minutes=1)
            if day.weekday() in days and start <= since < start + lasts:
                return True
    return False


def same_period(commitment: ServiceCommitment, one: date, at: date) -> bool:
    if commitment.period == "day":
        return one == at
    if commitment.period == "week":
        return one.isocalendar()[:2] == at.isocalendar()[:2]
    if commitment.period == "rolling":
        return timedelta(0) <= at - one < timedelta(days=commitment.days)
    return (one.year, one.month) == (at.year, at.month)


def minutes_around(at: datetime, zone: ZoneInfo, reach: timedelta) -> list[tuple[datetime, datetime]]:
    """Every minute some days before and after, with what the clock shows at most by then.

    Where clocks go back, the hour that comes again belongs to the reading it repeats: a person who
    waits for 03:00 waits through it.
    """
    step = at - reach
    found, highest = [], step.astimezone(zone).replace(tzinfo=None)
    while step < at + reach:
        highest = max(highest, step.astimezone(zone).replace(tzinfo=None))
        found.append((step, highest))
        step += timedelta(minutes=1)
    return found


def happens(start: datetime | None, end: datetime | None, minute: datetime) -> bool:
    return start is not None and start <= minute and (end is None or minute < end)


def counted_by_minute(case: Case) -> tuple[int, int, int]:
    """Seconds of service time, counted time and outage, one minute after the other."""
    agreement, commitment = case.agreement, case.agreement.commitments[0]
    minutes = minutes_around(case.at, ZoneInfo(agreement.zone), REACH[commitment.period])
    today = next(wall for step, wall in minutes if step == case.at).date()
    service = counted = used = 0
    for minute, wall in minutes:
        if not same_period(commitment, wall.date(), today):
            continue
        if not happens(agreement.start, agreement.end, minute):
            continue
        if case.weekly and not inside(case.weekly, wall):
            continue
        service += MINUTE
        out = [
            one
            for one in case.outages
            if minute < case.now
            and happens(one.started, one.ended, minute)
            and (one.effect == "outage" or commitment.degraded)
        ]
        free = commitment.planned == "no" or (
            commitment.planned == "beyond the agreed windows" and inside(case.windows, wall)
        )
        exempt = free and any(happens(one.planned_start, one.planned_end, minute) for one in out)
        exempt |= any(
            one.state == "accepted"
            and one.agreement == "ag-1"
            and one.service in ("", "mail")
            and happens(one.start, one.end, minute)
            for one in case.claims
        )
        counted += 0 if exempt else MINUTE
        used += MINUTE if out and not exempt else 0
    return service, counted, used


@settings(max_examples=60, deadline=None)
@given(case=cases())
def test_a_standing_equals_a_count_of_every_minute(case: Case) -> None:
    agreement, commitment = case.agreement, case.agreement.commitments[0]
    facts = availability.Facts(outages=case.outages, claims=case.claims, now=case.now)
    period = availability.period_of(agreement, commitment, case.at)
    found = availability.standing(agreement, commitment, period, facts, calendar.service_time)
    service, counted, used = counted_by_minute(case)
    assert (found.service_s, found.counted_s, found.used_s) == (service, counted, used)
    assert found.exempt_s == service - counted
    permitted = (1 - Fraction(commitment.target) / 100) * counted
    assert found.allowance_s <= permitted < found.allowance_s + 1


@given(
    counted=st.integers(0, 40_000_000),
    used=st.integers(0, 40_000_000),
    target=st.decimals(min_value=0, max_value=100, places=6),
)
@example(counted=0, used=0, target=Decimal("100"))
@example(counted=2_592_000, used=2_592, target=Decimal("99.9"))
def test_what_is_left_is_not_negative_exactly_when_the_target_is_met(
    counted: int, used: int, target: Decimal
) -> None:
    used = min(used, counted)
    share = Fraction(target) / 100
    left = availability.allowance(share, counted) - used
    met = counted == 0 or 1 - Fraction(used, counted) >= share
    assert (left >= 0) == met


@given(
    zone=st.sampled_from(ZONES),
    day=st.sampled_from(DAYS),
    minute=st.integers(-3000, 3000),
    more=st.integers(0, 500),
)
def test_the_wall_clock_never_turns_into_time_backwards(zone: str, day: date, minute: int, more: int) -> None:
    early = datetime.combine(day, time()) + timedelta(minutes=minute)
    late = early + timedelta(minutes=more)
    place = periods.zone_of(zone)
    assert periods.instant_of(early, place) <= periods.instant_of(late, place)


@given(
    zone=st.sampled_from(ZONES),
    day=st.sampled_from(DAYS),
    kind=st.sampled_from(("day", "week", "month", "quarter", "year")),
)
def test_periods_lie_end_to_end_and_each_holds_the_moment_asked_about(
    zone: str, day: date, kind: str
) -> None:
    place = periods.zone_of(zone)
    at = intervals.seconds(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    start, end = periods.period_at(kind, at, place)
    assert start <= at < end
    assert periods.period_at(kind, end, place)[0] == end
    assert periods.period_at(kind, start - 1, place)[1] == start
    assert periods.periods_between(kind, start, end + 1, place)[0] == (start, end)


loose_spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def points(spans: intervals.Spans) -> set[int]:
    return {point for start, end in spans for point in range(start, end)}


@given(left=loose_spans, right=loose_spans)
def test_interval_algebra_equals_the_algebra_of_sets(
    left: list[tuple[int, int]], right: list[tuple[int, int]]
) -> None:
    one, two = intervals.union(left), intervals.union(right)
    assert points(one) == points(tuple(left))
    assert points(intervals.union(one, two)) == points(one) | points(two)
    assert points(intervals.intersect(one, two)) == points(one) & points(two)
    assert points(intervals.subtract(one, two)) == points(one) - points(two)
    assert intervals.length(one) == len(points(one))
    for within in right:
        assert points(intervals.clip(one, within)) == points(one) & points((within,))
        assert intervals.clip(one, within) == intervals.union(intervals.clip(one, within))
    for result in (intervals.union(one, two), intervals.intersect(one, two), intervals.subtract(one, two)):
        assert result == intervals.union(result), "a result is normal"

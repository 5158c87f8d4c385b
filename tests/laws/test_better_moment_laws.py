"""The best start of every day is the best of all its minutes, each counted minute by minute."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cmdb import calendar
from cmdb.availability import Facts, agreed_windows, period_of, ratio
from cmdb.better_moments import Agreed, Bar, Job, Moments
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.forecast import Ledger, WorkEffect
from cmdb.periods import zone_of
from cmdb.promise_costs import Cost
from cmdb.promises import Outage, PlannedWork, ServiceAgreement

# The night before the clocks move, or - in Apia - before a day that never was.
PLACES = {
    "Europe/Amsterdam": datetime(2026, 10, 24, 9, tzinfo=UTC),
    "America/New_York": datetime(2026, 10, 31, 16, tzinfo=UTC),
    "Asia/Kolkata": datetime(2028, 2, 28, 20, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 10, 3, 3, tzinfo=UTC),
    "Pacific/Apia": datetime(2011, 12, 29, 18, tzinfo=UTC),
}
BEFORE, AHEAD = 2 * 1440, 1440  # minutes looked at around now
CLOCK = [0, 5 * 60, 8 * 60 + 15, 12 * 60, 17 * 60 + 30, 22 * 60, 1440]  # none where clocks are moved
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class Case:
    """A promise with what is booked on it, in minutes from `BEFORE` minutes before now."""

    agreement: ServiceAgreement
    hours: tuple[tuple[str, ...], int, int]
    outages: tuple[Outage, ...]
    others: tuple[WorkEffect, ...]

    @property
    def commitment(self) -> ServiceCommitment:
        return self.agreement.commitments[0]


def recurrence(dice: Random) -> tuple[Recurrence, tuple[tuple[str, ...], int, int]]:
    days = tuple(sorted(dice.sample(DAYS, dice.choice([2, 4, 7])), key=DAYS.index))
    start, end = sorted(dice.sample(CLOCK, 2))
    text = f"{start // 60:02d}:{start % 60:02d}"
    rule = Recurrence(rule=f"FREQ=WEEKLY;BYDAY={','.join(days)}", start=text, length=60 * (end - start))
    return rule, (days, start, end)


def case(dice: Random, number: int, place: str, now: datetime) -> Case:
    rule, hours = recurrence(dice)
    if dice.random() < 0.3:
        rule, hours = Recurrence(rule="FREQ=DAILY", start="00:00"), (DAYS, 0, 1440)
    windows = tuple(recurrence(dice)[0] for _window in range(dice.choice([0, 0, 1, 2])))
    period = dice.choice(["day", "day", "day", "week", "rolling", "rolling"])
    minute = timedelta(minutes=1)
    agreement = ServiceAgreement(
        id=f"sla-{number}",
        title="Promise",
        customer="acme",
        manager="m",
        start=now - dice.choice([9_000, 60]) * minute,
        end=dice.choice([None, now + dice.randint(1, AHEAD) * minute]),
        zone=dice.choice([place, place, "UTC"]),
        services=("mail",),
        windows=windows,
        state="published",
        commitments=(
            ServiceCommitment(
                id="up",
                service="mail",
                target=Decimal(dice.choice(["99", "97.5", "90", "99.9", "60", "0", "100"])),
                period=period,
                days=dice.randint(1, 3) if period == "rolling" else 0,
                hours=ServiceHours(rules=(rule,)),
                planned=dice.choice(["yes", "no", "beyond the agreed windows"]),
            ),
        ),
    )
    outages = tuple(
        Outage(
            id=f"o{number}{one}",
            subject="mail",
            started=now - start * minute,
            ended=now - dice.randint(0, start - 1) * minute,
            recorded_by="m",
            recorded_at=now,
        )
        for one in range(dice.choice([0, 0, 1, 2]))
        for start in (dice.randint(1, 300),)
    )
    return Case(
        agreement, hours, outages, tuple(other(dice, one, now) for one in range(dice.choice([0, 1, 2])))
    )


def other(dice: Random, number: int, now: datetime) -> WorkEffect:
    minute = timedelta(minutes=1)
    start = now + dice.randint(-60, AHEAD) * minute
    lasts = dice.randint(1, 200)
    work = PlannedWork(
        reference=f"CR-{number}",
        window_start=start,
        window_end=start + dice.randint(1, 300) * minute,
        down=("x",),
        expected=60 * lasts,
        worst=60 * lasts,
        down_from=start,
    )
    return WorkEffect(work=work, effects={"mail": "outage"})


class Plain:
    """The same promise counted minute by minute; place 0 is `BEFORE` minutes before now."""

    def __init__(self, one: Case, now: datetime) -> None:
        self.one = one
        self.origin = now - timedelta(minutes=BEFORE)
        self.zone = ZoneInfo(one.agreement.zone)
        self.target = ratio(one.commitment)
        # A month may reach far beyond what is asked about.
        first = self._minute(datetime.fromtimestamp(self._period(now)[0], UTC))
        last_at = now + timedelta(minutes=AHEAD + 600)
        last = self._minute(datetime.fromtimestamp(self._period(last_at)[1] + 3 * 86_400, UTC))
        self.first, self.count = min(first - 4 * 1440, 0), last - min(first - 4 * 1440, 0)
        booked, exempt = self._booked()
        agreed = [self._agreed(place) for place in range(self.count)]
        kind = one.commitment.planned
        self.rows = []
        for place in range(self.count):
            counts = self._due(place) and place not in exempt
            free = kind == "no" or (kind != "yes" and agreed[place])
            spent = counts and place in booked
            self.rows.append(
                (
                    counts,
                    spent,
                    counts and not spent and not free,
                    counts and free,
                    spent and free,
                    counts and not spent,
                )
            )
        self.sums = [[0, *accumulate(int(row[column]) for row in self.rows)] for column in range(6)]

    def _minute(self, at: datetime) -> int:
        return (at - self.origin) // timedelta(minutes=1)

    def _at(self, place: int) -> datetime:
        return self.origin + timedelta(minutes=place + self.first)

    def _period(self, at: datetime) -> tuple[int, int]:
        return period_of(self.one.agreement, self.one.commitment, at)

    def _reading(self, place: int) -> tuple[str, int]:
        here = self._at(place).astimezone(self.zone)
        return DAYS[here.weekday()], here.hour * 60 + here.minute

    def _due(self, place: int) -> bool:
        agreement, (days, start, end) = self.one.agreement, self.one.hours
        at = self._at(place)
        if at < agreement.start or (agreement.end and at >= agreement.end):
            return False
        day, clock = self._reading(place)
        return day in days and start <= clock < end

    def _agreed(self, place: int) -> bool:
        day, clock = self._reading(place)
        for rule in self.one.agreement.windows:
            hour, minute = map(int, rule.start.split(":"))
            start = hour * 60 + minute
            if day in rule.rule.partition("BYDAY=")[2] and start <= clock < start + rule.length // 60:
                return True
        return False

    def _booked(self) -> tuple[set[int], set[int]]:
        booked: set[int] = set()
        exempt: set[int] = set()
        now = BEFORE - self.first
        for outage in self.one.outages:
            booked |= set(
                range(self._minute(outage.started) - self.first, self._minute(outage.ended) - self.first)
            )
        for one in self.one.others:
            start = self._minute(one.work.window_start) - self.first
            end = self._minute(one.work.window_end) - self.first
            down = set(range(max(start, now), start + one.work.expected // 60))
            booked |= down
            if self.one.commitment.planned != "yes":
                exempt |= {
                    place
                    for place in down & set(range(start, end))
                    if self.one.commitment.planned == "no" or self._agreed(place)
                }
        return booked, exempt

    def share(self, job: Job, start: int) -> float:
        """The largest share of what is left, for the work whose window starts at a minute after now."""
        if job.after is not None:
            return self._share(job, start, job.after // 60)
        most = max(0, (job.length - job.worst) // 60)
        return max(self._share(job, start, after) for after in range(most + 1))

    def _share(self, job: Job, start: int, after: int) -> float:
        begin = start + BEFORE - self.first + after
        end, window = begin + job.worst // 60, start + BEFORE - self.first + job.length // 60
        found = 0.0
        for low, high in self._periods(begin, end):
            left = (
                (self.target.denominator - self.target.numerator)
                * 60
                * self._sum(0, low, high)
                // self.target.denominator
            ) - 60 * self._sum(1, low, high)
            a, b, w = max(low, begin), min(high, end), min(max(window, begin), end)
            taken = self._sum(2, a, min(b, w)) - self._sum(4, a, min(b, w)) + self._sum(5, max(a, w), b)
            exact = 60 * (taken + (1 - self.target) * self._sum(3, a, min(b, w)))
            if exact > 0:
                found = max(found, float(Fraction(exact, left)) if left > 0 else float("inf"))
        return found

    def _sum(self, column: int, low: int, high: int) -> int:
        return self.sums[column][high] - self.sums[column][low] if low < high else 0

    def _periods(self, begin: int, end: int) -> set[tuple[int, int]]:
        """Every period that shares time with an outage; rolling ones by each day they may end with."""
        days = self.one.commitment.days
        ends = end + days * 1440 if days else end
        found = set()
        for place in (*range(begin, ends, 180), ends - 1):
            low, high = self._period(self._at(place))
            low, high = (self._minute(datetime.fromtimestamp(one, UTC)) - self.first for one in (low, high))
            if low < end and begin < high:
                found.add((low, high))
        return found


# Every example counts thousands of minutes of three promises one by one: it takes seconds.
@settings(max_examples=6, deadline=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_no_minute_of_any_day_is_better_than_the_one_found(seed: int) -> None:
    dice = Random(seed)
    place, origin = dice.choice(sorted(PLACES.items()))
    now = origin + timedelta(minutes=dice.randint(0, 900))
    worst = dice.choice([1, 30, 90, 400])
    length = worst + dice.choice([0, 0, 45, 300])
    after = dice.choice([0, (length - worst) // 2, None])
    if dice.random() < 0.2:
        length = max(1, worst // 2)  # it may outlast its window
    job = Job(
        length=60 * length,
        expected=60,
        worst=60 * worst,
        after=None if after is None else 60 * min(after, length),
    )
    cases = [case(dice, number, place, now) for number in range(dice.choice([1, 2, 3]))]
    since = int(now.timestamp())
    within = (since, since + 60 * dice.randint(1, AHEAD))
    whole = (within[0], within[1] + job.length + job.worst)
    bars = [
        Bar(since + start, since + start + dice.randint(1, 200) * 60, "freeze")
        for start in (dice.randint(0, AHEAD * 60) for _bar in range(dice.choice([0, 1, 3])))
    ]
    agreed = [
        Agreed(
            one.agreement.id,
            agreed_windows(
                one.agreement.windows,
                zone_of(one.agreement.zone),
                (whole[0] - 9 * 86_400, whole[1] + 9 * 86_400),
                calendar.service_time,
            ),
        )
        for one in cases
        if one.agreement.windows
    ]
    moments = Moments(
        job, within, costs=[cost(one, whole, job, now) for one in cases], bars=bars, agreed=agreed
    )
    plain = [Plain(one, now) for one in cases]
    zone = zone_of(place)
    expected: dict[object, tuple[bool, int, float, int]] = {}
    for minute in range((within[1] - since) // 60):
        start = since + 60 * minute
        end = start + job.length
        if any(one.start < end and start < one.end for one in bars):
            continue
        share = max(one.share(job, minute) for one in plain)
        outside = sum(not any(s <= start and end <= e for s, e in one.windows) for one in agreed)
        rank = (share > 1, outside, share, start // 60)
        day = datetime.fromtimestamp(start, zone).date()
        expected[day] = min(rank, expected.get(day, rank))
    found = moments.ranked(zone, 99).moments
    assert [moments.rank(int(one.start.timestamp()) // 60) for one in found] == sorted(expected.values())
    few = dice.randint(1, 2)
    assert moments.ranked(zone, few).moments == found[:few]
    for one in found:
        assert one.share == moments.rank(int(one.start.timestamp()) // 60)[2]  # type: ignore[index]
        assert one.bars == ()


def cost(one: Case, whole: tuple[int, int], job: Job, now: datetime) -> Cost:
    ledger = Ledger(
        one.agreement,
        one.commitment,
        one.others,
        Facts(outages=one.outages, now=now),
        now,
        calendar.service_time,
    )
    return Cost(one.agreement, one.commitment, *ledger.laid_out(whole, job.expected, job.worst))


def test_the_reference_sees_a_minute_of_work_in_a_minute_that_is_due() -> None:
    """Were the reference always nothing, the law above would hold of anything."""
    shares = []
    for seed in range(40):
        dice = Random(seed)
        now = PLACES["Europe/Amsterdam"]
        one = Plain(case(dice, 0, "Europe/Amsterdam", now), now)
        job = Job(length=3600, expected=60, worst=3600, after=0)
        shares += [one.share(job, minute) for minute in range(0, AHEAD, 97)]
    ordered = sorted(shares)
    assert 0.1 < bisect_left(ordered, 1e-9) / len(ordered) < 0.9

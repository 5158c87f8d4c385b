"""A forecast equals a count of every minute over every possible moment the outage could fall."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb import availability, bookings, calendar, forecast, intervals
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.promises import Outage, PlannedWork, ServiceAgreement

ORIGIN = datetime(2026, 11, 1, tzinfo=UTC)
MINUTE = 60
DAY = 1440


@dataclass(frozen=True)
class Case:
    """A promise in minutes after the first of November, with work on it."""

    agreement: ServiceAgreement
    hours: tuple[int, int]
    outages: tuple[Outage, ...]
    this: forecast.WorkEffect
    others: tuple[forecast.WorkEffect, ...]
    now: datetime


def at(minute: int) -> datetime:
    return ORIGIN + timedelta(minutes=minute)


def minute_of(moment: datetime) -> int:
    return (moment - ORIGIN) // timedelta(minutes=1)


@st.composite
def works(draw: st.DrawFn, reference: str, fixed: bool) -> forecast.WorkEffect:
    start, window = draw(st.integers(0, 2 * DAY)), draw(st.integers(1, 200))
    expected = draw(st.integers(0, 240))
    given_start = fixed or draw(st.booleans())
    return forecast.WorkEffect(
        work=PlannedWork(
            reference=reference,
            window_start=at(start),
            window_end=at(start + window),
            down=("sw-11",),
            expected=expected * MINUTE,
            worst=(expected + draw(st.integers(0, 120))) * MINUTE,
            down_from=at(start + draw(st.integers(0, window - 1))) if given_start else None,
            unplanned=draw(st.booleans()),
        ),
        effects={"mail": draw(st.sampled_from(("outage", "outage", "degraded")))},
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    hours = draw(st.sampled_from(((0, DAY), (480, 600), (1320, 300))))
    rule = Recurrence(
        rule="FREQ=DAILY", start=f"{hours[0] // 60:02}:{hours[0] % 60:02}", length=hours[1] * MINUTE
    )
    kind = draw(st.sampled_from(("day", "rolling")))
    agreement = ServiceAgreement(
        id="ag-1",
        title="Mail",
        customer="acme",
        manager="a.vries",
        start=ORIGIN - timedelta(days=90),
        services=("mail",),
        windows=(Recurrence(rule="FREQ=DAILY", start="02:00", length=2 * 3600),),
        commitments=(
            ServiceCommitment(
                id="up",
                service="mail",
                target=draw(st.sampled_from((Decimal("90"), Decimal("99.5"), Decimal("100")))),
                period=kind,
                days=draw(st.integers(1, 3)) if kind == "rolling" else 0,
                hours=ServiceHours(rules=(rule,)),
                planned=draw(st.sampled_from(("no", "beyond the agreed windows", "yes"))),
                degraded=draw(st.booleans()),
            ),
        ),
    )
    outages = tuple(
        Outage(
            id=f"out-{number}", subject="mail", started=at(start), ended=at(start + lasts), recorded_at=ORIGIN
        )
        for number, (start, lasts) in enumerate(
            draw(st.lists(st.tuples(st.integers(-500, 3000), st.integers(1, 300)), max_size=3))
        )
    )
    others = tuple(draw(works(f"CR-{number}", True)) for number in range(2, 2 + draw(st.integers(0, 2))))
    return Case(agreement, hours, outages, draw(works("CR-1", False)), others, at(draw(st.integers(0, 3000))))


def run(start: int, lasts: int) -> set[int]:
    return set(range(start, start + lasts))


def due(case: Case, first: int, after: int) -> set[int]:
    begin, lasts = case.hours
    return {minute for minute in range(first, after) if (minute - begin) % DAY < lasts or lasts == DAY}


def free(case: Case, work: PlannedWork) -> set[int]:
    planned = case.agreement.commitments[0].planned
    if work.unplanned or planned == "yes":
        return set()
    window = set(range(minute_of(work.window_start), minute_of(work.window_end)))
    return window if planned == "no" else {minute for minute in window if 120 <= minute % DAY < 240}


def counts(case: Case, one: forecast.WorkEffect) -> bool:
    return one.effects["mail"] == "outage" or case.agreement.commitments[0].degraded


def left(case: Case, minutes: int, spent: int) -> int:
    share = 1 - Fraction(case.agreement.commitments[0].target) / 100
    return int(share * minutes * MINUTE // 1) - spent * MINUTE


def row_of(case: Case, first: int, after: int) -> tuple[int, ...]:
    """Used, committed, planned expected and worst, left after in both cases: minute by minute."""
    service = due(case, first, after)
    booked = {
        minute
        for one in case.outages
        for minute in range(minute_of(one.started), minute_of(one.ended or case.now))
        if minute < minute_of(case.now)
    }
    exempt: set[int] = set()
    for one in case.others:
        if counts(case, one) and one.work.down_from:
            span = run(minute_of(one.work.down_from), one.work.expected // MINUTE)
            span = {minute for minute in span if minute >= minute_of(case.now)}
            booked |= span
            exempt |= span & free(case, one.work)
    counted = service - exempt
    used = len(booked & counted & set(range(-5000, minute_of(case.now))))
    committed = len(booked & counted) - used
    outcomes = []
    for lasts in (case.this.work.expected // MINUTE, case.this.work.worst // MINUTE):
        outcomes.append(cost(case, lasts, counted, booked))
    (expected, after_expected), (worst, after_worst) = outcomes
    return used, committed, expected, worst, after_expected, after_worst


def cost(case: Case, lasts: int, counted: set[int], booked: set[int]) -> tuple[int, int]:
    if not counts(case, case.this):
        return 0, left(case, len(counted), len(booked & counted))
    work, spared = case.this.work, free(case, case.this.work)
    begin, end = minute_of(work.window_start), minute_of(work.window_end)
    starts = [minute_of(work.down_from)] if work.down_from else range(begin, max(begin, end - lasts) + 1)
    start = max(starts, key=lambda one: (len(run(one, lasts) & counted - booked - spared), -one))
    down = run(start, lasts)
    remaining = counted - (down & spared)
    total = (booked | down) & remaining
    return len(total) - len(booked & remaining), left(case, len(remaining), len(total))


def figures(row: forecast.Forecast) -> tuple[int, ...]:
    return (
        row.used_s // MINUTE,
        row.committed_s // MINUTE,
        row.planned_expected_s // MINUTE,
        row.planned_worst_s // MINUTE,
        row.left_after_s,
        row.left_after_worst_s,
    )


@settings(max_examples=150)
@given(case=cases())
def test_a_forecast_equals_a_count_of_every_minute(case: Case) -> None:
    commitment = case.agreement.commitments[0]
    rows = forecast.forecast(
        [case.agreement],
        case.this,
        case.others,
        {"mail": availability.Facts(outages=case.outages, now=case.now)},
        now=case.now,
        hours=calendar.service_time,
    )
    first, after = ((one - intervals.seconds(ORIGIN)) // MINUTE for one in bookings.touched(case.this.work))
    if commitment.period == "day":
        days = range(first // DAY, (after - 1) // DAY + 1)
        assert [minute_of(row.start) // DAY for row in rows] == list(days)
        for row, day in zip(rows, days, strict=True):
            assert figures(row) == row_of(case, day * DAY, (day + 1) * DAY)
    else:
        ends = range(first // DAY, (after - 1) // DAY + commitment.days)
        every = [row_of(case, (day + 1 - commitment.days) * DAY, (day + 1) * DAY) for day in ends]
        [row] = rows
        assert figures(row) == min(every, key=lambda one: (one[4], one[5]))
    for row in rows:
        assert row.left_before_s == row.allowance_s - row.used_s - row.committed_s
        assert row.breach_expected == (row.left_after_s < 0)
        assert row.planned_worst_s >= row.planned_expected_s or case.this.work.down_from
        if commitment.planned == "yes":
            assert row.left_after_s == row.left_before_s - row.planned_expected_s

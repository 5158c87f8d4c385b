"""What a change costs each promise: rows as other programs read them, and the edges."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from cmdb import availability, forecast
from cmdb.availability import Facts, around_the_clock
from cmdb.commitments import ServiceCommitment
from cmdb.forecast import Forecast, WorkEffect
from cmdb.promises import Outage, PlannedWork, ServiceAgreement

WINDOW = datetime(2026, 11, 22, 22, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
MINUTE = 60


def agreement(**changes: Any) -> ServiceAgreement:
    fields: dict[str, Any] = {"id": "gate", "service": "gate", "target": Decimal("99.9"), **changes}
    return ServiceAgreement(
        id="sla-north-quay",
        title="Gate",
        customer="north-quay",
        manager="l.hansen",
        start=datetime(2026, 1, 1, tzinfo=UTC),
        services=("gate",),
        commitments=(ServiceCommitment(**fields),),
    )


def work(reference: str = "CR-1", expected: int = 38, worst: int = 90, **changes: Any) -> WorkEffect:
    fields: dict[str, Any] = {
        "reference": reference,
        "window_start": WINDOW,
        "window_end": WINDOW + timedelta(hours=2),
        "down": ("sw-11",),
        "expected": expected * MINUTE,
        "worst": worst * MINUTE,
        **changes,
    }
    return WorkEffect(work=PlannedWork(**fields), effects={"gate": "outage"})


def restart() -> Facts:
    outage = Outage(
        id="out-6",
        subject="gate",
        started=datetime(2026, 11, 3, 4, 26, tzinfo=UTC),
        ended=datetime(2026, 11, 3, 4, 28, 12, tzinfo=UTC),
        recorded_at=NOW,
    )
    return Facts(outages=(outage,), now=NOW)


def rows(
    promise: ServiceAgreement, this: WorkEffect, *others: WorkEffect, overruns: tuple[Fraction, ...] = ()
) -> list[Forecast]:
    return forecast.forecast(
        [promise], this, others, {"gate": restart()}, now=NOW, hours=around_the_clock, overruns=overruns
    )


def test_the_change_uses_38_of_the_41_minutes_left_in_november_and_breaks_it_if_worst() -> None:
    [row] = rows(agreement(), work())
    assert row.fields() == {
        "agreement": "sla-north-quay",
        "service": "gate",
        "customer": "north-quay",
        "commitment": "gate",
        "period": {"start": "2026-11-01T00:00:00Z", "end": "2026-12-01T00:00:00Z"},
        "target": "99.9",
        "allowance_s": 2592,
        "used_s": 132,
        "committed_s": 0,
        "left_before_s": 41 * MINUTE,
        "planned_expected_s": 38 * MINUTE,
        "planned_worst_s": 90 * MINUTE,
        "left_after_s": 3 * MINUTE,
        "breach_expected": False,
        "breach_worst": True,
        "breach_probability": None,
    }


def test_other_scheduled_work_is_committed_and_what_overlaps_is_counted_once() -> None:
    other = work("CR-2", 10, 10, down_from=WINDOW + timedelta(minutes=30))
    [row] = rows(agreement(), work(down_from=WINDOW), other)
    assert (row.committed_s, row.left_before_s) == (10 * MINUTE, 31 * MINUTE)
    assert (row.planned_expected_s, row.planned_worst_s) == (30 * MINUTE, 80 * MINUTE)
    assert row.left_after_s == MINUTE


def test_work_without_a_start_is_placed_where_it_costs_most() -> None:
    other = work("CR-2", 60, 60, down_from=WINDOW)
    [row] = rows(agreement(), work(), other)
    assert row.planned_expected_s == 38 * MINUTE
    assert row.planned_worst_s == 60 * MINUTE


def test_scheduled_work_that_should_be_over_by_now_is_left_to_what_was_recorded() -> None:
    past = work("CR-2", 10, 10, window_start=NOW - timedelta(hours=2), window_end=NOW + timedelta(hours=1))
    past = WorkEffect(work=past.work.but(down_from=NOW - timedelta(minutes=15)), effects=past.effects)
    [row] = rows(agreement(), work(), past)
    assert row.committed_s == 0


def test_a_planned_outage_that_is_exempt_costs_nothing_until_it_overruns() -> None:
    [row] = rows(agreement(planned="no"), work(expected=38, worst=150))
    assert row.planned_expected_s == 0
    assert row.planned_worst_s == 30 * MINUTE
    # Exempt time earns no allowance: 38 minutes of November are not there any more.
    assert row.left_after_s == (2_592_000 - 38 * MINUTE) // 1000 - 132
    assert row.left_after_s < row.left_before_s


def test_emergency_work_is_never_exempt() -> None:
    [row] = rows(agreement(planned="no"), work(unplanned=True))
    assert row.planned_expected_s == 38 * MINUTE


def test_a_window_over_the_end_of_a_month_touches_both_and_each_may_be_hit_in_full() -> None:
    start = datetime(2026, 11, 30, 23, tzinfo=UTC)
    found = rows(agreement(), work(window_start=start, window_end=start + timedelta(hours=2)))
    assert [row.start.month for row in found] == [11, 12]
    assert [row.planned_expected_s for row in found] == [38 * MINUTE, 38 * MINUTE]
    assert [row.planned_worst_s for row in found] == [60 * MINUTE, 60 * MINUTE]


def test_a_window_over_the_end_of_a_month_with_a_start_splits_where_the_month_ends() -> None:
    start = datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
    this = work(window_start=start, window_end=start + timedelta(hours=2), down_from=start)
    assert [row.planned_expected_s for row in rows(agreement(), this)] == [10 * MINUTE, 28 * MINUTE]


def test_a_rolling_promise_gives_the_worst_of_its_days() -> None:
    [row] = rows(agreement(period="rolling", days=30), work())
    # The outage of 3 November still counts on the day of the change and drops out on 3 December.
    assert row.start == datetime(2026, 10, 24, tzinfo=UTC)
    assert (row.used_s, row.left_after_s) == (132, 2592 - 132 - 38 * MINUTE)


def test_a_degraded_service_costs_only_where_degraded_counts() -> None:
    this = work()
    slow = this.but(effects={"gate": "degraded"})
    assert [row.planned_expected_s for row in rows(agreement(), slow)] == [0]
    assert [row.planned_expected_s for row in rows(agreement(degraded=True), slow)] == [38 * MINUTE]


def test_services_that_are_not_hit_and_agreements_that_do_not_bind_give_no_row() -> None:
    assert rows(agreement(), work().but(effects={"web": "outage"})) == []
    assert rows(agreement(), work().but(effects={"gate": "reduced redundancy"})) == []
    assert rows(agreement().but(state="draft"), work()) == []
    assert rows(agreement().but(end=WINDOW), work()) == []


def test_the_probability_of_a_breach_needs_five_similar_changes() -> None:
    four = (Fraction(1), Fraction(3, 2), Fraction(1), Fraction(1))
    assert rows(agreement(), work(), overruns=four)[0].fields()["breach_probability"] is None
    five = (*four, Fraction(2))
    [row] = rows(agreement(), work(), overruns=five)
    assert row.breach_probability == Fraction(2, 5)
    assert row.fields()["breach_probability"] == pytest.approx(0.4)


def test_a_promise_broken_already_stays_broken_whatever_the_work() -> None:
    [row] = rows(agreement(target=Decimal("100")), work(expected=0, worst=0))
    assert (row.left_before_s, row.left_after_s) == (-132, -132)
    assert row.breach_expected


def test_the_period_of_a_forecast_is_that_of_the_standing() -> None:
    promise = agreement()
    [row] = rows(promise, work())
    [stands] = availability.standings(promise, {"gate": restart()}, WINDOW, around_the_clock)
    assert (row.start, row.end) == (stands.start, stands.end)
    assert (row.allowance_s, row.used_s, row.left_before_s) == (
        stands.allowance_s,
        stands.used_s,
        stands.left_s,
    )

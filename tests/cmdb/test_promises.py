"""Promises are checked when they are made: every problem at once, in words."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.errors import Invalid
from cmdb.promises import Claim, Freeze, Outage, PlannedWork, ServiceAgreement

START = datetime(2026, 1, 1, tzinfo=UTC)


def agreement(**changes: Any) -> ServiceAgreement:
    fields: dict[str, Any] = {
        "id": "ag-1",
        "title": "Mail",
        "customer": "acme",
        "manager": "a.vries",
        "start": START,
        "services": ("mail",),
    }
    return ServiceAgreement(**{**fields, **changes})


def problems(make: Any) -> str:
    with pytest.raises(Invalid) as refused:
        make()
    return "\n".join(refused.value.problems)


def test_an_agreement_lists_every_problem_at_once() -> None:
    said = problems(
        lambda: agreement(customer="", manager="", services=(), notice=-1, end=START, review="soon")
    )
    for sentence in (
        "The customer is missing.",
        "The manager is missing.",
        "It names no service",
        "negative",
        "not after its start",
        "'soon' is no date",
    ):
        assert sentence in said


def test_a_commitment_is_about_a_service_of_its_agreement_and_stands_there_once() -> None:
    one = ServiceCommitment(id="up", service="web", target=Decimal("99.9"))
    said = problems(lambda: agreement(commitments=(one, one), services=("mail", "mail")))
    assert "Commitment 'up' is about 'web', which is not among the services." in said
    assert "Commitment 'up' is listed twice." in said
    assert "Service 'mail' is listed twice." in said


@pytest.mark.parametrize("target", ["-1", "100.1", "NaN", "Infinity", "99.9999999999999999"])
def test_a_target_lies_between_nothing_and_everything(target: str) -> None:
    assert "The target" in problems(
        lambda: ServiceCommitment(id="up", service="mail", target=Decimal(target))
    )


def test_only_a_rolling_period_has_days_and_needs_them() -> None:
    def commitment(**changes: Any) -> ServiceCommitment:
        return ServiceCommitment(id="up", service="mail", target=Decimal(99), **changes)

    assert "1 to 3,660 days, not 0" in problems(lambda: commitment(period="rolling"))
    assert "Only a rolling period" in problems(lambda: commitment(days=7))
    assert commitment(period="rolling", days=30).days == 30


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"start": "8:00"}, "is no time of day"),
        ({"start": "24:00"}, "is no time of day"),
        ({"length": 0}, "not between 1 s and 31 days"),
        ({"length": 40 * 86_400}, "not between 1 s and 31 days"),
        ({"first": "2026-13-01"}, "is no date"),
        ({"first": "20260101"}, "is no date"),
        ({"rule": ""}, "is empty"),
    ],
)
def test_a_recurrence_has_a_time_of_day_and_a_length(fields: dict[str, Any], sentence: str) -> None:
    assert sentence in problems(lambda: Recurrence(**{"rule": "FREQ=DAILY", **fields}))


def test_service_hours_without_rules_and_holidays_need_no_calendar() -> None:
    assert ServiceHours().always
    assert not ServiceHours(rules=(Recurrence(rule="FREQ=DAILY"),)).always
    assert not ServiceHours(holiday_calendar="NL").always


def test_an_outage_ends_after_it_starts_and_its_planned_window_belongs_to_a_change() -> None:
    def outage(**changes: Any) -> Outage:
        return Outage(**{"id": "out-1", "subject": "mail", "started": START, "recorded_at": START, **changes})

    assert "not after its start" in problems(lambda: outage(ended=START))
    assert "both its start and its end" in problems(lambda: outage(planned_start=START, change="CR-1"))
    window = {"planned_start": START, "planned_end": START + timedelta(hours=1)}
    assert "belongs to a change request" in problems(lambda: outage(**window))
    assert outage(change="CR-1", **window).ended is None


def test_instants_are_whole_seconds_of_utc_in_years_people_plan_in() -> None:
    zone = timezone(timedelta(hours=1))
    for wrong, sentence in (
        (datetime(2026, 1, 1), "is not in UTC"),  # noqa: DTZ001 - the mistake this test is about
        (datetime(2026, 1, 1, tzinfo=zone), "is not in UTC"),
        (datetime(2026, 1, 1, microsecond=5, tzinfo=UTC), "fraction of a second"),
        (datetime(1812, 1, 1, tzinfo=UTC), "outside the years"),
    ):
        assert sentence in problems(lambda wrong=wrong: agreement(start=wrong))


def test_a_claim_that_was_decided_names_who_decided() -> None:
    fields: dict[str, Any] = {
        "id": "c-1",
        "agreement": "ag-1",
        "start": START,
        "end": START + timedelta(hours=1),
    }
    assert "names who decided" in problems(lambda: Claim(**fields, state="accepted"))
    assert Claim(**fields, state="accepted", decided_by="a.vries").kind == "calamity"


def test_planned_work_is_at_worst_as_long_as_expected_and_starts_inside_its_window() -> None:
    def work(**changes: Any) -> PlannedWork:
        window = {"window_start": START, "window_end": START + timedelta(hours=2)}
        return PlannedWork(**{"reference": "CR-1", **window, **changes})

    assert "shorter than the expected" in problems(lambda: work(expected=600, worst=60))
    assert "outside the window" in problems(lambda: work(down_from=START + timedelta(hours=2)))
    assert work(expected=60, worst=60, down_from=START).expected == 60


def test_a_freeze_has_a_title_and_ends_after_it_starts() -> None:
    said = problems(lambda: Freeze(id="year-end", title="", start=START, end=START))
    assert "The title is empty." in said
    assert "not after its start" in said

"""How a commitment stands: sentences, edges, and who wins when measurements disagree."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from cmdb import availability, calendar
from cmdb.availability import Facts, Standing, around_the_clock, standing
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.intervals import span
from cmdb.periods import zone_of
from cmdb.promises import Claim, Outage, ServiceAgreement

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOVEMBER = 30 * 86_400


def agreement(target: str = "99.9", end: datetime | None = None, **changes: Any) -> ServiceAgreement:
    commitment = ServiceCommitment(id="up", service="mail", target=Decimal(target), **changes)
    return ServiceAgreement(
        id="ag-1",
        title="Mail",
        customer="acme",
        manager="a.vries",
        start=datetime(2026, 1, 1, tzinfo=UTC),
        end=end,
        services=("mail",),
        commitments=(commitment,),
    )


def outage(start: str, end: str | None, **changes: Any) -> Outage:
    fields: dict[str, Any] = {"id": "out-1", "subject": "mail", "recorded_at": NOON, **changes}
    return Outage(
        started=datetime.fromisoformat(f"2026-11-{start}:00Z"),
        ended=datetime.fromisoformat(f"2026-11-{end}:00Z") if end else None,
        **fields,
    )


def november(promise: ServiceAgreement, *outages: Outage, claims: tuple[Claim, ...] = ()) -> Standing:
    commitment = promise.commitments[0]
    period = availability.period_of(promise, commitment, NOON)
    facts = Facts(outages=outages, claims=claims, now=NOON)
    return standing(promise, commitment, period, facts, calendar.service_time)


def test_three_nines_of_november_allow_43_minutes_and_12_seconds() -> None:
    found = november(agreement(), outage("03T04:26", "03T04:28"))
    assert (found.counted_s, found.allowance_s, found.used_s, found.left_s) == (NOVEMBER, 2592, 120, 2472)
    assert found.met
    assert found.sentence == "120 s used of 2592 s allowed; 2472 s left."
    assert found.percent() == "99.995 %"


def test_a_target_of_many_nines_and_what_kept_it_are_told_to_its_last_digit() -> None:
    found = november(agreement(target="99.99995"), outage("03T04:00", "03T04:01"))
    assert (found.promised, found.percent()) == ("99.99995", "99.99768 %")
    assert november(agreement()).promised == "99.9"


def test_a_percentage_is_rounded_down_so_that_it_never_looks_better_than_it_was() -> None:
    found = november(agreement(), outage("03T04:00", "03T04:44"))
    assert found.left_s == -48
    assert not found.met
    assert found.percent(1) == "99.8 %"
    assert found.percent(0) == "99 %"
    assert found.sentence == "2640 s used of 2592 s allowed; broken by 48 s."


def test_a_hundred_percent_allows_nothing_and_zero_percent_everything() -> None:
    assert november(agreement("100")).met
    assert november(agreement("100"), outage("03T04:00", "03T04:01")).left_s == -60
    whole = november(agreement("0"), outage("01T00:00", None))
    assert whole.allowance_s == NOVEMBER
    assert whole.met


def test_a_running_outage_counts_until_now_and_says_so() -> None:
    found = november(agreement(), outage("22T11:50", None))
    assert (found.used_s, found.running) == (600, True)
    assert found.sentence.endswith("An outage is still running.")


def test_an_outage_that_lies_ahead_counts_for_nothing() -> None:
    assert november(agreement(), outage("23T10:00", "23T11:00")).used_s == 0


def test_outages_that_overlap_are_counted_once() -> None:
    found = november(agreement(), outage("03T04:00", "03T05:00"), outage("03T04:30", "03T05:30"))
    assert found.used_s == 90 * 60


def test_degraded_counts_only_where_it_was_agreed() -> None:
    slow = outage("03T04:00", "03T05:00", effect="degraded")
    assert november(agreement(), slow).used_s == 0
    assert november(agreement(degraded=True), slow).used_s == 3600
    assert november(agreement(degraded=True), slow.but(effect="none")).used_s == 0


def test_a_period_is_cut_where_the_agreement_ends() -> None:
    found = november(agreement(end=datetime(2026, 11, 11, tzinfo=UTC)), outage("12T04:00", "12T05:00"))
    assert (found.counted_s, found.allowance_s, found.used_s) == (10 * 86_400, 864, 0)
    assert found.end == datetime(2026, 11, 11, tzinfo=UTC)


def test_outside_the_agreement_nothing_was_due_and_nothing_is_divided() -> None:
    found = november(agreement(end=datetime(2026, 10, 1, tzinfo=UTC)), outage("12T04:00", "12T05:00"))
    assert (found.counted_s, found.allowance_s, found.used_s, found.availability) == (0, 0, 0, None)
    assert found.met
    assert found.percent() == "nothing was due"
    assert found.sentence == "Nothing was due in this period, so nothing can be broken."


def test_a_calamity_for_the_whole_period_leaves_nothing_due() -> None:
    claim = Claim(
        id="c-1",
        agreement="ag-1",
        start=datetime(2026, 11, 1, tzinfo=UTC),
        end=datetime(2026, 12, 1, tzinfo=UTC),
        state="accepted",
        decided_by="b.smit",
    )
    assert november(agreement(), outage("03T04:00", "03T05:00"), claims=(claim,)).counted_s == 0
    refused = claim.but(state="refused")
    assert november(agreement(), outage("03T04:00", "03T05:00"), claims=(refused,)).used_s == 3600


@pytest.mark.parametrize(("planned", "used_minutes"), [("no", 30), ("yes", 90)])
def test_a_planned_outage_is_the_part_inside_its_window_and_overrun_counts(
    planned: str, used_minutes: int
) -> None:
    window = {"planned_start": NOON - timedelta(hours=2), "planned_end": NOON - timedelta(hours=1)}
    found = november(agreement(planned=planned), outage("22T10:00", "22T11:30", change="CR-1", **window))
    assert found.used_s == used_minutes * 60
    assert found.exempt_s == (90 - used_minutes) * 60


def test_beyond_the_agreed_windows_a_planned_outage_counts() -> None:
    promise = agreement(planned="beyond the agreed windows").but(
        windows=(Recurrence(rule="FREQ=WEEKLY;BYDAY=SU", start="10:30", length=3600),)
    )
    window = {"planned_start": NOON - timedelta(hours=2), "planned_end": NOON}
    found = november(promise, outage("22T10:00", "22T11:30", change="CR-1", **window))
    assert found.used_s == 30 * 60
    without = promise.but(windows=())
    assert november(without, outage("22T10:00", "22T11:30", change="CR-1", **window)).used_s == 90 * 60


def test_a_promise_around_the_clock_needs_no_calendar_and_others_do() -> None:
    utc, day = zone_of("UTC"), span(NOON, NOON + timedelta(days=1))
    assert around_the_clock(ServiceHours(), utc, day) == (day,)
    assert not availability.needs_calendar([agreement()])
    office = ServiceHours(rules=(Recurrence(rule="FREQ=WEEKLY;BYDAY=MO"),))
    assert availability.needs_calendar([agreement(hours=office)])
    assert not availability.needs_calendar([agreement(hours=office)], ["web"])
    with pytest.raises(ValueError, match="calendar"):
        around_the_clock(office, utc, day)


def test_every_commitment_stands_in_the_period_of_the_moment_asked_about() -> None:
    facts = {"mail": Facts(outages=(outage("03T04:00", "03T05:00"),), now=NOON)}
    [found] = availability.standings(agreement(), facts, NOON, around_the_clock)
    assert found.used_s == 3600
    assert found.target == Fraction(999, 1000)
    october = datetime(2026, 10, 5, tzinfo=UTC)
    [before] = availability.standings(agreement(), facts, october, around_the_clock)
    assert before.used_s == 0


def test_what_was_seen_on_the_service_outranks_what_follows_from_its_items() -> None:
    seen = outage("03T04:05", "03T04:40")
    overlapped, apart = outage("03T04:00", "03T05:00", id="out-2"), outage("04T04:00", "04T05:00", id="out-3")
    counted, differs = availability.settled([seen], [overlapped, apart])
    assert counted == (seen, apart)
    assert [end - start for start, end in differs] == [300, 1200]


def test_that_a_service_was_seen_to_work_outranks_what_follows_from_its_items() -> None:
    worked = outage("03T04:00", "03T05:00", effect="none")
    counted, differs = availability.settled([worked], [outage("03T04:10", "03T04:20", id="out-2")])
    assert november(agreement(), *counted).used_s == 0
    assert sum(end - start for start, end in differs) == 600

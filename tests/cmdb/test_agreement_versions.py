"""Versions of an agreement: each says what it said, from one moment to the next, and the parts add up."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from cmdb import agreement_records, agreement_versions, agreements, canonical, forecast
from cmdb.agreement_versions import in_force, number_of, numbered, promised, revised, versions
from cmdb.availability import Facts, around_the_clock, periods_of, standing, standings
from cmdb.commitments import ServiceCommitment, ServiceHours
from cmdb.errors import Invalid, NotFound
from cmdb.forecast import WorkEffect
from cmdb.intervals import seconds
from cmdb.promise_costs import Cost
from cmdb.promises import Outage, PlannedWork, ServiceAgreement
from cmdb.reading_promises import StoredPromises
from cmdb.store import Store
from tests.cmdb.agreed import TERMS
from tests.cmdb.test_agreements import agreement

HALF = datetime(2026, 11, 16, tzinfo=UTC)  # half of November
LATER = datetime(2027, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NOVEMBER = seconds(datetime(2026, 11, 1, tzinfo=UTC)), seconds(datetime(2026, 12, 1, tzinfo=UTC))


def up(target: str, **more: Any) -> ServiceCommitment:
    return ServiceCommitment(**{"id": "up", "service": "mail", "target": Decimal(target), **more})


def plain(**changes: Any) -> ServiceAgreement:
    """An agreement in UTC that promises 99 % of mail until 2028."""
    fields = {
        "zone": "UTC",
        "commitments": (up("99"),),
        "windows": (),
        "end": datetime(2028, 1, 1, tzinfo=UTC),
    }
    return agreement(**{**fields, **changes})


def second(**changes: Any) -> ServiceAgreement:
    """The same with 99.9 % from the middle of November on."""
    before = plain()
    return revised(before, before.but(**{"commitments": (up("99.9"),), **changes}), HALF)


def third() -> ServiceAgreement:
    before = second()
    return revised(before, before.but(purpose="", scope="Mail.", services=("mail", "web")), LATER)


def out(start: datetime, minutes: int) -> Outage:
    return Outage(
        id="out-1", subject="mail", started=start, ended=start + timedelta(minutes=minutes), recorded_at=NOW
    )


def test_an_agreement_nobody_revised_is_its_only_version() -> None:
    one = plain()
    assert versions(one) == (one,)
    assert (number_of(one), in_force(one, NOW), numbered(one, 1)) == (1, one, one)


def test_every_version_says_what_it_said_and_when_it_was_in_force() -> None:
    one = third()
    first, next_, last = versions(one)
    assert [number_of(each) for each in (first, next_, last)] == [1, 2, 3]
    assert (first.start, first.end) == (plain().start, HALF)
    assert (next_.start, next_.end) == (HALF, LATER)
    assert (last.start, last.end) == (LATER, plain().end)
    assert first == plain().but(end=HALF)
    assert (first.commitments[0].target, next_.commitments[0].target) == (Decimal(99), Decimal("99.9"))
    assert (first.purpose, last.purpose, last.scope) == (plain().purpose, "", "Mail.")
    assert (first.services, last.services) == (("mail",), ("mail", "web"))
    assert agreement_versions.problems(one) == []


def test_versions_survive_the_record() -> None:
    one = third().but(terms={**third().terms, "goals": "x"})
    _, fields = canonical.decode(canonical.encode("agreement/1", agreement_records.record_of(one)))
    assert versions(agreement_records.from_record(fields)) == versions(one)


def test_the_version_in_force_is_that_of_the_moment() -> None:
    one = third()
    for at, number in (
        (datetime(2020, 1, 1, tzinfo=UTC), 1),
        (HALF - timedelta(seconds=1), 1),
        (HALF, 2),
        (LATER, 3),
        (datetime(2040, 1, 1, tzinfo=UTC), 3),
    ):
        assert number_of(in_force(one, at)) == number
    with pytest.raises(NotFound, match="no version 4") as missing:
        numbered(one, 4)
    assert "It has 3" in missing.value.remedy


@pytest.mark.parametrize(
    ("change", "effective", "says"),
    [
        ({}, HALF, "It says the same"),
        ({"state": "published", "review": "2027-01-01"}, HALF, "It says the same"),
        ({"scope": "x"}, datetime(2026, 1, 1, tzinfo=UTC), "the version there is began at"),
        ({"scope": "x"}, datetime(2028, 1, 1, tzinfo=UTC), "when the agreement is over"),
    ],
)
def test_what_is_no_next_version_is_said(change: dict[str, Any], effective: datetime, says: str) -> None:
    with pytest.raises(Invalid) as wrong:
        revised(plain(), plain().but(**change), effective)
    assert any(says in one for one in wrong.value.problems)


def test_an_end_put_off_is_a_version_and_the_old_end_stays_known() -> None:
    later = datetime(2030, 1, 1, tzinfo=UTC)
    first, last = versions(revised(plain(), plain().but(end=later), datetime(2029, 1, 1, tzinfo=UTC)))
    assert (first.end, last.start, last.end) == (plain().end, datetime(2029, 1, 1, tzinfo=UTC), later)


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"version": 3}, "follows on every version from 1"),
        ({"former": []}, "follows on every version from 1"),
        ({"effective": "2026-11-17T00:00:00Z"}, "begins when the one before it ends"),
        ({"effective": "2025-01-01T00:00:00Z", "until": "2025-01-01T00:00:00Z"}, "ends after it began"),
        ({"fields": {"commitments": "none"}}, "an earlier version is no agreement"),
    ],
)
def test_versions_that_do_not_fit_together_are_said(terms: dict[str, Any], says: str) -> None:
    one = second()
    [entry] = one.terms["former"]
    entry = {**entry, **{name: terms.pop(name) for name in ("until", "fields") if name in terms}}
    found = agreement_versions.problems(one.but(terms={**one.terms, "former": [entry], **terms}))
    assert any(says in each for each in found), found


def test_a_period_is_cut_where_the_version_changes_and_its_parts_add_up() -> None:
    one = second()
    outages = (out(HALF - timedelta(minutes=30), 60),)
    found = standing(one, one.commitments[0], NOVEMBER, Facts(outages=outages, now=NOW), around_the_clock)
    assert found.allowance_s == 15 * 864 + 15 * 86_400 // 1000, "1 % of the first half, 0.1 % of the other"
    assert (found.used_s, found.counted_s) == (3600, 30 * 86_400)
    assert (seconds(found.start), seconds(found.end)) == NOVEMBER
    parts = [
        standing(each, each.commitments[0], NOVEMBER, Facts(outages=outages, now=NOW), around_the_clock)
        for each in versions(one)
    ]
    assert [each.used_s for each in parts] == [1800, 1800]
    assert found.left_s == sum(each.left_s for each in parts)
    assert found.target == Fraction(999, 1000)


def test_a_version_to_come_changes_nothing_today_and_a_dropped_promise_counts_to_its_end() -> None:
    dropped = second(commitments=(), services=("mail", "web"))
    [found] = standings(dropped, {}, HALF - DAY, around_the_clock)
    assert (found.commitment, found.allowance_s) == ("up", 15 * 864)
    assert standings(dropped, {}, HALF + DAY, around_the_clock) == []
    early = datetime(2025, 6, 1, tzinfo=UTC)
    assert [each.target for each in promised(second(), early, early + DAY)] == [Decimal(99)]
    [before] = standings(second(), {}, HALF - timedelta(days=40), around_the_clock)
    assert before.target == Fraction(99, 100)
    assert [each.target for each in promised(second(), HALF - DAY, HALF)] == [Decimal(99)]


def test_the_store_gives_the_version_in_force(store: Store) -> None:
    with store.write() as uow:
        uow.add(third())
        promises = StoredPromises(uow.rows, uow.dialect)
        assert [number_of(one) for one in promises.agreements_of(["mail"], NOW)] == [2]
        assert [number_of(one) for one in promises.agreements_of(["mail"], HALF - DAY, HALF + DAY)] == [1, 2]
        assert promises.agreements_of(["web"], NOW) == ()
        assert [number_of(one) for one in promises.agreements_of(["web"], LATER)] == [3]
        assert promises.agreements_of(["mail"], NOW, whole=True) == (third(),)
        found = agreements.standings_of(uow, "ag-1", at=NOW, now=NOW)
    assert [(one.commitment, one.allowance_s) for one in found] == [("up", 15 * 864 + 1296)]


def test_a_forecast_adds_up_the_parts_of_a_period() -> None:
    one = second()
    window = NOW + timedelta(days=1)
    work = PlannedWork(
        reference="CR-1", window_start=window, window_end=window + timedelta(hours=4), down=("mx",),
        expected=600, worst=1200,
    )  # fmt: skip
    this = WorkEffect(work=work, effects={"mail": "outage"})
    facts = {"mail": Facts(outages=(out(HALF - timedelta(minutes=30), 60),), now=NOW)}
    [row] = forecast.forecast([one], this, (), facts, now=NOW, hours=around_the_clock)
    assert (row.allowance_s, row.used_s) == (15 * 864 + 1296, 3600)
    assert (row.planned_expected_s, row.planned_worst_s) == (600, 1200)
    assert (row.left_before_s, row.left_after_s) == (row.allowance_s - 3600, row.allowance_s - 4200)
    assert (seconds(row.start), seconds(row.end)) == NOVEMBER
    alone = plain(commitments=(up("99"),))
    [same] = forecast.forecast([alone], this, (), facts, now=NOW, hours=around_the_clock)
    assert same.allowance_s == 30 * 864


def test_work_anywhere_around_a_change_of_version_happens_once() -> None:
    window = HALF - timedelta(hours=2)
    work = PlannedWork(
        reference="CR-1", window_start=window, window_end=window + timedelta(hours=4), down=("mx",),
        expected=3600, worst=3 * 3600,
    )  # fmt: skip
    this = WorkEffect(work=work, effects={"mail": "outage"})
    facts = {"mail": Facts(now=NOW)}
    [row] = forecast.forecast([second()], this, (), facts, now=NOW, hours=around_the_clock)
    assert (row.planned_expected_s, row.planned_worst_s) == (3600, 3 * 3600)
    assert row.left_after_s == row.left_before_s - 3600


@pytest.mark.parametrize("hours", range(-3, 4))
def test_what_an_outage_takes_around_a_change_of_version_is_what_the_forecast_says(hours: int) -> None:
    start = HALF + timedelta(hours=hours)
    work = PlannedWork(
        reference="CR-1", window_start=start, window_end=start + timedelta(hours=2), down=("mx",),
        expected=7200, worst=7200, down_from=start,
    )  # fmt: skip
    one, facts = second(), Facts(outages=(out(HALF - timedelta(minutes=30), 60),), now=NOW)
    this = WorkEffect(work=work, effects={"mail": "outage"})
    [row] = forecast.forecast([one], this, (), {"mail": facts}, now=NOW, hours=around_the_clock)
    ledger = forecast.Ledger(one, one.commitments[0], (), facts, NOW, around_the_clock)
    whole = seconds(HALF - DAY), seconds(HALF + DAY)
    cost = Cost(one, one.commitments[0], *ledger.laid_out(whole, 7200, 7200))
    use = cost.use(seconds(start), seconds(start) + 7200, seconds(work.window_end))
    assert use is not None
    assert (use.left, use.taken) == (row.left_before_s, row.planned_worst_s)


def test_service_hours_of_an_earlier_version_are_asked_of_the_calendar() -> None:
    from cmdb.availability import needs_calendar
    from cmdb.commitments import Recurrence

    hours = ServiceHours(rules=(Recurrence(rule="FREQ=WEEKLY;BYDAY=MO"),))
    before = plain(commitments=(up("99", hours=hours),))
    after = revised(before, before.but(commitments=(up("99.9"),)), HALF)
    assert needs_calendar([after])
    assert not needs_calendar([second()])


def test_terms_are_versioned_like_everything_else() -> None:
    before = plain(terms=TERMS)
    calamities = [{"id": "strike", "text": "A strike"}]
    terms = {name: one for name, one in TERMS.items() if name not in ("safety", "calamities")}
    after = revised(before, before.but(terms={**terms, "calamities": calamities}), HALF)
    first, last = versions(after)
    assert first.terms == TERMS
    assert last.terms["calamities"] == calamities
    assert "safety" not in last.terms


def by_quarter() -> ServiceAgreement:
    """99 % by the month until the middle of November 2026, by the quarter from then on."""
    return second(commitments=(up("99", period="quarter"),))


def test_a_promise_whose_periods_become_others_is_counted_in_each_as_it_was_agreed() -> None:
    """Both are promised in November: the month until the change, and the quarter from it on."""
    one, year = by_quarter(), (datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))
    month, quarter = promised(one, *year)
    assert (month.period, quarter.period) == ("month", "quarter")
    facts = Facts(outages=(out(HALF - DAY, 60), out(HALF + DAY, 30)), now=NOW)
    told = {
        each.period: [
            (found.start, found.end, found.used_s)
            for period in periods_of(one, each, *year)
            for found in [standing(one, each, period, facts, around_the_clock)]
        ]
        for each in (month, quarter)
    }
    months = [datetime(2026, month, 1, tzinfo=UTC) for month in (9, 10, 11)]
    assert told["month"] == [(months[0], months[1], 0), (months[1], months[2], 0), (months[2], HALF, 3600)]
    new_year, april = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)
    assert told["quarter"] == [(HALF, new_year, 1800), (new_year, april, 0)]
    assert [each.commitment for each in standings(one, {"mail": facts}, NOW, around_the_clock)] == ["up"]


def test_work_across_a_change_of_periods_is_forecast_in_both() -> None:
    start = HALF - timedelta(hours=1)
    work = PlannedWork(
        reference="CR-1", window_start=start, window_end=start + timedelta(hours=2), down=("mail",),
        expected=7200, worst=7200, down_from=start,
    )  # fmt: skip
    this = WorkEffect(work=work, effects={"mail": "outage"})
    rows = forecast.forecast(
        [by_quarter()], this, (), {"mail": Facts(now=NOW - 30 * DAY)}, now=NOW - 30 * DAY,
        hours=around_the_clock,
    )  # fmt: skip
    assert [(one.start, one.end, one.planned_worst_s) for one in rows] == [
        (datetime(2026, 11, 1, tzinfo=UTC), HALF, 3600),
        (HALF, datetime(2027, 1, 1, tzinfo=UTC), 3600),
    ]

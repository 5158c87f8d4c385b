"""The report of change requests counts what plain SQL counts, and says so where there is nothing."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ccb import change_reports, tables
from ccb.model import ChangeRequest, Window
from cmdb.errors import Invalid
from tests.ccb.quay import Quay

START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
NOW = datetime(2026, 9, 15, tzinfo=UTC)
ENDS = ("as planned", "with deviation", "failed", "backed out")


def request(number: int, chance: random.Random) -> ChangeRequest:
    created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(350_000))
    submitted = created + timedelta(minutes=chance.randrange(1, 9_000))
    decided = submitted + timedelta(minutes=chance.randrange(1, 9_000))
    finished = decided + timedelta(minutes=chance.randrange(1, 9_000))
    closed = finished + timedelta(minutes=chance.randrange(1, 9_000))
    state = chance.choice(
        ("draft", "under review", "approved", "rejected", "checked out", "closed", "closed")
    )
    past = {"draft": 0, "under review": 1, "approved": 2, "rejected": 2, "checked out": 2, "closed": 4}[state]
    times = [submitted, decided, finished, closed][:past]
    names = ("submitted_at", "decided_at", "finished", "closed_at")
    window = Window(start=finished - timedelta(hours=1), end=finished) if past >= 2 else None
    return ChangeRequest(
        id=f"CR-{number}",
        title=f"Change {number}",
        kind=chance.choice(("normal", "normal", "emergency")),
        originator=chance.choice(("a.vries", "m.jansen", "o.owner")),
        implementer=chance.choice(("k.chen", "p.ng")),
        state=state,
        window=window,
        created_at=created,
        changed_at=created,
        outcome=chance.choice(ENDS) if state == "closed" else "",
        **dict(zip(names, times, strict=False)),
    )


@pytest.fixture
def many(quay: Quay) -> Quay:
    chance = random.Random(7)
    with quay.store.write() as uow:
        for number in range(1, 301):
            tables.add_request(uow, request(number, chance))
        uow.commit()
    return quay


def test_every_count_is_that_of_plain_sql(many: Quay) -> None:
    with many.store.read() as uow:
        found = change_reports.report(uow, start=START, end=END, now=NOW)

        def count(where: str) -> int:
            return int(uow.rows(f"SELECT COUNT(*) FROM change_request WHERE {where}")[0][0])

        def within(column: str) -> str:
            return f"{column} >= '2026-03-01T00:00:00Z' AND {column} < '2026-09-01T00:00:00Z'"

        assert found.raised == count(within("created_at")) > 50
        assert found.decided == count(within("decided_at"))
        assert found.rejected == count(f"{within('decided_at')} AND state = 'rejected'") > 0
        assert found.closed == count(within("closed_at"))
        assert found.emergencies == count(f"{within('created_at')} AND kind = 'emergency'")
        assert found.open == {
            state: n
            for state in ("draft", "under review", "approved", "checked out")
            if (n := count(f"state = '{state}'"))
        }
        for one in found.by_kind:
            here = f"{within('closed_at')} AND kind = '{one.group}'"
            assert (one.finished, one.failed) == (count(here), count(f"{here} AND outcome = 'failed'"))
            assert one.finished == one.as_planned + one.deviated + one.failed + one.backed_out
        assert {one.group for one in found.by_team} == {"ops", "no group"}
        assert sum(raised for _month, raised, _closed in found.months) == found.raised
        assert sum(closed for _month, _raised, closed in found.months) == found.closed


def test_lead_times_are_the_median_and_the_nearest_rank(many: Quay) -> None:
    with many.store.read() as uow:
        found = change_reports.report(uow, start=START, end=END, now=NOW)
        every = [uow.get(ChangeRequest, id) for id in tables.request_ids(uow)]
    lasted = sorted(
        (one.decided_at - one.submitted_at).total_seconds()
        for one in every
        if one.decided_at and START <= one.decided_at < END
    )
    first = found.leads[0]
    assert first.count == len(lasted)
    assert first.median in lasted
    assert sum(one <= first.ninetieth for one in lasted) >= 0.9 * len(lasted)
    assert sum(one < first.ninetieth for one in lasted) < 0.9 * len(lasted)
    assert sum(one <= first.median for one in lasted) >= len(lasted) / 2


def test_overdue_is_what_is_approved_or_under_way_with_its_window_over(many: Quay) -> None:
    with many.store.read() as uow:
        early = change_reports.report(uow, start=START, end=END, now=datetime(2026, 1, 1, tzinfo=UTC))
        late = change_reports.report(uow, start=START, end=END, now=datetime(2027, 1, 1, tzinfo=UTC))
    assert early.overdue == ()
    assert {one.state for one in late.overdue} == {"approved", "checked out"}


def test_months_are_those_of_the_zone(quay: Quay) -> None:
    late = datetime(2026, 4, 30, 23, 30, tzinfo=UTC)
    with quay.store.write() as uow:
        tables.add_request(
            uow, request(1, random.Random(1)).but(created_at=late, state="draft", closed_at=None, outcome="")
        )
        found = change_reports.report(uow, start=START, end=END, now=NOW, zone=ZoneInfo("Europe/Amsterdam"))
    assert found.months == (("2026-05", 1, 0),)


def test_a_period_with_nothing_in_it_and_one_that_ends_before_it_starts(quay: Quay) -> None:
    with quay.store.read() as uow:
        found = change_reports.report(uow, start=START, end=END, now=NOW)
        assert (found.raised, found.leads[0].count, found.by_kind, found.months) == (0, 0, (), ())
        with pytest.raises(Invalid):
            change_reports.report(uow, start=END, end=START, now=NOW)


def test_approvals_of_evidence_that_moved_are_counted_as_stale(quay: Quay) -> None:
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    with quay.store.read() as uow:
        found = change_reports.report(uow, start=NOW - timedelta(days=365), end=quay.later(), now=quay.now)
        assert (found.approvals, found.stale) == (0, 0)  # the moment of the vote is the end
        later = quay.now + timedelta(seconds=1)
        found = change_reports.report(uow, start=quay.now, end=later, now=later)
    assert (found.approvals, found.stale) == (1, 0)
    with quay.store.write() as uow:
        uow.replace(quay.request(request.id).but(assessment="0" * 64))
        uow.commit()
    with quay.store.read() as uow:
        found = change_reports.report(uow, start=quay.now, end=later, now=later)
    assert (found.approvals, found.stale) == (1, 1)

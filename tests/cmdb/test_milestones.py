"""Milestones of plans: planned, moved with a reason, reached with evidence, against effort and funds."""

from decimal import Decimal

import pytest

from cmdb import documents, duty_reports, journal, milestones, work_log
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.written import Document
from tests.builders import AT, found

BY = {"actor": "a.vries", "at": AT}
TODAY = "2026-11-22"


@pytest.fixture
def site(store):
    founded = found(store)
    for id in ("cm-plan", "other-plan"):
        documents.register(founded, Document(id=id, kind="CM plan", title="Plan", owner="a.vries"), {}, **BY)
    return founded


def added(store, **more):
    fields = {
        "document": "cm-plan",
        "name": "Baseline of the network",
        "planned": "2026-11-20",
        "owner": "k.chen",
    }
    return milestones.add(store, **{**fields, **BY, **more})


def against(store, today=TODAY, **more):
    with store.read() as uow:
        return duty_reports.against_plan(uow, today=today, **more)[0]


def test_a_milestone_is_late_until_it_is_reached_and_keeps_the_day_planned_first(site):
    one = added(site)
    assert (one.id, one.late("2026-11-20"), one.late("2026-11-21")) == ("MS-1", False, True)
    moved = milestones.amend(site, "MS-1", reason="no staff", planned="2026-12-01", **BY)
    assert (moved.planned, moved.first_planned, moved.late(TODAY)) == ("2026-12-01", "2026-11-20", False)
    done = milestones.reach(
        site, "MS-1", day="2026-11-21", today=TODAY, evidence="BL-000001", actor="k.chen", at=AT
    )
    assert (done.completed, done.open) == ("2026-11-21", False)
    for act in (
        lambda: milestones.amend(site, "MS-1", reason="x", planned="2026-12-02", **BY),
        lambda: milestones.drop(site, "MS-1", reason="x", **BY),
    ):
        with pytest.raises(Refused, match="reached on 2026-11-21"):
            act()
    with site.read() as uow:
        entries = journal.of_subject(uow, "milestone:MS-1")
    assert [one.action for one in entries] == ["milestone reach", "milestone amend", "milestone add"]
    assert entries[1].changed == {"planned": "2026-12-01", "reason": "no staff"}


def test_the_report_holds_days_effort_and_funds_against_the_plan(site):
    added(site, effort=36_000, funds=Decimal(500))
    added(site, planned="2026-11-25")
    added(site, planned="2026-12-24", document="other-plan")
    added(site, name="Given up")
    milestones.drop(site, "MS-4", reason="not needed", **BY)
    for record, spent in (("milestone:MS-1", 7200), ("milestone:MS-2", 60)):
        work_log.log(
            site, record, person="a.vries", day=TODAY, today=TODAY, spent=spent, cost=Decimal("12.5"), **BY
        )
    milestones.reach(site, "MS-2", day="2026-11-22", today=TODAY, evidence="x", **BY)
    rows = {one.milestone.id: one for one in against(site)}
    assert {id: one.late for id, one in rows.items()} == {"MS-1": 2, "MS-2": -3, "MS-3": None, "MS-4": None}
    assert (rows["MS-1"].spent, rows["MS-1"].cost) == (7200, Decimal("12.5"))
    assert [one.milestone.id for one in against(site, document="other-plan")] == ["MS-3"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"document": "No Id"},
        {"document": "plan-to-be"},
        {"name": " "},
        {"planned": "soon"},
        {"owner": "nobody"},
        {"effort": -1},
        {"funds": Decimal("0.001")},
    ],
)
def test_what_is_wrong_is_refused(site, wrong):
    with pytest.raises(Invalid):
        added(site, **wrong)


def test_a_milestone_needs_a_plan_that_is_registered_and_holds(site):
    with pytest.raises(Invalid) as wrong:
        added(site, document="plan-to-be", owner="nobody")
    missing, owner = wrong.value.problems
    assert missing.startswith("There is no document 'plan-to-be' to be its plan")
    assert "cmdb document register" in missing
    assert owner == "There is no person 'nobody'."
    with site.write() as uow:
        uow.replace(uow.get(Document, "other-plan").but(level="controlled", status="retired"))
        uow.commit()
    with pytest.raises(Invalid) as wrong:
        added(site, document="other-plan")
    assert wrong.value.problems == ("other-plan is retired, and plans nothing any more.",)


def test_reaching_needs_evidence_and_a_day_that_has_come_and_moving_needs_a_reason(site):
    added(site)
    for act in (
        lambda: milestones.reach(site, "MS-1", day=TODAY, today=TODAY, evidence=" ", **BY),
        lambda: milestones.reach(site, "MS-1", day="2026-11-23", today=TODAY, evidence="x", **BY),
        lambda: milestones.amend(site, "MS-1", reason=" ", planned="2026-12-01", **BY),
        lambda: milestones.amend(site, "MS-1", reason="x", owner="nobody", **BY),
        lambda: milestones.drop(site, "MS-1", reason="", **BY),
    ):
        with pytest.raises(Invalid):
            act()
    with pytest.raises(NotFound):
        milestones.drop(site, "MS-9", reason="x", **BY)


def test_an_owner_reaches_a_milestone_but_does_not_move_it(site):
    added(site)
    with pytest.raises(Refused, match="keep reviews and plans"):
        milestones.amend(site, "MS-1", reason="x", planned="2027-01-01", actor="k.chen", at=AT)
    added(site, owner="a.vries")
    with pytest.raises(Refused):
        milestones.reach(site, "MS-2", day=TODAY, today=TODAY, evidence="x", actor="k.chen", at=AT)

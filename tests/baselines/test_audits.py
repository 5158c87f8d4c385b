"""Audits: planned by somebody independent, run once with what was found, told, repeated, closed."""

from datetime import UTC, datetime, timedelta

import pytest

from baselines import audits, consistency, examining, findings, rebuild, tables, verification
from baselines.audit_life import AUDIT_STEPS, FINDING_STEPS, Step, after, every_of
from baselines.audits import Looked, Planned
from baselines.failures import Failed
from cmdb import items, notices, people
from cmdb.errors import CmdbError, Invalid, Refused
from cmdb.model import Item, Person, PublicKey
from cmdb.site import Site
from cmdb.store import Store
from tests.baselines.port import NIGHT, build

DUE = NIGHT + timedelta(days=7)
LATER = NIGHT + timedelta(days=30)


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        person = Person(id="q.sato", name="Q Sato", keys=(PublicKey(text=keys.public("q.sato")),))
        people.register(store, person, actor="a.vries", at=NIGHT)
        built.established(NIGHT - timedelta(hours=1))  # so that the auditor's key is under control
        yield built


def planned(port, kind="integrity", *, auditor="q.sato", at=NIGHT, **more):
    wanted = Planned(kind=kind, auditor=auditor, **{"due": DUE, **more})
    key = port.keys.private("a.vries")
    return audits.plan(port.library, wanted, actor="a.vries", key=key, at=at)


def held(port, audit, looked=None, *, at=NIGHT, actor="q.sato"):
    looked = looked or examining.integrity(port.library)
    return audits.run(port.library, audit.id, looked, actor=actor, key=port.keys.private(actor), at=at)


def found(port, count=1):
    """A look that found so much."""
    raised = tuple((f"rule {n}", f"Something {n} is wrong.", ("sw-11",), 1) for n in range(1, count + 1))
    return Looked(baseline=examining.base(port.library), findings=raised)


def agrees(port):
    report = verification.verify(port.library)
    assert report.ok, report.failure
    return report


def test_an_audit_is_planned_run_reported_and_closed_and_everything_is_proved(port):
    audit = planned(port)
    assert (audit.id, audit.state, audit.scope) == ("AUD-1", "planned", "library")
    audit = held(port, audit)
    assert (audit.state, audit.findings, audit.baseline) == ("reported", (), examining.base(port.library))
    assert audit.told == ("a.vries",)  # the founder is the service manager until there is another
    with port.store.read() as uow:
        assert any("AUD-1" in one.text for one in notices.inbox(uow, "a.vries"))
    key = port.keys.private("q.sato")
    closed = audits.close(port.library, "aud-1", evaluation="as it was", actor="q.sato", key=key, at=NIGHT)
    assert closed.state == "closed"
    agrees(port)


def test_whoever_owns_something_of_it_does_not_audit_it(port):
    with pytest.raises(Refused) as refused:
        planned(port, "completeness", auditor="k.chen")
    assert refused.value.problems == ("owner of lb-edge", "owner of sw-11", "owner of sw-12")
    assert planned(port, "completeness", auditor="k.chen", scope="type:service").auditor == "k.chen"
    with pytest.raises(Refused):
        planned(port, "completeness", auditor="k.chen", scope="service:mail")
    assert planned(port, "integrity", auditor="k.chen").id == "AUD-2"


def test_somebody_who_came_to_own_some_of_it_since_it_was_planned_does_not_run_it(port):
    audit = planned(port, "completeness")
    device = Item(id="sw-99", type="network-device", name="sw-99", owner="q.sato")
    items.register(port.store, device, actor="a.vries", at=NIGHT)
    with pytest.raises(Refused, match=None) as refused:
        held(port, audit, found(port))
    assert refused.value.problems == ("owner of sw-99",)


def test_a_process_is_audited_by_nobody_of_the_cm_group_or_a_board(port):
    with pytest.raises(Refused) as refused:
        planned(port, "process", auditor="a.vries")
    assert "member of the group cm-group" in refused.value.problems
    with pytest.raises(Refused) as refused:
        planned(port, "process", auditor="p.ng")
    assert refused.value.problems == ("member of the board port",)
    audit = held(port, planned(port, "process"), found(port, 0))
    assert set(audit.told) == {"a.vries"}


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        ("integrity", "all"),
        ("physical", "type:nothing"),
        ("physical", "item:"),
        ("process", "5.9"),
        ("completeness", "service:nowhere"),
        ("event repository", "all"),
        ("magic", ""),
    ],
)
def test_a_scope_that_a_kind_cannot_have_is_refused(port, kind, scope):
    with pytest.raises(Invalid):
        planned(port, kind, scope=scope)


def test_only_those_with_the_right_plan_and_only_the_auditor_runs(port):
    wanted = Planned(kind="integrity", auditor="q.sato", due=DUE)
    with pytest.raises(Refused, match=None) as refused:
        audits.plan(port.library, wanted, actor="p.ng", key=port.keys.private("p.ng"), at=NIGHT)
    assert "plan audits" in refused.value.reason
    audit = planned(port)
    with pytest.raises(Refused):
        held(port, audit, found(port), actor="k.chen")
    held(port, audit, found(port))
    with pytest.raises(Refused):  # once is enough
        held(port, audit, found(port))
    agrees(port)


def test_every_question_of_the_checklist_has_to_be_answered(port):
    audit = planned(port, checklist=("Is it locked?", "Who has the key?"))
    with pytest.raises(Refused) as refused:
        held(port, audit, found(port))
    assert refused.value.problems == ("1. Is it locked?", "2. Who has the key?")
    answers, raised = examining.answered(audit, ["2=no: nobody knows", "1=yes: saw it"])
    assert [one[1] for one in answers] == ["yes", "no"]
    assert raised == [("checklist", "Who has the key? No: nobody knows", (), 1)]
    looked = found(port, 0).but(answers=answers, findings=tuple(raised))
    assert held(port, audit, looked).findings == ("FND-1",)


@pytest.mark.parametrize(
    "given", [["0=yes: x"], ["3=yes: x"], ["x"], ["1=maybe: x"], ["1=yes"], ["²=yes: x"]]
)
def test_answers_that_nobody_can_read_are_refused(port, given):
    audit = planned(port, checklist=("One?", "Two?"))
    with pytest.raises(Invalid):
        examining.answered(audit, given)
    with pytest.raises(Invalid):
        examining.answered(audit, ["1=yes: a", "1=no: b"])


def test_one_that_comes_back_plans_its_next_date_counted_from_its_first(port):
    first = datetime(2026, 11, 30, 10, tzinfo=UTC)
    audit = planned(port, every="month", due=first)
    late = datetime(2027, 2, 10, tzinfo=UTC)
    with port.store.read() as uow:
        assert audits.audit_of(uow, "AUD-1").overdue(late)
    held(port, audit, found(port, 0), at=late)
    with port.store.read() as uow:
        following = audits.audit_of(uow, "AUD-2")
    assert following.due == datetime(2027, 2, 28, 10, tzinfo=UTC)
    held(port, following, found(port, 0), at=following.due)
    with port.store.read() as uow:
        assert audits.audit_of(uow, "AUD-3").due == datetime(2027, 3, 30, 10, tzinfo=UTC)
    agrees(port)


def test_periods_are_read_as_people_write_them():
    assert every_of("Quarter") == ("months", 3)
    assert every_of("6 months") == ("months", 6)
    assert every_of("1 day") == ("days", 1)
    for wrong in (
        "",
        "0 days",
        "3 fortnights",
        "month month month",
        "1000 days",
        "99 years",
        "-1 days",
        "² days",
    ):
        with pytest.raises(Invalid):
            every_of(wrong)


def test_another_auditor_or_date_is_appointed_with_the_reason_and_a_plan_cancelled(port):
    audit = planned(port)
    key = port.keys.private("a.vries")
    moved = audits.appoint(
        port.library,
        audit.id,
        auditor="p.ng",
        due=LATER,
        reason="on leave",
        actor="a.vries",
        key=key,
        at=NIGHT,
    )
    assert (moved.auditor, moved.due) == ("p.ng", LATER)
    gone = audits.cancel(port.library, audit.id, reason="not needed", actor="a.vries", key=key, at=NIGHT)
    assert gone.state == "cancelled"
    with pytest.raises(Refused):
        audits.cancel(port.library, audit.id, reason="again", actor="a.vries", key=key, at=NIGHT)
    with pytest.raises(Invalid):
        audits.appoint(port.library, planned(port).id, reason=" ", actor="a.vries", key=key, at=NIGHT)
    agrees(port)


def test_an_audit_with_open_findings_or_action_items_is_not_closed(port):
    held(port, planned(port), found(port, 2))
    key = port.keys.private("q.sato")
    with pytest.raises(Refused) as refused:
        audits.close(port.library, "AUD-1", evaluation="well", actor="q.sato", key=key, at=NIGHT)
    assert refused.value.problems == ("FND-1 is raised", "FND-2 is raised")


@pytest.mark.parametrize("table", ["audit", "finding", "audit_step", "practice_statement"])
def test_a_row_that_nobody_signed_is_named_by_verify(port, table):
    held(port, planned(port, every="quarter"), found(port))
    with port.store.write() as uow:
        uow.rows(
            {
                "audit": "UPDATE audit SET due = '2099-01-01T00:00:00Z' WHERE id = 'AUD-2'",
                "finding": "DELETE FROM finding",
                "audit_step": "UPDATE audit_step SET actor = 'k.chen' WHERE subject = 'FND-1'",
                "practice_statement": 'INSERT INTO practice_statement (id, about, reason, "by",'
                " at, state, steps)"
                " VALUES ('SAY-1', '5.5 Goal 1', 'x', 'q.sato', '2026-01-01T00:00:00Z', 'stands', 1)",
            }[table]
        )
        with pytest.raises(Failed):
            consistency.check(uow, port.library, tables.newest(uow))
    agrees(port)  # rolled back


def test_an_act_signed_by_somebody_else_than_the_auditor_is_found_with_the_library_alone(port, monkeypatch):
    audit = planned(port)
    step = None

    def forged(uow):
        nonlocal step
        step = audits.step_on(uow, audit.id, "run", "k.chen", NIGHT, {"baseline": "BL-000001"})
        return [step]

    audits.act_on(
        port.library, forged, what="audit run", actor="k.chen", key=port.keys.private("k.chen"), at=NIGHT
    )
    report = verification.verify(port.library)
    assert not report.ok
    assert "was for q.sato to do" in report.failure.why


def test_rebuild_restores_audits_findings_and_their_acts(port, tmp_path):
    held(port, planned(port, every="quarter"), found(port, 2))
    key = port.keys.private("q.sato")
    findings.assign(port.library, "FND-1", to="a.vries", due=DUE, actor="q.sato", key=key, at=NIGHT)
    with port.store.read() as uow:
        before = [uow.all(kind) for kind in (Step, audits.Audit, audits.Finding)]
        [(root,)] = uow.rows("SELECT root FROM site")
    lost = Site(path=tmp_path, name="port", database=str(tmp_path / "new.db"))
    rebuild.rebuild(lost, actor="a.vries", at=NIGHT, apply=True, root=root)
    with Store.open(lost.url).read() as uow:
        assert [uow.all(kind) for kind in (Step, audits.Audit, audits.Finding)] == before


def test_the_tables_of_transitions_are_all_there_is(port):
    for moves, prefix in ((AUDIT_STEPS, "AUD-1"), (FINDING_STEPS, "FND-1")):
        acts = {move.act for move in moves}
        for state in {move.end for move in moves}:
            allowed = {move.act for move in moves if move.start == state}
            for act in acts - allowed:
                if act in ("plan", "raise"):
                    continue
                value = _standing(prefix, state)
                step = Step(subject=prefix, number=value.steps + 1, act=act, actor="q.sato", at=NIGHT)
                with pytest.raises(CmdbError):
                    after(value, step)


def _standing(prefix, state):
    if prefix.startswith("AUD"):
        return audits.Audit(
            id=prefix, kind="integrity", title="t", auditor="q.sato", due=DUE, first=DUE, state=state,
            planned_at=NIGHT, planned_by="a.vries",
        )  # fmt: skip
    return audits.Finding(
        id=prefix, audit="AUD-1", what="w", state=state, raised_at=NIGHT, raised_by="q.sato"
    )

"""A finding goes from raised to closed through the right hands, or up to the senior manager."""

from datetime import timedelta

import pytest

from baselines import audits, due, findings, verification
from cmdb import action_items, notices, people
from cmdb.errors import Invalid, Refused
from cmdb.model import RoleGrant
from tests.baselines.port import NIGHT
from tests.baselines.test_audits import DUE, LATER, found, held, planned
from tests.baselines.test_audits import port as port  # a site with an auditor, q.sato


@pytest.fixture
def raised(port):
    """A site with FND-1 raised, where m.jansen leads the work and p.ng is the senior manager."""
    before = NIGHT - timedelta(days=9)
    for person, role in (("m.jansen", "service task leader"), ("p.ng", "senior manager")):
        grant = RoleGrant(id=f"{person}-role", person=person, role=role, start=before)
        people.grant(port.store, grant, actor="a.vries", at=before)
    held(port, planned(port), found(port))
    return port


def act(port, what, actor, *, at=NIGHT, id="FND-1", **more):
    done = getattr(findings, what)
    return done(port.library, id, actor=actor, key=port.keys.private(actor), at=at, **more)


def inbox(port, person):
    with port.store.read() as uow:
        return " ".join(one.text for one in notices.inbox(uow, person))


def actions(port):
    with port.store.read() as uow:
        return [
            (one.owner, one.state)
            for one in action_items.listed(uow, origin="finding:FND-1", only_open=False)
        ]


def assigned(port, to="m.jansen", **more):
    return act(port, "assign", "q.sato", to=to, due=DUE, **more)


def test_corrected_by_whom_it_is_with_verified_by_the_auditor_and_closed_with_its_action_item(raised):
    assert assigned(raised).state == "with"
    assert actions(raised) == [("m.jansen", "approved")]
    assert act(raised, "correct", "m.jansen", words="changed the lock").state == "corrected"
    assert actions(raised) == [("m.jansen", "done")]
    assert "changed the lock" in inbox(raised, "q.sato")
    assert act(raised, "reject", "q.sato", words="the key still turns").state == "with"
    assert actions(raised) == [("m.jansen", "in progress")]
    assert "the key still turns" in inbox(raised, "m.jansen")
    act(raised, "correct", "m.jansen", words="changed it again")
    assert act(raised, "verify", "q.sato", words="tried it").state == "verified"
    assert actions(raised) == [("m.jansen", "closed")]
    assert act(raised, "close", "q.sato").state == "closed"
    report = verification.verify(raised.library)
    assert report.ok, report.failure


@pytest.mark.parametrize(
    ("what", "actor", "more"),
    [
        ("correct", "q.sato", {"words": "x"}),
        ("correct", "k.chen", {"words": "x"}),
        ("verify", "m.jansen", {"words": "x"}),
        ("close", "q.sato", {}),
        ("review", "m.jansen", {"words": "x", "again": LATER}),
        ("review", "p.ng", {"words": "x", "again": LATER}),  # neither escalated nor overdue
        ("escalate", "k.chen", {"words": "x"}),
        ("assign", "m.jansen", {"to": "m.jansen", "due": DUE}),
    ],
)
def test_nobody_acts_out_of_turn_or_in_the_place_of_another(raised, what, actor, more):
    assigned(raised)
    with pytest.raises(Refused) as refused:
        act(raised, what, actor, **more)
    assert refused.value.remedy


def test_the_auditor_a_stranger_to_the_work_and_a_past_date_are_refused(raised):
    with pytest.raises(Refused, match=None) as refused:
        assigned(raised, to="q.sato")
    assert "verified" in refused.value.reason
    with pytest.raises(Refused, match=None) as refused:
        assigned(raised, to="k.chen")
    assert "leads no work" in refused.value.reason
    with pytest.raises(Invalid):
        act(raised, "assign", "q.sato", to="m.jansen", due=NIGHT)
    with pytest.raises(Invalid):
        act(raised, "escalate", "q.sato", words="  ")


def test_put_with_somebody_else_the_first_action_item_is_over(raised):
    assigned(raised)
    roles_of_chen = RoleGrant(id="chen", person="k.chen", role="service task leader", start=NIGHT)
    people.grant(raised.store, roles_of_chen, actor="a.vries", at=NIGHT)
    assigned(raised, to="k.chen")
    assert actions(raised) == [("m.jansen", "closed"), ("k.chen", "approved")]


def test_what_cannot_be_resolved_is_the_senior_managers_until_it_is(raised):
    assigned(raised)
    escalated = act(raised, "escalate", "m.jansen", words="there is no money for locks")
    assert escalated.state == "escalated"
    assert "no money" in inbox(raised, "p.ng")
    again = NIGHT + timedelta(days=10)
    reviewed = act(raised, "review", "p.ng", words="ask for it in January", again=again)
    assert (reviewed.reviews, reviewed.review) == (1, again)
    assert not reviewed.review_due(again)
    assert reviewed.review_due(again + timedelta(seconds=1))
    assert "January" in inbox(raised, "m.jansen")
    assert act(raised, "correct", "m.jansen", words="bought").state == "corrected"
    act(raised, "verify", "q.sato", words="seen")
    assert verification.verify(raised.library).ok


def test_a_date_that_passes_is_told_to_the_senior_manager_who_may_review_it(raised):
    assigned(raised)
    late = DUE + timedelta(hours=1)
    told = due.tick(raised.store, actor="a.vries", at=late)
    assert any("FND-1" in one.text and "p.ng" in one.people for one in told)
    assert not any("FND-1" in one.text for one in due.tick(raised.store, actor="a.vries", at=late))
    reviewed = act(raised, "review", "p.ng", words="why so late?", again=late + timedelta(days=7), at=late)
    assert (reviewed.state, reviewed.escalated_at) == ("escalated", late)


def test_an_audit_that_is_overdue_is_told_to_its_auditor(raised):
    planned(raised, due=NIGHT + timedelta(days=1))
    told = due.tick(raised.store, actor="a.vries", at=NIGHT + timedelta(days=2))
    assert any("AUD-2" in one.text and "q.sato" in one.people for one in told)


def test_nobody_to_escalate_to_is_said_before_anything_is_signed(raised):
    with raised.store.write() as uow:
        for grant in uow.all(RoleGrant):
            if grant.role == "senior manager":
                uow.remove(grant)
        uow.commit()
    with pytest.raises(Refused) as refused:
        act(raised, "escalate", "q.sato", words="x")
    assert "senior manager" in refused.value.reason


def test_one_raised_by_hand_is_the_auditors_alone_while_the_audit_is_reported(raised):
    key = raised.keys.private("q.sato")
    made = findings.raise_(
        raised.library,
        "AUD-1",
        what="The door was open.",
        about=("sw-11",),
        actor="q.sato",
        key=key,
        at=NIGHT,
    )
    assert (made.id, made.about) == ("FND-2", ("sw-11",))
    planned(raised)
    for actor, audit in (("k.chen", "AUD-1"), ("q.sato", "AUD-2")):
        key = raised.keys.private(actor)
        with pytest.raises(Refused):
            findings.raise_(raised.library, audit, what="x", about=(), actor=actor, key=key, at=NIGHT)


def test_an_auditor_is_not_replaced_by_whoever_has_to_correct(raised):
    assigned(raised)
    key = raised.keys.private("a.vries")
    with pytest.raises(Refused) as refused:
        audits.appoint(
            raised.library, "AUD-1", auditor="m.jansen", reason="leave", actor="a.vries", key=key, at=NIGHT
        )
    assert refused.value.problems == ("FND-1",)


def test_an_action_item_that_was_reopened_by_hand_keeps_the_finding_open(raised):
    assigned(raised)
    act(raised, "correct", "m.jansen", words="done")
    act(raised, "verify", "q.sato", words="seen")
    with raised.store.write() as uow:
        action_items.initiate(
            uow, origin="finding:FND-1", what="and the window", owner="m.jansen", actor="q.sato", at=NIGHT
        )
        uow.commit()
    with pytest.raises(Refused) as refused:
        act(raised, "close", "q.sato")
    assert "AI-2" in refused.value.reason

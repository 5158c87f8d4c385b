"""What only the passing of time brings about is told once, to those it concerns."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from baselines import checkin, checkout, due
from ccb.inbox import told
from cmdb import (
    action_items,
    agreements,
    canonical,
    documents,
    event_acts,
    events,
    measurements,
    milestones,
    notice_rules,
    notices,
    reviews,
)
from cmdb.commitments import ServiceCommitment
from cmdb.errors import Refused
from cmdb.model import Party, RoleGrant
from cmdb.promises import ServiceAgreement
from cmdb.reported import Event
from cmdb.written import Document
from tests.baselines.port import NIGHT, build, set_model

SOON = NIGHT + timedelta(hours=1)


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


@pytest.fixture
def quick(sqlite_store, tmp_path, keys):
    """The port, where the kind of database does not matter."""
    with (built := build(sqlite_store, tmp_path / "library.git", keys)).library:
        yield built


def promise(port, **changes):
    fields = {
        "id": "sla",
        "title": "Mail",
        "customer": "acme",
        "manager": "m.jansen",
        "start": datetime(2026, 1, 1, tzinfo=UTC),
        "services": ("mail",),
        "commitments": (ServiceCommitment(id="up", service="mail", target=Decimal("99.9")),),
    }
    with port.store.write() as uow:
        uow.add(Party(id="acme", name="Acme"))
        uow.commit()
    agreements.register(port.store, ServiceAgreement(**(fields | changes)), actor="a.vries", at=NIGHT)


def ticked(port, at=NIGHT):
    return [(one.owner or one.people, one.text) for one in due.tick(port.store, actor="a.vries", at=at)]


def inbox(port, person):
    with port.store.read() as uow:
        return [one.text for one in notices.inbox(uow, person)]


def test_nothing_is_due_on_a_quiet_site_and_nothing_is_written(port):
    with port.store.read() as uow:
        before = uow.rows("SELECT COUNT(*) FROM journal")
    assert ticked(port) == []
    with port.store.read() as uow:
        assert uow.rows("SELECT COUNT(*) FROM journal") == before


def test_a_review_whose_date_has_passed_becomes_one_action_item(port):
    promise(port, review="2026-11-21")
    assert ticked(port) == [("m.jansen", "Review sla with acme: the date agreed for it was 2026-11-21")]
    assert ticked(port) == []
    with port.store.read() as uow:
        (item,) = action_items.listed(uow, owner="m.jansen")
    assert (item.origin, item.state, item.due) == ("agreement:sla", "approved", NIGHT + due.REVIEW)


def test_a_document_whose_review_has_passed_becomes_an_action_item_of_its_owner(port):
    papers = (("policy", "2026-11-21"), ("plan", "2026-11-22"), ("draft", "2026-11-01"))
    for id, review in papers:
        paper = Document(id=id, kind="CM policy", title="Ours", owner="m.jansen", review=review)
        documents.register(port.store, paper, {}, actor="a.vries", at=NIGHT)
    with port.store.write() as uow:
        uow.rows("UPDATE document SET level = 'baselined' WHERE id <> 'draft'")
        uow.commit()
    assert ticked(port) == [
        ("m.jansen", "Review the CM policy policy, Ours: the date for it was 2026-11-21"),
    ]
    assert ticked(port) == []
    with port.store.write() as uow:
        uow.rows("UPDATE document SET status = 'retired', review = '2026-11-02'")
        uow.commit()
    assert ticked(port) == []


def test_an_agreement_that_ends_soon_and_a_broken_promise_are_told_to_its_manager(port):
    promise(port, end=datetime(2026, 12, 1, tzinfo=UTC))
    measurements.record_outage(
        port.store,
        subject="mail",
        started=NIGHT - timedelta(minutes=40),
        ended=NIGHT - timedelta(minutes=1),
        actor="a.vries",
        at=NIGHT,
    )
    told = ticked(port)
    assert [who for who, _ in told] == [("m.jansen",)] * 2
    assert told[0][1].startswith("At risk")
    assert "ends at 2026-12-01T00:00:00Z" in told[1][1]
    measurements.record_outage(
        port.store, subject="mail", started=NIGHT, ended=SOON, actor="a.vries", at=SOON
    )
    assert [text.partition(":")[0] for _, text in ticked(port, SOON)] == ["Broken"]
    assert ticked(port, SOON) == []


def grant(port, person, role):
    with port.store.write() as uow:
        start = NIGHT - timedelta(days=90)
        uow.add(RoleGrant(id=f"{person} {role}", person=person, role=role, start=start))
        uow.commit()


def test_an_overdue_action_item_goes_up_the_ladder_step_by_step_each_once(port):
    grant(port, "m.jansen", "service manager")
    action_items.add(port.store, what="label the rack", owner="k.chen", due=NIGHT, actor="a.vries", at=NIGHT)
    text = "AI-1 was due at 2026-11-22T22:00:00Z: label the rack"
    assert ticked(port, SOON) == [(("k.chen",), text)]
    assert ticked(port, NIGHT + timedelta(days=2, hours=23)) == []
    assert ticked(port, NIGHT + timedelta(days=3)) == [(("p.ng",), f"3 days overdue with k.chen: {text}")]
    # p.ng leads the group of k.chen; a.vries founded the site, and holds every role in it
    assert ticked(port, NIGHT + timedelta(days=7)) == [
        (("a.vries", "m.jansen"), f"7 days overdue with k.chen: {text}")
    ]
    assert ticked(port, NIGHT + timedelta(days=14)) == [
        (("a.vries",), f"14 days overdue with k.chen: {text}")
    ]
    assert ticked(port, NIGHT + timedelta(days=60)) == []


def test_who_stands_on_two_steps_that_are_due_at_once_hears_of_the_last_alone(port):
    action_items.add(port.store, what="label the rack", owner="a.vries", due=NIGHT, actor="a.vries", at=NIGHT)
    ((who, text),) = ticked(port, NIGHT + timedelta(days=30))
    assert (who, text.startswith("14 days overdue with a.vries")) == (("a.vries",), True)
    assert ticked(port, NIGHT + timedelta(days=31)) == []


def test_the_ladder_is_the_one_the_site_says(port):
    by = {"actor": "a.vries", "at": NIGHT}
    for after in (3, 7, 14):
        notice_rules.amend(port.store, "action overdue", (), after=after, **by)
    notice_rules.amend(port.store, "action overdue", ("person:p.ng",), after=1, **by)
    action_items.add(port.store, what="label the rack", owner="k.chen", due=NIGHT, **by)
    assert [who for who, _ in ticked(port, NIGHT + timedelta(days=30))] == [("p.ng",), ("k.chen",)]


def test_a_check_in_is_told_to_whom_its_request_concerns_but_not_to_who_did_it(port):
    request = port.approved(set_model(), groups=())
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    notice_rules.amend(
        port.store, "baseline established", ("role:configuration manager",), actor="a.vries", at=NIGHT
    )
    made = checkin.check_in(
        port.library, request.id, actor="k.chen", key=port.keys.private("k.chen"), at=NIGHT
    )
    text = f"{made.id} is established by {request.id}: Replace sw-11"
    assert text in inbox(port, "a.vries")
    assert text not in inbox(port, "k.chen")


def test_whoever_holds_a_check_out_hears_before_and_after_it_ends(port):
    request = port.approved(set_model())
    out = checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    assert ticked(port) == []
    first = min(timedelta(days=1), (out.expires_at - out.out_at) / 4)
    assert ticked(port, out.expires_at - first - timedelta(seconds=1)) == []
    assert "check in, or renew" in ticked(port, out.expires_at - first)[0][1]
    assert "very soon" in ticked(port, out.expires_at - timedelta(hours=4))[0][1]
    assert ticked(port, out.expires_at - timedelta(hours=1)) == []
    assert "renew it or give it back" in ticked(port, out.expires_at)[0][1]
    ((who, text),) = ticked(port, out.expires_at + timedelta(days=1))
    assert (who, text.startswith("1 day overdue with k.chen")) == (("a.vries",), True)


def test_an_outage_nobody_ended_is_asked_about(port):
    measurements.began(port.store, "mail", NIGHT, actor="a.vries", at=NIGHT)
    assert ticked(port, SOON) == []
    ((who, text),) = ticked(port, NIGHT + timedelta(days=2))
    assert (who, "still runs" in text) == (("a.vries",), True)
    assert inbox(port, "a.vries")[0] == text


def test_who_is_told_later_is_told_alone(port):
    """A second reviewer does not make the owner hear the same again."""
    item = action_items.add(port.store, what="x", owner="k.chen", due=NIGHT, actor="a.vries", at=NIGHT)
    ticked(port, SOON)
    with port.store.write() as uow:
        uow.replace(item.but(reviewer="p.ng"))
        uow.commit()
    assert [who for who, _ in ticked(port, SOON)] == [("p.ng",)]
    assert len([one for one in inbox(port, "k.chen") if "was due" in one]) == 1


def test_who_is_not_registered_ticks_nothing(port):
    with pytest.raises(Refused):
        due.tick(port.store, actor="nobody", at=NIGHT)


def test_a_report_or_evaluation_that_was_agreed_becomes_one_action_item_each_time(port):
    terms = {
        "reporting": [
            {"id": "monthly", "text": "Promised against delivered", "every": "month", "with": ["Desk"]}
        ],
        "evaluation": [{"id": "yearly", "text": "Needs against promises", "every": "year"}],
    }
    promise(port, terms=terms)
    report = "Report on sla with Desk, due on 2026-11-01: Promised against delivered"
    assert ticked(port) == [("m.jansen", report)]
    assert ticked(port, NIGHT + timedelta(days=5)) == []
    later = ticked(port, datetime(2027, 1, 2, tzinfo=UTC))
    assert ("m.jansen", "Evaluate sla, due on 2027-01-01: Needs against promises") in later
    assert ("m.jansen", "Report on sla with Desk, due on 2027-01-01: Promised against delivered") in later


def test_a_review_that_was_not_held_is_told_to_its_holder_and_then_up_the_ladder(port):
    reviews.plan(
        port.store,
        kind="customer",
        title="Mail with Acme",
        planned=NIGHT,
        holder="k.chen",
        every="quarter",
        actor="a.vries",
        at=NIGHT,
    )
    assert ticked(port) == []
    text = "RV-1 was planned for 2026-11-22T22:00:00Z and not held: Mail with Acme"
    assert ticked(port, SOON) == [(("k.chen",), text)]
    assert ticked(port, NIGHT + timedelta(days=3)) == [(("p.ng",), f"3 days overdue with k.chen: {text}")]
    reviews.amend(port.store, "RV-1", planned=NIGHT + timedelta(days=9), actor="a.vries", at=NIGHT)
    assert ticked(port, NIGHT + timedelta(days=8)) == []


def test_a_milestone_is_missed_once_its_day_is_over_everywhere(port):
    plan = Document(id="cm-plan", kind="CM plan", title="CM plan", owner="k.chen")
    documents.register(port.store, plan, {}, actor="a.vries", at=NIGHT)
    milestones.add(
        port.store,
        document="cm-plan",
        name="First audit",
        planned="2026-11-22",
        owner="k.chen",
        actor="a.vries",
        at=NIGHT,
    )
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert ticked(port, noon - timedelta(seconds=1)) == []
    text = "MS-1 of cm-plan was planned for 2026-11-22: First audit"
    assert ticked(port, noon) == [(("k.chen",), text)]
    day = {"day": "2026-11-23", "today": "2026-11-23"}
    milestones.reach(port.store, "MS-1", evidence="its report", actor="k.chen", at=noon, **day)
    assert ticked(port, noon + timedelta(days=30)) == []


def test_an_event_past_its_deadline_is_told_to_whoever_answers_for_it_until_it_is_resolved(port):
    event = Event(
        id=events.UNNUMBERED, description="No mail", occurred=NIGHT, reported=NIGHT, reporter="Ann",
        items=("mail",), responsible="k.chen", resolve_by=SOON, resolve_from=f"{events.BY_HAND}a.vries",
        recorded_at=NIGHT,
    )  # fmt: skip
    by = {"actor": "a.vries", "at": NIGHT}
    made = events.record(port.store, event, **by)
    imported = events.record(port.store, event.but(source="desk", reference="7", responsible=""), **by)
    late = SOON + timedelta(minutes=1)
    said = f"EV-1 had to be resolved by {canonical.rfc3339(SOON)}: No mail"
    assert [one for one in ticked(port, SOON) if "EV-" in one[1]] == []
    assert [one for one in ticked(port, late) if "EV-" in one[1]] == [(("k.chen",), said)]
    assert [one for one in ticked(port, late) if "EV-" in one[1]] == []
    with port.store.read() as uow:
        assert [one.settled for one in told(uow, "k.chen", at=late) if one.notice.text == said] == [""]
    for one in (made, imported):
        event_acts.withdraw(port.store, one.id, reason="nothing was wrong", actor="a.vries", at=late)
    with port.store.read() as uow:
        found = {one.notice.text: one.settled for one in told(uow, "k.chen", at=late)}
    assert found[said] == "EV-1 is withdrawn"
    assert found["EV-1 is withdrawn: nothing was wrong (No mail)"] == ""

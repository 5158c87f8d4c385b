"""Action items from initiation to closure, on both databases."""

from datetime import timedelta

import pytest

from cmdb import action_items, journal, notices
from cmdb.errors import CmdbError, Invalid, NotFound, Refused
from cmdb.model import Person
from cmdb.work import STEPS, ActionItem
from tests.builders import AT, found

BY = {"actor": "a.vries", "at": AT}


@pytest.fixture
def site(store):
    return found(store)


def look(store, question):
    with store.read() as uow:
        return question(uow)


def initiated(store, **more):
    return action_items.add(store, **{"what": "Label the cables", "owner": "k.chen", **BY, **more})


def test_an_action_item_goes_from_initiation_to_closure_with_its_evidence(site):
    one = initiated(site, plan="On Monday", due=AT, risk="Someone trips", told=("a.vries",))
    assert (one.id, one.state) == ("AI-1", "initiated")
    for state in ("reviewed", "approved", "in progress", "done"):
        one = action_items.step(site, one.id, state, **BY)
    assert one.reviewer == "a.vries"
    closed = action_items.close(site, one.id, evidence="photo 12", evaluation="clear now", **BY)
    assert (closed.state, closed.closed_at, closed.evidence) == ("closed", AT, "photo 12")
    assert look(site, lambda uow: uow.get(ActionItem, "AI-1")) == closed
    told = look(site, lambda uow: [one.action for one in journal.of_subject(uow, "action:AI-1")])
    assert told[0] == "action closed"
    assert told[-1] == "action initiate"


@pytest.mark.parametrize("state", STEPS)
@pytest.mark.parametrize("to", STEPS)
def test_every_step_is_taken_exactly_when_the_table_has_it(sqlite_store, state, to):
    found(sqlite_store)
    with sqlite_store.write() as uow:
        before = ActionItem(
            id="AI-1", what="X", owner="k.chen", state=state, evidence="e", evaluation="v",
            initiated_at=AT, initiated_by="a.vries",
        )  # fmt: skip
        uow.add(before)
        uow.commit()
    if to in STEPS[state]:
        assert action_items.step(sqlite_store, "AI-1", to, **BY).state == to
    else:
        with pytest.raises(Refused) as refusal:
            action_items.step(sqlite_store, "AI-1", to, **BY)
        assert refusal.value.remedy
        assert look(sqlite_store, lambda uow: uow.get(ActionItem, "AI-1")) == before


def test_what_nobody_approved_is_not_closed(site):
    initiated(site)
    with pytest.raises(Refused) as refusal:
        action_items.close(site, "AI-1", evidence="trust me", evaluation="fine", **BY)
    assert "reviewed, declined" in refusal.value.remedy


def test_closing_needs_evidence_and_declining_a_reason(site):
    initiated(site)
    with pytest.raises(Invalid) as refusal:
        action_items.step(site, "AI-1", "declined", **BY)
    assert "needs its reason" in refusal.value.problems[0]
    assert action_items.step(site, "AI-1", "declined", evaluation="too dear", **BY).closed_at == AT
    with site.write() as uow:
        action_items.initiate(uow, origin="change:CR-1", what="Measure", owner="k.chen", **BY)
        uow.commit()
    with pytest.raises(Invalid) as refusal:
        action_items.close(site, "AI-2", evidence=" ", evaluation="fine", **BY)
    assert refusal.value.reason == "AI-2 cannot be closed without what shows that it is done (--evidence)."


def test_everyone_concerned_is_told_once(site):
    initiated(site, reviewer="a.vries", told=("a.vries", "k.chen"))
    assert [one.text for one in look(site, lambda uow: notices.inbox(uow, "k.chen"))] == [
        "AI-1 of k.chen is initiated: Label the cables"
    ]
    action_items.step(site, "AI-1", "reviewed", **BY)
    assert look(site, lambda uow: notices.inbox(uow, "k.chen"))[0].text.startswith("AI-1 is reviewed")
    assert len(look(site, lambda uow: notices.inbox(uow, "a.vries"))) == 1


def test_every_unknown_name_is_said_at_once_and_no_number_is_lost(site):
    with pytest.raises(Invalid) as refusal:
        initiated(site, owner="x", reviewer="y", told=("z",), items=("sw-1",))
    assert len(refusal.value.problems) == 4
    assert initiated(site).id == "AI-1"


def test_a_step_blocks_until_its_action_items_are_closed(site):
    with site.write() as uow:
        for blocks in ("", "closing", "check-out"):
            action_items.initiate(uow, origin="change:CR-1", what="Do", owner="k.chen", blocks=blocks, **BY)
        uow.commit()
    waiting = lambda uow: [one.id for one in action_items.blocking(uow, "change:CR-1")]  # noqa: E731
    assert look(site, waiting) == ["AI-2"]
    action_items.close(site, "AI-2", evidence="done", evaluation="fine", **BY)
    assert look(site, waiting) == []


def test_lists_are_by_owner_origin_and_in_order_of_number(site):
    for number in range(11):
        initiated(
            site, owner="a.vries" if number % 2 else "k.chen", origin="person:k.chen" if number > 8 else ""
        )
    ids = look(site, lambda uow: [one.id for one in action_items.listed(uow)])
    assert ids == [f"AI-{number}" for number in range(1, 12)]
    assert len(look(site, lambda uow: action_items.listed(uow, owner="a.vries"))) == 5
    assert len(look(site, lambda uow: action_items.listed(uow, origin="person:k.chen", owner="a.vries"))) == 1
    action_items.step(site, "AI-1", "declined", evaluation="no", **BY)
    assert len(look(site, lambda uow: action_items.listed(uow))) == 10
    assert len(look(site, lambda uow: action_items.listed(uow, only_open=False))) == 11


def test_overdue_are_the_open_ones_whose_date_has_passed(site):
    day = timedelta(days=1)
    for due in (AT - day, AT - 2 * day, AT, None, AT + day):
        initiated(site, due=due)
    action_items.step(site, "AI-1", "declined", evaluation="no", **BY)
    late = look(site, lambda uow: action_items.overdue(uow, at=AT))
    assert [one.id for one in late] == ["AI-2"]
    assert all(one.overdue(AT) for one in late)


@pytest.mark.parametrize("actor", ["stranger", "r.gone"])
def test_only_people_who_work_here_may(site, actor):
    with pytest.raises(Refused):
        initiated(site, actor=actor)
    initiated(site)
    with pytest.raises(CmdbError):
        action_items.step(site, "AI-1", "reviewed", actor=actor, at=AT)
    with pytest.raises(NotFound):
        action_items.step(site, "AI-9", "reviewed", **BY)


def test_where_a_reviewer_is_named_the_owner_does_not_close_their_own_item(site):
    one = initiated(site, reviewer="a.vries")
    for state in ("reviewed", "approved", "done"):
        action_items.step(site, one.id, state, **BY)
    with pytest.raises(Refused, match="you cannot close it yourself") as refused:
        action_items.close(site, one.id, evidence="photo", evaluation="good", actor="k.chen", at=AT)
    assert f"cmdb action done {one.id}" in refused.value.remedy
    assert action_items.close(site, one.id, evidence="photo", evaluation="good", **BY).state == "closed"


def test_an_origin_is_a_record_that_exists(site):
    assert initiated(site, origin="person:k.chen").origin == "person:k.chen"
    assert initiated(site, origin="action:ai-1").origin == "action:AI-1"
    for wrong, kind in (
        ("CR-1", Invalid),
        ("change:", Invalid),
        ("wish:1", Invalid),
        ("change:CR-9", NotFound),
    ):
        with pytest.raises(kind):
            initiated(site, origin=wrong)
    assert len(look(site, action_items.listed)) == 2


def test_an_open_action_item_changes_hands_and_date_and_both_owners_hear_of_it(site):
    one = initiated(site, due=AT, told=("a.vries",))
    changed = action_items.amend(
        site, one.id, owner="a.vries", due=AT + timedelta(days=3), actor="k.chen", at=AT
    )
    assert (changed.owner, changed.due, changed.what) == ("a.vries", AT + timedelta(days=3), one.what)
    assert look(site, lambda uow: notices.inbox(uow, "a.vries"))[0].text == (
        "AI-1, of a.vries, was changed (owner, due): Label the cables"
    )
    [entry, *_rest] = look(site, lambda uow: journal.of_subject(uow, "action:AI-1"))
    assert entry.changed == {
        "owner": ["k.chen", "a.vries"],
        "due": ["2026-11-22T12:00:00Z", "2026-11-25T12:00:00Z"],
    }


def test_an_amendment_that_says_nothing_new_is_not_journalled(site):
    one = initiated(site)
    assert action_items.amend(site, one.id, owner="k.chen", **BY) == one
    assert len(look(site, lambda uow: journal.of_subject(uow, "action:AI-1"))) == 1


def test_what_is_over_or_names_nobody_is_not_amended(site):
    one = initiated(site)
    with pytest.raises(Invalid, match="not valid"):
        action_items.amend(site, one.id, owner="nobody", **BY)
    action_items.step(site, one.id, "declined", evaluation="no use", **BY)
    with pytest.raises(Refused, match="declined"):
        action_items.amend(site, one.id, plan="later", **BY)


def ready(store, **more):
    one = initiated(store, **more)
    for state in ("reviewed", "approved"):
        action_items.step(store, one.id, state, **BY)
    return one.id


def test_an_action_item_is_not_closed_without_saying_whether_it_helped(sqlite_store):
    id = ready(found(sqlite_store))
    for nothing in ({}, {"evaluation": " "}):
        with pytest.raises(Invalid, match=r"AI-1 cannot be closed without whether it helped \(--eval"):
            action_items.close(sqlite_store, id, evidence="photo", **nothing, **BY)
    with pytest.raises(
        Invalid, match=r"without what shows that it is done \(--evidence\) and whether it helped"
    ):
        action_items.step(sqlite_store, id, "closed", **BY)
    action_items.step(sqlite_store, id, "done", evaluation="nobody stumbles now", **BY)
    assert action_items.close(sqlite_store, id, evidence="photo", **BY).state == "closed"


def test_a_stranger_settles_nobodys_action_item(sqlite_store):
    id = ready(found(sqlite_store))
    with sqlite_store.write() as uow:
        uow.add(Person(id="s.tranger", name="Stray"))
        uow.commit()
    with pytest.raises(Refused, match=r"AI-1 is k\.chen's: s\.tranger does not settle it\."):
        action_items.close(sqlite_store, id, evidence="x", evaluation="y", actor="s.tranger", at=AT)
    with pytest.raises(Refused, match="does not settle it"):
        action_items.amend(sqlite_store, id, owner="s.tranger", actor="s.tranger", at=AT)

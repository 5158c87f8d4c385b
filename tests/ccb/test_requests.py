"""A change request from writing to closing: what is looked up, what moves, what blocks."""

from datetime import timedelta

import pytest

from ccb import board, closing, requests, rewriting, statements, tables
from ccb.model import DownSet, ProposedChange
from cmdb import action_items, journal, tables_graph
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Item
from cmdb.promises import PlannedWork
from tests.ccb.quay import NOW, OUTAGE, SWAP, TONIGHT, Quay


def set_model(**more) -> ProposedChange:
    return ProposedChange(record="item", id="sw-12", operation="set", exact={"model": "QFX5120"}).but(**more)


def refused(quay: Quay, *changes: ProposedChange, **more) -> str:
    with pytest.raises(Invalid) as wrong:
        requests.new(quay.store, SWAP.but(changes=changes or SWAP.changes, **more), actor="r.bakker", at=NOW)
    assert quay_is_empty(quay)
    return "\n".join(wrong.value.problems)


def quay_is_empty(quay: Quay) -> bool:
    with quay.store.read() as uow:
        return requests.listed(uow) == () and journal.head(uow)[0] == 0


def checked_in(quay: Quay, id: str) -> None:
    """What check-out and check-in do to the request, without a library."""
    with quay.store.write() as uow:
        request = requests.find(uow, id)
        request = requests.move(uow, request, "check out", actor="k.chen", at=quay.now)
        requests.put(uow, request, action="check-out", actor="k.chen", at=quay.now)
        uow.commit()
    requests.start(quay.store, id, actor="k.chen", at=quay.now)
    with quay.store.write() as uow:
        request = requests.move(
            uow,
            requests.find(uow, id),
            "check in",
            actor="k.chen",
            at=quay.now,
            lease="k.chen",
            lease_is_actors=True,
        )
        requests.put(uow, request, action="check-in", actor="k.chen", at=quay.now)
        uow.commit()


def test_a_new_request_gets_the_next_number_and_each_change_the_values_it_saw(either_quay):
    quay = either_quay
    quay.set_item("sw-12", characteristics={"model": "EX4300"})
    first = requests.new(quay.store, SWAP, actor="r.bakker", at=NOW)
    second = requests.new(quay.store, SWAP, actor="r.bakker", at=NOW)
    assert (first.id, second.id) == ("CR-1", "CR-2")
    assert first.state == "draft"
    assert dict(first.changes[0].seen) == {"model": "EX4300", "serial": None}
    stored = quay.request("cr-1")
    assert stored == first
    with quay.store.read() as uow:
        assert tables.requests_naming(uow, "item", "sw-12") == ["CR-1", "CR-2"]
        assert requests.listed(uow) == (second, first)
        assert [one.action for one in journal.of_subject(uow, "sw-12")] == ["change new", "change new"]


def test_everything_a_request_names_is_looked_up_and_every_problem_said_at_once(quay):
    said = refused(
        quay,
        set_model(id="sw-99"),
        set_model(exact={"modle": "x"}),
        ProposedChange(record="item", id="sw-11", operation="add", exact={"type": "server", "name": "x"}),
        ProposedChange(
            record="dependency", id="mail-app", target="db-9", kind="runs at", operation="connect"
        ),
        ProposedChange(record="item", id="sw-13", operation="add", exact={"type": "swich", "name": "x"}),
        ProposedChange(record="document", id="plan", operation="set", exact={"title": "x"}),
        ProposedChange(record="group", id="ops", operation="set", exact={"colour": "x"}),
        implementer="nobody",
        reviewer="somebody",
        groups=("pilots",),
        down=DownSet(items=("sw-98",), expected=60, worst=60),
    )
    for part in (
        "The implementer 'nobody' is not a registered person",
        "The reviewer 'somebody' is not a registered person",
        "There is no group 'pilots'",
        "There is no item 'sw-98' to go down",
        "item sw-99: there is no item 'sw-99'",
        "item sw-12: it has no field 'modle'; known are",
        "item sw-11: item sw-11 exists already",
        "there is no item 'db-9'",
        "there is no dependency kind 'runs at'",
        "item sw-13: the field 'owner' is missing",
        "there is no document 'plan'",
        "it has no field 'colour'; a group has:",
    ):
        assert part in said, part


def test_a_change_that_would_make_an_invalid_record_is_refused(quay):
    assert "not a registered person" in refused(quay, set_model(exact={"owner": "ghost"}))
    assert "is not one of" in refused(quay, set_model(exact={"status": "asleep"}))
    assert "the field 'name' is empty" in refused(quay, set_model(exact={"name": ""}))
    assert "the field 'name' is text; put 5 in quotes" in refused(quay, set_model(exact={"name": 5}))
    assert "holds a control character" in refused(quay, set_model(exact={"model": "\x1b[31m"}))


def test_a_candidate_is_amended_directly_and_not_by_a_request(quay):
    with quay.store.write() as uow:
        tables_graph.add_item(uow, Item(id="sw-20", type="network-device", name="New", owner="k.chen"))
        uow.commit()
    assert "amend it directly" in refused(quay, set_model(id="sw-20"))
    connect = ProposedChange(
        record="dependency", id="mail-app", target="sw-20", kind="uses", operation="connect"
    )
    assert "refers only to controlled ones" in refused(quay, connect)


def test_what_something_in_service_needs_is_retired_only_with_those_dependencies(quay):
    retire = ProposedChange(record="item", id="sw-11", operation="retire")
    assert "is needed by 1 item in service" in refused(quay, retire)
    moved = ProposedChange(
        record="dependency", id="mail-app", target="sw-11", kind="uses", operation="disconnect"
    )
    assert requests.new(quay.store, SWAP.but(changes=(moved, retire)), actor="r.bakker", at=NOW).id == "CR-1"


def test_a_request_may_use_what_it_adds_itself(quay):
    fresh = {
        "type": "network-device",
        "name": "Switch 13",
        "owner": "k.chen",
        "criterion": "carries a service",
    }
    add = ProposedChange(record="item", id="sw-13", operation="add", exact=fresh)
    connect = ProposedChange(
        record="dependency",
        id="mail-app",
        target="sw-13",
        kind="uses",
        operation="connect",
        exact={"group": "up"},
    )
    join = ProposedChange(
        record="dependency",
        id="mail-app",
        target="sw-11",
        kind="uses",
        operation="set dependency",
        exact={"group": "up"},
    )
    request = requests.new(quay.store, SWAP.but(changes=(add, connect, join)), actor="r.bakker", at=NOW)
    assert len(request.changes) == 3


def test_an_incomplete_request_is_not_submitted_and_says_what_it_lacks(quay):
    request = requests.new(
        quay.store, SWAP.but(reason=" ", window=None, backout="", test=""), actor="r.bakker", at=NOW
    )
    with pytest.raises(Refused) as refusal:
        requests.submit(quay.store, request.id, actor="r.bakker", at=NOW)
    for part in ("reason is empty", "window is missing", "back-out plan is empty", "test plan is empty"):
        assert part in str(refusal.value)
    assert quay.request(request.id).state == "draft"


def test_only_somebody_registered_and_active_writes_and_only_the_originator_withdraws(quay):
    with pytest.raises(Refused, match="is not registered here"):
        requests.new(quay.store, SWAP, actor="ghost", at=NOW)
    request = quay.raised(to="submitted")
    with pytest.raises(Refused, match="is for the originator"):
        requests.withdraw(quay.store, request.id, actor="s.berg", at=NOW)
    assert requests.withdraw(quay.store, request.id, actor="r.bakker", at=NOW).state == "withdrawn"
    with pytest.raises(Refused, match="CR-1 is withdrawn"):
        requests.edit(quay.store, request.id, SWAP, actor="r.bakker", at=NOW)


def test_what_moved_since_it_was_written_is_a_conflict_until_somebody_settles_it(quay):
    request = quay.raised(to="draft")
    quay.set_item("sw-12", characteristics={"model": "MX204"})
    with pytest.raises(Refused) as refusal:
        requests.submit(quay.store, request.id, actor="r.bakker", at=NOW)
    assert "item sw-12: model was empty, is now MX204, the request wants QFX5120" in str(refusal.value)
    edited = requests.edit(quay.store, request.id, SWAP.but(reason="other"), actor="r.bakker", at=NOW)
    assert edited.changes == request.changes
    with pytest.raises(Invalid, match="proposes no such change"):
        rewriting.settle(
            quay.store, request.id, [rewriting.Settled(subject="item sw-77")], actor="r.bakker", at=NOW
        )
    settled = rewriting.settle(quay.store, request.id, actor="r.bakker", at=NOW)
    assert settled.changes[0].seen["model"] == "MX204"
    assert requests.submit(quay.store, request.id, actor="r.bakker", at=NOW).state == "submitted"


def test_an_edit_that_only_writes_the_fields_in_another_order_keeps_what_was_seen(quay):
    change = set_model(exact={"serial": "2", "model": "QFX5120"}, open=())
    request = requests.new(quay.store, SWAP.but(changes=(change,)), actor="r.bakker", at=NOW)
    quay.set_item("sw-12", characteristics={"model": "MX204"})
    again = change.but(exact={"model": "QFX5120", "serial": "2"})
    edited = requests.edit(quay.store, request.id, SWAP.but(changes=(again,)), actor="r.bakker", at=NOW)
    assert edited.changes[0].seen["model"] is None


def test_the_work_is_noted_while_it_is_asked_for_or_agreed_and_forgotten_after(quay):
    def noted() -> PlannedWork | None:
        with quay.store.read() as uow:
            return uow.find(PlannedWork, "CR-1")

    request = quay.raised(OUTAGE, to="draft")
    assert noted() is None
    requests.submit(quay.store, request.id, actor="r.bakker", at=NOW)
    assert noted() is not None
    assert noted().tentative
    assert noted().down == ("sw-11",)
    requests.withdraw(quay.store, request.id, actor="r.bakker", at=NOW)
    assert noted() is None


def test_closing_says_everything_that_is_missing_and_then_closes(quay):
    request = quay.approved(OUTAGE)
    assert request.state == "approved"
    with quay.store.read() as uow:
        assert not uow.get(PlannedWork, request.id).tentative
    quay.now = TONIGHT.start
    checked_in(quay, request.id)
    with quay.store.write() as uow:
        action_items.initiate(
            uow,
            origin="change:CR-1",
            what="Measure.",
            owner="k.chen",
            blocks="closing",
            actor="a.vries",
            at=NOW,
        )
        uow.commit()
    with pytest.raises(Refused) as refusal:
        closing.close(quay.store, request.id, outcome="", actor="k.chen", at=quay.now)
    said = str(refusal.value)
    for part in ("No finish is recorded", "outcome is not recorded", "actual outage is not recorded", "AI-1"):
        assert part in said, part
    requests.finish(quay.store, request.id, actor="k.chen", at=quay.now)
    action_items.close(quay.store, "AI-1", evidence="31 dB", evaluation="quiet", actor="k.chen", at=quay.now)
    closed = closing.close(
        quay.store, request.id, outcome="as planned", outage=2400, actor="k.chen", at=quay.later(hours=1)
    )
    assert (closed.state, closed.outage, closed.closed_at) == ("closed", 2400, quay.now)


def test_a_deviation_is_explained_and_a_test_is_not_reviewed_by_the_implementer(quay):
    request = quay.approved()
    quay.now = TONIGHT.start
    checked_in(quay, request.id)
    requests.finish(quay.store, request.id, actor="k.chen", at=quay.now)
    with pytest.raises(Refused, match="how it deviated"):
        closing.close(quay.store, request.id, outcome="with deviation", actor="k.chen", at=quay.now)
    with pytest.raises(Refused, match="'cmdb change back-out CR-1' puts it back"):
        closing.close(quay.store, request.id, outcome="backed out", actor="k.chen", at=quay.now)
    with pytest.raises(Refused, match="somebody other than the implementer"):
        closing.close(
            quay.store, request.id, outcome="as planned", test_reviewer="k.chen", actor="k.chen", at=quay.now
        )


def test_an_emergency_change_is_reviewed_before_it_is_closed(quay):
    request = quay.approved(SWAP.but(kind="emergency"))
    assert request.state == "approved"
    with quay.store.read() as uow:
        (review,) = action_items.blocking(uow, f"change:{request.id}")
    assert "Review the emergency change" in review.what


def test_work_is_not_recorded_before_it_happens_nor_before_check_out(quay):
    request = quay.approved()
    with pytest.raises(Refused, match="CR-1 is approved"):
        requests.start(quay.store, request.id, actor="k.chen", at=quay.now)
    with quay.store.write() as uow:
        moved = requests.move(uow, request, "check out", actor="k.chen", at=quay.now)
        requests.put(uow, moved, action="check-out", actor="k.chen", at=quay.now)
        uow.commit()
    with pytest.raises(Invalid, match="lies ahead"):
        requests.start(quay.store, request.id, when=NOW + timedelta(hours=1), actor="k.chen", at=NOW)


def test_comments_void_nothing(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    requests.comment(quay.store, request.id, "Mind the cable.", actor="s.berg", at=NOW)
    requests.comment(quay.store, request.id, "Noted.", actor="k.chen", at=NOW)
    with pytest.raises(Invalid, match="empty"):
        requests.comment(quay.store, request.id, " ", actor="k.chen", at=NOW)
    with quay.store.read() as uow:
        assert [one.text for one in requests.comments(uow, request.id)] == ["Mind the cable.", "Noted."]
    assert board.current_ballot(quay.store, request.id, at=NOW).outcome.approve == 1


def test_what_is_offered_says_what_this_person_may_do_and_why_not_the_rest(quay):
    request = quay.raised(to="submitted")
    with quay.store.read() as uow:
        mine = {one.action: one.reason for one in requests.offered(uow, request, actor="r.bakker", at=NOW)}
        theirs = {one.action: one.reason for one in requests.offered(uow, request, actor="s.berg", at=NOW)}
    assert mine["assess"] is None
    assert mine["withdraw"] is None
    assert "is for the originator" in theirs["withdraw"].sentence


def test_a_request_that_does_not_exist_says_how_to_list_them(quay):
    with pytest.raises(NotFound) as missing:
        quay.request("CR-9")
    assert "cmdb change list" in missing.value.remedy
    with quay.store.read() as uow, pytest.raises(Invalid, match="no such state"):
        requests.listed(uow, states=("aproved",))


def test_a_template_nobody_controls_authorises_nothing(quay):
    with pytest.raises(Invalid) as refused:
        requests.new(quay.store, SWAP.but(kind="standard", template="patch"), actor="r.bakker", at=NOW)
    assert "There is no template 'patch' under control" in refused.value.problems[0]


def test_a_board_with_somebody_nobody_knows_is_refused(quay):
    members = [{"person": "ghost", "group": "ops"}, {"person": "a.vries", "group": "cm-group"}]
    change = ProposedChange(record="board", id="site", operation="set", exact={"members": members})
    said = refused(quay, change)
    assert "'ghost' is not a registered person" in said


def test_what_is_wrong_with_a_draft_itself_and_with_what_it_names_is_said_at_once(quay):
    outside = TONIGHT.end + timedelta(hours=1)
    nothing = ProposedChange(record="item", id="nothing", operation="set", exact={"model": "x"})
    draft = SWAP.but(changes=(nothing,), down=DownSet(items=("sw-11",), expected=60, worst=60, start=outside))
    with pytest.raises(Invalid) as wrong:
        requests.new(quay.store, draft, actor="r.bakker", at=quay.now)
    assert wrong.value.problems == (
        "The time it goes down lies outside the window.",
        "item nothing: there is no item 'nothing'.",
    )


def test_an_edit_of_what_somebody_else_changed_meanwhile_is_refused(quay):
    request = quay.raised(to="draft")
    seen = statements.seen_as(request)
    requests.edit(quay.store, request.id, SWAP.but(reason="theirs"), seen=seen, actor="r.bakker", at=NOW)
    with pytest.raises(Refused, match=r"changed by someone else meanwhile\. See 'cmdb change show CR-1'"):
        requests.edit(quay.store, request.id, SWAP.but(reason="mine"), seen=seen, actor="r.bakker", at=NOW)
    assert quay.request(request.id).reason == "theirs"
    seen = statements.seen_as(quay.request(request.id))
    requests.submit(quay.store, request.id, actor="r.bakker", at=NOW)
    with pytest.raises(Refused, match="It was draft, and is submitted now"):
        requests.edit(quay.store, request.id, SWAP, seen=seen, actor="r.bakker", at=NOW)

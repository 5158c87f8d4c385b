"""What waits before a board is told to those it concerns, each once, and goes on up while it waits."""

from datetime import timedelta

import pytest

from baselines import decisions, due
from ccb import board, calling, meetings, requests
from ccb.ballot import Alternate, Board, Policy
from ccb.meeting import Series
from ccb.model import ChangeRequest
from cmdb import notices
from cmdb.commitments import Recurrence
from cmdb.model import RoleGrant
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


def ticked(port, at=NIGHT):
    return [(one.owner or one.people, one.text) for one in due.tick(port.store, actor="a.vries", at=at)]


def found(port, id):
    with port.store.read() as uow:
        return requests.find(uow, id)


def inbox(port, person):
    with port.store.read() as uow:
        return [one.text for one in notices.inbox(uow, person)]


def grant(port, person, role):
    with port.store.write() as uow:
        start = NIGHT - timedelta(days=90)
        uow.add(RoleGrant(id=f"{person} {role}", person=person, role=role, start=start))
        uow.commit()


def test_a_vote_whose_deadline_has_passed_is_told_to_the_chair_and_then_to_the_managers(port):
    grant(port, "p.ng", "service manager")
    request = port.raised(set_model())
    requests.assess(port.store, request.id, actor="k.chen", at=NIGHT)
    board.refer(port.store, request.id, actor="k.chen", at=NIGHT)
    with port.store.write() as uow:
        uow.replace(uow.get(Policy, "port-change").but(deadline=3600))
        uow.commit()
    end = NIGHT + timedelta(hours=1)
    assert "until 2026-11-22T23:00:00Z" in ticked(port, end - timedelta(seconds=1))[0][1]
    ((who, text),) = ticked(port, end)
    assert (who, "decide it" in text) == (("m.jansen",), True)
    ((who, text),) = ticked(port, end + timedelta(days=1))
    assert (who, text.startswith("1 day overdue with m.jansen")) == (("a.vries", "p.ng"), True)
    assert ticked(port, end + timedelta(days=2)) == []


def test_a_ballot_without_a_deadline_does_not_lie_before_its_board_for_ever(quick):
    request = quick.raised(set_model())
    requests.assess(quick.store, request.id, actor="k.chen", at=NIGHT)
    board.refer(quick.store, request.id, actor="k.chen", at=NIGHT)
    over = request.window.end
    ticked(quick, over - timedelta(seconds=1))
    assert [(who, "its window ended" in text) for who, text in ticked(quick, over)] == [(("m.jansen",), True)]
    with quick.store.write() as uow:
        uow.replace(uow.get(ChangeRequest, request.id).but(window=None))
        uow.commit()
    ticked(quick, NIGHT + timedelta(days=7) - timedelta(seconds=1))
    said = [(who, "call a meeting" in text) for who, text in ticked(quick, NIGHT + timedelta(days=7))]
    assert said == [(("m.jansen",), True)]


def test_a_request_put_off_comes_back_by_itself_whoever_ticks_and_its_originator_hears_of_it(quick):
    request = quick.raised(set_model())
    quick.carried(request.id, "k.chen", (), NIGHT - timedelta(hours=12))
    key, then = quick.keys.private("m.jansen"), NIGHT - timedelta(hours=11)
    act = board.defer(
        quick.store, request.id, by="m.jansen", until=NIGHT, rationale="later", key=key, at=then
    )
    decisions.enter(quick.library, act, key=key, at=then)
    assert ticked(quick, NIGHT - timedelta(hours=1)) == []
    made = due.tick(quick.store, actor="p.ng", at=NIGHT)  # who has no part in it
    assert [(one.people, "is resumed" in one.text) for one in made] == [(("k.chen",), True)]
    assert found(quick, request.id).state == "submitted"
    assert ticked(quick) == []


def test_whose_vote_is_asked_anew_or_does_not_count_any_more_hears_of_it(quick):
    request = quick.raised(set_model())
    requests.assess(quick.store, request.id, actor="k.chen", at=NIGHT)
    board.refer(quick.store, request.id, actor="k.chen", at=NIGHT)
    assert ticked(quick) == []
    key = quick.keys.private("m.jansen")
    act = board.vote(quick.store, request.id, voter="m.jansen", value="abstain", key=key, at=NIGHT)
    decisions.enter(quick.library, act, key=key, at=NIGHT)
    with quick.store.write() as uow:
        seats = uow.get(Board, "port")
        stands_in = Alternate(person="a.vries", member="m.jansen", start=SOON)
        uow.replace(seats.but(alternates=(stands_in,)))
        uow.commit()
    told = {who: text for (who,), text in ticked(quick, SOON)}
    assert told["m.jansen"].endswith("does not count as cast: the rules changed")
    assert told["a.vries"] == f"Your vote is asked on {request.id}: {request.title}"
    assert ticked(quick, SOON) == []


def test_a_vote_that_is_missing_is_asked_for_again_before_voting_ends(quick):
    request = quick.raised(set_model())
    requests.assess(quick.store, request.id, actor="k.chen", at=NIGHT)
    board.refer(quick.store, request.id, actor="k.chen", at=NIGHT)
    with quick.store.write() as uow:
        uow.replace(uow.get(Policy, "port-change").but(deadline=8 * 3600))
        uow.commit()
    assert ticked(quick, NIGHT + timedelta(hours=5, minutes=59)) == []
    ((who, text),) = ticked(quick, NIGHT + timedelta(hours=6))
    assert "m.jansen" in who
    assert "until 2026-11-23T06:00:00Z" in text
    assert ticked(quick, NIGHT + timedelta(hours=7)) == []


def test_work_that_was_approved_and_not_begun_or_not_closed_is_asked_about(quick):
    request = quick.approved(set_model())
    end = found(quick, request.id).window.end
    assert ticked(quick, end - timedelta(seconds=1)) == []
    ((who, text),) = ticked(quick, end)
    assert (who[0], "its window ended" in text) == ("k.chen", True)


def test_a_meeting_not_held_and_minutes_nobody_signed_are_told_to_who_chairs(quick):
    given = {"board": "port", "actor": "m.jansen", "at": NIGHT}
    called = calling.call(quick.store, planned_at=SOON, **given)
    over = SOON + timedelta(hours=1)
    assert ticked(quick, over - timedelta(seconds=1)) == []
    assert ticked(quick, over) == [
        (("m.jansen",), "MT-1 was called for 2026-11-22T23:00:00Z and not held: open or cancel it")
    ]
    meetings.open_(quick.store, called.id, actor="m.jansen", at=over)
    assert ticked(quick, over + timedelta(hours=11)) == []
    ((who, text),) = ticked(quick, over + timedelta(hours=12))
    assert (who, text.endswith(": close it")) == (("m.jansen",), True)
    closed = over + timedelta(hours=13)
    meetings.close(quick.store, called.id, actor="m.jansen", at=closed)
    assert ticked(quick, closed + timedelta(days=6)) == []
    ((who, text),) = ticked(quick, closed + timedelta(days=7))
    assert (who, text.startswith("The minutes of MT-1 are not signed")) == (("m.jansen",), True)


def test_the_next_meeting_of_a_series_that_nobody_called_is_told_once(quick):
    rule = Recurrence(rule="FREQ=WEEKLY;BYDAY=TU", start="10:00", length=3600)
    weekly = Series(id="weekly", board="port", name="Weekly", rule=rule, zone="UTC", notice=86_400)
    calling.add_series(quick.store, weekly, actor="m.jansen", at=NIGHT)
    text = "The meeting of weekly at 2026-11-24T10:00:00Z is not called yet: call it"
    assert ticked(quick) == [(("m.jansen",), text)]
    calling.call(quick.store, series="weekly", actor="m.jansen", at=NIGHT)
    assert ticked(quick) == []

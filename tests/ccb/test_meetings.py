"""Meetings of a board: series, calling, agenda, attendance, linked decisions, closing and carrying over."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from ccb import agenda, board, calling, meetings, requests
from ccb.ballot import Alternate, Board
from ccb.meeting import Meeting, Series
from cmdb import action_items, notices
from cmdb.commitments import Recurrence
from cmdb.errors import Invalid, NotFound, Refused
from tests.ccb.quay import BOARD, NOW, POLICY, SWAP

TUESDAYS = Series(
    id="weekly",
    board="site",
    name="Weekly",
    rule=Recurrence(rule="FREQ=WEEKLY;BYDAY=TU", start="10:00", length=3600),
    zone="Europe/Amsterdam",
    notice=2 * 86_400,
)
SOON = NOW + timedelta(hours=1)


def called(quay, **more):
    given = {"board": "site", "planned_at": SOON, "actor": "a.vries", "at": NOW, **more}
    return calling.call(quay.store, **given)


def opened(quay, **more):
    return meetings.open_(quay.store, called(quay, **more).id, actor="a.vries", at=SOON)


def voted(quay, id, voter, value="approve", at=SOON, **more):
    key = quay.keys.private(voter)
    act = board.vote(quay.store, id, voter=voter, value=value, key=key, at=at, **more)
    with quay.store.write() as uow:
        request = board.enter(uow, act, at=at)
        uow.commit()
    return request


def carry(quay, request, at=SOON):
    quay.now = at
    for voter in ("r.bakker", "a.vries", "m.jansen", "s.berg"):
        if quay.request(request.id).state == "under review" and voter != request.originator:
            quay.vote(request.id, voter)
    assert quay.request(request.id).state == "approved"


def found(quay, id):
    with quay.store.read() as uow:
        return meetings.find(uow, id)


def said(refusal):
    return f"{refusal.value.reason} {refusal.value.remedy} {' '.join(refusal.value.problems)}"


def test_a_series_meets_at_the_same_wall_clock_in_summer_and_winter(quay):
    start = datetime(2026, 10, 14, tzinfo=UTC)
    first = [at for at, _length in islice(calling.occurrences(TUESDAYS, after=start), 2)]
    assert first == [datetime(2026, 10, 20, 8, tzinfo=UTC), datetime(2026, 10, 27, 9, tzinfo=UTC)]


def test_the_next_meeting_of_a_series_is_called_once_each_with_its_deadline(quay):
    calling.add_series(quay.store, TUESDAYS, actor="a.vries", at=NOW)
    one = calling.call(quay.store, series="weekly", actor="a.vries", at=NOW)
    two = calling.call(quay.store, series="weekly", actor="a.vries", at=NOW)
    assert (one.planned_at, two.planned_at) == (
        datetime(2026, 11, 24, 9, tzinfo=UTC),
        datetime(2026, 12, 1, 9, tzinfo=UTC),
    )
    assert one.closes_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    with quay.store.read() as uow:
        assert any("MT-1" in told.text for told in notices.inbox(uow, "s.berg"))


def test_a_series_that_ended_names_no_further_meeting(quay):
    calling.add_series(quay.store, TUESDAYS, actor="a.vries", at=NOW)
    calling.end_series(quay.store, "weekly", actor="a.vries", at=NOW)
    with pytest.raises(Refused) as refusal:
        calling.call(quay.store, series="weekly", actor="a.vries", at=NOW)
    assert "names no further meeting" in said(refusal)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("FREQ=HOURLY", "FREQ"),
        ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20200101", "no meeting in the next two years"),
        ("every tuesday", "is not read"),
    ],
)
def test_a_rule_that_names_no_meeting_is_refused(quay, rule, says):
    wrong = TUESDAYS.but(rule=Recurrence(rule=rule, start="10:00", length=3600))
    with pytest.raises(Invalid) as refusal:
        calling.add_series(quay.store, wrong, actor="a.vries", at=NOW)
    assert says in said(refusal)


def test_a_meeting_of_more_than_half_a_day_is_refused():
    with pytest.raises(Invalid):
        TUESDAYS.but(rule=Recurrence(rule="FREQ=DAILY", start="10:00", length=13 * 3600))


def test_only_the_chair_or_the_cm_group_calls_a_meeting(quay):
    with pytest.raises(Refused) as refusal:
        called(quay, actor="s.berg")
    assert "does not call meetings of the board site" in said(refusal)


def test_no_meeting_is_called_for_the_past_or_twice_for_one_moment(quay):
    with pytest.raises(Refused) as past:
        called(quay, planned_at=NOW - timedelta(minutes=1))
    called(quay)
    with pytest.raises(Refused) as twice:
        called(quay)
    assert "passed" in said(past)
    assert "MT-1 is called for that moment already" in said(twice)


def test_what_came_after_the_submission_deadline_is_late_and_not_on_the_agenda(quay):
    meeting = called(quay, planned_at=NOW + timedelta(hours=3), notice=3600)
    early = quay.raised()
    quay.now = NOW + timedelta(hours=2, seconds=1)
    late = quay.raised(SWAP.but(title="Replace it again"))
    with quay.store.read() as uow:
        drawn = agenda.proposed(uow, meeting, at=quay.now)
        waiting = agenda.candidates(uow, "site", closes_at=meeting.closes_at, at=quay.now)
    assert [one.request for one in drawn.agenda] == [early.id]
    assert [(one.request.id, one.late) for one in waiting] == [(early.id, False), (late.id, True)]


def test_the_chair_puts_a_late_request_on_by_hand_and_orders_the_agenda(quay):
    meeting = called(quay, notice=7200)
    late = quay.raised()
    calling.put_on(quay.store, meeting.id, title="Last week", actor="a.vries", at=NOW)
    meeting = calling.put_on(quay.store, meeting.id, request=late.id, place=1, actor="a.vries", at=NOW)
    assert [(one.number, one.request, one.origin) for one in meeting.agenda] == [
        (1, late.id, "by hand"),
        (2, "", "by hand"),
    ]
    moved = calling.put_on(quay.store, meeting.id, title="Last week", place=1, actor="a.vries", at=NOW)
    assert [one.title for one in moved.agenda] == ["Last week", late.title]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "needs a request or a title"),
        ({"title": "x", "place": 9}, "no place 9"),
        ({"request": "CR-99"}, "There is no change request"),
    ],
)
def test_what_is_no_agenda_item_is_refused(quay, more, says):
    meeting = called(quay)
    with pytest.raises((Invalid, NotFound)) as refusal:
        calling.put_on(quay.store, meeting.id, actor="a.vries", at=NOW, **more)
    assert says in said(refusal)


def test_a_request_that_lies_before_no_board_is_not_put_on(quay):
    draft = quay.raised(to="submitted")
    with pytest.raises(Refused) as refusal:
        calling.put_on(quay.store, called(quay).id, request=draft.id, actor="a.vries", at=NOW)
    assert "does not lie before the board site" in said(refusal)


def test_a_board_has_one_open_meeting_at_a_time(quay):
    opened(quay)
    second = called(quay, planned_at=SOON + timedelta(hours=1))
    with pytest.raises(Refused) as refusal:
        meetings.open_(quay.store, second.id, actor="a.vries", at=SOON)
    assert "MT-1 of the board site is open" in said(refusal)


def test_only_who_chairs_opens_and_who_stands_in_for_the_chair_may(quay):
    meeting = called(quay)
    with pytest.raises(Refused):
        meetings.open_(quay.store, meeting.id, actor="p.ng", at=SOON)
    stands_in = Alternate(person="p.ng", member="a.vries", start=NOW, end=SOON + timedelta(hours=1))
    with quay.store.write() as uow:
        uow.replace(BOARD.but(alternates=(stands_in,)))
        uow.commit()
    found = meetings.open_(quay.store, meeting.id, actor="p.ng", at=SOON)
    assert [(one.person, one.capacity, one.seat) for one in found.attendance] == [
        ("p.ng", "alternate", "a.vries")
    ]
    with pytest.raises(Refused):
        meetings.turn(quay.store, meeting.id, actor="p.ng", at=SOON + timedelta(hours=2))


def test_everybody_notes_themself_and_the_chair_anybody(quay):
    meeting = opened(quay)
    meetings.attend(quay.store, meeting.id, ["s.berg"], actor="s.berg", at=SOON)
    with pytest.raises(Refused) as refusal:
        meetings.attend(quay.store, meeting.id, ["m.jansen"], actor="s.berg", at=SOON)
    assert "notes nobody else" in said(refusal)
    meeting = meetings.attend(quay.store, meeting.id, ["m.jansen", "k.chen"], actor="a.vries", at=SOON)
    assert {one.person: one.capacity for one in meeting.attendance} == {
        "a.vries": "member",
        "s.berg": "member",
        "m.jansen": "member",
        "k.chen": "guest",
    }
    assert meeting.present(SOON) == ("a.vries", "m.jansen", "s.berg")


def test_nobody_comes_twice_or_leaves_without_having_come(quay):
    meeting = opened(quay)
    with pytest.raises(Refused) as twice:
        meetings.attend(quay.store, meeting.id, ["a.vries"], actor="a.vries", at=SOON)
    with pytest.raises(Refused) as absent:
        meetings.attend(quay.store, meeting.id, ["s.berg"], left=True, actor="a.vries", at=SOON)
    assert "already" in said(twice)
    assert "is not at" in said(absent)


def test_a_decision_is_linked_with_the_seats_filled_at_that_moment(quay):
    request = quay.raised()
    meeting = opened(quay)
    meetings.attend(quay.store, meeting.id, ["s.berg"], actor="a.vries", at=SOON)
    later = SOON + timedelta(minutes=5)
    meetings.attend(quay.store, meeting.id, ["s.berg"], left=True, actor="a.vries", at=later)
    carry(quay, request, at=later)
    [item] = found(quay, meeting.id).agenda
    [taken] = item.taken
    assert (item.state, taken.result, taken.present, taken.seats, taken.quorum) == (
        "decided",
        "carried",
        ("a.vries",),
        3,
        POLICY.quorum,
    )
    assert not taken.quorate
    assert {one.voter for one in taken.votes} >= {"a.vries", "m.jansen"}


def test_a_decision_on_what_was_not_on_the_agenda_is_added_to_it(quay):
    meeting = opened(quay)
    request = quay.raised()
    carry(quay, request, at=SOON)
    [item] = found(quay, meeting.id).agenda
    assert (item.request, item.origin, item.state) == (request.id, "at the meeting", "decided")


def test_without_an_open_meeting_nothing_is_linked(quay):
    meeting = called(quay)
    carry(quay, quay.raised(), at=NOW)
    assert found(quay, meeting.id).agenda == ()


def test_a_meeting_with_open_ballots_is_not_closed_and_the_refusal_lists_them(quay):
    request = quay.raised()
    meeting = opened(quay)
    with pytest.raises(Refused) as refusal:
        meetings.close(quay.store, meeting.id, actor="a.vries", at=SOON)
    assert refusal.value.problems == (f"1. {request.id} {request.title}",)
    assert "--carry-over" in refusal.value.remedy
    assert found(quay, meeting.id).state == "open"


def test_what_is_not_reached_carries_over_to_the_next_meeting_until_it_is_decided(quay):
    request = quay.raised()
    first = called(quay)
    calling.put_on(quay.store, first.id, title="Topic", actor="a.vries", at=NOW)
    meetings.open_(quay.store, first.id, actor="a.vries", at=SOON)
    meetings.turn(quay.store, first.id, to=2, actor="a.vries", at=SOON)
    closed = meetings.close(quay.store, first.id, carry_over=True, actor="a.vries", at=SOON)
    assert [(one.title, one.state) for one in closed.agenda] == [
        ("Topic", "dealt with"),
        (request.title, "carried over"),
    ]
    second = called(quay, planned_at=SOON + timedelta(days=1), at=SOON)
    with quay.store.read() as uow:
        drawn = agenda.proposed(uow, second, at=SOON)
    assert [(one.request, one.origin, one.since) for one in drawn.agenda] == [
        (request.id, "carried over", first.id)
    ]
    carry(quay, request, at=SOON)
    with quay.store.read() as uow:
        assert agenda.proposed(uow, second, at=SOON).agenda == ()


def test_a_cancelled_meeting_carries_its_agenda_over(quay):
    first = called(quay)
    calling.put_on(quay.store, first.id, title="Topic", actor="a.vries", at=NOW)
    calling.cancel(quay.store, first.id, actor="a.vries", at=NOW)
    second = called(quay)
    with quay.store.read() as uow:
        assert [one.since for one in agenda.proposed(uow, second, at=NOW).agenda] == [first.id]


def test_the_time_of_an_item_is_what_it_was_in_hand_altogether(quay):
    meeting = called(quay)
    for title in ("one", "two"):
        calling.put_on(quay.store, meeting.id, title=title, actor="a.vries", at=NOW)
    meetings.open_(quay.store, meeting.id, actor="a.vries", at=SOON)
    steps = ((2, 60), (1, 90), (0, 100))
    for to, seconds in steps:
        at = SOON + timedelta(seconds=seconds)
        meeting = meetings.turn(quay.store, meeting.id, to=to, actor="a.vries", at=at)
    assert [one.seconds for one in meeting.agenda] == [70, 30]
    assert meeting.current == 0


def test_there_is_no_item_of_a_number_the_agenda_does_not_have(quay):
    meeting = opened(quay)
    for act in (
        lambda: meetings.turn(quay.store, meeting.id, to=3, actor="a.vries", at=SOON),
        lambda: meetings.note(quay.store, meeting.id, 3, "x", actor="a.vries", at=SOON),
    ):
        with pytest.raises(Invalid) as refusal:
            act()
        assert "has no item 3" in said(refusal)


def test_an_action_item_raised_in_the_meeting_comes_from_it(quay):
    meeting = opened(quay)
    item = meetings.raise_action(
        quay.store, meeting.id, what="Write it down", owner="k.chen", actor="a.vries", at=SOON
    )
    with quay.store.read() as uow:
        assert action_items.listed(uow, origin="meeting:MT-1") == (item,)
    with pytest.raises(Invalid):
        meetings.raise_action(
            quay.store, meeting.id, what="late", owner="k.chen", due=NOW, actor="a.vries", at=SOON
        )


@pytest.mark.parametrize("state", ["planned", "closed"])
def test_what_belongs_to_an_open_meeting_is_refused_in_any_other_state(quay, state):
    meeting = called(quay)
    if state == "closed":
        calling.cancel(quay.store, meeting.id, actor="a.vries", at=NOW)
    at = {"actor": "a.vries", "at": SOON}
    acts = (
        lambda: meetings.turn(quay.store, meeting.id, **at),
        lambda: meetings.attend(quay.store, meeting.id, ["a.vries"], **at),
        lambda: meetings.close(quay.store, meeting.id, **at),
        lambda: meetings.raise_action(quay.store, meeting.id, what="x", owner="k.chen", **at),
    )
    for act in acts:
        with pytest.raises(Refused) as refusal:
            act()
        assert f"MT-1 is {state}, not open" in said(refusal)


def test_the_agenda_is_ordered_by_the_nearest_end_of_voting_first(quay):
    slow, fast = quay.raised(), quay.raised(SWAP.but(title="Second"))
    with quay.store.write() as uow:
        uow.replace(POLICY.but(deadline=86_400))
        request = requests.find(uow, fast.id)
        uow.replace(request.but(referred_at=NOW - timedelta(hours=5)))
        uow.commit()
    with quay.store.read() as uow:
        by_deadline = [one.request.id for one in agenda.candidates(uow, "site", at=NOW)]
        by_risk = [one.request.id for one in agenda.candidates(uow, "site", order="risk", at=NOW)]
    assert by_deadline == [fast.id, slow.id]
    assert set(by_risk) == {fast.id, slow.id}


def test_a_vote_after_the_deadline_that_passed_in_the_meeting_is_refused(quay):
    with quay.store.write() as uow:
        uow.replace(POLICY.but(deadline=7200))
        uow.commit()
    request = quay.raised()
    opened(quay)
    assert voted(quay, request.id, "a.vries").state == "under review"
    with pytest.raises(Refused) as refusal:
        voted(quay, request.id, "m.jansen", at=NOW + timedelta(hours=2))
    assert "Voting" in said(refusal)


def test_a_meeting_whose_agenda_is_not_numbered_is_no_meeting():
    with pytest.raises(Invalid):
        Meeting(id="MT-1", board="site", planned_at=NOW, called_by="a.vries", current=2)


def test_the_board_of_a_meeting_must_exist(quay):
    with pytest.raises(NotFound):
        called(quay, board="nowhere")
    assert isinstance(BOARD, Board)

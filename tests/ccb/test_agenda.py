"""What one meeting leaves the next one takes up, whatever happens in between."""

from datetime import timedelta

import pytest

from ccb import agenda, calling, meetings
from cmdb import notices
from cmdb.errors import Refused
from tests.ccb.quay import NOW

SOON = NOW + timedelta(hours=1)


def called(quay, **more):
    given = {"board": "site", "planned_at": SOON, "actor": "a.vries", "at": NOW, **more}
    return calling.call(quay.store, **given)


def opened(quay):
    return meetings.open_(quay.store, called(quay).id, actor="a.vries", at=SOON)


def test_what_was_carried_over_is_not_lost_where_the_next_meeting_is_cancelled(quay):
    first = opened(quay)
    calling.put_on(quay.store, first.id, title="Spare parts", actor="a.vries", at=SOON)
    meetings.close(quay.store, first.id, carry_over=True, actor="a.vries", at=SOON)
    cancelled = called(quay, planned_at=SOON + timedelta(days=1))
    calling.put_on(quay.store, cancelled.id, title="Rota", actor="a.vries", at=SOON)
    calling.cancel(quay.store, cancelled.id, actor="a.vries", at=SOON + timedelta(hours=1))
    third = called(quay, planned_at=SOON + timedelta(days=2))
    with quay.store.read() as uow:
        carried = [(one.title, one.since) for one in agenda.proposed(uow, third, at=SOON).agenda]
        assert carried == [("Spare parts", first.id), ("Rota", cancelled.id)]
        told = [one.text for one in notices.inbox(uow, "s.berg")]
    assert f"{cancelled.id} of the board Site board at 2026-11-21T13:00:00Z is not held" in told
    held = meetings.open_(quay.store, third.id, actor="a.vries", at=SOON + timedelta(days=2))
    meetings.turn(quay.store, held.id, to=1, actor="a.vries", at=SOON + timedelta(days=2))
    meetings.close(quay.store, held.id, carry_over=True, actor="a.vries", at=SOON + timedelta(days=2))
    with quay.store.read() as uow:
        fourth = called(quay, planned_at=SOON + timedelta(days=3))
        assert [one.title for one in agenda.proposed(uow, fourth, at=SOON).agenda] == ["Rota"]


def test_a_clock_that_goes_back_keeps_nobody_in_a_meeting(quay):
    meeting = opened(quay)
    meetings.attend(quay.store, meeting.id, ["s.berg"], actor="s.berg", at=SOON + timedelta(hours=1))
    closed = meetings.close(quay.store, meeting.id, actor="a.vries", at=SOON)
    assert [one.left for one in closed.attendance] == [SOON, SOON + timedelta(hours=1)]


def test_a_meeting_is_opened_long_before_its_time_only_where_that_is_meant_and_the_others_are_told(quay):
    meeting = called(quay, planned_at=NOW + timedelta(hours=20))
    with pytest.raises(Refused) as refusal:
        meetings.open_(quay.store, meeting.id, actor="a.vries", at=NOW)
    assert "called for 2026-" in refusal.value.reason
    assert f"board meeting open {meeting.id} --early" in refusal.value.remedy
    meetings.open_(quay.store, meeting.id, early=True, actor="a.vries", at=NOW)
    with quay.store.read() as uow:
        assert any("is open already" in told.text for told in notices.inbox(uow, "s.berg"))
        assert not any("is open already" in told.text for told in notices.inbox(uow, "a.vries"))


def test_a_meeting_opened_a_little_before_its_time_or_after_it_tells_nobody(quay):
    times = ((SOON, NOW), (SOON + timedelta(hours=1), SOON + timedelta(days=1)))
    for planned_at, at in times:
        id = called(quay, planned_at=planned_at).id
        meetings.open_(quay.store, id, early=True, actor="a.vries", at=at)
        meetings.close(quay.store, id, carry_over=True, actor="a.vries", at=at)
    with quay.store.read() as uow:
        assert not any("is open already" in told.text for told in notices.inbox(uow, "s.berg"))

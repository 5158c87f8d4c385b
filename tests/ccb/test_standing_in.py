"""A member has somebody vote in their seat for a while: by request, within the period, and no longer."""

from datetime import timedelta

import pytest

from ccb import standing_in
from ccb.ballot import Alternate
from cmdb.canonical import instant
from cmdb.errors import Invalid, Refused
from tests.ccb.quay import BOARD, NOW

WEEK = timedelta(days=7)


def stood_in(board=BOARD, member="m.jansen", person="p.ng", start=NOW, end=NOW + WEEK, at=NOW):
    return standing_in.delegated(board, member, person, start=start, end=end, at=at)


def test_who_stands_in_is_listed_with_the_period_and_the_request_says_exactly_that():
    after = stood_in()
    assert after.alternates == (Alternate(person="p.ng", member="m.jansen", start=NOW, end=NOW + WEEK),)
    draft = standing_in.draft_of(BOARD, after, "m.jansen", "on leave", at=NOW)
    [change] = draft.changes
    [entry] = change.exact["alternates"]
    assert (change.record, change.id, draft.reason) == ("board", "site", "on leave")
    assert (entry["person"], entry["member"], instant(entry["end"])) == ("p.ng", "m.jansen", NOW + WEEK)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"member": "k.chen"}, "k.chen has no seat on the board site"),
        ({"person": "s.berg"}, "s.berg is a member and cannot be an alternate as well"),
        ({"end": NOW}, "ends before it begins"),
        ({"start": NOW - WEEK}, "begins in the past"),
        ({"start": NOW - 2 * WEEK, "end": NOW - WEEK}, "is over already"),
        ({"end": NOW + timedelta(days=400)}, "more than a year"),
    ],
)
def test_what_is_no_delegation_is_refused_with_a_clear_sentence(more, says):
    with pytest.raises((Invalid, Refused)) as refusal:
        stood_in(**more)
    assert says in f"{refusal.value.reason} {' '.join(refusal.value.problems)}"


def test_nobody_stands_in_twice_at_once_but_later_again():
    after = stood_in()
    with pytest.raises(Invalid, match="in part of that period already"):
        stood_in(after, end=NOW + 2 * WEEK)
    with pytest.raises(Invalid) as two:
        stood_in(after, member="s.berg")
    assert "two members at the same time" in " ".join(two.value.problems)
    assert len(stood_in(after, start=NOW + WEEK, end=NOW + 2 * WEEK).alternates) == 2


def test_taken_back_it_ends_now_and_what_was_voted_before_still_had_its_seat():
    after = standing_in.taken_back(stood_in(), "m.jansen", "p.ng", at=NOW + timedelta(days=1))
    assert after.seat_of("p.ng", NOW) == "m.jansen"
    assert after.seat_of("p.ng", NOW + timedelta(days=1)) == ""
    never = standing_in.taken_back(stood_in(start=NOW + WEEK, end=NOW + 2 * WEEK), "m.jansen", "p.ng", at=NOW)
    assert never.alternates == ()
    with pytest.raises(Refused, match="does not stand in for m.jansen"):
        standing_in.taken_back(BOARD, "m.jansen", "p.ng", at=NOW)


def test_a_vote_outside_the_period_is_refused_and_never_counted(quay):
    quay.later(hours=1)
    with quay.store.write() as uow:
        uow.replace(stood_in(start=quay.now + WEEK, end=quay.now + 2 * WEEK, at=quay.now))
        uow.commit()
    request = quay.raised()
    with pytest.raises(Refused, match="p.ng has no seat on the board site"):
        quay.vote(request.id, "p.ng")
    quay.later(days=8)
    assert quay.vote(request.id, "p.ng").state == "under review"
    quay.later(days=7)
    with pytest.raises(Refused, match="p.ng has no seat on the board site"):
        quay.vote(request.id, "p.ng", "reject")

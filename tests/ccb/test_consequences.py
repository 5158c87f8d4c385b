"""What a decision brings about has an owner and a date, and is not settled by whom it is about."""

from datetime import timedelta

import pytest

from ccb import board, closing, requests
from ccb.ballot import Alternate
from ccb.consequences import REVIEWED
from ccb.standing import EMERGENCY_REVIEW
from cmdb import action_items, notices
from cmdb.errors import Refused
from tests.ccb.quay import BOARD, NOW, POLICY, SWAP, TONIGHT

URGENT = SWAP.but(kind="emergency")
CONDITIONS = ("Before check-out: tell the pilots.", "Measure the fan noise.")


def of(quay, request, *, open_only=True):
    with quay.store.read() as uow:
        return action_items.listed(uow, origin=f"change:{request.id}", only_open=open_only)


def conditional(quay):
    request = quay.raised()
    quay.vote(request.id, "s.berg", "approve with conditions", conditions=CONDITIONS)
    return quay.vote(request.id, "m.jansen")


def close(quay, id, actor):
    return action_items.close(quay.store, id, evidence="seen", evaluation="good", actor=actor, at=quay.now)


def test_the_review_of_an_emergency_is_the_chairs_has_a_date_and_becomes_overdue(quay):
    request = quay.approved(URGENT)
    [review] = of(quay, request)
    assert (review.what, review.owner, review.blocks) == (f"{EMERGENCY_REVIEW} CR-1.", "a.vries", "closing")
    assert (review.due, review.told) == (TONIGHT.end + REVIEWED, ("k.chen",))
    with quay.store.read() as uow:
        assert action_items.overdue(uow, at=TONIGHT.end + REVIEWED) == ()
        late = action_items.overdue(uow, at=TONIGHT.end + REVIEWED + timedelta(seconds=1))
    assert [one.id for one in late] == [review.id]


def test_the_review_of_an_emergency_is_never_with_who_did_the_work(quay):
    request = quay.raised(URGENT.but(implementer="a.vries"))
    for voter in ("m.jansen", "s.berg", "a.vries", "r.bakker", "k.chen"):
        if quay.request(request.id).state == "under review":
            with_vote = board.current_ballot(quay.store, request.id, at=NOW).outcome.missing
            if voter in with_vote:
                quay.vote(request.id, voter)
    [review] = of(quay, request)
    assert (review.owner, review.told) == ("m.jansen", ("a.vries",))
    # He keeps the configuration, and this is about his own work.
    with pytest.raises(Refused, match=r"AI-1 is m\.jansen's, and change:CR-1 waits for it"):
        close(quay, review.id, "a.vries")
    with pytest.raises(Refused, match="does not settle it"):
        action_items.amend(quay.store, review.id, owner="a.vries", actor="a.vries", at=NOW)
    assert close(quay, review.id, "m.jansen").state == "closed"


def test_a_request_whose_review_was_lost_is_not_closed_for_that(quay):
    request = quay.approved(URGENT)
    with quay.store.write() as uow:
        uow.rows("DELETE FROM action_item")
        uow.commit()
    with quay.store.write() as uow:
        taken = requests.move(uow, quay.request(request.id), "check out", actor="k.chen", at=NOW)
        requests.put(
            uow,
            taken.but(state="checked in", started=NOW, finished=NOW),
            action="check-in",
            actor="k.chen",
            at=NOW,
        )
        uow.commit()
    with pytest.raises(Refused, match="An emergency change is reviewed before it is closed"):
        closing.close(quay.store, request.id, outcome="as planned", actor="k.chen", at=NOW)


def test_a_condition_is_due_when_the_step_it_blocks_is(quay):
    request = conditional(quay)
    early, late = of(quay, request)
    assert (early.owner, early.due) == ("k.chen", TONIGHT.start)
    assert (late.owner, late.due) == ("k.chen", TONIGHT.end + REVIEWED)


@pytest.mark.parametrize(
    ("actor", "may"),
    [("k.chen", True), ("s.berg", True), ("a.vries", True), ("m.jansen", False), ("p.ng", False)],
)
def test_a_condition_is_settled_by_who_meets_it_who_set_it_or_the_cm_group(quay, actor, may):
    early, _late = of(quay, conditional(quay))
    if may:
        assert close(quay, early.id, actor).state == "closed"
        with quay.store.read() as uow:
            heard = {one for one in ("k.chen", "s.berg") if notices.inbox(uow, one)[0].text[:6] == "AI-1 i"}
        assert heard >= {"k.chen", "s.berg"} - {actor}
        return
    with pytest.raises(Refused, match=r"AI-1 is k\.chen's"):
        close(quay, early.id, actor)


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (lambda q, id: requests.withdraw(q.store, id, actor="r.bakker", at=q.now), "CR-1 was withdrawn."),
        (
            lambda q, id: requests.edit(q.store, id, SWAP, actor="r.bakker", at=q.now),
            "CR-1 was edited, and is decided anew.",
        ),
    ],
)
def test_conditions_of_an_approval_that_is_over_are_not_asked_for_any_more(quay, end, says):
    request = conditional(quay)
    end(quay, request.id)
    assert of(quay, request) == ()
    assert {(one.state, one.evidence) for one in of(quay, request, open_only=False)} == {("closed", says)}
    with quay.store.read() as uow:
        told = [one.text for one in notices.inbox(uow, "k.chen")]
        changed = uow.rows("SELECT changed FROM journal ORDER BY sequence DESC LIMIT 1")
    assert any("AI-1 is closed, CR-1 was" in one for one in told)
    assert all(one in changed[0][0] for one in ("AI-1", "AI-2"))


def test_whoever_overrides_does_not_review_that(quay):
    with quay.store.write() as uow:
        uow.replace(POLICY.but(overridable={"quorum": "chair"}))
        uow.commit()
    request = quay.raised()
    key = quay.keys.private("a.vries")
    act = board.override(
        quay.store,
        request.id,
        by="a.vries",
        requirement="quorum",
        why="half the house is ill",
        key=key,
        at=NOW,
    )
    quay.enter(act)
    [review] = of(quay, request)
    assert (review.owner, review.told, review.blocks) == ("m.jansen", ("k.chen", "a.vries"), "")
    assert review.due == TONIGHT.end + REVIEWED


def test_who_stands_in_for_the_chair_closes_defers_and_decides_within_the_period_alone(quay):
    stands_in = Alternate(person="p.ng", member="a.vries", start=NOW, end=NOW + timedelta(days=1))
    with quay.store.write() as uow:
        uow.replace(BOARD.but(alternates=(stands_in,)))
        uow.replace(POLICY.but(decides="chair"))
        uow.commit()
    key = quay.keys.private("p.ng")
    request, other = quay.raised(), quay.raised(SWAP.but(title="Again"))
    for voter in ("m.jansen", "s.berg", "r.bakker"):
        if voter in board.current_ballot(quay.store, request.id, at=NOW).outcome.missing:
            quay.vote(request.id, voter)
    until = NOW + timedelta(days=3)
    put_off = board.defer(quay.store, other.id, by="p.ng", until=until, rationale="later", key=key, at=NOW)
    assert quay.enter(put_off).state == "deferred"
    with pytest.raises(Refused, match="leaves this decision to the chair"):
        board.decide(quay.store, request.id, by="s.berg", key=quay.keys.private("s.berg"), at=NOW)
    with pytest.raises(Refused, match=r"Only the chair of site closes a ballot"):
        board.decide(quay.store, request.id, by="p.ng", close=True, key=key, at=NOW + timedelta(days=1))
    assert quay.enter(board.decide(quay.store, request.id, by="p.ng", close=True, key=key, at=NOW)).state in (
        "approved",
        "rejected",
    )

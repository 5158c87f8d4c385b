"""What a person was told asks for something only while it does; worked out when read, never stored."""

from ccb import inbox
from cmdb import action_items, reviews
from tests.ccb.quay import Quay


def told(quay: Quay, person: str) -> dict[str, str]:
    with quay.store.read() as uow:
        return {one.notice.text: one.settled for one in inbox.told(uow, person, at=quay.now)}


def asked(quay: Quay, person: str) -> str:
    """Why the notice that asks for a vote is settled."""
    [settled] = [why for text, why in told(quay, person).items() if text.startswith("Your vote is asked on")]
    return settled


def test_a_request_for_a_vote_is_settled_by_the_vote_and_by_the_decision(either_quay):
    request = either_quay.raised()
    assert asked(either_quay, "a.vries") == asked(either_quay, "m.jansen") == ""
    either_quay.vote(request.id, "a.vries")
    assert asked(either_quay, "a.vries") == "nothing is asked of you any more"
    assert asked(either_quay, "m.jansen") == ""
    either_quay.vote(request.id, "m.jansen")
    for person in ("r.bakker", "k.chen", "o.owner", "s.berg"):
        if either_quay.request(request.id).state == "under review":
            either_quay.vote(request.id, person)
    assert either_quay.request(request.id).state == "approved"
    assert asked(either_quay, "m.jansen") == f"{request.id} is approved"


def test_a_vote_that_is_taken_back_is_asked_for_again(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    quay.vote(request.id, "a.vries", "withdrawn")
    assert asked(quay, "a.vries") == ""


def test_what_was_told_of_an_action_item_is_settled_once_it_is_closed_but_that_is_news(quay):
    item = action_items.add(quay.store, what="Look", owner="k.chen", actor="a.vries", at=quay.now)
    assert set(told(quay, "k.chen").values()) == {""}
    why = {"evaluation": "no need"}
    action_items.step(quay.store, item.id, "declined", actor="a.vries", at=quay.now, **why)
    assert told(quay, "k.chen") == {
        f"{item.id} of k.chen is initiated: Look": f"{item.id} is declined",
        f"{item.id} is declined: Look": "",
    }


def test_what_was_told_of_a_review_is_settled_once_it_is_held_or_cancelled_but_that_is_news(quay):
    for _ in range(2):
        reviews.plan(
            quay.store,
            kind="SQA",
            title="CM work",
            planned=quay.now,
            holder="a.vries",
            occasion="the outage",
            participants=("k.chen",),
            actor="a.vries",
            at=quay.now,
        )
    assert set(told(quay, "k.chen").values()) == {""}
    reviews.hold(quay.store, "RV-1", summary="fine", held_at=quay.now, actor="a.vries", at=quay.now)
    reviews.cancel(quay.store, "RV-2", reason="not needed", actor="a.vries", at=quay.now)
    found = {text[:9]: settled for text, settled in told(quay, "k.chen").items()}
    assert found == {
        "RV-1 is p": "RV-1 is held",
        "RV-1 was ": "",
        "RV-2 is p": "RV-2 is cancelled",
        "RV-2 is c": "",
    }

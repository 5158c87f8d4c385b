"""A ballot whose policy no longer decides about its request: nobody votes until it is opened anew."""

from decimal import Decimal

import pytest

from baselines import board_due
from ccb import ballots, board
from ccb.ballot import Policy
from cmdb import tables_graph
from cmdb.errors import Refused
from cmdb.model import Item
from tests.ccb.quay import POLICY

NARROW = Policy(
    id="core",
    name="Core switches",
    board="site",
    scope="item:sw-12",
    rule="fraction",
    fraction=Decimal("0.5"),
    required_groups=("apps",),
    deadline=3600,
    level="baselined",
)


def brought_in(quay, *policies):
    """Policies come into force behind an open ballot, as a check-in would bring them."""
    with quay.store.write() as uow:
        for one in policies:
            uow.add(one)
        uow.commit()


def test_nobody_votes_or_decides_under_a_policy_that_another_took_the_place_of(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    brought_in(quay, NARROW)
    quay.later(hours=2)  # the hours that voting lasts under the new policy run from the new ballot
    chair = {"by": "a.vries", "key": quay.keys.private("a.vries"), "at": quay.now}
    acts = (
        lambda: quay.vote(request.id, "m.jansen"),
        lambda: board.decide(quay.store, request.id, close=True, **chair),
        lambda: board.defer(
            quay.store, request.id, until=quay.now.replace(year=2027), rationale="later", **chair
        ),
        lambda: board.override(quay.store, request.id, requirement="quorum", why="now", **chair),
    )
    for act in acts:
        with pytest.raises(Refused) as refusal:
            act()
        assert (
            refusal.value.reason == f"The policy core decides about {request.id} now, no longer site-change."
        )
        assert f"cmdb board refer {request.id}" in refusal.value.remedy
    assert quay.vote(request.id, "a.vries", "withdrawn").state == "under review"


def test_the_ballot_is_opened_anew_under_the_policy_in_force_and_only_then(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    with pytest.raises(Refused) as early:
        board.refer(quay.store, request.id, actor="r.bakker", at=quay.now)
    assert early.value.reason == f"{request.id} lies before its board already."
    brought_in(quay, NARROW)
    anew = board.refer(quay.store, request.id, actor="r.bakker", at=quay.later(hours=2))
    assert (anew.state, anew.policy, anew.round) == ("under review", "core", 2)
    now = board.current_ballot(quay.store, request.id, at=quay.now)
    assert (now.outcome.result, now.overruled) == ("open", "")
    assert [one.stale[0] for one in now.standing] == ["cast in round 1, this is round 2"]
    assert "required group apps" in {one.title for one in now.outcome.requirements}


def test_a_ballot_that_two_policies_cover_or_none_says_so(quay):
    request = quay.raised()
    brought_in(quay, NARROW.but(id="one"), NARROW.but(id="two"))
    with quay.store.write() as uow:
        why = ballots.overruled(uow, request)
        assert why.startswith(f"The policy site-change does not decide about {request.id} any more.")
        assert "one (item:sw-12) and two (item:sw-12)" in why
        uow.rows("DELETE FROM policy WHERE id <> 'site-baseline'")
        assert "No policy decides about this" in ballots.overruled(uow, request)


def test_who_raised_it_and_the_chair_hear_of_a_ballot_nobody_may_vote_on(quay):
    request = quay.raised()
    brought_in(quay, NARROW)
    with quay.store.read() as uow:
        [told] = [one for one in board_due.passed(uow, quay.now) if one.about == f"change:{request.id}"]
    assert (told.kind, told.people) == ("change waiting", ("r.bakker", "a.vries"))
    assert told.text.endswith("no longer site-change. Put it before its board anew")


def test_what_is_a_draft_is_in_no_scope_of_a_policy(quay):
    request = quay.raised()
    with quay.store.write() as uow:
        draft = Item(id="paper", type="service", name="Paper", owner="o.owner")
        tables_graph.add_item(uow, draft)
        uow.rows("UPDATE item SET level = 'draft' WHERE id = 'mail'")
        uow.commit()
    with quay.store.read() as uow:
        found = ballots.matter_of(uow, request, {"service:mail", "service:paper", "item:sw-12"})
    assert found.scopes == {"item:sw-12"}
    assert POLICY.scope == ""

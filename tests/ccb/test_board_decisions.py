"""Alternates, chairs, deferrals, overrides, the queue: what a board does beside voting."""

from datetime import timedelta

import pytest

from ccb import board, requests, signing, tables
from ccb.ballot import Alternate, Board, Policy, Vote
from ccb.model import ChangeDraft, ProposedChange
from cmdb import action_items, journal, notices, tables_graph
from cmdb.errors import Invalid, Refused
from cmdb.model import Item
from tests.ccb.quay import BASELINE, BOARD, NOW, OUTAGE, POLICY, SWAP, Quay


def ballot(quay: Quay, id: str):
    return board.current_ballot(quay.store, id, at=quay.now)


def standing(quay: Quay, id: str, voter: str):
    return next(one for one in ballot(quay, id).standing if one.vote.voter == voter)


def test_an_alternate_stands_in_and_the_members_own_vote_outranks(quay):
    stand_in = Alternate(person="p.ng", member="m.jansen", start=NOW)
    with quay.store.write() as uow:
        uow.replace(BOARD.but(alternates=(stand_in,)))
        uow.commit()
    request = quay.raised()
    quay.vote(request.id, "p.ng", "reject")
    assert ballot(quay, request.id).votes[0].capacity == "alternate"
    quay.vote(request.id, "m.jansen")
    assert ballot(quay, request.id).outcome.reject == 0
    assert quay.vote(request.id, "a.vries").state == "approved"


def test_the_chair_closes_a_ballot_and_nobody_else(quay):
    request = quay.raised()
    quay.vote(request.id, "s.berg")
    with pytest.raises(Refused, match="Only the chair"):
        board.decide(quay.store, request.id, by="s.berg", close=True, key=quay.keys.private("s.berg"), at=NOW)
    with pytest.raises(Refused, match="still open"):
        board.decide(quay.store, request.id, by="a.vries", key=quay.keys.private("a.vries"), at=NOW)
    act = board.decide(
        quay.store,
        request.id,
        by="a.vries",
        close=True,
        rationale="no quorum",
        key=quay.keys.private("a.vries"),
        at=NOW,
    )
    assert quay.enter(act).state == "rejected"


def test_after_the_deadline_nobody_votes_and_the_votes_cast_decide(quay):
    with quay.store.write() as uow:
        uow.replace(POLICY.but(deadline=3600))
        uow.commit()
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    quay.vote(request.id, "s.berg", "abstain")
    quay.later(hours=2)
    with pytest.raises(Refused, match="has ended"):
        quay.vote(request.id, "m.jansen")
    act = board.decide(quay.store, request.id, by="s.berg", key=quay.keys.private("s.berg"), at=quay.now)
    assert quay.enter(act).state == "approved"


def test_a_policy_that_decides_by_the_chair_waits_for_the_chair(quay):
    with quay.store.write() as uow:
        uow.replace(POLICY.but(decides="chair"))
        uow.commit()
    request = quay.raised()
    quay.vote(request.id, "m.jansen")
    assert quay.vote(request.id, "s.berg").state == "under review"
    with pytest.raises(Refused, match="to the chair"):
        board.decide(quay.store, request.id, by="m.jansen", key=quay.keys.private("m.jansen"), at=NOW)
    act = board.decide(quay.store, request.id, by="a.vries", key=quay.keys.private("a.vries"), at=NOW)
    assert quay.enter(act).state == "approved"


def test_a_deferred_request_comes_back_and_is_voted_on_anew(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")

    def put_off(by, rationale="the maker is asked first"):
        until, key = NOW + timedelta(days=9), quay.keys.private(by)
        return board.defer(quay.store, request.id, by=by, until=until, rationale=rationale, key=key, at=NOW)

    with pytest.raises(Refused, match="is for the chair"):
        put_off("m.jansen")
    with pytest.raises(Invalid, match="needs its reason"):
        put_off("a.vries", " ")
    act = put_off("a.vries")
    deferred = quay.enter(act)
    assert deferred.state == "deferred"
    assert deferred.until == NOW + timedelta(days=9)
    resumed = requests.resume(quay.store, request.id, actor="r.bakker", at=NOW)
    assert (resumed.state, resumed.until) == ("submitted", None)
    requests.assess(quay.store, request.id, actor="r.bakker", at=NOW)
    board.refer(quay.store, request.id, actor="r.bakker", at=NOW)
    assert standing(quay, request.id, "a.vries").stale == ("cast in round 1, this is round 2",)


def test_a_one_person_board_may_decide_and_the_decision_says_so(quay):
    with quay.store.write() as uow:
        uow.replace(
            Board(id="site", name="Site", chair="a.vries", members=BOARD.members[:1], level="baselined")
        )
        uow.replace(POLICY.but(quorum=1, four_eyes=False))
        uow.commit()
    request = quay.raised()
    assert quay.vote(request.id, "a.vries").state == "approved"
    with quay.store.read() as uow:
        assert tables.decisions_of(uow, request.id)[0].alone
        assert "decided by one person" in notices.inbox(uow, "r.bakker")[0].text


def test_a_requirement_is_overridden_only_where_the_policy_and_the_role_allow_it(quay):
    with quay.store.write() as uow:
        uow.replace(POLICY.but(overridable={"consent": "chair"}))
        uow.commit()
    request = quay.raised(OUTAGE)
    quay.vote(request.id, "a.vries")
    quay.vote(request.id, "m.jansen")
    quay.vote(request.id, "k.chen")

    def override(by: str, what: str) -> signing.Act:
        return board.override(
            quay.store, request.id, by=by, requirement=what, why="on leave", key=quay.keys.private(by), at=NOW
        )

    with pytest.raises(Refused, match="is for the chair"):
        override("m.jansen", "consent o.owner")
    with pytest.raises(Refused, match="not a requirement that is missing"):
        override("a.vries", "quorum")
    quay.enter(override("a.vries", "consent o.owner"))
    now = ballot(quay, request.id)
    assert now.outcome.result == "carried"
    assert [one.status for one in now.outcome.requirements if one.about == "o.owner"] == ["overridden"]
    with quay.store.read() as uow:
        assert "override of 'consent o.owner'" in action_items.listed(uow, origin="change:CR-1")[0].what
    act = board.decide(quay.store, request.id, by="s.berg", key=quay.keys.private("s.berg"), at=NOW)
    assert quay.enter(act).state == "approved"


@pytest.mark.parametrize(("overridable", "after"), [("consent", "rejected"), ("veto", "under review")])
def test_a_ballot_is_lost_at_once_by_what_nobody_may_override_whatever_else_may_be(quay, overridable, after):
    with quay.store.write() as uow:
        uow.replace(POLICY.but(vetoes=("ops",), overridable={overridable: "chair"}))
        uow.commit()
    request = quay.raised(OUTAGE)
    assert quay.vote(request.id, "m.jansen", "reject").state == after  # the consent of o.owner is missing yet


def test_an_affected_group_nobody_speaks_for_keeps_the_request_from_the_board(quay):
    with quay.store.write() as uow:
        uow.replace(BOARD.but(members=BOARD.members[:2]))
        uow.commit()
    request = quay.raised(SWAP.but(groups=("apps",)), to="assessed")
    with pytest.raises(Refused, match="No combination of votes"):
        board.refer(quay.store, request.id, actor="r.bakker", at=NOW)


def test_a_request_is_referred_only_on_the_assessment_that_was_shown(quay):
    request = quay.raised(to="assessed")
    quay.set_item("sw-12", owner="o.owner")
    with pytest.raises(Refused) as refusal:
        board.refer(quay.store, request.id, actor="r.bakker", at=NOW)
    assert "older than what it assesses" in str(refusal.value)


def test_the_queue_holds_what_waits_for_my_vote_and_says_why(quay):
    first = quay.raised()
    second = quay.raised(OUTAGE)

    def waiting(person: str) -> list[tuple[str, bool]]:
        with quay.store.read() as uow:
            return [(one.ballot.request.id, one.stale) for one in board.queue(uow, person, at=quay.now)]

    assert waiting("a.vries") == [(first.id, False), (second.id, False)]
    assert waiting("o.owner") == [(second.id, False)]
    assert waiting("r.bakker") == []
    quay.vote(first.id, "a.vries")
    assert waiting("a.vries") == [(second.id, False)]
    quay.set_item("sw-12", owner="o.owner")
    assert (first.id, True) in waiting("a.vries")
    with quay.store.read() as uow:
        (mine,) = [
            one for one in board.queue(uow, "o.owner", at=quay.now) if one.ballot.request.id == second.id
        ]
    assert "owns mail" in " ".join(mine.why) or "manages mail" in " ".join(mine.why)


def test_changes_of_the_board_itself_go_to_the_site_board_only(quay):
    change = ProposedChange(record="policy", id="site-change", operation="set", exact={"quorum": 3})
    draft = SWAP.but(title="Ask for three votes", changes=(change,))
    request = quay.raised(draft)
    assert ballot(quay, request.id).board.id == "site"
    never = ProposedChange(record="policy", id="site-change", operation="set", exact={"quorum": 9})
    with pytest.raises(Invalid, match="can never be met"):
        requests.new(quay.store, draft.but(changes=(never,)), actor="r.bakker", at=NOW)


def test_a_policy_that_changes_during_the_ballot_makes_the_votes_stale(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    with quay.store.write() as uow:
        uow.replace(
            Policy(**{name: getattr(POLICY, name) for name in POLICY.__dataclass_fields__} | {"quorum": 3})
        )
        uow.commit()
    mine = standing(quay, request.id, "a.vries")
    assert mine.stale == ("the rules changed",)
    assert mine.moved == ("the rules: policy quorum: 2 became 3",)


def test_every_vote_is_kept(quay):
    request = quay.raised()
    for value in ("approve", "withdrawn", "abstain"):
        quay.vote(request.id, "a.vries", value)
    with quay.store.read() as uow:
        assert [one.value for one in uow.all(Vote, request=request.id)] != []
        assert [one.value for one in tables.votes_of(uow, request.id)] == ["approve", "withdrawn", "abstain"]


def test_the_board_of_the_narrowest_scope_is_asked(quay):
    mail = Board(id="mail", name="Mail", chair="s.berg", members=BOARD.members[2:], level="baselined")
    narrow = POLICY.but(id="mail-change", board="mail", scope="service:mail", quorum=1)
    with quay.store.write() as uow:
        uow.add(mail)
        uow.add(narrow)
        uow.commit()
    assert quay.raised(OUTAGE).board == "mail"
    assert quay.raised(SWAP).board == "site"


def test_what_is_offered_follows_the_ballot_and_answers_in_the_rules_words(quay):
    def offers(person: str, id: str) -> dict[str, str]:
        with quay.store.read() as uow:
            found = board.offered(uow, requests.find(uow, id), actor=person, at=NOW)
        return {one.action: one.reason.sentence if one.reason else "" for one in found}

    request = quay.raised()
    assert offers("a.vries", request.id)["vote"] == ""
    assert offers("a.vries", request.id)["decide"] == "The ballot is still open."
    assert "consents by submitting" in offers("r.bakker", request.id)["vote"]
    assert "has no seat" in offers("k.chen", request.id)["vote"]
    draft = quay.raised(SWAP.but(test=""), to="draft")
    assert "test plan is empty" in offers("r.bakker", draft.id)["submit"]
    approved = quay.approved()
    assert offers("k.chen", approved.id)["check out"] == ""
    quay.set_item("sw-12", owner="o.owner")
    assert "Since the decision this moved" in offers("k.chen", approved.id)["check out"]
    assert offers("a.vries", approved.id)["confirm"] == ""


def candidate(quay: Quay, id: str, name: str = "New") -> None:
    with quay.store.write() as uow:
        item = Item(id=id, type="server", name=name, owner="k.chen", criterion="carries a service")
        if tables_graph.find_item(uow, id) is None:
            tables_graph.add_item(uow, item)
        else:
            tables_graph.put_item(uow, item)
        journal.record(uow, at=NOW, actor="k.chen", action="item amend", subjects=(id,))
        uow.commit()


def test_a_closed_set_of_candidates_is_voted_on_by_digest_and_one_that_changes_makes_votes_stale(quay):
    with quay.store.write() as uow:
        uow.replace(BASELINE.but(quorum=2))
        uow.commit()
    candidate(quay, "web-1")
    candidate(quay, "web-2")
    scope = ProposedChange(
        record="scope", id="all", operation="bring under control", exact={"level": "baselined"}
    )
    draft = ChangeDraft(title="First baseline", kind="baseline", reason="start", changes=(scope,))
    request = quay.raised(draft)
    assert request.policy == "site-baseline"
    assert request.changes[0].seen["count"] == 2
    quay.vote(request.id, "a.vries")
    candidate(quay, "web-2", name="Renamed")
    assert standing(quay, request.id, "a.vries").stale == ("the assessment moved",)
    fresh = quay.raised(draft, to="assessed")
    candidate(quay, "web-3")
    with pytest.raises(Refused) as refusal:
        board.refer(quay.store, fresh.id, actor="r.bakker", at=NOW)
    assert "2 then, 3 now" in str(refusal.value)


def test_bringing_under_control_is_for_a_baseline_request(quay):
    candidate(quay, "web-1")
    scope = ProposedChange(
        record="scope", id="all", operation="bring under control", exact={"level": "baselined"}
    )
    with pytest.raises(Invalid, match="of kind baseline, not normal"):
        requests.new(quay.store, SWAP.but(changes=(scope,)), actor="r.bakker", at=NOW)


def test_a_ballot_with_all_it_asks_for_says_who_could_turn_it_and_who_may_end_it(quay):
    emergency = POLICY.but(id="site-emergency", change_kind="emergency", quorum=1)
    with quay.store.write() as uow:
        uow.add(emergency)
        uow.commit()
    id = quay.raised(SWAP.but(kind="emergency")).id
    quay.vote(id, "a.vries")
    with pytest.raises(Refused) as refusal:
        quay.enter(board.decide(quay.store, id, by="a.vries", key=quay.keys.private("a.vries"), at=NOW))
    assert "m.jansen and s.berg could still turn it" in refusal.value.reason
    assert f"let a.vries end it: 'cmdb board close {id}'" in refusal.value.remedy
    end = board.decide(quay.store, id, by="a.vries", close=True, key=quay.keys.private("a.vries"), at=NOW)
    assert quay.enter(end).state == "approved"


def test_an_emergency_is_asked_about_before_anything_with_a_deadline(quay):
    with quay.store.write() as uow:
        uow.add(POLICY.but(id="soon", change_kind="normal", deadline=7200))
        uow.commit()
    normal, emergency = quay.raised().id, quay.raised(OUTAGE.but(kind="emergency")).id
    with quay.store.read() as uow:
        waiting = board.queue(uow, "a.vries", at=NOW)
    assert [one.ballot.request.id for one in waiting] == [emergency, normal]


def test_nothing_is_signed_by_a_clock_that_shows_a_time_before_the_ballot_was_opened(quay):
    request = quay.raised()
    key, early = quay.keys.private("a.vries"), quay.now - timedelta(minutes=6)
    by = {"by": "a.vries", "key": key, "at": early}
    for act in (
        lambda: board.vote(quay.store, request.id, voter="a.vries", value="approve", key=key, at=early),
        lambda: board.decide(quay.store, request.id, close=True, **by),
        lambda: board.defer(
            quay.store, request.id, until=quay.now + timedelta(days=1), rationale="later", **by
        ),
        lambda: board.override(quay.store, request.id, requirement="quorum", why="now", **by),
    ):
        with pytest.raises(Refused, match="and the ballot on CR-1 was opened at"):
            act()
    just = quay.now - timedelta(minutes=4)  # two computers differ by so much
    assert board.vote(quay.store, request.id, voter="a.vries", value="approve", key=key, at=just).vote

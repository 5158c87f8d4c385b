"""A board at work: referring, signed votes, stale votes, decisions, overrides, the queue."""

from datetime import timedelta

import pytest

from ccb import acts, board, requests, signing, tables
from ccb.ballot import Alternate, Board, Policy, Vote
from ccb.model import ChangeDraft, ProposedChange
from cmdb import action_items, canonical, journal, notices, signatures, tables_graph
from cmdb.errors import Invalid, Refused
from cmdb.model import Item, Person, PublicKey
from tests.ccb.quay import BASELINE, BOARD, NOW, OUTAGE, POLICY, SWAP, Quay


def ballot(quay: Quay, id: str):
    return board.current_ballot(quay.store, id, at=quay.now)


def standing(quay: Quay, id: str, voter: str):
    return next(one for one in ballot(quay, id).standing if one.vote.voter == voter)


def test_two_approvals_approve_a_request_and_the_second_act_signs_the_decision(either_quay):
    quay = either_quay
    request = quay.raised()
    assert quay.vote(request.id, "a.vries").state == "under review"
    assert quay.vote(request.id, "m.jansen").state == "approved"
    with quay.store.read() as uow:
        (decision,) = tables.decisions_of(uow, request.id)
        votes = tables.votes_of(uow, request.id)
        assert decision.result == "carried"
        assert decision.by == "m.jansen"
        assert decision.votes == tuple(one.digest for one in votes)
        assert not decision.alone
        assert [one.value for one in votes] == ["approve", "approve"]
        assert votes[1].sequence == 2
        signing.verify_part(
            decision,
            site=tables.site_root(uow),
            kind="normal",
            keys=[quay.keys.public("m.jansen")],
        )
        assert [one.action for one in journal.of_subject(uow, f"change:{request.id}")][:3] == [
            *("board decide", "vote", "vote")
        ]
        assert notices.inbox(uow, "r.bakker")[0].text.startswith("CR-1 is approved")
        assert notices.inbox(uow, "s.berg")[0].text.startswith("Your vote is asked")


def test_a_vote_signs_a_statement_that_names_site_round_and_every_digest(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries", reason="fine")
    with quay.store.read() as uow:
        (vote,) = tables.votes_of(uow, request.id)
        act = signing.Act(
            request=request.id, kind="normal", site=tables.site_root(uow), actor="a.vries", at=NOW, vote=vote
        )
    form, fields = canonical.decode(signing.statement(vote, act))
    assert form == "vote/1"
    assert fields["site"] == "0123456789abcdef0123456789abcdef01234567"
    assert (fields["request"], fields["round"], fields["member"]) == ("CR-1", 1, "a.vries")
    assert {"content", "assessment", "policy", "at", "capacity", "value", "reason"} <= set(fields)
    with pytest.raises(Refused, match="made for"):
        signatures.verify(
            signing.statement(vote, act),
            vote.signature,
            namespace="decision@cmdb",
            keys=[quay.keys.public("a.vries")],
        )


def test_the_originator_has_no_vote(quay):
    request = quay.raised(by="m.jansen")
    with pytest.raises(Refused, match="consents by submitting"):
        quay.vote(request.id, "m.jansen")


def test_somebody_without_a_seat_who_is_not_asked_has_no_vote(quay):
    request = quay.raised()
    with pytest.raises(Refused, match="has no seat on the board site"):
        quay.vote(request.id, "o.owner")


def test_the_implementer_has_no_vote_unless_asked_for_consent(quay):
    request = quay.raised(SWAP.but(implementer="s.berg"))
    with pytest.raises(Refused, match="four eyes"):
        quay.vote(request.id, "s.berg")


def test_a_key_that_is_not_the_voters_is_refused_and_nothing_is_counted(quay):
    request = quay.raised()
    with pytest.raises(Refused, match="does not count here"):
        quay.vote(request.id, "a.vries", key_of="k.chen")
    assert ballot(quay, request.id).votes == ()


def test_a_vote_whose_statement_was_changed_after_signing_is_refused(quay):
    request = quay.raised()
    act = board.vote(
        quay.store,
        request.id,
        voter="a.vries",
        value="reject",
        reason="no",
        key=quay.keys.private("a.vries"),
        at=NOW,
    )
    with pytest.raises(Refused):
        quay.enter(act.but(vote=act.vote.but(value="approve", reason="")))
    with quay.store.read() as uow:
        forged = acts.prepare_vote(uow, request.id, voter="a.vries", value="approve", at=NOW)
    stolen = forged.vote.but(key=act.vote.key, signature=act.vote.signature)
    with pytest.raises(Refused, match="over another statement"):
        quay.enter(forged.but(vote=stolen))
    assert ballot(quay, request.id).votes == ()


def test_nobody_signs_for_somebody_else(quay):
    request = quay.raised()
    with quay.store.read() as uow:
        theirs = acts.prepare_vote(uow, request.id, voter="a.vries", value="approve", at=NOW)
    forged = signing.sign(theirs.but(actor="k.chen"), key=quay.keys.private("k.chen"))
    with pytest.raises(Refused, match=r"k\.chen cannot sign for a\.vries"):
        quay.enter(forged)
    swapped = signing.sign(theirs, key=quay.keys.private("a.vries"))
    swapped = swapped.but(vote=swapped.vote.but(key=quay.keys.public("k.chen")))
    with pytest.raises(Refused, match="not the one that signed"):
        quay.enter(swapped)
    assert ballot(quay, request.id).votes == ()


def test_a_decision_cannot_be_entered_before_the_votes_come_to_it(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    with quay.store.read() as uow:
        last = acts.prepare_vote(uow, request.id, voter="m.jansen", value="approve", at=NOW)
    alone = signing.sign(last.but(vote=None), key=quay.keys.private("m.jansen"))
    with pytest.raises(Refused, match="still open"):
        quay.enter(alone)
    assert quay.request(request.id).state == "under review"


def test_a_vote_on_what_moved_between_signing_and_entry_is_refused_with_the_difference(quay):
    request = quay.raised()
    act = board.vote(
        quay.store, request.id, voter="a.vries", value="approve", key=quay.keys.private("a.vries"), at=NOW
    )
    quay.set_item("sw-12", owner="o.owner")
    with pytest.raises(Refused, match="not what stands now") as refusal:
        quay.enter(act)
    assert any("o.owner" in one for one in refusal.value.problems)
    assert ballot(quay, request.id).votes == ()


def test_an_act_signed_long_ago_is_refused(quay):
    request = quay.raised()
    act = board.vote(
        quay.store, request.id, voter="a.vries", value="approve", key=quay.keys.private("a.vries"), at=NOW
    )
    with pytest.raises(Refused, match="too long ago"):
        quay.enter(act, at=NOW + timedelta(hours=1))


def test_two_people_who_sign_at_the_same_time_are_asked_to_repeat_not_lost(quay):
    request = quay.raised()
    first = board.vote(
        quay.store, request.id, voter="a.vries", value="approve", key=quay.keys.private("a.vries"), at=NOW
    )
    second = board.vote(
        quay.store, request.id, voter="m.jansen", value="approve", key=quay.keys.private("m.jansen"), at=NOW
    )
    quay.enter(first)
    with pytest.raises(Refused, match="not what stands now"):
        quay.enter(second)
    assert quay.vote(request.id, "m.jansen").state == "approved"


def test_what_moves_makes_an_approval_stale_and_the_difference_since_that_vote_is_shown(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    quay.set_item("sw-12", owner="o.owner")
    mine = standing(quay, request.id, "a.vries")
    assert mine.stale == ("the assessment moved",)
    assert not mine.counts
    assert "the assessment: new: voters o.owner" in mine.moved
    assert "a.vries" in ballot(quay, request.id).outcome.missing


def test_an_edit_returns_to_draft_and_makes_every_vote_of_the_old_ballot_stale(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    edited = requests.edit(quay.store, request.id, SWAP.but(backout="hope"), actor="r.bakker", at=NOW)
    assert edited.state == "draft"
    requests.submit(quay.store, request.id, actor="r.bakker", at=NOW)
    requests.assess(quay.store, request.id, actor="r.bakker", at=NOW)
    board.refer(quay.store, request.id, actor="r.bakker", at=NOW)
    mine = standing(quay, request.id, "a.vries")
    assert "the request changed" in mine.stale
    assert "the request: backout: put the old one back became hope" in mine.moved
    quay.vote(request.id, "a.vries")
    assert standing(quay, request.id, "a.vries").stale == ()
    assert quay.vote(request.id, "m.jansen").state == "approved"


def test_a_stale_reject_counts_until_it_is_withdrawn(quay):
    with quay.store.write() as uow:
        uow.replace(POLICY.but(rule="unanimous"))
        uow.commit()
    request = quay.raised()
    with quay.store.write() as uow:
        uow.replace(POLICY.but(rule="unanimous", decides="chair"))
        uow.commit()
    quay.vote(request.id, "s.berg", "reject")
    quay.set_item("sw-12", owner="o.owner")
    assert ballot(quay, request.id).outcome.result == "lost"
    quay.vote(request.id, "s.berg", "withdrawn")
    assert ballot(quay, request.id).outcome.result == "open"
    with pytest.raises(Refused, match="no vote on CR-1 to withdraw"):
        quay.vote(request.id, "s.berg", "withdrawn")


def test_a_later_vote_replaces_an_earlier_one_and_names_it(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    quay.vote(request.id, "a.vries", "abstain")
    now = ballot(quay, request.id)
    assert now.votes[1].previous == now.votes[0].digest
    assert (now.outcome.approve, now.outcome.abstain) == (0, 1)


def test_a_withdrawn_key_makes_its_owners_open_vote_stale(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    with quay.store.write() as uow:
        person = uow.get(Person, "a.vries")
        uow.replace(person.but(keys=(PublicKey(text=quay.keys.public("spare")),)))
        uow.commit()
    assert standing(quay, request.id, "a.vries").stale == (
        "the key that signed it is not registered any more",
    )


def test_owners_of_changed_items_are_asked_and_their_consent_fills_no_seat(quay):
    request = quay.raised(OUTAGE)
    now = ballot(quay, request.id)
    assert set(now.consenters) == {"k.chen", "o.owner"}
    quay.vote(request.id, "a.vries")
    quay.vote(request.id, "m.jansen")
    assert quay.request(request.id).state == "under review"
    quay.vote(request.id, "o.owner")
    with pytest.raises(Refused, match="an abstention gives none"):
        quay.vote(request.id, "k.chen", "abstain")
    request = quay.vote(request.id, "k.chen")
    assert request.state == "approved"


def test_an_implementers_consent_as_owner_counts_but_not_in_the_tally(quay):
    request = quay.raised(OUTAGE)
    quay.vote(request.id, "k.chen")
    now = ballot(quay, request.id)
    assert now.outcome.counted == ()
    assert [one.status for one in now.outcome.requirements if one.about == "k.chen"] == ["satisfied"]


def test_a_reject_needs_its_reason_and_conditions_need_text(quay):
    request = quay.raised()
    with pytest.raises(Invalid, match="needs its reason"):
        quay.vote(request.id, "a.vries", "reject", reason="")
    with pytest.raises(Invalid, match="at least one condition"):
        quay.vote(request.id, "a.vries", "approve with conditions")


def test_each_condition_becomes_an_action_item_that_blocks_its_step(quay):
    request = quay.raised()
    conditions = ("Before check-out: tell the pilots.", "Measure the fan noise.")
    quay.vote(request.id, "a.vries", "approve with conditions", conditions=conditions)
    assert quay.vote(request.id, "m.jansen").state == "approved"
    with quay.store.read() as uow:
        (early,) = action_items.blocking(uow, "change:CR-1", "check-out")
        (late,) = action_items.blocking(uow, "change:CR-1")
    assert (early.what, late.what) == conditions
    assert early.owner == "k.chen"
    with quay.store.read() as uow, pytest.raises(Refused, match="not met yet: AI-1"):
        requests.move(uow, quay.request(request.id), "check out", actor="k.chen", at=NOW)
    action_items.close(quay.store, early.id, evidence="told at 14:00", actor="k.chen", at=NOW)
    with quay.store.read() as uow:
        moved = requests.move(uow, quay.request(request.id), "check out", actor="k.chen", at=NOW)
    assert moved.state == "checked out"


def test_two_rejects_lose_and_the_request_is_rejected(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries", "reject")
    assert quay.vote(request.id, "s.berg", "reject").state == "rejected"
    with pytest.raises(Refused, match="CR-1 is rejected"):
        quay.vote(request.id, "m.jansen")


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
    key = quay.keys.private("a.vries")
    with pytest.raises(Refused, match="is for the chair"):
        board.defer(quay.store, request.id, by="m.jansen", until=NOW + timedelta(days=9), key=key, at=NOW)
    act = board.defer(quay.store, request.id, by="a.vries", until=NOW + timedelta(days=9), key=key, at=NOW)
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

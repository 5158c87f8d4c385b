"""A board at work: referring, signed votes, stale votes, decisions, overrides, the queue."""

from datetime import timedelta

import pytest

from ccb import acts, ballots, board, requests, signing, tables
from cmdb import action_items, canonical, journal, notices, signatures
from cmdb.errors import Invalid, Refused
from cmdb.model import Person, PublicKey
from tests.ccb.quay import NOW, OUTAGE, POLICY, SWAP, Quay


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
    assert "the assessment: o.owner is asked as well" in mine.moved
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
    assert "the request: back-out plan: put the old one back became hope" in mine.moved
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
    assert (early.initiated_by, late.initiated_by) == ("a.vries", "a.vries")  # whose condition it is
    with quay.store.read() as uow, pytest.raises(Refused, match="not met yet: AI-1"):
        requests.move(uow, quay.request(request.id), "check out", actor="k.chen", at=NOW)
    action_items.close(
        quay.store, early.id, evidence="told at 14:00", evaluation="heard", actor="k.chen", at=NOW
    )
    with quay.store.read() as uow:
        moved = requests.move(uow, quay.request(request.id), "check out", actor="k.chen", at=NOW)
    assert moved.state == "checked out"


def test_two_rejects_lose_and_the_request_is_rejected(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries", "reject")
    assert quay.vote(request.id, "s.berg", "reject").state == "rejected"
    with pytest.raises(Refused, match="CR-1 is rejected"):
        quay.vote(request.id, "m.jansen")


def test_a_list_of_ballots_is_known_without_assessing_and_the_ballot_itself_is_exact(quay):
    request = quay.raised()
    quay.vote(request.id, "m.jansen")
    with quay.store.read() as uow:
        known, exact = (how(uow, request, at=quay.now) for how in (ballots.last_known, ballots.ballot))
    told = [(one.result, [(need.title, need.status) for need in one.requirements])
            for one in (known.outcome, exact.outcome)]  # fmt: skip
    assert told[0] == told[1]
    assert known.consenters == exact.consenters
    assert known.assessment.material["risk"] == exact.assessment.material["risk"]
    quay.set_item("sw-12", owner="p.ng")  # somebody else is asked now: the vote is about something else
    with quay.store.read() as uow:
        known, exact = (how(uow, request, at=quay.now) for how in (ballots.last_known, ballots.ballot))
    assert [bool(one.stale) for one in known.standing] == [False]
    assert [bool(one.stale) for one in exact.standing] == [True]


def test_what_a_vote_would_bring_about_is_foreseen(quay):
    request = quay.raised(OUTAGE)

    def foreseen(voter):
        with quay.store.read() as uow:
            return acts.foresee(uow, ballots.ballot(uow, request, at=quay.now), voter, at=quay.now)

    assert foreseen("m.jansen") == {"approve": "open", "reject": "open", "abstain": "open"}
    assert foreseen("o.owner") == {"approve": "open", "reject": "lost"}
    assert foreseen("p.ng") == {}
    for voter in ("m.jansen", "o.owner", "k.chen"):
        quay.vote(request.id, voter)
    assert foreseen("a.vries")["approve"] == "carried"

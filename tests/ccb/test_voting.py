"""The outcome of a ballot, rule by rule, as a board would argue it."""

from decimal import Decimal

import pytest

from ccb import voting
from ccb.ballot import Policy
from ccb.model import Consent
from ccb.voting import Cast, Entitled, Question

POLICY = Policy(id="site-change", name="Changes", board="site", quorum=2)
SEATS = (
    Entitled(member="a.vries", group="cm-group"),
    Entitled(member="m.jansen", group="ops", alternates=("p.ng",)),
    Entitled(member="s.berg", group="apps"),
)


def question(**changes) -> Question:
    base = Question(policy=POLICY, seats=SEATS, originator="r.bakker", implementer="k.chen")
    return base.but(**changes)


def vote(voter: str, value: str, seat: str | None = None, *, stale: bool = False) -> Cast:
    return Cast(voter=voter, seat=voter if seat is None else seat, value=value, stale=stale)


def status(result, name: str, about: str = "") -> str:
    return next(one.status for one in result.requirements if (one.name, one.about) == (name, about))


def test_an_empty_ballot_is_open_and_every_voter_is_missing():
    result = voting.outcome(question(), [])
    assert result.result == "open"
    assert result.missing == ("a.vries", "m.jansen", "p.ng", "s.berg")
    assert status(result, "quorum") == "unsatisfied"


def test_two_approvals_of_three_carry_because_one_reject_can_change_nothing():
    result = voting.outcome(question(), [vote("a.vries", "approve"), vote("s.berg", "approve")])
    assert result.result == "carried"
    assert result.counted == ("a.vries", "s.berg")


def test_one_approval_and_one_abstention_stay_open_while_a_reject_could_still_come():
    result = voting.outcome(question(), [vote("a.vries", "approve"), vote("s.berg", "abstain")])
    assert status(result, "quorum") == "satisfied"
    assert status(result, "rule") == "satisfied"
    assert result.result == "open"


def test_the_same_votes_carry_once_the_ballot_is_closed():
    casts = [vote("a.vries", "approve"), vote("s.berg", "abstain")]
    assert voting.outcome(question(closed=True), casts).result == "carried"


def test_a_missed_quorum_loses_at_closing():
    assert voting.outcome(question(closed=True), [vote("a.vries", "approve")]).result == "lost"


def test_two_rejects_of_three_lose_a_majority():
    result = voting.outcome(question(), [vote("a.vries", "reject"), vote("s.berg", "reject")])
    assert result.result == "lost"


def test_one_reject_loses_a_unanimous_ballot():
    policy = POLICY.but(rule="unanimous")
    assert voting.outcome(question(policy=policy), [vote("a.vries", "reject")]).result == "lost"


def test_a_fraction_is_compared_exactly():
    policy = POLICY.but(rule="fraction", fraction=Decimal("0.6666666666666666666666666667"))
    casts = [vote("a.vries", "approve"), vote("s.berg", "approve"), vote("m.jansen", "reject")]
    assert voting.outcome(question(policy=policy), casts).result == "lost"
    policy = policy.but(fraction=Decimal("0.66"))
    assert voting.outcome(question(policy=policy), casts).result == "carried"


def test_a_stale_reject_counts_until_it_is_withdrawn_and_a_stale_approval_does_not():
    policy = POLICY.but(rule="unanimous")
    casts = [vote("a.vries", "reject", stale=True), vote("s.berg", "approve", stale=True)]
    result = voting.outcome(question(policy=policy), casts)
    assert result.result == "lost"
    assert result.counted == ("a.vries",)


def test_a_members_own_vote_outranks_the_alternates():
    casts = [vote("p.ng", "approve", "m.jansen"), vote("m.jansen", "reject"), vote("s.berg", "approve")]
    result = voting.outcome(question(), casts)
    assert (result.approve, result.reject) == (1, 1)
    withdrawn = [casts[0], vote("m.jansen", "withdrawn"), casts[2]]
    assert voting.outcome(question(), withdrawn).approve == 2


def test_a_stale_approval_of_the_member_lets_the_alternates_vote_count():
    casts = [vote("p.ng", "reject", "m.jansen"), vote("m.jansen", "approve", stale=True)]
    assert voting.outcome(question(), casts).reject == 1


def test_votes_of_originator_and_implementer_count_for_neither_quorum_nor_rule():
    asked = question(originator="a.vries", implementer="s.berg")
    casts = [vote("a.vries", "approve"), vote("s.berg", "approve")]
    result = voting.outcome(asked, casts)
    assert result.counted == ()
    assert result.result == "lost"
    assert "Not counted: a.vries, s.berg" in next(
        one.detail for one in result.requirements if one.name == "four eyes"
    )


def test_without_four_eyes_one_person_may_decide_alone():
    policy = POLICY.but(quorum=1, four_eyes=False)
    asked = question(policy=policy, seats=SEATS[:1], originator="a.vries", implementer="a.vries")
    assert voting.outcome(asked, [vote("a.vries", "approve")]).result == "carried"


def test_an_implementers_consent_as_owner_counts_though_the_vote_does_not():
    asked = question(implementer="s.berg", consents=(Consent(person="s.berg", why=("owns sw-11",)),))
    casts = [vote("s.berg", "approve"), vote("a.vries", "approve"), vote("m.jansen", "approve")]
    result = voting.outcome(asked, casts)
    assert status(result, "consent", "s.berg") == "satisfied"
    assert result.counted == ("a.vries", "m.jansen")
    assert result.result == "carried"


def test_the_originator_consents_by_submitting():
    asked = question(consents=(Consent(person="r.bakker", why=("owns sw-11",)),))
    result = voting.outcome(asked, [vote("a.vries", "approve"), vote("s.berg", "approve")])
    assert result.result == "carried"
    assert "r.bakker" not in result.missing


def test_a_consent_by_somebody_else_counts_for_neither_quorum_nor_rule():
    asked = question(consents=(Consent(person="d.owner", why=("owns sw-11",)),))
    result = voting.outcome(asked, [vote("d.owner", "approve", ""), vote("a.vries", "approve")])
    assert status(result, "consent", "d.owner") == "satisfied"
    assert status(result, "quorum") == "unsatisfied"
    assert result.counted == ("a.vries",)


def test_a_refused_consent_loses_the_ballot():
    asked = question(consents=(Consent(person="d.owner", why=("owns sw-11",)),))
    assert voting.outcome(asked, [vote("d.owner", "reject", "")]).result == "lost"


def test_an_affected_group_without_voice_can_never_be_satisfied_by_votes():
    result = voting.outcome(question(affected=("harbour-office",)), [])
    assert status(result, "affected group", "harbour-office") == "unsatisfied"
    assert result.result == "lost"


def test_an_affected_group_is_heard_through_a_member_or_a_consenter():
    consents = (Consent(person="d.owner", why=("owns sw-11",), groups=("harbour-office",)),)
    asked = question(affected=("ops", "harbour-office"), consents=consents)
    result = voting.outcome(asked, [])
    assert status(result, "affected group", "ops") == "satisfied"
    assert status(result, "affected group", "harbour-office") == "satisfied"


def test_a_required_group_must_approve_and_a_veto_of_a_group_loses():
    policy = POLICY.but(required_groups=("apps",), vetoes=("cm-group",))
    casts = [vote("a.vries", "approve"), vote("m.jansen", "approve")]
    assert voting.outcome(question(policy=policy), casts).result == "open"
    casts = [vote("a.vries", "reject"), vote("m.jansen", "approve"), vote("s.berg", "approve")]
    result = voting.outcome(question(policy=policy), casts)
    assert status(result, "veto", "cm-group") == "unsatisfied"
    assert result.result == "lost"


def test_an_overridden_requirement_is_shown_with_who_and_why():
    policy = POLICY.but(overridable={"consent": "chair"})
    asked = question(
        policy=policy,
        consents=(Consent(person="d.owner", why=("owns sw-11",)),),
        overrides={"consent d.owner": "a.vries (chair): on leave until May"},
    )
    result = voting.outcome(asked, [vote("a.vries", "approve"), vote("s.berg", "approve")])
    assert result.result == "carried"
    found = next(one for one in result.requirements if one.name == "consent")
    assert found.status == "overridden"
    assert "on leave until May" in found.detail


def test_what_the_policy_does_not_allow_to_override_stays_unsatisfied():
    asked = question(overrides={"quorum": "a.vries (chair): we were two"}, closed=True)
    assert voting.outcome(asked, [vote("a.vries", "approve")]).result == "lost"


def test_an_emergency_needs_one_voter_who_is_not_the_implementer():
    policy = POLICY.but(quorum=1, four_eyes=False)
    asked = question(policy=policy, implementer="a.vries", emergency=True, closed=True)
    assert voting.outcome(asked, [vote("a.vries", "approve")]).result == "lost"
    assert voting.outcome(asked, [vote("a.vries", "approve"), vote("s.berg", "approve")]).result == "carried"


def test_a_member_who_does_the_emergency_takes_the_alternates_word_from_nobody():
    seats = (Entitled(member="a.vries", group="ops", alternates=("s.berg",)),)
    policy = POLICY.but(quorum=1, four_eyes=False)
    asked = question(policy=policy, seats=seats, implementer="a.vries", emergency=True)
    assert voting.outcome(asked, []).result == "open"
    alternate, member = vote("s.berg", "approve", "a.vries"), vote("a.vries", "approve")
    assert voting.outcome(asked, [alternate]).result == "carried"
    assert voting.outcome(asked, [alternate, member]).result == "carried"
    assert voting.outcome(asked, [member]).result == "open"
    assert voting.outcome(asked, [member]).missing == ("s.berg",)


@pytest.mark.parametrize("consents", [(), ("r.bakker",)])
def test_under_the_rule_of_consents_nobody_elses_consent_means_nothing_is_carried(consents):
    policy = POLICY.but(rule="consents", quorum=0)
    asked = question(policy=policy, consents=tuple(Consent(person=p, why=("owns it",)) for p in consents))
    assert voting.outcome(asked, []).result == "lost"


def test_under_the_rule_of_consents_owner_and_reviewer_decide_without_a_ballot():
    policy = POLICY.but(rule="consents", quorum=0)
    consents = (Consent(person="d.owner", why=("owns it",)), Consent(person="q.rev", why=("reviews it",)))
    asked = question(policy=policy, consents=consents)
    casts = [vote("d.owner", "approve", ""), vote("q.rev", "approve", "")]
    assert voting.outcome(asked, casts[:1]).result == "open"
    assert voting.outcome(asked, casts).result == "carried"


def test_a_board_of_one_is_said_to_have_one_member():
    alone = question(policy=POLICY.but(quorum=1), seats=SEATS[:1])
    for asked, words in ((alone, "has 1 member."), (question(), "has 3 members.")):
        (found,) = [one for one in voting.outcome(asked, []).requirements if one.name == "quorum"]
        assert found.detail.endswith(words)

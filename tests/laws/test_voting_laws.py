"""Laws of the outcome: equal to all completions, blind to order, monotone, deaf to stale approvals."""

import itertools
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccb import voting
from ccb.ballot import Policy, Vote
from ccb.model import Consent
from ccb.voting import Cast, Entitled, Question

MEMBERS = ("m1", "m2", "m3")
ALTERNATES = ("a1", "a2")
OUTSIDERS = ("x1",)
GROUPS = ("ops", "net", "apps")
VALUES = ("approve", "approve with conditions", "reject", "abstain")


@st.composite
def questions(draw: st.DrawFn) -> Question:
    count = draw(st.integers(1, 3))
    pool = list(ALTERNATES)
    seats = []
    for index in range(count):
        deputies = draw(st.integers(0, min(1, len(pool))))
        taken = tuple(pool.pop() for _ in range(deputies))
        seats.append(Entitled(member=MEMBERS[index], group=draw(st.sampled_from(GROUPS)), alternates=taken))
    rule = draw(st.sampled_from(("majority", "fraction", "unanimous", "consents")))
    policy = Policy(
        id="p",
        name="P",
        board="b",
        rule=rule,
        fraction=Decimal(draw(st.sampled_from(("0.5", "0.66", "1")))) if rule == "fraction" else None,
        quorum=0 if rule == "consents" else draw(st.integers(1, 3)),
        required_groups=tuple(draw(st.sets(st.sampled_from(GROUPS), max_size=1))),
        vetoes=tuple(draw(st.sets(st.sampled_from(GROUPS), max_size=1))),
        four_eyes=draw(st.booleans()),
        overridable=draw(
            st.dictionaries(st.sampled_from(("quorum", "rule", "consent")), st.just("chair"), max_size=2)
        ),
    )
    people = (*MEMBERS[:count], *ALTERNATES, *OUTSIDERS)
    consents = tuple(
        Consent(person=one, why=("owns it",), groups=(draw(st.sampled_from(GROUPS)),))
        for one in sorted(draw(st.sets(st.sampled_from(people), max_size=2)))
    )
    overrides = {"quorum": "the chair"} if draw(st.booleans()) else {}
    return Question(
        policy=policy,
        seats=tuple(seats),
        consents=consents,
        affected=tuple(sorted(draw(st.sets(st.sampled_from(GROUPS), max_size=1)))),
        originator=draw(st.sampled_from((*people, "somebody"))),
        implementer=draw(st.sampled_from((*people, "somebody"))),
        emergency=draw(st.booleans()),
        closed=draw(st.booleans()),
        overrides=overrides,
    )


def seats_of(question: Question) -> dict[str, str]:
    return {p: seat.member for seat in question.seats for p in (seat.member, *seat.alternates)}


def voters(question: Question) -> list[str]:
    return sorted({*seats_of(question), *(one.person for one in question.consents)})


@st.composite
def ballots(draw: st.DrawFn) -> tuple[Question, tuple[Cast, ...]]:
    question = draw(questions())
    seats = seats_of(question)
    casts = tuple(
        Cast(
            voter=one, seat=seats.get(one, ""), value=draw(st.sampled_from(VALUES)), stale=draw(st.booleans())
        )
        for one in voters(question)
        if draw(st.booleans())
    )
    return question, casts


def brute(question: Question, casts: tuple[Cast, ...]) -> str:
    """The definition itself: every completion of the missing votes, each person any vote or none."""
    live = {one.voter: one for one in casts if not one.stale or one.value == "reject"}
    seats = seats_of(question)
    aside = {question.originator, question.implementer} if question.policy.four_eyes else set()
    filled = {one.seat for one in live.values() if one.seat and one.voter not in aside}
    if question.emergency and {one.voter for one in live.values() if one.seat} == {question.implementer}:
        filled = set()  # another person of the same seat can still be the one voter it takes
    missing = []
    if not question.closed:
        for person in voters(question):
            wanted = any(one.person == person for one in question.consents) and person != question.originator
            seat = seats.get(person, "")
            votes = seat and seat not in filled and person not in aside and question.policy.rule != "consents"
            if person not in live and (wanted or votes):
                missing.append(person)
    verdicts = set()
    for choice in itertools.product((None, "approve", "reject", "abstain"), repeat=len(missing)):
        added = {
            person: Cast(voter=person, seat=seats.get(person, ""), value=value)
            for person, value in zip(missing, choice, strict=True)
            if value
        }
        found = voting.requirements(question, {**live, **added})
        verdicts.add(all(one.status != "unsatisfied" for one in found))
    if verdicts == {True}:
        return "carried"
    return "lost" if verdicts == {False} else "open"


BALLOTS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@BALLOTS
@given(ballots())
def test_the_outcome_is_what_every_completion_of_the_missing_votes_says(ballot):
    question, casts = ballot
    assert voting.outcome(question, casts).result == brute(question, casts)


@BALLOTS
@given(ballots(), st.randoms(use_true_random=False))
def test_the_order_of_the_votes_does_not_matter(ballot, random):
    question, casts = ballot
    shuffled = list(casts)
    random.shuffle(shuffled)
    assert voting.outcome(question, shuffled) == voting.outcome(question, casts)


@BALLOTS
@given(ballots())
def test_one_more_approval_never_makes_it_worse(ballot):
    question, casts = ballot
    rank = {"lost": 0, "open": 1, "carried": 2}
    before = voting.outcome(question, casts)
    seats = seats_of(question)
    for person in before.missing:
        others = [one for one in casts if one.voter != person]
        more = [*others, Cast(voter=person, seat=seats.get(person, ""), value="approve")]
        assert rank[voting.outcome(question, more).result] >= rank[before.result]


@BALLOTS
@given(ballots())
def test_a_stale_approval_or_abstention_counts_as_if_it_had_never_been_cast(ballot):
    question, casts = ballot
    without = [one for one in casts if not (one.stale and one.value != "reject")]
    assert voting.outcome(question, casts) == voting.outcome(question, without)


@BALLOTS
@given(ballots(), st.data())
def test_lost_and_carried_stay_whatever_the_missing_voters_do(ballot, data):
    question, casts = ballot
    before = voting.outcome(question, casts)
    if before.result == "open" or not before.missing:
        return
    seats = seats_of(question)
    person = data.draw(st.sampled_from(before.missing))
    value = data.draw(st.sampled_from(VALUES))
    others = [one for one in casts if one.voter != person]
    after = voting.outcome(question, [*others, Cast(voter=person, seat=seats.get(person, ""), value=value)])
    assert after.result == before.result


@BALLOTS
@given(ballots())
def test_closing_a_ballot_leaves_nothing_open_and_never_overturns_what_was_certain(ballot):
    question, casts = ballot
    before = voting.outcome(question, casts)
    after = voting.outcome(question.but(closed=True), casts)
    assert after.result in ("carried", "lost")
    assert before.result in ("open", after.result)


@given(st.lists(st.tuples(st.sampled_from(MEMBERS), st.sampled_from((*VALUES, "withdrawn"))), max_size=8))
def test_the_current_vote_is_the_last_and_a_withdrawal_removes_it(history):
    votes = [
        Vote(
            digest=str(index),
            request="CR-1",
            board="b",
            round=1,
            voter=voter,
            capacity="member",
            seat=voter,
            value=value,
            conditions=("after the test",) if value == "approve with conditions" else (),
            reason="because",
            content="c",
            assessment="a",
            policy="p",
            at=datetime(2026, 11, 22, tzinfo=UTC),
            sequence=index,
        )
        for index, (voter, value) in enumerate(history)
    ]
    expected = {voter: value for voter, value in dict(history).items() if value != "withdrawn"}
    assert {voter: vote.value for voter, vote in voting.current(reversed(votes)).items()} == expected

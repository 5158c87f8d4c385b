"""From stored votes to the question that `ccb.voting` answers: who is entitled, what is stale.

Serves the ballot as it stands and the proof of a decision long after: `replayed` counts again
what was decided, from the records alone. Pure. Source: rules.md 6; 7, Verify.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from ccb import voting
from ccb.ballot import Board, Decision, Outcome, Override, Policy, Vote
from ccb.model import ChangeRequest, Consent
from ccb.voting import Cast, Entitled, Question


def question_for(
    request: ChangeRequest,
    policy: Policy,
    board: Board,
    *,
    consents: Sequence[Consent],
    overrides: Iterable[Override] = (),
    closed: bool,
    at: datetime,
) -> Question:
    """What is asked of a board about a request at that moment."""
    return Question(
        policy=policy,
        seats=tuple(
            Entitled(
                member=seat.person,
                group=seat.group,
                alternates=tuple(
                    dict.fromkeys(
                        one.person for one in board.alternates if one.member == seat.person and one.active(at)
                    )
                ),
            )
            for seat in board.members
        ),
        consents=tuple(consents),
        affected=tuple(sorted(request.groups)),
        originator=request.originator,
        implementer=request.effective_implementer,
        reviewer=request.reviewer,
        emergency=request.kind == "emergency",
        closed=closed,
        overrides={one.requirement: f"{one.by} ({one.role}): {one.why}" for one in overrides},
    )


def cast_of(vote: Vote, board: Board, *, stale: bool) -> Cast:
    """The current vote of a person; for a seat only if the person could fill it when voting."""
    seat = vote.seat if vote.seat and board.seat_of(vote.voter, vote.at) == vote.seat else ""
    return Cast(voter=vote.voter, seat=seat, value=vote.value, stale=stale)


def deadline(policy: Policy, referred_at: datetime | None) -> datetime | None:
    """When voting ends; None when the policy sets no end."""
    if not policy.deadline or referred_at is None:
        return None
    return referred_at + timedelta(seconds=policy.deadline)


def replayed(
    request: ChangeRequest,
    policy: Policy,
    board: Board,
    decision: Decision,
    *,
    votes: Sequence[Vote],
    overrides: Iterable[Override],
    consenters: Iterable[str],
    groups: Mapping[str, Sequence[str]],
) -> Outcome:
    """Count again what was decided, on exactly the digests the decision names.

    `votes` are those the decision lists, `consenters` the voters its assessment required, `groups`
    the groups each person spoke for. A vote over another digest or of an earlier round is stale.
    """
    consents = [
        Consent(person=one, why=("asked for by the assessment",), groups=tuple(groups.get(one, ())))
        for one in consenters
    ]
    question = question_for(
        request,
        policy,
        board,
        consents=consents,
        overrides=overrides,
        closed=decision.closed,
        at=decision.at,
    )
    casts = [cast_of(vote, board, stale=not about(vote, decision)) for vote in voting.current(votes).values()]
    return voting.outcome(question, casts)


def about(vote: Vote, decision: Decision) -> bool:
    """Whether a vote is about exactly what was decided, in the same round."""
    return (vote.round, vote.content, vote.assessment, vote.policy) == (
        decision.round,
        decision.content,
        decision.assessment,
        decision.policy,
    )

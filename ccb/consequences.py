"""What a decision brings about: conditions to be met, reviews to be held, people to be told.

Each becomes an action item with an owner and a date, in the transaction of the decision, so that it
is overdue one day and goes up the ladder (`cmdb tick`). A review is never with who did the work.
Source: rules.md 5, kind emergency; 6, conditions and overrides; 9, Action item.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from ccb.ballot import BLOCKS, Board, Decision, Override, Vote, blocks
from ccb.model import ChangeRequest
from ccb.standing import EMERGENCY_REVIEW
from cmdb import action_items, notice_rules, notices
from cmdb.canonical import rfc3339
from cmdb.model import Person
from cmdb.store import UnitOfWork

VOTE_ASKED = "Your vote is asked on"  # how such a notice begins; the inbox knows it by that
REVIEWED = timedelta(days=7)  # how long after the work its review is due, and what has to be met by then
AT_LEAST = timedelta(hours=1)  # how long anybody has to meet a condition of work that begins at once


def asked(request: ChangeRequest) -> str:
    """How somebody is told that their vote is asked."""
    return f"{VOTE_ASKED} {request.id}: {request.title}"


def follow_up(
    uow: UnitOfWork,
    request: ChangeRequest,
    votes: Iterable[Vote],
    board: Board,
    *,
    steps: Collection[str] = BLOCKS,
    actor: str,
    at: datetime,
) -> int:
    """Note what a carried ballot was carried on: each condition, and the review of an emergency.

    `votes` are those that counted, `steps` the steps of the request that can still wait for something,
    `actor` whose act decided it. Gives how many action items that makes.
    """
    wanted = [(vote, one) for vote in votes for one in vote.conditions if blocks(one) in steps]
    for vote, condition in wanted:
        _condition(uow, request, condition, by=vote.voter, at=at)
    if request.kind != "emergency" or "closing" not in steps:
        return len(wanted)
    what = f"{EMERGENCY_REVIEW} {request.id}."
    _review(uow, request, what, board, blocking="closing", actor=actor, at=at)
    return len(wanted) + 1


def review_override(uow: UnitOfWork, request: ChangeRequest, override: Override, board: Board) -> None:
    """Note that somebody other than who set a requirement aside is to review that."""
    what = f"Review the override of '{override.requirement}'."
    _review(uow, request, what, board, besides=(override.by,), actor=override.by, at=override.at)


def reviewer_of(
    uow: UnitOfWork, board: Board, request: ChangeRequest, besides: Iterable[str], at: datetime
) -> str:
    """Who reviews: who chairs the board, else a member, else anybody who answers for the request.

    Neither the implementer nor one of `besides` where there is anybody else.
    """
    people = (*board.presiding(at), *(seat.person for seat in board.members), request.originator)
    barred = {request.effective_implementer, *besides}
    return next((one for one in people if one not in barred and _active(uow, one)), board.chair)


def tell_decided(uow: UnitOfWork, request: ChangeRequest, decision: Decision) -> None:
    """Tell originator, implementer and affected groups what was decided."""
    people = [request.originator, request.effective_implementer]
    for id in request.groups:
        people += notice_rules.of_group(uow, id)
    alone = " (decided by one person)" if decision.alone else ""
    until = f" until {rfc3339(decision.until)}" if decision.until else ""
    why = f" ({decision.rationale})" if decision.until and decision.rationale else ""
    notices.tell(
        uow,
        [one for one in people if one],
        about=f"change:{request.id}",
        text=f"{request.id} is {request.state}{until}{alone}: {request.title}{why}",
        at=decision.at,
        kind="decision taken",
    )


def _condition(uow: UnitOfWork, request: ChangeRequest, condition: str, *, by: str, at: datetime) -> None:
    """A condition is met by the implementer, by when the step it blocks is due; who set it hears of it."""
    before = blocks(condition)
    start = request.window.start if request.window else at + REVIEWED
    due = max(start, at + AT_LEAST) if before == "check-out" else _after_the_work(request, at)
    action_items.initiate(
        uow,
        origin=f"change:{request.id}",
        what=condition,
        owner=request.effective_implementer,
        items=_items(request),
        blocks=before,
        due=due,
        actor=by,
        at=at,
    )


def _review(
    uow: UnitOfWork,
    request: ChangeRequest,
    what: str,
    board: Board,
    *,
    besides: tuple[str, ...] = (),
    blocking: str = "",
    actor: str,
    at: datetime,
) -> None:
    owner = reviewer_of(uow, board, request, besides, at)
    involved = dict.fromkeys((request.effective_implementer, *besides))
    action_items.initiate(
        uow,
        origin=f"change:{request.id}",
        what=what,
        owner=owner,
        items=_items(request),
        blocks=blocking,
        due=_after_the_work(request, at),
        told=tuple(one for one in involved if one != owner),
        actor=actor,
        at=at,
    )


def _after_the_work(request: ChangeRequest, at: datetime) -> datetime:
    return max(request.window.end if request.window else at, at) + REVIEWED


def _items(request: ChangeRequest) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.id for one in request.changes if one.holder[0] == "item"))


def _active(uow: UnitOfWork, person: str) -> bool:
    found = uow.find(Person, person)
    return found is not None and found.active

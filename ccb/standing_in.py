"""Standing in: the request by which a member of a board has somebody vote in their seat for a while.

Who may vote is part of the board's record, so under control it changes by request to the site board.
Pure. Source: rules.md 6, Alternates for periods; Policies, boards, people change by request.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ccb.ballot import Alternate, Board
from ccb.model import ChangeDraft, ProposedChange, Window
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, Refused

DAYS = 30  # how long the window of such a request is: nothing goes down, so only the deadline counts
LONGEST = timedelta(days=366)


def delegated(
    board: Board, member: str, person: str, *, start: datetime, end: datetime, at: datetime
) -> Board:
    """The board with somebody standing in for a member from `start` until before `end`.

    Raises Refused for who has no seat to give away, Invalid for a period that is over, endless or
    overlaps one in which the same person stands in already, or for somebody who is a member.
    """
    if not any(seat.person == member for seat in board.members):
        raise Refused(
            f"{member} has no seat on the board {board.id} to have somebody vote in.",
            f"Who sits on it: 'cmdb board show {board.id}'.",
        )
    remedy = f"Give another period: 'cmdb board delegate {board.id} {person} --from T --until T'."
    if end <= start or end <= at:
        raise Invalid("The period ends before it begins, or is over already.", remedy)
    if start < at:
        raise Invalid("The period begins in the past; nobody votes there any more.", remedy)
    if end - start > LONGEST:
        raise Invalid("Nobody stands in for more than a year at a time.", remedy)
    for one in board.alternates:
        if (one.person, one.member) == (person, member) and _overlap(one, start, end):
            raise Invalid(f"{person} stands in for {member} in part of that period already.", remedy)
    added = Alternate(person=person, member=member, start=start, end=end)
    return board.but(alternates=(*board.alternates, added))


def taken_back(board: Board, member: str, person: str, *, at: datetime) -> Board:
    """The board with nobody of that name standing in for a member from now on; past periods stay.

    Raises Refused where the person does not stand in for the member now or later.
    """
    kept, found = [], False
    for one in board.alternates:
        ours = (one.person, one.member) == (person, member) and (one.end is None or one.end > at)
        found = found or ours
        if not ours:
            kept.append(one)
        elif one.start < at:
            kept.append(one.but(end=at))
    if not found:
        raise Refused(
            f"{person} does not stand in for {member} on the board {board.id}.",
            f"Who does: 'cmdb board show {board.id}'.",
        )
    return board.but(alternates=tuple(kept))


def draft_of(board: Board, after: Board, member: str, reason: str, *, at: datetime) -> ChangeDraft:
    """The request to the site board that makes these the alternates of a board under control."""
    gone = (
        "takes back who stands in"
        if len(after.alternates) <= len(board.alternates)
        else "has somebody stand in"
    )
    return ChangeDraft(
        title=f"{member} {gone} on the board {board.id}",
        reason=reason or f"{member} asks for it.",
        window=Window(start=at, end=at + timedelta(days=DAYS)),
        backout="Take it out of the record of the board again, by request.",
        test=f"'cmdb board show {board.id}' lists who stands in for whom, and when.",
        changes=(
            ProposedChange(
                record="board",
                id=board.id,
                operation="set",
                exact={"alternates": fields(after.alternates)},
            ),
        ),
    )


def fields(alternates: Sequence[Alternate]) -> list[Mapping[str, Any]]:
    """Alternates as the record of a board has them."""
    return [
        {
            "person": one.person,
            "member": one.member,
            "start": rfc3339(one.start),
            **({"end": rfc3339(one.end)} if one.end else {}),
        }
        for one in sorted(alternates, key=lambda one: (one.person, one.start))
    ]


def _overlap(one: Alternate, start: datetime, end: datetime) -> bool:
    return one.start < end and (one.end is None or start < one.end)

"""What lies before a board, in the order a meeting takes it up: by deadline, risk, allowance.

Reads the ballots as they were last assessed, so that a long agenda does not keep a meeting waiting.
Inside a transaction; commits nothing. Source: rules.md 6, Meetings, agenda by query.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccb import ballots, requests, tables_meetings
from ccb.ballot import Outcome
from ccb.meeting import AgendaItem, Meeting, numbered
from ccb.model import ChangeRequest
from ccb.risk import CLASSES
from cmdb.model import Value
from cmdb.store import UnitOfWork

ORDERS = ("deadline", "risk", "allowance")
_FAR = timedelta(days=36_500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Value):
    """A request that could stand on an agenda, with what it is ordered by.

    `deadline` is when voting ends; `allowance_s` the seconds its worst case takes of any one promise
    and `breach` whether that breaks one; `late` that it came after the submission deadline.
    """

    request: ChangeRequest
    deadline: datetime | None
    risk: str
    allowance_s: int
    breach: bool
    outcome: Outcome
    late: bool = False


def candidates(
    uow: UnitOfWork, board: str, *, order: str = "deadline", closes_at: datetime | None = None, at: datetime
) -> tuple[Candidate, ...]:
    """Every request under review at a board, in this order; ties by the other two, then by number.

    Those referred after `closes_at` are late, unless they are emergencies; they come last.
    """
    found = []
    for request in reversed(requests.listed(uow, states=("under review",))):
        if request.board != board:
            continue
        now = ballots.last_known(uow, request, at=at)
        planned = now.assessment.material.get("planned", ())
        late = closes_at is not None and request.referred_at is not None and request.referred_at > closes_at
        found.append(
            Candidate(
                request=request,
                deadline=now.deadline,
                risk=str(now.assessment.material.get("risk", "")),
                allowance_s=max((int(one.get("worst_s", 0)) for one in planned), default=0),
                breach=any(one.get("breach_worst", False) for one in planned),
                outcome=now.outcome,
                late=late and request.kind != "emergency",
            )
        )
    first = [order, *(one for one in ORDERS if one != order)]
    return tuple(sorted(found, key=lambda one: (one.late, *(_rank(one, by, at) for by in first))))


def _rank(one: Candidate, by: str, at: datetime) -> tuple[float, ...]:
    """How early an agenda takes it up by one of the orders: the lower, the earlier."""
    if by == "deadline":
        return (((one.deadline or at + _FAR) - at).total_seconds(),)
    if by == "risk":
        return (-CLASSES.index(one.risk) if one.risk in CLASSES else 1,)
    return (-int(one.breach), -one.allowance_s)


def in_time(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Those that came before the submission deadline."""
    return tuple(one for one in found if not one.late)


def proposed(uow: UnitOfWork, meeting: Meeting, *, order: str = "deadline", at: datetime) -> Meeting:
    """The meeting with its agenda as it would be if it were opened now.

    What the last meeting did not reach comes first, then what was put on by hand, then every other
    request before the board that came before the submission deadline. An opened one is as it is.
    """
    if meeting.state != "planned":
        return meeting
    items = [*_carried(uow, meeting), *meeting.agenda]
    known = {one.request for one in items if one.request}
    found = candidates(uow, meeting.board, order=order, closes_at=meeting.closes_at, at=at)
    items += [
        AgendaItem(number=1, request=one.request.id, title=one.request.title, origin="query")
        for one in in_time(found)
        if one.request.id not in known
    ]
    return meeting.but(agenda=numbered(items))


def _carried(uow: UnitOfWork, meeting: Meeting) -> list[AgendaItem]:
    """What the last meeting held carried over, and every one cancelled since, and is still open."""
    known = {one.request or one.title for one in meeting.agenda}
    found: list[AgendaItem] = []
    for last in _since_the_last_held(uow, meeting.board):
        for one in last.agenda:
            what = one.request or one.title
            if one.state == "carried over" and what not in known and is_open(uow, one):
                known.add(what)
                about = AgendaItem(number=1, request=one.request, title=one.title, origin="carried over")
                found.append(about.but(since=last.id))
    return found


def _since_the_last_held(uow: UnitOfWork, board: str) -> list[Meeting]:
    """The last meeting that was held with those cancelled after it, in order."""
    closed = tables_meetings.with_state(uow, board, "closed")
    found: list[Meeting] = []
    for one in sorted(closed, key=lambda one: (one.closed_at or one.planned_at, _number(one)), reverse=True):
        found.insert(0, one)
        if one.opened_at is not None:
            break
    return found


def _number(meeting: Meeting) -> int:
    return int(meeting.id.rpartition("-")[2])


def is_open(uow: UnitOfWork, item: AgendaItem) -> bool:
    """Whether there is still something to do about an item: a topic, or a ballot that is open."""
    return not item.request or requests.find(uow, item.request).state == "under review"

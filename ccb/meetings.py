"""Holding meetings of a board: opening, attendance, turning items, notes, action items, closing.

A board has one open meeting at most. While it is open, every decision of the board is linked to it
with the seats filled at that moment (`note_decision`, called by `ccb.board` in the transaction of the
decision). Series and calling are in `ccb.calling`, drawing up the agenda in `ccb.agenda`; signing
minutes is a floor higher, where the library is. Source: rules.md 6, Meetings.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ccb import agenda, tables_meetings
from ccb.ballot import Board, Decision, Policy
from ccb.ballots import Ballot
from ccb.meeting import (
    AgendaItem,
    Attendance,
    Held,
    Meeting,
    Said,
    Taken,
    capacity_of,
    is_early,
)
from ccb.model import ChangeRequest
from cmdb import action_items, journal, notices
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Person
from cmdb.roles import registered
from cmdb.store import Store, UnitOfWork
from cmdb.work import ActionItem


def open_(
    store: Store, id: str, *, order: str = "deadline", early: bool = False, actor: str, at: datetime
) -> Meeting:
    """Open a called meeting: its agenda is drawn up and whoever opens it is there.

    Raises Refused while another meeting of the board is open, to anybody but the chair or who stands
    in for the chair, and more than an hour before it is called for unless that is meant (`early`):
    then everybody who may sit in it is told.
    """
    with store.write() as uow:
        meeting, board = led(uow, id, actor, at)
        refuse_state(meeting, "planned")
        already = open_meeting(uow, board.id)
        if already is not None:
            raise Refused(
                f"{already.id} of the board {board.id} is open.",
                f"Close it first: 'cmdb board meeting close {already.id}'.",
            )
        ahead = is_early(meeting.planned_at, at)
        if ahead and not early:
            raise Refused(
                f"{meeting.id} is called for {rfc3339(meeting.planned_at)}; others are not there yet.",
                f"Open it then, or now and tell them: 'cmdb board meeting open {meeting.id} --early'.",
            )
        meeting = agenda.proposed(uow, meeting, order=order, at=at)
        capacity, seat = capacity_of(board, actor, at)
        first = Attendance(person=actor, capacity=capacity, seat=seat, came=at)
        meeting = meeting.but(
            state="open",
            opened_at=at,
            opened_by=actor,
            attendance=(first,),
            current=1 if meeting.agenda else 0,
            turned_at=at,
        )
        changed: dict[str, Any] = {"agenda": len(meeting.agenda)}
        if ahead:
            changed["early"] = True
            words = f"is open already; it was called for {rfc3339(meeting.planned_at)}"
            tell(uow, board, meeting, words, actor, at)
        meeting = kept(uow, meeting, "meeting open", actor, at, changed)
        uow.commit()
    return meeting


def attend(
    store: Store, id: str, people: Sequence[str], *, left: bool = False, actor: str, at: datetime
) -> Meeting:
    """Note that people came to an open meeting, or left it. Everybody notes themself; the chair anybody.

    In which capacity follows from the board; who has no seat is a guest.
    """
    with store.write() as uow:
        meeting = find(uow, id)
        board = uow.get(Board, meeting.board)
        refuse_state(meeting, "open")
        registered(uow, actor)
        if set(people) != {actor} and not board.presides(actor, at):
            raise Refused(
                f"{actor} notes nobody else at {meeting.id}.", f"Ask {board.chair}, who chairs {board.id}."
            )
        for person in dict.fromkeys(people):
            meeting = _attended(uow, meeting, board, person, left=left, at=at)
        verb = "left" if left else "came"
        meeting = kept(uow, meeting, "meeting attend", actor, at, {verb: ", ".join(dict.fromkeys(people))})
        uow.commit()
    return meeting


def turn(store: Store, id: str, *, to: int = 0, actor: str, at: datetime) -> Meeting:
    """Take the next item of the agenda in hand, or one by its number; 0 is the next that waits.

    A topic left behind is dealt with; a request stays as its ballot is.
    """
    with store.write() as uow:
        meeting, _board = led(uow, id, actor, at)
        refuse_state(meeting, "open")
        if to < 0 or to > len(meeting.agenda):
            raise Invalid(
                f"The agenda of {meeting.id} has no item {to}.",
                f"It has {len(meeting.agenda)}: 'cmdb board meeting show {meeting.id}'.",
            )
        meeting = _left_item(meeting, at)
        waiting = [one.number for one in meeting.agenda if one.state == "waiting"]
        later = [one for one in waiting if one > meeting.current]
        earlier = [one for one in waiting if one < meeting.current]
        wanted = to or next(iter([*later, *earlier]), 0)
        meeting = meeting.but(current=wanted, turned_at=at)
        meeting = kept(uow, meeting, "meeting next", actor, at, {"item": wanted})
        uow.commit()
    return meeting


def note(store: Store, id: str, number: int, text: str, *, actor: str, at: datetime) -> Meeting:
    """Write what the chair notes on an item, or with number 0 on the meeting as a whole.

    Also after it was closed: minutes signed again are corrected ones.
    """
    with store.write() as uow:
        meeting, _board = led(uow, id, actor, at)
        if meeting.state == "planned":
            refuse_state(meeting, "open")
        if number < 0 or number > len(meeting.agenda):
            raise Invalid(
                f"The agenda of {meeting.id} has no item {number}.",
                f"It has {len(meeting.agenda)}: 'cmdb board meeting show {meeting.id}'.",
            )
        if number:
            meeting = meeting.with_item(meeting.agenda[number - 1].but(notes=text))
        else:
            meeting = meeting.but(notes=text)
        meeting = kept(uow, meeting, "meeting note", actor, at, {"item": number, "notes": text})
        uow.commit()
    return meeting


def raise_action(
    store: Store, id: str, *, what: str, owner: str, due: datetime | None = None, actor: str, at: datetime
) -> ActionItem:
    """Raise an action item in an open meeting; the meeting approves it. Its origin is the meeting."""
    with store.write() as uow:
        meeting, _board = led(uow, id, actor, at)
        refuse_state(meeting, "open")
        registered(uow, owner)
        if due is not None and due <= at:
            raise Invalid("That date has passed already.", "Give a later one with --due TIME.")
        item = action_items.initiate(
            uow, origin=f"meeting:{meeting.id}", what=what, owner=owner, due=due, actor=actor, at=at
        )
        changed = {"action": item.id, "what": what}
        journalled(uow, "meeting action", f"meeting:{meeting.id}", actor, at, changed)
        uow.commit()
    return item


def undecided(uow: UnitOfWork, meeting: Meeting) -> tuple[AgendaItem, ...]:
    """The items whose ballot is still open, and the topics nobody took up."""
    return tuple(one for one in meeting.agenda if one.state == "waiting" and agenda.is_open(uow, one))


def close(store: Store, id: str, *, carry_over: bool = False, actor: str, at: datetime) -> Meeting:
    """Close an open meeting; what was not reached carries over to the next where that is said.

    Raises Refused, with the list, while ballots on the agenda are open and not carried over.
    """
    with store.write() as uow:
        meeting, _board = led(uow, id, actor, at)
        refuse_state(meeting, "open")
        current = meeting.item
        if current is not None and current.request == "":
            meeting = _left_item(meeting, at)  # the topic in hand was reached
        left = undecided(uow, meeting)
        if left and not carry_over:
            raise Refused(
                f"{meeting.id} has open ballots or topics not taken up.",
                "Decide or defer them, or carry them over:"
                f" 'cmdb board meeting close {meeting.id} --carry-over'.",
                [f"{one.number}. {one.request} {one.title}".replace("  ", " ") for one in left],
            )
        meeting = _left_item(meeting, at)
        numbers = {one.number for one in left}
        items = [
            one.but(state="carried over" if one.number in numbers else "dealt with")
            if one.state == "waiting"
            else one
            for one in meeting.agenda
        ]
        meeting = meeting.but(
            state="closed",
            closed_at=at,
            closed_by=actor,
            current=0,
            turned_at=None,
            agenda=tuple(items),
            attendance=tuple(
                one if one.left else one.but(left=max(at, one.came)) for one in meeting.attendance
            ),
        )
        changed = {"carried over": [one.request or one.title for one in left]}
        meeting = kept(uow, meeting, "meeting close", actor, at, changed)
        uow.commit()
    return meeting


def note_decision(uow: UnitOfWork, request: ChangeRequest, decision: Decision, now: Ballot) -> None:
    """Link a decision to the open meeting of its board, with the seats filled at that moment.

    Called in the transaction of the decision; without an open meeting nothing is noted.
    """
    meeting = open_meeting(uow, decision.board)
    if meeting is None or decision.result == "confirmed":
        return
    taken = taken_of(decision, now.board, now.policy, meeting, now)
    item = meeting.item_of(request.id)
    if item is None:
        item = AgendaItem(
            number=len(meeting.agenda) + 1, request=request.id, title=request.title, origin="at the meeting"
        )
        meeting = meeting.but(agenda=(*meeting.agenda, item))
    state = "deferred" if decision.result == "deferred" else "decided"
    uow.replace(meeting.with_item(item.but(state=state, taken=(*item.taken, taken))))


def taken_of(decision: Decision, board: Board, policy: Policy, meeting: Meeting, now: Ballot) -> Taken:
    """A decision as the minutes tell it."""
    return Taken(
        decision=decision.digest,
        result=decision.result,
        by=decision.by,
        at=decision.at,
        policy=policy.id,
        rationale=decision.rationale,
        until=decision.until,
        quorum=policy.quorum,
        seats=len(board.members),
        present=meeting.present(decision.at),
        votes=tuple(
            Said(
                voter=one.vote.voter,
                capacity=one.vote.capacity,
                seat=one.vote.seat,
                value=one.vote.value,
                reason=one.vote.reason,
                conditions=one.vote.conditions,
                counted=one.counts,
            )
            for one in now.standing
            if not one.stale
        ),
        requirements=tuple(
            Held(title=one.title, status=one.status, detail=one.detail) for one in now.outcome.requirements
        ),
    )


def raised(uow: UnitOfWork, meeting: Meeting) -> list[ActionItem]:
    """The action items that came of a meeting, in order: raised there, or by a decision taken there.

    By a decision: the conditions it was carried on, and the reviews it makes due.
    """
    found = [*action_items.listed(uow, origin=f"meeting:{meeting.id}", only_open=False)]
    for item in meeting.agenda:
        moments = {one.at for one in item.taken}
        of_request = action_items.listed(uow, origin=f"change:{item.request}", only_open=False)
        found += [one for one in of_request if moments and one.initiated_at in moments]
    return sorted(found, key=lambda one: (one.initiated_at, int(one.id.removeprefix("AI-"))))


def tell(uow: UnitOfWork, board: Board, meeting: Meeting, what: str, actor: str, at: datetime) -> None:
    """Tell everybody who may sit in the meeting then, but for who says it."""
    stands_in = [one.person for one in board.alternates if one.active(meeting.planned_at)]
    people = [one for one in (*(seat.person for seat in board.members), *stands_in) if one != actor]
    text = f"{meeting.id} of the board {board.name} {what}"
    notices.tell(uow, people, about=f"meeting:{meeting.id}", text=text, at=at, kind="meeting")


def open_meeting(uow: UnitOfWork, board: str) -> Meeting | None:
    """The open meeting of a board, if there is one."""
    return next(iter(tables_meetings.with_state(uow, board, "open")), None)


def find(uow: UnitOfWork, id: str = "") -> Meeting:
    """A meeting by its id; without one, the only open meeting of the site. Raises NotFound, Refused."""
    if id:
        return uow.get(Meeting, id if id.startswith("MT-") else f"MT-{id}")
    found = [row[0] for row in uow.rows("SELECT id FROM meeting WHERE state = 'open' ORDER BY number")]
    if not found:
        raise NotFound("No meeting is open.", "Name one: 'cmdb board meeting list'.")
    if len(found) > 1:
        raise Refused(f"Several meetings are open: {', '.join(found)}.", "Name the one you mean.")
    return uow.get(Meeting, found[0])


def last_held(uow: UnitOfWork) -> Meeting:
    """The open meeting, else the one that was closed last. Raises NotFound where none was held."""
    found = uow.rows(
        "SELECT id FROM meeting WHERE opened_at IS NOT NULL"
        " ORDER BY CASE state WHEN 'open' THEN 0 ELSE 1 END, closed_at DESC, number DESC LIMIT 1"
    )
    if not found:
        raise NotFound("No meeting was held yet.", "Open one: 'cmdb board meeting list'.")
    return uow.get(Meeting, found[0][0])


def _attended(
    uow: UnitOfWork, meeting: Meeting, board: Board, person: str, *, left: bool, at: datetime
) -> Meeting:
    registered(uow, uow.get(Person, person).id)
    here = next((one for one in meeting.here(at) if one.person == person), None)
    if left:
        if here is None:
            raise Refused(
                f"{person} is not at {meeting.id}.", f"See who is: 'cmdb board meeting show {meeting.id}'."
            )
        stay = tuple(one.but(left=at) if one is here else one for one in meeting.attendance)
        return meeting.but(attendance=stay)
    if here is not None:
        raise Refused(f"{person} is at {meeting.id} already.", "Nothing needs doing.")
    capacity, seat = capacity_of(board, person, at)
    came = Attendance(person=person, capacity=capacity, seat=seat, came=at)
    return meeting.but(attendance=(*meeting.attendance, came))


def _left_item(meeting: Meeting, at: datetime) -> Meeting:
    """Add the time the item in hand took; a topic is dealt with once it was in hand."""
    item = meeting.item
    if item is None:
        return meeting
    state = "dealt with" if not item.request and item.state == "waiting" else item.state
    return meeting.with_item(item.but(seconds=meeting.in_hand(item.number, at), state=state)).but(
        turned_at=at
    )


def led(uow: UnitOfWork, id: str, actor: str, at: datetime) -> tuple[Meeting, Board]:
    """A meeting with its board, for who leads it. Raises Refused to anybody else."""
    meeting = find(uow, id)
    board = uow.get(Board, meeting.board)
    if not board.presides(actor, at):
        raise Refused(
            f"{actor} does not chair the board {board.id}.",
            f"Ask {board.chair}, or who stands in for {board.chair}: 'cmdb board show {board.id}'.",
        )
    return meeting, board


def refuse_state(meeting: Meeting, wanted: str) -> None:
    """Raise Refused unless a meeting is in a state, with what leads on."""
    if meeting.state == wanted:
        return
    remedy = {
        "planned": f"Open it: 'cmdb board meeting open {meeting.id}'.",
        "open": f"See it: 'cmdb board meeting show {meeting.id}'.",
        "closed": "Call another: 'cmdb board meeting call'.",
    }
    raise Refused(f"{meeting.id} is {meeting.state}, not {wanted}.", remedy[meeting.state])


def kept(
    uow: UnitOfWork,
    meeting: Meeting,
    action: str,
    actor: str,
    at: datetime,
    changed: dict[str, Any] | None = None,
) -> Meeting:
    """Keep the meeting and note who did what; the use case commits."""
    uow.replace(meeting)
    journalled(uow, action, f"meeting:{meeting.id}", actor, at, changed or {})
    return meeting


def journalled(
    uow: UnitOfWork, action: str, subject: str, actor: str, at: datetime, changed: dict[str, Any]
) -> None:
    """Note who did what with a meeting or a series of them."""
    journal.record(uow, at=at, actor=actor, action=action, subjects=(subject,), changed=changed)

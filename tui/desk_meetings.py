"""Meetings of a real site for the app: each question is one read transaction.

Source: `tui.meeting_source.Meetings`.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from ccb import agenda, ballots, meetings, requests, tables_meetings
from ccb.ballot import Board
from ccb.meeting import AgendaItem, Meeting
from cmdb.errors import NotFound
from cmdb.store import Store, UnitOfWork
from tui.desk_cards import ballot_line
from tui.meeting_source import AgendaLine, MeetingCard


class MeetingDesk:
    """One site, one person, one clock."""

    def __init__(self, store: Store, person: str, clock: Callable[[], datetime]) -> None:
        self.store, self.person, self.clock = store, person, clock

    def mark(self) -> int:
        """A number that is another one whenever anybody wrote anything: the last journal entry's."""
        with self.store.read() as uow:
            return int(uow.rows("SELECT COALESCE(MAX(sequence), 0) FROM journal")[0][0])

    def meeting(self, id: str) -> MeetingCard:
        """A meeting; without an id the open one, else the next that is called, else the last held."""
        at = self.clock()
        with self.store.read() as uow:
            meeting = agenda.proposed(uow, meetings.find(uow, id) if id else _now(uow), at=at)
            board = uow.get(Board, meeting.board)
            there = meeting.here(at) if meeting.state == "open" else ()
            return MeetingCard(
                id=meeting.id,
                board=board.id,
                title=board.name,
                state="cancelled"
                if meeting.state == "closed" and meeting.opened_at is None
                else meeting.state,
                planned_at=meeting.planned_at,
                planned_for=meeting.planned_for,
                opened_at=meeting.opened_at,
                closed_at=meeting.closed_at,
                closes_at=meeting.closes_at,
                current=meeting.current,
                turned_at=meeting.turned_at,
                there=tuple(
                    one.person + (f" for {one.seat}" if one.capacity == "alternate" else "")
                    for one in there
                    if one.seat
                )
                + tuple(f"{one.person} (guest)" for one in there if not one.seat),
                present=len(meeting.present(at)) if there else 0,
                seats=len(board.members),
                leads=bool(self.person) and board.presides(self.person, at),
                chair=board.chair,
                agenda=tuple(map(partial(self._line, uow, at=at), meeting.agenda)),
                waiting=len(meetings.undecided(uow, meeting)),
                signed=len(tables_meetings.minutes_of(uow, meeting.id)),
            )

    def _line(self, uow: UnitOfWork, item: AgendaItem, *, at: datetime) -> AgendaLine:
        request = requests.find(uow, item.request) if item.request else None
        ballot = None
        if request is not None and request.state == "under review":
            ballot = ballot_line(ballots.last_known(uow, request, at=at), self.person, at)
        return AgendaLine(
            number=item.number,
            request=item.request,
            title=item.title,
            state=item.state,
            seconds=item.seconds,
            origin=f"from {item.since}" if item.since else item.origin,
            notes=item.notes,
            ballot=ballot,
            result=item.taken[-1].result if item.taken else "",
        )


def _now(uow: UnitOfWork) -> Meeting:
    """The meeting somebody who names none means."""
    every = tables_meetings.meetings(uow)
    for state in ("open", "planned"):
        found = sorted((one for one in every if one.state == state), key=lambda one: one.planned_at)
        if found:
            return found[0]
    held = [one for one in every if one.opened_at is not None]
    if not held:
        raise NotFound(
            "No meeting is called.", "Call one: 'cmdb board meeting call --board BOARD --at TIME'."
        )
    return held[-1]

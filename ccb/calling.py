"""Calling meetings of a board: series that come back by a rule, one meeting, what is put on by hand.

Source: rules.md 6, Meetings; RFC 5545, 3.3.10.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from ccb import requests, tables_meetings
from ccb.ballot import Board
from ccb.meeting import AgendaItem, Meeting, Series, deadline_of, numbered
from ccb.meetings import journalled, kept, led, refuse_state, tell
from cmdb.calendar import recurring, rule_problems
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, Refused
from cmdb.model import check, shown
from cmdb.numbers import next_number
from cmdb.periods import zone_of
from cmdb.roles import allowed, registered, roles_of
from cmdb.store import Store, UnitOfWork

AHEAD = timedelta(days=2 * 366)  # how far the next meeting of a series is looked for


def add_series(store: Store, series: Series, *, actor: str, at: datetime) -> Series:
    """Agree on meetings that come back. Raises Invalid with every problem, Refused for a stranger."""
    with store.write() as uow:
        board = uow.get(Board, series.board)
        _refuse_stranger(uow, board, actor, at)
        zone_of(series.zone)
        check(f"Series '{shown(series.id)}'", rule_problems("The rule", series.rule))
        if uow.find(Series, series.id) is not None:
            raise Refused(
                f"There is a series '{series.id}' already.", "Choose another id: 'cmdb board series list'."
            )
        if next(occurrences(series, after=at), None) is None:
            raise Invalid(
                f"The series '{series.id}' names no meeting in the next two years.", "Correct its rule."
            )
        uow.add(series)
        journalled(uow, "meeting series add", f"series:{series.id}", actor, at, {"board": series.board})
        uow.commit()
    return series


def end_series(store: Store, id: str, *, actor: str, at: datetime) -> Series:
    """Say that no further meetings of a series follow; those called already stay."""
    with store.write() as uow:
        series = uow.get(Series, id)
        _refuse_stranger(uow, uow.get(Board, series.board), actor, at)
        if series.ended_at is not None:
            raise Refused(f"The series '{id}' has ended already.", "Nothing needs doing.")
        series = series.but(ended_at=at)
        uow.replace(series)
        journalled(uow, "meeting series end", f"series:{id}", actor, at, {})
        uow.commit()
    return series


def occurrences(series: Series, *, after: datetime) -> Iterator[tuple[datetime, int]]:
    """The meetings a series names after a moment: when each begins and how many seconds it lasts."""
    if series.ended_at is not None and series.ended_at <= after:
        return
    begin = int(after.timestamp())
    zone = zone_of(series.zone)
    for start, end in recurring((series.rule,), zone, (begin, begin + int(AHEAD.total_seconds()))):
        if start > begin:
            yield datetime.fromtimestamp(start, tz=after.tzinfo), end - start


def call(
    store: Store,
    *,
    board: str = "",
    series: str = "",
    planned_at: datetime | None = None,
    planned_for: int = 3600,
    notice: int = 0,
    actor: str,
    at: datetime,
) -> Meeting:
    """Call a meeting: the next of a series, or one at a moment of its own. The members are told.

    Raises Refused for a meeting in the past, a second one at the same moment, or a stranger.
    """
    with store.write() as uow:
        if series:
            of = uow.get(Series, series)
            board, notice = of.board, of.notice
            if planned_at is None:
                planned_at, planned_for = _next_of(uow, of, at)
        if planned_at is None:
            raise Invalid(
                "When the meeting is was not said.", "Give it: 'cmdb board meeting call --at TIME'."
            )
        seats = uow.get(Board, board)
        _refuse_stranger(uow, seats, actor, at)
        _refuse_moment(uow, board, planned_at, at)
        meeting = Meeting(
            id=f"{tables_meetings.NUMBERS}-{next_number(uow, tables_meetings.NUMBERS)}",
            board=board,
            series=series,
            planned_at=planned_at,
            planned_for=planned_for,
            closes_at=deadline_of(planned_at, notice),
            called_by=actor,
        )
        tables_meetings.add_meeting(uow, meeting)
        tell(uow, seats, meeting, f"is called for {rfc3339(planned_at)}", actor, at)
        changed = {"board": board, "planned_at": meeting.planned_at.isoformat()}
        journalled(uow, "meeting call", f"meeting:{meeting.id}", actor, at, changed)
        uow.commit()
    return meeting


def cancel(store: Store, id: str, *, actor: str, at: datetime) -> Meeting:
    """Take back a meeting that was not opened: it is closed without having been held."""
    with store.write() as uow:
        meeting, board = led(uow, id, actor, at)
        refuse_state(meeting, "planned")
        tell(uow, board, meeting, f"at {rfc3339(meeting.planned_at)} is not held", actor, at)
        meeting = meeting.but(state="closed", closed_at=at, closed_by=actor)
        meeting = meeting.but(agenda=tuple(one.but(state="carried over") for one in meeting.agenda))
        meeting = kept(uow, meeting, "meeting cancel", actor, at)
        uow.commit()
    return meeting


def put_on(
    store: Store, id: str, *, request: str = "", title: str = "", place: int = 0, actor: str, at: datetime
) -> Meeting:
    """Put a request or a topic on the agenda by hand, at the end or at a place, or move it there."""
    with store.write() as uow:
        meeting, board = led(uow, id, actor, at)
        if meeting.state == "closed":
            refuse_state(meeting, "open")
        items = list(meeting.agenda)
        if request:
            asked = requests.find(uow, request)
            if (asked.state, asked.board) != ("under review", board.id):
                raise Refused(
                    f"{asked.id} does not lie before the board {board.id}: it is {asked.state}.",
                    f"Refer it first: 'cmdb board refer {asked.id}'.",
                )
            known = meeting.item_of(asked.id)
            new = known or AgendaItem(number=1, request=asked.id, title=asked.title, origin="by hand")
        elif title.strip():
            known = next((one for one in items if not one.request and one.title == title), None)
            new = known or AgendaItem(number=1, title=title, origin="by hand")
        else:
            raise Invalid(
                "An agenda item needs a request or a title.", "Name a request, or give --topic TEXT."
            )
        if place < 0 or place > len(items) + 1:
            raise Invalid(f"The agenda has no place {place}.", f"Places are 1 to {len(items) + 1}.")
        if known is not None:
            items.remove(known)
        items.insert(place - 1 if place else len(items), new)
        meeting = kept(uow, _renumbered(meeting, items), "meeting agenda", actor, at, {"put on": new.title})
        uow.commit()
    return meeting


def _next_of(uow: UnitOfWork, series: Series, at: datetime) -> tuple[datetime, int]:
    """The next meeting of a series that nobody called yet."""
    called = {one.planned_at for one in tables_meetings.meetings(uow, board=series.board)}
    for planned_at, length in occurrences(series, after=at):
        if planned_at not in called:
            return planned_at, length
    raise Refused(
        f"The series '{series.id}' names no further meeting.", "Agree on another: 'cmdb board series add'."
    )


def _renumbered(meeting: Meeting, items: Sequence[AgendaItem]) -> Meeting:
    """The agenda in a new order; the item in hand stays in hand."""
    held = meeting.item
    current = next((at for at, one in enumerate(items, start=1) if one is held), 0) if held else 0
    # In one step: a number that belongs to the old order would be refused in between.
    return meeting.but(agenda=numbered(items), current=current)


def _refuse_stranger(uow: UnitOfWork, board: Board, actor: str, at: datetime) -> None:
    """Meetings are called by who leads them, or by whoever keeps boards."""
    registered(uow, actor)
    if not board.presides(actor, at) and not roles_of(uow, actor, at=at) & allowed(uow, "define boards"):
        raise Refused(
            f"{actor} does not call meetings of the board {board.id}.",
            f"Ask its chair {board.chair}, or the CM group.",
        )


def _refuse_moment(uow: UnitOfWork, board: str, planned_at: datetime, at: datetime) -> None:
    if planned_at < at:
        raise Refused("That moment has passed already.", "Call it for now or later: --at TIME.")
    for one in tables_meetings.with_state(uow, board, "planned"):
        if one.planned_at == planned_at:
            raise Refused(
                f"{one.id} is called for that moment already.", f"See 'cmdb board meeting show {one.id}'."
            )

"""Events by urgency: which want somebody's attention first, and whose they are.

What is unresolved comes before what is resolved and what is over; then priority, then the deadline, then
the newest report. Inside a transaction, read only. Source: rules.md 9, Event; IT Service CMM 5.6,
Activity 5.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cmdb import (
    tables,  # noqa: F401 - registers the rows that are read here
    tables_events,  # noqa: F401 - the same
)
from cmdb.canonical import rfc3339
from cmdb.model import Group
from cmdb.reported import PRIORITIES, UNRESOLVED, Event
from cmdb.store import UnitOfWork

_TEXT = ("id", "kind", "state", "priority", "description", "responsible", "reporter", "reference")


class Sought(NamedTuple):
    """Which events are sought; what is left empty lets everything through.

    `whose` is a person: events they answer for, and those nobody answers for about items they own or that
    belong to a group of theirs. `trouble` leaves those that are late, unanswered or still have something
    down, `nobodys` those recorded here that nobody answers for. Each of `words` has to be found in what the
    event says or in the id of an item it concerns.
    """

    states: tuple[str, ...] = ()
    whose: str = ""
    item: str = ""
    change: str = ""
    trouble: bool = False
    nobodys: bool = False
    words: tuple[str, ...] = ()


def found(uow: UnitOfWork, sought: Sought, *, at: datetime, limit: int = 0) -> tuple[tuple[Event, ...], int]:
    """The most urgent events that are sought, and how many there are; `limit` 0 gives all of them."""
    where, parameters = _where(uow, sought, at)
    total = int(uow.rows(f"SELECT COUNT(*) FROM event WHERE {where}", *parameters)[0][0])
    ranked = f"SELECT id FROM event WHERE {where} ORDER BY {_ORDER}"
    if limit:
        ranked += f" LIMIT {limit:d}"
    ids = [str(row[0]) for row in uow.rows(ranked, *parameters)]
    known = {one.id: one for one in _read(uow, ids)}
    return tuple(known[one] for one in ids), total


def late(event: Event, at: datetime) -> str:
    """What is late about an event, in a word; empty where nothing is."""
    return "overdue" if event.overdue(at) else "unanswered" if event.unanswered(at) else ""


def troubled(event: Event, at: datetime) -> bool:
    """Whether an event is late, unanswered, or something of it is still down."""
    return bool(late(event, at)) or (event.unresolved and bool(event.down) and event.ended is None)


def due(event: Event) -> datetime | None:
    """The next moment by which something has to be done: an answer while nobody looked, else its end."""
    if not event.unresolved:
        return None
    times = [event.resolve_by, event.respond_by if event.state == "recorded" else None]
    return min((one for one in times if one is not None), default=None)


def groups_of(uow: UnitOfWork, person: str) -> tuple[str, ...]:
    """The groups a person leads or is a member of."""
    return tuple(one.id for one in uow.all(Group) if person in (one.lead, *one.members))


def _ranks(column: str, values: Sequence[str]) -> str:
    whens = " ".join(f"WHEN '{one}' THEN {place}" for place, one in enumerate(values))
    return f"CASE {column} {whens} ELSE {len(values)} END"


_UNRESOLVED = ", ".join(f"'{one}'" for one in UNRESOLVED)
_WHILE = f"CASE WHEN state IN ({_UNRESOLVED}) THEN 0 WHEN state = 'resolved' THEN 1 ELSE 2 END"
_ORDER = (
    f"{_WHILE}, {_ranks('priority', PRIORITIES)}, CASE WHEN resolve_by IS NULL THEN 1 ELSE 0 END, resolve_by,"
    " reported DESC, LENGTH(id) DESC, id DESC"
)
PAGE = 500  # ids one statement names


def _read(uow: UnitOfWork, ids: Sequence[str]) -> list[Event]:
    events: list[Event] = []
    for start in range(0, len(ids), PAGE):
        part = ids[start : start + PAGE]
        events += uow.where(Event, f"id IN ({', '.join('?' * len(part))})", *part)
    return events


def _where(uow: UnitOfWork, sought: Sought, at: datetime) -> tuple[str, list[Any]]:
    clauses, parameters = ["1 = 1"], list[Any]()
    if sought.states:
        clauses.append(f"state IN ({', '.join('?' * len(sought.states))})")
        parameters += sought.states
    if sought.item:
        clauses.append("id IN (SELECT event FROM event_item WHERE item = ?)")
        parameters.append(sought.item)
    if sought.change:
        clauses.append("? IN (caused_by, fixed_by)")
        parameters.append(sought.change)
    if sought.whose:
        groups = groups_of(uow, sought.whose)
        mine = "item.owner = ?"
        if groups:
            mine += f" OR item.grp IN ({', '.join('?' * len(groups))})"
        clauses.append(
            "(responsible = ? OR (responsible = '' AND id IN (SELECT event_item.event FROM event_item"
            f" JOIN item ON item.id = event_item.item WHERE {mine})))"
        )
        parameters += [sought.whose, sought.whose, *groups]
    if sought.nobodys:
        clauses.append("responsible = '' AND source = ''")
    if sought.trouble:
        clauses.append(_TROUBLE)
        parameters += [*UNRESOLVED, rfc3339(at), rfc3339(at)]
    for word in sought.words:
        text = " || ' ' || ".join(_TEXT)
        like = f"%{_escaped(word.lower())}%"
        clauses.append(
            f"(LOWER({text}) LIKE ? ESCAPE '!' OR id IN"
            " (SELECT event FROM event_item WHERE LOWER(item) LIKE ? ESCAPE '!'))"
        )
        parameters += [like, like]
    return " AND ".join(clauses), parameters


_TROUBLE = (
    f"(state IN ({', '.join('?' * len(UNRESOLVED))}) AND (resolve_by < ?"
    " OR (state = 'recorded' AND respond_by < ?) OR (down <> '[]' AND ended IS NULL)))"
)


def _escaped(word: str) -> str:
    return "".join(f"!{letter}" if letter in "!%_" else letter for letter in word)

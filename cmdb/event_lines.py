"""Events as reports need them: plain rows, many of them, as they stand or as they stood.

    lines(asked, until) -> every event reported before a moment
    at_then(asked, found, at) -> the same as they stood at a moment, and of which fields nothing says it

What an event says of its own times - when it was taken in hand, resolved, closed - holds for the past
as well, also where it was recorded later. What was corrected since is read back from the journal.
Source: IT Service CMM 5.6, Activity 6; 5.5, Activity 8.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cmdb.back_then import UNKNOWN, Asked, Said, Told
from cmdb.instants import rfc3339
from cmdb.reported import UNRESOLVED

_LINE = (
    "id, kind, state, priority, reported, resolved_at, closed_at, resolve_by, on_time, caused_by, fixed_by,"
    " responsible, reporter, SUBSTR(description, 1, 400)"
)
_SHOWN = 400  # letters of a description
NOT_RECORDED = "not recorded"  # in the place of what nothing says
_REPORTED, _CLOSED = 4, 6  # their places in it


class Line(NamedTuple):
    """One event, as the report needs it; times are RFC 3339 text, empty where there is none."""

    id: str
    kind: str
    state: str
    priority: str
    reported: str
    resolved: str
    closed: str
    resolve_by: str
    on_time: str
    caused_by: str
    fixed_by: str
    responsible: str
    reporter: str
    description: str
    items: tuple[str, ...] = ()
    lead: int | None = None  # seconds from report to close

    @property
    def over(self) -> str:
        """When it was resolved, as far as anybody said so; empty while it is not, or nobody knows when."""
        return self.resolved or self.closed

    @property
    def late(self) -> bool | None:
        """Whether it was resolved after its deadline; None where nobody can tell."""
        if self.resolve_by and self.over:
            return self.over > self.resolve_by
        return {"yes": False, "no": True}.get(self.on_time)

    def unresolved(self, at: str) -> bool:
        """Whether it stood in the way of a promise at a moment."""
        return self.reported < at and (self.state in UNRESOLVED or self.over >= at)


def lines(asked: Asked, until: str, item: str) -> list[Line]:
    """Every event reported before the end of the period, with its items."""
    where, parameters = "reported < ?", [until]
    if item:
        where += " AND id IN (SELECT event FROM event_item WHERE item = ?)"
        parameters.append(item)
    concerned: dict[str, list[str]] = defaultdict(list)
    for event, one in asked.rows("SELECT event, item FROM event_item ORDER BY event, item"):
        concerned[event].append(one)
    rows = asked.rows(f"SELECT {_LINE} FROM event WHERE {where}", *parameters)
    return [
        Line._make(
            (
                *(part or "" for part in row),
                tuple(concerned[row[0]]),
                _between(row[_REPORTED], row[_CLOSED]) if row[_CLOSED] else None,
            )
        )
        for row in rows
    ]


def at_then(
    asked: Asked, found: list[Line], at: datetime, item: str = ""
) -> tuple[list[Line], dict[str, tuple[str, ...]]]:
    """Events as they stood at a moment, of one item where it is named; and of which fields nothing says it.

    Where nothing says how far one in hand had come it is given as recorded.
    """
    told = Told(asked, "event", at, acts="event ")
    moved = bool(
        list(asked.rows("SELECT 1 FROM journal WHERE at > ? AND action LIKE 'agreement %' LIMIT 1", told.at))
    )
    steps = {
        row[0]: (row[1] or "", row[2] or "", bool(row[3]))
        for row in asked.rows("SELECT id, analysed_at, started_at, source FROM event")
    }
    then, unsaid = [], {}
    for one in found:
        stood, lost = _stood(one, told, steps[one.id], moved)
        if not item or item in stood.items:
            then.append(stood)
            if lost:
                unsaid[one.id] = lost
    return then, unsaid


def caused_then(
    asked: Asked, changes: Collection[str], at: datetime
) -> Iterator[tuple[str, str, Sequence[str]]]:
    """The incidents of which it was said at a moment that one of these changes caused them.

    Of each the change, its id, and the items it concerned then; not what merely might have happened.
    """
    merely = {row[0] for row in asked.rows("SELECT id FROM event WHERE potential")}
    reported = lines(asked, rfc3339(at + timedelta(seconds=1)), "")
    for one in at_then(asked, reported, at)[0]:
        if one.caused_by in changes and one.kind == "incident" and one.state != "withdrawn":
            yield from [] if one.id in merely else [(one.caused_by, one.id, one.items)]


def _stood(one: Line, told: Told, steps: tuple[str, str, bool], moved: bool) -> tuple[Line, tuple[str, ...]]:
    """One event as it stood, with the fields of which nothing says what they were."""
    state, resolved, closed, lost = _state(one, told, steps)
    words: dict[str, Any] = {}
    if told.since(one.id):
        for name in ("kind", "reporter", "caused_by", "fixed_by", "resolve_by"):
            words[name] = told.value(one.id, name, now=getattr(one, name), first="") or ""
        for name in ("priority", "responsible"):  # what they were when it was recorded is in no entry
            words[name] = told.value(one.id, name, now=getattr(one, name))
            if words[name] == UNKNOWN:
                words[name] = NOT_RECORDED
                lost = (*lost, name)
        if moved and told.since(one.id, "event analyse"):
            lost = (*lost, "resolve_by")  # counted anew from agreements that changed
        words["description"] = str(told.stood(one.id, "description", now=one.description))[:_SHOWN]
        items = told.stood(one.id, "items", now=one.items)
        words["items"] = tuple(items.split(", ")) if isinstance(items, str) else items
    over = resolved or closed
    return one._replace(
        state=state,
        resolved=resolved,
        closed=closed,
        lead=one.lead if closed else None,
        on_time=one.on_time if over else "",
        **words,
    ), lost


def _state(one: Line, told: Told, steps: tuple[str, str, bool]) -> tuple[str, str, str, tuple[str, ...]]:
    """How far an event had come: its state, when it was resolved and closed, and what nothing says."""
    analysed, started, imported = steps
    if one.closed and one.closed <= told.at:
        return one.state, one.resolved if one.resolved <= told.at else "", one.closed, ()
    if one.resolved and one.resolved <= told.at:
        return "resolved", one.resolved, "", ()
    back = told.since(one.id, "event reopen", "event resolve", "event close")
    said = _last(told.before(one.id))
    if said is not None and said.changed["state"] == "resolved" and back:  # taken in hand again since
        return "resolved", said.at, "", ("resolved",)
    if started and started <= told.at:
        return "in progress", "", "", ()
    if analysed and analysed <= told.at:
        return "analysed", "", "", ()
    known = one.state in ("recorded", "withdrawn") or analysed or started or not imported
    return "recorded", "", "", () if known else ("state",)


def _last(said: tuple[Said, ...]) -> Said | None:
    """What was said last of how far it had come."""
    return next((one for one in said[::-1] if "state" in one.changed), None)


def _between(start: str, end: str) -> int:
    # What is stored is RFC 3339 in UTC: `instant` would check that once more, for each of very many.
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())

"""Requests that are scheduled or asked for and not over, and what each will have changed, in plain SQL.

Works on any function that runs a statement with `?` placeholders, so that the read path answers about
windows without the ORM. A window that was extended counts as extended. Writes nothing.
Source: rules.md 3, Scheduled and Windowed; speed.md, Read path.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ccb import graph_changes, proposal
from ccb.model import ProposedChange
from cmdb import item_records
from cmdb.canonical import instant
from cmdb.differences import Done
from cmdb.errors import CmdbError, NotFound
from cmdb.graph import GraphDelta
from cmdb.windowed import Work

Rows = Callable[..., Iterable[tuple[Any, ...]]]

SCHEDULED = ("approved", "checked out")
UNDECIDED = ("submitted", "assessed", "under review")
NOTHING = GraphDelta()


class Planned(NamedTuple):
    """A request with a window: what is down meanwhile, how long (seconds), and its changes as JSON text."""

    reference: str
    kind: str
    start: datetime
    end: datetime
    down: tuple[str, ...]
    expected: int
    worst: int
    changes: str

    def work(self, delta: GraphDelta | None = None) -> Work:
        """The same as an answer about a window takes it."""
        return Work(reference=self.reference, start=self.start, end=self.end, down=self.down, delta=delta)


class _Type(NamedTuple):
    serves: tuple[str, ...]
    service: bool


def planned(rows: Rows, states: Sequence[str], at: datetime) -> list[Planned]:
    """Give the requests of some states whose window is not over, by number."""
    marks = ", ".join("?" * len(states))
    found = rows(
        "SELECT c.id, c.kind, c.window, c.down, c.changes, p.window_end FROM change_request c"
        f" LEFT JOIN planned_work p ON p.reference = c.id WHERE c.state IN ({marks})"
        " AND c.window IS NOT NULL ORDER BY c.number",
        *states,
    )
    return [one for row in found if (one := _planned(row)).end > at]


def deltas(
    rows: Rows, dialect: str, wanted: Collection[Planned]
) -> tuple[dict[str, GraphDelta], list[tuple[str, str]]]:
    """What requests change in the graph, by reference, as the records stand now; and what could not be
    worked out, with the reason.
    """
    found: dict[str, GraphDelta] = {}
    missed: list[tuple[str, str]] = []
    for one in wanted:
        try:
            found[one.reference] = delta(rows, dialect, one)
        except CmdbError as broken:
            missed.append((one.reference, broken.reason))
    return found, missed


def done(
    rows: Rows, dialect: str, at: datetime, before: datetime, *, but: Collection[str] = ()
) -> tuple[list[Done], list[tuple[str, str]]]:
    """What scheduled requests that are over before a moment will have changed by then; and what could not
    be worked out. Requests named in `but` are left out.
    """
    wanted = [one for one in planned(rows, SCHEDULED, at) if one.end < before and one.reference not in but]
    found, missed = deltas(rows, dialect, wanted)
    return [
        Done(one.reference, one.end, found[one.reference]) for one in wanted if one.reference in found
    ], missed


def before(rows: Rows, dialect: str, at: datetime, reference: str) -> Callable[[datetime], list[Done]]:
    """For a forecast of one request: what the others that are over before a moment will have changed."""
    return lambda moment: done(rows, dialect, at, moment, but=[reference])[0]


def delta(rows: Rows, dialect: str, request: Planned) -> GraphDelta:
    """What one request changes in the graph. Raises NotFound, Invalid where it cannot be done any more."""
    if request.kind in ("baseline", "promotion"):  # levels change, no dependency does
        return NOTHING
    changes = [_change(one) for one in json.loads(request.changes)]
    telling = [one for one in changes if one.holder[0] == "item" and _tells(one)]
    if not telling:
        return NOTHING
    held: dict[proposal.Key, proposal.Fields | None] = {
        ("item", id): fields for id, fields in item_records.of_ids(rows, dialect, {one.id for one in telling})
    }
    return graph_changes.delta_of(proposal.proposed(held, telling), _types(rows))


def _tells(change: ProposedChange) -> bool:
    """Whether a change can touch the graph at all; a new firmware does not."""
    if change.record == "item" and change.operation in ("set", "change level"):
        return bool({"status", "type"} & set(change.fields))
    return True


def _change(one: dict[str, Any]) -> ProposedChange:
    return ProposedChange(**{**one, "open": tuple(one.get("open", ()))})


def _planned(row: tuple[Any, ...]) -> Planned:
    reference, kind, window, down, changes, extended = row
    span, takes = json.loads(window), json.loads(down) if down else {}
    end = instant(span["end"])
    return Planned(
        reference=reference,
        kind=kind,
        start=instant(span["start"]),
        end=max(end, instant(extended)) if extended else end,
        down=tuple(takes.get("items", ())),
        expected=int(takes.get("expected", 0)),
        worst=int(takes.get("worst", 0)),
        changes=changes,
    )


def _types(rows: Rows) -> Callable[[str], _Type]:
    """Item types with what they have from their parents, read once somebody asks."""
    known: dict[str, tuple[str, tuple[str, ...], bool]] = {}

    def find(name: str) -> _Type:
        if not known:
            for id, parent, serves, service in rows("SELECT id, parent, serves, service FROM item_type"):
                known[id] = (parent or "", tuple(json.loads(serves)), bool(service))
        if name not in known:
            raise NotFound(f"There is no item type '{name}'.", f"Use one of: {', '.join(sorted(known))}.")
        above, seen, service = name, set[str](), False
        while above in known and above not in seen:
            seen.add(above)
            service = service or known[above][2]
            above = known[above][0]
        return _Type(known[name][1], service)

    return find

"""Rows of a file become events as somebody else's system tells them: folded, read, checked.

Several rows may tell the story of one event; a mapping says which agree in what, and each field comes
from one of them. What cannot be right is a problem and blocks the import; what is odd but can be taken
in one way is a remark that says what was taken. Nothing is stored here.
Source: rules.md 9 and 11; docs/formats.md, Events.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from cmdb.errors import Invalid
from cmdb.events import BY_HAND, UNNUMBERED
from cmdb.exchange.mapping import Fold
from cmdb.exchange.sheet import Problems, Sheet, header_problems, unescaped
from cmdb.exchange.times import Times
from cmdb.model import shown
from cmdb.reported import EFFECTS, KINDS, PRIORITIES, STATES, Event

COLUMNS = (
    *("reference", "source", "kind", "potential", "agreement", "description", "occurred", "reported"),
    *("reporter", "contact", "party", "items", "circumstances", "down", "effect", "ended", "priority"),
    *("responsible", "state", "resolution", "caused_by", "fixed_by", "resolve_by", "analysed", "started"),
    *("resolved", "closed", "on_time", "updated"),
)
REQUIRED = ("reference", "description", "reported", "items")
NOBODY = "not recorded"  # the reporter of an event whose file names none
SOURCE = "import"  # of a file that does not say which system tells
# Of several rows of one event: what was known first, or last; the rest may be said by the mapping.
FIRST = frozenset(
    ("source", "kind", "potential", "agreement", "description", "occurred", "reported", "reporter", "contact")
)
_TRUE, _FALSE = ("yes", "true", "1", "y"), ("no", "false", "0", "n", "")

Cells = dict[str, tuple[int, str]]  # of each column the line it came from, and what it says
Known = Callable[[str, str], bool]  # whether there is such a record: its kind, its id


class Told(NamedTuple):
    """One event of a file: the line it starts on, the event, and the columns that say something of it."""

    line: int
    event: Event
    columns: frozenset[str]


class Counts:
    """How many rows were read, and how many were folded into others."""

    def __init__(self) -> None:
        self.rows = 0
        self.folded = 0


def folded(
    sheet: Sheet, fold: Fold | None, times: Times, problems: Problems, remarks: Problems, counts: Counts
) -> list[Cells]:
    """The cells of each event, from the rows that tell of it, in the order of their first rows."""
    if not header_problems(sheet.header, required=REQUIRED, known=COLUMNS, problems=problems):
        return []
    found: dict[str, _Story] = {}
    by = fold.by if fold else "reference"
    for line, cells in sheet.rows:
        counts.rows += 1
        row = {name: unescaped(cell.strip()) for name, cell in zip(sheet.header, cells, strict=True)}
        key = row.get(by, "")
        if not key:
            problems.add(line, by, "is empty: it says which event the row is about.")
            continue
        story = found.get(key)
        if story is None:
            found[key] = story = _Story(fold)
        elif fold is None:
            problems.add(
                line, by, f"'{shown(key)}' is named in line {story.line:,} too; to fold the rows of an event"
                " into one, write [fold] in a mapping file.",
            )  # fmt: skip
            continue
        else:
            counts.folded += 1
        at = times.read(line, fold.order, row[fold.order]) if fold and fold.order else None
        story.add(line, row, at, remarks)
    return [one.cells for one in found.values()]


class _Story:
    """What the rows of one event said so far; of each column only what counts is kept."""

    __slots__ = ("_at", "cells", "fold", "line")

    def __init__(self, fold: Fold | None) -> None:
        self.fold = fold
        self.cells: Cells = {}
        self.line = 0
        self._at: dict[str, datetime | None] = {}

    def add(self, line: int, row: Mapping[str, str], at: datetime | None, remarks: Problems) -> None:
        """Take a row in; what it leaves empty says nothing."""
        self.line = self.line or line
        for name, text in row.items():
            if not text:
                continue
            kept = self.cells.get(name)
            if kept is None:
                self.cells[name] = (line, text)
                self._at[name] = at
            elif kept[1] != text:
                self._differs(name, kept, (line, text), at, remarks)
            elif self._later(name, at) == (self._way(name) == "last"):
                self._at[name] = at

    def _differs(
        self,
        name: str,
        kept: tuple[int, str],
        other: tuple[int, str],
        at: datetime | None,
        remarks: Problems,
    ) -> None:
        way = self._way(name)
        if way == "all":
            every = dict.fromkeys((*kept[1].split(";"), *other[1].split(";")))
            self.cells[name] = (kept[0], ";".join(every))
        elif way == "same":
            said = f"'{shown(other[1])}', line {kept[0]:,} says '{shown(kept[1])}' of the same event"
            remarks.add(other[0], name, f"it says {said}: the first is taken.")
        elif self._later(name, at) == (way == "last"):
            self.cells[name] = other
            self._at[name] = at

    def _way(self, name: str) -> str:
        said = self.fold.ways.get(name) if self.fold else None
        return said or ("first" if name in FIRST else "last")

    def _later(self, name: str, at: datetime | None) -> bool:
        """Whether a row of this moment comes after that of the column; as in the file where equal."""
        before = self._at.get(name)
        return at is None or before is None or at >= before


class Reader:
    """Reads the cells of events into events, and notes everything that is wrong or odd with them."""

    def __init__(
        self, times: Times, later: Times, problems: Problems, remarks: Problems, known: Known, at: datetime
    ) -> None:
        self.times = times
        self.later = later  # for times that may lie ahead
        self.problems = problems
        self.remarks = remarks
        self.known = known
        self.at = at
        self._said: set[tuple[str, str]] = set()

    def events(self, found: list[Cells], actor: str) -> Iterator[Told]:
        """Every event that can be read."""
        for cells in found:
            before = self.problems.total
            fields = self._fields(cells)
            if self.problems.total > before:
                continue
            line = min(one[0] for one in cells.values())
            try:
                event = Event(id=UNNUMBERED, recorded_by=actor, recorded_at=self.at, **fields)
            except Invalid as wrong:
                for one in wrong.problems:
                    self.problems.add(line, "", one)
                continue
            yield Told(line, event, frozenset(cells))

    def _fields(self, cells: Cells) -> dict[str, Any]:
        texts = {name: text for name, (_line, text) in cells.items()}
        for name in REQUIRED:
            if name not in cells:
                line = min(one[0] for one in cells.values())
                self.problems.add(line, name, "is empty: every event has one.")
        fields: dict[str, Any] = {
            name: texts.get(name, "")
            for name in ("reference", "agreement", "contact", "party", "circumstances", "resolution")
        }
        fields |= {
            "description": texts.get("description", ""),
            "source": texts.get("source") or SOURCE,
            "reporter": texts.get("reporter", ""),
            "kind": self._choice(cells, "kind", KINDS, KINDS[0]),
            "priority": self._choice(cells, "priority", PRIORITIES, "normal"),
            "potential": self._flag(cells, "potential") == "yes",
            "on_time": self._flag(cells, "on_time") if "on_time" in cells else "",
            "items": self._ids(cells, "items", "item"),
            "down": self._ids(cells, "down", "item"),
            "caused_by": self._reference(cells, "caused_by", "change"),
            "fixed_by": self._reference(cells, "fixed_by", "change"),
            "responsible": self._reference(cells, "responsible", "person"),
        }
        for name, kind in (("party", "party"), ("agreement", "agreement")):
            self._reference(cells, name, kind)
        if not fields["reporter"] and "reported" in cells:
            self.remarks.add(cells["reported"][0], "reporter", f"is empty: '{NOBODY}' is taken.")
            fields["reporter"] = NOBODY
        elif self.known("person", fields["reporter"]):
            fields["person"] = fields["reporter"]
        if fields["down"]:
            fields["effect"] = self._choice(cells, "effect", EFFECTS, EFFECTS[0])
            fields["items"] = tuple(dict.fromkeys((*fields["items"], *fields["down"])))
        elif "effect" in cells:
            self.problems.add(*self._at(cells, "effect"), "is given, but nothing in 'down' that has it.")
        return fields | self._times(cells)

    def _times(self, cells: Cells) -> dict[str, Any]:
        """The times of an event and the state they fit; what contradicts itself is left out, and said."""
        read = {
            name: self.times.read(*self._at(cells, name), cells[name][1])
            for name in ("occurred", "reported", "ended", "analysed", "started", "resolved", "closed")
            if name in cells
        }
        due = (
            self.later.read(*self._at(cells, "resolve_by"), cells["resolve_by"][1])
            if "resolve_by" in cells
            else None
        )
        reported = read.get("reported")
        if reported is None:
            return {}
        resolved, closed = read.get("resolved"), read.get("closed")
        state = self._choice(
            cells, "state", STATES, "closed" if closed else "resolved" if resolved else "recorded"
        )
        occurred = read.get("occurred") or reported
        if occurred > reported and self._flag(cells, "potential") != "yes":
            self._remark(cells, "occurred", "lies after the report: that of the report is taken.")
            occurred = reported
        resolved = self._after(cells, "resolved", resolved, reported, state in ("resolved", "closed"), state)
        closed = self._after(cells, "closed", closed, reported, state in ("closed", "withdrawn"), state)
        if resolved and closed and resolved > closed:
            self._remark(cells, "resolved", "lies after the close: that of the close is taken.")
            resolved = closed
        if state == "closed" and closed is None and "reported" in cells:
            self._remark(cells, "state", "is closed, but no time says when: it counts in no lead time.")
        return {
            "occurred": occurred,
            "reported": reported,
            "ended": read.get("ended"),
            "state": state,
            "analysed_at": read.get("analysed"),
            "started_at": read.get("started"),
            "resolved_at": resolved,
            "closed_at": closed,
            "resolve_by": due,
            "resolve_from": f"{BY_HAND}the imported file" if due else "",
        }

    def _after(
        self, cells: Cells, name: str, at: datetime | None, reported: datetime, fits: bool, state: str
    ) -> datetime | None:
        """A time of the end, where it fits the state and lies after the report; else none, and it is said."""
        if at is None:
            return None
        if not fits:
            self._remark(cells, name, f"is given, but the event is {state}: it is left out.")
            return None
        if at < reported:
            self._remark(cells, name, "lies before the report: it is left out.")
            return None
        return at

    def _ids(self, cells: Cells, name: str, kind: str) -> tuple[str, ...]:
        if name not in cells:
            return ()
        line, text = cells[name]
        ids = tuple(dict.fromkeys(one.strip() for one in text.split(";") if one.strip()))
        for one in ids:
            if not self.known(kind, one):
                self._missing(line, name, kind, one, "; a mapping file can say which one is meant")
        return ids

    def _reference(self, cells: Cells, name: str, kind: str) -> str:
        if name not in cells:
            return ""
        line, text = cells[name]
        if not self.known(kind, text):
            noun = {"change": "change request", "agreement": "service agreement"}.get(kind, kind)
            self._missing(line, name, noun, text, "")
        return text

    def _missing(self, line: int, column: str, noun: str, name: str, remedy: str) -> None:
        """Note a name nobody knows, where it stands first."""
        if (noun, name) not in self._said:
            self._said.add((noun, name))
            self.problems.add(line, column, f"there is no {noun} '{shown(name)}'{remedy}.")

    def _choice(self, cells: Cells, name: str, allowed: tuple[str, ...], otherwise: str) -> str:
        if name not in cells:
            return otherwise
        line, text = cells[name]
        low = text.lower()
        if low not in allowed:
            self.problems.add(
                line, name, f"'{shown(text)}' is none of {', '.join(allowed)}; a mapping file can say which."
            )
            return otherwise
        return low

    def _flag(self, cells: Cells, name: str) -> str:
        line, text = cells.get(name, (0, ""))
        if text.lower() in _TRUE:
            return "yes"
        if text.lower() not in _FALSE:
            self.problems.add(line, name, f"'{shown(text)}' is neither yes nor no.")
        return "no"

    def _remark(self, cells: Cells, name: str, words: str) -> None:
        line, text = cells.get(name) or cells["reported"]
        said = f"'{shown(text)}' " if name in cells and name != "state" else ""
        self.remarks.add(line, name, f"{said}{words}")

    def _at(self, cells: Cells, name: str) -> tuple[int, str]:
        return cells[name][0], name

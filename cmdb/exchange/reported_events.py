"""Import events from a file: planned first, then all or nothing.

An event of a file is known again by its source and reference: what the file says otherwise is changed,
what it does not speak of stays. Its state never goes back behind what was done with it here, and what was
withdrawn here stays so. Nobody is told of imported events one by one. One journal entry, with the file's
SHA-256. Source: rules.md 9 and 11; IT Service CMM 5.6, Activity 3.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cmdb import event_feed, events, journal
from cmdb.checks import LAST_YEAR
from cmdb.codec import table_of
from cmdb.errors import Invalid
from cmdb.event_stakes import Promised
from cmdb.exchange import csv_native, given, mapping
from cmdb.exchange.event_rows import Counts, Reader, Told, folded
from cmdb.exchange.observed import Unknown, taken_as_given
from cmdb.exchange.sheet import Problem, Problems
from cmdb.exchange.times import Times
from cmdb.measurements import Past, today
from cmdb.model import Value
from cmdb.numbers import next_number, note_number
from cmdb.reported import STATES, Event
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork

RIGHT = "import"
_RECORDS = {"item": "item", "person": "person", "party": "party", "agreement": "agreement"}
# Columns of a file that are called otherwise in an event.
_FIELDS = {
    "analysed": ("analysed_at",), "started": ("started_at",), "resolved": ("resolved_at",),
    "closed": ("closed_at",), "reporter": ("reporter", "person"), "down": ("down", "effect", "items"),
    "resolve_by": ("resolve_by", "resolve_from"),
}  # fmt: skip
_STAGES = ("state", "analysed_at", "started_at", "resolved_at", "closed_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Value):
    """What a file would do: events to enter, and events that are here with what it says of them now.

    `rows` were read, of which `folded` told more of an event that another row had named; `remarks` are what
    was odd and how it was taken. With `errors` nothing may be applied.
    """

    file: str
    digest: str
    head: int
    new: tuple[Event, ...] = ()
    changed: tuple[tuple[Event, Event], ...] = ()
    unchanged: int = 0
    rows: int = 0
    folded: int = 0
    remarks: tuple[Problem, ...] = ()
    remark_total: int = 0
    errors: tuple[Problem, ...] = ()
    error_total: int = 0


def plan(
    store: Store,
    path: Path,
    *,
    zone: str = "",
    here: str = "",
    map_path: Path | None = None,
    unknown: Unknown = taken_as_given,
    actor: str = "",
    at: datetime,
) -> Plan:
    """Read a file of events and plan what it would do. Changes nothing.

    `zone` is that of times without one, `here` that of the site; `unknown` says which of the change
    requests it names do not exist. Raises Invalid or NotFound when it cannot be read at all; what is wrong
    with its rows is in the plan.
    """
    problems, remarks, counts = Problems(path.name), Problems(path.name), Counts()
    mapper = mapping.read(map_path, path.parent) if map_path else None
    sheet = mapping.sheet(path, mapper, problems, folds=True) if mapper else csv_native.read(path, problems)
    times = Times(zone, problems, at, here)
    later = Times(zone, problems, datetime(LAST_YEAR, 12, 31, tzinfo=UTC), here)
    cells = folded(sheet, mapper.fold if mapper else None, times, problems, remarks, counts)
    with store.read() as uow:
        head = journal.head(uow)[0]
        known = _Known(uow, unknown)
        told = list(Reader(times, later, problems, remarks, known, at).events(cells, actor))
        new, changed, unchanged = _against(uow, told, problems, remarks)
    return Plan(
        file=path.name,
        digest=given.digest(path),
        head=head,
        new=tuple(new),
        changed=tuple(changed),
        unchanged=unchanged,
        rows=counts.rows,
        folded=counts.folded,
        remarks=remarks.in_order(),
        remark_total=remarks.total,
        errors=problems.in_order(),
        error_total=problems.total,
    )


def apply(store: Store, planned: Plan, *, past: Past = today, actor: str, at: datetime) -> int:
    """Enter what was planned, all or nothing; give how many events were entered or changed.

    Raises Invalid when the plan has errors, Refused when the site moved since it was made.
    """
    given.refuse_faulty(planned.file, planned.errors, planned.error_total)
    with store.write() as uow:
        require(uow, actor, RIGHT, at=at)
        given.refuse_moved(uow, planned.head)
        made = _enter(uow, planned.new, past=past, actor=actor, at=at)
        made += _renew(uow, planned.changed, past=past, actor=actor, at=at)
        entry = journal.record(
            uow,
            at=at,
            actor=actor,
            action="import events",
            subjects=(f"file:{planned.file}",),
            changed={
                "sha256": planned.digest,
                "new": len(planned.new),
                "changed": len(planned.changed),
                "unchanged": planned.unchanged,
                "rows": planned.rows,
            },
        )
        # The entry counts them; it is found from each event and item all the same.
        subjects = dict.fromkeys(one for event in made for one in (events.origin(event.id), *event.items))
        uow.many(
            "INSERT INTO journal_subject (subject, sequence) VALUES (?, ?)",
            [(one, entry.sequence) for one in subjects],
        )
        uow.commit()
    return len(made)


def _enter(uow: UnitOfWork, new: Sequence[Event], *, past: Past, actor: str, at: datetime) -> list[Event]:
    """Store very many events, each with an id, its deadlines and its outages."""
    if not new:
        return []
    first = next_number(uow, events.SERIES)
    note_number(uow, events.SERIES, first + len(new) - 1)
    promised = Promised(uow)
    made = []
    for place, one in enumerate(new):
        event = events.due(one.but(id=f"{events.SERIES}-{first + place}", recorded_by=actor), promised)
        made.append(event_feed.fed(uow, event, past=past, actor=actor, at=at) if event.down else event)
    table = table_of(Event)
    columns = list(table.columns_of(made[0]))
    uow.many(
        f"INSERT INTO event ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        [tuple(table.columns_of(one).values()) for one in made],
    )
    events.index(uow, made)
    return made


def _renew(
    uow: UnitOfWork, changed: Sequence[tuple[Event, Event]], *, past: Past, actor: str, at: datetime
) -> list[Event]:
    """Store very many events in the place of what they were, as `events.replaced` does one."""
    if not changed:
        return []
    promised = Promised(uow)
    made = [
        events.renewed(uow, before, after, promised, past=past, actor=actor, at=at)
        for before, after in changed
    ]
    table = table_of(Event)
    names = [name for name in table.columns_of(made[0]) if name != "id"]
    rows = [(table.columns_of(one), one.id) for one in made]
    uow.many(
        f"UPDATE event SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?",
        [(*(columns[name] for name in names), id) for columns, id in rows],
    )
    moved = [after for (before, _), after in zip(changed, made, strict=True) if before.items != after.items]
    uow.many("DELETE FROM event_item WHERE event = ?", [(one.id,) for one in moved])
    events.index(uow, moved)
    return made


class _Known:
    """Whether records exist; each is asked for once."""

    def __init__(self, uow: UnitOfWork, unknown: Unknown) -> None:
        self._uow = uow
        self._unknown = unknown
        self._found: dict[tuple[str, str], bool] = {}

    def __call__(self, kind: str, id: str) -> bool:
        key = kind, id
        if key not in self._found:
            self._found[key] = bool(id) and "\0" not in id and self._ask(kind, id)
        return self._found[key]

    def _ask(self, kind: str, id: str) -> bool:
        if kind == "change":
            return not self._unknown(self._uow, (id,))
        return bool(self._uow.rows(f"SELECT 1 FROM {_RECORDS[kind]} WHERE id = ?", id))


def _against(
    uow: UnitOfWork, told: Sequence[Told], problems: Problems, remarks: Problems
) -> tuple[list[Event], list[tuple[Event, Event]], int]:
    """Sort what a file says into new events, events it changes, and how many stay as they are."""
    known: dict[tuple[str, str], Event] = {}
    for source in {one.event.source for one in told}:
        for event in uow.where(Event, "source = ? AND reference <> ''", source):
            known[source, event.reference] = event
    new, changed, unchanged = [], [], 0
    for line, event, columns in told:
        before = known.get((event.source, event.reference))
        if before is None:
            new.append(event)
            continue
        if before.state == "withdrawn":
            remarks.add(line, "reference", f"{before.id} was withdrawn here: it stays so.")
            unchanged += 1
            continue
        try:
            after = _after(before, event, columns)
        except Invalid as wrong:
            for one in wrong.problems:
                problems.add(line, "", f"with what is known of {before.id}: {one}")
            continue
        if after == before:
            unchanged += 1
        else:
            changed.append((before, after))
    return new, changed, unchanged


def _after(before: Event, event: Event, columns: Collection[str]) -> Event:
    """What is known of an event once a file spoke of it again."""
    names = {field for one in columns for field in _FIELDS.get(one, (one,))} - {
        "updated",
        "reference",
        "source",
    }
    names |= set(_STAGES)
    if STATES.index(event.state) < STATES.index(before.state):
        names -= set(_STAGES)  # it came further here than the file knows
    fields: dict[str, Any] = {name: getattr(event, name) for name in names}
    for name in ("analysed_at", "started_at", "resolved_at", "closed_at"):
        if name in fields:
            fields[name] = fields[name] or getattr(before, name)
    return before.but(**fields)

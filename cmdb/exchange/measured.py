"""Import observations of promised quantities from a file: planned first, then all or nothing.

An observation of a file is known again by its service, quantity and source, with the reference it
names, or without one by its instants: the same is left, another value corrects it and keeps the old
one. What a person corrected or withdrew since is not undone by the file that said otherwise before.
One journal entry, with the file's SHA-256.
Source: rules.md 4 and 11; IT Service CMM, Service Tracking and Oversight, Activities 4 and 11.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from cmdb import journal, observations
from cmdb.amounts import SECOND, Amount, amount
from cmdb.commitments import quantity_of
from cmdb.errors import Invalid
from cmdb.exchange import given
from cmdb.exchange.sheet import Problem, Problems, Sheet, header_problems, unescaped
from cmdb.exchange.times import Times
from cmdb.model import Value, shown
from cmdb.observed import Observation, lasted
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork

COLUMNS = ("service", "quantity", "at", "started", "ended", "value", "unit", "reference", "note")

Said = tuple[datetime, datetime | None, Amount, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Value):
    """How a file is to be read.

    `zone` for times without one, `here` the zone of the site, `service` and `quantity` for rows that
    name none, `unit` for values without one; `source` is who or what saw it.
    """

    zone: str = ""
    here: str = ""
    service: str = ""
    quantity: str = ""
    unit: str = ""
    source: str = ""
    mapping: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Value):
    """What a file would do: observations to enter; a correction names what it replaces.

    With `errors` nothing may be applied.
    """

    file: str
    digest: str
    head: int
    new: tuple[Observation, ...] = ()
    corrected: tuple[Observation, ...] = ()
    unchanged: int = 0
    errors: tuple[Problem, ...] = ()
    error_total: int = 0


def plan(store: Store, path: Path, how: Reading, *, at: datetime) -> Plan:
    """Read a file of observations and plan what it would do. Changes nothing.

    Raises Invalid or NotFound when it cannot be read at all; what is wrong with its rows is in the plan.
    """
    problems = Problems(path.name)
    sheet = given.sheet(path, how.mapping, problems)
    with store.read() as uow:
        head = journal.head(uow)[0]
        reader = _Rows(uow, how, Times(how.zone, problems, at, how.here), problems, at)
        found = list(reader.observations(sheet))
        new, corrected, unchanged = _against(uow, found, problems)
    return Plan(
        file=path.name,
        digest=given.digest(path),
        head=head,
        new=tuple(new),
        corrected=tuple(corrected),
        unchanged=unchanged,
        errors=problems.in_order(),
        error_total=problems.total,
    )


def apply(store: Store, planned: Plan, *, actor: str, at: datetime) -> int:
    """Enter what was planned, all or nothing; give how many observations were entered.

    Raises Invalid when the plan has errors, Refused when the site moved since it was made.
    """
    given.refuse_faulty(planned.file, planned.errors, planned.error_total)
    with store.write() as uow:
        require(uow, actor, "record observations", at=at)
        given.refuse_moved(uow, planned.head)
        made = observations.enter(
            uow,
            [
                one.but(recorded_by=actor, recorded_at=at)
                for one in sorted((*planned.new, *planned.corrected), key=lambda one: one.at)
            ],
        )
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="import observations",
            subjects=(f"file:{planned.file}", *dict.fromkeys(one.service for one in made)),
            changed={
                "sha256": planned.digest,
                "new": len(planned.new),
                "corrected": len(planned.corrected),
                "unchanged": planned.unchanged,
                "from": made[0].id if made else "",
                "to": made[-1].id if made else "",
            },
        )
        uow.commit()
    return len(made)


class _Found(NamedTuple):
    """One observation of the file and the line it stands on."""

    line: int
    seen: Observation


class _Rows:
    """Reads the rows of a sheet into observations, and notes everything that is wrong with them."""

    def __init__(self, uow: UnitOfWork, how: Reading, times: Times, problems: Problems, at: datetime) -> None:
        self.uow = uow
        self.how = how
        self.times = times
        self.problems = problems
        self.at = at
        self.services: dict[str, bool] = {}
        self.units: dict[tuple[str, str], tuple[str, ...]] = {}

    def observations(self, sheet: Sheet) -> Iterator[_Found]:
        """Every observation that can be read."""
        required = [name for name in ("service", "quantity") if not getattr(self.how, name)]
        if not header_problems(sheet.header, required=required, known=COLUMNS, problems=self.problems):
            return
        for line, cells in sheet.rows:
            row = {name: unescaped(cell.strip()) for name, cell in zip(sheet.header, cells, strict=True)}
            before = self.problems.total
            found = self._observation(line, row)
            if found is not None and self.problems.total == before:
                yield _Found(line, found)

    def _observation(self, line: int, row: Mapping[str, str]) -> Observation | None:
        service = row.get("service") or self.how.service
        quantity = quantity_of(row.get("quantity") or self.how.quantity)
        known = self._is_service(line, service)
        ended = self._instant(line, row)
        started = self.times.read(line, "started", row["started"]) if row.get("started") else None
        if not known or ended is None or (row.get("started") and started is None):
            return None
        found = self._value(line, row, service, quantity, started, ended)
        if found is None:
            return None
        fields: dict[str, Any] = {
            "id": "obs-0",
            "service": service,
            "quantity": quantity,
            "at": ended,
            "started": started,
            "value": found.value,
            "unit": found.unit,
            "reference": row.get("reference", ""),
            "source": self.how.source or f"import {self.problems.file}",
            "note": row.get("note", ""),
            "recorded_at": self.at,
        }
        try:
            return Observation(**fields)
        except Invalid as wrong:
            for one in wrong.problems:
                self.problems.add(line, "", one)
            return None

    def _instant(self, line: int, row: Mapping[str, str]) -> datetime | None:
        """When it was seen: `at`, or of a stretch of time `ended`."""
        given = [name for name in ("at", "ended") if row.get(name)]
        if len(given) != 1:
            said = "both are given" if given else "both are empty"
            self.problems.add(line, "at", f"{said}: give 'at', or 'ended' of a stretch of time.")
            return None
        if given == ["ended"] and not row.get("started"):
            self.problems.add(line, "started", "is missing: what ended has started.")
            return None
        return self.times.read(line, given[0], row[given[0]])

    def _value(
        self,
        line: int,
        row: Mapping[str, str],
        service: str,
        quantity: str,
        started: datetime | None,
        ended: datetime,
    ) -> Amount | None:
        text = row.get("value", "")
        if bool(text) == (started is not None):
            said = "is given, and when it started as well" if text else "is missing, and when it started too"
            self.problems.add(line, "value", f"{said}: one of them says what was measured.")
            return None
        if started is not None:
            if started > ended:
                self.problems.add(line, "started", f"it started after it ended, {shown(row['started'])}.")
                return None
            found = Amount(lasted(started, ended), SECOND)
        else:
            try:
                found = self._amount(text, row.get("unit") or self.how.unit, service, quantity)
            except Invalid as wrong:
                self.problems.add(line, "value", f"{wrong.reason} {wrong.remedy}")
                return None
        refused = observations.unit_refusal(self._units(service, quantity), found.unit)
        if refused:
            self.problems.add(line, "unit", refused)
        return None if refused else found

    def _amount(self, text: str, unit: str, service: str, quantity: str) -> Amount:
        promised = self._units(service, quantity)
        found = amount(text, unit)
        return Amount(found.value, promised[0]) if not found.unit and len(promised) == 1 else found

    def _units(self, service: str, quantity: str) -> tuple[str, ...]:
        key = service, quantity
        if key not in self.units:
            self.units[key] = observations.units_promised(self.uow, service, quantity)
        return self.units[key]

    def _is_service(self, line: int, name: str) -> bool:
        """Whether there is such a service; notes the first line that names one there is not."""
        if name not in self.services:
            self.services[name] = bool(name and "\0" not in name and observations.is_service(self.uow, name))
            if not self.services[name]:
                self.problems.add(
                    line,
                    "service",
                    f"there is no service '{shown(name)}'; a mapping file can say which one a name means.",
                )
        return self.services[name]


class _Known(NamedTuple):
    """An observation that is there and counts, and everything it and those before it said."""

    one: Observation
    said: frozenset[Said]


def _against(
    uow: UnitOfWork, found: list[_Found], problems: Problems
) -> tuple[list[Observation], list[Observation], int]:
    """Sort what a file says into new observations, corrections of known ones, and how many are unchanged."""
    known: dict[tuple[object, ...], list[_Known]] = {}
    for service, quantity, source in {
        (one.seen.service, one.seen.quantity, one.seen.source) for one in found
    }:
        known.update(_known(uow, service, quantity, source))
    rows: dict[tuple[object, ...], list[_Found]] = defaultdict(list)
    for one in found:
        rows[_key(one.seen)].append(one)
    new: list[Observation] = []
    corrected: list[Observation] = []
    unchanged = 0
    for key, same in rows.items():
        if same[0].seen.reference and len(same) > 1:
            first, again = same[0].line, same[1].line
            problems.add(again, "reference", f"it is named in line {first:,} too: one observation, one row.")
            continue
        there = list(known.get(key, ()))
        rest: list[Observation] = []
        for row in same:
            match = next((each for each in there if _said(row.seen) in each.said), None)
            if match:
                there.remove(match)
                unchanged += 1
            else:
                rest.append(row.seen)
        # What is left on both sides is the same observation with another value, in the order it was told.
        corrected += [
            one.but(replaces=old.one.id, note=one.note or old.one.note)
            for one, old in zip(rest, there, strict=False)
        ]
        new += rest[len(there) :]
    return new, corrected, unchanged


def _known(
    uow: UnitOfWork, service: str, quantity: str, source: str
) -> dict[tuple[object, ...], list[_Known]]:
    every = {
        one.id: one
        for one in uow.where(
            Observation, "service = ? AND quantity = ? AND source = ?", service, quantity, source
        )
    }
    replaced = {one.replaces for one in every.values()}
    found: dict[tuple[object, ...], list[_Known]] = defaultdict(list)
    for id, one in every.items():
        if id in replaced:
            continue
        chain, said = one, {_said(one)}
        while chain.replaces in every:
            chain = every[chain.replaces]
            said.add(_said(chain))
        # Known by what the file first said of it: a hand may have moved its time since.
        found[_key(chain)].append(_Known(one, frozenset(said)))
    return found


def _key(one: Observation) -> tuple[object, ...]:
    told = (one.reference,) if one.reference else (one.at, one.started)
    return (one.service, one.quantity, one.source, *told)


def _said(one: Observation) -> Said:
    return one.at, one.started, Amount(one.value.normalize(), one.unit), one.withdrawn

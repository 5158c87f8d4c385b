"""Import outages, as they are told or as uptime checks show them: planned first, then all or nothing.

An outage of a file is known again by its subject, its source and when it began, or by one of the
same source that it overlaps: the same is left, another end or effect corrects it and keeps the old
value. What the file does not tell is left alone. One journal entry, with the file's SHA-256.
Source: rules.md 4, Outages of a service; IT Service CMM, Service Tracking, Activity 4.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cmdb import journal, measurements, uptime
from cmdb.exchange import given
from cmdb.exchange.sheet import Problem, Problems, Sheet, header_problems, unescaped
from cmdb.exchange.times import Times
from cmdb.measurements import Past, today
from cmdb.model import Value, shown
from cmdb.promises import EFFECTS, Outage
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork
from cmdb.uptime import Check, Gap, GapRule, Stretch

OUTAGE_COLUMNS = ("subject", "started", "ended", "effect", "change", "note")
CHECK_COLUMNS = ("subject", "at", "state")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Value):
    """What a file would do: outages to enter (a correction names what it replaces), and what is odd.

    `gaps` are times no check speaks for; `worse` the lines of checks another at the same instant
    outdid. With `errors` nothing may be applied.
    """

    file: str
    digest: str
    head: int
    new: tuple[Outage, ...] = ()
    corrected: tuple[Outage, ...] = ()
    unchanged: int = 0
    gaps: tuple[Gap, ...] = ()
    worse: tuple[int, ...] = ()
    errors: tuple[Problem, ...] = ()
    error_total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Value):
    """How a file is to be read: `rule` for checks, none for outages; `zone` for times without one.

    `here` is the zone of the site, in which the other reading of a time without one is told.
    """

    rule: GapRule | None = None
    zone: str = ""
    here: str = ""
    source: str = ""
    mapping: Path | None = None


@dataclass(slots=True, kw_only=True)
class _Found:
    """What the rows of a file say, and the lines they stand on."""

    stretches: list[tuple[int, Stretch, str, str]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    worse: list[int] = field(default_factory=list)


# Which of the change requests named are none: who keeps requests knows.
Unknown = Callable[[UnitOfWork, Collection[str]], Collection[str]]


def taken_as_given(_uow: UnitOfWork, _changes: Collection[str]) -> Collection[str]:
    """Take every change request named for one that exists: where nobody keeps requests."""
    return ()


def plan(store: Store, path: Path, how: Reading, *, at: datetime, unknown: Unknown = taken_as_given) -> Plan:
    """Read a file of outages or checks and plan what it would do. Changes nothing.

    `unknown` says which of the change requests it names do not exist. Raises Invalid or NotFound when it
    cannot be read at all; what is wrong with its rows is in the plan.
    """
    problems = Problems(path.name)
    sheet = given.sheet(path, how.mapping, problems)
    times = Times(how.zone, problems, at, how.here)
    with store.read() as uow:
        head = journal.head(uow)[0]
        subjects = _Subjects(uow, problems)
        if how.rule:
            found = _checks(sheet, times, subjects, how.rule, problems, at)
        else:
            found = _outages(sheet, times, subjects, problems)
        named = {change for _line, _stretch, change, _note in found.stretches if change}
        strange = set(unknown(uow, named)) if named else set[str]()
        for line, _stretch, change, _note in found.stretches:
            if change in strange:
                problems.add(line, "change", f"There is no change request '{shown(change)}'.")
        source = how.source or f"import {path.name}"
        new, corrected, unchanged = _against(uow, found, source, problems, at)
    return Plan(
        file=path.name,
        digest=given.digest(path),
        head=head,
        new=tuple(new),
        corrected=tuple(corrected),
        unchanged=unchanged,
        gaps=tuple(found.gaps),
        worse=tuple(found.worse),
        errors=problems.in_order(),
        error_total=problems.total,
    )


def apply(store: Store, planned: Plan, *, past: Past = today, actor: str, at: datetime) -> int:
    """Enter what was planned, all or nothing; give how many outages were entered.

    Raises Invalid when the plan has errors, Refused when the site moved since it was made.
    """
    given.refuse_faulty(planned.file, planned.errors, planned.error_total)
    with store.write() as uow:
        require(uow, actor, "record outages", at=at)
        given.refuse_moved(uow, planned.head)
        entered = [
            measurements.enter(
                uow, one.but(id=measurements.next_id(uow), recorded_by=actor, recorded_at=at), past=past
            )
            for one in sorted((*planned.new, *planned.corrected), key=lambda one: one.started)
        ]
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="import outages",
            subjects=(f"file:{planned.file}", *dict.fromkeys(one.subject for one in entered)),
            changed={
                "sha256": planned.digest,
                "new": len(planned.new),
                "corrected": len(planned.corrected),
                "unchanged": planned.unchanged,
            },
        )
        uow.commit()
    return len(entered)


class _Subjects:
    """The items a file may speak of; a name nobody knows is said once."""

    def __init__(self, uow: UnitOfWork, problems: Problems) -> None:
        self.uow = uow
        self.problems = problems
        self.known: dict[str, bool] = {}

    def exists(self, line: int, name: str) -> bool:
        """Whether there is such an item; notes the first line that names one there is not."""
        if name not in self.known:
            self.known[name] = bool(
                name and "\0" not in name and self.uow.rows("SELECT 1 FROM item WHERE id = ?", name)
            )
            if not self.known[name]:
                said = f"there is no item '{shown(name)}'" if name else "no item is named"
                self.problems.add(line, "subject", f"{said}; a mapping file can say which item a name means.")
        return self.known[name]


def _rows(
    sheet: Sheet, required: tuple[str, ...], known: tuple[str, ...], problems: Problems
) -> Iterator[tuple[int, Mapping[str, str]]]:
    if header_problems(sheet.header, required=required, known=known, problems=problems):
        for line, cells in sheet.rows:
            yield (
                line,
                {name: unescaped(cell.strip()) for name, cell in zip(sheet.header, cells, strict=True)},
            )


def _checks(
    sheet: Sheet, times: Times, subjects: _Subjects, rule: GapRule, problems: Problems, now: datetime
) -> _Found:
    by_subject: dict[str, list[Check]] = {}
    for line, row in _rows(sheet, CHECK_COLUMNS, (*CHECK_COLUMNS, "note"), problems):
        at, state = times.read(line, "at", row["at"]), row["state"].lower()
        known = subjects.exists(line, row["subject"])
        if state not in uptime.STATES:
            problems.add(line, "state", f"'{shown(state)}' is none of {', '.join(uptime.STATES)}.")
        elif known and at is not None:
            check = Check(subject=row["subject"], at=at, state=state, line=line)
            by_subject.setdefault(check.subject, []).append(check)
    found = _Found()
    for _, checks in sorted(by_subject.items()):
        seen = uptime.seen(checks, rule, now)
        found.stretches += [(one.first, one, "", "") for one in seen.outages]
        found.gaps += seen.gaps
        found.worse += seen.disagreeing
    return found


def _outages(sheet: Sheet, times: Times, subjects: _Subjects, problems: Problems) -> _Found:
    found = _Found()
    for line, row in _rows(sheet, ("subject", "started"), OUTAGE_COLUMNS, problems):
        started = times.read(line, "started", row["started"])
        ended = times.read(line, "ended", row["ended"]) if row.get("ended") else None
        effect = row.get("effect") or "outage"
        known = subjects.exists(line, row["subject"])
        if effect not in EFFECTS[1:]:
            problems.add(line, "effect", f"'{shown(effect)}' is none of {', '.join(EFFECTS[1:])}.")
        elif started and ended and ended <= started:
            problems.add(line, "ended", f"{row['ended']} is not after the start {row['started']}.")
        elif known and started and (ended or not row.get("ended")):
            stretch = Stretch(subject=row["subject"], started=started, ended=ended, effect=effect, first=line)
            found.stretches.append((line, stretch, row.get("change", ""), row.get("note", "")))
    return found


def _against(
    uow: UnitOfWork, found: _Found, source: str, problems: Problems, at: datetime
) -> tuple[list[Outage], list[Outage], int]:
    """Sort what a file says into new outages, corrections of known ones, and how many are unchanged."""
    known: dict[str, list[Outage]] = {}
    new: list[Outage] = []
    corrected: list[Outage] = []
    unchanged = 0
    taken: dict[str, int] = {}
    for line, one, change, note in sorted(found.stretches, key=lambda row: (row[1].subject, row[1].started)):
        if one.subject not in known:
            listed = measurements.listed(uow, subject=one.subject)
            known[one.subject] = [each for each in listed if each.source == source]
        wanted = Outage(
            id="out-0",
            subject=one.subject,
            started=one.started,
            ended=one.ended,
            effect=one.effect,
            change=change,
            source=source,
            note=note,
            recorded_at=at,
        )
        every = [each for each in known[one.subject] if _overlap(each, one)]
        over = [each for each in every if each.effect != "none"] or every[:1]
        again = [each for each in over if each.id in taken]
        if again:
            too = f"line {taken[again[0].id]:,} speaks of it too"
            problems.add(line, "started", f"it overlaps {over[0].id}, and {too}: correct it by hand.")
        elif not over:
            new.append(wanted)
        else:
            taken.update(dict.fromkeys((each.id for each in over), line))
            # Read with another rule for gaps, what was several is one: the first of them.
            corrected += [_part(each, over[0], at) for each in over[1:]]
            # What the file says of it next is held against what it said here: one that ran has an end now.
            held = known[one.subject]
            held[held.index(over[0])] = wanted.but(id=over[0].id)
            if _same(over[0], wanted):
                unchanged += 1
            else:
                corrected.append(wanted.but(replaces=over[0].id))
    _refuse_overlaps(new, found, problems)
    return new, corrected, unchanged


def _part(known: Outage, of: Outage, at: datetime) -> Outage:
    """The correction of an outage that turned out to be a part of another one."""
    return known.but(
        id="out-0",
        effect="none",
        replaces=known.id,
        note=f"a part of {of.id}, as it is read now",
        recorded_at=at,
    )


def _overlap(known: Outage, one: Stretch) -> bool:
    return (one.ended is None or known.started < one.ended) and (
        known.ended is None or one.started < known.ended
    )


def _same(known: Outage, wanted: Outage) -> bool:
    return (known.started, known.ended, known.effect, known.change) == (
        wanted.started,
        wanted.ended,
        wanted.effect,
        wanted.change,
    )


def _refuse_overlaps(new: Iterable[Outage], found: _Found, problems: Problems) -> None:
    """Two new outages of one subject, of one effect, at the same time are one outage told twice."""
    lines = {(one.subject, one.started, one.effect): line for line, one, _, _ in found.stretches}
    last: dict[tuple[str, str], Outage] = {}
    for one in new:
        before = last.get((one.subject, one.effect))
        if before is not None and (before.ended is None or one.started < before.ended):
            line = lines[one.subject, one.started, one.effect]
            problems.add(line, "started", f"it overlaps the outage of {one.subject} before it in the file.")
        last[one.subject, one.effect] = one

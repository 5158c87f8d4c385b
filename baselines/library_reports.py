"""What stands in the library and what became of it in a period: baselines, revisions, check-outs.

    status(uow, start=..., end=...) -> BaselineStatus       what was in force, what was established
    revisions(library, uow, start=..., end=...) -> ...      record by record what each baseline altered
    checkouts(uow, start=..., end=...) -> CheckoutReport    what was or is checked out

What a baseline altered is read from the library, file by file that differs; one that alters very much
(a whole scope brought under control) is counted by what its request says, and not read.
Source: IT Service CMM 5.5, Activities 8 and 9.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from baselines import checkout, checkouts_then, differences, past, tables
from baselines.compare import Comparison
from baselines.library import Library
from baselines.model import Baseline, Checkout, ScopedBaseline
from ccb.model import ChangeRequest
from cmdb.back_then import Unsaid
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid
from cmdb.model import LEVELS, Value
from cmdb.places import path_of
from cmdb.records import FOLDERS
from cmdb.store import UnitOfWork

MOST = 5_000  # files of one baseline that are read; what alters more is a scope as a whole
CANDIDATE = "draft"  # the level of what no baseline holds
_KINDS = {folder: kind for kind, folder in FOLDERS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineStatus(Value):
    """How baselines stand. `before` and `in_force` held at the start and the end, None before the founding.

    `levels` counts items by control level and `out` are check-outs not ended, both as they are now or, told
    of a moment that is over, as they were then; of candidates nothing says how many there were.
    """

    start: datetime
    end: datetime
    before: Baseline | None
    in_force: Baseline | None
    established: tuple[Baseline, ...]
    scoped: tuple[ScopedBaseline, ...]
    levels: dict[str, int]
    out: tuple[Checkout, ...]
    every: int
    unsaid: Unsaid = field(default_factory=dict)


class Revision(NamedTuple):
    """What one baseline did to one record: `what` is added, removed, changed, connected or disconnected."""

    baseline: Baseline
    kind: str
    id: str
    what: str
    field: str = ""
    old: object = None
    new: object = None


class Altered(NamedTuple):
    """What one baseline altered; `whole` counts the records of one that altered too much to be read."""

    baseline: Baseline
    revisions: tuple[Revision, ...] = ()
    whole: int = 0

    def records(self, what: str) -> int:
        """How many records were added, removed, or altered in any other way (`changed`)."""
        of = {(one.kind, one.id): set[str]() for one in self.revisions}
        for one in self.revisions:
            of[one.kind, one.id].add(one.what)
        if what != "changed":
            return sum(what in found for found in of.values())
        return sum(not found & {"added", "removed"} for found in of.values())


class CheckoutReport(NamedTuple):
    """Check-outs that have not ended, those past their lease among them, and those of the period."""

    out: tuple[Checkout, ...]
    late: tuple[Checkout, ...]
    period: tuple[Checkout, ...]
    unsaid: Unsaid


def status(
    uow: UnitOfWork,
    *,
    start: datetime,
    end: datetime,
    library: Library | None = None,
    then: datetime | None = None,
) -> BaselineStatus:
    """How baselines stood at the end of a period, and what was established in it, the newest first.

    What is told of now is told of `then` where that is given; it needs the library.
    """
    _check(start, end)
    scoped = tables.scoped_baselines(uow)
    counted = dict(uow.rows("SELECT level, COUNT(*) FROM item GROUP BY level"))
    out = checkout.outstanding(uow)
    unsaid: Unsaid = {}
    if then is not None and library is not None:
        counted = _levels_then(library, uow, counted, then)
        stood, unsaid = checkouts_then.stood(uow, then)
        out = tuple(one for one in stood if one.state == "out")
    return BaselineStatus(
        start=start,
        end=end,
        before=in_force(uow, start),
        in_force=in_force(uow, end),
        established=tuple(reversed(established(uow, start, end))),
        scoped=tuple(one for one in scoped if one.established_at < end),
        levels={level: int(counted[level]) for level in LEVELS if level in counted}
        if then is not None
        else {level: int(counted.get(level, 0)) for level in LEVELS},
        out=out,
        unsaid=unsaid,
        every=int(uow.rows("SELECT COUNT(*) FROM baseline WHERE established_at < ?", rfc3339(end))[0][0]),
    )


def in_force(uow: UnitOfWork, at: datetime) -> Baseline | None:
    """The baseline of the site that was in force just before a moment; None before the founding."""
    rows = uow.rows(
        "SELECT id FROM baseline WHERE kind = 'site' AND established_at < ? ORDER BY id DESC LIMIT 1",
        rfc3339(at),
    )
    return uow.get(Baseline, rows[0][0]) if rows else None


def established(uow: UnitOfWork, start: datetime, end: datetime) -> list[Baseline]:
    """The baselines of the site established in a period, the oldest first."""
    rows = uow.rows(
        "SELECT id FROM baseline WHERE kind = 'site' AND established_at >= ? AND established_at < ?"
        " ORDER BY id",
        rfc3339(start),
        rfc3339(end),
    )
    return [uow.get(Baseline, row[0]) for row in rows]


def revisions(
    library: Library,
    uow: UnitOfWork,
    *,
    start: datetime,
    end: datetime,
    kind: str = "",
    ids: Collection[str] = (),
) -> Iterator[Altered]:
    """What each baseline of a period altered, the newest first: of records of a kind, or of these ids.

    A baseline that altered none of them is left out. Raises Invalid when the period ends before it starts.
    """
    _check(start, end)
    paths = frozenset(path_of(kind or "item", one) for one in ids)
    found = established(uow, start, end)
    if paths:
        commits = {oid for path in sorted(paths) for oid in _history(library, path, found)}
        found = [one for one in found if one.commit in commits]
    return (
        altered
        for one in reversed(found)
        if (altered := _altered(library, uow, one, kind, paths)) is not None
    )


def _levels_then(
    library: Library, uow: UnitOfWork, counted: Mapping[str, int], then: datetime
) -> dict[str, int]:
    """Items by control level in the baseline in force at a moment, from those now and what differs."""
    now, was = tables.baseline_in_force(uow), past.in_force(uow, then)
    found = Counter({level: int(counted.get(level, 0)) for level in LEVELS if level != CANDIDATE})
    if was is None:
        return dict.fromkeys(found, 0)
    if now is not None and now.commit != was.commit:
        for before, after in past.changed(library.vault, now, was, "item").values():
            found.subtract([str(before["level"])] if before else [])
            found.update([str(after["level"])] if after else [])
    return dict(found)


def checkouts(
    uow: UnitOfWork, *, start: datetime, end: datetime, now: datetime, past: bool = False
) -> CheckoutReport:
    """Check-outs outstanding, the one that ends first in front, and those begun or ended in a period.

    With `past` as they stood at `now`, a moment that is over.
    """
    _check(start, end)
    every, unsaid = checkouts_then.stood(uow, now) if past else (uow.all(Checkout), {})
    out = [one for one in every if one.state == "out"]
    period = [
        one
        for one in every
        if start <= one.out_at < end or (one.ended_at is not None and start <= one.ended_at < end)
    ]
    return CheckoutReport(
        out=tuple(sorted(out, key=lambda one: (one.expires_at, one.id))),
        late=tuple(one for one in out if one.expires_at <= now and one.id not in unsaid),
        period=tuple(sorted(period, key=lambda one: (one.out_at, one.id), reverse=True)),
        unsaid=unsaid,
    )


def _history(library: Library, path: str, found: Sequence[Baseline]) -> tuple[str, ...]:
    return library.vault.history(path, found[-1].commit) if found else ()


def _altered(
    library: Library, uow: UnitOfWork, one: Baseline, kind: str, paths: frozenset[str]
) -> Altered | None:
    before = uow.rows(
        "SELECT id FROM baseline WHERE kind = 'site' AND id < ? ORDER BY id DESC LIMIT 1", one.id
    )
    if not before:
        return None if paths else Altered(one)  # the founding: there was nothing before it
    older = uow.get(Baseline, before[0][0])
    files = (
        each for each in library.vault.changes(older.commit, one.commit) if _wanted(each.path, kind, paths)
    )
    moved = {each.path: (each.old, each.new) for each in islice(files, MOST + 1)}
    if len(moved) > MOST:
        return Altered(one, whole=_count(uow, one))
    if not moved:
        return None
    made = _revisions(one, differences.of_paths(library, older, one, moved))
    return Altered(one, made) if made else None


def _wanted(path: str, kind: str, paths: frozenset[str]) -> bool:
    if paths:
        return path in paths
    named = _KINDS.get(path.split("/", 1)[0], "")
    return named == kind if kind else bool(named)


def _count(uow: UnitOfWork, one: Baseline) -> int:
    request = uow.find(ChangeRequest, one.request) if one.request else None
    counts = [each.seen.get("count", 0) for each in request.changes] if request else []
    return sum(each for each in counts if isinstance(each, int))


def _revisions(one: Baseline, found: Comparison) -> tuple[Revision, ...]:
    # What a new item needs came with it: one line tells of it, not one for each dependency.
    needs = Counter(each.source for each in found.connected)
    fresh = {each.id for each in found.added if each.kind == "item"}
    made = [
        *(
            Revision(
                one, each.kind, each.id, "added", new=_with(needs[each.id]) if each.id in fresh else None
            )
            for each in found.added
        ),
        *(Revision(one, each.kind, each.id, "removed") for each in found.removed),
        *(
            Revision(one, each.kind, each.id, "changed", each.field, each.old, each.new)
            for each in found.changed
        ),
        *(
            Revision(one, "item", each.source, what, f"{each.kind} {each.target}", new=each.group or None)
            for what, links in (("connected", found.connected), ("disconnected", found.disconnected))
            for each in links
            if each.source not in fresh
        ),
    ]
    return tuple(sorted(made, key=lambda each: (each.kind, each.id, each.what, each.field)))


def _with(needs: int) -> str | None:
    return f"with {needs} {'dependency' if needs == 1 else 'dependencies'}" if needs else None


def _check(start: datetime, end: datetime) -> None:
    if end <= start:
        raise Invalid("The period ends before it starts.", "Give --since before --until.")

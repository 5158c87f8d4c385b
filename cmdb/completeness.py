"""How complete and correct the records are: scores, and the items behind each.

    scores(uow, at=..., stale=..., type=..., service=...) -> Iterator[Score]
    behind(uow, score, at=..., stale=...) -> Iterator[str]         every id a score counts against

Counted in SQL, one pass over the items for all that any type is asked, so that a million items are
counted in seconds and nothing is held. Retired items are not counted. Confirmed is when a named
source or the owner last saw it to be true, never when it was last edited.
Source: rules.md 10, Completeness and correctness; IT Service CMM 5.5, Activity 10.4.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cmdb.canonical import rfc3339
from cmdb.model import ItemType, Value
from cmdb.store import UnitOfWork
from cmdb.types import effective

NAMED = 20  # ids a score names; `behind` gives all
PAGE = 10_000
STALE = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score(Value):
    """Of `total` records, `failing` do not hold what `name` asks; the first of them by id.

    `type` is the item type it was counted for, empty for all. What is only recommended `counts` for
    nothing but the score: no finding follows from it.
    """

    name: str
    type: str = ""
    field: str = ""
    total: int
    failing: int
    about: tuple[str, ...] = ()
    text: str
    remedy: str
    counts: bool = True

    @property
    def share(self) -> str:
        """How many of a hundred hold, rounded down so that 100 means all; `-` where there are none."""
        if not self.total:
            return "-"
        return f"{(self.total - self.failing) * 1000 // self.total / 10:.1f} %"


class _Asked(NamedTuple):
    """One condition on which an item fails, asked of those `among`; `{stale}` stands for a moment."""

    name: str
    fails: str
    text: str
    remedy: str
    among: str = "1 = 1"
    counts: bool = True


_ALONE = (
    "NOT EXISTS (SELECT 1 FROM dependency d WHERE d.source = i.key)"
    " AND NOT EXISTS (SELECT 1 FROM dependency d WHERE d.target = i.key)"
)
_EVERY: tuple[_Asked, ...] = (
    _Asked(
        "owner active",
        "i.owner IN (SELECT id FROM person WHERE NOT active)",
        "owned by nobody who is active",
        "Hand them over: 'cmdb item hand-over --from PERSON --to PERSON --apply'.",
    ),
    _Asked(
        "criterion",
        "i.criterion = ''",
        "under control without the criterion they were selected by",
        "Say it in a change request: 'cmdb change new --file FILE'.",
        among="i.level <> 'draft'",
    ),
    _Asked(
        "life-cycle points",
        "i.points = '[]'",
        "under control without the points of their life between which they are",
        "Say them in a change request: 'cmdb change new --file FILE'.",
        among="i.level <> 'draft'",
        counts=False,
    ),
    _Asked(
        "responsible group",
        "i.grp IS NULL",
        "with no group that answers when the owner is away",
        "Name one: 'cmdb item amend ID --group GROUP', or in an import.",
        counts=False,
    ),
    _Asked(
        "confirmed",
        "(i.confirmed_at IS NULL OR i.confirmed_at < '{stale}')",
        "not seen to be true for longer than agreed",
        "Ask their owners: 'cmdb item confirm --mine', or import a source that lists them.",
    ),
    _Asked(
        "connected",
        _ALONE,
        "in service, with nothing they need and nothing that needs them",
        "Connect them: 'cmdb item connect SOURCE TARGET', or retire them.",
        among="i.serves AND NOT i.service",
    ),
)


def scores(
    uow: UnitOfWork,
    *,
    at: datetime,
    stale: timedelta = STALE,
    type: str = "",
    service: str = "",
    excluded: Collection[str] = (),
) -> Iterator[Score]:
    """Every score: of each type, then what holds for the site as a whole.

    `type` or `service` restricts the items; `excluded` are ids whose absence from control somebody
    approved. Raises NotFound for a type that does not exist.
    """
    if type:
        effective(uow, type)
    with_scope, parameters = _within(type, service)
    counted = _counted(uow, with_scope, parameters, at - stale)
    for name in sorted(counted):
        total, fails = counted[name]
        for asked, (among, failing) in zip(_EVERY, fails, strict=True):
            if among:
                yield _score(uow, asked, name, among, failing, with_scope, parameters, at - stale)
        yield from _of_type(uow, effective(uow, name), total, with_scope, parameters)
    if not type:
        yield from _dangling(uow)
    yield _promised(uow, service, excluded)


def behind(uow: UnitOfWork, score: Score, *, at: datetime, stale: timedelta = STALE) -> Iterator[str]:
    """Every id a score of a type counts against, in order, read in pages."""
    condition = _condition(uow, score, at - stale)
    last = ""
    while True:
        rows = uow.rows(
            f"SELECT i.id FROM item i WHERE i.type = ? AND i.status <> 'retired' AND {condition}"
            f" AND i.id > ? ORDER BY i.id LIMIT {PAGE}",
            score.type,
            last,
        )
        yield from (str(row[0]) for row in rows)
        if len(rows) < PAGE:
            return
        last = str(rows[-1][0])


def _condition(uow: UnitOfWork, score: Score, before: datetime) -> str:
    asked = next((one for one in _EVERY if one.name == score.name), None)
    if asked is not None:
        return f"({asked.among}) AND {_filled(asked.fails, before)}"
    if score.name == "unique":
        one = _content(uow, score.field)
        return (  # an id of a type holds no quotation mark
            f"{one} IN (SELECT {one} FROM item i WHERE i.type = '{score.type}' AND i.status <>"
            f" 'retired' AND {one} IS NOT NULL GROUP BY 1 HAVING COUNT(*) > 1)"
        )
    return _missing(uow, score.field)


def _within(type: str, service: str) -> tuple[str, tuple[Any, ...]]:
    """The condition that restricts items to what is asked about, with its parameters."""
    clauses, parameters = ["i.status <> 'retired'"], []
    if type:
        clauses.append("i.type = ?")
        parameters.append(type)
    if service:
        clauses.append(f"i.key IN ({_REACHED.format(starts='id = ?')} SELECT key FROM reached)")
        parameters.append(service)
    return " AND ".join(clauses), tuple(parameters)


_REACHED = (
    "WITH RECURSIVE reached(key) AS (SELECT key FROM item WHERE {starts} UNION"
    " SELECT d.target FROM dependency d JOIN reached r ON d.source = r.key)"
)


def _counted(
    uow: UnitOfWork, within: str, parameters: Sequence[Any], before: datetime
) -> dict[str, tuple[int, list[tuple[int, int]]]]:
    """By type: how many items, and for each condition how many it is asked of and how many fail."""
    sums = ", ".join(
        f"SUM(CASE WHEN {one.among} THEN 1 ELSE 0 END),"
        f" SUM(CASE WHEN {one.among} AND {_filled(one.fails, before)} THEN 1 ELSE 0 END)"
        for one in _EVERY
    )
    rows = uow.rows(
        f"SELECT i.type, COUNT(*), {sums} FROM item i WHERE {within} GROUP BY i.type", *parameters
    )
    return {
        str(row[0]): (int(row[1]), [(int(a), int(b)) for a, b in zip(row[2::2], row[3::2], strict=True)])
        for row in rows
    }


def _score(
    uow: UnitOfWork,
    asked: _Asked,
    type: str,
    total: int,
    failing: int,
    within: str,
    parameters: Sequence[Any],
    before: datetime,
) -> Score:
    condition = f"({asked.among}) AND {_filled(asked.fails, before)}"
    return Score(
        name=asked.name,
        type=type,
        total=total,
        failing=failing,
        about=_first(uow, type, condition, within, parameters) if failing else (),
        text=asked.text,
        remedy=asked.remedy,
        counts=asked.counts,
    )


def _of_type(
    uow: UnitOfWork, type: ItemType, total: int, within: str, parameters: Sequence[Any]
) -> Iterator[Score]:
    """What one type asks of its characteristics: required, recommended, unique."""
    required = tuple(type.schema.get("required", ()))
    fields = [*required, *(one for one in type.recommended if one not in required)]
    if fields:
        sums = ", ".join(f"SUM(CASE WHEN {_missing(uow, one)} THEN 1 ELSE 0 END)" for one in fields)
        [row] = uow.rows(f"SELECT {sums} FROM item i WHERE {within} AND i.type = ?", *parameters, type.id)
        for one, failing in zip(fields, row, strict=True):
            must = one in required
            yield Score(
                name="required" if must else "recommended",
                type=type.id,
                field=one,
                total=total,
                failing=int(failing),
                about=_first(uow, type.id, _missing(uow, one), within, parameters) if failing else (),
                text=f"without {one}, which their type {'requires' if must else 'recommends'}",
                remedy=f"Say it: 'cmdb item amend ID --set {one}=...', or in an import.",
                counts=must,
            )
    for one in type.unique:
        yield _shared(uow, type.id, one, total, within, parameters)


def _shared(
    uow: UnitOfWork, type: str, field: str, total: int, within: str, parameters: Sequence[Any]
) -> Score:
    """Items of a type that share what is declared to tell them apart."""
    one = _content(uow, field)
    twice = (
        f"SELECT {one} AS content, COUNT(*) AS held FROM item i WHERE i.type = ?"
        f" AND i.status <> 'retired' AND {one} IS NOT NULL GROUP BY 1 HAVING COUNT(*) > 1"
    )
    rows = uow.rows(
        f"SELECT i.id FROM item i JOIN ({twice}) t ON t.content = {one} WHERE {within} AND i.type = ?"
        " ORDER BY i.id",
        type,
        *parameters,
        type,
    )
    return Score(
        name="unique",
        type=type,
        field=field,
        total=total,
        failing=len(rows),
        about=tuple(str(row[0]) for row in rows[:NAMED]),
        text=f"sharing their {field} with another, which tells items of this type apart",
        remedy="See which is which and retire the other: 'cmdb item show ID'.",
    )


def _dangling(uow: UnitOfWork) -> Iterator[Score]:
    [(total,)] = uow.rows("SELECT COUNT(*) FROM dependency")
    rows = uow.rows("SELECT source, target FROM dangling ORDER BY source, target")
    yield Score(
        name="dependencies whole",
        total=int(total) + len(rows),
        failing=len(rows),
        about=tuple(f"{source} {target}" for source, target in rows[:NAMED]),
        text="dependencies that name an item nobody registered",
        remedy="Register what is missing, or import again without --keep-dangling.",
    )


def _promised(uow: UnitOfWork, service: str, excluded: Collection[str]) -> Score:
    """Whether every item a service under agreement reaches is under control."""
    services = {
        one
        for (held,) in uow.rows("SELECT services FROM agreement WHERE state <> 'ended'")
        for one in json.loads(held)
        if service in ("", one)
    }
    if not services:
        total, failing = 0, []
    else:
        starts = f"id IN ({', '.join('?' for _ in services)})"
        rows = uow.rows(
            f"{_REACHED.format(starts=starts)} SELECT COUNT(*) FROM reached r JOIN item i ON i.key = r.key"
            " WHERE i.status <> 'retired'",
            *sorted(services),
        )
        total = int(rows[0][0])
        rows = uow.rows(
            f"{_REACHED.format(starts=starts)} SELECT i.id FROM reached r JOIN item i ON i.key = r.key"
            " WHERE i.status <> 'retired' AND i.level = 'draft' ORDER BY i.id",
            *sorted(services),
        )
        failing = [str(row[0]) for row in rows if row[0] not in excluded]
    return Score(
        name="promised and controlled",
        total=total,
        failing=len(failing),
        about=tuple(failing[:NAMED]),
        text="reached by a service under agreement and under nobody's control",
        remedy="Bring them under control by a baseline request, or say why not:"
        " 'cmdb practice set-aside item:ID --because TEXT'.",
    )


def _first(
    uow: UnitOfWork, type: str, condition: str, within: str, parameters: Sequence[Any]
) -> tuple[str, ...]:
    rows = uow.rows(
        f"SELECT i.id FROM item i WHERE {within} AND i.type = ? AND {condition} ORDER BY i.id LIMIT {NAMED}",
        *parameters,
        type,
    )
    return tuple(str(row[0]) for row in rows)


def _filled(condition: str, before: datetime) -> str:
    return condition.replace("{stale}", rfc3339(before))


def _missing(uow: UnitOfWork, field: str) -> str:
    return f"COALESCE({_content(uow, field)}, '') = ''"


def _content(uow: UnitOfWork, field: str) -> str:
    """The text of a characteristic, as each database takes it out of the JSON it is kept in."""
    name = _plain(field)
    if uow.dialect == "sqlite":
        path = json.dumps(field, ensure_ascii=False).replace("'", "''").replace("?", "'||char(63)||'")
        return f"CAST(json_extract(i.characteristics, '$.{path}') AS TEXT)"
    return f"(CAST(i.characteristics AS jsonb) ->> ('{name}'))"


def _plain(text: str) -> str:
    """A name as it may stand inside a literal of SQL."""
    return text.replace("'", "''").replace("?", "'||chr(63)||'")

"""What an export shows otherwise than it is recorded: the plan of an import, read as an observation.

    items(staged, types) / dependencies(staged) -> Iterator[Difference]

Whatever is recorded as in service has to be there; what is planned or retired has not. An export
speaks only of what it lists: items of its types; dependencies of its kinds, of sources of the types
that its sources have. A column it lacks says nothing.
Source: rules.md 10, Physical audit; IT Service CMM 5.5, Activity 10.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cmdb.exchange import plan_items
from cmdb.exchange.plan import CREATE, REQUEST, UPDATE, Plan
from cmdb.exchange.sheet import Problem
from cmdb.exchange.staging import Staging
from cmdb.model import Value

HINTED = 100_000  # items up to which renamed ones are looked for
Hints = Mapping[str, tuple[str, str]]  # by id, the item it probably is, and why
WHAT = ("field", "new", "missing", "still there")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Value):
    """One thing that was observed otherwise than recorded.

    `record` is `item` or `dependency`, `id` the item or the source, `target` and `kind` those of a
    dependency. `what` is one of WHAT: a `field` with both contents, a `new` record, one that is
    `missing`, or a retired item that is `still there`. `agreed` tells whether it is under control.
    """

    record: str
    id: str
    what: str
    target: str = ""
    kind: str = ""
    field: str = ""
    recorded: Any = None
    observed: Any = None
    agreed: bool = True


def types_of(staged: Staging) -> frozenset[str]:
    """The types an export speaks of: those of its items, or of the sources of its dependencies."""
    asked = "SELECT type FROM item_new UNION SELECT type FROM known WHERE key IN (SELECT source FROM edge)"
    if not staged.one("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'edge')"):
        asked = "SELECT DISTINCT type FROM item_new"
    return frozenset(str(row[0]) for row in staged.ask(asked))


def unreadable(staged: Staging, plan: Plan, said: Callable[[Problem], str]) -> list[str]:
    """Sentences about the rows that cannot be compared, in the words of `said`.

    That a new item names no owner is no fault of an export: it is what an audit finds.
    """
    known = {row[0] for row in staged.ask("SELECT line FROM item_bad b JOIN item_have h ON h.id = b.id")}
    wrong = [one for one in plan.errors if one.column != "owner" or one.line in known]
    hidden = plan.error_total - len(plan.errors)
    return [said(one) for one in wrong] + ([f"{hidden:,} more rows were not looked at."] if hidden else [])


def items(staged: Staging, types: Collection[str]) -> Iterator[Difference]:
    """Everything that differs, in the order field, new, missing, still there, each by id.

    `types` are those whose recorded items have to be in the export. Ask `unreadable` first.
    """
    for verdict in (REQUEST, UPDATE):
        for id, fields in plan_items.changes(staged, verdict):
            for name, (old, new) in fields.items():
                yield Difference(
                    record="item",
                    id=id,
                    what="field",
                    field=name,
                    recorded=old,
                    observed=new,
                    agreed=verdict == REQUEST,
                )
    for (id,) in staged.ask(
        "SELECT id FROM item_row WHERE verdict = ? UNION SELECT id FROM item_bad ORDER BY id", CREATE
    ):
        yield Difference(record="item", id=str(id), what="new", agreed=False)
    for id, type, level in staged.ask(
        "SELECT id, type, level FROM item_have h WHERE status = 'in service'"
        " AND NOT EXISTS (SELECT 1 FROM item_row r WHERE r.id = h.id) ORDER BY id"
    ):
        if type in types:
            yield Difference(record="item", id=id, what="missing", agreed=level != "draft")
    for id, level in staged.ask(
        "SELECT h.id, h.level FROM item_have h JOIN item_new r ON r.id = h.id WHERE h.status = 'retired'"
        " AND COALESCE(r.status, '') IN ('', 'retired') ORDER BY h.id"
    ):
        yield Difference(record="item", id=id, what="still there", agreed=level != "draft")


def namesakes(staged: Staging, types: Collection[str], unique: Mapping[str, Collection[str]]) -> Hints:
    """New items that are probably missing ones under another id, by id of either, with the reason.

    `unique` names the characteristics of each type that no two items share: of the same content in
    them, or else of the same name, where just one new and one missing item of a type have it. A hint:
    nothing is decided by it. Empty where more than HINTED are new or missing.
    """
    gone = (
        "SELECT id, type, name, facts FROM item_have h WHERE status = 'in service'"
        " AND NOT EXISTS (SELECT 1 FROM item_row r WHERE r.id = h.id) LIMIT ?"
    )
    fresh = "SELECT id, type, name, facts FROM item_new WHERE verdict = ? LIMIT ?"
    missing = [one for one in staged.ask(gone, HINTED + 1) if one[1] in types]
    new = list(staged.ask(fresh, CREATE, HINTED + 1)) if missing else []
    if len(missing) > HINTED or len(new) > HINTED:
        return {}
    found: dict[str, tuple[str, str]] = {}
    old, now = _marks(missing, unique), _marks(new, unique)
    for mark in sorted(old.keys() & now.keys()):  # what is unique sorts before a name
        (before, after) = old[mark], now[mark]
        if len(before) == 1 and len(after) == 1 and before[0] not in found and after[0] not in found:
            _rank, _type, field, content = mark
            why = f"the same {field}, {content}"
            found |= {before[0]: (after[0], why), after[0]: (before[0], why)}
    return found


def _marks(
    items: Iterable[Sequence[Any]], unique: Mapping[str, Collection[str]]
) -> dict[tuple[int, str, str, str], list[str]]:
    """What an item may be known by again, with the items that have it."""
    found: dict[tuple[int, str, str, str], list[str]] = {}
    for id, type, name, facts in items:
        held = json.loads(facts or "{}")
        marks = [(0, type, field, str(held[field])) for field in unique.get(type, ()) if held.get(field)]
        for mark in [*marks, (1, type, "name", name)]:
            found.setdefault(mark, []).append(str(id))
    return found


def dependencies(staged: Staging, types: Collection[str]) -> Iterator[Difference]:
    """Every dependency that differs, is new, or is missing although its source has one of `types`."""
    ends = "JOIN kind k ON k.key = e.kind JOIN known s ON s.key = e.source JOIN known t ON t.key = e.target"
    for source, target, kind, level, known, old, new in staged.ask(
        "SELECT s.id, t.id, k.id, s.level, h.source, h.strength || ' ' || COALESCE(o.name, ''),"
        " COALESCE(e.strength, h.strength, 'hard') || ' ' || COALESCE(e.grp, '') FROM edge e"
        f" {ends} LEFT JOIN edge_have h ON h.source = e.source AND h.target = e.target AND h.kind = e.kind"
        " LEFT JOIN group_have o ON o.key = h.grp WHERE e.verdict <> 'unchanged' ORDER BY s.id, t.id, k.id"
    ):
        yield Difference(
            record="dependency",
            id=source,
            target=target,
            kind=kind,
            what="new" if known is None else "field",
            field="" if known is None else "strength and group",
            recorded=None if known is None else str(old).strip(),
            observed=str(new).strip(),
            agreed=level != "draft",
        )
    for source, target, kind, level, type in staged.ask(
        f"SELECT s.id, t.id, k.id, s.level, s.type FROM edge_have e {ends}"
        " WHERE e.kind IN (SELECT kind FROM edge) AND s.serves AND NOT EXISTS (SELECT 1 FROM edge f"
        " WHERE f.source = e.source AND f.target = e.target AND f.kind = e.kind) ORDER BY s.id, t.id, k.id"
    ):
        if type in types:
            agreed = level != "draft"
            yield Difference(
                record="dependency", id=source, target=target, kind=kind, what="missing", agreed=agreed
            )

"""What the graph's tables repeat so that impact reads one index, computed from what they record.

Derived: whether an item serves and is a service (from its type), how many serving members a group
has and its slack, and what each dependency passes on (0 nothing, 1 soft, 2 hard). Every function
works inside a transaction, reads a thousand rows at once and writes only what is not right.
Source: rules.md 3; speed.md, Algorithms and layouts.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import cmdb.tables  # noqa: F401 - whoever derives reads its item types
from cmdb.model import ItemType, needed
from cmdb.store import UnitOfWork

AT_ONCE = 1000  # how many rows one query reads: below what either database takes as parameters


class Wrong(NamedTuple):
    """Derived columns that are not what they must be, as the updates that make them right."""

    groups: list[tuple[int, int, int]]  # members, slack, group
    dependencies: list[tuple[int, int | None, int, int, int]]  # passes, slack, source, target, kind


def nature(uow: UnitOfWork, type: str) -> tuple[tuple[str, ...], bool]:
    """The statuses in which items of a type serve, and whether they are services.

    `serves` is a type's own; what is below a service is a service. Raises NotFound.
    """
    one = uow.get(ItemType, type)
    service, above, seen = one.service, one.parent, {type}
    while above and not service and above not in seen:
        seen.add(above)
        upper = uow.get(ItemType, above)
        service, above = upper.service, upper.parent
    return one.serves, service


def touching(uow: UnitOfWork, keys: Sequence[int]) -> list[int]:
    """These items and every item that needs one of them."""
    found = dict.fromkeys(keys)
    for some in _portions(keys):
        rows = uow.rows(f"SELECT DISTINCT source FROM dependency WHERE target IN ({_marks(some)})", *some)
        found.update(dict.fromkeys(row[0] for row in rows))
    return list(found)


def derive(uow: UnitOfWork, sources: Iterable[int]) -> None:
    """Compute again what the dependencies of these items pass on, and their groups' slack."""
    for some in _portions(list(dict.fromkeys(sources))):
        wrong = _wrong(uow, some)
        uow.many("UPDATE redundancy_group SET members = ?, slack = ? WHERE key = ?", wrong.groups)
        uow.many(
            "UPDATE dependency SET passes = ?, slack = ? WHERE source = ? AND target = ? AND kind = ?",
            wrong.dependencies,
        )


def derive_type(uow: UnitOfWork, type: str) -> None:
    """Compute again what follows from a type for its items and those of the types below it."""
    family = [type]
    for one in family:
        below = uow.rows("SELECT id FROM item_type WHERE parent = ? ORDER BY id", one)
        family += [row[0] for row in below if row[0] not in family]
    moved: list[int] = []
    for one in family:
        serving, parameters, service = _serving(uow, one)
        rows = uow.rows(f"SELECT key FROM item WHERE type = ? AND serves <> {serving}", one, *parameters)
        moved += [row[0] for row in rows]
        uow.rows(f"UPDATE item SET serves = {serving}, service = ? WHERE type = ?", *parameters, service, one)
    derive(uow, touching(uow, moved))


def derive_kind(uow: UnitOfWork, kind: str) -> None:
    """Compute again what follows from whether a kind of dependency has impact."""
    sources = uow.rows(
        "SELECT DISTINCT d.source FROM dependency d JOIN dependency_kind k ON k.key = d.kind"
        " WHERE k.id = ? ORDER BY d.source",
        kind,
    )
    derive(uow, [row[0] for row in sources])


def mistaken(uow: UnitOfWork) -> Iterator[tuple[str, str]]:
    """Recompute everything derived and give each place that is wrong: (id of the item, what)."""
    for (type,) in uow.rows("SELECT id FROM item_type ORDER BY id"):
        serving, parameters, service = _serving(uow, type)
        for (id,) in uow.rows(
            f"SELECT id FROM item WHERE type = ? AND (serves <> {serving} OR service <> ?) ORDER BY id",
            type,
            *parameters,
            service,
        ):
            yield id, "whether it serves or is a service"
    last = -1
    while keys := uow.rows("SELECT key FROM item WHERE key > ? ORDER BY key LIMIT ?", last, AT_ONCE):
        last = keys[-1][0]
        wrong = _wrong(uow, [row[0] for row in keys])
        for _members, _slack, key in wrong.groups:
            [(id, name)] = uow.rows(
                "SELECT i.id, g.name FROM redundancy_group g JOIN item i ON i.key = g.source WHERE g.key = ?",
                key,
            )
            yield id, f"the margin of its group '{name}'"
        for _passes, _margin, source, target, _kind in wrong.dependencies:
            [(id, other)] = uow.rows(
                "SELECT s.id, t.id FROM item s, item t WHERE s.key = ? AND t.key = ?", source, target
            )
            yield id, f"what it suffers from {other}"


def mend(uow: UnitOfWork) -> None:
    """Compute again everything that is derived."""
    for (type,) in uow.rows("SELECT id FROM item_type ORDER BY id"):
        serving, parameters, service = _serving(uow, type)
        uow.rows(
            f"UPDATE item SET serves = {serving}, service = ? WHERE type = ?", *parameters, service, type
        )
    derive(uow, [row[0] for row in uow.rows("SELECT DISTINCT source FROM dependency")])
    derive(uow, [row[0] for row in uow.rows("SELECT DISTINCT source FROM redundancy_group")])


def _serving(uow: UnitOfWork, type: str) -> tuple[str, tuple[str, ...], bool]:
    """The SQL condition under which an item of a type serves, its parameters, and `service`."""
    statuses, service = nature(uow, type)
    serving = f"(status IN ({', '.join('?' * len(statuses))}))" if statuses else "(1 = 0)"
    return serving, statuses, service


def _wrong(uow: UnitOfWork, sources: Sequence[int]) -> Wrong:
    rows = uow.rows(
        "SELECT d.source, d.target, d.kind, d.hard, d.grp, t.serves, k.impact, s.serves, d.passes,"
        " d.slack FROM dependency d JOIN item t ON t.key = d.target JOIN item s ON s.key = d.source"
        f" JOIN dependency_kind k ON k.key = d.kind WHERE d.source IN ({_marks(sources)})",
        *sources,
    )
    members: dict[int, set[int]] = {}
    for _source, target, _kind, _hard, group, serves, impact, *_rest in rows:
        if group is not None and serves and impact:
            members.setdefault(group, set()).add(target)
    wrong = Wrong([], [])
    slacks: dict[int | None, int] = {}
    for key, need, old_members, old_slack in uow.rows(
        f"SELECT key, need, members, slack FROM redundancy_group WHERE source IN ({_marks(sources)})",
        *sources,
    ):
        count = len(members.get(key, ()))
        slacks[key] = max(0, count - needed(need, count))
        if (count, slacks[key]) != (old_members, old_slack):
            wrong.groups.append((count, slacks[key], key))
    for source, target, kind, hard, group, target_serves, impact, source_serves, *now in rows:
        counts = impact and source_serves and (group is None or target_serves)
        passes, slack = (2 if hard else 1) if counts else 0, slacks.get(group)
        if [passes, slack] != now:
            wrong.dependencies.append((passes, slack, source, target, kind))
    return wrong


def _portions(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def _marks(keys: Sequence[Any]) -> str:
    return ", ".join("?" * len(keys))

"""Items, dependencies and redundancy groups as rows, with what is derived from them kept right.

Derived: whether an item serves, how many serving members a group has and its slack, and what each
dependency passes on (0 nothing, 1 soft, 2 hard). Every function here works inside a transaction
and leaves the derived columns right. Source: rules.md 3; speed.md, Algorithms and layouts.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from cmdb.errors import Invalid, NotFound
from cmdb.model import Dependency, Item, RedundancyGroup, needed
from cmdb.store import UnitOfWork
from cmdb.types import effective

_ITEM = (
    "SELECT id, type, name, owner, grp, status, level, custody, party, criterion, points, characteristics"
    " FROM item"
)


def find_item(uow: UnitOfWork, id: str) -> Item | None:
    """Give the item, or None."""
    found = uow.rows(f"{_ITEM} WHERE id = ?", id)
    return _item(found[0]) if found else None


def get_item(uow: UnitOfWork, id: str) -> Item:
    """Give the item. Raises NotFound."""
    found = find_item(uow, id)
    if found is None:
        raise NotFound(f"There is no item '{id}'.", f"Look for it with 'cmdb item search {id}'.")
    return found


def items_where(uow: UnitOfWork, clause: str, *parameters: Any) -> list[Item]:
    """Give the items for which an SQL condition on the item table holds, in id order."""
    return [_item(row) for row in uow.rows(f"{_ITEM} WHERE {clause} ORDER BY id", *parameters)]


def add_item(uow: UnitOfWork, item: Item) -> None:
    """Store a new item. Raises Invalid when the id is or was in use."""
    if uow.rows("SELECT 1 FROM item WHERE id = ?", item.id):
        raise Invalid(
            f"The item '{item.id}' exists already.", "Choose another id, or amend the one that exists."
        )
    if uow.rows("SELECT 1 FROM spent_id WHERE id = ?", item.id):
        raise Invalid(f"The id '{item.id}' was used before.", "Choose another id: ids are never used twice.")
    kind = effective(uow, item.type)
    key = uow.rows("SELECT COALESCE(MAX(key), 0) + 1 FROM item")[0][0]
    uow.many(
        "INSERT INTO item (key, id, type, name, owner, grp, status, level, custody, party, criterion, points,"
        " characteristics, serves, service, owner_active) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        [(key, *_columns(item), item.status in kind.serves, kind.service, True)],
    )


def put_item(uow: UnitOfWork, item: Item) -> None:
    """Overwrite an item; what is derived from it follows. Raises NotFound."""
    key = item_key(uow, item.id)
    kind = effective(uow, item.type)
    before = uow.rows("SELECT serves FROM item WHERE key = ?", key)[0][0]
    serves = item.status in kind.serves
    uow.rows(
        "UPDATE item SET type = ?, name = ?, owner = ?, grp = ?, status = ?, level = ?, custody = ?,"
        " party = ?, criterion = ?, points = ?, characteristics = ?, serves = ?, service = ?, revision = revision + 1"
        " WHERE key = ?",
        *_columns(item)[1:],
        serves,
        kind.service,
        key,
    )
    if bool(before) != serves:
        sources = uow.rows("SELECT DISTINCT source FROM dependency WHERE target = ?", key)
        derive(uow, [key, *(row[0] for row in sources)])


def remove_item(uow: UnitOfWork, id: str) -> None:
    """Delete a candidate item with its own dependencies; its id is spent for ever.

    Raises Invalid when something still depends on it.
    """
    key = item_key(uow, id)
    needed_by = uow.rows(
        "SELECT i.id FROM dependency d JOIN item i ON i.key = d.source"
        " WHERE d.target = ? ORDER BY i.id LIMIT 5",
        key,
    )
    if needed_by:
        raise Invalid(
            f"{id} is still needed by {', '.join(row[0] for row in needed_by)}.",
            "Disconnect those first.",
        )
    uow.rows("DELETE FROM dependency WHERE source = ?", key)
    uow.rows("DELETE FROM redundancy_group WHERE source = ?", key)
    uow.rows("DELETE FROM item WHERE key = ?", key)
    uow.rows("INSERT INTO spent_id (id) VALUES (?)", id)


def item_key(uow: UnitOfWork, id: str) -> int:
    """The inner key of an item. Raises NotFound."""
    found = uow.rows("SELECT key FROM item WHERE id = ?", id)
    if not found:
        raise NotFound(f"There is no item '{id}'.", f"Look for it with 'cmdb item search {id}'.")
    return int(found[0][0])


def dependencies_of(uow: UnitOfWork, id: str) -> list[Dependency]:
    """What an item needs, in (target, kind) order."""
    return _dependencies(uow, "s.id = ?", id)


def dependants_of(uow: UnitOfWork, id: str) -> list[Dependency]:
    """What needs an item, in (source, kind) order."""
    return _dependencies(uow, "t.id = ?", id)


def groups_of(uow: UnitOfWork, id: str) -> list[RedundancyGroup]:
    """The redundancy groups of an item, in name order."""
    rows = uow.rows(
        "SELECT i.id, g.name, g.need, g.hard FROM redundancy_group g JOIN item i ON i.key = g.source"
        " WHERE i.id = ? ORDER BY g.name",
        id,
    )
    return [
        RedundancyGroup(source=row[0], name=row[1], need=row[2], strength="hard" if row[3] else "soft")
        for row in rows
    ]


def put_group(uow: UnitOfWork, group: RedundancyGroup) -> None:
    """Store or overwrite a redundancy group; its member rows follow its strength."""
    source = item_key(uow, group.source)
    hard = group.strength == "hard"
    found = uow.rows("SELECT key FROM redundancy_group WHERE source = ? AND name = ?", source, group.name)
    if found:
        uow.rows(
            "UPDATE redundancy_group SET need = ?, hard = ? WHERE key = ?", group.need, hard, found[0][0]
        )
        uow.rows("UPDATE dependency SET hard = ? WHERE source = ? AND grp = ?", hard, source, found[0][0])
    else:
        uow.rows(
            "INSERT INTO redundancy_group (key, source, name, need, hard)"
            " VALUES ((SELECT COALESCE(MAX(key), 0) + 1 FROM redundancy_group), ?, ?, ?, ?)",
            source,
            group.name,
            group.need,
            hard,
        )
    derive(uow, [source])


def put_dependency(uow: UnitOfWork, dependency: Dependency) -> None:
    """Store or overwrite the dependency (source, target, kind). Its group must exist."""
    source, target = item_key(uow, dependency.source), item_key(uow, dependency.target)
    group = None
    if dependency.group:
        found = uow.rows(
            "SELECT key, hard FROM redundancy_group WHERE source = ? AND name = ?", source, dependency.group
        )
        if not found:
            raise NotFound(
                f"{dependency.source} has no redundancy group '{dependency.group}'.",
                "Give its need with --need when connecting its first member.",
            )
        group = found[0][0]
        if bool(found[0][1]) != (dependency.strength == "hard"):
            raise Invalid(
                f"The rows of the group '{dependency.group}' of {dependency.source} disagree on strength:"
                f" {dependency.target} says {dependency.strength},"
                f" the group says {'hard' if found[0][1] else 'soft'}.",
                "Give every member of a group the same strength.",
            )
    uow.rows(
        "DELETE FROM dependency WHERE source = ? AND target = ? AND kind = ?",
        source,
        target,
        _kind(uow, dependency.kind),
    )
    uow.rows(
        "INSERT INTO dependency (source, target, kind, hard, grp, passes) VALUES (?, ?, ?, ?, ?, 0)",
        source,
        target,
        _kind(uow, dependency.kind),
        dependency.strength == "hard",
        group,
    )
    derive(uow, [source])


def remove_dependency(uow: UnitOfWork, source: str, target: str, kind: str) -> None:
    """Delete one dependency, and its group when that was the last member. Raises NotFound."""
    row = uow.rows(
        "SELECT d.source, d.target, d.kind, d.grp FROM dependency d JOIN item s ON s.key = d.source"
        " JOIN item t ON t.key = d.target JOIN dependency_kind k ON k.key = d.kind"
        " WHERE s.id = ? AND t.id = ? AND k.id = ?",
        source,
        target,
        kind,
    )
    if not row:
        raise NotFound(
            f"{source} does not depend on {target} by '{kind}'.",
            f"See what it needs: 'cmdb item show {source}'.",
        )
    source_key, target_key, kind_key, group = row[0]
    uow.rows(
        "DELETE FROM dependency WHERE source = ? AND target = ? AND kind = ?",
        source_key,
        target_key,
        kind_key,
    )
    if group is not None and not uow.rows(
        "SELECT 1 FROM dependency WHERE source = ? AND grp = ?", source_key, group
    ):
        uow.rows("DELETE FROM redundancy_group WHERE key = ?", group)
    derive(uow, [source_key])


def derive(uow: UnitOfWork, sources: Iterable[int]) -> None:
    """Compute again what the dependencies of these items pass on, and their groups' slack."""
    for source in dict.fromkeys(sources):
        rows = uow.rows(
            "SELECT d.target, d.kind, d.hard, d.grp, t.serves, k.impact, s.serves, d.passes, d.slack"
            " FROM dependency d JOIN item t ON t.key = d.target JOIN item s ON s.key = d.source"
            " JOIN dependency_kind k ON k.key = d.kind WHERE d.source = ?",
            source,
        )
        slacks = _slacks(uow, source, rows)
        for target, kind, hard, group, target_serves, impact, source_serves, passes, slack in rows:
            counts = impact and source_serves and (group is None or target_serves)
            wanted = ((2 if hard else 1) if counts else 0, slacks.get(group))
            if wanted != (passes, slack):
                uow.rows(
                    "UPDATE dependency SET passes = ?, slack = ?"
                    " WHERE source = ? AND target = ? AND kind = ?",
                    *wanted,
                    source,
                    target,
                    kind,
                )


def _slacks(uow: UnitOfWork, source: int, rows: Sequence[tuple[Any, ...]]) -> dict[int | None, int]:
    members: dict[int, set[int]] = {}
    for target, _kind, _hard, group, serves, impact, *_rest in rows:
        if group is not None and serves and impact:
            members.setdefault(group, set()).add(target)
    slacks: dict[int | None, int] = {}
    for key, need, old_members, old_slack in uow.rows(
        "SELECT key, need, members, slack FROM redundancy_group WHERE source = ?", source
    ):
        count = len(members.get(key, ()))
        slacks[key] = max(0, count - needed(need, count))
        if (count, slacks[key]) != (old_members, old_slack):
            uow.rows(
                "UPDATE redundancy_group SET members = ?, slack = ? WHERE key = ?", count, slacks[key], key
            )
    return slacks


def _dependencies(uow: UnitOfWork, clause: str, *parameters: Any) -> list[Dependency]:
    rows = uow.rows(
        "SELECT s.id, t.id, k.id, d.hard, g.name FROM dependency d JOIN item s ON s.key = d.source"
        " JOIN item t ON t.key = d.target JOIN dependency_kind k ON k.key = d.kind"
        f" LEFT JOIN redundancy_group g ON g.key = d.grp WHERE {clause} ORDER BY s.id, t.id, k.id",
        *parameters,
    )
    return [
        Dependency(
            source=row[0],
            target=row[1],
            kind=row[2],
            strength="hard" if row[3] else "soft",
            group=row[4] or "",
        )
        for row in rows
    ]


def _kind(uow: UnitOfWork, id: str) -> int:
    found = uow.rows("SELECT key FROM dependency_kind WHERE id = ?", id)
    if not found:
        known = ", ".join(row[0] for row in uow.rows("SELECT id FROM dependency_kind ORDER BY id"))
        raise NotFound(f"There is no dependency kind '{id}'.", f"Use one of: {known}.")
    return int(found[0][0])


def _columns(item: Item) -> tuple[Any, ...]:
    return (
        item.id,
        item.type,
        item.name,
        item.owner,
        item.group or None,
        item.status,
        item.level,
        item.custody,
        item.party or None,
        item.criterion,
        json.dumps(item.points, ensure_ascii=False),
        json.dumps(item.characteristics, ensure_ascii=False, sort_keys=True),
    )


def _item(row: tuple[Any, ...]) -> Item:
    return Item(
        id=row[0],
        type=row[1],
        name=row[2],
        owner=row[3],
        group=row[4] or "",
        status=row[5],
        level=row[6],
        custody=row[7],
        party=row[8] or "",
        criterion=row[9],
        points=tuple(json.loads(row[10])),
        characteristics=json.loads(row[11]),
    )

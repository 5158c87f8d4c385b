"""Items, dependencies and redundancy groups as rows, with what is derived from them kept right.

Every function here works inside a transaction and leaves the derived columns right; what they are
is said in `cmdb.tables_derived`. Source: rules.md 2; speed.md, Algorithms and layouts.
"""

import json
from collections.abc import Sequence
from typing import Any

from cmdb.errors import Invalid, NotFound
from cmdb.model import Dependency, Item, RedundancyGroup, shown
from cmdb.store import UnitOfWork
from cmdb.tables_derived import derive, nature, touching

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
        raise NotFound(
            f"There is no item '{shown(id)}'.", f"Look for it with 'cmdb item search {shown(id)}'."
        )
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
    serves, service = nature(uow, item.type)
    key = uow.rows("SELECT COALESCE(MAX(key), 0) + 1 FROM item")[0][0]
    uow.many(
        "INSERT INTO item (key, id, type, name, owner, grp, status, level, custody, party, criterion, points,"
        " characteristics, serves, service, owner_active) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        [(key, *columns_of(item), item.status in serves, service, True)],
    )


def put_item(uow: UnitOfWork, item: Item) -> None:
    """Overwrite an item; what is derived from it follows. Raises NotFound."""
    key = item_key(uow, item.id)
    statuses, service = nature(uow, item.type)
    before = uow.rows("SELECT serves FROM item WHERE key = ?", key)[0][0]
    serves = item.status in statuses
    uow.rows(
        "UPDATE item SET type = ?, name = ?, owner = ?, grp = ?, status = ?, level = ?, custody = ?,"
        " party = ?, criterion = ?, points = ?, characteristics = ?, serves = ?, service = ?,"
        " revision = revision + 1 WHERE key = ?",
        *columns_of(item)[1:],
        serves,
        service,
        key,
    )
    if bool(before) != serves:
        derive(uow, touching(uow, [key]))


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
        raise NotFound(
            f"There is no item '{shown(id)}'.", f"Look for it with 'cmdb item search {shown(id)}'."
        )
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
    _write_group(uow, source, group)
    derive(uow, [source])


def _write_group(uow: UnitOfWork, source: int, group: RedundancyGroup) -> None:
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


def put_dependency(uow: UnitOfWork, dependency: Dependency) -> None:
    """Store or overwrite the dependency (source, target, kind). Its group must exist.

    A group that this leaves without members goes with its last one.
    """
    source = item_key(uow, dependency.source)
    left = _write_dependency(uow, source, dependency)
    if left is not None:
        _drop_empty_group(uow, source, left)
    derive(uow, [source])


def _write_dependency(uow: UnitOfWork, source: int, dependency: Dependency) -> int | None:
    """Write one row; give the group it left, if it was in another before."""
    target, kind = item_key(uow, dependency.target), _kind(uow, dependency.kind)
    group = _group_for(uow, source, dependency) if dependency.group else None
    before = uow.rows(
        "SELECT grp FROM dependency WHERE source = ? AND target = ? AND kind = ?", source, target, kind
    )
    uow.rows(
        "UPDATE dependency SET hard = ?, grp = ? WHERE source = ? AND target = ? AND kind = ?"
        if before
        else "INSERT INTO dependency (hard, grp, source, target, kind, passes) VALUES (?, ?, ?, ?, ?, 0)",
        dependency.strength == "hard",
        group,
        source,
        target,
        kind,
    )
    return before[0][0] if before and before[0][0] != group else None


def _group_for(uow: UnitOfWork, source: int, dependency: Dependency) -> int:
    found = uow.rows(
        "SELECT key, hard FROM redundancy_group WHERE source = ? AND name = ?", source, dependency.group
    )
    if not found:
        raise NotFound(
            f"{dependency.source} has no redundancy group '{dependency.group}'.",
            "Give its need with --need when connecting its first member.",
        )
    key, hard = found[0]
    if bool(hard) != (dependency.strength == "hard"):
        member = uow.rows(
            "SELECT t.id FROM dependency d JOIN item t ON t.key = d.target"
            " WHERE d.source = ? AND d.grp = ? ORDER BY t.id LIMIT 1",
            source,
            key,
        )
        other = f"{dependency.source} -> {member[0][0]}" if member else "the group"
        raise Invalid(
            f"The rows of the group '{dependency.group}' of {dependency.source} disagree on strength:"
            f" {dependency.source} -> {dependency.target} says {dependency.strength},"
            f" {other} says {'hard' if hard else 'soft'}.",
            "Give every member of a group the same strength.",
        )
    return int(key)


def _drop_empty_group(uow: UnitOfWork, source: int, group: int) -> None:
    if not uow.rows("SELECT 1 FROM dependency WHERE source = ? AND grp = ? LIMIT 1", source, group):
        uow.rows("DELETE FROM redundancy_group WHERE key = ?", group)


def replace_needs(
    uow: UnitOfWork, source: str, needs: Sequence[Dependency], groups: Sequence[RedundancyGroup]
) -> None:
    """Make these, and nothing else, what an item needs. Every group named must be among `groups`."""
    key = item_key(uow, source)
    wanted = {(one.target, one.kind): one for one in needs}
    present = {(one.target, one.kind): one for one in dependencies_of(uow, source)}
    known = {one.name: one for one in groups_of(uow, source)}
    for group in groups:
        if known.get(group.name) != group:
            _write_group(uow, key, group)
    for target, kind in present.keys() - wanted.keys():
        uow.rows(
            "DELETE FROM dependency WHERE source = ? AND target = ? AND kind = ?",
            key,
            item_key(uow, target),
            _kind(uow, kind),
        )
    for pair, one in wanted.items():
        if present.get(pair) != one:
            _write_dependency(uow, key, one)
    for name in known.keys() - {group.name for group in groups}:
        uow.rows("DELETE FROM redundancy_group WHERE source = ? AND name = ?", key, name)
    derive(uow, [key])


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
    if group is not None:
        _drop_empty_group(uow, source_key, group)
    derive(uow, [source_key])


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


def columns_of(item: Item) -> tuple[Any, ...]:
    """The columns an item is written with, from its id to its characteristics."""
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

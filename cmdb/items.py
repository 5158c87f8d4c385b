"""Configuration items and their dependencies: what the CM group and owners do to candidates.

Drafts are edited here, directly and journalled. An item under control, and every dependency of
which it is the source, changes only by check-in under an approved change request: those calls use
the functions that take a `uow`. Source: rules.md 2; IT Service CMM 5.5, Activities 4 and 8.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cmdb import journal, tables_graph, types
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import (
    OPERATING_STATES,
    Dependency,
    Group,
    Item,
    ItemType,
    Party,
    Person,
    RedundancyGroup,
    check,
    choice_problems,
    shown,
)
from cmdb.roles import MAY, require, roles_of
from cmdb.store import Store, UnitOfWork


def register(store: Store, item: Item, *, actor: str, at: datetime) -> Item:
    """Add an item as a candidate. Raises Invalid with every problem of it at once."""
    with store.write() as uow:
        require(uow, actor, "register items", at=at)
        if item.level != "draft":
            raise Invalid(
                f"{item.id} cannot be registered as {item.level}.",
                "Register it as a draft; a baseline request brings it under control.",
            )
        check_item(uow, item)
        tables_graph.add_item(uow, item)
        journal.record(
            uow, at=at, actor=actor, action="item register", subjects=(item.id,), changed=facts(item)
        )
        uow.commit()
    return item


def mint_id(store: Store, type: str) -> str:
    """Give out the next free id of a type, such as `app-0001`. A number is given out once."""
    with store.write() as uow:
        uow.get(ItemType, type)
        series = type[:3].strip("._:+@-")
        found = uow.rows("SELECT last FROM number WHERE series = ?", series)
        last = found[0][0] if found else 0
        while True:
            last += 1
            id = f"{series}-{last:04d}"
            taken = uow.rows(
                "SELECT 1 FROM item WHERE id = ? UNION SELECT 1 FROM spent_id WHERE id = ?", id, id
            )
            if not taken:
                break
        uow.rows("DELETE FROM number WHERE series = ?", series)
        uow.rows("INSERT INTO number (series, last) VALUES (?, ?)", series, last)
        uow.commit()
    return id


def amend(store: Store, item: Item, *, actor: str, at: datetime) -> Item:
    """Change a candidate. Raises Refused for an item under control, or somebody else's draft."""
    with store.write() as uow:
        before = tables_graph.get_item(uow, item.id)
        refuse_controlled(before)
        _own(uow, before, actor, at)
        if item.level != before.level:
            raise Refused(
                f"The control level of {item.id} does not change by an amendment.",
                "Raise a baseline request: 'cmdb baseline establish'.",
            )
        check_item(uow, item)
        if item.status == "retired" and before.status != "retired":
            refuse_needed(uow, item.id)
        tables_graph.put_item(uow, item)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="item amend",
            subjects=(item.id,),
            changed=difference(before, item),
        )
        uow.commit()
    return item


def retire(store: Store, id: str, *, actor: str, at: datetime) -> Item:
    """Retire a candidate; its record stays. Raises Refused when something in service needs it."""
    with store.read() as uow:
        item = tables_graph.get_item(uow, id)
    return amend(store, item.but(status="retired"), actor=actor, at=at)


def connect(store: Store, dependency: Dependency, *, need: str = "", actor: str, at: datetime) -> Dependency:
    """Record that a candidate needs something. `need` founds or changes its redundancy group.

    Raises Invalid for a pair that exists, a kind its type does not allow, or a group that disagrees.
    """
    with store.write() as uow:
        source = tables_graph.get_item(uow, dependency.source)
        refuse_controlled(source)
        _own(uow, source, actor, at)
        if any(
            (one.target, one.kind) == (dependency.target, dependency.kind)
            for one in tables_graph.dependencies_of(uow, dependency.source)
        ):
            raise Invalid(
                f"{dependency.source} {dependency.kind} {dependency.target} is recorded already.",
                "Disconnect it first to record it differently.",
            )
        put_dependency(uow, dependency, need=need)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="item connect",
            subjects=(dependency.source, dependency.target),
            changed={"kind": dependency.kind, "strength": dependency.strength, "group": dependency.group},
        )
        uow.commit()
    return dependency


def disconnect(
    store: Store, source: str, target: str, *, kind: str = "", actor: str, at: datetime
) -> Dependency:
    """Take a dependency of a candidate away; without `kind` the pair must have only one."""
    with store.write() as uow:
        item = tables_graph.get_item(uow, source)
        refuse_controlled(item)
        _own(uow, item, actor, at)
        gone = one_dependency(uow, source, target, kind)
        tables_graph.remove_dependency(uow, source, target, gone.kind)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="item disconnect",
            subjects=(source, target),
            changed={"kind": gone.kind},
        )
        uow.commit()
    return gone


def confirm(store: Store, ids: Sequence[str], *, actor: str, at: datetime) -> int:
    """Say that items and what they need were seen to be true. Only their owner (or CM group) may."""
    with store.write() as uow:
        for id in ids:
            _own(uow, tables_graph.get_item(uow, id), actor, at)
            when = rfc3339(at)
            uow.rows("UPDATE item SET confirmed_at = ?, confirmed_by = ? WHERE id = ?", when, actor, id)
            uow.rows(
                "UPDATE dependency SET confirmed_at = ?, confirmed_by = ?"
                " WHERE source = (SELECT key FROM item WHERE id = ?)",
                when,
                actor,
                id,
            )
        journal.record(uow, at=at, actor=actor, action="item confirm", subjects=tuple(ids))
        uow.commit()
    return len(ids)


def set_operating(store: Store, id: str, state: str, *, actor: str, at: datetime) -> None:
    """Record the operating state of an item: accounting data, at any control level."""
    check("The operating state", choice_problems("The state", state, OPERATING_STATES))
    with store.write() as uow:
        require(uow, actor, "record outages", at=at)
        before = uow.rows("SELECT operating FROM item WHERE id = ?", id)
        if not before:
            tables_graph.get_item(uow, id)
        uow.rows("UPDATE item SET operating = ? WHERE id = ?", state, id)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="item state",
            subjects=(id,),
            changed={"operating": [before[0][0], state]},
        )
        uow.commit()


def hand_over(
    store: Store, *, giver: str, taker: str, actor: str, at: datetime
) -> tuple[int, tuple[str, ...]]:
    """Give every draft of one owner to another; give (how many, the controlled ones left).

    The controlled ones need a change request. Source: rules.md 2.
    """
    with store.write() as uow:
        require(uow, actor, "amend any draft", at=at)
        uow.get(Person, giver)
        if not uow.get(Person, taker).active:
            raise Invalid(f"'{taker}' is not active.", "Name an active person.")
        drafts = [
            row[0]
            for row in uow.rows("SELECT id FROM item WHERE owner = ? AND level = 'draft' ORDER BY id", giver)
        ]
        left = tuple(
            row[0]
            for row in uow.rows("SELECT id FROM item WHERE owner = ? AND level <> 'draft' ORDER BY id", giver)
        )
        uow.rows("UPDATE item SET owner = ? WHERE owner = ? AND level = 'draft'", taker, giver)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="item hand-over",
            subjects=(f"person:{giver}", f"person:{taker}", *drafts),
        )
        uow.commit()
    return len(drafts), left


def check_item(uow: UnitOfWork, item: Item) -> None:
    """Raise Invalid with everything about an item that does not fit what is stored around it."""
    problems: list[str] = []
    owner = uow.find(Person, item.owner)
    if owner is None:
        problems.append(f"The owner '{shown(item.owner)}' is not a registered person.")
    elif not owner.active:
        problems.append(f"The owner {owner.id} is not active.")
    if item.group and uow.find(Group, item.group) is None:
        problems.append(f"There is no group '{shown(item.group)}'.")
    if item.party and uow.find(Party, item.party) is None:
        problems.append(f"There is no party '{shown(item.party)}'.")
    try:
        kind = types.effective(uow, item.type)
    except NotFound as unknown:
        problems.append(f"{unknown.reason} {unknown.remedy}")
    else:
        problems += types.characteristic_problems(types.validator(kind), item.characteristics)
        problems += _not_unique(uow, kind, item)
    check(f"Item '{item.id}'", problems)


def put_dependency(uow: UnitOfWork, dependency: Dependency, *, need: str = "") -> None:
    """Store a dependency inside a transaction, with its group, after the checks of the source's type."""
    source = tables_graph.get_item(uow, dependency.source)
    tables_graph.get_item(uow, dependency.target)
    check(
        f"The dependency {dependency.source} -> {dependency.target}", _rule_problems(uow, source, dependency)
    )
    if dependency.group:
        known = {one.name: one for one in tables_graph.groups_of(uow, dependency.source)}
        old = known.get(dependency.group)
        wanted = RedundancyGroup(
            source=dependency.source,
            name=dependency.group,
            need=need or (old.need if old else "1"),
            strength=old.strength if old else dependency.strength,
        )
        if wanted != old:
            tables_graph.put_group(uow, wanted)
    elif need:
        raise Invalid(
            "A need belongs to a redundancy group.", "Name the group with --group, or leave the need out."
        )
    tables_graph.put_dependency(uow, dependency)


def one_dependency(uow: UnitOfWork, source: str, target: str, kind: str = "") -> Dependency:
    """Find the dependency meant by a pair and, where there are several, a kind."""
    pair = [
        one
        for one in tables_graph.dependencies_of(uow, source)
        if one.target == target and kind in ("", one.kind)
    ]
    if not pair:
        by = f" by '{kind}'" if kind else ""
        raise NotFound(
            f"{source} does not depend on {target}{by}.", f"See what it needs: 'cmdb item show {source}'."
        )
    if len(pair) > 1:
        kinds = ", ".join(one.kind for one in pair)
        raise Invalid(f"{source} needs {target} in several ways: {kinds}.", "Say which with --kind.")
    return pair[0]


def refuse_needed(uow: UnitOfWork, id: str, *, moved: frozenset[tuple[str, str, str]] = frozenset()) -> None:
    """Raise Refused when something in service needs an item; `moved` are dependencies going away too."""
    holding = [
        one
        for one in tables_graph.dependants_of(uow, id)
        if (one.source, one.target, one.kind) not in moved
        and tables_graph.get_item(uow, one.source).status == "in service"
    ]
    if holding:
        raise Refused(
            f"{id} is needed by {len(holding)} items in service.",
            "Disconnect or retire those in the same change.",
            [f"{one.source} {one.kind} {id}" for one in holding[:20]],
        )


def refuse_controlled(item: Item) -> None:
    """Raise Refused for an item under control, saying how it is changed."""
    if item.level != "draft":
        raise Refused(
            f"{item.id} is under control ({item.level}).",
            f"Raise a change request: 'cmdb change new' naming {item.id}.",
        )


def facts(item: Item) -> dict[str, Any]:
    """What the journal keeps of a new item."""
    return {"type": item.type, "name": item.name, "owner": item.owner, "status": item.status}


def difference(before: Item, after: Item) -> dict[str, list[Any]]:
    """Each field that differs, with the old and the new content."""
    found: dict[str, list[Any]] = {}
    for name in Item.__dataclass_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if name == "characteristics":
            for key in sorted({*old, *new}):
                if old.get(key) != new.get(key):
                    found[f"characteristics.{key}"] = [old.get(key, ""), new.get(key, "")]
        elif old != new:
            found[name] = [old, new]
    return found


def _own(uow: UnitOfWork, item: Item, actor: str, at: datetime) -> None:
    if item.owner == actor:
        return
    if roles_of(uow, actor, at=at) & MAY["amend any draft"]:
        return
    raise Refused(
        f"{item.id} is a draft of {item.owner}.",
        f"Ask {item.owner}, or somebody of the CM group, to change it.",
    )


def _not_unique(uow: UnitOfWork, kind: ItemType, item: Item) -> list[str]:
    problems = []
    for name in kind.unique:
        wanted = item.characteristics.get(name)
        if wanted in (None, ""):
            continue
        for other in tables_graph.items_where(uow, "type = ? AND id <> ?", item.type, item.id):
            if other.characteristics.get(name) == wanted:
                problems.append(f"{name} '{shown(str(wanted))}' belongs to {other.id} already.")
    return problems


def _rule_problems(uow: UnitOfWork, source: Item, dependency: Dependency) -> list[str]:
    problems = []
    if uow.rows("SELECT 1 FROM dependency_kind WHERE id = ?", dependency.kind) == []:
        known = ", ".join(row[0] for row in uow.rows("SELECT id FROM dependency_kind ORDER BY id"))
        problems.append(f"There is no dependency kind '{shown(dependency.kind)}': use one of {known}.")
    rules = types.effective(uow, source.type).kinds
    if not rules:
        return problems
    rule = next((one for one in rules if one.kind == dependency.kind), None)
    if rule is None:
        allowed = ", ".join(one.kind for one in rules)
        problems.append(f"A {source.type} does not connect by '{dependency.kind}', only by: {allowed}.")
    elif rule.maximum:
        has = sum(
            1
            for one in tables_graph.dependencies_of(uow, source.id)
            if one.kind == rule.kind and one.target != dependency.target
        )
        if has >= rule.maximum:
            problems.append(f"A {source.type} connects by '{rule.kind}' at most {rule.maximum} times.")
    return problems

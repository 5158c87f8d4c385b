"""Configuration items and their dependencies: what the CM group and owners do to candidates.

Drafts are edited here, directly and journalled. A connection (`connects to`) holds both ways and is
two rows, written and removed together. An item under control, and every dependency of
which it is the source, changes only by check-in under an approved change request: those calls use
the functions that take a `uow`. Source: rules.md 2; IT Service CMM 5.5, Activities 4 and 8.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cmdb import bulk, item_rules, journal, tables_graph
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import (
    OPERATING_STATES,
    Dependency,
    Item,
    ItemType,
    Person,
    RedundancyGroup,
    check,
    choice_problems,
    shown,
)
from cmdb.numbers import next_number
from cmdb.roles import registered, require
from cmdb.store import Store, UnitOfWork
from cmdb.types import effective
from cmdb.work import Hold


def register(store: Store, item: Item, *, actor: str, at: datetime) -> Item:
    """Add an item as a candidate. Raises Invalid with every problem of it at once."""
    with store.write() as uow:
        require(uow, actor, "register items", at=at)
        if item.level != "draft":
            raise Invalid(
                f"{item.id} cannot be registered as {item.level}.",
                "Register it as a draft; a baseline request brings it under control.",
            )
        item_rules.check_item(uow, item)
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
        while True:
            id = f"{series}-{next_number(uow, series):04d}"
            taken = uow.rows(
                "SELECT 1 FROM item WHERE id = ? UNION SELECT 1 FROM spent_id WHERE id = ?", id, id
            )
            if not taken:
                break
        uow.commit()
    return id


def amend(store: Store, item: Item, *, seen: Item | None = None, actor: str, at: datetime) -> Item:
    """Change a candidate. Raises Refused for an item under control, or somebody else's draft.

    `seen` is the item as the person saw it before changing it: Refused when it has moved since.
    """
    with store.write() as uow:
        before = tables_graph.get_item(uow, item.id)
        if seen is not None and seen != before:
            raise Refused(
                f"{item.id} was changed by someone else meanwhile.",
                f"See 'cmdb item show {item.id}', and make your change again.",
                [f"{name}: {old} -> {new}" for name, (old, new) in difference(seen, before).items()],
            )
        _amend(uow, before, item, actor, at)
        uow.commit()
    return item


def _amend(uow: UnitOfWork, before: Item, after: Item, actor: str, at: datetime) -> None:
    _refuse_change(uow, before, actor, at)
    if after.level != before.level:
        raise Refused(
            f"The control level of {after.id} does not change by an amendment.",
            "Raise a baseline request: 'cmdb baseline establish'.",
        )
    item_rules.check_item(uow, after)
    if after.type != before.type:
        item_rules.check_needs(uow, after)
    if after.status == "retired" and before.status != "retired":
        item_rules.refuse_needed(uow, after.id)
    tables_graph.put_item(uow, after)
    journal.record(
        uow,
        at=at,
        actor=actor,
        action="item amend",
        subjects=(after.id,),
        changed=difference(before, after),
    )


def retire(store: Store, id: str, *, actor: str, at: datetime) -> Item:
    """Retire a candidate; its record stays. Raises Refused when something in service needs it."""
    with store.write() as uow:
        before = tables_graph.get_item(uow, id)
        after = before.but(status="retired")
        _amend(uow, before, after, actor, at)
        uow.commit()
    return after


def remove(store: Store, id: str, *, actor: str, at: datetime) -> Item:
    """Delete a candidate registered by mistake; its id is spent for ever.

    Raises Refused for an item under control, somebody else's draft, or when something needs it.
    """
    with store.write() as uow:
        item = tables_graph.get_item(uow, id)
        _refuse_change(uow, item, actor, at)
        uow.rows("DELETE FROM hold WHERE item = ?", id)  # one that has ended; another would have refused
        tables_graph.remove_item(uow, id)
        journal.record(uow, at=at, actor=actor, action="item remove", subjects=(id,), changed=facts(item))
        uow.commit()
    return item


def connect(store: Store, dependency: Dependency, *, need: str = "", actor: str, at: datetime) -> Dependency:
    """Record that a candidate needs something. `need` founds its redundancy group.

    A kind that holds both ways writes the row back as well, so both ends must be candidates.
    Raises Invalid for a pair that exists, a kind its type does not allow, or a group that disagrees.
    """
    rows = item_rules.rows_of(dependency)
    with store.write() as uow:
        for row in rows:
            _own_source(uow, row, actor, at)
            if any(
                (one.target, one.kind) == (row.target, row.kind)
                for one in tables_graph.dependencies_of(uow, row.source)
            ):
                raise Invalid(
                    f"{row.source} {row.kind} {row.target} is recorded already.",
                    "Disconnect it first to record it differently.",
                )
        for row in rows:
            item_rules.put_dependency(uow, row, need=need if row is dependency else "")
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="item connect",
            subjects=(dependency.source, dependency.target),
            changed={
                "kind": dependency.kind,
                "strength": dependency.strength,
                "group": dependency.group,
                "need": need,
            },
        )
        uow.commit()
    return dependency


def disconnect(
    store: Store, source: str, target: str, *, kind: str = "", actor: str, at: datetime
) -> Dependency:
    """Take a dependency of a candidate away; without `kind` the pair must have only one.

    Of a kind that holds both ways, the row back goes as well.
    """
    with store.write() as uow:
        gone = item_rules.one_dependency(uow, source, target, kind)
        for row in item_rules.rows_of(gone):
            _own_source(uow, row, actor, at)
            back = row is not gone
            if not back or _recorded(uow, row):
                tables_graph.remove_dependency(uow, row.source, row.target, row.kind)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="item disconnect",
            subjects=(source, target),
            changed={"kind": gone.kind, "strength": gone.strength, "group": gone.group},
        )
        uow.commit()
    return gone


def set_group(store: Store, group: RedundancyGroup, *, actor: str, at: datetime) -> RedundancyGroup:
    """Change the need or strength of a candidate's redundancy group; its rows follow. Raises NotFound."""
    with store.write() as uow:
        source = tables_graph.get_item(uow, group.source)
        _refuse_change(uow, source, actor, at)
        known = {one.name: one for one in tables_graph.groups_of(uow, group.source)}
        before = known.get(group.name)
        if before is None:
            raise NotFound(
                f"{group.source} has no redundancy group '{shown(group.name)}'.",
                f"It has: {', '.join(known) or 'none'}. See 'cmdb item show {group.source}'.",
            )
        tables_graph.put_group(uow, group)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="item group",
            subjects=(group.source,),
            changed={
                "group": group.name,
                "need": [before.need, group.need],
                "strength": [before.strength, group.strength],
            },
        )
        uow.commit()
    return group


def confirm(store: Store, ids: Sequence[str], *, actor: str, at: datetime) -> int:
    """Say that items and what they need were seen to be true. Only their owner (or CM group) may."""
    with store.write() as uow:
        for id in ids:
            item_rules.refuse_stranger(uow, tables_graph.get_item(uow, id), actor, at)
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


def confirm_owned(
    store: Store, *, type: str = "", before: datetime | None = None, actor: str, at: datetime
) -> int:
    """Say that everything you own that is not retired, and what it needs, was seen to be true; give how many.

    Only of a `type` and only what was last confirmed before `before`, where they are given. One journal
    entry counts them, and each is found by it. Raises NotFound for a type that does not exist.
    """
    clauses, parameters = ["owner = ?", "status <> 'retired'"], [actor]
    with store.write() as uow:
        registered(uow, actor)
        if type:
            effective(uow, type)
            clauses.append("type = ?")
            parameters.append(type)
        if before is not None:
            clauses.append("(confirmed_at IS NULL OR confirmed_at < ?)")
            parameters.append(rfc3339(before))
        rows = uow.rows(f"SELECT key, id FROM item WHERE {' AND '.join(clauses)} ORDER BY id", *parameters)
        if not rows:
            return 0
        said = (rfc3339(at), actor)
        for table, key in (("item", "key"), ("dependency", "source")):
            uow.many(
                f"UPDATE {table} SET confirmed_at = ?, confirmed_by = ? WHERE {key} = ?",
                [(*said, row[0]) for row in rows],
            )
        entry = journal.record(
            uow, at=at, actor=actor, action="item confirm", changed={"confirmed": len(rows), "type": type}
        )
        bulk.note_subjects(uow, [str(row[1]) for row in rows], entry.sequence)
        uow.commit()
    return len(rows)


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


def check_hand_over(uow: UnitOfWork, *, giver: str, taker: str) -> None:
    """Raise NotFound or Invalid where one person cannot hand over to another."""
    uow.get(Person, giver)
    if giver == taker:
        raise Invalid(f"'{giver}' cannot hand over to themselves.", "Name another person.")
    if not uow.get(Person, taker).active:
        raise Invalid(f"'{taker}' is not active.", "Name an active person.")


def hand_over(
    store: Store, *, giver: str, taker: str, actor: str, at: datetime
) -> tuple[int, tuple[str, ...]]:
    """Give every draft of one owner to another; give (how many, the controlled items left).

    Documents go along. What is controlled needs a change request. Source: rules.md 2.
    """
    with store.write() as uow:
        require(uow, actor, "amend any draft", at=at)
        check_hand_over(uow, giver=giver, taker=taker)
        drafts = [
            row[0]
            for row in uow.rows("SELECT id FROM item WHERE owner = ? AND level = 'draft' ORDER BY id", giver)
        ]
        of_giver = "item IN (SELECT id FROM item WHERE owner = ? AND level = 'draft')"
        for hold in uow.where(Hold, of_giver, giver):
            item_rules.refuse_held(uow, hold.item, at=at)
        left = tuple(
            row[0]
            for row in uow.rows("SELECT id FROM item WHERE owner = ? AND level <> 'draft' ORDER BY id", giver)
        )
        uow.rows(
            "UPDATE item SET owner = ?, revision = revision + 1 WHERE owner = ? AND level = 'draft'",
            taker,
            giver,
        )
        written = [id for id, level in documents_of(uow, giver) if level == "draft"]
        for id in written:
            uow.rows("UPDATE document SET owner = ? WHERE id = ?", taker, id)
        papers = [f"document:{id}" for id in written]
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="item hand-over",
            subjects=(f"person:{giver}", f"person:{taker}", *drafts, *papers),
            changed={"owner": [giver, taker]},
        )
        uow.commit()
    return len(drafts) + len(written), left


def documents_of(uow: UnitOfWork, owner: str) -> list[tuple[str, str]]:
    """The documents somebody owns that are not retired, in id order: (id, control level)."""
    rows = uow.rows(
        "SELECT id, level FROM document WHERE owner = ? AND status <> 'retired' ORDER BY id", owner
    )
    return [(id, level) for id, level in rows]


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


def _refuse_change(uow: UnitOfWork, item: Item, actor: str, at: datetime) -> None:
    item_rules.refuse_controlled(item)
    item_rules.refuse_stranger(uow, item, actor, at)
    item_rules.refuse_held(uow, item.id, at=at)


def _own_source(uow: UnitOfWork, dependency: Dependency, actor: str, at: datetime) -> None:
    _refuse_change(uow, tables_graph.get_item(uow, dependency.source), actor, at)


def _recorded(uow: UnitOfWork, dependency: Dependency) -> bool:
    return any(
        (one.target, one.kind) == (dependency.target, dependency.kind)
        for one in tables_graph.dependencies_of(uow, dependency.source)
    )

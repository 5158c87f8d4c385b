"""What plans of item forms share: the ground they are made on, what they give, the road to the board.

A plan is checked against the rules and shown as a difference; nothing is written here. What is under
control becomes proposed changes, examined as a change request's own are.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ccb import examination
from ccb.model import ChangeDraft, ProposedChange
from cmdb import item_rules, tables_graph, types
from cmdb.errors import CmdbError, Refused
from cmdb.items import difference
from cmdb.model import Item, ItemType
from cmdb.store import Store, UnitOfWork
from tui.desk_cards import difference as proposed_rows
from tui.item_sheets import OPEN, text_of
from tui.item_source import Sheet, Typed
from tui.views import FieldChange

_PLAIN = {
    "id": "x",
    "name": "x",
    "group": "",
    "party": "",
    "status": "in service",
    "custody": "ours, used to deliver",
    "criterion": "",
}


class Ground(NamedTuple):
    """What a plan is made on: an open transaction, who acts, the moment and the zone of the site."""

    uow: UnitOfWork
    actor: str
    at: datetime
    zone: str


class Plan(NamedTuple):
    """What would be done: `write` does it, `changes` are for the board; both where items differ."""

    problems: tuple[str, ...] = ()
    diff: tuple[FieldChange, ...] = ()
    remarks: tuple[str, ...] = ()
    write: Callable[[Store], str] | None = None
    changes: tuple[ProposedChange, ...] = ()
    item: str = ""
    undo: tuple[str, ...] = ()


def known_type(uow: UnitOfWork, id: str) -> ItemType | None:
    """The type of that name with what it inherits, or None."""
    try:
        return types.effective(uow, id)
    except CmdbError:
        return None


def seen_text(item: Item) -> str:
    """An item as a sheet keeps what it saw."""
    return json.dumps({name: getattr(item, name) for name in Item.__dataclass_fields__}, ensure_ascii=False)


def seen_item(text: str) -> Item:
    """The item a sheet saw."""
    fields = json.loads(text)
    return Item(**{**fields, "points": tuple(fields["points"])})


def built(uow: UnitOfWork, start: Item, fields: Mapping[str, Any], actor: str) -> tuple[Item, list[str]]:
    """The item with other fields, and everything the rules say of it.

    A field whose value cannot be is set aside, so that what is wrong with the others is said too.
    """
    try:
        item = start.but(**fields)
    except CmdbError as wrong:
        problems = list(wrong.problems or (wrong.reason,))
        item = _set_aside(start, fields, actor)
    else:
        problems = []
    try:
        item_rules.check_item(uow, item)
    except CmdbError as wrong:
        problems += wrong.problems or (wrong.reason,)
    return item, problems


def _set_aside(start: Item, fields: Mapping[str, Any], actor: str) -> Item:
    item = start
    for name, content in fields.items():
        try:
            item = item.but(**{name: content})
        except CmdbError:
            item = item.but(**{name: {**_PLAIN, "owner": actor, "type": item.type}.get(name, content)})
    return item


def refuse_moved(seen: Item, now: Item) -> None:
    """Raise Refused when somebody changed an item after a form about it was opened."""
    if seen != now:
        raise Refused(
            f"{now.id} was changed by someone else meanwhile.",
            "ctrl+r reads it again and keeps what you typed.",
            [
                f"{name}: {text_of(old)} -> {text_of(new)}"
                for name, (old, new) in difference(seen, now).items()
            ],
        )


def refuse_direct(ground: Ground, item: Item) -> None:
    """Raise Refused unless the actor may change this draft now."""
    item_rules.refuse_controlled(item)
    item_rules.refuse_stranger(ground.uow, item, ground.actor, ground.at)
    item_rules.refuse_held(ground.uow, item.id, at=ground.at)


def altered_rows(before: Item, after: Item) -> tuple[FieldChange, ...]:
    """Each field that differs."""
    return tuple(
        FieldChange(
            f"item {after.id}", "amend", name.removeprefix("characteristics."), text_of(old), text_of(new)
        )
        for name, (old, new) in difference(before, after).items()
    )


def proposed(now: Item, fields: Mapping[str, Any]) -> tuple[ProposedChange, ...]:
    """Fields of an item under control as proposed changes; a lone `?` is known only afterwards."""
    exact = {name: list(new) if isinstance(new, tuple) else new for name, new in fields.items()}
    facts = exact.pop("characteristics", dict(now.characteristics))
    names = sorted({*facts, *now.characteristics})
    exact |= {name: facts.get(name, "") for name in names if facts.get(name) != now.characteristics.get(name)}
    opened = tuple(name for name, new in exact.items() if new == OPEN)
    exact = {name: new for name, new in exact.items() if name not in opened}
    changes = []
    operation = {"retired": "retire", "in service": "return to service"}.get(str(exact.get("status", "")), "")
    if operation == "retire" or (operation and now.status == "retired"):
        del exact["status"]
        changes.append(ProposedChange(record="item", id=now.id, operation=operation))
    if exact or opened:
        changes.append(ProposedChange(record="item", id=now.id, operation="set", exact=exact, open=opened))
    return tuple(changes)


def asked_for(
    ground: Ground, sheet: Sheet, typed: Typed, changes: Sequence[ProposedChange], *, item: str = ""
) -> Plan:
    """The plan of a draft change request that proposes these changes."""
    if not changes:
        return Plan(item=item)
    draft = draft_of(sheet, typed, changes, ground.actor)
    problems = examination.problems(ground.uow, draft)
    rows = proposed_rows(ground.uow, examination.examined(ground.uow, changes)) if not problems else ()
    return Plan(problems=tuple(problems), diff=rows, changes=tuple(changes), item=item)


def draft_of(sheet: Sheet, typed: Typed, changes: Sequence[ProposedChange], actor: str) -> ChangeDraft:
    """The change request a form about items under control is drafted as."""
    return ChangeDraft(
        title=typed.get("change title", "") or sheet.title,
        reason=typed.get("change reason", ""),
        implementer=actor,
        changes=tuple(changes),
    )


def get_all(uow: UnitOfWork, ids: Sequence[str]) -> list[Item]:
    """The items of these ids. Raises NotFound."""
    return [tables_graph.get_item(uow, id) for id in ids]

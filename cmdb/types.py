"""Item types and dependency kinds: what characteristics an item has and how items may hang together.

A child type adds to its parent: characteristics, recommended and unique fields and dependency
rules are joined, `serves` and `service` are its own. New types need no code.
Source: rules.md 2; IT Service CMM 5.5, Activities 3.4 and 4.3.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from cmdb import journal
from cmdb.canonical import encode
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import DependencyKind, ItemType, check, shown
from cmdb.store import Store, UnitOfWork

KINDS = (
    DependencyKind(id="uses"),
    DependencyKind(id="runs on"),
    DependencyKind(id="consists of"),
    DependencyKind(id="located in"),
    DependencyKind(id="connects to"),
    DependencyKind(id="documents", impact=False),
)


def _starter(id: str, name: str, parent: str = "", **more: Any) -> ItemType:
    return ItemType(id=id, name=name, parent=parent, **more)


def _facts(*names: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}}


TYPES = (
    _starter("item", "Configuration item"),
    _starter("service", "Service", "item", service=True),
    _starter("software", "Software", "item", schema=_facts("version", "supplier"), recommended=("version",)),
    _starter("application", "Application", "software"),
    _starter("database", "Database", "software"),
    _starter("middleware", "Middleware", "software"),
    _starter("package", "Software package", "software"),
    _starter(
        "hardware", "Hardware", "item", schema=_facts("model", "serial"), recommended=("model", "serial")
    ),
    _starter("server", "Server", "hardware"),
    _starter("virtual-machine", "Virtual machine", "item"),
    _starter("network-device", "Network device", "hardware", schema=_facts("firmware")),
    _starter("storage", "Storage", "hardware"),
    _starter("power", "Power supply", "hardware"),
    _starter("workstation", "Workstation", "hardware"),
    _starter("device", "Device", "hardware"),
    _starter("location", "Location", "item"),
    _starter("external-service", "External service", "item"),
    _starter("document", "Document", "item"),
    _starter("plan", "Plan", "document"),
    _starter("agreement", "Agreement", "document"),
)


def found(uow: UnitOfWork, *, level: str) -> None:
    """Store the starter types and kinds, at a control level. Used once, when a site is made."""
    for kind in KINDS:
        uow.add(kind.but(level=level))
    for one in TYPES:
        uow.add(one.but(level=level))


def register(store: Store, item_type: ItemType, *, actor: str, at: datetime) -> ItemType:
    """Add an item type as a draft. Raises Invalid for a bad schema, parent or id."""
    with store.write() as uow:
        _check(uow, item_type)
        uow.add(item_type)
        journal.record(uow, at=at, actor=actor, action="type register", subjects=(f"type:{item_type.id}",))
        uow.commit()
    return item_type


def amend(store: Store, item_type: ItemType, *, actor: str, at: datetime) -> ItemType:
    """Change a draft item type. Raises Refused for one under control."""
    with store.write() as uow:
        before = uow.get(ItemType, item_type.id)
        if before.level != "draft":
            raise Refused(
                f"The item type '{before.id}' is {before.level}.",
                "Raise a change request to the site board: 'cmdb change new'.",
            )
        _check(uow, item_type)
        uow.replace(item_type)
        journal.record(uow, at=at, actor=actor, action="type amend", subjects=(f"type:{item_type.id}",))
        uow.commit()
    return item_type


def add_kind(store: Store, kind: DependencyKind, *, actor: str, at: datetime) -> DependencyKind:
    """Add a dependency kind as a draft."""
    with store.write() as uow:
        uow.add(kind)
        journal.record(uow, at=at, actor=actor, action="kind register", subjects=(f"kind:{kind.id}",))
        uow.commit()
    return kind


def effective(uow: UnitOfWork, id: str) -> ItemType:
    """Give an item type with what it has from its parents. Raises NotFound."""
    one = uow.find(ItemType, id)
    if one is None:
        known = ", ".join(row[0] for row in uow.rows("SELECT id FROM item_type ORDER BY id"))
        raise NotFound(f"There is no item type '{shown(id)}'.", f"Use one of: {known}.")
    seen = {id}
    whole, parent = one, one.parent
    while parent and parent not in seen:
        seen.add(parent)
        above = uow.get(ItemType, parent)
        whole = joined(above, whole)
        parent = above.parent
    return whole


def joined(above: ItemType, below: ItemType) -> ItemType:
    """Give the lower type with what the upper one adds."""
    upper, lower = dict(above.schema), dict(below.schema)
    schema = {**upper, **lower}
    properties = {**upper.get("properties", {}), **lower.get("properties", {})}
    required = [*dict.fromkeys([*upper.get("required", []), *lower.get("required", [])])]
    if properties:
        schema["properties"] = properties
    if required:
        schema["required"] = required
    return below.but(
        schema=schema,
        recommended=tuple(dict.fromkeys([*above.recommended, *below.recommended])),
        unique=tuple(dict.fromkeys([*above.unique, *below.unique])),
        kinds=(*above.kinds, *below.kinds),
    )


def validator(item_type: ItemType) -> Draft202012Validator:
    """Prepare the check of characteristics for an (effective) type; hold on to it for many items."""
    return Draft202012Validator(dict(item_type.schema))


def characteristic_problems(
    check_with: Draft202012Validator, characteristics: Mapping[str, Any]
) -> list[str]:
    """Say everything that is wrong with an item's characteristics."""
    problems = []
    try:
        encode("item/1", {"characteristics": characteristics})
    except Invalid as unkeepable:
        problems.append(unkeepable.reason)
    errors = check_with.iter_errors(dict(characteristics))
    for error in sorted(errors, key=lambda one: [str(part) for part in one.absolute_path]):
        where = ".".join(map(str, error.absolute_path)) or "characteristics"
        problems.append(f"{where}: {shown(error.message, 200)}")
    return problems


def _check(uow: UnitOfWork, item_type: ItemType) -> None:
    problems = []
    try:
        Draft202012Validator.check_schema(dict(item_type.schema))
    except SchemaError as wrong:
        problems.append(f"The schema is no JSON Schema: {shown(wrong.message, 200)}")
    try:
        encode("type/1", {"schema": item_type.schema})
    except Invalid as unkeepable:
        problems.append(unkeepable.reason)
    if item_type.parent and uow.find(ItemType, item_type.parent) is None:
        problems.append(f"The parent type '{shown(item_type.parent)}' does not exist.")
    for rule in item_type.kinds:
        if uow.find(DependencyKind, rule.kind) is None:
            problems.append(f"There is no dependency kind '{shown(rule.kind)}'.")
    if _loops(uow, item_type):
        problems.append(f"'{item_type.parent}' is itself below '{item_type.id}'.")
    check(f"Item type '{item_type.id}'", problems)


def _loops(uow: UnitOfWork, item_type: ItemType) -> bool:
    parent, seen = item_type.parent, {item_type.id}
    while parent and parent not in seen:
        seen.add(parent)
        above = uow.find(ItemType, parent)
        parent = above.parent if above else ""
    return parent == item_type.id

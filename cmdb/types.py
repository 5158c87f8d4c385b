"""Item types and dependency kinds: what characteristics an item has and how items may hang together.

A child type adds to its parent: characteristics, recommended and unique fields and dependency
rules are joined (where both rule on a kind, the child's rule holds), what is below a service is a
service, `serves` is its own. New types need no code.
Source: rules.md 2; IT Service CMM 5.5, Activities 3.4 and 4.3.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from jsonschema.protocols import Validator

from cmdb import journal, places, schemas, tables_derived
from cmdb.canonical import encode
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import DependencyKind, ItemType, check, shown, text_problems
from cmdb.roles import require
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
        require(uow, actor, "define types", at=at)
        _refuse_level(item_type.level, f"The item type '{item_type.id}'")
        problems = type_problems(uow, item_type)
        check(f"Item type '{item_type.id}'", problems)
        uow.add(item_type)
        journal.record(uow, at=at, actor=actor, action="type register", subjects=(f"type:{item_type.id}",))
        uow.commit()
    return item_type


def amend(store: Store, item_type: ItemType, *, actor: str, at: datetime) -> ItemType:
    """Change a draft item type; what follows for its items is computed again.

    Raises Refused for one under control.
    """
    with store.write() as uow:
        require(uow, actor, "define types", at=at)
        before = uow.get(ItemType, item_type.id)
        _refuse_controlled(before.level, f"The item type '{before.id}'")
        _refuse_level(item_type.level, f"The item type '{before.id}'")
        put(uow, item_type)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="type amend",
            subjects=(f"type:{item_type.id}",),
            changed={
                name: [str(getattr(before, name)), str(getattr(item_type, name))]
                for name in ItemType.__dataclass_fields__
                if getattr(before, name) != getattr(item_type, name)
            },
        )
        uow.commit()
    return item_type


def put(uow: UnitOfWork, item_type: ItemType) -> None:
    """Store or overwrite an item type inside a transaction; what follows for its items is computed again."""
    check(f"Item type '{item_type.id}'", type_problems(uow, item_type))
    if uow.find(ItemType, item_type.id) is None:
        uow.add(item_type)
    else:
        uow.replace(item_type)
        tables_derived.derive_type(uow, item_type.id)


def parents_first(item_types: Iterable[ItemType]) -> list[ItemType]:
    """Give types in an order in which each may be stored: after its parent, else by id."""
    waiting = {one.id: one for one in sorted(item_types, key=lambda one: one.id)}
    ordered: list[ItemType] = []
    while waiting:
        ready = [one for one in waiting.values() if one.parent not in waiting]
        ordered += ready or waiting.values()  # types in a loop are refused when stored
        waiting = {id: one for id, one in waiting.items() if one not in ordered}
    return ordered


def add_kind(store: Store, kind: DependencyKind, *, actor: str, at: datetime) -> DependencyKind:
    """Add a dependency kind as a draft."""
    with store.write() as uow:
        require(uow, actor, "define types", at=at)
        _refuse_level(kind.level, f"The dependency kind '{kind.id}'")
        check(f"Dependency kind '{shown(kind.id)}'", places.name_problems("dependency kind", kind.id))
        uow.add(kind)
        journal.record(uow, at=at, actor=actor, action="kind register", subjects=(f"kind:{kind.id}",))
        uow.commit()
    return kind


def amend_kind(store: Store, kind: DependencyKind, *, actor: str, at: datetime) -> DependencyKind:
    """Change a draft dependency kind; what its dependencies pass on is computed again."""
    with store.write() as uow:
        require(uow, actor, "define types", at=at)
        before = uow.get(DependencyKind, kind.id)
        _refuse_controlled(before.level, f"The dependency kind '{kind.id}'")
        _refuse_level(kind.level, f"The dependency kind '{kind.id}'")
        put_kind(uow, kind)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="kind amend",
            subjects=(f"kind:{kind.id}",),
            changed={"impact": [before.impact, kind.impact]},
        )
        uow.commit()
    return kind


def put_kind(uow: UnitOfWork, kind: DependencyKind) -> None:
    """Store or overwrite a dependency kind inside a transaction; what follows from it is computed again."""
    if uow.find(DependencyKind, kind.id) is None:
        check(f"Dependency kind '{shown(kind.id)}'", places.name_problems("dependency kind", kind.id))
        uow.add(kind)
    else:
        uow.replace(kind)
        tables_derived.derive_kind(uow, kind.id)


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
    definitions = {**upper.get("$defs", {}), **lower.get("$defs", {})}
    required = [*dict.fromkeys([*upper.get("required", []), *lower.get("required", [])])]
    if properties:
        schema["properties"] = properties
    if definitions:
        schema["$defs"] = definitions
    if required:
        schema["required"] = required
    return below.but(
        schema=schema,
        recommended=tuple(dict.fromkeys([*above.recommended, *below.recommended])),
        unique=tuple(dict.fromkeys([*above.unique, *below.unique])),
        kinds=(
            *(one for one in above.kinds if one.kind not in {own.kind for own in below.kinds}),
            *below.kinds,
        ),
        service=below.service or above.service,
    )


def validator(item_type: ItemType) -> Validator:
    """Prepare the check of characteristics for an (effective) type; hold on to it for many items."""
    return schemas.checker(item_type.schema)


def characteristic_problems(check_with: Validator, characteristics: Mapping[str, Any]) -> list[str]:
    """Say everything that is wrong with an item's characteristics."""
    problems = []
    try:
        encode("item/1", {"characteristics": characteristics})
    except Invalid as unkeepable:
        problems.append(unkeepable.reason)
    else:
        problems += [one for name, text in _texts(characteristics) for one in text_problems(name, text)]
    errors = sorted(
        check_with.iter_errors(dict(characteristics)),
        key=lambda one: [str(part) for part in one.absolute_path],
    )
    problems += [
        f"{'.'.join(map(str, error.absolute_path)) or 'characteristics'}: {shown(error.message, 200)}"
        for error in errors
    ]
    return problems


def _texts(content: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text inside some characteristics, with the path to it."""
    if isinstance(content, str):
        yield shown(path), content
    elif isinstance(content, Mapping):
        for name, inner in content.items():
            yield shown(path or "A characteristic's name"), name
            yield from _texts(inner, f"{path}.{name}" if path else name)
    elif isinstance(content, list | tuple):
        for inner in content:
            yield from _texts(inner, path)


def type_problems(uow: UnitOfWork, item_type: ItemType) -> list[str]:
    """Say everything about an item type that does not fit what is stored around it."""
    problems = schemas.problems(item_type.schema)
    if item_type.parent and uow.find(ItemType, item_type.parent) is None:
        problems.append(f"The parent type '{shown(item_type.parent)}' does not exist.")
    problems += [
        f"There is no dependency kind '{shown(rule.kind)}'."
        for rule in item_type.kinds
        if uow.find(DependencyKind, rule.kind) is None
    ]
    if _loops(uow, item_type):
        problems.append(f"'{item_type.parent}' is itself below '{item_type.id}'.")
    return problems


def _refuse_controlled(level: str, what: str) -> None:
    if level != "draft":
        raise Refused(
            f"{what} is under control ({level}).",
            "Raise a change request to the site board: 'cmdb change new'.",
        )


def _refuse_level(level: str, what: str) -> None:
    if level != "draft":
        raise Invalid(
            f"{what} cannot be made {level} here.",
            "Leave it a draft; a baseline request brings it under control.",
        )


def _loops(uow: UnitOfWork, item_type: ItemType) -> bool:
    parent, seen = item_type.parent, {item_type.id}
    while parent and parent not in seen:
        seen.add(parent)
        above = uow.find(ItemType, parent)
        parent = above.parent if above else ""
    return parent == item_type.id

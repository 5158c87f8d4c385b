"""The canonical records of people, groups, parties, types, kinds and items.

A record is (form, fields): `encode` of `cmdb.canonical` makes the bytes that the library keeps. An
item's record holds what it needs and its redundancy groups; accounting data is never in it. Every
`..._from` refuses unknown or missing fields, because a record nobody can read back is damage.
Source: rules.md 2, Accounting data; 7, Canonical record.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from cmdb.canonical import encode
from cmdb.errors import CmdbError, Corrupt
from cmdb.model import (
    Contact,
    Dependency,
    DependencyKind,
    DependencyRule,
    Group,
    Item,
    ItemType,
    Party,
    Person,
    PublicKey,
    RedundancyGroup,
)
from cmdb.places import FOLDERS as FOLDERS
from cmdb.places import file_name as file_name
from cmdb.places import path_of as path_of

Fields = Mapping[str, Any]
V = TypeVar("V")

FORMS = {
    "item": "item/1",
    "type": "type/1",
    "dependency kind": "kind/1",
    "person": "person/1",
    "group": "group/1",
    "party": "party/1",
}


def item_fields(item: Item, needs: Iterable[Dependency], groups: Iterable[RedundancyGroup]) -> dict[str, Any]:
    """The fields of an item's record, with what it needs in (target, kind) order."""
    return _kept(
        {
            "id": item.id,
            "type": item.type,
            "name": item.name,
            "owner": item.owner,
            "group": item.group,
            "status": item.status,
            "level": item.level,
            "custody": item.custody,
            "party": item.party,
            "criterion": item.criterion,
            "points": list(item.points),
            "characteristics": dict(item.characteristics),
            "dependencies": [
                _kept({"target": one.target, "kind": one.kind, "strength": one.strength, "group": one.group})
                for one in sorted(needs, key=lambda one: (one.target, one.kind))
            ],
            "groups": [
                {"name": one.name, "need": one.need, "strength": one.strength}
                for one in sorted(groups, key=lambda one: one.name)
            ],
        }
    )


def item_from(fields: Fields) -> tuple[Item, tuple[Dependency, ...], tuple[RedundancyGroup, ...]]:
    """Read an item's record. Raises Corrupt for unknown fields, Invalid for wrong content."""
    own = {name: content for name, content in fields.items() if name not in ("dependencies", "groups")}
    if "points" in own:
        own["points"] = tuple(own["points"])
    item = _made(Item, own)
    needs = tuple(_made(Dependency, {"source": item.id, **link}) for link in _listed(fields, "dependencies"))
    groups = tuple(
        _made(RedundancyGroup, {"source": item.id, **group}) for group in _listed(fields, "groups")
    )
    return item, needs, groups


def person_fields(person: Person) -> dict[str, Any]:
    """The fields of a person's record, keys in text order."""
    keys = [_kept({"text": key.text, "comment": key.comment}) for key in person.keys]
    return _kept(
        {
            "id": person.id,
            "name": person.name,
            "email": person.email,
            "login": person.login,
            "active": person.active,
            "keys": sorted(keys, key=lambda key: str(key["text"])),
            "level": person.level,
        }
    )


def person_from(fields: Fields) -> Person:
    """Read a person's record."""
    keys = tuple(_made(PublicKey, key) for key in _listed(fields, "keys"))
    return _made(Person, {**fields, "keys": keys})


def group_fields(group: Group) -> dict[str, Any]:
    """The fields of a group's record, members in text order."""
    return _kept(
        {
            "id": group.id,
            "name": group.name,
            "lead": group.lead,
            "members": sorted(group.members),
            "email": group.email,
            "level": group.level,
        }
    )


def group_from(fields: Fields) -> Group:
    """Read a group's record."""
    return _made(Group, {**fields, "members": tuple(_texts(fields, "members"))})


def party_fields(party: Party) -> dict[str, Any]:
    """The fields of a party's record."""
    return _kept(
        {
            "id": party.id,
            "name": party.name,
            "kind": party.kind,
            "contacts": [
                _kept({"name": one.name, "email": one.email, "phone": one.phone}) for one in party.contacts
            ],
            "level": party.level,
        }
    )


def party_from(fields: Fields) -> Party:
    """Read a party's record."""
    contacts = tuple(_made(Contact, one) for one in _listed(fields, "contacts"))
    return _made(Party, {**fields, "contacts": contacts})


def type_fields(item_type: ItemType) -> dict[str, Any]:
    """The fields of an item type's record. The JSON Schema is text: in it empty is not absent."""
    return _kept(
        {
            "id": item_type.id,
            "name": item_type.name,
            "parent": item_type.parent,
            "schema": json.dumps(dict(item_type.schema), ensure_ascii=False, sort_keys=True)
            if item_type.schema
            else "",
            "recommended": list(item_type.recommended),
            "unique": list(item_type.unique),
            "kinds": [
                {"kind": one.kind, "minimum": one.minimum, "maximum": one.maximum} for one in item_type.kinds
            ],
            "serves": list(item_type.serves),
            "service": item_type.service,
            "level": item_type.level,
        }
    )


def type_from(fields: Fields) -> ItemType:
    """Read an item type's record."""
    try:
        schema = json.loads(fields["schema"]) if "schema" in fields else {}
    except (ValueError, TypeError) as broken:
        raise _unreadable(f"its schema is no JSON: {broken}") from broken
    return _made(
        ItemType,
        {
            **fields,
            "schema": schema,
            "recommended": tuple(_texts(fields, "recommended")),
            "unique": tuple(_texts(fields, "unique")),
            "serves": tuple(_texts(fields, "serves")),
            "kinds": tuple(_made(DependencyRule, one) for one in _listed(fields, "kinds")),
        },
    )


def kind_fields(kind: DependencyKind) -> dict[str, Any]:
    """The fields of a dependency kind's record."""
    return {"id": kind.id, "impact": kind.impact, "level": kind.level}


def kind_from(fields: Fields) -> DependencyKind:
    """Read a dependency kind's record."""
    return _made(DependencyKind, dict(fields))


def encoded(kind: str, fields: Fields) -> bytes:
    """The canonical bytes of a record of one of these kinds."""
    return encode(FORMS[kind], fields)


def _kept(fields: dict[str, Any]) -> dict[str, Any]:
    """Absent is omitted."""
    return {name: content for name, content in fields.items() if content not in (None, "", [], {})}


def _made(kind: Callable[..., V], fields: Fields) -> V:
    try:
        return kind(**fields)
    except (TypeError, AttributeError, ValueError) as broken:
        raise _unreadable(str(broken)) from broken


def _listed(fields: Fields, name: str) -> list[dict[str, Any]]:
    content = fields.get(name, [])
    if not isinstance(content, list) or not all(isinstance(one, Mapping) for one in content):
        raise _unreadable(f"'{name}' is no list of mappings")
    return content


def _texts(fields: Fields, name: str) -> list[str]:
    content = fields.get(name, [])
    if not isinstance(content, list) or not all(isinstance(one, str) for one in content):
        raise _unreadable(f"'{name}' is no list of texts")
    return content


def _unreadable(why: str) -> CmdbError:
    return Corrupt(f"A record cannot be read: {why}.", "Run 'cmdb verify' and keep this copy untouched.")

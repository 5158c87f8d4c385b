"""Every kind of controlled record: how it stands in the database, as canonical fields, and back.

One table of kinds serves whoever needs any record by (kind, id): requests note what they saw,
check-in writes what was approved, verify compares the database with the library. Inside a
transaction; commits nothing. Source: rules.md 5, A proposed change; 7, Two kinds of commit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from typing import Any

from ccb import minimums, statements, templates
from ccb.ballot import Board, Policy
from ccb.proposal import Fields, Key, Proposal
from ccb.templates import Template
from cmdb import (
    agreement_records,
    agreement_terms,
    canonical,
    document_records,
    item_rules,
    offer_records,
    records,
    tables_catalogue,  # noqa: F401 - and the standard services in its
    tables_documents,  # noqa: F401 - and the documents in its
    tables_graph,
    tables_promises,  # noqa: F401 - the agreements of KINDS are kept in its rows
    types,
)
from cmdb.errors import CmdbError, Invalid
from cmdb.model import DependencyKind, Group, Item, ItemType, Party, Person
from cmdb.offers import StandardService
from cmdb.promises import ServiceAgreement
from cmdb.store import UnitOfWork
from cmdb.written import Document


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of controlled record: its form, its value, and both directions between them."""

    name: str
    form: str
    value: type[Any]
    fields: Callable[..., dict[str, Any]]
    read: Callable[[Fields], Any]


# In the order in which records may be written: a record only refers to kinds before it.
KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        Kind("dependency kind", "kind/1", DependencyKind, records.kind_fields, records.kind_from),
        Kind("type", "type/1", ItemType, records.type_fields, records.type_from),
        Kind("person", "person/1", Person, records.person_fields, records.person_from),
        Kind("group", "group/1", Group, records.group_fields, records.group_from),
        Kind("party", "party/1", Party, records.party_fields, records.party_from),
        Kind("item", "item/1", Item, records.item_fields, records.item_from),
        Kind(
            "agreement",
            "agreement/1",
            ServiceAgreement,
            agreement_records.record_of,
            agreement_records.from_record,
        ),
        Kind(
            "standard service",
            offer_records.FORMAT,
            StandardService,
            offer_records.record_of,
            offer_records.from_record,
        ),
        Kind(
            "document",
            document_records.FORMAT,
            Document,
            document_records.record_of,
            document_records.from_record,
        ),
        Kind("board", statements.BOARD, Board, statements.board_record, statements.board_from),
        Kind("template", templates.TEMPLATE, Template, templates.template_record, templates.template_from),
        Kind(
            "minimum level",
            minimums.MINIMUM_LEVEL,
            minimums.MinimumLevel,
            minimums.minimum_record,
            minimums.minimum_from,
        ),
        Kind("policy", statements.POLICY, Policy, statements.policy_record, statements.policy_from),
    )
}


def form_of(kind: str) -> str:
    """The form of a kind of record, such as `item/1`. Raises Invalid for a kind not kept yet."""
    if kind not in KINDS:
        raise Invalid(
            f"Records of the kind '{kind}' are not kept in this library.",
            f"Use one of: {', '.join(KINDS)}.",
        )
    return KINDS[kind].form


def names_of(kind: str) -> frozenset[str]:
    """The fields a record of a kind has."""
    names = frozenset(one.name for one in fields_of(KINDS[kind].value))
    if kind == "document":
        return names - {"attachments"}  # each is put in the place of another by its own operation
    return names - {"terms"} | agreement_terms.NAMES if kind == "agreement" else names


def held(uow: UnitOfWork, kind: str, id: str) -> Fields | None:
    """The canonical fields of a record as the database has it, or None when there is none."""
    form = form_of(kind)
    if kind == "item":
        item = tables_graph.find_item(uow, id)
        if item is None:
            return None
        found = records.item_fields(
            item, tables_graph.dependencies_of(uow, id), tables_graph.groups_of(uow, id)
        )
    else:
        value = uow.find(KINDS[kind].value, id)
        if value is None:
            return None
        found = KINDS[kind].fields(value)
    return canonical.decode(canonical.encode(form, found))[1]


def held_all(uow: UnitOfWork, keys: Sequence[Key]) -> dict[Key, Fields | None]:
    """The canonical fields of several records."""
    return {key: held(uow, *key) for key in keys}


def normal(kind: str, fields: Fields) -> Fields:
    """The fields as the record would be stored: with what a new record has by default.

    Fields that make no valid record (yet) are given back as they are.
    """
    try:
        value = KINDS[kind].read(fields)
        made = KINDS[kind].fields(*value) if kind == "item" else KINDS[kind].fields(value)
        return canonical.decode(canonical.encode(KINDS[kind].form, made))[1]
    except (CmdbError, KeyError, TypeError, ValueError):
        return fields


def completed(found: Proposal) -> Proposal:
    """A proposal with every record as it would be stored."""
    return found.but(after={key: normal(key[0], fields) for key, fields in found.after.items()})


def put_all(uow: UnitOfWork, after: Mapping[Key, Fields]) -> None:
    """Write records into the database, added or replaced, whatever order they come in.

    Items are all written before their dependencies, so that new ones may need each other. Raises
    Invalid, NotFound or Refused when a record does not fit what is stored around it.
    """
    for kind in KINDS:
        if kind == "type":
            for one in types.parents_first(
                [records.type_from(after[key]) for key in after if key[0] == kind]
            ):
                types.put(uow, one)
            continue
        for (name, _id), fields in after.items():
            if name == kind and kind != "item":
                _put(uow, KINDS[kind].read(fields))
            elif name == kind:
                _put_item(uow, fields)
        if kind == "item":
            for (name, _id), fields in after.items():
                if name == "item":
                    _put_links(uow, fields)


def ids_under_control(uow: UnitOfWork, kind: str) -> Iterator[str]:
    """The id of every record of a kind that is under control, in id order, read in pages."""
    table = TABLES[kind]
    last = ""
    while True:
        page = uow.rows(
            f"SELECT id FROM {table} WHERE level <> 'draft' AND id > ? ORDER BY id LIMIT 5000", last
        )
        yield from (row[0] for row in page)
        if len(page) < 5000:
            return
        last = page[-1][0]


TABLES = {
    "dependency kind": "dependency_kind",
    "type": "item_type",
    "person": "person",
    "group": "people_group",
    "party": "party",
    "item": "item",
    "agreement": "agreement",
    "standard service": "standard_service",
    "document": "document",
    "board": "board",
    "policy": "policy",
    "template": "template",
    "minimum level": "minimum_level",
}


def _put(uow: UnitOfWork, value: Any) -> None:
    if isinstance(value, DependencyKind):
        types.put_kind(uow, value)  # what its dependencies pass on is computed again
    elif uow.find(type(value), value.id) is None:
        uow.add(value)
    else:
        uow.replace(value)


def _put_item(uow: UnitOfWork, fields: Fields) -> None:
    item, _needs, _groups = records.item_from(fields)
    item_rules.check_item(uow, item)
    if tables_graph.find_item(uow, item.id) is None:
        tables_graph.add_item(uow, item)
    else:
        tables_graph.put_item(uow, item)


def _put_links(uow: UnitOfWork, fields: Fields) -> None:
    item, needs, groups = records.item_from(fields)
    item_rules.put_needs(uow, item.id, needs, groups)


def references(kind: str, fields: Fields) -> list[Key]:
    """The records that a record refers to, and that must be under control for it to be."""
    found: list[Key] = []
    for name, referred in _REFERENCES.get(kind, ()):
        content = fields.get(name, ())
        found += [(referred, one) for one in ([content] if isinstance(content, str) else content) if one]
    if kind == "item":
        for link in fields.get("dependencies", ()):
            found += [("item", link["target"]), ("dependency kind", link["kind"])]
    if kind == "minimum level":
        found.append(minimums.minimum_from(fields).subject)
    if kind == "document":
        readers = (one.partition(":") for one in fields.get("distribution", ()))
        found += [(sort, id) for sort, _, id in readers]
    if kind == "type":
        found += [("dependency kind", rule["kind"]) for rule in fields.get("kinds", ())]
    if kind == "board":
        for name in ("members", "alternates"):
            for one in _mappings(fields.get(name, ())):
                found += [(word, str(one[word])) for word in ("person", "group") if word in one]
    return found


def _mappings(content: Any) -> list[Mapping[str, Any]]:
    """The entries of a list that are mappings: what else a person wrote there is refused where it is read."""
    return [one for one in content if isinstance(one, Mapping)] if isinstance(content, list | tuple) else []


_REFERENCES: dict[str, tuple[tuple[str, str], ...]] = {
    "type": (("parent", "type"),),
    "group": (("lead", "person"), ("members", "person")),
    "item": (("type", "type"), ("owner", "person"), ("group", "group"), ("party", "party")),
    "agreement": (
        ("customer", "party"),
        ("provider", "party"),
        ("manager", "person"),
        ("services", "item"),
    ),
    "standard service": (("owner", "person"),),
    "document": (("owner", "person"), ("services", "item")),
    "board": (("chair", "person"),),
    "template": (("types", "type"), ("items", "item")),
    "policy": (("board", "board"), ("required_groups", "group"), ("vetoes", "group")),
}

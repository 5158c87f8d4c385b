"""What an export is written from: the estate of today, or as a baseline holds it.

Either gives the same records, field by field as the library keeps them, so that every format is
written once. Nothing here writes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from heapq import merge
from operator import itemgetter
from typing import Any, NamedTuple

from baselines import held
from baselines.scoped import Side
from baselines.vault import Vault
from cmdb import item_records
from cmdb.reading import Reader

Fields = Mapping[str, Any]


class Sort(NamedTuple):
    """An item type: itself and its parents, nearest first; what holds for its items."""

    chain: tuple[str, ...]
    service: bool
    serves: tuple[str, ...]


class Exported(NamedTuple):
    """Records to export. `items` and `records` may be asked for again and again.

    `name` is what they are called (a site, or a baseline of it), `at` when they were so.
    """

    name: str
    version: str
    at: datetime
    sorts: Mapping[str, Sort]
    items: Callable[[], Iterable[Fields]]
    records: Callable[[str], Iterable[Fields]]

    def facts(self) -> list[str]:
        """Every characteristic some item has, by name."""
        return sorted({name for one in self.items() for name in one.get("characteristics", ())})


def today(reader: Reader, dialect: str, *, name: str, at: datetime) -> Exported:
    """The estate as it is recorded now, drafts included."""
    types = (
        {"id": id, "parent": parent, "service": service, "serves": json.loads(serves)}
        for id, parent, service, serves in reader.rows("SELECT id, parent, service, serves FROM item_type")
    )

    def items() -> Iterator[Fields]:
        streams = (item_records.stream(reader.rows, dialect, drafts=drafts) for drafts in (False, True))
        return (fields for _id, fields in merge(*streams, key=itemgetter(0)))

    return Exported(name, "today", at, sorts(types), items, lambda kind: _RECORDS[kind](reader))


def agreed(vault: Vault, side: Side, *, name: str) -> Exported:
    """The estate as a baseline holds it."""
    commit = side.baseline.commit
    return Exported(
        name,
        side.id,
        side.baseline.established_at,
        sorts(held.records(vault, commit, "type")),  # those of a scope need not lie in it
        lambda: held.records(vault, commit, "item", side.keys),
        lambda kind: held.records(vault, commit, kind, side.keys),
    )


def sorts(types: Iterable[Fields]) -> dict[str, Sort]:
    """Item types with what they have from their parents."""
    known = {str(one["id"]): one for one in types}
    found = {}
    for id, one in known.items():
        chain: list[str] = []
        name: str | None = id
        while name and name in known and name not in chain:
            chain.append(name)
            name = known[name].get("parent")
        service = any(known[above].get("service") for above in chain)
        found[id] = Sort(tuple(chain), service, tuple(one.get("serves", ())))
    return found


def _people(reader: Reader) -> Iterator[Fields]:
    for id, name, email, login, keys in reader.rows(
        "SELECT id, name, email, login, keys FROM person WHERE active ORDER BY id"
    ):
        yield {"id": id, "name": name, "email": email, "login": login, "keys": json.loads(keys)}


def _groups(reader: Reader) -> Iterator[Fields]:
    for id, name, lead, members, email in reader.rows(
        "SELECT id, name, lead, members, email FROM people_group ORDER BY id"
    ):
        yield {"id": id, "name": name, "lead": lead, "members": json.loads(members), "email": email}


def _parties(reader: Reader) -> Iterator[Fields]:
    for id, name, kind, contacts in reader.rows("SELECT id, name, kind, contacts FROM party ORDER BY id"):
        yield {"id": id, "name": name, "kind": kind, "contacts": json.loads(contacts)}


_RECORDS: Mapping[str, Callable[[Reader], Iterator[Fields]]] = {
    "person": _people,
    "group": _groups,
    "party": _parties,
}

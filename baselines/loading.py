"""The controlled records of a commit, taken from the vault into the database.

    load(uow, vault, commit, progress) -> counts         into a database that holds no record yet
    take_over(uow, vault, old, new) -> counts            what changed between two commits, over the rest

Streamed: memory does not grow with the estate. Commits nothing. Source: rules.md 7, Rebuild.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from baselines.vault import Vault
from ccb import controlled
from cmdb import bulk, canonical, item_loading, records, tables_graph, types
from cmdb.errors import Corrupt
from cmdb.model import ItemType, Person
from cmdb.records import FOLDERS, Fields
from cmdb.store import UnitOfWork

Counts = dict[str, int]

_BATCH = 500


def count(vault: Vault, commit: str) -> Counts:
    """How many controlled records of each kind a commit holds."""
    return {kind: sum(1 for _path in vault.paths(commit, f"{FOLDERS[kind]}/")) for kind in controlled.KINDS}


def count_changed(vault: Vault, old: str, new: str) -> Counts:
    """How many controlled records of each kind differ between two commits."""
    return {
        kind: sum(1 for _one in vault.changes(old, new, f"{FOLDERS[kind]}/")) for kind in controlled.KINDS
    }


def load(uow: UnitOfWork, vault: Vault, commit: str, *, progress: bulk.Progress = bulk.silent) -> Counts:
    """Write every controlled record of a commit into a database that holds none; give how many.

    Raises Corrupt when a record cannot be read or refers to one that is missing.
    """
    counts: Counts = {}
    for kind in controlled.KINDS:
        oids = (oid for _path, oid in vault.paths(commit, f"{FOLDERS[kind]}/"))
        found = _fields(vault, oids)
        if kind == "item":
            expected = sum(1 for _path in vault.paths(commit, f"{FOLDERS[kind]}/"))
            counts[kind] = item_loading.load(uow, found, expected=expected, progress=progress)
            continue
        counts[kind] = 0
        values: Iterable[object] = map(controlled.KINDS[kind].read, found)
        if kind == "type":
            values = types.parents_first([one for one in values if isinstance(one, ItemType)])
        for value in values:
            uow.add(value)
            counts[kind] += 1
            progress(kind, counts[kind])
    return counts


def take_over(uow: UnitOfWork, vault: Vault, old: str, new: str) -> Counts:
    """Write the controlled records that differ between two commits over those of the database.

    The database is as the library was at `old`, drafts beside it. Whoever stops being active does so
    when the items have their new owners. Gives how many of each kind; raises Corrupt for a removal.
    """
    counts: Counts = {}
    leaving: list[Person] = []
    for kind in controlled.KINDS:
        if kind == "type":
            found = [records.type_from(one) for one in _changed(vault, old, new, kind)]
            for item_type in types.parents_first(found):
                types.put(uow, item_type)
            counts[kind] = len(found)
            continue
        counts[kind] = 0
        for fields in _changed(vault, old, new, kind):
            counts[kind] += 1
            if kind == "item":
                _put_item(uow, fields)
                continue
            if kind == "person" and not records.person_from(fields).active:
                leaving.append(records.person_from(fields))
                fields = {**fields, "active": True}
            controlled.put_all(uow, {(kind, str(fields["id"])): fields})
        if kind == "item":
            for fields in _changed(vault, old, new, kind):
                item, needs, groups = records.item_from(fields)
                tables_graph.replace_needs(uow, item.id, needs, groups)
            for person in leaving:
                uow.replace(person)
    return counts


def changed_items(vault: Vault, old: str, new: str) -> Iterator[str]:
    """The ids of the items that differ between two commits."""
    return (str(fields["id"]) for fields in _changed(vault, old, new, "item"))


def _changed(vault: Vault, old: str, new: str, kind: str) -> Iterator[Fields]:
    changes = vault.changes(old, new, f"{FOLDERS[kind]}/")
    while batch := list(islice(changes, _BATCH)):
        removed = [one.path for one in batch if not one.new]
        if removed:
            raise Corrupt(
                f"The library lost '{removed[0]}', and records are never removed.", "Run 'cmdb verify'."
            )
        yield from _fields(vault, (one.new for one in batch))


def _fields(vault: Vault, oids: Iterable[str]) -> Iterator[Fields]:
    return (canonical.decode(data)[1] for data in vault.contents(oids))


def _put_item(uow: UnitOfWork, fields: Fields) -> None:
    item = records.item_from(fields)[0]
    if tables_graph.find_item(uow, item.id) is None:
        tables_graph.add_item(uow, item)
    else:
        tables_graph.put_item(uow, item)

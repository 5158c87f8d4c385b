"""Fill the real schema with generated or foreign estates, by plain rows, as fast as SQLite goes."""

import pkgutil
import sqlite3
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from cmdb import types
from cmdb.model import Person
from cmdb.search import REBUILD, SUSPEND
from cmdb.store import Store

ROOT = Path(__file__).parent.parent

# key, id, type, name, owner, is a service
ItemTuple = tuple[int, str, str, str, str, bool]
# key, source, name, need, members, slack
GroupTuple = tuple[int, int, str, str, int, int]
# source, target, kind, hard, group, slack, confirmed at
NeedTuple = tuple[int, int, int, bool, int | None, int | None, str]

KINDS = {"uses": 1, "runs on": 2, "consists of": 3, "located in": 4, "connects to": 5}
ITEM = (
    "INSERT INTO item (key, id, type, name, owner, service, owner_active, status, level, custody,"
    " criterion, points, characteristics, serves, operating, revision)"
    " VALUES (?, ?, ?, ?, ?, ?, 1, 'in service', 'draft', 'ours, used to deliver', '', '[]', '{}',"
    " 1, 'up', 1)"
)
GROUP = (
    "INSERT INTO redundancy_group (key, source, name, need, members, slack, hard)"
    " VALUES (?, ?, ?, ?, ?, ?, 1)"
)
NEED = (
    "INSERT INTO dependency (source, target, kind, hard, grp, slack, confirmed_at, passes)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, CASE WHEN ?4 THEN 2 ELSE 1 END)"
)


def lay_out(database: str, people: Iterable[str] = ()) -> None:
    """Lay out an empty database, on either kind, as a site's, with the starter types and these people."""
    for package in ("cmdb", "ccb", "baselines"):  # every module that lays out tables
        for module in pkgutil.iter_modules([str(ROOT / package)]):
            if module.name.split("_")[0] == "tables":
                import_module(f"{package}.{module.name}")
    store = Store.connect(database)
    store.create(site="0" * 16, name="Benchmark")
    with store.write() as uow:
        types.found(uow, level="draft")
        for person in people:
            uow.add(Person(id=person, name=person.title(), email=f"{person}@example.org"))
        uow.commit()


def new(path: str, people: Iterable[str]) -> sqlite3.Connection:
    """Make the database of a site in SQLite; the indexes come when it is loaded."""
    Path(path).unlink(missing_ok=True)
    lay_out(path, people)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-500000")
    kinds = dict(connection.execute("SELECT id, key FROM dependency_kind"))
    for kind, key in KINDS.items():
        if kinds.get(kind) != key:
            connection.execute("UPDATE dependency_kind SET key = -key WHERE id = ?", (kind,))
    for kind, key in KINDS.items():
        connection.execute("UPDATE dependency_kind SET key = -?-1000 WHERE key = ?", (key, key))
        connection.execute("UPDATE dependency_kind SET key = ? WHERE id = ?", (key, kind))
    return connection


def load(
    connection: sqlite3.Connection,
    items: Iterable[ItemTuple],
    groups: Iterable[GroupTuple],
    needs: Iterable[NeedTuple],
) -> None:
    """Write everything in one transaction and build the indexes at its end."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in SUSPEND["sqlite"]:
        connection.execute(statement)
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        " AND tbl_name IN ('item', 'dependency', 'redundancy_group')"
    ).fetchall()
    for name, _sql in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    connection.executemany(ITEM, items)
    connection.executemany(GROUP, groups)
    connection.executemany(NEED, needs)
    for _name, sql in indexes:
        connection.execute(sql)
    for statement in REBUILD["sqlite"]:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()

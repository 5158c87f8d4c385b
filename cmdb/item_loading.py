"""Load the records of very many items into a database that holds none, with everything derived right.

Records arrive in any order, once. What an item needs waits in a scratch database until every item
has its key, so memory does not grow with the estate. Source: rules.md 7, Rebuild; speed.md, Bulk.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import cmdb.tables  # noqa: F401 - whoever loads items reads its item types
from cmdb import bulk, records, tables_derived, tables_graph
from cmdb.errors import Corrupt
from cmdb.model import ItemType, needed
from cmdb.records import Fields
from cmdb.store import UnitOfWork

_SCHEMA = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE item (id TEXT PRIMARY KEY, key INTEGER, serves INTEGER) WITHOUT ROWID;
CREATE TABLE link (source INTEGER, target TEXT, kind INTEGER, impact INTEGER, hard INTEGER, grp TEXT,
    serves INTEGER, PRIMARY KEY (source, target, kind)) WITHOUT ROWID;
CREATE TABLE grp (source INTEGER, name TEXT, need TEXT, hard INTEGER, key INTEGER, slack INTEGER,
    PRIMARY KEY (source, name)) WITHOUT ROWID;
BEGIN;
"""
_LISTS = ("dependencies", "groups")
_MEMBERS = (
    "SELECT g.source, g.name, g.need, g.hard,"
    " COUNT(DISTINCT CASE WHEN t.serves AND l.impact THEN t.key END)"
    " FROM grp g LEFT JOIN link l ON l.source = g.source AND l.grp = g.name"
    " LEFT JOIN item t ON t.id = l.target GROUP BY g.source, g.name ORDER BY g.source, g.name"
)
# A dependency passes nothing on unless its kind has impact and its source serves; in a group, its
# target has to serve too. The rule of `tables_derived`, which a test holds against this.
_LINKS = (
    "SELECT l.source, t.key, l.kind, l.hard, g.key, g.slack,"
    " CASE WHEN l.impact AND l.serves AND (l.grp IS NULL OR t.serves) THEN 1 + l.hard ELSE 0 END"
    " FROM link l JOIN item t ON t.id = l.target"
    " LEFT JOIN grp g ON g.source = l.source AND g.name = l.grp ORDER BY l.source, t.key, l.kind"
)


def load(
    uow: UnitOfWork, found: Iterable[Fields], *, expected: int, progress: bulk.Progress = bulk.silent
) -> int:
    """Store every item with its groups and dependencies, at the control level its record says.

    Types, kinds, people, groups and parties must be there, and no item. Needs and groups are taken as
    they are: the records were valid when they were written. Gives how many items there were. Raises
    Corrupt when an item needs one that is not among them.
    """
    natures = {one.id: tables_derived.nature(uow, one.id) for one in uow.all(ItemType)}
    kinds = {row[0]: row[1:] for row in uow.rows("SELECT id, key, impact FROM dependency_kind")}
    with _scratch() as db:
        count = bulk.add_items(
            uow,
            _items(db, found, natures, kinds),
            expected=expected,
            confirmed_at=None,
            confirmed_by=None,
            levelled=True,
            progress=progress,
        )
        _refuse_dangling(db)
        bulk.add_groups(uow, _groups(db))
        [(links,)] = db.execute("SELECT COUNT(*) FROM link")
        bulk.add_dependencies(
            uow, _links(db), expected=links, confirmed_at=None, confirmed_by=None, progress=progress
        )
    return count


@contextmanager
def _scratch() -> Iterator[sqlite3.Connection]:
    with (
        tempfile.TemporaryDirectory(prefix="cmdb-rebuild-") as folder,
        closing(sqlite3.connect(Path(folder) / "rows.db", isolation_level=None)) as db,
    ):
        db.executescript(_SCHEMA)
        yield db


def _items(
    db: sqlite3.Connection,
    found: Iterable[Fields],
    natures: Mapping[str, tuple[tuple[str, ...], bool]],
    kinds: Mapping[str, tuple[Any, ...]],
) -> Iterator[tuple[Any, ...]]:
    """The row of each item; its key, groups and dependencies are noted in the scratch database.

    Asks the site's database nothing: it is taking in rows meanwhile.
    """
    for key, fields in enumerate(found, 1):
        # Needs and groups go straight from their fields: values of millions of them take minutes.
        needs, groups = fields.get("dependencies", ()), fields.get("groups", ())
        own = {name: content for name, content in fields.items() if name not in _LISTS}
        item = records.item_from(own)[0]
        if item.type not in natures or any(one["kind"] not in kinds for one in needs):
            raise Corrupt(f"The type or a dependency kind of {item.id} is missing.", "Run 'cmdb verify'.")
        statuses, service = natures[item.type]
        serves = item.status in statuses
        db.execute("INSERT INTO item VALUES (?, ?, ?)", (item.id, key, serves))
        db.executemany(
            "INSERT INTO link VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (key, one["target"], *kinds[one["kind"]], one["strength"] == "hard", one.get("group"), serves)
                for one in needs
            ],
        )
        db.executemany(
            "INSERT INTO grp (source, name, need, hard) VALUES (?, ?, ?, ?)",
            [(key, one["name"], one["need"], one["strength"] == "hard") for one in groups],
        )
        columns = tables_graph.columns_of(item)
        yield (*columns[:6], *columns[7:], serves, service, item.level)


def _refuse_dangling(db: sqlite3.Connection) -> None:
    lost = db.execute(
        "SELECT l.source, l.target FROM link l LEFT JOIN item t ON t.id = l.target WHERE t.id IS NULL LIMIT 1"
    ).fetchone()
    if lost:
        [(source,)] = db.execute("SELECT id FROM item WHERE key = ?", lost[:1])
        raise Corrupt(f"{source} needs {lost[1]}, which the library does not hold.", "Run 'cmdb verify'.")


def _groups(db: sqlite3.Connection) -> Iterator[tuple[int, int, str, str, bool, int, int]]:
    db.execute(f"CREATE TABLE counted AS {_MEMBERS}")  # apart, because each answer is noted in grp
    rows = db.execute("SELECT * FROM counted")
    for key, (source, name, need, hard, members) in enumerate(rows, 1):
        slack = max(0, members - needed(need, members))
        db.execute(
            "UPDATE grp SET key = ?, slack = ? WHERE source = ? AND name = ?", (key, slack, source, name)
        )
        yield key, source, name, need, bool(hard), members, slack


def _links(db: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    for source, target, kind, hard, group, slack, passes in db.execute(_LINKS):
        yield source, target, kind, bool(hard), group, slack, passes

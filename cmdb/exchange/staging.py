"""A scratch database for one import: the rows of the file, what exists already, and the verdicts.

Millions of rows are compared here with bounded memory. It lies in the temporary directory, is lost
when closed, and is never the site's own database; a site in SQLite is looked at in place, one on
PostgreSQL is copied into `item_have` and the like. Source: speed.md, bulk import.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cmdb import bulk
from cmdb.bulk import Selection

BATCH = 10_000
CACHE_KIB = 65_536

# No table has the name of one of the site's. An end of an `edge_row` is the key of an item, or its id
# when there is no such item: those columns keep the type of what is stored.
SCHEMA = """
CREATE TABLE item_manner (key INTEGER PRIMARY KEY, type TEXT, owner TEXT, grp TEXT, status TEXT,
    custody TEXT, party TEXT);
CREATE TABLE item_row (line INTEGER, id TEXT, name TEXT, manner INTEGER, criterion TEXT, points TEXT,
    facts TEXT, verdict TEXT DEFAULT 'create');
CREATE TABLE item_merged (place INTEGER PRIMARY KEY, type TEXT, name TEXT, owner TEXT, grp TEXT,
    status TEXT, custody TEXT, party TEXT, criterion TEXT, points TEXT, facts TEXT);
CREATE VIEW item_new AS SELECT r.rowid AS place, r.line, r.id, m.type, r.name, m.owner, m.grp, m.status,
    m.custody, m.party, r.criterion, r.points, COALESCE(r.facts, '{}') AS facts, r.verdict
    FROM item_row r CROSS JOIN item_manner m ON m.key = r.manner;
CREATE VIEW item_final AS SELECT line, id, type, facts FROM item_new WHERE verdict = 'create'
    UNION ALL SELECT r.line, r.id, m.type, m.facts FROM item_merged m JOIN item_row r ON r.rowid = m.place;
CREATE TABLE item_bad (line INTEGER, id TEXT);
CREATE TABLE item_have (id TEXT PRIMARY KEY, type TEXT, name TEXT, owner TEXT, grp TEXT, status TEXT,
    level TEXT, custody TEXT, party TEXT, criterion TEXT, points TEXT, facts TEXT) WITHOUT ROWID;
CREATE TABLE item_change (id TEXT, field TEXT, old TEXT, new TEXT);
CREATE TABLE nature (type TEXT, status TEXT, serves INTEGER, service INTEGER, PRIMARY KEY (type, status))
    WITHOUT ROWID;
CREATE TABLE known (key INTEGER PRIMARY KEY, id TEXT UNIQUE, type TEXT, level TEXT, serves INTEGER);
CREATE TABLE idle (key INTEGER PRIMARY KEY);
CREATE TABLE kind (key INTEGER PRIMARY KEY, id TEXT UNIQUE, impact INTEGER);
CREATE TABLE manner (key INTEGER PRIMARY KEY, kind INTEGER, strength TEXT, grp TEXT, need TEXT);
CREATE TABLE edge_row (line INTEGER, source, target, manner INTEGER);
CREATE TABLE edge_bad (line INTEGER, source, target, kind);
CREATE TABLE edge_have (source INTEGER, target INTEGER, kind INTEGER, strength TEXT, grp INTEGER,
    PRIMARY KEY (source, target, kind)) WITHOUT ROWID;
CREATE TABLE group_have (key INTEGER PRIMARY KEY, source INTEGER, name TEXT, need TEXT, strength TEXT,
    UNIQUE (source, name));
CREATE TABLE grouped (number INTEGER PRIMARY KEY, source INTEGER, name TEXT, need TEXT, strength TEXT,
    members INTEGER, slack INTEGER, have INTEGER, UNIQUE (source, name));
CREATE TABLE dangling_row (line INTEGER, source TEXT, target TEXT, kind TEXT, strength TEXT, grp TEXT,
    need TEXT, missing TEXT);
"""

# A dependency of the file: as it will be; or, where nothing is known to compare it with and every source
# is a draft, as the number of a manner, which costs half.
EDGES = """
CREATE TABLE edge (source INTEGER, target INTEGER, kind INTEGER, row INTEGER, line INTEGER, strength TEXT,
    grp TEXT, need TEXT, verdict TEXT DEFAULT 'create', PRIMARY KEY (source, target, kind, row))
    WITHOUT ROWID;
"""
FIRST_EDGES = """
CREATE TABLE edge_first (source INTEGER, target INTEGER, kind INTEGER, row INTEGER, line INTEGER,
    manner INTEGER, PRIMARY KEY (source, target, kind, row)) WITHOUT ROWID;
CREATE VIEW edge AS SELECT e.source, e.target, e.kind, e.row, e.line, NULLIF(m.strength, '') AS strength,
    NULLIF(m.grp, '') AS grp, NULLIF(m.need, '') AS need, 'create' AS verdict
    FROM edge_first e CROSS JOIN manner m ON m.key = e.manner;
"""

Progress = Callable[[int], None]


class Staging:
    """The scratch database of one import. A context manager; everything in it goes when it closes."""

    def __init__(self, progress: Progress | None = None) -> None:
        self.progress = progress
        self._folder = tempfile.TemporaryDirectory(prefix="cmdb-import-")
        self.path = Path(self._folder.name).resolve() / "rows.db"
        self.db = sqlite3.connect(self.path.as_uri(), uri=True, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=OFF")
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self.db.executescript(SCHEMA)
        self.db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Throw everything away."""
        self.db.close()
        self._folder.cleanup()

    def lay_out(self, statements: str) -> None:
        """Add tables and views."""
        for statement in statements.split(";\n"):
            self.db.execute(statement)

    def see(self, place: str, views: Mapping[str, str]) -> None:
        """Look at another SQLite database, given as a URI, in place of tables here.

        `views` are statements by the name of the table they stand for; `{0}` in one is where the
        tables of that database are.
        """
        self.db.execute("ATTACH ? AS site", (place,))
        for name, select in views.items():
            self.db.execute(f"CREATE TEMP VIEW {name} AS {select.format('site.')}")

    def load(self, table: str, columns: int, rows: Iterable[tuple[Any, ...]]) -> int:
        """Put rows into the first columns of a table, in batches; give how many there were."""
        names = [row[1] for row in islice(self.db.execute(f"PRAGMA table_info({table})"), columns)]
        waiting, count = iter(rows), 0
        while batch := list(islice(waiting, BATCH)):
            self.add(table, names, batch)
            count += len(batch)
            if self.progress:
                self.progress(count)
        return count

    def add(self, table: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> int:
        """Put rows, all held in memory, into some columns of a table; give how many."""
        return bulk.insert(self.db, table, names, rows)

    def ask(self, sql: str, *parameters: Any) -> Iterator[tuple[Any, ...]]:
        """Ask something, row by row."""
        return iter(self.db.execute(sql, parameters))

    def one(self, sql: str, *parameters: Any) -> Any:
        """Ask for a single figure."""
        return self.db.execute(sql, parameters).fetchone()[0]

    def run(self, sql: str, *parameters: Any) -> None:
        """Change the scratch tables."""
        self.db.execute(sql, parameters)

    def select(self, columns: str, source: str, order: str, **parameters: Any) -> Selection:
        """Rows as bulk loading takes them: from here on nothing is written to the scratch tables."""
        if self.db.in_transaction:
            self.db.execute("COMMIT")
        return Selection(path=self.path, columns=columns, source=source, order=order, parameters=parameters)

"""A scratch database for one import: the rows of the file, what exists already, and the verdicts.

Millions of rows are compared here with bounded memory. It lies in the temporary directory, is lost
when closed, and is never the site's own database. Source: speed.md, bulk import.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

BATCH = 10_000
CACHE_KIB = 65_536

SCHEMA = """
CREATE TABLE item_row (line INTEGER, id TEXT, type TEXT, name TEXT, owner TEXT, grp TEXT, status TEXT,
    custody TEXT, party TEXT, criterion TEXT, points TEXT, facts TEXT, verdict TEXT DEFAULT 'create');
CREATE TABLE item_have (id TEXT PRIMARY KEY, type TEXT, name TEXT, owner TEXT, grp TEXT, status TEXT,
    level TEXT, custody TEXT, party TEXT, criterion TEXT, points TEXT, facts TEXT) WITHOUT ROWID;
CREATE TABLE item_change (id TEXT, field TEXT, old TEXT, new TEXT);
CREATE TABLE known (id TEXT PRIMARY KEY, key INTEGER, type TEXT, level TEXT, serves INTEGER) WITHOUT ROWID;
CREATE TABLE edge_row (line INTEGER, source TEXT, target TEXT, kind TEXT, strength TEXT, grp TEXT, need TEXT);
CREATE TABLE edge_have (source INTEGER, target INTEGER, kind TEXT, strength TEXT, grp TEXT, need TEXT,
    PRIMARY KEY (source, target, kind)) WITHOUT ROWID;
CREATE TABLE kind (id TEXT PRIMARY KEY, key INTEGER, impact INTEGER) WITHOUT ROWID;
CREATE TABLE nature (type TEXT, status TEXT, serves INTEGER, service INTEGER, PRIMARY KEY (type, status))
    WITHOUT ROWID;
"""

Progress = Callable[[int], None]


class Staging:
    """The scratch database of one import. A context manager; everything in it goes when it closes."""

    def __init__(self, progress: Progress | None = None) -> None:
        self.progress = progress
        self._folder = tempfile.TemporaryDirectory(prefix="cmdb-import-")
        self.db = sqlite3.connect(Path(self._folder.name) / "rows.db", isolation_level=None)
        self.db.execute("PRAGMA journal_mode=OFF")
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.execute("PRAGMA locking_mode=EXCLUSIVE")
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

    def load(self, table: str, columns: int, rows: Iterable[tuple[Any, ...]]) -> int:
        """Put rows into the first columns of a table, in batches; give how many there were."""
        marks = ",".join("?" * columns)
        names = ",".join(row[1] for row in islice(self.db.execute(f"PRAGMA table_info({table})"), columns))
        waiting, count = iter(rows), 0
        while batch := list(islice(waiting, BATCH)):
            self.db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", batch)
            count += len(batch)
            if self.progress:
                self.progress(count)
        return count

    def ask(self, sql: str, *parameters: Any) -> Iterator[tuple[Any, ...]]:
        """Ask something, row by row."""
        return iter(self.db.execute(sql, parameters))

    def one(self, sql: str, *parameters: Any) -> Any:
        """Ask for a single figure."""
        return self.db.execute(sql, parameters).fetchone()[0]

    def run(self, sql: str, *parameters: Any) -> None:
        """Change the scratch tables."""
        self.db.execute(sql, parameters)

"""The same questions and the same import on PostgreSQL, each beside psycopg doing the least.

The server is the one the tests bring along. What it spends is counted too: CPU seconds of the client
and of the server together. It does not wait for the disk (`fsync=off`), for the floors neither.
"""

import contextlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import bulk
from benchmarks.loading import lay_out
from cmdb.model import RoleGrant
from cmdb.search import REBUILD, SUSPEND
from cmdb.site import Site
from cmdb.site import write as write_site
from cmdb.store import Store
from tests import postgres

FLOORS = Path(__file__).parent / "postgres_floors.py"
MEMORY = {"shared_buffers": "512MB", "max_wal_size": "8GB", "maintenance_work_mem": "128MB"}
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A server with one database for each name asked for."""

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self.process = int((Path(socket) / "data" / "postmaster.pid").read_text().split()[0])

    def new(self, name: str) -> str:
        """An empty database of its own; gives its URL."""
        return postgres.new_database(self.socket, name)

    def spent(self) -> float:
        """CPU seconds of the server and everything it ever started."""
        children = Path(f"/proc/{self.process}/task/{self.process}/children").read_text().split()
        return sum(_times(process) for process in (str(self.process), *children))

    def measure(self, command: list[str], repeats: int) -> tuple[float, int]:
        """CPU seconds of client and server for one run, the least of several, and the client's peak MB."""
        least, memory = float("inf"), 0
        for _turn in range(repeats):
            before = self.spent()
            client, most = bulk.cpu(command)
            least, memory = min(least, client + self.spent() - before), max(memory, most)
        return least, memory


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Run a server for a while."""
    with postgres.running(**MEMORY) as socket:
        yield Server(socket)


def estate(here: Server, folder: Path, source: Path) -> Path:
    """A site on PostgreSQL with everything the SQLite database of another site holds."""
    url = here.new("estate")
    folder.mkdir(parents=True)
    lay_out(url)
    with contextlib.closing(sqlite3.connect(source)) as given, Store.open(url).write() as uow:
        for statement in SUSPEND["postgresql"]:
            uow.rows(statement)
        for table in ("person", "item_type", "dependency_kind", "item", "redundancy_group", "dependency"):
            _copy(given, uow.driver, table)
        for statement in REBUILD["postgresql"]:
            uow.rows(statement)
        uow.commit()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    write_site(Site(path=folder, name="Benchmark", database=url))
    return folder


def load(here: Server, folder: Path, items: int) -> tuple[float, float, str]:
    """Give (our CPU seconds, the floor's, a note) for importing so many items and their needs."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = bulk.write_files(folder, items)
    least, _memory = here.measure([*floor("load"), here.new("floor"), str(folder)], 1)
    url, site = here.new("loaded"), folder / "site"
    site.mkdir()
    lay_out(url, people=[f"p{number}" for number in range(bulk.OWNERS)])
    write_site(Site(path=site, name="Bulk", database=url))
    with Store.open(url).write() as uow:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        uow.add(RoleGrant(id="rg-1", person="p0", role="configuration manager", start=start))
        uow.commit()
    ours, memory = 0.0, 0
    for kind in ("items", "dependencies"):
        spent, most = here.measure(bulk.command(site, folder, kind), 1)
        ours, memory = ours + spent, max(memory, most)
    shutil.rmtree(folder)
    for name in ("floor", "loaded"):
        postgres.drop_database(here.socket, name)
    return ours, least, f"{items + rows:,} rows; the client's peak {memory} MB"


def floor(work: str) -> list[str]:
    """The command of a floor, to which its arguments are added."""
    return [sys.executable, str(FLOORS), work]


def _copy(given: sqlite3.Connection, driver: Any, table: str) -> None:
    names = [row[1] for row in given.execute(f"PRAGMA table_info({table})")]
    quoted = ", ".join(f'"{name}"' for name in names)
    with driver.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
        cursor.execute(f"SELECT {quoted} FROM {table} LIMIT 0")
        truths = [place for place, column in enumerate(cursor.description) if column.type_code == 16]
        with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
            for row in given.execute(f"SELECT {quoted} FROM {table}"):
                cells = list(row)
                for place in truths:
                    cells[place] = bool(cells[place])
                copy.write_row(cells)


def _times(process: str) -> float:
    """CPU seconds of a process and of the children it waited for."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS
    return 0.0

"""The floors on PostgreSQL: the least a program must do there, psycopg alone. Run as a script.

Each is a whole process, as `cmdb` is, and prints nothing.
"""

import csv
import sys
from pathlib import Path

import psycopg


def one_query(url: str, item: str) -> None:
    """Read one row by its id."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT * FROM item WHERE id = %s", (item,)).fetchone()


def one_prefix(url: str, text: str) -> None:
    """Read one page of rows whose id begins so."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT * FROM item WHERE id >= %s LIMIT 100", (text,)).fetchall()


def closure(url: str, *ids: str) -> int:
    """Search everything above the items, one statement a level, without redundancy."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT key FROM item WHERE id = ANY(%s)", (list(ids),))
        frontier = [row[0] for row in rows]
        seen = set(frontier)
        while frontier:
            found = connection.execute("SELECT source FROM dependency WHERE target = ANY(%s)", (frontier,))
            fresh = {row[0] for row in found} - seen
            seen |= fresh
            frontier = list(fresh)
    return len(seen)


def load(url: str, folder: str) -> None:
    """COPY two files into bare tables, the ends of dependencies as keys, with the indexes answers need."""
    keys: dict[str, int] = {}
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE item (key integer PRIMARY KEY, id text, type text, name text,"
                       " owner text, status text)")  # fmt: skip
        cursor.execute("CREATE TABLE dependency (source integer, target integer, kind text, strength text,"
                       " grp text, need text)")  # fmt: skip
        with Path(folder, "items.csv").open(newline="") as file, cursor.copy("COPY item FROM STDIN") as out:
            lines = csv.reader(file)
            next(lines)
            for row in lines:
                out.write_row((keys.setdefault(row[0], len(keys) + 1), *row))
        with (
            Path(folder, "dependencies.csv").open(newline="") as file,
            cursor.copy("COPY dependency FROM STDIN") as out,
        ):
            lines = csv.reader(file)
            next(lines)
            for row in lines:
                out.write_row((keys[row[0]], keys[row[1]], *row[2:]))
        cursor.execute("CREATE UNIQUE INDEX item_id ON item (id)")
        cursor.execute("CREATE UNIQUE INDEX dependency_forward ON dependency (source, target, kind)")
        cursor.execute("CREATE INDEX dependency_reverse ON dependency (target, source, grp)")


FLOORS = {work.__name__: work for work in (one_query, one_prefix, closure, load)}

if __name__ == "__main__":
    FLOORS[sys.argv[1]](*sys.argv[2:])

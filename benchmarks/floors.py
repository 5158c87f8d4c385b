"""The floors: the least a program must do for each row, standard library only. Run as a script.

Each is a whole process, as `cmdb` is, and prints nothing.
"""

import json
import sqlite3
import sys


def nothing(_database: str, *_ids: str) -> None:
    """Start and stop."""


def one_query(database: str, item: str) -> None:
    """Read one row by its id."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.execute("SELECT * FROM item WHERE id = ?", (item,)).fetchone()


def one_prefix(database: str, text: str) -> None:
    """Read one page of rows whose id begins so."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.execute("SELECT * FROM item WHERE id >= ? LIMIT 100", (text,)).fetchall()


def closure(database: str, *ids: str) -> int:
    """Search everything above the items, one statement a level, without redundancy."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    marks = ",".join("?" * len(ids))
    frontier = [row[0] for row in connection.execute(f"SELECT key FROM item WHERE id IN ({marks})", ids)]
    seen = set(frontier)
    while frontier:
        rows = connection.execute(
            "SELECT d.source FROM json_each(?) wanted CROSS JOIN dependency d ON d.target = wanted.value",
            (json.dumps(frontier),),
        )
        fresh = {row[0] for row in rows} - seen
        seen |= fresh
        frontier = list(fresh)
    return len(seen)


FLOORS = {work.__name__: work for work in (nothing, one_query, one_prefix, closure)}

if __name__ == "__main__":
    FLOORS[sys.argv[1]](*sys.argv[2:])

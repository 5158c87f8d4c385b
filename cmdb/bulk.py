"""Loading very many items and dependencies at once, through the driver, inside one transaction.

Rows arrive checked and in the order of the store's keys, derived columns included. Rows chosen from
a scratch database are copied by SQLite itself; others are written with executemany on SQLite and
COPY on PostgreSQL. A load that is large beside what is there builds the indexes once, at the end.
Memory does not grow with the load. Source: speed.md, Bulk.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from cmdb import search, tables_derived
from cmdb.model import Value
from cmdb.store import UnitOfWork

BATCH = 5_000
MARKS = 200  # parameters of one statement; every SQLite takes 999
PORTION = 50_000  # rows SQLite copies by one statement; between two, progress is shown
LARGE = 20_000
CACHE_KIB = 65_536
_SCRATCH = "scratch"

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection(Value):
    """Rows of a scratch SQLite database, given when they are iterated over, or copied without Python.

    `columns` and `source` (tables and condition) are SQL over its tables, whose names no site's table
    has; `order` begins with a column of the first table, by which the rows are cut into portions.
    A transaction takes rows from one scratch database only.
    """

    path: Path
    columns: str
    source: str
    order: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        sql = f"SELECT {self.columns} FROM {self.source} ORDER BY {self.order}"
        with closing(sqlite3.connect(self.path, isolation_level=None)) as scratch:
            yield from scratch.execute(sql, self.parameters)


Rows = Iterable[tuple[Any, ...]]


def silent(_what: str, _count: int) -> None:
    """Show no progress."""


def add_items(
    uow: UnitOfWork,
    rows: Rows,
    *,
    expected: int,
    confirmed_at: str | None,
    confirmed_by: str | None,
    levelled: bool = False,
    progress: Progress = silent,
) -> int:
    """Add items, as drafts unless they are `levelled`; give how many.

    A row is id, type, name, owner, group, status, custody, party, criterion, points and
    characteristics (JSON), serves and service, and the control level of levelled ones; empty
    references are None. `expected` is how many will come.
    """
    constant: tuple[Any, ...] = (True, "up", confirmed_at, confirmed_by, 1)
    if not levelled:
        constant = ("draft", *constant)
    names = (
        "id, type, name, owner, grp, status, custody, party, criterion, points, characteristics,"
        " serves, service, level, owner_active, operating, confirmed_at, confirmed_by, revision"
    )
    aside = _set_aside(uow, "item", expected)
    if aside is not None:
        _run(uow, search.SUSPEND[uow.dialect])
        aside = _drop_indexes(uow, "item")
    shown = partial(progress, "items")
    if isinstance(rows, Selection) and uow.dialect == "sqlite":
        count = _copy(uow, "item", names, rows, constant, shown)  # SQLite numbers the keys itself
    else:
        first = int(uow.rows("SELECT COALESCE(MAX(key), 0) FROM item")[0][0]) + 1
        numbered = ((key, *row, *constant) for key, row in enumerate(rows, first))
        count = _write(uow, "item", f"key, {names}", numbered, shown)
    if aside is not None:
        progress("indexes of items", count)
        _run(uow, aside)
        _run(uow, search.REBUILD[uow.dialect])
    return count


def change_items(uow: UnitOfWork, rows: Rows) -> int:
    """Overwrite drafts with rows as `add_items` takes them; what is derived follows. Give how many."""
    count = 0
    for batch in _batches(rows):
        count += len(batch)
        before = _known(uow, [row[0] for row in batch])
        moved = [before[row[0]][0] for row in batch if before[row[0]][1] != bool(row[11])]
        uow.many(
            "UPDATE item SET type = ?, name = ?, owner = ?, grp = ?, status = ?, custody = ?, party = ?,"
            " criterion = ?, points = ?, characteristics = ?, serves = ?, service = ?,"
            " revision = revision + 1 WHERE id = ?",
            [(*row[1:11], bool(row[11]), bool(row[12]), row[0]) for row in batch],
        )
        tables_derived.derive(uow, tables_derived.touching(uow, moved))
    return count


def confirm_items(uow: UnitOfWork, ids: Rows, *, at: str, by: str) -> None:
    """Note that items were seen to be true."""
    if isinstance(ids, Selection) and uow.dialect == "sqlite":
        _change(uow, "item", "confirmed_at = :at, confirmed_by = :by", "(id)", ids, at=at, by=by)
        return
    for batch in _batches(ids):
        uow.many(
            "UPDATE item SET confirmed_at = ?, confirmed_by = ? WHERE id = ?",
            [(at, by, row[0]) for row in batch],
        )


def note_subjects(uow: UnitOfWork, ids: Iterable[str] | Selection, sequence: int) -> None:
    """Put items into the history index of one journal entry, whose own list names only the file."""
    names, quiet = "subject, sequence", partial(silent, "subjects")
    if isinstance(ids, Selection):
        if uow.dialect == "sqlite":
            _copy(uow, "journal_subject", names, ids, (sequence,), quiet)
            return
        ids = (row[0] for row in ids)
    _write(uow, "journal_subject", names, ((one, sequence) for one in ids), quiet)


def last_group(uow: UnitOfWork) -> int:
    """The highest key a redundancy group has; 0 when there is none."""
    return int(uow.rows("SELECT COALESCE(MAX(key), 0) FROM redundancy_group")[0][0])


def add_groups(uow: UnitOfWork, rows: Rows) -> int:
    """Add redundancy groups; give how many.

    A row is key, source key, name, need, hard, members and slack; the last two are right where the
    source needed nothing before, else `settle` it afterwards.
    """
    names, quiet = "key, source, name, need, hard, members, slack", partial(silent, "groups")
    if isinstance(rows, Selection) and uow.dialect == "sqlite":
        return _copy(uow, "redundancy_group", names, rows, (), quiet)
    return _write(uow, "redundancy_group", names, rows, quiet)


def change_groups(uow: UnitOfWork, rows: Rows) -> None:
    """Overwrite need and strength of redundancy groups, rows as above; `settle` the sources afterwards."""
    for batch in _batches(rows):
        uow.many(
            "UPDATE redundancy_group SET need = ?, hard = ? WHERE key = ?",
            [(need, bool(hard), key) for key, _source, _name, need, hard, *_counts in batch],
        )
        uow.many(
            "UPDATE dependency SET hard = ? WHERE source = ? AND grp = ?",
            [(bool(hard), source, key) for key, source, _name, _need, hard, *_counts in batch],
        )


def add_dependencies(
    uow: UnitOfWork,
    rows: Rows,
    *,
    expected: int,
    confirmed_at: str | None,
    confirmed_by: str | None,
    progress: Progress = silent,
) -> int:
    """Add dependencies; give how many.

    A row is source key, target key, kind key, hard, group key or None, slack and passes, in the
    order of the table's key.
    """
    names = "source, target, kind, hard, grp, slack, passes, confirmed_at, confirmed_by"
    aside = _set_aside(uow, "dependency", expected)
    if aside is not None:
        aside = _drop_indexes(uow, "dependency")
    confirmed = (confirmed_at, confirmed_by)
    shown = partial(progress, "dependencies")
    if isinstance(rows, Selection) and uow.dialect == "sqlite":
        count = _copy(uow, "dependency", names, rows, confirmed, shown)
    else:
        count = _write(uow, "dependency", names, (row + confirmed for row in rows), shown)
    if aside is not None:
        progress("indexes of dependencies", count)
        _run(uow, aside)
    return count


def change_dependencies(uow: UnitOfWork, rows: Rows) -> int:
    """Overwrite strength and group of dependencies, rows as above; `settle` the sources afterwards."""
    count = 0
    for batch in _batches(rows):
        count += len(batch)
        uow.many(
            "UPDATE dependency SET hard = ?, grp = ? WHERE source = ? AND target = ? AND kind = ?",
            [(bool(hard), group, *key) for *key, hard, group, _slack, _passes in batch],
        )
    return count


def confirm_dependencies(uow: UnitOfWork, keys: Rows, *, at: str, by: str) -> None:
    """Note that dependencies, given as (source key, target key, kind key), were seen to be true."""
    if isinstance(keys, Selection) and uow.dialect == "sqlite":
        seen = "confirmed_at = :at, confirmed_by = :by"
        _change(uow, "dependency", seen, "(source, target, kind)", keys, at=at, by=by)
        return
    for batch in _batches(keys):
        uow.many(
            "UPDATE dependency SET confirmed_at = ?, confirmed_by = ?"
            " WHERE source = ? AND target = ? AND kind = ?",
            [(at, by, *key) for key in batch],
        )


def settle(uow: UnitOfWork, sources: Iterable[int]) -> None:
    """Drop redundancy groups that lost their last member and derive again what these items need."""
    for batch in _batches(sources, tables_derived.AT_ONCE):
        uow.many(
            "DELETE FROM redundancy_group WHERE source = ? AND NOT EXISTS (SELECT 1 FROM dependency d"
            " WHERE d.source = redundancy_group.source AND d.grp = redundancy_group.key)",
            [(one,) for one in batch],
        )
        tables_derived.derive(uow, batch)


@contextmanager
def references_at_end(uow: UnitOfWork, *tables: str, expected: int) -> Iterator[None]:
    """Let PostgreSQL check the references of these tables together, at the end of a large load.

    SQLite does so where the transaction was begun for it: see `Store.write`.
    """
    again: list[str] = []
    for table in tables if uow.dialect != "sqlite" else ():
        if _set_aside(uow, table, expected) is not None:
            found = uow.rows(
                "SELECT quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conrelid = CAST(? AS regclass) AND contype = 'f' ORDER BY conname",
                table,
            )
            _run(uow, [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for name, _ in found])
            again += [f"ALTER TABLE {table} ADD CONSTRAINT {name} {said}" for name, said in found]
    yield
    _run(uow, again)


def insert(
    database: sqlite3.Connection, table: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> int:
    """Put rows, all of them held in memory, into some columns of a table; give how many.

    Many by each statement: that costs a third of one by one.
    """
    width = len(names)
    most = max(1, MARKS // width) * width
    one, start = f"({', '.join('?' * width)})", f"INSERT INTO {table} ({', '.join(names)}) VALUES "
    cells = [*chain.from_iterable(rows)]
    for first in range(0, len(cells), most):
        some = cells[first : first + most]
        database.execute(start + ", ".join([one] * (len(some) // width)), some)
    return len(cells) // width


def read(uow: UnitOfWork, sql: str) -> Iterator[tuple[Any, ...]]:
    """Read very many rows as they come, without holding them."""
    if uow.dialect == "sqlite":
        yield from uow.driver.execute(sql)
        return
    with uow.driver.cursor(name="bulk") as cursor:
        cursor.itersize = BATCH
        cursor.execute(sql)
        yield from cursor


def _copy(
    uow: UnitOfWork,
    table: str,
    names: str,
    rows: Selection,
    constant: tuple[Any, ...],
    progress: Callable[[int], None],
) -> int:
    """Let SQLite copy rows, each with the same last columns, from a scratch database; give how many."""
    added = "".join(f", :constant{place}" for place in range(len(constant)))
    known = {f"constant{place}": content for place, content in enumerate(constant)}
    count = 0
    for portion, ends in _portions(uow, rows):
        count += uow.driver.execute(
            f"INSERT INTO {table} ({names}) SELECT {rows.columns}{added} FROM {portion}"
            f" ORDER BY {rows.order}",
            {**rows.parameters, **known, **ends},
        ).rowcount
        progress(count)
    return count


def _change(uow: UnitOfWork, table: str, change: str, key: str, rows: Selection, **content: Any) -> None:
    """Let SQLite change the rows of a table whose key is among those of a scratch database."""
    for portion, ends in _portions(uow, rows):
        uow.driver.execute(
            f"UPDATE {table} SET {change} WHERE {key} IN (SELECT {rows.columns} FROM {portion})",
            {**rows.parameters, **content, **ends},
        )


def _portions(uow: UnitOfWork, rows: Selection) -> Iterator[tuple[str, dict[str, Any]]]:
    """Cut a selection into portions: the source of each, and the parameters of where it ends."""
    driver = uow.driver
    seen = {row[1]: row[2] for row in driver.execute("PRAGMA database_list")}
    if _SCRATCH not in seen:
        driver.execute(f"ATTACH ? AS {_SCRATCH}", (str(rows.path),))
    by, table = rows.order.split(",")[0], " ".join(rows.source.split()[:2])
    last = f"SELECT {by} FROM {table} WHERE {by} > :low ORDER BY {by} LIMIT 1 OFFSET {PORTION - 1}"
    low: Any = -1  # below every key, and below every id
    while True:
        end = driver.execute(last, {"low": low}).fetchone()
        if end is None:
            yield f"{rows.source} AND {by} > :low", {"low": low}
            return
        yield f"{rows.source} AND {by} > :low AND {by} <= :high", {"low": low, "high": end[0]}
        low = end[0]


def _write(uow: UnitOfWork, table: str, names: str, rows: Rows, progress: Callable[[int], None]) -> int:
    """Write rows through the driver, as it does fastest; give how many."""
    count = 0
    if uow.dialect == "sqlite":
        driver = uow.driver
        for batch in _batches(rows):
            insert(driver, table, names.split(", "), batch)
            count += len(batch)
            progress(count)
        return count
    with uow.driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
            if count % BATCH == 0:
                progress(count)
    return count


def _set_aside(uow: UnitOfWork, table: str, expected: int) -> list[str] | None:
    """An empty list when the indexes of a table had better be built anew, else None."""
    if expected < LARGE:
        return None
    if uow.dialect == "sqlite":
        uow.rows(f"PRAGMA cache_size = -{CACHE_KIB}")
    there = uow.rows(f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT ?) AS there", expected * 4)[0][0]
    return [] if there < expected * 4 else None


def _drop_indexes(uow: UnitOfWork, table: str) -> list[str]:
    """Drop the indexes of a table that enforce nothing; give the statements that make them again."""
    if uow.dialect == "sqlite":
        found = uow.rows(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
            table,
        )
    else:
        found = uow.rows(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ?"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = CAST(? AS regclass))",
            table,
            table,
        )
    _run(uow, [f"DROP INDEX {name}" for name, _ in found])
    return [sql for _, sql in found]


def _run(uow: UnitOfWork, statements: Iterable[str]) -> None:
    for statement in statements:
        uow.rows(statement)


def _known(uow: UnitOfWork, ids: list[str]) -> dict[str, tuple[int, bool]]:
    found: dict[str, tuple[int, bool]] = {}
    for some in _batches(ids, tables_derived.AT_ONCE):
        marks = ", ".join("?" * len(some))
        rows = uow.rows(f"SELECT id, key, serves FROM item WHERE id IN ({marks})", *some)
        found.update({row[0]: (row[1], bool(row[2])) for row in rows})
    return found


def _batches(rows: Iterable[Any], size: int = BATCH) -> Iterator[list[Any]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, size)):
        yield batch

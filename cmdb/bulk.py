"""Loading very many items and dependencies at once, through the driver, inside one transaction.

Rows arrive checked and in the order of the store's keys; they are written with executemany on
SQLite and COPY on PostgreSQL, derived columns included. A load that is large beside what is there
builds the indexes once, at the end. Memory does not grow with the load. Source: speed.md, Bulk.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from cmdb import search, tables_derived
from cmdb.store import UnitOfWork

BATCH = 5_000
LARGE = 20_000
CACHE_KIB = 262_144

Progress = Callable[[str, int], None]


def silent(_what: str, _count: int) -> None:
    """Show no progress."""


def add_items(
    uow: UnitOfWork,
    rows: Iterable[tuple[Any, ...]],
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
    first = int(uow.rows("SELECT COALESCE(MAX(key), 0) FROM item")[0][0]) + 1
    constant: tuple[Any, ...] = (True, "up", confirmed_at, confirmed_by, 1)
    if not levelled:
        constant = ("draft", *constant)
    names = (
        "key, id, type, name, owner, grp, status, custody, party, criterion, points, characteristics,"
        " serves, service, level, owner_active, operating, confirmed_at, confirmed_by, revision"
    )
    aside = _set_aside(uow, "item", expected)
    if aside is not None:
        _run(uow, search.SUSPEND[uow.dialect])
        aside = _drop_indexes(uow, "item")
    numbered = ((key, *row, *constant) for key, row in enumerate(rows, first))
    count = _write(uow, "item", names, numbered, lambda done: progress("items", done))
    if aside is not None:
        progress("indexes of items", count)
        _run(uow, aside)
        _run(uow, search.REBUILD[uow.dialect])
    return count


def change_items(uow: UnitOfWork, rows: Iterable[tuple[Any, ...]]) -> int:
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


def confirm_items(uow: UnitOfWork, ids: Iterable[tuple[str]], *, at: str, by: str) -> None:
    """Note that items were seen to be true."""
    for batch in _batches(ids):
        uow.many(
            "UPDATE item SET confirmed_at = ?, confirmed_by = ? WHERE id = ?",
            [(at, by, row[0]) for row in batch],
        )


def note_subjects(uow: UnitOfWork, ids: Iterable[str], sequence: int) -> None:
    """Put items into the history index of one journal entry, whose own list names only the file."""
    _write(uow, "journal_subject", "subject, sequence", ((one, sequence) for one in ids), lambda _: None)


def put_groups(
    uow: UnitOfWork, groups: Iterable[tuple[int, str, str, bool, int, int]]
) -> Iterator[tuple[int, int, str]]:
    """Store or overwrite redundancy groups; give (key, source, name) of each.

    A row is source key, name, need, hard, members and slack.
    """
    key = int(uow.rows("SELECT COALESCE(MAX(key), 0) FROM redundancy_group")[0][0])
    fresh = key == 0
    for batch in _batches(groups, 1_000):
        known = {} if fresh else _known_groups(uow, sorted({row[0] for row in batch}))
        added, changed, given = [], [], []
        sources: dict[int, int] = {}
        for source, name, need, hard, members, slack in batch:
            found = known.get((source, name))
            if found is None:
                key += 1
                added.append((key, source, name, need, bool(hard), members, slack))
            else:
                changed.append((need, bool(hard), found))
                sources[found] = source
            given.append((found or key, source, name))
        uow.many(
            "INSERT INTO redundancy_group (key, source, name, need, hard, members, slack)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            added,
        )
        uow.many("UPDATE redundancy_group SET need = ?, hard = ? WHERE key = ?", changed)
        uow.many(
            "UPDATE dependency SET hard = ? WHERE source = ? AND grp = ?",
            [(hard, sources[found], found) for _need, hard, found in changed],
        )
        yield from given


def add_dependencies(
    uow: UnitOfWork,
    rows: Iterable[tuple[Any, ...]],
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
    whole = (row + confirmed for row in rows)
    count = _write(uow, "dependency", names, whole, lambda done: progress("dependencies", done))
    if aside is not None:
        progress("indexes of dependencies", count)
        _run(uow, aside)
    return count


def change_dependencies(uow: UnitOfWork, rows: Iterable[tuple[Any, ...]]) -> int:
    """Overwrite strength and group of dependencies, rows as above; `settle` the sources afterwards."""
    count = 0
    for batch in _batches(rows):
        count += len(batch)
        uow.many(
            "UPDATE dependency SET hard = ?, grp = ? WHERE source = ? AND target = ? AND kind = ?",
            [(bool(hard), group, *key) for *key, hard, group, _slack, _passes in batch],
        )
    return count


def confirm_dependencies(uow: UnitOfWork, keys: Iterable[tuple[int, int, int]], *, at: str, by: str) -> None:
    """Note that dependencies, given as (source key, target key, kind key), were seen to be true."""
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


def read(uow: UnitOfWork, sql: str) -> Iterator[tuple[Any, ...]]:
    """Read very many rows as they come, without holding them."""
    if uow.dialect == "sqlite":
        yield from uow.driver.execute(sql)
        return
    with uow.driver.cursor(name="bulk") as cursor:
        cursor.itersize = BATCH
        cursor.execute(sql)
        yield from cursor


def _write(
    uow: UnitOfWork, table: str, names: str, rows: Iterable[tuple[Any, ...]], progress: Callable[[int], None]
) -> int:
    """Write rows through the driver, as it does fastest; give how many."""
    count = 0
    if uow.dialect == "sqlite":
        marks = ", ".join("?" * (names.count(",") + 1))
        driver = uow.driver
        for batch in _batches(rows):
            driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", batch)
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


def _known_groups(uow: UnitOfWork, sources: list[int]) -> dict[tuple[int, str], int]:
    marks = ", ".join("?" * len(sources))
    rows = uow.rows(f"SELECT source, name, key FROM redundancy_group WHERE source IN ({marks})", *sources)
    return {(row[0], row[1]): row[2] for row in rows}


def _batches(rows: Iterable[Any], size: int = BATCH) -> Iterator[list[Any]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, size)):
        yield batch

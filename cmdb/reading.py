"""The read path: what a person waits for, in plain SQL on a read-only connection.

Look-up, pages, search, dependencies, history, and the estate for impact. Tuples with names come
out; nothing here loads the object mapper. Every question is one consistent snapshot: alone by
itself, several inside `with reader.question():`. Source: house.md, Values and rows; speed.md.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Self

from cmdb import faults, layout, search
from cmdb.dialect import SQLITE, Dialect
from cmdb.errors import CmdbError, NotFound
from cmdb.reading_graph import StoredEstate

# The driver of a database other than the embedded one is loaded when a site names it: psycopg costs
# more than a whole answer from SQLite.
DRIVERS = {"postgresql": "cmdb.reading_postgres", "postgres": "cmdb.reading_postgres"}

PAGE = 100
WAITED = 5  # seconds the driver waits for a lock


class ItemLine(NamedTuple):
    """An item as a list shows it."""

    id: str
    type: str
    name: str
    owner: str
    group: str
    status: str
    level: str
    operating: str
    service: bool


class ItemRecord(NamedTuple):
    """An item with everything the database knows of it, accounting data included."""

    id: str
    type: str
    name: str
    owner: str
    group: str
    status: str
    level: str
    custody: str
    party: str
    criterion: str
    points: tuple[str, ...]
    characteristics: dict[str, Any]
    serves: bool
    service: bool
    operating: str
    confirmed_at: str | None
    confirmed_by: str | None
    revision: int


class DependencyLine(NamedTuple):
    """A dependency with the item at its other end and the need of its group."""

    source: str
    target: str
    kind: str
    strength: str
    group: str
    need: str
    name: str
    type: str
    status: str
    confirmed_at: str | None


class EntryLine(NamedTuple):
    """A journal entry as a history shows it."""

    sequence: int
    at: str
    actor: str
    action: str
    subjects: tuple[str, ...]
    changed: dict[str, Any]
    request: str


class Filter(NamedTuple):
    """Which items a list shows; what is empty does not restrict.

    `text` is looked for in id and name, word by word. `service` True or False restricts to them.
    """

    text: str = ""
    owner: str = ""
    group: str = ""
    type: str = ""
    status: str = ""
    level: str = ""
    party: str = ""
    operating: str = ""
    service: bool | None = None
    not_status: str = ""


EVERYTHING = Filter()
ORDERS = {
    "id": "i.id",
    "type": "i.type, i.id",
    "owner": "i.owner, i.id",
    "status": "i.status, i.id",
    "level": "i.level, i.id",
}
_COLUMNS = {"group": "grp"}
_LINE = "i.id, i.type, i.name, i.owner, COALESCE(i.grp, ''), i.status, i.level, i.operating, i.service"
_DEPENDENCY = (
    "SELECT s.id, t.id, k.id, d.hard, COALESCE(g.name, ''), COALESCE(g.need, ''), o.name, o.type, o.status,"
    " d.confirmed_at FROM dependency d JOIN item s ON s.key = d.source JOIN item t ON t.key = d.target"
    " JOIN dependency_kind k ON k.key = d.kind LEFT JOIN redundancy_group g ON g.key = d.grp"
    " JOIN item o ON o.key ="
)


class Reader:
    """One read-only connection. Not for two threads at a time: give each its own."""

    def __init__(
        self, connection: Any, dialect: Dialect, fault: type[Exception] = sqlite3.DatabaseError
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._fault = fault  # what the driver raises
        self._asking = False

    @classmethod
    def open(cls, database: str) -> Self:
        """Reach a site's database: a file path, or a `postgresql://` URL.

        Raises NotFound when the file is not there, Refused when its layout is older or newer.
        """
        driver = driver_of(database)
        if driver is not None:
            return cls(*driver.connect(database))._of_this_layout()
        path = Path(database)
        if not path.is_file():
            raise NotFound(
                f"The database {database} does not exist.",
                "Restore it with 'cmdb rebuild' from the library, or from a backup.",
            )
        # A URI, for mode=ro: what only reads can neither change nor create anything.
        place = path.absolute().as_uri() + ("?immutable=1" if on_read_only_disk(path) else "?mode=ro")
        connection = sqlite3.connect(place, uri=True, isolation_level=None, check_same_thread=False)
        return cls(connection, SQLITE)._of_this_layout()

    @classmethod
    def on(cls, connection: Any, dialect: Dialect, fault: type[Exception]) -> Self:
        """Read through a connection somebody else made. Raises Refused when its layout is another one."""
        return cls(connection, dialect, fault)._of_this_layout()

    def _of_this_layout(self) -> Self:
        """Give this reader. Raises Refused, with nothing left open, for a database of another layout."""
        try:
            with self.said():
                found = next(iter(self.rows("SELECT schema_version FROM site")), None)
            if refusal := layout.refusal(int(found[0])) if found else layout.no_site():
                raise refusal
        except CmdbError:
            self.close()
            raise
        return self

    @contextmanager
    def said(self) -> Iterator[None]:
        """Turn what the database says of locks, disks and damage into what a person can act on."""
        try:
            yield
        except self._fault as fault:
            if layout.says_no_site(str(fault)):
                raise layout.no_site() from fault
            known = faults.known(str(fault), waited=WAITED)
            if known is None:
                raise
            raise known from fault

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        self.close()
        known = faults.known(str(fault), waited=WAITED) if isinstance(fault, self._fault) else None
        if known is not None:
            raise known from fault

    @contextmanager
    def question(self) -> Iterator[StoredEstate]:
        """One snapshot for several questions; gives the estate as impact wants it."""
        if self._asking:
            yield StoredEstate(self.rows, self._dialect.name)
            return
        self._connection.execute(self._dialect.begin)
        self._asking = True
        try:
            yield StoredEstate(self.rows, self._dialect.name)
        finally:
            self._asking = False
            self._connection.execute("ROLLBACK")

    def rows(self, sql: str, *parameters: Any) -> Iterable[tuple[Any, ...]]:
        """Run plain SQL with `?` placeholders and give its rows, read as they are taken."""
        rows: Iterable[tuple[Any, ...]] = self._connection.execute(self._dialect.spoken(sql), parameters)
        return rows

    def item(self, item: str) -> ItemRecord:
        """Give an item. Raises NotFound."""
        found = list(
            self.rows(
                "SELECT id, type, name, owner, COALESCE(grp, ''), status, level, custody,"
                " COALESCE(party, ''), criterion, points, characteristics, serves, service, operating,"
                " confirmed_at, confirmed_by, revision FROM item WHERE id = ?",
                item.replace("\0", ""),
            )
        )
        if not found:
            raise NotFound(
                f"There is no item '{item[:128]}'.", f"Look for it with 'cmdb item search {item[:128]}'."
            )
        row = list(found[0])
        row[10], row[11] = tuple(json.loads(row[10])), json.loads(row[11])
        row[12], row[13] = bool(row[12]), bool(row[13])
        return ItemRecord._make(row)

    def items(
        self,
        where: Filter = EVERYTHING,
        *,
        order: str = "id",
        descending: bool = False,
        limit: int = PAGE,
        offset: int = 0,
    ) -> tuple[ItemLine, ...]:
        """Give one page of items.

        `order` is one of ORDERS; with a text, the best matches come first and at most 500 are found.
        The page is taken from an index first, its columns are read afterwards.
        """
        if where.text.strip():
            return self._lines(self._matches(where)[offset : offset + limit])
        clause, parameters = _clause(where)
        order_by = ORDERS[order].replace(",", " DESC,") + " DESC" if descending else ORDERS[order]
        return tuple(
            map(
                _line,
                self.rows(
                    f"SELECT {_LINE} FROM (SELECT i.key FROM item i WHERE {clause} ORDER BY {order_by}"
                    f" LIMIT ? OFFSET ?) AS page JOIN item i ON i.key = page.key ORDER BY {order_by}",
                    *parameters,
                    limit,
                    offset,
                ),
            )
        )

    def count(self, where: Filter = EVERYTHING) -> int:
        """Say how many items a filter leaves; with a text, at most 500 are found."""
        if where.text.strip():
            return len(self._matches(where))
        clause, parameters = _clause(where)
        return int(next(iter(self.rows(f"SELECT count(*) FROM item i WHERE {clause}", *parameters)))[0])

    def search(self, text: str, *, limit: int = PAGE) -> tuple[ItemLine, ...]:
        """Find items by words of their id or name, best first: three letters anywhere, fewer at the start."""
        return self.items(Filter(text=text), limit=limit) if search.words(text) else ()

    def _matches(self, where: Filter) -> list[int]:
        """Keys of at most 500 items that hold every word, best first."""
        words = search.words(where.text.replace("\0", " "))
        if not words:
            return []
        found: dict[int, tuple[int, int, str]] = {}
        for sql, parameters in search.questions(self._dialect.name, words, *_clause(where)):
            for key, item, name in self.rows(sql, *parameters):
                if search.holds(words, item, name):
                    found[key] = search.rank(words, item, name)
                    if len(found) == search.LIMIT:
                        break
        return sorted(found, key=found.__getitem__)[: search.LIMIT]

    def _lines(self, keys: Sequence[int]) -> tuple[ItemLine, ...]:
        if not keys:
            return ()
        rows = self.rows(
            f"SELECT i.key, {_LINE} FROM {self._dialect.keys} item i ON i.key = wanted.value",
            self._dialect.array(keys),
        )
        lines = {row[0]: _line(row[1:]) for row in rows}
        return tuple(lines[key] for key in keys)

    def dependencies(self, item: str) -> tuple[DependencyLine, ...]:
        """Give what an item needs, in (group, target, kind) order. Raises NotFound."""
        rows = self.rows(f"{_DEPENDENCY} d.target WHERE d.source = ? ORDER BY 5, 2, 3", self._key(item))
        return tuple(map(_dependency, rows))

    def dependants(self, item: str, *, limit: int = PAGE, offset: int = 0) -> tuple[DependencyLine, ...]:
        """Give one page of what needs an item, in source order. Raises NotFound."""
        rows = self.rows(
            f"{_DEPENDENCY} d.source WHERE d.target = ? ORDER BY 1, 3 LIMIT ? OFFSET ?",
            self._key(item),
            limit,
            offset,
        )
        return tuple(map(_dependency, rows))

    def services(self, *, limit: int = PAGE, offset: int = 0) -> tuple[ItemLine, ...]:
        """Give one page of the services, in id order."""
        rows = self.rows(
            f"SELECT {_LINE} FROM item i WHERE i.service ORDER BY i.id LIMIT ? OFFSET ?", limit, offset
        )
        return tuple(map(_line, rows))

    def history(self, subject: str, *, limit: int = PAGE, offset: int = 0) -> tuple[EntryLine, ...]:
        """Give one page of the journal of a subject, the newest entry first."""
        rows = self.rows(
            "SELECT j.sequence, j.at, j.actor, j.action, j.subjects, j.changed, j.request"
            " FROM journal_subject s JOIN journal j ON j.sequence = s.sequence WHERE s.subject = ?"
            " ORDER BY s.sequence DESC LIMIT ? OFFSET ?",
            subject.replace("\0", ""),
            limit,
            offset,
        )
        return tuple(
            EntryLine._make((*row[:4], tuple(json.loads(row[4])), json.loads(row[5]), row[6])) for row in rows
        )

    def ids(self, prefix: str, *, limit: int = 50) -> tuple[str, ...]:
        """Give item ids that begin so, for completion."""
        clause, parameters = search.begins(self._dialect.name, "id", prefix.replace("\0", ""))
        rows = self.rows(f"SELECT id FROM item WHERE {clause} ORDER BY id LIMIT ?", *parameters, limit)
        return tuple(row[0] for row in rows)

    def _key(self, item: str) -> int:
        found = list(self.rows("SELECT key FROM item WHERE id = ?", item.replace("\0", "")))
        if not found:
            raise NotFound(
                f"There is no item '{item[:128]}'.", f"Look for it with 'cmdb item search {item[:128]}'."
            )
        return int(found[0][0])


def _clause(where: Filter) -> tuple[str, list[str]]:
    """The condition on item `i`, without the text."""
    parts: list[str] = []
    parameters: list[str] = []
    for name in ("owner", "group", "type", "status", "level", "party", "operating"):
        wanted = getattr(where, name)
        if wanted:
            parts.append(f"i.{_COLUMNS.get(name, name)} = ?")
            parameters.append(wanted)
    if where.not_status:
        parts.append("i.status <> ?")
        parameters.append(where.not_status)
    if where.service is not None:
        parts.append("i.service" if where.service else "NOT i.service")
    return " AND ".join(parts) or "TRUE", parameters


def _line(row: Sequence[Any]) -> ItemLine:
    return ItemLine._make((*row[:8], bool(row[8])))


def _dependency(row: Sequence[Any]) -> DependencyLine:
    return DependencyLine._make((*row[:3], "hard" if row[3] else "soft", *row[4:]))


def driver_of(database: str) -> Any:
    """Load the room of a database's driver; None for the embedded one, which needs none."""
    name = DRIVERS.get(database.partition("://")[0]) if "://" in database else None
    return import_module(name) if name else None


def on_read_only_disk(path: str | Path) -> bool:
    """Tell whether nobody can write a database file or its log: then it is read as it stands."""
    file, log = Path(path), Path(f"{path}-wal")
    return (
        file.is_file()
        and bool(os.statvfs(file).f_flag & os.ST_RDONLY)
        and not (log.is_file() and log.stat().st_size)
    )

"""The store: one database, one unit of work, one commit line.

SQLite file or PostgreSQL URL. `with store.write() as uow: ... uow.commit()` takes the write lock
first and rolls back unless `commit` was reached; `with store.read() as uow:` is one consistent
snapshot. Values go in and out; rows never leave this module and the `tables` modules.
Source: rules.md 8.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote

import sqlalchemy
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool
from sqlmodel import Session, SQLModel

from cmdb import faults, layout
from cmdb.codec import Table, table_of
from cmdb.errors import Corrupt, Invalid, NotFound, Refused
from cmdb.reading import on_read_only_disk
from cmdb.search import SCHEMA as SEARCH_SCHEMA

SCHEMA_VERSION = layout.SCHEMA_VERSION
BUSY_SECONDS = 10
WRITE_LOCK = 0x636D6462  # the PostgreSQL advisory lock that every writer of a site takes first

V = TypeVar("V")


class UnitOfWork:
    """One transaction. Rolls back unless `commit` is reached; is of no use after that."""

    def __init__(
        self, session: Session, dialect: str, *, writes: bool = True, references_at_end: bool = False
    ) -> None:
        self._session = session
        self.dialect = dialect
        self.writes = writes
        self._references_at_end = references_at_end
        self._ended = False

    @property
    def session(self) -> Session:
        """The session of this transaction, for the `tables` modules alone."""
        if self._ended:
            # On SQLite every later statement would commit itself, outside the lock and the journal.
            raise RuntimeError("this unit of work has been committed already")
        return self._session

    def get(self, kind: type[V], *key: Any) -> V:
        """Give the value with this key. Raises NotFound, with how to list what there is."""
        found = self.find(kind, *key)
        if found is None:
            table = table_of(kind)
            raise NotFound(f"There is no {table.noun} '{' '.join(map(str, key))}'.", table.remedy)
        return found

    def find(self, kind: type[V], *key: Any) -> V | None:
        """Give the value with this key, or None."""
        table = table_of(kind)
        found = self._read(table, table.matching(dict(zip(table.key, key, strict=True))))
        return found[0] if found else None

    def all(self, kind: type[V], /, **equals: Any) -> tuple[V, ...]:
        """Give every value whose fields equal those named, in key order."""
        table = table_of(kind)
        return self._read(table, table.matching(equals))

    def where(self, kind: type[V], clause: str, *parameters: Any, limit: int = 0) -> tuple[V, ...]:
        """Give the values for which an SQL condition on their columns holds, in key order.

        `?` stands for a parameter; `limit` 0 gives all of them. Reads plain rows in one query.
        """
        return self._read(table_of(kind), (clause, parameters), limit)

    def _read(self, table: Table[V], condition: tuple[str, tuple[Any, ...]], limit: int = 0) -> tuple[V, ...]:
        # Plain rows: building a statement and an object of the ORM takes ten times as long as the query.
        clause, parameters = condition
        sql = f"{table.selection} WHERE {clause}" if clause else table.selection
        sql += f" ORDER BY {table.order}" + (f" LIMIT {limit:d}" if limit else "")
        self.session.flush()
        rows = self.session.connection().exec_driver_sql(self._spoken(sql), tuple(parameters))
        return tuple(table.read(row) for row in rows)

    def add(self, value: Any, **extra: Any) -> None:
        """Store a new value. Raises Invalid when its key is taken. `extra` fills derived columns."""
        table = table_of(type(value))
        key = {name: getattr(value, name) for name in table.key}
        clause, parameters = table.matching(key)
        if self.rows(f"SELECT 1 FROM {table.name} WHERE {clause}", *parameters):
            raise Invalid(
                f"The {table.noun} '{' '.join(map(str, key.values()))}' exists already.",
                "Choose another id, or amend the one that exists.",
            )
        content = {**table.columns_of(value), **extra}
        names, places = ", ".join(f'"{one}"' for one in content), ", ".join("?" * len(content))
        self._change(f"INSERT INTO {table.name} ({names}) VALUES ({places})", content.values())

    def replace(self, value: Any, **extra: Any) -> None:
        """Overwrite the value with the same key; derived columns keep what they had."""
        table = table_of(type(value))
        content = {**table.columns_of(value), **extra}
        names = ", ".join(f'"{one}" = ?' for one in content)
        self._change_one(f"UPDATE {table.name} SET {names}", content.values(), table, value)

    def remove(self, value: Any) -> None:
        """Delete the value with this value's key. Deleting nothing is an error: NotFound."""
        table = table_of(type(value))
        self._change_one(f"DELETE FROM {table.name}", (), table, value)

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run plain SQL with `?` placeholders on either database; give the rows, if it has any."""
        self.session.flush()
        result = self.session.connection().exec_driver_sql(self._spoken(sql), tuple(parameters))
        rows = [tuple(row) for row in result] if result.returns_rows else []
        self.session.expire_all()
        return rows

    def many(self, sql: str, parameters: Sequence[tuple[Any, ...]]) -> None:
        """Run one statement for many rows of parameters, through the driver's executemany."""
        if parameters:
            self.session.flush()
            self.session.connection().exec_driver_sql(self._spoken(sql), list(parameters))
            self.session.expire_all()

    @property
    def driver(self) -> Any:
        """The DB-API connection inside this transaction, for bulk loading. Never commit on it."""
        self.session.flush()
        return self.session.connection().connection.driver_connection

    def commit(self) -> None:
        """Make everything done in this unit of work true, at once. The only commit point."""
        self.session.flush()
        if self._references_at_end:
            _refuse_broken_references(self)
        connection = self.session.connection()
        number = _transaction_number(connection) if self.dialect != "sqlite" else None
        self._ended = True
        try:
            connection.commit()
        except DBAPIError as fault:
            if number is None or not fault.connection_invalidated:
                raise
            _look_up(connection.engine, number, fault)

    def _change_one(self, sql: str, parameters: Iterable[Any], table: Table[V], value: V) -> None:
        """Change the row with a value's key. Raises NotFound."""
        key = {name: getattr(value, name) for name in table.key}
        clause, found = table.matching(key)
        if not self._change(f"{sql} WHERE {clause}", (*parameters, *found)):
            raise NotFound(f"There is no {table.noun} '{' '.join(map(str, key.values()))}'.", table.remedy)

    def _change(self, sql: str, parameters: Iterable[Any]) -> int:
        """Run a statement that changes rows; give how many. Objects of the ORM are read again after it."""
        # Plain statements: the ORM's unit of work takes five times as long to come to the same ones.
        self.session.flush()
        result = self.session.connection().exec_driver_sql(self._spoken(sql), tuple(parameters))
        self.session.expire_all()
        return result.rowcount

    def _spoken(self, sql: str) -> str:
        if self.dialect == "sqlite":
            return sql
        return sql.replace("%", "%%").replace("?", "%s")


class Store:
    """One site's database. Opening checks that its layout is the one this program knows."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name

    @classmethod
    def connect(cls, database: str) -> Self:
        """Reach a database without looking at it: a file path, or a `postgresql://` URL."""
        return cls(_engine(database))

    @classmethod
    def reach(cls, database: str) -> Self:
        """Reach a database that exists, whatever its layout. Raises NotFound when it does not."""
        if not is_postgres(database):
            _refuse_absent(database)
        return cls(_engine(database, existing=True))

    @classmethod
    def open(cls, database: str) -> Self:
        """Reach a site's database. Raises Refused when its layout is older or newer, NotFound when absent."""
        store = cls.reach(database)
        store.check_version()
        return store

    def create(self, *, site: str, name: str) -> None:
        """Lay out an empty database with every table that is registered, and its search index."""
        with _faults(), self.engine.begin() as connection:
            _begin_writing(connection, self.dialect)
            if sqlalchemy.inspect(connection).has_table("site"):
                raise Refused(
                    "This database holds a site already; nothing was changed.",
                    "Choose an empty directory or database, or work on the site with --site.",
                )
            SQLModel.metadata.create_all(connection)
            for statement in SEARCH_SCHEMA[self.dialect]:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(
                "INSERT INTO site (schema_version, id, name) VALUES "
                + ("(?, ?, ?)" if self.dialect == "sqlite" else "(%s, %s, %s)"),
                (SCHEMA_VERSION, site, name),
            )

    def layout(self) -> int:
        """The version of the layout this database has. Raises Refused when it holds no site."""
        with self.read() as uow:
            try:
                found = uow.rows("SELECT schema_version FROM site")
            except DBAPIError as fault:
                if layout.says_no_site(str(fault.orig)):
                    raise layout.no_site() from fault
                raise  # locked, damaged or out of reach: said by what reads
        if not found:
            raise layout.no_site()
        return int(found[0][0])

    def check_version(self) -> None:
        """Raise Refused unless the database has the layout of this program."""
        refusal = layout.refusal(self.layout(), needed=SCHEMA_VERSION)
        if refusal is not None:
            raise refusal

    @contextmanager
    def write(self, *, references_at_end: bool = False) -> Iterator[UnitOfWork]:
        """One writing transaction: the write lock first, rollback unless `uow.commit()` is reached.

        With `references_at_end` SQLite checks every reference of the database together, just before the
        commit, and not at each row: for loads that are large beside what is there.
        """
        at_end = references_at_end and self.dialect == "sqlite"
        with _faults(), self.engine.connect() as connection:
            if at_end:
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            _begin_writing(connection, self.dialect)
            with Session(connection) as session:
                yield UnitOfWork(session, self.dialect, references_at_end=at_end)

    @contextmanager
    def lay_out(self) -> Iterator[UnitOfWork]:
        """A writing transaction in which tables others refer to may be laid out anew, for migrations.

        SQLite checks references only where it is asked to: see `migrations.run`.
        """
        with _faults(), self.engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            _begin_writing(connection, self.dialect)
            with Session(connection) as session:
                yield UnitOfWork(session, self.dialect)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """One reading transaction: every question asked in it sees the same state."""
        with _faults(), self.engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only=ON")
                connection.exec_driver_sql("BEGIN DEFERRED")
            else:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            with Session(connection) as session:
                yield UnitOfWork(session, self.dialect, writes=False)


def _refuse_broken_references(uow: UnitOfWork) -> None:
    """Raise Corrupt where a row of any table refers to one that is not there."""
    broken = uow.rows('SELECT "table", parent, COUNT(*) FROM pragma_foreign_key_check GROUP BY 1, 2')
    if broken:
        raise Corrupt(
            "Rows of the database refer to others that are not there; nothing was written.",
            "Run 'cmdb doctor', and restore a backup.",
            [f"{table}: {count:,} without their {parent}" for table, parent, count in broken],
        )


def is_postgres(database: str) -> bool:
    """Tell a PostgreSQL URL from a file path."""
    return database.startswith(("postgresql://", "postgres://"))


def _refuse_absent(path: str) -> None:
    if not Path(path).is_file():
        raise NotFound(
            f"The database {path} does not exist.",
            "Restore it with 'cmdb rebuild' from the library, or from a backup.",
        )


def _engine(database: str, *, existing: bool = False) -> Engine:
    """Reach a database; one that is `existing` is never made anew where its file went away meanwhile."""
    if is_postgres(database):
        url = "postgresql+psycopg://" + database.split("://", 1)[1]
        try:
            return sqlalchemy.create_engine(url, poolclass=NullPool)
        except (ArgumentError, ValueError) as wrong:
            raise faults.no_url() from wrong
    path = database

    def connect() -> sqlite3.Connection:
        # isolation_level None: the driver opens no transaction of its own; we say BEGIN ourselves.
        if on_read_only_disk(path):
            # The log beside the file cannot be made here; nobody can write, so nothing moves either.
            uri = f"file:{quote(path)}?immutable=1"
            return sqlite3.connect(uri, uri=True, isolation_level=None)
        if existing:
            _refuse_absent(path)
        uri = f"file:{quote(path)}?mode={'rw' if existing else 'rwc'}"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
        except sqlite3.DatabaseError:
            connection.close()  # a damaged or locked file: nobody else would close it
            raise
        return connection

    return sqlalchemy.create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _begin_writing(connection: Connection, dialect: str) -> None:
    if dialect == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
    if connection.exec_driver_sql("SHOW synchronous_commit").scalar() in ("off", "local"):
        raise Refused(
            "This PostgreSQL session does not wait for its commits to reach the disk.",
            "Set synchronous_commit to on for the site's role or database.",
        )


def _transaction_number(connection: Connection) -> str | None:
    """The number PostgreSQL gave this transaction; None when it has written nothing."""
    found = connection.exec_driver_sql("SELECT pg_current_xact_id_if_assigned()::text").scalar()
    return None if found is None else str(found)


def _look_up(engine: Engine, number: str, lost: DBAPIError) -> None:
    """The connection was lost during COMMIT: ask what became of it; it is never tried again blindly."""
    with engine.connect() as connection:
        state = connection.exec_driver_sql("SELECT pg_xact_status(%s::xid8)", (number,)).scalar()
    if state == "committed":
        return
    raise Refused(
        "The connection to the database was lost before the change was saved; nothing was changed."
        if state == "aborted"
        else "The connection to the database was lost while saving, and the outcome is not known yet.",
        "Try again." if state == "aborted" else "See 'cmdb item history ID' before you try again.",
    ) from lost


@contextmanager
def _faults() -> Iterator[None]:
    """Turn what a database says of locks, disks and damage into what a person can act on."""
    try:
        yield
    except DBAPIError as fault:
        said = str(fault.orig)
        known = faults.known(said, waited=BUSY_SECONDS)
        if known is None:
            raise
        raise known from fault
    except sqlite3.DatabaseError as fault:
        known = faults.known(str(fault), waited=BUSY_SECONDS)
        if known is None:
            raise
        raise known from fault
    except UnicodeEncodeError as fault:
        raise faults.unkeepable() from fault

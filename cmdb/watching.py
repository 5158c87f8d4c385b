"""Notice within a moment what others write, at the price of next to nothing while nobody writes.

SQLite counts what other connections commit (`PRAGMA data_version`) and is looked at every moment.
PostgreSQL tells: the transaction of every journal entry carries a notice. Where the server goes away,
or what stands between passes no notices on, it is asked for its newest entry instead, until it tells
again. Nothing here writes.
"""

import json
import threading
from pathlib import Path
from typing import Any, NamedTuple, Self

from cmdb.errors import CmdbError
from cmdb.reading import Reader, driver_of

EVERY = 1.0  # seconds between two looks
SAFETY = 2  # looks after which a server that tells nothing is asked all the same
MOST = 50  # entries one look gives at most; what is older is only counted


class Written(NamedTuple):
    """One use case somebody carried out; its change request is the last of the subjects."""

    actor: str
    action: str
    subjects: tuple[str, ...]


class News(NamedTuple):
    """What was written between two looks: the number of entries, and the newest of them, oldest first."""

    number: int
    entries: tuple[Written, ...] = ()


class Watch:
    """One site's database, watched by one thread."""

    def __init__(self, database: str, *, every: float = EVERY) -> None:
        self._database = database
        self._every = every
        self._eye: _File | _Server | None = None
        self._newest: int | None = None

    def next(self, stopped: threading.Event) -> News | None:
        """Wait a moment; give what was written since the last time, None when nothing was.

        The first time says where things stand and gives None. A database that does not answer gives
        None, and is tried again the next time; then what was missed is given.
        """
        try:
            if self._eye is None:
                self._eye = _eye(self._database)
            elif not self._eye.opened(stopped, self._every):
                return None
            return self._read(self._eye.reader)
        except CmdbError:
            self.close()
            stopped.wait(self._every)
            return None

    def _read(self, reader: Reader) -> News | None:
        with reader.said():
            newest = int(next(iter(reader.rows("SELECT COALESCE(MAX(sequence), 0) FROM journal")))[0])
            before, self._newest = self._newest, newest
            if before is None or newest == before:
                return None
            rows = reader.rows(
                "SELECT actor, action, subjects, request FROM journal WHERE sequence > ?"
                " ORDER BY sequence DESC LIMIT ?",
                before,
                MOST,
            )
            entries = tuple(
                Written(actor, action, tuple(one for one in (*json.loads(subjects), request) if one))
                for actor, action, subjects, request in rows
            )
        return News(abs(newest - before), entries[::-1])  # fewer than before: a backup was put back

    def close(self) -> None:
        """Let go of the database."""
        if self._eye is not None:
            self._eye.reader.close()
            self._eye = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()


def _eye(database: str) -> "_File | _Server":
    driver = driver_of(database)
    return _File(database) if driver is None else _Server(driver.Ear(database))


class _File:
    """A SQLite file, watched through one connection."""

    def __init__(self, database: str) -> None:
        self._path = Path(database)
        self.reader = Reader.open(database)
        self._is, self._seen = self._file(), self._version()

    def _file(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (0, 0)  # opening it says what is wrong
        return (found.st_dev, found.st_ino)

    def _version(self) -> int:
        with self.reader.said():
            return int(next(iter(self.reader.rows("PRAGMA data_version")))[0])

    def opened(self, stopped: threading.Event, wait: float) -> bool:
        """Wait, and give whether somebody may have written meanwhile."""
        if stopped.wait(wait):
            return False
        file = self._file()
        if file != self._is:  # a restored backup is another file under the same name
            self.reader.close()
            self.reader, self._is = Reader.open(str(self._path)), file
            self._seen = self._version()
            return True
        before, self._seen = self._seen, self._version()
        return self._seen != before


class _Server:
    """A PostgreSQL server that tells, and is asked now and then all the same."""

    def __init__(self, ear: Any) -> None:
        self._ear, self._quiet = ear, 0
        self.reader = Reader.on(ear.connection, ear.dialect, ear.fault)

    def opened(self, stopped: threading.Event, wait: float) -> bool:
        """Wait until the server tells or the moment is over; give whether it is to be asked."""
        if stopped.is_set():
            return False
        told = bool(self._ear.told(wait))
        self._quiet = 0 if told else self._quiet + 1
        # Also the look after: what was told while entries were being read may have been missed.
        return told or self._quiet == 1 or self._quiet % SAFETY == 0

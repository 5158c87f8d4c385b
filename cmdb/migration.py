"""Bring the database of a site to the layout this program needs, after a backup.

Everything happens under the write lock and in one transaction: the backup holds exactly what was
migrated, and a migration that fails leaves the site as it was. Source: house.md, Two databases.
"""

import os
import shlex
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from cmdb import journal
from cmdb.errors import Corrupt, Refused
from cmdb.migrations import run
from cmdb.model import Value
from cmdb.reading import on_read_only_disk
from cmdb.site import Site
from cmdb.store import Store, is_postgres

UNFINISHED = ".unfinished"  # behind the name of a backup on its way


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration(Value):
    """What was done: from which layout to which, and where the backup is (empty: made by hand, or none)."""

    before: int
    after: int
    backup: str = ""


def migrate(site: Site, *, actor: str, at: datetime, confirmed: bool = False) -> Migration:
    """Back up and migrate the database of a site; does nothing when it has the newest layout already.

    SQLite is copied to `cmdb.db.backup-<layout>` beside it; PostgreSQL is dumped with pg_dump where
    that is installed, else `confirmed` says that somebody made a backup. Raises Refused when the
    layout is newer than this program, when there can be no backup, or when another process writes.
    """
    store = Store.reach(site.url)
    before, after = store.layout(), len(run.VERSIONS)
    if before > after:
        store.check_version()
    if before == after:
        return Migration(before=before, after=after)
    with store.lay_out() as uow:
        found = int(uow.rows("SELECT schema_version FROM site")[0][0])
        if found != before:  # somebody else did it while this one waited for the lock
            return Migration(before=found, after=found)
        if is_postgres(site.url):
            backup = "" if confirmed else _dump(site, before)
        else:
            backup = _copy(Path(site.url), before)
        run.upgrade(uow, before=before)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="site migrate",
            changed={"layout": [before, after], "backup": Path(backup).name},
        )
        uow.commit()
    return Migration(before=before, after=after, backup=backup)


def _copy(database: Path, layout: int) -> str:
    """Copy beside its place and give it its name when it is whole: a backup by that name is one."""
    target = _free(database.with_name(f"{database.name}.backup-{layout}"))
    part = target.with_name(f"{target.name}{UNFINISHED}")
    part.unlink(missing_ok=True)  # of a migration that was killed: whoever copies holds the write lock
    copy_file(database, part)
    return _named(part, target)


def _named(part: Path, target: Path) -> str:
    """Give a finished backup its name, durably: under the lock nothing else can have it.

    Raises Refused when the disk refuses.
    """
    try:
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.rename(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as fault:
        part.unlink(missing_ok=True)
        raise Refused(
            f"The backup {target} could not be written: {fault.strerror}.", "Make room there and try again."
        ) from fault
    return str(target)


def copy_file(database: Path, target: Path) -> None:
    """Copy a SQLite database while people work on it, as of one moment, into one file; check the copy.

    Raises Refused when it cannot be written, Corrupt when the database is damaged.
    """
    try:
        # On a disk nobody can write, such as one that is being saved, the file is read as it stands.
        still = f"{database.absolute().as_uri()}?immutable=1" if on_read_only_disk(database) else ""
        source = sqlite3.connect(still or database, uri=bool(still))
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, whatever becomes of it
            said = copy.execute("PRAGMA integrity_check").fetchone()
        finally:
            copy.close()
            source.close()
        with target.open("rb+") as file:
            os.fsync(file.fileno())
    except (sqlite3.OperationalError, OSError) as fault:
        target.unlink(missing_ok=True)
        raise Refused(
            f"The backup {target} could not be written: {fault}.",
            "Make room there and try again.",
        ) from fault
    except sqlite3.DatabaseError as damaged:  # found while it was read
        target.unlink(missing_ok=True)
        raise _damaged(str(damaged)) from damaged
    if said != ("ok",):
        raise _damaged(said[0])


def _damaged(said: str) -> Corrupt:
    return Corrupt(
        f"The database is damaged: {said}.",
        "Keep this copy untouched; restore a backup, or run 'cmdb rebuild' from the library.",
    )


def dump_command(url: str, target: Path) -> list[str]:
    """What backs up a PostgreSQL database, as a command line.

    The password stays out of what is shown, and out of what other accounts see of a process.
    """
    parts = urlsplit(url)
    bare = urlunsplit(parts._replace(netloc=_without_password(parts.netloc)))
    return ["pg_dump", "--format=custom", f"--file={target}", f"--dbname={bare}"]


def _dump(site: Site, layout: int) -> str:
    """Dump a PostgreSQL database; give the path of the dump."""
    target = _free(site.path / f"cmdb.backup-{layout}.dump")
    part = target.with_name(f"{target.name}{UNFINISHED}")
    command, by_hand = dump_command(site.url, part), dump_command(site.url, target)
    remedy = f"Run '{shlex.join(by_hand)}' where PostgreSQL is installed, then 'cmdb migrate --yes'."
    if shutil.which("pg_dump") is None:
        raise Refused(
            "A backup is made with pg_dump, which is not installed here; nothing was changed.", remedy
        )
    password = urlsplit(site.url).password
    secret = {"PGPASSWORD": unquote(password)} if password else {}
    done = subprocess.run(
        command,
        env={**os.environ, **secret},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        part.unlink(missing_ok=True)
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Refused(f"pg_dump could not make a backup; nothing was changed: {said}", remedy)
    return _named(part, target)


def _without_password(place: str) -> str:
    account, at, host = place.rpartition("@")
    return account.partition(":")[0] + at + host


def _free(path: Path) -> Path:
    """The path, or the path with the first number behind it that is not taken: no backup is written over."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}.{number}")
    return free

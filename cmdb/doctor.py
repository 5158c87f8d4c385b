"""Look at a site and the machine it is on, and say what is not as it should be and what to do.

Looks only; `mend` is the one function that writes, and it writes only what follows from the rest.
Source: house.md; speed.md, Algorithms and layouts; IT Service CMM 5.5, Activity 10.2.
"""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cmdb import journal, tables_derived
from cmdb.errors import CmdbError, Corrupt
from cmdb.model import Value
from cmdb.roles import require
from cmdb.site import FILE, Site
from cmdb.store import Store, UnitOfWork, is_postgres

GIT = (2, 36)  # the first with core.fsync, which the library sets to `all`
OPENSSH = (8, 2)  # the first whose ssh-keygen verifies with -Y as we ask it to
SQLITE = (3, 35)  # trigram search and RETURNING
ROOM = 500_000_000  # bytes that should be free beyond twice what the site takes
FILES = 10_000  # inodes that should be free: git writes many small files
TIMEOUT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Value):
    """Something that is not as it should be. A `fault` stops work or loses it; a `warning` may."""

    kind: str
    subject: str
    text: str
    remedy: str
    severity: str = "warning"


def examine(site: Site, *, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Give every finding about the machine, the place and the database of a site."""
    found = [*of_machine(environ), *of_terminal(environ), *of_place(site)]
    try:
        store = Store.open(site.url)
        with store.read() as uow:
            found += of_database(uow)
    except CmdbError as fault:
        found.append(
            Finding(
                kind="database" if isinstance(fault, Corrupt) else "layout",
                subject=site.name,
                text=fault.reason,
                remedy=fault.remedy,
                severity="fault",
            )
        )
    return tuple(found)


def of_machine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Findings about the programs this one works with."""
    path = environ.get("PATH", os.defpath)
    for program, asked, least in (("git", ("--version",), GIT), ("ssh", ("-V",), OPENSSH)):
        version = _version(program, asked, path)
        wanted = ".".join(map(str, least))
        if version is None:
            yield _missing(program, wanted)
        elif version < least:
            yield Finding(
                kind="program",
                subject=program,
                text=f"{program} has version {'.'.join(map(str, version))}; {wanted} is needed.",
                remedy=f"Install {'OpenSSH' if program == 'ssh' else program} {wanted} or later.",
                severity="fault",
            )
    if shutil.which("ssh-keygen", path=path) is None:
        yield _missing("ssh-keygen", ".".join(map(str, OPENSSH)))
    if sqlite3.sqlite_version_info < SQLITE:
        yield Finding(
            kind="program",
            subject="SQLite",
            text=f"Python was built with SQLite {sqlite3.sqlite_version}; 3.35 is needed.",
            remedy="Use a Python with a newer SQLite.",
            severity="fault",
        )


def of_terminal(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Findings about the terminal as the environment describes it."""
    term = environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        yield Finding(
            kind="terminal",
            subject="TERM",
            text=f"TERM is '{term}', which says nothing about the terminal." if term else "TERM is not set.",
            remedy="Set it to what the terminal is, such as TERM=xterm-256color, to open the app.",
        )
    named = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    if "utf-8" not in named.lower().replace("utf8", "utf-8"):
        yield Finding(
            kind="terminal",
            subject="locale",
            text=f"The locale '{named}' is not UTF-8; glyphs and names may not be shown."
            if named
            else "No locale is set; glyphs and names may not be shown.",
            remedy="Set LANG=C.UTF-8 or another UTF-8 locale, or use --ascii.",
        )


def of_place(site: Site) -> Iterator[Finding]:
    """Findings about the directory of the site and the disk it is on."""
    about = os.statvfs(site.path)
    if about.f_flag & os.ST_RDONLY:
        yield Finding(
            kind="place",
            subject=str(site.path),
            text="The disk is mounted read-only: nothing can be written here.",
            remedy="Work on the machine that may write, or mount the disk for writing.",
        )
    elif not os.access(site.path, os.W_OK | os.X_OK):
        yield Finding(
            kind="place",
            subject=str(site.path),
            text="You may not write in the directory of the site; SQLite needs that even to read.",
            remedy="Ask whoever keeps the site to add you to its group.",
        )
    free, taken = about.f_bavail * about.f_frsize, _size(site)
    if free < ROOM + 2 * taken:
        yield Finding(
            kind="place",
            subject=str(site.path),
            text=f"{free // 1_000_000:,} MB are free; the site takes {taken // 1_000_000:,} MB, and a backup"
            " or a migration needs as much again.",
            remedy=f"Make room: {(ROOM + 2 * taken) // 1_000_000:,} MB should be free.",
        )
    if about.f_files and about.f_favail < FILES:
        yield Finding(
            kind="place",
            subject=str(site.path),
            text=f"Only {about.f_favail:,} more files fit on the disk.",
            remedy="Remove files, or move the site to a disk with more inodes.",
        )
    file = site.path / FILE
    if re.match(r"postgres(ql)?://[^/@]*:[^/@]+@", site.url) and file.stat().st_mode & 0o077:
        yield Finding(
            kind="place",
            subject=str(file),
            text="It holds a password and other accounts may read it.",
            remedy=f"chmod 600 {file}, or keep the password in ~/.pgpass.",
        )


def of_database(uow: UnitOfWork) -> Iterator[Finding]:
    """Findings about what the database holds: rows, references, journal and everything derived."""
    if uow.dialect == "sqlite":
        yield from _of_sqlite(uow)
    problem = journal.chain_problem(uow) or journal.index_problem(uow)
    if problem:
        yield Finding(
            kind="journal",
            subject="journal",
            text=f"It was changed afterwards: {problem}.",
            remedy="Keep this copy untouched, run 'cmdb verify', and compare with a backup.",
            severity="fault",
        )
    for id, what in tables_derived.mistaken(uow):
        yield Finding(
            kind="derived",
            subject=id,
            text=f"What is derived is not what follows from the rest: {what}.",
            remedy="Compute it again: 'cmdb doctor --mend'.",
            severity="fault",  # answers about impact are wrong meanwhile
        )
    for source, target, kind, file in uow.rows(
        "SELECT source, target, kind, file FROM dangling ORDER BY source, target, kind"
    ):
        yield Finding(
            kind="dangling",
            subject=source,
            text=f"{source} {kind} {target}, one of which is not registered; from {file}.",
            remedy="Register the missing item, or import again without --keep-dangling.",
        )


def mend(store: Store, *, actor: str, at: datetime) -> int:
    """Compute again what is derived and wrong; give how many places were. Journalled when any was."""
    with store.write() as uow:
        require(uow, actor, "amend any draft", at=at)
        wrong = list(tables_derived.mistaken(uow))
        if wrong:
            tables_derived.mend(uow)
            subjects = tuple(dict.fromkeys(id for id, _what in wrong))
            journal.record(uow, at=at, actor=actor, action="site mend", subjects=subjects)
            uow.commit()
    return len(wrong)


def _of_sqlite(uow: UnitOfWork) -> Iterator[Finding]:
    for (said,) in uow.rows("PRAGMA quick_check(5)"):
        if said != "ok":
            yield Finding(
                kind="database",
                subject="cmdb.db",
                text=f"The file is damaged: {said}.",
                remedy="Keep this copy untouched; restore a backup, or run 'cmdb rebuild' from the library.",
                severity="fault",
            )
    for table, *_rest in uow.rows("PRAGMA foreign_key_check"):
        yield Finding(
            kind="database",
            subject=table,
            text=f"A row of {table} refers to what is not there.",
            remedy="Keep this copy untouched; restore a backup, or run 'cmdb rebuild' from the library.",
            severity="fault",
        )


def _missing(program: str, wanted: str) -> Finding:
    return Finding(
        kind="program",
        subject=program,
        text=f"{program} is not installed.",
        remedy=f"Install {'OpenSSH' if program.startswith('ssh') else program} {wanted} or later.",
        severity="fault",
    )


def _version(program: str, asked: tuple[str, ...], path: str) -> tuple[int, ...] | None:
    """The version a program says it has; None when it is not there or says nothing."""
    found = shutil.which(program, path=path)
    if found is None:
        return None
    try:
        done = subprocess.run(
            [found, *asked],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = re.search(r"([0-9]+)\.([0-9]+)", done.stdout + done.stderr)
    return (int(said[1]), int(said[2])) if said else None


def _size(site: Site) -> int:
    """The bytes the site takes: its database and the packs and objects of its library."""
    database = Path(site.url)
    files = [] if is_postgres(site.url) else [database] if database.is_file() else []
    files += [one for one in site.library.rglob("*") if one.is_file() and not one.is_symlink()]
    return sum(one.stat().st_size for one in files)

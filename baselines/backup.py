"""Backup: both stores of a site as they belong together, in one file; and back.

    backup(site, file, *, at, library_only) -> Manifest       while people work
    check(file) -> Manifest                                   every sum, nothing too much or missing
    restore(file, folder, *, verify) -> (Manifest, Report | None)     into an empty directory, verified

The file is a plain tar: `manifest.json` (backup/1, with a SHA-256 of each other member), `cmdb.db`
(SQLite, of one moment) and `library.bundle` (git, up to the newest row of that very database), so
neither is ahead of the other. With PostgreSQL pg_dump covers the database and this the library.
Source: rules.md 7; 8; house.md, Two databases.
"""

import hashlib
import os
import shlex
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from baselines import proving, tables, vault_bundle, verification
from baselines.decided import Verify
from baselines.failures import Failed
from baselines.library import Library
from baselines.model import LibraryCommit
from baselines.vault import Vault
from baselines.vault_git import sync_folder
from baselines.verification import Report
from cmdb import canonical, migration, parts, signatures
from cmdb import site as sites
from cmdb.errors import Corrupt, Invalid, Refused
from cmdb.model import Value
from cmdb.parts import Part
from cmdb.site import Site
from cmdb.store import Store, is_postgres

FORM = "backup/1"
MANIFEST = "manifest.json"
DATABASE = "cmdb.db"
BUNDLE = "library.bundle"
_PIECE = 1 << 20
_MANIFEST_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(Value):
    """What a backup says of itself: the site, its newest library commit, and the sum of each member."""

    site: str
    name: str
    zone: str
    test_clock: bool
    root: str
    made_at: datetime
    newest: str
    commit: str
    sums: Mapping[str, str]

    @property
    def whole(self) -> bool:
        """Whether the database is in it, and not the library alone."""
        return DATABASE in self.sums


def backup(site: Site, file: Path, *, at: datetime, library_only: bool = False) -> Manifest:
    """Write both stores of a site into one file, and check it. Nothing is written over.

    Raises Refused when the file exists or cannot be written, or when the database is PostgreSQL and
    not only the library is wanted: then the remedy is the command that backs up the database.
    """
    if file.exists():
        raise _existing(file)
    if is_postgres(site.url) and not library_only:
        dump = shlex.join(migration.dump_command(site.url, file.with_suffix(".dump")))
        raise Refused(
            "The database of this site is in PostgreSQL, which has its own way of backing up.",
            f"First '{dump}', then 'cmdb backup {file} --library-only': in this order, so that the library"
            " is never behind; what it is ahead is taken over by 'cmdb rebuild --forward'.",
        )
    with _writing(file) as folder:
        if library_only:
            manifest = _library(site, site.url, folder, at)
        else:
            _copy(Path(site.url), folder / DATABASE, file)
            manifest = _library(site, str(folder / DATABASE), folder, at)
            _one_file(folder / DATABASE)
        members = [name for name in (DATABASE, BUNDLE) if (folder / name).is_file()]
        manifest = manifest.but(sums={name: _sum_of(folder / name) for name in members})
        (folder / MANIFEST).write_bytes(canonical.encode(FORM, _fields(manifest)))
        partial = folder / "backup.tar"
        _pack(partial, folder, [MANIFEST, *members], at)
        check(partial)
        with partial.open("rb+") as whole:
            Part(file, whole, partial).place()
    return manifest


def check(file: Path) -> Manifest:
    """Read a whole backup and compare each member with its sum. Raises Corrupt, or Refused if absent."""
    with _reading(file) as tar:
        return _checked(file, tar, None)


def restore(
    file: Path, folder: Path, *, verify: Verify = signatures.verify
) -> tuple[Manifest, Report | None]:
    """Make a site of a backup in an empty directory, and verify it there.

    The database is a file in that directory, wherever the original's was: a restored site never
    reaches for the original. With a backup of the library alone the library is proved, and there is
    no report. Until it was verified there is no site: a killed restore leaves at most a hidden directory,
    which the next one removes. Raises Refused when the directory is not empty, Corrupt when anything
    does not hold.
    """
    _refuse_unless_empty(folder)
    with _reading(file) as tar:
        _checked(file, tar, None)
    # Where a directory is to be made, the site gets it in one move; into one that stands there, perhaps
    # under somebody's feet, its parts are moved, and what makes a site of them last.
    place = folder.resolve() if folder.exists() else folder.absolute().parent
    place.mkdir(parents=True, exist_ok=True)
    with parts.room(place, "restore") as inside:
        made = inside / "site"
        manifest, report = _made(file, made, verify)
        if place == folder.resolve():
            for name in sorted((one.name for one in made.iterdir()), key=lambda name: name == sites.FILE):
                made.joinpath(name).rename(folder / name)
        else:
            _refuse_unless_empty(folder)  # somebody may have made it meanwhile
            made.rename(folder)
        sync_folder(place)
    return manifest, report


def _refuse_unless_empty(folder: Path) -> None:
    """What a killed restore left of itself in it does not count: it goes."""
    if folder.is_dir():
        parts.sweep(folder)
    astray = folder.is_symlink() and not folder.exists()
    if astray or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise Refused(f"{folder} is not empty.", "Name a directory that is empty or does not exist yet.")


def _made(file: Path, folder: Path, verify: Verify) -> tuple[Manifest, Report | None]:
    """Unpack, prove and describe a site in a new directory."""
    folder.mkdir()
    with _reading(file) as tar:
        manifest = _checked(file, tar, folder)
    site = Site(path=folder.resolve(), name=manifest.name, zone=manifest.zone, test_clock=manifest.test_clock)
    with vault_bundle.unpack(folder / BUNDLE, site.library) as vault:
        if vault.head() != manifest.commit:
            raise _broken(file, "its library does not end where its manifest says")
        if not manifest.whole:
            _prove(file, vault, manifest, verify)
    (folder / BUNDLE).unlink()
    report = _verified(file, site, manifest, verify) if manifest.whole else None
    sites.write(site)
    return manifest, report


def _copy(database: Path, copy: Path, file: Path) -> None:
    """Copy a database while people work. Raises Refused, told of the file that was asked for."""
    try:
        migration.copy_file(database, copy)
    except Refused as full:
        raise Refused(full.reason.replace(str(copy), str(file)), full.remedy) from full


def _library(site: Site, database: str, folder: Path, at: datetime) -> Manifest:
    """Bundle the vault up to the newest row of a database; give the manifest, without sums yet."""
    store = Store.open(database)
    try:
        with store.read() as uow:
            newest = tables.newest(uow)
            if newest is None:
                raise Refused(
                    "This site has no founding commit; there is nothing to back up.",
                    "Make it with 'cmdb init DIR'.",
                )
            tags = {one.name: one.tag for one in uow.all(LibraryCommit) if one.tag}
            root = uow.rows("SELECT root FROM site")[0][0]
            id = tables.site_id(uow)
    finally:
        store.engine.dispose()
    with Vault.open(site.library) as vault:
        vault_bundle.pack(vault, folder / BUNDLE, commit=newest.commit, tags=tags)
    return Manifest(
        site=id,
        name=site.name,
        zone=site.zone,
        test_clock=site.test_clock,
        root=root,
        made_at=at,
        newest=newest.name,
        commit=newest.commit,
        sums={},
    )


def _one_file(database: Path) -> None:
    """Fold the log of a database into it, so that the copy is one file on any disk."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _verified(file: Path, site: Site, manifest: Manifest, verify: Verify) -> Report:
    store = Store.open(site.url)
    try:
        with Library(store, Vault.open(site.library)) as library:
            report = verification.verify(library, root=manifest.root, verify_signature=verify)
    finally:
        store.engine.dispose()
    if report.failure is not None:
        raise _broken(file, f"what it holds does not verify: {report.failure.why}", report.failure.detail)
    return report


def _prove(file: Path, vault: Vault, manifest: Manifest, verify: Verify) -> None:
    try:
        tally = proving.prove(vault, manifest.commit, verify=verify)
    except Failed as failed:
        raise _broken(
            file, f"its library does not prove itself: {failed.failure.why}", failed.failure.detail
        ) from failed
    if tally.root != manifest.root:
        raise _broken(file, "its library starts at another root than its manifest says")


@contextmanager
def _writing(file: Path) -> Iterator[Path]:
    """A directory beside the file, for this account alone, that goes away with whatever is left in it."""
    try:
        with parts.room(file.absolute().parent, "backup") as folder:
            yield folder
    except FileExistsError as there:
        raise _existing(file) from there
    except OSError as fault:
        raise Refused(
            f"{file} cannot be written: {fault.strerror or fault}.",
            "Check the directory and the room on its disk; nothing was kept.",
        ) from fault


def _existing(file: Path) -> Refused:
    return Refused(f"{file} exists; a backup is never written over.", "Name another file.")


@contextmanager
def _reading(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:") as tar:
            yield tar
    except (tarfile.TarError, EOFError) as broken:
        raise _broken(file, f"it is no whole tar file: {broken}") from broken
    except OSError as fault:
        raise Refused(f"{file}: {fault.strerror or fault}.", "Check the path and its permissions.") from fault


def _pack(target: Path, folder: Path, names: list[str], at: datetime) -> None:
    target.touch(mode=0o600, exist_ok=False)
    with target.open("wb") as out, tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = (folder / name).stat().st_size
            entry.mtime = int(at.timestamp())
            entry.mode = 0o600
            with (folder / name).open("rb") as content:
                tar.addfile(entry, content)
    with target.open("rb+") as written:
        os.fsync(written.fileno())


def _checked(file: Path, tar: tarfile.TarFile, folder: Path | None) -> Manifest:
    """Compare every member with its sum, writing it into a directory on the way when one is given."""
    first = tar.next()
    content = tar.extractfile(first) if first else None
    if first is None or content is None or first.name != MANIFEST or first.size > _MANIFEST_LIMIT:
        raise _broken(file, f"it does not begin with {MANIFEST}")
    manifest = _manifest(file, content.read())
    left = dict(manifest.sums)
    while (member := tar.next()) is not None:
        wanted = left.pop(member.name, None)
        content = tar.extractfile(member)
        if wanted is None or content is None or not member.isreg():
            raise _broken(file, f"it holds '{member.name}', which its manifest does not name")
        if _sum(content, folder / member.name if folder else None) != wanted:
            raise _broken(file, f"'{member.name}' is not what was written")
    if left:
        raise _broken(file, f"'{min(left)}' is missing")
    return manifest


def _sum_of(path: Path) -> str:
    with path.open("rb") as content:
        return _sum(content, None)


def _sum(content: IO[bytes], target: Path | None) -> str:
    """The SHA-256 of a stream, which is written to `target` on the way when one is given."""
    digest = hashlib.sha256()
    with target.open("xb") if target else Path(os.devnull).open("wb") as out:
        while piece := content.read(_PIECE):
            digest.update(piece)
            out.write(piece)
        if target:
            out.flush()
            os.fsync(out.fileno())
    return digest.hexdigest()


def _fields(manifest: Manifest) -> dict[str, Any]:
    names = ("site", "name", "zone", "test_clock", "root", "made_at", "newest", "commit")
    return {
        **{name: getattr(manifest, name) for name in names},
        "files": [{"name": name, "sha256": digest} for name, digest in sorted(manifest.sums.items())],
    }


def _manifest(file: Path, data: bytes) -> Manifest:
    try:
        form, fields = canonical.decode(data)
        sums = {str(one["name"]): str(one["sha256"]) for one in fields["files"]}
        own = {name: content for name, content in fields.items() if name != "files"}
        manifest = Manifest(**{**own, "made_at": canonical.instant(own["made_at"])}, sums=sums)
    except (Invalid, Corrupt, KeyError, TypeError, ValueError) as broken:
        raise _broken(file, f"its manifest cannot be read: {broken}") from broken
    if form != FORM or BUNDLE not in sums or not sums.keys() <= {BUNDLE, DATABASE}:
        raise _broken(file, f"its manifest is of the form '{form}' and names {', '.join(sorted(sums))}")
    return manifest


def _broken(file: Path, why: str, detail: str = "") -> Corrupt:
    return Corrupt(
        f"{file} is no sound backup: {why}.",
        "Keep it, and take another one." + (f" For an engineer: {detail}" if detail else ""),
    )

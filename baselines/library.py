"""The library: the database and the vault together, changed at one commit point.

    library = Library.open(site)      also a context manager; .store, .vault, .close()
    commit_point(library, *, kind, draft, enter, author, key, at, request="", steps) -> LibraryCommit
    add_records(library, files, *, subject, author, key, at, request="", trailers, enter) -> LibraryCommit
    settle(library) -> bool                                    complete what a killed process left
    tidy(library) -> None                                      upkeep, every few hundred commits
    record_at(library, commit, kind, id) -> Fields | None      a controlled record at a commit
    versions(library, kind, id, *, head) -> Iterator[Version]  every version, newest first

`kind` is `baseline` (configuration changes; a signed tag BL-000123) or `record` (only adds below
records/; a signed commit REC-000012). `draft(uow, newest)` runs in a read transaction, before any
lock, and gives a `Draft`: the files that change, a title and trailers. Objects are then built and
signed. Under the write lock `enter(uow, commit)` reads authorisation and rules again, refuses or
writes its rows and its journal entry. If the library moved meanwhile, all is drafted afresh.

The pending ref is made when the rows are written, so that a refusal leaves nothing behind; COMMIT
follows it at once. Source: rules.md 7 and 8.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from baselines import tables
from baselines.model import LibraryCommit, baseline_id, record_commit_id
from baselines.vault import Vault
from cmdb import canonical, journal, records
from cmdb.errors import CmdbError, Corrupt, Refused
from cmdb.model import Person, Value
from cmdb.parts import Content
from cmdb.site import Site
from cmdb.store import Store, UnitOfWork

TRIES = 8
RECORDS = "records/"

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(Value):
    """What a commit is to hold: files (None removes one), one line for people, trailers.

    `files` may be a generator that reads the transaction `draft` was given; it is used once.
    """

    files: Iterable[tuple[str, Content | None]] = field(repr=False)
    subject: str
    trailers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(Value):
    """One version of a controlled record; `fields` is None where it was removed."""

    commit: str
    at: datetime
    baseline: str
    request: str
    author: str
    form: str = ""
    fields: Fields | None = None


class Library:
    """A site's database and vault. Close it, or use it in a `with` block."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
        self.vault = vault

    @classmethod
    def open(cls, site: Site) -> Self:
        """Reach a site's two stores. Raises NotFound when either is missing."""
        return cls(Store.open(site.url), Vault.open(site.library))

    def close(self) -> None:
        """End the program that reads the vault."""
        self.vault.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def unheard(_step: str) -> None:
    """Nobody listens to the steps."""


def commit_point(
    library: Library,
    *,
    kind: str,
    draft: Callable[[UnitOfWork, LibraryCommit | None], Draft],
    enter: Callable[[UnitOfWork, LibraryCommit], None],
    author: Person,
    key: Path,
    at: datetime,
    request: str = "",
    steps: Callable[[str], None] = unheard,
) -> LibraryCommit:
    """Change the library and the database together, or neither; give the new library commit.

    `steps` hears the name of each step as it is done: prepared, locked, settled, entered, pending,
    committed, moved. Raises what `draft` and `enter` raise, Refused when the key cannot sign, when
    other writers keep winning or when main is ahead of the database.
    """
    for _ in range(TRIES):
        with library.store.read() as uow:
            newest = tables.newest(uow)
            if newest is not None:
                library.vault.refuse_behind(newest.prepared)
            wanted = draft(uow, newest)
            author = uow.find(Person, author.id) or author  # as the parent has it: verify holds the name
            own = _own_trailers(uow, newest, kind=kind, actor=author.id, request=request)
            prepared = library.vault.prepare(
                wanted.files,
                name=own.get("Baseline") or own["Record"],
                parent=newest.commit if newest else "",
                author=author,
                at=at,
                subject=wanted.subject,
                trailers={**own, **wanted.trailers},
                key=key,
            )
        steps("prepared")
        commit = LibraryCommit(
            sequence=newest.sequence + 1 if newest else 0,
            name=prepared.name,
            commit=prepared.commit,
            parent=prepared.parent,
            tag=prepared.tag,
            at=at,
            actor=author.id,
            request=request,
        )
        if _commit(library, newest, commit, enter, steps):
            return commit
    raise Refused("Others keep changing the library; nothing was changed here.", "Try again in a moment.")


def add_records(
    library: Library,
    files: Callable[[UnitOfWork], Mapping[str, bytes]],
    *,
    subject: str,
    author: Person,
    key: Path,
    at: datetime,
    request: str = "",
    trailers: Mapping[str, str] | None = None,
    enter: Callable[[UnitOfWork, LibraryCommit], None],
) -> LibraryCommit:
    """Add files below records/ in one signed record commit. Never overwrites: raises Refused."""

    def draft(uow: UnitOfWork, newest: LibraryCommit | None) -> Draft:
        added = files(uow)
        for path in added:
            if not path.startswith(RECORDS):
                raise Corrupt(f"'{path}' is no path below records/.", "This is an error of the program.")
            if newest and library.vault.find(newest.commit, path) is not None:
                raise Refused(
                    f"The library has '{path}' already.", "Records are only added; see 'cmdb verify'."
                )
        return Draft(files=added.items(), subject=subject, trailers=trailers or {})

    return commit_point(
        library, kind="record", draft=draft, enter=enter, author=author, key=key, at=at, request=request
    )


def settled(library: Library, uow: UnitOfWork) -> bool:
    """Complete, inside a writing transaction, what a killed process left; tell whether there was anything.

    Raises Refused when main is ahead of the database, Corrupt for what no crash can cause.
    """
    newest = tables.newest(uow)
    with library.vault.locked() as lock:
        return library.vault.settle(newest.prepared if newest else None, lock=lock)


def settle(library: Library) -> bool:
    """Complete what a killed process left, and tell whether there was anything. Idempotent."""
    with library.store.write() as uow:
        return settled(library, uow)


def tidy(library: Library) -> None:
    """Gather packs and refs and write the filters that keep the library fast. Writers wait meanwhile."""
    with library.store.write() as uow, library.vault.locked() as lock:
        newest = tables.newest(uow)
        library.vault.settle(newest.prepared if newest else None, lock=lock)
        library.vault.tidy(lock=lock)


def record_at(library: Library, commit: str, kind: str, id: str) -> Fields | None:
    """Give the fields of a controlled record at a commit; None where it does not exist."""
    data = library.vault.find(commit, records.path_of(kind, id))
    return None if data is None else canonical.decode(data)[1]


def versions(library: Library, kind: str, id: str, *, head: str) -> Iterator[Version]:
    """Give every version of a controlled record up to a commit, newest first."""
    path = records.path_of(kind, id)
    for oid in library.vault.history(path, head):
        commit = library.vault.commit(oid)
        data = library.vault.find(oid, path)
        form, fields = canonical.decode(data) if data is not None else ("", None)
        yield Version(
            commit=oid,
            at=commit.at,
            baseline=commit.trailer("Baseline"),
            request=commit.trailer("Request"),
            author=commit.trailer("Actor"),
            form=form,
            fields=fields,
        )


def _own_trailers(
    uow: UnitOfWork, newest: LibraryCommit | None, *, kind: str, actor: str, request: str
) -> dict[str, str]:
    """What every commit says for programs; `Journal` is the newest entry when it was signed."""
    if kind == "baseline":
        label, name = "Baseline", baseline_id(tables.next_baseline_number(uow))
    else:
        label, name = "Record", record_commit_id(newest.sequence + 1 if newest else 0)
    return {
        label: name,
        "Request": request,
        "Actor": actor,
        "Site": tables.site_id(uow),
        "Journal": journal.head(uow)[1],
    }


def _commit(
    library: Library,
    newest: LibraryCommit | None,
    commit: LibraryCommit,
    enter: Callable[[UnitOfWork, LibraryCommit], None],
    steps: Callable[[str], None],
) -> bool:
    """The locked half of the write order; False when another writer came first."""
    vault = library.vault
    with library.store.write() as uow, vault.locked() as lock:
        steps("locked")
        found = tables.newest(uow)
        vault.settle(found.prepared if found else None, lock=lock)
        steps("settled")
        if found != newest:
            return False
        enter(uow, commit)
        uow.add(commit)
        steps("entered")
        vault.pending(commit.prepared, lock=lock)
        steps("pending")
        uow.commit()
        steps("committed")
        try:
            vault.settle(commit.prepared, lock=lock)
        except CmdbError as late:
            raise Refused(
                f"{commit.name} is established, but the library's refs could not be moved yet: {late.reason}",
                "Nothing is lost: remove the cause, and the next write completes it.",
            ) from late
        steps("moved")
    return True

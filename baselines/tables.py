"""The rows of library commits, baselines, check-outs and leases.

Library commits and baselines are only ever added, apart from what archives a baseline. A lease has
the path of the record as its key, so the database itself lets nobody check out a record twice.
Rows never leave this module.
"""

from collections.abc import Iterable

from sqlalchemy import Column, Index, Integer
from sqlmodel import Field, SQLModel

import ccb.tables  # noqa: F401 - whoever opens the library may need any value of the floors below
import cmdb.tables  # noqa: F401 - rows here refer to its people
from baselines.model import Baseline, Checkout, Lease, LibraryCommit, ScopedBaseline
from cmdb import codec
from cmdb.store import UnitOfWork

_PAGE = 300  # rows written by one statement


class LibraryCommitRow(SQLModel, table=True):
    """A commit of the library, written at its commit point. The newest row decides where main is."""

    __tablename__ = "library_commit"

    sequence: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    name: str = Field(unique=True)
    commit_id: str = Field(unique=True)
    parent: str
    tag: str
    at: str
    actor: str = Field(foreign_key="person.id")
    request: str = Field(index=True)


class BaselineRow(SQLModel, table=True):
    """A baseline: what was agreed, at which commit."""

    __tablename__ = "baseline"
    __table_args__ = (Index("baseline_in_force", "kind", "scope", "replaced_by"),)

    id: str = Field(primary_key=True)
    kind: str
    scope: str
    title: str
    commit_id: str = Field(index=True)
    tag: str
    parent: str
    request: str = Field(index=True)
    established_at: str
    established_by: str = Field(foreign_key="person.id")
    journal: str
    replaced_by: str
    archived_at: str | None = None


class ScopedBaselineRow(SQLModel, table=True):
    """A baseline of one scope: which records, at which site baseline, kept by which record commit."""

    __tablename__ = "scoped_baseline"

    id: str = Field(primary_key=True)
    scope: str = Field(index=True)
    title: str
    baseline: str = Field(foreign_key="baseline.id")
    commit_id: str
    record: str = Field(unique=True)
    request: str = Field(index=True)
    digest: str
    count: int
    left_out: str
    established_at: str
    established_by: str = Field(foreign_key="person.id")
    replaced_by: str
    archived_at: str | None = None


class ScopedMemberRow(SQLModel, table=True):
    """A record that belongs to the baseline of a scope."""

    __tablename__ = "scoped_member"
    __table_args__ = (Index("scoped_member_record", "kind", "id"),)

    baseline: str = Field(primary_key=True, foreign_key="scoped_baseline.id")
    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)


class CheckoutRow(SQLModel, table=True):
    """What one request holds or held checked out."""

    __tablename__ = "checkout"

    id: str = Field(primary_key=True)
    request: str = Field(index=True)
    person: str = Field(foreign_key="person.id", index=True)
    records: str
    base: str
    folder: str
    out_at: str
    expires_at: str
    state: str = Field(index=True)
    ended_at: str | None = None
    reason: str


class LeaseRow(SQLModel, table=True):
    """A record that is checked out. The key makes it exclusive."""

    __tablename__ = "lease"

    path: str = Field(primary_key=True)
    checkout: str = Field(foreign_key="checkout.id", index=True)


codec.register(
    LibraryCommit,
    LibraryCommitRow,
    key=("sequence",),
    noun="library commit",
    remedy="List them with 'cmdb baseline list'.",
    columns={"commit": "commit_id"},
)
codec.register(
    Baseline,
    BaselineRow,
    noun="baseline",
    remedy="List them with 'cmdb baseline list'.",
    columns={"commit": "commit_id"},
)
codec.register(
    ScopedBaseline,
    ScopedBaselineRow,
    noun="baseline",
    remedy="List them with 'cmdb baseline list --scope SCOPE'.",
    columns={"commit": "commit_id"},
)
codec.register(Checkout, CheckoutRow, noun="check-out", remedy="List them with 'cmdb check-out'.")
codec.register(
    Lease, LeaseRow, key=("path",), noun="lease", remedy="See what is checked out with 'cmdb check-out'."
)


def newest(uow: UnitOfWork) -> LibraryCommit | None:
    """The library's newest commit as the database knows it; None before the founding."""
    found = uow.rows("SELECT MAX(sequence) FROM library_commit")
    return None if found[0][0] is None else uow.get(LibraryCommit, found[0][0])


def commit_named(uow: UnitOfWork, name: str) -> LibraryCommit | None:
    """The library commit of a name such as BL-000123, or None."""
    return next(iter(uow.all(LibraryCommit, name=name)), None)


def commit_of(uow: UnitOfWork, commit: str) -> LibraryCommit | None:
    """The library commit with a git object id, or None."""
    return next(iter(uow.all(LibraryCommit, commit=commit)), None)


def baseline_in_force(uow: UnitOfWork, *, kind: str = "site", scope: str = "") -> Baseline | None:
    """The baseline of a scope that no later one has replaced; None when there is none yet."""
    found = uow.rows("SELECT id FROM baseline WHERE kind = ? AND scope = ? AND replaced_by = ''", kind, scope)
    return uow.get(Baseline, found[0][0]) if found else None


def baseline_ids(uow: UnitOfWork, *, limit: int = -1) -> list[str]:
    """Ids of the baselines, newest first."""
    sliced = f" LIMIT {limit:d}" if limit >= 0 else ""
    return [row[0] for row in uow.rows(f"SELECT id FROM baseline ORDER BY id DESC{sliced}")]


def next_baseline_number(uow: UnitOfWork) -> int:
    """The number of the next baseline; the founding one is 0."""
    found = uow.rows("SELECT COUNT(*) FROM library_commit WHERE name LIKE 'BL-%'")
    return int(found[0][0])


def site_id(uow: UnitOfWork) -> str:
    """The random id of the site, as its founding commit names it."""
    return str(uow.rows("SELECT id FROM site")[0][0])


def set_root(uow: UnitOfWork, commit: str) -> None:
    """Remember the founding commit as the root of the site."""
    uow.rows("UPDATE site SET root = ?", commit)


def set_baseline(uow: UnitOfWork, id: str) -> None:
    """Remember the newest baseline of the site, which assessments name."""
    uow.rows("UPDATE site SET baseline = ?", id)


def checkout_of(uow: UnitOfWork, request: str) -> Checkout | None:
    """The newest check-out of a request, in whatever state; None when it never had one.

    The newest by its number: two may bear one second, and a clock may go backwards.
    """
    found = uow.all(Checkout, request=request)
    return max(found, key=lambda one: one.number, default=None)


def leases_of(uow: UnitOfWork, checkout: str) -> tuple[Lease, ...]:
    """The records a check-out holds, in path order."""
    return uow.all(Lease, checkout=checkout)


def scoped_baselines(
    uow: UnitOfWork, *, scope: str = "", in_force: bool = False
) -> tuple[ScopedBaseline, ...]:
    """The baselines of scopes, newest first: of one scope or of all, each or those nothing replaced."""
    wanted = {**({"scope": scope} if scope else {}), **({"replaced_by": ""} if in_force else {})}
    return tuple(sorted(uow.all(ScopedBaseline, **wanted), key=lambda one: one.id, reverse=True))


def next_scoped_id(uow: UnitOfWork) -> str:
    """The id of the next baseline of a scope; the first is SB-000001."""
    found = uow.rows("SELECT COUNT(*) FROM scoped_baseline")
    return f"SB-{int(found[0][0]) + 1:06d}"


def set_members(uow: UnitOfWork, baseline: str, keys: Iterable[tuple[str, str]]) -> None:
    """Remember which records belong to the baseline of a scope."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), _PAGE):
        page = ordered[start : start + _PAGE]
        rows = ", ".join("(?, ?, ?)" for _one in page)
        named = [part for kind, id in page for part in (baseline, kind, id)]
        uow.rows(f"INSERT INTO scoped_member (baseline, kind, id) VALUES {rows}", *named)


def members_of(uow: UnitOfWork, baseline: str) -> set[tuple[str, str]]:
    """The records that belong to the baseline of a scope, by kind and id."""
    return {
        (row[0], row[1])
        for row in uow.rows("SELECT kind, id FROM scoped_member WHERE baseline = ?", baseline)
    }

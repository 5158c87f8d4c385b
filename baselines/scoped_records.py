"""The baseline of a scope as the library keeps it: one signed record, proved, replayed, held against rows.

    records/baselines/SB-000012.json     which records, at which site baseline, decided by which request

The record says nothing that cannot be worked out again: the set follows from the scope and the site
baseline it names, its digest was decided on, and it replaces the newest of its scope. So whoever
verifies writes it anew and compares. Source: rules.md 7, Baseline; docs/decisions/0017.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import unquote

from baselines import tables
from baselines.model import Commit, RecordChange, ScopedBaseline
from baselines.records import kept_path
from baselines.scopes import InState, types_of
from baselines.state import State
from baselines.vault import Vault
from ccb import closures, controlled
from ccb.model import ChangeRequest, ProposedChange
from ccb.proposal import Fields, Key
from ccb.scope import digest_of
from cmdb import canonical, records
from cmdb.errors import Corrupt
from cmdb.records import FOLDERS
from cmdb.store import UnitOfWork

FORM = "scoped baseline/1"
FOLDER = "records/baselines/"
TRAILER = "Scoped"  # of the record commit: the id of the baseline it establishes
SCOPE, AUTHORISED = "Scope", "Authorised"  # and its scope, and the commit of the decision

Fail = Callable[[str, str], NoReturn]


@dataclass(slots=True)
class Course:
    """What came before a commit: the newest site baseline, and the baselines of scopes, oldest first."""

    site: Commit | None = None
    scoped: list[Commit] = field(default_factory=list)

    def add(self, commit: Commit) -> None:
        """Take a commit in, in the library's order."""
        if commit.trailer("Baseline"):
            self.site = commit
        if commit.trailer(TRAILER):
            self.scoped.append(commit)

    def newest(self, scope: str) -> str:
        """The id of the newest baseline of a scope; empty when there is none."""
        found = [one.trailer(TRAILER) for one in self.scoped if one.trailer(SCOPE) == scope]
        return found[-1] if found else ""


def fields_of(
    made: ScopedBaseline, *, site: str, keys: Iterable[Key] | None, replaces: str
) -> dict[str, Any]:
    """The record of a baseline of a scope. Of the scope `all` no records are named: they are all."""
    by_kind: dict[str, list[str]] = {}
    for kind, id in sorted(keys or ()):
        by_kind.setdefault(kind, []).append(id)
    return {
        "id": made.id,
        "site": site,
        "scope": made.scope,
        "title": made.title,
        "baseline": made.baseline,
        "commit": made.commit,
        "request": made.request,
        "digest": made.digest,
        "count": made.count,
        "records": by_kind,
        "left_out": dict(made.left_out),
        "replaces": replaces,
        "at": made.established_at,
        "by": made.established_by,
    }


def path_of(id: str) -> str:
    """Where the record of a baseline of a scope stands."""
    return kept_path("baselines", id)


def named(changes: Iterable[RecordChange]) -> bool:
    """Whether a record commit touches the records of baselines of scopes."""
    return any(one.path.startswith(FOLDER) for one in changes)


def prove(
    vault: Vault,
    commit: Commit,
    changes: Sequence[RecordChange],
    request: ChangeRequest,
    material: Mapping[str, Any],
    *,
    root: str,
    course: Course,
    fail: Fail,
) -> None:
    """Work out again what a record commit says of a scope, and compare; `fail` never returns."""
    id = f"SB-{len(course.scoped) + 1:06d}"
    if commit.trailer(TRAILER) != id or [one.path for one in changes] != [path_of(id)]:
        paths = ", ".join(one.path for one in changes)
        fail("it is not one baseline of a scope, the next in number", f"expected {path_of(id)}, has {paths}")
    if len(request.changes) != 1 or request.changes[0].operation != "establish baseline":
        fail(f"{request.id} was not about the baseline of a scope", f"operations of {request.id}")
    change = request.changes[0]
    assert course.site is not None  # the founding commit is a baseline
    state = State(vault, course.site.id)
    keys = closures.closed(InState(state), change)
    digest, types = _weighed(state, keys)
    if digest != change.seen.get("digest") or types.total() != change.seen.get("count"):
        fail(
            "it holds something else than was decided on",
            f"digest {digest} of {types.total()} records, decided {change.seen.get('digest')}",
        )
    told = list(material.get("scopes", ()))
    if len(told) != 1 or {one["type"]: one["count"] for one in told[0].get("types", ())} != types:
        fail("those who voted were told of other counts than it holds", f"holds {dict(types)}")
    made = ScopedBaseline(
        id=id,
        scope=change.id,
        title=request.title,
        baseline=course.site.trailer("Baseline"),
        commit=course.site.id,
        request=request.id,
        digest=digest,
        count=types.total(),
        left_out=dict(change.exact.get("left_out", {})),
        established_at=commit.at,
        established_by=commit.trailer("Actor"),
    )
    expected = fields_of(made, site=root, keys=keys, replaces=course.newest(change.id))
    data = vault.read(commit.id, path_of(id))
    if commit.trailer(SCOPE) != change.id or data != canonical.encode(FORM, expected):
        fail("its record says something else than follows from what was decided", path_of(id))


def replay(uow: UnitOfWork, vault: Vault, commit: Commit) -> None:
    """Write the rows of the baseline of a scope that a record commit holds, if it does."""
    if not commit.trailer(TRAILER):
        return
    made, keys, _replaces = read(vault, commit)
    enter(uow, made, keys)


def enter(uow: UnitOfWork, made: ScopedBaseline, keys: Iterable[Key]) -> None:
    """Write the rows of a baseline of a scope with its records, and archive the one it replaces."""
    for before in tables.scoped_baselines(uow, scope=made.scope, in_force=True):
        uow.replace(before.but(replaced_by=made.id, archived_at=made.established_at))
    uow.add(made)
    tables.set_members(uow, made.id, keys)


def read(vault: Vault, commit: Commit) -> tuple[ScopedBaseline, set[Key], str]:
    """A baseline of a scope from its record commit: the value, its records and what it replaces."""
    data = vault.read(commit.id, path_of(commit.trailer(TRAILER)))
    form, fields = canonical.decode(data)
    if form != FORM:
        raise Corrupt(f"{commit.trailer(TRAILER)} has the form '{form}'.", "Run 'cmdb verify'.")
    made = ScopedBaseline(
        id=fields["id"],
        scope=fields["scope"],
        title=fields.get("title", ""),
        baseline=fields["baseline"],
        commit=fields["commit"],
        record=commit.id,
        request=fields["request"],
        digest=fields["digest"],
        count=fields["count"],
        left_out=fields.get("left_out", {}),
        established_at=canonical.instant(fields["at"]),
        established_by=fields["by"],
    )
    keys = {(kind, id) for kind, ids in fields.get("records", {}).items() for id in ids}
    return (
        made,
        every(State(vault, made.commit)) if made.scope == "all" else keys,
        str(fields.get("replaces", "")),
    )


def check(
    uow: UnitOfWork, vault: Vault, walked: Sequence[Commit], fail: Callable[[str, str, str], NoReturn]
) -> None:
    """Hold the rows of baselines of scopes against their records, which were proved."""
    rows = {one.id: one for one in uow.all(ScopedBaseline)}
    later: dict[str, ScopedBaseline] = {}
    for commit in reversed([one for one in walked if one.trailer(TRAILER)]):
        made, keys, _replaces = read(vault, commit)
        after = later.get(made.scope)
        expected = made if after is None else made.but(replaced_by=after.id, archived_at=after.established_at)
        later[made.scope] = made
        row = rows.pop(made.id, None)
        if row is None:
            fail(
                made.id, f"{made.id}, the baseline of {made.scope}, is missing from the database.", commit.id
            )
        if wrong := [
            name for name in ScopedBaseline.__slots__ if getattr(row, name) != getattr(expected, name)
        ]:
            fail(
                made.id,
                f"What the database says of {made.id} is not what the library says: '{wrong[0]}' changed.",
                f"{wrong[0]} is {getattr(row, wrong[0])!s}, the library says {getattr(expected, wrong[0])!s}",
            )
        if moved := sorted(tables.members_of(uow, made.id) ^ keys):
            fail(
                made.id,
                f"The database says that other records belong to {made.id} than the library does.",
                f"{moved[0][0]} {moved[0][1]} of {len(moved)}",
            )
    for id, row in rows.items():
        fail(id, f"The library has no baseline {id} of {row.scope}.", row.record)
    for (id,) in uow.rows("SELECT DISTINCT baseline FROM scoped_member ORDER BY baseline"):
        if uow.find(ScopedBaseline, id) is None:
            fail(id, f"Records are said to belong to {id}, which there is not.", id)


def records_of(state: State, keys: Iterable[Key] | None) -> dict[Key, str]:
    """The object id of each of these records at a commit; of every controlled record for None."""
    if keys is None:
        return {key_of(path): oid for path, oid in _controlled(state)}
    paths = dict(_controlled(state))
    return {key: paths[path] for key in keys if (path := records.path_of(*key)) in paths}


def every(state: State) -> set[Key]:
    """Every controlled record at a commit, by kind and id."""
    return {key_of(path) for path, _oid in _controlled(state)}


def key_of(path: str) -> Key:
    """The kind and id of the record at a path: the way back from `records.path_of`."""
    return _KINDS[path.split("/", 1)[0]], unquote(path.rsplit("/", 1)[1].removesuffix(".json"))


def _controlled(state: State) -> Iterator[tuple[str, str]]:
    return ((path, oid) for path, oid in state.vault.paths(state.commit) if path.split("/", 1)[0] in _KINDS)


_KINDS = {folder: kind for kind, folder in FOLDERS.items() if kind in controlled.KINDS}


def _weighed(state: State, keys: set[Key] | None) -> tuple[str, Any]:
    """The digest of these records at a commit, and how many there are of each type."""
    oids = records_of(state, keys)
    digests: list[str] = []
    found: list[tuple[Key, Fields]] = []
    for key, data in zip(oids, state.vault.contents(oids.values()), strict=True):
        form, fields = canonical.decode(data)
        digests.append(canonical.digest(form, data))
        found.append((key, {"type": fields.get("type", "")}))
    return digest_of(digests), types_of(found)


def change_of(request: ChangeRequest) -> ProposedChange | None:
    """The scope whose baseline a request establishes; None for any other request."""
    found = [one for one in request.changes if one.operation == "establish baseline"]
    return found[0] if found else None

"""Baselines of scopes: one service, one customer, a list, all; agreed on by a request of its own.

    establish(library, id, *, actor, key, at) -> ScopedBaseline     what an approved request decided on
    side(library, uow, text) -> Side                                any baseline, and what it holds
    between(library, older, newer) -> Comparison                    only what lies in them
    belongs_to(uow, kind, id) -> ScopedBaselines                    those a record is in

What is established is a record commit: it names the newest site baseline and a closed set of records,
known by the digest that was decided on. Source: rules.md 7, Baseline; docs/decisions/0017.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from baselines import differences, scoped_records, tables
from baselines.compare import Comparison
from baselines.library import Draft, Library, commit_point, unheard
from baselines.model import Baseline, LibraryCommit, ScopedBaseline
from baselines.state import State
from ccb import closing, requests, scope
from ccb.authorisation import Authorisation, authorised
from ccb.model import ChangeRequest, ProposedChange
from ccb.proposal import Key
from ccb.standing import active_person
from cmdb import canonical, journal, records
from cmdb.errors import NotFound, Refused
from cmdb.model import Value, shown
from cmdb.store import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Side(Value):
    """A baseline of the site or of a scope, with the records it holds; None means every one."""

    baseline: Baseline | ScopedBaseline
    keys: frozenset[Key] | None = None

    @property
    def id(self) -> str:
        """The id of the baseline."""
        return self.baseline.id


def establish(
    library: Library,
    id: str,
    *,
    actor: str,
    key: Path,
    at: datetime,
    steps: Callable[[str], None] = unheard,
) -> ScopedBaseline:
    """Establish the baseline of a scope as an approved request decided, in one signed record commit.

    Raises Refused when it is not approved, or the records of the scope moved since.
    """
    made: list[tuple[ScopedBaseline, frozenset[Key] | None]] = []

    def draft(uow: UnitOfWork, newest: LibraryCommit | None) -> Draft:
        request = requests.find(uow, id)
        record = _decision(library, authorised(uow, request, at=at), newest)
        made[:] = [_drawn_up(uow, request, actor=actor, at=at)]
        return _drafted(uow, request, *made[0], record=record)

    def enter(uow: UnitOfWork, commit: LibraryCommit) -> None:
        request = requests.find(uow, id)
        authorised(uow, request, at=at)
        one, keys = made[0]
        if _drawn_up(uow, request, actor=actor, at=at) != (one, keys):
            raise Refused("The scope, or its baselines, moved meanwhile.", "Try again.")
        held = scoped_records.every(State(library.vault, one.commit)) if keys is None else keys
        made[0] = (one.but(record=commit.commit), keys)
        _enter(uow, request, made[0][0], held)

    with library.store.read() as uow:
        author = active_person(uow, actor)
    commit_point(
        library,
        kind="record",
        draft=draft,
        enter=enter,
        author=author,
        key=key,
        at=at,
        request=id,
        steps=steps,
    )
    return made[0][0]


def _decision(library: Library, known: Authorisation, newest: LibraryCommit | None) -> str:
    """The record commit of the decision, which must be in the library."""
    decision, vault = known.latest, library.vault
    if decision is None or newest is None or not vault.is_ancestor(decision.record, newest.commit):
        raise Refused(
            f"The decision on {known.request.id} is not in the library.",
            "Run 'cmdb verify' to find out why.",
        )
    return decision.record


def _drafted(
    uow: UnitOfWork, request: ChangeRequest, one: ScopedBaseline, keys: frozenset[Key] | None, *, record: str
) -> Draft:
    """The one file of the record commit, and the trailers that name it."""
    replaces = [before.id for before in tables.scoped_baselines(uow, scope=one.scope, in_force=True)]
    site = str(uow.rows("SELECT root FROM site")[0][0])
    fields = scoped_records.fields_of(one, site=site, keys=keys, replaces="".join(replaces))
    return Draft(
        files=[(scoped_records.path_of(one.id), canonical.encode(scoped_records.FORM, fields))],
        subject=f"{one.id}: {request.title}",
        trailers={
            scoped_records.TRAILER: one.id,
            scoped_records.SCOPE: one.scope,
            scoped_records.AUTHORISED: record,
        },
    )


def _enter(uow: UnitOfWork, request: ChangeRequest, one: ScopedBaseline, held: Iterable[Key]) -> None:
    """Write the rows, and close the request whose whole work this was."""
    actor, at = one.established_by, one.established_at
    request = requests.move(uow, request, "check out", actor=actor, at=at)
    request = requests.move(uow, request, "check in", actor=actor, at=at, lease=actor, lease_is_actors=True)
    requests.put(uow, request, action="baseline", actor=actor, at=at, changed={"baseline": one.id})
    closing.conclude(uow, request, actor=actor, at=at)
    scoped_records.enter(uow, one, held)
    journal.record(
        uow,
        at=at,
        actor=actor,
        action="baseline scope",
        subjects=(one.id, one.scope),
        changed={"baseline": one.baseline, "count": one.count, "digest": one.digest},
        request=request.id,
    )


def _drawn_up(
    uow: UnitOfWork, request: ChangeRequest, *, actor: str, at: datetime
) -> tuple[ScopedBaseline, frozenset[Key] | None]:
    """The baseline a request would establish now, with the records it holds, all looked at."""
    change = scoped_records.change_of(request)
    if change is None:
        raise Refused(f"{request.id} is not about the baseline of a scope.", "See 'cmdb change show'.")
    held, found = _weighed(uow, change)
    if (found.digest, found.count) != (change.seen.get("digest"), change.seen.get("count")):
        raise Refused(
            f"The records of '{change.id}' are not those that {request.id} was decided on.",
            f"Accept them as they are now and have it decided again: 'cmdb change settle {request.id}'.",
        )
    site = tables.baseline_in_force(uow)
    if site is None:
        raise Refused("This site has no baseline yet.", "Found it with 'cmdb init DIR'.")
    made = ScopedBaseline(
        id=tables.next_scoped_id(uow),
        scope=change.id,
        title=request.title,
        baseline=site.id,
        commit=site.commit,
        request=request.id,
        digest=found.digest,
        count=found.count,
        left_out=dict(change.exact.get("left_out", {})),
        established_at=at,
        established_by=actor,
    )
    return made, held


def _weighed(uow: UnitOfWork, change: ProposedChange) -> tuple[frozenset[Key] | None, scope.Summary]:
    """The records of a scope, and their digest, from every record in it."""
    found = scope.fresh_summary(uow, change)
    scope.refuse_findings(found, change)
    keys = None if change.id == "all" else frozenset(key for key, _fields in scope.stream(uow, change))
    return keys, found


def side(uow: UnitOfWork, text: str) -> Side:
    """A baseline by what people call it: `BL-000012`, `latest`, `SB-000003`, or a scope's newest.

    Raises NotFound.
    """
    if text.upper().startswith("SB-") or ":" in text or text == "all":
        found = uow.find(ScopedBaseline, text.upper()) if ":" not in text and text != "all" else None
        if found is None:
            found = next(iter(tables.scoped_baselines(uow, scope=text, in_force=True)), None)
        if found is None:
            raise NotFound(
                f"There is no baseline '{shown(text)}'.",
                "List those of scopes with 'cmdb baseline list --scope'.",
            )
        every = found.scope == "all"
        return Side(baseline=found, keys=None if every else frozenset(tables.members_of(uow, found.id)))
    return Side(baseline=differences.baseline(uow, text))


def between(library: Library, older: Side, newer: Side) -> Comparison:
    """Compare two baselines of any kind: only the records that lie in them.

    A record that one of two scopes does not hold counts as not there on that side; beside a baseline
    of the site only what lies in the scope is looked at.
    """
    wanted = [one.keys for one in (older, newer) if one.keys is not None]
    if not wanted:  # the whole site on both sides
        return differences.between(library, older.baseline, newer.baseline)
    keys = frozenset().union(*wanted)
    sides = []
    for one in (older, newer):
        at = State(library.vault, one.baseline.commit)
        held = keys if one.keys is None else one.keys
        found = scoped_records.records_of(at, held)
        sides.append({records.path_of(*key): oid for key, oid in found.items()})
    changed = {
        path: (sides[0].get(path, ""), sides[1].get(path, ""))
        for path in sorted({*sides[0], *sides[1]})
        if sides[0].get(path) != sides[1].get(path)
    }
    return differences.of_paths(library, older.baseline, newer.baseline, changed)


def belongs_to(uow: UnitOfWork, kind: str, id: str) -> tuple[ScopedBaseline, ...]:
    """The baselines of scopes in force that hold a record, newest first."""
    mine = {
        row[0] for row in uow.rows("SELECT baseline FROM scoped_member WHERE kind = ? AND id = ?", kind, id)
    }
    return tuple(one for one in tables.scoped_baselines(uow, in_force=True) if one.id in mine)

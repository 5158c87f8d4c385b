"""What the database holds of change requests, read many at a time.

Ten thousand requests with a hundred thousand votes cost one statement a table for every few hundred of
them, not a dozen for each. Reads only; what the rows must say is asked in `baselines.dossiers`.
"""

import json
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import ccb.tables  # noqa: F401 - registers the rows of what is read here
import cmdb.tables_promises  # noqa: F401 - and of planned work
from ccb.ballot import Decision, Override, Vote
from ccb.model import ChangeRequest, Evidence
from cmdb.model import Value
from cmdb.promises import PlannedWork
from cmdb.store import UnitOfWork

AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Value):
    """The digests of decisions and of what they counted, and a digest of the rows, every column of them."""

    parts: frozenset[str]
    rows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier(Value):
    """One request with its votes, overrides and decisions in order, and what is repeated of it.

    `places` are the sequences of the decisions; `named` the records its changes name; `cast` the digests
    of its votes, of which `votes` leaves out those whose rows were held against their signatures before.
    """

    request: ChangeRequest
    number: int
    cast: frozenset[str] = frozenset()
    votes: tuple[Vote, ...] = ()
    overrides: tuple[Override, ...] = ()
    decisions: tuple[Decision, ...] = ()
    places: tuple[int, ...] = ()
    named: frozenset[tuple[str, str]] = frozenset()
    work: PlannedWork | None = None


def counted(uow: UnitOfWork, commits: Container[str]) -> Counted:
    """The decisions kept by these commits with all they counted, and a digest of the whole rows."""
    wanted: set[str] = set()
    for digest, record, votes, overrides in uow.rows("SELECT digest, record, votes, overrides FROM decision"):
        if record in commits:
            wanted.update((digest, *json.loads(votes), *json.loads(overrides)))
    sums: list[bytes] = []
    for table in ("vote", "override", "decision"):
        page = f'SELECT digest, own.* FROM "{table}" AS own WHERE digest > ? ORDER BY digest LIMIT 5000'
        last = ""
        while rows := uow.rows(page, last):
            last = rows[-1][0]
            sums += [sha256(repr((table, *row)).encode()).digest() for row in rows if row[0] in wanted]
    return Counted(parts=frozenset(wanted), rows=sha256(b"".join(sorted(sums))).hexdigest())


def every(uow: UnitOfWork, held: Set[str] = frozenset()) -> Iterator[Dossier]:
    """Every request by number, each with all that the database holds of it.

    `held` are digests of votes whose rows need not be read once more.
    """
    known = uow.rows("SELECT id, number FROM change_request ORDER BY number, id")
    for start in range(0, len(known), AT_ONCE):
        yield from _page(uow, known[start : start + AT_ONCE], held)


def evidence(uow: UnitOfWork) -> Iterator[Evidence]:
    """Every text that a vote or a decision was about."""
    last = ("", "")
    while page := uow.where(Evidence, "digest > ? OR (digest = ? AND form > ?)", last[0], *last, limit=500):
        yield from page
        last = (page[-1].digest, page[-1].form)


def _page(uow: UnitOfWork, known: Sequence[tuple[Any, ...]], held: Set[str]) -> Iterator[Dossier]:
    ids = [id for id, _number in known]
    among = f"IN ({', '.join('?' * len(ids))})"
    requests = {one.id: one for one in uow.where(ChangeRequest, f"id {among}", *ids)}
    votes: dict[str, list[Vote]] = defaultdict(list)
    overrides: dict[str, list[Override]] = defaultdict(list)
    decisions = {one.digest: one for one in uow.where(Decision, f"request {among}", *ids)}
    ordered: dict[str, list[tuple[Decision, int]]] = defaultdict(list)
    named: dict[str, set[tuple[str, str]]] = defaultdict(set)
    cast: dict[str, set[str]] = defaultdict(set)
    for request, digest in uow.rows(f"SELECT request, digest FROM vote WHERE request {among}", *ids):
        cast[request].add(digest)
    unheld = [id for id in ids if not cast[id] <= held]
    for vote in uow.where(Vote, f"request IN ({', '.join('?' * len(unheld))})", *unheld) if unheld else ():
        if vote.digest not in held:
            votes[vote.request].append(vote)
    for override in uow.where(Override, f"request {among}", *ids):
        overrides[override.request].append(override)
    taken = f"SELECT request, digest, sequence FROM decision WHERE request {among} ORDER BY request, sequence"
    for request, digest, sequence in uow.rows(taken, *ids):
        ordered[request].append((decisions[digest], sequence))
    for request, record, id in uow.rows(
        f"SELECT request, record, id FROM proposed_record WHERE request {among}", *ids
    ):
        named[request].add((record, id))
    work = {one.reference: one for one in uow.where(PlannedWork, f"reference {among}", *ids)}
    for id, number in known:
        yield Dossier(
            request=requests[id],
            number=number,
            cast=frozenset(cast[id]),
            votes=tuple(sorted(votes[id], key=lambda one: one.sequence)),
            overrides=tuple(overrides[id]),
            decisions=tuple(decision for decision, _sequence in ordered[id]),
            places=tuple(sequence for _decision, sequence in ordered[id]),
            named=frozenset(named[id]),
            work=work.get(id),
        )

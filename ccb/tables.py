"""The rows of change requests, boards, policies, votes, decisions and what they were about.

Votes, decisions, overrides and evidence are only ever added; a request and a decision's library
commit change. Rows never leave this module.
"""

from sqlalchemy import Boolean, Column, Index, false
from sqlmodel import Field, SQLModel

from ccb.ballot import Board, Decision, Override, Policy, Vote
from ccb.minimums import MinimumLevel
from ccb.model import ChangeRequest, Comment, Evidence
from ccb.templates import Template
from cmdb import (
    canonical,
    codec,
    tables,  # noqa: F401 - the rows below refer to its persons
)
from cmdb.errors import Corrupt
from cmdb.store import UnitOfWork

SERIES = "CR"  # the numbers of change requests


class ChangeRequestRow(SQLModel, table=True):
    """A change request. `number` is the one in its id, so that lists come in that order."""

    __tablename__ = "change_request"
    __table_args__ = (Index("change_request_by_state", "state", "number"),)

    id: str = Field(primary_key=True)
    number: int = Field(unique=True)
    kind: str
    title: str
    reason: str
    originator: str = Field(foreign_key="person.id", index=True)
    implementer: str | None = Field(foreign_key="person.id", index=True)
    reviewer: str | None = Field(foreign_key="person.id")
    template: str
    answers: str
    changes: str
    window: str | None = None
    down: str | None = None
    backout: str
    test: str
    evidence: str
    groups: str
    state: str
    round: int
    board: str
    policy: str
    assessment: str
    created_at: str
    changed_at: str
    submitted_at: str | None = None
    referred_at: str | None = None
    decided_at: str | None = None
    closed_at: str | None = None
    until: str | None = None
    started: str | None = None
    finished: str | None = None
    outage: int | None = None
    outcome: str
    deviation: str
    test_result: str
    test_reviewer: str


class ProposedRecordRow(SQLModel, table=True):
    """Which records a request names, derived from its changes, so that clashes are one index range."""

    __tablename__ = "proposed_record"

    record: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    request: str = Field(primary_key=True, foreign_key="change_request.id", index=True)


class CommentRow(SQLModel, table=True):
    """A comment on a request."""

    __tablename__ = "change_comment"

    request: str = Field(primary_key=True, foreign_key="change_request.id")
    sequence: int = Field(primary_key=True)
    person: str = Field(foreign_key="person.id")
    at: str
    text: str


class BoardRow(SQLModel, table=True):
    """A change control board."""

    __tablename__ = "board"

    id: str = Field(primary_key=True)
    name: str
    chair: str
    members: str
    alternates: str
    scope: str
    level: str


class PolicyRow(SQLModel, table=True):
    """How one kind of decision is taken."""

    __tablename__ = "policy"

    id: str = Field(primary_key=True)
    name: str
    board: str = Field(foreign_key="board.id")
    decision: str
    control_level: str
    scope: str
    change_kind: str
    quorum: int
    rule: str
    fraction: str | None = None
    required_groups: str
    vetoes: str
    four_eyes: bool
    overridable: str
    deadline: int
    decides: str
    level: str
    reviewer: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=false()))


class MinimumLevelRow(SQLModel, table=True):
    """The least level of the items of one scope."""

    __tablename__ = "minimum_level"

    id: str = Field(primary_key=True)
    minimum: str
    reason: str
    level: str


class TemplateRow(SQLModel, table=True):
    """What a standard change may be."""

    __tablename__ = "template"

    id: str = Field(primary_key=True)
    name: str
    types: str
    items: str
    exact: str
    free: str
    open: str
    reason: str
    backout: str
    test: str
    evidence: str
    window: int
    down: bool
    expected: int
    worst: int
    covers: str
    status: str
    level: str


class VoteRow(SQLModel, table=True):
    """A signed vote. All are kept."""

    __tablename__ = "vote"
    __table_args__ = (Index("vote_by_request", "request", "sequence", unique=True),)

    digest: str = Field(primary_key=True)
    request: str = Field(foreign_key="change_request.id")
    board: str
    round: int
    voter: str = Field(foreign_key="person.id", index=True)
    capacity: str
    seat: str
    value: str
    conditions: str
    reason: str
    content: str
    assessment: str
    policy: str
    at: str
    sequence: int
    previous: str
    key: str
    signature: str


class OverrideRow(SQLModel, table=True):
    """A requirement somebody set aside, signed."""

    __tablename__ = "override"

    digest: str = Field(primary_key=True)
    request: str = Field(foreign_key="change_request.id", index=True)
    round: int
    requirement: str
    by: str = Field(foreign_key="person.id")
    role: str
    why: str
    at: str
    key: str
    signature: str


class DecisionRow(SQLModel, table=True):
    """A signed decision of a board."""

    __tablename__ = "decision"
    __table_args__ = (Index("decision_by_request", "request", "sequence", unique=True),)

    digest: str = Field(primary_key=True)
    request: str = Field(foreign_key="change_request.id")
    sequence: int
    board: str
    round: int
    result: str
    by: str = Field(foreign_key="person.id")
    policy_id: str
    votes: str
    overrides: str
    content: str
    assessment: str
    policy: str
    rationale: str
    until: str | None = None
    alone: bool
    closed: bool
    at: str
    key: str
    signature: str
    record: str


class EvidenceRow(SQLModel, table=True):
    """What votes and decisions were about, by digest."""

    __tablename__ = "evidence"

    digest: str = Field(primary_key=True)
    form: str = Field(primary_key=True)
    text: str


codec.register(
    ChangeRequest, ChangeRequestRow, noun="change request", remedy="List them with 'cmdb change list'."
)
codec.register(
    Comment,
    CommentRow,
    key=("request", "sequence"),
    noun="comment",
    remedy="See them with 'cmdb change show CR'.",
)
codec.register(Board, BoardRow, noun="board", remedy="List them with 'cmdb board list'.")
codec.register(Policy, PolicyRow, noun="policy", remedy="List them with 'cmdb board policy show'.")
codec.register(
    MinimumLevel, MinimumLevelRow, noun="minimum level", remedy="List them with 'cmdb level list'."
)
codec.register(Template, TemplateRow, noun="template", remedy="List them with 'cmdb template list'.")
codec.register(
    Vote, VoteRow, key=("digest",), noun="vote", remedy="See the votes with 'cmdb change show CR'."
)
codec.register(
    Override,
    OverrideRow,
    key=("digest",),
    noun="override",
    remedy="See them with 'cmdb change show CR'.",
)
codec.register(
    Decision, DecisionRow, key=("digest",), noun="decision", remedy="See it with 'cmdb change show CR'."
)
codec.register(
    Evidence,
    EvidenceRow,
    key=("digest", "form"),
    noun="piece of evidence",
    remedy="Run 'cmdb verify': evidence is never removed.",
)


def add_request(uow: UnitOfWork, request: ChangeRequest) -> None:
    """Store a new change request with the records it names."""
    uow.add(request, number=int(request.id.removeprefix("CR-")))
    _name_records(uow, request)


def put_request(uow: UnitOfWork, request: ChangeRequest) -> None:
    """Overwrite a change request and the records it names."""
    uow.replace(request)
    uow.rows("DELETE FROM proposed_record WHERE request = ?", request.id)
    _name_records(uow, request)


def request_ids(
    uow: UnitOfWork, *, states: tuple[str, ...] = (), limit: int = -1, newest_first: bool = False
) -> list[str]:
    """Ids of the requests in these states (all states when none is named), by number."""
    where = f" WHERE state IN ({','.join('?' * len(states))})" if states else ""
    order = " ORDER BY number" + (" DESC" if newest_first else "")
    sliced = f" LIMIT {limit:d}" if limit >= 0 else ""
    return [row[0] for row in uow.rows(f"SELECT id FROM change_request{where}{order}{sliced}", *states)]


def requests_naming(uow: UnitOfWork, record: str, id: str) -> list[str]:
    """Ids of every request that names a record, by number."""
    found = uow.rows(
        "SELECT c.id FROM proposed_record p JOIN change_request c ON c.id = p.request"
        " WHERE p.record = ? AND p.id = ? ORDER BY c.number",
        record,
        id,
    )
    return [row[0] for row in found]


def votes_of(uow: UnitOfWork, request: str) -> tuple[Vote, ...]:
    """Every vote on a request, in the order cast."""
    return tuple(sorted(uow.all(Vote, request=request), key=lambda one: one.sequence))


def overrides_of(uow: UnitOfWork, request: str, ballot: int) -> tuple[Override, ...]:
    """The overrides of one ballot (round) of a request, oldest first."""
    found = uow.all(Override, request=request, round=ballot)
    return tuple(sorted(found, key=lambda one: (one.at, one.requirement)))


def decisions_of(uow: UnitOfWork, request: str) -> tuple[Decision, ...]:
    """Every decision on a request, in the order taken."""
    rows = uow.rows("SELECT digest FROM decision WHERE request = ? ORDER BY sequence", request)
    return tuple(uow.get(Decision, row[0]) for row in rows)


def add_decision(uow: UnitOfWork, decision: Decision) -> None:
    """Store a decision behind those already taken on its request."""
    found = uow.rows("SELECT COALESCE(MAX(sequence), 0) FROM decision WHERE request = ?", decision.request)
    uow.add(decision, sequence=int(found[0][0]) + 1)


def keep_evidence(uow: UnitOfWork, evidence: Evidence) -> None:
    """Keep a piece of evidence, once."""
    if uow.find(Evidence, evidence.digest, evidence.form) is None:
        uow.add(evidence)


def kept_evidence(uow: UnitOfWork, digest: str, form: str) -> Evidence | None:
    """Give a piece of evidence that was kept, or None. Raises Corrupt when it is not what its digest says."""
    found = uow.find(Evidence, digest, form)
    if found is not None and canonical.digest(form, found.text.encode()) != digest:
        raise Corrupt(
            f"The evidence {digest[:12]} ({form}) was changed in the database.",
            "Run 'cmdb verify' and keep this copy untouched.",
        )
    return found


def site_root(uow: UnitOfWork) -> str:
    """The id of the founding commit, which every signed statement names; empty before founding."""
    found = uow.rows("SELECT root FROM site")
    return str(found[0][0] or "") if found else ""


def _name_records(uow: UnitOfWork, request: ChangeRequest) -> None:
    named = dict.fromkeys(change.holder for change in request.changes)
    uow.many(
        "INSERT INTO proposed_record (record, id, request) VALUES (?, ?, ?)",
        [(record, id, request.id) for record, id in named],
    )

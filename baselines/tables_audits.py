"""The rows of audits, findings and statements, and of the signed acts they follow from.

The acts are those below records/ of the library; the other rows are what the acts come to, kept so
that a list needs no library. Rows never leave this module.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Column, Index, Integer
from sqlmodel import Field, SQLModel

from baselines.audit_life import OPEN_FINDING, Audit, Finding, Kept, Statement, Step, after
from cmdb import codec
from cmdb.instants import rfc3339
from cmdb.store import UnitOfWork


class AuditStepRow(SQLModel, table=True):
    """One signed act."""

    __tablename__ = "audit_step"
    __table_args__ = (Index("audit_step_by_act", "act", "at"),)

    subject: str = Field(primary_key=True)
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    act: str
    actor: str
    at: str
    said: str


class AuditRow(SQLModel, table=True):
    """An audit."""

    __tablename__ = "audit"

    id: str = Field(primary_key=True)
    kind: str
    title: str
    scope: str
    checklist: str
    auditor: str = Field(index=True)
    due: str
    every: str
    first: str
    state: str = Field(index=True)
    planned_at: str
    planned_by: str
    run_at: str | None = None
    baseline: str
    findings: str
    told: str
    next: str
    ended_at: str | None = None
    steps: int


class FindingRow(SQLModel, table=True):
    """A finding."""

    __tablename__ = "finding"

    id: str = Field(primary_key=True)
    audit: str = Field(index=True)
    what: str
    rule: str
    about: str
    count: int
    state: str = Field(index=True)
    holder: str = Field(index=True)
    due: str | None = None
    correction: str
    corrected_by: str
    reason: str
    reviews: int
    review: str | None = None
    raised_at: str
    raised_by: str
    escalated_at: str | None = None
    verified_at: str | None = None
    closed_at: str | None = None
    steps: int


class StatementRow(SQLModel, table=True):
    """Who said that something is not applicable here."""

    __tablename__ = "practice_statement"

    id: str = Field(primary_key=True)
    about: str = Field(index=True)
    reason: str
    by: str
    at: str
    until: str | None = None
    state: str
    ended_at: str | None = None
    steps: int


codec.register(
    Step,
    AuditStepRow,
    key=("subject", "number"),
    noun="act of an audit",
    remedy="List audits with 'cmdb audit list'.",
)
codec.register(Audit, AuditRow, noun="audit", remedy="List them with 'cmdb audit list'.")
codec.register(Finding, FindingRow, noun="finding", remedy="List them with 'cmdb finding list'.")
codec.register(Statement, StatementRow, noun="statement", remedy="List them with 'cmdb practice statements'.")

_OF = {"AUD": Audit, "FND": Finding, "SAY": Statement}
_NAMED = {"AUD": "audit", "FND": "finding", "SAY": "practice_statement"}


def kept(uow: UnitOfWork, subject: str) -> Kept | None:
    """What stands under an id such as AUD-1, or None."""
    found: Kept | None = uow.find(_OF[subject.partition("-")[0]], subject)
    return found


def keep(uow: UnitOfWork, step: Step, value: Kept) -> None:
    """Write an act and what it comes to."""
    uow.add(step)
    (uow.add if step.number == 1 else uow.replace)(value)


def steps_of(uow: UnitOfWork, subject: str) -> tuple[Step, ...]:
    """The acts on a subject, oldest first."""
    return tuple(sorted(uow.all(Step, subject=subject), key=lambda one: one.number))


def as_they_stood(uow: UnitOfWork, at: datetime) -> tuple[tuple[Audit, ...], tuple[Finding, ...]]:
    """Audits and findings at a moment, ordered as they are now: what their acts until then come to."""
    found: dict[str, Kept] = {}
    acts = uow.where(Step, "at <= ?", rfc3339(at))
    for step in sorted(acts, key=lambda one: (one.subject, one.number)):
        found[step.subject] = after(found.get(step.subject), step)
    held = [one for one in found.values() if isinstance(one, Audit)]
    raised = [one for one in found.values() if isinstance(one, Finding)]
    return _in_order(held), tuple(sorted(raised, key=_number))


def next_id(uow: UnitOfWork, series: str, taken: Iterable[str] = ()) -> str:
    """The id after the last of a series; ids are never removed. `taken` are given out but not written."""
    rows = uow.rows(f"SELECT id FROM {_NAMED[series]} ORDER BY LENGTH(id) DESC, id DESC LIMIT 1")
    numbers = [int(one.partition("-")[2]) for one in (*(row[0] for row in rows), *taken)]
    return f"{series}-{max(numbers, default=0) + 1}"


def audits(uow: UnitOfWork, *, states: tuple[str, ...] = ()) -> tuple[Audit, ...]:
    """Audits in those states, or all; those still to be run first, by date, then the newest run."""
    return _in_order([one for one in uow.all(Audit) if not states or one.state in states])


def _in_order(found: list[Audit]) -> tuple[Audit, ...]:
    planned = sorted((one for one in found if one.state == "planned"), key=lambda one: (one.due, one.id))
    rest = sorted(
        (one for one in found if one.state != "planned"), key=lambda one: one.run_at or one.due, reverse=True
    )
    return (*planned, *rest)


def _number(one: Finding) -> int:
    return int(one.id.removeprefix("FND-"))


def findings(
    uow: UnitOfWork, *, audit: str = "", holder: str = "", only_open: bool = True
) -> tuple[Finding, ...]:
    """Findings of an audit or with a person, in order of number."""
    clauses, parameters = ["1 = 1"], []
    for name, content in (("audit", audit), ("holder", holder)):
        if content:
            clauses.append(f"{name} = ?")
            parameters.append(content)
    if only_open:
        clauses.append(f"state IN ({', '.join('?' for _ in OPEN_FINDING)})")
        parameters += OPEN_FINDING
    found = uow.where(Finding, " AND ".join(clauses), *parameters)
    return tuple(sorted(found, key=_number))


def said_of(row: str) -> dict[str, object]:
    """What a stored act says, for queries that read the column themselves."""
    found: dict[str, object] = json.loads(row)
    return found

"""What the passing of time brings about in audits: one not held, a finding past its date, a review missed.

    overdue(uow, at) -> Iterator[(about, text, people)]      the same text whenever it is worked out

Source: rules.md 1, `cmdb tick`; 10, Finding; IT Service CMM 5.7, Activity 6.3.
"""

from collections.abc import Iterator
from datetime import datetime

from baselines import tables_audits  # noqa: F401 - registers the rows of what is asked for here
from baselines.audit_life import Audit, Finding
from cmdb import roles
from cmdb.canonical import rfc3339
from cmdb.model import RoleGrant
from cmdb.store import UnitOfWork

SENIOR = "senior manager"
_PLANNERS = ("configuration manager", "SQA")


def overdue(uow: UnitOfWork, at: datetime) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Audits not held by their date, and findings that are the senior manager's by theirs."""
    now = rfc3339(at)
    for audit in uow.where(Audit, "state = 'planned' AND due < ?", now):
        text = f"{audit.id} was to be held by {rfc3339(audit.due)}: {audit.title}"
        yield f"audit:{audit.id}", text, (audit.auditor, *_holders(uow, _PLANNERS, at))
    for one in uow.where(Finding, "state IN ('raised', 'with', 'corrected') AND due < ?", now):
        assert one.due is not None, "that is what was asked for"
        text = f"{one.id} was to be corrected by {rfc3339(one.due)} and is yours to review: {one.what[:500]}"
        yield f"finding:{one.id}", text, (*_holders(uow, (SENIOR,), at), one.holder)
    for one in uow.where(Finding, "state = 'escalated' AND review < ?", now):
        assert one.review is not None, "that is what was asked for"
        text = f"{one.id} was to be reviewed again by {rfc3339(one.review)}: {one.what[:500]}"
        yield f"finding:{one.id}", text, _holders(uow, (SENIOR,), at)


def _holders(uow: UnitOfWork, wanted: tuple[str, ...], at: datetime) -> tuple[str, ...]:
    """The active people who hold one of these roles."""
    active = {row[0] for row in uow.rows("SELECT id FROM person WHERE active")}
    found = {one.person for one in uow.all(RoleGrant) if one.role in wanted and roles.holds(one, at)}
    return tuple(sorted(found & active))

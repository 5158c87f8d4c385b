"""Milestones of plans: a day, effort and funds as planned, and what it came to.

Effort and funds used are those of the work log. A day that passes escalates (`cmdb tick`).
Source: rules.md 9, Document; IT Service CMM 5.5, Activities 1 and 2, Measurement 1.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from cmdb import (
    duty_records,
    tables_documents,  # noqa: F401 - registers the rows of the plans
    work_log,
)
from cmdb.duties import Milestone
from cmdb.errors import Refused
from cmdb.model import check, shown
from cmdb.roles import registered
from cmdb.store import Store, UnitOfWork
from cmdb.written import Document


def add(store: Store, *, planned: str, actor: str, at: datetime, **fields: Any) -> Milestone:
    """Add a milestone to a plan that is registered. Raises Invalid."""
    with store.write() as uow:
        duty_records.allow(uow, actor, at)
        id = duty_records.mint(uow, "MS")
        made = Milestone(id=id, planned=planned, first_planned=planned, **fields)
        check(
            f"Milestone '{id}'",
            [*plan_problems(uow, made.document), *duty_records.unknown(uow, [made.owner])],
        )
        uow.add(made)
        changed = {
            "document": made.document,
            "name": made.name,
            "planned": planned,
            "owner": made.owner,
            "effort": str(made.effort),
            "funds": str(made.funds),
        }
        duty_records.note(uow, "milestone add", "milestone", id, changed, actor=actor, at=at)
        uow.commit()
    return made


def amend(store: Store, id: str, *, reason: str, actor: str, at: datetime, **changes: Any) -> Milestone:
    """Plan an open milestone anew, with the reason; the day it was planned for first is kept."""
    check("The reason", [] if reason.strip() else ["A milestone is planned anew with a reason."])
    return _changed(store, id, "milestone amend", changes, {**changes, "reason": reason}, actor, at)


def reach(
    store: Store, id: str, *, day: str, today: str, evidence: str, actor: str, at: datetime
) -> Milestone:
    """Say that a milestone was reached on a day, with the evidence. That is final."""
    check("The day", [f"{day} lies ahead."] if day > today else [])
    changes = {"completed": day, "evidence": evidence}
    return _changed(store, id, "milestone reach", changes, changes, actor, at)


def drop(store: Store, id: str, *, reason: str, actor: str, at: datetime) -> Milestone:
    """Say that a milestone is no longer to be reached, and why. That is final."""
    check("The reason", [] if reason.strip() else ["A milestone is dropped with a reason."])
    return _changed(store, id, "milestone drop", {"dropped": reason}, {"dropped": reason}, actor, at)


def plan_problems(uow: UnitOfWork, document: str) -> list[str]:
    """Say why a document cannot be the plan of a milestone: it is not there, or does not hold any more."""
    found = uow.find(Document, document)
    if found is None:
        remedy = "add it: 'cmdb document register FILE', or name one of 'cmdb document list'"
        return [f"There is no document '{shown(document)}' to be its plan; {remedy}."]
    return [f"{document} is retired, and plans nothing any more."] if found.status == "retired" else []


def listed(uow: UnitOfWork, *, document: str = "", only_open: bool = False) -> tuple[Milestone, ...]:
    """Milestones of a plan (of all where none is named), the earliest planned first."""
    found = uow.all(Milestone, document=document) if document else uow.all(Milestone)
    kept = (one for one in found if one.open or not only_open)
    return tuple(sorted(kept, key=lambda one: (one.planned, int(one.id.removeprefix("MS-")))))


def used(uow: UnitOfWork, id: str) -> tuple[int, Decimal]:
    """The seconds and the money that went into a milestone."""
    return work_log.spent_on(uow, f"milestone:{id}")


def _changed(
    store: Store,
    id: str,
    action: str,
    changes: dict[str, Any],
    noted: dict[str, Any],
    actor: str,
    at: datetime,
) -> Milestone:
    with store.write() as uow:
        registered(uow, actor)
        before = uow.get(Milestone, id)
        if before.owner != actor or action == "milestone amend":
            duty_records.allow(uow, actor, at)
        if not before.open:
            how = f"reached on {before.completed}" if before.completed else "dropped"
            raise Refused(f"{id} was {how}; that is final.", "Add another with 'cmdb milestone add'.")
        made = before.but(**changes)
        check(f"Milestone '{id}'", duty_records.unknown(uow, [made.owner]))
        uow.replace(made)
        plain = {name: str(one) for name, one in noted.items()}
        duty_records.note(uow, action, "milestone", id, plain, actor=actor, at=at)
        uow.commit()
    return made

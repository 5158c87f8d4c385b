"""Planned work and freezes: what is going to be down, and when nothing may be touched.

`plan` and `cancel` run inside the transaction of whoever decides about a change; the reference is
theirs. Read by impact, forecast and the calendar. Source: rules.md 3, Scheduled; house.md, Rooms.
"""

from datetime import datetime

import cmdb.tables_promises  # noqa: F401 - registers the rows of what is kept here
from cmdb import agreement_terms, journal
from cmdb import freezes as calendar_of
from cmdb.errors import Invalid, Refused
from cmdb.model import check, shown
from cmdb.promises import Freeze, PlannedWork, ServiceAgreement
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork

_NO_WINDOWS = "[]"
_HOLDS_ONE = '%"kind":"freeze"%'  # as the codec writes the elements of an agreement


def plan(uow: UnitOfWork, work: PlannedWork) -> None:
    """Note the work of a reference, in place of what was noted for it before."""
    if uow.find(PlannedWork, work.reference) is None:
        uow.add(work)
    else:
        uow.replace(work)


def cancel(uow: UnitOfWork, reference: str) -> None:
    """Forget the work of a reference; nothing happens when there is none."""
    found = uow.find(PlannedWork, reference)
    if found is not None:
        uow.remove(found)


def freeze(store: Store, wanted: Freeze, *, actor: str, at: datetime) -> Freeze:
    """Declare a time in which nothing planned may touch something, or in which it has to be.

    Raises Invalid for what it names that does not exist or for a time that is over, Refused for what
    the calendar has already.
    """
    with store.write() as uow:
        require(uow, actor, "keep the calendar", at=at)
        check(f"{wanted.kind.capitalize()} '{shown(wanted.title)}'", _problems(uow, wanted))
        if wanted.end is not None and wanted.end <= at:
            raise Invalid(f"The {wanted.kind} is over already.", "Give an end that lies ahead.")
        known = next((one for one in freezes(uow) if one.about == wanted.about), None)
        if known is not None:
            raise Refused(
                f"The calendar has it already: {known.id}, '{shown(known.title)}'.",
                "See it with 'cmdb freeze list'.",
            )
        uow.add(wanted)
        named = dict.fromkeys((*wanted.services, *wanted.items, *wanted.below))
        journal.record(uow, at=at, actor=actor, action=wanted.kind, subjects=(f"freeze:{wanted.id}", *named))
        uow.commit()
    return wanted


def _problems(uow: UnitOfWork, wanted: Freeze) -> list[str]:
    found = [
        f"There is no item '{shown(one)}'."
        for one in dict.fromkeys((*wanted.services, *wanted.items, *wanted.below))
        if not uow.rows("SELECT 1 FROM item WHERE id = ?", one)
    ]
    found += [
        f"{shown(one)} is no service; name it as an item."
        for one in dict.fromkeys((*wanted.services, *wanted.below))
        if uow.rows("SELECT 1 FROM item WHERE id = ? AND NOT service", one)
    ]
    found += [
        f"There is no item type '{shown(one)}'."
        for one in wanted.types
        if not uow.rows("SELECT 1 FROM item_type WHERE id = ?", one)
    ]
    if wanted.owner and not uow.rows("SELECT 1 FROM person WHERE id = ?", wanted.owner):
        found.append(f"There is no person '{shown(wanted.owner)}'.")
    return found + calendar_of.problems(wanted)


def freezes(uow: UnitOfWork) -> tuple[Freeze, ...]:
    """Every freeze and agreed window: those declared here, and what delivery schedules of agreements hold.

    What an agreement holds and somebody declared here too is given once, as the agreement has it.
    """
    agreed = agreement_terms.freezes(uow.where(ServiceAgreement, "terms LIKE ?", _HOLDS_ONE))
    known = {one.about for one in agreed}
    return (*(one for one in uow.all(Freeze) if one.about not in known), *agreed)


def entries(uow: UnitOfWork) -> tuple[Freeze, ...]:
    """What the calendar shows: its freezes and agreed windows, and the windows that agreements name.

    Whoever judges planned work takes `freezes`, and the windows of each agreement from the agreement.
    """
    named = uow.where(ServiceAgreement, "windows <> ?", _NO_WINDOWS)
    return (*freezes(uow), *agreement_terms.agreed_windows(named))


def lift(store: Store, id: str, *, actor: str, at: datetime) -> None:
    """End a freeze or an agreed window early. Raises NotFound, or Refused for one an agreement holds."""
    with store.write() as uow:
        require(uow, actor, "keep the calendar", at=at)
        agreed = next(
            (one for one in entries(uow) if one.id == id and one.reason.startswith("agreed in")), None
        )
        if agreed is not None and uow.find(Freeze, id) is None:
            agreement = id.partition(":")[0]
            raise Refused(
                f"The {agreed.kind} {shown(id)} is {agreed.reason}: the customer was promised it.",
                f"Agree on another delivery schedule: 'cmdb agreement revise {agreement} FILE --from DATE'.",
            )
        found = uow.get(Freeze, id)
        uow.remove(found)
        journal.record(
            uow, at=at, actor=actor, action=f"{found.kind} lift", subjects=(f"freeze:{id}", *found.services)
        )
        uow.commit()

"""Planned work and freezes: what is going to be down, and when nothing may be touched.

`plan` and `cancel` run inside the transaction of whoever decides about a change; the reference is
theirs. Read by impact, forecast and the calendar. Source: rules.md 3, Scheduled; house.md, Rooms.
"""

from datetime import datetime

import cmdb.tables_promises  # noqa: F401 - registers the rows of what is kept here
from cmdb import journal
from cmdb.errors import Invalid
from cmdb.model import check, shown
from cmdb.promises import Freeze, PlannedWork
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork


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
    """Declare a time in which nothing planned may touch some services, or any."""
    with store.write() as uow:
        require(uow, actor, "keep the calendar", at=at)
        check(
            f"Freeze '{wanted.id}'",
            [
                f"There is no item '{shown(one)}'."
                for one in wanted.services
                if not uow.rows("SELECT 1 FROM item WHERE id = ?", one)
            ],
        )
        if wanted.end <= at:
            raise Invalid("The freeze is over already.", "Give an end that lies ahead.")
        uow.add(wanted)
        journal.record(
            uow, at=at, actor=actor, action="freeze", subjects=(f"freeze:{wanted.id}", *wanted.services)
        )
        uow.commit()
    return wanted


def lift(store: Store, id: str, *, actor: str, at: datetime) -> None:
    """End a freeze early. Raises NotFound."""
    with store.write() as uow:
        require(uow, actor, "keep the calendar", at=at)
        found = uow.get(Freeze, id)
        uow.remove(found)
        journal.record(
            uow, at=at, actor=actor, action="freeze lift", subjects=(f"freeze:{id}", *found.services)
        )
        uow.commit()

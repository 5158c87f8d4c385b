"""The work log: hours and money spent on a request, an action item, a milestone or another record.

Nothing is changed afterwards: what is wrong is withdrawn with a reason and entered again.
Source: rules.md 9, Work log; IT Service CMM 5.5, Measurement 1.
"""

from datetime import datetime
from decimal import Decimal

from cmdb import duty_records, origins
from cmdb.dated import date_problems
from cmdb.duties import WorkEntry
from cmdb.errors import Refused
from cmdb.model import check
from cmdb.roles import registered
from cmdb.store import Store, UnitOfWork

RECORDS = (
    *("change", "action", "milestone", "event", "review", "finding", "audit", "agreement", "document"),
    "section",  # what no record is there for: the work of a key process area
)


def log(
    store: Store,
    record: str,
    *,
    person: str,
    day: str,
    today: str,
    spent: int = 0,
    cost: Decimal = Decimal(0),
    note: str = "",
    actor: str,
    at: datetime,
) -> WorkEntry:
    """Enter work a person did for a record: one's own, or anybody's by who may keep plans.

    `today` is the day by the clock of the site: no work lies ahead. Raises Invalid, NotFound, Refused.
    """
    with store.write() as uow:
        registered(uow, actor)
        if person != actor:
            duty_records.allow(uow, actor, at)
        entry = WorkEntry(
            id=duty_records.mint(uow, "WL"),
            person=person,
            record=origins.known(uow, record, kinds=RECORDS),
            day=day,
            spent=spent,
            cost=cost,
            note=note,
        )
        check("The work", duty_records.unknown(uow, [person]))
        check("The work", [f"{day} lies ahead: log it once it is done."] if day > today else [])
        uow.add(entry)
        changed = {"record": entry.record, "person": person, "day": day, "spent": spent, "cost": str(cost)}
        duty_records.note(uow, "work log", "work", entry.id, changed, actor=actor, at=at)
        uow.commit()
    return entry


def withdraw(store: Store, id: str, *, reason: str, actor: str, at: datetime) -> WorkEntry:
    """Say that an entry is wrong, and why; it is kept and counts no more."""
    with store.write() as uow:
        registered(uow, actor)
        before = uow.get(WorkEntry, id)
        if before.person != actor:
            duty_records.allow(uow, actor, at)
        check("The reason", [] if reason.strip() else ["Work is withdrawn with a reason."])
        if before.withdrawn:
            raise Refused(f"{id} is withdrawn already.", "See 'cmdb work list --all'.")
        entry = before.but(withdrawn=reason)
        uow.replace(entry)
        duty_records.note(uow, "work withdraw", "work", id, {"reason": reason}, actor=actor, at=at)
        uow.commit()
    return entry


def listed(
    uow: UnitOfWork,
    *,
    person: str = "",
    record: str = "",
    since: str = "",
    until: str = "",
    everything: bool = False,
) -> tuple[WorkEntry, ...]:
    """Work of a person for a record on days from `since` to before `until`, the oldest first.

    Any of them may be left out; `everything` gives withdrawn entries as well.
    """
    problems = [
        problem
        for label, day in (("The first day", since), ("The last day", until))
        if day
        for problem in date_problems(label, day)
    ]
    check("The period", problems)
    clauses, parameters = ["1 = 1"], []
    for clause, content in (
        ("person = ?", person),
        ("record = ?", record),
        ("day >= ?", since),
        ("day < ?", until),
    ):
        if content:
            clauses.append(clause)
            parameters.append(content)
    found = uow.where(WorkEntry, " AND ".join(clauses), *parameters)
    kept = (one for one in found if everything or not one.withdrawn)
    return tuple(sorted(kept, key=lambda one: (one.day, int(one.id.removeprefix("WL-")))))


def spent_on(uow: UnitOfWork, record: str) -> tuple[int, Decimal]:
    """The seconds and the money that were spent on a record."""
    found = listed(uow, record=record)
    return sum(one.spent for one in found), sum((one.cost for one in found), Decimal(0))

"""Training and orientation: who was trained in what, with evidence, and who of a group was not.

Source: rules.md 9, Training; IT Service CMM 5.5, Ability 4.
"""

from collections.abc import Iterable
from datetime import datetime

from cmdb import duty_records
from cmdb.duties import Training
from cmdb.errors import Refused
from cmdb.model import Group, check
from cmdb.store import Store, UnitOfWork


def record(
    store: Store,
    people: Iterable[str],
    *,
    subject: str,
    day: str,
    evidence: str,
    kind: str = "training",
    until: str = "",
    actor: str,
    at: datetime,
) -> tuple[Training, ...]:
    """Record that people were trained in a subject: all of them or none. Raises Invalid."""
    with store.write() as uow:
        duty_records.allow(uow, actor, at)
        named = tuple(dict.fromkeys(people))
        check("The training", duty_records.unknown(uow, named))
        made = tuple(
            Training(
                id=duty_records.mint(uow, "TR"),
                person=one,
                subject=" ".join(subject.split()),
                day=day,
                evidence=evidence,
                kind=kind,
                until=until,
            )
            for one in named
        )
        for one in made:
            uow.add(one)
            changed = {"person": one.person, "subject": one.subject, "day": day, "evidence": evidence}
            duty_records.note(uow, "training record", "training", one.id, changed, actor=actor, at=at)
        uow.commit()
    return made


def withdraw(store: Store, id: str, *, reason: str, actor: str, at: datetime) -> Training:
    """Say that a record of training is wrong, and why; it is kept and counts no more."""
    with store.write() as uow:
        duty_records.allow(uow, actor, at)
        check("The reason", [] if reason.strip() else ["A training is withdrawn with a reason."])
        before = uow.get(Training, id)
        if before.withdrawn:
            raise Refused(f"{id} is withdrawn already.", "See 'cmdb training list --all'.")
        found = before.but(withdrawn=reason)
        uow.replace(found)
        duty_records.note(uow, "training withdraw", "training", id, {"reason": reason}, actor=actor, at=at)
        uow.commit()
    return found


def listed(uow: UnitOfWork, *, person: str = "", subject: str = "", today: str = "") -> tuple[Training, ...]:
    """Trainings of a person in a subject (of any where none is named), in order of number.

    With `today`, only those that count on that day.
    """
    found = uow.all(Training, person=person) if person else uow.all(Training)
    wanted = " ".join(subject.split()).casefold()
    kept = (
        one
        for one in found
        if (not wanted or one.subject.casefold() == wanted) and (not today or one.counts(today))
    )
    return tuple(sorted(kept, key=lambda one: int(one.id.removeprefix("TR-"))))


def lacking(uow: UnitOfWork, subject: str, group: str, *, today: str) -> tuple[tuple[str, str], ...]:
    """Who of a group has no training in a subject that counts today: the person, and the last one over.

    Raises NotFound for a group that does not exist.
    """
    uow.get(Group, group)
    found = []
    for person in duty_records.members(uow, [group]):
        mine = listed(uow, person=person, subject=subject)
        if not any(one.counts(today) for one in mine):
            over = [one.until for one in mine if one.until and one.until < today and not one.withdrawn]
            found.append((person, max(over, default="")))
    return tuple(found)

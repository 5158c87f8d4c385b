"""The acts in the life of an agreement that is a candidate: taken at once, signed, journalled.

One under control takes the same steps by a change request (`ccb.agreement_requests`); what a step makes
of an agreement, and what stands against it, is for `cmdb.agreement_life` to say.
Source: rules.md 4; IT Service CMM 5.1, Commitment 2.
"""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from cmdb import agreement_life, agreement_records, agreements, journal, signatures
from cmdb.canonical import instant
from cmdb.errors import Refused
from cmdb.model import Person, check
from cmdb.promises import ServiceAgreement
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork


def take(
    store: Store, before: ServiceAgreement, after: ServiceAgreement, action: str, *, actor: str, at: datetime
) -> ServiceAgreement:
    """Write what a step made of a candidate. `before` is what the step was taken from.

    Raises Refused when it moved since, or is under control; Invalid for what it would refer to.
    """
    with store.write() as uow:
        require(uow, actor, "keep agreements", at=at)
        now = uow.get(ServiceAgreement, before.id)
        if now.level != "draft":
            raise Refused(
                f"{now.id} is {now.level}: this step is taken by a change request.",
                f"Take it with 'cmdb agreement {action}', which writes the request.",
            )
        if now != before:
            raise Refused(
                f"{now.id} was changed by somebody else meanwhile.",
                f"Look at it again: 'cmdb agreement show {now.id}'.",
            )
        check(f"Agreement '{after.id}'", agreements.problems(uow, after))
        uow.replace(after)
        old, new = agreement_records.record_of(before), agreement_records.record_of(after)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action=f"agreement {action}",
            subjects=(f"agreement:{after.id}", *after.services),
            changed={
                name: {"old": old.get(name), "new": new.get(name)}
                for name in sorted({*old, *new} - {"former"})
                if old.get(name) != new.get(name)
            },
        )
        uow.commit()
    return after


def sign(agreement: ServiceAgreement, *, by: str, key: Path, at: datetime) -> ServiceAgreement:
    """Sign an agreement for our side. Needs no transaction. Raises Refused when the key cannot sign."""
    statement = agreement_life.statement(agreement, by, at)
    signature = signatures.sign(statement, namespace=agreement_life.NAMESPACE, key=key)
    return agreement_life.signed(agreement, by, at, signature)


def signature_problem(uow: UnitOfWork, agreement: ServiceAgreement) -> str:
    """Say why the signature under an agreement does not hold; empty when it does, or there is none."""
    entry = agreement.terms.get("signed")
    if entry is None:
        return ""
    person = uow.find(Person, entry["by"])
    keys = [key.text for key in person.keys] if person else []
    statement = agreement_life.statement(agreement, entry["by"], instant(entry["at"]))
    try:
        signatures.verify(statement, entry["signature"], namespace=agreement_life.NAMESPACE, keys=keys)
    except Refused as wrong:
        return f"The signature of {entry['by']} does not hold: {wrong.reason}"
    return ""


def groups_of(uow: UnitOfWork, services: Collection[str]) -> tuple[str, ...]:
    """The groups that answer for the services: affected, so they review what is promised about them."""
    marks = ", ".join("?" * len(services))
    rows = uow.rows(
        f"SELECT DISTINCT grp FROM item WHERE id IN ({marks}) AND grp IS NOT NULL AND grp <> ''", *services
    )
    return tuple(sorted(row[0] for row in rows))

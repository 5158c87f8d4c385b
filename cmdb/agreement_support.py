"""What lies beneath the promises of a customer agreement: what others promised about what it rests on.

A promise to a customer is as good as what it rests on. Looked at are the items whose outage alone takes
the service out: those needed hard and outside every redundancy group, at any depth. Where an operational
or underpinning agreement promises something about one of them, it has to be at least as good; where one
is a supplier's, something has to be promised at all. Inside a transaction; writes nothing.
Source: rules.md 4; IT Service CMM 5.1, Commitment 1, external and internal commitments.
"""

from collections.abc import Iterator, Sequence

import cmdb.tables_promises  # noqa: F401 - registers the agreements that are read here
from cmdb.commitments import AVAILABILITY, ServiceCommitment
from cmdb.promises import ServiceAgreement
from cmdb.reading_graph import StoredEstate
from cmdb.store import UnitOfWork

SUPPLIED = "supplier's, used to deliver"
NAMED = 5  # items in a sentence

Said = Iterator[tuple[str, str, str]]  # where, what is missing, what to add


def unsupported(uow: UnitOfWork, one: ServiceAgreement) -> Said:
    """Say which commitments of a customer agreement have nothing beneath them that is at least as good."""
    if one.kind != "customer":
        return
    lower = [each for each in uow.all(ServiceAgreement) if each.kind != "customer" and each.binding]
    estate = StoredEstate(uow.rows, uow.dialect)
    for commitment in one.commitments:
        if commitment.attribute != AVAILABILITY:
            continue
        rests_on = _resting(estate, commitment.service)
        yield from _weaker(commitment, lower, rests_on)
        promised = {service for each in lower for service in each.services}
        bare = sorted(_supplied(uow, rests_on) - promised)
        if bare:
            more = f" and {len(bare) - NAMED:,} more" if len(bare) > NAMED else ""
            yield (
                f"commitments {commitment.id}",
                (
                    f"{commitment.id} rests on {', '.join(bare[:NAMED])}{more} of a supplier, "
                    "and no underpinning agreement promises anything about that."
                ),
                "An agreement of the kind 'underpinning' with the supplier: 'cmdb agreement register FILE'.",
            )


def _weaker(commitment: ServiceCommitment, lower: Sequence[ServiceAgreement], rests_on: set[str]) -> Said:
    """Promises beneath that are worse, and agreements beneath that promise nothing of the kind."""
    for agreement in lower:
        for service in sorted(rests_on & set(agreement.services)):
            beneath = [
                each
                for each in agreement.commitments
                if each.service == service and each.attribute == commitment.attribute
            ]
            if any(each.target >= commitment.target for each in beneath):
                continue
            best = max((each.target for each in beneath), default=None)
            says = f"only {best:f} %" if best is not None else "no availability at all"
            yield (
                f"commitments {commitment.id}",
                (
                    f"{commitment.id} promises {commitment.target:f} % and rests on {service}, "
                    f"about which {agreement.id} promises {says}."
                ),
                f"At least {commitment.target:f} % in {agreement.id}, or less in {commitment.id}.",
            )


def _resting(estate: StoredEstate, service: str) -> set[str]:
    """The service and every item whose outage alone takes it out by plain hard dependencies."""
    frontier = set(estate.keys([service]).values())
    found = set(frontier)
    while frontier:
        frontier = {
            one.target
            for one in estate.needs(frontier)
            if one.impact and one.hard and one.group is None and one.serves
        } - found
        found |= frontier
    return {fact[1] for fact in estate.facts(found)} if found else set()


def _supplied(uow: UnitOfWork, ids: set[str]) -> set[str]:
    estate = StoredEstate(uow.rows, uow.dialect)
    rows = uow.rows(
        f"SELECT i.id FROM {estate.dialect.texts} item i ON i.id = wanted.value WHERE i.custody = ?",
        estate.dialect.array(sorted(ids)),
        SUPPLIED,
    )
    return {row[0] for row in rows}

"""The service catalogue: standard services, the services that are one of them, and where those deviate.

A service (an item) names its standard service in the characteristic `standard_service`, and what it does
otherwise in `deviations`: texts that begin with the id of the level or the quantity they are about.
Everything here makes or changes candidates; a standard service under control changes only by request.
Source: CMMI-SVC, Strategic Service Management, SG 2; rules.md 4, Service.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import cmdb.tables_catalogue  # noqa: F401 - registers the rows of what is kept here
from cmdb import journal, offer_records
from cmdb.commitments import ServiceCommitment
from cmdb.errors import Refused
from cmdb.model import Person, Value, check, shown
from cmdb.offers import StandardService
from cmdb.promises import ServiceAgreement
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork

STANDARD = "standard_service"
DEVIATIONS = "deviations"
_LOWER = ("<=", "<")  # where less is better

Said = Iterator[tuple[str, str, str]]  # where, what is missing, what to add


@dataclass(frozen=True, slots=True, kw_only=True)
class Use(Value):
    """A service in use that is one of the catalogue, and what it does otherwise."""

    service: str
    standard: str
    deviations: tuple[str, ...] = ()


def register(store: Store, service: StandardService, *, actor: str, at: datetime) -> StandardService:
    """Add a standard service as a candidate. Raises Invalid with every problem of it at once."""
    with store.write() as uow:
        require(uow, actor, "keep agreements", at=at)
        check(f"Standard service '{service.id}'", _problems(uow, service))
        uow.add(service)
        record = offer_records.record_of(service)
        subjects = (f"standard service:{service.id}",)
        journal.record(
            uow, at=at, actor=actor, action="catalogue register", subjects=subjects, changed=record
        )
        uow.commit()
    return service


def amend(store: Store, service: StandardService, *, actor: str, at: datetime) -> StandardService:
    """Change a candidate. Raises Refused for one under control, NotFound."""
    with store.write() as uow:
        require(uow, actor, "keep agreements", at=at)
        before = uow.get(StandardService, service.id)
        if before.level != "draft":
            raise Refused(
                f"{before.id} is {before.level}: it changes only by an approved request.",
                "Raise one with 'cmdb change new'; it names the 'standard service'.",
            )
        check(f"Standard service '{service.id}'", _problems(uow, service))
        uow.replace(service)
        old, new = offer_records.record_of(before), offer_records.record_of(service)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="catalogue amend",
            subjects=(f"standard service:{service.id}",),
            changed={
                name: {"old": old.get(name), "new": new.get(name)}
                for name in sorted({*old, *new})
                if old.get(name) != new.get(name)
            },
        )
        uow.commit()
    return service


def listed(uow: UnitOfWork) -> tuple[StandardService, ...]:
    """The catalogue, in id order."""
    return uow.all(StandardService)


def uses(uow: UnitOfWork, standard: str = "") -> tuple[Use, ...]:
    """The services in use that name a standard service, or one of them, in id order."""
    rows = uow.rows(
        "SELECT id, characteristics FROM item WHERE service = ? AND characteristics LIKE ? ORDER BY id",
        True,
        f'%"{STANDARD}"%',
    )
    found = [use for id, text in rows if (use := _use(id, text)) is not None]
    return tuple(one for one in found if standard in ("", one.standard))


def deviations(uow: UnitOfWork, agreement: ServiceAgreement) -> Said:
    """Say where commitments are above or below the standard level, and no deviation says so."""
    for service in agreement.services:
        rows = uow.rows("SELECT characteristics FROM item WHERE id = ?", service)
        use = _use(service, rows[0][0]) if rows else None
        if use is None:
            continue
        standard = uow.find(StandardService, use.standard)
        if standard is None:
            yield (
                service,
                f"{service} names the standard service {shown(use.standard)}; the catalogue has no such.",
                "One of the catalogue ('cmdb catalogue list'), or a new one: 'cmdb catalogue register FILE'.",
            )
            continue
        for commitment in agreement.commitments:
            if commitment.service == service:
                yield from _apart(commitment, standard, use)


def _apart(commitment: ServiceCommitment, standard: StandardService, use: Use) -> Said:
    for level in standard.levels:
        same = (level.attribute, level.comparator, level.unit, level.statistic) == (
            commitment.attribute,
            commitment.comparator,
            commitment.unit,
            commitment.statistic,
        )
        if not same or level.target == commitment.target or _named(level, use):
            continue
        less = (commitment.target < level.target) != (level.comparator in _LOWER)
        yield (
            f"commitments {commitment.id}",
            (
                f"{commitment.id} promises {commitment.target:f} {commitment.unit}, "
                f"{'less' if less else 'more'} than the standard {level.target:f} {level.unit} "
                f"of {standard.id}, "
                "and no deviation says so."
            ),
            f"In '{DEVIATIONS}' of {use.service} a text that begins with '{level.id}:'; or that level.",
        )


def _named(level: ServiceCommitment, use: Use) -> bool:
    starts = (f"{level.id}:", f"{level.attribute}:")
    return any(one.lower().startswith(starts) for one in use.deviations)


def _use(service: str, text: str) -> Use | None:
    content = json.loads(text)
    standard, said = content.get(STANDARD), content.get(DEVIATIONS, [])
    if not isinstance(standard, str) or not standard:
        return None
    listed = said if isinstance(said, list) else [said]
    return Use(service=service, standard=standard, deviations=tuple(str(one) for one in listed))


def _problems(uow: UnitOfWork, service: StandardService) -> list[str]:
    owner = uow.find(Person, service.owner)
    if owner is None:
        return [f"There is no person '{shown(service.owner)}' to own it."]
    return [] if owner.active else [f"{owner.name} is not active any more."]

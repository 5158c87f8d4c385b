"""Service agreements: registering, amending and showing how they stand.

Everything here makes or changes candidates; an agreement under control changes only by request.
Source: rules.md 4; IT Service CMM 5.1, Activity 3.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import cmdb.tables_promises  # noqa: F401 - registers the rows of what is kept here
from cmdb import agreement_records, agreement_terms, agreement_versions, calendar, journal
from cmdb.availability import Standing, period_of, standings
from cmdb.commitments import Recurrence
from cmdb.errors import Invalid, Refused
from cmdb.intervals import moment, seconds
from cmdb.model import Party, Person, check, shown
from cmdb.periods import day_of, zone_of
from cmdb.promises import ServiceAgreement
from cmdb.reading_promises import StoredPromises
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork

_VERSIONS = ("version", "effective", "former")  # no file gives them, so an amendment keeps them


def register(store: Store, agreement: ServiceAgreement, *, actor: str, at: datetime) -> ServiceAgreement:
    """Add an agreement as a candidate. Raises Invalid with every problem of it at once."""
    with store.write() as uow:
        require(uow, actor, "keep agreements", at=at)
        if agreement.level != "draft":
            raise Invalid(
                f"{agreement.id} cannot be registered as {agreement.level}.",
                "Register it as a draft; a baseline request brings it under control.",
            )
        check(f"Agreement '{agreement.id}'", problems(uow, agreement))
        uow.add(agreement)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="agreement register",
            subjects=(f"agreement:{agreement.id}", *agreement.services),
            changed=agreement_records.record_of(agreement),
        )
        uow.commit()
    return agreement


def amend(store: Store, agreement: ServiceAgreement, *, actor: str, at: datetime) -> ServiceAgreement:
    """Change a candidate agreement. Raises Refused for one under control."""
    with store.write() as uow:
        require(uow, actor, "keep agreements", at=at)
        before = uow.get(ServiceAgreement, agreement.id)
        if before.level != "draft" or agreement.level != "draft":
            raise Refused(
                f"{before.id} is {before.level}: it changes only by an approved request."
                if before.level != "draft"
                else f"The control level of {before.id} does not change by an amendment.",
                "Raise one with 'cmdb change new', or 'cmdb baseline establish' for a candidate.",
            )
        kept = {name: before.terms[name] for name in _VERSIONS if name in before.terms}
        agreement = agreement.but(terms={**agreement.terms, **kept})
        check(f"Agreement '{agreement.id}'", problems(uow, agreement))
        uow.replace(agreement)
        old, new = agreement_records.record_of(before), agreement_records.record_of(agreement)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="agreement amend",
            subjects=(f"agreement:{agreement.id}", *agreement.services),
            changed={
                name: {"old": old.get(name), "new": new.get(name)}
                for name in sorted({*old, *new})
                if old.get(name) != new.get(name)
            },
        )
        uow.commit()
    return agreement


def problems(uow: UnitOfWork, agreement: ServiceAgreement) -> list[str]:
    """Say what is wrong with an agreement beside what is stored and what a calendar knows."""
    return [
        *_reference_problems(uow, agreement),
        *time_problems(agreement),
        *agreement_terms.problems(agreement.terms, agreement.services),
        *agreement_versions.problems(agreement),
    ]


def time_problems(agreement: ServiceAgreement) -> list[str]:
    """Say what is wrong with its zone, its rules and its holidays. Pure."""
    try:
        zone_of(agreement.zone)
    except Invalid as unknown:
        return [f"zone: {unknown.reason}"]
    found = [
        problem
        for number, one in enumerate(agreement.commitments)
        for problem in calendar.hours_problems(f"commitments[{number}].hours", one.hours)
    ]
    found += [
        problem
        for number, rule in enumerate(agreement.windows)
        for problem in calendar.rule_problems(f"windows[{number}]", rule)
    ]
    return found or list(_rules_without_a_day(agreement))


def remarks(agreement: ServiceAgreement) -> tuple[str, ...]:
    """What is allowed but may surprise: said when an agreement is registered or shown. Pure."""
    said = []
    for one in agreement.commitments:
        if one.observed:
            continue
        if one.target == 100:
            said.append(f"{one.id} promises 100 %: it allows no second of outage, and any breaks it.")
        if one.target == 0:
            said.append(f"{one.id} promises 0 %: nothing can break it.")
    unpromised = sorted(set(agreement.services) - {one.service for one in agreement.commitments})
    said += [f"{one} is among the services, but nothing is promised about it." for one in unpromised]
    if agreement.state == "draft":
        said.append(
            "It is a draft: it binds nobody, and no forecast, warning or vote goes by it until it is agreed."
        )
    return tuple(said)


def listed(uow: UnitOfWork) -> tuple[ServiceAgreement, ...]:
    """Every agreement, in id order."""
    return uow.all(ServiceAgreement)


def standings_of(uow: UnitOfWork, id: str, *, at: datetime, now: datetime) -> list[Standing]:
    """How each promised availability of an agreement stands in the period around `at`, up to `now`.

    What is observed is counted by `cmdb.observations.levels_of`.

    Raises NotFound.
    """
    agreement = uow.get(ServiceAgreement, id)
    promised = agreement_versions.promised(agreement, at, at + timedelta(seconds=1))
    periods = [period_of(agreement, one, at) for one in promised if not one.observed]
    if not periods:
        return []
    facts = StoredPromises(uow.rows, uow.dialect).facts_of(
        sorted({one.service for one in promised}),
        [agreement.id],
        moment(min(start for start, _ in periods)),
        moment(max(end for _, end in periods)),
        now,
    )
    return standings(agreement, facts, at, calendar.service_time)


def _reference_problems(uow: UnitOfWork, agreement: ServiceAgreement) -> list[str]:
    found = []
    customer = uow.find(Party, agreement.customer)
    if customer is None:
        found.append(
            f"customer: there is no party '{shown(agreement.customer)}'; 'cmdb party register' adds it."
        )
    elif agreement.kind == "customer" and customer.kind not in ("customer", "end users"):
        found.append(f"customer: {customer.id} is a party of the kind '{customer.kind}', not a customer.")
    if agreement.provider and uow.find(Party, agreement.provider) is None:
        found.append(
            f"provider: there is no party '{shown(agreement.provider)}'; 'cmdb party register' adds it."
        )
    manager = uow.find(Person, agreement.manager)
    if manager is None:
        found.append(f"manager: there is no person '{shown(agreement.manager)}'.")
    elif not manager.active:
        found.append(f"manager: {manager.name} is not active any more.")
    for one in agreement.services:
        item = uow.rows("SELECT type, service FROM item WHERE id = ?", one)
        if not item:
            found.append(f"services: there is no item '{shown(one)}'.")
        elif not item[0][1] and agreement.kind == "customer":
            found.append(f"services: {one} is a {item[0][0]}, not a service.")
    return found


def _rules_without_a_day(agreement: ServiceAgreement) -> Iterator[str]:
    zone = zone_of(agreement.zone)
    first = day_of(seconds(agreement.start), zone)
    last = day_of(seconds(agreement.end) - 1, zone) if agreement.end else None
    until = last.isoformat() if last else "five years later"
    rules: list[tuple[str, Recurrence]] = [
        (f"windows[{number}]", rule) for number, rule in enumerate(agreement.windows)
    ]
    for number, one in enumerate(agreement.commitments):
        rules += [
            (f"commitments[{number}].hours.rules[{at}]", rule) for at, rule in enumerate(one.hours.rules)
        ]
    for label, rule in rules:
        if not calendar.matches(rule, first, last):
            yield f"{label}: '{shown(rule.rule)}' falls on no day from {first} to {until}."

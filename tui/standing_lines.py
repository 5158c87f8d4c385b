"""How promises stand and what an outage took of them, as lines a person reads. Inside a transaction.

Source: rules.md 4.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta, tzinfo

from cmdb import agreements, observations
from cmdb.agreement_versions import promised
from cmdb.availability import Standing
from cmdb.derivations import DerivedOutage
from cmdb.promises import Outage, ServiceAgreement
from cmdb.store import UnitOfWork
from tui import level_lines
from tui.duty_views import AgreementLine
from tui.present import minutes, minutes_left, period

PAST = 6  # periods before the running one, as bars


def lines(
    uow: UnitOfWork,
    at: datetime,
    zone: tzinfo,
    *,
    services: Collection[str] | None = None,
    past: int = 0,
    only: str = "",
    observed: bool = True,
) -> tuple[AgreementLine, ...]:
    """How every binding commitment stands in the period around now: what is broken, then the least left.

    `services` and `only` (an agreement) limit them; `past` adds how much of each allowance was used
    in that many periods before, the oldest first. Without `observed`, only availabilities.
    """
    found = []
    for agreement in agreements.listed(uow):
        if not agreement.binding or only not in ("", agreement.id):
            continue
        if services is not None and not set(services) & set(agreement.services):
            continue
        for one in agreements.standings_of(uow, agreement.id, at=at, now=at):
            if services is None or one.service in services:
                found.append(_line(agreement, one, zone, _before(uow, one, at, past)))
        if observed:
            found += _levels(uow, agreement, at, zone, services, past)
    return tuple(sorted(found, key=_order))


def _order(one: AgreementLine) -> tuple[float, str, str, str]:
    left = float(one.allowance - one.used)
    if one.level:
        left = float("-inf") if one.broken else float("inf")
    return left, one.agreement, one.service, one.commitment


def _levels(
    uow: UnitOfWork,
    agreement: ServiceAgreement,
    at: datetime,
    zone: tzinfo,
    services: Collection[str] | None,
    past: int,
) -> Iterator[AgreementLine]:
    """How what is observed stands, with the periods before."""
    by_id = {one.id: one for one in promised(agreement, at, at + timedelta(seconds=1))}
    for now in observations.levels_of(uow, agreement.id, at=at, now=at):
        if services is not None and now.service not in services:
            continue
        commitment = by_id[now.commitment]
        before = observations.trend(uow, agreement, commitment, before=now, count=past, now=at)
        yield AgreementLine(
            agreement=agreement.id,
            service=now.service,
            customer=agreement.customer,
            commitment=now.commitment,
            period=period(now.start, now.end, zone),
            allowance=0,
            used=0,
            past=tuple(one.used for one in before),
            level=level_lines.line(now),
        )


def _line(agreement: ServiceAgreement, one: Standing, zone: tzinfo, past: tuple[float, ...]) -> AgreementLine:
    return AgreementLine(
        agreement=agreement.id,
        service=one.service,
        customer=agreement.customer,
        commitment=one.commitment,
        period=period(one.start, one.end, zone),
        allowance=one.allowance_s,
        used=one.used_s,
        running=one.running,
        past=past,
    )


def _before(uow: UnitOfWork, now: Standing, at: datetime, count: int) -> tuple[float, ...]:
    """The used share of the allowance in the periods before; none where the agreement did not run yet."""
    shares: list[float] = []
    start = now.start
    for _ in range(count):
        then = start - timedelta(seconds=1)
        found = [
            one
            for one in agreements.standings_of(uow, now.agreement, at=then, now=at)
            if (one.commitment, one.service) == (now.commitment, now.service) and one.start < start
        ]
        if not found:
            break
        shares.append(found[0].used_s / found[0].allowance_s if found[0].allowance_s > 0 else 0.0)
        start = found[0].start
    return tuple(reversed(shares))


def services_of(uow: UnitOfWork, outage: Outage) -> tuple[str, ...]:
    """What an outage takes with it, alone or together with others, itself first of all.

    What the others do without it is theirs.
    """
    found = {outage.subject}
    for one in uow.where(DerivedOutage, "' ' || together || ' ' LIKE ?", f"% {outage.id} %"):
        rest = " ".join(id for id in one.together.split(" ") if id != outage.id)
        without = uow.all(DerivedOutage, together=rest, service=one.service) if rest else ()
        if not any(each.effect == one.effect for each in without):
            found.add(one.service)
    return tuple(sorted(found))


def cost(uow: UnitOfWork, outage: Outage, at: datetime, zone: tzinfo) -> tuple[AgreementLine, ...]:
    """What is left of every promise about a service that an outage takes with it."""
    return lines(uow, at, zone, services=services_of(uow, outage), observed=False)


def said(one: AgreementLine) -> str:
    """A standing in one line: `acme mail: 12 of 44 min used, 32 left, Nov 2026, still counting`."""
    left = one.allowance - one.used
    rest = f"{minutes_left(left)} left" if left >= 0 else f"BROKEN by {minutes(-left)} min"
    running = ", still counting" if one.running else ""
    used = minutes(one.used)
    head = f"{one.customer} {one.service}: {used} of {minutes_left(one.allowance)} min used"
    return f"{head}, {rest}, {one.period}{running}"

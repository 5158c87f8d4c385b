"""Until when an event has to be answered and resolved, as the agreements about its services say.

A commitment about `response time` gives the deadline of an answer; one about `resolution time` that of an
incident, `request processing time` that of a service request. The clock starts when it was reported and
runs in the service hours of the commitment, claims accepted as exempt left out, or as time elapsed where
it says so. Of several the earliest holds. Pure: nothing here reads a clock or a database.
Source: rules.md 4, Commitment; 9, Event.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from cmdb import calendar
from cmdb.agreement_versions import in_force
from cmdb.amounts import TIMES, base_of
from cmdb.availability import accepted
from cmdb.commitments import ServiceCommitment, statistic_of
from cmdb.intervals import moment, seconds, subtract
from cmdb.periods import zone_of
from cmdb.promises import Claim, ServiceAgreement

RESPONSE = "response time"
RESOLUTION = {"incident": "resolution time", "service request": "request processing time"}
SHORTEST = 60  # seconds: a response time below a minute is promised of a machine, not of people
_FURTHEST = 3 * 366 * 86_400  # how far ahead service hours are looked at
_STEP = 14 * 86_400


class Deadline(NamedTuple):
    """An instant, and where it comes from in words."""

    at: datetime
    source: str


class Deadlines(NamedTuple):
    """Until when somebody has to answer, and until when it has to be resolved; None where nothing says so."""

    respond: Deadline | None = None
    resolve: Deadline | None = None


def deadlines(
    agreements: Iterable[ServiceAgreement],
    services: Collection[str],
    *,
    kind: str,
    reported: datetime,
    claims: Collection[Claim] = (),
) -> Deadlines:
    """Give the earliest deadlines that agreements in force at the report give for some services."""
    found: dict[str, list[Deadline]] = {RESPONSE: [], RESOLUTION[kind]: []}
    for agreement, commitment in _promised(agreements, services, reported):
        if commitment.attribute in found:
            one = _deadline(agreement, commitment, reported, claims)
            found[commitment.attribute] += [one] if one else []
    return Deadlines(
        min(found[RESPONSE], default=None),
        min(found[RESOLUTION[kind]], default=None),
    )


def limit_of(commitment: ServiceCommitment) -> int | None:
    """Seconds a commitment gives each event; None where it gives none.

    Of a mean, a percentile or a share the limit it sets is taken for each event: who keeps it every time
    keeps the promise.
    """
    how = statistic_of(commitment.statistic)
    if how.kind == "share":
        amount, unit = how.within.value, how.within.unit
    elif how.kind in ("count", "sum", "minimum") or commitment.comparator not in ("<=", "<"):
        return None
    else:
        amount, unit = commitment.target, commitment.unit
    if unit not in TIMES:
        return None
    length: Fraction = base_of(amount, unit)
    return int(length) if length >= SHORTEST else None


def _promised(
    agreements: Iterable[ServiceAgreement], services: Collection[str], at: datetime
) -> Iterator[tuple[ServiceAgreement, ServiceCommitment]]:
    for whole in agreements:
        if not whole.binding or whole.start > at or (whole.end is not None and whole.end <= at):
            continue
        one = in_force(whole, at)
        for commitment in one.commitments:
            if commitment.observed and commitment.service in services:
                yield one, commitment


def _deadline(
    agreement: ServiceAgreement, commitment: ServiceCommitment, reported: datetime, claims: Collection[Claim]
) -> Deadline | None:
    limit = limit_of(commitment)
    if limit is None:
        return None
    at = (
        reported + timedelta(seconds=limit)
        if commitment.clock == "elapsed"
        else _in_service_time(agreement, commitment, reported, limit, claims)
    )
    said = f"{agreement.id}/{commitment.id}, {commitment.says}"
    return Deadline(at, said) if at else None


def _in_service_time(
    agreement: ServiceAgreement,
    commitment: ServiceCommitment,
    reported: datetime,
    limit: int,
    claims: Collection[Claim],
) -> datetime | None:
    """When so many seconds of service time have passed; None where the service is hardly ever due."""
    zone = zone_of(agreement.zone)
    exempt = accepted(agreement.id, commitment.service, claims)
    start = seconds(reported)
    left = limit
    for begin in range(start, start + _FURTHEST, _STEP):
        due = calendar.service_time(commitment.hours, zone, (begin, begin + _STEP))
        for first, last in subtract(due, exempt):
            if last - first >= left:
                return moment(first + left)
            left -= last - first
    return None

"""What was observed of a quantity of a service: one value at an instant, or a stretch of time.

Frozen values, standard library only; `cmdb.service_levels` counts them. Nothing here reads a clock.
Source: rules.md 4, Commitment; IT Service CMM, Service Tracking and Oversight, Activities 4 and 11.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cmdb.amounts import SECOND, unit_of, unit_problems, value_problems
from cmdb.commitments import AVAILABILITY, quantity_problems
from cmdb.dated import instant_problems, span_problems
from cmdb.intervals import seconds
from cmdb.model import Value, check, id_problems, name_problems, shown, text_problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(Value):
    """One value of a quantity of a service, seen at an instant.

    With `started` it is a stretch of time that ended `at`: its value is the seconds between them,
    and a commitment may count only those inside its service hours. `reference` names what was
    measured where it came from, such as an incident. A correction is a new observation that
    `replaces` the old one, which stays; a `withdrawn` one says that there was nothing to see.
    """

    id: str
    service: str
    quantity: str
    at: datetime
    started: datetime | None = None
    value: Decimal
    unit: str = ""
    reference: str = ""
    source: str = ""
    note: str = ""
    withdrawn: bool = False
    replaces: str = ""
    recorded_by: str = ""
    recorded_at: datetime

    def __post_init__(self) -> None:
        check(f"Observation '{shown(self.id)}'", problems_of(self))


def problems_of(one: Observation) -> list[str]:
    """Say what is wrong with an observation."""
    problems = [
        *id_problems("Observation", one.id),
        *id_problems("Service", one.service),
        *quantity_problems("The quantity", one.quantity),
        *instant_problems("The observation", one.at),
        *value_problems("The value", one.value),
        *unit_problems("The unit", one.unit),
        *name_problems("The reference", one.reference, required=False),
        *name_problems("The source", one.source, required=False),
        *text_problems("The note", one.note),
        *instant_problems("The time of recording", one.recorded_at),
    ]
    if one.quantity == AVAILABILITY:
        problems.append("An availability is counted from outages; record those instead.")
    if one.unit != unit_of(one.unit):
        problems.append(f"The unit '{shown(one.unit)}' is kept as '{shown(unit_of(one.unit))}'.")
    if one.started is not None:
        # What starts and ends in the same second took none: of a stretch that is allowed.
        problems += [] if one.started == one.at else span_problems("The observation", one.started, one.at)
        if not problems and (one.value, one.unit) != (lasted(one.started, one.at), SECOND):
            problems.append("The value of a stretch of time is its seconds.")
    return problems


def lasted(started: datetime, ended: datetime) -> Decimal:
    """Seconds from one instant to another."""
    return Decimal(seconds(ended) - seconds(started))

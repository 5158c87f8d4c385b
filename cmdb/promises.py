"""What was promised and what came of it: agreements, outages, claims, planned work.

Frozen values, standard library only. They say what was agreed; `cmdb.availability` counts it.
Nothing here reads a clock, a zone or a calendar.
Source: rules.md 4; IT Service CMM, Service Commitment Management, Activity 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cmdb.bound import BINDING_STATES
from cmdb.commitments import Recurrence, ServiceCommitment
from cmdb.dated import date_problems, instant_problems, span_problems
from cmdb.instants import rfc3339
from cmdb.model import (
    LEVELS,
    Contact,
    Value,
    check,
    choice_problems,
    id_problems,
    name_problems,
    shown,
    text_problems,
)

AGREEMENT_KINDS = ("customer", "operational", "underpinning")
STRUCTURES = ("service based", "customer based")
AGREEMENT_STATES = ("draft", "reviewed", "agreed", "published", "under revision", "ended")
EFFECTS = ("none", "degraded", "outage")
CALENDAR_KINDS = ("freeze", "agreed window")
CLAIM_KINDS = ("calamity", "unmet condition")
CLAIM_STATES = ("raised", "accepted", "refused")


def _twice(label: str, ids: tuple[str, ...]) -> list[str]:
    return [f"{label} '{shown(one)}' is listed twice." for one in sorted(set(ids)) if ids.count(one) > 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAgreement(Value):
    """What we promised a customer, another group, or were promised by a supplier, from when to when.

    `start` and `end` are instants, the end excluded; no end means until further notice. `zone` is
    where its days and hours are read. `notice` is the notice planned work needs, in seconds.
    `manager` is the service delivery manager, a person id; `customer` and `provider` are party ids.
    `terms` are its other elements and its life, by name and in plain form: `cmdb.agreement_terms` says
    which there are and what is wrong with them. A controlled record: format `agreement/1`.
    """

    id: str
    title: str
    kind: str = "customer"
    structure: str = "customer based"
    customer: str = ""
    provider: str = ""
    start: datetime
    end: datetime | None = None
    zone: str = "UTC"
    services: tuple[str, ...] = ()
    purpose: str = ""
    scope: str = ""
    notice: int = 0
    windows: tuple[Recurrence, ...] = ()
    commitments: tuple[ServiceCommitment, ...] = ()
    manager: str = ""
    contacts: tuple[Contact, ...] = ()
    state: str = "agreed"
    review: str = ""
    level: str = "draft"
    terms: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Agreement", self.id),
            *name_problems("The title", self.title),
            *choice_problems("The kind", self.kind, AGREEMENT_KINDS),
            *choice_problems("The structure", self.structure, STRUCTURES),
            *choice_problems("The state", self.state, AGREEMENT_STATES),
            *choice_problems("The control level", self.level, LEVELS),
            *(id_problems("Customer", self.customer) if self.customer else ["The customer is missing."]),
            *(id_problems("Provider", self.provider) if self.provider else []),
            *(id_problems("Manager", self.manager) if self.manager else ["The manager is missing."]),
            *span_problems("The period", self.start, self.end),
            *name_problems("The zone", self.zone),
            *text_problems("The purpose", self.purpose),
            *text_problems("The scope", self.scope),
            *(date_problems("The review date", self.review) if self.review else []),
            *self._service_problems(),
        ]
        if self.notice < 0:
            problems.append(f"The notice period of {self.notice} s is negative.")
        check(f"Agreement '{shown(self.id)}'", problems)

    def _service_problems(self) -> list[str]:
        problems = [problem for one in self.services for problem in id_problems("Service", one)]
        if not self.services:
            problems.append("It names no service: list at least one item id under 'services'.")
        problems += _twice("Service", self.services)
        problems += _twice("Commitment", tuple(one.id for one in self.commitments))
        problems += [
            f"Commitment '{shown(one.id)}' is about '{shown(one.service)}', which is not among the services."
            for one in self.commitments
            if one.service not in self.services
        ]
        return problems

    @property
    def binding(self) -> bool:
        """It was agreed and has not ended: its commitments are counted and forecast."""
        return self.state in BINDING_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage(Value):
    """A stretch of time in which an item or service was down or degraded; no end means it still is.

    `change` is the request that caused it; the part inside its approved window (`planned_start` to
    `planned_end`) is a planned outage, the rest is not. A correction is a new outage that
    `replaces` the old one, which stays. The effect `none` says that it was seen to work: of a
    correction that nothing had happened, of a service that what followed from its items did not.
    """

    id: str
    subject: str
    started: datetime
    ended: datetime | None = None
    effect: str = "outage"
    change: str = ""
    planned_start: datetime | None = None
    planned_end: datetime | None = None
    source: str = ""
    note: str = ""
    replaces: str = ""
    recorded_by: str = ""
    recorded_at: datetime

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Outage", self.id),
            *id_problems("Item or service", self.subject),
            *span_problems("The outage", self.started, self.ended),
            *choice_problems("The effect", self.effect, EFFECTS),
            *name_problems("The source", self.source, required=False),
            *text_problems("The note", self.note),
            *instant_problems("The time of recording", self.recorded_at),
        ]
        if self.planned_start and self.planned_end:
            problems += span_problems("The planned window", self.planned_start, self.planned_end)
        elif self.planned_start or self.planned_end:
            problems.append("A planned window needs both its start and its end.")
        if self.planned_start and not self.change:
            problems.append("A planned window belongs to a change request; none is named.")
        check(f"Outage '{shown(self.id)}'", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Value):
    """That a calamity or an unmet service condition exempts us for a while; only `accepted` ones do.

    `service` empty: for every service of the agreement. `named` is the id of the calamity or condition
    as the agreement lists it; empty where it lists none.
    """

    id: str
    agreement: str
    kind: str = "calamity"
    service: str = ""
    named: str = ""
    start: datetime
    end: datetime
    evidence: str = ""
    state: str = "raised"
    decided_by: str = ""

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Claim", self.id),
            *id_problems("Agreement", self.agreement),
            *(id_problems("Service", self.service) if self.service else []),
            *(id_problems("What is claimed", self.named) if self.named else []),
            *choice_problems("The kind", self.kind, CLAIM_KINDS),
            *choice_problems("The state", self.state, CLAIM_STATES),
            *span_problems("The claim", self.start, self.end),
            *text_problems("The evidence", self.evidence),
        ]
        if self.state != "raised" and not self.decided_by:
            problems.append(f"A claim that is {self.state} names who decided it.")
        check(f"Claim '{shown(self.id)}'", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWork(Value):
    """What a change request will take down, when and for how long; written by its request.

    `expected` and `worst` are seconds of outage. `down_from` is the planned start of the outage; not
    given, it may fall anywhere inside the window. `tentative` work waits for its decision.
    `unplanned` work (an emergency, a question about a fault) is never exempt as a planned outage.
    """

    reference: str
    window_start: datetime
    window_end: datetime
    down: tuple[str, ...] = ()
    expected: int = 0
    worst: int = 0
    down_from: datetime | None = None
    tentative: bool = False
    unplanned: bool = False

    def __post_init__(self) -> None:
        problems = [
            *name_problems("The reference", self.reference),
            *span_problems("The window", self.window_start, self.window_end),
            *(problem for one in self.down for problem in id_problems("Item", one)),
            *(instant_problems("The start of the outage", self.down_from) if self.down_from else []),
        ]
        if self.expected < 0:
            problems.append(f"The expected outage of {self.expected} s is negative.")
        if self.worst < self.expected:
            problems.append(
                f"The worst outage of {self.worst} s is shorter than the expected {self.expected} s."
            )
        if not problems and self.down_from and not self.window_start <= self.down_from < self.window_end:
            problems.append(f"The outage starts at {rfc3339(self.down_from)}, outside the window.")
        check(f"The planned work of {shown(self.reference)}", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(Value):
    """A time of the calendar kept here: in which nothing planned may touch something, or when it may.

    `kind` `freeze` bars planned work; an `agreed window` is where it has to lie. With `rules` it comes
    back, by the wall clock of `zone`, from `start` until `end`; no end means until it is lifted. It
    concerns `services` that are hit, `items` and items of `types` that are touched, services in `below`
    that need what is changed or taken down; without any of these, everything. `owner` keeps it.
    The text of the rules is understood by `cmdb.calendar`, what is concerned by `cmdb.freezes`.
    """

    id: str
    title: str
    start: datetime
    end: datetime | None = None
    services: tuple[str, ...] = ()
    reason: str = ""
    kind: str = "freeze"
    rules: tuple[Recurrence, ...] = ()
    zone: str = "UTC"
    items: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    owner: str = ""

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Freeze", self.id),
            *choice_problems("The kind", self.kind, CALENDAR_KINDS),
            *name_problems("The title", self.title),
            *name_problems("The zone", self.zone),
            *(problem for one in (*self.services, *self.below) for problem in id_problems("Service", one)),
            *(problem for one in self.items for problem in id_problems("Item", one)),
            *(problem for one in self.types for problem in id_problems("Type", one)),
            *text_problems("The reason", self.reason),
        ]
        if self.end is not None:
            problems += span_problems(f"The {self.kind}", self.start, self.end)
        elif not self.rules:
            problems.append(f"The {self.kind} has no end.")
        else:
            problems += instant_problems("The start", self.start)
        for name in ("services", "items", "types", "below"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                problems.append(f"Something is named twice among its {name}.")
        check(f"{self.kind.capitalize()} '{shown(self.title)}'", problems)

    @property
    def about(self) -> tuple[object, ...]:
        """When it is and what it concerns: two entries that agree in this are the same one twice."""
        scope = (self.services, self.items, self.types, self.below)
        when = (self.rules, self.zone) if self.rules else (self.start,)
        return (self.kind, when, self.end, *map(frozenset, scope))

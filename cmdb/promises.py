"""What was promised and what came of it: agreements, commitments, outages, claims, planned work.

Frozen values, standard library only. They say what was agreed; `cmdb.availability` counts it.
Nothing here reads a clock, a zone or a calendar.
Source: rules.md 4; IT Service CMM, Service Commitment Management, Activity 3.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from cmdb.bound import BINDING_STATES
from cmdb.checks import FIRST_YEAR, LAST_YEAR
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
ATTRIBUTES = ("availability",)
COMPARATORS = (">=",)
UNITS = ("%",)
STATISTICS = ("ratio",)
PERIODS = ("day", "week", "month", "quarter", "year", "rolling")
PLANNED_COUNTS = ("no", "beyond the agreed windows", "yes")
HOLIDAY_RULES = ("excluded", "included")
EFFECTS = ("none", "degraded", "outage")
CLAIM_KINDS = ("calamity", "unmet condition")
CLAIM_STATES = ("raised", "accepted", "refused")

DAY = 86_400
ROLLING_LIMIT = 3_660
LENGTH_LIMIT = 31 * DAY

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")


def instant_problems(label: str, at: datetime) -> list[str]:
    """Say what is wrong with an instant: aware, UTC, whole seconds, a year people plan in."""
    if at.tzinfo is None or at.utcoffset() != UTC.utcoffset(None):
        return [f"{label} {at.isoformat()} is not in UTC."]
    if at.microsecond:
        return [f"{label} {at.isoformat()} has a fraction of a second."]
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        return [f"{label} {at.isoformat()} lies outside the years {FIRST_YEAR} to {LAST_YEAR}."]
    return []


def span_problems(label: str, start: datetime, end: datetime | None) -> list[str]:
    """Say what is wrong with a stretch of time; no end means it is still open."""
    problems = instant_problems(f"{label} start", start)
    if end is not None:
        problems += instant_problems(f"{label} end", end)
        if not problems and end <= start:
            problems.append(
                f"{label} ends at {end.isoformat()}, which is not after its start {start.isoformat()}."
            )
    return problems


def date_problems(label: str, text: str) -> list[str]:
    """Say what is wrong with a calendar date written `2026-11-22`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return [f"{label} '{shown(text)}' is no date: write it like 2026-11-22."]
    if day.isoformat() != text or not FIRST_YEAR <= day.year <= LAST_YEAR:
        return [f"{label} '{shown(text)}' is no date from {FIRST_YEAR} to {LAST_YEAR} like 2026-11-22."]
    return []


def _twice(label: str, ids: tuple[str, ...]) -> list[str]:
    return [f"{label} '{shown(one)}' is listed twice." for one in sorted(set(ids)) if ids.count(one) > 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence(Value):
    """A stretch of wall-clock time that comes back on certain days.

    `rule` is an RFC 5545 recurrence of days, such as `FREQ=WEEKLY;BYDAY=MO,TU`; `start` is the wall
    clock time it begins (`08:00`), `length` its wall-clock seconds: 22:00 and 8 h ends when the
    clock reads 06:00, however long that night is. `first` is the date the recurrence counts from,
    needed where the rule counts (INTERVAL, COUNT) or does not name the day itself.
    The text of the rule is understood by `cmdb.calendar`, which also says what is wrong with it.
    """

    rule: str
    start: str = "00:00"
    length: int = DAY
    first: str = ""

    def __post_init__(self) -> None:
        problems = name_problems("The rule", self.rule)
        if not _CLOCK.fullmatch(self.start):
            problems.append(
                f"The start '{shown(self.start)}' is no time of day: write it like 08:00, up to 23:59:59."
            )
        if not 0 < self.length <= LENGTH_LIMIT:
            problems.append(f"The length of {self.length} s is not between 1 s and 31 days.")
        if self.first:
            problems += date_problems("The first day", self.first)
        check(f"The recurrence '{shown(self.rule)}'", problems)

    @property
    def start_s(self) -> int:
        """Seconds after midnight, by the wall clock."""
        hour, minute, *second = self.start.split(":")
        return int(hour) * 3600 + int(minute) * 60 + (int(second[0]) if second else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHours(Value):
    """When a service is due: the union of `rules`; without rules, around the clock.

    `holiday_calendar` is a country (`NL`) or a part of one (`US-NY`). Its days are cut out when
    `holidays` is `excluded`, and are due from midnight to midnight when it is `included`.
    """

    rules: tuple[Recurrence, ...] = ()
    holiday_calendar: str = ""
    holidays: str = "excluded"

    def __post_init__(self) -> None:
        check(
            "The service hours",
            [
                *name_problems("The holiday calendar", self.holiday_calendar, required=False),
                *choice_problems("What happens on holidays", self.holidays, HOLIDAY_RULES),
            ],
        )

    @property
    def always(self) -> bool:
        """Around the clock on every day: no calendar is needed to know it."""
        return not self.rules and (not self.holiday_calendar or self.holidays == "included")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCommitment(Value):
    """One measurable promise about one service of an agreement.

    `target` is in `unit`: 99.9 with `%`. `period` is a calendar period in the agreement's zone, or
    `rolling` over the last `days` calendar days. `planned` says whether planned outages count: what
    nobody agreed to exempt does. `degraded` says whether being degraded counts as being out.
    """

    id: str
    service: str
    attribute: str = "availability"
    comparator: str = ">="
    target: Decimal
    unit: str = "%"
    statistic: str = "ratio"
    period: str = "month"
    days: int = 0
    hours: ServiceHours = ServiceHours()
    planned: str = "yes"
    degraded: bool = False

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Commitment", self.id),
            *id_problems("Service", self.service),
            *choice_problems("The attribute", self.attribute, ATTRIBUTES),
            *choice_problems("The comparator", self.comparator, COMPARATORS),
            *choice_problems("The unit", self.unit, UNITS),
            *choice_problems("The statistic", self.statistic, STATISTICS),
            *choice_problems("The period", self.period, PERIODS),
            *choice_problems("Whether planned outages count", self.planned, PLANNED_COUNTS),
        ]
        if not self.target.is_finite() or not 0 <= self.target <= 100:
            problems.append(f"The target {self.target} is not between 0 and 100 %.")
        elif len(self.target.as_tuple().digits) > 15:
            problems.append(f"The target {self.target} has more than 15 digits.")
        if self.period == "rolling" and not 1 <= self.days <= ROLLING_LIMIT:
            problems.append(f"A rolling period has 1 to {ROLLING_LIMIT:,} days, not {self.days}.")
        if self.period != "rolling" and self.days:
            problems.append(f"Only a rolling period has a number of days; this one is a {self.period}.")
        check(f"Commitment '{shown(self.id)}'", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAgreement(Value):
    """What we promised a customer, another group, or were promised by a supplier, from when to when.

    `start` and `end` are instants, the end excluded; no end means until further notice. `zone` is
    where its days and hours are read. `notice` is the notice planned work needs, in seconds.
    `manager` is the service delivery manager, a person id; `customer` and `provider` are party ids.
    A controlled record: format `agreement/1`.
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

    `service` empty: for every service of the agreement.
    """

    id: str
    agreement: str
    kind: str = "calamity"
    service: str = ""
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
            problems.append(f"The outage starts at {self.down_from.isoformat()}, outside the window.")
        check(f"The planned work of {shown(self.reference)}", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(Value):
    """A time in which nothing planned may touch certain services; without services, any."""

    id: str
    title: str
    start: datetime
    end: datetime
    services: tuple[str, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        check(
            f"Freeze '{shown(self.id)}'",
            [
                *id_problems("Freeze", self.id),
                *name_problems("The title", self.title),
                *span_problems("The freeze", self.start, self.end),
                *(problem for one in self.services for problem in id_problems("Service", one)),
                *text_problems("The reason", self.reason),
            ],
        )

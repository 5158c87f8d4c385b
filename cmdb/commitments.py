"""One measurable promise about one service, and the hours in which it is due.

Frozen values, standard library only. `cmdb.availability` counts a promised availability,
`cmdb.calendar` understands the hours. Nothing here reads a clock, a zone or a calendar.
Source: rules.md 4, Commitment; IT Service CMM, Service Commitment Management, Activity 3.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from cmdb.dated import date_problems
from cmdb.model import Value, check, choice_problems, id_problems, name_problems, shown

ATTRIBUTES = ("availability",)
COMPARATORS = (">=",)
UNITS = ("%",)
STATISTICS = ("ratio",)
PERIODS = ("day", "week", "month", "quarter", "year", "rolling")
PLANNED_COUNTS = ("no", "beyond the agreed windows", "yes")
HOLIDAY_RULES = ("excluded", "included")

DAY = 86_400
ROLLING_LIMIT = 3_660
LENGTH_LIMIT = 31 * DAY

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")


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

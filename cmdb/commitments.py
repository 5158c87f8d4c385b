"""One measurable promise about one service, and the hours in which it is due.

Frozen values, standard library only. `cmdb.availability` counts a promised availability,
`cmdb.service_levels` what is promised about any other quantity; `cmdb.calendar` understands the
hours. Nothing here reads a clock, a zone or a calendar.
Source: rules.md 4, Commitment; IT Service CMM, Service Commitment Management, Activity 3.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from cmdb.amounts import (
    PERCENT,
    TIMES,
    Amount,
    amount,
    unit_of,
    unit_problems,
    value_problems,
    written,
)
from cmdb.dated import date_problems
from cmdb.errors import Invalid
from cmdb.model import Value, check, choice_problems, id_problems, name_problems, shown

AVAILABILITY = "availability"
QUANTITIES = ("response time", "resolution time", "request processing time")  # or any other by its name
COMPARATORS = (">=", "<=", "<", ">")
COMPARED = {">=": "at least", "<=": "at most", "<": "below", ">": "above"}
FIGURES = ("mean", "median", "maximum", "minimum", "count", "sum")
STATISTICS = (*FIGURES, "p95", "share within 4 h")  # and any other percentile, any other limit
OUTSIDE = ("", "included")
CLOCKS = ("", "elapsed")
PERIODS = ("day", "week", "month", "quarter", "year", "rolling")
PLANNED_COUNTS = ("no", "beyond the agreed windows", "yes")
HOLIDAY_RULES = ("excluded", "included")

DAY = 86_400
ROLLING_LIMIT = 3_660
LENGTH_LIMIT = 31 * DAY

_PERCENTILE = r"p([0-9]{1,2}(?:\.[0-9]{1,4})?|100)"
_SHARE = "share within "
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


class Statistic(NamedTuple):
    """How the values of a period become one figure: its kind, and the `rank` of a percentile.

    A `share` is the part of the values, in per cent, that are at most `within`.
    """

    kind: str
    rank: Decimal = Decimal(0)
    within: Amount = Amount(Decimal(0))


@lru_cache(maxsize=1_024)
def statistic_of(text: str) -> Statistic:
    """Read a statistic: `mean`, `median`, `p95`, `maximum`, `minimum`, `count`, `sum`, `share within 4 h`.

    Raises Invalid for anything else.
    """
    if text in FIGURES:
        return Statistic(text)
    percentile = re.fullmatch(_PERCENTILE, text)
    if percentile and Decimal(percentile[1]) > 0:
        return Statistic("percentile", rank=Decimal(percentile[1]))
    if text.startswith(_SHARE):
        return Statistic("share", within=amount(text.removeprefix(_SHARE)))
    raise Invalid(
        f"The statistic '{shown(text)}' is not one of: {'; '.join(STATISTICS)}.",
        "Any percentile above p0 up to p100, and any limit to be within, can be named.",
    )


def spelled(text: str) -> str:
    """A statistic in the one way it is kept: `p95` for `95th percentile`, `share within 4 h` for `4h`."""
    bare = " ".join(text.lower().split())
    named = re.fullmatch(r"p? ?([0-9.]+)(?:st|nd|rd|th)?(?: percentile)?", bare)
    if named:
        return f"p{named[1]}"
    if bare.startswith(_SHARE):
        # The unit keeps its capitals, if it has any.
        kept = " ".join(text.split())[len(_SHARE) :]
        return f"{_SHARE}{written(*amount(kept))}"
    return {"max": "maximum", "min": "minimum", "average": "mean", "total": "sum"}.get(bare, bare)


def quantity_of(text: str) -> str:
    """The name of a quantity in the one way it is kept: small letters, single spaces."""
    return " ".join(text.lower().split())


def quantity_problems(label: str, text: str) -> list[str]:
    """Say what is wrong with the name of a quantity."""
    found = name_problems(label, text)
    if not found and text != quantity_of(text):
        found.append(f"{label} is kept in small letters: write '{shown(quantity_of(text))}'.")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCommitment(Value):
    """One measurable promise about one service of an agreement.

    `attribute` is `availability`, or the name of a quantity that is observed, such as `response
    time`: then `statistic` says how the observations of a period become one figure, which
    `comparator` sets against `target`. `target` is in `unit`: 99.9 with `%`. `period` is a calendar
    period in the agreement's zone, or `rolling` over the last `days` calendar days. Of an
    availability, `planned` says whether planned outages count: what nobody agreed to exempt does,
    and `degraded` whether being degraded counts as being out. Of a quantity, `outside` says whether
    what was seen outside the service hours counts (`included`; else it does not), and `clock` how a
    duration is measured: in service time, or as time `elapsed`.
    """

    id: str
    service: str
    attribute: str = AVAILABILITY
    comparator: str = ">="
    target: Decimal
    unit: str = PERCENT
    statistic: str = "ratio"
    period: str = "month"
    days: int = 0
    hours: ServiceHours = ServiceHours()
    planned: str = "yes"
    degraded: bool = False
    outside: str = ""
    clock: str = ""

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Commitment", self.id),
            *id_problems("Service", self.service),
            *choice_problems("The comparator", self.comparator, COMPARATORS),
            *choice_problems("The period", self.period, PERIODS),
            *choice_problems("Whether planned outages count", self.planned, PLANNED_COUNTS),
            *(self._observed_problems() if self.observed else self._availability_problems()),
        ]
        if self.period == "rolling" and not 1 <= self.days <= ROLLING_LIMIT:
            problems.append(f"A rolling period has 1 to {ROLLING_LIMIT:,} days, not {self.days}.")
        if self.period != "rolling" and self.days:
            problems.append(f"Only a rolling period has a number of days; this one is a {self.period}.")
        check(f"Commitment '{shown(self.id)}'", problems)

    @property
    def observed(self) -> bool:
        """It is counted from observations; an availability is counted from outages."""
        return self.attribute != AVAILABILITY

    @property
    def counted_in(self) -> str:
        """The unit its observations have to fit; of a count, any does."""
        how = statistic_of(self.statistic)
        return how.within.unit if how.kind == "share" else self.unit

    @property
    def says(self) -> str:
        """The promise in a few words: `p95 of response time at most 4 h`."""
        return f"{self.statistic} of {self.attribute} {self.limit}" if self.observed else self.limit

    @property
    def limit(self) -> str:
        """What the figure is set against: `at most 4 h`; of an availability `99.9 %`."""
        target = written(self.target, self.unit)
        return f"{COMPARED[self.comparator]} {target}" if self.observed else target

    def _availability_problems(self) -> list[str]:
        problems = [
            *choice_problems("The comparator of an availability", self.comparator, (">=",)),
            *choice_problems("The unit of an availability", self.unit, (PERCENT,)),
            *choice_problems("The statistic of an availability", self.statistic, ("ratio",)),
            *_share_problems(self.target),
        ]
        if self.outside or self.clock:
            problems.append("Only what is observed has a clock, or counts outside the service hours.")
        return problems

    def _observed_problems(self) -> list[str]:
        problems = [
            *quantity_problems("The attribute", self.attribute),
            *unit_problems("The unit", self.unit),
            *value_problems("The target", self.target),
            *choice_problems("What is seen outside the service hours", self.outside, OUTSIDE),
            *choice_problems("The clock", self.clock, CLOCKS),
        ]
        if self.unit != unit_of(self.unit):
            problems.append(f"The unit '{shown(self.unit)}' is kept as '{shown(unit_of(self.unit))}'.")
        if self.planned != "yes" or self.degraded:
            problems.append("Planned outages and degradation are about availability; leave them out here.")
        try:
            how = statistic_of(self.statistic)
        except Invalid as unknown:
            return [*problems, unknown.reason]
        if how.kind == "share":
            problems += _share_problems(self.target)
            problems += choice_problems("The unit of a share", self.unit, (PERCENT,))
            problems += choice_problems("The comparator of a share", self.comparator, (">=", ">"))
            if self.comparator == ">" and self.target == 100:
                problems.append("No share is above 100 %.")
            problems += unit_problems("The unit to be within", how.within.unit)
            problems += value_problems("What to be within,", how.within.value)
        if self.clock and self.counted_in not in TIMES:
            problems.append(f"Only a length of time has a clock; this is counted in '{self.counted_in}'.")
        return problems


def _share_problems(target: Decimal) -> list[str]:
    """Say what is wrong with a part of a hundred."""
    if not target.is_finite() or not 0 <= target <= 100:
        return [f"The target {target} is not between 0 and 100 %."]
    if len(target.as_tuple().digits) > 15:
        return [f"The target {target} has more than 15 digits."]
    return []

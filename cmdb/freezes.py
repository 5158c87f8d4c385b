"""The calendar kept here: when each freeze and agreed window is, and whether work is concerned by it.

Services are concerned where the work has an effect on them; items and items of a type (or of one
below it) where the work changes them, takes them down or has an effect on them; "below" a service
is everything it needs, directly or not, that the work changes or takes down.
Reads through the estate and statements given; writes nothing. Source: rules.md 3, Better moments; 5,
Conflicts; RFC 5545, 3.3.10.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cmdb.calendar import recurring, rule_problems
from cmdb.commitments import DAY, Recurrence
from cmdb.errors import Invalid
from cmdb.estate import Estate
from cmdb.intervals import Span, Spans, intersect, moment, seconds, union
from cmdb.periods import zone_of
from cmdb.promises import Freeze

Rows = Callable[..., Iterable[tuple[Any, ...]]]

AHEAD = timedelta(days=5 * 366)  # how far a recurring entry is looked for
RULES = 50  # by which an entry of the calendar comes back, at most


class Touched(NamedTuple):
    """What some planned work touches: services and items hit or changed, their types, what it works on."""

    services: frozenset[str]
    items: frozenset[str]
    types: frozenset[str]
    worked_on: frozenset[str]


def touched(
    estate: Estate,
    rows: Rows,
    *,
    services: Collection[str],
    hit: Collection[str],
    worked_on: Collection[str],
) -> Touched:
    """Give what work touches: `hit` are items it has an effect on, `worked_on` those changed or taken down.

    An item of a type is one of every type above it as well.
    """
    items = frozenset({*hit, *worked_on})
    types = {fact[2] for fact in estate.facts(list(estate.keys(items).values()))}
    above: Mapping[str, str] = {
        str(id): str(parent or "") for id, parent in rows("SELECT id, parent FROM item_type")
    }
    frontier = set(types)
    while frontier:
        frontier = {above.get(one, "") for one in frontier} - types - {""}
        types |= frontier
    return Touched(frozenset(services), items, frozenset(types), frozenset(worked_on))


def concerned(estate: Estate, entries: Iterable[Freeze], by: Touched) -> list[Freeze]:
    """Those entries that concern work which touches all this, in the order given."""
    needs = _Below(estate, by.worked_on)
    return [one for one in entries if _concerns(one, by, needs)]


def _concerns(one: Freeze, by: Touched, needs: "_Below") -> bool:
    if not (one.services or one.items or one.types or one.below):
        return True
    return (
        not by.services.isdisjoint(one.services)
        or not by.items.isdisjoint(one.items)
        or not by.types.isdisjoint(one.types)
        or any(needs.reaches(service) for service in one.below)
    )


class _Below:
    """Whether a service needs any of some items, directly or not, or is one of them."""

    def __init__(self, estate: Estate, wanted: Collection[str]) -> None:
        self.estate = estate
        self.wanted = wanted
        self._keys: set[int] | None = None
        self._known: dict[str, bool] = {}

    def reaches(self, service: str) -> bool:
        """Follow everything the service needs until one of the items is met."""
        if service not in self._known:
            self._known[service] = self._look(service)
        return self._known[service]

    def _look(self, service: str) -> bool:
        if self._keys is None:
            self._keys = set(self.estate.keys(self.wanted).values())
        seen = set(self.estate.keys([service]).values())
        frontier = list(seen) if self._keys else []
        while frontier and self._keys.isdisjoint(seen):
            fresh = {need.target for need in self.estate.needs(frontier) if need.impact} - seen
            seen |= fresh
            frontier = list(fresh)
        return not self._keys.isdisjoint(seen)


def stretches(entry: Freeze, within: Span) -> Spans:
    """When an entry is, whole, as far as it touches a stretch of time (seconds since 1970)."""
    start = seconds(entry.start)
    if not entry.rules:
        end = seconds(entry.end or entry.start)
        return ((start, end),) if start < within[1] and within[0] < end else ()
    reach = max(rule.start_s + rule.length for rule in entry.rules) + DAY
    wide = within[0] - reach, within[1] + reach
    end = seconds(entry.end) if entry.end else wide[1]
    found = intersect(recurring(entry.rules, zone_of(entry.zone), wide), union([(start, end)]))
    return tuple(one for one in found if one[0] < within[1] and within[0] < one[1])


def next_of(entry: Freeze, at: datetime) -> tuple[datetime, datetime] | None:
    """When an entry is for the first time that is not over; None when it is over for good."""
    first = seconds(at)
    last = seconds(at + AHEAD)
    step = 32 * DAY
    while first < last:
        found = stretches(entry, (first, min(last, first + step)))
        if found:
            return moment(found[0][0]), moment(found[0][1])
        first, step = first + step, step * 4
    return None


def problems(entry: Freeze) -> list[str]:
    """What is wrong with the zone and the rules of a new entry: an empty list when nothing is."""
    try:
        zone_of(entry.zone)
    except Invalid as unknown:
        return [unknown.reason]
    if len(entry.rules) > RULES:
        return [f"It comes back by {len(entry.rules):,} rules, {RULES} at most: one rule can name many days."]
    if len(set(entry.rules)) < len(entry.rules):
        return ["The same rule is given twice."]
    found = [
        problem
        for number, rule in enumerate(entry.rules)
        for problem in rule_problems(f"rule {number + 1}", rule)
    ]
    if not found and entry.rules and next_of(entry, entry.start) is None:
        found.append("It falls on no day in the next five years.")
    return found


_DAYS = {"MO": "Mon", "TU": "Tue", "WE": "Wed", "TH": "Thu", "FR": "Fri", "SA": "Sat", "SU": "Sun"}
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_WHICH = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last"}


def said(rule: Recurrence) -> str:
    """The days of a rule as a person says them; the rule itself where there are no few words for it."""
    named = dict(part.partition("=")[::2] for part in rule.rule.split(";"))
    named.pop("WKST", None)
    days, month, number = named.get("BYDAY", ""), named.get("BYMONTH", ""), named.get("BYMONTHDAY", "")
    match named.pop("FREQ"), sorted(named):
        case "DAILY", []:
            return "every day"
        case "WEEKLY" | "DAILY", ["BYDAY"] if all(one in _DAYS for one in days.split(",")):
            return "every " + ", ".join(_DAYS[one] for one in days.split(","))
        case "MONTHLY", ["BYDAY"] if days[-2:] in _DAYS and days[:-2] in _WHICH:
            return f"every {_WHICH[days[:-2]]} {_DAYS[days[-2:]]} of the month"
        case "MONTHLY", ["BYMONTHDAY"] if number == "-1":
            return "every last day of the month"
        case "MONTHLY", ["BYMONTHDAY"] if number.isdecimal():
            return f"every month on day {number}"
        case "YEARLY", ["BYMONTH", "BYMONTHDAY"] if number.isdecimal() and month.isdecimal():
            return f"every {number} {_MONTHS[int(month) - 1]}"
    return rule.rule

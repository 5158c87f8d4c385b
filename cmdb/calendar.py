"""Recurring hours as exact stretches of time: service hours, maintenance windows, public holidays.

Recurrence is dateutil's, holidays are the `holidays` library's, zones are zoneinfo's; what is ours
is one rule: recurrences name *days*, hours are read from the wall clock of the zone, and
`cmdb.periods.instant_of` turns those readings into time. Pure.
Apart from `cmdb.availability` so that a promise made around the clock is counted without loading
the calendar libraries.
Source: rules.md 4; RFC 5545, 3.3.10.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib import import_module
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from cmdb.commitments import DAY, Recurrence, ServiceHours
from cmdb.errors import Invalid
from cmdb.intervals import NEVER, Span, Spans, intersect, subtract, union
from cmdb.model import shown
from cmdb.periods import day_of, instant_of, midnight

# Loaded when an agreement first names a holiday calendar: it costs half as much as a whole answer.
HOLIDAYS = "holidays"
_PART = re.compile(r"([A-Z]+)=([A-Z0-9,+-]+)")
_ALLOWED = {
    "DAILY": {"BYDAY"},
    "WEEKLY": {"BYDAY", "BYMONTH"},
    "MONTHLY": {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "BYWEEKNO", "BYYEARDAY"},
}
_COUNTING = {"INTERVAL", "COUNT"}
_EVERYWHERE = {"FREQ", "UNTIL", "WKST"} | _COUNTING
_INTERVAL_LIMIT, _COUNT_LIMIT = 1_000, 10_000
# How far each part counts, from the end as well unless it is a month: RFC 5545, 3.3.10.
_REACH = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYWEEKNO": 53, "BYYEARDAY": 366, "BYSETPOS": 366}
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}")
_WEEKDAY = re.compile(r"([+-]?[0-9]{0,3})(MO|TU|WE|TH|FR|SA|SU)")
_HORIZON = timedelta(days=5 * 366)


def service_time(hours: ServiceHours, zone: ZoneInfo, span: Span) -> Spans:
    """When a service is due inside a stretch of time."""
    if hours.always:
        return union([span])
    due = recurring(hours.rules, zone, span) if hours.rules else union([span])
    if not hours.holiday_calendar:
        return due
    days = _holidays_in(hours.holiday_calendar, zone, span)
    return subtract(due, days) if hours.holidays == "excluded" else union(due, days)


def recurring(rules: tuple[Recurrence, ...], zone: ZoneInfo, span: Span) -> Spans:
    """The union of recurrences inside a stretch of time, by the wall clock of a zone."""
    return intersect(union(*(_windows(rule, zone, span) for rule in rules)), union([span]))


def rule_problems(label: str, rule: Recurrence) -> list[str]:
    """Say what is wrong with the text of a recurrence: an empty list when nothing is."""
    parts = rule.rule.split(";")
    matched = [_PART.fullmatch(part) for part in parts]
    if not all(matched):
        wrong = next(part for part, match in zip(parts, matched, strict=True) if not match)
        return [f"{label}: '{shown(wrong)}' is not read; write it like FREQ=WEEKLY;BYDAY=MO,TU."]
    pairs = [(match[1], match[2]) for match in matched if match]
    named = dict(pairs)
    if len(named) < len(pairs):
        return [f"{label}: '{shown(rule.rule)}' says something twice."]
    allowed = _ALLOWED.get(named.get("FREQ", ""))
    if allowed is None:
        return [f"{label}: '{shown(rule.rule)}' must have FREQ=DAILY, WEEKLY, MONTHLY or YEARLY."]
    problems = [
        f"{label}: {key} does not go with FREQ={named['FREQ']}."
        for key in named
        if key not in allowed | _EVERYWHERE
    ]
    problems += _number_problems(label, named) + _reach_problems(label, named)
    if problems:
        return problems
    problems = _first_problems(label, named, rule)
    try:
        _compiled(rule.rule, date(2000, 1, 1))
    except ValueError as wrong:
        problems.append(f"{label}: '{shown(rule.rule)}' is no recurrence: {wrong}.")
    return problems


def hours_problems(label: str, hours: ServiceHours) -> list[str]:
    """Say what is wrong with service hours: their rules and their holiday calendar."""
    problems = [
        problem
        for number, rule in enumerate(hours.rules)
        for problem in rule_problems(f"{label}.rules[{number}]", rule)
    ]
    if hours.holiday_calendar:
        try:
            _holiday_dates(hours.holiday_calendar, 2026)
        except Invalid as unknown:
            problems.append(f"{label}.holidays: {unknown.reason}")
    return problems


def matches(rule: Recurrence, start: date, end: date | None = None) -> bool:
    """Whether a recurrence falls on any day from `start` to `end`, or within five years of it."""
    after = datetime.combine(start, time())
    before = datetime.combine(end, time()) if end else after + _HORIZON
    return next(_days(rule, after, before), None) is not None


def holidays_of(calendar: str, year: int) -> dict[date, str]:
    """The public holidays of a country (`NL`) or part of one (`US-NY`), with their names.

    Raises Invalid when there is no such calendar.
    """
    return dict(_holiday_dates(calendar, year))


def _number_problems(label: str, named: dict[str, str]) -> list[str]:
    problems = []
    for key, limit in (("INTERVAL", _INTERVAL_LIMIT), ("COUNT", _COUNT_LIMIT)):
        value = named.get(key, "1")
        if not re.fullmatch(r"[0-9]{1,6}", value) or not 1 <= int(value) <= limit:
            problems.append(f"{label}: {key}={shown(value)} is not between 1 and {limit:,}.")
    if not re.fullmatch(r"[0-9]{8}", named.get("UNTIL", "20000101")):
        problems.append(f"{label}: UNTIL={shown(named['UNTIL'])} is no day: write it like 20261231.")
    return problems


def _reach_problems(label: str, named: dict[str, str]) -> list[str]:
    """Parts that name no day of any year: the library would look for one for long, or break."""
    problems = []
    for key, limit in _REACH.items():
        for one in named[key].split(",") if key in named else ():
            lowest = 1 if key == "BYMONTH" else -limit
            if not _NUMBER.fullmatch(one) or not lowest <= int(one) <= limit or int(one) == 0:
                signs = "" if key == "BYMONTH" else ", or as many from the end with a minus"
                problems.append(f"{label}: {key}={shown(one)} is not between 1 and {limit}{signs}.")
    weeks = 53 if named["FREQ"] == "YEARLY" and "BYMONTH" not in named else 5
    for one in named["BYDAY"].split(",") if "BYDAY" in named else ():
        day = _WEEKDAY.fullmatch(one)
        if not day:
            problems.append(
                f"{label}: BYDAY={shown(one)} is no day; write it like MO, or 2TU for the second."
            )
        elif day[1] and (not _NUMBER.fullmatch(day[1]) or not 1 <= abs(int(day[1])) <= weeks):
            problems.append(f"{label}: BYDAY={shown(one)} is none: there are at most {weeks} of a day.")
    return problems


def _first_problems(label: str, named: dict[str, str], rule: Recurrence) -> list[str]:
    """A rule that counts, or leaves the day open, means nothing without the day it counts from."""
    if rule.first:
        return []
    counting = sorted(_COUNTING & set(named))
    names_day = named["FREQ"] == "DAILY" or any(
        key in named for key in ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")
    )
    if counting:
        return [f"{label}: {' and '.join(counting)} counts from a day; give it as 'first'."]
    if not names_day:
        return [f"{label}: '{shown(rule.rule)}' names no day; add BYDAY or BYMONTHDAY, or give 'first'."]
    if "BYWEEKNO" in named and "BYDAY" not in named:
        return [f"{label}: BYWEEKNO names a week, not a day; add BYDAY, or give 'first'."]
    return []


@lru_cache(maxsize=1_024)
def _compiled(text: str, first: date) -> rrule:
    rule = rrulestr(text, dtstart=datetime.combine(first, time()))
    if isinstance(rule, rruleset):  # pragma: no cover - a single RRULE never makes a set
        raise ValueError("it is more than one rule")
    return rule


def _days(rule: Recurrence, after: datetime, before: datetime) -> Iterator[datetime]:
    """Days a rule falls on, both ends included, as naive midnights."""
    for year in range(after.year, before.year + 1):
        yield from (day for day in _days_of_year(rule.rule, rule.first, year) if after <= day <= before)


@lru_cache(maxsize=8_192)
def _days_of_year(text: str, first: str, year: int) -> tuple[datetime, ...]:
    """Days of one year: an agreement is asked about the same year again and again.

    A rule without a first day names its days itself, so it may be counted from any New Year.
    """
    new_year = date(year, 1, 1)
    rule = _compiled(text, date.fromisoformat(first) if first else new_year)
    last = datetime.combine(date(year, 12, 31), time())
    return tuple(rule.between(datetime.combine(new_year, time()), last, inc=True))


def _windows(rule: Recurrence, zone: ZoneInfo, span: Span) -> Iterator[Span]:
    """The stretches of one recurrence that can touch a stretch of time."""
    # A window may begin days before it reaches the stretch; one day more covers any zone change.
    reach = timedelta(days=(rule.start_s + rule.length) // DAY + 2)
    after = datetime.combine(day_of(span[0], zone) - reach, time())
    before = datetime.combine(day_of(span[1], zone) + timedelta(days=1), time())
    begin, lasts = timedelta(seconds=rule.start_s), timedelta(seconds=rule.length)
    for day in _days(rule, after, before):
        yield instant_of(day + begin, zone), instant_of(day + begin + lasts, zone)


def _holidays_in(calendar: str, zone: ZoneInfo, span: Span) -> Spans:
    first, last = day_of(span[0], zone), day_of(span[1], zone)
    days = [
        (midnight(day, zone), midnight(day + timedelta(days=1), zone))
        for year in range(first.year, last.year + 1)
        for day, _ in _holiday_dates(calendar, year)
    ]
    return intersect(union(days), union([span])) if days else NEVER


@lru_cache(maxsize=1_024)
def _holiday_dates(calendar: str, year: int) -> tuple[tuple[date, str], ...]:
    country, _, part = calendar.partition("-")
    try:
        found = import_module(HOLIDAYS).country_holidays(country, subdiv=part or None, years=year)
    except NotImplementedError as unknown:
        raise Invalid(
            f"There is no holiday calendar '{shown(calendar)}'.",
            "Use a country such as NL, or a country and a part of it such as US-NY or AU-NSW.",
        ) from unknown
    return tuple(sorted(found.items()))

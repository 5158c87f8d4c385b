"""Calendar periods of a place as exact stretches of UTC seconds.

Days, weeks, months, quarters and years begin at midnight by the wall clock of a zone; all
arithmetic is on UTC seconds after that. Pure: nothing here reads a clock.

A wall-clock time is turned into an instant by one rule that never runs backwards, so that
stretches which touch on the wall clock touch in time too:
- a time that comes twice (clocks go back) is its first coming, so the repeated hour belongs to the
  stretch that runs through it;
- a time that never comes (clocks go forward, or a day is skipped) is the moment of the jump.
Source: rules.md 4.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cmdb.errors import Invalid
from cmdb.intervals import Span, moment, seconds
from cmdb.model import shown

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The zone with an IANA name. Raises Invalid when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as unknown:
        raise Invalid(
            f"There is no time zone '{shown(name)}'.", "Use an IANA name such as Europe/Amsterdam or UTC."
        ) from unknown


@lru_cache(maxsize=65_536)
def instant_of(wall: datetime, zone: ZoneInfo) -> int:
    """UTC seconds at which the wall clock of a zone first reads `wall` or jumps over it.

    `wall` has no zone and whole seconds. Never runs backwards: an earlier reading is never later.
    """
    first = wall.replace(tzinfo=zone, fold=0)
    late = seconds(first.astimezone(UTC))
    if _reading(late, zone) == wall:
        return late
    early = seconds(wall.replace(tzinfo=zone, fold=1).astimezone(UTC))
    while late - early > 1:
        middle = (early + late) // 2
        if _reading(middle, zone) < wall:
            early = middle
        else:
            late = middle
    return late


def midnight(day: date, zone: ZoneInfo) -> int:
    """UTC seconds at which a day begins in a zone."""
    return instant_of(datetime.combine(day, time()), zone)


def day_of(at: int, zone: ZoneInfo) -> date:
    """The calendar day it is in a zone at a moment.

    The latest day that has begun by then: where clocks go back over midnight, the repeated hour
    stays with the day that had begun.
    """
    day = _reading(at, zone).date()
    while midnight(day + timedelta(days=1), zone) <= at:
        day += timedelta(days=1)
    return day


def period_at(kind: str, at: int, zone: ZoneInfo, days: int = 0) -> Span:
    """The period a moment lies in: the calendar one, or for `rolling` the `days` days ending that day."""
    first, after = _days(kind, day_of(at, zone), days)
    return midnight(first, zone), midnight(after, zone)


def periods_between(kind: str, start: int, end: int, zone: ZoneInfo, days: int = 0) -> list[Span]:
    """Every period that shares time with a stretch, in order.

    Rolling periods: one for each day on which the `days` days up to it share time with the stretch.
    """
    found: list[Span] = []
    day = day_of(start, zone)
    last = day_of(end - 1, zone) if end > start else day
    if kind == "rolling":
        last += timedelta(days=days - 1)
    while day <= last:
        first, after = _days(kind, day, days)
        if kind != "rolling":
            found.append((midnight(first, zone), midnight(after, zone)))
            day = after
            continue
        # Where a zone left a day out, no period ends with the day that never was.
        if midnight(day, zone) < midnight(after, zone):
            found.append((midnight(first, zone), midnight(after, zone)))
        day = after
    return [one for one in found if one[0] < one[1]]


def _days(kind: str, day: date, days: int) -> tuple[date, date]:
    """First day of the period a day lies in, and the first day after it."""
    if kind == "day":
        return day, day + timedelta(days=1)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    if kind == "rolling":
        return day - timedelta(days=days - 1), day + timedelta(days=1)
    months = _MONTHS[kind]
    month = day.year * 12 + (day.month - 1) // months * months
    after = month + months
    return date(month // 12, month % 12 + 1, 1), date(after // 12, after % 12 + 1, 1)


def _reading(at: int, zone: ZoneInfo) -> datetime:
    """What the wall clock of a zone reads at a moment."""
    return moment(at).astimezone(zone).replace(tzinfo=None, fold=0)

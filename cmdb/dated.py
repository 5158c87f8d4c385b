"""What is wrong with an instant, a stretch of time or a date: what dated values are checked with.

Standard library only. Nothing here reads a clock. Times in sentences are RFC 3339 in UTC, which who shows
them to people turns into the clock of the site.
"""

from datetime import UTC, date, datetime

from cmdb.checks import FIRST_YEAR, LAST_YEAR, shown
from cmdb.instants import rfc3339


def instant_problems(label: str, at: datetime) -> list[str]:
    """Say what is wrong with an instant: aware, UTC, whole seconds, a year people plan in."""
    if at.tzinfo is None or at.utcoffset() != UTC.utcoffset(None):
        return [f"{label} {at.isoformat()} is not in UTC."]
    if at.microsecond:
        return [f"{label} {at.isoformat()} has a fraction of a second."]
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        return [f"{label} {rfc3339(at)} lies outside the years {FIRST_YEAR} to {LAST_YEAR}."]
    return []


def span_problems(label: str, start: datetime, end: datetime | None) -> list[str]:
    """Say what is wrong with a stretch of time; no end means it is still open."""
    problems = instant_problems(f"{label} start", start)
    if end is not None:
        problems += instant_problems(f"{label} end", end)
        if not problems and end <= start:
            problems.append(f"{label} ends at {rfc3339(end)}, which is not after its start {rfc3339(start)}.")
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

"""What people type on the command line, read into values: moments, durations, key=value.

Nothing here reads a clock: `now` is a parameter.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cmdb.canonical import instant, rfc3339
from cmdb.checks import FIRST_YEAR, LAST_YEAR, shown
from cmdb.errors import Invalid

_DURATION = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,7})m)?(?:(\d{1,9})s)?", re.ASCII)
_LOCAL = re.compile(r"(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{1,2}:\d{2}(?::\d{2})?)(?: ([A-Z]{2,5}))?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AFTER = re.compile(r"\+(.+)")
_NAMED = re.compile(r"(?:(\d{1,2}) )?([A-Za-z]{3,9})(?: (\d{4}))?(?: (\d{1,2}:\d{2}(?::\d{2})?))?", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}
_HOW = "Write 22:00, tomorrow 06:00, sat 22:00, 22 Nov 22:00, +2h or 2026-11-22T22:00:00Z."


def moment(text: str, *, zone: str, now: datetime, past: bool = False) -> datetime:
    """Read a moment: RFC 3339; `22:00`, `2026-11-22 22:00` or `2026-11-22` (its first moment) in the
    site's zone; `tonight 22:00`, `tomorrow 06:00`, `sat 22:00`, `22 Nov 22:00`; `+2h` from now; `now`.

    A clock time alone is today's. With `past`, for what has happened: one that lies ahead is
    yesterday's, and a day of the week is the last one, not the next. Raises Invalid, also for a time
    the clocks skip or show twice, and for years nobody plans in.
    """
    text = " ".join(text.split())
    if text == "now":
        return now
    after = _AFTER.fullmatch(text)
    if after:
        return now + timedelta(seconds=seconds(after[1]))
    found = _written(_dated(text, ZoneInfo(zone), now, past), zone=zone, now=now)
    if past and found > now and re.fullmatch(r"\d{1,2}:\d{2}(?::\d{2})?", text, re.ASCII):
        yesterday = now.astimezone(ZoneInfo(zone)) - timedelta(days=1)
        found = _written(f"{yesterday:%Y-%m-%d} {text}", zone=zone, now=now)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        # The first hours of 1970 in Amsterdam are the last ones of 1969 in UTC.
        if found.year == FIRST_YEAR - 1 and found.astimezone(ZoneInfo(zone)).year == FIRST_YEAR:
            return datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
        raise Invalid(
            f"'{shown(text)}' lies outside the years {FIRST_YEAR} to {LAST_YEAR}.", "Give a time within them."
        )
    return found


def window(text: str, *, zone: str, now: datetime) -> tuple[datetime, int]:
    """Read a window: a start and how long, such as `tonight 22:00 +2h`, `tomorrow 06:00 4h`, `22:00 2h`.

    The length comes last; the start is read by `moment`. A clock time alone whose window is over
    means tomorrow's. Gives the start and seconds. Raises Invalid.
    """
    start, _, length = " ".join(text.split()).rpartition(" ")
    if not start:
        raise Invalid(
            f"'{shown(text)}' is not a start and a length.", "Write it like 22:00 2h, or tomorrow 06:00 4h."
        )
    lasts = seconds(length.removeprefix("+"))
    if not lasts:
        raise Invalid("The window lasts no time.", "Give its length, such as 2h.")
    begins = moment(start, zone=zone, now=now)
    if begins + timedelta(seconds=lasts) <= now and ":" in start and " " not in start and len(start) <= 8:
        begins = moment(f"tomorrow {start}", zone=zone, now=now)
    return begins, lasts


def _dated(text: str, here: ZoneInfo, now: datetime, past: bool) -> str:
    """Give what names a day in words as `2026-11-22 22:00`; anything else as it is."""
    if _DAY.fullmatch(text):
        return f"{text} 00:00"
    words = _NAMED.fullmatch(text)
    if words is None:
        return text
    number, name, year, time = words.groups()
    today, name = now.astimezone(here).date(), name.lower()
    if number and name[:3] in _MONTHS:
        month = _MONTHS.index(name[:3]) + 1
        return f"{int(year or today.year):04d}-{month:02d}-{int(number):02d} {time or '00:00'}"
    if number or year:
        return text
    if name in _DAYS:
        day = today + timedelta(days=_DAYS[name])
    else:
        named = [place for place, one in enumerate(_WEEK) if one.startswith(name)]
        if len(named) != 1:
            return text
        ahead = (named[0] - today.weekday()) % 7
        later = f"{time or '0:00':0>5}" > f"{now.astimezone(here):%H:%M}"
        if past:
            ahead -= 7 if ahead or later else 0
        elif not ahead and not later:
            ahead = 7
        day = today + timedelta(days=ahead)
    if name == "tonight" and not time:
        raise Invalid("'tonight' needs its hour.", "Write it like tonight 22:00.")
    return f"{day:%Y-%m-%d} {time or '00:00'}"


def _written(text: str, *, zone: str, now: datetime) -> datetime:
    local = _LOCAL.fullmatch(text)
    if local is None:
        return _exact(text)
    here = ZoneInfo(zone)
    day = local[1] or f"{now.astimezone(here):%Y-%m-%d}"
    try:
        naive = datetime.fromisoformat(f"{day}T{local[2]:0>{8 if local[2].count(':') == 2 else 5}}")
    except ValueError as wrong:
        raise Invalid(f"'{text}' is not a time.", _HOW) from wrong
    if local[3]:
        return _in_zone(naive, here, local[3], text)
    first, second = (naive.replace(tzinfo=here, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        # The later of the two offsets comes first where the clocks go back, and last where they skip.
        skipped = first.astimezone(UTC) > second.astimezone(UTC)
        raise Invalid(
            f"The clocks of {zone} {'skip' if skipped else 'show twice'} {naive.isoformat(' ')}.",
            f"Say which you mean: {rfc3339(first)} or {rfc3339(second)}.",
        )
    return instant(first.isoformat())


def _exact(text: str) -> datetime:
    try:
        return instant(text)
    except Invalid as wrong:
        if text[:4].isdigit() and "T" in text:
            raise
        raise Invalid(f"'{shown(text)}' is not a time.", _HOW) from wrong


def _in_zone(naive: datetime, here: ZoneInfo, name: str, text: str) -> datetime:
    """A time as we write it, `2026-11-22 23:00 CET`: the zone is the site's own name for it, or UTC."""
    if name == "UTC":
        return naive.replace(tzinfo=UTC)
    for fold in (0, 1):
        found = naive.replace(tzinfo=here, fold=fold)
        if found.tzname() == name and found.astimezone(UTC).astimezone(here).replace(tzinfo=None) == naive:
            return instant(found.isoformat())
    raise Invalid(
        f"'{shown(text)}' names no zone of this site at that time.",
        f"Leave the zone out ({here.key} is meant), or write it like 2026-11-22T22:00:00Z.",
    )


def seconds(text: str) -> int:
    """Read a duration into seconds: `38m`, `1h30m`, `90s`, `2h`, `1d`. Raises Invalid."""
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise Invalid(f"'{shown(text)}' is no duration.", "Write it like 38m, 1h30m, 90s, 2h or 1d.")
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def pairs(given: Sequence[str]) -> dict[str, Any]:
    """Read `name=content` pairs; content that is JSON (a number, true, a list) is read as such.

    Empty content is None: it takes the entry away. Raises Invalid naming every word without `=`.
    """
    wrong = [one for one in given if "=" not in one or one.startswith("=")]
    if wrong:
        raise Invalid(f"'{wrong[0]}' is not NAME=CONTENT.", "Write it like model=QFX5120.", wrong[1:])
    found: dict[str, Any] = {}
    for one in given:
        name, _, content = one.partition("=")
        found[name] = _content(content)
        if isinstance(found[name], str) and not content.startswith('"'):
            refuse_lines(name, content)
    return found


def refuse_lines(name: str, content: str) -> None:
    """Raise Invalid for a line break or a tab in what is typed for one field: a paste brought it along."""
    if any(letter in "\n\r\t\v\f" for letter in content):
        raise Invalid(
            f"The content of '{shown(name)}' holds a line break or a tab.",
            "Type it in one line; a text of several lines is written into a file.",
        )


def _content(text: str) -> Any:
    if not text:
        return None
    if text[0] in '[{"' or text in ("true", "false") or re.fullmatch(r"-?[1-9][0-9]{0,17}|0", text):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text

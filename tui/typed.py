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
_LOCAL = re.compile(r"(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{2}:\d{2}(?::\d{2})?)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AFTER = re.compile(r"\+(.+)")


def moment(text: str, *, zone: str, now: datetime) -> datetime:
    """Read a moment: RFC 3339; `22:00`, `2026-11-22 22:00` or `2026-11-22` (its first moment) in the
    site's zone; `+2h` from now; `now`.

    Raises Invalid, also for a time the clocks skip or show twice, and for years nobody plans in.
    """
    if text == "now":
        return now
    after = _AFTER.fullmatch(text)
    if after:
        return now + timedelta(seconds=seconds(after[1]))
    found = _written(f"{text} 00:00" if _DAY.fullmatch(text) else text, zone=zone, now=now)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Invalid(
            f"'{shown(text)}' lies outside the years {FIRST_YEAR} to {LAST_YEAR}.", "Give a time within them."
        )
    return found


def _written(text: str, *, zone: str, now: datetime) -> datetime:
    local = _LOCAL.fullmatch(text)
    if local is None:
        return instant(text)
    here = ZoneInfo(zone)
    day = local[1] or f"{now.astimezone(here):%Y-%m-%d}"
    try:
        naive = datetime.fromisoformat(f"{day}T{local[2]}")
    except ValueError as wrong:
        raise Invalid(f"'{text}' is not a time.", "Write 22:00, or 2026-11-22T22:00:00Z.") from wrong
    first, second = (naive.replace(tzinfo=here, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        # The later of the two offsets comes first where the clocks go back, and last where they skip.
        skipped = first.astimezone(UTC) > second.astimezone(UTC)
        raise Invalid(
            f"The clocks of {zone} {'skip' if skipped else 'show twice'} {naive.isoformat(' ')}.",
            f"Say which you mean: {rfc3339(first)} or {rfc3339(second)}.",
        )
    return instant(first.isoformat())


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
    return found


def _content(text: str) -> Any:
    if not text:
        return None
    if text[0] in '[{"' or text in ("true", "false") or re.fullmatch(r"-?[1-9][0-9]{0,17}|0", text):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text

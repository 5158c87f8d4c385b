"""What people type on the command line, read into values: moments, durations, key=value.

Nothing here reads a clock: `now` is a parameter.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cmdb.canonical import instant
from cmdb.errors import Invalid

_DURATION = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,7})m)?(?:(\d{1,9})s)?")
_LOCAL = re.compile(r"(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{2}:\d{2}(?::\d{2})?)")
_AFTER = re.compile(r"\+(.+)")


def moment(text: str, *, zone: str, now: datetime) -> datetime:
    """Read a moment: RFC 3339; `22:00` or `2026-11-22 22:00` in the site's zone; `+2h` from now; `now`.

    Raises Invalid.
    """
    if text == "now":
        return now
    after = _AFTER.fullmatch(text)
    if after:
        return now + timedelta(seconds=seconds(after[1]))
    local = _LOCAL.fullmatch(text)
    if local is None:
        return instant(text)
    here = ZoneInfo(zone)
    day = local[1] or f"{now.astimezone(here):%Y-%m-%d}"
    try:
        naive = datetime.fromisoformat(f"{day}T{local[2]}")
    except ValueError as wrong:
        raise Invalid(f"'{text}' is not a time.", "Write 22:00, or 2026-11-22T22:00:00Z.") from wrong
    return instant(naive.replace(tzinfo=here).isoformat())


def seconds(text: str) -> int:
    """Read a duration into seconds: `38m`, `1h30m`, `90s`, `2h`, `1d`. Raises Invalid."""
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise Invalid(f"'{text}' is no duration.", "Write it like 38m, 1h30m, 90s, 2h or 1d.")
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
        except ValueError:
            return text
    return text

"""Times as people read them: in the zone of the site, with the zone named.

The zone is set once, when the site of a command line is found; without a site it is UTC. Apart
from `tui.printing`, because `tui.context` sets it and lies below. JSON never asks here: it is UTC.
Standard library only.
"""

import re
import threading
from datetime import UTC, datetime, tzinfo

# What a remedy tells people to write stays as it is to be written.
_WRITTEN = re.compile(r"(?<!Write )(?<!like )(?<!\bor )\b(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)")

_this = threading.local()  # the app runs commands in threads


def read_in(zone: tzinfo) -> None:
    """Write times in this zone from now on."""
    _this.zone = zone


def zone() -> tzinfo:
    """The zone in which times are written."""
    found: tzinfo = getattr(_this, "zone", UTC)
    return found


def clock(at: datetime, there: tzinfo | None = None) -> str:
    """Write an instant by the clock on the wall, with its zone: `2026-11-22 23:00 CET`.

    Seconds are written where there are any.
    """
    local = at.astimezone(there or zone())
    # Not by strftime, which takes five times as long: a report writes tens of thousands.
    return f"{local.isoformat(' ')[: 19 if local.second else 16]} {local.tzname()}"


def stretch(start: datetime, end: datetime, there: tzinfo | None = None) -> str:
    """Write a stretch of time; the day and the zone once where both ends share them.

    `2026-11-22 23:00 to 01:00 CET` would be read as backwards, so another day is always written.
    """
    first, last = (at.astimezone(there or zone()) for at in (start, end))
    if first.tzname() != last.tzname() or first.date() != last.date():
        return f"{clock(start, there)} to {clock(end, there)}"
    return f"{first:%Y-%m-%d %H:%M} to {last:%H:%M} {last:%Z}"


def by_the_wall(text: str, there: tzinfo | None = None) -> str:
    """Give a sentence from the rooms below, which know no zone, with its times as people read them."""
    if "Z" not in text:
        return text
    return _WRITTEN.sub(lambda found: _read(found[1], there), text)


def _read(text: str, there: tzinfo | None) -> str:
    try:
        return clock(datetime.fromisoformat(text), there)
    except (ValueError, OverflowError):
        return text

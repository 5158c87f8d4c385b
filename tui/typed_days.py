"""Days and sums of money as people type them on the command line, read into values."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from cmdb.checks import shown
from cmdb.errors import Invalid
from tui import typed
from tui.workplace import Workplace


def today(here: Workplace) -> str:
    """The day it is by the clock of the site."""
    return _day_of(here.at, here)


def day(text: str, here: Workplace) -> str:
    """Read a day as `typed.moment` reads moments: `2026-11-22`, `today`, `yesterday`, `22 Nov`, `mon`."""
    if text in ("today", "now"):
        return today(here)
    return _day_of(typed.moment(text, zone=here.site.zone, now=here.at), here)


def money(text: str) -> Decimal:
    """Read an amount of money: `1250` or `99.50`, in the currency the site counts in. Raises Invalid."""
    try:
        found = Decimal(text.strip().replace("_", "").replace(" ", ""))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Invalid(f"'{shown(text)}' is no amount of money.", "Write it like 1250 or 99.50.")
    return found


def _day_of(at: datetime, here: Workplace) -> str:
    return f"{at.astimezone(ZoneInfo(here.site.zone)):%Y-%m-%d}"

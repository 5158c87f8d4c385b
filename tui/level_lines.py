"""How promises about what is observed stand: in words, and as programs read it. Pure.

Source: rules.md 4; IT Service CMM, Service Tracking and Oversight, Activity 4.
"""

from collections.abc import Mapping
from datetime import tzinfo
from fractions import Fraction
from typing import Any

from cmdb.amounts import plain
from cmdb.instants import rfc3339
from cmdb.service_levels import NOTHING, Level
from tui.duty_views import LevelLine
from tui.present import period

PLACES = 6  # of a number for programs; rounded against us, as every figure is


def line(now: Level) -> LevelLine:
    """A level as a list of the app shows it."""
    return LevelLine(
        quantity=now.attribute,
        promised=now.promised,
        delivered=now.delivered,
        left=now.left_said,
        state=now.state,
        counted=now.counted,
        used=now.used,
        at_risk=now.at_risk,
    )


def said(customer: str, now: Level, zone: tzinfo) -> str:
    """A level in one line: `acme mail: response time, p95 at most 4 h: 3.2 h of 7 observed, 0.8 h left`."""
    head = f"{customer} {now.service}: {now.attribute}, {now.promised}"
    when = period(now.start, now.end, zone)
    if now.state == NOTHING:
        left_out = aside(now)
        return f"{head}: {NOTHING}{f' that counts: {left_out}' if left_out else ''}, {when}"
    return f"{head}: {now.delivered} of {now.counted:,} observed, {now.left_said}, {when}"


def observed(now: Level) -> str:
    """How many observations counted, and how many did not and why: `214 (3 exempt)`."""
    left_out = aside(now)
    return f"{now.counted:,} ({left_out})" if left_out else f"{now.counted:,}"


def aside(now: Level) -> str:
    """What was seen and does not count, and why; empty where everything counts."""
    parts = (
        (now.exempt, "exempt"),
        (now.outside, "outside the hours"),
        (now.unfit, "in another unit"),
    )
    return ", ".join(f"{number:,} {why}" for number, why in parts if number)


def record(now: Level) -> Mapping[str, Any]:
    """A level for programs: numbers as decimal text, in the unit of the target; instants in UTC."""
    up = now.comparator in ("<=", "<")
    return {
        "agreement": now.agreement,
        "commitment": now.commitment,
        "service": now.service,
        "quantity": now.attribute,
        "statistic": now.statistic,
        "comparator": now.comparator,
        "target": _number(now.target),
        "unit": now.unit,
        "period": {"start": rfc3339(now.start), "end": rfc3339(now.end)},
        "over": now.over,
        "state": now.state,
        "met": now.met,
        "figure": _number(now.figure, up=up),
        "left": _number(now.left),
        "counted": now.counted,
        "exempt": now.exempt,
        "outside_hours": now.outside,
        "other_unit": now.unfit,
        "missed": now.missed,
        "may_miss": now.allowed,
    }


def _number(value: Fraction | None, *, up: bool = False) -> str | None:
    return None if value is None else plain(value, up=up, places=PLACES, grouped=False)

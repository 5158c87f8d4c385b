"""When an agreed report or evaluation is due: every so often, counted from the day the agreement began. Pure.

A month that has no such day ends with its last one; nothing drifts, because every date is counted from
the first. Source: IT Service CMM 5.1, Activity 3.7 and 3.8, and Activity 4.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from cmdb.intervals import seconds
from cmdb.periods import day_of, zone_of
from cmdb.promises import ServiceAgreement

STEPS = {
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "half year": relativedelta(months=6),
    "year": relativedelta(years=1),
}
_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "half year": 184, "year": 366}  # at most


class Meeting(NamedTuple):
    """A report or evaluation that fell due: which, with whom, and the day."""

    kind: str
    id: str
    text: str
    whom: tuple[str, ...]
    day: date


def due(agreement: ServiceAgreement, today: date) -> Iterator[Meeting]:
    """The newest date of each periodic report and evaluation that has come; none before the first."""
    first = day_of(seconds(agreement.start), zone_of(agreement.zone))
    for kind in ("reporting", "evaluation"):
        for one in agreement.terms.get(kind, ()):
            day = latest(first, one["every"], today) if "every" in one else None
            if day is not None:
                yield Meeting(kind, one["id"], one["text"], tuple(one.get("with", ())), day)


def latest(first: date, every: str, today: date) -> date | None:
    """The last date of a rhythm that is not after a day; None before one whole step is over."""
    step = STEPS[every]
    number = max(0, (today - first).days // _DAYS[every])
    while first + step * (number + 1) <= today:
        number += 1
    return first + step * number if number else None

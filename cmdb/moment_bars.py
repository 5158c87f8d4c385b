"""What bars a moment and what speaks for one: freezes, notice, joint outages and agreed windows as stretches.

Each is told in the words a person reads. Pure. Source: rules.md 4, Better moments.
"""

from collections.abc import Iterable
from datetime import datetime

from cmdb import calendar
from cmdb import freezes as calendar_of
from cmdb.availability import agreed_windows
from cmdb.better_moments import Agreed, Bar, notice_bar
from cmdb.intervals import Span, seconds
from cmdb.joint_outages import JointOutages
from cmdb.periods import zone_of
from cmdb.promises import Freeze, ServiceAgreement


def notices(agreements: Iterable[ServiceAgreement], given: datetime) -> list[Bar]:
    """The time in which notice of planned work would come too late, for each agreement that asks for it."""
    return [bar for one in agreements if (bar := notice_bar(one, given)) is not None]


def agreed(agreements: Iterable[ServiceAgreement], entries: Iterable[Freeze], within: Span) -> list[Agreed]:
    """The windows for planned work that agreements name, and those of the calendar."""
    return [
        *(
            Agreed(one.id, agreed_windows(one.windows, zone_of(one.zone), within, calendar.service_time))
            for one in agreements
            if one.windows
        ),
        *(Agreed(one.id, calendar_of.stretches(one, within)) for one in entries if one.kind != "freeze"),
    ]


def frozen(entries: Iterable[Freeze], within: Span) -> list[Bar]:
    """The freezes of the calendar and of agreements, each time they come."""
    return [
        Bar(start, end, f"freeze {one.id}: {one.title}")
        for one in entries
        if one.kind == "freeze"
        for start, end in calendar_of.stretches(one, within)
    ]


def together(told: JointOutages, reference: str, *, tentative: bool) -> list[Bar]:
    """When some work would make a joint outage, with decided work or with work that is not decided yet."""
    found = []
    for one in told.found:
        if one.tentative != tentative:
            continue
        others = [name for name in one.changes if name != reference]
        if len(others) < len(one.changes):
            first = one.items[0]
            state = "degraded" if first.effect == "degraded" else "in outage"
            more = f" and {len(one.items) - 1} more" if len(one.items) > 1 else ""
            why = f"together with {' and '.join(others)}: {first.id}{more} {state}"
            found.append(Bar(seconds(one.start), seconds(one.end), why))
    return found

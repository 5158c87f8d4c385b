"""The calendar as an iCalendar file, for the calendars people carry about. Loads icalendar.

Times are UTC in the file, so that every reader shows them in its own zone. A window asked for is
tentative, one scheduled confirmed; an entry keeps its identity from one export to the next.
Source: terminal.md, `cmdb calendar --ical`; RFC 5545.
"""

import sys
from datetime import datetime, timedelta

import click
import icalendar

from tui import schedule, typed
from tui.context import Invocation, command
from tui.duty_views import CalendarLine
from tui.workplace import at_work


@command
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="How far ahead.")
@click.option("--from", "start", metavar="T", default="now", show_default=True, help="From when on.")
@click.option("--ical", is_flag=True, required=True, help="As an iCalendar file on stdout.")
def calendar(invocation: Invocation, days: int, start: str, ical: bool) -> None:  # noqa: ARG001
    """Write planned work, freezes and joint outages as an iCalendar file."""
    with at_work(invocation) as here, here.store.read() as uow:
        begins = typed.moment(start, zone=here.site.zone, now=here.at)
        found = schedule.planned(uow, begins, begins + timedelta(days=days))
    sys.stdout.write(written(found.lines(), site=here.site.name, at=here.at))


def written(lines: tuple[CalendarLine, ...], *, site: str, at: datetime) -> str:
    """Write lines of the calendar as the text of an iCalendar file."""
    whole = icalendar.Calendar()
    whole.add("prodid", "-//cmdb//calendar//EN")
    whole.add("version", "2.0")
    whole.add("x-wr-calname", f"{site}: changes and freezes")
    for one in lines:
        whole.add_component(_event(one, site, at))
    return str(whole.to_ical().decode("utf-8"))


def _event(one: CalendarLine, site: str, at: datetime) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{one.subject.replace(' ', '')}@{site.replace(' ', '-')}")
    event.add("dtstamp", at)
    event.add("dtstart", one.start)
    event.add("dtend", one.end)
    event.add("summary", f"{one.subject}  {one.text}" if one.kind != "freeze" else f"Freeze: {one.text}")
    event.add("categories", [one.kind])
    event.add("status", "TENTATIVE" if one.kind == "asked for" else "CONFIRMED")
    return event

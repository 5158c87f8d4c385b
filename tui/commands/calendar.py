"""The calendar: planned work, freezes and agreed windows, and what must not be done at the same time."""

from datetime import timedelta
from itertools import groupby
from typing import Any

import click

from cmdb.joint_outages import JointOutage
from tui import clockface, printing, schedule, typed
from tui.context import Invocation, command
from tui.duty_views import CalendarLine
from tui.present import counted, duration
from tui.workplace import at_work


@command
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="How far ahead.")
@click.option("--from", "start", metavar="T", default="now", show_default=True, help="From when on.")
@click.option("--clashes", is_flag=True, help="Joint outages alone, with their reasons.")
@click.option("--ical", is_flag=True, help="As an iCalendar file on stdout, for other calendars.")
def calendar(invocation: Invocation, days: int, start: str, **_elsewhere: bool) -> None:
    """List planned work, decided or not, freezes and joint outages, day by day."""
    # With --clashes or --ical the table calls `calendar_clashes` or `calendar_ical` in place of this.
    with at_work(invocation) as here, here.store.read() as uow:
        begins = typed.moment(start, zone=here.site.zone, now=here.at)
        found = schedule.planned(uow, begins, begins + timedelta(days=days))
    if invocation.wants_json:
        printing.as_json(
            {
                "work": found.work,
                "freezes": found.freezes,
                "times": {
                    id: [{"start": start, "end": end} for start, end in each]
                    for id, each in found.when.items()
                    if each
                },
                "in_freezes": found.frozen,
                "joint_outages": [_joint(one) for one in found.joint],
                "not_computed": found.not_computed or None,
            }
        )
        return
    lines = found.lines()
    zone = clockface.zone()
    width = max((len(one.subject) for one in lines), default=0)
    for day, of_day in groupby(lines, key=lambda one: one.start.astimezone(zone).date()):
        several = list(of_day)
        printing.put(f"{day:%A} {day.day} {day:%B %Y}, {several[0].start.astimezone(zone):%Z}")
        for one in several:
            printing.put(_line(one, width))
    if not lines:
        printing.say(f"Nothing is planned in the next {counted(days, 'day')}.")
    if found.not_computed:
        printing.say(f"Not computed: {found.not_computed}.")


def _line(one: CalendarLine, width: int) -> str:
    start = one.start.astimezone(clockface.zone())
    length = duration(int((one.end - one.start).total_seconds()))
    return f"  {start:%H:%M} +{length:<6} {one.subject:<{width}}  {one.kind:<13}  {one.text}"


def _joint(one: JointOutage) -> dict[str, Any]:
    return {
        "changes": list(one.changes),
        "start": one.start,
        "end": one.end,
        "effect": one.effect,
        "tentative": one.tentative,
        "items": [{"id": hit.id, "effect": hit.effect, "service": hit.service} for hit in one.items],
    }

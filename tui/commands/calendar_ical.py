"""The calendar as an iCalendar file, for the calendars people carry about. Loads icalendar.

Times are UTC in the file, so that every reader shows them in its own zone; what comes back does so by
the wall clock of its zone, as one entry with its rule. A window asked for is
tentative, one scheduled confirmed; an entry keeps its identity from one export to the next.
Source: terminal.md, `cmdb calendar --ical`; RFC 5545.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

import click
import icalendar

from cmdb import freezes
from cmdb.commitments import Recurrence
from cmdb.periods import zone_of
from cmdb.promises import Freeze
from tui import printing, schedule, typed
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
    once = [one for one in found.lines() if one.subject not in {each.id for each in _recurring(found)}]
    printing.as_it_is(written(once, _recurring(found), site=here.site.name, at=here.at))


def _recurring(found: schedule.Schedule) -> list[Freeze]:
    return [one for one in found.freezes if one.rules]


def written(lines: Iterable[CalendarLine], recurring: Iterable[Freeze], *, site: str, at: datetime) -> str:
    """Write lines of the calendar, and what comes back each once, as the text of an iCalendar file."""
    whole = icalendar.Calendar()
    whole.add("prodid", "-//cmdb//calendar//EN")
    whole.add("version", "2.0")
    whole.add("x-wr-calname", f"{site}: changes and freezes")
    for one in lines:
        whole.add_component(_event(one, site, at))
    for entry in recurring:
        for number, rule in enumerate(entry.rules):
            if (event := _series(entry, number, rule, site, at)) is not None:
                whole.add_component(event)
    whole.add_missing_timezones()
    # The library adds zones as a set yields them; in order, the same calendar is the same file.
    zones = sorted(whole.timezones, key=lambda one: str(one["tzid"]))
    whole.subcomponents = [*zones, *(one for one in whole.subcomponents if one.name != "VTIMEZONE")]
    return str(whole.to_ical().decode("utf-8"))


def _event(one: CalendarLine, site: str, at: datetime) -> icalendar.Event:
    event = _named(one.subject, one.kind, one.text, site, at)
    if one.kind in _ONCE_A_TIME:  # one request may lie in several freezes, or in the same one twice
        event["uid"] = icalendar.vText(f"{event['uid']}-{int(one.start.timestamp())}")
    event.add("dtstart", one.start)
    event.add("dtend", one.end)
    if one.kind == "asked for":
        event["status"] = icalendar.vText("TENTATIVE")
    return event


_ONCE_A_TIME = ("in a freeze",)


def _series(entry: Freeze, number: int, rule: Recurrence, site: str, at: datetime) -> icalendar.Event | None:
    """What comes back, as its first time by the wall clock of its zone, and the rule."""
    zone = zone_of(entry.zone)
    # One that has begun before the entry was made is written as it is, whole.
    whole = entry.but(rules=(rule,), start=entry.start - timedelta(seconds=rule.length), end=None)
    first = freezes.next_of(whole, entry.start)
    if first is None:
        return None
    text = "; ".join(filter(None, (entry.title, schedule.concerns(entry), entry.reason)))
    event = _named(f"{entry.id}/{number + 1}" if number else entry.id, entry.kind, text, site, at)
    start = first[0].astimezone(zone)
    event.add("dtstart", start)
    event.add("dtend", _wall(start, rule.length))
    recur = icalendar.vRecur.from_ical(rule.rule)
    until = [entry.end] if entry.end else []
    if last := recur.pop("UNTIL", None):  # a day by the clock of the zone; the file wants an instant
        day = datetime.combine(last[0], time.max, zone).replace(microsecond=0)
        until.append(day.astimezone(UTC))
    if until:
        recur["UNTIL"] = [min(until)]
    event.add("rrule", recur)
    return event


def _wall(start: datetime, length: int) -> datetime:
    """The reading of the wall clock so much later, however long the night is."""
    return (start.replace(tzinfo=None) + timedelta(seconds=length)).replace(tzinfo=start.tzinfo)


def _named(subject: str, kind: str, text: str, site: str, at: datetime) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{subject.replace(' ', '')}@{site.replace(' ', '-')}")
    event.add("dtstamp", at)
    event.add("summary", f"{_TITLES[kind]}: {text}" if kind in _TITLES else f"{subject}  {text}")
    event.add("categories", [kind])
    event.add("status", "CONFIRMED")
    return event


_TITLES = {"freeze": "Freeze", "agreed window": "Agreed window"}

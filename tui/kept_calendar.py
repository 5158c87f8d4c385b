"""The calendar kept here for commands: what is typed becomes an entry, and entries become a list.

Freezes and agreed windows are typed and listed alike; each has commands of its own.
"""

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from cmdb import freezes, planned
from cmdb.commitments import Recurrence
from cmdb.errors import Invalid
from cmdb.intervals import seconds
from cmdb.periods import day_of, zone_of
from cmdb.promises import Freeze
from tui import clockface, printing, schedule, typed
from tui.context import Invocation
from tui.workplace import at_work

Command = Callable[..., None]


def options(function: Command) -> Command:
    """Give a command everything that says when an entry is and what it concerns."""
    for option in reversed(
        (
            click.option("--from", "start", metavar="T", default="now", show_default=True,
                         help="When it begins; with --every, from when on it comes back."),
            click.option("--until", "end", metavar="T", default="",
                         help="When it ends; with --every, until when it comes back, else until lifted."),
            click.option("--for", "length", metavar="D", default="",
                         help="How long it lasts, in place of --until; with --every, each time."),
            click.option("--every", "rules", metavar="RULE", multiple=True,
                         help="The days it comes back on, as RFC 5545 has them: "
                         "'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=15'; repeat."),
            click.option("--at", "clock", metavar="HH:MM", default="00:00", show_default=True,
                         help="With --every: when it begins on those days, by the clock of the zone."),
            click.option("--zone", metavar="Z", default="", help="Whose clock that is; the site's."),
            click.option("--service", "services", metavar="ID", multiple=True,
                         help="Only what has an effect on this service; repeat."),
            click.option("--item", "items", metavar="ID", multiple=True,
                         help="Only what touches this item; repeat."),
            click.option("--type", "types", metavar="ID", multiple=True,
                         help="Only what touches an item of this type; repeat."),
            click.option("--below", "below", metavar="SERVICE", multiple=True,
                         help="Only what works on anything this service needs; repeat."),
            click.option("--owner", metavar="PERSON", default="", help="Who keeps it; you."),
            click.option("--reason", default=""),
        )
    ):  # fmt: skip
        function = option(function)
    return function


def declare(invocation: Invocation, kind: str, title: str, given: dict[str, Any]) -> None:
    """Put an entry into the calendar and say so. Raises Invalid, Refused."""
    with at_work(invocation) as here:
        wanted = _entry(kind, title, given, zone=here.site.zone, now=here.at)
        actor = here.actor
        made = planned.freeze(here.store, wanted.but(owner=given["owner"] or actor), actor=actor, at=here.at)
        first = freezes.next_of(made, here.at)
    if invocation.wants_json:
        printing.as_json(made)
        return
    when = clockface.stretch(*first) if first else ""
    comes_back = f"{schedule.recurs(made)}; next {when}" if made.rules else when
    printing.put(f"{made.id}: {made.title}, {comes_back}.")


def _entry(kind: str, title: str, given: dict[str, Any], *, zone: str, now: datetime) -> Freeze:
    begins = typed.moment(given["start"], zone=zone, now=now)
    end, length, rules = given["end"], given["length"], given["rules"]
    if rules and not length:
        raise Invalid(f"How long the {kind} lasts each time is missing.", "Give --for, such as --for 12h.")
    if not rules and bool(end) == bool(length):
        raise Invalid(f"The {kind} needs its end.", "Give --until or --for, one of them.")
    if not rules and given["clock"] != "00:00":
        raise Invalid("--at belongs to --every.", "Say when it begins with --from.")
    if not end:
        ends = None if rules else typed.moment(f"+{length}", zone=zone, now=begins)
    else:
        ends = typed.moment(end, zone=zone, now=now)
    prefix = "freeze" if kind == "freeze" else "window"
    return Freeze(
        id=f"{prefix}-{secrets.token_hex(3)}",
        title=title,
        kind=kind,
        start=begins,
        end=ends,
        rules=tuple(_rule(one, given["clock"], length, begins, given["zone"] or zone) for one in rules),
        zone=given["zone"] or zone,
        reason=given["reason"],
        services=tuple(dict.fromkeys(given["services"])),
        items=tuple(dict.fromkeys(given["items"])),
        types=tuple(dict.fromkeys(given["types"])),
        below=tuple(dict.fromkeys(given["below"])),
    )


# Without one of these, or counting, a rule means nothing without the day it counts from.
_NAMES_DAY = re.compile(r"FREQ=DAILY|BYDAY|BYMONTHDAY|BYYEARDAY")
_COUNTS = re.compile(r"INTERVAL|COUNT")


def _rule(text: str, clock: str, length: str, begins: datetime, zone: str) -> Recurrence:
    rule = text.strip().upper().removeprefix("RRULE:")
    counts = _COUNTS.search(rule) or not _NAMES_DAY.search(rule)
    first = day_of(seconds(begins), zone_of(zone)).isoformat() if counts else ""
    return Recurrence(rule=rule, start=clock, length=typed.seconds(length), first=first)


def show(invocation: Invocation, kind: str, *, everything: bool) -> None:
    """List the entries of a kind that are, or are still to come; each once, with when it is next."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = [(one, freezes.next_of(one, here.at)) for one in planned.entries(uow) if one.kind == kind]
    listed = [(one, when) for one, when in found if everything or when is not None]
    if invocation.wants_json:
        printing.as_json_list([one for one, _when in listed])
        return
    printing.table(
        ("id", "title", "next", "comes back", "about", "owner", "reason"),
        (
            (
                one.id,
                one.title,
                _when(one, when),
                schedule.recurs(one) or "once",
                schedule.concerns(one),
                one.owner,
                one.reason,
            )
            for one, when in listed
        ),
        empty=f"There is no {kind}.",
    )


def _when(one: Freeze, when: tuple[datetime, datetime] | None) -> str:
    if when:
        return clockface.stretch(*when)
    return f"over since {clockface.clock(one.end)}" if one.end else "never again"


def lift(invocation: Invocation, id: str) -> None:
    """Take an entry out of the calendar."""
    with at_work(invocation) as here:
        planned.lift(here.store, id, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json({"id": id, "lifted": True})
    else:
        printing.put(f"{id} is lifted.")

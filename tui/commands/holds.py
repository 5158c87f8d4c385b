"""Putting an item on hold: for a time nobody changes it."""

import click

from cmdb import holds
from cmdb.errors import Invalid
from cmdb.work import Hold
from tui import printing, typed
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.argument("id_", metavar="ID")
@click.option("--until", "end", metavar="T", default="", help="When it ends: 2026-12-01, 22:00 or +2d.")
@click.option("-m", "reason", metavar="REASON", default="", help="Why nobody may change it.")
@click.option("--lift", is_flag=True, help="End the hold now.")
def hold(invocation: Invocation, id_: str, end: str, reason: str, lift: bool) -> None:
    """Put an item on hold until a time, with the reason; or lift its hold."""
    with at_work(invocation) as here:
        if lift:
            ended = holds.lift(here.store, id_, actor=here.actor, at=here.at)
            if invocation.wants_json:
                printing.as_json(ended)
            else:
                printing.put(f"{id_} is on hold no more.")
            return
        if not end:
            raise Invalid("A hold needs its end.", "Give it with --until, such as --until +2d.")
        until = typed.moment(end, zone=here.site.zone, now=here.at)
        placed = holds.place(
            here.store,
            Hold(item=id_, person=here.actor, reason=reason, placed_at=here.at, until=until),
            at=here.at,
        )
        if invocation.wants_json:
            printing.as_json(placed)
        else:
            printing.put(f"{id_} is on hold until {here.said(until)}.")

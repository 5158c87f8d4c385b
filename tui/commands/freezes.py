"""Freezes: times in which nothing planned may touch some services, or any."""

import secrets

import click

from cmdb import planned
from cmdb.errors import Invalid
from cmdb.promises import Freeze
from tui import clockface, printing, typed
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
def list_(invocation: Invocation, everything: bool) -> None:
    """List the freezes that are, or are still to come."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = [one for one in planned.freezes(uow) if everything or one.end > here.at]
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("id", "title", "when", "services", "reason"),
        (
            (one.id, one.title, clockface.stretch(one.start, one.end), one.services or "all", one.reason)
            for one in found
        ),
        empty="There is no freeze.",
    )


@command
@click.argument("title")
@click.option("--from", "start", metavar="T", default="now", show_default=True, help="When it begins.")
@click.option("--until", "end", metavar="T", default="", help="When it ends.")
@click.option("--for", "length", metavar="D", default="", help="How long it lasts, in place of --until.")
@click.option("--service", "services", metavar="ID", multiple=True, help="Only this service; repeat.")
@click.option("--reason", default="")
def add(
    invocation: Invocation,
    title: str,
    start: str,
    end: str,
    length: str,
    services: tuple[str, ...],
    reason: str,
) -> None:
    """Declare a freeze."""
    if bool(end) == bool(length):
        raise Invalid("A freeze needs its end.", "Give --until or --for, one of them.")
    with at_work(invocation) as here:
        zone = here.site.zone
        begins = typed.moment(start, zone=zone, now=here.at)
        wanted = Freeze(
            id=f"freeze-{secrets.token_hex(3)}",
            title=title,
            start=begins,
            end=typed.moment(f"+{length}", zone=zone, now=begins)
            if length
            else typed.moment(end, zone=zone, now=here.at),
            services=services,
            reason=reason,
        )
        made = planned.freeze(here.store, wanted, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json(made)
    else:
        printing.put(f"{made.id}: {made.title}, {clockface.stretch(made.start, made.end)}.")


@command
@click.argument("id_", metavar="ID")
def lift(invocation: Invocation, id_: str) -> None:
    """End a freeze early."""
    with at_work(invocation) as here:
        planned.lift(here.store, id_, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json({"id": id_, "lifted": True})
    else:
        printing.put(f"{id_} is lifted.")

"""What becomes of an event: analyse, confirm, start, resolve, reopen, close, withdraw, amend, link."""

from typing import Any

import click

from baselines.past import Past
from cmdb import event_acts, events
from cmdb.errors import Invalid
from cmdb.model import Person
from cmdb.reported import KINDS, PRIORITIES
from tui import event_words, printing
from tui.commands.events import ahead, ask_what_is_missing, moment, person_of, request_of, said
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.workplace import at_work


@command
@click.argument("id_", metavar="ID")
def analyse(invocation: Invocation, id_: str) -> None:
    """Compute what an event does to services and promises, and until when it has to be resolved."""
    with at_work(invocation) as here:
        event = event_acts.analyse(here.store, id_, actor=here.actor, at=here.at)
        said(here, event, f"{event.id} is {event.state}.")
    if event.impact and not invocation.wants_json:
        event_words.impact(event.impact)
        if event.kind == "incident" and event.priority == event_acts.UNSAID:
            printing.put(f"priority  {event.impact.priority} follows, unless another is said")
        printing.say(f"If that is what you see, 'cmdb event confirm {event.id}'.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--note", default="", help="In what it differs from what was computed.")
@click.option(
    "--priority", type=click.Choice(PRIORITIES), default=None, help="Another priority than follows."
)
def confirm(invocation: Invocation, id_: str, note: str, priority: str | None) -> None:
    """Say that the computed impact is what you see."""
    with at_work(invocation) as here:
        event = event_acts.confirm(
            here.store, id_, note=note, priority=priority or "", actor=here.actor, at=here.at
        )
        said(here, event, f"The impact of {event.id} is confirmed.")


@command
@click.argument("id_", metavar="ID")
@click.option("--responsible", metavar="PERSON", default="", help="Who takes care of it; you if left out.")
def start(invocation: Invocation, id_: str, responsible: str) -> None:
    """Take an event in hand."""
    with at_work(invocation) as here:
        event = event_acts.start(
            here.store, id_, responsible=person_of(here, responsible), actor=here.actor, at=here.at
        )
        said(here, event, f"{event.id} is in progress with {event.responsible}.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--how", required=True, help="How it was resolved.")
@click.option("--until", "ended", metavar="T", default="", help="When what was down was up again.")
@click.option("--at", "when", metavar="T", default="", help="When it was resolved; now if left out.")
@click.option("--fixed-by", metavar="CR", default="", help="The change request that fixed it.")
def resolve(invocation: Invocation, id_: str, how: str, ended: str, when: str, fixed_by: str) -> None:
    """Say how an event was resolved; needs an action item or a change request behind it."""
    with at_library(invocation) as (here, library):
        event = event_acts.resolve(
            here.store,
            id_,
            how=how,
            ended=moment(here, ended) if ended else None,
            when=moment(here, when) if when else None,
            fixed_by=request_of(here, fixed_by),
            past=Past(library),
            actor=here.actor,
            at=here.at,
        )
        said(here, event, f"{event.id} is resolved.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--reason", required=True, help="Why it is not resolved after all.")
def reopen(invocation: Invocation, id_: str, reason: str) -> None:
    """Take a resolved event in hand again."""
    with at_work(invocation) as here:
        event = event_acts.reopen(here.store, id_, reason=reason, actor=here.actor, at=here.at)
        said(here, event, f"{event.id} is in progress again.")


@command
@click.argument("id_", metavar="ID")
def close(invocation: Invocation, id_: str) -> None:
    """Close a resolved event whose action items are over. That is final."""
    with at_work(invocation) as here:
        event = event_acts.close(here.store, id_, actor=here.actor, at=here.at)
        said(here, event, f"{event.id} is closed.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--reason", required=True, help="Why it is no event: recorded twice, or by mistake.")
def withdraw(invocation: Invocation, id_: str, reason: str) -> None:
    """Take back an event recorded by mistake; its outages count no more. That is final."""
    with at_library(invocation) as (here, library):
        event = event_acts.withdraw(
            here.store, id_, reason=reason, past=Past(library), actor=here.actor, at=here.at
        )
        said(here, event, f"{event.id} is withdrawn.")


@command
@click.argument("id_", metavar="ID")
@click.option("--description", default=None)
@click.option("--circumstances", default=None)
@click.option("--item", "items", metavar="ID", multiple=True, help="All items it concerns; repeat.")
@click.option("--down", metavar="ID", multiple=True, help="All items that were out; repeat.")
@click.option("--nothing-down", is_flag=True, help="Nothing was out after all.")
@click.option("--effect", type=click.Choice(("outage", "degraded")), default=None)
@click.option("--at", "occurred", metavar="T", default="", help="When it occurred.")
@click.option("--until", "ended", metavar="T", default="", help="When it was over; 'running' if it is not.")
@click.option("--reported", metavar="T", default="", help="When it was reported.")
@click.option("--reporter", metavar="NAME", default=None, help="Who reported it.")
@click.option("--contact", default=None, help="How to reach them.")
@click.option("--party", metavar="PARTY", default=None)
@click.option("--kind", type=click.Choice(KINDS), default=None)
@click.option("--agreement", metavar="ID", default=None, help="Of a request; '' is outside of any.")
@click.option("--happened", is_flag=True, help="What might have happened has.")
@click.option("--priority", type=click.Choice(PRIORITIES), default=None)
@click.option("--responsible", metavar="PERSON", default=None)
@click.option("--due", metavar="T", default=None, help="Until when; '' is what the agreement says.")
@click.option("--resolution", default=None, help="How it was resolved.")
def amend(
    invocation: Invocation,
    id_: str,
    items: tuple[str, ...],
    down: tuple[str, ...],
    nothing_down: bool,
    occurred: str,
    ended: str,
    reported: str,
    happened: bool,
    due: str | None,
    **given: str | None,
) -> None:
    """Correct what was recorded of an event; its outages and deadlines follow."""
    if down and nothing_down:
        raise Invalid("Something was down, and nothing was.", "Give --down or --nothing-down, not both.")
    with at_library(invocation) as (here, library):
        changes: dict[str, Any] = {name: one for name, one in given.items() if one is not None}
        with here.store.read() as uow:
            before = events.find(uow, id_)
            named = uow.find(Person, changes.get("reporter", "")) if "reporter" in changes else None
        if "reporter" in changes:
            changes["person"] = named.id if named else ""
            changes["reporter"] = named.name if named else changes["reporter"]
        if changes.get("responsible"):
            changes["responsible"] = person_of(here, changes["responsible"])
        if items or down:
            concerned = items or before.items
            changes["items"] = tuple(dict.fromkeys((*concerned, *down)))
        if down:
            changes |= {
                "down": tuple(dict.fromkeys(down)),
                "effect": given["effect"] or before.effect or "outage",
            }
        if nothing_down:
            changes |= {"down": (), "effect": "", "ended": None}
        elif items and not down:
            kept = tuple(one for one in before.down if one in items)
            changes |= {"down": kept} | ({} if kept else {"effect": "", "ended": None})
        if happened:
            changes["potential"] = False
        read = ahead if before.potential and not happened else moment
        for name, text in (("occurred", occurred), ("reported", reported)):
            if text:
                changes[name] = read(here, text) if name == "occurred" else moment(here, text)
        if ended:
            changes["ended"] = None if ended == "running" else moment(here, ended)
        if due is not None:
            changes["resolve_by"] = ahead(here, due) if due else None
            changes["resolve_from"] = f"{events.BY_HAND}{here.actor}" if due else ""
        if not changes:
            raise Invalid("Nothing to amend is given.", "See 'cmdb event amend --help' for what can be.")
        event = events.amend(here.store, id_, changes, past=Past(library), actor=here.actor, at=here.at)
        said(here, event, f"{event.id} is corrected.")
        ask_what_is_missing(here, event)


@command
@click.argument("id_", metavar="ID")
@click.option("--caused-by", metavar="CR", default=None, help="The change that caused it; '' for none.")
@click.option("--fixed-by", metavar="CR", default=None, help="The change that fixed it; '' for none.")
@click.option(
    "--claim", "claims", metavar="CLAIM", multiple=True, help="A calamity or unmet condition; repeat."
)
@click.option("--outage", "outages", metavar="OUTAGE", multiple=True, help="An outage it is about; repeat.")
def link(
    invocation: Invocation,
    id_: str,
    caused_by: str | None,
    fixed_by: str | None,
    claims: tuple[str, ...],
    outages: tuple[str, ...],
) -> None:
    """Link an event to changes, claims and outages it has to do with."""
    if caused_by is None and fixed_by is None and not claims and not outages:
        raise Invalid(
            "Nothing to link is named.",
            "Give --caused-by CR, --fixed-by CR, --claim CLAIM or --outage OUTAGE.",
        )
    with at_library(invocation) as (here, library):
        event = events.link(
            here.store,
            id_,
            caused_by=None if caused_by is None else request_of(here, caused_by),
            fixed_by=None if fixed_by is None else request_of(here, fixed_by),
            claims=claims,
            outages=outages,
            past=Past(library),
            actor=here.actor,
            at=here.at,
        )
        said(here, event, f"{event.id} is linked.")
        ask_what_is_missing(here, event)

"""Outages: recording, ending, correcting, listing."""

from datetime import datetime

import click

from baselines.past import Past
from cmdb import measurements
from cmdb.errors import Invalid
from cmdb.promises import EFFECTS, Outage
from tui import printing, typed
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.workplace import Workplace, at_work


@command
@click.argument("subject", metavar="[ID]", required=False, default="")
@click.option("--since", metavar="T", default="", help="Only what touches the time since then.")
@click.option("--corrected", is_flag=True, help="Also those a correction replaced.")
def list_(invocation: Invocation, subject: str, since: str, corrected: bool) -> None:
    """List outages, the newest first; of one item or service when ID is given."""
    with at_work(invocation) as here, here.store.read() as uow:
        start = _moment(here, since) if since else None
        found = measurements.listed(uow, subject=subject, since=start, corrected=corrected)
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("id", "subject", "effect", "started", "ended", "change", "note"),
        (
            (one.id, one.subject, one.effect, one.started, one.ended or "running", one.change, one.note)
            for one in found
        ),
        empty="No outage is recorded.",
    )


@command
@click.argument("subject", metavar="ID")
@click.option("--from", "started", metavar="T", default="now", show_default=True, help="When it began.")
@click.option(
    "--until", "ended", metavar="T", default="", help="When it was over; still going on if left out."
)
@click.option("--for", "length", metavar="D", default="", help="How long it lasted, in place of --until.")
@click.option("--effect", type=click.Choice(EFFECTS[1:]), default="outage", show_default=True)
@click.option("--change", metavar="CR", default="", help="The change request it belongs to.")
@click.option("--source", default="", help="Who or what saw it.")
@click.option("--note", default="")
def record(
    invocation: Invocation,
    subject: str,
    started: str,
    ended: str,
    length: str,
    effect: str,
    change: str,
    source: str,
    note: str,
) -> None:
    """Record that the item or service ID is or was down or degraded."""
    if ended and length:
        raise Invalid("The end is given twice.", "Give --until or --for, not both.")
    with at_library(invocation) as (here, library):
        start = _moment(here, started)
        end = _moment(here, ended) if ended else None
        if length:
            end = typed.moment(f"+{length}", zone=here.site.zone, now=start)
        outage = measurements.record_outage(
            here.store,
            subject=subject,
            started=start,
            ended=end,
            effect=effect,
            change=change,
            source=source,
            note=note,
            past=Past(library),
            actor=here.actor,
            at=here.at,
        )
    _said(invocation, outage, f"{outage.id}: {effect} of {subject} is recorded.")


@command
@click.argument("id_", metavar="OUTAGE")
@click.option("--at", "ended", metavar="T", default="now", show_default=True)
def end(invocation: Invocation, id_: str, ended: str) -> None:
    """Record that a running outage is over."""
    with at_library(invocation) as (here, library):
        outage = measurements.ended(
            here.store, id_, _moment(here, ended), past=Past(library), actor=here.actor, at=here.at
        )
    _said(invocation, outage, f"{outage.id} is over.")


@command
@click.argument("id_", metavar="OUTAGE")
@click.option("--from", "started", metavar="T", default="")
@click.option("--until", "ended", metavar="T", default="")
@click.option("--effect", type=click.Choice(EFFECTS), help="'none' says that nothing had happened.")
@click.option("--note", default="", help="Why it is corrected.")
def correct(
    invocation: Invocation, id_: str, started: str, ended: str, effect: str | None, note: str
) -> None:
    """Correct an outage. The old one is kept and counts no more."""
    with at_library(invocation) as (here, library):
        outage = measurements.correct(
            here.store,
            id_,
            started=_moment(here, started) if started else None,
            ended=_moment(here, ended) if ended else None,
            effect=effect or "",
            note=note,
            past=Past(library),
            actor=here.actor,
            at=here.at,
        )
    _said(invocation, outage, f"{outage.id} replaces {id_}.")


def _moment(here: Workplace, text: str) -> datetime:
    return typed.moment(text, zone=here.site.zone, now=here.at)


def _said(invocation: Invocation, outage: Outage, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(outage)
    else:
        printing.put(words)

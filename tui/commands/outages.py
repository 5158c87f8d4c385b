"""Outages: recording, ending, correcting, listing; each says at once what it took from which promise."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from baselines.library import Library
from baselines.past import Past
from ccb import requests
from cmdb import instants, measurements, tables_graph
from cmdb.errors import Invalid, NotFound
from cmdb.promises import EFFECTS, Outage
from tui import printing, standing_lines, typed
from tui.context import Invocation, command
from tui.duty_views import AgreementLine
from tui.library_place import at_library
from tui.workplace import Workplace, at_work


@command
@click.argument("subject", metavar="[ID]", required=False, default="")
@click.option("--since", metavar="T", default="", help="Only what touches the time since then.")
@click.option("--running", is_flag=True, help="Only those still going on.")
@click.option("--corrected", is_flag=True, help="Also those a correction replaced.")
def list_(invocation: Invocation, subject: str, since: str, running: bool, corrected: bool) -> None:
    """List outages, the newest first; of one item or service when ID is given."""
    with at_work(invocation) as here, here.store.read() as uow:
        start = _moment(here, since) if since else None
        if subject:
            tables_graph.get_item(uow, subject)
        found = measurements.listed(uow, subject=subject, since=start, corrected=corrected)
    if running:
        found = [one for one in found if one.ended is None]
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("id", "subject", "effect", "started", "ended", "lasted", "change", "note"),
        (
            (
                one.id,
                one.subject,
                one.effect,
                one.started,
                one.ended or "running",
                instants.length(int(((one.ended or here.at) - one.started).total_seconds())),
                one.change,
                " ".join(filter(None, (one.note, f"(replaces {one.replaces})" if one.replaces else ""))),
            )
            for one in found
        ),
        empty="No outage is recorded.",
    )


@command
@click.argument("subject", metavar="ID")
@click.argument("when", metavar="[T]", required=False, default="now")
@click.option("--effect", type=click.Choice(EFFECTS[1:]), default="outage", show_default=True)
@click.option("--change", metavar="CR", default="", help="The change request it belongs to.")
@click.option("--source", default="", help="Who or what saw it.")
@click.option("-m", "--note", default="", help="What is known.")
def began(
    invocation: Invocation, subject: str, when: str, effect: str, change: str, source: str, note: str
) -> None:
    """Record that the item or service ID is down, since now or since T, and say what that costs.

    T is a time that has passed: 23:50 is yesterday's where today's lies ahead.
    """
    with at_library(invocation) as (here, library):
        change = _known(here, change)
        outage = measurements.record_outage(
            here.store,
            subject=subject,
            started=_moment(here, when),
            effect=effect,
            change=change,
            source=source,
            note=note,
            past=Past(library),
            actor=here.actor,
            at=here.at,
        )
        _told(here, outage, f"{outage.id}: {effect} of {subject} since {here.said(outage.started)}.")


@command
@click.argument("subject", metavar="ID")
@click.argument("when", metavar="[T]", required=False, default="now")
def ended(invocation: Invocation, subject: str, when: str) -> None:
    """Record that what was down is up again, since now or since T, and say what it cost.

    ID is the outage, or the item or service whose outage is running.
    """
    with at_library(invocation) as (here, library):
        _end(here, library, _running(here, subject), when)


@command
@click.argument("id_", metavar="OUTAGE")
@click.option("--at", "when", metavar="T", default="now", show_default=True)
def end(invocation: Invocation, id_: str, when: str) -> None:
    """Record that a running outage is over."""
    with at_library(invocation) as (here, library):
        _end(here, library, id_, when)


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
@click.option("-m", "--note", default="", help="What is known.")
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
        change = _known(here, change)
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
        words = f"{outage.id}: {effect} of {subject} is recorded"
        _told(here, outage, f"{words}." if end else f"{words}; it still runs.")


@command
@click.argument("id_", metavar="OUTAGE")
@click.option("--from", "started", metavar="T", default="")
@click.option("--until", "ended", metavar="T", default="")
@click.option("--effect", type=click.Choice(EFFECTS), help="'none' says that nothing had happened.")
@click.option("-m", "--note", default="", help="Why it is corrected.")
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
        _told(here, outage, f"{outage.id} replaces {id_}.")


def _running(here: Workplace, subject: str) -> str:
    """The outage meant by an id: its own, or the one that runs on an item or service."""
    with here.store.read() as uow:
        if uow.find(Outage, subject) is not None:
            return subject
        found = [one for one in measurements.listed(uow, subject=subject) if one.ended is None]
    if not found:
        raise NotFound(
            f"No outage of '{subject}' is running.",
            f"See 'cmdb outage list {subject}'; one that is over already: 'cmdb outage record {subject} "
            "--from T --until T'.",
        )
    if len(found) > 1:
        raise Invalid(
            f"{len(found)} outages of {subject} are running.",
            f"Name the one that is over, such as 'cmdb outage ended {found[0].id}'.",
            [f"{one.id}: {one.effect} since {here.said(one.started)}" for one in found],
        )
    return found[0].id


def _end(here: Workplace, library: Library, id: str, when: str) -> None:
    outage = measurements.ended(
        here.store, id, _moment(here, when), past=Past(library), actor=here.actor, at=here.at
    )
    assert outage.ended is not None
    lasted = instants.length(int((outage.ended - outage.started).total_seconds()))
    _told(here, outage, f"{outage.id} is over: {outage.subject}, {outage.effect}, lasted {lasted}.")


def _known(here: Workplace, change: str) -> str:
    """The id of a change request. Raises NotFound: an outage of none that exists would count as unplanned."""
    if not change:
        return ""
    with here.store.read() as uow:
        return requests.find(uow, change).id


def _moment(here: Workplace, text: str) -> datetime:
    return typed.moment(text, zone=here.site.zone, now=here.at, past=True)


def _told(here: Workplace, outage: Outage, words: str) -> None:
    """Say what was recorded, and what it leaves of every promise."""
    with here.store.read() as uow:
        rows = standing_lines.cost(uow, outage, here.at, ZoneInfo(here.site.zone))
        services = standing_lines.services_of(uow, outage)
    if here.invocation.wants_json:
        printing.as_json(
            {**printing.plain(outage), "services": list(services), "agreements": [_row(one) for one in rows]}
        )
        return
    printing.put(words)
    others = [one for one in services if one != outage.subject]
    if others:
        printing.put(f"takes with it: {', '.join(others)}")
    _costs(rows)


def _costs(rows: Sequence[AgreementLine]) -> None:
    for one in rows:
        printing.put(standing_lines.said(one))
    if not rows:
        printing.put("no promise is touched")


def _row(one: AgreementLine) -> dict[str, object]:
    return {
        "agreement": one.agreement,
        "service": one.service,
        "customer": one.customer,
        "commitment": one.commitment,
        "allowance_s": one.allowance,
        "used_s": one.used,
        "left_s": one.allowance - one.used,
        "running": one.running,
    }

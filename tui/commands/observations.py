"""Observations: recording, correcting, listing; each says at once how the promises about it stand."""

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from cmdb import observations
from cmdb.amounts import amount, written
from cmdb.errors import Invalid
from cmdb.instants import length
from cmdb.observed import Observation
from tui import level_lines, printing, typed
from tui.context import Invocation, command
from tui.workplace import Workplace, at_work

SHOWN = 100


@command
@click.argument("service", metavar="[SERVICE]", required=False, default="")
@click.option("--quantity", metavar="NAME", default="", help="Only these, such as 'response time'.")
@click.option("--since", metavar="T", default="", help="Only what was seen since then.")
@click.option("--until", metavar="T", default="", help="Only what was seen before then.")
@click.option("--corrected", is_flag=True, help="Also those a correction replaced or withdrew.")
@click.option("--limit", type=click.IntRange(min=0), default=SHOWN, show_default=True, help="0 lists all.")
def list_(
    invocation: Invocation, service: str, quantity: str, since: str, until: str, corrected: bool, limit: int
) -> None:
    """List observations, the newest first; of one service when SERVICE is given."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = observations.listed(
            uow,
            service=service,
            quantity=quantity,
            since=_moment(here, since) if since else None,
            until=_moment(here, until) if until else None,
            corrected=corrected,
            limit=limit,
        )
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("id", "service", "quantity", "seen", "value", "reference", "source", "note"),
        (
            (
                one.id,
                one.service,
                one.quantity,
                one.at,
                value_of(one),
                one.reference,
                one.source,
                " ".join(filter(None, (one.note, f"(replaces {one.replaces})" if one.replaces else ""))),
            )
            for one in found
        ),
        empty="Nothing was observed.",
        right=("value",),
    )
    if limit and len(found) == limit:
        printing.say(f"These are the newest {limit:,}; --limit 0 lists all.")


@command
@click.argument("service", metavar="SERVICE")
@click.argument("quantity", metavar="QUANTITY")
@click.argument("value", metavar="[VALUE]", required=False, default="")
@click.option("--at", "when", metavar="T", default="now", show_default=True, help="When it was seen.")
@click.option("--from", "started", metavar="T", default="", help="In place of VALUE: when it started ...")
@click.option("--until", "ended", metavar="T", default="", help="... and when it was over; now if left out.")
@click.option("--unit", default="", help="The unit of a VALUE that names none; else the promised one.")
@click.option("--reference", metavar="ID", default="", help="What was measured, such as an incident.")
@click.option("--source", default="", help="Who or what saw it.")
@click.option("-m", "--note", default="", help="What is known about it.")
def record(
    invocation: Invocation,
    service: str,
    quantity: str,
    value: str,
    when: str,
    started: str,
    ended: str,
    unit: str,
    reference: str,
    source: str,
    note: str,
) -> None:
    """Record a VALUE of a QUANTITY of SERVICE that was seen: 'response time' 12m, 'page load time' 1.8s.

    A VALUE is a number with its unit, or a length of time: 270 min, 4h30m, 4:30:00, PT4H30M. With
    --from it is the time from then to --until, of which a promise may count only the service hours.
    """
    _refuse_two(value, started, ended, when)
    with at_work(invocation) as here:
        made = observations.record(
            here.store,
            service=service,
            quantity=quantity,
            seen=_moment(here, ended or "now") if started else _moment(here, when),
            started=_moment(here, started) if started else None,
            value=amount(value, unit) if value else None,
            reference=reference,
            source=source,
            note=note,
            actor=here.actor,
            at=here.at,
        )
        _told(here, made, f"{made.id}: {made.quantity} of {made.service} is {value_of(made)}.")


@command
@click.argument("id_", metavar="OBSERVATION")
@click.option("--value", default="", help="What it was.")
@click.option("--at", "when", metavar="T", default="", help="When it was seen.")
@click.option("--from", "started", metavar="T", default="", help="When it started.")
@click.option("--until", "ended", metavar="T", default="", help="When it was over.")
@click.option("--withdraw", is_flag=True, help="There was nothing to see: it counts no more.")
@click.option("-m", "--note", default="", help="Why it is corrected.")
def correct(
    invocation: Invocation,
    id_: str,
    value: str,
    when: str,
    started: str,
    ended: str,
    withdraw: bool,
    note: str,
) -> None:
    """Correct an observation. The old one is kept and counts no more."""
    if not (value or when or started or ended or withdraw):
        raise Invalid(
            "Nothing is corrected.", "Give --value, --at, --from, --until, or --withdraw: say what was wrong."
        )
    _refuse_two(value, started, ended, when)
    with at_work(invocation) as here:
        seen = ended or when
        made = observations.correct(
            here.store,
            id_,
            seen=_moment(here, seen) if seen else None,
            started=_moment(here, started) if started else None,
            value=amount(value) if value else None,
            withdrawn=withdraw,
            note=note,
            actor=here.actor,
            at=here.at,
        )
        words = "withdraws" if withdraw else f"is {value_of(made)} and replaces"
        _told(here, made, f"{made.id} {words} {id_}.")


def value_of(one: Observation) -> str:
    """A value as people read it; a stretch of time the way they type one."""
    if one.started is not None:
        return length(int(one.value))
    return written(one.value, one.unit)


def _refuse_two(value: str, started: str, ended: str, when: str) -> None:
    if value and (started or ended):
        raise Invalid("What was seen is given twice.", "Give the value, or --from and --until, not both.")
    if when not in ("", "now") and ended:
        raise Invalid("When it was seen is given twice.", "Give --at, or --until of a stretch of time.")


def _moment(here: Workplace, text: str) -> datetime:
    return typed.moment(text, zone=here.site.zone, now=here.at, past=True)


def _told(here: Workplace, made: Observation, words: str) -> None:
    """Say what was recorded, and how every promise about it stands in the period it lies in."""
    with here.store.read() as uow:
        levels = [
            (agreement.customer, level)
            for agreement, commitment in observations.promised(uow, made.service, made.quantity)
            if agreement.binding
            for level in observations.levels_of(uow, agreement.id, at=made.at, now=here.at)
            if level.commitment == commitment.id
        ]
    if here.invocation.wants_json:
        printing.as_json(
            {**printing.plain(made), "agreements": [level_lines.record(level) for _, level in levels]}
        )
        return
    printing.put(words)
    for customer, level in levels:
        printing.put(level_lines.said(customer, level, ZoneInfo(here.site.zone)))
    if not levels:
        printing.put("no promise is about it")

"""Importing outages, told or seen by uptime checks: the plan first, then everything or nothing."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import click

from baselines.past import Past
from ccb.model import ChangeRequest
from cmdb.errors import Invalid
from cmdb.exchange import given, observed
from cmdb.exchange.observed import Plan, Reading
from cmdb.instants import length
from cmdb.promises import Outage
from cmdb.store import UnitOfWork
from cmdb.uptime import BEYOND, Gap, GapRule
from tui import clockface, printing, typed
from tui.context import Invocation, command
from tui.library_place import at_library

SHOWN = 20


@command
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--checks", is_flag=True, help="The rows are uptime checks: subject, at, state.")
@click.option("--gap", metavar="D", default="", help="How long a check speaks for at most, such as 30m.")
@click.option(
    "--beyond", type=click.Choice(BEYOND), default=BEYOND[0], show_default=True, help="What longer gaps are."
)
@click.option("--zone", default="", help="The zone of times that name none, such as Europe/Amsterdam.")
@click.option("--source", default="", help="Who or what saw it; the file's name if left out.")
@click.option("--map", "mapping", metavar="TOML", type=click.Path(path_type=Path), help="A mapping file.")
@click.option("--apply", is_flag=True, help="Write it; without this, only the plan is shown.")
def import_(
    invocation: Invocation,
    file: Path,
    checks: bool,
    gap: str,
    beyond: str,
    zone: str,
    source: str,
    mapping: Path | None,
    apply: bool,
) -> None:
    """Import outages from the CSV FILE, or work them out from uptime checks.

    Columns: subject, started, ended, effect, change, note; with --checks: subject, at, state (up,
    degraded, down). Importing a longer file of the same source later corrects what it knows better.
    """
    rule = _rule(checks, gap, beyond)
    with at_library(invocation) as (here, library):
        how = Reading(rule=rule, zone=zone, here=here.site.zone, source=source, mapping=mapping)
        planned = observed.plan(here.store, file, how, at=here.at, unknown=_unknown)
        applied = apply and not planned.error_total
        if applied:
            observed.apply(here.store, planned, past=Past(library), actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json(_record(planned, applied=applied))
    else:
        _show(planned, applied=applied)
    if planned.error_total:
        if invocation.wants_json:  # every problem stands in the answer already
            click.get_current_context().exit(2)
        given.refuse_faulty(planned.file, planned.errors, planned.error_total)


def _unknown(uow: UnitOfWork, changes: Collection[str]) -> set[str]:
    """Those change requests that do not exist: their outages would count as unplanned."""
    return {one for one in changes if uow.find(ChangeRequest, one) is None}


def _rule(checks: bool, gap: str, beyond: str) -> GapRule | None:
    if checks and not gap:
        raise Invalid(
            "Checks say nothing of the time between them by themselves.",
            "Say how long one speaks for at most: --gap 30m, a few times what lies between two checks.",
        )
    if gap and not checks:
        raise Invalid("--gap speaks of uptime checks.", "Say --checks as well.")
    return GapRule(longest=typed.seconds(gap), beyond=beyond) if checks else None


def _record(planned: Plan, *, applied: bool) -> dict[str, Any]:
    return {
        "new": [printing.plain(one) for one in planned.new],
        "corrected": [printing.plain(one) for one in planned.corrected],
        "unchanged": planned.unchanged,
        "gaps": [printing.plain(one) for one in planned.gaps],
        "outdone": list(planned.worse),
        "errors": [printing.plain(one) for one in planned.errors],
        "error_total": planned.error_total,
        "applied": applied,
        "sha256": planned.digest,
    }


def _show(planned: Plan, *, applied: bool) -> None:
    for count, words in (
        (len(planned.new), "new"),
        (len(planned.corrected), "known better now: the old value is kept"),
        (planned.unchanged, "as they are"),
    ):
        printing.put(f"{count:>9,}  {words}")
    outages = sorted((*planned.new, *planned.corrected), key=lambda one: (one.started, one.subject))
    _few([_outage(one) for one in outages])
    if planned.gaps:
        seconds = sum(int((one.end - one.start).total_seconds()) for one in planned.gaps)
        printing.put(f"{len(planned.gaps):>9,}  gaps no check speaks for, {length(seconds)} in all")
        _few([_gap(one) for one in planned.gaps])
    if planned.worse:
        lines = ", ".join(f"{one:,}" for one in planned.worse[:SHOWN])
        more = ", ..." if len(planned.worse) > SHOWN else ""
        printing.put(
            f"{len(planned.worse):>9,}  checks another at the same moment outdid: line {lines}{more}"
        )
    if applied:
        printing.say(f"{planned.file} is imported.")
    elif not planned.error_total:
        printing.say("Nothing is written yet; --apply writes it.")


def _few(lines: Sequence[str]) -> None:
    for one in lines[:SHOWN]:
        printing.put(f"           {one}")
    if len(lines) > SHOWN:
        printing.put(f"           ... and {len(lines) - SHOWN:,} more")


def _outage(one: Outage) -> str:
    when = (
        clockface.stretch(one.started, one.ended)
        if one.ended
        else f"{clockface.clock(one.started)}, still running"
    )
    instead = f", in place of {one.replaces}" if one.replaces else ""
    return f"{one.subject}  {one.effect}  {when}{instead}"


def _gap(one: Gap) -> str:
    lasted = length(int((one.end - one.start).total_seconds()))
    return f"{one.subject}  {clockface.clock(one.start)} for {lasted}, last seen {one.state}"

"""Importing observations of promised quantities: the plan first, then everything or nothing."""

from pathlib import Path

import click

from cmdb.exchange import measured
from cmdb.exchange.given import refuse_faulty
from cmdb.exchange.measured import Plan, Reading
from cmdb.observed import Observation
from tui import clockface, printing
from tui.commands.observations import value_of
from tui.context import Invocation, command
from tui.workplace import at_work

SHOWN = 20


@command
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--service", metavar="ID", default="", help="The service of rows that name none.")
@click.option("--quantity", metavar="NAME", default="", help="The quantity of rows that name none.")
@click.option("--unit", default="", help="The unit of values without one; else the promised one.")
@click.option("--zone", default="", help="The zone of times that name none, such as Europe/Amsterdam.")
@click.option("--source", default="", help="Who or what saw it; the file's name if left out.")
@click.option("--map", "mapping", metavar="TOML", type=click.Path(path_type=Path), help="A mapping file.")
@click.option("--apply", is_flag=True, help="Write it; without this, only the plan is shown.")
def import_(
    invocation: Invocation,
    file: Path,
    service: str,
    quantity: str,
    unit: str,
    zone: str,
    source: str,
    mapping: Path | None,
    apply: bool,
) -> None:
    """Import observations from the CSV FILE.

    Columns: service, quantity, at, value, unit, reference, note; started and ended in place of at and
    value for a stretch of time. Importing a longer file of the same source later corrects what it
    knows better.
    """
    with at_work(invocation) as here:
        how = Reading(
            zone=zone,
            here=here.site.zone,
            service=service,
            quantity=quantity,
            unit=unit,
            source=source,
            mapping=mapping,
        )
        planned = measured.plan(here.store, file, how, at=here.at)
        applied = apply and not planned.error_total
        if applied:
            measured.apply(here.store, planned, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json(
            {
                "new": len(planned.new),
                "corrected": [printing.plain(one) for one in planned.corrected],
                "unchanged": planned.unchanged,
                "errors": [printing.plain(one) for one in planned.errors],
                "error_total": planned.error_total,
                "applied": applied,
                "sha256": planned.digest,
            }
        )
    else:
        _show(planned, applied=applied)
    if planned.error_total:
        if invocation.wants_json:  # every problem stands in the answer already
            click.get_current_context().exit(2)
        refuse_faulty(planned.file, planned.errors, planned.error_total)


def _show(planned: Plan, *, applied: bool) -> None:
    for count, words in (
        (len(planned.new), "new"),
        (len(planned.corrected), "known better now: the old value is kept"),
        (planned.unchanged, "as they are"),
    ):
        printing.put(f"{count:>9,}  {words}")
    found = sorted((*planned.new, *planned.corrected), key=lambda one: (one.at, one.service))
    for one in found[:SHOWN]:
        printing.put(f"           {_line(one)}")
    if len(found) > SHOWN:
        printing.put(f"           ... and {len(found) - SHOWN:,} more")
    if applied:
        printing.say(f"{planned.file} is imported.")
    elif not planned.error_total:
        printing.say("Nothing is written yet; --apply writes it.")


def _line(one: Observation) -> str:
    instead = f", in place of {one.replaces}" if one.replaces else ""
    about = f"  {one.reference}" if one.reference else ""
    return f"{one.service}  {one.quantity}  {value_of(one)}  {clockface.clock(one.at)}{about}{instead}"

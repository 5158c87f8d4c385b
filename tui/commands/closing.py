"""Closing a change request: the actual outage counts on the estate as it was before the change."""

import click

from baselines.past import Past
from ccb import closing
from ccb.closing import ENDINGS
from tui import printing, typed
from tui.context import Invocation, command
from tui.library_place import at_library


@command
@click.argument("id_", metavar="CR")
@click.option("--outcome", type=click.Choice(ENDINGS), required=True, help="How it went.")
@click.option("--outage", metavar="D", default=None, help="How long it really was down: 41m, or 0m.")
@click.option("--deviation", default="", help="What went otherwise than planned.")
@click.option("--test-result", default="")
@click.option("--test-reviewer", metavar="PERSON", default="", help="Who looked at it; not the implementer.")
def close(invocation: Invocation, id_: str, outcome: str, outage: str | None, **given: str) -> None:
    """Close a request that is checked in."""
    with at_library(invocation) as (here, library):
        request = closing.close(
            here.store,
            id_,
            outcome=outcome,
            outage=None if outage is None else typed.seconds(outage),
            actor=here.actor,
            at=here.at,
            past=Past(library),
            **given,
        )
    if invocation.wants_json:
        printing.as_json({"id": request.id, "state": request.state})
    else:
        printing.put(f"{request.id} is closed: {outcome}.")

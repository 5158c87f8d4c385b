"""Why something would have been hit, and what a service hung on alone, as a baseline held the estate."""

from functools import partial

import click

from cmdb import explanations
from cmdb.errors import Refused
from cmdb.impact import impact
from tui import explained, printing
from tui.commands import spof as single
from tui.commands import why as present
from tui.commands.impact_past import estate_then, heading
from tui.context import Invocation, command

_then = partial(present.of_past, told=True)


@command
@present.about
@_then
def why(
    invocation: Invocation,
    id_: str,
    down: tuple[str, ...],
    more: tuple[str, ...],
    baseline: str | None,
    then: str | None,
) -> None:
    """Explain step by step why ID is hit when other items are down, as a baseline holds the estate."""
    named = present.named(down, more)
    with estate_then(invocation, baseline, then, (id_, *named)) as (held_by, estate):
        try:
            found = explanations.why(estate, id_, named)
        except Refused as refusal:  # what holds it up is asked of the same baseline
            again = f"cmdb why-not {id_} --down {' '.join(sorted({*named}))} --baseline {held_by.id}"
            raise Refused(refusal.reason, f"See what holds it up: '{again}'.") from refusal
    if invocation.wants_json:
        printing.as_json({**present.why_record(found), "baseline": held_by.id})
        return
    printing.put(heading(held_by))
    explained.why(found)


@command
@present.about
@_then
def why_not(
    invocation: Invocation,
    id_: str,
    down: tuple[str, ...],
    more: tuple[str, ...],
    baseline: str | None,
    then: str | None,
) -> None:
    """Say what keeps ID from being hit when other items are down, as a baseline holds the estate."""
    named = present.named(down, more)
    with estate_then(invocation, baseline, then, (id_, *named)) as (held_by, estate):
        found = explanations.why_not(estate, id_, named)
        below = explanations.inherited(impact(estate, named), id_)
    if invocation.wants_json:
        printing.as_json({**present.why_not_record(found, below), "baseline": held_by.id})
        return
    printing.put(heading(held_by))
    explained.why_not(found, below)


@command
@click.argument("service", metavar="SERVICE")
@_then
def spof(invocation: Invocation, service: str, baseline: str | None, then: str | None) -> None:
    """List every item whose outage alone puts SERVICE in outage, as a baseline holds the estate."""
    with estate_then(invocation, baseline, then, (service,)) as (held_by, estate):
        single.answer(invocation, estate, service, single.Then(held_by.id, heading(held_by)))

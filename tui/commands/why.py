"""Why something is hit when other things are down, and why not. The read path alone."""

import click

from cmdb import explanations
from cmdb.errors import Invalid
from cmdb.impact import impact
from cmdb.reading import Reader
from tui import explained, printing
from tui.context import Invocation, command


@command
@click.argument("id_", metavar="ID")
@click.option("--down", metavar="ID", multiple=True, help="An item that is down; repeat.")
@click.argument("more", metavar="[DOWN...]", nargs=-1)
def why(invocation: Invocation, id_: str, down: tuple[str, ...], more: tuple[str, ...]) -> None:
    """Explain step by step why ID is hit when other items are down."""
    with Reader.open(invocation.site.url) as reader, reader.question() as estate:
        found = explanations.why(estate, id_, _named(down, more))
    if invocation.wants_json:
        steps = [step._asdict() for step in found.steps]
        printing.as_json({**found._asdict(), "steps": steps})
        return
    explained.why(found)


@command
@click.argument("id_", metavar="ID")
@click.option("--down", metavar="ID", multiple=True, help="An item that is down; repeat.")
@click.argument("more", metavar="[DOWN...]", nargs=-1)
def why_not(invocation: Invocation, id_: str, down: tuple[str, ...], more: tuple[str, ...]) -> None:
    """Say what keeps ID from being hit, or from being hit worse, when other items are down."""
    with Reader.open(invocation.site.url) as reader, reader.question() as estate:
        named = _named(down, more)
        found = explanations.why_not(estate, id_, named)
        services = impact(estate, named).services
    # A service inherits the loss of margin below it, which no rule of its own groups shows.
    below = next((one.because for one in services if one.id == id_ and one.inherited), ())
    if invocation.wants_json:
        reasons = [one._asdict() for one in found.reasons]
        printing.as_json({**found._asdict(), "reasons": reasons, "inherited": below})
        return
    explained.why_not(found, below)


def _named(down: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    if not (down or more):
        raise Invalid("Nothing is said to be down.", "Name it: 'cmdb why ID DOWN', or several.")
    return (*down, *more)

"""Why something is hit when other things are down, and why not. The read path alone."""

import click

from cmdb import explanations
from cmdb.errors import Invalid
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
        found = explanations.why_not(estate, id_, _named(down, more))
    if invocation.wants_json:
        printing.as_json({**found._asdict(), "reasons": [one._asdict() for one in found.reasons]})
        return
    explained.why_not(found)


def _named(down: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    if not (down or more):
        raise Invalid("Nothing is said to be down.", "Name it: 'cmdb why ID DOWN', or several.")
    return (*down, *more)

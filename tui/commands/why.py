"""Why something is hit when other things are down, and why not. The read path alone.

With --baseline or --as-of the table calls `asked_of_past` in place of these: they stand here for --help.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from cmdb import explanations
from cmdb.errors import Invalid
from cmdb.impact import impact
from cmdb.reading import Reader
from tui import explained, printing
from tui.context import Invocation, command

F = TypeVar("F", bound=Callable[..., Any])


def about(function: F) -> F:
    """Give a command what it asks about: an item, and what is down."""
    more = click.argument("more", metavar="[DOWN...]", nargs=-1)
    down = click.option("--down", metavar="ID", multiple=True, help="An item that is down; repeat.")
    return click.argument("id_", metavar="ID")(down(more(function)))


def of_past(function: F, *, told: bool = False) -> F:
    """Give a command the options that name a baseline: `told` to it, or shown in its help alone."""
    words = "On the estate as it was agreed at a moment."
    back = click.option("--as-of", "then", metavar="T", expose_value=told, help=words)
    words = "On the estate as a baseline holds it."
    held = click.option("--baseline", metavar="BL", expose_value=told, help=words)
    return held(back(function))


@command
@about
@of_past
def why(invocation: Invocation, id_: str, down: tuple[str, ...], more: tuple[str, ...]) -> None:
    """Explain step by step why ID is hit when other items are down."""
    with Reader.open(invocation.site.url) as reader, reader.question() as estate:
        found = explanations.why(estate, id_, named(down, more))
    if invocation.wants_json:
        printing.as_json(why_record(found))
        return
    explained.why(found)


@command
@about
@of_past
def why_not(invocation: Invocation, id_: str, down: tuple[str, ...], more: tuple[str, ...]) -> None:
    """Say what keeps ID from being hit, or from being hit worse, when other items are down."""
    with Reader.open(invocation.site.url) as reader, reader.question() as estate:
        down = named(down, more)
        found = explanations.why_not(estate, id_, down)
        below = explanations.inherited(impact(estate, down), id_)
    if invocation.wants_json:
        printing.as_json(why_not_record(found, below))
        return
    explained.why_not(found, below)


def named(down: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """All items said to be down. Raises Invalid where there is none."""
    if not (down or more):
        raise Invalid("Nothing is said to be down.", "Name it: 'cmdb why ID DOWN', or several.")
    return (*down, *more)


def why_record(found: explanations.Why) -> dict[str, Any]:
    """The answer as other programs read it."""
    return {**found._asdict(), "steps": [step._asdict() for step in found.steps]}


def why_not_record(found: explanations.WhyNot, below: tuple[str, ...]) -> dict[str, Any]:
    """The answer as other programs read it."""
    reasons = [one._asdict() for one in found.reasons]
    return {**found._asdict(), "reasons": reasons, "inherited": below}

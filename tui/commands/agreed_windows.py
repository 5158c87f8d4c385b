"""Agreed windows of the calendar kept here: where planned work that concerns them has to lie."""

from typing import Any

import click

from tui import kept_calendar
from tui.context import Invocation, command


@command
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
def list_(invocation: Invocation, everything: bool) -> None:
    """List the agreed windows that are, or are still to come, with when each is next."""
    kept_calendar.show(invocation, "agreed window", everything=everything)


@command
@click.argument("title")
@kept_calendar.options
def add(invocation: Invocation, title: str, **given: Any) -> None:
    """Agree on a window for planned work, once or coming back.

    Work it concerns that lies outside of it, or is longer, is a conflict. Several --every are
    alternatives. Sunday nights: --every 'FREQ=WEEKLY;BYDAY=SU' --at 01:00 --for 4h --type database.
    """
    kept_calendar.declare(invocation, "agreed window", title, given)


@command
@click.argument("id_", metavar="ID")
def lift(invocation: Invocation, id_: str) -> None:
    """Take an agreed window back."""
    kept_calendar.lift(invocation, id_)

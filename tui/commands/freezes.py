"""Freezes: times in which nothing planned may touch some services, items, types, or anything."""

from typing import Any

import click

from tui import kept_calendar
from tui.context import Invocation, command


@command
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
def list_(invocation: Invocation, everything: bool) -> None:
    """List the freezes that are, or are still to come, with when each is next."""
    kept_calendar.show(invocation, "freeze", everything=everything)


@command
@click.argument("title")
@kept_calendar.options
def add(invocation: Invocation, title: str, **given: Any) -> None:
    """Declare a freeze, once or coming back.

    The end of every year: --every 'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=15' --for 19d. Every last night
    of a month: --every 'FREQ=MONTHLY;BYMONTHDAY=-1' --at 20:00 --for 12h.
    """
    kept_calendar.declare(invocation, "freeze", title, given)


@command
@click.argument("id_", metavar="ID")
def lift(invocation: Invocation, id_: str) -> None:
    """End a freeze early."""
    kept_calendar.lift(invocation, id_)

"""The calendar: planned work and freezes ahead."""

from datetime import timedelta

import click

from cmdb.promises import Freeze
from cmdb.reading_promises import StoredPromises
from tui import printing
from tui.context import Invocation, command
from tui.present import duration
from tui.workplace import at_work


@command
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="How far ahead.")
def calendar(invocation: Invocation, days: int) -> None:
    """List planned work, decided or not, and freezes, by when they start."""
    with at_work(invocation) as here, here.store.read() as uow:
        end = here.at + timedelta(days=days)
        promises = StoredPromises(uow.rows, uow.dialect)
        work = [
            one
            for tentative in (False, True)
            for one in promises.planned_between(here.at, end, tentative=tentative)
        ]
        freezes = [one for one in uow.all(Freeze) if one.end > here.at and one.start < end]
    if invocation.wants_json:
        printing.as_json({"work": work, "freezes": freezes})
        return
    lines = [
        (
            one.window_start,
            one.reference,
            "asked for" if one.tentative else "scheduled",
            one.window_end,
            f"down {', '.join(one.down)} for {duration(one.expected)}, at worst {duration(one.worst)}"
            if one.down
            else "nothing goes down",
        )
        for one in work
    ]
    lines += [(one.start, one.id, "freeze", one.end, one.title) for one in freezes]
    printing.table(
        ("from", "what", "state", "until", "about"),
        (
            [here.said(start), name, state, here.said(until), about]
            for start, name, state, until, about in sorted(lines, key=lambda line: line[:2])
        ),
        empty=f"Nothing is planned in the next {days} days.",
    )

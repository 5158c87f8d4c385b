"""Series of meetings of a board: when it meets, and until when a request has to be handed in."""

from itertools import islice

import click

from ccb import calling
from ccb.meeting import Series
from cmdb.commitments import Recurrence
from tui import clockface, printing, typed
from tui.context import Invocation, command
from tui.present import duration
from tui.workplace import at_work


@command
def list_(invocation: Invocation) -> None:
    """List the series of meetings, with when each board meets next."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.all(Series)
        now = here.at
    ahead = {one.id: next((at for at, _s in calling.occurrences(one, after=now)), None) for one in found}
    if invocation.wants_json:
        printing.as_json([{**printing.plain(one), "next": ahead[one.id]} for one in found])
        return
    printing.table(
        ("id", "board", "next", "rule", "submit before", "name"),
        (
            [
                one.id,
                one.board,
                clockface.clock(at) if (at := ahead[one.id]) else "ended",
                f"{one.rule.rule} {one.rule.start} {one.zone}",
                duration(one.notice) if one.notice else "",
                one.name,
            ]
            for one in found
        ),
        empty="There is no series of meetings: 'cmdb board series add' agrees on one.",
    )


@command
@click.argument("id_", metavar="ID")
@click.option("--board", required=True, metavar="BOARD", help="The board that meets.")
@click.option(
    "--every",
    "rule",
    required=True,
    metavar="RULE",
    help="The days, as RFC 5545 has them: 'FREQ=WEEKLY;BYDAY=TU'.",
)
@click.option(
    "--at", "clock", required=True, metavar="HH:MM", help="When it begins, by the clock of the zone."
)
@click.option(
    "--for", "length", metavar="D", default="1h", show_default=True, help="How long it is planned for."
)
@click.option("--first", metavar="DATE", default="", help="The day the rule counts from, where it counts.")
@click.option("--zone", metavar="Z", default="", help="Whose clock that is; the site's.")
@click.option(
    "--deadline", metavar="D", default="", help="How long before it a request must lie before the board: 2d."
)
@click.option("--name", default="", help="What people call it.")
def add(
    invocation: Invocation,
    id_: str,
    board: str,
    rule: str,
    clock: str,
    length: str,
    first: str,
    zone: str,
    deadline: str,
    name: str,
) -> None:
    """Agree on meetings that come back, such as every second Tuesday at ten."""
    with at_work(invocation) as here:
        series = Series(
            id=id_,
            board=board,
            name=name or id_,
            rule=Recurrence(
                rule=rule.strip().upper().removeprefix("RRULE:"),
                start=clock,
                length=typed.seconds(length),
                first=first,
            ),
            zone=zone or here.site.zone,
            notice=typed.seconds(deadline) if deadline else 0,
        )
        calling.add_series(here.store, series, actor=here.actor, at=here.at)
        ahead = [at for at, _s in islice(calling.occurrences(series, after=here.at), 3)]
    if invocation.wants_json:
        printing.as_json({**printing.plain(series), "next": ahead[0]})
        return
    printing.put(
        f"{series.id}: the board {board} meets {', '.join(clockface.clock(one) for one in ahead)}, ..."
    )
    printing.put(f"Call the next one: 'cmdb board meeting call --series {series.id}'.")


@command
@click.argument("id_", metavar="ID")
def end(invocation: Invocation, id_: str) -> None:
    """Say that no further meetings of a series follow; those called already stay."""
    with at_work(invocation) as here:
        series = calling.end_series(here.store, id_, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json(series)
        return
    printing.put(f"{series.id} has ended; meetings called already stay.")

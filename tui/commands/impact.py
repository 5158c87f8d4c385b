"""What fails if this is down. The read path alone."""

import gc

import click

from cmdb.errors import Invalid
from cmdb.impact import impact as answer_of
from cmdb.impact_record import written
from cmdb.reading import Reader
from tui import answers, printing
from tui.context import Invocation, command


@command
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--at", metavar="T", help="From when: 22:00, +2h or 2026-11-22T22:00:00Z; with --for.")
@click.option("--for", "length", metavar="D", help="For how long: 38m, 1h30m, 2h.")
@click.option("--worst", metavar="D", help="How long it may take at worst; as long as --for.")
@click.option("--change", metavar="CR", help="Answer for a change request: while it is done, and after it.")
@click.option("--baseline", metavar="BL", help="On the estate as a baseline holds it.")
@click.option("--as-of", metavar="T", help="On the estate as the baseline in force at T holds it.")
@click.option("--exposed", is_flag=True, help="Count everything reachable, however much that is.")
@click.option("--exit-code", is_flag=True, help="Leave with 10 reduced, 11 degraded, 12 outage, 13 breach.")
def impact(
    invocation: Invocation, ids: tuple[str, ...], exposed: bool, exit_code: bool, **windowed: str | None
) -> None:
    """Say what fails if the items ID... are down, why, what is saved, and whom to tell.

    With --at and --for, also what it takes from every agreement.
    """
    # With --at or --change the table calls `impact_window` or `impact_change` in place of this.
    if any(windowed.values()):
        raise Invalid("A window needs its start.", "Give --at as well, such as --at 22:00 or --at now.")
    gc.disable()  # a large answer is millions of objects and no cycle: nobody need look through them
    with Reader.open(invocation.site.url) as reader, reader.question() as estate:
        answer = answer_of(estate, ids, everything=exposed)
    if invocation.wants_json:
        printing.pieces(written(answer))
    else:
        answers.impact(answer)
    if exit_code:
        click.get_current_context().exit(answers.exit_code(answer.effect))

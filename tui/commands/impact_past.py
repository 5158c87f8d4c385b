"""What would have failed on the estate as a baseline left it."""

import click

from baselines import differences, past
from cmdb.errors import NotFound
from cmdb.impact import impact as answer_of
from cmdb.impact_record import record
from tui import answers, clockface, printing
from tui.context import Invocation, command
from tui.library_place import at_library


@command
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--baseline", metavar="BL", required=True, help="The estate as this baseline holds it.")
@click.option("--exposed", is_flag=True, help="Count everything reachable, however much that is.")
@click.option("--exit-code", is_flag=True, help="Leave with 10 reduced, 11 degraded, 12 outage, 13 breach.")
def impact(
    invocation: Invocation, ids: tuple[str, ...], baseline: str, exposed: bool, exit_code: bool
) -> None:
    """Say what fails if the items ID... are down, on the estate as the baseline BL holds it."""
    with at_library(invocation) as (here, library), here.store.read() as uow:
        then = differences.baseline(uow, baseline)
        estate = past.as_of(library, uow, then)
        held = estate.keys(ids)
        for one in ids:
            if one not in held:
                raise NotFound(
                    f"{then.id} holds no item '{one}'.", f"See when it came: 'cmdb item history {one}'."
                )
        answer = answer_of(estate, ids, everything=exposed)
    if invocation.wants_json:
        printing.as_json(record(answer))
    else:
        printing.put(f"On the estate of {then.id}, {clockface.clock(then.established_at)}:")
        answers.impact(answer)
    if exit_code:
        click.get_current_context().exit(answers.exit_code(answer.effect))

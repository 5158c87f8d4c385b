"""What service agreements lack, sentence by sentence with what to add."""

import click

from cmdb import agreement_gaps, agreements
from cmdb.agreement_gaps import Gap
from cmdb.promises import ServiceAgreement
from tui import printing
from tui.context import Invocation, command
from tui.present import counted
from tui.workplace import at_work

LACKING = 1


@command
@click.argument("id_", metavar="[ID]", default="", required=False)
@click.option("--exit-code", is_flag=True, help="Leave with 1 when something is missing.")
def check(invocation: Invocation, id_: str, exit_code: bool) -> None:
    """Say what the agreement ID lacks and what to add; without ID, every agreement that has not ended.

    What it leaves out, what it promises that nobody can keep or break, what it names that is not there
    any more, other agreements that promise the same, and what its services rest on.
    """
    with at_work(invocation) as here, here.store.read() as uow:
        found = [uow.get(ServiceAgreement, id_)] if id_ else _open(agreements.listed(uow))
        gaps = {one.id: agreement_gaps.gaps_of(uow, one, now=here.at) for one in found}
    if invocation.wants_json:
        printing.as_json_list(gap._asdict() for some in gaps.values() for gap in some)
    else:
        for one in found:
            _tell(one, gaps[one.id])
        if not found:
            printing.say("There are no agreements.")
    if exit_code and any(gaps.values()):
        click.get_current_context().exit(LACKING)


def _open(found: tuple[ServiceAgreement, ...]) -> list[ServiceAgreement]:
    return [one for one in found if one.state != "ended"]


def _tell(one: ServiceAgreement, gaps: list[Gap]) -> None:
    if not gaps:
        printing.put(f"{one.id}  {one.title}: nothing is missing.")
        return
    printing.put(f"{one.id}  {one.title}: {counted(len(gaps), 'thing')} to look at.")
    for gap in gaps:
        printing.put(f"  {gap.where}: {gap.says}")
        printing.put(f"    Add: {gap.add}")
    if one.level == "draft":
        printing.say(f"What {one.id} says is changed in its file: 'cmdb agreement amend FILE'.")
    else:
        printing.say(f"{one.id} is {one.level}: what it says changes by a request, 'cmdb change new'.")

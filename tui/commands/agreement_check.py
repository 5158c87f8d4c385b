"""What service agreements lack, sentence by sentence with what to add."""

from collections.abc import Sequence

import click

from cmdb import agreement_gaps, agreements
from cmdb.agreement_gaps import Gap
from cmdb.promises import ServiceAgreement
from tui import printing
from tui.context import Invocation, command
from tui.present import counted
from tui.workplace import at_work

LACKING = 1
# What people look after together, in the order an agreement is read; anything else is an item below.
SECTIONS = {
    "parties": ("provider", "customer", "manager", "contacts", "roles", "responsibilities"),
    "what it is for": ("purpose", "scope", "goals", "services"),
    "what is promised": ("commitments", "acceptance", "quality", "acceptable_impact"),
    "when": ("start", "end", "review", "zone", "notice", "windows", "schedule"),
    "when it does not bind": ("conditions", "calamities"),
    "reports and evaluation": ("reporting", "evaluation"),
    "risks and safety": ("risks", "safety", "security", "intellectual_property", "customer_resources"),
    "money": ("cost", "payments", "funding"),
    "how far it has come": ("state", "reviews", "accepted", "signed"),
}
BELOW = "what it rests on"


@command
@click.argument("id_", metavar="[ID]", default="", required=False)
@click.option("--exit-code", is_flag=True, help="Leave with 1 when something is missing.")
def check(invocation: Invocation, id_: str, exit_code: bool) -> None:
    """Say what the agreement ID lacks and what to add; without ID, every agreement that has not ended.

    What it leaves out, what it promises that nobody can keep or break, what it names that is not there
    any more, other agreements that promise the same, and what its services rest on. Exit: 0, with
    --exit-code 1 when something is missing; 3 when there is no such agreement.
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
    found = sections(gaps)
    counts = ", ".join(f"{name} {len(some)}" for name, some in found)
    printing.put(f"{one.id}  {one.title}: {counted(len(gaps), 'thing')} to look at ({counts}).")
    for name, some in found:
        printing.put(f"  {name}")
        for gap in some:
            printing.put(f"    {gap.where}: {gap.says}")
            printing.put(f"      Add: {gap.add}")
    if one.level == "draft":
        printing.say(f"What {one.id} says is changed in its file: 'cmdb agreement amend FILE'.")
    else:
        printing.say(f"{one.id} is {one.level}: what it says changes by a request, 'cmdb change new'.")


def sections(gaps: Sequence[Gap]) -> list[tuple[str, list[Gap]]]:
    """The gaps by what they are about, in the order an agreement is read; none without a gap."""
    names = {where: name for name, some in SECTIONS.items() for where in some}
    found: dict[str, list[Gap]] = {name: [] for name in (*SECTIONS, BELOW)}
    for gap in gaps:
        found[names.get(gap.where.partition(" ")[0].partition("[")[0], BELOW)].append(gap)
    return [(name, some) for name, some in found.items() if some]

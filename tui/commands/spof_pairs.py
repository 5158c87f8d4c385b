"""Pairs of items that take a service down together, grouped by likeness."""

import click

from cmdb import failing_pairs, tables_graph
from cmdb.errors import Refused
from cmdb.reading_graph import StoredEstate
from tui import printing
from tui.context import Invocation, command
from tui.present import counted, listed
from tui.workplace import at_work

LIMIT = 100_000  # items below the service


@command
@click.argument("service", metavar="SERVICE")
@click.option("--pairs", is_flag=True, required=True, help="Pairs of items that take it down together.")
def spof(invocation: Invocation, service: str, pairs: bool) -> None:  # noqa: ARG001
    """List the pairs of items whose outage together puts SERVICE in outage, though neither does alone."""
    with at_work(invocation) as here, here.store.read() as uow:
        name = tables_graph.get_item(uow, service).name
        estate = StoredEstate(uow.rows, uow.dialect)
        [fact] = estate.facts(list(estate.keys([service]).values()))
        if not fact[8]:
            raise Refused(f"{service} does not serve now.", f"See its status: 'cmdb item show {service}'.")
        found = failing_pairs.failing_pairs(estate, service, limit=LIMIT)
    if found is None:
        raise Refused(
            f"Too much lies below {service} to look at every pair.",
            f"See what takes it down alone: 'cmdb spof {service}'.",
        )
    total = sum(one.size for one in found)
    if invocation.wants_json:
        kinds = [
            {"any_of": list(one.one), "with_any_of": list(one.other), "pairs": one.size} for one in found
        ]
        printing.as_json({"service": service, "total": total, "pairs": kinds})
        return
    printing.table(
        ("any of", "with any of", "pairs"),
        ((listed(one.one), listed(one.other), f"{one.size:,}") for one in found),
        empty=f"{name} survives the outage of any two items below it that it survives one by one.",
        right=("pairs",),
    )
    if found:
        printing.say(f"{counted(total, 'pair')} in all.")

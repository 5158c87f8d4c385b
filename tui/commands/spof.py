"""Single points of failure of a service."""

import click

from cmdb import single_points, tables_graph
from cmdb.errors import Refused
from cmdb.reading_graph import StoredEstate
from tui import printing
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.argument("service", metavar="SERVICE")
@click.option("--pairs", is_flag=True, help="Pairs of items that take it down together, grouped by likeness.")
def spof(invocation: Invocation, service: str, pairs: bool) -> None:  # noqa: ARG001
    """List every item whose outage alone puts SERVICE in outage, exactly."""
    # With --pairs the table calls `spof_pairs` in place of this.
    with at_work(invocation) as here, here.store.read() as uow:
        name = tables_graph.get_item(uow, service).name
        estate = StoredEstate(uow.rows, uow.dialect)
        found = single_points.single_points(estate, [service], limit=1_000_000)
        if found is None or service not in found:
            raise Refused(f"{service} does not serve now.", f"See its status: 'cmdb item show {service}'.")
        keys = estate.keys(found[service])
        facts = sorted((fact[1], fact[2], fact[3], fact[4]) for fact in estate.facts(list(keys.values())))
    if invocation.wants_json:
        printing.as_json(
            {
                "service": service,
                "single_points": [
                    dict(zip(("id", "type", "name", "owner"), one, strict=True)) for one in facts
                ],
            }
        )
        return
    printing.table(
        ("id", "type", "name", "owner"),
        facts,
        empty=f"{name} survives the outage of any single item below it.",
    )

"""Single points of failure of a service."""

from typing import NamedTuple

import click

from cmdb import single_points, tables_graph
from cmdb.errors import Refused
from cmdb.estate import Estate
from cmdb.reading_graph import StoredEstate
from tui import printing
from tui.commands.why import of_past
from tui.context import Invocation, command
from tui.workplace import at_work


class Then(NamedTuple):
    """The baseline an estate is of, and the line that says so."""

    baseline: str
    heading: str


@command
@click.argument("service", metavar="SERVICE")
@click.option("--pairs", is_flag=True, help="Pairs of items that take it down together, grouped by likeness.")
@of_past
def spof(invocation: Invocation, service: str, pairs: bool) -> None:  # noqa: ARG001
    """List every item whose outage alone puts SERVICE in outage, exactly."""
    # With --pairs the table calls `spof_pairs` in place of this, with --baseline `asked_of_past`.
    with at_work(invocation) as here, here.store.read() as uow:
        tables_graph.get_item(uow, service)
        answer(invocation, StoredEstate(uow.rows, uow.dialect), service)


def answer(invocation: Invocation, estate: Estate, service: str, then: Then | None = None) -> None:
    """Print the single points of a service of an estate: as it is now, or as a baseline held it."""
    name = serving(estate, service, then)
    points = (single_points.single_points(estate, [service], limit=1_000_000) or {}).get(service, frozenset())
    keys = estate.keys(points)
    facts = sorted((fact[1], fact[2], fact[3], fact[4]) for fact in estate.facts(list(keys.values())))
    if invocation.wants_json:
        columns = ("id", "type", "name", "owner")
        found = {
            "service": service,
            "single_points": [dict(zip(columns, one, strict=True)) for one in facts],
        }
        printing.as_json(found | ({"baseline": then.baseline} if then else {}))
        return
    if then:
        printing.put(then.heading)
    printing.table(
        ("id", "type", "name", "owner"),
        facts,
        empty=f"{name} survives the outage of any single item below it.",
    )


def serving(estate: Estate, service: str, then: Then | None = None) -> str:
    """The name of a service. Raises Refused where it does not serve."""
    [fact] = estate.facts(list(estate.keys([service]).values()))
    if not fact[8]:
        when = f"did not serve in {then.baseline}" if then else "does not serve now"
        raise Refused(f"{service} {when}.", f"See its status: 'cmdb item show {service}'.")
    return fact[3]

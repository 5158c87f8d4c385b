"""What happened to an item, in one line of time."""

import click

from cmdb.errors import NotFound
from cmdb.reading import Reader
from tui import clockface, histories, printing
from tui.context import Invocation, command
from tui.present import altered

LONGEST = 300  # cells of what changed, for people; JSON has all of it


@command
@click.argument("id_", metavar="ID")
@click.option("--limit", metavar="N", type=click.IntRange(1), default=200, help="At most N entries (200).")
def history(invocation: Invocation, id_: str, limit: int) -> None:
    """Show what happened to an item, the newest first: journal, baselines, changes, events, audits.

    Other records are named with their kind: person:k.chen, group:network.
    """
    with Reader.open(invocation.site.url) as reader:
        found = histories.of(reader, invocation.site.library, id_, limit=limit)
        if not found and ":" not in id_ and not reader.ids(id_, limit=1):
            raise NotFound(f"There is no item '{id_}'.", f"Look for it with 'cmdb item search {id_}'.")
    if invocation.wants_json:
        printing.as_json_list(entry._asdict() for entry in found)
        return
    printing.table(
        ("at", "actor", "action", "request", "changed"),
        (
            (
                clockface.by_the_wall(one.at),
                one.actor,
                one.action,
                one.request,
                printing.cut(clockface.by_the_wall(", ".join(altered(one.changed, "->"))), LONGEST),
            )
            for one in found
        ),
        empty="Nothing is recorded of it.",
    )

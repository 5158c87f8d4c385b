"""Every version of a controlled record that the library keeps."""

import click

from baselines import differences
from baselines.library import Library, record_at
from baselines.library import versions as versions_of
from cmdb.errors import NotFound
from tui import printing
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.argument("id_", metavar="ID")
@click.option("--kind", default="item", show_default=True, help="What the record is: item, person, type ...")
@click.option("--baseline", "wanted", metavar="BL", default="", help="The record as it was in this baseline.")
def versions(invocation: Invocation, id_: str, kind: str, wanted: str) -> None:
    """List every version of a controlled record, the newest first, or show the one of a baseline."""
    with at_work(invocation) as here, Library.open(here.site) as library:
        with here.store.read() as uow:
            at = differences.baseline(uow, wanted or "latest")
        if wanted:
            fields = record_at(library, at.commit, kind, id_)
            if fields is None:
                raise NotFound(f"{at.id} holds no {kind} '{id_}'.", f"See 'cmdb item versions {id_}'.")
            printing.as_json(fields)
            return
        found = list(versions_of(library, kind, id_, head=at.commit))
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("at", "baseline", "request", "by", "commit"),
        ((one.at, one.baseline, one.request, one.author, one.commit[:12]) for one in found),
        empty=f"No baseline holds a {kind} '{id_}'.",
    )

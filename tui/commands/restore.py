"""Restoring records from an older baseline: shown first, then drafted as a change request."""

import click

from baselines import restore as restoring
from baselines.restore import Restoration, Wanted
from ccb import statements
from cmdb.errors import Invalid
from tui import change_text, printing
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.present import counted


@command
@click.argument("baseline", metavar="BL")
@click.argument("ids", metavar="[ITEM]...", nargs=-1)
@click.option("--service", "services", metavar="ID", multiple=True, help="All that it needed then; repeat.")
@click.option(
    "--record", "records", metavar="KIND:ID", multiple=True, help="Another record: board:site; repeat."
)
@click.option("--all", "everything", is_flag=True, help="Everything that differs now.")
@click.option("--apply", is_flag=True, help="Draft the request; without this, only what it would propose.")
def restore(
    invocation: Invocation,
    baseline: str,
    ids: tuple[str, ...],
    services: tuple[str, ...],
    records: tuple[str, ...],
    everything: bool,
    apply: bool,
) -> None:
    """Draft the change request that makes records again what they were in a baseline."""
    wanted = Wanted(
        records=(*(("item", one) for one in ids), *map(_key, records)),
        services=services,
        everything=everything,
    )
    if everything and (wanted.records or services):
        raise Invalid("--all already names everything.", "Leave the others away.")
    with at_library(invocation) as (here, library):
        found = restoring.foresee(library, baseline, wanted)
        if not apply:
            _would(invocation, found)
            return
        request = restoring.restore(library, baseline, wanted, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json({"request": request.id, "state": request.state, "notes": found.notes})
        return
    printing.put(f"{request.id} is a draft: {request.title}, {counted(len(found.changes), 'change')}.")
    for one in found.notes:
        printing.put(f"  ▲ {one}")
    printing.say(
        f"Say when and how it is done: 'cmdb change show {request.id} --as-file' prints its file,"
        f" 'cmdb change edit {request.id} --file FILE' takes it; then submit it."
    )


def _key(text: str) -> tuple[str, str]:
    kind, colon, id = text.partition(":")
    if not (colon and id):
        raise Invalid(f"'{text}' names no record.", "Write its kind and id: --record board:site.")
    return kind.replace("-", " "), id


def _would(invocation: Invocation, found: Restoration) -> None:
    if invocation.wants_json:
        printing.as_json({"baseline": found.baseline.id, "changes": found.changes, "notes": found.notes})
        return
    if not found.changes:
        printing.put(f"Everything asked for is as it was in {found.baseline.id}.")
    for one in found.changes:
        printing.put(f"  {change_text.change(statements.change_record(one))}")
    for note in found.notes:
        printing.put(f"  ▲ {note}")
    if found.changes:
        printing.say("Nothing is drafted yet; --apply does it.")

"""Backing a change out: what it altered is put back, in a new baseline where one is due."""

import click

from baselines import backout
from baselines.backout import Undoing
from baselines.compare import compare
from ccb import closing, requests
from tui import change_text, printing, typed
from tui.context import Invocation, command
from tui.library_place import at_library


@command
@click.argument("id_", metavar="CR")
@click.option("-m", "reason", metavar="REASON", default="", help="Why it is backed out.")
@click.option("--outage", metavar="D", default=None, help="How long it really was down: 41m, or 0m.")
@click.option("--apply", is_flag=True, help="Do it; without this, only what it would do is shown.")
def back_out(invocation: Invocation, id_: str, reason: str, outage: str | None, apply: bool) -> None:
    """Undo a change that is checked out or checked in, as its back-out plan foresees."""
    seconds = None if outage is None else typed.seconds(outage)
    with at_library(invocation) as (here, library):
        with library.store.read() as uow:
            id = requests.find(uow, id_).id
        if not apply:
            found = backout.foresee(library, id, actor=here.actor, at=here.at)
            missing = closing.back_out_problems(found.request, reason=reason, outage=seconds)
            backout.refuse(found)
            _would(invocation, found, missing)
            return
        made = backout.back_out(
            library, id, reason=reason, outage=seconds, actor=here.actor, key=here.key, at=here.at
        )
    if invocation.wants_json:
        printing.as_json({"request": id, "state": "backed out", "baseline": made})
        return
    if made is None:
        printing.put(f"{id} is backed out: nothing had been checked in, so no record changed.")
    else:
        printing.put(f"Commit {made.commit}")
        printing.put(f"{id} is backed out as {made.id}.")


def _would(invocation: Invocation, found: Undoing, missing: list[str]) -> None:
    """Print what a back-out would write, field by field."""
    before, after = found.proposal.before, found.proposal.after
    difference = compare(
        found.baseline, "", ((kind, id, before[kind, id], after[kind, id], ()) for kind, id in after)
    )
    if invocation.wants_json:
        fields = ("added", "removed", "changed", "connected", "disconnected")
        printing.as_json(
            {
                "request": found.request.id,
                "baseline": found.baseline,
                **{name: getattr(difference, name) for name in fields},
                "missing": missing,
                "applied": False,
            }
        )
        return
    if not found.baseline:
        printing.put(f"{found.request.id} would let its records go; nothing was checked in.")
    else:
        printing.put(f"{found.request.id} would put back what {found.baseline} altered:")
        for line in change_text.difference_lines(difference):
            printing.put(f"  {line}")
    for one in missing:
        printing.put(f"  needed: {one}")
    said = "with what is needed, --apply does it" if missing else "--apply does it"
    printing.say(f"Nothing is changed yet; {said}.")

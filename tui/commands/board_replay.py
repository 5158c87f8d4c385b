"""An old decision of a board counted again, from the library alone."""

import click

from baselines.recount import recount
from cmdb.errors import Corrupt
from tui import clockface, printing
from tui.context import Invocation, command
from tui.library_place import at_library


@command
@click.argument("request", metavar="CR")
@click.option("--number", type=int, default=0, metavar="N", help="Which decision on it, from 1; the last.")
def replay(invocation: Invocation, request: str, number: int) -> None:
    """Count an old decision again from the library, and compare it with what was decided."""
    with at_library(invocation) as (_here, library):
        found = recount(library, request, number=number)
    decision, outcome = found.decision, found.outcome
    if invocation.wants_json:
        printing.as_json(
            {
                "request": found.request,
                "number": found.number,
                "commit": found.commit,
                "decision": decision,
                "counted_again": outcome,
                "votes": found.votes,
                "same": found.same,
                "differences": found.differences,
            }
        )
    else:
        printing.facts(
            [
                ("request", f"{found.request}, decision {found.number} of {found.taken}"),
                ("decided", f"{decision.result}, by {decision.by}, {clockface.clock(decision.at)}"),
                ("policy", decision.policy_id),
                ("record", found.commit),
            ]
        )
        printing.put()
        printing.table(
            ("vote", "of", "for", "at", "counts"),
            (
                [
                    one.value,
                    one.voter,
                    one.seat,
                    clockface.clock(one.at),
                    "yes" if one.voter in outcome.counted else one.capacity,
                ]
                for one in found.votes
            ),
            empty="Nobody voted.",
        )
        for need in outcome.requirements:
            if need.status != "not applicable":
                printing.put(f"  {need.status:<12} {need.title}: {need.detail}")
        if found.confirms:
            printing.put("The chair confirmed an earlier decision; no votes are counted for that.")
        elif found.same and decision.result == "deferred":
            printing.put(f"The chair deferred it while the ballot was {outcome.result}.")
        elif found.same:
            printing.put(f"Counted again: {outcome.result}, as decided.")
    if not found.same:
        raise Corrupt(
            f"The decision on {found.request} is not what the library gives.",
            "Keep both stores untouched and run 'cmdb verify'.",
            found.differences,
        )

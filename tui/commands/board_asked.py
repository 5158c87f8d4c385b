"""Who was asked for a vote, since when, and who was not."""

import click

from ccb import ballots, requests, voters
from tui import clockface, printing
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.argument("request", metavar="CR")
def asked(invocation: Invocation, request: str) -> None:
    """Say who is asked for a vote on a change, why and since when; who is not, and why not."""
    with at_work(invocation) as here, here.store.read() as uow:
        now = ballots.ballot(uow, requests.find(uow, request), at=here.at)
        found = voters.asked(uow, now)
        left = voters.not_asked(uow, now, at=here.at)
    if invocation.wants_json:
        printing.as_json({"request": now.request.id, "asked": found, "not_asked": left})
        return
    printing.table(
        ("person", "told", "vote", "why"),
        (
            [
                one.person,
                here.said(one.told) if one.told else "not told",
                f"{one.vote}{' STALE' if one.stale else ''}" if one.vote else "",
                "; ".join(one.why),
            ]
            for one in found
        ),
        empty="Nobody is asked.",
    )
    if left:
        printing.put("\nNot asked:")
    for each in left:
        printing.put(f"  {each.person}: {clockface.by_the_wall(each.why)}")

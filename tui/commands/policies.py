"""The policies boards decide by."""

from collections.abc import Sequence

import click

from ccb import ballots, policy, requests
from ccb.ballot import Board, Policy
from tui import printing
from tui.balloting import about, requirements, rule, standing
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.argument("id_", metavar="[POLICY]", required=False, default="")
def show(invocation: Invocation, id_: str) -> None:
    """Show a policy, or list all of them."""
    with at_work(invocation) as here, here.store.read() as uow:
        found: Sequence[Policy] = [uow.get(Policy, id_)] if id_ else uow.all(Policy)
    if invocation.wants_json:
        printing.as_json(found[0] if id_ else found)
        return
    if id_:
        printing.facts(
            (name.replace("_", " "), content) for name, content in printing.plain(found[0]).items()
        )
        return
    printing.table(
        ("id", "board", "decides about", "rule"),
        ([one.id, one.board, about(one), rule(one)] for one in found),
        empty="There is no policy.",
    )


@command
@click.argument("request", metavar="CR")
def test(invocation: Invocation, request: str) -> None:
    """Say which policy a change falls under, what it asks, and whether it can be met."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = requests.find(uow, request)
        chosen = ballots.chosen_policy(uow, found)
        seats = uow.get(Board, chosen.board)
        tried = found.but(board=chosen.board, policy=chosen.id, referred_at=found.referred_at or here.at)
        now = ballots.ballot(uow, tried, at=here.at)
        wrong = policy.objections(chosen, seats)
    if invocation.wants_json:
        printing.as_json({"policy": chosen, "objections": wrong, **standing(now)})
        return
    printing.facts([("policy", f"{chosen.id}  {chosen.name}"), ("board", seats.name), ("rule", rule(chosen))])
    requirements(now)
    for one in wrong:
        printing.put(f"  {one}")

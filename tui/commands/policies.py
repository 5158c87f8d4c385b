"""The policies boards decide by."""

from collections.abc import Sequence

import click

from ccb import ballots, policy, requests
from ccb.ballot import Board, Policy
from ccb.model import ChangeRequest
from ccb.policy import Matter
from tui import clockface, printing
from tui.balloting import about, requirements, rule, standing
from tui.context import Invocation, command
from tui.present import duration
from tui.workplace import at_work

DECIDED = ("approved", "rejected", "checked out", "checked in", "closed", "backed out")


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
            (name.replace("_", " "), duration(content) if name == "deadline" and content else content)
            for name, content in printing.plain(found[0]).items()
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
        stands = found.state == "under review" and found.policy == chosen.id
        anew = {} if stands else {"referred_at": here.at, "round": found.round + 1}
        tried = found.but(board=chosen.board, policy=chosen.id, **anew)
        now = ballots.ballot(uow, tried, at=here.at)
        wrong = policy.objections(chosen, seats)
        controlled = [one for one in uow.all(Policy) if one.level != "draft"]
        matter = ballots.matter_of(uow, found, {one.scope for one in controlled if one.scope})
    if invocation.wants_json:
        passed = {one.id: policy.misses(one, matter) for one in controlled if one.id != chosen.id}
        why = {"decision": matter.decision, "level": matter.level, "scopes": sorted(matter.scopes)}
        printing.as_json(
            {"policy": chosen, "objections": wrong, "about": why, "others": passed, **standing(now)}
        )
        return
    printing.facts(
        [
            ("policy", f"{chosen.id}  {chosen.name}"),
            ("board", seats.name),
            ("rule", rule(chosen)),
            ("because", _because(matter)),
            ("set aside", "; ".join(f"{name} by the {role}" for name, role in chosen.overridable.items())),
            ("voting ends", clockface.clock(now.deadline) if stands and now.deadline else ""),
        ]
    )
    if found.kind == "standard":
        printing.put(f"Approved by the template {found.template} while it keeps to it. As a normal change:")
    requirements(now, heading="" if stands else _not_standing(found))
    for one in wrong:
        printing.put(f"  {one}")
    _others(chosen, controlled, matter)


def _not_standing(request: ChangeRequest) -> str:
    """What is said of a ballot that this policy would open, and has not."""
    by = f", decided under the policy {request.policy}" if request.state in DECIDED and request.policy else ""
    if request.state == "under review":
        by = f" under the policy {request.policy}, which does not decide about it any more"
    state = "a draft" if request.state == "draft" else request.state
    return f"{request.id} is {state}{by}. A ballot on it now would ask for:"


def _because(matter: Matter) -> str:
    """What is decided about, as policies are chosen by it."""
    kind = f"{matter.change_kind} {matter.decision}".strip()
    where = f", in {', '.join(sorted(matter.scopes))}" if matter.scopes else ""
    site = ", for the site board" if matter.site_board else ""
    what = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} of {matter.level} records{where}{site}"
    return f"{what}; the narrowest policy that fits decides"


def _others(chosen: Policy, policies: Sequence[Policy], matter: Matter) -> None:
    """The policies for the same kind of decision that do not decide, and why."""
    others = [one for one in policies if one.id != chosen.id and one.decision == matter.decision]
    if others:
        printing.put("Not decided by:")
    for one in others:
        why = "; ".join(policy.misses(one, matter)) or f"{chosen.id} is narrower"
        printing.put(f"  {one.id}: {why}")

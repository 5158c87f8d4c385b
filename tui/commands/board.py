"""The board from the command line: what waits for me, voting, deciding, and the rules it decides by."""

from collections.abc import Sequence
from typing import Any

import click

from baselines import decisions
from ccb import ballots, board, requests
from ccb.ballot import BLOCKS, OVERRIDABLE, Alternate, Board, Policy, blocks, worded
from ccb.model import ChangeRequest
from cmdb import people
from cmdb.errors import Invalid, NotFound, Refused
from tui import clockface, printing, typed
from tui.balloting import policy_line, requirements, standing
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.workplace import Workplace, at_work

_VALUES = {
    "approve": "approve",
    "conditions": "approve with conditions",
    "reject": "reject",
    "abstain": "abstain",
    "withdraw": "withdrawn",
}


@command
@click.argument("request", metavar="CR")
@click.argument("value", type=click.Choice(tuple(_VALUES)))
@click.option("-m", "reason", metavar="REASON", default="", help="Why; a reject needs it.")
@click.option(
    "--condition",
    "conditions",
    metavar="TEXT",
    multiple=True,
    help="A condition; repeat. One that begins 'before check-out:' blocks that, any other blocks closing.",
)
@click.option(
    "--condition-before",
    "before",
    type=click.Choice(BLOCKS),
    default=None,
    help="What your conditions block until they are met; closing when you do not say.",
)
def vote(
    invocation: Invocation,
    request: str,
    value: str,
    reason: str,
    conditions: tuple[str, ...],
    before: str | None,
) -> None:
    """Vote on a change, signed with your key; the vote that completes a ballot decides it."""
    if conditions and value != "conditions":
        raise Invalid(
            f"Conditions go with the vote 'conditions', which approves on them, not with '{value}'.",
            f"Type 'cmdb vote {request} conditions --condition TEXT'.",
        )
    if before and not conditions:
        raise Invalid(
            "--condition-before speaks of conditions, and there is none.",
            f"Name one: 'cmdb vote {request} conditions --condition TEXT --condition-before {before}'.",
        )
    conditions = tuple(worded(one, before or "") for one in conditions)
    with at_library(invocation) as (here, library):
        with library.store.read() as uow:
            id = requests.find(uow, request).id
        after = decisions.cast(
            library,
            id,
            voter=here.actor,
            value=_VALUES[value],
            conditions=conditions,
            reason=reason,
            key=here.key(),
            at=here.at,
        )
        _told(invocation, here, after, f"Your vote on {id} is {_VALUES[value]}.", conditions)


@command
def list_(invocation: Invocation) -> None:
    """List boards with their members."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.all(Board)
    if invocation.wants_json:
        printing.as_json(found)
        return
    printing.table(
        ("id", "chair", "members", "level", "name"),
        ([one.id, one.chair, len(one.members), one.level, one.name] for one in found),
        empty="There is no board.",
        right=("members",),
    )


@command
@click.argument("id_", metavar="BOARD")
def show(invocation: Invocation, id_: str) -> None:
    """Show a board: who sits on it for which group, who stands in, by which policies it decides."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.get(Board, id_)
        rules = uow.all(Policy, board=id_)
    if invocation.wants_json:
        printing.as_json({**printing.plain(found), "policies": rules})
        return
    printing.facts(
        [
            ("board", f"{found.id}  {found.name}"),
            ("chair", found.chair),
            ("level", found.level),
            ("members", "\n".join(f"{seat.person} for {seat.group}" for seat in found.members)),
            ("alternates", "\n".join(map(_stands_in, found.alternates))),
            ("policies", "\n".join(policy_line(one) for one in rules)),
        ]
    )


def _stands_in(one: Alternate) -> str:
    """Who stands in for whom, and when."""
    when = clockface.stretch(one.start, one.end) if one.end else f"from {clockface.clock(one.start)}"
    return f"{one.person} for {one.member}, {when}"


@command
def queue(invocation: Invocation) -> None:
    """List what waits for your vote, and what moved since you voted."""
    with at_work(invocation) as here:
        person = here.asker
        with here.store.read() as uow:
            waiting = board.queue(uow, person, at=here.at)
    if invocation.wants_json:
        printing.as_json(
            [
                {
                    "id": one.ballot.request.id,
                    "title": one.ballot.request.title,
                    "deadline": one.ballot.deadline,
                    "why": one.why,
                    "stale": one.stale,
                    "moved": one.moved,
                }
                for one in waiting
            ]
        )
        return
    printing.table(
        ("change", "vote", "deadline", "why", "title"),
        (
            [
                one.ballot.request.id,
                "STALE" if one.stale else "asked",
                here.said(one.ballot.deadline) if one.ballot.deadline else "",
                "; ".join(one.why),
                one.ballot.request.title,
            ]
            for one in waiting
        ),
        empty="Nothing waits for your vote.",
    )
    for one in waiting:
        for sentence in one.moved:
            printing.put(f"  {one.ballot.request.id} moved since your vote: {sentence}")


@command
@click.argument("wanted", metavar="CR...", nargs=-1, required=True)
@click.option("-m", "rationale", metavar="TEXT", default="", help="Why, for the record.")
def decide(invocation: Invocation, wanted: tuple[str, ...], rationale: str) -> None:
    """Sign the decision that the votes come to: on one change, or on several at once.

    Each is a decision of its own. One that is refused stops none of the others; all of them are named.
    """
    if len(wanted) == 1:
        _decide(invocation, wanted[0], rationale, close=False)
        return
    decided: list[dict[str, str]] = []
    refused: list[str] = []
    for one in dict.fromkeys(wanted):
        try:
            after = _decided(invocation, one, rationale)
        except (Invalid, NotFound, Refused) as refusal:
            refused.append(f"{one}: {refusal.reason}")
            continue
        decided.append({"request": after.id, "state": after.state})
        if not invocation.wants_json:
            printing.put(f"{after.id} is {after.state}.")
    if invocation.wants_json:
        printing.as_json({"decided": decided, "refused": refused})
    if refused:
        raise Refused(
            f"{len(refused)} of {len(refused) + len(decided)} were not decided.",
            "See what each needs: 'cmdb board policy test CR'.",
            refused,
        )


@command
@click.argument("request", metavar="CR")
@click.option("-m", "rationale", metavar="TEXT", default="", help="Why, for the record.")
def close(invocation: Invocation, request: str, rationale: str) -> None:
    """Close a ballot (for the chair) and sign the decision; a missing vote is an absent one."""
    _decide(invocation, request, rationale, close=True)


@command
@click.argument("request", metavar="CR")
@click.option("--until", required=True, metavar="TIME", help="When it comes back.")
@click.option("-m", "rationale", metavar="TEXT", default="", help="Why; it is needed.")
def defer(invocation: Invocation, request: str, until: str, rationale: str) -> None:
    """Put a change off until a date (for the chair)."""
    with at_library(invocation) as (here, library):
        moment = typed.moment(until, zone=here.site.zone, now=here.at)
        key, id = here.key(), _id(here, request)
        act = board.defer(
            library.store, id, by=here.actor, until=moment, rationale=rationale, key=key, at=here.at
        )
        after = decisions.enter(library, act, key=key, at=here.at)
        _told(invocation, here, after, f"{id} is deferred until {here.said(moment)}.")


@command
@click.argument("request", metavar="CR")
@click.option("-m", "rationale", metavar="TEXT", default="", help="Why, for the record.")
def confirm(invocation: Invocation, request: str, rationale: str) -> None:
    """Say that a decision holds although its evidence moved since (for the chair)."""
    with at_library(invocation) as (here, library):
        key, id = here.key(), _id(here, request)
        act = board.confirm(library.store, id, by=here.actor, rationale=rationale, key=key, at=here.at)
        after = decisions.enter(library, act, key=key, at=here.at)
        _told(invocation, here, after, f"The decision on {id} is confirmed.")


@command
@click.argument("request", metavar="CR")
@click.argument("requirement", metavar="REQUIREMENT")
@click.option("-m", "why", metavar="REASON", required=True, help="Why it may be set aside.")
def override(invocation: Invocation, request: str, requirement: str, why: str) -> None:
    """Set aside a requirement that is missing, such as quorum, where the policy allows it to your role."""
    if requirement.split(" ")[0] not in {one.split(" ")[0] for one in OVERRIDABLE}:
        raise Invalid(
            f"'{requirement}' can never be set aside.", f"Requirements that can: {', '.join(OVERRIDABLE)}."
        )
    with at_library(invocation) as (here, library):
        key, id = here.key(), _id(here, request)
        act = board.override(
            library.store, id, by=here.actor, requirement=requirement, why=why, key=key, at=here.at
        )
        after = decisions.enter(library, act, key=key, at=here.at)
        _told(invocation, here, after, f"'{requirement}' of {id} is set aside; a review of that is due.")


@command
@click.argument("request", metavar="CR")
def refer(invocation: Invocation, request: str) -> None:
    """Put an assessed change before its board and open the ballot."""
    with at_work(invocation) as here:
        after = board.refer(here.store, _id(here, request), actor=here.actor, at=here.at)
        _told(invocation, here, after, f"{after.id} lies before the board '{after.board}'.")


def _decided(invocation: Invocation, request: str, rationale: str) -> ChangeRequest:
    with at_library(invocation) as (here, library):
        key, id = here.key(), _id(here, request)
        act = board.decide(library.store, id, by=here.actor, rationale=rationale, key=key, at=here.at)
        return decisions.enter(library, act, key=key, at=here.at)


def _decide(invocation: Invocation, request: str, rationale: str, *, close: bool) -> None:
    with at_library(invocation) as (here, library):
        key, id = here.key(), _id(here, request)
        act = board.decide(
            library.store, id, by=here.actor, close=close, rationale=rationale, key=key, at=here.at
        )
        after = decisions.enter(library, act, key=key, at=here.at)
        _told(invocation, here, after, f"{id} is {after.state}.")


def _id(here: Workplace, request: str) -> str:
    with here.store.read() as uow:
        return requests.find(uow, request).id


def _told(
    invocation: Invocation,
    here: Workplace,
    request: ChangeRequest,
    words: str,
    conditions: Sequence[str] = (),
) -> None:
    """Say what happened, what each condition blocks, and what the ballot still needs."""
    with here.store.read() as uow:
        now = ballots.ballot(uow, request, at=here.at) if request.state == "under review" else None
        without_key = people.without_key(uow, now.outcome.missing if now else ())
    if invocation.wants_json:
        answer: dict[str, Any] = {"request": request.id, "state": request.state}
        printing.as_json({**answer, **standing(now)} if now else answer)
        return
    printing.put(words)
    for one in conditions:
        printing.put(f"  blocks {blocks(one)} until it is met: {one}")
    if now is not None:
        requirements(now, without_key)
    elif not words.startswith(f"{request.id} is "):
        printing.put(f"{request.id} is {request.state}.")

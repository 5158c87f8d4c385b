"""Action items: listing, adding, taking them to their close."""

from typing import Any

import click

from cmdb import action_items
from cmdb.errors import Invalid
from cmdb.work import STEPS, ActionItem
from tui import printing, typed
from tui.context import Invocation, command
from tui.workplace import at_work

STATES = tuple(dict.fromkeys(state for states in STEPS.values() for state in states))


@command
@click.option("--owner", metavar="PERSON", default="", help="Only of this person; 'me' is you.")
@click.option("--mine", is_flag=True, help="Only yours.")
@click.option("--overdue", is_flag=True, help="Only those whose date has passed, the longest overdue first.")
@click.option("--origin", default="", help="Only of this record, such as change:CR-1.")
@click.option("--all", "everything", is_flag=True, help="Also closed and declined ones.")
def list_(
    invocation: Invocation, owner: str, mine: bool, overdue: bool, origin: str, everything: bool
) -> None:
    """List action items, those that are open."""
    with at_work(invocation) as here, here.store.read() as uow:
        named = here.actor if mine else here.reader if owner == "me" else owner
        found = action_items.listed(uow, owner=named, origin=origin, only_open=not everything)
        now = here.at
        if overdue:
            wanted = {one.id for one in found}
            found = tuple(one for one in action_items.overdue(uow, at=now) if one.id in wanted)
    if invocation.wants_json:
        printing.as_json_list({**printing.plain(one), "overdue": one.overdue(now)} for one in found)
        return
    printing.table(
        ("id", "state", "owner", "due", "blocks", "origin", "what"),
        (
            (one.id, one.state, one.owner, _due(one, one.overdue(now)), one.blocks, one.origin, one.what)
            for one in found
        ),
        empty="There is nothing to do.",
    )


@command
@click.argument("id_", metavar="ID")
def show(invocation: Invocation, id_: str) -> None:
    """Show an action item, and what may come next."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.get(ActionItem, id_.upper())
    if invocation.wants_json:
        printing.as_json({**printing.plain(found), "next": list(STEPS[found.state])})
        return
    names = ActionItem.__dataclass_fields__
    printing.facts((name.replace("_", " "), getattr(found, name)) for name in names)
    if found.overdue(here.at):
        printing.put("OVERDUE")
    if found.open:
        printing.say(f"Next: {', '.join(STEPS[found.state])}.")


@command
@click.argument("what")
@click.option("--owner", metavar="PERSON", required=True, help="Who is to do it; 'me' is you.")
@click.option("--origin", default="", help="The record it comes from, such as change:CR-1.")
@click.option("--item", "items", metavar="ID", multiple=True, help="An item it concerns; repeat.")
@click.option("--due", metavar="T", default="", help="Until when.")
@click.option("--plan", default="", help="How it is to be done.")
@click.option("--risk", default="", help="What happens if it is not done.")
@click.option("--reviewer", metavar="PERSON", default="", help="Who reviews it.")
@click.option("--tell", "told", metavar="PERSON", multiple=True, help="Who is told of every step; repeat.")
def add(
    invocation: Invocation,
    what: str,
    owner: str,
    origin: str,
    items: tuple[str, ...],
    due: str,
    told: tuple[str, ...],
    **given: str,
) -> None:
    """Initiate an action item: WHAT somebody has to do."""
    with at_work(invocation) as here:
        until = typed.moment(due, zone=here.site.zone, now=here.at) if due else None
        actor = here.actor
        found = action_items.add(
            here.store,
            origin=origin or f"person:{actor}",
            what=what,
            owner=actor if owner == "me" else owner,
            items=items,
            due=until,
            told=told,
            actor=actor,
            at=here.at,
            **given,
        )
    _said(invocation, found, f"{found.id} is initiated for {found.owner}.")


@command
@click.argument("id_", metavar="ID")
@click.option("--what", default=None, help="What is to be done.")
@click.option("--owner", metavar="PERSON", default=None, help="Who is to do it; 'me' is you.")
@click.option("--item", "items", metavar="ID", multiple=True, help="The items it concerns, all of them.")
@click.option("--due", metavar="T", default=None, help="Until when; empty: no date.")
@click.option("--plan", default=None, help="How it is to be done.")
@click.option("--risk", default=None, help="What happens if it is not done.")
@click.option("--reviewer", metavar="PERSON", default=None, help="Who reviews it.")
@click.option(
    "--tell", "told", metavar="PERSON", multiple=True, help="Who is told of every step, all of them."
)
def amend(
    invocation: Invocation,
    id_: str,
    due: str | None,
    items: tuple[str, ...],
    told: tuple[str, ...],
    **given: str | None,
) -> None:
    """Change an open action item: its owner, date, plan; those it concerns are told what moved."""
    with at_work(invocation) as here:
        changes: dict[str, Any] = {name: one for name, one in given.items() if one is not None}
        if changes.get("owner") == "me":
            changes["owner"] = here.actor
        if due is not None:
            changes["due"] = typed.moment(due, zone=here.site.zone, now=here.at) if due else None
        changes |= {name: one for name, one in (("items", items), ("told", told)) if one}
        if not changes:
            raise Invalid("Nothing was said to change.", "Give an option, such as --due or --owner.")
        found = action_items.amend(here.store, id_.upper(), actor=here.actor, at=here.at, **changes)
    _said(invocation, found, f"{found.id} says now what you gave.")


@command
@click.argument("id_", metavar="ID")
@click.argument("state", type=click.Choice(STATES))
@click.option("--evidence", default="")
@click.option("--evaluation", default="", help="Whether it helped; when declining, the reason.")
def step(invocation: Invocation, id_: str, state: str, evidence: str, evaluation: str) -> None:
    """Take an action item to its next state."""
    _step(invocation, id_, state, evidence=evidence, evaluation=evaluation)


@command
@click.argument("id_", metavar="ID")
def review(invocation: Invocation, id_: str) -> None:
    """Say that you reviewed an action item: it may be approved or declined now."""
    _step(invocation, id_, "reviewed")


@command
@click.argument("id_", metavar="ID")
def approve(invocation: Invocation, id_: str) -> None:
    """Approve a reviewed action item: it is to be done."""
    _step(invocation, id_, "approved")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--reason", required=True, help="Why it is not to be done.")
def decline(invocation: Invocation, id_: str, reason: str) -> None:
    """Decline an action item with the reason. That is final."""
    _step(invocation, id_, "declined", evaluation=reason)


@command
@click.argument("id_", metavar="ID")
def start(invocation: Invocation, id_: str) -> None:
    """Say that an approved action item is being done."""
    _step(invocation, id_, "in progress")


@command
@click.argument("id_", metavar="ID")
@click.option("--evidence", default="", help="What shows that it is done.")
def done(invocation: Invocation, id_: str, evidence: str) -> None:
    """Say that an action item is done; it still has to be closed."""
    _step(invocation, id_, "done", evidence=evidence)


@command
@click.argument("id_", metavar="ID")
@click.option("--evidence", default="", help="What shows that it is done; needed, unless it is said already.")
@click.option("--evaluation", default="", help="Whether it helped; needed, unless it is said already.")
def close(invocation: Invocation, id_: str, evidence: str, evaluation: str) -> None:
    """Close an action item with its evidence and what it was worth."""
    _step(invocation, id_, "closed", evidence=evidence, evaluation=evaluation)


def _step(invocation: Invocation, id_: str, state: str, *, evidence: str = "", evaluation: str = "") -> None:
    with at_work(invocation) as here:
        found = action_items.step(
            here.store,
            id_.upper(),
            state,
            evidence=evidence,
            evaluation=evaluation,
            actor=here.actor,
            at=here.at,
        )
    _said(invocation, found, f"{found.id} is {found.state}.")


def _due(one: ActionItem, overdue: bool) -> str:
    return f"{printing.in_words(one.due)}{' OVERDUE' if overdue else ''}" if one.due else ""


def _said(invocation: Invocation, value: Any, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(value)
    else:
        printing.put(words)

"""Action items: listing, adding, taking them to their close."""

from typing import Any

import click

from cmdb import action_items
from cmdb.work import STEPS, ActionItem
from tui import printing, typed
from tui.context import Invocation, command
from tui.workplace import at_work

STATES = tuple(dict.fromkeys(state for states in STEPS.values() for state in states))


@command
@click.option("--owner", metavar="PERSON", default="", help="Only of this person; 'me' is you.")
@click.option("--origin", default="", help="Only of this record, such as change:CR-1.")
@click.option("--all", "everything", is_flag=True, help="Also closed ones.")
def list_(invocation: Invocation, owner: str, origin: str, everything: bool) -> None:
    """List action items, those that are open."""
    with at_work(invocation) as here, here.store.read() as uow:
        named = here.reader if owner == "me" else owner
        found = action_items.listed(uow, owner=named, origin=origin, only_open=not everything)
        now = here.at
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
    """Show an action item."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.get(ActionItem, id_)
    if invocation.wants_json:
        printing.as_json(found)
        return
    names = ActionItem.__dataclass_fields__
    printing.facts((name.replace("_", " "), getattr(found, name)) for name in names)


@command
@click.argument("what")
@click.option("--owner", metavar="PERSON", required=True, help="Who is to do it.")
@click.option("--origin", default="", help="The record it comes from, such as change:CR-1.")
@click.option("--item", "items", metavar="ID", multiple=True, help="An item it concerns; repeat.")
@click.option("--due", metavar="T", default="", help="Until when.")
def add(invocation: Invocation, what: str, owner: str, origin: str, items: tuple[str, ...], due: str) -> None:
    """Initiate an action item: WHAT somebody has to do."""
    with at_work(invocation) as here:
        until = typed.moment(due, zone=here.site.zone, now=here.at) if due else None
        actor = here.actor
        found = action_items.add(
            here.store,
            origin=origin or f"person:{actor}",
            what=what,
            owner=owner,
            items=items,
            due=until,
            actor=actor,
            at=here.at,
        )
    _said(invocation, found, f"{found.id} is initiated for {owner}.")


@command
@click.argument("id_", metavar="ID")
@click.argument("state", type=click.Choice(STATES))
@click.option("--evidence", default="")
@click.option("--evaluation", default="")
def step(invocation: Invocation, id_: str, state: str, evidence: str, evaluation: str) -> None:
    """Take an action item to its next state."""
    with at_work(invocation) as here:
        found = action_items.step(
            here.store, id_, state, evidence=evidence, evaluation=evaluation, actor=here.actor, at=here.at
        )
    _said(invocation, found, f"{found.id} is {found.state}.")


@command
@click.argument("id_", metavar="ID")
@click.option("--evidence", required=True, help="What shows that it is done.")
@click.option("--evaluation", default="", help="Whether it helped.")
def close(invocation: Invocation, id_: str, evidence: str, evaluation: str) -> None:
    """Close an action item with its evidence."""
    with at_work(invocation) as here:
        found = action_items.close(
            here.store, id_, evidence=evidence, evaluation=evaluation, actor=here.actor, at=here.at
        )
    _said(invocation, found, f"{found.id} is closed.")


def _due(one: ActionItem, overdue: bool) -> str:
    return f"{printing.plain(one.due)}{' OVERDUE' if overdue else ''}" if one.due else ""


def _said(invocation: Invocation, value: Any, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(value)
    else:
        printing.put(words)

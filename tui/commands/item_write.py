"""Changing draft items and what they need; noting what was seen of any item."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click

from ccb import requests
from ccb.model import ChangeDraft, ProposedChange
from ccb.proposal import Key
from cmdb import item_rules, items, tables_graph
from cmdb.errors import Invalid
from cmdb.impact import broken_before
from cmdb.model import (
    CUSTODIES,
    ITEM_STATUSES,
    OPERATING_STATES,
    STRENGTHS,
    Dependency,
    Item,
    RedundancyGroup,
)
from cmdb.records import path_of
from tui import printing, typed
from tui.context import Invocation, command
from tui.present import counted
from tui.workplace import Workplace, at_work

_TEXTS = ("type", "name", "owner", "group", "status", "custody", "party", "criterion")


def _fields(function: Any) -> Any:
    """The options that give an item's fields."""
    options = [
        click.option("--type", "type", metavar="TYPE", help="The item type; 'cmdb type list' shows them."),
        click.option("--name", metavar="NAME"),
        click.option("--owner", metavar="PERSON", help="The one person who owns it."),
        click.option("--group", metavar="GROUP", help="The group that answers for it."),
        click.option("--status", type=click.Choice(ITEM_STATUSES)),
        click.option("--custody", type=click.Choice(CUSTODIES), help="Whose it is and what it is for."),
        click.option("--party", metavar="PARTY", help="The customer or supplier it belongs to."),
        click.option("--criterion", metavar="TEXT", help="The documented criterion it was selected by."),
        click.option("--point", "points", metavar="TEXT", multiple=True, help="A life-cycle point; repeat."),
        click.option("--set", "facts", metavar="NAME=TEXT", multiple=True, help="A characteristic; repeat."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@command
@click.argument("id_", metavar="[ID]", required=False, default="")
@_fields
def register(invocation: Invocation, id_: str, **given: Any) -> None:
    """Register an item as a draft. Without ID, one is made from its type, such as app-0001."""
    with at_work(invocation) as here:
        owner = given["owner"] or here.actor
        needed = [name for name in ("type", "name") if not given[name]]
        if needed:
            raise Invalid("An item needs a type and a name.", "Give --type and --name.")
        actor = here.actor
        minted = id_ or items.mint_id(here.store, given["type"])
        start = Item(id=minted, type=given["type"], name=given["name"], owner=owner)
        item = items.register(here.store, _amended(start, given), actor=actor, at=here.at)
    _tell(invocation, item, f"{item.id} is registered as a draft of {item.owner}.")


@command
@click.argument("id_", metavar="ID")
@click.argument("new", metavar="NEW-ID")
@_fields
@click.option("--connections", is_flag=True, help="It needs what ID needs, in the same groups.")
def clone(invocation: Invocation, id_: str, new: str, connections: bool, **given: Any) -> None:
    """Register NEW-ID as a draft like ID, with what the options change."""
    with at_work(invocation) as here:
        with here.store.read() as uow:
            start = tables_graph.get_item(uow, id_)
            needs = tables_graph.dependencies_of(uow, id_)
            groups = {one.name: one.need for one in tables_graph.groups_of(uow, id_)}
        copy = _amended(start.but(id=new, level="draft"), given)
        item = items.register(here.store, copy, actor=here.actor, at=here.at)
        for one in needs if connections else ():
            items.connect(
                here.store,
                one.but(source=new),
                need=groups.get(one.group, ""),
                actor=here.actor,
                at=here.at,
            )
    _tell(invocation, item, f"{item.id} is registered as a draft of {item.owner}, like {id_}.")


@command
@click.argument("id_", metavar="ID")
@_fields
def amend(invocation: Invocation, id_: str, **given: Any) -> None:
    """Change a draft item. One under control changes by 'cmdb change new'."""
    with at_work(invocation) as here:
        with here.store.read() as uow:
            before = tables_graph.get_item(uow, id_)
        after = _amended(before, given)
        if after == before:
            raise Invalid("Nothing would change.", "Name what to change, such as --name or --set.")
        item = items.amend(here.store, after, seen=before, actor=here.actor, at=here.at)
    _tell(invocation, item, f"{item.id} is changed.")


@command
@click.argument("source")
@click.argument("target")
@click.option("--kind", default="uses", show_default=True, help="How it needs it, in words.")
@click.option("--strength", type=click.Choice(STRENGTHS), default="hard", show_default=True)
@click.option("--group", default="", help="The redundancy group of SOURCE that TARGET is in.")
@click.option("--need", default="", help="How many of the group are needed: 2, or 50%.")
def connect(
    invocation: Invocation, source: str, target: str, kind: str, strength: str, group: str, need: str
) -> None:
    """Record that SOURCE needs TARGET."""
    dependency = Dependency(source=source, target=target, kind=kind, strength=strength, group=group)
    with at_work(invocation) as here:
        items.connect(here.store, dependency, need=need, actor=here.actor, at=here.at)
        short = _short(here, source, group) if group else ""
    _said(invocation, dependency, f"{source} {kind} {target}.", short)


@command
@click.argument("source")
@click.argument("target")
@click.option("--kind", default="", help="Which one, where SOURCE needs TARGET in several ways.")
def disconnect(invocation: Invocation, source: str, target: str, kind: str) -> None:
    """Take away that SOURCE needs TARGET."""
    with at_work(invocation) as here:
        gone = items.disconnect(here.store, source, target, kind=kind, actor=here.actor, at=here.at)
    _said(invocation, gone, f"{source} no longer {gone.kind} {target}.")


@command
@click.argument("source")
@click.argument("group")
@click.argument("need")
@click.option("--strength", type=click.Choice(STRENGTHS), default="hard", show_default=True)
def need(invocation: Invocation, source: str, group: str, need: str, strength: str) -> None:
    """Say how many members of redundancy group GROUP its item SOURCE needs: 2, or 50%."""
    wanted = RedundancyGroup(source=source, name=group, need=need, strength=strength)
    with at_work(invocation) as here:
        items.set_group(here.store, wanted, actor=here.actor, at=here.at)
        short = _short(here, source, group)
    _said(invocation, wanted, f"{source} needs {need} of '{group}'.", short)


@command
@click.argument("id_", metavar="ID")
def retire(invocation: Invocation, id_: str) -> None:
    """Retire a draft item; its record stays. Refused while something in service needs it."""
    with at_work(invocation) as here:
        item = items.retire(here.store, id_, actor=here.actor, at=here.at)
    _tell(invocation, item, f"{id_} is retired.")


@command
@click.argument("id_", metavar="ID")
@click.option("--yes", is_flag=True, help="Do it; the id can never be used again.")
def remove(invocation: Invocation, id_: str, yes: bool) -> None:
    """Delete a draft item registered by mistake. Its id is spent for ever."""
    with at_work(invocation) as here:
        if not yes:
            with here.store.read() as uow:
                item = tables_graph.get_item(uow, id_)
            item_rules.refuse_controlled(item)
            printing.put(f"Would delete {item.id}, {item.name}; its id is then spent for ever.")
            printing.say("Nothing is deleted yet; --yes deletes it.")
            return
        item = items.remove(here.store, id_, actor=here.actor, at=here.at)
    _tell(invocation, item, f"{id_} is deleted.")


@command
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option("--mine", is_flag=True, help="Everything you own that is not retired.")
@click.option("--type", "type_", metavar="TYPE", default="", help="With --mine: only items of this type.")
@click.option("--older-than", "older", metavar="D", default="", help="With --mine: not what was seen since.")
def confirm(invocation: Invocation, ids: tuple[str, ...], mine: bool, type_: str, older: str) -> None:
    """Say that you saw the items ID..., and what they need, to be true now; or all of yours."""
    if bool(ids) == mine or ((type_ or older) and not mine):
        raise Invalid(
            "Say which items, or --mine.", "Type 'cmdb item confirm ID' or 'cmdb item confirm --mine'."
        )
    with at_work(invocation) as here:
        if mine:
            before = here.at - timedelta(seconds=typed.seconds(older)) if older else None
            count = items.confirm_owned(here.store, type=type_, before=before, actor=here.actor, at=here.at)
            _said(invocation, {"count": count}, f"{counted(count, 'item')} of yours confirmed.")
            return
        count = items.confirm(here.store, ids, actor=here.actor, at=here.at)
    _said(invocation, {"confirmed": list(ids)}, f"{count} confirmed.")


@command
@click.argument("id_", metavar="ID")
@click.argument("state_", metavar="STATE", type=click.Choice(OPERATING_STATES))
def state(invocation: Invocation, id_: str, state_: str) -> None:
    """Record that an item is up, in maintenance or down. Any control level."""
    with at_work(invocation) as here:
        items.set_operating(here.store, id_, state_, actor=here.actor, at=here.at)
    _said(invocation, {"id": id_, "operating": state_}, f"{id_} is {state_}.")


@command
@click.option("--from", "giver", metavar="PERSON", required=True, help="Who owns them now.")
@click.option("--to", "taker", metavar="PERSON", required=True, help="Who is to own them.")
@click.option("--apply", is_flag=True, help="Do it; without this, only what it would do is shown.")
def hand_over(invocation: Invocation, giver: str, taker: str, apply: bool) -> None:
    """Give the drafts of one owner to another, and draft a change request for what is controlled.

    Items and documents. What is retired among documents stays as it was.
    """
    with at_work(invocation) as here:
        with here.store.read() as uow:
            items.check_hand_over(uow, giver=giver, taker=taker)
        drafts, controlled = _owned(here, giver)
        raised = ""
        if apply:
            items.hand_over(here.store, giver=giver, taker=taker, actor=here.actor, at=here.at)
            raised = _request(here, giver, taker, controlled) if controlled else ""
    if invocation.wants_json:
        answer = {"from": giver, "to": taker, "applied": apply, "request": raised}
        for word, found in (("drafts", drafts), ("controlled", controlled)):
            answer[word] = [id for kind, id in found if kind == "item"]
            answer[f"{word}_documents"] = [id for kind, id in found if kind == "document"]
        printing.as_json(answer)
        return
    printing.put(f"{counted(len(drafts), 'draft')} {'went' if apply else 'would go'} from {giver} to {taker}")
    if controlled:
        printing.put(f"Under control, for a change request: {counted(len(controlled), 'record')}:")
        for kind, id in controlled:
            printing.put(f"  {id}" if kind == "item" else f"  {kind} {id}")
        if raised:
            printing.put(f"{raised} is a draft that hands them over.")
            printing.say(f"Give it a window and hand it in: 'cmdb change edit {raised} --file FILE'.")
    if not apply:
        printing.say("Nothing is changed yet; --apply does it.")


def _request(here: Workplace, giver: str, taker: str, controlled: Sequence[Key]) -> str:
    """Draft the change request that hands over what is under control; give its id."""
    draft = ChangeDraft(
        title=f"Hand over what {giver} owns to {taker}",
        reason=f"{giver} hands over what they own",
        changes=tuple(
            ProposedChange(record=kind, id=id, operation="set", exact={"owner": taker})
            for kind, id in controlled
        ),
        backout=f"hand them back to {giver}",
        test=f"{taker} sees them: 'cmdb item list --owner {taker}'",
    )
    return requests.new(here.store, draft, actor=here.actor, at=here.at).id


def _owned(here: Workplace, owner: str) -> tuple[list[Key], list[Key]]:
    """What somebody owns, items before documents: the drafts, and what is under control."""
    with here.store.read() as uow:
        rows = [
            ("item", *row)
            for row in uow.rows("SELECT id, level FROM item WHERE owner = ? ORDER BY id", owner)
        ]
        rows += [("document", *row) for row in items.documents_of(uow, owner)]
    drafts = [(kind, id) for kind, id, level in rows if level == "draft"]
    return drafts, [(kind, id) for kind, id, level in rows if level != "draft"]


def _amended(item: Item, given: dict[str, Any]) -> Item:
    """The item with what was given; characteristics with empty content go away."""
    changes = {name: given[name] for name in _TEXTS if given[name] is not None}
    if given["points"]:
        changes["points"] = given["points"]
    if given["facts"]:
        facts = {**item.characteristics, **typed.pairs(given["facts"])}
        changes["characteristics"] = {name: fact for name, fact in facts.items() if fact is not None}
    return item.but(**changes)


def _tell(invocation: Invocation, item: Item, words: str) -> None:
    if invocation.wants_json:
        printing.as_json({**printing.plain(item), "path": path_of("item", item.id)})
    else:
        printing.put(words)


def _short(here: Workplace, source: str, group: str) -> str:
    """That a group needs more than it has: impact then counts it as needing all of them."""
    with here.store.read() as uow:
        rows = uow.rows(
            "SELECT g.need, g.members FROM redundancy_group g JOIN item i ON i.key = g.source"
            " WHERE i.id = ? AND g.name = ?",
            *(source, group),
        )
    for need, members in rows:
        if broken_before(need, members):
            until = "it counts as needing all of them" if members else "it counts for nothing"
            return f"'{group}' has {counted(members, 'serving member')} and needs {need}: until then {until}."
    return ""


def _said(invocation: Invocation, value: Any, words: str, remark: str = "") -> None:
    if invocation.wants_json:
        printing.as_json(value)
    else:
        printing.put(words)
        if remark:
            printing.say(remark)

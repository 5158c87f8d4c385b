"""Groups of people: listing, showing, adding, changing."""

from typing import Any

import click

from cmdb import people
from cmdb.errors import Invalid
from cmdb.model import Group
from tui import printing
from tui.context import Invocation, command
from tui.present import counted
from tui.workplace import at_work


@command
def list_(invocation: Invocation) -> None:
    """List groups of people."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.all(Group)
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("id", "name", "lead", "members", "level"),
        ((one.id, one.name, one.lead, one.members, one.level) for one in found),
        empty="There are no groups.",
    )


@command
@click.argument("id_", metavar="ID")
def show(invocation: Invocation, id_: str) -> None:
    """Show a group with its members."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.get(Group, id_)
        items = uow.rows("SELECT COUNT(*) FROM item WHERE grp = ?", id_)[0][0]
    if invocation.wants_json:
        printing.as_json({**printing.plain(found), "items": items})
        return
    printing.facts(
        [
            ("id", found.id),
            ("name", found.name),
            ("lead", found.lead),
            ("members", found.members),
            ("email", found.email),
            ("level", found.level),
            ("answers for", counted(items, "item")),
        ]
    )


@command
@click.argument("id_", metavar="ID")
@click.option("--name", required=True)
@click.option("--lead", metavar="PERSON", default="")
@click.option("--member", "members", metavar="PERSON", multiple=True)
@click.option("--email", default="")
def register(
    invocation: Invocation, id_: str, name: str, lead: str, members: tuple[str, ...], email: str
) -> None:
    """Add a group of people as a candidate."""
    group = Group(id=id_, name=name, lead=lead, members=members, email=email)
    with at_work(invocation) as here:
        people.register_group(here.store, group, actor=here.actor, at=here.at)
    _said(invocation, group, f"The group {id_} is added.")


@command
@click.argument("id_", metavar="ID")
@click.option("--name")
@click.option("--lead", metavar="PERSON")
@click.option("--member", "members", metavar="PERSON", multiple=True, help="Repeat; replaces the members.")
@click.option("--email")
def amend(invocation: Invocation, id_: str, **given: Any) -> None:
    """Change a group that is not yet under control. Members given replace those there."""
    changes = {name: content for name, content in given.items() if content not in (None, ())}
    if not changes:
        raise Invalid("Nothing would change.", "Give --name, --lead, --member or --email.")
    with at_work(invocation) as here:
        with here.store.read() as uow:
            group = uow.get(Group, id_).but(**changes)
        people.amend_group(here.store, group, actor=here.actor, at=here.at)
    _said(invocation, group, f"The group {id_} is changed.")


def _said(invocation: Invocation, value: Any, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(value)
    else:
        printing.put(words)

"""Parties: customers, end users, suppliers and internal groups."""

from typing import Any

import click

from cmdb import people
from cmdb.model import PARTY_KINDS, Contact, Party
from tui import printing
from tui.context import Invocation, command
from tui.workplace import at_work


@command
def list_(invocation: Invocation) -> None:
    """List customers, end users, suppliers and internal groups."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.all(Party)
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("id", "name", "kind", "contacts", "level"),
        ((one.id, one.name, one.kind, [each.name for each in one.contacts], one.level) for one in found),
        empty="There are no parties.",
    )


@command
@click.argument("id_", metavar="ID")
def show(invocation: Invocation, id_: str) -> None:
    """Show a party with its contacts."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.get(Party, id_)
    if invocation.wants_json:
        printing.as_json(found)
        return
    contacts = "\n".join(f"{one.name}  {one.email}  {one.phone}".rstrip() for one in found.contacts)
    printing.facts(
        [
            ("id", found.id),
            ("name", found.name),
            ("kind", found.kind),
            ("contacts", contacts),
            ("level", found.level),
        ]
    )


@command
@click.argument("id_", metavar="ID")
@click.option("--name", required=True)
@click.option("--kind", type=click.Choice(PARTY_KINDS), default="customer", show_default=True)
@click.option("--contact", metavar="NAME EMAIL", type=(str, str), help="Whom to reach there.")
def register(invocation: Invocation, id_: str, name: str, kind: str, contact: tuple[str, str] | None) -> None:
    """Add a customer, end users, a supplier or an internal group as a candidate."""
    contacts = (Contact(name=contact[0], email=contact[1]),) if contact else ()
    party = Party(id=id_, name=name, kind=kind, contacts=contacts)
    with at_work(invocation) as here:
        people.register_party(here.store, party, actor=here.actor, at=here.at)
    _said(invocation, party, f"The party {id_} is added.")


def _said(invocation: Invocation, value: Any, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(value)
    else:
        printing.put(words)

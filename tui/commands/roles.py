"""Roles: who holds which, who may do what."""

import secrets
from typing import Any

import click

from cmdb import people, roles
from cmdb.model import RoleGrant
from tui import printing, typed
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.option("--person", metavar="PERSON", default="", help="Only what this person holds.")
@click.option("--all", "everything", is_flag=True, help="Also grants that are over.")
def list_(invocation: Invocation, person: str, everything: bool) -> None:
    """List who holds which role."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = [
            one
            for one in uow.all(RoleGrant)
            if (not person or one.person == person) and (everything or roles.holds(one, here.at))
        ]
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("id", "person", "role", "service", "since", "until"),
        ((one.id, one.person, one.role, one.service or "all", one.start, one.end) for one in found),
        empty="Nobody holds a role.",
    )


@command
@click.argument("person")
@click.argument("role")
@click.option("--service", metavar="ID", default="", help="For this service only.")
@click.option("--from", "start", metavar="T", default="now", show_default=True)
@click.option("--until", "end", metavar="T", default="", help="Until then; until revoked if left out.")
def grant(invocation: Invocation, person: str, role: str, service: str, start: str, end: str) -> None:
    """Grant ROLE to PERSON, for all services or one."""
    with at_work(invocation) as here:
        zone = here.site.zone
        wanted = RoleGrant(
            id=f"grant-{secrets.token_hex(4)}",
            person=person,
            role=role,
            service=service,
            start=typed.moment(start, zone=zone, now=here.at),
            end=typed.moment(end, zone=zone, now=here.at) if end else None,
        )
        people.grant(here.store, wanted, actor=here.actor, at=here.at)
    _said(invocation, wanted, f"{person} is {role}{f' of {service}' if service else ''} ({wanted.id}).")


@command
@click.argument("grant_id", metavar="GRANT")
def revoke(invocation: Invocation, grant_id: str) -> None:
    """End a grant now; 'cmdb role list' shows their ids."""
    with at_work(invocation) as here:
        ended = people.revoke(here.store, grant_id, actor=here.actor, at=here.at)
    _said(invocation, ended, f"{ended.person} is no longer {ended.role}.")


@command
def table(invocation: Invocation) -> None:
    """Show which roles may do what here."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = roles.table(uow)
    if invocation.wants_json:
        printing.as_json(found)
        return
    printing.table(
        ("action", "roles"), ((action, sorted(may)) for action, may in found.items()), empty="Nothing."
    )


@command
@click.argument("action")
@click.argument("may", metavar="ROLE...", nargs=-1, required=True)
def allow(invocation: Invocation, action: str, may: tuple[str, ...]) -> None:
    """Say which roles may do ACTION at this site, in place of the default."""
    with at_work(invocation) as here:
        roles.allow(here.store, action, may, actor=here.actor, at=here.at)
    _said(invocation, {"action": action, "roles": sorted(may)}, f"'{action}': {', '.join(sorted(may))}.")


def _said(invocation: Invocation, value: Any, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(value)
    else:
        printing.put(words)

"""People: listing, showing, registering, their keys."""

from pathlib import Path
from typing import Any

import click

from ccb import board, lifecycle, requests, signing_keys
from cmdb import people, signatures
from cmdb.errors import Invalid, Refused
from cmdb.model import Group, Person, PublicKey, RoleGrant
from cmdb.roles import holds
from tui import printing
from tui.context import Invocation, command
from tui.present import counted
from tui.workplace import Workplace, at_work


@command
@click.argument("words", nargs=-1)
@click.option("--inactive", is_flag=True, help="Also people who are not active any more.")
def list_(invocation: Invocation, words: tuple[str, ...], inactive: bool) -> None:
    """List people, all or those whose id or name holds every one of WORDS."""
    with at_work(invocation) as here, here.store.read() as uow:
        owned = dict(uow.rows("SELECT owner, COUNT(*) FROM item GROUP BY owner"))
        found = [
            one
            for one in uow.all(Person)
            if (inactive or one.active)
            and all(word.lower() in f"{one.id} {one.name}".lower() for word in words)
        ]
    if invocation.wants_json:
        printing.as_json_list({**printing.plain(one), "owns": owned.get(one.id, 0)} for one in found)
        return
    printing.table(
        ("id", "name", "email", "login", "keys", "owns", "level"),
        (
            (one.id, one.name, one.email, one.login, len(one.keys), owned.get(one.id, 0), one.level)
            for one in found
        ),
        empty="Nobody matches.",
        right=("keys", "owns"),
    )


@command
@click.argument("id_", metavar="ID")
def show(invocation: Invocation, id_: str) -> None:
    """Show a person, their keys, roles and groups."""
    with at_work(invocation) as here, here.store.read() as uow:
        person = uow.get(Person, id_)
        owns = uow.rows("SELECT COUNT(*) FROM item WHERE owner = ?", id_)[0][0]
        roles = [one for one in uow.all(RoleGrant, person=id_) if holds(one, here.at)]
        groups = [one.id for one in uow.all(Group) if id_ in (one.lead, *one.members)]
    keys = [
        {"key": key.text, "comment": key.comment, "fingerprint": signatures.fingerprint(key.text)}
        for key in person.keys
    ]
    if invocation.wants_json:
        held = [{"role": one.role, "service": one.service} for one in roles]
        printing.as_json(
            {**printing.plain(person), "keys": keys, "owns": owns, "roles": held, "groups": groups}
        )
        return
    printing.facts(
        [
            ("id", person.id),
            ("name", person.name),
            ("email", person.email),
            ("login", person.login),
            ("active", person.active),
            ("level", person.level),
            ("owns", counted(owns, "item")),
            ("groups", groups),
            ("roles", "\n".join(one.role + (f" of {one.service}" if one.service else "") for one in roles)),
            ("keys", "\n".join(f"{key['fingerprint']} {key['comment']}" for key in keys)),
        ]
    )


@command
@click.argument("id_", metavar="ID")
@click.option("--name", required=True)
@click.option("--email", default="")
@click.option("--login", default="", help="The operating-system account.")
@click.option("--key", "keys", metavar="FILE", multiple=True, type=click.Path(path_type=Path))
def register(
    invocation: Invocation, id_: str, name: str, email: str, login: str, keys: tuple[Path, ...]
) -> None:
    """Register a person as a candidate."""
    found = tuple(signatures.read_public_key(one) for one in keys)
    person = Person(id=id_, name=name, email=email, login=login, keys=found)
    with at_work(invocation) as here:
        people.register(here.store, person, actor=here.actor, at=here.at)
    _said(invocation, person, f"{id_} is registered.")


@command
@click.argument("id_", metavar="ID")
@click.option("--name")
@click.option("--email")
@click.option("--login", help="The operating-system account.")
def amend(invocation: Invocation, id_: str, **given: str | None) -> None:
    """Change a person who is not yet under control."""
    changes = {name: content for name, content in given.items() if content is not None}
    if not changes:
        raise Invalid("Nothing would change.", "Give --name, --email or --login.")
    with at_work(invocation) as here:
        with here.store.read() as uow:
            person = uow.get(Person, id_).but(**changes)
        people.amend(here.store, person, actor=here.actor, at=here.at)
    _said(invocation, person, f"{id_} is changed.")


@command
@click.argument("words", metavar="[PERSON] FILE", nargs=-1, required=True)
@click.option("--replace", is_flag=True, help="The keys registered before it end.")
@click.option("--submit", is_flag=True, help="Hand the request in, and put it before the site board.")
def key(invocation: Invocation, words: tuple[str, ...], replace: bool, submit: bool) -> None:
    """Register the public key in FILE: yours, or PERSON's, who gave it to you.

    \b
    cmdb person key ~/.ssh/id_ed25519.pub
    cmdb person key k.chen k.chen.pub

    A key decides who can vote: for a person under control this drafts a change request to the site
    board.
    """
    if len(words) > 2:
        raise Invalid("That is more than a person and a file.", "See 'cmdb person key --help'.")
    public = signatures.read_public_key(Path(words[-1]))
    with at_work(invocation) as here:
        with here.store.read() as uow:
            person = uow.get(Person, words[0] if len(words) == 2 else here.actor)
        if person.level != "draft":
            _request_key(invocation, here, person, public, replace=replace, submit=submit)
            return
        if replace or submit:
            raise Invalid(
                f"{person.id} is not under control: no request is needed.",
                "Leave --submit and --replace out.",
            )
        person = people.add_key(here.store, person.id, public, actor=here.actor, at=here.at)
    _said(invocation, person, f"{signatures.fingerprint(public.text)} is a key of {person.id}.")


def _request_key(
    invocation: Invocation, here: Workplace, person: Person, public: PublicKey, *, replace: bool, submit: bool
) -> None:
    """Draft the request that registers a key of a person under control, and hand it in if asked to."""
    draft = signing_keys.draft_of(person, public, alone=replace, at=here.at)
    with here.store.read() as uow:
        for one in requests.listed(uow, states=lifecycle.EDITABLE):
            if any(signing_keys.registers(change, person.id, public.text) for change in one.changes):
                raise Refused(
                    f"{one.id} asks for that already; it is {one.state}.", f"See 'cmdb change show {one.id}'."
                )
    given: dict[str, Any] = {"actor": here.actor, "at": here.at}
    request = requests.new(here.store, draft, **given)
    if submit:
        requests.submit(here.store, request.id, **given)
        requests.assess(here.store, request.id, **given)
        request = board.refer(here.store, request.id, **given)
    mark = signatures.fingerprint(public.text)
    if invocation.wants_json:
        printing.as_json({"id": request.id, "state": request.state, "board": request.board})
    elif submit:
        printing.put(f"{request.id} asks the board '{request.board}' to register {mark} for {person.id}.")
        printing.say(
            f"Once it is approved, the CM group does it: 'cmdb check-out {request.id}', then"
            f" 'cmdb check-in {request.id} --apply'."
        )
    else:
        printing.put(
            f"{request.id} is a draft that registers {mark} for {person.id}:"
            f" 'cmdb change submit {request.id}' hands it in."
        )


@command
@click.argument("id_", metavar="ID")
def deactivate(invocation: Invocation, id_: str) -> None:
    """Say that a person is no longer active. Refused while they own items."""
    with at_work(invocation) as here:
        person = people.deactivate(here.store, id_, actor=here.actor, at=here.at)
    _said(invocation, person, f"{id_} is no longer active.")


def _said(invocation: Invocation, value: Any, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(value)
    else:
        printing.put(words)

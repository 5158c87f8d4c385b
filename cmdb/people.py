"""People, groups, parties and roles: registering them and keeping them right.

Everything here makes or changes candidates and accounting data; who is under control changes only
by request to the site board. Source: rules.md 1; IT Service CMM 5.5, Abilities 1-3.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

import cmdb.tables_documents  # noqa: F401 - documents have owners too
from cmdb import journal
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, Refused
from cmdb.model import Group, Party, Person, PublicKey, RoleGrant, check, id_problems, shown
from cmdb.roles import ROLES, refuse_lockout, registered, require
from cmdb.store import Store, UnitOfWork


def register(store: Store, person: Person, *, actor: str, at: datetime) -> Person:
    """Add a person as a candidate. Raises Invalid when the id, login or a key is taken."""
    with store.write() as uow:
        require(uow, actor, "register people", at=at)
        _refuse_level(person.level, "person")
        add(uow, person)
        journal.record(uow, at=at, actor=actor, action="person register", subjects=(f"person:{person.id}",))
        uow.commit()
    return person


def add(uow: UnitOfWork, person: Person) -> None:
    """Store a person inside a transaction, after the checks across people."""
    check(f"Person '{person.id}'", clashes(uow, person))
    uow.add(person)


def amend(store: Store, person: Person, *, actor: str, at: datetime) -> Person:
    """Change a candidate person. Raises Refused for one under control, or who still owns something."""
    with store.write() as uow:
        _amend(uow, uow.get(Person, person.id), person, actor, at)
        uow.commit()
    return person


def _amend(uow: UnitOfWork, before: Person, after: Person, actor: str, at: datetime) -> None:
    require(uow, actor, "register people", at=at)
    _put(uow, before, after, actor, at)


def _put(uow: UnitOfWork, before: Person, after: Person, actor: str, at: datetime) -> None:
    _refuse_controlled(before.level, before.name, "person")
    _refuse_level(after.level, "person")
    if before.active and not after.active:
        refuse_owner(uow, before)
    check(f"Person '{after.id}'", clashes(uow, after))
    uow.replace(after)
    if before.active and not after.active:
        refuse_lockout(uow, at=at)
    journal.record(
        uow,
        at=at,
        actor=actor,
        action="person amend",
        subjects=(f"person:{after.id}",),
        changed=_changed(before, after),
    )


def deactivate(store: Store, id: str, *, actor: str, at: datetime) -> Person:
    """Say that a person is no longer active. Raises Refused while the person owns items or documents."""
    with store.write() as uow:
        before = uow.get(Person, id)
        after = before.but(active=False)
        _amend(uow, before, after, actor, at)
        uow.commit()
    return after


def refuse_owner(uow: UnitOfWork, person: Person, *, besides: Collection[tuple[str, str]] = ()) -> None:
    """Raise Refused, with the list, when a person owns items or documents other than those `besides`.

    `besides` are (kind, id). A retired document binds nobody; a retired item keeps its owner.
    """
    items = uow.rows("SELECT id FROM item WHERE owner = ? ORDER BY id", person.id)
    documents = uow.rows(
        "SELECT id FROM document WHERE owner = ? AND status <> 'retired' ORDER BY id", person.id
    )
    owned = [id for (id,) in items if ("item", id) not in besides]
    written = [f"document {id}" for (id,) in documents if ("document", id) not in besides]
    if owned or written:
        listed = [*owned, *written]
        more = [f"... and {len(listed) - 20} more"] if len(listed) > 20 else []
        what = " and ".join(
            f"{len(one):,} {noun}{'' if len(one) == 1 else 's'}"
            for one, noun in ((owned, "item"), (written, "document"))
            if one
        )
        raise Refused(
            f"{person.name} owns {what}, and each has one active owner.",
            f"Hand them over with 'cmdb item hand-over --from {person.id} --to PERSON --apply'.",
            [*listed[:20], *more],
        )


def add_key(store: Store, id: str, key: PublicKey, *, actor: str, at: datetime) -> Person:
    """Register a public key of a candidate person: their own, or one that the CM group was given.

    A key of a person under control enters by request to the site board, because a key decides who
    can vote. Raises Refused then.
    """
    with store.write() as uow:
        before = uow.get(Person, id)
        if any(one.text == key.text for one in before.keys):
            raise Invalid("That key is registered for this person already.", "Nothing needs doing.")
        if actor == id:
            registered(uow, actor)
        else:
            require(uow, actor, "register people", at=at)
        after = before.but(keys=(*before.keys, key))
        _put(uow, before, after, actor, at)
        uow.commit()
    return after


def register_group(store: Store, group: Group, *, actor: str, at: datetime) -> Group:
    """Add a group of people as a candidate."""
    with store.write() as uow:
        require(uow, actor, "register people", at=at)
        _refuse_level(group.level, "group")
        check(f"Group '{group.id}'", group_problems(uow, group))
        uow.add(group)
        journal.record(uow, at=at, actor=actor, action="group register", subjects=(f"group:{group.id}",))
        uow.commit()
    return group


def amend_group(store: Store, group: Group, *, actor: str, at: datetime) -> Group:
    """Change a candidate group. Raises Refused for one under control."""
    with store.write() as uow:
        require(uow, actor, "register people", at=at)
        before = uow.get(Group, group.id)
        _refuse_controlled(before.level, before.name, "group")
        _refuse_level(group.level, "group")
        check(f"Group '{group.id}'", group_problems(uow, group))
        uow.replace(group)
        changed = _changed(before, group)
        journal.record(
            uow, at=at, actor=actor, action="group amend", subjects=(f"group:{group.id}",), changed=changed
        )
        uow.commit()
    return group


def group_problems(uow: UnitOfWork, group: Group) -> list[str]:
    """Say which people of a group do not exist."""
    people = dict.fromkeys([*([group.lead] if group.lead else []), *group.members])
    return [f"There is no person '{shown(one)}'." for one in people if uow.find(Person, one) is None]


def register_party(store: Store, party: Party, *, actor: str, at: datetime) -> Party:
    """Add a customer, end users, a supplier or an internal group as a candidate."""
    with store.write() as uow:
        require(uow, actor, "register people", at=at)
        _refuse_level(party.level, "party")
        uow.add(party)
        journal.record(uow, at=at, actor=actor, action="party register", subjects=(f"party:{party.id}",))
        uow.commit()
    return party


def amend_party(store: Store, party: Party, *, actor: str, at: datetime) -> Party:
    """Change a candidate party. Raises Refused for one under control."""
    with store.write() as uow:
        require(uow, actor, "register people", at=at)
        before = uow.get(Party, party.id)
        _refuse_controlled(before.level, before.name, "party")
        _refuse_level(party.level, "party")
        uow.replace(party)
        changed = _changed(before, party)
        journal.record(
            uow, at=at, actor=actor, action="party amend", subjects=(f"party:{party.id}",), changed=changed
        )
        uow.commit()
    return party


def grant(store: Store, grant: RoleGrant, *, actor: str, at: datetime) -> RoleGrant:
    """Give a person a role, for one service or all, for a period. Journalled."""
    with store.write() as uow:
        require(uow, actor, "grant roles", at=at)
        check(f"The role '{shown(grant.role)}' for {shown(grant.person)}", _grant_problems(uow, grant))
        uow.add(grant)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="role grant",
            subjects=(f"person:{grant.person}",),
            changed={
                "role": grant.role,
                "service": grant.service,
                "grant": grant.id,
                "start": grant.start,
                "end": grant.end,
            },
        )
        uow.commit()
    return grant


def revoke(store: Store, id: str, *, actor: str, at: datetime) -> RoleGrant:
    """End a role grant now. Raises Refused when it has ended, or nobody could grant roles after it."""
    with store.write() as uow:
        require(uow, actor, "grant roles", at=at)
        before = uow.get(RoleGrant, id)
        if before.end is not None and before.end <= at:
            raise Refused(f"The role grant '{id}' ended on {rfc3339(before.end)}.", "Nothing needs doing.")
        ended = before.but(end=max(at, before.start))
        uow.replace(ended)
        refuse_lockout(uow, at=at)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="role revoke",
            subjects=(f"person:{ended.person}",),
            changed={"role": ended.role, "grant": ended.id, "end": ended.end},
        )
        uow.commit()
    return ended


def who(uow: UnitOfWork, *, login: str) -> str:
    """The person whose login is an operating-system account, or nobody: empty text."""
    found = uow.rows("SELECT id FROM person WHERE login = ? AND active ORDER BY id", login)
    return str(found[0][0]) if len(found) == 1 else ""


def key_owner(uow: UnitOfWork, key: str) -> str:
    """The id of the person who has registered a key, given as `type base64`; nobody: empty text."""
    for one in uow.where(Person, "keys <> '[]'"):
        if any(mine.text == key for mine in one.keys):
            return one.id
    return ""


def without_key(uow: UnitOfWork, ids: Iterable[str]) -> list[str]:
    """Those of these people who are active and have no key registered, sorted."""
    wanted = set(ids)
    if not wanted:
        return []
    return [
        row[0]
        for row in uow.rows("SELECT id FROM person WHERE active AND keys = '[]' ORDER BY id")
        if row[0] in wanted
    ]


def clashes(uow: UnitOfWork, person: Person, *, besides: Collection[str] = ()) -> list[str]:
    """Say which login or key of a person belongs to somebody else, other than those `besides`."""
    problems = []
    if person.login:
        others = uow.rows("SELECT id FROM person WHERE login = ? AND id <> ?", person.login, person.id)
        problems += [
            f"The login '{shown(person.login)}' belongs to {other}."
            for (other,) in others
            if other not in besides
        ]
    wanted = {key.text for key in person.keys}
    if wanted:
        problems += [
            f"A key of {person.id} is registered for {other.id}."
            for other in uow.where(Person, "keys <> '[]' AND id <> ?", person.id)
            if other.id not in besides and wanted & {key.text for key in other.keys}
        ]
    return problems


def _grant_problems(uow: UnitOfWork, grant: RoleGrant) -> list[str]:
    problems = id_problems("Role grant", grant.id)
    if grant.role not in ROLES:
        problems.append(f"There is no role '{shown(grant.role)}': use one of {', '.join(ROLES)}.")
    if uow.find(Person, grant.person) is None:
        problems.append(f"There is no person '{shown(grant.person)}'.")
    if grant.service and not uow.rows("SELECT 1 FROM item WHERE id = ? AND service", grant.service):
        problems.append(f"There is no service '{shown(grant.service)}'.")
    if grant.end is not None and grant.end <= grant.start:
        problems.append(f"It ends on {rfc3339(grant.end)}, before it starts on {rfc3339(grant.start)}.")
    return problems


def _refuse_level(level: str, noun: str) -> None:
    if level != "draft":
        raise Invalid(
            f"A {noun} cannot be made {level} here.",
            "Leave it a draft; a request to the site board brings it under control.",
        )


def _refuse_controlled(level: str, name: str, noun: str) -> None:
    if level != "draft":
        raise Refused(
            f"{name} is under control ({level}).",
            f"Change this {noun} with a change request to the site board: 'cmdb change new'.",
        )


def _changed(before: Person | Group | Party, after: Person | Group | Party) -> dict[str, list[str]]:
    names = type(before).__dataclass_fields__
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in names}
    return {name: [str(old), str(new)] for name, (old, new) in pairs.items() if old != new}


def groups_by_person(uow: UnitOfWork) -> dict[str, list[str]]:
    """The groups each person leads or belongs to, in id order; nobody without a group is in it."""
    found: dict[str, list[str]] = {}
    for group in uow.all(Group):
        for person in dict.fromkeys([group.lead, *group.members]):
            if person:
                found.setdefault(person, []).append(group.id)
    return found

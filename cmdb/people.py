"""People, groups, parties and roles: registering them and keeping them right.

Everything here makes or changes candidates and accounting data; who is under control changes only
by request to the site board. Source: rules.md 1; IT Service CMM 5.5, Abilities 1-3.
"""

from datetime import datetime

from cmdb import journal
from cmdb.errors import Invalid, Refused
from cmdb.model import Group, Party, Person, PublicKey, RoleGrant, check, shown
from cmdb.roles import ROLES, require
from cmdb.store import Store, UnitOfWork


def register(store: Store, person: Person, *, actor: str, at: datetime) -> Person:
    """Add a person as a candidate. Raises Invalid when the id, login or a key is taken."""
    with store.write() as uow:
        require(uow, actor, "register people", at=at)
        add(uow, person)
        journal.record(uow, at=at, actor=actor, action="person register", subjects=(f"person:{person.id}",))
        uow.commit()
    return person


def add(uow: UnitOfWork, person: Person) -> None:
    """Store a person inside a transaction, after the checks across people."""
    check(f"Person '{person.id}'", _clashes(uow, person))
    uow.add(person)


def amend(store: Store, person: Person, *, actor: str, at: datetime) -> Person:
    """Change a candidate person. Raises Refused for one under control, or who still owns items."""
    with store.write() as uow:
        require(uow, actor, "register people", at=at)
        before = uow.get(Person, person.id)
        _refuse_controlled(before.level, f"{before.name}", "person")
        if before.active and not person.active:
            refuse_owner(uow, before)
        check(f"Person '{person.id}'", _clashes(uow, person))
        uow.replace(person)
        changed = _changed(before, person)
        journal.record(
            uow, at=at, actor=actor, action="person amend", subjects=(f"person:{person.id}",), changed=changed
        )
        uow.commit()
    return person


def deactivate(store: Store, id: str, *, actor: str, at: datetime) -> Person:
    """Say that a person is no longer active. Raises Refused while the person owns items."""
    with store.read() as uow:
        person = uow.get(Person, id)
    return amend(store, person.but(active=False), actor=actor, at=at)


def refuse_owner(uow: UnitOfWork, person: Person) -> None:
    """Raise Refused, with the list, when a person owns items."""
    owned = [row[0] for row in uow.rows("SELECT id FROM item WHERE owner = ? ORDER BY id", person.id)]
    if owned:
        listed = owned[:20]
        more = [f"... and {len(owned) - 20} more"] if len(owned) > 20 else []
        raise Refused(
            f"{person.name} owns {len(owned)} items, and every item has one active owner.",
            f"Hand them over with 'cmdb item hand-over --from {person.id} --to PERSON --apply'.",
            [*listed, *more],
        )


def add_key(store: Store, id: str, key: PublicKey, *, actor: str, at: datetime) -> Person:
    """Register a public key of a candidate person.

    The first key of a person under control, and every later one, enters by request to the site
    board, because a key decides who can vote. Raises Refused then.
    """
    with store.read() as uow:
        person = uow.get(Person, id)
    if any(one.text == key.text for one in person.keys):
        raise Invalid("That key is registered for this person already.", "Nothing needs doing.")
    return amend(store, person.but(keys=(*person.keys, key)), actor=actor, at=at)


def register_group(store: Store, group: Group, *, actor: str, at: datetime) -> Group:
    """Add a group of people as a candidate."""
    with store.write() as uow:
        require(uow, actor, "register people", at=at)
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
        uow.add(party)
        journal.record(uow, at=at, actor=actor, action="party register", subjects=(f"party:{party.id}",))
        uow.commit()
    return party


def grant(store: Store, grant: RoleGrant, *, actor: str, at: datetime) -> RoleGrant:
    """Give a person a role, for one service or all, for a period. Journalled."""
    with store.write() as uow:
        require(uow, actor, "grant roles", at=at)
        if grant.role not in ROLES:
            raise Invalid(f"There is no role '{shown(grant.role)}'.", f"Use one of: {', '.join(ROLES)}.")
        uow.get(Person, grant.person)
        uow.add(grant)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="role grant",
            subjects=(f"person:{grant.person}",),
            changed={"role": grant.role, "service": grant.service},
        )
        uow.commit()
    return grant


def revoke(store: Store, id: str, *, actor: str, at: datetime) -> RoleGrant:
    """End a role grant now."""
    with store.write() as uow:
        require(uow, actor, "grant roles", at=at)
        ended = uow.get(RoleGrant, id).but(end=at)
        uow.replace(ended)
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="role revoke",
            subjects=(f"person:{ended.person}",),
            changed={"role": ended.role},
        )
        uow.commit()
    return ended


def who(uow: UnitOfWork, *, login: str) -> str:
    """The person whose login is an operating-system account, or nobody: empty text."""
    found = uow.rows("SELECT id FROM person WHERE login = ? AND active ORDER BY id", login)
    return str(found[0][0]) if len(found) == 1 else ""


def _clashes(uow: UnitOfWork, person: Person) -> list[str]:
    problems = []
    for other in uow.all(Person):
        if other.id == person.id:
            continue
        if person.login and other.login == person.login:
            problems.append(f"The login '{shown(person.login)}' belongs to {other.id}.")
        shared = {key.text for key in person.keys} & {key.text for key in other.keys}
        if shared:
            problems.append(f"A key of {person.id} is registered for {other.id}.")
    return problems


def _refuse_controlled(level: str, name: str, noun: str) -> None:
    if level != "draft":
        raise Refused(
            f"{name} is under control ({level}).",
            f"Change this {noun} with a change request to the site board: 'cmdb change new'.",
        )


def _changed(before: Person | Group, after: Person | Group) -> dict[str, list[str]]:
    fields = [
        name for name in type(before).__dataclass_fields__ if getattr(before, name) != getattr(after, name)
    ]
    return {name: [str(getattr(before, name)), str(getattr(after, name))] for name in fields}

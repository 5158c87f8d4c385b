"""Who may do what: the table role x action, and the check every writing use case makes.

Decisions (vote, decide, establish, check-in ...) have their own rules beside this table: they ask
for membership and a signature. The founder of a site holds every role until they are granted.
Source: rules.md 1; IT Service CMM 3.4.1 and 5.5, Abilities 2 and 3.
"""

import json
from collections.abc import Collection
from datetime import datetime

from cmdb import journal
from cmdb.errors import Refused
from cmdb.model import Person, RoleGrant, check, shown
from cmdb.store import Store, UnitOfWork

ROLES = (
    "senior manager",
    "service manager",
    "service delivery manager",
    "first-line manager",
    "service task leader",
    "service engineer",
    "configuration manager",
    "CM group",
    "board member",
    "chair",
    "event manager",
    "SQA",
    "subcontract manager",
)

_CM = frozenset({"configuration manager", "CM group"})
_SERVICE = frozenset({"service manager", "service delivery manager"})
_WORK = frozenset({"service engineer", "service task leader", "first-line manager"})

# What holds unless the site says otherwise with `allow`.
MAY: dict[str, frozenset[str]] = {
    "register people": _CM,
    "define types": _CM,
    "import": _CM,
    "register items": _CM | _SERVICE | _WORK,
    "amend any draft": _CM,
    "grant roles": frozenset({"configuration manager", "senior manager"}),
    "keep agreements": _SERVICE | _CM,
    "record outages": _SERVICE | _WORK | frozenset({"event manager"}) | _CM,
    "record observations": _SERVICE | _WORK | frozenset({"event manager"}) | _CM,
    "record events": frozenset(ROLES),
    "handle events": _SERVICE | _WORK | frozenset({"event manager"}) | _CM,
    "raise changes": frozenset(ROLES),
    "define boards": _CM,
    "keep the calendar": _SERVICE | _CM,
    "hold items": _CM | _SERVICE | _WORK,
    "establish baselines": _CM,
    "release products": _CM,
    "keep documents": _CM
    | _SERVICE
    | frozenset({"senior manager", "event manager", "SQA", "subcontract manager"}),
    "plan audits": _CM | frozenset({"SQA", "service manager", "senior manager", "event manager"}),
    "keep reviews and plans": _CM
    | _SERVICE
    | frozenset({"senior manager", "SQA", "subcontract manager", "first-line manager"}),
    "say who is told": _CM | frozenset({"service manager"}),
}
LAST_WORD = "grant roles"  # whoever may do this can give every other right back


def roles_of(uow: UnitOfWork, person: str, *, at: datetime, service: str = "") -> frozenset[str]:
    """The roles a person holds at an instant, for a service or for all services."""
    return frozenset(
        grant.role
        for grant in uow.all(RoleGrant, person=person)
        if holds(grant, at) and grant.service in ("", service)
    )


def holds(grant: RoleGrant, at: datetime) -> bool:
    """Whether a grant is in force at an instant."""
    return grant.start <= at and (grant.end is None or at < grant.end)


def allowed(uow: UnitOfWork, action: str) -> frozenset[str]:
    """The roles that may do an action: what the site said, else the default."""
    said = uow.rows("SELECT roles FROM role_action WHERE action = ?", action)
    return frozenset(json.loads(said[0][0])) if said else MAY[action]


def table(uow: UnitOfWork) -> dict[str, frozenset[str]]:
    """The table role x action as it holds here."""
    said = {action: frozenset(json.loads(roles)) for action, roles in uow.rows("SELECT * FROM role_action")}
    return {action: said.get(action, roles) for action, roles in MAY.items()}


def allow(store: Store, action: str, roles: Collection[str], *, actor: str, at: datetime) -> None:
    """Say which roles may do an action at this site, instead of the default. Journalled.

    Raises Refused when nobody would be left who may grant roles.
    """
    problems = [f"There is no role '{shown(one)}'." for one in roles if one not in ROLES]
    if action not in MAY:
        problems.append(f"There is no action '{shown(action)}': use one of {', '.join(MAY)}.")
    check("The right", problems)
    with store.write() as uow:
        require(uow, actor, LAST_WORD, at=at)
        before = allowed(uow, action)
        uow.rows("DELETE FROM role_action WHERE action = ?", action)
        uow.rows("INSERT INTO role_action (action, roles) VALUES (?, ?)", action, json.dumps(sorted(roles)))
        refuse_lockout(uow, at=at)
        journal.record(
            uow, at=at, actor=actor, action="role allow", changed={action: [sorted(before), sorted(roles)]}
        )
        uow.commit()


def refuse_lockout(uow: UnitOfWork, *, at: datetime) -> None:
    """Raise Refused when no active person may grant roles any more."""
    may = allowed(uow, LAST_WORD)
    holders = [
        grant.person
        for grant in uow.all(RoleGrant)
        if grant.role in may and not grant.service and holds(grant, at)
    ]
    if any(uow.get(Person, one).active for one in holders):
        return
    raise Refused(
        "Nobody would be left who may grant roles.",
        "Grant 'configuration manager' to somebody else first: 'cmdb role grant'.",
    )


def require(uow: UnitOfWork, actor: str, action: str, *, at: datetime, service: str = "") -> None:
    """Raise Refused unless the actor is an active person holding a role that may do the action."""
    person = registered(uow, actor)
    may = allowed(uow, action)
    held = roles_of(uow, actor, at=at, service=service)
    if not held & may:
        raise Refused(
            f"{person.name} holds no role that may {action}.",
            f"Ask a configuration manager to grant one of: {', '.join(sorted(may))}.",
        )


def registered(uow: UnitOfWork, actor: str) -> Person:
    """Give the active person who acts. Raises Refused for anybody else: they may only read."""
    person = uow.find(Person, actor)
    if person is None:
        raise Refused(
            f"'{shown(actor)}' is not registered here, and who is not registered may only read.",
            "Ask the CM group to register you, or say who you are with --as PERSON.",
        )
    if not person.active:
        raise Refused(f"{person.name} is not active any more.", "Ask the CM group.")
    return person

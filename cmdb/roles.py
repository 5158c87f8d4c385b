"""Who may do what: the table role x action, and the check every writing use case makes.

Decisions (vote, decide, establish, check-in ...) have their own rules beside this table: they ask
for membership and a signature. The founder of a site holds every role until they are granted.
Source: rules.md 1; IT Service CMM 3.4.1 and 5.5, Abilities 2 and 3.
"""

from datetime import datetime

from cmdb.errors import Refused
from cmdb.model import Person, RoleGrant
from cmdb.store import UnitOfWork

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

MAY: dict[str, frozenset[str]] = {
    "register people": _CM,
    "define types": _CM,
    "import": _CM,
    "register items": _CM | _SERVICE | _WORK,
    "amend any draft": _CM,
    "grant roles": frozenset({"configuration manager", "senior manager"}),
    "keep agreements": _SERVICE | _CM,
    "record outages": _SERVICE | _WORK | frozenset({"event manager"}) | _CM,
    "raise changes": frozenset(ROLES),
    "define boards": _CM,
    "keep the calendar": _SERVICE | _CM,
    "hold items": _CM | _SERVICE | _WORK,
    "establish baselines": _CM,
}


def roles_of(uow: UnitOfWork, person: str, *, at: datetime, service: str = "") -> frozenset[str]:
    """The roles a person holds at an instant, for a service or for all services."""
    grants = uow.all(RoleGrant, person=person)
    return frozenset(
        grant.role
        for grant in grants
        if grant.start <= at and (grant.end is None or at < grant.end) and grant.service in ("", service)
    )


def require(uow: UnitOfWork, actor: str, action: str, *, at: datetime, service: str = "") -> None:
    """Raise Refused unless the actor is an active person holding a role that may do the action."""
    person = uow.find(Person, actor)
    if person is None:
        raise Refused(
            f"'{actor}' is not registered here, and who is not registered may only read.",
            "Ask the CM group to register you, or say who you are with --as PERSON.",
        )
    if not person.active:
        raise Refused(f"{person.name} is not active any more.", "Ask the CM group.")
    allowed = MAY[action]
    held = roles_of(uow, actor, at=at, service=service)
    if not held & allowed:
        raise Refused(
            f"{person.name} holds no role that may {action}.",
            f"Ask a configuration manager to grant one of: {', '.join(sorted(allowed))}.",
        )

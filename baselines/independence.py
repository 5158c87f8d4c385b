"""Who may audit what: somebody who owns none of it, and for a process nobody who works in it.

A scope is `all`, `type:ID`, `service:ID` (what it needs, and itself), `item:ID`, `library`, `events`,
or for a process the section it is held against, such as `5.5`. Source: rules.md 10; IT Service CMM
5.5, Verification 4; 5.7, Commitment 1.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime

from baselines.establish import CM_GROUP
from ccb.ballot import Board
from cmdb import roles
from cmdb.errors import Invalid, Refused
from cmdb.model import Group, shown
from cmdb.store import UnitOfWork

LISTED = 20  # what somebody owns that a refusal names
_ITEMS = ("completeness", "physical", "functional")
_CM_ROLES = ("configuration manager", "CM group", "board member", "chair")
REACHED = (
    "WITH RECURSIVE reached(key) AS (SELECT key FROM item WHERE id = ? UNION"
    " SELECT d.target FROM dependency d JOIN reached r ON d.source = r.key)"
)


def refuse_scope(uow: UnitOfWork, kind: str, scope: str) -> None:
    """Raise Invalid for a scope that an audit of this kind cannot have, or that names nothing."""
    word, _, name = scope.partition(":")
    if kind in ("integrity", "library system"):
        allowed, ok = "library", scope == "library"
    elif kind == "event repository":
        allowed, ok = "events", scope == "events"
    elif kind == "process":
        allowed = "a section such as 5.5 or 5.7"
        ok = bool(re.fullmatch(r"5\.[134567]", scope))
    else:
        allowed = "all, type:ID, service:ID or item:ID"
        ok = scope == "all" or bool(name and word in ("type", "service", "item"))
    if not ok:
        raise Invalid(f"'{shown(scope)}' is no scope of a {kind} audit.", f"Write {allowed}.")
    if name:
        table = "item_type" if word == "type" else "item"
        found = uow.rows(f"SELECT 1 FROM {table} WHERE id = ?", name)
        if not found:
            raise Invalid(
                f"There is no {word} '{shown(name)}'.",
                "List them with 'cmdb type list'." if word == "type" else "List them with 'cmdb item list'.",
            )


def refuse_owner(uow: UnitOfWork, auditor: str, kind: str, scope: str, *, at: datetime) -> None:
    """Raise Refused unless somebody is active and independent of what is audited, with what they own."""
    person = roles.registered(uow, auditor)
    owned = list(_owned(uow, auditor, kind, scope, at))
    if owned:
        works = kind == "process"
        raise Refused(
            f"{person.name} {'works in' if works else 'owns part of'} what is to be audited.",
            "Name somebody outside the CM group and the boards: 'cmdb role list'."
            if works
            else "Name somebody who owns none of it, or a smaller scope: 'cmdb person list'.",
            owned[:LISTED] + ([f"and {len(owned) - LISTED:,} more"] if len(owned) > LISTED else []),
        )


def _owned(uow: UnitOfWork, person: str, kind: str, scope: str, at: datetime) -> Iterator[str]:
    """What somebody owns or does of what is audited, each in a few words."""
    if kind == "process":
        yield from _works_in_cm(uow, person, at)
        return
    if kind not in _ITEMS:
        return
    word, _, name = scope.partition(":")
    asked, parameters = "SELECT i.id FROM item i WHERE i.owner = ? AND i.status <> 'retired'", [person]
    if word in ("type", "item"):
        asked += f" AND i.{'type' if word == 'type' else 'id'} = ?"
        parameters.append(name)
    elif word == "service":
        asked = f"{REACHED} {asked} AND i.key IN (SELECT key FROM reached)"
        parameters = [name, person]
    for (id,) in uow.rows(f"{asked} ORDER BY i.id", *parameters):
        yield f"owner of {id}"
    if kind == "functional" and word in ("all", "service"):
        for id, services in uow.rows("SELECT id, services FROM agreement WHERE manager = ?", person):
            if word == "all" or name in json.loads(services):
                yield f"manager of the agreement {id}"


def _works_in_cm(uow: UnitOfWork, person: str, at: datetime) -> Iterator[str]:
    group = uow.find(Group, CM_GROUP)
    if group is not None and person in (group.lead, *group.members):
        yield f"member of the group {group.id}"
    for role in sorted(roles.roles_of(uow, person, at=at) & set(_CM_ROLES)):
        yield f"holds the role {role}"
    for board in uow.all(Board):
        seated = {one.person for one in board.members} | {one.person for one in board.alternates}
        if person == board.chair or person in seated:
            yield f"member of the board {board.id}"

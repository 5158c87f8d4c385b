"""Who an actor is to a change request, and the facts its life cycle asks about.

Inside a transaction; commits nothing. Source: rules.md 1, role x action; 5, Life cycle.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import ccb.tables  # noqa: F401 - registers the boards that are read here
from ccb.ballot import SITE_BOARD, Board, Policy
from ccb.guards import Facts
from ccb.model import ChangeRequest
from cmdb import action_items
from cmdb.model import Group, Person, shown
from cmdb.roles import ROLES, registered, roles_of
from cmdb.store import UnitOfWork

EMERGENCY_REVIEW = "Review the emergency change"  # how that action item begins: it outlives a back-out
_CM = frozenset({"configuration manager", "CM group"})


def active_person(uow: UnitOfWork, actor: str) -> Person:
    """Give the actor. Raises Refused for somebody who is not registered or not active.

    Any registered person may raise a change; what else they may do, the life cycle says.
    """
    return registered(uow, actor)


def roles_for(
    uow: UnitOfWork, request: ChangeRequest, actor: str, *, at: datetime, consenters: Iterable[str] = ()
) -> frozenset[str]:
    """The roles of `lifecycle.ROLES` the actor holds for this request."""
    board = uow.find(Board, request.board or SITE_BOARD)
    held = {
        "originator": actor == request.originator,
        "implementer": actor == request.effective_implementer,
        "cm group": bool(roles_of(uow, actor, at=at) & _CM),
        "chair": board is not None and board.presides(actor, at),
        "member": board is not None and bool(board.seat_of(actor, at)),
        "consenter": actor in consenters,
    }
    return frozenset(role for role, holds in held.items() if holds)


def facts(
    uow: UnitOfWork,
    request: ChangeRequest,
    actor: str,
    *,
    at: datetime,
    consenters: Iterable[str] = (),
    **more: Any,
) -> Facts:
    """The facts of a request at that moment, for this actor; `more` are those only the caller knows."""
    all_items = action_items.listed(uow, origin=f"change:{request.id}", only_open=False)
    waiting = [one for one in all_items if one.open]
    reviewed = any(one.what.startswith(EMERGENCY_REVIEW) for one in all_items)
    known = Facts(
        request=request.id,
        kind=request.kind,
        roles=roles_for(uow, request, actor, at=at, consenters=consenters),
        until_given=request.until is not None,
        until_passed=request.until is not None and at >= request.until,
        window_started=request.window is None or at >= request.window.start,
        started=request.started is not None,
        finished=request.finished is not None,
        outcome=request.outcome,
        planned_down=request.down is not None,
        outage_recorded=request.outage is not None,
        conditions=tuple(one.id for one in waiting if one.blocks == "check-out"),
        review_due=request.kind == "emergency" and not reviewed,
        blocking=tuple(one.id for one in waiting if one.blocks == "closing"),
    )
    return known.but(**more)


def override_problems(policy: Policy) -> list[str]:
    """Roles nobody can hold, to whom a policy would leave setting a requirement aside."""
    return [
        f"'{shown(role)}' is no role that could override '{name}': use chair, {', '.join(ROLES)}."
        for name, role in policy.overridable.items()
        if role != "chair" and role not in ROLES
    ]


def seats_of(boards: Iterable[Board], person: str) -> list[str]:
    """The boards under control a person chairs or sits on."""
    return [
        one.id
        for one in boards
        if one.level != "draft" and person in (one.chair, *(seat.person for seat in one.members))
    ]


def board_problems(uow: UnitOfWork, board: Board, coming: frozenset[str] = frozenset()) -> list[str]:
    """Everybody on a board who is not an active person, every group that does not exist, a scope taken.

    `coming` are the ids of people and groups the same request adds.
    """
    found = []
    before = uow.find(Board, board.id)
    told = before.alternates if before else ()  # who stood in for a while may have left since
    people = [seat.person for seat in board.members]
    people += [one.person for one in board.alternates if one not in told]
    for id in dict.fromkeys(people):
        person = uow.find(Person, id)
        if person is None and id not in coming:
            found.append(f"'{shown(id)}' is not a registered person.")
        elif person is not None and not person.active:
            found.append(f"{id} is not active.")
    found += [
        f"Board {other.id} is for exactly the same scope, {board.scope}."
        for other in (uow.all(Board, scope=board.scope) if board.scope else ())
        if other.id != board.id
    ]
    groups = dict.fromkeys(seat.group for seat in board.members)
    found += [
        f"There is no group '{shown(id)}'."
        for id in groups
        if id not in coming and uow.find(Group, id) is None
    ]
    return found

"""Who an actor is to a change request, and the facts its life cycle asks about.

Inside a transaction; commits nothing. Source: rules.md 1, role x action; 5, Life cycle.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import ccb.tables  # noqa: F401 - registers the boards that are read here
from ccb.ballot import SITE_BOARD, Board
from ccb.guards import Facts
from ccb.model import ChangeRequest
from cmdb import action_items
from cmdb.model import Person
from cmdb.roles import registered, roles_of
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

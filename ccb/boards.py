"""Boards and policies as records: registered as drafts, changed directly only while they are drafts.

Under control they change by a request to the site board. A policy that can never be met, or that
is for exactly the same decisions and scope as another, is refused with the reason.
Source: rules.md 6; IT Service CMM 5.5, Ability 1.
"""

from datetime import datetime

from ccb import tables  # noqa: F401 - registers the rows of what is kept here
from ccb.ballot import Board, Policy
from ccb.board_rules import board_and_policies, board_problems, policy_problems
from cmdb import journal
from cmdb.errors import Invalid, Refused
from cmdb.model import check
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork


def register(store: Store, board: Board, *, actor: str, at: datetime) -> Board:
    """Add a board as a draft. Raises Invalid with everybody on it who does not exist or is not active."""
    with store.write() as uow:
        require(uow, actor, "define boards", at=at)
        _refuse_level(board.level, board.id)
        check(f"Board '{board.id}'", board_problems(uow, board))
        uow.add(board)
        _journal(uow, "board register", f"board:{board.id}", actor, at)
        uow.commit()
    return board


def amend(store: Store, board: Board, *, actor: str, at: datetime) -> Board:
    """Change a draft board. Raises Refused for one under control."""
    with store.write() as uow:
        require(uow, actor, "define boards", at=at)
        _refuse_controlled(uow.get(Board, board.id).level, f"Board {board.id}")
        _refuse_level(board.level, board.id)
        check(f"Board '{board.id}'", board_and_policies(uow, board))
        uow.replace(board)
        _journal(uow, "board amend", f"board:{board.id}", actor, at)
        uow.commit()
    return board


def register_policy(store: Store, policy: Policy, *, actor: str, at: datetime) -> Policy:
    """Add a policy as a draft. Raises Invalid for one that can never be met or doubles another."""
    with store.write() as uow:
        require(uow, actor, "define boards", at=at)
        _refuse_level(policy.level, policy.id)
        check(f"Policy '{policy.id}'", policy_problems(uow, policy))
        uow.add(policy)
        _journal(uow, "policy register", f"policy:{policy.id}", actor, at)
        uow.commit()
    return policy


def amend_policy(store: Store, policy: Policy, *, actor: str, at: datetime) -> Policy:
    """Change a draft policy. Raises Refused for one under control."""
    with store.write() as uow:
        require(uow, actor, "define boards", at=at)
        _refuse_controlled(uow.get(Policy, policy.id).level, f"Policy {policy.id}")
        _refuse_level(policy.level, policy.id)
        check(f"Policy '{policy.id}'", policy_problems(uow, policy))
        uow.replace(policy)
        _journal(uow, "policy amend", f"policy:{policy.id}", actor, at)
        uow.commit()
    return policy


def _refuse_level(level: str, id: str) -> None:
    if level != "draft":
        raise Invalid(
            f"{id} cannot be written as {level}.",
            "Write it as a draft; a baseline request brings it under control.",
        )


def _refuse_controlled(level: str, what: str) -> None:
    if level != "draft":
        raise Refused(
            f"{what} is under control ({level}).",
            "Change it with a change request to the site board: 'cmdb change new'.",
        )


def _journal(uow: UnitOfWork, action: str, subject: str, actor: str, at: datetime) -> None:
    journal.record(uow, at=at, actor=actor, action=action, subjects=(subject,))

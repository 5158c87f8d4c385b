"""Whether boards and policies may stand as written, beside each other and on the records there are.

    board_problems / policy_problems(uow, one, beside) -> sentences
    seat_problems(uow, person, beside) -> sentences       who is to leave and still sits on a board

`beside` are the records that would be written in the same moment. What could never be met, applied or
undone is said when it is written, with the reason. Commits nothing. Source: rules.md 6.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from ccb import (
    controlled,
    policy,
    tables,  # noqa: F401 - registers the rows that are read here
)
from ccb.ballot import Board, Policy
from ccb.proposal import Key
from cmdb import tables_graph
from cmdb.errors import Invalid
from cmdb.model import Group, ItemType, Party, Person, shown
from cmdb.roles import ROLES
from cmdb.store import UnitOfWork

Beside = Mapping[Key, Mapping[str, Any]]


def board_problems(uow: UnitOfWork, board: Board, beside: Beside = {}) -> list[str]:  # noqa: B006 - never written
    """Everybody on a board who is not an active person, a group or scope there is not, a scope taken."""
    found = []
    before = uow.find(Board, board.id)
    told = before.alternates if before else ()  # who stood in for a while may have left since
    people = [seat.person for seat in board.members]
    people += [one.person for one in board.alternates if one not in told]
    for id in dict.fromkeys(people):
        person = uow.find(Person, id)
        if person is None and ("person", id) not in beside:
            found.append(f"'{shown(id)}' is not a registered person.")
        elif person is not None and not person.active:
            found.append(f"{id} is not active.")
    found += [
        f"Board {other.id} is for exactly the same scope, {board.scope}."
        for other in _boards(uow, beside).values()
        if board.scope and other.scope == board.scope and other.id != board.id
    ]
    groups = dict.fromkeys(seat.group for seat in board.members)
    found += [
        f"There is no group '{shown(id)}'."
        for id in groups
        if ("group", id) not in beside and uow.find(Group, id) is None
    ]
    return found + _scope_problems(uow, board.scope, beside)


def board_and_policies(uow: UnitOfWork, board: Board, beside: Beside = {}) -> list[str]:  # noqa: B006 - as above
    """The same of a board, and of every policy that could never be met with these members."""
    policies = _policies(uow, beside).values()
    unmet = [
        f"Policy {one.id}: {problem}"
        for one in policies
        if one.board == board.id
        for problem in policy.objections(one, board)
    ]
    return [*board_problems(uow, board, beside), *unmet]


def policy_problems(uow: UnitOfWork, one: Policy, beside: Beside = {}) -> list[str]:  # noqa: B006 - as above
    """Why a policy may not stand: never met, the same as another, for nothing, or the last of its kind."""
    policies = _policies(uow, beside)
    found = policy.objections(one, _boards(uow, beside).get(one.board), policies.values())
    found += [
        f"'{shown(role)}' is no role that could override '{name}': use {', '.join(ROLES)}."
        for name, role in one.overridable.items()
        if role not in ROLES
    ]
    if policy.locked_out(policies.values()) and not policy.locked_out(uow.all(Policy)):
        found.append(
            "nobody could decide about boards, policies, people, keys and types any more; leave the site"
            " board a policy for all changes, without a scope."
        )
    return found + _scope_problems(uow, one.scope, beside)


def seat_problems(uow: UnitOfWork, person: Person, beside: Beside) -> list[str]:
    """The boards under control that somebody sits on who is to stop being active."""
    return [
        f"still sits on the board {one.id}; give the seat to somebody else in the same request or before."
        for one in _boards(uow, beside).values()
        if one.level != "draft" and any(seat.person == person.id for seat in one.members)
    ]


def _scope_problems(uow: UnitOfWork, scope: str, beside: Beside) -> list[str]:
    """What a scope names that there is not: nothing would ever lie in it."""
    word, _, id = scope.partition(":")
    if not scope:
        return []
    if word == "customer":
        there = ("party", id) in beside or uow.find(Party, id) is not None
    elif word == "type":
        there = ("type", id) in beside or uow.find(ItemType, id) is not None
    else:
        there = ("item", id) in beside or tables_graph.find_item(uow, id) is not None
    return [] if there else [f"There is no {word} '{shown(id)}' for it to be for."]


def _boards(uow: UnitOfWork, beside: Beside) -> dict[str, Board]:
    return {one.id: one for one in (*uow.all(Board), *_read("board", beside))}


def _policies(uow: UnitOfWork, beside: Beside) -> dict[str, Policy]:
    return {one.id: one for one in (*uow.all(Policy), *_read("policy", beside))}


def _read(kind: str, beside: Beside) -> Iterable[Any]:
    """The records of a kind beside it that can be read; what is wrong with the others is said of them."""
    found = []
    for (of, _id), fields in beside.items():
        if of == kind:
            with suppress(Invalid):
                found.append(controlled.KINDS[kind].read(fields))
    return found

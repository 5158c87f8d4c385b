"""Which policy decides a change request, and whether a policy can be met at all.

Pure: the use case gathers the policies and says what the request touches. Source: rules.md 6.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ccb.ballot import SITE_BOARD, Board, Policy
from cmdb.errors import Refused
from cmdb.model import LEVELS, Value

# Narrowest last. A scope that names one item is narrower than one that names its type.
_BREADTH = ("", "customer", "service", "type", "item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter(Value):
    """What is to be decided: the kind of decision and of change, the level, the scopes that cover it.

    `level` is the highest control level among the records changed; `scopes` those scope texts that
    cover every record changed; `site_board` says that boards, policies, people, keys or types change.
    """

    decision: str
    change_kind: str = ""
    level: str = "baselined"
    scopes: frozenset[str] = frozenset()
    site_board: bool = False


def select(policies: Iterable[Policy], matter: Matter) -> Policy:
    """The policy that decides: narrowest scope, then one for this kind of change, then for the level.

    Only policies of the site board decide about boards, policies, people, keys and types.
    Raises Refused when none fits, or when two scopes of equal breadth both cover the request.
    """
    fitting = [one for one in policies if _fits(one, matter)]
    if not fitting:
        about = f"{matter.change_kind} {matter.decision}".strip()
        where = " of the site board" if matter.site_board else ""
        raise Refused(
            f"No policy{where} decides about this: {about}, level {matter.level}.",
            "See them with 'cmdb board policy show'; a new policy comes by a change request.",
        )
    best = max(map(_narrowness, fitting))
    narrowest = sorted((one for one in fitting if _narrowness(one) == best), key=lambda one: one.id)
    if len(narrowest) > 1:
        names = " and ".join(f"{one.id} ({one.scope or 'site'})" for one in narrowest)
        raise Refused(
            f"Policies of equal scope both cover this request: {names}.",
            "Split the request so that each part lies in one scope, or change the policies.",
        )
    return narrowest[0]


def misses(policy: Policy, matter: Matter) -> list[str]:
    """Why a policy does not decide about a matter, in sentences; empty where it would fit."""
    found = []
    if policy.decision != matter.decision:
        found.append(f"it decides about a {policy.decision}, this is a {matter.decision}")
    if policy.control_level not in ("", matter.level):
        found.append(f"it is for {policy.control_level} records, these are {matter.level}")
    if policy.change_kind not in ("", matter.change_kind):
        found.append(f"it is for {policy.change_kind} changes")
    if policy.scope and policy.scope not in matter.scopes:
        found.append(f"not everything concerned lies in {policy.scope}")
    if matter.site_board and policy.board != SITE_BOARD:
        found.append("boards, policies, people, keys and types are for the site board")
    return found


def objections(policy: Policy, board: Board | None, others: Iterable[Policy] = ()) -> list[str]:
    """Why a policy may not be written: it can never be met, or its scope equals another's.

    `others` are the policies in force beside it; one with its own id is the version it replaces.
    """
    if board is None or board.id != policy.board:
        return [f"Its board {policy.board} does not exist."]
    seats = {seat.group for seat in board.members}
    found = []
    if policy.quorum > len(board.members):
        members = "1 member" if len(board.members) == 1 else f"{len(board.members)} members"
        found.append(f"It can never be met: quorum {policy.quorum}, but {board.id} has {members}.")
    found += [
        f"It can never be met: nobody on {board.id} represents the required group {group}."
        for group in policy.required_groups
        if group not in seats
    ]
    found += [
        f"Nobody on {board.id} represents {group}, which has a veto."
        for group in policy.vetoes
        if group not in seats
    ]
    if policy.rule == "consents" and (policy.required_groups or policy.vetoes):
        found.append("It can never be met: under the rule 'consents' no group votes.")
    if policy.rule == "consents" and not policy.reviewer:
        found.append("Under the rule 'consents' a named reviewer approves beside the owners: set 'reviewer'.")
    found += [
        f"Policy {other.id} is for exactly the same decisions and scope."
        for other in others
        if other.id != policy.id and _selector(other) == _selector(policy)
    ]
    return found


def locked_out(policies: Iterable[Policy]) -> bool:
    """Whether nobody could decide any more about boards, policies, people, keys and types.

    Then nothing could ever be put right again: such a change would need a policy that is not there.
    """
    matter = Matter(decision="change", change_kind="normal", site_board=True)
    return not any(_fits(one, matter) for one in policies if one.level != "draft" and not one.scope)


def highest(levels: Iterable[str]) -> str:
    """The strictest of several control levels; `draft` when there is none."""
    return max(levels, key=LEVELS.index, default="draft")


def _fits(policy: Policy, matter: Matter) -> bool:
    return not misses(policy, matter)


def _narrowness(policy: Policy) -> tuple[int, bool, bool]:
    breadth = _BREADTH.index(policy.scope.partition(":")[0])
    return (breadth, bool(policy.change_kind), bool(policy.control_level))


def _selector(policy: Policy) -> tuple[str, str, str, str]:
    return (policy.decision, policy.control_level, policy.scope, policy.change_kind)

"""The values everybody shares: people, groups, parties, item types, items, dependencies.

Frozen, checked when made, standard library only. Screens, pure functions, threads and tests see
nothing else. Values of a single subject live beside it: promises (agreements, commitments,
outages) in `cmdb.promises`, work (action items, holds, planned work) in `cmdb.work`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

# Whoever uses the values finds what they are checked with beside them.
from cmdb.checks import CUSTODIES as CUSTODIES
from cmdb.checks import ID_PATTERN as ID_PATTERN
from cmdb.checks import ID_RULE as ID_RULE
from cmdb.checks import ITEM_STATUSES as ITEM_STATUSES
from cmdb.checks import LEVELS as LEVELS
from cmdb.checks import NAME_LIMIT as NAME_LIMIT
from cmdb.checks import OPERATING_STATES as OPERATING_STATES
from cmdb.checks import PARTY_KINDS as PARTY_KINDS
from cmdb.checks import STRENGTHS as STRENGTHS
from cmdb.checks import TEXT_LIMIT as TEXT_LIMIT
from cmdb.checks import check as check
from cmdb.checks import choice_problems as choice_problems
from cmdb.checks import id_problems as id_problems
from cmdb.checks import name_problems as name_problems
from cmdb.checks import shown as shown
from cmdb.checks import text_problems as text_problems


class Value:
    """What every value can do."""

    __slots__ = ()

    def but(self, **changes: Any) -> Self:
        """Give a copy with some fields changed; the copy is checked again."""
        return replace(self, **changes)  # type: ignore[type-var]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey(Value):
    """An OpenSSH public key of a person, as `type base64`, without the comment."""

    text: str
    comment: str = ""

    def __post_init__(self) -> None:
        parts = self.text.split()
        wrong = len(parts) != 2 or not re.fullmatch(r"[A-Za-z0-9@.-]+", parts[0] if parts else "")
        problems = [f"'{shown(self.text)}' is no OpenSSH public key."] if wrong else []
        check("A public key", [*problems, *name_problems("Its comment", self.comment, required=False)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Value):
    """Somebody who owns, votes, changes or is told. `login` is the operating-system account."""

    id: str
    name: str
    email: str = ""
    login: str = ""
    active: bool = True
    keys: tuple[PublicKey, ...] = ()
    level: str = "draft"

    def __post_init__(self) -> None:
        check(
            f"Person '{shown(self.id)}'",
            [
                *id_problems("Person", self.id),
                *name_problems("The name", self.name),
                *name_problems("The email address", self.email, required=False),
                *name_problems("The login", self.login, required=False),
                *choice_problems("The control level", self.level, LEVELS),
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Value):
    """People with a lead. `lead` and `members` are person ids; the lead need not be listed twice."""

    id: str
    name: str
    lead: str = ""
    members: tuple[str, ...] = ()
    email: str = ""
    level: str = "draft"

    def __post_init__(self) -> None:
        check(
            f"Group '{shown(self.id)}'",
            [
                *id_problems("Group", self.id),
                *name_problems("The name", self.name),
                *name_problems("The email address", self.email, required=False),
                *(problem for one in self.members for problem in id_problems("Member", one)),
                *(id_problems("Lead", self.lead) if self.lead else []),
                *choice_problems("The control level", self.level, LEVELS),
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Value):
    """Whom to reach at a party; need not be a registered person."""

    name: str
    email: str = ""
    phone: str = ""

    def __post_init__(self) -> None:
        check(
            "A contact",
            [
                *name_problems("The name", self.name),
                *name_problems("The email address", self.email, required=False),
                *name_problems("The telephone number", self.phone, required=False),
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Party(Value):
    """A customer, end users, a supplier or an internal group, with contacts."""

    id: str
    name: str
    kind: str = "customer"
    contacts: tuple[Contact, ...] = ()
    level: str = "draft"

    def __post_init__(self) -> None:
        check(
            f"Party '{shown(self.id)}'",
            [
                *id_problems("Party", self.id),
                *name_problems("The name", self.name),
                *choice_problems("The kind", self.kind, PARTY_KINDS),
                *choice_problems("The control level", self.level, LEVELS),
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGrant(Value):
    """A role a person holds, for one service or for all, for a period (no end: until revoked)."""

    id: str
    person: str
    role: str
    service: str = ""
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyRule(Value):
    """How often an item of a type may or must need something by this kind. Maximum 0: no limit."""

    kind: str
    minimum: int = 0
    maximum: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemType(Value):
    """A type of configuration item.

    `schema` is the JSON Schema of its characteristics; `recommended` names characteristics that
    are only scored; `unique` names those no two items of the type may share; `serves` are the
    statuses in which an item of this type does its work. An empty `kinds` allows every kind of
    dependency. A child type adds to what its parent says.
    """

    id: str
    name: str
    parent: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    recommended: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    kinds: tuple[DependencyRule, ...] = ()
    serves: tuple[str, ...] = ("in service",)
    service: bool = False
    level: str = "draft"

    def __post_init__(self) -> None:
        check(
            f"Item type '{shown(self.id)}'",
            [
                *id_problems("Item type", self.id),
                *name_problems("The name", self.name),
                *(p for one in self.serves for p in choice_problems("A serving status", one, ITEM_STATUSES)),
                *choice_problems("The control level", self.level, LEVELS),
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyKind(Value):
    """How one item needs another, in words (`runs on`). Without impact it only documents."""

    id: str
    impact: bool = True
    level: str = "draft"

    def __post_init__(self) -> None:
        check(
            f"Dependency kind '{shown(self.id)}'",
            [
                *name_problems("The kind", self.id),
                *choice_problems("The control level", self.level, LEVELS),
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Value):
    """A configuration item; below `controlled` a candidate. One owner, always a person.

    `points` are the life-cycle points between which it is controlled (seed 5.5, Activity 4.5).
    Accounting data (operating state, confirmation, holds) is not part of it.
    """

    id: str
    type: str
    name: str
    owner: str
    group: str = ""
    status: str = "in service"
    level: str = "draft"
    custody: str = "ours, used to deliver"
    party: str = ""
    criterion: str = ""
    points: tuple[str, ...] = ()
    characteristics: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Item", self.id),
            *id_problems("Type", self.type),
            *name_problems("The name", self.name),
            *(id_problems("Owner", self.owner) if self.owner else ["The owner is missing."]),
            *(id_problems("Group", self.group) if self.group else []),
            *(id_problems("Party", self.party) if self.party else []),
            *choice_problems("The status", self.status, ITEM_STATUSES),
            *choice_problems("The control level", self.level, LEVELS),
            *choice_problems("The custody", self.custody, CUSTODIES),
            *text_problems("The criterion", self.criterion),
        ]
        if self.level != "draft" and not self.criterion.strip():
            problems.append("A controlled item names the selection criterion it meets; it is empty.")
        check(f"Item '{shown(self.id)}'", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency(Value):
    """`source` needs `target`. In a redundancy group of the source when `group` is given."""

    source: str
    target: str
    kind: str = "uses"
    strength: str = "hard"
    group: str = ""

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Source", self.source),
            *id_problems("Target", self.target),
            *name_problems("The kind", self.kind),
            *choice_problems("The strength", self.strength, STRENGTHS),
            *name_problems("The group", self.group, required=False),
        ]
        if self.source == self.target:
            problems.append(f"{self.source} cannot depend on itself.")
        check(f"The dependency {shown(self.source)} -> {shown(self.target)}", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedundancyGroup(Value):
    """Members of which `source` needs some: `need` is a whole number >= 1 or a percent, `50%`."""

    source: str
    name: str
    need: str = "1"
    strength: str = "hard"

    def __post_init__(self) -> None:
        check(
            f"The redundancy group {shown(self.source)}/{shown(self.name)}",
            [
                *id_problems("Source", self.source),
                *name_problems("The group", self.name),
                *choice_problems("The strength", self.strength, STRENGTHS),
                *need_problems(self.need),
            ],
        )


_WHOLE = re.compile(r"[1-9][0-9]{0,8}")
_PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,6}))?%")


def need_problems(need: str) -> list[str]:
    """Say what is wrong with a need: whole number >= 1, or percent above 0 and at most 100."""
    if _WHOLE.fullmatch(need):
        return []
    match = _PERCENT.fullmatch(need)
    if match and 0 < int(match[1] + (match[2] or "").ljust(6, "0")) <= 100_000_000:
        return []
    return [f"The need '{shown(need)}' is neither a whole number from 1 nor a percent such as 50%."]


def needed(need: str, members: int) -> int:
    """How many of `members` serving members are needed; a percent is rounded up, in decimal.

    May exceed `members`: then the group was broken before. Source: rules.md 3.
    """
    match = _PERCENT.fullmatch(need)
    if match is None:
        return int(need)
    millionths = int(match[1] + (match[2] or "").ljust(6, "0"))
    return -(-members * millionths // 100_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Value):
    """One journal entry: one use case. `hash` chains over `previous`. Source: rules.md 1."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subjects: tuple[str, ...] = ()
    changed: Mapping[str, Any] = field(default_factory=dict)
    request: str = ""
    previous: str = ""
    hash: str = ""

"""Boards, policies, votes and decisions, as values.

Nothing here counts votes (`ccb.voting`), reads a clock or a database. Source: rules.md 6.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ccb.model import CHANGE_KINDS
from cmdb.errors import Invalid
from cmdb.model import (
    LEVELS,
    Value,
    check,
    choice_problems,
    id_problems,
    name_problems,
    shown,
    text_problems,
)

DECISIONS = ("change", "baseline", "promotion", "release")
RULES = ("majority", "fraction", "unanimous", "consents")
VALUES = ("approve", "approve with conditions", "reject", "abstain", "withdrawn")
CAPACITIES = ("member", "alternate", "consenter")
OVERRIDABLE = ("quorum", "rule", "required group", "veto", "consent", "affected group")
RESULTS = ("carried", "lost", "deferred", "confirmed")
STATUSES = ("satisfied", "unsatisfied", "not applicable", "overridden")
SITE_BOARD = "site"
BLOCKS = ("closing", "check-out")
_FRACTION = re.compile(r"[0-9]{1,3}(\.[0-9]{1,30})?")
_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "quorum": ((int,), "a whole number"),
    "deadline": ((int,), "a number of seconds"),
    "four_eyes": ((bool,), "true or false"),
    "reviewer": ((bool,), "true or false"),
    "required_groups": ((list, tuple), "a list of groups"),
    "vetoes": ((list, tuple), "a list of groups"),
    "overridable": ((dict,), "a mapping of requirements to roles"),
}
SHORTEST = 60  # seconds that voting lasts at least, where it has an end
_EARLY = "before check-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat(Value):
    """A member of a board and the group the member speaks for."""

    person: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternate(Value):
    """Who stands in for a member, from `start` until before `end` (no end: until changed)."""

    person: str
    member: str
    start: datetime
    end: datetime | None = None

    def active(self, at: datetime) -> bool:
        """Whether the alternate may vote at that moment."""
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board(Value):
    """A change control board: members who each represent a group, a chair, alternates.

    Nobody fills two seats: a member is no alternate, and nobody stands in for two members at once.
    """

    id: str
    name: str
    chair: str
    members: tuple[Seat, ...]
    alternates: tuple[Alternate, ...] = ()
    scope: str = ""
    level: str = "draft"

    def __post_init__(self) -> None:
        people = [seat.person for seat in self.members]
        problems = [
            *id_problems("Board", self.id),
            *name_problems("The name", self.name),
            *id_problems("Chair", self.chair),
            *choice_problems("The control level", self.level, LEVELS),
            *(p for seat in self.members for p in id_problems("Member", seat.person)),
            *(p for seat in self.members for p in id_problems("Group", seat.group)),
        ]
        if not self.members:
            problems.append("It has no members.")
        if len(set(people)) != len(people):
            problems.append("A person is listed as member twice.")
        if self.members and self.chair not in people:
            problems.append(f"The chair {shown(self.chair)} is not one of the members.")
        problems += _alternate_problems(self)
        check(f"Board '{shown(self.id)}'", problems)

    def seat_of(self, person: str, at: datetime) -> str:
        """The member whose seat this person may fill at that moment; empty when none."""
        if any(seat.person == person for seat in self.members):
            return person
        return next((one.member for one in self.alternates if one.person == person and one.active(at)), "")

    def presides(self, person: str, at: datetime) -> bool:
        """Whether somebody chairs the board then: its chair, or who stands in for the chair."""
        return self.seat_of(person, at) == self.chair

    def presiding(self, at: datetime) -> tuple[str, ...]:
        """Everybody who may act as the chair at that moment: the chair, then who stands in."""
        others = (one.person for one in self.alternates if one.member == self.chair and one.active(at))
        return tuple(dict.fromkeys((self.chair, *others)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Value):
    """How one kind of decision is taken, and by which board.

    Selected by `decision`, `control_level`, `scope` and `change_kind`; an empty one fits all. `scope`
    is empty (the site), `customer:ID`, `service:ID`, `type:ID` or `item:ID`. Under `consents` there
    is no ballot of members: every required consent decides (records merely `controlled`).
    `reviewer`: a named reviewer, who neither raised nor does the change, approves as well.
    `required_groups` must each approve; a reject by a seat of `vetoes` loses. `overridable` maps a
    requirement of OVERRIDABLE to the role that may override it. `deadline` is in seconds after the
    ballot opened, 0 for none. `decides` is `policy` (the act that completes it) or `chair`.
    """

    id: str
    name: str
    board: str
    decision: str = "change"
    control_level: str = ""
    scope: str = ""
    change_kind: str = ""
    quorum: int = 1
    rule: str = "majority"
    fraction: Decimal | None = None
    required_groups: tuple[str, ...] = ()
    vetoes: tuple[str, ...] = ()
    four_eyes: bool = True
    overridable: Mapping[str, str] = field(default_factory=dict)
    deadline: int = 0
    decides: str = "policy"
    level: str = "draft"
    reviewer: bool = False

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Policy", self.id),
            *name_problems("The name", self.name),
            *id_problems("Board", self.board),
            *choice_problems("The kind of decision", self.decision, DECISIONS),
            *choice_problems("The rule", self.rule, RULES),
            *choice_problems("The control level", self.level, LEVELS),
            *(p for one in self.overridable for p in choice_problems("The requirement", one, OVERRIDABLE)),
            *(p for one in (*self.required_groups, *self.vetoes) for p in id_problems("Group", one)),
        ]
        if self.control_level:
            problems += choice_problems("The control level it is for", self.control_level, LEVELS)
        if self.change_kind:
            problems += choice_problems("The kind of change", self.change_kind, CHANGE_KINDS)
        if self.change_kind and self.decision != "change":
            problems.append(f"A kind of change goes with decision 'change', not '{shown(self.decision)}'.")
        if self.decides not in ("policy", "chair"):
            problems.append(f"It is decided by 'policy' or by 'chair', not by '{shown(self.decides)}'.")
        if self.deadline and self.deadline < SHORTEST:
            problems.append(f"It can never be met: nobody votes within {self.deadline} s; at least 60.")
        problems += _rule_problems(self)
        problems += scope_problems(self.scope)
        check(f"Policy '{shown(self.id)}'", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote(Value):
    """A signed vote, as cast. `digest` is that of the signed statement; all votes are kept.

    `seat` is the member represented (empty for a consenter); `previous` the digest of the voter's
    previous vote on this request; `content`, `assessment` and `policy` the digests signed over.
    """

    digest: str
    request: str
    board: str
    round: int
    voter: str
    capacity: str
    seat: str = ""
    value: str
    conditions: tuple[str, ...] = ()
    reason: str = ""
    content: str
    assessment: str
    policy: str
    at: datetime
    sequence: int
    previous: str = ""
    key: str = ""
    signature: str = ""

    def __post_init__(self) -> None:
        problems = [
            *choice_problems("The vote", self.value, VALUES),
            *choice_problems("The capacity", self.capacity, CAPACITIES),
            *text_problems("The reason", self.reason),
            *(p for one in self.conditions for p in text_problems("A condition", one)),
        ]
        if self.value == "reject" and not self.reason.strip():
            problems.append("A reject needs its reason.")
        if self.value == "approve with conditions" and not any(one.strip() for one in self.conditions):
            problems.append("An approval with conditions names at least one condition.")
        if self.conditions and self.value != "approve with conditions":
            problems.append("Conditions go with 'approve with conditions' only.")
        check(f"The vote of {shown(self.voter)} on {shown(self.request)}", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Value):
    """A requirement set aside by somebody the policy allows to: who, why, signed."""

    digest: str
    request: str
    round: int
    requirement: str
    by: str
    role: str
    why: str
    at: datetime
    key: str = ""
    signature: str = ""

    def __post_init__(self) -> None:
        problems = [] if self.why.strip() else ["An override needs its reason."]
        check(f"The override of '{shown(self.requirement)}'", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement(Value):
    """One thing the decision needs. `name`: of OVERRIDABLE, `four eyes`, `reviewer`, `another person`."""

    name: str
    about: str = ""
    status: str
    detail: str

    @property
    def title(self) -> str:
        """The requirement with what it is about, such as `consent a.vries`."""
        return f"{self.name} {self.about}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Value):
    """What the votes come to: `carried`, `lost` or `open`, and each requirement with its sentence.

    `counted` are the voters whose vote counts for quorum and rule; `missing` those whose vote could
    still be cast, in id order.
    """

    result: str
    requirements: tuple[Requirement, ...]
    counted: tuple[str, ...]
    missing: tuple[str, ...]
    approve: int
    reject: int
    abstain: int

    @property
    def met(self) -> bool:
        """Whether nothing is asked for any more, and the votes that are missing could still turn it."""
        unmet = any(one.status == "unsatisfied" for one in self.requirements)
        return self.result == "open" and not unmet


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Value):
    """What a board decided, signed. `votes` are the digests of every vote on the request, in order.

    `by` is the chair, or the person whose act completed it; `alone` says that one person decided.
    `confirmed` is the chair's word, after the decision, that it holds although its evidence moved.
    `record` is the library's commit that keeps it, once there is one.
    """

    digest: str
    request: str
    board: str
    round: int
    result: str
    by: str
    policy_id: str
    votes: tuple[str, ...]
    overrides: tuple[str, ...] = ()
    content: str
    assessment: str
    policy: str
    rationale: str = ""
    until: datetime | None = None
    alone: bool = False
    closed: bool = False
    at: datetime
    key: str = ""
    signature: str = ""
    record: str = ""

    def __post_init__(self) -> None:
        problems = [*choice_problems("The result", self.result, RESULTS)]
        if self.result == "deferred" and self.until is None:
            problems.append("A deferral names the date on which it comes back.")
        check(f"The decision on {shown(self.request)}", problems)


def blocks(condition: str) -> str:
    """What a condition blocks until it is met: `check-out` where its text begins so, else `closing`.

    It stands in the text, so that it is among the words the voter signs.
    """
    return "check-out" if condition.lower().startswith(_EARLY) else "closing"


def worded(condition: str, before: str) -> str:
    """Word a condition so that it blocks what the voter chose; as written where nothing was chosen.

    Raises Invalid for a text that says nothing, or the opposite.
    """
    text = " ".join(condition.split())
    if not text.removeprefix(f"{_EARLY}:").strip():
        raise Invalid("A condition says nothing.", "Say what has to be met, or leave the condition out.")
    if not before or blocks(text) == before:
        return text
    if before == "check-out":
        return f"{_EARLY}: {text}"
    raise Invalid(
        f"'{shown(text)}' says itself that it blocks check-out.",
        "Leave these words out, or choose check-out.",
    )


def scope_problems(scope: str) -> list[str]:
    """Say what is wrong with the scope of a policy or board."""
    if not scope:
        return []
    kind, found, name = scope.partition(":")
    if not found or kind not in ("customer", "service", "type", "item"):
        return [f"The scope '{shown(scope)}' is not customer:ID, service:ID, type:ID, item:ID or empty."]
    return id_problems("The scope's id", name)


def policy_type_problems(fields: Mapping[str, Any]) -> list[str]:
    """Say which fields of a policy, as a person wrote it, hold something else than they are for."""
    found = []
    for name, (kinds, said) in _TYPES.items():
        content = fields.get(name)
        if content is not None and type(content) not in kinds:
            found.append(f"Its {name} is {said}, not '{shown(str(content))}'.")
    fraction = fields.get("fraction")
    if fraction is not None and not _FRACTION.fullmatch(str(fraction)):
        found.append(f"Its fraction is a decimal such as 0.66, not '{shown(str(fraction))}'.")
    return found


def _rule_problems(policy: Policy) -> list[str]:
    problems = []
    if policy.rule == "fraction" and (policy.fraction is None or not 0 < policy.fraction <= 1):
        problems.append("The rule 'fraction' needs a fraction above 0 and at most 1.")
    if policy.rule != "fraction" and policy.fraction is not None:
        problems.append("A fraction goes with the rule 'fraction' only.")
    if policy.rule == "consents" and policy.quorum != 0:
        problems.append("Under the rule 'consents' no members vote: the quorum is 0.")
    if policy.rule != "consents" and policy.quorum < 1:
        problems.append("The quorum is at least 1.")
    return problems


def _alternate_problems(board: Board) -> list[str]:
    people = {seat.person for seat in board.members}
    problems = []
    for index, one in enumerate(board.alternates):
        problems += id_problems("Alternate", one.person)
        if one.member not in people:
            problems.append(f"{shown(one.person)} stands in for {shown(one.member)}, who is no member.")
        if one.person in people:
            problems.append(f"{shown(one.person)} is a member and cannot be an alternate as well.")
        for other in board.alternates[:index]:
            if other.person == one.person and other.member != one.member and _overlap(one, other):
                problems.append(f"{shown(one.person)} stands in for two members at the same time.")
    return problems


def _overlap(one: Alternate, other: Alternate) -> bool:
    return (other.end is None or one.start < other.end) and (one.end is None or other.start < one.end)

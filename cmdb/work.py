"""Work that has to be done, people who have to be told, items nobody may change for now.

Frozen values, standard library only. Source: rules.md 9; IT Service CMM 5.5, Activity 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cmdb.model import Value, check, choice_problems, id_problems, name_problems, shown, text_problems

GROUP = "group:"  # before the id of a group that is told at a mail address of its own

# Where each state may go. Nothing is closed that was not approved. `closed` and `declined` are final.
STEPS: Mapping[str, tuple[str, ...]] = {
    "initiated": ("reviewed", "declined"),
    "reviewed": ("approved", "declined"),
    "approved": ("in progress", "done", "closed"),
    "in progress": ("done", "closed"),
    "done": ("closed", "in progress"),
    "closed": (),
    "declined": (),
}
BLOCKS = ("", "check-out", "closing")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItem(Value):
    """Something somebody has to do, from initiation to closure with its evidence.

    `origin` is the record it comes from, such as `change:CR-12`, or empty. `blocks` says which step of that
    origin waits for it: `check-out`, `closing`, or none.
    """

    id: str
    origin: str = ""
    what: str
    owner: str
    items: tuple[str, ...] = ()
    plan: str = ""
    due: datetime | None = None
    risk: str = ""
    reviewer: str = ""
    told: tuple[str, ...] = ()
    blocks: str = ""
    state: str = "initiated"
    initiated_at: datetime
    initiated_by: str
    closed_at: datetime | None = None
    evidence: str = ""
    evaluation: str = ""

    def __post_init__(self) -> None:
        problems = [
            *name_problems("The origin", self.origin, required=False),
            *text_problems("What is to be done", self.what),
            *text_problems("The plan", self.plan),
            *text_problems("The risk", self.risk),
            *text_problems("The evidence", self.evidence),
            *text_problems("The evaluation", self.evaluation),
            *id_problems("Owner", self.owner),
            *(id_problems("Reviewer", self.reviewer) if self.reviewer else []),
            *(problem for one in self.told for problem in id_problems("Whoever is told", one)),
            *(problem for one in self.items for problem in id_problems("Item", one)),
            *choice_problems("The state", self.state, tuple(STEPS)),
            *(choice_problems("What it blocks", self.blocks, BLOCKS) if self.blocks else []),
        ]
        if not self.what.strip():
            problems.append("What is to be done is empty.")
        if self.state == "closed" and not self.evidence.strip():
            problems.append("Closing an action item needs its evidence.")
        if self.state == "declined" and not self.evaluation.strip():
            problems.append("Declining an action item needs its reason.")
        check(f"Action item '{shown(self.id)}'", problems)

    @property
    def open(self) -> bool:
        """Whether there is still something to do."""
        return bool(STEPS[self.state])

    def overdue(self, at: datetime) -> bool:
        """Whether it is open and its date has passed."""
        return self.open and self.due is not None and self.due < at


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Value):
    """What a person is told: written with what it tells, read in the inbox.

    `person` may be `group:ID`, a group at its own mail address: its members have notices of their own.
    `kind` is one of `cmdb.telling.KINDS`; empty for what was told before there were kinds.
    """

    sequence: int
    person: str
    about: str
    text: str
    at: datetime
    read_at: datetime | None = None
    kind: str = ""

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Person", self.person.removeprefix(GROUP)),
            *text_problems("The text", self.text),
        ]
        if not self.text.strip():
            problems.append("The text is empty.")
        check(f"The notice to {shown(self.person)}", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Value):
    """Nobody changes this item until the hold ends or is lifted; unlike a lease it is nobody's work.

    One hold at a time per item. `until` is an instant. Source: rules.md 7, Check-out.
    """

    item: str
    person: str
    reason: str
    placed_at: datetime
    until: datetime

    def __post_init__(self) -> None:
        problems = [*id_problems("Item", self.item), *text_problems("The reason", self.reason)]
        if not self.reason.strip():
            problems.append("A hold needs its reason.")
        if self.until <= self.placed_at:
            problems.append("A hold ends after it is placed.")
        check(f"The hold on {shown(self.item)}", problems)

    def stands(self, at: datetime) -> bool:
        """Whether it is in force; a hold that has ended holds nothing."""
        return at < self.until

"""Reviews, trainings, hours of work and milestones: what the work of configuration management leaves behind.

Frozen values, checked when they are made. Days are calendar dates as text, times instants, hours whole
seconds, money a decimal in the one currency a site counts in.
Source: rules.md 9, Review, Document (milestones), Training, Work log; IT Service CMM 5.5, Ability 4,
Measurement 1, Verification 1 and 2.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cmdb.dated import date_problems
from cmdb.model import Value, check, choice_problems, id_problems, name_problems, shown, text_problems

# With whom, or of what: `internal` is those who deliver and those affected here, among themselves.
REVIEW_KINDS = (
    *("senior management", "service manager", "customer", "subcontractor", "SQA"),
    *("customer SQA", "independent", "internal", "risk", "facilities"),
)
REVIEW_STATES = ("planned", "held", "cancelled")
EVERY = ("month", "quarter", "half-year", "year")
TRAINING_KINDS = ("training", "orientation")
MOST_SPENT = 366 * 86_400  # seconds in one entry of the work log
MOST_MONEY = Decimal(10) ** 12
MOST_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Value):
    """A review that is to be held, or was, with what it came to.

    `every` makes it periodic: holding one plans the next. `occasion` is what triggered any other. Its
    material has an `approver`, or none; `approved_at` is when that person approved it. Action items have
    it as their origin. `about` is the record it reviews, or empty.
    """

    id: str
    kind: str
    title: str
    planned: datetime
    holder: str
    every: str = ""
    occasion: str = ""
    about: str = ""
    participants: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    material: str = ""
    approver: str = ""
    approved_at: datetime | None = None
    state: str = "planned"
    held_at: datetime | None = None
    issues: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    summary: str = ""
    recipients: tuple[str, ...] = ()
    follows: str = ""

    def __post_init__(self) -> None:
        problems = [
            *choice_problems("The kind of review", self.kind, REVIEW_KINDS),
            *choice_problems("The state", self.state, REVIEW_STATES),
            *(choice_problems("How often", self.every, EVERY) if self.every else []),
            *name_problems("The title", self.title),
            *name_problems("What it is about", self.about, required=False),
            *text_problems("The occasion", self.occasion),
            *text_problems("The material", self.material),
            *text_problems("The summary", self.summary),
            *id_problems("Holder", self.holder),
            *(id_problems("Approver", self.approver) if self.approver else []),
            *(problem for one in self.participants for problem in id_problems("Participant", one)),
            *(problem for one in self.groups for problem in id_problems("Group", one)),
            *(problem for one in self.recipients for problem in id_problems("Recipient", one)),
            *_line_problems("An issue", self.issues),
            *_line_problems("A risk", self.risks),
            *_line_problems("A decision", self.decisions),
        ]
        if not (self.every or self.occasion.strip()):
            problems.append("A review is periodic, or something triggered it: say how often, or what.")
        if self.approver and not self.material.strip():
            problems.append("Somebody is to approve material, and there is none.")
        if self.state == "held" and (self.held_at is None or not self.summary.strip()):
            problems.append("A review that was held has a date and a summary.")
        check(f"Review '{shown(self.id)}'", problems)

    def missed(self, at: datetime) -> bool:
        """Whether its time has passed and it was neither held nor cancelled."""
        return self.state == "planned" and self.planned < at


@dataclass(frozen=True, slots=True, kw_only=True)
class Training(Value):
    """That a person was trained in a subject, or oriented: on a day, with evidence.

    `until` is the last day on which it counts, or empty; `withdrawn` says why it never did.
    """

    id: str
    person: str
    subject: str
    day: str
    evidence: str
    kind: str = "training"
    until: str = ""
    withdrawn: str = ""

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Person", self.person),
            *name_problems("The subject", self.subject),
            *date_problems("The day", self.day),
            *text_problems("The evidence", self.evidence),
            *choice_problems("The kind", self.kind, TRAINING_KINDS),
            *(date_problems("The last day", self.until) if self.until else []),
            *text_problems("Why it was withdrawn", self.withdrawn),
        ]
        if not self.evidence.strip():
            problems.append("A training needs its evidence.")
        if self.until and self.until < self.day:
            problems.append(f"It counts until {self.until}, which is before it was on {self.day}.")
        check(f"Training '{shown(self.id)}'", problems)

    def counts(self, today: str) -> bool:
        """Whether it stands on a day: begun, not over, not withdrawn."""
        return not self.withdrawn and self.day <= today and (not self.until or today <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkEntry(Value):
    """Work somebody did on a day for a record: seconds spent, and what it cost beside them.

    `withdrawn` says why it never counted.
    """

    id: str
    person: str
    record: str
    day: str
    spent: int = 0
    cost: Decimal = Decimal(0)
    note: str = ""
    withdrawn: str = ""

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Person", self.person),
            *name_problems("The record", self.record),
            *date_problems("The day", self.day),
            *text_problems("The note", self.note),
            *text_problems("Why it was withdrawn", self.withdrawn),
            *money_problems("The cost", self.cost),
        ]
        if not 0 <= self.spent <= MOST_SPENT:
            problems.append("The time spent is below zero or longer than a year.")
        elif not self.spent and not self.cost:
            problems.append("Neither time nor money was spent: give at least one.")
        check(f"Work '{shown(self.id)}'", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone(Value):
    """A milestone of a plan: a day, effort in seconds and funds as planned, and the day it was reached.

    `document` is the id of the plan. `first_planned` is the day it was planned for in the beginning.
    """

    id: str
    document: str
    name: str
    owner: str
    planned: str
    first_planned: str
    effort: int = 0
    funds: Decimal = Decimal(0)
    completed: str = ""
    evidence: str = ""
    dropped: str = ""

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Document", self.document),
            *name_problems("The name", self.name),
            *id_problems("Owner", self.owner),
            *date_problems("The planned day", self.planned),
            *date_problems("The day planned first", self.first_planned),
            *(date_problems("The day it was reached", self.completed) if self.completed else []),
            *text_problems("The evidence", self.evidence),
            *text_problems("Why it was dropped", self.dropped),
            *money_problems("The funds", self.funds),
        ]
        if not 0 <= self.effort <= 100 * MOST_SPENT:
            problems.append("The planned effort is below zero or longer than a hundred years.")
        if self.completed and not self.evidence.strip():
            problems.append("A milestone that was reached needs its evidence.")
        check(f"Milestone '{shown(self.id)}'", problems)

    @property
    def open(self) -> bool:
        """Whether it is still to be reached."""
        return not self.completed and not self.dropped

    def late(self, today: str) -> bool:
        """Whether its day has passed without it."""
        return self.open and self.planned < today


def money_problems(label: str, amount: Decimal) -> list[str]:
    """Say what is wrong with an amount of money: not negative, at most two decimals, not endless."""
    if not amount.is_finite() or not 0 <= amount <= MOST_MONEY:
        return [f"{label} {shown(str(amount))} is no amount of money from 0 to {MOST_MONEY:,f}."]
    if amount != amount.quantize(Decimal("0.01")):
        return [f"{label} {amount} has more than two decimals."]
    return []


def _line_problems(label: str, lines: Iterable[str]) -> list[str]:
    found = tuple(lines)
    if len(found) > MOST_LINES:
        return [f"{label}: {len(found)} of them; at most {MOST_LINES}."]
    problems = [problem for one in found for problem in text_problems(label, one)]
    return [*problems, *([f"{label} is empty."] if any(not one.strip() for one in found) else [])]

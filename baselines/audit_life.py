"""Audits, their findings and statements about practices: values, and how their acts lead on.

Everything about them is a sequence of signed acts (`Step`); what stands is what the acts come to:

    after(before, step) -> Audit | Finding | Statement       raises Refused for an act the table lacks

FINDING_STEPS and AUDIT_STEPS are the tables of transitions: nothing else assigns a state. Pure: no
clock, no store. Source: rules.md 10; IT Service CMM 5.5, Activity 10; 5.7, Activities 4 and 6.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from cmdb.canonical import instant
from cmdb.errors import Corrupt, Invalid, Refused
from cmdb.model import Value, check, choice_problems, id_problems, name_problems, shown, text_problems

KINDS: Mapping[str, str] = {
    "integrity": "every baseline, decision and vote proved, and database and library agree",
    "library system": "structure, facilities, space and tools of the library, access grants, backups",
    "completeness": "fields, orphans, duplicates, confirmations, owners, and that what is promised is held",
    "physical": "what is there against what is recorded",
    "functional": "what was claimed, with the evidence met, expired or missing",
    "event repository": "the records of events: whole, in time, leading to action items",
    "process": "whether people work as the standards and procedures say, by somebody outside",
}
FAMILIES: Mapping[str, str] = {"AUD": "audits", "FND": "findings", "SAY": "statements"}

ASKED = 200  # questions a checklist holds at most
MENTIONED = 20  # records a finding names one by one


class Move(NamedTuple):
    """From a state by an act to a state, and who may: auditor, holder, either, senior manager."""

    start: str
    act: str
    end: str
    by: str


AUDIT_STEPS: tuple[Move, ...] = (
    Move("", "plan", "planned", "planner"),
    Move("planned", "appoint", "planned", "planner"),
    Move("reported", "appoint", "reported", "planner"),
    Move("planned", "run", "reported", "auditor"),
    Move("planned", "cancel", "cancelled", "planner"),
    Move("reported", "close", "closed", "auditor"),
)
FINDING_STEPS: tuple[Move, ...] = (
    Move("", "raise", "raised", "auditor"),
    Move("raised", "assign", "with", "auditor"),
    Move("with", "assign", "with", "auditor"),
    Move("escalated", "assign", "with", "auditor"),
    Move("with", "correct", "corrected", "holder"),
    Move("escalated", "correct", "corrected", "holder"),
    Move("corrected", "reject", "with", "auditor"),
    Move("corrected", "verify", "verified", "auditor"),
    Move("verified", "close", "closed", "auditor"),
    Move("raised", "escalate", "escalated", "either"),
    Move("with", "escalate", "escalated", "either"),
    Move("corrected", "escalate", "escalated", "either"),
    Move("raised", "review", "escalated", "senior manager"),
    Move("with", "review", "escalated", "senior manager"),
    Move("corrected", "review", "escalated", "senior manager"),
    Move("escalated", "review", "escalated", "senior manager"),
)
AUDIT_STATES = tuple(dict.fromkeys(move.end for move in AUDIT_STEPS))
FINDING_STATES = tuple(dict.fromkeys(move.end for move in FINDING_STEPS))
OPEN_FINDING = tuple(one for one in FINDING_STATES if one != "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Value):
    """One signed act on an audit, a finding or a statement; `said` is what it says, by name.

    `number` counts the acts on its subject from 1.
    """

    subject: str
    number: int
    act: str
    actor: str
    at: datetime
    said: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        words = [one for one in self.said.values() if isinstance(one, str)]
        known = re.fullmatch(r"(AUD|FND|SAY)-[1-9][0-9]{0,8}", self.subject)
        check(
            f"The act on {shown(self.subject)}",
            [
                *([] if known else ["Acts are on audits, findings and statements: AUD-1, FND-1, SAY-1."]),
                *([] if re.fullmatch("[a-z]{1,20}", self.act) else ["The act is no verb."]),
                *id_problems("Who acts", self.actor),
                *(problem for one in words for problem in text_problems("What is said", one)),
            ],
        )

    @property
    def family(self) -> str:
        """The folder below records/ that keeps it."""
        return FAMILIES[self.subject.partition("-")[0]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(Value):
    """An audit from its plan to its close.

    `every` is how often it comes back, as `months 3` counted from `first`; `next` the audit planned
    when this one was run; `baseline` what it looked at.
    """

    id: str
    kind: str
    title: str
    scope: str = "all"
    checklist: tuple[str, ...] = ()
    auditor: str
    due: datetime
    every: str = ""
    first: datetime
    state: str = "planned"
    planned_at: datetime
    planned_by: str
    run_at: datetime | None = None
    baseline: str = ""
    findings: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    next: str = ""
    ended_at: datetime | None = None
    steps: int = 1

    def __post_init__(self) -> None:
        problems = [
            *choice_problems("The kind", self.kind, tuple(KINDS)),
            *name_problems("The title", self.title),
            *name_problems("The scope", self.scope),
            *id_problems("The auditor", self.auditor),
            *choice_problems("The state", self.state, AUDIT_STATES),
            *(problem for one in self.checklist for problem in name_problems("A line of the checklist", one)),
        ]
        if len(self.checklist) > ASKED:
            problems.append(f"The checklist has {len(self.checklist):,} lines; at most {ASKED} fit.")
        check(f"Audit '{shown(self.id)}'", problems)

    def overdue(self, at: datetime) -> bool:
        """Whether it has not been run although its date has passed."""
        return self.state == "planned" and self.due < at


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Value):
    """Something an audit found that is not as it has to be, from raised to closed.

    `about` names records, at most MENTIONED of the `count` there are; `holder` is whom it is with;
    `reviews` counts those by the senior manager since it was escalated, `review` is when the next is due.
    """

    id: str
    audit: str
    what: str
    rule: str = ""
    about: tuple[str, ...] = ()
    count: int = 1
    state: str = "raised"
    holder: str = ""
    due: datetime | None = None
    correction: str = ""
    corrected_by: str = ""
    reason: str = ""
    reviews: int = 0
    review: datetime | None = None
    raised_at: datetime
    raised_by: str
    escalated_at: datetime | None = None
    verified_at: datetime | None = None
    closed_at: datetime | None = None
    steps: int = 1

    def __post_init__(self) -> None:
        check(
            f"Finding '{shown(self.id)}'",
            [
                *text_problems("What was found", self.what),
                *([] if self.what.strip() else ["What was found is empty."]),
                *choice_problems("The state", self.state, FINDING_STATES),
            ],
        )

    @property
    def open(self) -> bool:
        """Whether there is still something to do about it."""
        return self.state != "closed"

    def overdue(self, at: datetime) -> bool:
        """Whether its date has passed before it was verified: then it is the senior manager's."""
        return self.state in ("raised", "with", "corrected") and self.due is not None and self.due < at

    def review_due(self, at: datetime) -> bool:
        """Whether a senior manager has to look at it again."""
        return self.state == "escalated" and (self.review is None or self.review < at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Value):
    """That a practice, or an item that a promise reaches, is not applicable here: who said so and why."""

    id: str
    about: str
    reason: str
    by: str
    at: datetime
    until: datetime | None = None
    state: str = "stands"
    ended_at: datetime | None = None
    steps: int = 1

    def __post_init__(self) -> None:
        check(
            f"Statement '{shown(self.id)}'",
            [
                *name_problems("What it is about", self.about),
                *text_problems("The reason", self.reason),
                *([] if self.reason.strip() else ["A statement needs its reason."]),
            ],
        )

    def stands(self, at: datetime) -> bool:
        """Whether it held at an instant."""
        ends = min((one for one in (self.until, self.ended_at) if one is not None), default=None)
        return self.at <= at and (ends is None or at < ends)


Kept = Audit | Finding | Statement


def after(before: Kept | None, step: Step) -> Kept:
    """What an act makes of what stood before it.

    Raises Refused for an act the tables do not have, Corrupt for one that lacks what it has to say.
    """
    try:
        return _after(before, step)
    except (KeyError, TypeError, ValueError, AttributeError) as broken:
        raise Corrupt(
            f"The act {step.number} on {step.subject} cannot be read: {broken!r}.",
            "Run 'cmdb verify' and keep this copy untouched.",
        ) from broken


def _after(before: Kept | None, step: Step) -> Kept:
    if step.number != (before.steps if before else 0) + 1:
        raise Refused(f"{step.subject}: its acts are not in order.", "Run 'cmdb verify'.")
    if step.family == "audits" and not isinstance(before, Finding | Statement):
        return _audit(before, step)
    if step.family == "findings" and not isinstance(before, Audit | Statement):
        return _finding(before, step)
    assert not isinstance(before, Audit | Finding), "a subject belongs to one family"
    return _statement(before, step)


def move_of(moves: tuple[Move, ...], subject: str, state: str, act: str) -> Move:
    """The move of an act from a state. Raises Refused with what may be done instead."""
    found = next((one for one in moves if (one.start, one.act) == (state, act)), None)
    if found is not None:
        return found
    noun = "audit" if moves is AUDIT_STEPS else "finding"
    may = [f"'cmdb {noun} {one.act}'" for one in moves if one.start == state]
    raise Refused(
        f"{subject} is {state or 'not there yet'}: there is no '{act}' for it.",
        f"What may be done: {', '.join(may)}."
        if may
        else f"That is final. See it with 'cmdb {noun} show {subject}'.",
    )


def _audit(before: Audit | None, step: Step) -> Audit:
    move = move_of(AUDIT_STEPS, step.subject, before.state if before else "", step.act)
    said = step.said
    if before is None:
        return Audit(
            id=step.subject,
            kind=str(said["kind"]),
            title=str(said["title"]),
            scope=str(said.get("scope", "all")),
            checklist=tuple(said.get("checklist", ())),
            auditor=str(said["auditor"]),
            due=instant(said["due"]),
            every=str(said.get("every", "")),
            first=instant(said.get("first") or said["due"]),
            planned_at=step.at,
            planned_by=step.actor,
        )
    changed = before.but(state=move.end, steps=step.number)
    if step.act == "appoint":
        due = instant(said["due"]) if said.get("due") else before.due
        return changed.but(auditor=str(said.get("auditor", before.auditor)), due=due)
    if step.act == "run":
        return changed.but(
            run_at=step.at,
            baseline=str(said.get("baseline", "")),
            findings=tuple(said.get("findings", ())),
            told=tuple(said.get("told", ())),
            next=str(said.get("next", "")),
        )
    return changed.but(ended_at=step.at)


def _finding(before: Finding | None, step: Step) -> Finding:
    move = move_of(FINDING_STEPS, step.subject, before.state if before else "", step.act)
    said = step.said
    if before is None:
        return Finding(
            id=step.subject,
            audit=str(said["audit"]),
            what=str(said["what"]),
            rule=str(said.get("rule", "")),
            about=tuple(said.get("about", ())),
            count=int(said.get("count", 1)),
            due=instant(said["due"]) if said.get("due") else None,
            raised_at=step.at,
            raised_by=step.actor,
        )
    changed = before.but(state=move.end, steps=step.number)
    words = str(said.get("words", ""))
    if step.act == "assign":
        return changed.but(holder=str(said["holder"]), due=instant(said["due"]))
    if step.act == "correct":
        return changed.but(correction=words, corrected_by=step.actor)
    if step.act in ("reject", "escalate"):
        escalated = step.at if step.act == "escalate" else before.escalated_at
        return changed.but(reason=words, escalated_at=escalated)
    if step.act == "review":
        return changed.but(
            reason=words,
            reviews=before.reviews + 1,
            review=instant(said["next"]) if said.get("next") else None,
            escalated_at=before.escalated_at or step.at,
        )
    if step.act == "verify":
        return changed.but(reason=words, verified_at=step.at)
    return changed.but(closed_at=step.at)


def _statement(before: Statement | None, step: Step) -> Statement:
    if before is None and step.act == "state":
        return Statement(
            id=step.subject,
            about=str(step.said["about"]),
            reason=str(step.said["reason"]),
            until=instant(step.said["until"]) if step.said.get("until") else None,
            by=step.actor,
            at=step.at,
        )
    if before is not None and before.state == "stands" and step.act == "withdraw":
        return before.but(state="withdrawn", ended_at=step.at, steps=step.number)
    raise Refused(
        f"{step.subject} is {before.state if before else 'not there yet'}: there is no '{step.act}' for it.",
        "See what was said with 'cmdb practice statements'.",
    )


def every_of(text: str) -> tuple[str, int]:
    """Read how often an audit comes back: `month`, `quarter`, `year`, `6 months`, `90 days`.

    Gives the unit of calendar time and how many, as dateutil counts them. Raises Invalid.
    """
    named = {"week": ("weeks", 1), "month": ("months", 1), "quarter": ("months", 3), "year": ("years", 1)}
    words = text.strip().lower().split()
    if len(words) == 1 and words[0] in named:
        return named[words[0]]
    if len(words) == 2 and words[0].isascii() and words[0].isdigit() and 1 <= int(words[0]) <= 999:
        unit = words[1] if words[1].endswith("s") else f"{words[1]}s"
        if unit in ("days", "weeks", "months", "years") and (unit != "years" or int(words[0]) <= 50):
            return unit, int(words[0])
    raise Invalid(
        f"'{shown(text)}' is no period.", "Write it like month, quarter, year, 6 months or 90 days."
    )

"""A change request and what it proposes: the values of `ccb` that are written before any vote.

Boards, policies, votes and decisions are in `ccb.ballot`. Durations are whole seconds, instants are
aware UTC. Nothing here reads a clock, a file or a database. Source: rules.md 5.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ccb.lifecycle import STATES
from cmdb import written
from cmdb.model import (
    Value,
    check,
    choice_problems,
    id_problems,
    name_problems,
    shown,
    text_problems,
)

REQUEST_PATTERN = r"CR-[1-9][0-9]{0,8}"
REQUEST_KINDS = ("normal", "standard", "emergency", "baseline", "promotion", "release")
CHANGE_KINDS = ("normal", "standard", "emergency")
OUTCOMES = ("as planned", "with deviation", "failed", "backed out")
RECORDS = (
    *("item", "dependency", "redundancy group", "type", "dependency kind", "person", "group"),
    *("party", "board", "policy", "template", "agreement", "standard service", "minimum level"),
    *("document", "scope"),
)
OPERATIONS = (
    *("add", "set", "connect", "set dependency", "set group", "disconnect", "retire"),
    *("return to service", "change level", "replace attachment", "restore", "bring under control"),
    *("establish baseline", "release"),
)
SCOPE_OPERATIONS = ("bring under control", "change level", "establish baseline", "release")
KEEPING = ("establish baseline", "release")  # operations on a scope that change no record
SITE_BOARD_RECORDS = (
    "board",
    "policy",
    "person",
    "group",
    "type",
    "dependency kind",
    "template",
    "minimum level",
)
_RELATIONS = {
    "connect": "dependency",
    "set dependency": "dependency",
    "disconnect": "dependency",
    "set group": "redundancy group",
    "bring under control": "scope",
    "establish baseline": "scope",
    "release": "scope",
}
_ITEM_ONLY = ("return to service",)
REPLACE = "replace attachment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Value):
    """When the change may happen: from `start` until before `end`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        problems = [
            f"The window's {label} has no zone."
            for label, at in (("start", self.start), ("end", self.end))
            if at.tzinfo is None
        ]
        if not problems and self.end <= self.start:
            problems.append("The window ends before it starts, or lasts no time at all.")
        check("The window", problems)

    @property
    def seconds(self) -> int:
        """Length in whole seconds."""
        return int((self.end - self.start).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class DownSet(Value):
    """What the change takes down, and for how many seconds: expected and at worst.

    `start` is when, if known; otherwise the forecast places it where inside the window it costs most.
    """

    items: tuple[str, ...]
    expected: int
    worst: int
    start: datetime | None = None

    def __post_init__(self) -> None:
        problems = [problem for one in self.items for problem in id_problems("Item", one)]
        if not self.items:
            problems.append("The list of items that go down is empty; leave out 'down' if nothing does.")
        if len(set(self.items)) != len(self.items):
            problems.append("An item is listed twice.")
        if self.expected < 0 or self.worst < self.expected:
            problems.append("The worst duration must be at least the expected one, and neither below zero.")
        if self.start is not None and self.start.tzinfo is None:
            problems.append("The time it goes down has no zone.")
        check("What goes down", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedChange(Value):
    """One operation on one controlled record.

    `id` names the record; for a dependency it is the source (with `target` and `kind`), for a
    redundancy group the source (with `group`), for a scope the scope's text. `exact` holds the
    fields proposed (a field that becomes empty has the empty text), `open` names those known only
    afterwards, `seen` the values that stood there when the change was written. Where an attachment is
    replaced the fields are names of files, and their content says SHA-256 and size of the bytes.
    """

    record: str
    id: str
    operation: str
    target: str = ""
    kind: str = ""
    group: str = ""
    exact: Mapping[str, Any] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    seen: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = [
            *choice_problems("The record", self.record, RECORDS),
            *choice_problems("The operation", self.operation, OPERATIONS),
            *name_problems("The record's id", self.id),
        ]
        expected = _RELATIONS.get(self.operation)
        if expected and self.record != expected:
            problems.append(f"'{self.operation}' concerns a {expected}, not a {shown(self.record)}.")
        if self.operation in _ITEM_ONLY and self.record != "item":
            problems.append(f"'{self.operation}' concerns an item, not a {shown(self.record)}.")
        if self.operation == REPLACE:
            problems += _attachment_problems(self)
        if self.record == "dependency" and not (self.target and self.kind):
            problems.append("A dependency names its source, its target and its kind.")
        if self.record == "redundancy group" and not self.group:
            problems.append("A redundancy group names its source and its own name.")
        if self.operation in ("set", "set dependency", "set group") and not (self.exact or self.open):
            problems.append("There is nothing to set.")
        if self.operation == "change level" and not self.exact.get("level"):
            problems.append("A change of level names the new level.")
        both = sorted(set(self.exact) & set(self.open))
        problems += [f"The field '{shown(one)}' is both exact and open." for one in both]
        problems += _fraction_problems(self.exact, "")
        check(f"The change to {shown(self.subject)}", problems)

    @property
    def subject(self) -> str:
        """The record in words, such as `item sw-11` or `lb-edge uses sw-12`."""
        if self.record == "dependency":
            return f"{self.id} {self.kind} {self.target}"
        if self.record == "redundancy group":
            return f"redundancy group {self.id}/{self.group}"
        return f"{self.record} {self.id}"

    @property
    def holder(self) -> tuple[str, str]:
        """The record that keeps it: a dependency and a redundancy group live in their source's."""
        inside = self.record in ("dependency", "redundancy group")
        return ("item" if inside else self.record, self.id)

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field it may touch, exact and open, in text order."""
        return tuple(sorted({*self.exact, *self.open}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDraft(Value):
    """What a person writes of a change request: its material content, before it has a number."""

    title: str
    kind: str = "normal"
    reason: str = ""
    implementer: str = ""
    reviewer: str = ""
    template: str = ""
    answers: tuple[str, ...] = ()
    changes: tuple[ProposedChange, ...] = ()
    window: Window | None = None
    down: DownSet | None = None
    backout: str = ""
    test: str = ""
    evidence: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest(Value):
    """A change request, from draft to closed.

    `answers` are the events and action items it answers; `evidence` what a check-in must bring;
    `groups` the affected groups; `reviewer` the named reviewer of a change to merely controlled
    records. `round` counts the ballots opened; `assessment` is the digest of the last one computed.
    `outage` is the actual one in seconds.
    """

    id: str
    kind: str = "normal"
    title: str
    reason: str = ""
    originator: str
    implementer: str = ""
    reviewer: str = ""
    template: str = ""
    answers: tuple[str, ...] = ()
    changes: tuple[ProposedChange, ...] = ()
    window: Window | None = None
    down: DownSet | None = None
    backout: str = ""
    test: str = ""
    evidence: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    state: str = "draft"
    round: int = 0
    board: str = ""
    policy: str = ""
    assessment: str = ""
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None = None
    referred_at: datetime | None = None
    decided_at: datetime | None = None
    closed_at: datetime | None = None
    until: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    outage: int | None = None
    outcome: str = ""
    deviation: str = ""
    test_result: str = ""
    test_reviewer: str = ""

    def __post_init__(self) -> None:
        problems = [
            *request_problems(self.id),
            *choice_problems("The state", self.state, STATES),
            *id_problems("Originator", self.originator),
            *content_problems(self),
            *text_problems("The deviation", self.deviation),
            *text_problems("The test result", self.test_result),
        ]
        if self.outcome:
            problems += choice_problems("The outcome", self.outcome, OUTCOMES)
        problems += _timing_problems(self)
        check(f"Change request {shown(self.id)}", problems)

    @property
    def effective_implementer(self) -> str:
        """Who does it: the implementer named, else the originator."""
        return self.implementer or self.originator


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(Value):
    """What somebody said about a request. Comments void nothing."""

    request: str
    sequence: int
    person: str
    at: datetime
    text: str

    def __post_init__(self) -> None:
        empty = [] if self.text.strip() else ["The comment is empty."]
        check("A comment", [*empty, *text_problems("The comment", self.text)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Value):
    """What a vote or a decision was about, as canonical text, found again by its digest."""

    digest: str
    form: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Value):
    """A person who has to agree, and why the graph asks for it.

    `why` holds sentences such as `owns sw-11`; `groups` are the groups the person speaks for.
    """

    person: str
    why: tuple[str, ...]
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment(Value):
    """What a change request costs, as a snapshot.

    `material` is digested and voted on; `context` is shown only. `consents` are the required ones,
    sorted by person; they are named in `material` as well, so a new one makes votes stale.
    Source: rules.md 5, Assessment.
    """

    request: str
    as_of: datetime
    baseline: str = ""
    material: Mapping[str, Any]
    context: Mapping[str, Any] = field(default_factory=dict)
    consents: tuple[Consent, ...] = ()
    digest: str


def content_problems(one: ChangeDraft | ChangeRequest) -> list[str]:
    """Say what is wrong with what a person wrote of a request, whatever it names."""
    starts = one.down.start if one.down is not None else None
    outside = (
        one.window is not None and starts is not None and not (one.window.start <= starts < one.window.end)
    )
    return [
        *choice_problems("The kind", one.kind, REQUEST_KINDS),
        *name_problems("The title", one.title),
        *text_problems("The reason", one.reason),
        *(id_problems("Implementer", one.implementer) if one.implementer else []),
        *(id_problems("Reviewer", one.reviewer) if one.reviewer else []),
        *(problem for group in one.groups for problem in id_problems("Affected group", group)),
        *text_problems("The back-out plan", one.backout),
        *text_problems("The test plan", one.test),
        *_repeated(one.changes),
        *(["The time it goes down lies outside the window."] if outside else []),
    ]


def request_problems(text: str) -> list[str]:
    """Say what is wrong with the id of a change request."""
    if re.fullmatch(REQUEST_PATTERN, text):
        return []
    return [f"'{shown(text)}' is no change request: they are named CR-1, CR-2 and so on."]


def decision_of(kind: str) -> str:
    """The kind of decision a board takes about a request of this kind: `change` or its own name."""
    return "change" if kind in CHANGE_KINDS else kind


def _attachment_problems(change: ProposedChange) -> list[str]:
    if change.record != "document":
        return [f"'{REPLACE}' concerns a document, not a {shown(change.record)}."]
    problems = [] if change.fields else ["There is no attachment to replace."]
    for name in change.fields:
        problems += written.attachment_name_problems(name)
    for name, content in change.exact.items():
        if content not in ("", None):
            problems += [f"{shown(name)}: {one}" for one in written.content_problems(content)]
    return problems


def _repeated(changes: tuple[ProposedChange, ...]) -> list[str]:
    seen: set[tuple[str, str]] = set()
    problems = []
    for one in changes:
        key = (one.operation, one.subject)
        if key in seen:
            problems.append(f"'{one.operation}' of {shown(one.subject)} is proposed twice.")
        seen.add(key)
    return problems


def _timing_problems(request: ChangeRequest) -> list[str]:
    problems = []
    if request.started and request.finished and request.finished < request.started:
        problems.append("It finished before it started.")
    if request.outage is not None and request.outage < 0:
        problems.append("The actual outage is below zero.")
    return problems


def _fraction_problems(value: Any, path: str) -> list[str]:
    if isinstance(value, float):
        return [f"The field '{path}' holds the fraction {value}; write it as text, \"{value}\"."]
    if isinstance(value, Mapping):
        return [
            problem
            for key, inner in value.items()
            for problem in _fraction_problems(inner, f"{path}.{key}".lstrip("."))
        ]
    if isinstance(value, list | tuple):
        return [p for index, inner in enumerate(value) for p in _fraction_problems(inner, f"{path}[{index}]")]
    return []

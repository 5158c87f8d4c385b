"""The values of the library: commits, baselines, check-outs with their leases, changed records.

Frozen, checked when made, standard library only. Git object ids are 40 hexadecimal digits; where
there is none (the parent of the founding commit) the text is empty.
Source: rules.md 7 and 8.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cmdb.model import Value, check, choice_problems, id_problems, shown

BASELINE_KINDS = ("site", "scoped")
CHECKOUT_STATES = ("out", "returned", "checked in")
FOUNDING = "BL-000000"
BACK_OUT = "Back-Out"  # the trailer of a baseline that undoes the one it names

_OBJECT = re.compile(r"[0-9a-f]{40}")
_BASELINE = re.compile(r"BL-[0-9]{6,12}")
_RECORD = re.compile(r"REC-[0-9]{6,12}")
_SCOPED = re.compile(r"SB-[0-9]{6,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(Value):
    """Objects that wait in the vault for their commit point; no ref names them yet.

    `name` is the baseline's id, or `REC-000012` for a record commit; `tag` is empty for the latter.
    """

    name: str
    commit: str
    parent: str = ""
    tag: str = ""

    def __post_init__(self) -> None:
        check(
            f"The prepared commit '{shown(self.name)}'",
            [
                *_commit_name_problems(self.name),
                *_object_problems("The commit", self.commit),
                *_object_problems("The parent", self.parent, required=False),
                *_object_problems("The tag", self.tag, required=False),
            ],
        )

    @property
    def target(self) -> str:
        """What the pending ref names: the signed object (tag of a baseline, else the commit)."""
        return self.tag or self.commit


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryCommit(Value):
    """A commit of the library as the database knows it: the row written at the commit point.

    `sequence` counts from 0 (the founding commit) without gaps; `commit`, `parent` and `tag` are
    git object ids.
    """

    sequence: int
    name: str
    commit: str
    parent: str = ""
    tag: str = ""
    at: datetime
    actor: str
    request: str = ""

    def __post_init__(self) -> None:
        check(
            f"The library commit '{shown(self.name)}'",
            [
                *_commit_name_problems(self.name),
                *_object_problems("The commit", self.commit),
                *_object_problems("The parent", self.parent, required=self.sequence > 0),
                *_object_problems("The tag", self.tag, required=False),
                *id_problems("The actor", self.actor),
            ],
        )

    @property
    def prepared(self) -> Prepared:
        """What the vault needs to settle this commit."""
        return Prepared(name=self.name, commit=self.commit, parent=self.parent, tag=self.tag)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline(Value):
    """The controlled contents at one authorised commit.

    `kind` is `site` (the whole tree) or `scoped` (a closed set of ids, named by `scope`); `parent`
    is the commit before; `journal` is the hash of the newest journal entry before this one's own (the
    tag's trailer `Journal` is the newest when it was signed: the same or one before it);
    `archived_at` is empty while nothing replaced it.
    """

    id: str
    kind: str = "site"
    scope: str = ""
    title: str = ""
    commit: str
    tag: str
    parent: str = ""
    request: str = ""
    established_at: datetime
    established_by: str
    journal: str = ""
    replaced_by: str = ""
    archived_at: datetime | None = None

    def __post_init__(self) -> None:
        problems = [
            *baseline_problems(self.id),
            *choice_problems("The kind", self.kind, BASELINE_KINDS),
            *_object_problems("The commit", self.commit),
            *_object_problems("The tag", self.tag),
            *_object_problems("The parent", self.parent, required=self.id != FOUNDING),
            *id_problems("Who established it", self.established_by),
        ]
        if self.id != FOUNDING and not self.request:
            problems.append("A baseline names the request that authorised it.")
        if (self.kind == "scoped") != bool(self.scope):
            problems.append("A scoped baseline names its scope, a site baseline has none.")
        check(f"Baseline '{shown(self.id)}'", problems)

    @property
    def archived(self) -> bool:
        """Whether a later baseline of the same scope replaced this one; it stays restorable."""
        return bool(self.replaced_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopedBaseline(Value):
    """What was agreed of one scope: a closed set of records as a site baseline holds them.

    `baseline` and `commit` are the site's; `record` is the commit that keeps this one, empty before it
    is written. `digest` and `count` are those decided on; `left_out` maps what the set leaves out to the
    reason. Archived by the next of the same scope.
    """

    id: str
    scope: str
    title: str = ""
    baseline: str
    commit: str
    record: str = ""
    request: str
    digest: str
    count: int
    left_out: Mapping[str, str] = field(default_factory=dict)
    established_at: datetime
    established_by: str
    replaced_by: str = ""
    archived_at: datetime | None = None

    def __post_init__(self) -> None:
        problems = [
            *scoped_problems(self.id),
            *baseline_problems(self.baseline),
            *_object_problems("The commit", self.commit),
            *_object_problems("The record", self.record, required=False),
            *id_problems("Who established it", self.established_by),
        ]
        if not self.scope:
            problems.append("It names its scope.")
        if self.count < 1:
            problems.append("It holds at least one record.")
        check(f"Baseline '{shown(self.id)}'", problems)

    @property
    def archived(self) -> bool:
        """Whether a later baseline of the same scope replaced this one; it stays restorable."""
        return bool(self.replaced_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout(Value):
    """What one request holds checked out, exclusively, until its lease ends.

    `records` are library paths; `base` is the commit their contents came from; `folder` is the
    working directory, empty for in-place editing. `state`: out, returned (given back, expired or
    stolen; the work is kept) or checked in.
    """

    id: str
    request: str
    person: str
    records: tuple[str, ...]
    base: str
    folder: str = ""
    out_at: datetime
    expires_at: datetime
    state: str = "out"
    ended_at: datetime | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Who checked out", self.person),
            *_object_problems("The base", self.base),
            *choice_problems("The state", self.state, CHECKOUT_STATES),
        ]
        if not self.records:
            problems.append("A check-out names at least one record.")
        if self.expires_at <= self.out_at:
            problems.append("A lease ends after it starts.")
        check(f"The check-out of {shown(self.request)}", problems)

    @property
    def number(self) -> int:
        """Which check-out of its request it is: 2 of `CR-7/2`."""
        number = self.id.rpartition("/")[2]
        return int(number) if number.isdecimal() else 0

    def holds(self, at: datetime) -> bool:
        """Whether the lease is in force at this moment."""
        return self.state == "out" and at < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease(Value):
    """One record held by one check-out; the database allows a path only once."""

    path: str
    checkout: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange(Value):
    """One file that differs between two commits, with the ids of its contents (empty: absent)."""

    path: str
    old: str = ""
    new: str = ""

    @property
    def operation(self) -> str:
        """What happened to the record: added, removed or changed."""
        if not self.old:
            return "added"
        return "changed" if self.new else "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit(Value):
    """A commit as git stores it, with the trailers of its message and what its signature covers."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: str
    at: datetime
    subject: str
    trailers: tuple[tuple[str, str], ...] = ()
    payload: bytes = field(default=b"", repr=False)
    signature: str = field(default="", repr=False)

    def trailer(self, name: str) -> str:
        """The text of a trailer, empty when the message has none of that name."""
        return next((text for key, text in self.trailers if key == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag(Value):
    """An annotated tag as git stores it: which object it names, and what its signature covers."""

    id: str
    name: str
    object: str
    tagger: str
    at: datetime
    subject: str
    trailers: tuple[tuple[str, str], ...] = ()
    payload: bytes = field(default=b"", repr=False)
    signature: str = field(default="", repr=False)

    def trailer(self, name: str) -> str:
        """The text of a trailer, empty when the message has none of that name."""
        return next((text for key, text in self.trailers if key == name), "")


def baseline_id(number: int) -> str:
    """Write a baseline's id: `BL-000123`."""
    return f"BL-{number:06d}"


def record_commit_id(number: int) -> str:
    """Write a record commit's name: `REC-000012`."""
    return f"REC-{number:06d}"


def baseline_problems(text: str) -> list[str]:
    """Say what is wrong with a baseline's id: an empty list when nothing is."""
    if _BASELINE.fullmatch(text):
        return []
    return [f"'{shown(text)}' is no baseline: write it like BL-000123."]


def scoped_problems(text: str) -> list[str]:
    """Say what is wrong with the id of a baseline of a scope: an empty list when nothing is."""
    if _SCOPED.fullmatch(text):
        return []
    return [f"'{shown(text)}' is no baseline of a scope: write it like SB-000012."]


def _commit_name_problems(text: str) -> list[str]:
    return [] if _RECORD.fullmatch(text) else baseline_problems(text)


def _object_problems(label: str, text: str, *, required: bool = True) -> list[str]:
    if _OBJECT.fullmatch(text) or (not text and not required):
        return []
    return [f"{label} '{shown(text)}' is no git object id."]

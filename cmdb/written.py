"""What is written down and held to: documents - policies, plans, standards - and the files attached to them.

Frozen values, standard library only. Who approved a version is never typed: it is the request that
brought it in. Source: rules.md 7, Canonical record; 9, Document; IT Service CMM 5.5, Commitment 1.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cmdb import estimates
from cmdb.dated import date_problems
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
from cmdb.places import NAME_BYTES, file_name

IN_FORCE = "in force"
STATUSES = (IN_FORCE, "retired")
READERS = ("person", "group", "party")  # who a document may be distributed to: `group:delivery`
ATTACHMENT_LIMIT = 64 * 1024 * 1024  # bytes of one attachment
ATTACHMENTS = 100  # of one document
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LISTED = 200  # services, readers and points of one document


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment(Value):
    """A file attached to a document: its name, the SHA-256 of its bytes in hexadecimal, their number."""

    name: str
    sha256: str
    size: int

    def __post_init__(self) -> None:
        problems = [*attachment_name_problems(self.name), *content_problems(self.content)]
        check(f"The attachment '{shown(self.name)}'", problems)

    @property
    def content(self) -> dict[str, Any]:
        """What a record and a request say of its bytes."""
        return {"sha256": self.sha256, "size": self.size}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Value):
    """A document under control or on its way there. Format `document/1`.

    `kind` is any word; those of `cmdb.document_points` have points to cover. It is for the `services`
    named, or for what `scope` says; both empty: for everything. `version` is the author's, `review` the
    date on which it has to be looked at again. `distribution` are readers such as `group:delivery`.
    `covers` says of a point where in the document it stands; `body` is Markdown, and may be empty.
    """

    id: str
    kind: str
    title: str
    owner: str
    services: tuple[str, ...] = ()
    scope: str = ""
    version: str = ""
    review: str = ""
    distribution: tuple[str, ...] = ()
    covers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    attachments: tuple[Attachment, ...] = ()
    status: str = IN_FORCE
    level: str = "draft"

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Document", self.id),
            *name_problems("The kind", self.kind),
            *name_problems("The title", self.title),
            *(id_problems("Owner", self.owner) if self.owner else ["The owner is missing."]),
            *(problem for one in self.services for problem in id_problems("Service", one)),
            *name_problems("The scope", self.scope, required=False),
            *name_problems("The version", self.version, required=False),
            *(date_problems("The review", self.review) if self.review else []),
            *(problem for one in self.distribution for problem in reader_problems(one)),
            *(problem for one in self.covers.items() for problem in _point_problems(*one)),
            *estimates.problems(self.kind, self.covers),
            *text_problems("The body", self.body),
            *_twice("Service", self.services),
            *_twice("Reader", self.distribution),
            *_alike([one.name for one in self.attachments]),
            *choice_problems("The status", self.status, STATUSES),
            *choice_problems("The control level", self.level, LEVELS),
        ]
        for what, many in (
            ("services", self.services),
            ("readers", self.distribution),
            ("points", self.covers),
        ):
            if len(many) > _LISTED:
                problems.append(f"It names {len(many):,} {what}; at most {_LISTED} fit.")
        if len(self.attachments) > ATTACHMENTS:
            problems.append(f"It has {len(self.attachments):,} attachments; at most {ATTACHMENTS} fit.")
        check(f"Document '{shown(self.id)}'", problems)

    @property
    def in_force(self) -> bool:
        """Whether it holds: under control and not retired."""
        return self.level != "draft" and self.status == IN_FORCE

    def attachment(self, name: str) -> Attachment | None:
        """The attachment of a name, or None."""
        return next((one for one in self.attachments if one.name == name), None)

    def with_attachment(self, added: Attachment) -> "Document":
        """The document with this attachment, in the place of one of the same name."""
        others = tuple(one for one in self.attachments if one.name != added.name)
        return self.but(attachments=tuple(sorted((*others, added), key=lambda one: one.name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile(Value):
    """The bytes of an attachment that wait beside the library: of a draft, or of a request not done yet."""

    sha256: str
    size: int
    kept_at: datetime
    kept_by: str


def attachment_name_problems(name: str) -> list[str]:
    """Say why a file may not be called so: it names a place, or some file system could not keep it."""
    label = f"The attachment's name '{shown(name)}'"
    problems = name_problems("The attachment's name", name)
    if "/" in name or "\\" in name or name in (".", ".."):
        problems.append(f"{label} is a path; give the bare name of a file.")
    if name != name.strip() or name.startswith(("-", ".")):
        problems.append(f"{label} begins with a dot or a dash, or with or ends in a blank.")
    if any(unicodedata.category(letter) == "Cf" for letter in name):
        problems.append(f"{label} holds a character nobody can see.")
    if not problems:
        if unicodedata.normalize("NFC", name) != name:
            problems.append(f"{label} is not written in composed letters (Unicode NFC).")
        if len(file_name(name)) > NAME_BYTES:
            problems.append(f"{label} takes more than {NAME_BYTES} bytes in the library: shorten it.")
    return problems


def content_problems(content: Any) -> list[str]:
    """Say what is wrong with what a record says of the bytes of an attachment."""
    if not isinstance(content, Mapping) or set(content) != {"sha256", "size"}:
        return ["The bytes of an attachment are named by 'sha256' and 'size'."]
    digest, size = content["sha256"], content["size"]
    problems = []
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        problems.append(f"'{shown(str(digest))}' is no SHA-256 in hexadecimal.")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= ATTACHMENT_LIMIT:
        problems.append(f"Its size {shown(str(size))} is not from 0 to {ATTACHMENT_LIMIT:,} bytes.")
    return problems


def said(content: Any) -> str:
    """What a record says of the bytes of an attachment, for people: `1,234 bytes, SHA-256 ab12cd34ef56`."""
    return f"{content['size']:,} bytes, SHA-256 {content['sha256'][:12]}"


def plainly(content: Any) -> Any:
    """Content for people: what names the bytes of a file in words, anything else as it is."""
    return content if content_problems(content) else said(content)


def reader_problems(text: str) -> list[str]:
    """Say what is wrong with a reader as it is written: `person:ID`, `group:ID` or `party:ID`."""
    sort, _, id = text.partition(":")
    if sort not in READERS or not id:
        return [f"'{shown(text)}' is no reader: write person:ID, group:ID or party:ID."]
    return id_problems("Reader", id)


def _point_problems(point: str, where: str) -> list[str]:
    return [*name_problems("A point", point), *name_problems(f"Where '{shown(point)}' stands", where)]


def _twice(label: str, texts: Iterable[str]) -> list[str]:
    listed = list(texts)
    return [
        f"{label} '{shown(one)}' is listed twice." for one in sorted(set(listed)) if listed.count(one) > 1
    ]


def _alike(names: list[str]) -> list[str]:
    """Names that differ in case alone: some file systems take them for one."""
    folded = [one.casefold() for one in names]
    return [
        f"Two attachments are called '{shown(one)}'." for one in sorted(set(folded)) if folded.count(one) > 1
    ]

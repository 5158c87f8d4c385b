"""What the app asks about documents, releases and findings: their lists, and the sheet of one.

The seam between their screens and the rooms below, as `tui.sources` is for the rest: every function may
be called from any thread, returns plain values and raises `CmdbError` for a refusal. What writes runs as
the command that does it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from tui.event_source import EventLink
from tui.views import Deed, Fact


class DocumentLine(NamedTuple):
    """One document in a list; `late` when the date of its review has passed, `lacks` counts absent points."""

    id: str
    kind: str
    title: str
    version: str
    owner: str
    level: str
    status: str = ""
    review: str = ""
    late: bool = False
    files: int = 0
    lacks: int = 0


class ReleaseLine(NamedTuple):
    """One release in a list, or a request that will be one: `state` is built, or how far the request is."""

    product: str
    version: str
    state: str
    request: str
    baseline: str = ""
    digest: str = ""
    at: datetime | None = None
    by: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.product} {self.version}"


class Sheet(NamedTuple):
    """Everything about one of these records.

    `parts` are titles with their lines; `against` says of every act why it is not possible now, empty
    where it is; `fields` are what its forms start from.
    """

    id: str
    kind: str
    title: str
    state: str
    role: str = ""
    facts: tuple[Fact, ...] = ()
    links: tuple[EventLink, ...] = ()
    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    history: tuple[Deed, ...] = ()
    against: Mapping[str, str] = {}
    fields: Mapping[str, str] = {}


class Papers(Protocol):
    """Answers about documents, releases and findings."""

    def documents(self) -> Sequence[DocumentLine]:
        """Every document: those in force first, by kind."""
        ...

    def document(self, id: str) -> Sheet:
        """One document with its approval, distribution and attachments."""
        ...

    def releases(self) -> Sequence[ReleaseLine]:
        """What is on its way to a release, then every release, newest first."""
        ...

    def release(self, product: str, version: str) -> Sheet:
        """One release with what it was built from."""
        ...

    def practice(self, id: str) -> Sheet:
        """One practice of the model with its points and the records that show it."""
        ...

    def finding(self, id: str) -> Sheet:
        """One finding with every act on it."""
        ...

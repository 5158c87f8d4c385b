"""What the app asks about events: the list by urgency, and one with all that hangs on it.

The seam between their screens and the rooms below, as `tui.sources` is for the rest: every function may
be called from any thread, returns plain values and raises `CmdbError` for a refusal. What writes runs as
the command that does it. Times are aware UTC.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from tui.views import Deed, Fact

OPEN, MINE, EVERY = "open", "mine", "all"


class EventLine(NamedTuple):
    """One event in a list. `late` says in a word what is late, `down` that something still is."""

    id: str
    kind: str
    state: str
    priority: str
    text: str
    items: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    responsible: str = ""
    reported: datetime | None = None
    due: datetime | None = None
    late: str = ""
    down: tuple[str, ...] = ()


class EventList(NamedTuple):
    """The most urgent of the events that were asked for, and how many there are."""

    lines: tuple[EventLine, ...] = ()
    total: int = 0


class EventQuery(NamedTuple):
    """Which events a list shows: `which` of the lists, only those in trouble, words, of one item."""

    which: str = OPEN
    trouble: bool = False
    words: tuple[str, ...] = ()
    item: str = ""


class EventLink(NamedTuple):
    """Something an event has to do with: how, the screen that shows it with its id, and in words."""

    label: str
    place: str
    subject: str
    text: str = ""
    role: str = ""


class EventCard(NamedTuple):
    """Everything about one event.

    `impact` are lines of effect and text, `said` who confirmed them; `against` says of every act that is
    not possible now why not; `fields` are what a correction starts from, as typed; `lacks` is what has to
    be there before it is resolved.
    """

    line: EventLine
    facts: tuple[Fact, ...] = ()
    links: tuple[EventLink, ...] = ()
    impact: tuple[tuple[str, str], ...] = ()
    promises: tuple[str, ...] = ()
    said: Fact | None = None
    tell: tuple[str, ...] = ()
    history: tuple[Deed, ...] = ()
    against: Mapping[str, str] = {}
    fields: Mapping[str, str] = {}
    lacks: str = ""


class Events(Protocol):
    """Answers about events."""

    def listed(self, query: EventQuery) -> EventList:
        """The events that are asked for, the most urgent first."""
        ...

    def event(self, id: str) -> EventCard:
        """One event."""
        ...

    def reported_of(self, items: Sequence[str]) -> str:
        """A word of warning where an unresolved event is about these already; else empty."""
        ...

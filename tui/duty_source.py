"""What the app asks about promises and duties: action items, notices, outages, agreements, windows.

The seam between their screens and the rooms below, as `tui.sources` is for the rest: every function
may be called from any thread, returns plain values and raises `CmdbError` for a refusal. What writes
runs as the command that does it. Times are aware UTC, amounts of time whole seconds.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from tui.duty_views import AgreementLine
from tui.views import Fact, ImpactCard

MINE, OPEN, OVERDUE, OVER = "mine", "open", "overdue", "over"


class ActionLine(NamedTuple):
    """One action item in a list. `next` are the states it may go to."""

    id: str
    state: str
    what: str
    owner: str
    due: datetime | None = None
    overdue: bool = False
    origin: str = ""
    blocks: str = ""
    next: tuple[str, ...] = ()


class ActionCard(NamedTuple):
    """Everything about one action item."""

    line: ActionLine
    facts: tuple[Fact, ...] = ()


class NoticeLine(NamedTuple):
    """What a person was told; `settled` says why it asks for nothing any more."""

    number: int
    at: datetime
    text: str
    about: str
    read: bool = False
    settled: str = ""


class OutageLine(NamedTuple):
    """One outage as recorded; `services` are those it takes with it, `replaced` by a correction."""

    id: str
    subject: str
    effect: str
    started: datetime
    ended: datetime | None = None
    change: str = ""
    note: str = ""
    replaces: str = ""
    replaced: bool = False
    services: tuple[str, ...] = ()


class AgreementCard(NamedTuple):
    """Everything about one agreement: what was promised, how it stands, what happened."""

    id: str
    title: str
    facts: tuple[Fact, ...] = ()
    standings: tuple[AgreementLine, ...] = ()
    outages: tuple[OutageLine, ...] = ()


class Duties(Protocol):
    """Answers about promises and duties."""

    def actions(self, which: str) -> Sequence[ActionLine]:
        """Action items: `mine`, all that are `open`, the `overdue`, or those that are `over`."""
        ...

    def action(self, id: str) -> ActionCard:
        """One action item."""
        ...

    def notices(self, *, everything: bool = False) -> Sequence[NoticeLine]:
        """What the person who acts was told, newest first; with `everything` also what was read."""
        ...

    def outages(self, subject: str = "", *, corrected: bool = False) -> Sequence[OutageLine]:
        """Outages, newest first; of one item or service when it is named."""
        ...

    def agreements(self) -> Sequence[AgreementLine]:
        """Every binding promise with what is left of it, and the periods before."""
        ...

    def agreement(self, id: str) -> AgreementCard:
        """One agreement."""
        ...

    def window(self, ids: Sequence[str], text: str) -> ImpactCard:
        """What fails while these are down in a window as typed, with all that is scheduled around it."""
        ...

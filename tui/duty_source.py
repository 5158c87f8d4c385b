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


class Lack(NamedTuple):
    """One thing an agreement lacks: where, in a sentence, and what to add."""

    where: str
    says: str
    add: str


class AgreementCard(NamedTuple):
    """Everything about one agreement: what was promised, how it stands, what happened.

    `elements` are titles with their lines; `versions` number, from and until, the newest first; `steps`
    the acts that are possible now.
    """

    id: str
    title: str
    facts: tuple[Fact, ...] = ()
    standings: tuple[AgreementLine, ...] = ()
    outages: tuple[OutageLine, ...] = ()
    lacks: tuple[Lack, ...] = ()
    elements: tuple[tuple[str, tuple[str, ...]], ...] = ()
    versions: tuple[tuple[int, str, str], ...] = ()
    steps: tuple[str, ...] = ()
    controlled: bool = False


class Wanted(NamedTuple):
    """Work that wants a better moment, as typed: items or a request, and how long they are down.

    `start` and `end` are the window it has, of which it keeps the length; without one it is as long as
    the work takes at worst. A request brings what is not given here.
    """

    items: tuple[str, ...] = ()
    change: str = ""
    expected: str = ""
    worst: str = ""
    start: str = ""
    end: str = ""
    down_from: str = ""
    implementer: str = ""


class MomentLine(NamedTuple):
    """One moment and what speaks for and against it.

    `typed` are its start, its end and when the work goes down, as they are typed into a form; `takes` is
    the largest share of anything left, `verdict` what becomes of the promises.
    """

    start: datetime
    end: datetime
    typed: tuple[str, str, str]
    takes: str
    breaks: bool
    verdict: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    reason: str
    possible: bool = True


class MomentList(NamedTuple):
    """Better moments, best first, and the one they are compared with, which `called` names.

    `bars` are what is in the way and when, `turns` from when on the work does something else and after
    what, `none` why there is no moment at all, `note` what could not be looked at.
    """

    called: str
    asked: MomentLine
    moments: tuple[MomentLine, ...] = ()
    bars: tuple[str, ...] = ()
    none: str = ""
    note: str = ""
    turns: tuple[str, ...] = ()


class TemplateLine(NamedTuple):
    """A template of standard changes: what it is called, how long at most, and the fields that are free."""

    id: str
    name: str
    window: str
    free: tuple[str, ...] = ()


class AuditLine(NamedTuple):
    """A finding, an audit, or a practice that is not performed; `command` shows the whole of it.

    `asks` are the questions an audit has to answer when it is run.
    """

    id: str
    kind: str
    state: str
    role: str = ""
    who: str = ""
    date: str = ""
    text: str = ""
    command: str = ""
    asks: tuple[str, ...] = ()


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

    def audited(self) -> Sequence[AuditLine]:
        """Open findings, audits to be held and held, practices that are not performed."""
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

    def better_moments(self, wanted: Wanted) -> MomentList:
        """When some work would take least of what was promised, in the days ahead."""
        ...

    def templates(self, items: Sequence[str]) -> Sequence[TemplateLine]:
        """The templates of standard changes that are for all of these items."""
        ...

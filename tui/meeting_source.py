"""What the app asks about a meeting of a board: its agenda, its time, who is there, and what moved.

The seam between its screen and the rooms below, as `tui.sources` is for the rest. Named tuples;
nothing here does I/O.
"""

from datetime import datetime
from typing import NamedTuple, Protocol

from tui.ballot_views import BallotLine


class AgendaLine(NamedTuple):
    """One item of an agenda; `ballot` is that of its request while it is open, `result` what was decided."""

    number: int
    request: str
    title: str
    state: str
    seconds: int = 0
    origin: str = ""
    notes: str = ""
    ballot: BallotLine | None = None
    result: str = ""


class MeetingCard(NamedTuple):
    """A meeting as the screen shows it. `leads` tells that whoever looks may lead it now.

    `turned_at` is when the item `current` was taken in hand; `seconds` of an item are those before that.
    """

    id: str
    board: str
    title: str
    state: str
    planned_at: datetime
    planned_for: int
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    closes_at: datetime | None = None
    current: int = 0
    turned_at: datetime | None = None
    there: tuple[str, ...] = ()
    present: int = 0
    seats: int = 0
    leads: bool = False
    chair: str = ""
    agenda: tuple[AgendaLine, ...] = ()
    waiting: int = 0
    signed: int = 0


class Meetings(Protocol):
    """What the screen of a meeting asks."""

    def meeting(self, id: str) -> MeetingCard:
        """A meeting; without an id the open one, else the next that is called, else the last held."""
        ...

    def mark(self) -> int:
        """A number that is another one whenever anybody wrote anything."""
        ...

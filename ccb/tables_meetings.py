"""The rows of meetings: series, meetings with attendance and agenda, signed minutes.

Minutes are only ever added. Rows never leave this module.
"""

from datetime import datetime

from sqlmodel import Field, SQLModel

from ccb import tables  # noqa: F401 - the rows below refer to its boards
from ccb.meeting import Meeting, Minutes, Series
from cmdb import codec
from cmdb.canonical import rfc3339
from cmdb.store import UnitOfWork

NUMBERS = "MT"  # the numbers of meetings


class SeriesRow(SQLModel, table=True):
    """Meetings that come back by a rule."""

    __tablename__ = "meeting_series"

    id: str = Field(primary_key=True)
    board: str = Field(foreign_key="board.id")
    name: str
    rule: str
    zone: str
    notice: int
    ended_at: str | None = None


class MeetingRow(SQLModel, table=True):
    """A meeting. `number` is the one in its id, so that lists come in that order."""

    __tablename__ = "meeting"

    id: str = Field(primary_key=True)
    number: int = Field(unique=True)
    board: str = Field(foreign_key="board.id", index=True)
    series: str
    state: str
    planned_at: str
    planned_for: int
    closes_at: str | None = None
    called_by: str = Field(foreign_key="person.id")
    opened_at: str | None = None
    opened_by: str
    closed_at: str | None = None
    closed_by: str
    current: int
    turned_at: str | None = None
    attendance: str
    agenda: str
    notes: str


class MinutesRow(SQLModel, table=True):
    """Signed minutes. All versions are kept."""

    __tablename__ = "minutes"

    meeting: str = Field(primary_key=True, foreign_key="meeting.id")
    version: int = Field(primary_key=True)
    digest: str = Field(unique=True)
    previous: str
    by: str = Field(foreign_key="person.id")
    at: str
    text: str
    key: str
    signature: str
    record: str


codec.register(Series, SeriesRow, noun="series", remedy="List them with 'cmdb board series list'.")
codec.register(Meeting, MeetingRow, noun="meeting", remedy="List them with 'cmdb board meeting list'.")
codec.register(
    Minutes,
    MinutesRow,
    key=("meeting", "version"),
    noun="minutes",
    remedy="See what there is with 'cmdb board meeting list'.",
)


def add_meeting(uow: UnitOfWork, meeting: Meeting) -> None:
    """Store a new meeting."""
    uow.add(meeting, number=int(meeting.id.removeprefix(f"{NUMBERS}-")))


def meetings(
    uow: UnitOfWork, *, board: str = "", since: datetime | None = None, until: datetime | None = None
) -> tuple[Meeting, ...]:
    """Meetings in the order they were called; those planned from `since` until before `until`."""
    found = uow.rows("SELECT id, board, planned_at FROM meeting ORDER BY number")
    first, last = (rfc3339(since) if since else ""), (rfc3339(until) if until else "9")
    wanted = [id for id, of, at in found if (not board or of == board) and first <= at < last]
    return tuple(uow.get(Meeting, id) for id in wanted)


def with_state(uow: UnitOfWork, board: str, state: str) -> tuple[Meeting, ...]:
    """The meetings of a board in a state, in the order they were called."""
    found = uow.rows("SELECT id FROM meeting WHERE board = ? AND state = ? ORDER BY number", board, state)
    return tuple(uow.get(Meeting, row[0]) for row in found)


def minutes_of(uow: UnitOfWork, meeting: str) -> tuple[Minutes, ...]:
    """Every version of the minutes of a meeting, oldest first."""
    return tuple(sorted(uow.all(Minutes, meeting=meeting), key=lambda one: one.version))

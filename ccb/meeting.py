"""Meetings of a board, as values: a series, one meeting with its attendance and agenda, its minutes.

Nothing here reads a clock or a database. Source: rules.md 6, Meetings; IT Service CMM 5.5, Activity 9.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccb.ballot import RESULTS, STATUSES, Board
from cmdb.commitments import Recurrence
from cmdb.model import Value, check, choice_problems, id_problems, name_problems, shown, text_problems

STATES = ("planned", "open", "closed")
CAPACITIES = ("member", "alternate", "guest")
ORIGINS = ("query", "by hand", "carried over", "at the meeting")
ITEM_STATES = ("waiting", "decided", "deferred", "dealt with", "carried over")
LONGEST = 12 * 3600  # seconds a meeting of a series may be planned for
NOTICE_LIMIT = 60 * 86_400
PUNCTUAL = timedelta(hours=1)  # how long before the moment it is called for a meeting may just be opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Series(Value):
    """Meetings of a board that come back by a rule, by the wall clock of a zone.

    `notice` is how many seconds before each meeting a request has to lie before the board to be put
    on its agenda by the query. The text of the rule is understood by `cmdb.calendar`.
    """

    id: str
    board: str
    name: str
    rule: Recurrence
    zone: str
    notice: int = 0
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Series", self.id),
            *id_problems("Board", self.board),
            *name_problems("The name", self.name),
            *name_problems("The zone", self.zone),
        ]
        if self.rule.length > LONGEST:
            problems.append("A meeting lasts at most 12 hours.")
        if not 0 <= self.notice <= NOTICE_LIMIT:
            problems.append("The submission deadline lies between 0 and 60 days before the meeting.")
        check(f"Series '{shown(self.id)}'", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance(Value):
    """Somebody at a meeting, in which capacity and for which seat, from when until when."""

    person: str
    capacity: str
    seat: str = ""
    came: datetime
    left: datetime | None = None

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Person", self.person),
            *choice_problems("Capacity", self.capacity, CAPACITIES),
        ]
        if bool(self.seat) != (self.capacity != "guest"):
            problems.append("A member or an alternate fills a seat, a guest none.")
        if self.left is not None and self.left < self.came:
            problems.append("Nobody leaves before coming.")
        check(f"The attendance of {shown(self.person)}", problems)

    def there(self, at: datetime) -> bool:
        """Whether the person is at the meeting at that moment."""
        return self.came <= at and (self.left is None or at < self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Value):
    """A vote as the minutes tell it."""

    voter: str
    capacity: str
    seat: str = ""
    value: str
    reason: str = ""
    conditions: tuple[str, ...] = ()
    counted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Value):
    """A requirement of the policy as it stood at the decision."""

    title: str
    status: str
    detail: str

    def __post_init__(self) -> None:
        check("A requirement", choice_problems("Its status", self.status, STATUSES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken(Value):
    """A decision taken while the meeting was open, as it was at that moment.

    `decision` is the digest of the signed decision. `present` are the seats filled by somebody at the
    meeting, `seats` how many the board has, `quorum` what the policy asks for.
    """

    decision: str
    result: str
    by: str
    at: datetime
    policy: str
    rationale: str = ""
    until: datetime | None = None
    quorum: int = 0
    seats: int = 0
    present: tuple[str, ...] = ()
    votes: tuple[Said, ...] = ()
    requirements: tuple[Held, ...] = ()

    def __post_init__(self) -> None:
        check("What was decided", choice_problems("The result", self.result, RESULTS))

    @property
    def quorate(self) -> bool:
        """Whether as many seats were filled at the meeting as the policy wants votes."""
        return len(self.present) >= self.quorum


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaItem(Value):
    """One item of an agenda: a request, or a topic with a title.

    `since` is the meeting it was carried over from, `seconds` how long it was in hand, `notes` what the
    chair wrote about it, `taken` the decisions on it in order.
    """

    number: int
    request: str = ""
    title: str
    origin: str
    since: str = ""
    state: str = "waiting"
    seconds: int = 0
    notes: str = ""
    taken: tuple[Taken, ...] = ()

    def __post_init__(self) -> None:
        problems = [
            *name_problems("The title", self.title),
            *choice_problems("The origin", self.origin, ORIGINS),
            *choice_problems("The state", self.state, ITEM_STATES),
            *text_problems("The notes", self.notes),
        ]
        check(f"Agenda item {self.number}", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting(Value):
    """A meeting of a board. `current` is the number of the item in hand, 0 for none, since `turned_at`.

    `closes_at` is the submission deadline; `planned_for` the seconds it is planned to last.
    """

    id: str
    board: str
    series: str = ""
    state: str = "planned"
    planned_at: datetime
    planned_for: int = 3600
    closes_at: datetime | None = None
    called_by: str
    opened_at: datetime | None = None
    opened_by: str = ""
    closed_at: datetime | None = None
    closed_by: str = ""
    current: int = 0
    turned_at: datetime | None = None
    attendance: tuple[Attendance, ...] = ()
    agenda: tuple[AgendaItem, ...] = ()
    notes: str = ""

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Board", self.board),
            *choice_problems("The state", self.state, STATES),
            *text_problems("The notes", self.notes),
        ]
        if not 60 <= self.planned_for <= LONGEST:
            problems.append("A meeting lasts between a minute and 12 hours.")
        if [one.number for one in self.agenda] != list(range(1, len(self.agenda) + 1)):
            problems.append("The items of its agenda are not numbered one by one.")
        if self.current and not 1 <= self.current <= len(self.agenda):
            problems.append(f"It has no item {self.current}.")
        check(f"Meeting {shown(self.id)}", problems)

    @property
    def item(self) -> AgendaItem | None:
        """The item in hand."""
        return self.agenda[self.current - 1] if self.current else None

    def item_of(self, request: str) -> AgendaItem | None:
        """The item about a request."""
        return next((one for one in self.agenda if one.request == request), None)

    def with_item(self, item: AgendaItem) -> "Meeting":
        """The meeting with one item of its agenda replaced."""
        return self.but(agenda=tuple(item if one.number == item.number else one for one in self.agenda))

    def here(self, at: datetime) -> tuple[Attendance, ...]:
        """Everybody at the meeting at that moment."""
        return tuple(one for one in self.attendance if one.there(at))

    def present(self, at: datetime) -> tuple[str, ...]:
        """The seats filled by somebody at the meeting at that moment."""
        return tuple(sorted({one.seat for one in self.here(at) if one.seat}))

    def took(self, at: datetime) -> int:
        """Seconds the meeting has taken, or took in all."""
        if self.opened_at is None:
            return 0
        return max(0, int(((self.closed_at or at) - self.opened_at).total_seconds()))

    def in_hand(self, number: int, at: datetime) -> int:
        """Seconds an item has been in hand so far."""
        before = self.agenda[number - 1].seconds
        if self.state != "open" or number != self.current or self.turned_at is None:
            return before
        return before + max(0, int((at - self.turned_at).total_seconds()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes(Value):
    """Signed minutes of a meeting. Corrected ones are a new version; the old ones stay.

    `text` is the statement signed, `record` the library's commit that keeps it.
    """

    meeting: str
    version: int
    digest: str
    previous: str = ""
    by: str
    at: datetime
    text: str
    key: str = ""
    signature: str = ""
    record: str = ""


def capacity_of(board: Board, person: str, at: datetime) -> tuple[str, str]:
    """In which capacity somebody comes to a meeting of a board, and for which seat."""
    seat = board.seat_of(person, at)
    if not seat:
        return ("guest", "")
    return ("member" if seat == person else "alternate", seat)


def numbered(items: Iterable[AgendaItem]) -> tuple[AgendaItem, ...]:
    """The items numbered from 1 in this order."""
    return tuple(one.but(number=number) for number, one in enumerate(items, start=1))


def is_early(planned_at: datetime, at: datetime) -> bool:
    """Whether a meeting called for a moment would open so long before it that it has to be meant."""
    return at < planned_at - PUNCTUAL


def deadline_of(planned_at: datetime, notice: int) -> datetime | None:
    """Until when a request has to lie before the board; None where any moment will do."""
    return planned_at - timedelta(seconds=notice) if notice else None

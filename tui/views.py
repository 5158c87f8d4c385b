"""What the screens show: one frozen value per line, page or card.

They are shaped for reading, not for storing; `tui.sources` says who asks for them. Nothing here
does I/O. Times are aware UTC, amounts of time whole seconds.
"""

from dataclasses import dataclass
from datetime import datetime

from cmdb.model import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Masthead(Value):
    """What stands in the header line."""

    site: str
    zone: str
    baseline: str = ""
    person: str = ""
    database: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand(Value):
    """One line of Today: what waits, since or until when, and where Enter leads.

    `place` is a place or screen name (`change`, `item`, `baseline`), `subject` its id.
    """

    place: str
    subject: str
    text: str
    when: datetime | None = None
    role: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Value):
    """A headed group of errands; `empty` is what to say when there is none."""

    title: str
    errands: tuple[Errand, ...] = ()
    empty: str = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemQuery(Value):
    """Which items, in which order. `words` is the filter line as typed."""

    words: str = ""
    trouble: bool = False
    order: str = "id"
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine(Value):
    """One item in a list."""

    id: str
    type: str
    name: str
    owner: str
    status: str = "in service"
    level: str = "draft"
    operating: str = "up"
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Value):
    """One fact of an item: label, text, role, and when somebody last saw it to be true."""

    label: str
    text: str
    role: str = ""
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCard(Value):
    """Everything the item page says about one item."""

    line: ItemLine
    facts: tuple[Fact, ...] = ()
    confirmed_at: datetime | None = None
    confirmed_by: str = ""
    needs: int = 0
    needed_by: int = 0
    promises: tuple[str, ...] = ()
    changes: tuple["ChangeLine", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour(Value):
    """One dependency seen from an item; `more` says whether the neighbour has any of its own."""

    id: str
    type: str
    name: str
    kind: str
    strength: str = "hard"
    group: str = ""
    need: str = ""
    status: str = "in service"
    operating: str = "up"
    more: bool = True
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours(Value):
    """The first dependencies of an item in one direction, and how many there are in all."""

    rows: tuple[Neighbour, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed(Value):
    """One line of a history."""

    at: datetime
    actor: str
    action: str
    text: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit(Value):
    """An item that is hit. `because` leads from it to what is down."""

    id: str
    type: str
    name: str
    owner: str
    effect: str
    distance: int
    because: tuple[str, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHit(Value):
    """A service that is hit; `inherited` when only something it needs lost its margin."""

    id: str
    name: str
    effect: str
    inherited: bool = False
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved(Value):
    """An item a redundancy group saved: how many served, how many are needed, how many are left."""

    id: str
    group: str
    need: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseLine(Value):
    """What an outage takes of one commitment in one period. Amounts in seconds."""

    agreement: str
    service: str
    customer: str
    commitment: str
    period: str
    allowance: int
    used: int
    committed: int
    left_before: int
    expected: int
    worst: int
    left_after: int
    breach_expected: bool = False
    breach_worst: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Value):
    """Somebody to tell, and why."""

    id: str
    kind: str
    name: str
    email: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactCard(Value):
    """The answer to: what fails if this is down."""

    down: tuple[str, ...]
    window: str = ""
    effect: str = "none"
    items: tuple[Hit, ...] = ()
    services: tuple[ServiceHit, ...] = ()
    saved: tuple[Saved, ...] = ()
    broken_before: tuple[str, ...] = ()
    promises: tuple[PromiseLine, ...] = ()
    tell: tuple[Told, ...] = ()
    exposed: int | None = None
    complete: bool = True
    next_total: int | None = 0
    next_single: tuple[str, ...] = ()
    weakest: str = ""

    def effects(self) -> tuple[tuple[str, int], ...]:
        """How many items have each effect, worst first."""
        words = ("outage", "degraded", "reduced redundancy")
        return tuple((word, sum(1 for one in self.items if one.effect == word)) for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine(Value):
    """One change request in a list."""

    id: str
    title: str
    state: str
    kind: str = "normal"
    risk: str = ""
    originator: str = ""
    implementer: str = ""
    start: datetime | None = None
    end: datetime | None = None
    late: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange(Value):
    """One field a request changes: what it saw, what it proposes; `open` is filled in afterwards."""

    record: str
    operation: str
    field: str = ""
    old: str = ""
    new: str = ""
    moved: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteLine(Value):
    """One vote of a ballot."""

    member: str
    value: str
    capacity: str = "member"
    reason: str = ""
    at: datetime | None = None
    stale: bool = False
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementLine(Value):
    """One requirement of the policy and whether it is met."""

    name: str
    status: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark(Value):
    """A comment."""

    at: datetime
    person: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCard(Value):
    """Everything a ballot or a change page says about one request.

    `offered` maps each verb of the life cycle to why it is refused now, empty when it is not.
    """

    line: ChangeLine
    reason: str = ""
    summary: str = ""
    impact: ImpactCard | None = None
    clashes: tuple[str, ...] = ()
    back_out: str = ""
    test_plan: str = ""
    votes: tuple[VoteLine, ...] = ()
    requirements: tuple[RequirementLine, ...] = ()
    outcome: str = ""
    tally: str = ""
    evidence: str = ""
    moved: tuple[str, ...] = ()
    diff: tuple[FieldChange, ...] = ()
    comments: tuple[Remark, ...] = ()
    history: tuple[Deed, ...] = ()
    offered: tuple[tuple[str, str], ...] = ()
    baseline: str = ""

    def refusal(self, verb: str) -> str:
        """Why a verb is refused now; empty when it is offered."""
        words = dict(self.offered)
        return words.get(verb, f"A request that is {self.line.state} cannot be asked to {verb}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotLine(Value):
    """One ballot in a board's queue. `mine` is my vote: empty, a value, or `stale`."""

    change: ChangeLine
    cast: int = 0
    members: int = 0
    outcome: str = "open"
    mine: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda(Value):
    """What lies before a board."""

    board: str
    title: str
    ballots: tuple[BallotLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineLine(Value):
    """One baseline."""

    id: str
    at: datetime
    actor: str
    request: str = ""
    commit: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Value):
    """What differs between two baselines."""

    older: str
    newer: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[FieldChange, ...] = ()
    connected: tuple[str, ...] = ()
    disconnected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarLine(Value):
    """A window, a freeze, or a clash on the calendar."""

    start: datetime
    end: datetime
    kind: str
    subject: str
    text: str
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementLine(Value):
    """What is left of one commitment in its running period. Amounts in seconds."""

    agreement: str
    service: str
    customer: str
    commitment: str
    period: str
    allowance: int
    used: int
    committed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar(Value):
    """What is planned, and what is left of what was promised."""

    lines: tuple[CalendarLine, ...] = ()
    agreements: tuple[AgreementLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof(Value):
    """What verify says, line by line; `ok` None while it has not been asked."""

    ok: bool
    lines: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(Value):
    """What a person filled in for a new change, as typed.

    `items` are (item, what happens to it), `others` connections and additions separated by `;`.
    """

    title: str
    items: tuple[tuple[str, str], ...]
    kind: str = "normal"
    reason: str = ""
    implementer: str = ""
    start: str = ""
    end: str = ""
    expected: str = ""
    worst: str = ""
    others: str = ""
    down: tuple[str, ...] = ()
    back_out: str = ""
    test_plan: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInPlan(Value):
    """What a check-in would write, and every single problem that stands against it."""

    request: str
    summary: str
    problems: tuple[str, ...] = ()
    diff: tuple[FieldChange, ...] = ()

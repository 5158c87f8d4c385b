"""What the screens show: one named tuple per line, page or card, made by the thousand.

They are shaped for reading, not for storing; `tui.sources` says who asks for them. Nothing here
does I/O. Times are aware UTC, amounts of time whole seconds.
"""

from collections import Counter
from datetime import datetime
from typing import NamedTuple


class Masthead(NamedTuple):
    """What stands in the header line."""

    site: str
    zone: str
    baseline: str = ""
    person: str = ""
    database: str = ""
    production: bool = False


class ItemQuery(NamedTuple):
    """Which items, in which order. `words` is the filter line as typed, `columns` what else is read."""

    words: str = ""
    trouble: bool = False
    order: str = "id"
    descending: bool = False
    columns: tuple[str, ...] = ()


class ItemLine(NamedTuple):
    """One item in a list."""

    id: str
    type: str
    name: str
    owner: str
    status: str = "in service"
    level: str = "draft"
    operating: str = "up"
    held: str = ""
    more: tuple[str, ...] = ()


class Fact(NamedTuple):
    """One fact of an item: label, text, role, and when somebody last saw it to be true."""

    label: str
    text: str
    role: str = ""
    confirmed_at: datetime | None = None


class ItemCard(NamedTuple):
    """Everything the item page says about one item."""

    line: ItemLine
    facts: tuple[Fact, ...] = ()
    confirmed_at: datetime | None = None
    confirmed_by: str = ""
    needs: int = 0
    needed_by: int = 0
    service: bool = False
    promises: tuple[str, ...] = ()
    changes: tuple["ChangeLine", ...] = ()


class Neighbour(NamedTuple):
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


class Neighbours(NamedTuple):
    """The first dependencies of an item in one direction, and how many there are in all."""

    rows: tuple[Neighbour, ...]
    total: int


class Deed(NamedTuple):
    """One line of a history."""

    at: datetime
    actor: str
    action: str
    text: str = ""
    request: str = ""


class Hit(NamedTuple):
    """An item that is hit. `because` leads from it to what is down."""

    id: str
    type: str
    name: str
    owner: str
    effect: str
    distance: int
    because: tuple[str, ...]
    others: tuple[str, ...] = ()
    when: str = ""


class ServiceHit(NamedTuple):
    """A service that is hit; `inherited` when only something it needs lost its margin."""

    id: str
    name: str
    effect: str
    inherited: bool = False
    because: tuple[str, ...] = ()
    when: str = ""


class Saved(NamedTuple):
    """An item a redundancy group saved: how many served, how many are needed, how many are left."""

    id: str
    group: str
    need: str
    before: int
    after: int


class PromiseLine(NamedTuple):
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


class Told(NamedTuple):
    """Somebody to tell, and why."""

    id: str
    kind: str
    name: str
    email: str = ""
    because: str = ""


class ImpactCard(NamedTuple):
    """The answer to: what fails if this is down.

    `items` and `saved` hold the first of very many: `numbers` says how many items have each effect, and
    `saved_count` how many were saved, where they do not hold all.
    """

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
    beside: tuple[str, ...] = ()
    numbers: tuple[tuple[str, int], ...] = ()
    saved_count: int = 0

    def effects(self) -> tuple[tuple[str, int], ...]:
        """How many items have each effect, worst first; services that inherit a loss of margin count."""
        words = ("outage", "degraded", "reduced redundancy")
        hit = self._items()
        hit.update(one.effect for one in self.services if one.inherited)
        return tuple((word, hit[word]) for word in words)

    def hit(self) -> int:
        """How many items are hit."""
        return self._items().total()

    def held(self) -> int:
        """How many items redundancy saved."""
        return self.saved_count or len(self.saved)

    def _items(self) -> Counter[str]:
        return Counter(dict(self.numbers)) if self.numbers else Counter(one.effect for one in self.items)


class ChangeLine(NamedTuple):
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


class FieldChange(NamedTuple):
    """One field a request changes: what it saw, what it proposes; `open` is filled in afterwards."""

    record: str
    operation: str
    field: str = ""
    old: str = ""
    new: str = ""
    moved: str = ""


class BaselineLine(NamedTuple):
    """One baseline; `scope` and how many records it holds where it is not of the whole site."""

    id: str
    at: datetime
    actor: str
    request: str = ""
    commit: str = ""
    title: str = ""
    authorised: str = ""
    scope: str = ""
    records: int = 0


class Comparison(NamedTuple):
    """What differs between two baselines."""

    older: str
    newer: str
    sides: tuple[BaselineLine, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[FieldChange, ...] = ()
    connected: tuple[str, ...] = ()
    disconnected: tuple[str, ...] = ()


class Proof(NamedTuple):
    """What verify says, line by line; `ok` None while it has not been asked."""

    ok: bool
    lines: tuple[Fact, ...] = ()

"""What the questions about impact ask of an estate, whatever keeps it.

The database answers them (`cmdb.reading_graph`), and so does an estate with a change laid over it
(`cmdb.graph`). Rows are plain tuples, because a large question moves a million of them. Keys are
the inner whole numbers of items and redundancy groups, always positive. Standard library only.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple, Protocol, Self

# target, source, what it passes on (1 soft, 2 hard), redundancy group or None, slack of the group
Link = tuple[int, int, int, int | None, int | None]
# key, id, type, name, owner, responsible group or None, party or None, is a service, serves
Facts = tuple[int, str, str, str, str, str | None, str | None, bool, bool]

Grouped = tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int], Sequence[int]]


class Rising(NamedTuple):
    """The same links column by column: whoever moves a million of them leaves the loops to Python's C.

    Ungrouped ones apart by what they pass on, as (sources, targets); `grouped` as (sources, targets,
    passes, groups, slacks). In each, the links of one target stand together.
    """

    hard: tuple[Sequence[int], Sequence[int]]
    soft: tuple[Sequence[int], Sequence[int]]
    grouped: Grouped


def in_columns(links: Iterable[Link]) -> Rising:
    """Put links into columns."""
    hard: tuple[list[int], list[int]] = [], []
    soft: tuple[list[int], list[int]] = [], []
    grouped: tuple[list[int], list[int], list[int], list[int], list[int]] = [], [], [], [], []
    for target, source, passes, group, slack in links:
        if group is None:
            sources, targets = hard if passes == 2 else soft
            sources.append(source)
            targets.append(target)
        else:
            for column, cell in zip(grouped, (source, target, passes, group, slack or 0), strict=True):
                column.append(cell)
    return Rising(hard, soft, grouped)


class Described(NamedTuple):
    """Items column by column, all in the order in which they were asked for; `services` by key."""

    ids: Sequence[str]
    types: Sequence[str]
    names: Sequence[str]
    owners: Sequence[str]
    groups: Sequence[str | None]
    parties: Sequence[str | None]
    services: Collection[int]

    def in_order(self, places: Sequence[int]) -> Self:
        """The same items in another order."""
        if len(places) < 2:
            return self
        picked = itemgetter(*places)
        columns = [picked(column) if any(column) else column for column in self[:6]]
        return type(self)._make([*columns, self.services])


def described(keys: Sequence[int], facts: Iterable[Facts]) -> Described:
    """Put facts into columns, in the order of the keys."""
    rows = {fact[0]: fact for fact in facts}
    _keys, *columns, services, _serves = zip(*map(rows.__getitem__, keys), strict=True) if keys else [()] * 9
    return Described._make([*columns, [key for key, service in zip(keys, services, strict=True) if service]])


class Group(NamedTuple):
    """A redundancy group: `members` counts the distinct serving ones."""

    key: int
    source: int
    name: str
    need: str
    hard: bool
    members: int
    slack: int


class Need(NamedTuple):
    """One dependency seen from its source.

    `passes` as in a Link, or 0; `serves` speaks of the target; `impact` of the kind.
    """

    source: int
    target: int
    kind: str
    hard: bool
    group: int | None
    passes: int
    serves: bool
    impact: bool
    confirmed_at: str | None


class Contact(NamedTuple):
    """Whom to tell: kind is `person`, `group` or `party`."""

    kind: str
    id: str
    name: str
    email: str


class Estate(Protocol):
    """Items, dependencies and redundancy groups at one moment. Every answer is of the same moment.

    `next_key` is above every key in use.
    """

    next_key: int

    def keys(self, ids: Collection[str]) -> dict[str, int]:
        """Give the keys of the ids that exist."""

    def links(self, targets: Collection[int]) -> Iterable[Link]:
        """Give what needs these items and passes something on; rows of one target stand together."""

    def rising(self, targets: Collection[int]) -> Rising:
        """Give the same as `links`, column by column."""

    def above(self, targets: Collection[int]) -> tuple[Sequence[int], Sequence[int]]:
        """Give the same as `links`, of each only its source and its target, as (sources, targets)."""

    def facts(self, keys: Collection[int]) -> Iterable[Facts]:
        """Describe items, in any order."""

    def described(self, keys: Sequence[int]) -> Described:
        """Describe distinct items that exist, column by column, in the order of the keys."""

    def needs(self, sources: Collection[int]) -> Iterable[Need]:
        """Give everything these items need, whether it passes something on or not."""

    def members(self, groups: Mapping[int, int]) -> Iterable[int]:
        """Give the serving members of redundancy groups, which are {group key: source key}."""

    def sources(self, targets: Collection[int]) -> Collection[int]:
        """Give what needs these items, whether anything is passed on or not."""

    def kinds(self) -> dict[str, bool]:
        """Give every kind of dependency, and whether it carries impact."""

    def groups(self, keys: Collection[int]) -> Iterable[Group]:
        """Describe redundancy groups, in any order."""

    def groups_of(self, sources: Collection[int]) -> Iterable[Group]:
        """Give all redundancy groups of these items."""

    def groups_without_slack(self, sources: Collection[int]) -> Iterable[Group]:
        """Give the groups of these items that can lose no member, whole or broken before."""

    def idle_needs(self, sources: Collection[int]) -> Iterable[tuple[int, int]]:
        """Give (source, target) of ungrouped dependencies with impact on a target that does not serve."""

    def services(self, keys: Collection[int]) -> Collection[int]:
        """Give those of the items that are services."""

    def weakest(self, used: Mapping[int, int]) -> tuple[int, int, str | None] | None:
        """Give the dependency never confirmed, or confirmed longest ago, of those used: {source: target}."""

    def customers(self, services: Collection[str]) -> Iterable[tuple[str, str]]:
        """Give (service, party) of every customer some service was promised to, by agreements in force."""

    def contacts(
        self, people: Collection[str], groups: Collection[str], parties: Collection[str]
    ) -> Iterable[Contact]:
        """Say how to reach these people, groups and parties."""

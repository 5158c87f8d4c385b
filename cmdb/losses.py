"""What each of many outages takes down by itself, all of them followed at once.

Every item carries a whole number whose bit i says "down because of outage i alone"; every
redundancy group counts, bit by bit, how many of its members each outage took. So an item that a
hundred outages hit is read once, not a hundred times. Pure over an `Estate`.
Source: rules.md 3; speed.md, Joint outage.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

from cmdb.estate import Link
from cmdb.spread import HARD

KEPT = 200_000  # items whose links are kept in memory; those of others are read again when needed


class Linked(Protocol):
    """An estate, or a part of one, of which only what passes on effects is asked."""

    def links(self, targets: Collection[int]) -> Iterable[Link]:
        """Give what needs these items and passes something on; rows of one target stand together."""


class Links:
    """What needs an item, read once for as many items as memory is spent on."""

    def __init__(self, estate: Linked) -> None:
        self.estate = estate
        self._kept: dict[int, list[Link]] = {}

    def of(self, targets: Iterable[int]) -> Iterator[Link]:
        """Give what needs these items; rows of one target stand together."""
        unread = []
        for target in targets:
            known = self._kept.get(target)
            if known is None:
                unread.append(target)
            else:
                yield from known
        if not unread:
            return
        keep = len(self._kept) + len(unread) <= KEPT
        if keep:
            self._kept.update((target, []) for target in unread)
        for link in self.estate.links(unread):
            if keep:
                self._kept[link[0]].append(link)
            yield link


class Loss:
    """What one redundancy group lost: its members, and per outage how many of them.

    `planes` are the counts of all outages at once, in binary: bit i of plane p is bit p of the
    count of outage i.
    """

    __slots__ = ("members", "planes", "round", "slack", "source")

    def __init__(self, source: int, slack: int) -> None:
        self.source = source
        self.slack = slack
        self.members: list[int] = []
        self.planes: list[int] = []
        self.round = -1

    def lose(self, member: int, bits: int, turn: int) -> int:
        """Count a member as lost by these outages; give the outages that took more than the slack.

        The same member in the same turn is the same pair by another kind, and counts once.
        """
        if self.round == turn and self.members[-1] == member:
            return 0
        self.round = turn
        self.members.append(member)
        if not self.slack:
            return bits
        for place, plane in enumerate(self.planes):
            self.planes[place], bits = plane ^ bits, plane & bits
        if bits:
            self.planes.append(bits)
        return self._above(self.slack)

    def _above(self, count: int) -> int:
        """The outages that took more members than `count`."""
        above, equal = 0, -1
        for place in range(max(len(self.planes), count.bit_length()) - 1, -1, -1):
            plane = self.planes[place] if place < len(self.planes) else 0
            if count >> place & 1:
                equal &= plane
            else:
                above |= equal & plane
                equal &= ~plane
        return above

    def copy(self) -> "Loss":
        """The same loss, to be counted on apart from this one."""
        other = Loss(self.source, self.slack)
        other.members, other.planes = self.members[:], self.planes[:]
        return other


class Losses:
    """Which outages, each alone, put which items in outage - or make them degraded at least.

    `alone` maps items to outages (bits), `groups` the redundancy groups touched to what they lost.
    With `least` HARD only hard dependencies count, and the effect is outage; else all do.
    """

    def __init__(self, links: Links, least: int) -> None:
        self.links = links
        self.least = least
        self.alone: dict[int, int] = {}
        self.groups: dict[int, Loss] = {}
        self.soft: set[int] = set()  # items met that something needs softly
        self._turn = 0

    def follow(self, fresh: Mapping[int, int]) -> None:
        """Follow more items that go down, each with the outages that take it."""
        grown = dict(fresh)
        while grown:
            for item, bits in grown.items():
                self.alone[item] = self.alone.get(item, 0) | bits
            grown = self._above(self.links.of(list(grown)), grown)

    def degraded(self) -> "Losses":
        """The same outages followed along soft dependencies too, from where these left off."""
        other = Losses(self.links, 0)
        if not self.soft:  # nothing differs so far: what there is serves both
            other.alone, other.groups = self.alone, self.groups
            return other
        other.alone = dict(self.alone)
        other.groups = {key: loss.copy() for key, loss in self.groups.items()}
        gone = {item: self.alone[item] for item in sorted(self.soft)}
        other.follow(other._above((one for one in self.links.of(gone) if one[2] < HARD), gone))
        return other

    def _above(self, links: Iterable[Link], fresh: Mapping[int, int]) -> dict[int, int]:
        """What follows one step up: items with the outages that are new there."""
        alone, groups, least = self.alone, self.groups, self.least
        self._turn += 1
        grown: dict[int, int] = {}
        for target, source, passes, group, slack in links:
            if passes < least:
                self.soft.add(target)
                continue
            bits = fresh[target]
            if group is not None:
                loss = groups.get(group)
                if loss is None:
                    groups[group] = loss = Loss(source, slack or 0)
                bits = loss.lose(target, bits, self._turn)
            bits &= ~alone.get(source, 0)
            if bits:
                grown[source] = grown.get(source, 0) | bits
        return grown

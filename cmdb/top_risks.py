"""The blast radius of every item: what its outage alone takes down, all items followed in batches.

Each batch of items is one `Losses`: bit i of a whole number says "because item i alone is down", so
what a thousand items hit is read once. How many hits each bit has is counted in binary, for all
bits at once. Exact. Memory is bounded: the size of a batch follows from how far the last one reached.
Pure over an `Estate`. Source: rules.md 3.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cmdb.estate import Estate, Link
from cmdb.losses import Links, Losses
from cmdb.spread import HARD

READ = 20_000  # items whose links are asked for in one question
LEAST, MOST = 256, 8192  # items in a batch
BYTES = 64_000_000  # about what the bits of a batch may take


class Blast(NamedTuple):
    """What the outage of one item does to others: how many services, items and agreements it hits.

    The item itself is among neither services nor items; an agreement about it counts.
    """

    key: int
    outage: int
    degraded: int
    items_outage: int
    items_degraded: int
    agreements: int

    @property
    def items(self) -> int:
        """How many other items are in outage or degraded."""
        return self.items_outage + self.items_degraded

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """The larger the worse: services in outage, then degraded, then items."""
        return self.outage, self.degraded, self.items, self.items_outage


class Touched(NamedTuple):
    """Which services and agreements the outage of one item hits: services by key, in order."""

    outage: tuple[int, ...]
    degraded: tuple[int, ...]
    agreements: tuple[str, ...]


class Above(Links):
    """What needs some items and everything above them, kept in arrays: 17 bytes a link.

    For questions that come back to the same links hundreds of times.
    """

    def __init__(self, estate: Estate, start: Iterable[int], *, told: Callable[[int], None]) -> None:
        super().__init__(estate)
        self._first: dict[int, int] = {}
        self._targets, self._sources, self._passes = array("i"), array("i"), array("b")
        self._groups, self._slacks = array("i"), array("i")
        waiting = sorted(set(start))
        known = set(waiting)
        while waiting:
            some, waiting = waiting[:READ], waiting[READ:]
            fresh = sorted(self._read(some) - known)
            known.update(fresh)
            waiting += fresh
            told(len(known) - len(waiting))
        self._targets.append(-1)

    def _read(self, targets: Collection[int]) -> set[int]:
        """Keep what needs these items; give it."""
        before = len(self._sources)
        for target, source, passes, group, slack in self.estate.links(targets):
            self._first.setdefault(target, len(self._targets))
            self._targets.append(target)
            self._sources.append(source)
            self._passes.append(passes)
            self._groups.append(-1 if group is None else group)
            self._slacks.append(slack or 0)
        return set(self._sources[before:])

    def of(self, targets: Iterable[int]) -> Iterator[Link]:
        """Give what needs these items; rows of one target stand together."""
        owners, sources, passes = self._targets, self._sources, self._passes
        groups, slacks = self._groups, self._slacks
        for target in targets:
            place = self._first.get(target)
            if place is None:
                continue
            while owners[place] == target:
                group = groups[place]
                yield target, sources[place], passes[place], None if group < 0 else group, slacks[place]
                place += 1

    def needed(self, item: int) -> bool:
        """Whether anything needs the item in a way that passes something on."""
        return item in self._first


class Counts:
    """How many sets hold each bit: plane p holds bit p of all counts."""

    def __init__(self) -> None:
        self._planes: list[int] = []

    def add(self, bits: int) -> None:
        """Count a set."""
        for place, plane in enumerate(self._planes):
            if not bits:
                return
            self._planes[place], bits = plane ^ bits, plane & bits
        if bits:
            self._planes.append(bits)

    def of(self, size: int) -> list[int]:
        """The count of each of the first `size` bits."""
        found = [0] * size
        for place, plane in enumerate(self._planes):
            for at, digit in enumerate(reversed(f"{plane:0{size}b}")):
                if digit == "1":
                    found[at] += 1 << place
        return found


def blasts(
    estate: Estate,
    items: Collection[int],
    services: Collection[int],
    agreements: Mapping[str, Collection[int]],
    *,
    told: Callable[[str, int], None] = lambda _what, _count: None,
    at_once: int = 0,
) -> Iterator[Blast]:
    """Give what the outage of each of these items, alone, does; in no particular order.

    `services` are the keys of all services, `agreements` the services each is about; `told` hears
    how far it is. Batches have `at_once` items, or as many as memory allows.
    """
    links = Above(estate, items, told=lambda count: told("Reading what needs what", count))
    batches = _Batches(links, services, agreements)
    waiting: Sequence[int] = sorted(set(items))
    about: dict[int, int] = {}
    for named in agreements.values():
        for service in set(named):
            about[service] = about.get(service, 0) + 1
    alone = [one for one in waiting if not links.needed(one)]
    for one in alone:
        yield Blast(one, 0, 0, 0, 0, about.get(one, 0))
    waiting = [one for one in waiting if links.needed(one)]
    done, size = len(alone), at_once or LEAST
    while waiting:
        batch, waiting = waiting[:size], waiting[size:]
        found, reached = batches.count(batch)
        yield from found
        done += len(batch)
        told("Items taken down one by one", done)
        size = at_once or max(LEAST, min(MOST, 2 * size, BYTES * 8 // reached))


def touched(
    estate: Estate,
    items: Collection[int],
    services: Collection[int],
    agreements: Mapping[str, Collection[int]],
) -> dict[int, Touched]:
    """Say which services and agreements the outage of each of a few items, alone, hits."""
    found: dict[int, Touched] = {}
    batch = sorted(set(items))
    links = Links(estate)
    for start in range(0, len(batch), LEAST):
        some = batch[start : start + LEAST]
        hard, worse = _follow(links, some)
        hit = sorted(worse.alone.keys() & set(services))
        for place, item in enumerate(some):
            bit = 1 << place
            out = tuple(one for one in hit if hard.alone.get(one, 0) & bit and one != item)
            all_hit = {one for one in hit if worse.alone[one] & bit}
            found[item] = Touched(
                outage=out,
                degraded=tuple(sorted(all_hit - {*out, item})),
                agreements=tuple(sorted(id for id, named in agreements.items() if all_hit & set(named))),
            )
    return found


def _follow(links: Links, batch: Sequence[int]) -> tuple[Losses, Losses]:
    """What each of the items alone puts in outage, and what it makes degraded at least."""
    hard = Losses(links, HARD)
    hard.follow(dict(zip(batch, (1 << place for place in range(len(batch))), strict=True)))
    return hard, hard.degraded()


class _Batches:
    """Counts what each item of a batch hits."""

    def __init__(
        self, links: Links, services: Collection[int], agreements: Mapping[str, Collection[int]]
    ) -> None:
        self.links = links
        self.services = frozenset(services)
        self.agreements = [frozenset(named) for named in agreements.values()]

    def count(self, batch: Sequence[int]) -> tuple[list[Blast], int]:
        """What the outage of each of the items does; and how many items they reached together."""
        hard, worse = _follow(self.links, batch)
        own = dict(zip(batch, (1 << place for place in range(len(batch))), strict=True))
        items, services = (Counts(), Counts()), (Counts(), Counts())
        for key, bits in worse.alone.items():
            out = hard.alone.get(key, 0)
            bits &= ~(out | own.get(key, 0))
            out &= ~own.get(key, 0)
            for effect, one in enumerate((out, bits)):
                if one:
                    items[effect].add(one)
                    if key in self.services:
                        services[effect].add(one)
        columns = [one.of(len(batch)) for one in (*services, *items, self._agreements(worse))]
        return list(map(Blast, batch, *columns)), len(worse.alone)

    def _agreements(self, worse: Losses) -> Counts:
        counts = Counts()
        for named in self.agreements:
            bits = 0
            for service in named & worse.alone.keys():
                bits |= worse.alone[service]
            counts.add(bits)
        return counts

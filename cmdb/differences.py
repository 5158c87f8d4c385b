"""What decided work will have changed by a moment, laid over the estate: all of it, or what matters.

A difference matters to an outage when something it starts from is hit, or when it is about the same
items as one that matters. So an answer costs what the outage hits, not how much is planned.
Pure over an `Estate`. Source: rules.md 3, Windowed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from cmdb.errors import CmdbError
from cmdb.estate import Estate
from cmdb.graph import ChangedEstate, GraphDelta
from cmdb.intervals import Span, seconds

NOTHING = GraphDelta()


class Done(NamedTuple):
    """What decided work will have changed once its window is over."""

    reference: str
    end: datetime
    delta: GraphDelta


class Differences:
    """What work will have changed, in the order it ends, and which of it matters to an outage."""

    def __init__(self, estate: Estate, done: Iterable[Done]) -> None:
        self.today = estate
        self._estates = Estates(estate)
        self._reach: dict[str, Reach] = {}
        self._order(one for one in done if one.delta != NOTHING)

    def _order(self, done: Iterable[Done]) -> None:
        self.done = sorted(done, key=lambda one: (one.end, one.reference))
        self.ends = [seconds(one.end) for one in self.done]
        for one in self.done:
            if one.reference not in self._reach:
                self._reach[one.reference] = reach(self.today, one.delta)
        self.reach = [self._reach[one.reference] for one in self.done]
        self._about = self._bundled()

    def moved(self, reference: str, end: datetime) -> None:
        """What the work of a reference changes, it changes by another end."""
        self._order(one._replace(end=end) if one.reference == reference else one for one in self.done)

    @property
    def missed(self) -> dict[str, str]:
        """What could not be laid onto the estate so far, and why: work -> reason."""
        return self._estates.missed

    def over(self, at: int) -> int:
        """How many of them are made by a moment."""
        return bisect_right(self.ends, at)

    def met(self, window: Span) -> range:
        """How many of them, at least and at most, are made while a window is open."""
        return range(bisect_right(self.ends, window[0]), bisect_left(self.ends, window[1]) + 1)

    def direct(self, keys: Collection[int], ids: Collection[str] = ()) -> list[int]:
        """The differences that start from some of these items, or add one of these ids."""
        return [
            place
            for place, one in enumerate(self.reach)
            if not one.starts.isdisjoint(keys) or not one.added.isdisjoint(ids)
        ]

    def mattering(self, direct: Iterable[int], number: int) -> tuple[int, ...]:
        """Of the first so many those that matter: these, and those about the same items as one of them."""
        wanted = {self._about[place] for place in direct if place < number}
        if not wanted:
            return ()
        return tuple(place for place in range(number) if self._about[place] in wanted)

    def laid(self, chosen: Collection[int]) -> Estate:
        """The estate with some differences laid over it."""
        return self._estates.after([self.done[place] for place in chosen])

    def _bundled(self) -> list[int]:
        """For each difference the first one it belongs with: those about the same items, step by step.

        About the same item are two that change the needs of one, and two of which one makes something
        need what the other adds, alters or takes away.
        """
        reached = [{link.target for link in one.delta.connected} for one in self.done]
        known = self.today.keys({id for ids in reached for id in ids})
        written = {id for one in self.done for id in _written(one.delta)}
        first: list[int] = []
        owner: dict[object, int] = {}
        for place, (one, told) in enumerate(zip(self.done, self.reach, strict=True)):
            loose = {id for id in reached[place] if id in written or id not in known}
            about: set[object] = {*told.sources, *named_by(one.delta), *loose}
            joined = {first[owner[each]] for each in about if each in owner} | {place}
            first.append(place)
            if len(joined) > 1:
                least = min(joined)
                first = [least if each in joined else each for each in first]
            owner.update(dict.fromkeys(about, place))
        return first


class Estates:
    """The estate after several pieces of work, the last one asked about kept."""

    def __init__(self, estate: Estate) -> None:
        self.today = estate
        self.missed: dict[str, str] = {}
        self._known: tuple[tuple[str, ...], Estate] = ((), estate)

    def after(self, over: Sequence[Done]) -> Estate:
        """Lay the differences of work onto the estate, in the order given; what does not fit is left out."""
        names = tuple(one.reference for one in over)
        if not names:
            return self.today
        if self._known[0] != names:
            self._known = names, self._laid(over)
        return self._known[1]

    def _laid(self, over: Sequence[Done]) -> Estate:
        whole = NOTHING
        for one in over:
            whole = then(whole, one.delta)
        try:
            return ChangedEstate(self.today, whole)
        except CmdbError:  # one of them names what another takes away: find out which
            return self._fitting(over)

    def _fitting(self, over: Sequence[Done]) -> Estate:
        whole, estate = NOTHING, self.today
        for one in over:
            more = then(whole, one.delta)
            try:
                estate = ChangedEstate(self.today, more)
            except CmdbError as broken:
                self.missed[one.reference] = broken.reason
            else:
                whole = more
        return estate


def then(first: GraphDelta, second: GraphDelta) -> GraphDelta:
    """One difference for two, the second made after the first: of what both say, the second holds."""
    links = {(one.source, one.target, one.kind): one for one in first.connected}
    gone = dict.fromkeys(first.disconnected)
    for triple in second.disconnected:
        links.pop(triple, None)
        gone[triple] = None
    for one in second.connected:
        links[one.source, one.target, one.kind] = one
        gone.pop((one.source, one.target, one.kind), None)
    items = {one.item.id: one for one in (*first.items, *second.items)}
    groups = {(one.source, one.name): one for one in (*first.groups, *second.groups)}
    removed = dict.fromkeys((*first.removed, *second.removed))
    return GraphDelta(
        items=tuple(items.values()),
        removed=tuple(removed),
        connected=tuple(links.values()),
        disconnected=tuple(gone),
        groups=tuple(groups.values()),
    )


def named_by(delta: GraphDelta) -> set[str]:
    """The items a difference is about: those it writes or takes away, and whose needs it changes."""
    named = _written(delta)
    named |= {each.source for each in delta.connected} | {each.source for each in delta.groups}
    return named | {each[0] for each in delta.disconnected}


def _written(delta: GraphDelta) -> set[str]:
    return {one.item.id for one in delta.items} | set(delta.removed)


class Reach(NamedTuple):
    """What a difference touches: items it starts from, ids it adds, items whose needs come out otherwise."""

    starts: set[int]
    added: set[str]
    sources: set[int]


def reach(estate: Estate, delta: GraphDelta) -> Reach:
    """Tell from which items a difference changes what is passed on, which ids it adds, and whose needs.

    It starts from the targets of every dependency of an item that comes out differently, before and
    after, and from the items that stand in for others themselves.
    """
    named = _written(delta)
    ends = {one for link in delta.connected for one in (link.source, link.target)}
    ids = {*named, *ends, *(one.source for one in delta.groups), *(one[0] for one in delta.disconnected)}
    keys = estate.keys(ids)
    moved = {keys[id] for id in named if id in keys}
    sources = {*moved, *estate.sources(moved)} if moved else set[int]()
    sources |= {keys[link.source] for link in delta.connected if link.source in keys}
    sources |= {keys[one.source] for one in delta.groups if one.source in keys}
    sources |= {keys[one[0]] for one in delta.disconnected if one[0] in keys}
    found = moved | {need.target for need in estate.needs(sources)}
    found |= {keys[link.target] for link in delta.connected if link.target in keys}
    return Reach(found, {id for id in named if id not in keys}, sources)

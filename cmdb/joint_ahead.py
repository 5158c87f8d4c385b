"""Joint outages on the estate as it will be: at each moment with what earlier work will have changed.

The estate of today is searched once for all work. A difference that work leaves behind matters only to
work that, alone or together, brings down something a changed dependency starts from; from then on, and
for as long as such work is open, it is searched again on the estate of that time - a few small searches
in place of one for every moment. Pure over an `Estate`. Source: rules.md 3, Windowed and Joint outage.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from cmdb.errors import CmdbError
from cmdb.estate import Estate
from cmdb.graph import ChangedEstate, GraphDelta
from cmdb.intervals import Span, moment, seconds, span, subtract, union
from cmdb.joint_outages import STEPS, JointOutage, JointOutages, Sweep, in_order
from cmdb.joint_search import places
from cmdb.promises import PlannedWork

NOTHING = GraphDelta()


class Done(NamedTuple):
    """What decided work will have changed once its window is over."""

    reference: str
    end: datetime
    delta: GraphDelta


def joint_outages_ahead(
    estate: Estate, works: Iterable[PlannedWork], done: Iterable[Done], *, about: str = ""
) -> JointOutages:
    """Find every joint outage of planned work; with `about`, those the work of that reference is in.

    At each moment the estate is the one given with the differences of `done` whose work is over by then.
    """
    return Outlook(estate, works, done, about=about).found()


class Outlook:
    """The joint outages of planned work, kept so that one window can be moved at little cost."""

    def __init__(
        self,
        estate: Estate,
        works: Iterable[PlannedWork],
        done: Iterable[Done],
        *,
        about: str = "",
        steps: int = STEPS,
    ) -> None:
        self.estate = estate
        self.about = about
        self.today = Sweep(estate, works, about=about, steps=steps)
        self._steps = steps
        self._done = [one for one in done if one.delta != NOTHING]
        self._reach = {one.reference: reach(estate, one.delta) for one in self._done}
        self._entangled = _entangled(self._done)
        self._estates = Estates(estate)
        self._searched: dict[object, JointOutages] = {}

    def moved(self, reference: str, start: datetime, end: datetime) -> None:
        """Give the work of a reference another window: what it changes, it changes by the new end.

        Not for an outlook about one piece of work.
        """
        self.today.moved(reference, start, end)
        self._done = [one._replace(end=end) if one.reference == reference else one for one in self._done]

    def found(self) -> JointOutages:
        """Tell everything found, by time."""
        today = self.today.found()
        again = self.again()
        if not again:
            return today
        pieces = [
            one.but(start=moment(first), end=moment(last))
            for one in today.found
            for first, last in subtract((span(one.start, one.end),), union(again))
        ]
        sizes = [today.sizes]
        used: dict[object, JointOutages] = {}
        for first, last in again:
            told = self._search((first, last), used)
            pieces += told.found
            sizes.append(told.sizes)
        self._searched = used  # what no stretch asks for any more is let go
        known = [one for one in sizes if one is not None]
        missed = tuple(sorted(self._estates.missed.items()))
        return JointOutages(in_order(_joined(pieces)), min(known, default=None), missed)

    def again(self) -> list[Span]:
        """The stretches to be searched again, in each of which the estate is the same throughout."""
        since = self._since()
        windows = self.today.windows.spans
        wanted = union(
            (max(windows[place][0], first), windows[place][1])
            for place, first in since.items()
            if max(windows[place][0], first) < windows[place][1]
        )
        edges = sorted({seconds(one.end) for one in self._done})
        return [
            (first, last)
            for start, end in wanted
            for cuts in ([start, *(edge for edge in edges if start < edge < end), end],)
            for first, last in pairwise(cuts)
        ]

    def _since(self) -> dict[int, int]:
        """Since when the answer of today does not hold for a piece of work, by its place."""
        first: dict[int, int] = {}  # item: when something first changes of what hangs on it
        added: dict[str, int] = {}
        for one in sorted(self._done, key=lambda one: one.end):
            keys, ids, _sources = self._reach[one.reference]
            for key in keys:
                first.setdefault(key, seconds(one.end))
            for id in ids:
                added.setdefault(id, seconds(one.end))
        found: dict[int, int] = {}
        for level in self.today.levels:
            alone, joint = level.losses.alone, level.joint
            for key, at in first.items():
                masks = [alone.get(key, 0), *joint.get(key, ())]
                for place in (place for mask in masks for place in places(mask)):
                    found[place] = min(at, found.get(place, at))
        for place, work in enumerate(self.today.works):
            for id in work.down:
                if id in added:
                    found[place] = min(added[id], found.get(place, added[id]))
        return found

    def _search(self, stretch: Span, used: dict[object, JointOutages]) -> JointOutages:
        """The joint outages in a stretch, on the estate as it is by then."""
        start, end = stretch
        over = [one for one in self._done if seconds(one.end) <= start]
        works = [
            one.but(window_start=moment(max(first, start)), window_end=moment(min(last, end)), down_from=None)
            for one, (first, last) in zip(self.today.works, self.today.windows.spans, strict=True)
            if max(first, start) < min(last, end)
        ]
        if len(works) < 2:
            return JointOutages((), None)
        over.sort(key=lambda one: (one.end, one.reference))
        names = [one.reference for one in over]
        # In which order differences are made matters only to those about the same items.
        order = tuple(tuple(name for name in names if name in group) for group in self._entangled)
        key = frozenset(names), order, tuple(works)
        if key not in used:
            used[key] = self._searched.get(key) or self._sought(over, works)
        return used[key]

    def _sought(self, over: Sequence[Done], works: Sequence[PlannedWork]) -> JointOutages:
        return Sweep(self._estates.after(over), works, about=self.about, steps=self._steps).found()


class Estates:
    """The estate after several pieces of work, the last one asked about kept."""

    def __init__(self, estate: Estate) -> None:
        self.today = estate
        self.missed: dict[str, str] = {}
        self._known: tuple[tuple[str, ...], Estate] = ((), estate)

    def after(self, over: Sequence[Done]) -> Estate:
        """Lay the differences of work onto the estate, in the order given; what does not fit is left out."""
        names = tuple(one.reference for one in over)
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


def _entangled(done: Iterable[Done]) -> set[frozenset[str]]:
    """The work whose differences are about the same item, item by item."""
    about: dict[str, list[str]] = {}
    for one in done:
        for id in named_by(one.delta):
            about.setdefault(id, []).append(one.reference)
    return {frozenset(names) for names in about.values() if len(names) > 1}


def named_by(delta: GraphDelta) -> set[str]:
    """The items a difference is about: those it writes or takes away, and whose needs it changes."""
    named = {each.item.id for each in delta.items} | set(delta.removed)
    named |= {each.source for each in delta.connected} | {each.source for each in delta.groups}
    return named | {each[0] for each in delta.disconnected}


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
    named = {one.item.id for one in delta.items} | set(delta.removed)
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


def _joined(pieces: Collection[JointOutage]) -> list[JointOutage]:
    """The same joint outages, those that go on without a break and hit the same as one."""
    found: list[JointOutage] = []
    last: dict[object, int] = {}
    for one in sorted(pieces, key=lambda one: one.start):
        hit = frozenset((item.id, item.effect, item.service) for item in one.items)
        place = last.get((one.changes, hit))
        if place is not None and found[place].end == one.start:
            found[place] = found[place].but(end=one.end)
        else:
            last[one.changes, hit] = len(found)
            found.append(one)
    return found

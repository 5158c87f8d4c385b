"""Joint outages on the estate as it will be: at each moment with what earlier work will have changed.

The estate of today is searched once for all work. A difference that work leaves behind matters only to
work that, alone or together, brings down something a changed dependency starts from; from then on, and
for as long as such work is open, it is searched again on the estate of that time - a few small searches
in place of one for every moment. Pure over an `Estate`. Source: rules.md 3, Windowed and Joint outage.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import pairwise

from cmdb.differences import Differences, Done
from cmdb.estate import Estate
from cmdb.intervals import Span, moment, span, subtract, union
from cmdb.joint_outages import STEPS, JointOutage, JointOutages, Sweep, in_order
from cmdb.joint_search import places
from cmdb.promises import PlannedWork

# What a search found, and the differences that start from something it hits.
_Found = tuple[JointOutages, frozenset[int]]


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
        self.about = about
        self.today = Sweep(estate, works, about=about, steps=steps)
        self.differences = Differences(estate, done)
        self._steps = steps
        self._searched: dict[object, _Found] = {}

    def moved(self, reference: str, start: datetime, end: datetime) -> None:
        """Give the work of a reference another window: what it changes, it changes by the new end.

        Not for an outlook about one piece of work.
        """
        self.today.moved(reference, start, end)
        self.differences.moved(reference, end)

    def found(self) -> JointOutages:
        """Tell everything found, by time."""
        today = self.today.found()
        touched = self._touched()
        again = self._again(touched)
        if not again:
            return today
        pieces = [
            one.but(start=moment(first), end=moment(last))
            for one in today.found
            for first, last in subtract((span(one.start, one.end),), union(again))
        ]
        sizes = [today.sizes]
        used: dict[object, _Found] = {}
        for stretch in again:
            told = self._search(stretch, touched, used)
            pieces += told.found
            sizes.append(told.sizes)
        self._searched = used  # what no stretch asks for any more is let go
        known = [one for one in sizes if one is not None]
        missed = tuple(sorted(self.differences.missed.items()))
        return JointOutages(in_order(_joined(pieces)), min(known, default=None), missed)

    def again(self) -> list[Span]:
        """The stretches to be searched again, in each of which the estate is the same throughout."""
        return self._again(self._touched())

    def _again(self, touched: dict[int, list[int]]) -> list[Span]:
        windows, ends = self.today.windows.spans, self.differences.ends
        since = {place: ends[min(told)] for place, told in touched.items()}
        wanted = union(
            (max(windows[place][0], first), windows[place][1])
            for place, first in since.items()
            if max(windows[place][0], first) < windows[place][1]
        )
        edges = sorted(set(ends))
        return [
            (first, last)
            for start, end in wanted
            for cuts in ([start, *(edge for edge in edges if start < edge < end), end],)
            for first, last in pairwise(cuts)
        ]

    def _touched(self) -> dict[int, list[int]]:
        """The differences for which the answer of today does not hold for a piece of work, by its place."""
        found: dict[int, list[int]] = {}
        takes: dict[str, list[int]] = {}
        for place, work in enumerate(self.today.works):
            for id in work.down:
                takes.setdefault(id, []).append(place)
        for number, one in enumerate(self.differences.reach):
            mask = 0
            for level in self.today.levels:
                for key in one.starts:
                    mask |= level.losses.alone.get(key, 0)
                    for joint in level.joint.get(key, ()):
                        mask |= joint
            for place in {*places(mask), *(place for id in one.added for place in takes.get(id, ()))}:
                found.setdefault(place, []).append(number)
        return found

    def _search(
        self, stretch: Span, touched: dict[int, list[int]], used: dict[object, _Found]
    ) -> JointOutages:
        """The joint outages in a stretch, on the estate as it is by then."""
        start, end = stretch
        works, known = [], set[int]()
        for place, (work, (first, last)) in enumerate(
            zip(self.today.works, self.today.windows.spans, strict=True)
        ):
            if max(first, start) < min(last, end):
                known.update(touched.get(place, ()))
                works.append(
                    work.but(
                        window_start=moment(max(first, start)),
                        window_end=moment(min(last, end)),
                        down_from=None,
                    )
                )
        if len(works) < 2:
            return JointOutages((), None)
        number = self.differences.over(start)
        while True:
            chosen = self.differences.mattering(known, number)
            key = tuple(self.differences.done[one].reference for one in chosen), tuple(works)
            if key not in used:
                used[key] = self._searched.get(key) or self._sought(chosen, works)
            told, hit = used[key]
            more = {one for one in hit if one < number} - known
            if not more:
                return told
            known |= more

    def _sought(self, chosen: Collection[int], works: Collection[PlannedWork]) -> _Found:
        sweep = Sweep(self.differences.laid(chosen), works, about=self.about, steps=self._steps)
        keys = {key for level in sweep.levels for key in (*level.losses.alone, *level.joint)}
        ids = {id for one in works for id in one.down}
        return sweep.found(), frozenset(self.differences.direct(keys, ids))


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

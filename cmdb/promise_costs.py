"""What an outage would take of one allowance, as a function of when it begins.

Everything that is booked on a commitment is laid out once over a long stretch; an outage at any
moment then costs a few look-ups, not a forecast. Exact whole seconds. Pure.
Source: rules.md 4, Forecast and Better moments.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from copy import copy
from math import lcm
from typing import NamedTuple

from cmdb.availability import allowance
from cmdb.bookings import Part
from cmdb.commitments import ServiceCommitment
from cmdb.intervals import Lengths, Span, Spans, intersect, subtract
from cmdb.promises import ServiceAgreement

NEVER_LEFT = float("inf")  # the use of an allowance of which nothing is left


class Use(NamedTuple):
    """What an outage takes of what is left of an allowance in a period: seconds, rounded up.

    `share` is the exact part; infinite where nothing is left. Where `exempt`, nothing counts as used:
    what is taken is what the exempt time would have allowed.
    """

    period: Span
    left: int
    taken: int
    share: float
    exempt: bool = False


class Steps:
    """A sum of rates over time, each constant over some spans: how much comes together in a stretch."""

    __slots__ = ("_at", "_rate", "_sum")

    def __init__(self, parts: Iterable[tuple[Spans, int]]) -> None:
        change: dict[int, int] = {}
        for spans, rate in parts:
            for start, end in spans:
                change[start] = change.get(start, 0) + rate
                change[end] = change.get(end, 0) - rate
        self._at = sorted(at for at, by in change.items() if by)
        self._rate: list[int] = []
        self._sum: list[int] = []
        total = rate = last = 0
        for at in self._at:
            total += rate * (at - last)
            rate, last = rate + change[at], at
            self._sum.append(total)
            self._rate.append(rate)

    @property
    def edges(self) -> Sequence[int]:
        """The moments at which the rate changes."""
        return self._at

    @property
    def parts(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What it is made of: equal for equal sums."""
        return tuple(self._at), tuple(self._rate)

    def between(self, start: int, end: int) -> int:
        """What comes together from a start up to an end."""
        return self._until(end) - self._until(start) if start < end else 0

    def _until(self, at: int) -> int:
        place = bisect_right(self._at, at) - 1
        return self._sum[place] + self._rate[place] * (at - self._at[place]) if place >= 0 else 0


class Cost:
    """What outages take of one commitment between two moments.

    Inside the window of the work, what is exempt as a planned outage costs nothing itself, but it
    is no longer counted, so the allowance shrinks; beyond the window everything counts. `parts` (one for
    each version of the agreement) and `periods` are of `cmdb.forecast.Ledger.laid_out`. Times are
    seconds since 1970; sums are kept in `scale` parts of a second, so that no fraction is lost.
    """

    def __init__(
        self,
        agreement: ServiceAgreement,
        commitment: ServiceCommitment,
        parts: Sequence[Part],
        periods: list[Span],
    ) -> None:
        self.agreement = agreement
        self.commitment = commitment
        self.scale = scale = lcm(*(one.target.denominator for one in parts))
        felt = [(one.book, int(scale * (1 - one.target))) for one in parts if one.felt]
        self._inside = Steps(
            step
            for book, shrinks in felt
            for step in (
                (book.costly, scale),
                (intersect(book.counted, book.free), shrinks),
                (intersect(book.spent, book.free), -scale),
            )
        )
        self._lessens = Steps((intersect(book.counted, book.free), shrinks) for book, shrinks in felt)
        self._beyond = Steps((subtract(book.counted, book.spent), scale) for book, _shrinks in felt)
        self.periods = periods
        self._starts = [one[0] for one in self.periods]
        self._ends = [one[1] for one in self.periods]
        booked = [(one.target, Lengths(one.book.counted), Lengths(one.book.spent)) for one in parts]
        self.left = [
            sum(
                allowance(target, counted.between(*one)) - spent.between(*one)
                for target, counted, spent in booked
            )
            for one in self.periods
        ]
        self._least: dict[tuple[int, int], int] = {}

    @property
    def alike(self) -> object:
        """Equal for promises of which an outage takes the same, whenever it begins."""
        return self.scale, self._inside.parts, self._beyond.parts, tuple(self.periods)

    def tightened(self, other: "Cost") -> "Cost":
        """One that costs alike, with the lesser of what is left in each period."""
        found = copy(self)
        found.left = list(map(min, self.left, other.left))
        found._least = {}
        return found

    def edges(self) -> set[int]:
        """The moments at which something changes for an outage that begins or ends there."""
        return {*self._inside.edges, *self._beyond.edges, *self._starts, *self._ends}

    def share(self, start: int, end: int, window: int) -> float:
        """The largest share an outage takes of what is left in any period; above 1 it breaks the promise.

        `window` is the end of the window of the work.
        """
        worst = 0.0
        for place, begin, until in self._pieces(start, end):
            taken = self._taken(begin, until, window)
            if taken > 0:
                left = self.left[place]
                worst = max(worst, taken / (left * self.scale) if left > 0 else NEVER_LEFT)
        return worst

    def use(self, start: int, end: int, window: int) -> Use | None:
        """The period in which an outage takes the largest share; None when it takes nothing."""
        found = [
            (taken / (left * self.scale) if left > 0 else NEVER_LEFT, -place, taken, begin, until)
            for place, begin, until in self._pieces(start, end)
            for taken, left in ((self._taken(begin, until, window), self.left[place]),)
            if taken > 0
        ]
        if not found:
            return None
        share, place, taken, begin, until = max(found)
        exempt = taken == self._lessens.between(begin, min(until, window))
        return Use(self.periods[-place], self.left[-place], -(-taken // self.scale), share, exempt)

    def _taken(self, start: int, end: int, window: int) -> int:
        if end <= window:
            return self._inside.between(start, end)
        return self._inside.between(start, window) + self._beyond.between(max(start, window), end)

    def _pieces(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """The parts of an outage in each period: where periods hold all of it, in that with least left."""
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        whole = bisect_left(self._ends, end), bisect_right(self._starts, start)
        pieces = []
        if whole[0] < whole[1]:
            pieces.append((self._tightest(whole), start, end))
        for place in (*range(first, min(whole[0], last)), *range(max(whole[1], first, whole[0]), last)):
            period = self.periods[place]
            pieces.append((place, max(start, period[0]), min(end, period[1])))
        return pieces

    def _tightest(self, places: tuple[int, int]) -> int:
        found = self._least.get(places)
        if found is None:
            found = min(range(*places), key=lambda place: (self.left[place], place))
            self._least[places] = found
        return found

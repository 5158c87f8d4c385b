"""What work adds to one commitment in a period: where it falls, and what is left after it.

Everything is counted once over the stretch that all the periods cover; a period, and the place of the
work in it, are cut out of that. Whole seconds, exact. Pure. Source: rules.md 4, Forecast.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from cmdb.availability import allowance
from cmdb.intervals import Lengths, Span, Spans, clip, intersect, length, seconds
from cmdb.promises import PlannedWork


def touched(work: PlannedWork) -> Span:
    """The stretch in which the outage of a piece of work can fall, in the worst case."""
    if work.down_from:
        start = seconds(work.down_from)
        return start, start + max(work.worst, 1)
    start, end = seconds(work.window_start), seconds(work.window_end)
    return start, max(end, start + work.worst)


def placed(work: PlannedWork, lasts: int, costly: Spans) -> Span:
    """When an outage of `lasts` seconds falls: as planned, else where it costs most of `costly`.

    Anywhere inside the window; one longer than the window starts with it. The earliest of equals.
    """
    if work.down_from:
        start = seconds(work.down_from)
        return start, start + lasts
    first, end = seconds(work.window_start), seconds(work.window_end)
    last = max(first, end - lasts)
    near = clip(costly, (first, max(end, first + lasts)))
    edges = {edge for span in near for edge in span}
    starts = {first, last, *edges, *(edge - lasts for edge in edges)}
    best = max(
        (start for start in starts if first <= start <= last),
        key=lambda start: (length(clip(near, (start, start + lasts))), -start),
    )
    return best, best + lasts


class Book(NamedTuple):
    """What is booked on one commitment over a stretch of time.

    `counted` time, what of it is `used` and `spent` (used, or committed by other work), where work
    would be `costly`, and the time in which it would be `free`: exempt as a planned outage.
    """

    counted: Spans
    used: Spans
    spent: Spans
    costly: Spans
    free: Spans


class Part(NamedTuple):
    """What is booked while one version of an agreement is in force, what it promises as a part of 1, and
    whether some work is an outage by it at all.
    """

    target: Fraction
    book: Book
    felt: bool


class Added(NamedTuple):
    """What work of some duration does in one period, in seconds.

    It adds to what is spent, and where it is exempt it takes counted time away, spent time included.
    """

    added: int
    counted: int
    spent: int


class Figures(NamedTuple):
    """The figures of one period; `left` is what is left after, for each duration asked about."""

    period: Span
    permitted: int
    used: int
    spent: int
    taken: tuple[Added, ...]
    left: tuple[int, ...]


class Counter:
    """Counts what work does in many periods: where they hold all of it, only once.

    `felt` says whether the work is an outage by the commitment at all. `costly` is where the work is
    looked for a place: in all versions of the agreement at once, where there are several.
    """

    def __init__(
        self,
        book: Book,
        work: PlannedWork,
        target: Fraction,
        *,
        felt: bool,
        costly: Spans | None = None,
    ) -> None:
        self.book = book
        self.costly = book.costly if costly is None else costly
        self.work = work
        self.felt = felt
        self.target = target
        self._counted, self._used, self._spent = map(Lengths, (book.counted, book.used, book.spent))
        self._whole: dict[int, Added] = {}

    def figures(self, period: Span, durations: Sequence[int]) -> Figures:
        """What is allowed, used, spent, and left after work of each duration."""
        counted, spent = self._counted.between(*period), self._spent.between(*period)
        taken = tuple(self._taken(period, lasts) for lasts in durations)
        left = tuple(
            allowance(self.target, counted - one.counted) - (spent - one.spent + one.added) for one in taken
        )
        permitted = allowance(self.target, counted)
        return Figures(period, permitted, self._used.between(*period), spent, taken, left)

    def _taken(self, period: Span, lasts: int) -> Added:
        if not self.felt:
            return Added(0, 0, 0)
        start = seconds(self.work.down_from or self.work.window_start)
        end = start + lasts if self.work.down_from else max(seconds(self.work.window_end), start + lasts)
        if start < period[0] or period[1] < end:
            return self._placed(period, lasts)
        if lasts not in self._whole:
            self._whole[lasts] = self._placed((start, end), lasts)
        return self._whole[lasts]

    def _placed(self, period: Span, lasts: int) -> Added:
        book = self.book
        work = placed(self.work, lasts, clip(self.costly, period))
        here = max(work[0], period[0]), min(work[1], period[1])
        # What the work makes exempt is no longer counted, and what was spent there neither.
        freed = clip(book.free, here)
        return Added(
            added=length(clip(book.costly, here)),
            counted=length(intersect(clip(book.counted, here), freed)),
            spent=length(intersect(clip(book.spent, here), freed)),
        )


class Together:
    """Counts a period that is cut where the agreement changes version: the parts add up."""

    def __init__(self, counters: Sequence[Counter]) -> None:
        self.counters = counters

    def figures(self, period: Span, durations: Sequence[int]) -> Figures:
        """What is allowed, used, spent and left in all the parts. Source: rules.md 4, Counted time."""
        found = [one.figures(period, durations) for one in self.counters]
        return Figures(
            period,
            sum(one.permitted for one in found),
            sum(one.used for one in found),
            sum(one.spent for one in found),
            tuple(
                Added(*map(sum, zip(*(one.taken[at] for one in found), strict=True)))
                for at in range(len(durations))
            ),
            tuple(sum(one.left[at] for one in found) for at in range(len(durations))),
        )

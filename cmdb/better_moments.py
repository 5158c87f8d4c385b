"""Better moments: when to start some work so that it takes least of what customers were promised.

A start is possible where the window of the work meets no freeze, no joint outage and no other
bar, and notice can be kept. The best possible start of every day is found exactly, to the minute,
and the days are ranked: a moment that breaks no promise before one that does, then one inside the
agreed windows, then the least share of what is left of any allowance, then the earliest.
What a start costs changes only where something begins or ends; between two such minutes the
largest share is convex, so its least is found by halving. Pure.
Source: rules.md 4, Better moments; speed.md.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cmdb.intervals import NEVER, Span, Spans, moment, seconds, subtract, union
from cmdb.model import Value
from cmdb.periods import day_of, midnight
from cmdb.promise_costs import Cost, Use
from cmdb.promises import ServiceAgreement

MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Value):
    """Work that wants a moment: a window of `length` seconds in which something is down for `worst`.

    `after` is how long after the start of the window it goes down; not given, it may go down
    anywhere in it, and is counted where it costs most.
    """

    length: int
    expected: int
    worst: int
    after: int | None = None


class Bar(NamedTuple):
    """A stretch of time that the window of the work must not touch, and why."""

    start: int
    end: int
    why: str


class Agreed(NamedTuple):
    """The windows an agreement names for planned work."""

    agreement: str
    windows: Spans


class Share(NamedTuple):
    """What the work takes of one allowance at worst, where that is the largest share. Seconds."""

    agreement: ServiceAgreement
    commitment: str
    service: str
    use: Use

    @property
    def breaks(self) -> bool:
        """At worst the promise is broken."""
        return self.use.share > 1


class Moment(NamedTuple):
    """A start, with the end of the window, and what speaks for and against it.

    `inside` and `outside` name the agreements in and out of whose agreed windows it lies, `shares`
    what it takes of each allowance, the largest share first. `bars` say why it is not possible,
    `tentative` what would bar it if work that waits for its decision were approved.
    """

    start: datetime
    end: datetime
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    shares: tuple[Share, ...]
    bars: tuple[str, ...] = ()
    tentative: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """The largest share of what is left of any allowance; infinite where nothing is left."""
        return max((one.use.share for one in self.shares), default=0.0)

    @property
    def breaks(self) -> bool:
        """At worst it breaks a promise."""
        return any(one.breaks for one in self.shares)


class BetterMoments(NamedTuple):
    """The best start of each of the best days, best first; and what bars the way, by time."""

    moments: tuple[Moment, ...]
    bars: tuple[Bar, ...]


# Breaks a promise, agreements outside of whose windows it lies, largest share, minute.
_Rank = tuple[bool, int, float, int]


class Moments:
    """Everything that decides which start is better, for starts between two moments."""

    def __init__(
        self,
        job: Job,
        within: Span,
        *,
        costs: Sequence[Cost] = (),
        bars: Iterable[Bar] = (),
        tentative: Iterable[Bar] = (),
        agreed: Sequence[Agreed] = (),
    ) -> None:
        self.job = job
        self.within = within
        self.bars = sorted(bars)
        self.tentative = sorted(tentative)
        self.agreed = agreed
        self._windows = _alike(agreed)
        self._each = [_Falls(one, job) for one in costs]
        self._falls = [_Falls(one, job) for one in _tightest(costs)]

    def within_other(self, within: Span) -> "Moments":
        """The same for starts between two other moments."""
        found = copy(self)
        found.within = within
        return found

    def ranked(self, zone: ZoneInfo, most: int) -> BetterMoments:
        """The best start of each day in a zone, best first, at most so many."""
        edges = self._edges()
        stretches = [(day_of(first * MINUTE, zone), first, last) for first, last in self._stretches(zone)]
        best: dict[date, _Rank] = {}
        # A look at a minute of every hour says how good the last of the best days is at least.
        for day, first, last in stretches:
            for minute in range(first, last + 1, 60):
                best[day] = self.rank(minute, best.get(day)) or best[day]
        for day, first, last in stretches:
            enough = sorted(best.values())[:most][-1]
            better = self._best(first, last, edges, min(best[day], enough))
            best[day] = better or best[day]
        moments = tuple(self.at(rank[3] * MINUTE) for rank in sorted(best.values())[:most])
        return BetterMoments(moments, tuple(self._barring()))

    def at(self, start: int) -> Moment:
        """What there is to say of one start, possible or not."""
        end = start + self.job.length
        shares = [
            Share(one.cost.agreement, one.cost.commitment.id, one.cost.commitment.service, use)
            for one in self._each
            if (use := one.use(start)) is not None
        ]
        shares.sort(key=lambda one: (-one.use.share, one.agreement.id, one.commitment))
        lies = [(one.agreement, _holds(one.windows, start, end)) for one in self.agreed]
        return Moment(
            start=moment(start),
            end=moment(end),
            inside=tuple(name for name, inside in lies if inside),
            outside=tuple(name for name, inside in lies if not inside),
            shares=tuple(shares),
            bars=tuple(one.why for one in self.bars if one.start < end and start < one.end),
            tentative=tuple(one.why for one in self.tentative if one.start < end and start < one.end),
        )

    def rank(self, minute: int, better: _Rank | None = None) -> _Rank | None:
        """How good a start is; None as soon as it is not better than another one."""
        start, outside = minute * MINUTE, self._outside(minute)
        worst = 0.0
        if better is not None and not (False, outside, worst, minute) < better:
            return None
        for place, one in enumerate(self._falls):
            share = one.share(start)
            if share > worst:
                worst = share
                if better is not None and not (worst > 1, outside, worst, minute) < better:
                    self._ask_first(place)
                    return None
        return worst > 1, outside, worst, minute

    def possible(self) -> Spans:
        """The stretches of minutes in which the work can start."""
        first, last = -(-self.within[0] // MINUTE), -(-self.within[1] // MINUTE)
        barred = union(
            # From the first minute in which the window would reach into the bar.
            ((one.start - self.job.length) // MINUTE + 1, -(-one.end // MINUTE))
            for one in self.bars
            if one.start < one.end
        )
        return subtract(union([(first, last)]), barred)

    def _barring(self) -> Iterator[Bar]:
        """The bars that a window could meet, cut to what was asked about."""
        start, end = self.within[0], self.within[1] + self.job.length
        for one in self.bars:
            if one.start < end and start < one.end:
                yield Bar(max(one.start, start), min(one.end, end), one.why)

    def _stretches(self, zone: ZoneInfo) -> Iterator[Span]:
        """The possible starts day by day, first and last minute, both included."""
        for first, after in self.possible():
            while first < after:
                day = day_of(first * MINUTE, zone)
                next_day = -(-midnight(day + timedelta(days=1), zone) // MINUTE)
                until = min(after, max(next_day, first + 1))
                yield first, until - 1
                first = until

    def _edges(self) -> list[int]:
        """The minutes next to where what a start costs may change its course."""
        job = self.job
        if job.after is None:
            lags = {0, job.worst, job.length, job.length - job.worst}
        else:
            lags = {job.after, job.after + job.worst, job.length}
        found: set[int] = set()
        for edge in {edge for one in self._falls for edge in one.cost.edges()}:
            for lag in lags:
                whole = (edge - lag) // MINUTE
                found |= {whole, whole + 1}
        for windows, _count in self._windows:
            for start, end in windows:
                for edge in (start, end - job.length):
                    found |= {(edge - 1) // MINUTE, edge // MINUTE, edge // MINUTE + 1}
        return sorted(found)

    def _best(self, first: int, last: int, edges: list[int], than: _Rank) -> _Rank | None:
        """The best start from one minute to another that is better than what is known."""
        inside = edges[bisect_right(edges, first) : bisect_right(edges, last - 1)]
        best: _Rank | None = None
        before = first
        for minute in dict.fromkeys((first, *inside, last)):
            best = self.rank(minute, best or than) or best
            if minute - before > 1 and not self._hopeless(before, minute, best or than):
                best = self._between(before, minute, best or than) or best
            before = minute
        return best

    def _hopeless(self, low: int, high: int, than: _Rank) -> bool:
        """Whether nothing between two minutes can be better: a share changes only so fast."""
        outside = self._outside(low + 1)
        if (False, outside, 0.0, low) >= than:
            return True
        for place, one in enumerate(self._falls):
            least = one.share(low * MINUTE) - one.steepest * (high - low)
            if least > 0 and (least > 1, outside, least, low) >= than:
                self._ask_first(place)
                return True
        return False

    def _between(self, low: int, high: int, than: _Rank) -> _Rank | None:
        """The best inside a stretch in which the largest share is convex: less than at both ends, or none."""
        while high - low > 1:
            middle = (low + high) // 2
            here = self.rank(middle)
            if here is not None and self.rank(middle + 1, (*here[:3], middle)) is None:
                high = middle
            else:
                low = middle
        found = None
        for minute in (low, high):
            found = self.rank(minute, found or than) or found
        return found

    def _outside(self, minute: int) -> int:
        """Of how many agreements the window lies outside of those agreed."""
        start = minute * MINUTE
        end = start + self.job.length
        return sum(count for windows, count in self._windows if not _holds(windows, start, end))

    def _ask_first(self, place: int) -> None:
        """What decides at one minute decides nearby: it is asked first from now on."""
        self._falls.insert(0, self._falls.pop(place))


class _Falls:
    """Where in its window the work goes down, and what it takes of one allowance then."""

    def __init__(self, cost: Cost, job: Job) -> None:
        self.cost = cost
        self.job = job
        self._turns: list[int] | None = None
        least = min((one for one in cost.left if one > 0), default=0)
        # Seconds count at most once at either end of the outage, so a minute moves at most two.
        self.steepest = 2 * MINUTE / least if least else 0.0

    def share(self, start: int) -> float:
        """The largest share of what is left that the work takes when its window starts so."""
        return max(self.cost.share(*one) for one in self._ways(start))

    def use(self, start: int) -> Use | None:
        """The same in seconds, with the period."""
        found = [use for one in self._ways(start) if (use := self.cost.use(*one)) is not None]
        return max(found, key=lambda one: one.share, default=None)

    def _ways(self, start: int) -> Iterator[tuple[int, int, int]]:
        job, window = self.job, start + self.job.length
        if job.after is not None:
            yield start + job.after, start + job.after + job.worst, window
            return
        last = max(start, window - job.worst)
        for begin in {start, last, *self._between(start, last)}:
            yield begin, begin + job.worst, window

    def _between(self, start: int, last: int) -> Sequence[int]:
        """Where an outage inside a window may cost most: where it begins or ends at an edge."""
        if self._turns is None:
            edges = self.cost.edges()
            self._turns = sorted({*edges, *(edge - self.job.worst for edge in edges)})
        return self._turns[bisect_right(self._turns, start) : bisect_right(self._turns, last)]


def best_of(found: Sequence[BetterMoments], zone: ZoneInfo, most: int) -> BetterMoments:
    """The best start of each of the best days, of several stretches of starts."""
    best: dict[date, Moment] = {}
    for moment_ in sorted((each for one in found for each in one.moments), key=_order):
        best.setdefault(day_of(seconds(moment_.start), zone), moment_)
    spans: dict[str, list[Span]] = {}
    for bar in (each for one in found for each in one.bars):
        spans.setdefault(bar.why, []).append((bar.start, bar.end))
    bars = sorted(Bar(*span, why) for why, some in spans.items() for span in union(some))
    return BetterMoments(tuple(best.values())[:most], tuple(bars))


def _order(one: Moment) -> tuple[bool, int, float, datetime]:
    """The better of two first. Source: rules.md 4, Better moments."""
    return one.breaks, len(one.outside), one.share, one.start


def notice_bar(agreement: ServiceAgreement, given: datetime) -> Bar | None:
    """The stretch in which notice of planned work would come too late."""
    if not agreement.notice:
        return None
    start = seconds(agreement.start)
    end = seconds(given) + agreement.notice
    if agreement.end is not None:
        end = min(end, seconds(agreement.end))
    why = f"{agreement.id} asks for {agreement.notice // 3600} h notice"
    return Bar(start, end, why) if start < end else None


def _holds(windows: Spans, start: int, end: int) -> bool:
    """Whether one of the windows holds a whole stretch."""
    place = bisect_right(windows, start, key=lambda one: one[0]) - 1
    return place >= 0 and end <= windows[place][1]


def _alike(agreed: Iterable[Agreed]) -> list[tuple[Spans, int]]:
    """Agreed windows, those that are the same together, with how many agreements name them."""
    counts: dict[Spans, int] = {}
    for one in agreed:
        counts[one.windows or NEVER] = counts.get(one.windows or NEVER, 0) + 1
    return list(counts.items())


def _tightest(costs: Sequence[Cost]) -> list[Cost]:
    """Of the promises that cost alike, the one of which least is left; it decides for the others."""
    found: dict[object, Cost] = {}
    for one in costs:
        known = found.get(one.alike)
        if known is None:
            found[one.alike] = one
        elif known.left != one.left:
            found[one.alike] = known.tightened(one)
    return list(found.values())

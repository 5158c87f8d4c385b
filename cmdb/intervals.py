"""Stretches of time as half-open intervals of UTC seconds, and what can be done with them.

`Spans` are always normal: sorted, not empty, not touching. Every function takes and gives normal
spans, so lengths are exact and equal sets are equal values. Pure, standard library only.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

Span = tuple[int, int]
Spans = tuple[Span, ...]

NEVER: Spans = ()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seconds(at: datetime) -> int:
    """Whole UTC seconds since 1970 of an aware instant; a fraction is cut off."""
    since = at - _EPOCH
    return since.days * 86_400 + since.seconds


def moment(since: int) -> datetime:
    """The aware UTC instant of whole seconds since 1970."""
    return _EPOCH + timedelta(seconds=since)


def span(start: datetime, end: datetime) -> Span:
    """One stretch from an instant up to, not including, another."""
    return seconds(start), seconds(end)


def union(*parts: Iterable[Span]) -> Spans:
    """Everything inside any of them. Accepts any spans: empty, overlapping, unsorted."""
    joined: list[Span] = []
    for start, end in sorted(one for part in parts for one in part if one[0] < one[1]):
        if joined and start <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def intersect(left: Spans, right: Spans) -> Spans:
    """What lies inside both."""
    return tuple(_overlaps(left, right))


def subtract(left: Spans, right: Spans) -> Spans:
    """What lies inside the left and outside the right."""
    rest: list[Span] = []
    skip = 0
    for start, end in left:
        while skip < len(right) and right[skip][1] <= start:
            skip += 1
        at, here = start, skip
        while here < len(right) and right[here][0] < end:
            if right[here][0] > at:
                rest.append((at, right[here][0]))
            at = max(at, right[here][1])
            here += 1
        if at < end:
            rest.append((at, end))
    return tuple(rest)


def clip(spans: Spans, within: Span) -> Spans:
    """What lies inside one stretch; costs nothing for the spans far from it."""
    start, end = within
    first = bisect_left(spans, (start, start))
    if first and spans[first - 1][1] > start:
        first -= 1
    last = bisect_left(spans, (end, end), first)
    if first == last or start >= end:
        return NEVER
    found = list(spans[first:last])
    found[0] = (max(start, found[0][0]), found[0][1])
    found[-1] = (found[-1][0], min(end, found[-1][1]))
    return tuple(found)


def length(spans: Spans) -> int:
    """Seconds inside."""
    return sum(end - start for start, end in spans)


class Lengths:
    """How many seconds of some spans lie in a stretch, for many stretches: each costs next to nothing."""

    __slots__ = ("_before", "_ends", "_starts")

    def __init__(self, spans: Spans) -> None:
        self._starts = [start for start, _end in spans]
        self._ends = [end for _start, end in spans]
        self._before = [0, *accumulate(end - start for start, end in spans)]

    def between(self, start: int, end: int) -> int:
        """Seconds inside from a start up to an end."""
        return self._until(end) - self._until(start) if start < end else 0

    def _until(self, at: int) -> int:
        place = bisect_left(self._starts, at)
        over = self._ends[place - 1] - at if place else 0
        return self._before[place] - max(over, 0)


def _overlaps(left: Spans, right: Spans) -> Iterator[Span]:
    first = second = 0
    while first < len(left) and second < len(right):
        start = max(left[first][0], right[second][0])
        end = min(left[first][1], right[second][1])
        if start < end:
            yield start, end
        if left[first][1] < right[second][1]:
            first += 1
        else:
            second += 1

"""How an observed commitment stands in a period: what was seen, the figure, and what is left.

Exact fractions, no floating point. Pure: the moment `now`, what was seen, the claims and the reader
of service hours are handed in, as to `cmdb.availability`. The rule:
- A value counts in the period its instant lies in; that of a stretch of time is its end.
- What accepted claims exempt does not count; nor does a value seen outside the service hours,
  unless the commitment includes those.
- A stretch always counts, with the seconds of it inside the service hours and outside accepted
  claims; all of them where the clock of the commitment is `elapsed`.
- The percentile p of n values is the one at rank ceil(p / 100 x n), counted from the smallest
  (nearest rank); the median of an even number is the mean of the two in the middle.
- Of nothing there is no figure, only a count of 0.
Source: rules.md 4, Commitment; IT Service CMM, Service Tracking and Oversight, Activity 4.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import lcm
from operator import ge, gt, le, lt
from typing import NamedTuple

from cmdb.agreement_versions import parts
from cmdb.amounts import base_of, comparable, in_unit, plain, said
from cmdb.availability import ServiceTime, accepted, cut
from cmdb.commitments import COMPARED, ServiceCommitment, Statistic, statistic_of
from cmdb.intervals import NEVER, Lengths, Span, Spans, moment, seconds, subtract
from cmdb.model import Value
from cmdb.periods import zone_of
from cmdb.promises import Claim, ServiceAgreement

MET, BROKEN, NOTHING, NOT_YET = "met", "broken", "nothing was observed", "not reached yet"
AT_RISK = 4  # with less than this part of the misses left that are allowed, a share is at risk
_TESTS = {">=": ge, "<=": le, "<": lt, ">": gt}


class Seen(NamedTuple):
    """One observation as it is counted: instants in seconds since 1970."""

    at: int
    started: int | None
    value: Decimal
    unit: str


class Miss(NamedTuple):
    """One observation that was not as promised: what was seen, what counts of it and what was promised.

    `value` and `limit` are in the smallest unit of the quantity, such as seconds.
    """

    agreement: str
    commitment: str
    service: str
    seen: Seen
    value: Fraction
    limit: Fraction
    unit: str

    @property
    def beyond(self) -> Fraction:
        """How far it is from what was promised."""
        return abs(self.value - self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level(Value):
    """How one observed commitment stands in one period, cut at the agreement's start and end.

    `figure` and `target` are exact, in `unit`. `counted` observations made it; `exempt` lie in
    accepted claims, `outside` outside the service hours, `unfit` are in another unit. Of a share,
    `missed` were beyond the limit and `allowed` may be.
    """

    agreement: str
    commitment: str
    service: str
    attribute: str
    statistic: str
    comparator: str
    target: Fraction
    unit: str
    start: datetime
    end: datetime
    over: bool
    figure: Fraction | None
    counted: int
    exempt: int = 0
    outside: int = 0
    unfit: int = 0
    missed: int = 0
    allowed: int = 0

    @property
    def kind(self) -> str:
        """What the figure is: `mean`, `percentile`, `share` ..."""
        return statistic_of(self.statistic).kind

    @property
    def met(self) -> bool | None:
        """Whether the figure is as promised; None where there is none."""
        return None if self.figure is None else bool(_TESTS[self.comparator](self.figure, self.target))

    @property
    def state(self) -> str:
        """`met`, `broken`, `nothing was observed`, or `not reached yet` for what still adds up."""
        if self.met is None:
            return NOTHING
        if self.met:
            return MET
        growing = self.kind in ("count", "sum") and self.comparator in (">=", ">")
        return NOT_YET if growing and not self.over else BROKEN

    @property
    def left(self) -> Fraction | None:
        """How far the figure is from the target, in `unit`; negative beyond it.

        Of a share: how many more may miss in a row before it is broken; once it is, how many missed
        too many. None without a figure, or where nothing can break it.
        """
        if self.figure is None:
            return None
        if self.kind != "share":
            return self.target - self.figure if self.comparator in ("<=", "<") else self.figure - self.target
        if not self.met:
            return Fraction(self.allowed - self.missed)
        if not self.target:
            return None
        more = (self.counted - self.missed) * 100 / self.target - self.counted
        return Fraction(more.__ceil__() - 1 if self.comparator == ">" else more.__floor__())

    @property
    def at_risk(self) -> bool:
        """A share whose misses are nearly used up; other figures are met or not."""
        return bool(
            self.kind == "share"
            and self.met
            and self.missed
            and (self.allowed - self.missed) * AT_RISK < self.allowed
        )

    @property
    def used(self) -> float:
        """How near the limit it is, for a gauge: 1 at the limit and beyond; 0 where nothing was seen."""
        if self.figure is None or self.state == NOT_YET:
            return 0.0
        if not self.met:
            return 1.0
        if self.kind == "share":
            return self.missed / self.allowed if self.allowed else 0.0
        part, whole = (
            (self.figure, self.target) if self.comparator in ("<=", "<") else (self.target, self.figure)
        )
        return float(min(max(part / whole, Fraction(0)), Fraction(1))) if whole > 0 else 0.0

    @property
    def promised(self) -> str:
        """What was promised: `p95 at most 4 h`."""
        return f"{self.statistic} {COMPARED[self.comparator]} {said(self.target, self.unit, places=15)}"

    @property
    def delivered(self) -> str:
        """The figure in words, rounded against us: `3.72 h`; `nothing was observed` without one."""
        if self.figure is None:
            return NOTHING
        return said(self.figure, self.unit, up=self.comparator in ("<=", "<"))

    @property
    def left_said(self) -> str:
        """What is left in words: `0.28 h left`, `3 more may miss`, `broken by 1.2 h`."""
        left = self.left
        if self.state == NOTHING:
            return NOTHING
        if left is None:
            return "nothing can break it"
        if self.kind == "share":
            if left >= 0 and self.met:
                return f"{plain(left) if left else 'no'} more may miss"
            return f"broken: {self.missed:,} missed, {self.allowed:,} may"
        if self.state == NOT_YET:
            return f"{said(-left, self.unit, up=True)} to go"
        if not self.met:
            return f"broken by {said(-left, self.unit, up=True)}"
        return f"{said(left, self.unit)} {'left' if self.comparator in ('<=', '<') else 'to spare'}"


def levels(
    agreement: ServiceAgreement,
    commitment: ServiceCommitment,
    period: Span,
    seen: Sequence[Seen],
    claims: Sequence[Claim],
    *,
    now: datetime,
    hours: ServiceTime,
) -> list[Level]:
    """Count one observed commitment in one period, cut where the agreement changes version.

    Each part is counted by itself against what was promised then: figures do not add up. Outside the
    agreement there is one part without anything.
    """
    held = [(one, each) for one, each in parts(agreement, commitment) if cut(one, period)]
    return [
        level(one, each, period, seen, claims, now=now, hours=hours)
        for one, each in held or [(agreement, commitment)]
    ]


def level(
    agreement: ServiceAgreement,
    commitment: ServiceCommitment,
    period: Span,
    seen: Iterable[Seen],
    claims: Iterable[Claim],
    *,
    now: datetime,
    hours: ServiceTime,
) -> Level:
    """Count one observed commitment in one period, exactly, with what was seen up to now."""
    counter = _Counter(agreement, commitment, period, seen, claims, now, hours)
    start, end = counter.period
    values = [value for _one, value in counter.values()]
    how = statistic_of(commitment.statistic)
    target = Fraction(commitment.target)
    missed, allowed = _misses(values, how, target, commitment.comparator)
    return Level(
        agreement=agreement.id,
        commitment=commitment.id,
        service=commitment.service,
        attribute=commitment.attribute,
        statistic=commitment.statistic,
        comparator=commitment.comparator,
        target=target,
        unit=commitment.unit,
        start=moment(start),
        end=moment(end),
        over=end <= seconds(now),
        figure=_figure(values, how, commitment.unit),
        counted=len(values),
        exempt=counter.exempt,
        outside=counter.outside,
        unfit=counter.unfit,
        missed=missed,
        allowed=allowed,
    )


def misses(
    agreement: ServiceAgreement,
    commitment: ServiceCommitment,
    period: Span,
    seen: Sequence[Seen],
    claims: Sequence[Claim],
    *,
    now: datetime,
    hours: ServiceTime,
) -> Iterator[Miss]:
    """Give each observation that counts in a period and by itself is not as promised, by time.

    Of a share that is what lies beyond its limit, of a mean, median, percentile, maximum or minimum what
    does not pass the target. A count or a sum is broken by no single one. By the version then in force.
    """
    for one, each in parts(agreement, commitment):
        how = statistic_of(each.statistic)
        if not cut(one, period) or how.kind in ("count", "sum"):
            continue
        share = how.kind == "share"
        limit = base_of(how.within.value, how.within.unit) if share else base_of(each.target, each.unit)
        passes = _TESTS["<=" if share else each.comparator]
        unit = how.within.unit if share else each.unit
        for at, value in _Counter(one, each, period, seen, claims, now, hours).values():
            if not passes(value, limit):
                yield Miss(one.id, each.id, each.service, at, value, limit, unit)


class _Counter:
    """Which observations of one commitment count in one period up to now, and with what value."""

    def __init__(
        self,
        agreement: ServiceAgreement,
        commitment: ServiceCommitment,
        period: Span,
        seen: Iterable[Seen],
        claims: Iterable[Claim],
        now: datetime,
        hours: ServiceTime,
    ) -> None:
        inside = cut(agreement, period)
        self.period = period = inside[0] if inside else (period[0], period[0])
        self.seen = [one for one in seen if period[0] <= one.at < period[1] and one.at <= seconds(now)]
        claimed = accepted(agreement.id, commitment.service, claims)
        self.commitment = commitment
        self.unit = commitment.counted_in
        self.any_unit = commitment.statistic == "count"
        first = min((one.started for one in self.seen if one.started is not None), default=period[0])
        span = min(first, period[0]), period[1]
        service = hours(commitment.hours, zone_of(agreement.zone), span) if span[0] < span[1] else NEVER
        self.claimed, self.service = _Edges(claimed), _Edges(service)
        self.clock = Lengths(subtract(service, claimed))
        self.exempt = self.outside = self.unfit = 0

    def values(self) -> list[tuple[Seen, Fraction]]:
        """What counts with its value, an exact number of its base unit."""
        found = []
        for one in self.seen:
            if not self.any_unit and not comparable(one.unit, self.unit):
                self.unfit += 1
            elif self.claimed.hold(one.at):
                self.exempt += 1
            elif one.started is not None:
                found.append((one, self._duration(one.started, one.at)))
            elif self.commitment.outside or self.service.hold(one.at):
                found.append((one, base_of(one.value, one.unit)))
            else:
                self.outside += 1
        return found

    def _duration(self, started: int, ended: int) -> Fraction:
        if self.commitment.clock == "elapsed":
            return Fraction(ended - started)
        return Fraction(self.clock.between(started, ended))


class _Edges:
    """Whether moments lie in spans: each costs next to nothing."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, spans: Spans) -> None:
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]

    def hold(self, at: int) -> bool:
        """Whether a moment lies in one of them."""
        place = bisect_right(self._starts, at) - 1
        return place >= 0 and at < self._ends[place]


def _misses(values: Sequence[Fraction], how: Statistic, target: Fraction, comparator: str) -> tuple[int, int]:
    """How many values of a share are beyond its limit, and how many of so many may be."""
    if how.kind != "share":
        return 0, 0
    limit = base_of(how.within.value, how.within.unit)
    may = (100 - target) * len(values) / 100
    allowed = max(may.__ceil__() - 1, 0) if comparator == ">" else may.__floor__()
    return sum(1 for one in values if one > limit), allowed


def _figure(values: Sequence[Fraction], how: Statistic, unit: str) -> Fraction | None:
    """One figure from the values of a period, in the unit of the target; None of nothing."""
    number = len(values)
    if how.kind == "count":
        return Fraction(number)
    if not number:
        return None
    if how.kind == "share":
        limit = base_of(how.within.value, how.within.unit)
        return Fraction(100 * sum(1 for one in values if one <= limit), number)
    return in_unit(_of(values, how), unit)


def _of(values: Sequence[Fraction], how: Statistic) -> Fraction:
    # Whole numbers of the smallest part any value has: sorted and added many times faster, and as exact.
    part = lcm(*{one.denominator for one in values})
    whole = [one.numerator * (part // one.denominator) for one in values]
    if how.kind in ("sum", "mean"):
        return Fraction(sum(whole), part * (1 if how.kind == "sum" else len(whole)))
    whole.sort()
    if how.kind == "percentile":
        rank = (Fraction(how.rank) * len(whole) / 100).__ceil__()
        return Fraction(whole[rank - 1], part)
    if how.kind == "median":
        middle = len(whole) // 2
        return Fraction(whole[middle] + whole[(len(whole) - 1) // 2], 2 * part)
    return Fraction(whole[-1] if how.kind == "maximum" else whole[0], part)

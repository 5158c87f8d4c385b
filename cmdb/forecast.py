"""What a piece of work will cost every promise it touches, before anybody does it.

One row per commitment and period touched: what is allowed, used, committed by other scheduled
work, and what this work adds in the expected and in the worst case. Whole seconds, exact. Pure:
agreements, effects, outages and the moment are parameters, and so is the reader of service hours
(see `cmdb.availability`), so that nothing heavy is loaded where every service is due always.
Source: rules.md 4, Forecast; terminal.md, JSON that other programs rely on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from cmdb.availability import (
    Facts,
    ServiceTime,
    allowance,
    counts,
    cut,
    due,
    exempt_when_planned,
    outage_spans,
    planned_spans,
    ratio,
)
from cmdb.canonical import rfc3339
from cmdb.intervals import NEVER, Span, Spans, intersect, length, moment, seconds, subtract, union
from cmdb.model import Value
from cmdb.periods import periods_between, zone_of
from cmdb.promises import PlannedWork, ServiceAgreement, ServiceCommitment

HISTORY_NEEDED = 5  # similar changes, below which a probability would be a guess


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkEffect(Value):
    """Work and what follows from its down set: service id -> `outage` or `degraded`."""

    work: PlannedWork
    effects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast(Value):
    """What one piece of work does to one commitment in one period. Seconds.

    left_before_s = allowance_s - used_s - committed_s. left_after_s is the expected case: left_before_s -
    planned_expected_s, and less again by what the allowance shrinks where the work is exempt as a
    planned outage, because exempt time earns no allowance.
    """

    agreement: str
    service: str
    customer: str
    commitment: str
    start: datetime
    end: datetime
    target: Decimal
    allowance_s: int
    used_s: int
    committed_s: int
    left_before_s: int
    planned_expected_s: int
    planned_worst_s: int
    left_after_s: int
    left_after_worst_s: int
    breach_probability: Fraction | None = None

    @property
    def breach_expected(self) -> bool:
        """The promise is broken when the work takes as long as expected."""
        return self.left_after_s < 0

    @property
    def breach_worst(self) -> bool:
        """The promise is broken when the work takes as long as it can."""
        return self.left_after_worst_s < 0

    def fields(self) -> dict[str, Any]:
        """The row as other programs read it. Source: terminal.md, `agreements`."""
        chance = self.breach_probability
        return {
            "agreement": self.agreement,
            "service": self.service,
            "customer": self.customer,
            "commitment": self.commitment,
            "period": {"start": rfc3339(self.start), "end": rfc3339(self.end)},
            "target": format(self.target, "f"),
            "allowance_s": self.allowance_s,
            "used_s": self.used_s,
            "committed_s": self.committed_s,
            "left_before_s": self.left_before_s,
            "planned_expected_s": self.planned_expected_s,
            "planned_worst_s": self.planned_worst_s,
            "left_after_s": self.left_after_s,
            "breach_expected": self.breach_expected,
            "breach_worst": self.breach_worst,
            "breach_probability": None if chance is None else round(float(chance), 4),
        }


def forecast(
    agreements: Iterable[ServiceAgreement],
    this: WorkEffect,
    others: Sequence[WorkEffect],
    facts: Mapping[str, Facts],
    *,
    now: datetime,
    hours: ServiceTime,
    overruns: Sequence[Fraction] = (),
) -> list[Forecast]:
    """Forecast a piece of work against every commitment about a service it hits.

    `others` are the other scheduled works; `facts` what happened so far, by service; `overruns`
    how long similar changes took, as parts of what was expected. Rows are sorted by agreement,
    commitment and period. Agreements that do not bind are left out.
    """
    rows: list[Forecast] = []
    for agreement in sorted(agreements, key=lambda one: one.id):
        for commitment in sorted(agreement.commitments, key=lambda one: one.id):
            if agreement.binding and commitment.service in this.effects:
                ledger = _Ledger(
                    agreement, commitment, others, facts.get(commitment.service, Facts(now=now)), now, hours
                )
                rows += ledger.rows(this, overruns)
    return rows


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
    edges = {edge for span in intersect(costly, ((first, end),)) for edge in span}
    starts = {first, last, *edges, *(edge - lasts for edge in edges)}
    best = max(
        (start for start in starts if first <= start <= last),
        key=lambda start: (length(intersect(costly, union([(start, start + lasts)]))), -start),
    )
    return best, best + lasts


class _Ledger:
    """One commitment with everything that is already booked on it."""

    def __init__(
        self,
        agreement: ServiceAgreement,
        commitment: ServiceCommitment,
        others: Sequence[WorkEffect],
        facts: Facts,
        now: datetime,
        hours: ServiceTime,
    ) -> None:
        self.agreement = agreement
        self.commitment = commitment
        self.facts = facts
        self.hours = hours
        self.now = seconds(now)
        self.target = ratio(commitment)
        self.used = outage_spans(facts.outages, commitment, now)
        self.exempt = planned_spans(agreement, commitment, facts.outages, now, hours)
        self.others = sorted(
            (one for one in others if self._counts(one)),
            key=lambda one: (one.work.window_start, one.work.reference),
        )
        self.free: dict[str, Spans] = {
            one.work.reference: self._exempt_window(one.work) for one in self.others
        }

    def rows(self, this: WorkEffect, overruns: Sequence[Fraction]) -> list[Forecast]:
        """One row per calendar period touched; for a rolling one the worst of its days."""
        commitment, inside = self.commitment, cut(self.agreement, touched(this.work))
        if not inside:
            return []
        found = periods_between(commitment.period, *inside[0], zone_of(self.agreement.zone), commitment.days)
        periods = [one for one in found if cut(self.agreement, one)]
        whole = periods[0][0], max(end for _, end in periods)
        service = due(self.agreement, commitment, whole, self.facts.claims, self.hours)
        free = self._exempt_window(this.work)
        rows = [self._row(this, one, intersect(service, (one,)), free, overruns) for one in periods]
        if commitment.period == "rolling":
            return [min(rows, key=lambda row: (row.left_after_s, row.left_after_worst_s, row.start))]
        return rows

    def _row(
        self, this: WorkEffect, period: Span, service: Spans, free: Spans, overruns: Sequence[Fraction]
    ) -> Forecast:
        booked, exempt = self._booked(service)
        counted = subtract(service, exempt)
        permitted = allowance(self.target, length(counted))
        used = length(intersect(self.used, counted))
        spent = length(intersect(booked, counted))

        def after(lasts: int) -> tuple[int, int]:
            """What the work adds, and what is then left."""
            if not self._counts(this):
                return 0, permitted - spent
            costly = subtract(counted, union(booked, free))
            work = union([placed(this.work, lasts, costly)])
            remaining = subtract(counted, intersect(work, free))
            before = intersect(booked, remaining)
            total = length(intersect(union(booked, work), remaining))
            return total - length(before), allowance(self.target, length(remaining)) - total

        expected, left = after(this.work.expected)
        worst, left_worst = after(this.work.worst)
        inside = cut(self.agreement, period)[0]
        return Forecast(
            agreement=self.agreement.id,
            service=self.commitment.service,
            customer=self.agreement.customer,
            commitment=self.commitment.id,
            start=moment(inside[0]),
            end=moment(inside[1]),
            target=self.commitment.target,
            allowance_s=permitted,
            used_s=used,
            committed_s=spent - used,
            left_before_s=permitted - spent,
            planned_expected_s=expected,
            planned_worst_s=worst,
            left_after_s=left,
            left_after_worst_s=left_worst,
            breach_probability=_probability(this.work.expected, overruns, lambda lasts: after(lasts)[1]),
        )

    def _booked(self, service: Spans) -> tuple[Spans, Spans]:
        """Outages so far with the other scheduled work still to come, and what of both is exempt."""
        booked, exempt = self.used, self.exempt
        for one in self.others:
            free = self.free[one.work.reference]
            costly = subtract(subtract(service, exempt), union(booked, free))
            start, end = placed(one.work, one.work.expected, costly)
            # What should have happened by now either did, and was recorded, or did not.
            span = union([(max(start, self.now), end)])
            booked, exempt = union(booked, span), union(exempt, intersect(span, free))
        return booked, exempt

    def _exempt_window(self, work: PlannedWork) -> Spans:
        if work.unplanned:
            return NEVER
        window = seconds(work.window_start), seconds(work.window_end)
        return exempt_when_planned(self.agreement, self.commitment, window, self.hours)

    def _counts(self, one: WorkEffect) -> bool:
        return counts(one.effects.get(self.commitment.service), self.commitment)


def _probability(expected: int, overruns: Sequence[Fraction], left: Callable[[int], int]) -> Fraction | None:
    """The share of similar changes whose overrun would break the promise."""
    if len(overruns) < HISTORY_NEEDED:
        return None
    broken = sum(left(-(-expected * part // 1)) < 0 for part in overruns)
    return Fraction(broken, len(overruns))

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

from cmdb.agreement_versions import parts, promised
from cmdb.availability import (
    Facts,
    ServiceTime,
    agreed_windows,
    counts,
    cut,
    due,
    outage_spans,
    planned_spans,
    ratio,
)
from cmdb.bookings import Book, Counter, Figures, Part, Together, placed, touched
from cmdb.canonical import rfc3339
from cmdb.commitments import ServiceCommitment
from cmdb.intervals import (
    NEVER,
    Span,
    Spans,
    clip,
    intersect,
    moment,
    seconds,
    subtract,
    union,
)
from cmdb.model import Value
from cmdb.periods import periods_between, zone_of
from cmdb.promises import PlannedWork, ServiceAgreement

HISTORY_NEEDED = 5  # similar changes, below which a probability would be a guess


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkEffect(Value):
    """Work and what follows from its down set: service id -> effect, as impact names it."""

    work: PlannedWork
    effects: Mapping[str, str] = field(default_factory=dict)

    @property
    def services(self) -> tuple[str, ...]:
        """The services in outage or degraded; one that only loses margin costs no promise a second."""
        return tuple(sorted(id for id, effect in self.effects.items() if effect in ("outage", "degraded")))


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
    hit = set(this.services)
    for agreement in sorted(agreements, key=lambda one: one.id):
        for commitment in sorted(_promised(agreement, this.work), key=lambda one: one.id):
            if agreement.binding and not commitment.observed and commitment.service in hit:
                ledger = Ledger(
                    agreement, commitment, others, facts.get(commitment.service, Facts(now=now)), now, hours
                )
                rows += ledger.rows(this, overruns)
    return rows


def _promised(agreement: ServiceAgreement, work: PlannedWork) -> tuple[ServiceCommitment, ...]:
    start, end = touched(work)
    return promised(agreement, moment(start), moment(end))


class Ledger:
    """One commitment with everything that is already booked on it.

    Everything is counted once over the whole stretch that the periods cover; a period, and the
    place of the work in it, are then cut out of that.
    """

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
        self.others = others
        self.facts = facts
        self.now = now
        self.hours = hours
        self.target = ratio(commitment)
        self._held = parts(agreement, commitment) or ((agreement, commitment),)

    def _inside(self, period: Span) -> Spans:
        """The part of a period in which the commitment was held: from the first version to the last."""
        found = [each for one, _ in self._held for each in cut(one, period)]
        return ((found[0][0], found[-1][1]),) if found else NEVER

    def rows(self, this: WorkEffect, overruns: Sequence[Fraction]) -> list[Forecast]:
        """One row per calendar period touched; for a rolling one the worst of its days."""
        periods = self._periods(touched(this.work))
        if not periods:
            return []
        counter = self._counter(this, (periods[0][0], max(end for _, end in periods)))
        durations = (this.work.expected, this.work.worst)
        figures = [counter.figures(period, durations) for period in periods]
        if self.commitment.period == "rolling":
            figures = [min(figures, key=lambda one: (*one.left, one.period[0]))]
        return [self._row(one, this, counter, overruns) for one in figures]

    def _periods(self, whole: Span) -> list[Span]:
        """The periods that share time with a stretch and in which the commitment was held."""
        agreement, commitment = self.agreement, self.commitment
        inside = cut(agreement, whole)
        if not inside:
            return []
        found = periods_between(commitment.period, *inside[0], zone_of(agreement.zone), commitment.days)
        return [one for one in found if self._inside(one)]

    def _counter(self, this: WorkEffect, whole: Span) -> Counter | Together:
        """Who counts: one counter, or where the agreement changes version inside the periods one for each."""
        books = self._parts(this.work, whole, this.effects.get(self.commitment.service))
        # The work happens once: it is placed where it costs most of all versions together.
        costly = union(*(one.book.costly for one in books if one.felt))
        found = [Counter(one.book, this.work, one.target, felt=one.felt, costly=costly) for one in books]
        return found[0] if len(found) == 1 else Together(found)

    def _versions(self, whole: Span) -> list["Ledger"]:
        """One for each version of the agreement that held the commitment and has a part of a stretch."""
        return [
            self
            if agreement is self.agreement
            else Ledger(agreement, commitment, self.others, self.facts, self.now, self.hours)
            for agreement, commitment in self._held
            if cut(agreement, whole)
        ]

    def _row(
        self, one: Figures, this: WorkEffect, counter: Counter | Together, overruns: Sequence[Fraction]
    ) -> Forecast:
        start, end = self._inside(one.period)[0]
        (expected, worst), (left, left_worst) = one.taken, one.left
        return Forecast(
            agreement=self.agreement.id,
            service=self.commitment.service,
            customer=self.agreement.customer,
            commitment=self.commitment.id,
            start=moment(start),
            end=moment(end),
            target=self.commitment.target,
            allowance_s=one.permitted,
            used_s=one.used,
            committed_s=one.spent - one.used,
            left_before_s=one.permitted - one.spent,
            planned_expected_s=expected.added,
            planned_worst_s=worst.added,
            left_after_s=left,
            left_after_worst_s=left_worst,
            breach_probability=_probability(
                this.work.expected, overruns, lambda lasts: counter.figures(one.period, (lasts,)).left[0]
            ),
        )

    def laid_out(
        self, whole: Span, expected: int, worst: int, effect: str = "outage"
    ) -> tuple[list[Part], list[Span]]:
        """What is booked around a stretch, for work that could be done anywhere in it; and the periods.

        One part for each version of the agreement; `effect` is what the work does to the service.
        """
        periods = self._periods(whole)
        if not periods:
            return [], []
        anywhere = PlannedWork(
            reference="anywhere",
            window_start=moment(whole[0]),
            window_end=moment(whole[1]),
            expected=expected,
            worst=worst,
        )
        stretch = periods[0][0], max(end for _, end in periods)
        return self._parts(anywhere, stretch, effect), periods

    def _parts(self, work: PlannedWork, whole: Span, effect: str | None) -> list[Part]:
        """What is booked in each version of the agreement that has a part of a stretch."""
        return [
            Part(one.target, one.booked(work, whole), counts(effect, one.commitment))
            for one in self._versions(whole)
        ]

    def booked(self, this: PlannedWork, whole: Span) -> Book:
        """Outages so far with the other scheduled work still to come, and what of both is exempt."""
        agreement, commitment, hours = self.agreement, self.commitment, self.hours
        service = due(agreement, commitment, whole, self.facts.claims, hours)
        used = outage_spans(self.facts.outages, commitment, self.now)
        exempt = planned_spans(agreement, commitment, self.facts.outages, self.now, hours)
        others = sorted(
            (
                one.work
                for one in self.others
                if counts(one.effects.get(commitment.service), commitment)
                and clip((touched(one.work),), whole)
            ),
            key=lambda one: (one.window_start, one.reference),
        )
        agreed = self._agreed_windows([this, *others])
        booked, free = used, {id(one): self._exempt_window(one, agreed) for one in [this, *others]}
        for one in others:
            near = touched(one)
            here = subtract(clip(service, near), union(clip(exempt, near), clip(booked, near), free[id(one)]))
            start, end = placed(one, one.expected, here)
            # What should have happened by now either did, and was recorded, or did not.
            span = union([(max(start, seconds(self.now)), end)])
            booked, exempt = union(booked, span), union(exempt, intersect(span, free[id(one)]))
        counted = subtract(service, exempt)
        return Book(
            counted=counted,
            used=intersect(used, counted),
            spent=intersect(booked, counted),
            costly=subtract(counted, union(booked, free[id(this)])),
            free=free[id(this)],
        )

    def _agreed_windows(self, works: Sequence[PlannedWork]) -> Spans:
        """The agreed maintenance windows around all the works, asked of the calendar once."""
        if self.commitment.planned != "beyond the agreed windows":
            return NEVER
        start = min(seconds(one.window_start) for one in works)
        end = max(seconds(one.window_end) for one in works)
        return agreed_windows(self.agreement.windows, zone_of(self.agreement.zone), (start, end), self.hours)

    def _exempt_window(self, work: PlannedWork, agreed: Spans) -> Spans:
        """The part of the window of some work in which its outage does not count."""
        if work.unplanned or self.commitment.planned == "yes":
            return NEVER
        window = seconds(work.window_start), seconds(work.window_end)
        return union([window]) if self.commitment.planned == "no" else clip(agreed, window)


def _probability(expected: int, overruns: Sequence[Fraction], left: Callable[[int], int]) -> Fraction | None:
    """The share of similar changes whose overrun would break the promise."""
    if len(overruns) < HISTORY_NEEDED:
        return None
    broken = sum(left(-(-expected * part // 1)) < 0 for part in overruns)
    return Fraction(broken, len(overruns))

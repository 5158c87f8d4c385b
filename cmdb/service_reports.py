"""The service report: per agreement and period, what was promised against what was delivered.

Everything a customer meeting asks: the standing of every commitment, period by period, whether it
follows from outages or from what was observed; each outage that counted and why; time that was
exempt and who accepted that; where what was measured differs from what follows; and the work ahead.
Reads; writes nothing.
Source: rules.md 4; IT Service CMM 5.3, Activities 4 and 13.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from cmdb import agreement_versions, calendar, promises_then
from cmdb.availability import Facts, Standing, accepted, cut, period_of, periods_of, standing
from cmdb.back_then import Told, Unsaid
from cmdb.claims import listed as claims_of
from cmdb.commitments import ServiceCommitment
from cmdb.errors import Invalid
from cmdb.instants import instant
from cmdb.intervals import Span, intersect, length, moment, seconds
from cmdb.model import Value
from cmdb.observations import levels_in, misses_in
from cmdb.outage_counts import Counted, counted
from cmdb.periods import zone_of
from cmdb.promises import Claim, Outage, PlannedWork, ServiceAgreement
from cmdb.promises_then import Known
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import ServiceOutages, StoredPromises, service_effects
from cmdb.service_levels import BROKEN, Level, Miss
from cmdb.store import UnitOfWork

AHEAD = timedelta(days=90)
MISSES = 100  # single observations told in a report; they are counted however many


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Value):
    """One commitment in one period. Seconds: `claimed_s` and `planned_s` are its exempt time, by reason.

    `over` says that the period has ended; until then it is counted up to the moment of the report.
    """

    standing: Standing
    claimed_s: int
    planned_s: int
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead(Value):
    """Work ahead that touches services of the agreement: service -> effect while it is done."""

    work: PlannedWork
    effects: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport(Value):
    """What was promised and delivered from `start` to `end`, as it is known at `made_at`.

    `delivered` are the availabilities, `levels` what was observed of every other promise, each by
    commitment and then by period; `misses` are the single observations that were not as promised,
    those furthest beyond it first, at most MISSES of `misses_in_all`. `outages` by service are those
    known, oldest first, `counts` beside each what it took from the availabilities, and `causes` by id
    the outage of an item it follows from. `differs` gives, by service, the seconds in which what was
    measured and what follows disagree. `kept_since` is when the records of this site begin, where
    that is after `start`: of the time before nobody can say more than that no outage was entered.
    `unsaid` are fields of which nothing says what they were.
    """

    agreement: ServiceAgreement
    start: datetime
    end: datetime
    made_at: datetime
    delivered: tuple[Delivered, ...]
    levels: tuple[Level, ...]
    outages: dict[str, tuple[Outage, ...]]
    differs: dict[str, int]
    claims: tuple[Claim, ...]
    ahead: tuple[Ahead, ...]
    kept_since: datetime | None = None
    misses: tuple[Miss, ...] = ()
    misses_in_all: int = 0
    counts: dict[str, tuple[tuple[Counted, ...], ...]] = field(default_factory=dict)
    causes: dict[str, Outage] = field(default_factory=dict)
    unsaid: Unsaid = field(default_factory=dict)

    def recorded(self, one: Delivered) -> bool:
        """Whether anything was recorded in any part of its period: else nobody can say that it was kept."""
        return self.kept_since is None or one.standing.end > self.kept_since

    @property
    def unrecorded(self) -> tuple[Delivered, ...]:
        """The availabilities of periods that were over before the records of this site begin."""
        return tuple(one for one in self.delivered if not self.recorded(one))

    @property
    def undue(self) -> tuple[Delivered, ...]:
        """The availabilities of periods in which nothing was due, so that nothing could be kept."""
        return tuple(one for one in self.delivered if not one.standing.counted_s and self.recorded(one))

    @property
    def broken(self) -> tuple[Delivered, ...]:
        """The availabilities that were not kept."""
        return tuple(one for one in self.delivered if not one.standing.met)

    @property
    def missed(self) -> tuple[Level, ...]:
        """The promises about what was observed that were not kept."""
        return tuple(one for one in self.levels if one.state == BROKEN)

    @property
    def unknown(self) -> tuple[Level, ...]:
        """The promises of which nothing was observed, so that nobody can say."""
        return tuple(one for one in self.levels if one.met is None)


def report(
    uow: UnitOfWork, id: str, *, start: datetime, end: datetime, now: datetime, past: bool = False
) -> ServiceReport:
    """Report on an agreement for a stretch of time; every period that shares time with it, whole.

    A rolling commitment is reported once, for the days that end with the last day of the stretch. With
    `past` it is told as it was known at `now`, a moment that is over; what was planned then is left out.
    Raises NotFound, or Invalid for a stretch that ends before it starts or lies outside the agreement.
    """
    agreement = uow.get(ServiceAgreement, id)
    _refuse_stretch(agreement, start, end)
    known = promises_then.then(uow, now) if past else Known()
    promises = StoredPromises(uow.rows, uow.dialect, known.tables)
    until = min(end, now)
    promised = agreement_versions.promised(agreement, start, end)
    services = sorted({*agreement.services, *(one.service for one in promised)})
    periods = [(one, _periods(agreement, one, start, until)) for one in promised]
    spans = [span for _, found in periods for span in found] or [(seconds(start), seconds(until))]
    first, last = moment(min(one[0] for one in spans)), moment(max(one[1] for one in spans))
    outages = promises.outages_of(services, first, last)
    claims = promises.claims_of([agreement.id])
    facts = {
        one: Facts(outages=outages[one].counted if one in outages else (), claims=claims, now=now)
        for one in services
    }
    missed = [
        found
        for one, spent in periods
        if one.observed
        for found in misses_in(uow, agreement, one, spent, now=now, tables=known.tables)
    ]
    told = _told(outages, start, until)
    return ServiceReport(
        agreement=agreement,
        start=start,
        end=end,
        made_at=now,
        delivered=tuple(
            _delivered(agreement, one, period, facts[one.service], now)
            for one, spent in periods
            if not one.observed
            for period in spent
        ),
        levels=tuple(
            level
            for one, spent in periods
            if one.observed
            for level in levels_in(uow, agreement, one, spent, now=now, tables=known.tables)
        ),
        misses=tuple(sorted(missed, key=_furthest)[:MISSES]),
        misses_in_all=len(missed),
        outages=told,
        causes=_causes(uow, told, known),
        counts=_counts(agreement, promised, told, facts),
        differs={one: length(found.differs) for one, found in outages.items() if found.differs},
        claims=tuple(one for one in _claims(uow, id, known) if one.start < end and one.end > start),
        ahead=() if past else _ahead(uow, promises, agreement, now),
        unsaid=_unsaid(uow, id, now) if past else {},
        kept_since=_kept_since(uow, max(start, agreement.start)),
    )


def _claims(uow: UnitOfWork, id: str, known: Known) -> tuple[Claim, ...]:
    """The claims about an agreement, as they are known."""
    found = claims_of(uow, id)
    if known.claims is None:
        return found
    return tuple(one.but(**known.claims[one.id]._asdict()) for one in found if one.id in known.claims)


def _unsaid(uow: UnitOfWork, id: str, at: datetime) -> Unsaid:
    """What nothing says of a moment: the work planned, and an agreement that was amended since."""
    amended = Told(uow, "agreement", at, acts="agreement amend").since(id)
    return {id: ("work_ahead", *(("terms",) if amended else ()))}


def _causes(uow: UnitOfWork, told: dict[str, tuple[Outage, ...]], known: Known) -> dict[str, Outage]:
    """By id the outages of items that those of services follow from."""
    return {
        one.id: cause.but(ended=None) if cause.id in known.running else cause
        for service, found in told.items()
        for one in found
        if (cause := uow.find(Outage, one.id)) is not None and cause.subject != service
    }


def _counts(
    agreement: ServiceAgreement,
    promised: Sequence[ServiceCommitment],
    told: dict[str, tuple[Outage, ...]],
    facts: dict[str, Facts],
) -> dict[str, tuple[tuple[Counted, ...], ...]]:
    """What each outage took from the availabilities promised about its service."""
    return {
        service: tuple(
            tuple(
                counted(agreement, one, outage, facts[service], calendar.service_time)
                for one in promised
                if one.service == service and not one.observed
            )
            for outage in found
        )
        for service, found in told.items()
    }


def _furthest(one: Miss) -> tuple[str, Fraction, int]:
    """By commitment, then how many times beyond what was promised, then by time."""
    return one.commitment, -one.beyond, one.seen.at


def _kept_since(uow: UnitOfWork, start: datetime) -> datetime | None:
    """When the records begin - the journal, or the first outage entered - if that is after `start`."""
    asked = "SELECT min(at) FROM journal UNION ALL SELECT min(started) FROM outage"
    begun = [instant(str(row[0])) for row in uow.rows(asked) if row[0]]
    first = min(begun, default=None)
    return first if first is not None and first > start else None


def _refuse_stretch(agreement: ServiceAgreement, start: datetime, end: datetime) -> None:
    if end <= start:
        raise Invalid("The report ends before it starts.", "Give --since before --until.")
    if end <= agreement.start or (agreement.end is not None and start >= agreement.end):
        raise Invalid(
            f"{agreement.id} was not in force then.",
            f"See from when to when it is: 'cmdb agreement show {agreement.id}'.",
        )


def _periods(
    agreement: ServiceAgreement, commitment: ServiceCommitment, start: datetime, until: datetime
) -> list[Span]:
    """The periods to report on, each cut at the agreement and none that has not begun."""
    if until <= start:
        return []
    if commitment.period == "rolling":
        held = agreement_versions.parts(agreement, commitment) or ((agreement, commitment),)
        last = held[-1][0].end
        at = min(until, last) if last is not None else until
        return [period_of(agreement, commitment, at - timedelta(seconds=1))]
    return periods_of(agreement, commitment, start, until)


def _delivered(
    agreement: ServiceAgreement, commitment: ServiceCommitment, period: Span, facts: Facts, now: datetime
) -> Delivered:
    found = standing(agreement, commitment, period, facts, calendar.service_time)
    exempt = accepted(agreement.id, commitment.service, facts.claims)
    claimed = sum(
        length(intersect(calendar.service_time(each.hours, zone_of(one.zone), inside), exempt))
        for one, each in agreement_versions.parts(agreement, commitment)
        for inside in cut(one, period)
    )
    return Delivered(
        standing=found,
        claimed_s=claimed,
        planned_s=found.exempt_s - claimed,
        over=found.end <= now,
    )


def _told(
    outages: dict[str, ServiceOutages], start: datetime, until: datetime
) -> dict[str, tuple[Outage, ...]]:
    return {
        service: tuple(
            one
            for one in sorted(found.counted, key=lambda one: (one.started, one.id))
            if one.effect != "none" and one.started < until and (one.ended is None or one.ended > start)
        )
        for service, found in sorted(outages.items())
    }


def _ahead(
    uow: UnitOfWork, promises: StoredPromises, agreement: ServiceAgreement, now: datetime
) -> tuple[Ahead, ...]:
    estate = StoredEstate(uow.rows, uow.dialect)
    work = [
        one
        for tentative in (False, True)
        for one in promises.planned_between(now, now + AHEAD, tentative=tentative)
        if one.down
    ]
    found = [Ahead(work=one, effects=service_effects(estate, one.down, agreement.services)) for one in work]
    return tuple(
        sorted(
            (one for one in found if one.effects), key=lambda one: (one.work.window_start, one.work.reference)
        )
    )

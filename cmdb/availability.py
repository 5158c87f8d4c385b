"""How a commitment stands in a period: what was due, what it allows, what was used, what is left.

Exact whole seconds and fractions, no floating point. Pure: the moment `now`, the outages and the
claims are handed in, and so is the reader of service hours (`ServiceTime`): either
`cmdb.calendar.service_time`, or `around_the_clock` where `needs_calendar` says that is enough -
then no calendar library is loaded.
Source: rules.md 4; IT Service CMM, Service Commitment Management, Activity 3.3.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from cmdb.agreement_versions import parts, promised, versions
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.intervals import NEVER, Span, Spans, intersect, length, moment, seconds, subtract, union
from cmdb.model import Value
from cmdb.periods import period_at, periods_between, zone_of
from cmdb.promises import Claim, Outage, ServiceAgreement

_MOMENT = timedelta(seconds=1)
_FOR_EVER = 1 << 40  # seconds; later than any year a value may hold

ServiceTime = Callable[[ServiceHours, ZoneInfo, Span], Spans]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Value):
    """What happened to one service, as far as one agreement counts it.

    `outages` already settle direct against derived; `claims` may include others, only accepted
    ones for this agreement and service count. An outage without end runs until `now`.
    """

    outages: tuple[Outage, ...] = ()
    claims: tuple[Claim, ...] = ()
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Value):
    """How one commitment stands in one period, cut at the agreement's start and end. Seconds.

    `target` is that of the newest version in the period, where it has several.
    left_s = allowance_s - used_s, and left_s >= 0 exactly when the availability meets the target.
    """

    agreement: str
    commitment: str
    service: str
    start: datetime
    end: datetime
    target: Fraction
    service_s: int
    exempt_s: int
    counted_s: int
    allowance_s: int
    used_s: int
    running: bool

    @property
    def left_s(self) -> int:
        """Seconds of outage still allowed; negative once the promise is broken."""
        return self.allowance_s - self.used_s

    @property
    def met(self) -> bool:
        """The availability reaches the target, or nothing was due."""
        return self.left_s >= 0

    @property
    def availability(self) -> Fraction | None:
        """1 - used / counted, exactly; None when nothing was due."""
        return 1 - Fraction(self.used_s, self.counted_s) if self.counted_s else None

    @property
    def promised(self) -> str:
        """The target in percent, with every digit that was agreed."""
        share = self.target * 100
        return f"{(Decimal(share.numerator) / share.denominator).normalize():f}"

    def percent(self, places: int | None = None) -> str:
        """Availability in percent, rounded down so that it never looks better than it was.

        With three places, or as many as the target has: what kept it does not look below it.
        """
        share = self.availability
        if share is None:
            return "nothing was due"
        if places is None:
            places = max(3, len(self.promised.partition(".")[2]))
        whole, rest = divmod(int(share * 100 * 10**places), 10**places)
        return f"{whole}.{rest:0{places}d} %" if places else f"{whole} %"

    @property
    def sentence(self) -> str:
        """The standing in one line for a person."""
        if not self.counted_s:
            return "Nothing was due in this period, so nothing can be broken."
        running = " An outage is still running." if self.running else ""
        if self.met:
            return f"{self.used_s} s used of {self.allowance_s} s allowed; {self.left_s} s left.{running}"
        return f"{self.used_s} s used of {self.allowance_s} s allowed; broken by {-self.left_s} s.{running}"


def around_the_clock(
    hours: ServiceHours,
    zone: ZoneInfo,  # noqa: ARG001 - every ServiceTime takes it; this one needs no wall clock
    span: Span,
) -> Spans:
    """Service time of hours that are due always. Raises ValueError for any other: ask the calendar."""
    if not hours.always:
        raise ValueError("these service hours need cmdb.calendar.service_time")
    return union([span])


def needs_calendar(agreements: Iterable[ServiceAgreement], services: Iterable[str] | None = None) -> bool:
    """Whether availabilities promised (about some services) cannot be counted without the calendar."""
    wanted = None if services is None else set(services)
    return any(
        not commitment.hours.always or (commitment.planned == "beyond the agreed windows" and one.windows)
        for whole in agreements
        for one in versions(whole)
        for commitment in one.commitments
        if not commitment.observed and (wanted is None or commitment.service in wanted)
    )


def ratio(commitment: ServiceCommitment) -> Fraction:
    """The target as an exact part of one: 99.9 % is 999/1000."""
    return Fraction(commitment.target) / 100


def allowance(target: Fraction, counted_s: int) -> int:
    """Seconds of outage a target permits in the time that counts.

    floor((1 - target) x counted): rounded down, in the customer's favour. Source: rules.md 4.
    """
    return (target.denominator - target.numerator) * counted_s // target.denominator


def period_of(agreement: ServiceAgreement, commitment: ServiceCommitment, at: datetime) -> Span:
    """The period of a commitment a moment lies in, not cut, in the agreement's zone."""
    return period_at(commitment.period, seconds(at), zone_of(agreement.zone), commitment.days)


def periods_of(
    agreement: ServiceAgreement, commitment: ServiceCommitment, start: datetime, end: datetime
) -> list[Span]:
    """Every period of a commitment that shares time with a stretch and in which it was held."""
    found = periods_between(
        commitment.period, seconds(start), seconds(end), zone_of(agreement.zone), commitment.days
    )
    held = parts(agreement, commitment) or ((agreement, commitment),)
    return [one for one in found if any(cut(each, one) for each, _ in held)]


def cut(agreement: ServiceAgreement, period: Span) -> Spans:
    """The part of a period inside the agreement: one stretch, or none."""
    start = max(period[0], seconds(agreement.start))
    end = period[1] if agreement.end is None else min(period[1], seconds(agreement.end))
    return ((start, end),) if start < end else NEVER


def due(
    agreement: ServiceAgreement,
    commitment: ServiceCommitment,
    period: Span,
    claims: Iterable[Claim],
    hours: ServiceTime,
) -> Spans:
    """Service time of a period inside the agreement, less what accepted claims exempt."""
    zone = zone_of(agreement.zone)
    inside = cut(agreement, period)
    service = hours(commitment.hours, zone, inside[0]) if inside else NEVER
    return subtract(service, accepted(agreement.id, commitment.service, claims))


def accepted(agreement: str, service: str, claims: Iterable[Claim]) -> Spans:
    """Union of the accepted claims of an agreement about a service."""
    return union(
        (seconds(one.start), seconds(one.end))
        for one in claims
        if one.state == "accepted" and one.agreement == agreement and one.service in ("", service)
    )


def exempt_when_planned(
    agreement: ServiceAgreement, commitment: ServiceCommitment, window: Span, hours: ServiceTime
) -> Spans:
    """The part of an approved window in which an outage of its change does not count."""
    if commitment.planned == "yes":
        return NEVER
    if commitment.planned == "no":
        return union([window])
    return intersect(
        union([window]), agreed_windows(agreement.windows, zone_of(agreement.zone), window, hours)
    )


def agreed_windows(windows: tuple[Recurrence, ...], zone: ZoneInfo, span: Span, hours: ServiceTime) -> Spans:
    """The agreed maintenance windows inside a stretch of time."""
    return hours(ServiceHours(rules=windows), zone, span) if windows else NEVER


def outage_spans(outages: Iterable[Outage], commitment: ServiceCommitment, now: datetime) -> Spans:
    """When the service was out by this commitment's rules, up to now; degraded only where it counts."""
    until = seconds(now)
    return union(
        (seconds(one.started), min(until, seconds(one.ended)) if one.ended else until)
        for one in outages
        if counts(one.effect, commitment)
    )


def counts(effect: str | None, commitment: ServiceCommitment) -> bool:
    """Whether an effect on the service is an outage by a commitment."""
    return effect == "outage" or (effect == "degraded" and commitment.degraded)


def planned_spans(
    agreement: ServiceAgreement,
    commitment: ServiceCommitment,
    outages: Iterable[Outage],
    now: datetime,
    hours: ServiceTime,
) -> Spans:
    """The planned part of the outages that does not count: inside their approved windows."""
    parts: list[Spans] = []
    for one in outages:
        if one.planned_start and one.planned_end and commitment.planned != "yes":
            window = seconds(one.planned_start), seconds(one.planned_end)
            free = exempt_when_planned(agreement, commitment, window, hours)
            parts.append(intersect(outage_spans([one], commitment, now), free))
    return union(*parts)


def settled(direct: Iterable[Outage], derived: Iterable[Outage]) -> tuple[tuple[Outage, ...], Spans]:
    """The outages of one service that count, and where what was seen differs from what follows.

    What was recorded on the service itself outranks what follows from its items: a stretch of
    derived outage that overlaps a recorded one is dropped whole, because somebody looked; the
    other stretches stay. Gives the outages that count, and the seconds only one side has.
    An outage without end is taken as lasting for ever. Source: rules.md 4, Outages of a service.
    """
    seen, follows = tuple(direct), tuple(derived)
    known = union(_lasting(one) for one in seen)
    stretches = union(_lasting(one) for one in follows)
    dropped = tuple(one for one in stretches if intersect((one,), known))
    kept = tuple(one for one in follows if not intersect((_lasting(one),), dropped))
    out = union(_lasting(one) for one in seen if one.effect != "none")
    touched = tuple(one for one in out if intersect((one,), dropped))
    differs = union(subtract(dropped, out), subtract(touched, dropped))
    return (*seen, *kept), differs


def _lasting(outage: Outage) -> Span:
    return seconds(outage.started), seconds(outage.ended) if outage.ended else _FOR_EVER


def standing(
    agreement: ServiceAgreement,
    commitment: ServiceCommitment,
    period: Span,
    facts: Facts,
    hours: ServiceTime,
) -> Standing:
    """Count one commitment in one period, exactly.

    Counted time = service time inside the agreement - (accepted claims + planned outages that do
    not count); used = outages inside counted time, up to now. Where the agreement changes version
    the period is cut; its parts use their own target and add up. Source: rules.md 4, Counted time.
    """
    found = [
        _counted(one, each, period, facts, hours)
        for one, each in parts(agreement, commitment)
        if cut(one, period)
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        return _counted(agreement, commitment, period, facts, hours)
    return found[-1].but(
        start=found[0].start,
        service_s=sum(one.service_s for one in found),
        exempt_s=sum(one.exempt_s for one in found),
        counted_s=sum(one.counted_s for one in found),
        allowance_s=sum(one.allowance_s for one in found),
        used_s=sum(one.used_s for one in found),
        running=any(one.running for one in found),
    )


def _counted(
    agreement: ServiceAgreement,
    commitment: ServiceCommitment,
    period: Span,
    facts: Facts,
    hours: ServiceTime,
) -> Standing:
    inside = cut(agreement, period)
    start, end = inside[0] if inside else (period[0], period[0])
    service = hours(commitment.hours, zone_of(agreement.zone), (start, end)) if inside else NEVER
    exempt = union(
        accepted(agreement.id, commitment.service, facts.claims),
        planned_spans(agreement, commitment, facts.outages, facts.now, hours),
    )
    counted = subtract(service, exempt)
    used = intersect(outage_spans(facts.outages, commitment, facts.now), counted)
    target = ratio(commitment)
    return Standing(
        agreement=agreement.id,
        commitment=commitment.id,
        service=commitment.service,
        start=moment(start),
        end=moment(end),
        target=target,
        service_s=length(service),
        exempt_s=length(service) - length(counted),
        counted_s=length(counted),
        allowance_s=allowance(target, length(counted)),
        used_s=length(used),
        running=_running(facts, commitment, (start, end)),
    )


def standings(
    agreement: ServiceAgreement, facts: dict[str, Facts], at: datetime, hours: ServiceTime
) -> list[Standing]:
    """How every promised availability of an agreement stands in the period a moment lies in.

    `facts` by service; a service without any had no outage.
    """
    nothing = Facts(now=at)
    return [
        standing(agreement, one, period_of(agreement, one, at), facts.get(one.service, nothing), hours)
        for one in promised(agreement, at, at + _MOMENT)
        if not one.observed
    ]


def _running(facts: Facts, commitment: ServiceCommitment, period: Span) -> bool:
    return period[0] <= seconds(facts.now) < period[1] and any(
        one.ended is None and counts(one.effect, commitment) and one.started <= facts.now
        for one in facts.outages
    )

"""Better moments for work on a site: everything that decides, read and laid side by side.

What goes down is followed on the estate as it will be by then: for each start with what scheduled
work will have changed whose window is over. Agreements, outages, other decided work and freezes are
read for as far ahead as any period reaches. Joint outages are those of the estate as it will be, too;
with work that waits for its decision they are told, and bar nothing. Writes nothing.
Source: rules.md 3 and 4.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cmdb import calendar
from cmdb import freezes as calendar_of
from cmdb.agreement_versions import promised
from cmdb.availability import agreed_windows, periods_of
from cmdb.better_moments import (
    MINUTE,
    Agreed,
    Bar,
    BetterMoments,
    Job,
    Moment,
    Moments,
    best_of,
    notice_bar,
)
from cmdb.commitments import ServiceCommitment
from cmdb.errors import NotFound
from cmdb.estate import Estate
from cmdb.forecast import Ledger, WorkEffect
from cmdb.impact import impact
from cmdb.intervals import Span, moment, seconds
from cmdb.joint_ahead import NOTHING, Done, Estates, Outlook, named_by, starts_from
from cmdb.joint_outages import JointOutages, Sweep
from cmdb.periods import zone_of
from cmdb.promise_costs import Cost
from cmdb.promises import Freeze, PlannedWork, ServiceAgreement
from cmdb.reading_promises import StoredPromises
from cmdb.spread import EFFECTS

WEEK = 7 * 86_400


class Effects(NamedTuple):
    """What the work does when it starts at some moment: service -> effect, and every item it hits."""

    services: dict[str, str]
    hit: frozenset[str]


class Turn(NamedTuple):
    """From which start on the work does something else to services, and after which work that is."""

    start: datetime
    after: tuple[str, ...]
    services: dict[str, str]


class Sought(NamedTuple):
    """The better moments for some work; `asked` is the one it is compared with.

    `services` are the effects of the work on services at the moment asked for, `turns` when within the
    days ahead they become others. `not_computed` says what could not be looked at, in words; empty
    when everything was.
    """

    found: BetterMoments
    asked: Moment
    services: dict[str, str]
    not_computed: str
    turns: tuple[Turn, ...] = ()


def seek(
    estate: Estate,
    promises: StoredPromises,
    freezes: Iterable[Freeze],
    work: PlannedWork,
    *,
    now: datetime,
    days: int,
    zone: ZoneInfo,
    given: datetime | None = None,
    bars: Sequence[Bar] = (),
    most: int = 10,
    worked_on: Collection[str] = (),
    done: Collection[Done] = (),
) -> Sought:
    """Find the best moments of the next days for some work, best first.

    The work brings its down set, how long it takes, how long its window is and when in it
    something goes down; its own window is the moment the others are compared with. `given` is when
    notice of it was given, `bars` is what else must not be met, `worked_on` are items that the work
    changes besides those it takes down, `done` is what other work will have changed by when.
    Raises Invalid for an empty down set, NotFound for unknown items.
    """
    job = _job(work)
    within = seconds(now), seconds(now + timedelta(days=days))
    asked = seconds(work.window_start)
    last = max(within[1], asked) + max(job.length, job.worst)
    anywhere = work.but(
        window_start=min(now, work.window_start), window_end=moment(last), down_from=None, tentative=False
    )
    ahead = _Ahead(estate, work.down, job, done)
    stretches = ahead.stretches(within)
    site = _Site(estate, promises, anywhere, ahead.worst, now, done)
    starts = *within, asked, seconds(work.window_end)
    joint = [_joint(site.joint, anywhere.reference, tentative=one) for one in (False, True)]
    decided = _Decided(
        estate,
        site,
        job,
        tuple(freezes),
        {*work.down, *worked_on},
        (min(starts) - WEEK, max(starts) + job.length + WEEK),
        [*bars, *joint[0]],
        joint[1],
        given or now,
    )
    found = [decided.at(*one).ranked(zone, most) for one in stretches]
    missed = JointOutages((), None, tuple(sorted(ahead.estates.missed.items()))).not_computed
    told = dict.fromkeys(filter(None, (*missed.split("; "), *site.joint.not_computed.split("; "))))
    does = ahead.at(asked)
    return Sought(
        best_of(found, zone, most),
        decided.at((asked, asked), does).at(asked),
        does.services,
        "; ".join(told),
        ahead.turns(stretches),
    )


class _Decided:
    """What decides between starts, by what the work does then; the same effects are laid out once."""

    def __init__(
        self,
        estate: Estate,
        site: "_Site",
        job: Job,
        freezes: tuple[Freeze, ...],
        worked_on: set[str],
        wide: Span,
        bars: Sequence[Bar],
        tentative: Sequence[Bar],
        given: datetime,
    ) -> None:
        self.estate, self.site, self.job = estate, site, job
        self.freezes, self.worked_on, self.wide = freezes, worked_on, wide
        self.bars, self.tentative, self.given = bars, tentative, given
        self._known: dict[object, Moments] = {}

    def at(self, within: Span, effects: Effects) -> Moments:
        """What decides for starts in a stretch in which the work has some effects."""
        key = tuple(sorted(effects.services.items())), effects.hit
        if key not in self._known:
            self._known[key] = self._laid_out(within, effects)
        return self._known[key].within_other(within)

    def _laid_out(self, within: Span, effects: Effects) -> Moments:
        touched = calendar_of.touched(
            self.estate,
            self.site.promises.rows,
            services=effects.services,
            hit=effects.hit,
            worked_on=self.worked_on,
        )
        entries = calendar_of.concerned(self.estate, self.freezes, touched)
        agreements = self.site.agreements_about(effects)
        return Moments(
            self.job,
            within,
            costs=self.site.costs(self.job, effects),
            agreed=_agreed(agreements, entries, self.wide),
            bars=[*self.bars, *_notices(agreements, self.given), *_freezes(entries, self.wide)],
            tentative=self.tentative,
        )


class _Ahead:
    """What the work does at each start, on the estate as scheduled work leaves it until then.

    Of a window in which other work ends, the worse of before and after counts: when exactly that work
    is done nobody can say.
    """

    def __init__(self, estate: Estate, down: Sequence[str], job: Job, done: Collection[Done]) -> None:
        self.estates = Estates(estate)
        self.down = down
        self.done = sorted(
            (one for one in done if one.delta != NOTHING), key=lambda one: (one.end, one.reference)
        )
        self.ends = [seconds(one.end) for one in self.done]
        self.first = job.after or 0
        self.last = self.first + job.worst if job.after is not None else max(job.length, job.worst)
        self._after = [self._followed(0)]
        named, loose = set[str](), False
        for number, one in enumerate(self.done, 1):
            starts, added = starts_from(estate, one.delta)
            names = named_by(one.delta)
            loose = loose or bool(added)
            before = self._after[-1]
            same = (
                not loose and names.isdisjoint(named) and starts.isdisjoint(estate.keys(before.hit).values())
            )
            named |= names
            self._after.append(before if same else self._followed(number))

    @property
    def worst(self) -> dict[str, str]:
        """The worst effect on each service at any start."""
        return _worst(self._after).services

    def at(self, start: int) -> Effects:
        """What the work does when its window starts at a moment."""
        return _worst(
            self._after[
                bisect_right(self.ends, start + self.first) : bisect_left(self.ends, start + self.last) + 1
            ]
        )

    def stretches(self, within: Span) -> list[tuple[Span, Effects]]:
        """The stretches of starts at which the work does the same."""
        edges = {edge for end in self.ends for edge in (end - self.first, end - self.last + 1)}
        # A start is a whole minute: what no minute lies in is no stretch.
        cuts = sorted({-(-edge // MINUTE) * MINUTE for edge in edges if within[0] < edge < within[1]})
        found: list[tuple[Span, Effects]] = []
        for first, last in pairwise(
            [within[0], *(one for one in cuts if within[0] < one < within[1]), within[1]]
        ):
            effects = self.at(first)
            if found and found[-1][1] == effects:
                first = found.pop()[0][0]
            found.append(((first, last), effects))
        return found

    def turns(self, stretches: Sequence[tuple[Span, Effects]]) -> tuple[Turn, ...]:
        """When the effects on services become others, and which work has been done by then."""
        found = []
        for (_span, before), ((start, _end), effects) in pairwise(stretches):
            if before.services != effects.services:
                upto = bisect_left(self.ends, start + self.last)
                end = self.ends[upto - 1]
                after = tuple(one.reference for one in self.done[:upto] if seconds(one.end) == end)
                found.append(Turn(moment(start), after, effects.services))
        return tuple(found)

    def _followed(self, number: int) -> Effects:
        """What goes down on the estate after the first so many pieces of work."""
        try:
            answer = impact(self.estates.after(self.done[:number]), self.down)
        except NotFound:
            if not number:
                raise
            return Effects({}, frozenset())  # by then it is taken out of the estate
        services = {one.id: one.effect for one in answer.services}
        return Effects(services, frozenset(one.id for one in answer.items))


def _worst(found: Sequence[Effects]) -> Effects:
    """The worst of several effects, service by service."""
    services: dict[str, str] = {}
    for one in found:
        for id, effect in one.services.items():
            services[id] = max(effect, services.get(id, effect), key=EFFECTS.index)
    return Effects(services, frozenset[str]().union(*(one.hit for one in found)))


class _Site:
    """What a site holds about some work that could be done anywhere in a stretch of time.

    `services` is the worst that the work may do to each service it may hit.
    """

    def __init__(
        self,
        estate: Estate,
        promises: StoredPromises,
        anywhere: PlannedWork,
        services: dict[str, str],
        now: datetime,
        done: Collection[Done],
    ) -> None:
        self.now = now
        self.promises = promises
        self.this = WorkEffect(work=anywhere, effects=services)
        self.whole = seconds(anywhere.window_start), seconds(anywhere.window_end)
        about = self.this.services, anywhere.window_start, anywhere.window_end
        self.versions = promises.agreements_of(*about)
        self.agreements = promises.agreements_of(*about, whole=True)
        periods = [
            period
            for one, commitment in self._promised()
            for period in periods_of(one, commitment, anywhere.window_start, anywhere.window_end)
        ]
        self.start = moment(min((one[0] for one in periods), default=self.whole[0]))
        self.end = moment(max((one[1] for one in periods), default=self.whole[1]))
        others = [
            one
            for one in promises.planned_between(now, max(self.end, anywhere.window_end))
            if one.reference != anywhere.reference and one.down
        ]
        maybe = [
            one
            for one in promises.planned_between(now, anywhere.window_end, tentative=True)
            if one.reference != anywhere.reference and one.down
        ]
        outlook = Outlook(estate, [anywhere, *others, *maybe], done)
        self.joint = outlook.found()
        self.others = _effects(outlook.today, estate, others, self.this.services)

    def _promised(self) -> Iterator[tuple[ServiceAgreement, ServiceCommitment]]:
        """What follows from outages, of every version in the stretch, as it was said last."""
        for one in self.agreements:
            for commitment in promised(one, *map(moment, self.whole)):
                if not commitment.observed and commitment.service in self.this.services:
                    yield one, commitment

    def agreements_about(self, effects: Effects) -> list[ServiceAgreement]:
        """The versions of agreements about services that are in outage or degraded then."""
        hit = set(WorkEffect(work=self.this.work, effects=effects.services).services)
        return [one for one in self.versions if not hit.isdisjoint(one.services)]

    def costs(self, job: Job, effects: Effects) -> list[Cost]:
        """What the work takes of each commitment about a service it hits."""
        named = [one.id for one in self.agreements]
        facts = self.promises.facts_of(self.this.services, named, self.start, self.end, self.now)
        found = []
        for agreement, commitment in self._promised():
            effect = effects.services.get(commitment.service, "none")
            fact = facts[commitment.service]
            ledger = Ledger(agreement, commitment, self.others, fact, self.now, calendar.service_time)
            parts, periods = ledger.laid_out(self.whole, job.expected, job.worst, effect)
            if any(one.felt for one in parts):
                found.append(Cost(agreement, commitment, parts, periods))
        return found


def _job(work: PlannedWork) -> Job:
    length = seconds(work.window_end) - seconds(work.window_start)
    after = seconds(work.down_from) - seconds(work.window_start) if work.down_from else None
    return Job(length=length, expected=work.expected, worst=work.worst, after=after)


def _effects(
    sweep: Sweep, estate: Estate, others: Sequence[PlannedWork], services: Collection[str]
) -> list[WorkEffect]:
    """What the other work does to some services, each by itself."""
    names = {key: id for id, key in estate.keys(services).items()}
    hit = sweep.alone(names)
    return [
        WorkEffect(work=one, effects={names[key]: effect for key, effect in hit[one.reference].items()})
        for one in others
        if one.reference in hit
    ]


def _notices(agreements: Iterable[ServiceAgreement], given: datetime) -> list[Bar]:
    return [bar for one in agreements if (bar := notice_bar(one, given)) is not None]


def _agreed(agreements: Iterable[ServiceAgreement], entries: Iterable[Freeze], within: Span) -> list[Agreed]:
    """The windows for planned work that agreements name, and those of the calendar."""
    return [
        *(
            Agreed(one.id, agreed_windows(one.windows, zone_of(one.zone), within, calendar.service_time))
            for one in agreements
            if one.windows
        ),
        *(Agreed(one.id, calendar_of.stretches(one, within)) for one in entries if one.kind != "freeze"),
    ]


def _freezes(entries: Iterable[Freeze], within: Span) -> list[Bar]:
    return [
        Bar(start, end, f"freeze {one.id}: {one.title}")
        for one in entries
        if one.kind == "freeze"
        for start, end in calendar_of.stretches(one, within)
    ]


def _joint(joint: JointOutages, reference: str, *, tentative: bool) -> list[Bar]:
    found = []
    for one in joint.found:
        if one.tentative != tentative:
            continue
        others = [name for name in one.changes if name != reference]
        if len(others) < len(one.changes):
            first = one.items[0]
            state = "degraded" if first.effect == "degraded" else "in outage"
            more = f" and {len(one.items) - 1} more" if len(one.items) > 1 else ""
            why = f"together with {' and '.join(others)}: {first.id}{more} {state}"
            found.append(Bar(seconds(one.start), seconds(one.end), why))
    return found

"""Better moments for work on a site: everything that decides, read and laid side by side.

What goes down is followed on the estate as it will be by then: for each start with what scheduled
work will have changed whose window is over, and so is what other scheduled work takes in its own
window. Agreements, outages, other decided work and freezes are read for as far ahead as any period
reaches. Joint outages are those of the estate as it will be, too;
with work that waits for its decision they are told, and bar nothing. Writes nothing.
Source: rules.md 3 and 4.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cmdb import calendar, moment_bars
from cmdb import freezes as calendar_of
from cmdb.agreement_versions import promised
from cmdb.availability import periods_of
from cmdb.better_moments import MINUTE, Bar, BetterMoments, Job, Moment, Moments, best_of
from cmdb.commitments import ServiceCommitment
from cmdb.differences import Differences, Done
from cmdb.effects_ahead import Effects, effects_ahead, following
from cmdb.estate import Estate
from cmdb.forecast import Ledger, WorkEffect
from cmdb.intervals import Span, moment, seconds
from cmdb.joint_ahead import Outlook
from cmdb.joint_outages import JointOutages
from cmdb.promise_costs import Cost
from cmdb.promises import Freeze, PlannedWork, ServiceAgreement
from cmdb.reading_promises import StoredPromises

WEEK = 7 * 86_400


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
    differences = Differences(estate, done)
    ahead = _Ahead(differences, work.down, job)
    stretches = ahead.stretches(within)
    site = _Site(differences, promises, anywhere, ahead.worst, now)
    starts = *within, asked, seconds(work.window_end)
    joint = [moment_bars.together(site.joint, anywhere.reference, tentative=one) for one in (False, True)]
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
    missed = JointOutages((), None, tuple(sorted(differences.missed.items()))).not_computed
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
            agreed=moment_bars.agreed(agreements, entries, self.wide),
            bars=[
                *self.bars,
                *moment_bars.notices(agreements, self.given),
                *moment_bars.frozen(entries, self.wide),
            ],
            tentative=self.tentative,
        )


class _Ahead:
    """What the work does at each start, on the estate as scheduled work leaves it until then."""

    def __init__(self, differences: Differences, down: Sequence[str], job: Job) -> None:
        self.differences = differences
        self.first = job.after or 0
        self.last = self.first + job.worst if job.after is not None else max(job.length, job.worst)
        self._following = following(differences, down)

    @property
    def worst(self) -> dict[str, str]:
        """The worst effect on each service at any start."""
        return self._following.worst(range(len(self.differences.done) + 1)).services

    def at(self, start: int) -> Effects:
        """What the work does when its window starts at a moment."""
        return self._following.worst(self.differences.met((start + self.first, start + self.last)))

    def stretches(self, within: Span) -> list[tuple[Span, Effects]]:
        """The stretches of starts at which the work does the same."""
        edges = {edge for end in self.differences.ends for edge in (end - self.first, end - self.last + 1)}
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
                found.append(Turn(moment(start), self._after(start), effects.services))
        return tuple(found)

    def _after(self, start: int) -> tuple[str, ...]:
        """The work that matters and that, from this start on, is over before or ends in the outage."""
        just = range(start - MINUTE + 1, start + 1)
        met = self.differences.met((start + self.first, start + self.last))
        matters = {*self._following.chosen(met[0]), *self._following.chosen(met[-1])}
        return tuple(
            one.reference
            for place, (one, end) in enumerate(zip(self.differences.done, self.differences.ends, strict=True))
            if place in matters and (end - self.first in just or end - self.last + 1 in just)
        )


class _Site:
    """What a site holds about some work that could be done anywhere in a stretch of time.

    `services` is the worst that the work may do to each service it may hit.
    """

    def __init__(
        self,
        differences: Differences,
        promises: StoredPromises,
        anywhere: PlannedWork,
        services: dict[str, str],
        now: datetime,
    ) -> None:
        self.now = now
        self.promises = promises
        self._costs: dict[object, list[Cost]] = {}
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
        outlook = Outlook(differences.today, [anywhere, *others, *maybe], differences.done)
        self.joint = outlook.found()
        hit = effects_ahead(differences, outlook.today, others, self.this.services)
        self.others = [
            WorkEffect(work=one, effects=hit[one.reference]) for one in others if one.reference in hit
        ]

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
        """What the work takes of each commitment about a service it hits; by the same effects the same."""
        key = tuple(sorted(effects.services.items()))
        if key not in self._costs:
            self._costs[key] = self._laid_out(job, effects)
        return self._costs[key]

    def _laid_out(self, job: Job, effects: Effects) -> list[Cost]:
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

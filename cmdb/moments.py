"""Better moments for work on a site: everything that decides, read and laid side by side.

What goes down is followed on the estate as it is; agreements, outages, other decided work and
freezes are read for as far ahead as any period reaches. Joint outages are those of the estate as it
will be; with work that waits for its decision they are told, and bar nothing. Writes nothing.
Source: rules.md 3 and 4.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cmdb import calendar
from cmdb import freezes as calendar_of
from cmdb.availability import agreed_windows, counts, periods_of
from cmdb.better_moments import Agreed, Bar, BetterMoments, Job, Moment, Moments, notice_bar
from cmdb.estate import Estate
from cmdb.forecast import Ledger, WorkEffect
from cmdb.impact import Impact, impact
from cmdb.intervals import Span, moment, seconds
from cmdb.joint_ahead import Done, Outlook
from cmdb.joint_outages import JointOutages, Sweep
from cmdb.periods import zone_of
from cmdb.promise_costs import Cost
from cmdb.promises import Freeze, PlannedWork, ServiceAgreement
from cmdb.reading_promises import StoredPromises

WEEK = 7 * 86_400


class Sought(NamedTuple):
    """The better moments for some work; `asked` is the one it is compared with.

    `services` are the effects of the work on services. `not_computed` says what could not be looked
    at, in words; empty when everything was.
    """

    found: BetterMoments
    asked: Moment
    services: dict[str, str]
    not_computed: str


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
    last = max(within[1], seconds(work.window_start)) + max(job.length, job.worst)
    anywhere = work.but(
        window_start=min(now, work.window_start), window_end=moment(last), down_from=None, tentative=False
    )
    answer = impact(estate, work.down)
    site = _Site(estate, promises, anywhere, answer, now, done)
    starts = *within, *(seconds(one) for one in (work.window_start, work.window_end))
    wide = min(starts) - WEEK, max(starts) + job.length + WEEK
    touched = calendar_of.touched(
        estate,
        promises.rows,
        services=site.services,
        hit=[one.id for one in answer.items],
        worked_on={*work.down, *worked_on},
    )
    entries = calendar_of.concerned(estate, freezes, touched)
    moments = Moments(
        job,
        within,
        costs=site.costs(job),
        agreed=_agreed(site.agreements, entries, wide),
        bars=[
            *bars,
            *_notices(site.agreements, given or now),
            *_freezes(entries, wide),
            *_joint(site.joint, anywhere.reference, tentative=False),
        ],
        tentative=_joint(site.joint, anywhere.reference, tentative=True),
    )
    return Sought(
        moments.ranked(zone, most),
        moments.at(seconds(work.window_start)),
        site.services,
        site.joint.not_computed,
    )


class _Site:
    """What a site holds about some work that could be done anywhere in a stretch of time."""

    def __init__(
        self,
        estate: Estate,
        promises: StoredPromises,
        anywhere: PlannedWork,
        answer: Impact,
        now: datetime,
        done: Collection[Done],
    ) -> None:
        self.now = now
        self.promises = promises
        self.services = {one.id: one.effect for one in answer.services}
        self.this = WorkEffect(work=anywhere, effects=self.services)
        self.whole = seconds(anywhere.window_start), seconds(anywhere.window_end)
        self.agreements = promises.agreements_of(
            self.this.services, anywhere.window_start, anywhere.window_end
        )
        periods = [
            period
            for one in self.agreements
            for commitment in one.commitments
            if not commitment.observed
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

    def costs(self, job: Job) -> list[Cost]:
        """What the work takes of each commitment about a service it hits."""
        named = [one.id for one in self.agreements]
        facts = self.promises.facts_of(self.this.services, named, self.start, self.end, self.now)
        found = []
        for agreement in self.agreements:
            for commitment in agreement.commitments:
                if commitment.observed or not counts(self.services.get(commitment.service), commitment):
                    continue
                ledger = Ledger(
                    agreement,
                    commitment,
                    self.others,
                    facts[commitment.service],
                    self.now,
                    calendar.service_time,
                )
                laid_out = ledger.laid_out(self.whole, job.expected, job.worst)
                found.append(Cost(agreement, commitment, *laid_out))
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

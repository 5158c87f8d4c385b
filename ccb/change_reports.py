"""What became of change requests in a period: how many, how long, how well.

    report(uow, start=..., end=..., now=...) -> ChangeReport

A request belongs to the period in which it was raised, decided or closed; each figure says which it
counts. Times are those of the request, seconds between them are elapsed time, day and night. The 90th
percentile is the nearest rank: the smallest lead time that nine tenths do not exceed.
Source: IT Service CMM 5.5, Activity 9 and Measurement 1.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from statistics import median_high

from ccb import requests_then, tables
from ccb.lifecycle import FINAL, STATES
from ccb.model import ChangeRequest
from cmdb import people
from cmdb.back_then import Told, Unsaid
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid
from cmdb.model import Value
from cmdb.store import UnitOfWork

GOOD = ("as planned", "with deviation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead(Value):
    """How long a way took: of how many requests, the median and the 90th percentile, in seconds."""

    way: str
    count: int
    median: int = 0
    ninetieth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Success(Value):
    """How the finished requests of a group ended. `group` is a kind of request or a team."""

    group: str
    finished: int
    as_planned: int
    deviated: int
    failed: int
    backed_out: int

    @property
    def share(self) -> float:
        """The share that ended as planned or with a deviation, 0 to 1."""
        return (self.as_planned + self.deviated) / self.finished if self.finished else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeReport(Value):
    """The report. `touched` are the requests raised, decided or closed in the period, newest first.

    `open` counts those not over now, by state; `overdue` are approved or under way with their window over.
    `approvals` were voted in the period; `stale` of them were about other evidence than was decided on, or
    than lies before the board now.
    """

    start: datetime
    end: datetime
    made_at: datetime
    raised: int
    decided: int
    approved: int
    rejected: int
    closed: int
    emergencies: int
    approvals: int
    stale: int
    open: dict[str, int]
    leads: tuple[Lead, ...]
    by_kind: tuple[Success, ...]
    by_team: tuple[Success, ...]
    months: tuple[tuple[str, int, int], ...]
    overdue: tuple[ChangeRequest, ...]
    touched: tuple[ChangeRequest, ...]
    unsaid: Unsaid


def report(
    uow: UnitOfWork,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    zone: tzinfo = UTC,
    past: bool = False,
) -> ChangeReport:
    """Count what became of change requests from `start` until `end`, as far as it has happened.

    `zone` is where months are read. With `past` they are as they stood at `now`, a moment that is over.
    Raises Invalid when the period ends before it starts.
    """
    if end <= start:
        raise Invalid("The period ends before it starts.", "Give --since before --until.")
    every = [uow.get(ChangeRequest, id) for id in tables.request_ids(uow, newest_first=True)]
    told = requests_then.told_of(uow, now) if past else None
    unsaid: Unsaid = {}
    if told is not None:
        every, unsaid = requests_then.stood(every, told)

    def within(at: datetime | None) -> bool:
        return at is not None and start <= at < end

    raised = [one for one in every if within(one.created_at)]
    decided = [one for one in every if within(one.decided_at)]
    closed = [one for one in every if within(one.closed_at)]
    touched = {one.id for one in (*raised, *decided, *closed)}
    lost = [one for one in decided if one.state == "rejected"]
    approvals = _approvals(uow, start, end, told)
    return ChangeReport(
        start=start,
        end=end,
        made_at=now,
        raised=len(raised),
        decided=len(decided),
        approved=len(decided) - len(lost),
        rejected=len(lost),
        closed=len(closed),
        emergencies=sum(one.kind == "emergency" for one in raised),
        approvals=len(approvals),
        stale=sum(approvals),
        open=_open(every),
        leads=(
            _lead("from submitted to decided", decided, lambda one: (one.submitted_at, one.decided_at)),
            _lead("from decided to finished", closed, lambda one: (one.decided_at, one.finished)),
            _lead("from raised to closed", closed, lambda one: (one.created_at, one.closed_at)),
        ),
        by_kind=_successes(closed, lambda one: [one.kind]),
        by_team=_successes(closed, _teams(uow)),
        months=_months(raised, closed, zone),
        overdue=tuple(
            one
            for one in every
            if one.state in ("approved", "checked out") and one.window is not None and one.window.end <= now
        ),
        touched=tuple(one for one in every if one.id in touched),
        unsaid=unsaid,
    )


def _open(every: Iterable[ChangeRequest]) -> dict[str, int]:
    counted = Counter(one.state for one in every)
    return {state: counted[state] for state in STATES if state not in FINAL and counted[state]}


def _approvals(uow: UnitOfWork, start: datetime, end: datetime, told: Told | None) -> list[bool]:
    """Of each approval voted in a period, whether what was voted on moved before it was decided."""
    decided = {
        (request, ballot): (content, assessment)
        for request, ballot, content, assessment, at in uow.rows(
            "SELECT request, round, content, assessment, at FROM decision ORDER BY request, sequence"
        )
        if told is None or at <= told.at
    }
    voted = uow.rows(
        "SELECT v.request, v.round, v.content, v.assessment, r.round, r.assessment FROM vote v"
        " JOIN change_request r ON r.id = v.request"
        " WHERE v.value LIKE 'approve%' AND v.at >= ? AND v.at < ?",
        rfc3339(start),
        rfc3339(end),
    )

    def lies(request: str, ballot: int, assessment: str) -> tuple[int, str]:
        """The ballot and the assessment before the board at the moment the report is about."""
        if told is None:
            return ballot, assessment
        return (
            told.value(request, "round", now=ballot, first=0),
            told.value(request, "assessment", now=assessment, first=""),
        )

    return [
        (content, assessment) != decided[request, ballot]
        if (request, ballot) in decided
        else (ballot, assessment) != lies(request, *now)
        for request, ballot, content, assessment, *now in voted
    ]


def _lead(
    way: str,
    found: Iterable[ChangeRequest],
    ends: Callable[[ChangeRequest], tuple[datetime | None, datetime | None]],
) -> Lead:
    lasted = []
    for one in found:
        first, last = ends(one)
        if first is not None and last is not None:
            lasted.append(int((last - first).total_seconds()))
    if not lasted:
        return Lead(way=way, count=0)
    lasted.sort()
    rank = -(-len(lasted) * 9 // 10)
    return Lead(way=way, count=len(lasted), median=median_high(lasted), ninetieth=lasted[rank - 1])


def _successes(
    closed: Sequence[ChangeRequest], groups: Callable[[ChangeRequest], Iterable[str]]
) -> tuple[Success, ...]:
    ended: dict[str, list[str]] = {}
    for one in closed:
        if one.outcome:
            for group in groups(one):
                ended.setdefault(group, []).append(one.outcome)
    return tuple(
        Success(
            group=group,
            finished=len(outcomes),
            as_planned=outcomes.count("as planned"),
            deviated=outcomes.count("with deviation"),
            failed=outcomes.count("failed"),
            backed_out=outcomes.count("backed out"),
        )
        for group, outcomes in sorted(ended.items())
    )


def _teams(uow: UnitOfWork) -> Callable[[ChangeRequest], list[str]]:
    groups = people.groups_by_person(uow)
    return lambda one: groups.get(one.effective_implementer, ["no group"])


def _months(
    raised: Iterable[ChangeRequest], closed: Iterable[ChangeRequest], zone: tzinfo
) -> tuple[tuple[str, int, int], ...]:
    """Requests raised and closed per month of the zone."""
    opened = [f"{one.created_at.astimezone(zone):%Y-%m}" for one in raised]
    ended = [f"{one.closed_at.astimezone(zone):%Y-%m}" for one in closed if one.closed_at]
    return tuple((month, opened.count(month), ended.count(month)) for month in sorted({*opened, *ended}))

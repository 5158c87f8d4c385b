"""What became of action items in a period: how many, how long, whose, and what is overdue.

An item belongs to the period in which it was initiated, closed or declined; each figure says which it
counts. Seconds are elapsed time, day and night.
Source: IT Service CMM 5.5, Activity 5 and Measurement 1; 5.6, Activity 4.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from statistics import median_high

from cmdb import action_items, actions_then
from cmdb.back_then import Told, Unsaid
from cmdb.errors import Invalid
from cmdb.instants import instant, rfc3339
from cmdb.model import Value
from cmdb.store import UnitOfWork
from cmdb.work import STEPS, ActionItem

UNITS = ("week", "month")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned(Value):
    """How one owner stands: open and overdue now, closed in the period, of those closed in time."""

    owner: str
    open: int
    overdue: int
    closed: int
    in_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionReport(Value):
    """The report. `touched` are the items initiated, closed or declined in the period, newest first.

    `open` counts those open now by state, `origins` the ones initiated in the period by kind of record;
    `units` are (week or month, initiated, ended); `lasted` is the median from initiation to closure in
    seconds, None where nothing was closed; `unevaluated` are closed without saying whether it helped.
    `unsaid` are fields of action items of which nothing says what they were then.
    """

    start: datetime
    end: datetime
    made_at: datetime
    initiated: int
    closed: int
    declined: int
    in_time: int
    lasted: int | None
    unevaluated: tuple[str, ...]
    open: dict[str, int]
    origins: dict[str, int]
    owners: tuple[Owned, ...]
    units: tuple[tuple[str, int, int], ...]
    overdue: tuple[ActionItem, ...]
    touched: tuple[ActionItem, ...]
    unsaid: Unsaid


def report(
    uow: UnitOfWork,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    zone: tzinfo = UTC,
    unit: str = "month",
    past: bool = False,
) -> ActionReport:
    """Count what became of action items from `start` until `end`, as far as it has happened.

    `zone` is where weeks and months are read. With `past` they are as they stood at `now`, a moment that
    is over. Raises Invalid when the period ends before it starts.
    """
    if end <= start:
        raise Invalid("The period ends before it starts.", "Give --since before --until.")
    listed, unsaid = as_they_stood(uow, now) if past else (action_items.listed(uow, only_open=False), {})
    every = listed[::-1]

    def within(at: datetime | None) -> bool:
        return at is not None and start <= at < end

    begun = [one for one in every if within(one.initiated_at)]
    ended = [one for one in every if within(one.closed_at)]
    closed = [one for one in ended if one.state == "closed"]
    touched = {one.id for one in (*begun, *ended)}
    lasted = [int((one.closed_at - one.initiated_at).total_seconds()) for one in closed if one.closed_at]
    states = Counter(one.state for one in every if one.open and "state" not in unsaid.get(one.id, ()))
    late = [one for one in listed if one.overdue(now)]
    return ActionReport(
        start=start,
        end=end,
        made_at=now,
        initiated=len(begun),
        closed=len(closed),
        declined=len(ended) - len(closed),
        in_time=sum(map(_in_time, closed)),
        lasted=median_high(lasted) if lasted else None,
        unevaluated=tuple(one.id for one in closed if not one.evaluation.strip()),
        open={state: states[state] for state in STEPS if states[state]}
        | ({"open, not recorded how far": lost} if (lost := _open(every) - states.total()) else {}),
        origins=dict(sorted(Counter(one.origin.partition(":")[0] or "none" for one in begun).items())),
        owners=_owners(every, closed, now),
        units=_units(begun, ended, zone, unit),
        overdue=tuple(sorted(late, key=lambda one: (one.due or now, one.id))),
        touched=tuple(one for one in every if one.id in touched),
        unsaid=unsaid,
    )


def as_they_stood(uow: UnitOfWork, at: datetime) -> tuple[tuple[ActionItem, ...], Unsaid]:
    """The action items initiated by a moment as they stood then, and the fields of which nothing says it.

    One that was open and of which nothing says how far it had come is given as approved.
    """
    told = actions_then.told_of(uow, at)
    states = actions_then.states(uow, told)
    unsaid = {id: ("state",) for id, state in states.items() if not state}
    found = [one for one in action_items.listed(uow, only_open=False) if one.id in states]
    for one in found:
        if one.reviewer and told.since(one.id, "action reviewed"):  # who reviews it may have become that so
            unsaid[one.id] = (*unsaid.get(one.id, ()), "reviewer")
    return tuple(_as_it_stood(one, states[one.id] or "approved", told) for one in found), unsaid


def _as_it_stood(one: ActionItem, state: str, told: Told) -> ActionItem:
    if one.closed_at is not None and rfc3339(one.closed_at) <= told.at:
        return one
    words = {
        name: told.stood(one.id, name, now=getattr(one, name))
        for name in ("what", "owner", "plan", "risk", "reviewer")
    }
    due = told.stood(one.id, "due", now=rfc3339(one.due) if one.due else "")
    for name in ("evidence", "evaluation"):
        moved = one.closed_at is not None or told.since(one.id)
        said = [step.changed[name] for step in told.before(one.id) if name in step.changed]
        words[name] = (said[-1] if said else "") if moved else getattr(one, name)
    return one.but(state=state, due=instant(due) if due else None, closed_at=None, **words)


def _open(every: Iterable[ActionItem]) -> int:
    return sum(one.open for one in every)


def _in_time(one: ActionItem) -> bool:
    """Whether a closed item was closed by its date; one without a date always is."""
    return one.due is None or one.closed_at is None or one.closed_at <= one.due


def _owners(every: Iterable[ActionItem], closed: Iterable[ActionItem], now: datetime) -> tuple[Owned, ...]:
    open_ = Counter(one.owner for one in every if one.open)
    late = Counter(one.owner for one in every if one.overdue(now))
    done = Counter(one.owner for one in closed)
    timely = Counter(one.owner for one in closed if _in_time(one))
    return tuple(
        Owned(owner=one, open=open_[one], overdue=late[one], closed=done[one], in_time=timely[one])
        for one in sorted({*open_, *done})
    )


def _units(
    begun: Iterable[ActionItem], ended: Iterable[ActionItem], zone: tzinfo, unit: str
) -> tuple[tuple[str, int, int], ...]:
    shape = "%G-W%V" if unit == "week" else "%Y-%m"
    first = Counter(one.initiated_at.astimezone(zone).strftime(shape) for one in begun)
    last = Counter(one.closed_at.astimezone(zone).strftime(shape) for one in ended if one.closed_at)
    return tuple((name, first[name], last[name]) for name in sorted({*first, *last}))

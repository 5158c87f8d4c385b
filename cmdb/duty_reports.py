"""Work, effort and funds: what was spent on what, and what became of milestones against their plan.

Days are those of the site; sums are of entries that were not withdrawn.
Source: IT Service CMM 5.5, Measurement 1.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from cmdb import milestones, work_log
from cmdb.back_then import UNKNOWN, Told, Unsaid
from cmdb.duties import Milestone, WorkEntry
from cmdb.errors import Invalid
from cmdb.model import Value
from cmdb.store import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum(Value):
    """What was spent together: by a person, on a record, in a month. `spent` is in seconds."""

    name: str
    entries: int
    spent: int
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkReport(Value):
    """Work on days from `since` to before `until`, the entries oldest first."""

    since: str
    until: str
    total: Sum
    kinds: tuple[Sum, ...]
    records: tuple[Sum, ...]
    people: tuple[Sum, ...]
    months: tuple[Sum, ...]
    entries: tuple[WorkEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached(Value):
    """A milestone against its plan: days it was, or is, late (negative: early; None: ahead), used so far."""

    milestone: Milestone
    late: int | None
    spent: int
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Value):
    """How far milestones are together: what was dropped was neither to be reached nor planned for any more.

    What was spent on it counts all the same. Effort is in seconds.
    """

    milestones: int
    reached: int
    late: int
    effort: int
    effort_planned: int
    funds: Decimal
    funds_planned: Decimal


def work(uow: UnitOfWork, *, since: str, until: str) -> WorkReport:
    """What was spent in a period. Raises Invalid when it ends before it starts."""
    if until <= since:
        raise Invalid("The period ends before it starts.", "Give --since before --until.")
    found = work_log.listed(uow, since=since, until=until)
    return WorkReport(
        since=since,
        until=until,
        total=_sum("all", found),
        kinds=_sums(found, lambda one: one.record.partition(":")[0]),
        records=_largest(_sums(found, lambda one: one.record)),
        people=_largest(_sums(found, lambda one: one.person)),
        months=_sums(found, lambda one: one.day[:7]),
        entries=found,
    )


def against_plan(
    uow: UnitOfWork, *, document: str = "", today: str, then: datetime | None = None
) -> tuple[tuple[Reached, ...], Unsaid]:
    """Every milestone of a plan (of all where none is named) against its plan, the earliest first.

    Told of `then`, on the day `today`, where it is given; with the fields of which nothing says what they
    were. What was reached, and worked, by that day counts whenever it was noted.
    """
    every, unsaid = milestones.listed(uow, document=document), dict[str, tuple[str, ...]]()
    if then is not None:
        told = Told(uow, "milestone", then, acts="milestone ")
        every = tuple(one for one in every if not told.since(one.id, "milestone add"))
        unsaid = {one.id: lost for one in every if (lost := _unsaid(one, told))}
        stood = [_stood(one, told, today) for one in every]
        every = tuple(sorted(stood, key=lambda one: (one.planned, int(one.id.removeprefix("MS-")))))
    until = f"{date.fromisoformat(today) + timedelta(days=1)}" if then is not None else ""
    return tuple(_reached(uow, one, today, until) for one in every), unsaid


def together(found: Iterable[Reached]) -> Progress:
    """How far these milestones are together, in number, effort and funds."""
    every = tuple(found)
    kept = [one for one in every if not one.milestone.dropped]
    return Progress(
        milestones=len(kept),
        reached=sum(1 for one in kept if one.milestone.completed),
        late=sum(1 for one in kept if one.milestone.open and one.late is not None),
        effort=sum(one.spent for one in every),
        effort_planned=sum(one.milestone.effort for one in kept),
        funds=sum((one.cost for one in every), Decimal(0)),
        funds_planned=sum((one.milestone.funds for one in kept), Decimal(0)),
    )


_PLANNED = ("name", "owner", "planned", "effort", "funds")


def _stood(one: Milestone, told: Told, today: str) -> Milestone:
    """A milestone as it stood: what was planned anew since is as it was planned before."""
    fields = {name: told.value(one.id, name, now=getattr(one, name)) for name in _PLANNED}
    known = {name: content for name, content in fields.items() if content != UNKNOWN}
    if "effort" in known:
        known["effort"] = int(known["effort"])
    if "funds" in known:
        known["funds"] = Decimal(known["funds"])
    reached = bool(one.completed) and one.completed <= today
    dropped = "" if told.since(one.id, "milestone drop") else one.dropped
    return one.but(
        **known,
        completed=one.completed if reached else "",
        evidence=one.evidence if reached else "",
        dropped=dropped,
    )


def _unsaid(one: Milestone, told: Told) -> tuple[str, ...]:
    return tuple(name for name in _PLANNED if told.value(one.id, name, now=getattr(one, name)) == UNKNOWN)


def _reached(uow: UnitOfWork, one: Milestone, today: str, until: str) -> Reached:
    found = work_log.listed(uow, record=f"milestone:{one.id}", until=until)
    spent, cost = sum(each.spent for each in found), sum((each.cost for each in found), Decimal(0))
    end = one.completed or (today if one.late(today) else "")
    late = (date.fromisoformat(end) - date.fromisoformat(one.planned)).days if end else None
    return Reached(milestone=one, late=None if one.dropped else late, spent=spent, cost=cost)


def _sum(name: str, entries: Iterable[WorkEntry]) -> Sum:
    found = tuple(entries)
    cost = sum((one.cost for one in found), Decimal(0))
    return Sum(name=name, entries=len(found), spent=sum(one.spent for one in found), cost=cost)


def _sums(found: Iterable[WorkEntry], by: Callable[[WorkEntry], str]) -> tuple[Sum, ...]:
    groups: dict[str, list[WorkEntry]] = {}
    for one in found:
        groups.setdefault(by(one), []).append(one)
    return tuple(_sum(name, entries) for name, entries in sorted(groups.items()))


def _largest(sums: tuple[Sum, ...]) -> tuple[Sum, ...]:
    return tuple(sorted(sums, key=lambda one: (-one.spent, -one.cost, one.name)))

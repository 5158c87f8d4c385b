"""The workload of events against what plans estimated: how many came of how many, and what they took.

    against(uow, start=..., end=..., zone=...) -> tuple[Load, ...]

An event counts in the period in which it was reported, whatever became of it unless it was withdrawn. It
is for a plan when it concerns one of the services the plan is for, or an item such a service needs; every
event is for a plan that is for everything. It is of a group when one of its items is in that group's
hands. Work is what the work log has of the event and of action items that come from it, whenever it was
done. Where a unit of time lies in the period in part, as much of what was expected counts.
Source: IT Service CMM 5.6, Activity 2.1, Measurement 2.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cmdb import (
    estimates,
    tables_documents,  # noqa: F401 - registers the rows of the plans
)
from cmdb.canonical import rfc3339
from cmdb.estimates import Estimate
from cmdb.intervals import moment, seconds
from cmdb.model import Value
from cmdb.periods import period_at, periods_between
from cmdb.store import UnitOfWork
from cmdb.written import Document

MONTHS = 6  # what is recent


class Share(NamedTuple):
    """A unit of time: how many events were expected in it and how many came; `whole` if all of it counts."""

    start: datetime
    end: datetime
    expected: Decimal
    came: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Load(Value):
    """One estimate of a plan against what came. Times are seconds of work; `worked` events took any."""

    document: str
    estimate: Estimate
    shares: tuple[Share, ...]
    expected: Decimal
    came: int
    planned: int
    spent: int
    worked: int

    @property
    def each(self) -> int:
        """What one that took any work took on average."""
        return self.spent // self.worked if self.worked else 0


def recent(uow: UnitOfWork, plan: Document, *, now: datetime, zone: ZoneInfo) -> tuple[Load, ...]:
    """The estimates of one plan against what came in this month and the five before it."""
    if plan.kind != estimates.PLAN:
        return ()
    begins = seconds(now) + 1
    for _month in range(MONTHS):
        begins, _over = period_at("month", begins - 1, zone)
    end = now + timedelta(seconds=1)
    return against(uow, start=moment(begins), end=end, zone=zone, document=plan.id)


def against(
    uow: UnitOfWork, *, start: datetime, end: datetime, zone: ZoneInfo, document: str = ""
) -> tuple[Load, ...]:
    """Every estimate of the plans for events that are not retired, or of one, against what came.

    Raises NotFound for a plan that does not exist.
    """
    plans = [uow.get(Document, document)] if document else uow.all(Document, kind=estimates.PLAN)
    found = []
    for plan in sorted(plans, key=lambda one: one.id):
        if plan.kind == estimates.PLAN and (document or plan.status != "retired"):
            for one in estimates.read(plan.covers):
                found.append(_against(uow, plan, one, (start, end), zone))
    return tuple(found)


def _against(
    uow: UnitOfWork, plan: Document, one: Estimate, asked: tuple[datetime, datetime], zone: ZoneInfo
) -> Load:
    came = _came(uow, plan, one, asked)
    shares = _shares(one, [at for _id, at in came], asked, zone)
    expected = sum((share.expected for share in shares), Decimal(0))
    spent, worked = _spent(uow, {id for id, _at in came})
    return Load(
        document=plan.id,
        estimate=one,
        shares=shares,
        expected=expected,
        came=len(came),
        planned=int(expected * one.each),
        spent=spent,
        worked=worked,
    )


def _came(
    uow: UnitOfWork, plan: Document, one: Estimate, asked: tuple[datetime, datetime]
) -> list[tuple[str, str]]:
    """The events an estimate is about, with when each was reported, the oldest first."""
    where = ["e.reported >= ?", "e.reported < ?", "e.state <> 'withdrawn'"]
    parameters: list[str] = [*map(rfc3339, asked)]
    if one.kind:
        where.append("e.kind = ?")
        parameters.append(one.kind)
    about = "EXISTS (SELECT 1 FROM event_item i JOIN item t ON t.id = i.item WHERE i.event = e.id AND"
    if one.group:
        where.append(f"{about} t.grp = ?)")
        parameters.append(one.group)
    reached = ""
    if plan.services:
        marks = ", ".join("?" for _ in plan.services)
        reached = (
            f"WITH RECURSIVE reached(key) AS (SELECT key FROM item WHERE id IN ({marks})"
            " UNION SELECT d.target FROM dependency d JOIN reached r ON d.source = r.key) "
        )
        where.append(f"{about} t.key IN (SELECT key FROM reached))")
        parameters = [*plan.services, *parameters]
    sql = (
        f"{reached}SELECT e.id, e.reported FROM event e WHERE {' AND '.join(where)} ORDER BY e.reported, e.id"
    )
    return [(str(id), str(at)) for id, at in uow.rows(sql, *parameters)]


def _shares(
    one: Estimate, came: Sequence[str], asked: tuple[datetime, datetime], zone: ZoneInfo
) -> tuple[Share, ...]:
    """Unit by unit of the period, what was expected and what came."""
    first, last = map(seconds, asked)
    found = []
    for begins, over in periods_between(one.unit, first, last, zone):
        start, end = max(begins, first), min(over, last)
        number = _before(came, end) - _before(came, start)
        expected = one.count * (end - start) / (over - begins)
        found.append(Share(moment(start), moment(end), expected, number, (start, end) == (begins, over)))
    return tuple(found)


def _before(came: Sequence[str], at: int) -> int:
    """How many were reported before a moment."""
    return bisect_right(came, rfc3339(moment(at - 1)))


def _spent(uow: UnitOfWork, events: set[str]) -> tuple[int, int]:
    """The seconds of work noted for events or for action items from them, and for how many of the events."""
    origins = {
        f"action:{id}": origin
        for id, origin in uow.rows("SELECT id, origin FROM action_item WHERE origin LIKE 'event:%'")
    }
    spent, worked = 0, set()
    for record, took in uow.rows(
        "SELECT record, SUM(spent) FROM work_entry WHERE withdrawn = ''"
        " AND (record LIKE 'event:%' OR record LIKE 'action:%') GROUP BY record"
    ):
        event = origins.get(record, record).removeprefix("event:")
        if event in events:
            spent += int(took)
            worked.add(event)
    return spent, len(worked)

"""What the charts of the app and `cmdb report trends` count: events and requests, how many, how long.

Figures are those of the reports of events and of change requests; here they are only put in a row, with
the weeks and months in which nothing was. Inside a transaction, read only.
Source: IT Service CMM 5.5, Activity 9 and Measurement 1; 5.6, Measurements 1 and 2.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from dateutil.relativedelta import relativedelta

from ccb import change_reports
from ccb.change_reports import ChangeReport
from cmdb import event_reports
from cmdb.event_reports import EventReport
from cmdb.store import UnitOfWork
from tui.present import duration
from tui.trends import Bar, Trend, median, units

WEEKS, MONTHS = 13, 12  # so many are shown, with the running one
_FORM = {"week": "%G-W%V", "month": "%Y-%m"}
Units = Sequence[tuple[str, str]]


def since(end: datetime, zone: tzinfo, per: str) -> datetime:
    """Where the last thirteen weeks or twelve months before `end` begin."""
    today = _day(end, zone)
    if per == "week":
        first = today - timedelta(days=today.weekday() + 7 * (WEEKS - 1))
    else:
        first = today.replace(day=1) - relativedelta(months=MONTHS - 1)
    return first.astimezone(end.tzinfo)


def counted(
    uow: UnitOfWork,
    at: datetime,
    zone: tzinfo,
    per: str,
    *,
    past: bool = False,
    start: datetime | None = None,
    end: datetime | None = None,
) -> tuple[Trend, ...]:
    """Every chart of a period, without one for the last thirteen weeks or twelve months.

    What is unresolved is so at `at`; with `past` everything is as it stood then.
    """
    end = end or at + timedelta(seconds=1)
    start = start or since(end, zone, per)
    every = units(start.astimezone(zone).date(), _day(end, zone).date(), per)
    happened = event_reports.report(uow, start=start, end=end, now=at, per=per, zone=zone, past=past)
    changed = change_reports.report(uow, start=start, end=end, now=at, zone=zone, past=past)
    return (
        *_events(happened, every, per, zone, "then" if past else "now"),
        *_requests(changed, every, per, zone),
    )


def _day(end: datetime, zone: tzinfo) -> datetime:
    """The beginning of the last day of a period."""
    last = (end - timedelta(seconds=1)).astimezone(zone)
    return last.replace(hour=0, minute=0, second=0, microsecond=0)


def _events(found: EventReport, every: Units, per: str, zone: tzinfo, when: str) -> Iterable[Trend]:
    pace = {one.unit: one for one in found.pace}
    bars = tuple(
        Bar(
            label,
            float(pace[unit].reported if unit in pace else 0),
            f"{pace[unit].reported if unit in pace else 0:,}",
            f"{pace[unit].closed:,} closed" if unit in pace and pace[unit].closed else "",
        )
        for unit, label in every
    )
    said = f"{found.total.reported:,} in all, {found.total.unresolved:,} unresolved {when}"
    yield Trend("events", f"Events reported per {per}", bars, said, "report events", "accent")
    took: dict[str, list[int]] = defaultdict(list)
    for one in found.touched:
        if one.lead is not None and one.closed:
            took[datetime.fromisoformat(one.closed).astimezone(zone).strftime(_FORM[per])].append(one.lead)
    yield _lead("event-lead", "Lead time of events closed", took, every, "report events")


def _requests(found: ChangeReport, every: Units, per: str, zone: tzinfo) -> Iterable[Trend]:
    raised, closed = defaultdict[str, int](int), defaultdict[str, int](int)
    took: dict[str, list[int]] = defaultdict(list)
    for one in found.touched:
        if one.created_at >= found.start:
            raised[one.created_at.astimezone(zone).strftime(_FORM[per])] += 1
        if one.closed_at is not None and one.closed_at >= found.start:
            unit = one.closed_at.astimezone(zone).strftime(_FORM[per])
            closed[unit] += 1
            took[unit].append(int((one.closed_at - one.created_at).total_seconds()))
    bars = tuple(
        Bar(
            label,
            float(raised[unit]),
            f"{raised[unit]:,}",
            f"{closed[unit]:,} closed" if closed[unit] else "",
        )
        for unit, label in every
    )
    share = f", {found.emergencies / found.raised:.0%} emergencies" if found.raised else ""
    said = f"{found.raised:,} in all{share}"
    yield Trend("requests", f"Change requests raised per {per}", bars, said, "report changes", "info")
    yield _lead("request-lead", "Lead time of requests closed", took, every, "report changes")
    well = tuple(
        Bar(
            one.group,
            one.share,
            f"{one.share:.0%}",
            f"of {one.finished:,} closed, {one.backed_out:,} backed out",
        )
        for one in found.by_kind
    )
    yield Trend(
        "success", "Went well, by kind of request", well, "", "report changes", "good", "nothing was closed"
    )


def _lead(name: str, title: str, took: dict[str, list[int]], every: Units, report: str) -> Trend:
    """The median lead time of each unit of time, with how many it is of."""
    bars = tuple(
        Bar(
            label,
            float(median(took.get(unit, []))),
            duration(median(took[unit])) if took.get(unit) else "",
            f"of {len(took[unit]):,}" if took.get(unit) else "",
        )
        for unit, label in every
    )
    everything = [seconds for some in took.values() for seconds in some]
    said = f"median; {duration(median(everything))} of all {len(everything):,}" if everything else ""
    return Trend(name, title, bars, said, report, "warn", "nothing was closed in this period")

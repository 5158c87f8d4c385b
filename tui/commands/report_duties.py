"""The reports of work and of milestones: hours, money and days, against the plan."""

from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from cmdb import duty_reports
from cmdb.duty_reports import Progress, Reached, Sum, WorkReport
from cmdb.errors import Invalid
from cmdb.periods import zone_of
from tui import plan_words, printing, report_past, reports
from tui.context import Invocation, command
from tui.plan_words import hours, state
from tui.present import counted
from tui.reports import Chart, Report, Table
from tui.typed_days import day, today
from tui.workplace import at_work

ROWS = 500  # entries listed for people; JSON and CSV hold all
_FORMAT = click.option(
    "--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True
)


@command
@click.option("--since", metavar="DAY", default="", help="From this day on; six months with this one.")
@click.option("--until", metavar="DAY", default="", help="Before this day; until today, which is in it.")
@_FORMAT
@reports.saving
def work(invocation: Invocation, since: str, until: str, form: str, to: Path | None, replace: bool) -> None:
    """Report work: hours and money, by kind of record, record, person and month."""
    with at_work(invocation) as here, here.store.read() as uow:
        end = day(until, here) if until else f"{date.fromisoformat(today(here)) + timedelta(days=1)}"
        start = day(since, here) if since else day(f"{reports.months_ago(here.at):%Y-%m-%dT%H:%M:%SZ}", here)
        found = duty_reports.work(uow, since=start, until=end)
    reports.deliver(of_work(found), "json" if invocation.wants_json else form, to, replace=replace)


@command
@click.option("--document", metavar="ID", default="", help="Only of this plan.")
@click.option(
    "--since", metavar="DAY", default="", help="Only what was planned for, or reached, since this day."
)
@click.option(
    "--until", metavar="DAY", default="", help="Only what was planned for, or reached, before this day."
)
@report_past.asking
@_FORMAT
@reports.saving
def milestones(
    invocation: Invocation,
    document: str,
    since: str,
    until: str,
    as_of: str,
    form: str,
    to: Path | None,
    replace: bool,
) -> None:
    """Report milestones against their plans: days, effort and funds; of all time, or of a period."""
    with at_work(invocation) as here, here.store.read() as uow:
        asked = report_past.moment("", "", as_of, zone=here.site.zone, now=here.at)
        now = f"{asked.then.astimezone(zone_of(here.site.zone)):%Y-%m-%d}"
        first, last = day(since, here) if since else "", day(until, here) if until else "9999-12-31"
        if last <= first:
            raise Invalid("The period ends before it starts.", "Give --since before --until.")
        every, unsaid = duty_reports.against_plan(
            uow, document=document, today=now, then=asked.then if asked.past else None
        )
        found = tuple(
            one
            for one in every
            if any(first <= each < last for each in (one.milestone.planned, one.milestone.completed) if each)
        )
    unsaid = {one.milestone.id: unsaid[one.milestone.id] for one in found if one.milestone.id in unsaid}
    lost = {name for fields in unsaid.values() for name in fields}
    made = report_past.told(of_milestones(found, now, document, lost), asked, unsaid)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)


def of_work(found: WorkReport) -> Report:
    """The report of work as people read it and as programs do."""
    last = f"{date.fromisoformat(found.until) - timedelta(days=1)}"
    return Report(
        title="Work",
        facts=(
            ("period", f"{found.since} to {last}"),
            ("time", hours(found.total.spent) or "0 h"),
            ("cost", f"{found.total.cost:,}"),
            ("entries", f"{found.total.entries:,}"),
        ),
        parts=(
            _sums("By kind of record", "kind", found.kinds),
            _sums("By record", "record", found.records[:ROWS]),
            _sums("By person", "person", found.people),
            _sums("By month", "month", found.months),
            Chart("Time", "hours", tuple((one.name, one.spent / 3600) for one in found.months)),
            Chart("Cost", "money", tuple((one.name, float(one.cost)) for one in found.months)),
            _entries(found, ROWS),
        ),
        record={
            "since": found.since,
            "until": found.until,
            "total": found.total,
            **{
                name: [printing.plain(one) for one in getattr(found, name)]
                for name in ("kinds", "records", "people", "months", "entries")
            },
        },
        counted=_entries(found, len(found.entries)),
    )


def of_milestones(found: tuple[Reached, ...], now: str, document: str, lost: Collection[str] = ()) -> Report:
    """The report of milestones for people and programs; `lost` are fields nothing says of then."""
    ahead = [one for one in found if one.milestone.open]
    late = [one for one in ahead if one.late is not None]
    reached = [one for one in found if one.milestone.completed]
    sum_ = duty_reports.together(found)
    in_time = sum(1 for one in reached if one.late is not None and one.late <= 0)
    return Report(
        title=f"Milestones{f' of {document}' if document else ''}",
        facts=(
            ("made", now),
            ("reached", f"{len(reached):,}, {in_time:,} of them in time"),
            ("ahead", f"{len(ahead) - len(late):,}"),
            ("late", counted(len(late), "milestone") if late else "none"),
            ("completion", plan_words.completion(sum_) or "no milestone is planned"),
            ("effort", plan_words.effort(sum_, known="effort" not in lost)),
            ("funds", plan_words.funds(sum_, known="funds" not in lost)),
        ),
        parts=(
            Table(
                "Milestones against their plans",
                (
                    *("id", "document", "name", "owner", "planned first", "planned", "state", "days late"),
                    *("effort", "effort planned", "funds", "funds planned"),
                ),
                tuple(map(_row, found)),
                right=("days late", "effort", "effort planned", "funds", "funds planned"),
                empty="No plan has a milestone.",
            ),
            Chart(
                "Effort", "hours", tuple((one.milestone.id, one.spent / 3600) for one in found),
                limits=tuple(one.milestone.effort / 3600 for one in found),
            ),
        ),
        record={
            "made": now,
            "progress": _together(sum_, lost),
            "milestones": [_record(one) for one in found],
        },
    )  # fmt: skip


def _together(sum_: Progress, lost: Collection[str]) -> dict[str, Any]:
    gone = {f"{name}_planned": None for name in ("effort", "funds") if name in lost}
    return {**printing.plain(sum_), **gone}


def _row(one: Reached) -> tuple[str, ...]:
    of = one.milestone
    return (
        *(of.id, of.document, of.name, of.owner, of.first_planned, of.planned),
        "LATE" if of.open and one.late is not None else state(of, ""),
        "" if one.late is None else f"{one.late:,}",
        *(hours(one.spent), hours(of.effort), f"{one.cost:,}", f"{of.funds:,}"),
    )


def _record(one: Reached) -> dict[str, Any]:
    return {
        **printing.plain(one.milestone),
        "days_late": one.late,
        "spent": one.spent,
        "cost": printing.plain(one.cost),
    }


def _sums(heading: str, word: str, rows: tuple[Sum, ...]) -> Table:
    return Table(
        heading,
        (word, "entries", "time", "cost"),
        tuple((one.name, f"{one.entries:,}", hours(one.spent), f"{one.cost:,}") for one in rows),
        right=("entries", "time", "cost"),
        empty="No work is logged.",
    )


def _entries(found: WorkReport, limit: int) -> Table:
    shown = found.entries[-limit:] if limit else ()
    more = f", the newest {limit:,} of {len(found.entries):,}" if len(found.entries) > limit else ""
    return Table(
        f"Entries{more}",
        ("id", "day", "person", "record", "hours", "cost", "note"),
        tuple(
            (one.id, one.day, one.person, one.record, f"{one.spent / 3600:.2f}", str(one.cost), one.note)
            for one in shown
        ),
        right=("hours", "cost"),
        empty="No work is logged.",
    )

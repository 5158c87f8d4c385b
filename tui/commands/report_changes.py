"""The report of change requests: how many, how long, how well, and what is overdue."""

from pathlib import Path
from typing import Any

import click

from ccb import change_reports
from ccb.change_reports import ChangeReport, Success
from ccb.model import ChangeRequest
from cmdb.periods import zone_of
from tui import clockface, printing, report_past, reports
from tui.context import Invocation, command
from tui.present import counted, duration
from tui.reports import Chart, Report, Table
from tui.workplace import at_work

ROWS = 500  # requests listed for people; JSON and CSV hold all


@command
@click.option("--since", metavar="T", default="", help="From when; the first of the month five months ago.")
@click.option("--until", metavar="T", default="", help="Until when; now.")
@report_past.asking
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def changes(
    invocation: Invocation, since: str, until: str, as_of: str, form: str, to: Path | None, replace: bool
) -> None:
    """Report change requests: raised, decided, closed, lead times, success, emergencies, overdue."""
    with at_work(invocation) as here, here.store.read() as uow:
        zone = here.site.zone
        asked = report_past.moment(since, until, as_of, zone=zone, now=here.at)
        found = change_reports.report(
            uow, start=asked.start, end=asked.end, now=asked.then, zone=zone_of(zone), past=asked.past
        )
    report = report_past.told(made(found), asked, found.unsaid)
    reports.deliver(report, "json" if invocation.wants_json else form, to, replace=replace)


def made(found: ChangeReport) -> Report:
    """The report as people read it and as programs do."""
    now = ", ".join(f"{count:,} {state}" for state, count in found.open.items()) or "nothing is open"
    share = f", {found.emergencies / found.raised:.0%} of them emergencies" if found.raised else ""
    return Report(
        title="Change requests",
        facts=(
            ("period", reports.spanned(found.start, found.end, found.made_at)),
            ("made", clockface.clock(found.made_at)),
            ("raised", f"{found.raised:,}{share}"),
            ("decided", f"{found.decided:,}: {found.approved:,} approved, {found.rejected:,} rejected"),
            (
                "approvals",
                f"{found.approvals:,}, {found.stale:,} of them on evidence that moved before the end",
            ),
            ("closed", f"{found.closed:,}"),
            ("open now", now),
            ("overdue", counted(len(found.overdue), "request") if found.overdue else "none"),
        ),
        parts=(
            *((_overdue(found),) if found.overdue else ()),
            Table(
                "How long it took",
                ("way", "requests", "median", "9 of 10 within"),
                tuple(
                    (one.way, f"{one.count:,}", duration(one.median), duration(one.ninetieth))
                    for one in found.leads
                    if one.count
                ),
                right=("requests", "median", "9 of 10 within"),
                empty="Nothing was decided or closed.",
            ),
            _success("How it ended, by kind", "kind", found.by_kind),
            _success("How it ended, by team", "team", found.by_team),
            Chart("Raised", "requests", tuple((month, float(n)) for month, n, _closed in found.months)),
            Chart("Closed", "requests", tuple((month, float(n)) for month, _raised, n in found.months)),
            _touched(found, ROWS),
        ),
        record=record(found),
        counted=_touched(found, len(found.touched)),
    )


def _overdue(found: ChangeReport) -> Table:
    return Table(
        "Approved or under way, and their window is over",
        ("id", "state", "window", "done by", "title"),
        tuple(
            (
                one.id,
                one.state,
                clockface.clock(one.window.end) if one.window else "",
                one.effective_implementer,
                one.title,
            )
            for one in found.overdue
        ),
    )


def _success(heading: str, word: str, rows: tuple[Success, ...]) -> Table:
    return Table(
        heading,
        (word, "finished", "as planned", "with deviation", "failed", "backed out", "went well"),
        tuple(
            (
                one.group,
                f"{one.finished:,}",
                f"{one.as_planned:,}",
                f"{one.deviated:,}",
                f"{one.failed:,}",
                f"{one.backed_out:,}",
                f"{one.share:.0%}",
            )
            for one in rows
        ),
        right=("finished", "as planned", "with deviation", "failed", "backed out", "went well"),
        empty="Nothing was closed.",
    )


def _touched(found: ChangeReport, limit: int) -> Table:
    shown = found.touched[:limit]
    more = f", the newest {limit:,} of {len(found.touched):,}" if len(found.touched) > limit else ""
    return Table(
        f"Requests{more}",
        ("id", "kind", "state", "raised", "decided", "closed", "outcome", "title"),
        tuple(
            (
                one.id,
                one.kind,
                one.state,
                clockface.clock(one.created_at),
                clockface.clock(one.decided_at) if one.decided_at else "",
                clockface.clock(one.closed_at) if one.closed_at else "",
                one.outcome,
                one.title,
            )
            for one in shown
        ),
        empty="No request was raised, decided or closed.",
    )


def record(found: ChangeReport) -> dict[str, Any]:
    """The report for programs."""
    names = ("start", "end", "made_at", "raised", "decided", "approved", "rejected", "closed", "emergencies")
    votes = ("approvals", "stale")
    return {
        **{name: getattr(found, name) for name in (*names, *votes)},
        "open": found.open,
        "lead_times": [printing.plain(one) for one in found.leads],
        "by_kind": [printing.plain(one) for one in found.by_kind],
        "by_team": [printing.plain(one) for one in found.by_team],
        "months": [{"month": month, "raised": n, "closed": m} for month, n, m in found.months],
        "overdue": [one.id for one in found.overdue],
        "requests": [_request(one) for one in found.touched],
    }


def _request(one: ChangeRequest) -> dict[str, Any]:
    names = ("id", "kind", "state", "title", "originator", "created_at", "submitted_at", "decided_at")
    more = ("started", "finished", "closed_at", "outcome", "outage")
    return {name: getattr(one, name) for name in (*names, *more)}

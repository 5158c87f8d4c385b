"""The report of action items: how many, how long, whose, and what is overdue."""

from pathlib import Path
from typing import Any

import click

from cmdb import action_reports
from cmdb.action_reports import UNITS, ActionReport
from cmdb.periods import zone_of
from cmdb.work import ActionItem
from tui import clockface, printing, report_past, reports
from tui.context import Invocation, command
from tui.present import counted, duration
from tui.reports import Chart, Report, Table
from tui.workplace import at_work

ROWS = 500  # items listed for people; JSON and CSV hold all
_RIGHT = ("open", "overdue", "closed", "in time")


@command
@click.option("--since", metavar="T", default="", help="From when; the first of the month five months ago.")
@click.option("--until", metavar="T", default="", help="Until when; now.")
@report_past.asking
@click.option("--by", "unit", type=click.Choice(UNITS), default="month", show_default=True)
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def actions(
    invocation: Invocation,
    since: str,
    until: str,
    as_of: str,
    unit: str,
    form: str,
    to: Path | None,
    replace: bool,
) -> None:
    """Report action items: initiated, closed, declined, open, overdue, by owner and by week or month."""
    with at_work(invocation) as here, here.store.read() as uow:
        zone = here.site.zone
        asked = report_past.moment(since, until, as_of, zone=zone, now=here.at)
        found = action_reports.report(
            uow,
            start=asked.start,
            end=asked.end,
            now=asked.then,
            zone=zone_of(zone),
            unit=unit,
            past=asked.past,
        )
    report = report_past.told(made(found, unit), asked, found.unsaid)
    reports.deliver(report, "json" if invocation.wants_json else form, to, replace=replace)


def made(found: ActionReport, unit: str) -> Report:
    """The report as people read it and as programs do."""
    now = ", ".join(f"{count:,} {state}" for state, count in found.open.items()) or "nothing is open"
    origins = ", ".join(f"{count:,} of {kind}" for kind, count in found.origins.items())
    return Report(
        title="Action items",
        facts=(
            ("period", reports.spanned(found.start, found.end, found.made_at)),
            ("made", clockface.clock(found.made_at)),
            ("initiated", f"{found.initiated:,}{f': {origins}' if origins else ''}"),
            ("closed", f"{found.closed:,}, {found.in_time:,} of them in time"),
            ("declined", f"{found.declined:,}"),
            ("took", "nothing was closed" if found.lasted is None else f"{duration(found.lasted)} (median)"),
            ("open now", now),
            ("overdue", counted(len(found.overdue), "action item") if found.overdue else "none"),
            ("not evaluated", ", ".join(found.unevaluated) or "none"),
        ),
        parts=(
            _items("Overdue, the longest first", found.overdue, empty="Nothing is overdue."),
            Table(
                "By owner",
                ("owner", *_RIGHT),
                tuple(
                    (one.owner, f"{one.open:,}", f"{one.overdue:,}", f"{one.closed:,}", f"{one.in_time:,}")
                    for one in found.owners
                ),
                right=_RIGHT,
                empty="Nobody has any.",
            ),
            Table(
                f"By {unit}",
                (unit, "initiated", "closed or declined"),
                tuple((name, f"{first:,}", f"{last:,}") for name, first, last in found.units),
                right=("initiated", "closed or declined"),
                empty="Nothing was initiated, closed or declined.",
            ),
            Chart("Initiated", "action items", tuple((name, float(n)) for name, n, _ended in found.units)),
            Chart(
                "Closed or declined", "action items", tuple((name, float(n)) for name, _, n in found.units)
            ),
            _touched(found, ROWS),
        ),
        record=record(found),
        counted=_touched(found, len(found.touched)),
    )


def record(found: ActionReport) -> dict[str, Any]:
    """The report for programs."""
    names = ("start", "end", "made_at", "initiated", "closed", "declined", "in_time", "lasted", "unevaluated")
    return {
        **{name: getattr(found, name) for name in names},
        "open": found.open,
        "origins": found.origins,
        "owners": [printing.plain(one) for one in found.owners],
        "units": [{"unit": name, "initiated": n, "ended": m} for name, n, m in found.units],
        "overdue": [one.id for one in found.overdue],
        "action_items": [printing.plain(one) for one in found.touched],
    }


def _touched(found: ActionReport, limit: int) -> Table:
    more = f", the newest {limit:,} of {len(found.touched):,}" if len(found.touched) > limit else ""
    empty = "Nothing was initiated, closed or declined."
    return _items(f"Action items of the period{more}", found.touched[:limit], empty=empty)


def _items(heading: str, items: tuple[ActionItem, ...], *, empty: str) -> Table:
    return Table(
        heading,
        ("id", "state", "owner", "due", "initiated", "ended", "origin", "what", "evidence"),
        tuple(
            (
                one.id,
                one.state,
                one.owner,
                clockface.clock(one.due) if one.due else "",
                clockface.clock(one.initiated_at),
                clockface.clock(one.closed_at) if one.closed_at else "",
                one.origin,
                one.what,
                one.evidence,
            )
            for one in items
        ),
        empty=empty,
    )

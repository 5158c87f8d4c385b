"""The reports of the library as it stands: baselines with what each altered, check-outs."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from baselines import library_reports
from baselines.library_reports import Altered, BaselineStatus, CheckoutReport
from baselines.model import Baseline, Checkout
from cmdb.model import LEVELS
from tui import clockface, printing, report_past, reports
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.present import counted
from tui.reports import Chart, Report, Table
from tui.workplace import at_work

ROWS = 500  # lines listed for people; JSON and CSV hold all
SINCE = click.option(
    "--since", metavar="T", default="", help="From when; the first of the month five months ago."
)
UNTIL = click.option("--until", metavar="T", default="", help="Until when; now.")
FORMAT = click.option(
    "--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True
)


@command
@SINCE
@UNTIL
@report_past.asking
@FORMAT
@reports.saving
def baselines(
    invocation: Invocation, since: str, until: str, as_of: str, form: str, to: Path | None, replace: bool
) -> None:
    """Report how baselines stand, and what each one established in the period altered."""
    with at_library(invocation) as (here, library), library.store.read() as uow:
        asked = report_past.moment(since, until, as_of, zone=here.site.zone, now=here.at)
        start, end = asked.start, asked.end
        found = library_reports.status(
            uow, start=start, end=end, library=library, then=asked.then if asked.past else None
        )
        altered = {
            one.baseline.id: one for one in library_reports.revisions(library, uow, start=start, end=end)
        }
    made = report_past.told(of_status(found, altered, asked.then), asked, found.unsaid)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)


@command
@SINCE
@UNTIL
@report_past.asking
@FORMAT
@reports.saving
def checkouts(
    invocation: Invocation, since: str, until: str, as_of: str, form: str, to: Path | None, replace: bool
) -> None:
    """Report what is checked out, what is past its lease, and what was taken and given back."""
    with at_work(invocation) as here, here.store.read() as uow:
        asked = report_past.moment(since, until, as_of, zone=here.site.zone, now=here.at)
        start, end = asked.start, asked.end
        found = library_reports.checkouts(uow, start=start, end=end, now=asked.then, past=asked.past)
    made = report_past.told(of_checkouts(found, (start, end), asked.then), asked, found.unsaid)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)


def of_status(found: BaselineStatus, altered: dict[str, Altered], now: datetime) -> Report:
    """The report of baselines as people read it and as programs do."""
    current = found.in_force
    rows = tuple(_established(one, altered.get(one.id, Altered(one))) for one in found.established)
    levels = ", ".join(f"{count:,} {level}" for level, count in found.levels.items() if count) or "none"
    if len(found.levels) < len(LEVELS):
        levels += "; how many candidates there were is not recorded"
    header = ("id", "established", "by", "change", "added", "removed", "changed", "archived by", "title")
    return Report(
        title="Baselines",
        facts=(
            ("period", reports.spanned(found.start, found.end, now)),
            ("made", clockface.clock(now)),
            ("in force at its end", _named(current)),
            ("at its beginning", _named(found.before)),
            ("established", f"{len(found.established):,} in it, {found.every:,} in all"),
            ("items now", levels),
            ("checked out now", counted(len(found.out), "check-out") if found.out else "nothing"),
        ),
        parts=(
            Table(
                "Established",
                header,
                rows[:ROWS],
                right=("added", "removed", "changed"),
                empty="No baseline was established.",
            ),
            Chart(
                "Records a baseline altered",
                "records",
                tuple((one.id, float(_size(altered[one.id]))) for one in _charted(found, altered)),
            ),
            Table(
                "Baselines of scopes",
                ("id", "scope", "of", "records", "established", "by", "change", "archived by"),
                tuple(
                    (
                        *(one.id, one.scope, one.baseline, f"{one.count:,}"),
                        *(clockface.clock(one.established_at), one.established_by),
                        *(one.request, one.replaced_by),
                    )
                    for one in found.scoped
                ),
                right=("records",),
                empty="There is none.",
            ),
        ),
        record=_status(found, altered, now),
        counted=Table("Established", header, rows),
    )


def _status(found: BaselineStatus, altered: dict[str, Altered], now: datetime) -> dict[str, Any]:
    return {
        "start": found.start,
        "end": found.end,
        "made_at": now,
        "in_force": printing.plain(found.in_force),
        "in_force_before": printing.plain(found.before),
        "baselines": found.every,
        "established": [
            {**printing.plain(one), **_figures(altered.get(one.id, Altered(one)))}
            for one in found.established
        ],
        "scoped": [printing.plain(one) for one in found.scoped],
        "levels": {level: found.levels.get(level) for level in LEVELS},
        "checked_out": [printing.plain(one) for one in found.out],
    }


def _charted(found: BaselineStatus, altered: dict[str, Altered]) -> list[Baseline]:
    return [one for one in reversed(found.established[:40]) if one.id in altered]


def _named(one: Baseline | None) -> str:
    return f"{one.id}, established {clockface.clock(one.established_at)}" if one else "none yet"


def _size(one: Altered) -> int:
    return one.whole or len({(each.kind, each.id) for each in one.revisions})


def _figures(one: Altered) -> dict[str, Any]:
    return {
        "records_added": one.whole if one.whole else one.records("added"),
        "records_removed": one.records("removed"),
        "records_changed": one.records("changed"),
        "whole_scope": bool(one.whole),
    }


def _established(one: Baseline, altered: Altered) -> tuple[str, ...]:
    figures = _figures(altered)
    return (
        *(one.id, clockface.clock(one.established_at), one.established_by, one.request),
        *(f"{figures[name]:,}" for name in ("records_added", "records_removed", "records_changed")),
        *(one.replaced_by, one.title),
    )


def of_checkouts(found: CheckoutReport, period: tuple[datetime, datetime], now: datetime) -> Report:
    """The report of check-outs as people read it and as programs do."""
    late = {one.id for one in found.late}
    return Report(
        title="Check-outs",
        facts=(
            ("period", reports.spanned(*period, now)),
            ("made", clockface.clock(now)),
            ("outstanding", f"{len(found.out):,}, {len(late):,} of them past the lease"),
            ("taken or ended in the period", f"{len(found.period):,}"),
        ),
        parts=(
            _checkouts("Outstanding", found.out, late, "Nothing is checked out."),
            _checkouts("Of the period", found.period[:ROWS], late, "Nothing was checked out or ended."),
        ),
        record={
            "start": period[0],
            "end": period[1],
            "made_at": now,
            "outstanding": [{**printing.plain(one), "late": one.id in late} for one in found.out],
            "period": [printing.plain(one) for one in found.period],
        },
        counted=_checkouts("Check-outs", tuple(dict.fromkeys((*found.out, *found.period))), late, ""),
    )


def _checkouts(heading: str, every: Iterable[Checkout], late: set[str], empty: str) -> Table:
    return Table(
        heading,
        ("id", "change", "by", "state", "taken", "until", "ended", "records", "why"),
        tuple(
            (
                *(one.id, one.request, one.person, "PAST ITS LEASE" if one.id in late else one.state),
                *(clockface.clock(one.out_at), clockface.clock(one.expires_at)),
                clockface.clock(one.ended_at) if one.ended_at else "",
                *(f"{len(one.records):,}", one.reason),
            )
            for one in every
        ),
        right=("records",),
        empty=empty,
    )

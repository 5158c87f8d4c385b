"""The trends: events and requests per week or month, and how long they took."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from cmdb.errors import Invalid
from cmdb.periods import zone_of
from tui import clockface, printing, report_past, reports, trend_counts, typed
from tui.context import Invocation, command
from tui.present import plain
from tui.report_past import Moment
from tui.reports import Chart, Report, Table
from tui.trends import PER, Trend, lines
from tui.workplace import Workplace, at_work

WIDTH = 78
# What the bars of a chart are of, and by what the value is divided to be that.
_UNITS = {
    "events": ("events", 1.0),
    "requests": ("requests", 1.0),
    "event-lead": ("days", 86_400.0),
    "request-lead": ("days", 86_400.0),
    "success": ("percent", 0.01),
}


@command
@click.option("--per", type=click.Choice(PER), default="week", show_default=True, help="Count per.")
@click.option("--since", metavar="T", default="", help="From when; 13 weeks or 12 months before the end.")
@click.option("--until", metavar="T", default="", help="Until when; now.")
@report_past.asking
@click.option("--bars", is_flag=True, help="Draw them as bars of text.")
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def trends(
    invocation: Invocation,
    per: str,
    since: str,
    until: str,
    as_of: str,
    bars: bool,
    form: str,
    to: Path | None,
    replace: bool,
) -> None:
    """Count events and change requests per week or month, and how long they took."""
    with at_work(invocation) as here, here.store.read() as uow:
        asked = _asked(here, per, since, until, as_of)
        found = trend_counts.counted(
            uow,
            asked.then,
            zone_of(here.site.zone),
            per,
            past=asked.past,
            start=asked.start,
            end=asked.end,
        )
    if bars and not invocation.wants_json:
        _draw(found, ascii_only=invocation.ascii_only)
        return
    report = report_past.told(made(found, asked, per), asked)
    reports.deliver(report, "json" if invocation.wants_json else form, to, replace=replace)


def made(found: Sequence[Trend], asked: Moment, per: str) -> Report:
    """The report as people read it and as programs do: a table and a chart of each trend."""
    return Report(
        title="Trends",
        facts=(
            ("period", reports.spanned(asked.start, asked.end, asked.then)),
            ("made", clockface.clock(asked.then)),
            ("counted", f"per {per}"),
        ),
        parts=tuple(part for one in found for part in _parts(one)),
        record={
            "made_at": asked.then,
            "start": asked.start,
            "end": asked.end,
            "per": per,
            "trends": [_record(one) for one in found],
        },
        counted=Table(
            "Trends",
            ("chart", "of", "value", "number", "besides"),
            tuple(
                (one.name, bar.label, f"{bar.value:g}", bar.says or "-", bar.beside)
                for one in found
                for bar in one.bars
            ),
        ),
    )


def _asked(here: Workplace, per: str, since: str, until: str, as_of: str) -> Moment:
    zone = here.site.zone
    then = report_past.at(as_of, zone=zone, now=here.at)
    newest = then + timedelta(seconds=1)
    end = typed.moment(until, zone=zone, now=then) if until else newest
    end = min(end, newest) if as_of else end
    start = typed.moment(since, zone=zone, now=then) if since else trend_counts.since(end, zone_of(zone), per)
    if end <= start:
        raise Invalid("The period ends before it starts.", "Give --since before --until.")
    return Moment(start, end, then, here.at, bool(as_of))


def _parts(one: Trend) -> Iterable[Table | Chart]:
    some = any(bar.value for bar in one.bars)
    rows = tuple((bar.label, bar.says or "-", bar.beside) for bar in one.bars) if some else ()
    heading = f"{one.title}{f': {one.said}' if one.said else ''}"
    yield Table(heading, ("of", "number", "besides"), rows, ("number",), f"{one.empty.capitalize()}.")
    if some:
        unit, size = _UNITS[one.name]
        yield Chart(one.title, unit, tuple((bar.label, bar.value / size) for bar in one.bars))


def _record(one: Trend) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "bars": [{"of": bar.label, "value": bar.value, "says": bar.says} for bar in one.bars],
    }


def _draw(found: Sequence[Trend], *, ascii_only: bool) -> None:
    """Write the charts as bars of text."""
    for place, one in enumerate(found):
        if place:
            printing.put()
        for line in lines(one, WIDTH):
            printing.put(plain(line, ascii_only=ascii_only).rstrip())

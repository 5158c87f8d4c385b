"""The report of what changes did, held against what had been foreseen of them."""

from pathlib import Path
from typing import Any

import click

from ccb import outcome_reports
from ccb.aftermath import Aftermath
from ccb.model import ChangeRequest
from ccb.outcome_reports import OutcomeReport
from tui import clockface, printing, report_past, reports
from tui.context import Invocation, command
from tui.present import counted, duration
from tui.reports import Chart, Report, Table
from tui.workplace import at_work

ROWS = 500  # requests listed for people; JSON and CSV hold all
BARS = 40  # more than these nobody reads
_RIGHT = ("after the window", "expected", "worst", "down")


@command
@click.option("--since", metavar="T", default="", help="From when; the first of the month five months ago.")
@click.option("--until", metavar="T", default="", help="Until when; now.")
@report_past.asking
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def outcomes(
    invocation: Invocation, since: str, until: str, as_of: str, form: str, to: Path | None, replace: bool
) -> None:
    """Report what was foreseen of changes against what happened: time, outage, who was hit."""
    with at_work(invocation) as here, here.store.read() as uow:
        asked = report_past.moment(since, until, as_of, zone=here.site.zone, now=here.at)
        found = outcome_reports.report(uow, start=asked.start, end=asked.end, now=asked.then, past=asked.past)
    report = report_past.told(made(found), asked)
    reports.deliver(report, "json" if invocation.wants_json else form, to, replace=replace)


def made(found: OutcomeReport) -> Report:
    """The report as people read it and as programs do."""
    late = f", the others {duration(found.overrun_median)} after it (median)" if found.overrun_median else ""
    return Report(
        title="Changes: foreseen and happened",
        facts=(
            ("period", reports.spanned(found.start, found.end, found.made_at)),
            ("made", clockface.clock(found.made_at)),
            ("ended", f"{len(found.ended):,}"),
            ("within the window", _share(found.within_window, found.timed) + late),
            ("no longer down than at worst", _share(found.within_worst, found.measured)),
            ("hit what nobody foresaw", _share(found.surprised, found.assessed)),
            ("missing dependencies asked for", counted(found.open_questions, "open action item")),
        ),
        parts=(
            _ended(found, ROWS),
            _hits(found),
            Chart(
                "Minutes down, and the line of the worst that was planned",
                "minutes",
                tuple((one.id, (after.outage or 0) / 60) for one, after in _charted(found)),
                limits=tuple((after.worst or 0) / 60 for _one, after in _charted(found)),
            ),
        ),
        record=record(found),
        counted=_ended(found, len(found.ended)),
    )


def _charted(found: OutcomeReport) -> list[tuple[ChangeRequest, Aftermath]]:
    """The newest that have both a worst and an actual outage, the oldest of them first."""
    known = [
        (one, after) for one, after in found.ended if after.outage is not None and after.worst is not None
    ]
    return known[:BARS][::-1]


def _ended(found: OutcomeReport, limit: int) -> Table:
    more = f", the latest {limit:,} of {len(found.ended):,}" if len(found.ended) > limit else ""
    return Table(
        f"Ended{more}",
        ("id", "outcome", "closed", *_RIGHT, "foreseen", "hit", "not foreseen", "spared", "title"),
        tuple(_row(one, after) for one, after in found.ended[:limit]),
        right=_RIGHT,
        empty="No change was closed or backed out.",
    )


def _row(one: ChangeRequest, after: Aftermath) -> tuple[str, ...]:
    foreseen = "not assessed" if after.foreseen is None else ", ".join(sorted(after.foreseen))
    return (
        one.id,
        one.outcome,
        clockface.clock(one.closed_at) if one.closed_at else "",
        "" if after.overrun is None else duration(after.overrun) if after.overrun > 0 else "no",
        *("" if part is None else duration(part) for part in (after.expected, after.worst, after.outage)),
        foreseen,
        ", ".join(each.item for each in after.hits if each.service),
        ", ".join(each.item for each in after.surprises),
        ", ".join(after.spared),
        one.title,
    )


def _hits(found: OutcomeReport) -> Table:
    return Table(
        "Hit, and nobody had foreseen it",
        ("change", "item", "effect", "foreseen", "records"),
        tuple(
            (one.id, hit.item, hit.effect, hit.foreseen or "nothing", ", ".join(hit.records))
            for one, after in found.ended
            for hit in after.surprises
        ),
        empty="Nothing.",
    )


def _share(some: int, every: int) -> str:
    return f"{some:,} of {every:,} ({some / every:.0%})" if every else "of none it is known"


def record(found: OutcomeReport) -> dict[str, Any]:
    """The report for programs."""
    names = ("start", "end", "made_at", "timed", "within_window", "overrun_median", "measured")
    more = ("within_worst", "assessed", "surprised", "open_questions")
    return {
        **{name: getattr(found, name) for name in (*names, *more)},
        "ended": [{**_request(one), **_after(after)} for one, after in found.ended],
    }


def _request(one: ChangeRequest) -> dict[str, Any]:
    names = ("id", "kind", "title", "outcome", "window", "started", "finished", "closed_at")
    return {name: printing.plain(getattr(one, name)) for name in names}


def _after(after: Aftermath) -> dict[str, Any]:
    names = ("started_late", "overrun", "expected", "worst", "outage", "foreseen")
    return {
        **{name: getattr(after, name) for name in names},
        "hit": [{**one._asdict(), "records": list(one.records)} for one in after.hits],
        "surprises": [one.item for one in after.surprises],
        "spared": list(after.spared),
    }

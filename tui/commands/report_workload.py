"""The report of workload: how many events came of how many plans estimated, and what they took."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cmdb.errors import Invalid
from cmdb.instants import instant
from cmdb.periods import zone_of
from cmdb.store import UnitOfWork
from cmdb.workload import Load, against
from tui import clockface, plan_words, reports
from tui.context import Invocation, command
from tui.reports import Chart, Report, Table
from tui.workplace import at_work

EMPTY = (
    "No plan for events states an estimate. In what it covers it says, such as:"
    " 'workload of incidents: 40 a month at 1h30m'."
)


@command
@click.option("--document", metavar="ID", default="", help="Only of this plan.")
@click.option("--since", metavar="T", default="", help="From when; the first of the month five months ago.")
@click.option("--until", metavar="T", default="", help="Until when; now.")
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def workload(
    invocation: Invocation,
    document: str,
    since: str,
    until: str,
    form: str,
    to: Path | None,
    replace: bool,
) -> None:
    """Report the workload of events: expected by the plans, and come, with the work they took."""
    with at_work(invocation) as here, here.store.read() as uow:
        start, end = reports.period(since, until, zone=here.site.zone, now=here.at)
        if end <= start:
            raise Invalid("The period ends before it starts.", "Give --since before --until.")
        zone = zone_of(here.site.zone)
        found = against(uow, start=start, end=end, zone=zone, document=document)
        facts = (
            ("period", reports.spanned(start, end, here.at)),
            ("made", clockface.clock(here.at)),
            ("of", document or "every plan for events"),
            *_records_begin(uow, start),
        )
        record = {"made_at": here.at, "start": start, "end": end, "document": document or None}
    made = made_of(found, facts, record)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)


def _records_begin(uow: UnitOfWork, start: datetime) -> tuple[tuple[str, str], ...]:
    """From when on events are recorded, where the period reaches back further: of before none came."""
    [(first,)] = uow.rows("SELECT MIN(reported) FROM event WHERE state <> 'withdrawn'")
    begun = instant(str(first)) if first else None
    if begun is None or begun <= start:
        return ()
    return (("records", f"begin {clockface.clock(begun)}; of the time before nobody can say what came"),)


def made_of(found: Sequence[Load], facts: tuple[tuple[str, str], ...], record: dict[str, Any]) -> Report:
    """The report as people read it and as programs do."""
    rows = tuple((one.document, *plan_words.load(one)) for one in found)
    parts: list[Table | Chart] = [
        Table("Expected and come", ("plan", *plan_words.LOADS), rows, right=plan_words.LOADS[2:], empty=EMPTY)
    ]
    for one in found:
        parts += [_shares(one), _chart(one)]
    return Report(
        title="Workload of events",
        facts=facts,
        parts=tuple(parts),
        record={**record, "estimates": [_record(one) for one in found]},
    )


def _shares(one: Load) -> Table:
    rows = tuple(
        (
            _label(one, place) + ("" if share.whole else ", in part"),
            f"{share.expected.quantize(plan_words.TENTH):,}",
            f"{share.came:,}",
        )
        for place, share in enumerate(one.shares)
    )
    unit = one.estimate.unit
    return Table(f"{one.document}: {one.estimate.of}", (unit, "expected", "came"), rows, ("expected", "came"))


def _chart(one: Load) -> Chart:
    bars = tuple((_label(one, place), float(share.came)) for place, share in enumerate(one.shares))
    limits = tuple(float(share.expected) for share in one.shares)
    return Chart(f"{one.document}: {one.estimate.of}", "events", bars, limits)


def _label(one: Load, place: int) -> str:
    """The unit of time by the day it begins on, by the clock of the site."""
    begins = one.shares[place].start.astimezone(clockface.zone())
    forms = {"month": "%Y-%m", "year": "%Y", "week": "%G-W%V"}
    return f"{begins:{forms.get(one.estimate.unit, '%Y-%m-%d')}}"


def _record(one: Load) -> dict[str, Any]:
    of = one.estimate
    return {
        "document": one.document,
        "kind": of.kind or None,
        "group": of.group or None,
        "count": str(of.count),
        "unit": of.unit,
        "each": of.each or None,
        "expected": f"{one.expected:.3f}",
        "came": one.came,
        "work_planned": one.planned,
        "work": one.spent,
        "worked": one.worked,
        "shares": [
            {"start": each.start, "end": each.end, "expected": f"{each.expected:.3f}", "came": each.came}
            for each in one.shares
        ],
    }

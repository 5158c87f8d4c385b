"""The risk report: the blast radius of every item, worst first. The read path alone."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from cmdb import risk_reports
from cmdb.reading import Reader
from cmdb.risk_reports import Risk, RiskReport
from tui import clockface, present, printing, report_past, reports
from tui.context import Invocation, command
from tui.progress import Progress
from tui.reports import Report, Table, Words

LIMIT = 20
MOST = 1_000

MEANING = (
    "Each item is taken down alone; what then follows is counted, the item itself left out, with agreements "
    "in force about what is hit. A single point of failure, marked ●, puts another service in outage."
)


F = TypeVar("F", bound=Callable[..., Any])


def about(function: F) -> F:
    """Give a command of this report its options."""
    limit = click.option(
        "--limit",
        metavar="N",
        type=click.IntRange(1, MOST),
        default=LIMIT,
        show_default=True,
        help="How many items.",
    )
    kind = click.option("--type", "type_", metavar="TYPE", default="", help="Only items of this type.")
    below = click.option(
        "--service", "below", metavar="ID", default="", help="Only what this service needs, and itself."
    )
    form = click.option(
        "--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True
    )
    return limit(kind(below(report_past.asking(form(reports.saving(function))))))


@command
@about
def risks(
    invocation: Invocation,
    limit: int,
    type_: str,
    below: str,
    as_of: str,
    form: str,
    to: Path | None,
    replace: bool,
) -> None:
    """Report the items whose outage alone takes most with it, worst first, and the same by type.

    Every item that serves is taken down, one by one, exactly; on a million items that takes minutes.
    """
    assert not as_of, "with --as-of the table calls `risks_then` in place of this"
    at, progress = invocation.now(), Progress()
    try:
        with Reader.open(invocation.site.url) as reader, reader.question() as estate:
            found = risk_reports.report(
                estate,
                at=at,
                limit=limit,
                type=type_,
                service=below,
                told=progress,
            )
    finally:
        progress.end()
    made_of = made(found, at=at, type=type_, below=below)
    reports.deliver(made_of, "json" if invocation.wants_json else form, to, replace=replace)


def made(found: RiskReport, *, at: datetime, type: str, below: str) -> Report:
    """The report as people read it and as programs do."""
    return Report(
        title="Top risks",
        facts=(
            ("made", clockface.clock(at)),
            ("covers", _covers(found, type, below)),
            ("estate", _estate(found)),
            ("in short", _in_short(found)),
        ),
        parts=(_items(found), _by_type(found), Words("What is counted", MEANING)),
        record=record(found, at=at, type=type, below=below),
    )


def _estate(found: RiskReport) -> str:
    serving = f"{present.counted(found.services, 'service')} in service"
    return f"{serving}, {present.counted(found.agreements, 'agreement')} in force"


def _covers(found: RiskReport, type: str, below: str) -> str:
    of = f" of the type {type}" if type else ""
    where = f" among what {below} needs" if below else ""
    if not of and not where:
        return f"every item that serves: {found.taken_down:,}"
    return f"{present.counted(found.taken_down, 'item')}{of}{where}, of {found.serving:,} that serve"


def _in_short(found: RiskReport) -> str:
    if not found.single_points:
        return "no item alone puts another service in outage"
    return f"{present.counted(found.single_points, 'single point')} of failure"


def _items(found: RiskReport) -> Table:
    return Table(
        heading="Items, worst first",
        header=("", "id", "type", "owner", "outage", "degraded", "items", "agreements", "name"),
        rows=tuple(
            (
                "●" if one.single_point else "",
                one.id,
                one.type,
                one.owner,
                f"{one.blast.outage:,}",
                f"{one.blast.degraded:,}",
                f"{one.blast.items:,}",
                f"{one.blast.agreements:,}",
                one.name,
            )
            for one in found.risks
        ),
        right=("outage", "degraded", "items", "agreements"),
        empty="No item takes anything with it.",
    )


def _by_type(found: RiskReport) -> Table:
    return Table(
        heading="By type, worst first",
        header=("type", "items", "single points", "take nothing", "outage", "degraded", "worst item"),
        rows=tuple(
            (
                one.type,
                f"{one.items:,}",
                f"{one.single_points:,}",
                f"{one.harmless:,}",
                f"{one.outage:,}",
                f"{one.degraded:,}",
                one.worst,
            )
            for one in found.types
        ),
        right=("items", "single points", "take nothing", "outage", "degraded"),
        empty="Nothing serves.",
    )


def record(found: RiskReport, *, at: datetime, type: str, below: str) -> dict[str, Any]:
    """The report for programs."""
    return {
        "made_at": printing.plain(at),
        "type": type or None,
        "service": below or None,
        "taken_down": found.taken_down,
        "serving": found.serving,
        "single_points": found.single_points,
        "items": [_risk(one) for one in found.risks],
        "types": [one._asdict() for one in found.types],
    }


def _risk(one: Risk) -> dict[str, Any]:
    return {
        "id": one.id,
        "type": one.type,
        "name": one.name,
        "owner": one.owner,
        "single_point": one.single_point,
        "services_outage": one.outage,
        "services_degraded": one.degraded,
        "items_outage": one.blast.items_outage,
        "items_degraded": one.blast.items_degraded,
        "agreements": one.agreements,
    }

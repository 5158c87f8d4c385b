"""The reports of events: by item and period, and the trouble reports with their fixes."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ccb import requests_then
from cmdb import event_reports
from cmdb.event_lines import Line
from cmdb.event_reports import EventReport, Figures, Trouble, TroubleReport
from cmdb.periods import zone_of
from cmdb.reading import Reader
from tui import clockface, printing, report_past, reports
from tui.context import Invocation, command
from tui.present import counted, duration
from tui.reports import Chart, Report, Table

ROWS = 500  # events listed for people; JSON and CSV hold all
ITEMS = 100
_COLUMNS = (
    "reported",
    "resolved",
    "closed",
    "unresolved",
    "lead time",
    "median",
    "9 of 10 within",
    "too late",
)


@command
@click.option("--since", metavar="T", default="", help="From when; the first of the month five months ago.")
@click.option("--until", metavar="T", default="", help="Until when; now.")
@report_past.asking
@click.option("--item", metavar="ID", default="", help="Only events that concern this item.")
@click.option(
    "--per",
    type=click.Choice(tuple(event_reports.UNITS)),
    default="month",
    show_default=True,
    help="Count per.",
)
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def events(
    invocation: Invocation,
    since: str,
    until: str,
    as_of: str,
    item: str,
    per: str,
    form: str,
    to: Path | None,
    replace: bool,
) -> None:
    """Report events by item and period: unresolved, lead times, those that took too long, work per time."""
    asked = report_past.moment(since, until, as_of, zone=invocation.site.zone, now=invocation.now())
    start, end = asked.start, asked.end
    with Reader.open(invocation.site.url) as reader, reader.question():
        if item:
            reader.item(item)
        zone = zone_of(invocation.site.zone)
        found = event_reports.report(
            reader,
            start=start,
            end=end,
            now=asked.then,
            item=item,
            per=per,
            zone=zone,
            past=asked.past,
        )
    form = _form(invocation, form, to)
    report = report_past.told(made(found, item, form), asked, found.unsaid)
    reports.deliver(report, form, to, replace=replace)


@command
@click.option("--since", metavar="T", default="", help="From when; the first of the month five months ago.")
@click.option("--until", metavar="T", default="", help="Until when; now.")
@report_past.asking
@click.option("--item", metavar="ID", default="", help="Only incidents that concern this item.")
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def troubles(
    invocation: Invocation,
    since: str,
    until: str,
    as_of: str,
    item: str,
    form: str,
    to: Path | None,
    replace: bool,
) -> None:
    """Report trouble reports: every incident with its status, what caused it and what fixed it."""
    asked = report_past.moment(since, until, as_of, zone=invocation.site.zone, now=invocation.now())
    start, end = asked.start, asked.end
    with Reader.open(invocation.site.url) as reader, reader.question():
        if item:
            reader.item(item)
        found = event_reports.troubles(
            reader,
            start=start,
            end=end,
            now=asked.then,
            item=item,
            past=asked.past,
        )
        states = _states(reader, found, asked.then if asked.past else None)
    form = _form(invocation, form, to)
    report = report_past.told(made_of_troubles(found, states, item, form), asked, found.unsaid)
    reports.deliver(report, form, to, replace=replace)


def _form(invocation: Invocation, form: str, to: Path | None) -> str:
    """The form that is written: of very many events only that one is made."""
    if to is not None:
        return to.suffix.lower().removeprefix(".")
    return "json" if invocation.wants_json else form


def made(found: EventReport, item: str, form: str) -> Report:
    """The report as people read it or as programs do, whichever the form asks for."""
    total = found.total
    return Report(
        title=f"Events of {item}" if item else "Events",
        facts=(
            ("period", reports.spanned(found.start, found.end, found.made_at)),
            ("made", clockface.clock(found.made_at)),
            ("reported", f"{total.reported:,}, {found.requests:,} of them service requests"),
            ("resolved", f"{total.resolved:,}"),
            ("closed", f"{total.closed:,}, {_lead(total)}"),
            ("not closed within the maximum time", _late(total)),
            ("unresolved at the end", f"{total.unresolved:,}"),
            ("overdue now", f"{found.overdue:,}"),
            ("withdrawn", f"{found.withdrawn:,}" if found.withdrawn else ""),
        ),
        parts=(
            Table(
                f"Per {found.per}",
                (found.per, "reported", "resolved", "closed", "action items initiated", "closed ones"),
                tuple((one.unit, *(f"{number:,}" for number in one[1:])) for one in found.pace),
                right=("reported", "resolved", "closed", "action items initiated", "closed ones"),
                empty="Nothing was reported, resolved or closed.",
            ),
            Chart("Reported", "events", tuple((one.unit, float(one.reported)) for one in found.pace)),
            Chart("Closed", "events", tuple((one.unit, float(one.closed)) for one in found.pace)),
            _figures(_heading("By item", found.by_item, ITEMS), "item", found.by_item[:ITEMS]),
            _figures("By priority", "priority", found.by_priority),
            _touched(found.touched[:ROWS], len(found.touched)),
        ),
        record=record(found) if form == "json" else {},
        counted=_touched(found.touched, len(found.touched), clock=str) if form == "csv" else None,
    )


def made_of_troubles(found: TroubleReport, states: dict[str, str], item: str, form: str) -> Report:
    """The trouble reports as people or programs read them; `states` are those of the requests."""
    total = found.total
    now = ", ".join(f"{count:,} {state}" for state, count in found.states.items()) or "none"
    return Report(
        title=f"Trouble reports of {item}" if item else "Trouble reports",
        facts=(
            ("period", reports.spanned(found.start, found.end, found.made_at)),
            ("made", clockface.clock(found.made_at)),
            ("incidents", now),
            ("reported", f"{total.reported:,}"),
            ("closed", f"{total.closed:,}, {_lead(total)}"),
            ("unresolved at the end", f"{total.unresolved:,}"),
            ("with a change behind the fix", f"{found.by_change:,}"),
            ("with action items alone", f"{found.by_action:,}"),
            ("caused by a change", f"{found.caused:,}"),
        ),
        parts=(_troubles(found.troubles[:ROWS], len(found.troubles), states),),
        record=record_of_troubles(found, states) if form == "json" else {},
        counted=_troubles(found.troubles, len(found.troubles), states, clock=str) if form == "csv" else None,
    )


def _states(reader: Reader, found: TroubleReport, then: datetime | None) -> dict[str, str]:
    """The state of every change request that caused or fixed one of them, or what it was at a moment."""
    named = {id for one in found.troubles for id in (one.line.caused_by, one.line.fixed_by) if id}
    if named and then is not None:
        known = requests_then.states(reader, requests_then.told_of(reader, then))
    else:
        known = dict(reader.rows("SELECT id, state FROM change_request")) if named else {}
    return {id: known.get(id, "not here") for id in named}


def _clock(at: str) -> str:
    """A time by the clock on the wall; a spreadsheet gets it in UTC, as it is kept."""
    return clockface.clock(datetime.fromisoformat(at)) if at else ""


def _figures(heading: str, word: str, rows: tuple[Figures, ...]) -> Table:
    return Table(
        heading,
        (word, *_COLUMNS),
        tuple(
            (
                one.group,
                f"{one.reported:,}",
                f"{one.resolved:,}",
                f"{one.closed:,}",
                f"{one.unresolved:,}",
                *(_time(at) for at in (one.lead_mean, one.lead_median, one.lead_ninetieth)),
                "" if one.late_share is None else f"{one.late_share:.1%}",
            )
            for one in rows
        ),
        right=_COLUMNS,
        empty="No event was reported.",
    )


def _touched(rows: tuple[Line, ...], every: int, clock: Callable[[str], str] = _clock) -> Table:
    return Table(
        _heading("Events", rows, len(rows), every),
        ("id", "kind", "state", "priority", "reported", "resolved", "closed", "late", "items", "description"),
        tuple(
            (
                one.id,
                one.kind,
                one.state,
                one.priority,
                *(clock(at) for at in (one.reported, one.resolved, one.closed)),
                {None: "", True: "yes", False: "no"}[one.late],
                ", ".join(one.items),
                _first(one),
            )
            for one in rows
        ),
        empty="No event was reported, resolved or closed.",
    )


def _troubles(
    rows: tuple[Trouble, ...], every: int, states: dict[str, str], clock: Callable[[str], str] = _clock
) -> Table:
    return Table(
        _heading("Trouble reports", rows, len(rows), every),
        ("id", "state", "priority", "reported", "resolved", "items", "caused by", "fix", "description"),
        tuple(
            (
                one.line.id,
                one.line.state,
                one.line.priority,
                clock(one.line.reported),
                clock(one.line.over),
                ", ".join(one.line.items),
                _change(one.line.caused_by, states),
                "; ".join(
                    filter(
                        None,
                        (_change(one.line.fixed_by, states), *(f"{id} {state}" for id, state in one.actions)),
                    )
                ),
                _first(one.line),
            )
            for one in rows
        ),
        empty="No incident was reported.",
    )


def record(found: EventReport) -> dict[str, Any]:
    """The report for programs."""
    return {
        "start": found.start,
        "end": found.end,
        "made_at": found.made_at,
        "total": _plain(found.total),
        "service_requests": found.requests,
        "withdrawn": found.withdrawn,
        "overdue": found.overdue,
        "states": found.states,
        "per": found.per,
        "pace": [one._asdict() for one in found.pace],
        "by_item": [_plain(one) for one in found.by_item],
        "by_priority": [_plain(one) for one in found.by_priority],
        "events": [_line(one) for one in found.touched],
    }


def record_of_troubles(found: TroubleReport, states: dict[str, str]) -> dict[str, Any]:
    """The trouble reports for programs."""
    return {
        "start": found.start,
        "end": found.end,
        "made_at": found.made_at,
        "total": _plain(found.total),
        "states": found.states,
        "fixed_by_change": found.by_change,
        "fixed_by_action": found.by_action,
        "caused_by_change": found.caused,
        "troubles": [
            {
                **_line(one.line),
                "actions": [{"id": id, "state": state} for id, state in one.actions],
                "caused_by_state": states.get(one.line.caused_by),
                "fixed_by_state": states.get(one.line.fixed_by),
            }
            for one in found.troubles
        ],
    }


def _plain(one: Figures) -> dict[str, Any]:
    share = one.late_share
    return {**printing.plain(one), "late_share": None if share is None else f"{share:.4f}"}


def _line(one: Line) -> dict[str, Any]:
    times = {name: getattr(one, name) or None for name in ("resolved", "closed", "resolve_by")}
    return {**one._asdict(), **times, "items": list(one.items), "late": one.late, "lead_s": one.lead}


def _heading(words: str, rows: tuple[object, ...], shown: int, every: int | None = None) -> str:
    total = len(rows) if every is None else every
    return f"{words}, {shown:,} of {total:,}" if total > shown else words


def _lead(one: Figures) -> str:
    if one.lead_mean is None:
        return "no lead time is known"
    assert one.lead_median is not None
    return f"in {duration(one.lead_mean)} on average, half of them within {duration(one.lead_median)}"


def _late(one: Figures) -> str:
    if one.late_share is None:
        return "nobody said what it was"
    unknown = one.closed - one.judged
    return f"{one.late_share:.1%}: {one.late:,} of {counted(one.judged, 'event')}" + (
        f"; of {unknown:,} nobody knows" if unknown else ""
    )


def _change(id: str, states: dict[str, str]) -> str:
    return f"{id} {states[id]}" if id else ""


def _first(one: Line) -> str:
    return one.description.strip().splitlines()[0] if one.description.strip() else ""


def _time(seconds: int | None) -> str:
    return "" if seconds is None else duration(seconds)

"""The service report: what was promised to a customer and what was delivered."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from cmdb import agreements, service_reports
from cmdb.availability import Standing
from cmdb.errors import Invalid
from cmdb.instants import length
from cmdb.outage_counts import Counted
from cmdb.periods import zone_of
from cmdb.promises import Outage, ServiceAgreement
from cmdb.service_reports import Ahead, Delivered, ServiceReport
from cmdb.store import UnitOfWork
from tui import clockface, level_lines, observed_parts, present, printing, report_past, reports, typed
from tui.context import Invocation, command
from tui.report_past import Moment
from tui.reports import Chart, Report, Table, Words
from tui.workplace import at_work

BARS = 60  # more than these nobody reads; the table has them all
NAMED = 8  # agreements in a refusal


@command
@click.argument("agreement", metavar="AGREEMENT", default="", required=False)
@click.option("--since", metavar="T", default="", help="From when; the first of the month five months ago.")
@click.option("--until", metavar="T", default="", help="Until when; now.")
@report_past.asking
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def service(
    invocation: Invocation,
    agreement: str,
    since: str,
    until: str,
    as_of: str,
    form: str,
    to: Path | None,
    replace: bool,
) -> None:
    """Report what AGREEMENT promised and what was delivered, period by period.

    Allowed, used and left per commitment; the outages that counted; what was exempt and who accepted
    that; the work ahead. With --format html one page with charts, to print or send.
    """
    with at_work(invocation) as here, here.store.read() as uow:
        zone = here.site.zone
        then = report_past.at(as_of, zone=zone, now=here.at)
        end = typed.moment(until, zone=zone, now=then) if until else then
        end = min(end, then) if as_of else end
        if not agreement:
            raise Invalid("Whose agreement to report on is missing.", _which(uow))
        start = typed.moment(since, zone=zone, now=then) if since else reports.months_ago(then)
        found = service_reports.report(uow, agreement, start=start, end=end, now=then, past=bool(as_of))
    asked = Moment(start, end, then, here.at, bool(as_of))
    told = report_past.told(made(found), asked, found.unsaid)
    reports.deliver(told, "json" if invocation.wants_json else form, to, replace=replace)


def _which(uow: UnitOfWork) -> str:
    """What to type: the agreements there are, as far as a line goes."""
    ids = [one.id for one in agreements.listed(uow)]
    if not ids:
        return "There is none yet: 'cmdb agreement register FILE' adds one."
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    return f"Name one, such as 'cmdb report service {ids[0]}'. There are: {', '.join(ids[:NAMED])}{more}."


def made(found: ServiceReport) -> Report:
    """The report as people read it and as programs do."""
    agreement = found.agreement
    rows = observed_parts.rows_of(found)
    return Report(
        title=f"Service report: {agreement.title}",
        facts=(
            ("agreement", agreement.id),
            ("customer", agreement.customer),
            ("manager", agreement.manager),
            *_unbound(agreement),
            ("period", clockface.stretch(found.start, found.end)),
            ("made", clockface.clock(found.made_at)),
            ("in short", _verdict(found)),
            *_records_begin(found),
        ),
        parts=(
            *_tables(found),
            *_charts(found),
            _outages(found),
            *observed_parts.misses(found),
            _exempt(found),
            *_differs(found),
            _ahead(found),
        ),
        record=record(found),
        counted=observed_parts.counted(_calculable(found), rows),
    )


def _unbound(agreement: ServiceAgreement) -> tuple[tuple[str, str], ...]:
    """That what is reported binds nobody yet, where it does not."""
    if agreement.binding or agreement.state == "ended":
        return ()
    return (("state", f"{agreement.state}: not agreed yet, so nothing here was promised"),)


def _records_begin(found: ServiceReport) -> tuple[tuple[str, str], ...]:
    """From when on anything was recorded, where the report reaches back further."""
    if found.kept_since is None:
        return ()
    begun = clockface.clock(found.kept_since)
    return (("records", f"begin {begun}; of the time before no outage was entered, so none is counted"),)


def _verdict(found: ServiceReport) -> str:
    """What became of the promises, in a few words; what nobody observed or was due is not called kept."""
    unknown, before, undue = len(found.unknown), len(found.unrecorded), len(found.undue)
    unseen = [f"{present.counted(unknown, 'promise')} of which nothing was observed"] if unknown else []
    unseen += [f"{present.counted(before, 'period')} before the records begin"] if before else []
    unseen += [f"{present.counted(undue, 'period')} in which nothing was due"] if undue else []
    broken = [one.standing.commitment for one in found.broken] + [one.commitment for one in found.missed]
    if broken:
        periods = f", in {len(broken)} periods" if len(broken) > len(set(broken)) else ""
        return "; ".join([f"{present.counted(len(set(broken)), 'promise')} broken{periods}", *unseen])
    if len(found.delivered) + len(found.levels) == unknown + before + undue:
        return "; ".join(unseen) or "nothing is promised"
    return "; ".join([*unseen, "the others were kept"] if unseen else ["every promise was kept"])


def _tables(found: ServiceReport) -> list[Table]:
    """Promised and delivered: what follows from outages, and what was observed."""
    rows = observed_parts.rows_of(found)
    tables = [_delivered(found)] if found.delivered or not rows else []
    return [*tables, observed_parts.table(rows)] if rows else tables


def _period(found: ServiceReport, one: Delivered) -> str:
    zone = zone_of(found.agreement.zone)
    return present.period(one.standing.start, one.standing.end, zone)


def _delivered(found: ServiceReport) -> Table:
    rows = []
    for one in found.delivered:
        now, recorded = one.standing, found.recorded(one)
        rows.append(
            (
                *_named(found, one),
                length(now.allowance_s),
                length(now.used_s) + (" running" if now.running else "") if recorded else "—",
                length(now.left_s) if recorded else "—",
                _kept(now) if recorded else "no record",
            )
        )
    return Table(
        heading="Promised and delivered",
        header=("commitment", "service", "period", "target", "delivered", "allowed", "used", "left", ""),
        rows=tuple(rows),
        right=("target", "delivered", "allowed", "used", "left"),
        empty="Nothing is promised in it, or nothing of it has begun.",
    )


def _named(found: ServiceReport, one: Delivered) -> tuple[str, ...]:
    """Which promise in which period, and the share of time promised and delivered."""
    now = one.standing
    period = _period(found, one) + ("" if one.over else " so far")
    share = now.percent() if found.recorded(one) else "—"
    return now.commitment, now.service, period, f"{now.promised} %", share


def _calculable(found: ServiceReport) -> Table:
    """The same for a spreadsheet: numbers that can be added, and a name for every column."""
    rows = []
    for one in found.delivered:
        now, recorded = one.standing, found.recorded(one)
        rows.append(
            (
                *(cell.removesuffix(" %").replace("—", "") for cell in _named(found, one)),
                _minutes(now.allowance_s),
                _minutes(now.used_s) if recorded else "",
                _minutes(now.left_s) if recorded else "",
                (_kept(now) if recorded else "no record") + (", running" if now.running else ""),
            )
        )
    named = ("commitment", "service", "period", "target %", "delivered %")
    spent = ("allowed min", "used min", "left min", "verdict")
    return Table(heading="Promised and delivered", header=(*named, *spent), rows=tuple(rows))


def _minutes(seconds: int) -> str:
    return f"{Decimal(seconds) / 60:.2f}"


def _kept(now: Standing) -> str:
    if not now.counted_s:
        return "─ nothing was due"
    return "○ kept" if now.met else "× broken"


def _charts(found: ServiceReport) -> list[Chart]:
    charts = observed_parts.charts(found, BARS)
    for commitment in found.agreement.commitments:
        rows = [one for one in found.delivered if one.standing.commitment == commitment.id][-BARS:]
        if len(rows) > 1:
            charts.append(
                Chart(
                    heading=f"{commitment.id}: minutes used, and the line of what was allowed",
                    unit="minutes",
                    bars=tuple((_period(found, one), one.standing.used_s / 60) for one in rows),
                    limits=tuple(one.standing.allowance_s / 60 for one in rows),
                )
            )
    return charts


def _outages(found: ServiceReport) -> Table:
    rows = [
        (
            service,
            one.effect,
            _when(one, found.made_at),
            _lasted(one, found.made_at),
            _took(taken),
            one.change,
            _why(one, found),
        )
        for service, outages in found.outages.items()
        for one, taken in zip(outages, found.counts[service], strict=True)
    ]
    return Table(
        heading="Outages",
        header=("service", "effect", "when", "for", "counts", "change", "why"),
        rows=tuple(rows),
        right=("for",),
        empty="None.",
    )


def _took(taken: Sequence[Counted]) -> str:
    """How much of an outage counts, and why the rest does not; commitments of which that is the same once."""
    told: dict[str, list[str]] = {}
    for one in taken:
        free = [f"{length(seconds)} {why}" for why, seconds in one.free]
        if not one.taken and len(free) == 1:
            words = f"no: {one.free[0][0]}"
        else:
            words = ", ".join([length(one.taken) if one.taken else "no", *free])
        told.setdefault(words, []).append(one.commitment)
    if len(told) < 2:
        return next(iter(told), "")
    return "; ".join(f"{', '.join(names)} {words}" for words, names in told.items())


def _when(one: Outage, now: datetime) -> str:
    if one.ended is None:
        return f"{clockface.clock(one.started)}, still running"
    return clockface.stretch(one.started, min(one.ended, now))


def _lasted(one: Outage, now: datetime) -> str:
    return length(int(((one.ended or now) - one.started).total_seconds()))


def _why(one: Outage, found: ServiceReport) -> str:
    cause = found.causes.get(one.id)
    item = cause is not None and cause.subject != one.subject
    said = ": ".join(part for part in (cause.subject, cause.note) if part) if cause and item else one.note
    return "; ".join(part for part in (said, one.source) if part)


def _exempt(found: ServiceReport) -> Table:
    rows = [
        (one.id, one.kind, one.service or "all", clockface.stretch(one.start, one.end), one.state,
         one.decided_by, one.evidence)
        for one in found.claims
    ]  # fmt: skip
    planned = sum(one.planned_s for one in found.delivered)
    heading = "Exempt time"
    if planned:
        heading += f" (besides {length(planned)} of planned outages that do not count)"
    return Table(
        heading=heading,
        header=("claim", "kind", "service", "when", "state", "by", "evidence"),
        rows=tuple(rows),
        empty="Nothing was claimed.",
    )


def _differs(found: ServiceReport) -> list[Words]:
    if not found.differs:
        return []
    said = ", ".join(f"{service} for {length(seconds)}" for service, seconds in found.differs.items())
    return [
        Words(
            "Where measurement and model disagree",
            f"What was recorded on the service and what follows from its items differ: {said}. "
            "What was recorded on the service counts.",
        )
    ]


def _ahead(found: ServiceReport) -> Table:
    rows = [
        (
            one.work.reference,
            clockface.stretch(one.work.window_start, one.work.window_end),
            length(one.work.expected),
            length(one.work.worst),
            ", ".join(f"{service}: {effect}" for service, effect in sorted(one.effects.items())),
            "not decided" if one.work.tentative else "scheduled",
        )
        for one in found.ahead
    ]
    return Table(
        heading="Work ahead, 90 days",
        header=("change", "window", "expected", "worst", "takes down", "state"),
        rows=tuple(rows),
        right=("expected", "worst"),
        empty="Not recorded." if found.unsaid else "None that touches these services.",
    )


def record(found: ServiceReport) -> dict[str, Any]:
    """The report for programs: seconds and UTC instants."""
    return {
        "agreement": found.agreement.id,
        "customer": found.agreement.customer,
        "since": printing.plain(found.start),
        "until": printing.plain(found.end),
        "made_at": printing.plain(found.made_at),
        "delivered": [
            {
                "commitment": one.standing.commitment,
                "service": one.standing.service,
                "period": {
                    "start": printing.plain(one.standing.start),
                    "end": printing.plain(one.standing.end),
                },
                "over": one.over,
                "target": one.standing.promised,
                "availability": None if one.standing.availability is None else one.standing.percent(6),
                "counted_s": one.standing.counted_s,
                "claimed_s": one.claimed_s,
                "planned_s": one.planned_s,
                "allowance_s": one.standing.allowance_s,
                "used_s": one.standing.used_s,
                "left_s": one.standing.left_s,
                "met": one.standing.met,
                "recorded": found.recorded(one),
                "running": one.standing.running,
            }
            for one in found.delivered
        ],
        "observed": [
            {**level_lines.record(one.level), "trend": one.trend} for one in observed_parts.rows_of(found)
        ],
        "misses": observed_parts.misses_record(found),
        "misses_in_all": found.misses_in_all,
        "outages": {
            service: [
                {
                    **printing.plain(one),
                    "counts": [
                        {"commitment": each.commitment, "taken_s": each.taken, "free_s": dict(each.free)}
                        for each in taken
                    ],
                }
                for one, taken in zip(outages, found.counts[service], strict=True)
            ]
            for service, outages in found.outages.items()
        },
        "differs_s": found.differs,
        "claims": [printing.plain(one) for one in found.claims],
        "ahead": None if found.unsaid else list(map(_work, found.ahead)),
    }


def _work(one: Ahead) -> dict[str, Any]:
    return {"work": printing.plain(one.work), "effects": one.effects}

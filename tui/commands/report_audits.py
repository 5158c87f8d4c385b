"""The report on audits: what was held, what is due, which findings are open, late or escalated."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from baselines import tables_audits
from baselines.audit_life import FINDING_STATES, Audit, Finding
from tui import clockface, printing, report_past, reports
from tui.context import Invocation, command
from tui.reports import Report, Table
from tui.workplace import at_work


@command
@click.option("--since", metavar="T", default="", help="Only what was held, or found, from then on.")
@click.option("--until", metavar="T", default="", help="Only what was held, or found, before then.")
@report_past.asking
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def audits(
    invocation: Invocation, since: str, until: str, as_of: str, form: str, to: Path | None, replace: bool
) -> None:
    """Report audits held and due, and how their findings stand; of all time, or of a period.

    What is still to be held and findings that are open are told of whatever the period.
    """
    with at_work(invocation) as here, here.store.read() as uow:
        zone, now = here.site.zone, here.at
        then = report_past.at(as_of, zone=zone, now=now)
        if as_of:
            held, found = tables_audits.as_they_stood(uow, then)
        else:
            held, found = tables_audits.audits(uow), tables_audits.findings(uow, only_open=False)
        period = reports.asked(since, until, zone=zone, now=then)
    asked = report_past.moment("", "", as_of, zone=zone, now=now)
    made = report_past.told(made_of(held, found, at=then, period=period), asked)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)


def made_of(
    held: Sequence[Audit],
    found: Sequence[Finding],
    *,
    at: datetime,
    period: tuple[datetime, datetime] | None = None,
) -> Report:
    """The report as people read it and as programs do."""
    if period is not None:
        held = [one for one in held if one.state == "planned" or _within(one.run_at, period)]
        found = [one for one in found if one.open or _within(one.raised_at, period)]
    states = Counter(one.state for one in found)
    late = [one for one in found if one.overdue(at) or one.review_due(at)]
    overdue = sum(1 for one in held if one.overdue(at))
    return Report(
        title="Audits",
        facts=(
            ("period", _said(period, at)),
            ("made", clockface.clock(at)),
            ("audits", f"{sum(1 for one in held if one.run_at):,} held, {overdue:,} overdue"),
            (
                "findings",
                ", ".join(f"{states[one]:,} {one}" for one in FINDING_STATES if states[one]) or "none",
            ),
            ("late", f"{len(late):,}" if late else "none"),
        ),
        parts=(_calendar(held, at), _held(held, found), _findings(found, at)),
        record={
            "start": period[0] if period else None,
            "end": period[1] if period else None,
            "made_at": at,
            "audits": [{**printing.plain(one), "overdue": one.overdue(at)} for one in held],
            "findings": [{**printing.plain(one), "overdue": one.overdue(at)} for one in found],
            "states": {one: states[one] for one in FINDING_STATES},
        },
        counted=_findings(found, at, everything=True),
    )


def _within(at: datetime | None, period: tuple[datetime, datetime]) -> bool:
    return at is not None and period[0] <= at < period[1]


def _said(period: tuple[datetime, datetime] | None, at: datetime) -> str:
    if period is None:
        return ""
    start, end = period
    return reports.spanned(start, end, at) if start.year > 1 else f"until {clockface.clock(end)}"


def _calendar(held: Sequence[Audit], at: datetime) -> Table:
    return Table(
        "To be held",
        ("due", "id", "kind", "auditor", "every", "title", ""),
        tuple(
            (
                clockface.clock(one.due),
                one.id,
                one.kind,
                one.auditor,
                one.every,
                one.title,
                "OVERDUE" if one.overdue(at) else "",
            )
            for one in held
            if one.state == "planned"
        ),
        empty="No audit is planned.",
    )


def _held(held: Sequence[Audit], found: Sequence[Finding]) -> Table:
    still = Counter(one.audit for one in found if one.open)
    return Table(
        "Held",
        ("held", "id", "kind", "baseline", "auditor", "findings", "open", "title"),
        tuple(
            (
                clockface.clock(one.run_at),
                one.id,
                one.kind,
                one.baseline,
                one.auditor,
                f"{len(one.findings):,}",
                f"{still[one.id]:,}",
                one.title,
            )
            for one in held
            if one.run_at
        ),
        right=("findings", "open"),
        empty="No audit was held.",
    )


def _findings(found: Sequence[Finding], at: datetime, *, everything: bool = False) -> Table:
    rows: list[tuple[str, ...]] = []
    for one in found:
        if everything or one.open:
            due: Any = one.review if one.state == "escalated" else one.due
            rows.append(
                (
                    one.id,
                    one.audit,
                    "OVERDUE" if one.overdue(at) else one.state,
                    one.holder,
                    clockface.clock(due) if due else "",
                    f"{one.count:,}",
                    one.what,
                )
            )
    return Table(
        "Findings" if everything else "Findings that are open",
        ("id", "audit", "state", "with", "due", "records", "what"),
        tuple(rows),
        right=("records",),
        empty="No finding is open.",
    )

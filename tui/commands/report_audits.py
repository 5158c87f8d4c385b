"""The report on audits: what was held, what is due, which findings are open, late or escalated."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from baselines import tables_audits
from baselines.audit_life import FINDING_STATES, Audit, Finding
from tui import clockface, printing, reports
from tui.context import Invocation, command
from tui.reports import Report, Table
from tui.workplace import at_work


@command
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def audits(invocation: Invocation, form: str, to: Path | None, replace: bool) -> None:
    """Report audits held and due, and how their findings stand."""
    with at_work(invocation) as here, here.store.read() as uow:
        held = tables_audits.audits(uow)
        found = tables_audits.findings(uow, only_open=False)
        at = here.at
    made = made_of(held, found, at=at)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)


def made_of(held: Sequence[Audit], found: Sequence[Finding], *, at: datetime) -> Report:
    """The report as people read it and as programs do."""
    states = Counter(one.state for one in found)
    late = [one for one in found if one.overdue(at) or one.review_due(at)]
    overdue = sum(1 for one in held if one.overdue(at))
    return Report(
        title="Audits",
        facts=(
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
            "made_at": at,
            "audits": [{**printing.plain(one), "overdue": one.overdue(at)} for one in held],
            "findings": [{**printing.plain(one), "overdue": one.overdue(at)} for one in found],
            "states": {one: states[one] for one in FINDING_STATES},
        },
        counted=_findings(found, at, everything=True),
    )


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

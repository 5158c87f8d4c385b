"""Audits, findings and practices of a real site for the app, in one list: what asks for attention first.

Source: `tui.duty_source.Duties`.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from baselines import conformance, tables_audits
from baselines.audit_life import Audit, Finding
from baselines.performed import NOT_PERFORMED, PARTLY
from cmdb.store import Store
from tui import clockface
from tui.duty_source import AuditLine


def audited(store: Store, at: datetime, zone: ZoneInfo) -> tuple[AuditLine, ...]:
    """Open findings, audits to be held and held, and the practices of 5.5 that are not performed."""
    with store.read() as uow:
        findings = tables_audits.findings(uow)
        audits = tables_audits.audits(uow)
        verdicts = conformance.assess(uow, ("5.5",), at=at)
    return (
        *(_finding(one, at, zone) for one in sorted(findings, key=lambda one: not one.overdue(at))),
        *(_audit(one, at, zone) for one in audits if one.state in ("planned", "reported")),
        *_practices(verdicts),
    )


def _finding(one: Finding, at: datetime, zone: ZoneInfo) -> AuditLine:
    late = one.overdue(at) or one.review_due(at)
    due = one.review if one.state == "escalated" else one.due
    return AuditLine(
        id=one.id,
        kind="finding",
        state="overdue" if late else one.state,
        role="bad" if late or one.state == "escalated" else "warn",
        who=one.holder,
        date=clockface.clock(due, zone) if due else "",
        text=one.what,
        command=f"finding show {one.id}",
    )


def _audit(one: Audit, at: datetime, zone: ZoneInfo) -> AuditLine:
    late = one.overdue(at)
    return AuditLine(
        id=one.id,
        kind=one.kind,
        state="overdue" if late else one.state,
        role="bad" if late else "",
        who=one.auditor,
        date=clockface.clock(one.run_at or one.due, zone),
        text=one.title,
        command=f"audit show {one.id}",
        asks=one.checklist,
    )


def _practices(verdicts: tuple[conformance.Verdict, ...]) -> Iterator[AuditLine]:
    for one in verdicts:
        if one.state in (PARTLY, NOT_PERFORMED) and one.practice.top and not one.practice.sums:
            yield AuditLine(
                id=one.practice.id,
                kind="practice",
                state=one.state,
                role="warn" if one.state == PARTLY else "bad",
                text=f"{one.practice.text} {one.missing}",
                command=f"conformance --practice '{one.practice.id}'",
            )

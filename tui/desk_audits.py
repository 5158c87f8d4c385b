"""Audits, findings and practices of a real site for the app, in one list: what asks for attention first.

Source: `tui.duty_source.Duties`.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from baselines import conformance, tables_audits
from baselines.audit_life import Audit, Finding
from baselines.performed import NOT_APPLICABLE, NOT_PERFORMED, PARTLY, PERFORMED
from cmdb.checks import shown
from cmdb.errors import NotFound
from cmdb.store import Store, UnitOfWork
from tui import clockface
from tui.desk_places import place_of
from tui.duty_source import AuditLine
from tui.event_source import EventLink
from tui.paper_source import Sheet
from tui.views import Fact

SIGNS = {
    PERFORMED: ("●", "good"),
    PARTLY: ("▲", "warn"),
    NOT_PERFORMED: ("×", "bad"),
    NOT_APPLICABLE: ("–", "dim"),
}
RECORDS = 200  # records of a practice that are listed


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


def practice(uow: UnitOfWork, id: str, at: datetime) -> Sheet:
    """One practice with its points and its records, each of which Enter opens. Raises NotFound."""
    if id not in conformance.known():
        remedy = "List them with 'cmdb conformance --section all'."
        raise NotFound(f"There is no practice '{shown(id)}'.", remedy)
    verdicts = {
        one.practice.id: one for one in conformance.assess(uow, (id.partition(" ")[0],), at=at, most=RECORDS)
    }
    one = verdicts[id]
    points = [each for each in verdicts.values() if each.practice.above == id]
    said = one.statement
    rows = (
        ("practice", one.practice.text, "strong"),
        ("missing", one.missing, "warn"),
        ("mends it", one.mend, ""),
        ("set aside", f"by {said.by}: {said.reason}" if said else "", ""),
        ("counted", "on the records as they are now" if one.now else "", "dim"),
        ("records", f"{one.total:,}" if one.total else "none shows it", "" if one.total else "dim"),
    )
    return Sheet(
        id=id,
        kind="practice",
        title=one.practice.text,
        state=f"{SIGNS[one.state][0]} {one.state}",
        role=SIGNS[one.state][1],
        facts=tuple(Fact(label=label, text=text, role=role) for label, text, role in rows if text),
        links=(*map(_point, points), *map(_shown_by, one.records[:RECORDS])),
    )


def _point(one: conformance.Verdict) -> EventLink:
    words = f"{one.state}: {one.practice.text} {one.missing}".rstrip()
    return EventLink(f"{SIGNS[one.state][0]} point", "practice", one.practice.id, words)


def _shown_by(record: str) -> EventLink:
    """A record by which a practice shows; one that no screen has is named all the same."""
    if record.startswith("BL-"):
        return EventLink("shown by", "baselines", record)
    place, id = place_of(record)
    known = place != "inbox" and bool(id)
    kind = record.partition(":")[0]
    return EventLink("shown by", place, id, kind) if known else EventLink("shown by", "", record)

"""Documents, releases and findings of a real site for the app: each question is one read transaction.

Who approved a document is read in the vault, which one thread may talk to at a time.
Source: `tui.paper_source.Papers`.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from threading import Lock
from zoneinfo import ZoneInfo

from baselines import approvals, audits, findings, tables_audits, tables_releases
from baselines.approvals import Approval
from baselines.audit_life import Finding
from baselines.library import Library
from ccb import requests
from ccb.model import ChangeRequest
from cmdb import (
    action_items,
    document_points,
    documents,
    duty_reports,
    journal,
    reviews,
    signatures,
    workload,
)
from cmdb.duty_reports import Reached
from cmdb.errors import NotFound
from cmdb.model import Entry
from cmdb.site import Site
from cmdb.store import UnitOfWork
from cmdb.written import Document
from tui import clockface, desk_audits, plan_words
from tui.event_source import EventLink
from tui.paper_source import DocumentLine, ReleaseLine, Sheet
from tui.present import altered, counted
from tui.views import Deed, Fact

HISTORY = 100
LISTED = 200  # items of a release shown; the command lists all
OVER = ("closed", "rejected", "withdrawn", "backed out")


class PaperDesk:
    """One site, one person, one clock."""

    def __init__(
        self, site: Site, library: Library, vault: Lock, person: str, clock: Callable[[], datetime]
    ) -> None:
        self.library, self.store, self._vault = library, library.store, vault
        self.person, self.clock = person, clock
        self.zone = ZoneInfo(site.zone)

    # Documents ------------------------------------------------------------------------------

    def documents(self) -> Sequence[DocumentLine]:
        """Every document: those in force first, by kind."""
        today = self.clock().astimezone(self.zone).date()
        with self.store.read() as uow:
            found = documents.listed(uow)
        lines = [_document(one, today) for one in found]
        return sorted(
            lines, key=lambda one: (one.status == "retired", one.level == "draft", one.kind, one.id)
        )

    def document(self, id: str) -> Sheet:
        """One document. Raises NotFound."""
        with self._vault, self.store.read() as uow:
            found = uow.get(Document, id)
            approved = approvals.approval(self.library, uow, "document", found.id)
            people, by_hand = documents.readers(uow, found)
            history = journal.of_subject(uow, f"document:{found.id}")[-HISTORY:]
            day = self.clock().astimezone(self.zone).date()
            stones, _ = duty_reports.against_plan(uow, document=found.id, today=f"{day}")
            held = reviews.listed(uow, about=f"document:{found.id}", only_planned=False)
            loads = workload.recent(uow, found, now=self.clock(), zone=self.zone)
        line = _document(found, day)
        files = tuple(f"{one.name}  {one.size:,} bytes  {one.sha256[:16]}" for one in found.attachments)
        body = tuple(found.body.rstrip().splitlines()) if found.body else ()
        parts = (
            ("Milestones", tuple(map(plan_words.line, stones))),
            ("Workload in six months", tuple(map(plan_words.loaded, loads))),
            ("Reviews", plan_words.reviewed(held, self.clock(), self.zone)),
            ("Attachments", files),
            ("Text", body),
        )
        return Sheet(
            id=found.id,
            kind=found.kind,
            title=found.title,
            state=found.level if found.status != "retired" else found.status,
            role="dim" if found.status == "retired" else "",
            facts=(*self._document_facts(found, line, approved, people, by_hand), *_progress(stones)),
            links=tuple(_document_links(found, approved)),
            parts=tuple((title, lines) for title, lines in parts if lines),
            history=tuple(map(_deed, reversed(history))),
            fields={"files": "\n".join(one.name for one in found.attachments)},
        )

    def _document_facts(
        self,
        found: Document,
        line: DocumentLine,
        approved: Approval | None,
        people: Sequence[str],
        by_hand: Sequence[str],
    ) -> Iterator[Fact]:
        points, lacking = document_points.points(found), document_points.absent(found)
        covered = f"{len(points) - len(lacking)} of {counted(len(points), 'point')}" if points else ""
        absent = f"; absent: {', '.join(one.point for one in lacking)}" if lacking else ""
        rows = (
            ("title", found.title, "strong"),
            ("kind", found.kind, ""),
            ("version", found.version, ""),
            ("for", ", ".join([*sorted(found.services), found.scope]).strip(", ") or "everything", ""),
            ("owner", found.owner, ""),
            ("approved", self._approved(approved), "" if approved else "warn"),
            ("next review", found.review + ("  OVERDUE" if line.late else ""), "bad" if line.late else ""),
            ("covers", covered + absent, "warn" if lacking else ""),
            (
                "distributed",
                ", ".join(found.distribution) or "to nobody",
                "" if found.distribution else "dim",
            ),
            ("told", ", ".join(people), ""),
            ("by hand", "; ".join(by_hand), "warn"),
        )
        for label, text, role in rows:
            if text:
                yield Fact(label=label, text=text, role=role)

    def _approved(self, one: Approval | None) -> str:
        """Who approved the version that stands."""
        if one is None:
            return "not yet: it is a candidate"
        if not one.request:
            return f"with the founding, {one.baseline}"
        board = f", decided by {one.decided_by} for the board '{one.board}'" if one.decided_by else ""
        voters = f" after {', '.join(one.voters)} approved" if one.voters else ""
        return f"{one.request} in {one.baseline}, {clockface.clock(one.at, self.zone)}{board}{voters}"

    # Releases -------------------------------------------------------------------------------

    def releases(self) -> Sequence[ReleaseLine]:
        """What is on its way to a release, then every release, newest first."""
        with self.store.read() as uow:
            coming = [one for one in requests.listed(uow) if one.kind == "release" and one.state not in OVER]
            built = tables_releases.releases(uow)
        lines = [_coming(one) for one in coming]
        lines += [
            ReleaseLine(
                product=one.product,
                version=one.version,
                state="built",
                request=one.request,
                baseline=one.baseline,
                digest=one.archive,
                at=one.at,
                by=one.by,
            )
            for one in built
        ]
        return lines

    def release(self, product: str, version: str) -> Sheet:
        """One release; without a version the newest of the product. Raises NotFound."""
        with self.store.read() as uow:
            newest = next(iter(tables_releases.releases(uow, product)), None)
            one = tables_releases.find(uow, product, version) if version else newest
            if one is None:
                raise NotFound(
                    f"There is no release {product} {version}.", "List them with 'cmdb release list'."
                )
            items = sorted(tables_releases.items_of(uow, one))
        rows = (
            ("product", one.product, "strong"),
            ("version", one.version, "strong"),
            ("built", f"{clockface.clock(one.at, self.zone)} by {one.by}", ""),
            ("signed with", signatures.fingerprint(one.key), ""),
            ("scope", one.scope, ""),
            ("archive", f"{counted(one.files, 'file')}, {one.size:,} bytes", ""),
            ("SHA-256", one.archive, ""),
            ("manifest", one.manifest, "dim"),
            ("recorded in", one.record, "dim"),
        )
        more = (f"and {len(items) - LISTED:,} more",) if len(items) > LISTED else ()
        return Sheet(
            id=f"{one.product} {one.version}",
            kind="release",
            title=f"{one.product} {one.version}",
            state="built",
            role="good",
            facts=tuple(Fact(label=label, text=text, role=role) for label, text, role in rows if text),
            links=(
                EventLink("authorised", "change", one.request),
                EventLink("built from", "baselines", one.baseline),
            ),
            parts=((f"{counted(len(items), 'item')} in it", (*items[:LISTED], *more)),),
            fields={"request": one.request, "product": one.product, "version": one.version},
        )

    # Practices ------------------------------------------------------------------------------

    def practice(self, id: str) -> Sheet:
        """One practice, or a numbered point of one. Raises NotFound."""
        at = self.clock()
        with self.store.read() as uow:
            return desk_audits.practice(uow, id, at)

    # Findings -------------------------------------------------------------------------------

    def finding(self, id: str) -> Sheet:
        """One finding. Raises NotFound."""
        at = self.clock()
        with self.store.read() as uow:
            found = audits.finding_of(uow, id)
            audit = audits.audit_of(uow, found.audit)
            steps = tables_audits.steps_of(uow, found.id)
            links = tuple(_finding_links(uow, found))
            against = findings.against(uow, found, actor=self.person, at=at)
        late = found.overdue(at) or found.review_due(at)
        rows = (
            ("what", found.what, "strong"),
            ("rule", found.rule, ""),
            ("audit", f"{audit.id}  {audit.title}, by {audit.auditor}", ""),
            ("records", f"{found.count:,}", ""),
            ("with", found.holder or "nobody yet", "" if found.holder else "warn"),
            ("due", self._when(found.due), "bad" if late else ""),
            ("correction", found.correction, ""),
            ("next review", self._when(found.review), "bad" if found.review_due(at) else ""),
            ("reviews", str(found.reviews or ""), ""),
        )
        return Sheet(
            id=found.id,
            kind="finding",
            title=found.what.splitlines()[0],
            state="overdue: the senior manager's" if found.overdue(at) else found.state,
            role="bad" if late or found.state == "escalated" else "warn" if found.open else "good",
            facts=tuple(
                Fact(label=label, text=clockface.by_the_wall(text, self.zone), role=role)
                for label, text, role in rows
                if text
            ),
            links=links,
            history=tuple(
                Deed(at=one.at, actor=one.actor, action=one.act, text=findings.said(one))
                for one in reversed(steps)
            ),
            against=against,
            fields={"holder": found.holder, "state": found.state},
        )

    def _when(self, at: datetime | None) -> str:
        return clockface.clock(at, self.zone) if at else ""


def _document(one: Document, today: date) -> DocumentLine:
    return DocumentLine(
        id=one.id,
        kind=one.kind,
        title=one.title,
        version=one.version,
        owner=one.owner,
        level=one.level,
        status=one.status,
        review=one.review,
        late=bool(one.review) and one.in_force and date.fromisoformat(one.review) < today,
        files=len(one.attachments),
        lacks=len(document_points.absent(one)),
    )


def _progress(stones: Sequence[Reached]) -> Iterator[Fact]:
    """How far a plan is, against what it planned."""
    if stones:
        sum_ = duty_reports.together(stones)
        yield Fact(label="milestones", text=plan_words.completion(sum_), role="bad" if sum_.late else "")
        yield Fact(label="effort", text=plan_words.effort(sum_))
        yield Fact(label="funds", text=plan_words.funds(sum_))


def _document_links(found: Document, approved: Approval | None) -> Iterator[EventLink]:
    if approved is not None and approved.request:
        yield EventLink("approved by", "change", approved.request, approved.title)
    if approved is not None:
        yield EventLink("stands in", "baselines", approved.baseline)
    for service in sorted(found.services):
        yield EventLink("for", "item", service)


def _coming(one: ChangeRequest) -> ReleaseLine:
    exact = next((change.exact for change in one.changes if change.exact), {})
    return ReleaseLine(
        product=str(exact.get("product", one.title)),
        version=str(exact.get("version", "")),
        state=one.state,
        request=one.id,
        baseline=str(exact.get("baseline", "")),
    )


def _finding_links(uow: UnitOfWork, found: Finding) -> Iterator[EventLink]:
    for one in action_items.listed(uow, origin=f"finding:{found.id}", only_open=False):
        yield EventLink("action", "action", one.id, f"{one.state}  {one.owner}  {one.what}")
    for about in found.about:
        kind, _, id = about.partition(":")
        screen = {"item": "item", "change": "change", "document": "document", "agreement": "agreement"}
        yield EventLink("about", screen.get(kind, ""), id or about, kind if id else "")


def _deed(entry: Entry) -> Deed:
    return Deed(
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        text="; ".join(altered(entry.changed)),
        request=entry.request,
    )

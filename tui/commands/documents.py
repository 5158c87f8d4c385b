"""Documents: policies, plans, standards - looking at them, their attachments, and what they lack."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from baselines import approvals, attachment_copies
from baselines.approvals import Approval
from cmdb import document_points, document_records, documents, duty_reports, reviews, workload
from cmdb.duties import Review
from cmdb.duty_reports import Reached
from cmdb.errors import Invalid
from cmdb.exchange import document_file
from cmdb.model import shown
from cmdb.periods import zone_of
from cmdb.reading import Reader
from cmdb.written import Document, said
from tui import clockface, plan_words, printing
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.present import altered, counted
from tui.typed_days import today
from tui.workplace import at_work


@command
@click.option("--kind", metavar="KIND", default="", help="Only those of this kind, such as 'CM plan'.")
@click.option("--service", metavar="ID", default="", help="Only those for this service.")
@click.option("--all", "everything", is_flag=True, help="Also those that were retired.")
def list_(invocation: Invocation, kind: str, service: str, everything: bool) -> None:
    """List documents: what they are for, who owns them, when they have to be looked at again."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = documents.listed(uow, kind=kind, service=service)
    found = tuple(one for one in found if everything or one.status != "retired")
    if invocation.wants_json:
        printing.as_json_list(_fields(one) for one in found)
        return
    printing.table(
        ("id", "kind", "title", "version", "for", "owner", "review", "files", "level"),
        (
            (
                one.id,
                one.kind,
                one.title,
                one.version,
                _meant_for(one),
                one.owner,
                one.review,
                len(one.attachments),
                one.level if one.status != "retired" else "retired",
            )
            for one in found
        ),
        empty="There is no such document: 'cmdb document register FILE' adds one.",
        right=("files",),
    )


@command
@click.argument("id_", metavar="ID")
@click.option(
    "--attachment", "name", metavar="NAME", default="", help="Hand this attachment out; needs --to."
)
@click.option("--to", "file", metavar="FILE", type=click.Path(path_type=Path), help="The file to write.")
def show(invocation: Invocation, id_: str, name: str, file: Path | None) -> None:
    """Show a document: what it says, who approved it, how far its milestones are, what is attached."""
    if bool(name) != (file is not None):
        raise Invalid(
            "An attachment is written into a file.", "Give --attachment NAME and --to FILE together."
        )
    with at_library(invocation) as (here, library), library.store.read() as uow:
        found = uow.get(Document, id_)
        if file is not None:
            given = attachment_copies.hand_out(library, uow, found, name, file)
            if invocation.wants_json:
                printing.as_json(
                    {"document": found.id, "attachment": name, "file": str(file), **given.content}
                )
            else:
                printing.put(f"{shown(name)} of {found.id} is in {file}: {said(given.content)}.")
            return
        approved = approvals.approval(library, uow, "document", found.id)
        told = documents.readers(uow, found)
        stones, _ = duty_reports.against_plan(uow, document=found.id, today=today(here))
        held = reviews.listed(uow, about=f"document:{found.id}", only_planned=False)
        loads = workload.recent(uow, found, now=here.at, zone=zone_of(here.site.zone))
    if invocation.wants_json:
        printing.as_json({**_fields(found), "approval": approved, **_followed(told, stones, held, here.at)})
        return
    _facts(found, approved, *told)
    _progress(stones, held, here.at)
    if loads:
        printing.put()
        printing.table(plan_words.LOADS, map(plan_words.load, loads), empty="", right=plan_words.LOADS[2:])
    _files(found)
    if found.body:
        printing.put(f"\n{found.body.rstrip()}")


@command
@click.argument("id_", metavar="ID")
def check(invocation: Invocation, id_: str) -> None:
    """Say which points a policy or plan of its kind has to cover, and which it does not.

    A document says itself where each point stands, in its 'covers'.
    """
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.get(Document, id_)
    points, beside = document_points.points(found), document_points.beside(found)
    if invocation.wants_json:
        told = [{**one._asdict(), "covered": bool(one.where)} for one in points]
        printing.as_json({"document": found.id, "kind": found.kind, "points": told, "beside": list(beside)})
        return
    printing.table(
        ("point", "where", "what it asks for"),
        ((one.point, one.where or "ABSENT", one.asks) for one in points),
        empty=f"No points are asked of a '{shown(found.kind)}'; of these kinds they are:"
        f" {', '.join(document_points.POINTS)}.",
    )
    for one in beside:
        printing.put(f"beside     {shown(one)}: {shown(found.covers[one])}")
    lacking = document_points.absent(found)
    if points:
        names = ", ".join(one.point for one in lacking)
        printing.say(f"{found.id} lacks {names}." if lacking else f"{found.id} covers every point.")


@command
@click.argument("id_", metavar="ID")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
def history(invocation: Invocation, id_: str, limit: int) -> None:
    """Show what happened to a document, the newest first."""
    with at_work(invocation) as here, here.store.read() as uow:
        uow.get(Document, id_)
    with Reader.open(invocation.site.url) as reader:
        found = reader.history(f"document:{id_}", limit=limit)
    if invocation.wants_json:
        printing.as_json_list(entry._asdict() for entry in found)
        return
    printing.table(
        ("at", "actor", "action", "request", "changed"),
        (
            (
                clockface.by_the_wall(one.at),
                one.actor,
                one.action,
                one.request,
                clockface.by_the_wall(", ".join(altered(one.changed, "->"))),
            )
            for one in found
        ),
        empty="Nothing is recorded of it.",
    )


@command
@click.argument("id_", metavar="ID")
@click.option(
    "--to", "folder", metavar="DIR", required=True, type=click.Path(path_type=Path), help="A new directory."
)
def export(invocation: Invocation, id_: str, folder: Path) -> None:
    """Write a document with its attachments into a directory, as 'document register' reads it."""
    with at_library(invocation) as (_here, library), library.store.read() as uow:
        found = uow.get(Document, id_)
        text = document_file.write(found, found.id)
        files = attachment_copies.export(library, uow, found, folder, text)
    if invocation.wants_json:
        printing.as_json({"document": found.id, "files": [str(one) for one in files]})
        return
    for file in files:
        printing.put(str(file))


def _fields(found: Document) -> dict[str, Any]:
    lacking = [one.point for one in document_points.absent(found)]
    return {**document_records.record_of(found), "absent": lacking}


def _meant_for(found: Document) -> str:
    return ", ".join([*sorted(found.services), *([found.scope] if found.scope else [])]) or "everything"


def _facts(
    found: Document, approved: Approval | None, people: tuple[str, ...], by_hand: tuple[str, ...]
) -> None:
    points, lacking = document_points.points(found), document_points.absent(found)
    covered = f"{len(points) - len(lacking)} of {counted(len(points), 'point')}" if points else ""
    if lacking:
        covered += f"; absent: {', '.join(one.point for one in lacking)}"
    printing.facts(
        [
            ("document", f"{found.id}  {found.title}"),
            ("kind", found.kind),
            ("version", found.version),
            ("for", _meant_for(found)),
            ("owner", found.owner),
            ("status", found.status),
            ("level", found.level),
            ("approved", _approved(approved)),
            ("review", found.review),
            ("distribution", ", ".join(found.distribution)),
            ("told", ", ".join(people)),
            ("told by hand", "; ".join(by_hand)),
            ("covers", covered),
        ]
    )


def _followed(
    told: tuple[tuple[str, ...], tuple[str, ...]],
    stones: tuple[Reached, ...],
    held: tuple[Review, ...],
    at: datetime,
) -> dict[str, Any]:
    """Who is told of it, its milestones against the plan and its reviews, for programs."""
    return {
        "told": dict(zip(("people", "by_hand"), map(list, told), strict=True)),
        "progress": duty_reports.together(stones),
        "milestones": [
            {**printing.plain(one.milestone), "days_late": one.late, "spent": one.spent, "cost": one.cost}
            for one in stones
        ],
        "reviews": [{**printing.plain(one), "missed": one.missed(at)} for one in held],
    }


def _progress(stones: tuple[Reached, ...], held: tuple[Review, ...], at: datetime) -> None:
    """Milestones against the plan, and the reviews of it."""
    if stones:
        sum_ = duty_reports.together(stones)
        printing.put()
        printing.facts(
            (
                ("milestones", plan_words.completion(sum_)),
                ("effort", plan_words.effort(sum_)),
                ("funds", plan_words.funds(sum_)),
            )
        )
        printing.table(
            plan_words.COLUMNS, map(plan_words.row, stones), empty="", right=plan_words.COLUMNS[-4:]
        )
    if held:
        printing.put()
        printing.table(plan_words.REVIEWS, (plan_words.review(one, at) for one in held), empty="")


def _approved(approved: Approval | None) -> str:
    if approved is None:
        return "not yet: it is a candidate"
    if not approved.request:
        return f"with the founding, {approved.baseline}"
    decided = (
        f", decided by {approved.decided_by} for the board '{approved.board}'" if approved.decided_by else ""
    )
    voters = f" after {', '.join(approved.voters)} approved" if approved.voters else ""
    return f"{approved.request} in {approved.baseline}, {clockface.clock(approved.at)}{decided}{voters}"


def _files(found: Document) -> None:
    if found.attachments:
        printing.put()
        printing.table(
            ("attachment", "bytes", "SHA-256"),
            ((one.name, f"{one.size:,}", one.sha256) for one in found.attachments),
            empty="",
            right=("bytes",),
        )

"""Import a file: the plan first, then everything or nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ccb import requests
from ccb.model import ChangeDraft, ProposedChange
from cmdb.errors import Invalid
from cmdb.exchange import importing, plan_dependencies, plan_items
from cmdb.exchange.importing import KINDS, Prepared
from cmdb.exchange.plan import CREATE, REQUEST, UPDATE, Plan
from cmdb.exchange.staging import Staging
from cmdb.store import UnitOfWork
from tui import printing
from tui.commands import event_import
from tui.context import Invocation, command
from tui.progress import Progress
from tui.workplace import Workplace, at_work

_RECORD = {"people": "person", "groups": "group", "parties": "party", "items": "item"}
SHOWN = 20
UNSELECTED = (
    "What names no selection criterion cannot come under control: import it again with a column 'criterion',"
    " or say one for all in the baseline request, {control: all, level: baselined, criterion: TEXT}."
)
EVENTS = "events"  # planned in its own way: see `tui.commands.event_import`


@command
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--as-kind", type=click.Choice((*KINDS, EVENTS)), required=True, help="What the rows of the file are."
)
@click.option("--map", "mapping", metavar="TOML", type=click.Path(path_type=Path), help="A mapping file.")
@click.option("--apply", is_flag=True, help="Write it; without this, only the plan is shown.")
@click.option("--keep-dangling", is_flag=True, help="Keep dependencies with a missing end as findings.")
@click.option("--zone", default="", help="Of events: the zone of times that name none.")
@click.option("--verbose", is_flag=True, help="Name the records, not only their number.")
def import_(
    invocation: Invocation,
    file: Path,
    as_kind: str,
    mapping: Path | None,
    apply: bool,
    keep_dangling: bool,
    zone: str,
    verbose: bool,
) -> None:
    """Import FILE: people, groups, parties, items, dependencies or events.

    Shows what it would do; --apply does it, all or nothing. Rows that would change records under
    control become one drafted change request. docs/formats.md shows the columns and mapping files.
    """
    if as_kind == EVENTS:
        event_import.events(invocation, file, mapping=mapping, zone=zone, apply=apply, verbose=verbose)
        return
    if zone:
        raise Invalid("Only events have times.", "Leave --zone out.")
    progress = Progress()
    with at_work(invocation) as here, Staging(lambda count: progress("rows read", count)) as staged:
        prepared = importing.prepare(here.store, staged, kind=as_kind, path=file, map_path=mapping)
        progress.end()
        blocked = prepared.plan.blocked(keep_dangling=keep_dangling)
        request = ""
        if apply and not blocked:
            request = importing.apply(
                here.store,
                staged,
                prepared,
                keep_dangling=keep_dangling,
                draft=lambda uow: _draft(uow, staged, prepared, here),
                progress=progress,
                actor=here.actor,
                at=here.at,
            )
            progress.end()
        applied = apply and not blocked
        if invocation.wants_json:
            printing.as_json(_record(staged, prepared, applied=applied, request=request, verbose=verbose))
        else:
            _show(staged, prepared, applied=applied, request=request, verbose=verbose)
    if blocked:
        _refuse(invocation, prepared.plan, keep_dangling=keep_dangling)


def _refuse(invocation: Invocation, plan: Plan, *, keep_dangling: bool) -> None:
    if invocation.wants_json:  # every problem stands in the answer already
        click.get_current_context().exit(2)
    importing.refuse_blocked(plan, keep_dangling=keep_dangling)


def _draft(uow: UnitOfWork, staged: Staging, prepared: Prepared, here: Workplace) -> str:
    """Write the rows that touch records under control as one change request; give its id."""
    plan = prepared.plan
    if prepared.kind == "dependencies":
        changes = tuple(_connections(staged))
    else:
        record = _RECORD[prepared.kind]
        changes = tuple(
            ProposedChange(record=record, id=id_, operation="set", exact=_exact(fields))
            for id_, fields in importing.requested(staged, prepared)
        )
    draft = ChangeDraft(
        title=f"Import {plan.file}",
        reason=f"Rows of {plan.file} differ from records under control.",
        changes=changes,
    )
    return requests.add(uow, draft, actor=here.actor, at=here.at).id


def _exact(fields: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    """The new content of each field; what becomes empty is the empty text."""
    return {name: "" if new is None else printing.plain(new) for name, (_, new) in fields.items()}


def _connections(staged: Staging) -> Iterator[ProposedChange]:
    there = {(str(row[0]), str(row[1]), str(row[2])) for row in plan_dependencies.existing_requested(staged)}
    for source, target, kind, strength, group, need in plan_dependencies.proposed(staged):
        known = (source, target, kind) in there
        yield ProposedChange(
            record="dependency",
            id=source,
            operation="set dependency" if known else "connect",
            target=target,
            kind=kind,
            exact={
                name: content
                for name, content in (("strength", strength), ("group", group), ("need", need))
                if content
            },
        )


def _record(
    staged: Staging, prepared: Prepared, *, applied: bool, request: str, verbose: bool
) -> dict[str, Any]:
    plan = prepared.plan
    lists = _ids(staged, prepared) if verbose else plan.counts()
    return {
        "create": lists["create"],
        "update": lists["update"],
        "unchanged": plan.unchanged,
        "request": lists["request"],
        "missing": lists["missing"],
        "without_criterion": plan.unselected,
        "dangling": [printing.plain(one) for one in plan.dangling],
        "ambiguous": list(plan.ambiguous),
        "errors": [printing.plain(one) for one in plan.errors],
        "error_total": plan.error_total,
        "groups_created": list(plan.groups_created),
        "applied": applied,
        "change_request": request or None,
        "sha256": prepared.digest,
    }


def _ids(staged: Staging, prepared: Prepared) -> dict[str, Any]:
    """Ids in place of counts; for updates, each with the fields that change."""
    plan = prepared.plan
    if prepared.written is not None:
        return {
            "create": plan.created,
            "update": plan.changes,
            "request": prepared.written.request,
            "missing": plan.absent,
        }
    if prepared.kind == "items":
        return {
            "create": list(plan_items.ids_with(staged, CREATE)),
            "update": dict(plan_items.changes(staged, UPDATE)),
            "request": dict(plan_items.changes(staged, REQUEST)),
            "missing": list(plan_items.missing_ids(staged)),
        }
    return {
        "create": list(plan_dependencies.labels_with(staged, CREATE)),
        "update": list(plan_dependencies.labels_with(staged, UPDATE)),
        "request": list(plan_dependencies.labels_with(staged, REQUEST)),
        "missing": list(plan_dependencies.missing_labels(staged)),
    }


def _show(staged: Staging, prepared: Prepared, *, applied: bool, request: str, verbose: bool) -> None:
    plan = prepared.plan
    lists = _ids(staged, prepared) if verbose else {}
    for name, count, words in (
        ("create", plan.create, "new"),
        ("update", plan.update, "changed"),
        ("unchanged", plan.unchanged, "as they are"),
        ("request", plan.request, "under control: by change request"),
        ("missing", plan.missing, "here, but not in the file: left alone"),
    ):
        printing.put(f"{count:>9,}  {words}")
        listed = lists.get(name, ())
        for one in listed:
            fields = listed[one] if isinstance(listed, dict) else {}
            printing.put(f"           {one}" + "".join(f"  {n}: {o} -> {w}" for n, (o, w) in fields.items()))
    if plan.unselected:
        printing.put(f"{plan.unselected:>9,}  of the new name no selection criterion")
    for group in plan.groups_created:
        printing.put(f"           new group {group}")
    for one in plan.dangling[:SHOWN]:
        printing.put(f" dangling  line {one.line:,}: {one.source} -> {one.target}: no {one.missing}")
    if plan.dangling_total > SHOWN:
        printing.put(f"           ... and {plan.dangling_total - SHOWN:,} more")
    if applied:
        printing.say(f"{plan.file} is imported.")
        if plan.unselected:
            printing.say(UNSELECTED)
        if request:
            printing.say(f"{request} is drafted: see it with 'cmdb change show {request}'.")
    elif not plan.error_total:
        printing.say("Nothing is written yet; --apply writes it.")

"""The reports of what changed in the library: from one baseline to another, and record by record."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from baselines import differences, library_reports, scoped
from baselines.compare import Comparison, words
from baselines.library import Library
from baselines.library_reports import Altered, Revision
from ccb import controlled
from cmdb import tables_graph
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid
from cmdb.store import UnitOfWork
from cmdb.written import plainly
from tui import clockface, reports
from tui.commands.report_library import FORMAT, ROWS, SINCE, UNTIL
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.present import counted
from tui.reports import Report, Table, Words

_ALL = "all"


@command
@click.argument("older", metavar="[BL]", required=False, default="")
@click.argument("newer", metavar="[BL]", required=False, default="")
@SINCE
@UNTIL
@FORMAT
@reports.saving
def changed(
    invocation: Invocation,
    older: str,
    newer: str,
    since: str,
    until: str,
    form: str,
    to: Path | None,
    replace: bool,
) -> None:
    """Report what changed in the baseline, from one BL to another or over a period, by request.

    Without baselines: from the one in force when the period began to the one in force when it ended.
    """
    if older and (since or until):
        raise Invalid("Baselines and a period are given.", "Give one of them.")
    with at_library(invocation) as (here, library), library.store.read() as uow:
        period, found = "", None
        if older:
            first, last = scoped.side(uow, older), scoped.side(uow, newer or "latest")
            found = scoped.between(library, first, last)
        else:
            start, end = reports.period(since, until, zone=here.site.zone, now=here.at)
            period, found = reports.spanned(start, end, here.at), _over(library, uow, start, end)
        titles = dict(uow.rows("SELECT id, title FROM change_request"))
        now = here.at
    made = of_changes(found, titles, period, now)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)


@command
@click.argument("ids", metavar="[ITEM]...", nargs=-1)
@click.option(
    "--kind",
    type=click.Choice((*controlled.KINDS, _ALL)),
    default="item",
    show_default=True,
    help="Which records.",
)
@SINCE
@UNTIL
@FORMAT
@reports.saving
def revisions(
    invocation: Invocation,
    ids: tuple[str, ...],
    kind: str,
    since: str,
    until: str,
    form: str,
    to: Path | None,
    replace: bool,
) -> None:
    """Report the revision history: which baseline altered which record, field by field, by which request.

    Of all items, or of those named; with --kind of other records under control.
    """
    if ids and kind == _ALL:
        raise Invalid("Records are named, and every kind is asked for.", "Say of which kind they are.")
    with at_library(invocation) as (here, library), library.store.read() as uow:
        start, end = reports.period(since, until, zone=here.site.zone, now=here.at)
        for id in ids if kind == "item" else ():
            tables_graph.get_item(uow, id)
        wanted = "" if kind == _ALL else kind
        found = tuple(
            library_reports.revisions(library, uow, start=start, end=end, kind=wanted, ids=frozenset(ids))
        )
        now = here.at
    made = of_revisions(found, (start, end), now, ids)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)


def _over(library: Library, uow: UnitOfWork, start: datetime, end: datetime) -> Comparison | None:
    """What differs from the baseline in force at the start to that at the end; None where it is the same.

    A period that reaches back before the founding is held against the first baseline there was.
    """
    if end <= start:
        raise Invalid("The period ends before it starts.", "Give --since before --until.")
    before = library_reports.in_force(uow, start)
    if before is None:
        before = next(iter(library_reports.established(uow, start, end)), None)
    after = library_reports.in_force(uow, end)
    if before is None or after is None or before.id == after.id:
        return None
    return differences.between(library, before, after)


def of_changes(found: Comparison | None, titles: dict[str, str], period: str, now: datetime) -> Report:
    """The summary of changes to the baseline as people read it and as programs do."""
    lines = _lines(found) if found else ()
    by_request: dict[str, list[tuple[str, ...]]] = {}
    for line in lines:
        by_request.setdefault(line[-1], []).append(line)
    record = differences.fields_of(found) if found else {"from": None, "to": None}
    header = ("record", "what", "field", "old", "new", "change")
    shown = lines[:ROWS]
    more = f", {ROWS:,} of {len(lines):,}" if len(lines) > ROWS else ""
    return Report(
        title="Changes to the baseline",
        facts=(
            ("period", period),
            ("made", clockface.clock(now)),
            ("from", found.older if found else ""),
            ("to", found.newer if found else ""),
            (
                "records",
                f"{len({line[0] for line in lines}):,} differ, by {counted(len(by_request), 'request')}",
            ),
        ),
        parts=(
            Table(
                "By request",
                ("change", "records", "differences", "title"),
                tuple(
                    (id, f"{len({line[0] for line in of}):,}", f"{len(of):,}", titles.get(id, ""))
                    for id, of in sorted(by_request.items(), key=lambda one: (len(one[0]), one[0]))
                ),
                right=("records", "differences"),
                empty="Nothing in the baseline changed.",
            ),
            Table(f"What differs{more}", header, shown, empty="Nothing."),
        ),
        record={
            **record,
            "made_at": now,
            "requests": [
                {"change": id, "records": len({line[0] for line in of}), "title": titles.get(id)}
                for id, of in by_request.items()
            ],
        },
        counted=Table("What differs", header, lines),
    )


def _lines(found: Comparison) -> tuple[tuple[str, ...], ...]:
    """Everything that differs, a line each, in the order of records."""
    needs = Counter(one.source for one in found.connected)
    fresh = {one.id for one in found.added if one.kind == "item"}
    lines = [
        (f"{one.kind} {one.id}", "added", "", "", _needs(needs[one.id], one.id in fresh), one.request)
        for one in found.added
    ]
    lines += [(f"{one.kind} {one.id}", "removed", "", "", "", one.request) for one in found.removed]
    lines += [
        (f"{one.kind} {one.id}", "changed", words(one.field), _said(one.old), _said(one.new), one.request)
        for one in found.changed
    ]
    for what, links in (("connected", found.connected), ("disconnected", found.disconnected)):
        lines += [
            (f"item {one.source}", what, f"{one.kind} {one.target}", "", one.group, one.request)
            for one in links
            if one.source not in fresh  # what a new item needs came with it
        ]
    return tuple(sorted(lines))


def _needs(count: int, fresh: bool) -> str:
    return f"with {counted(count, 'dependency')}" if fresh and count else ""


def of_revisions(
    found: tuple[Altered, ...], period: tuple[datetime, datetime], now: datetime, ids: Iterable[str] = ()
) -> Report:
    """The revision history as people read it and as programs do."""
    every = [each for one in found for each in one.revisions]
    records = {(one.kind, one.id) for one in every}
    header = ("established", "baseline", "change", "by", "record", "what", "field", "old", "new")
    rows = tuple(_revision(one, clockface.clock) for one in every[:ROWS])
    more = f", the newest {ROWS:,} of {len(every):,}" if len(every) > ROWS else ""
    whole = [one for one in found if one.whole]
    said = "\n".join(
        f"{one.baseline.id} ({one.baseline.request}) altered {one.whole:,} records at once: not listed here"
        for one in whole
    )
    return Report(
        title=f"Revision history of {', '.join(ids)}" if ids else "Revision history",
        facts=(
            ("period", reports.spanned(*period, now)),
            ("made", clockface.clock(now)),
            ("records", f"{len(records):,} revised in {counted(len(found), 'baseline')}"),
        ),
        parts=(
            Table(f"Revisions{more}", header, rows, empty="Nothing was revised."),
            *([Words("Brought in whole", said)] if whole else []),
        ),
        record={
            "start": period[0],
            "end": period[1],
            "made_at": now,
            "revisions": [_record(one) for one in every],
            "whole": [{"baseline": one.baseline.id, "records": one.whole} for one in whole],
        },
        counted=Table("Revisions", header, tuple(_revision(one, rfc3339) for one in every)),
    )


def _revision(one: Revision, clock: Callable[[datetime], str]) -> tuple[str, ...]:
    """A revision in a row; a spreadsheet gets its time in UTC."""
    of = one.baseline
    return (
        *(clock(of.established_at), of.id, of.request, of.established_by),
        *(f"{one.kind} {one.id}", one.what, words(one.field), _said(one.old), _said(one.new)),
    )


def _record(one: Revision) -> dict[str, Any]:
    of = one.baseline
    return {
        "baseline": of.id,
        "established_at": of.established_at,
        "change": of.request,
        "by": of.established_by,
        "kind": one.kind,
        "id": one.id,
        "what": one.what,
        "field": one.field,
        "old": one.old,
        "new": one.new,
    }


def _said(content: object) -> str:
    return "" if content is None else str(plainly(content))

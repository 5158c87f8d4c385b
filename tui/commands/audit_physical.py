"""A physical audit: an export held against what is recorded, every difference explained."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ccb import physical_audit
from ccb.physical_audit import TO_ANSWER, VERDICTS, Explained
from cmdb.errors import Invalid
from cmdb.exchange import differing, importing
from cmdb.exchange.differing import Hints
from cmdb.exchange.importing import Prepared
from cmdb.exchange.staging import Staging
from cmdb.types import effective
from tui import elsewhere, reports, typed
from tui.context import Invocation, command
from tui.present import counted
from tui.progress import Progress
from tui.reports import Report, Table, Words
from tui.workplace import Workplace, at_work

DIFFERS = 1  # --exit-code: something is not as recorded
KINDS = ("items", "dependencies")
COUNTED = (
    *("verdict", "record", "id", "target", "kind", "what", "field"),
    *("recorded", "observed", "request", "owner"),
)
ROWS = 500  # of each verdict in a report for people; JSON and CSV hold all


@command
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--library", metavar="WHERE", default="", help="Instead: a library, a directory or a URL of git."
)
@click.option("--of", "baseline", metavar="BL", default="", help="Of --library: this baseline of its own.")
@click.option("--as-kind", type=click.Choice(KINDS), required=True, help="What the rows of the file are.")
@click.option("--map", "mapping", metavar="TOML", type=click.Path(path_type=Path), help="A mapping file.")
@click.option(
    "--type", "types", metavar="TYPE", multiple=True, help="What is of this type has to be in it; repeat."
)
@click.option(
    "--raise", "raises", is_flag=True, help="Initiate an action item for each owner who has to answer."
)
@click.option("--due", metavar="T", default="+14d", show_default=True, help="When those are due.")
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
@click.option("--exit-code", is_flag=True, help="Exit 1 when something differs that has to be answered for.")
def physical(
    invocation: Invocation,
    file: Path | None,
    library: str,
    baseline: str,
    as_kind: str,
    mapping: Path | None,
    types: tuple[str, ...],
    raises: bool,
    due: str,
    form: str,
    to: Path | None,
    replace: bool,
    exit_code: bool,
) -> None:
    """Compare FILE, an export of what is really there, or another library, with what is recorded.

    Each difference is expected by a change, early, late, of a wrong value, or unauthorised. Without
    --type, the types the file lists have to be in it whole. Nothing is changed.
    """
    progress = Progress()
    with (
        at_work(invocation) as here,
        elsewhere.compared(
            file, library, as_kind, baseline, url=here.site.url, mapped=mapping is not None
        ) as export,
        Staging(lambda count: progress("rows read", count)) as staged,
    ):
        with here.store.read() as uow:
            for one in types:  # a type that does not exist would answer that nothing differs
                effective(uow, one)
        prepared = export.told(
            importing.prepare(here.store, staged, kind=as_kind, path=export.path, map_path=mapping)
        )
        progress.end()
        _refuse(prepared, export.unreadable(staged, prepared))
        wanted = frozenset(types) or differing.types_of(staged)
        if not wanted:
            raise Invalid(
                f"{export.name} lists nothing, and no type is named: nothing was compared.",
                "Look at the export, or say what has to be in it: --type TYPE.",
            )
        found = list(_explained(here, staged, as_kind, wanted))
        again = _again(here, staged, as_kind, wanted)
        items = {}
        if raises:
            items = physical_audit.follow_up(
                here.store,
                found,
                file=export.name,
                digest=prepared.digest,
                due=typed.moment(due, zone=here.site.zone, now=here.at),
                actor=here.actor,
                at=here.at,
            )
        made = _report(here, prepared, sorted(wanted), found, items, again)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)
    if exit_code and any(one.verdict in TO_ANSWER for one in found):
        click.get_current_context().exit(DIFFERS)


def _refuse(prepared: Prepared, wrong: list[str]) -> None:
    if wrong:
        raise Invalid(
            f"{prepared.plan.file} cannot be compared: {counted(len(wrong), 'problem')}.",
            "Correct the export, or its mapping file.",
            wrong[:ROWS],
        )


def _explained(here: Workplace, staged: Staging, kind: str, types: frozenset[str]) -> Iterator[Explained]:
    observed = differing.items(staged, types) if kind == "items" else differing.dependencies(staged, types)
    with here.store.read() as uow:
        yield from physical_audit.explain(uow, observed, now=here.at)


def _report(
    here: Workplace,
    prepared: Prepared,
    types: list[str],
    found: list[Explained],
    items: dict[str, str],
    again: Hints,
) -> Report:
    """The audit as people read it and as programs do."""
    counts = Counter(one.verdict for one in found)
    plan = prepared.plan
    spoken = f"{plan.kind} of the types {', '.join(types)}"
    tables = tuple(_table(verdict, [one for one in found if one.verdict == verdict]) for verdict in VERDICTS)
    in_short = ", ".join(f"{counts[one]:,} {one}" for one in VERDICTS if counts[one]) or "nothing differs"
    return Report(
        title=f"Physical audit of {plan.file}",
        facts=(
            ("made", here.said(here.at)),
            ("covers", spoken),
            ("as recorded", f"{plan.unchanged:,} rows"),
            ("in short", in_short),
            *((("action items", ", ".join(f"{id} {who}" for who, id in items.items())),) if items else ()),
        ),
        parts=(
            *(table for table in tables if table.rows),
            *((_renamed(again, found),) if again else ()),
            Words(
                "What the words mean", "; ".join(f"{word}: {text}" for word, text in VERDICTS.items()) + "."
            ),
        ),
        record={
            "file": plan.file,
            "sha256": prepared.digest,
            "at": here.at,
            "types": types,
            "unchanged": plan.unchanged,
            "counts": {one: counts[one] for one in VERDICTS},
            "action_items": items,
            "renamed": [{"missing": id, "new": new, "why": why} for id, new, why in _pairs(again, found)],
            "differences": [_record(one) for one in found],
        },
        counted=Table(
            "Differences",
            COUNTED,
            tuple(
                tuple("" if cell is None else str(cell) for cell in _record(one).values()) for one in found
            ),
        ),
    )


def _again(here: Workplace, staged: Staging, kind: str, types: frozenset[str]) -> Hints:
    """Which new items are probably missing ones under another id."""
    if kind != "items":
        return {}
    with here.store.read() as uow:
        unique = {one: effective(uow, one).unique for one in types}
    return differing.namesakes(staged, types, unique)


def _pairs(again: Hints, found: list[Explained]) -> list[tuple[str, str, str]]:
    gone = [one.difference.id for one in found if one.difference.what == "missing"]
    return [(id, *again[id]) for id in gone if id in again]


def _renamed(again: Hints, found: list[Explained]) -> Table:
    return Table(
        "Probably renamed: missing under one id, new under another",
        ("missing", "new", "because of"),
        tuple(_pairs(again, found)[:ROWS]),
    )


def _table(verdict: str, found: list[Explained]) -> Table:
    rows = [
        (
            one.difference.id
            if one.difference.record == "item"
            else f"{one.difference.id} {one.difference.kind} {one.difference.target}",
            one.difference.field or one.difference.what,
            _content(one.difference.recorded),
            _content(one.difference.observed),
            one.request,
            one.owner,
        )
        for one in found[:ROWS]
    ]
    more = f", the first {ROWS:,}" if len(found) > ROWS else ""
    return Table(
        f"{verdict.capitalize()}: {len(found):,}{more}",
        ("id", "what", "recorded", "observed", "change", "owner"),
        tuple(rows),
    )


def _record(one: Explained) -> dict[str, Any]:
    what = one.difference
    return {
        "verdict": one.verdict,
        "record": what.record,
        "id": what.id,
        "target": what.target,
        "kind": what.kind,
        "what": what.what,
        "field": what.field,
        "recorded": what.recorded,
        "observed": what.observed,
        "request": one.request,
        "owner": one.owner,
    }


def _content(content: object) -> str:
    return "" if content in (None, "", [], {}) else str(content)

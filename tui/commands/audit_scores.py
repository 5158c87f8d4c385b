"""How complete and correct the records are, at once and without an audit: scores, and what is behind one."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from baselines import exclusions, tables_audits
from cmdb import completeness as scoring
from cmdb.completeness import Score
from cmdb.errors import Invalid
from tui import printing, reports, typed
from tui.context import Invocation, command
from tui.reports import Report, Table, Words
from tui.workplace import at_work

LACKING = 1  # --exit-code: something that counts is not full
KEPT = tables_audits  # where it is kept which items somebody excluded


@command
@click.option("--type", "type_", metavar="TYPE", default="", help="Only items of this type.")
@click.option("--service", metavar="ID", default="", help="Only what this service needs, and itself.")
@click.option(
    "--older-than",
    "older",
    metavar="D",
    default="365d",
    show_default=True,
    help="How old a confirmation may be.",
)
@click.option("--behind", metavar="SCORE", default="", help="List every item behind a score; needs --type.")
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
@click.option("--exit-code", is_flag=True, help="Exit 1 when something that counts is not full.")
def completeness(
    invocation: Invocation,
    type_: str,
    service: str,
    older: str,
    behind: str,
    form: str,
    to: Path | None,
    replace: bool,
    exit_code: bool,
) -> None:
    """Score fields, confirmations, owners, connections, duplicates, and that what is promised is held.

    Nothing is kept: 'cmdb audit run' keeps the same as a report with its findings.
    """
    if behind and (not type_ or service):
        raise Invalid("--behind lists the items of one type.", "Name it: --type TYPE, without --service.")
    stale = timedelta(seconds=typed.seconds(older))
    with at_work(invocation) as here, here.store.read() as uow:
        found = tuple(
            scoring.scores(
                uow,
                at=here.at,
                stale=stale,
                type=type_,
                service=service,
                excluded=exclusions.excluded_items(uow, at=here.at),
            )
        )
        if behind:
            ids = scoring.behind(uow, _named(found, behind), at=here.at, stale=stale)
            _list(invocation, ids)
            return
        made = made_of(found, made=here.said(here.at), older=older, covers=service or type_)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)
    if exit_code and any(one.counts and one.failing for one in found):
        click.get_current_context().exit(LACKING)


def _named(found: tuple[Score, ...], name: str) -> Score:
    known = {label(one): one for one in found if one.type}
    if name not in known:
        raise Invalid(f"There is no score '{name}' of that type.", f"Use one of: {'; '.join(known)}.")
    return known[name]


def _list(invocation: Invocation, ids: Iterator[str]) -> None:
    if invocation.wants_json:
        printing.as_json_list(ids)
        return
    for one in ids:
        printing.put(one)


def label(one: Score) -> str:
    """A score as it is named on the command line: `confirmed`, `recommended serial`."""
    return f"{one.name} {one.field}".strip()


def made_of(found: tuple[Score, ...], *, made: str, older: str, covers: str) -> Report:
    """The scores as people read them and as programs do; what counts and is not full comes first."""
    lacking = [one for one in found if one.failing and one.counts]
    rest = [one for one in found if one.failing and not one.counts]
    full = sum(1 for one in found if not one.failing)
    every = tuple(_row(one) for one in found)
    header = ("score", "type", "full", "records", "failing", "such as")
    numbers = ("full", "records", "failing")
    return Report(
        title="Completeness and correctness",
        facts=(
            ("made", made),
            ("covers", covers or "every item that is not retired"),
            ("confirmed within", older),
            ("in short", f"{full:,} of {len(found):,} scores are full"),
        ),
        parts=(
            Table("What has to be mended", header, tuple(map(_row, lacking)), numbers, "Nothing."),
            Table("What is recommended", header, tuple(map(_row, rest)), numbers, "Nothing."),
            Words("What to do", "\n".join(dict.fromkeys(f"{label(one)}: {one.remedy}" for one in lacking))),
        ),
        record={"scores": [{**printing.plain(one), "share": one.share} for one in found]},
        counted=Table("Scores", header, every, numbers),
    )


def _row(one: Score) -> tuple[str, ...]:
    return (
        label(one),
        one.type or "all",
        one.share,
        f"{one.total:,}",
        f"{one.failing:,}",
        ", ".join(one.about[:3]) + ("…" if one.failing > 3 else ""),
    )

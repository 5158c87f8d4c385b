"""Baselines: listing, showing, establishing and comparing what was agreed."""

import click

from baselines import checkin, differences, tables
from baselines.compare import Comparison
from baselines.model import Baseline
from ccb import requests
from cmdb.errors import Refused
from cmdb.places import ATTACHMENTS
from cmdb.store import UnitOfWork
from tui import change_text, printing
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.present import counted

_NO_RECORD = ("records/", ATTACHMENTS)  # what is said about records, and files attached to them


@command
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many, newest first."
)
def list_(invocation: Invocation, limit: int) -> None:
    """List baselines, newest first."""
    with at_library(invocation) as (here, library), library.store.read() as uow:
        found = [uow.get(Baseline, id) for id in tables.baseline_ids(uow, limit=limit)]
    if invocation.wants_json:
        printing.as_json(found)
        return
    printing.table(
        ("id", "established", "by", "change", "title"),
        (
            [
                one.id,
                here.said(one.established_at),
                one.established_by,
                one.request,
                one.title,
            ]
            for one in found
        ),
        empty="There is no baseline yet.",
    )


@command
@click.argument("baseline", metavar="[BL]", required=False, default="latest")
def show(invocation: Invocation, baseline: str) -> None:
    """Show a baseline: who established it, by which change, who authorised it. Without BL: the newest."""
    with at_library(invocation) as (here, library), library.store.read() as uow:
        found = differences.baseline(uow, baseline)
        authorised = _authorised_by(uow, found)
        count = sum(1 for _one in library.vault.paths(found.commit) if not _one[0].startswith(_NO_RECORD))
    if invocation.wants_json:
        printing.as_json({**printing.plain(found), "authorised_by": authorised, "records": count})
        return
    printing.facts(
        [
            ("baseline", found.id),
            ("title", found.title),
            (
                "established",
                f"{here.said(found.established_at)} by {found.established_by}",
            ),
            ("change", found.request),
            ("authorised by", authorised or "the founder" if not found.request else authorised),
            ("records", f"{count:,}"),
            ("commit", found.commit),
            ("signed tag", found.tag),
            ("replaced by", found.replaced_by),
        ]
    )


@command
@click.argument("request", metavar="CR")
@click.option("--apply", is_flag=True, help="Do it; without this, only what it would do is shown.")
def establish(invocation: Invocation, request: str, apply: bool) -> None:
    """Bring the candidates of an approved baseline request under control, as one signed baseline."""
    with at_library(invocation) as (here, library):
        with library.store.read() as uow:
            found = requests.find(uow, request)
        requests.refuse_unless(found, "baseline")
        counts = [(one.id, one.seen.get("count", 0)) for one in found.changes if one.record == "scope"]
        if not apply:
            for scope, count in counts:
                printing.put(
                    f"{found.id} ({found.state}) would bring {counted(int(count), 'record')} of '{scope}'"
                    " under control."
                )
            if found.state != "approved":
                raise Refused(
                    f"{found.id} is {found.state}.", f"See what it needs: 'cmdb change show {found.id}'."
                )
            printing.say("Nothing is changed yet; --apply does it.")
            return
        made = checkin.establish(library, found.id, actor=here.actor, key=here.key(), at=here.at)
    if invocation.wants_json:
        printing.as_json(made)
        return
    printing.put(
        f"{made.id} is established: {counted(sum(int(count) for _scope, count in counts), 'record')}."
    )
    printing.put(f"Commit {made.commit}")


@command
@click.argument("older", metavar="BL")
@click.argument("newer", metavar="[BL]", required=False, default="latest")
def compare(invocation: Invocation, older: str, newer: str) -> None:
    """Say what differs between two baselines, and by which change. Without the second: the newest."""
    with at_library(invocation) as (_here, library):
        with library.store.read() as uow:
            first, second = differences.baseline(uow, older), differences.baseline(uow, newer)
        found = differences.between(library, first, second)
    if invocation.wants_json:
        printing.as_json(differences.fields_of(found))
    else:
        _differences(found)


def _differences(found: Comparison) -> None:
    printing.put(f"{found.older} -> {found.newer}")
    if found.empty:
        printing.say("Nothing differs.")
        return
    for line in change_text.difference_lines(found):
        printing.put(f"  {line}")


def _authorised_by(uow: UnitOfWork, baseline: Baseline) -> str:
    """The voters who approved, and who decided."""
    if not baseline.request:
        return ""
    rows = uow.rows(
        "SELECT DISTINCT v.voter FROM vote v JOIN decision d ON d.request = v.request AND d.round = v.round"
        " WHERE v.request = ? AND d.result = 'carried' AND v.value LIKE 'approve%' ORDER BY v.voter",
        baseline.request,
    )
    decided = uow.rows(
        "SELECT \"by\" FROM decision WHERE request = ? AND result = 'carried' ORDER BY sequence DESC LIMIT 1",
        baseline.request,
    )
    voters = ", ".join(row[0] for row in rows)
    return f"{voters}; decided by {decided[0][0]}" if decided else voters

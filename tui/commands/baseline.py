"""Baselines: listing, showing, establishing and comparing what was agreed."""

import click

from baselines import checkin, differences, scoped, scoped_records, tables
from baselines.compare import Comparison
from baselines.model import Baseline, ScopedBaseline
from ccb import requests
from ccb.authority import authorised_by
from ccb.model import ChangeDraft
from cmdb.errors import Invalid, Refused
from cmdb.places import ATTACHMENTS
from cmdb.store import UnitOfWork
from tui import change_text, printing, scoping
from tui.commands.levels import draft_or_show
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.present import counted
from tui.workplace import Workplace, at_work

MANY = 200  # records of a scope named one by one

_NO_RECORD = ("records/", ATTACHMENTS)  # what is said about records, and files attached to them


@command
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many, newest first."
)
@click.option(
    "--scope",
    metavar="[SCOPE]",
    is_flag=False,
    flag_value="",
    default=None,
    help="Those of a scope, such as service:mail; without SCOPE those of all scopes.",
)
def list_(invocation: Invocation, limit: int, scope: str | None) -> None:
    """List baselines, newest first."""
    if scope is not None:
        _of_scopes(invocation, scope, limit)
        return
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
    """Show a baseline: who established it, by which change, who authorised it. Without BL: the newest.

    BL is one of the site, or of a scope: SB-000003, or the scope itself, such as service:mail.
    """
    with at_library(invocation) as (here, library), library.store.read() as uow:
        side = scoped.side(uow, baseline)
        if isinstance(side.baseline, ScopedBaseline):
            _show_scoped(invocation, here, uow, side)
            return
        found = differences.baseline(uow, baseline)
        authorised = authorised_by(uow, found.request)
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
@click.argument("request", metavar="CR|SCOPE")
@click.option("--item", "items", metavar="ITEM", multiple=True, help="An item of a list:NAME; repeat.")
@click.option("--leave-out", "out", metavar="ID=REASON", multiple=True, help="Leave one out; repeat.")
@click.option("-m", "reason", metavar="REASON", default="", help="Why a scope gets a baseline.")
@click.option("--apply", is_flag=True, help="Do it; without this, only what it would do is shown.")
def establish(
    invocation: Invocation,
    request: str,
    items: tuple[str, ...],
    out: tuple[str, ...],
    reason: str,
    apply: bool,
) -> None:
    """Do what an approved request says: control, promotion, or the baseline of a scope.

    With a SCOPE (service:ID, customer:ID, type:ID, all, list:NAME with --item) in the place of CR, draft
    the request that gives the scope a baseline of its own.
    """
    if scoping.is_scope(request):
        listed = {"items": sorted(set(items))} if items else {}
        change = scoping.agreeing(request, listed, scoping.reasons(out))
        draft = ChangeDraft(kind="baseline", title=f"Baseline of {request}", reason=reason, changes=(change,))
        with at_work(invocation) as here:
            draft_or_show(invocation, here, draft, apply=apply)
        return
    if items or out or reason:
        raise Invalid(f"{request} says itself what it holds.", "Give these options with a scope only.")
    with at_library(invocation) as (here, library):
        with library.store.read() as uow:
            found = requests.find(uow, request)
        if found.kind != "promotion":
            requests.refuse_unless(found, "baseline")
        scopes = [one for one in found.changes if one.record == "scope"]
        counts = [(one.id, one.seen.get("count", 0)) for one in scopes]
        if not apply:
            for one in scopes:
                said = scoping.said(one, int(one.seen.get("count", 0)))
                printing.put(f"{found.id} ({found.state}) would {said}.")
            if found.state != "approved":
                raise Refused(
                    f"{found.id} is {found.state}.", f"See what it needs: 'cmdb change show {found.id}'."
                )
            printing.say("Nothing is changed yet; --apply does it.")
            return
        act = scoped.establish if scoped_records.change_of(found) else checkin.establish
        made = act(library, found.id, actor=here.actor, key=here.key(), at=here.at)
    if invocation.wants_json:
        printing.as_json(made)
        return
    printing.put(
        f"{made.id} is established: {counted(sum(int(count) for _scope, count in counts), 'record')}."
    )
    if isinstance(made, ScopedBaseline):
        printing.put(f"It holds {made.scope} as it is in {made.baseline}; kept by commit {made.record}")
    else:
        printing.put(f"Commit {made.commit}")


@command
@click.argument("older", metavar="BL")
@click.argument("newer", metavar="[BL]", required=False, default="latest")
def compare(invocation: Invocation, older: str, newer: str) -> None:
    """Say what differs between two baselines, and by which change. Without the second: the newest.

    Of baselines of scopes, only what lies in them is looked at: what lies in one of two scopes only
    counts as added or removed.
    """
    with at_library(invocation) as (_here, library):
        with library.store.read() as uow:
            first, second = scoped.side(uow, older), scoped.side(uow, newer)
        found = scoped.between(library, first, second)
    if invocation.wants_json:
        printing.as_json(differences.fields_of(found))
    else:
        _differences(found)


def _of_scopes(invocation: Invocation, scope: str, limit: int) -> None:
    with at_work(invocation) as here, here.store.read() as uow:
        found = tables.scoped_baselines(uow, scope=scope)[:limit]
    if invocation.wants_json:
        printing.as_json(found)
        return
    printing.table(
        ("id", "scope", "of", "records", "established", "by", "change", "archived by"),
        (
            [
                one.id,
                one.scope,
                one.baseline,
                one.count,
                here.said(one.established_at),
                one.established_by,
                one.request,
                one.replaced_by,
            ]
            for one in found
        ),
        empty="There is no baseline of a scope; 'cmdb baseline establish SCOPE' drafts one.",
    )


def _show_scoped(invocation: Invocation, here: Workplace, uow: UnitOfWork, side: scoped.Side) -> None:
    found = side.baseline
    assert isinstance(found, ScopedBaseline)
    authorised = authorised_by(uow, found.request)
    members = sorted(side.keys or ())
    if invocation.wants_json:
        records: dict[str, list[str]] = {}
        for kind, id in members:
            records.setdefault(kind, []).append(id)
        printing.as_json({**printing.plain(found), "authorised_by": authorised, "members": records})
        return
    printing.facts(
        [
            ("baseline", found.id),
            ("scope", found.scope),
            ("title", found.title),
            ("of the site's", f"{found.baseline}  {found.commit}"),
            ("established", f"{here.said(found.established_at)} by {found.established_by}"),
            ("change", found.request),
            ("authorised by", authorised),
            ("records", f"{found.count:,}"),
            ("digest", found.digest),
            ("kept by commit", found.record),
            ("replaced by", found.replaced_by),
            *((f"left out: {id}", why) for id, why in sorted(found.left_out.items())),
        ]
    )
    for kind, id in members[:MANY]:
        printing.put(f"  {kind} {id}")
    if len(members) > MANY:
        printing.put(f"  ... and {len(members) - MANY:,} more; --json names all")


def _differences(found: Comparison) -> None:
    printing.put(f"{found.older} -> {found.newer}")
    if found.empty:
        printing.say("Nothing differs.")
        return
    for line in change_text.difference_lines(found):
        printing.put(f"  {line}")

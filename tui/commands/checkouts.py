"""Checking out and checking in: the two ends of doing an approved change."""

from pathlib import Path
from typing import Any

import click

from baselines import checkin, checkout, open_fields
from baselines.inspection import Incoming, examine
from baselines.library import Library
from baselines.model import Checkout
from ccb import requests, signing_keys
from cmdb import people
from cmdb.errors import Invalid
from tui import desk_check_in, open_sheets, printing, typed
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.present import counted, duration
from tui.workplace import Workplace


@command
@click.argument("request", metavar="[CR]", required=False, default="")
@click.option(
    "--to", "folder", metavar="DIR", type=click.Path(path_type=Path), help="Write the records there."
)
@click.option("--renew", is_flag=True, help="Start the lease afresh.")
@click.option("--give-back", is_flag=True, help="Let the records go; your work is kept.")
@click.option("--steal", is_flag=True, help="Take over somebody else's check-out; needs -m.")
@click.option("-m", "reason", metavar="REASON", default="", help="Why it is taken over.")
def check_out(
    invocation: Invocation,
    request: str,
    folder: Path | None,
    renew: bool,
    give_back: bool,
    steal: bool,
    reason: str,
) -> None:
    """Take the records of an approved change. Without CR: list what is checked out."""
    if renew + give_back + steal > 1:
        raise Invalid("These options exclude each other.", "Give one of --renew, --give-back, --steal.")
    if folder and (give_back or not request):
        raise Invalid("Nothing is checked out by this, so nothing is written.", "Leave --to DIR out.")
    with at_library(invocation) as (here, library):
        if not request:
            with library.store.read() as uow:
                _listed(invocation, here, checkout.outstanding(uow))
            return
        with library.store.read() as uow:
            asked = requests.find(uow, request)
        id, fresh = asked.id, not (renew or give_back or steal)
        opened = checkout.open_fields(asked) if fresh or folder else ()
        given: dict[str, Any] = {"actor": here.actor, "at": here.at}
        if renew:
            made, word = checkout.renew(library, id, folder=folder, **given), "renewed until"
        elif give_back:
            made, word = checkout.give_back(library, id, **given), "given back"
        elif steal:
            made = checkout.steal(library, id, reason=reason, folder=folder, **given)
            word = "taken over until"
        else:
            made, word = checkout.check_out(library, id, folder=folder, **given), "checked out until"
        with library.store.read() as uow:
            warning = signing_keys.warning(people.without_key(uow, () if give_back else (here.actor,)))
    if invocation.wants_json:
        printing.as_json(made)
        return
    until = "" if give_back else f" {here.said(made.expires_at)}"
    printing.put(f"{id} is {word}{until}: {counted(len(made.records), 'record')}.")
    if warning:
        printing.say(warning)
    for one in opened:
        printing.put(f"  open: {one}")
    if made.folder and (fresh or folder):
        then = "" if opened else f"; nothing in them is open: 'cmdb check-in {id}'"
        printing.put(f"They are in {made.folder}{then}.")
    if opened:
        printing.put(f"Once it is known: '{checkout.filling(asked)}', or write it into the file.")


@command
@click.argument("request", metavar="CR")
@click.option(
    "--from", "folder", metavar="DIR", type=click.Path(path_type=Path), help="The working directory."
)
@click.option(
    "--evidence",
    metavar="FILE",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A file that proves what was asked for; repeat.",
)
@click.option(
    "--set",
    "given",
    metavar="FIELD=CONTENT",
    multiple=True,
    help="Fill in an open field in the working directory, such as sw-11.serial=Z9; repeat.",
)
@click.option("--unchanged", is_flag=True, help="What was left open is right as it was before.")
@click.option("--apply", is_flag=True, help="Do it; without this, only what it would do is shown.")
def check_in(
    invocation: Invocation,
    request: str,
    folder: Path | None,
    evidence: tuple[Path, ...],
    given: tuple[str, ...],
    unchanged: bool,
    apply: bool,
) -> None:
    """Check in what was approved: every verification, one signed baseline, or nothing."""
    with at_library(invocation) as (here, library):
        if given:
            _filled(invocation, here, library, request, folder, given)
        with library.store.write() as trial:  # rolled back: nothing is stored by looking
            id = requests.find(trial, request).id
            found = examine(trial, id, folder=folder, evidence=evidence, actor=here.actor, at=here.at)
        if not apply:
            checkin.refuse(found, unchanged=unchanged)
            _would(invocation, found)
            return
        baseline = checkin.check_in(
            library,
            id,
            folder=folder,
            evidence=evidence,
            unchanged=unchanged,
            actor=here.actor,
            key=here.key(),
            at=here.at,
        )
    if invocation.wants_json:
        printing.as_json({"request": id, "baseline": baseline, "late": found.late})
        return
    printing.put(f"{id} is checked in as {baseline.id}{', late' if found.late else ''}.")
    printing.put(f"Commit {baseline.commit}")


@command
@click.argument("request", metavar="CR")
@click.option("--until", metavar="T", required=True, help="The new end: 01:30, +1h, or a date and time.")
@click.option("--worst", metavar="D", default=None, help="The worst outage now; else as much longer.")
def extend(invocation: Invocation, request: str, until: str, worst: str | None) -> None:
    """Say that work under way takes longer: forecasts it again, warns, tells whom it concerns."""
    with at_library(invocation) as (here, library):
        moment = typed.moment(until, zone=here.site.zone, now=here.at)
        lasts = None if worst is None else typed.seconds(worst)
        made = checkout.extend(library, request, until=moment, worst=lasts, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json(made)
        return
    outage = f", down {duration(made.worst)} at worst" if made.worst else ""
    printing.put(f"{made.request} goes on until {here.said(made.end)}{outage}.")
    for one in made.breaches:
        printing.put(f"  × {one}")
    for one in made.clashes:
        printing.put(f"  ▲ {one}")
    printing.put(f"Told: {', '.join(made.told) or 'nobody but you'}.")
    if made.by_hand:
        printing.put(f"Tell them yourself: {', '.join(made.by_hand)}.")


def _filled(
    invocation: Invocation,
    here: Workplace,
    library: Library,
    request: str,
    folder: Path | None,
    given: tuple[str, ...],
) -> None:
    """Write open fields into the working directory, as the app and an editor do, and say where."""
    with library.store.read() as uow:
        before = open_fields.opened(uow, request, folder=folder)
        contents = open_sheets.given(uow, before, given)
    id = before.request.id
    room = desk_check_in.room(here.site, id)
    after = open_fields.fill(library, id, contents, folder=folder, room=room, actor=here.actor, at=here.at)
    for one in after.fields:
        if one.place in contents and not invocation.wants_json:
            printing.put(f"{one.spelled} is {open_fields.said(one.now)} in {after.folder}/{one.file}.")


def _would(invocation: Invocation, found: Incoming) -> None:
    records = [f"{kind} {id}" for kind, id in found.proposal.after]
    if invocation.wants_json:
        printing.as_json(
            {"request": found.request.id, "records": records, "late": found.late, "applied": False}
        )
        return
    printing.put(f"{found.request.id} would check in {counted(len(records), 'record')}:")
    for one in records:
        printing.put(f"  {one}")
    if found.late:
        printing.put("The window is over: it would be recorded as late.")
    printing.say("Everything is in order. Nothing is changed yet; --apply does it.")


def _listed(invocation: Invocation, here: Workplace, found: tuple[Checkout, ...]) -> None:
    expired = {one.id for one in found if not one.holds(here.at)}
    if invocation.wants_json:
        printing.as_json([{**printing.plain(one), "expired": one.id in expired} for one in found])
        return
    printing.table(
        ("change", "person", "records", "lease", "until", "directory"),
        (
            [
                one.request,
                one.person,
                len(one.records),
                "expired" if one.id in expired else "runs",
                one.expires_at,
                one.folder,
            ]
            for one in found
        ),
        empty="Nothing is checked out.",
        right=("records",),
    )

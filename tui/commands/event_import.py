"""Importing events another system recorded: the plan first, then everything or nothing."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import click

from baselines.past import Past
from ccb import requests
from cmdb.errors import NotFound
from cmdb.exchange import reported_events
from cmdb.exchange.given import refuse_faulty
from cmdb.exchange.reported_events import Plan
from cmdb.reported import Event
from cmdb.store import UnitOfWork
from tui import printing
from tui.context import Invocation
from tui.library_place import at_library

SHOWN = 20


def events(
    invocation: Invocation, file: Path, *, mapping: Path | None, zone: str, apply: bool, verbose: bool
) -> None:
    """Plan the import of a file of events and, where asked to and nothing is wrong, do it."""
    with at_library(invocation) as (here, library):
        planned = reported_events.plan(
            here.store,
            file,
            zone=zone,
            here=here.site.zone,
            map_path=mapping,
            unknown=_unknown,
            actor=here.reader,
            at=here.at,
        )
        applied = apply and not planned.error_total
        if applied:
            reported_events.apply(here.store, planned, past=Past(library), actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json(_record(planned, applied=applied, verbose=verbose))
    else:
        _show(planned, applied=applied, verbose=verbose)
    if planned.error_total:
        if invocation.wants_json:  # every problem stands in the answer already
            click.get_current_context().exit(2)
        refuse_faulty(planned.file, planned.errors, planned.error_total)


def _unknown(uow: UnitOfWork, ids: Collection[str]) -> Collection[str]:
    """Which of these change requests do not exist."""
    missing = []
    for one in ids:
        try:
            missing += [] if requests.find(uow, one).id == one else [one]
        except NotFound:
            missing.append(one)
    return missing


def _record(planned: Plan, *, applied: bool, verbose: bool) -> dict[str, Any]:
    return {
        "create": [one.reference for one in planned.new] if verbose else len(planned.new),
        "update": (
            {before.id: _differences(before, after) for before, after in planned.changed}
            if verbose
            else len(planned.changed)
        ),
        "unchanged": planned.unchanged,
        "rows": planned.rows,
        "folded": planned.folded,
        "remarks": [printing.plain(one) for one in planned.remarks],
        "remark_total": planned.remark_total,
        "errors": [printing.plain(one) for one in planned.errors],
        "error_total": planned.error_total,
        "applied": applied,
        "sha256": planned.digest,
    }


def _show(planned: Plan, *, applied: bool, verbose: bool) -> None:
    for count, words in (
        (planned.rows, "rows read"),
        (planned.folded, "tell more of an event named before"),
        (len(planned.new), "new"),
        (len(planned.changed), "known otherwise now"),
        (planned.unchanged, "as they are"),
        (planned.remark_total, "remarks: what was odd, and how it was taken"),
    ):
        printing.put(f"{count:>9,}  {words}")
    most = None if verbose else SHOWN
    for one in planned.remarks[:most]:
        printing.put(f"           {one.sentence()}")
    if most and planned.remark_total > most:
        printing.put(f"           ... and {planned.remark_total - most:,} more; --verbose names them")
    if verbose:
        for event in planned.new:
            printing.put(f"           {event.reference}  {event.state}  {event.summary}")
        for before, after in planned.changed:
            said = "".join(
                f"  {name}: {old} -> {new}" for name, (old, new) in _differences(before, after).items()
            )
            printing.put(f"           {before.id} {before.reference}{said}")
    if applied:
        printing.say(f"{planned.file} is imported.")
    elif not planned.error_total:
        printing.say("Nothing is written yet; --apply writes it.")


def _differences(before: Event, after: Event) -> dict[str, tuple[str, str]]:
    """The fields in which two states of an event differ, in words."""
    return {
        name: (printing.in_words(getattr(before, name)), printing.in_words(getattr(after, name)))
        for name in Event.__dataclass_fields__
        if getattr(before, name) != getattr(after, name)
    }

"""Service agreements: listing, showing how they stand, adding from a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from cmdb import agreement_records, agreement_versions, agreements, files, observations
from cmdb.agreement_versions import in_force, numbered
from cmdb.availability import Standing
from cmdb.exchange import agreement_file, agreement_writing
from cmdb.promises import ServiceAgreement
from cmdb.service_levels import Level
from tui import agreement_words, level_lines, printing, typed
from tui.context import Invocation, command
from tui.present import minutes, minutes_left
from tui.workplace import at_work


@command
def list_(invocation: Invocation) -> None:
    """List service agreements."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = agreements.listed(uow)
    if invocation.wants_json:
        printing.as_json_list(agreement_records.record_of(one) for one in found)
        return
    printing.table(
        ("id", "title", "customer", "services", "state", "until", "level"),
        ((one.id, one.title, one.customer, one.services, one.state, one.end, one.level) for one in found),
        empty="There are no agreements.",
    )


@command
@click.argument("id_", metavar="ID")
@click.option(
    "--at", "when", metavar="T", default="now", show_default=True, help="In the periods around then."
)
@click.option("--version", "number", metavar="N", type=click.IntRange(1), help="As version N said it.")
@click.option("--as-file", is_flag=True, help="Print it as a file: to edit, then to amend or revise it.")
def show(invocation: Invocation, id_: str, when: str, number: int | None, as_file: bool) -> None:
    """Show an agreement as it is in force, and how each commitment stands: allowed, used and left."""
    with at_work(invocation) as here, here.store.read() as uow:
        moment = typed.moment(when, zone=here.site.zone, now=here.at)
        whole = uow.get(ServiceAgreement, id_)
        agreement = numbered(whole, number) if number else in_force(whole, moment)
        if number:
            moment = agreement_versions.during(agreement, moment)
        standings = agreements.standings_of(uow, id_, at=moment, now=here.at)
        levels = observations.levels_of(uow, id_, at=moment, now=here.at)
    if as_file:
        click.echo(agreement_writing.written(agreement if number else whole), nl=False)
        return
    if invocation.wants_json:
        record = agreement_records.record_of(agreement if number else whole)
        printing.as_json(
            {
                **record,
                "standings": [_standing(one) for one in standings],
                "observed": [level_lines.record(one) for one in levels],
            }
        )
        return
    _facts(agreement)
    if there := agreement_words.versions_of(whole):
        printing.put()
        printing.table(("version", "from", "until"), there, empty="", right=("version",))
    printing.put()
    _availabilities(standings, "It promises no availability." if levels else "It has no commitments.")
    if levels:
        printing.put()
        _observed(levels)
    for remark in agreements.remarks(agreement):
        printing.say(remark)


# Each is rounded against us, so the last is not always what the others make.
_MINUTES = ("min allowed", "min used", "min left")


@command
@click.argument("file", type=click.Path(path_type=Path))
def register(invocation: Invocation, file: Path) -> None:
    """Add the agreement described in the YAML FILE, as a candidate; a draft unless it says otherwise."""
    agreement = agreement_file.read(files.text(files.read(file), file.name), file.name)
    with at_work(invocation) as here:
        agreements.register(here.store, agreement, actor=here.actor, at=here.at)
    _said(invocation, agreement, f"The agreement {agreement.id} is added as a candidate: {agreement.state}.")


@command
@click.argument("file", type=click.Path(path_type=Path))
def amend(invocation: Invocation, file: Path) -> None:
    """Replace a draft agreement by what the YAML FILE says."""
    agreement = agreement_file.read(files.text(files.read(file), file.name), file.name)
    with at_work(invocation) as here:
        agreements.amend(here.store, agreement, actor=here.actor, at=here.at)
    _said(invocation, agreement, f"The agreement {agreement.id} is changed.")


def _facts(agreement: ServiceAgreement) -> None:
    """What an agreement says, element by element."""
    printing.facts(
        [
            ("id", agreement.id),
            ("title", agreement.title),
            ("customer", agreement.customer),
            ("provider", agreement.provider),
            ("manager", agreement.manager),
            ("from", agreement.start),
            ("until", agreement.end),
            ("zone", agreement.zone),
            ("state", agreement.state),
            ("level", agreement.level),
            ("review", agreement.review),
            ("purpose", agreement.purpose),
            ("scope", agreement.scope),
            *((name, "\n".join(lines)) for name, lines in agreement_words.elements(agreement)),
        ]
    )


def _availabilities(standings: Sequence[Standing], empty: str) -> None:
    """How what is promised about availability stands, in minutes."""
    printing.table(
        ("commitment", "service", "from", "until", "target", *_MINUTES, "availability"),
        (
            (
                one.commitment,
                one.service,
                one.start,
                one.end,
                f"{one.promised}%",
                minutes_left(one.allowance_s),
                minutes(one.used_s),
                minutes_left(one.left_s),
                one.percent() + (" and running" if one.running else ""),
            )
            for one in standings
        ),
        empty=empty,
        right=_MINUTES,
    )


def _observed(levels: Sequence[Level]) -> None:
    """How what is promised about observed quantities stands."""
    printing.table(
        ("commitment", "service", "from", "until", "quantity", "promised", "delivered", "observed", "left"),
        (
            (
                one.commitment,
                one.service,
                one.start,
                one.end,
                one.attribute,
                one.promised,
                one.delivered,
                level_lines.observed(one),
                one.left_said,
            )
            for one in levels
        ),
        empty="Nothing of it is observed.",
        right=("delivered",),
    )


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "commitment": one.commitment,
        "service": one.service,
        "period": {"start": printing.plain(one.start), "end": printing.plain(one.end)},
        "counted_s": one.counted_s,
        "allowance_s": one.allowance_s,
        "used_s": one.used_s,
        "left_s": one.left_s,
        "availability": None if one.availability is None else one.percent(6),
        "running": one.running,
    }


def _said(invocation: Invocation, agreement: ServiceAgreement, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(agreement_records.record_of(agreement))
        return
    printing.put(words)
    for remark in agreements.remarks(agreement):
        printing.say(remark)

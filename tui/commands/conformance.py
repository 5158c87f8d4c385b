"""Conformance: practice by practice of the model, what is performed, with the records behind it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from baselines import conformance as judged
from baselines import tables_audits
from baselines.cited import cited
from baselines.conformance import SECTIONS, Moved, Verdict
from baselines.performed import KEPT, NOT_APPLICABLE, NOT_PERFORMED, PARTLY, PERFORMED
from cmdb.checks import shown
from cmdb.errors import Invalid
from tui import clockface, conformance_annex, printing, reports, typed
from tui.context import Invocation, command
from tui.reports import Linked, Report, Table, Words
from tui.workplace import at_work

LACKING = 1  # --exit-code: a practice is not performed, or partly
SET_ASIDE = tables_audits  # where it is kept what somebody set aside
NAMED = 3  # records a row of a table names
EVERY_RECORD = 10_000_000
KEPT_APART = 1_000  # of each practice in the annex of a page, unless every record is asked for
MARKS = {PERFORMED: "●", PARTLY: "◐", NOT_PERFORMED: "○", NOT_APPLICABLE: "–"}
EVERY = "all"

MEANING = (
    "● performed: records show it. ◐ partly: some do, or some numbered points are. ○ not performed: no record"
    " shows it. – not applicable: somebody said so, and it is a record. A practice is what its query and its"
    " points come to, a goal what its practices come to. * counted on the records as they are now."
)


@command
@click.option(
    "--section",
    "sections",
    type=click.Choice((*SECTIONS, EVERY)),
    multiple=True,
    default=("5.5",),
    show_default=True,
    help="Which key process area; repeat.",
)
@click.option(
    "--service", metavar="ID", default="", help="Only what concerns this service, where it can tell."
)
@click.option("--at", "moment", metavar="T", default="", help="As it was at a moment.")
@click.option("--since", metavar="T", default="", help="What stands otherwise than it did then.")
@click.option("--practice", metavar="ID", default="", help="Only this one and its points: 5.5 Activity 6.")
@click.option("--lacking", is_flag=True, help="Only what is not performed, or partly.")
@click.option(
    "--every-record", "every", is_flag=True, help=f"Name every record, where the first {KEPT} are named."
)
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
@click.option("--exit-code", is_flag=True, help="Exit 1 when a practice is not performed, or partly.")
def conformance(
    invocation: Invocation,
    sections: tuple[str, ...],
    service: str,
    moment: str,
    since: str,
    practice: str,
    lacking: bool,
    every: bool,
    form: str,
    to: Path | None,
    replace: bool,
    exit_code: bool,
) -> None:
    """Say of every practice whether it is performed, by which records, and what is missing.

    Nothing is stored: it is counted from the records each time.
    """
    only = _named(practice) if practice else ""
    wanted = () if EVERY in sections else tuple(dict.fromkeys(sections))
    wanted = (only.partition(" ")[0],) if only else wanted
    moved: tuple[Moved, ...] = ()
    with at_work(invocation) as here, here.store.read() as uow:
        zone, now = here.site.zone, here.at
        at = typed.moment(moment, zone=zone, now=now, past=True) if moment else now
        taken = (to.suffix.lower() in (".html", ".md")) if to else form in ("html", "md")
        most = EVERY_RECORD if every else KEPT_APART if taken else KEPT
        found = judged.assess(uow, wanted, at=at, service=service, most=most)
        if since:
            then = typed.moment(since, zone=zone, now=now, past=True)
            moved = judged.trend(judged.assess(uow, wanted, at=then, service=service), found)
        past = at != now or bool(since)
        found = tuple(one for one in found if not only or only in (one.practice.id, one.practice.above))
        records = cited(uow, (id for one in found for id in one.records)) if taken or every else {}
    made = made_of(
        found, moved, at=at, service=service, since=since, lacking=lacking, past=past, sections=wanted
    )
    apart = conformance_annex.of(found, records)
    made = made._replace(parts=(*made.parts, *apart)) if every else made._replace(annex=apart)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)
    if exit_code and any(one.state in (NOT_PERFORMED, PARTLY) for one in found):
        click.get_current_context().exit(LACKING)


def _named(practice: str) -> str:
    """The practice of that id, however its words are set. Raises Invalid."""
    wanted = " ".join(practice.split()).lower()
    found = next((id for id in judged.known() if id.lower() == wanted), None)
    if found is None:
        raise Invalid(
            f"'{shown(practice)}' is no practice.", "Write it as 'cmdb conformance' does: 5.5 Activity 6.1."
        )
    return found


def made_of(
    found: Sequence[Verdict],
    moved: Sequence[Moved] = (),
    *,
    at: datetime,
    service: str = "",
    since: str = "",
    lacking: bool = False,
    past: bool = False,
    sections: Sequence[str] = (),
) -> Report:
    """The answer as people read it and as programs do."""
    listed = [one for one in found if not lacking or one.state in (PARTLY, NOT_PERFORMED)]
    counts = judged.counted(found)
    tables = []
    for section in sections or SECTIONS:
        rows = tuple(_row(one, past) for one in listed if one.practice.section == section)
        heading = f"{section} {SECTIONS[section]}"
        tables.append(Table(heading, ("", "practice", "what", "records"), rows, empty="All is performed."))
    ways = tuple(
        (one.practice.id, one.missing, one.mend)
        for one in listed
        if one.missing and not one.missing.startswith("See ")
    )
    parts: list[Words | Table] = [*tables]
    if ways:
        parts.append(Table("What is missing, and what mends it", ("practice", "missing", "command"), ways))
    if since:
        parts.append(_moved(moved, since))
    parts.append(Words("What the marks mean", MEANING))
    record: dict[str, Any] = {
        "at": at,
        "service": service or None,
        "counts": counts,
        "practices": [_record(one) for one in listed],
    }
    if since:
        record |= {"since": since, "moved": [_moved_record(one) for one in moved]}
    return Report(
        title="Conformance",
        facts=(
            ("at", clockface.clock(at)),
            ("concerns", service or "every service"),
            ("in short", ", ".join(f"{number:,} {state}" for state, number in counts.items() if number)),
        ),
        parts=tuple(parts),
        record=record,
        counted=_sheet(listed),
    )


def _sheet(listed: Sequence[Verdict]) -> Table:
    """What a spreadsheet gets: a row for each practice and point."""
    names = (
        "practice",
        "state",
        "what",
        "records",
        "count",
        "missing",
        "command",
        "said by",
        "reason",
        "now",
    )
    return Table("Practices", names, tuple(_line(one) for one in listed))


def _row(one: Verdict, past: bool) -> tuple[str, ...]:
    indent = "" if one.practice.top else "  "
    number = one.practice.id.partition(" ")[2]
    mark = MARKS[one.state] + ("*" if past and one.now else "")
    return mark, indent + number, one.practice.text, _evidence(one)


def _evidence(one: Verdict) -> str:
    if one.statement is not None:
        return f"{one.statement.by} said so ({one.statement.id}): {one.statement.reason}"
    more = one.total - min(len(one.records), NAMED)
    rest = ((f" and {more:,} more", conformance_annex.practice_row(one.practice.id)),) if more > 0 else ()
    named = ((id, conformance_annex.record_row(id)) for id in one.records[:NAMED])
    return Linked.listed(named, *rest)


def _moved(moved: Sequence[Moved], since: str) -> Table:
    return Table(
        f"What moved since {since}",
        ("practice", "then", "now", "what"),
        tuple((one.practice.id, one.before, one.after, one.practice.text) for one in moved),
        empty="Nothing moved.",
    )


def _moved_record(one: Moved) -> dict[str, str]:
    return {"practice": one.practice.id, "before": one.before, "after": one.after}


def _record(one: Verdict) -> dict[str, Any]:
    said = one.statement
    return {
        "practice": one.practice.id,
        "text": one.practice.text,
        "state": one.state,
        "records": list(one.records),
        "count": one.total,
        "missing": one.missing,
        "command": one.mend,
        "as_of_now": one.now,
        "statement": None
        if said is None
        else {"id": said.id, "by": said.by, "at": printing.plain(said.at), "reason": said.reason},
    }


def _line(one: Verdict) -> tuple[str, ...]:
    said = one.statement
    return (
        one.practice.id,
        one.state,
        one.practice.text,
        " ".join(one.records),
        str(one.total),
        one.missing,
        one.mend,
        said.by if said else "",
        said.reason if said else "",
        "yes" if one.now else "no",
    )

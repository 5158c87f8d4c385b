"""Reports of how things stood at a moment that is over.

    @past.asking                      gives a command the option --as-of
    moment = past.moment(...)         the period asked about, and when
    past.told(report, moment, unsaid) says in every form when that was, and in each row what nothing says

What had not happened by then does not count. Where the record does not say what a field was then, its
cell says so, programs get null, and a table at the end names every record and field.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import click

from cmdb.back_then import Unsaid
from cmdb.errors import Invalid
from tui import clockface, reports, typed
from tui.reports import Report, Table

F = TypeVar("F", bound=Callable[..., Any])
NOT_RECORDED = "not recorded"
ROWS = 500  # records named for people; JSON holds all
# Where a column has another name than the field.
_COLUMN = {"expires_at": "until", "person": "by", "effort": "effort planned", "funds": "funds planned"}


class Moment(NamedTuple):
    """A period, the moment it is told of (`then`), and when that is asked; `past` where they differ."""

    start: datetime
    end: datetime
    then: datetime
    now: datetime
    past: bool


def asking(function: F) -> F:
    """Give a command of a report the option that asks how it stood."""
    words = "As it stood at this moment, by journal and library."
    return click.option("--as-of", "as_of", metavar="T", default="", help=words)(function)


def moment(since: str, until: str, as_of: str, *, zone: str, now: datetime) -> Moment:
    """The period a report is asked about and when it is told of. Raises Invalid for one that lies ahead."""
    then = at(as_of, zone=zone, now=now)
    start, end = reports.period(since, until, zone=zone, now=then)
    return Moment(start, min(end, then + timedelta(seconds=1)) if as_of else end, then, now, bool(as_of))


def at(as_of: str, *, zone: str, now: datetime) -> datetime:
    """The moment a report is told of; now where nobody named one. Raises Invalid for one that lies ahead."""
    then = typed.moment(as_of, zone=zone, now=now) if as_of else now
    if then > now:
        raise Invalid(
            f"{clockface.clock(then)} lies ahead: nothing stood so yet.",
            "Name a moment that is over: --as-of 2026-09-30.",
        )
    return then


def told(report: Report, asked: Moment, unsaid: Unsaid | None = None) -> Report:
    """The report as it is told of its moment; of now it stays as it is."""
    if not asked.past:
        return report
    lost = unsaid or {}
    facts = [
        (name.removesuffix(" now") + " then" if name.endswith(" now") else name, said)
        for name, said in report.facts
        if name != "made"
    ]
    place = 1 if facts and facts[0][0] == "period" else 0
    dated = [("as of", clockface.clock(asked.then)), ("made", clockface.clock(asked.now))]
    parts = [_marked(one, lost) if isinstance(one, Table) else one for one in report.parts]
    return report._replace(
        facts=(*facts[:place], *dated, *facts[place:]),
        parts=(*parts, *([_lost(lost)] if lost else [])),
        record=_record(report.record, asked, lost),
        counted=_marked(report.counted, lost) if report.counted else None,
    )


def _marked(table: Table, lost: Unsaid) -> Table:
    """A table whose cells say where nothing says what they were."""
    if "id" not in table.header or not lost:
        return table
    place = table.header.index("id")
    names = [one.replace(" ", "_") for one in table.header]

    def cells(row: tuple[str, ...]) -> tuple[str, ...]:
        fields = lost.get(row[place], ())
        gone = {_COLUMN.get(one, one).replace(" ", "_") for one in fields}
        return tuple(NOT_RECORDED if name in gone else cell for name, cell in zip(names, row, strict=True))

    return table._replace(rows=tuple(map(cells, table.rows)))


def _record(record: Mapping[str, Any], asked: Moment, lost: Unsaid) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, content in record.items():
        found[name] = [_nulled(one, lost) for one in content] if isinstance(content, list) else content
    if "made_at" in found:
        found["made_at"] = asked.now
    if "made" in found:  # what counts in days
        found["made"] = f"{asked.now.astimezone(clockface.zone()):%Y-%m-%d}"
    listed = [{"id": id, "fields": list(fields)} for id, fields in sorted(lost.items())]
    return {**found, "as_of": asked.then, "not_recorded": listed}


def _nulled(row: Any, lost: Unsaid) -> Any:
    fields = lost.get(row.get("id", ""), ()) if isinstance(row, dict) else ()
    return {**row, **{name: None for name in fields if name in row}} if fields else row


def _lost(lost: Unsaid) -> Table:
    more = f", the first {ROWS:,} of {len(lost):,}" if len(lost) > ROWS else ""
    rows = [(id, ", ".join(one.replace("_", " ") for one in fields)) for id, fields in sorted(lost.items())]
    return Table(f"What nothing says of then{more}", ("id", "fields"), tuple(rows[:ROWS]))

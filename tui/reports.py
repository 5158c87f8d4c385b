"""Reports as people and programs take them away: text, Markdown, HTML, CSV and JSON.

A report is a title, facts, and parts in order: words, tables, charts. Who makes one says what stands
in it once; the form follows from here. HTML is one file that prints, with its charts inside.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
from dateutil.relativedelta import relativedelta

from cmdb.checks import shown
from cmdb.errors import Invalid, Refused
from tui import clockface, printing, sheets, typed
from tui.present import clean

MONTHS = 6
F = TypeVar("F", bound=Callable[..., Any])
FORMATS = ("text", "md", "html", "csv", "json")

# What only a page needs is loaded when one is made: half a second for the charts.
LATE: Mapping[str, tuple[str, str]] = {
    "page": ("tui.report_pages", "page"),
    "svg": ("tui.charts", "svg"),
}


class Words(NamedTuple):
    """A heading with a paragraph; either may be empty."""

    heading: str = ""
    text: str = ""


class Linked(str):
    """A cell whose pieces lead to rows of the same report, by name; off a page it is plain text.

    A piece is its text, and the name of the row it leads to or nothing.
    """

    __slots__ = ("pieces",)
    pieces: tuple[tuple[str, str], ...]

    def __new__(cls, *pieces: tuple[str, str]) -> "Linked":
        """A cell of these pieces, one right after the other."""
        made = super().__new__(cls, "".join(text for text, _name in pieces))
        made.pieces = pieces
        return made

    @classmethod
    def listed(cls, pieces: Iterable[tuple[str, str]], *more: tuple[str, str]) -> "Linked":
        """A cell of these pieces with commas between them, and what follows on them."""
        found: list[tuple[str, str]] = []
        for one in pieces:
            found += [(", ", ""), one] if found else [one]
        return cls(*found, *more)


class Table(NamedTuple):
    """Rows under a heading; `right` names the columns of numbers, `empty` is said where there are none.

    `names` gives each row the name by which a `Linked` cell leads to it.
    """

    heading: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[str, ...] = ()
    empty: str = "Nothing."
    names: tuple[str, ...] = ()


class Chart(NamedTuple):
    """Bars against a limit: a label and a value each. In text the table beside it says the same.

    A bar is beyond its limit above it, or with `least` below it.
    """

    heading: str
    unit: str
    bars: tuple[tuple[str, float], ...]
    limits: tuple[float, ...] = ()
    least: bool = False


class Report(NamedTuple):
    """What a report says; `record` is the same for programs.

    `counted` is what a spreadsheet gets, where that is not the first table. `annex` is what only those
    get who take the report away, as a page or as Markdown.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Words | Table | Chart, ...]
    record: Mapping[str, Any]
    counted: Table | None = None
    annex: tuple[Words | Table, ...] = ()


def period(since: str, until: str, *, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """The period a report is asked about, as typed; without words the last six months.

    What happened in this very second belongs to it.
    """
    return (
        typed.moment(since, zone=zone, now=now) if since else months_ago(now),
        typed.moment(until, zone=zone, now=now) if until else now + timedelta(seconds=1),
    )


def asked(since: str, until: str, *, zone: str, now: datetime) -> tuple[datetime, datetime] | None:
    """The period a report is asked about where it needs none; None where nobody said any.

    Raises Invalid when the period ends before it starts.
    """
    if not since and not until:
        return None
    start = typed.moment(since, zone=zone, now=now) if since else datetime.min.replace(tzinfo=UTC)
    end = typed.moment(until, zone=zone, now=now) if until else now + timedelta(seconds=1)
    if end <= start:
        raise Invalid("The period ends before it starts.", "Give --since before --until.")
    return start, end


def spanned(start: datetime, end: datetime, made_at: datetime) -> str:
    """A period as a report names it: until it was made, where it goes on to that very second."""
    return clockface.stretch(start, made_at if made_at < end <= made_at + timedelta(seconds=1) else end)


def months_ago(at: datetime) -> datetime:
    """The first of the month, five months before this one: six months with the running one."""
    local = at.astimezone(clockface.zone())
    first = local.replace(day=1, hour=0, minute=0, second=0) - relativedelta(months=MONTHS - 1)
    return typed.moment(f"{first:%Y-%m-%d}", zone=str(clockface.zone()), now=at)


def put(report: Report, form: str) -> None:
    """Write a report on stdout in one of the formats."""
    if form == "html":
        printing.put(page(report))
    elif form == "json":
        printing.as_json_record(report.record)
    elif form == "md":
        printing.put(markdown(report))
    elif form == "csv":
        _csv(report)
    else:
        _text(report)


def saving(function: F) -> F:
    """Give a command of a report the options that save it."""
    file = click.Path(path_type=Path, dir_okay=False)
    replace = click.option("--replace", is_flag=True, help="Write over a file that is there.")
    to = click.option("--to", metavar="FILE", type=file, help="Save it there, as .html, .md or .csv says.")
    return to(replace(function))


def deliver(report: Report, form: str, to: Path | None, *, replace: bool) -> None:
    """Write a report on stdout, or save it in a file and say so. Raises Invalid, Refused."""
    if to is None:
        put(report, form)
        return
    save(report, to, replace=replace)
    printing.put(f"Saved as {to}.")


def save(report: Report, file: Path, *, replace: bool = False) -> None:
    """Save a report as its file's ending says; nothing is written over unless `replace`.

    Raises Invalid for another ending, Refused when the file is there or cannot be written.
    """
    text = {".html": page, ".md": markdown, ".csv": _sheet}.get(file.suffix.lower())
    if text is None:
        raise Invalid(f"'{shown(file.name)}' says no form.", "End the name with .html, .md or .csv.")
    made = text(report).rstrip("\n") + "\n"
    try:
        with file.open("w" if replace else "x", encoding="utf-8") as out:
            out.write(made)
    except FileExistsError as there:
        raise Refused(
            f"{file} is there already; nothing was written.",
            "Name another file, or write over it: --replace.",
        ) from there
    except OSError as fault:
        raise Refused(f"{file} cannot be written: {fault.strerror}.", "Name another file.") from fault


def _sheet(report: Report) -> str:
    found = next((one for one in (report.counted, *report.parts) if isinstance(one, Table)), None)
    return sheets.csv_text(found.header, found.rows) if found else ""


def page(report: Report) -> str:
    """The report as one HTML page that stands alone; without charts where nothing draws them."""
    drawable = find_spec("matplotlib") is not None
    if not drawable and any(isinstance(part, Chart) for part in report.parts):
        printing.say("The page has no charts. To have them: pip install 'cmdb[charts]'")
    made: str = _late("page")(report, _late("svg") if drawable else None)
    return made


def _late(name: str) -> Any:
    module, function = LATE[name]
    return getattr(import_module(module), function)


def _text(report: Report) -> None:
    printing.put(report.title)
    printing.facts(list(report.facts))
    for part in report.parts:
        if isinstance(part, Chart):
            continue
        printing.put()
        if part.heading:
            printing.put(part.heading)
        if isinstance(part, Table) and part.rows:
            printing.table(part.header, part.rows, empty="", right=part.right)
        else:  # that there is nothing is what the report says, so it goes where the report goes
            said = part.empty if isinstance(part, Table) else part.text
            if said:
                printing.put(said)


def _csv(report: Report) -> None:
    """What the report counts, one row each: the first table, unless it says otherwise."""
    for part in (report.counted, *report.parts):
        if isinstance(part, Table):
            sheets.as_csv(part.header, part.rows)
            return


def markdown(report: Report) -> str:
    """The report as Markdown, every text in it escaped."""
    lines = [f"# {_md(report.title)}", ""]
    lines += [f"- **{_md(name)}**: {_md(content)}" for name, content in report.facts if content]
    for part in (*report.parts, *report.annex):
        if isinstance(part, Chart):
            continue
        lines += ["", f"## {_md(part.heading)}"] if part.heading else []
        if isinstance(part, Words):
            # Two spaces at the end keep the lines of a paragraph apart.
            lines += ["", "  \n".join(_md(one) for one in part.text.split("\n"))] if part.text else []
            continue
        if not part.rows:
            lines += ["", part.empty]
            continue
        ruled = ["---:" if name in part.right else "---" for name in part.header]
        lines += ["", _row(part.header), _row(ruled, plain=True)]
        lines += [_row(row) for row in part.rows]
    return "\n".join(lines)


def _row(cells: Iterable[str], *, plain: bool = False) -> str:
    return "| " + " | ".join(one if plain else _md(one) for one in cells) + " |"


def _md(text: str) -> str:
    """Text that Markdown takes for nothing but text."""
    return "".join("\\" + one if one in "\\`*_[]<>|~&" else one for one in clean(text))

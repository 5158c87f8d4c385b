"""Reports as people and programs take them away: text, Markdown, HTML, CSV and JSON.

A report is a title, facts, and parts in order: words, tables, charts. Who makes one says what stands
in it once; the form follows from here. HTML is one file that prints, with its charts inside.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from tui import printing, sheets
from tui.present import clean

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


class Table(NamedTuple):
    """Rows under a heading; `right` names the columns of numbers, `empty` is said where there are none."""

    heading: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[str, ...] = ()
    empty: str = "Nothing."


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

    `counted` is what a spreadsheet gets, where that is not the first table.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Words | Table | Chart, ...]
    record: Mapping[str, Any]
    counted: Table | None = None


def put(report: Report, form: str) -> None:
    """Write a report on stdout in one of the formats."""
    if form == "html":
        printing.put(page(report))
    elif form == "json":
        printing.as_json(report.record)
    elif form == "md":
        printing.put(markdown(report))
    elif form == "csv":
        _csv(report)
    else:
        _text(report)


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
        if isinstance(part, Table):
            printing.table(part.header, part.rows, empty=part.empty, right=part.right)
        elif part.text:
            printing.put(part.text)


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
    for part in report.parts:
        if isinstance(part, Chart):
            continue
        lines += ["", f"## {_md(part.heading)}"] if part.heading else []
        if isinstance(part, Words):
            lines += ["", _md(part.text)] if part.text else []
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

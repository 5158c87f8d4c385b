"""Reports as HTML: one file that stands alone and prints, every text in it escaped."""

import html
from collections.abc import Callable, Sequence
from urllib.parse import quote

from tui.present import clean
from tui.reports import Chart, Linked, Report, Table, Words

# Draws bars (label, value) with a unit and a limit per bar, which may be the least, as SVG.
Draw = Callable[[Sequence[tuple[str, float]], str, Sequence[float], bool], str]

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
body { color: #1a1a1a }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 1.8rem }
dl { display: grid; grid-template-columns: max-content auto; gap: .1rem 1rem }
dt { color: #555 } dd { margin: 0 }
table { border-collapse: collapse; width: 100% } th { text-align: left; border-bottom: 2px solid #444 }
td, th { padding: .2rem .6rem .2rem 0; vertical-align: top } td { border-bottom: 1px solid #ddd }
.right { text-align: right; font-variant-numeric: tabular-nums } svg { max-width: 100%; height: auto }
a { color: inherit; text-decoration-color: #999 } tr:target { background: #fff3b0 }
@media print { a { text-decoration: none } }
@media print { body { margin: 0; max-width: none } h2 { break-after: avoid } tr { break-inside: avoid } }
"""


def page(report: Report, draw: Draw | None) -> str:
    """The report as one HTML page that stands alone."""
    body = [f"<h1>{_html(report.title)}</h1>", "<dl>"]
    body += [f"<dt>{_html(name)}</dt><dd>{_html(content)}</dd>" for name, content in report.facts if content]
    body.append("</dl>")
    for part in (*report.parts, *report.annex):
        body += [f"<h2>{_html(part.heading)}</h2>"] if part.heading else []
        if isinstance(part, Words):
            lines = "<br>\n".join(_html(one) for one in part.text.split("\n"))
            body += [f"<p>{lines}</p>"] if part.text else []
        elif isinstance(part, Chart):
            body += [draw(part.bars, part.unit, part.limits, part.least)] if draw and part.bars else []
        else:
            body.append(_html_table(part))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{_html(report.title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(body) + "\n</body></html>"
    )


def _html_table(part: Table) -> str:
    if not part.rows:
        return f"<p>{_html(part.empty)}</p>"
    side = [' class="right"' if name in part.right else "" for name in part.header]
    head = "".join(f"<th{one}>{_html(name)}</th>" for one, name in zip(side, part.header, strict=True))
    names = part.names or ("",) * len(part.rows)
    rows = "\n".join(
        (f'<tr id="{_name(name)}">' if name else "<tr>")
        + "".join(f"<td{one}>{_cell(cell)}</td>" for one, cell in zip(side, row, strict=True))
        + "</tr>"
        for name, row in zip(names, part.rows, strict=True)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>"


def _cell(cell: str) -> str:
    """A cell; where its pieces lead to rows of this page, with links to them."""
    if not isinstance(cell, Linked):
        return _html(cell)
    return "".join(
        f'<a href="#{_name(name)}">{_html(text)}</a>' if name else _html(text) for text, name in cell.pieces
    )


def _name(name: str) -> str:
    """A name as it may stand in a page: no space, nothing that is markup, no two names alike."""
    return quote(clean(name), safe=":")


def _html(text: str) -> str:
    return html.escape(clean(text))

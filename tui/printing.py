"""Plain text and JSON on stdout; words on stderr. The one place that writes for commands.

Text from the database never reaches the terminal with control characters in it. Lists are written
row by row, so that a million of them need no memory.
"""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any

import click

from cmdb.errors import CmdbError
from cmdb.instants import rfc3339
from tui import answering, capture, clockface
from tui import pieces as json_pieces
from tui.pieces import still
from tui.present import clean
from tui.terminal import columns

MEASURED_ROWS = 500  # columns are as wide as the widest cell of the first rows
NARROWEST = 8


def say(text: str) -> None:
    """Write words for a person, on stderr."""
    click.echo(_lines(text), err=True)


def refusal(error: CmdbError, code: int, category: str, *, in_json: bool) -> None:
    """Write a refusal on stderr: reason, every problem, remedy; `in_json` on stdout as well.

    An answer that has begun there stays alone.
    """
    caught = capture.current()
    if caught is not None:
        caught.error = error
    reason, *found = (clockface.by_the_wall(one) for one in (error.reason, *error.problems))
    say("\n".join([reason, *(f"  - {one}" for one in found), error.remedy]))
    if in_json and not answering.answered():
        as_json(
            {
                "error": {
                    "category": category,
                    "exit": code,
                    "reason": error.reason,
                    "problems": list(error.problems),
                    "remedy": error.remedy,
                }
            }
        )


def put(text: str = "") -> None:
    """Write one line of the answer on stdout."""
    click.echo(_lines(text))


def plain(value: Any) -> Any:
    """Give a value as JSON writes it: instants as RFC 3339, decimals as text, values as mappings."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        return rfc3339(value)
    if hasattr(value, "as_tuple"):  # a Decimal: asked so, nothing loads `decimal` to print an item
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(inner) for inner in value)
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return [plain(inner) for inner in value]


def as_it_is(text: str) -> None:
    """Write a file on stdout: UTF-8 with its own line ends, whatever the terminal is set to."""
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:  # the app and tests take down what is written as text
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    stream.write(text.encode())
    stream.flush()


def as_json(value: Any) -> None:
    """Write one JSON document on stdout."""
    answering.answer()
    click.echo(still(json.dumps(plain(value), ensure_ascii=False, indent=2)))


def as_json_record(record: Mapping[str, Any]) -> None:
    """Write a record on stdout as one JSON document; of each long list in it one entry a line.

    Written as it comes and by the C encoder: a report may hold very many entries.
    """
    answering.answer()
    head = "{"
    for name, value in record.items():
        click.echo(f"{head}\n  {still(json.dumps(name, ensure_ascii=False))}: ", nl=False)
        if isinstance(value, list | tuple) and len(value) > 1:
            click.echo("[\n    " + ",\n    ".join(map(_compact, value)) + "\n  ]", nl=False)
        else:
            click.echo(_compact(value), nl=False)
        head = ","
    click.echo("{}" if head == "{" else "\n}")


def _compact(value: Any) -> str:
    return still(json.dumps(value, ensure_ascii=False, default=plain))


def pieces(text: Iterable[str]) -> None:
    """Write JSON that comes in pieces on stdout."""
    json_pieces.put(text)


def as_json_list(values: Iterable[Any]) -> None:
    """Write a JSON list on stdout, one value a line, without holding them all."""
    answering.answer()
    first = True
    for value in values:
        click.echo("[" if first else ",", nl=first)
        click.echo(("" if first else "\n") + still(json.dumps(plain(value), ensure_ascii=False)), nl=False)
        first = False
    click.echo("[]" if first else "\n]")


def table(
    header: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str, right: Sequence[str] = ()
) -> None:
    """Write aligned columns on stdout; on a terminal the last column is cut to its width.

    `empty` is said on stderr when there is no row; `right` names the columns of numbers.
    """
    waiting = iter(rows)
    first = [[in_words(cell) for cell in row] for row in islice(waiting, MEASURED_ROWS)]
    if not first:
        say(empty)
        return
    widths = [max(width(row[at]) for row in [list(header), *first]) for at in range(len(header))]
    numbers = [name in right for name in header]
    limit = columns() if sys.stdout.isatty() else 0
    put(_row([name.upper() for name in header], widths, numbers, limit))
    for row in chain(first, ([in_words(cell) for cell in row] for row in waiting)):
        put(_row(row, widths, numbers, limit))


def facts(pairs: Iterable[tuple[str, Any]]) -> None:
    """Write `name  value` lines on stdout, aligned; absent values are left out."""
    shown = [(name, in_words(value)) for name, value in pairs if value not in (None, "", (), [], {})]
    space = max((width(name) for name, _ in shown), default=0)
    for name, value in shown:
        head, *rest = value.split("\n")
        put(f"{padded(name, space)}  {head}")
        for line in rest:
            put(f"{' ' * space}  {line}")


def width(text: str) -> int:
    """Cells a text takes on a terminal: wide letters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def padded(text: str, space: int, *, right: bool = False) -> str:
    """Fill a text up to a number of cells."""
    filling = " " * max(0, space - width(text))
    return filling + text if right else text + filling


def cut(text: str, limit: int) -> str:
    """Shorten a text to a number of cells, with `…` where something is missing."""
    if width(text) <= limit:
        return text
    kept = ""
    for letter in text:
        if width(kept + letter) > limit - 1:
            break
        kept += letter
    return kept + "…"


def _row(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool], limit: int) -> str:
    last = len(cells) - 1
    clean_cells = [clean(cell.replace("\n", " ").replace("\t", " ")) for cell in cells]
    shown = [
        cell if at == last and not numbers[at] else padded(cell, widths[at], right=numbers[at])
        for at, cell in enumerate(clean_cells)
    ]
    line = "  ".join(shown).rstrip()
    return cut(line, max(limit, NARROWEST)) if limit else line


def in_words(value: Any) -> str:
    """Give a value as people read it in a cell: nothing for None, yes or no, lists with commas.

    Times are those of the site's zone, which is named.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return clockface.clock(value)
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(in_words(one) for one in value)
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {in_words(inner)}" for key, inner in value.items())
    return str(value)


def _lines(text: str) -> str:
    return "\n".join(clean(line) for line in text.split("\n"))

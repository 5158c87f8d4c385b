"""CSV on stdout, safe to open in a spreadsheet. Source: terminal.md, Command line."""

import csv
import io
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TextIO

from cmdb.instants import rfc3339
from tui.printing import in_words


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write CSV on stdout; cells a spreadsheet would run as a formula are escaped with `'`."""
    write(sys.stdout, header, rows)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The same as text."""
    out = io.StringIO()
    write(out, header, rows)
    return out.getvalue()


def write(out: TextIO, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write the same wherever it has to go."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([escaped(_visible(in_words(_utc(cell)))) for cell in row] for row in rows)


def _visible(cell: str) -> str:
    """Write control characters as `\\x1b`: no text of ours holds one, and a terminal would obey it."""
    if cell.isprintable():
        return cell
    return "".join(_written(letter) for letter in cell)


def _written(letter: str) -> str:
    if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs"):
        return letter
    return f"\\x{ord(letter):02x}" if ord(letter) < 256 else f"\\u{ord(letter):04x}"


def _utc(cell: Any) -> Any:
    """Files are for programs: their times are UTC, as in JSON."""
    return rfc3339(cell) if isinstance(cell, datetime) else cell


def escaped(cell: str) -> str:
    """Put `'` before a cell that a spreadsheet would run as a formula; import takes it away again."""
    bare = cell.lstrip("'")
    return "'" + cell if bare and bare[0] in "=+-@\t\r" else cell

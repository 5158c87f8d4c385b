"""CSV on stdout, safe to open in a spreadsheet. Source: terminal.md, Command line."""

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from tui.printing import in_words


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write CSV on stdout; cells a spreadsheet would run as a formula are escaped with `'`."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([escaped(in_words(cell)) for cell in row] for row in rows)


def escaped(cell: str) -> str:
    """Put `'` before a cell that a spreadsheet would run as a formula; import takes it away again."""
    bare = cell.lstrip("'")
    return "'" + cell if bare and bare[0] in "=+-@\t\r" else cell

"""CSV on stdout, safe to open in a spreadsheet. Source: terminal.md, Command line."""

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from cmdb.instants import rfc3339
from tui.printing import in_words


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write CSV on stdout; cells a spreadsheet would run as a formula are escaped with `'`."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([escaped(in_words(_utc(cell))) for cell in row] for row in rows)


def _utc(cell: Any) -> Any:
    """Files are for programs: their times are UTC, as in JSON."""
    return rfc3339(cell) if isinstance(cell, datetime) else cell


def escaped(cell: str) -> str:
    """Put `'` before a cell that a spreadsheet would run as a formula; import takes it away again."""
    bare = cell.lstrip("'")
    return "'" + cell if bare and bare[0] in "=+-@\t\r" else cell

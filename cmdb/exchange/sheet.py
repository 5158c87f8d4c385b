"""Rows of a file, wherever they come from, and everything that is wrong with them.

A sheet is a header and rows of text, each with its line in the file; what reads native CSV and what
maps foreign files both give one. Reading goes on after a bad row, so that all are reported at once.
Source: rules.md 11.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from cmdb.model import Value, shown

# Some rows: the line of each, and its cells.
Block = tuple[Sequence[int], Sequence[Sequence[str]]]
TOGETHER = 1_000  # rows in a block, or a few more

KEPT_PROBLEMS = 10_000
FORMULA_STARTS = "=+-@\t\r"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Value):
    """Something wrong in a file. Line 0 is the file as a whole; column is the header's name."""

    file: str
    line: int
    column: str
    reason: str

    def sentence(self) -> str:
        """Say where it is and what is wrong, in one line."""
        where = self.file + (f", line {self.line:,}" if self.line else "")
        return f"{where}, column {self.column}: {self.reason}" if self.column else f"{where}: {self.reason}"


class Problems:
    """Collects what is wrong: the first 10,000 word for word, the rest as a number."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.kept: list[Problem] = []
        self.total = 0

    def add(self, line: int, column: str, reason: str) -> None:
        """Note one problem."""
        self.total += 1
        if len(self.kept) < KEPT_PROBLEMS:
            # "column id: 'SW 2' is no id" reads better without the "it" other reasons begin with.
            said = reason.removeprefix("it ") if reason.startswith("it '") else reason
            self.kept.append(Problem(file=self.file, line=line, column=column, reason=said))

    def in_order(self) -> tuple[Problem, ...]:
        """Those kept, from the first line to the last, however they were found."""
        return tuple(sorted(self.kept, key=lambda one: one.line))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Value):
    """A header and its rows, in blocks; every row has as many cells as the header. Can be read once."""

    file: str
    header: tuple[str, ...]
    blocks: Iterator[Block]

    @property
    def rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        """The rows one by one, each with its line."""
        return (row for block in self.blocks for row in zip(*block, strict=True))


def blocks_of(rows: Iterator[tuple[int, Sequence[str]]]) -> Iterator[Block]:
    """Put rows that come one by one together."""
    while block := list(islice(rows, TOGETHER)):
        lines, cells = zip(*block, strict=True)
        yield lines, cells


def escaped(cell: str) -> str:
    """Put `'` before a cell that a spreadsheet would run as a formula; `unescaped` takes it away."""
    bare = cell.lstrip("'")
    return "'" + cell if bare and bare[0] in FORMULA_STARTS else cell


def unescaped(cell: str) -> str:
    """Take away the `'` that `escaped` put there; every other text stays as it is."""
    if not cell.startswith("'"):
        return cell
    bare = cell.lstrip("'")
    return cell[1:] if bare and bare[0] in FORMULA_STARTS else cell


def header_problems(
    header: Sequence[str], *, required: Sequence[str], known: Sequence[str] | None, problems: Problems
) -> bool:
    """Note what is wrong with a header; tell whether its rows can be read.

    `known` lists every column allowed, or is None when any other column has a meaning.
    """
    if not header:
        if not problems.total:  # else why there is none has been noted
            problems.add(0, "", "there is no header: its first line is blank.")
        return False
    before = problems.total
    seen: dict[str, int] = {}
    for place, name in enumerate(header, 1):
        if not name.strip():
            problems.add(1, "", f"column {place} has no name in the header.")
        elif name in seen:
            problems.add(1, name, f"the header names it twice, as columns {seen[name]} and {place}.")
        elif known is not None and name not in known:
            problems.add(1, shown(name), f"is not known here; use {', '.join(known)}.")
        seen.setdefault(name, place)
    for name in required:
        if name not in seen:
            problems.add(1, name, f"is missing from the header, which has: {shown(', '.join(header), 200)}.")
    return problems.total == before

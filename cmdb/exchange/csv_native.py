"""CSV files: read in blocks with every bad row named, written so that a spreadsheet runs nothing.

UTF-8 with or without a byte order mark; a header; `,` unless told otherwise. Memory does not grow
with the file. Source: terminal.md, Native import files.
"""

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import IO

from cmdb import files
from cmdb.errors import Invalid, NotFound
from cmdb.exchange.sheet import TOGETHER, Block, Problems, Sheet, escaped
from cmdb.model import NAME_LIMIT, TEXT_LIMIT, shown

_FIRST_LINE = 1_000_000  # bytes in which it has to end
_TOO_LONG = "field larger"  # as the csv module says it


def read(path: Path, problems: Problems, *, encoding: str = "utf-8", delimiter: str = ",") -> Sheet:
    """Open a CSV file as a sheet; bad rows are noted in `problems` while its rows are read.

    Raises NotFound when there is no such file, Invalid when it has no header or another encoding.
    """
    blocks = _blocks(path, problems, encoding, delimiter)
    header = next(blocks, None)
    if header is None:
        if not problems.total:
            problems.add(0, "", "the file is empty; its first line must be a header.")
        return Sheet(file=problems.file, header=(), blocks=iter(()))
    names = tuple(name.strip() for name in header[1][0])
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        problems.add(
            1, "", f"the header has one column, so the file is not separated by '{delimiter}'; name the"
            ' separator in a mapping file: [source] delimiter = ";"',
        )  # fmt: skip
    return Sheet(file=problems.file, header=names, blocks=blocks)


def write(target: IO[str], header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write CSV with cells escaped that a spreadsheet would run as a formula."""
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([escaped(cell) for cell in row] for row in rows)


def open_text(path: Path, encoding: str = "utf-8") -> IO[str]:
    """Open a text file for reading, its line ends untouched. Raises NotFound or Invalid."""
    try:
        files.refuse_special(path)
        with path.open("rb") as start:
            head = start.read(8)
    except FileNotFoundError as missing:
        raise NotFound(f"There is no file {path}.", "Check the path.") from missing
    except PermissionError as closed:
        raise Invalid(f"{path} cannot be read by you.", "Check its permissions.") from closed
    files.refuse_packed(head, path.name)
    name = _codec(encoding)
    if name == "utf-8" and (other := files.other_encoding(head)):
        raise Invalid(
            f"{path} is {other}, not UTF-8.",
            f"Convert it: iconv -f {other} -t UTF-8 {path.name} > new.csv, or name it in a mapping file: "
            f'encoding = "{other.lower()}".',
        )
    return path.open(encoding="utf-8-sig" if name == "utf-8" else name, newline="")


def encoding_problem(path: Path, encoding: str) -> tuple[int, str]:
    """Find the first byte that is not of the encoding: its line and what to do about it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset, line = 0, 1
    with path.open("rb") as source:
        while chunk := source.read(1 << 20):
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as wrong:
                place = max(0, wrong.start - pending)
                line += chunk[:place].count(b"\n")
                found, at = wrong.object[wrong.start], offset - pending + wrong.start
                return line, (
                    f"byte 0x{found:02X} at offset {at:,} is not {encoding.upper()}; if the file is"
                    f" Windows-1252, convert it: iconv -f WINDOWS-1252 -t UTF-8 {path.name} > new.csv, or"
                    ' name the encoding in a mapping file: [source] encoding = "cp1252".'
                )
            line += chunk.count(b"\n")
            offset += len(chunk)
    return line, f"the file ends in the middle of a {encoding.upper()} character; it was cut off."


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as unknown:
        raise Invalid(
            f"There is no encoding '{encoding}'.", "Use utf-8, cp1252, latin-1 or utf-16."
        ) from unknown


class _File:
    """Reads an open file, many lines at once where each of them is one row, else row by row."""

    def __init__(
        self, source: Iterator[str], path: Path, problems: Problems, encoding: str, delimiter: str
    ) -> None:
        self.source, self.path, self.problems = source, path, problems
        self.encoding, self.delimiter = encoding, delimiter
        self.line, self.columns, self.ended = 1, 0, False

    def blocks(self) -> Iterator[Block]:
        """Give the header as a block of its own, then the rows that have as many cells; note the others."""
        while not self.ended:
            ahead = self._ahead()
            lines, rows = self._plain(ahead) or self._row_by_row(ahead)
            if rows:
                yield lines, rows

    def _ahead(self) -> list[str]:
        """Some lines; what cannot be decoded fails again when somebody reads on after them."""
        lines: list[str] = []
        try:
            lines.extend(islice(self.source, TOGETHER if self.columns else 1))  # keeps those before a fault
        except UnicodeDecodeError as fault:
            self.source = _failing(fault)
        return lines

    def _plain(self, ahead: list[str]) -> tuple[Sequence[int], list[list[str]]] | None:
        """The rows of these lines where all is well, else None."""
        if not self.columns:
            return None
        try:
            rows = list(csv.reader(ahead, delimiter=self.delimiter, strict=True))
        except csv.Error:
            return None
        # As many rows as lines: no row goes on in another line.
        if len(rows) != len(ahead) or set(map(len, rows)) != {self.columns}:
            return None
        first, self.line = self.line, self.line + len(rows)
        return range(first, self.line), rows

    def _row_by_row(self, ahead: list[str]) -> tuple[list[int], list[list[str]]]:
        """The rows of these lines and of those into which the last of them goes on."""
        lines: list[int] = []
        rows: list[list[str]] = []
        remembered = _Remembered(chain(ahead, self.source))
        reader = csv.reader(remembered, delimiter=self.delimiter, strict=True)
        before = self.line
        try:
            # Without lines ahead this asks for one more, which is the end of the file or a fault.
            while remembered.count < len(ahead) or not ahead:
                remembered.row.clear()
                self._row(reader, remembered, lines, rows)
                self.line = before + remembered.count
        except StopIteration:
            self.ended = True
        except UnicodeDecodeError:
            self.problems.add(*_placed(encoding_problem(self.path, _codec(self.encoding))))
            self.ended = True
        return lines, rows

    def _row(
        self,
        reader: Iterator[list[str]],
        remembered: "_Remembered",
        lines: list[int],
        rows: list[list[str]],
    ) -> None:
        try:
            cells = next(reader)
        except csv.Error as broken:
            self.problems.add(self.line, "", _quoting(str(broken), self._named(remembered)))
            if _TOO_LONG in str(broken):
                remembered.skip_rest()  # else each of its lines would be taken for a row
            return
        if len(cells) == self.columns or not self.columns:
            self.columns = len(cells)
            lines.append(self.line)
            rows.append(cells)
        elif cells:
            self.problems.add(self.line, "", f"the row has {len(cells)} cells, the header {self.columns}.")

    def _named(self, remembered: "_Remembered") -> str:
        """What the row begins with, which is the id of most records."""
        return remembered.row[0].partition(self.delimiter)[0].strip('"\r\n') if remembered.row else ""


class _Remembered:
    """Lines as they are read, and those of the row that is being read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.row: list[str] = []
        self.count = 0

    def __iter__(self) -> "_Remembered":
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.count += 1
        self.row.append(line)
        return line

    def skip_rest(self) -> None:
        """Pass the lines into which a cell of the row goes on: until as many quotes close as open."""
        quotes = sum(one.count('"') for one in self.row)
        while quotes % 2 and (line := next(self.lines, None)) is not None:
            self.count += 1
            quotes += line.count('"')


def _failing(fault: UnicodeDecodeError) -> Iterator[str]:
    """Lines that fail when somebody reads the first of them."""

    def fail(_nothing: None) -> str:
        raise fault

    return map(fail, [None])


def _blocks(path: Path, problems: Problems, encoding: str, delimiter: str) -> Iterator[Block]:
    """Give the header of a file and its rows, all in blocks."""
    with open_text(path, encoding) as source:
        _refuse_endless(path)
        csv.field_size_limit(TEXT_LIMIT)
        yield from _File(source, path, problems, encoding, delimiter).blocks()


def _refuse_endless(path: Path) -> None:
    """Raise Invalid where the first line does not end: all of the file would be read as one row."""
    with path.open("rb") as start:
        head = start.read(_FIRST_LINE)
    if len(head) == _FIRST_LINE and b"\n" not in head:
        raise Invalid(f"The first line of {path} does not end.", "Check that it is a text file with lines.")


def _placed(found: tuple[int, str]) -> tuple[int, str, str]:
    return found[0], "", found[1]


def _quoting(said: str, named: str) -> str:
    if _TOO_LONG in said:
        of = f" of '{shown(named)}'" if named and len(named) <= NAME_LIMIT else ""
        return (
            f'a cell{of} has more than {TEXT_LIMIT:,} characters; shorten it, or close the quote (") that'
            " opens it."
        )
    if "end of data" in said:
        return 'a quote (") that opens here is never closed; close it, or double the quotes inside a cell.'
    if "expected after" in said:
        return 'a cell goes on after its closing quote ("); double the quotes inside a cell.'
    return f"the row cannot be read: {said}."

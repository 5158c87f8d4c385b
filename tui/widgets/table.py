"""The one table of the app: columns, sorting sign, marks, and rows fetched by the hundred.

Two ways to fill it. `fill(rows)` hands over everything, for short lists. `reopen(total)` only says
how many rows there are; the table then asks for the pages it shows with `PageWanted`, and the
screen answers with `deliver`. An answer to an older question is dropped by its generation.
The cursor follows the id it stood on, not the position.
"""

from collections.abc import Container, Iterable, Sequence
from itertools import count
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from tui.present import Line, Piece
from tui.widgets.rows import Rows

PAGE = 100
WIDEST = 90  # cells a column takes at most of what is left
KEEP_PAGES = 40


class Column(NamedTuple):
    """A column. Width 0 shares what is left; `since` is the table width from which it is shown.

    With a `least`, it takes no more of its width than the widest cell that was seen needs.
    """

    name: str
    title: str
    width: int = 0
    since: int = 0
    align: str = "left"
    least: int = 0


class Row(NamedTuple):
    """One row: its id and one line per column. A heading has no id: the cursor skips it.

    With fewer lines than columns the last one takes the room of those it has no line for.
    """

    id: str
    cells: tuple[Line, ...]


def heading(title: str, note: str = "") -> Row:
    """A row that names a section."""
    return Row("", ((Piece(title, "strong"), Piece(f"  {note}" if note else "", "dim")),))


def faint(row: Row) -> Row:
    """The same row, as one that is no longer there."""
    return Row(row.id, tuple(tuple(piece._replace(role="dim") for piece in cell) for cell in row.cells))


def distinct(id: str, known: Container[str]) -> str:
    """The id of a row: of what it is about, never of where it stands; a number where two are about the same.

    What is read again keeps the cursor on the id it was on, wherever that row stands now.
    """
    if id not in known:
        return id
    return next(name for number in count(2) if (name := f"{id} {number}") not in known)


def word(text: str, role: str = "") -> Line:
    """A cell of one piece."""
    return (Piece(text, role),)


class Table(Rows):
    """A virtual table."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--head"}

    class PageWanted(Message):
        """Rows from `offset` are about to be seen and are not here yet."""

        def __init__(self, table: "Table", offset: int, generation: int) -> None:
            super().__init__()
            self.table = table
            self.offset = offset
            self.generation = generation

        @property
        def control(self) -> "Table":
            return self.table

    class Marked(Message):
        """The set of marked rows changed."""

        def __init__(self, table: "Table") -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> "Table":
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id: str | None = None,
        empty: Sequence[Line] = (),
        head: bool = True,
        markable: bool = True,
    ) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.HEAD = 1 if head else 0
        self.markable = markable
        self.marks: dict[str, None] = {}
        self.sorted_by: tuple[str, bool] = ("", False)
        self.generation = 0
        self.words: tuple[Line, ...] = tuple(empty)
        self._total = 0
        self._pages: dict[int, tuple[Row, ...]] = {}
        self._wanted: set[int] = set()
        self._widths: dict[int, tuple[tuple[Column, int], ...]] = {}
        self._needs: dict[str, int] = {}  # cells a column was seen to need; what is read again may need more
        self._paged = False
        self._keeps = False
        # Scrolling by a line shows mostly what was painted before.
        self._painted: dict[tuple[int, bool, int, Style, int], Strip] = {}

    # Rows -----------------------------------------------------------------------------------

    def fill(self, rows: Iterable[Row]) -> None:
        """Show exactly these rows; the cursor stays on the id it stood on, and that where it is drawn.

        After `keep_row` a row that is gone stays as well, faint, for as long as the cursor is on it.
        """
        every = tuple(rows)
        held, self._keeps = self.row(self.cursor) if self._keeps else None, False
        known = self.current
        if held is not None and known and all(row.id != known for row in every):
            every = (*every[: self.cursor], faint(held), *every[self.cursor :])
        self._forget()
        self._measure(every)
        self._paged = False
        self._total = len(every)
        self._pages = {start // PAGE: every[start : start + PAGE] for start in range(0, len(every), PAGE)}
        index = next((place for place, row in enumerate(every) if known and row.id == known), self.cursor)
        self._settle(index, stays=True)

    def keep_row(self) -> None:
        """Have the next `fill` keep the row under the cursor: who is about to act sees on what."""
        self._keeps = True

    def reopen(self, total: int, *, at: int | None = None, stays: bool = False) -> int:
        """Start over with `total` rows to be asked for; gives the generation to answer with.

        The cursor goes to `at`; where it is the row it stood on that `stays`, it stays where it is drawn.
        """
        self._forget()
        self._paged = True
        self._total = total
        self._settle(self.cursor if at is None else at, stays=stays)
        return self.generation

    def deliver(self, generation: int, offset: int, rows: Sequence[Row]) -> None:
        """Take a page that was asked for; a page of an older generation is dropped."""
        if generation != self.generation:
            return
        page = offset // PAGE
        self._wanted.discard(page)
        self._painted.clear()
        self._measure(rows)
        if len(self._pages) >= KEEP_PAGES:
            here = self.cursor // PAGE
            self._pages.pop(max(self._pages, key=lambda number: abs(number - here)))
        self._pages[page] = tuple(rows)
        self.refresh()
        if page == self.cursor // PAGE:
            self.post_message(self.Moved(self))

    def _measure(self, rows: Iterable[Row]) -> None:
        """Widen the columns that take what they need; none gets narrower, so that none moves to and fro."""
        measured = [(place, one) for place, one in enumerate(self.columns) if one.least]
        found = {
            one.name: max([self._needs.get(one.name, 0), *widest]) for one, widest in _widest(measured, rows)
        }
        if any(self._needs.get(name, 0) < need for name, need in found.items()):
            self._needs.update(found)
            self._widths.clear()
            self._painted.clear()

    def _forget(self) -> None:
        self.generation += 1
        self._pages = {}
        self._wanted = set()
        self._painted.clear()

    def _settle(self, index: int, *, stays: bool) -> None:
        before, self.cursor = self.cursor, max(0, min(index, self._total - 1))
        self.resize_rows()
        if stays and self.cursor != before and self.scroll_offset.y:
            # Rows came or went above: what is looked at stays in its line.
            self.scroll_to(y=max(0, self.scroll_offset.y + self.cursor - before), animate=False)
        self.call_after_refresh(self.into_view)
        self.post_message(self.Moved(self))

    def row(self, index: int) -> Row | None:
        """The row at a position; None while its page is on the way (which is asked for here)."""
        if not 0 <= index < self._total:
            return None
        page, place = divmod(index, PAGE)
        rows = self._pages.get(page)
        if rows is None:
            if self._paged and page not in self._wanted:
                self._wanted.add(page)
                wanted = self.PageWanted(self, page * PAGE, self.generation)
                wanted.set_sender(self)  # not the screen, in whose name this is painted
                self.post_message(wanted)
            return None
        return rows[place] if place < len(rows) else None

    @property
    def current(self) -> str:
        """The id under the cursor; empty when there is none."""
        row = self.row(self.cursor)
        return row.id if row else ""

    def find(self, id: str) -> int | None:
        """The position of an id among the rows that are here."""
        for page, rows in self._pages.items():
            for place, row in enumerate(rows):
                if row.id == id:
                    return page * PAGE + place
        return None

    def point(self, id: str) -> None:
        """Put the cursor on an id, where it is here."""
        self.move(self.find(id))

    # Marks ----------------------------------------------------------------------------------

    def mark(self) -> None:
        """Mark the current row, or take its mark away, and step on."""
        id = self.current
        if not self.markable or not id:
            return
        if id in self.marks:
            del self.marks[id]
        else:
            self.marks[id] = None
        self.refresh_row(self.cursor)
        self.post_message(self.Marked(self))
        self.action_step(1)

    def mark_all(self, ids: Iterable[str]) -> None:
        """Mark rows by their ids, wherever they are."""
        self.marks.update(dict.fromkeys(ids))
        self.refresh()
        self.post_message(self.Marked(self))

    def unmark(self) -> None:
        """Take every mark away."""
        self.marks.clear()
        self.refresh()
        self.post_message(self.Marked(self))

    def chosen(self) -> tuple[str, ...]:
        """The marked ids in the order they were marked; else the one under the cursor."""
        return tuple(self.marks) or ((self.current,) if self.current else ())

    # Words in place of rows -----------------------------------------------------------------

    def say(self, lines: Sequence[Line]) -> None:
        """Show words and no rows: loading, empty, nothing matches, refused."""
        self._forget()
        self._total = 0
        self.words = tuple(lines)
        self.resize_rows()

    def instead(self) -> tuple[Line, ...]:
        return self.words

    # Drawing --------------------------------------------------------------------------------

    def count(self) -> int:
        return self._total

    def selectable(self, index: int) -> bool:
        rows = self._pages.get(index // PAGE)
        return rows is None or not index % PAGE < len(rows) or bool(rows[index % PAGE].id)

    def head(self, index: int, width: int, base: Style) -> Strip:
        style = self.get_component_rich_style("table--head")
        segments = [Segment("  " if self.markable else " ", style)]
        for column, size in self._fitted(width):
            title = column.title
            if column.name == self.sorted_by[0]:
                title += " ▼" if self.sorted_by[1] else " ▲"
            segments += self.brush.segments((Piece(title, "dim"),), size, style, align=column.align)
            segments.append(Segment(" ", style))
        return Strip(segments).adjust_cell_length(width, style)

    def line(self, index: int, width: int, base: Style) -> Strip:
        row = self.row(index)
        if row is None:
            return self.brush.strip((Piece("  ···", "dim"),), width, base)
        if not row.id:
            return self.brush.strip((Piece(" "), *row.cells[0]), width, base)
        key = (index, row.id in self.marks, width, base, id(self.brush))
        strip = self._painted.get(key)
        if strip is None:
            segments = self._margin(row, base)
            placed = [one for one in self._placed(width) if one[0] < len(row.cells)]
            spare = sum(size + 1 for _column, size in self._fitted(width)[len(placed) :])
            for place, (column, size) in placed:
                size += spare if place == placed[-1][0] else 0
                segments += self.brush.segments(row.cells[place], size, base, align=column.align)
                segments.append(Segment(" ", base))
            strip = self._painted[key] = Strip(segments).adjust_cell_length(width, base)
        return strip

    def _margin(self, row: Row, base: Style) -> list[Segment]:
        if not self.markable:
            return [Segment(" ", base)]
        marked = row.id in self.marks
        return self.brush.segments((Piece("◆" if marked else " ", "accent"),), 2, base)

    def _placed(self, width: int) -> list[tuple[int, tuple[Column, int]]]:
        places = {column.name: place for place, column in enumerate(self.columns)}
        return [(places[column.name], (column, size)) for column, size in self._fitted(width)]

    def _fitted(self, width: int) -> tuple[tuple[Column, int], ...]:
        if width not in self._widths:
            columns = [one._replace(width=_needed(one, self._needs.get(one.name, 0))) for one in self.columns]
            self._widths[width] = fit(columns, width - (2 if self.markable else 1))
        return self._widths[width]

    def restyle(self, columns: Sequence[Column]) -> None:
        """Use other columns from now on."""
        self.columns = tuple(columns)
        self._widths.clear()
        self._painted.clear()
        self.refresh()


def _needed(column: Column, need: int) -> int:
    """The width of a column whose widest cell takes `need`: its sorting sign has room, too."""
    if not column.least:
        return column.width
    return min(column.width, max(column.least, need, cell_len(column.title) + 2))


def _widest(
    measured: Sequence[tuple[int, Column]], rows: Iterable[Row]
) -> Iterable[tuple[Column, list[int]]]:
    """For each column by its place, how many cells those of the rows take."""
    cells = [row.cells for row in rows if row.id and measured]
    for place, column in measured:
        lines = [line[place] for line in cells if place < len(line)]
        yield column, [sum(cell_len(piece.text[:WIDEST]) for piece in line) for line in lines]


def fit(columns: Sequence[Column], width: int) -> tuple[tuple[Column, int], ...]:
    """Share a width among the columns shown at it: fixed ones first, the rest evenly.

    Every column is followed by one cell of space; a flexible column never gets less than 4, and in a very
    wide window no more than can be read across: what belongs together stays together. The last one has
    nothing beside it and takes what is left.
    """
    shown = [column for column in columns if column.since <= width + 2]
    fixed = sum(column.width for column in shown) + len(shown)
    flexible = sum(1 for column in shown if not column.width)
    share, odd = divmod(max(0, width - fixed), flexible) if flexible else (0, 0)
    sizes = []
    for column in shown:
        if column.width:
            sizes.append((column, column.width))
        else:
            most = width if column is shown[-1] else WIDEST
            sizes.append((column, min(most, max(4, share + (1 if odd > 0 else 0)))))
            odd -= 1
    return tuple(sizes)

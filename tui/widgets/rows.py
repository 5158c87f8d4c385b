"""Scroll a list of lines with a cursor, drawing only the lines that are visible.

The base of the table, the tree and the plain pane: a line is asked for when it is painted, so a
million lines cost what the screen shows.
"""

from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.present import Line, Piece
from tui.widgets.paint import Brush
from tui.widgets.steady import Steady

HEADINGS = 3  # lines between two places of the cursor that are passed over at one step


class Rows(Steady, ScrollView, can_focus=True):
    """A list of lines with a cursor. Subclasses say how many there are and how each looks."""

    DEFAULT_CSS = """
    Rows { height: 1fr; width: 1fr; overflow-x: hidden; overflow-y: auto; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor", "rows--resting", "rows--heading"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", "Up", show=False, priority=True),
        Binding("down,j", "step(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
        Binding("home,g", "edge(-1)", "First", show=False, priority=True),
        Binding("end,G", "edge(1)", "Last", show=False, priority=True),
    ]

    MOVES: ClassVar[tuple[tuple[str, str], ...]] = (
        ("↑ ↓  j k", "line by line"),
        ("PgUp PgDn", "by a screenful"),
        ("g G", "first, last"),
    )

    class Moved(Message):
        """The cursor stands on another line."""

        def __init__(self, rows: "Rows") -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> "Rows":
            return self.rows

    class Chosen(Message):
        """A line was clicked while the cursor stood on it."""

        def __init__(self, rows: "Rows") -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> "Rows":
            return self.rows

    HEAD = 0  # lines above the list that do not scroll

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cursor = 0
        self.show_cursor = True

    # What a subclass says -------------------------------------------------------------------

    def count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def line(self, index: int, width: int, base: Style) -> Strip:
        """Paint line `index`."""
        raise NotImplementedError

    def head(self, index: int, width: int, base: Style) -> Strip:
        """Paint line `index` of those that do not scroll."""
        raise NotImplementedError

    def selectable(self, index: int) -> bool:
        """Whether the cursor may stand on a line."""
        return True

    def instead(self) -> tuple[Line, ...]:
        """What to say when there is no line at all."""
        return ()

    # The cursor -----------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Move the cursor by lines it may stand on; what lies between them is scrolled through."""
        target = self._nearest(self.cursor + by, by)
        if target is None or not self._near(target, HEADINGS):
            self.scroll_relative(y=by, animate=False)
        else:
            self.move(target)

    def action_page(self, by: int) -> None:
        """Move the cursor by a screenful."""
        height = max(1, self.scrollable_content_region.height - self.HEAD - 1)
        aim = min(max(self.cursor + by * height, 0), self.count() - 1)
        target = self._nearest(aim, by)
        if target is not None and self._near(target, height):
            self.move(target)
        elif self.max_scroll_y > self.scroll_offset.y if by > 0 else self.scroll_offset.y > 0:
            # Text without a place for the cursor is read as well.
            self.scroll_relative(y=by * height, animate=False)
        elif (last := self._nearest(aim, -by)) is not None and self._near(last, 0):
            self.move(last)

    def action_edge(self, side: int) -> None:
        """Move the cursor to the first or the last line, and show what stands before or behind it."""
        self.move(self._nearest(0, 1) if side < 0 else self._nearest(self.count() - 1, -1))
        self.scroll_to(y=0 if side < 0 else self.count(), animate=False)

    def _near(self, index: int, lines: int) -> bool:
        """Whether a line is in view, or not further from it than so many lines."""
        top, height = self.scroll_offset.y, max(1, self.size.height - self.HEAD)
        return top - lines <= index < top + height + lines

    def _nearest(self, index: int, by: int) -> int | None:
        step = 1 if by > 0 else -1
        while 0 <= index < self.count():
            if self.selectable(index):
                return index
            index += step
        return None

    def move(self, index: int | None) -> None:
        """Put the cursor on a line and bring it into view."""
        if index is None or not self.count():
            return
        before, self.cursor = self.cursor, min(max(index, 0), self.count() - 1)
        self.into_view()
        if before != self.cursor:
            self.refresh_row(before)
            self.refresh_row(self.cursor)
            self.post_message(self.Moved(self))

    def into_view(self) -> None:
        """Scroll so that the cursor line, and a heading right above it, can be seen."""
        height = max(1, self.size.height - self.HEAD)
        top = self.cursor - 1 if self.cursor and not self.selectable(self.cursor - 1) else self.cursor
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif self.cursor >= self.scroll_offset.y + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    def refresh_row(self, index: int) -> None:
        """Paint one line again."""
        y = index - self.scroll_offset.y + self.HEAD
        if self.HEAD <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    # Drawing --------------------------------------------------------------------------------

    @property
    def brush(self) -> Brush:
        """The styles of the current theme."""
        brush = self.app.brush  # type: ignore[attr-defined]
        assert isinstance(brush, Brush)
        return brush

    def resize_rows(self) -> None:
        """Tell the scroll bar how many lines there are now, and paint everything again."""
        self.virtual_size = Size(0, self.count() + self.HEAD)
        if self.cursor >= self.count():
            self.cursor = max(0, self.count() - 1)
        if self.count() and not self.selectable(self.cursor):
            found = self._nearest(self.cursor, 1)
            self.cursor = self._nearest(self.cursor, -1) or 0 if found is None else found
        self.refresh()

    def render(self) -> str:
        return ""

    def render_line(self, y: int) -> Strip:
        return self.drawn(lambda: self._line(y), self.size.width)

    def _line(self, y: int) -> Strip:
        bar = self.scrollbar_size_vertical if self.show_vertical_scrollbar else 0
        width, base = self.size.width - bar, self.rich_style
        if y < self.HEAD:
            return self.head(y, width, base)
        index = y - self.HEAD + self.scroll_offset.y
        if index < self.count():
            return self.line(index, width, self._base(index, base))
        words = self.instead() if not self.count() else ()
        line = words[index - 1] if 0 <= index - 1 < len(words) else ()
        return self.brush.strip((Piece("  "), *line), width, base)

    def _base(self, index: int, base: Style) -> Style:
        if index != self.cursor or not self.show_cursor or not self.selectable(index):
            return base
        name = "rows--cursor" if self.has_focus else "rows--resting"
        return self.get_component_rich_style(name)

    def on_focus(self) -> None:
        self.refresh_row(self.cursor)

    def on_blur(self) -> None:
        self.refresh_row(self.cursor)

    def on_click(self, event: Click) -> None:
        index = event.y - self.HEAD + self.scroll_offset.y
        if event.y < self.HEAD or not 0 <= index < self.count() or not self.selectable(index):
            return
        if index == self.cursor:
            self.post_message(self.Chosen(self))
        self.move(index)

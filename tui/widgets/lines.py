"""A pane of lines to read: facts, a ballot card, an impact answer. It scrolls and has no cursor."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.strip import Strip

from tui.present import Line, Piece
from tui.widgets.rows import Rows


class Lines(Rows):
    """Lines that are read, not chosen from.

    `show` takes finished lines, `draw` a function of the width, which is asked again when the pane
    gets another width.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", show=False, priority=True),
        Binding("down,j", "step(1)", show=False, priority=True),
    ]

    def __init__(self, *, id: str | None = None, focusable: bool = True) -> None:
        super().__init__(id=id)
        self.can_focus = focusable
        self.show_cursor = False
        self._lines: tuple[Line, ...] = ()
        self._draw: Callable[[int], Sequence[Line]] | None = None
        self._width = 0

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines from the top."""
        self._draw = None
        self._put(lines)

    def draw(self, draw: Callable[[int], Sequence[Line]]) -> None:
        """Show what `draw` gives for the present width, now and after every change of width."""
        self._draw = draw
        self._width = self._room()
        self._put(draw(self._width))

    def show_later(self, lines: Sequence[Line]) -> None:
        """Give the lines before the pane is on a screen."""
        self._lines = tuple(lines)

    def on_mount(self) -> None:
        self.resize_rows()

    def plain(self) -> str:
        """What the pane holds, as text."""
        return "\n".join("".join(piece.text for piece in line).rstrip() for line in self._lines)

    def _room(self) -> int:
        return max(20, self.size.width - 2 if self.size.width else 76)

    def _put(self, lines: Sequence[Line]) -> None:
        self._lines = tuple(lines)
        self.scroll_to(y=0, animate=False)
        self.resize_rows()

    def on_resize(self, event: Resize) -> None:
        if self._draw is not None and self._room() != self._width:
            self._width = self._room()
            self._lines = tuple(self._draw(self._width))
            self.resize_rows()

    def count(self) -> int:
        return len(self._lines)

    def selectable(self, index: int) -> bool:
        return False

    def line(self, index: int, width: int, base: Style) -> Strip:
        return self.brush.strip((Piece(" "), *self._lines[index]), width, base)

    def action_page(self, by: int) -> None:
        self.scroll_relative(y=by * max(1, self.size.height - 1), animate=False)

    def action_edge(self, side: int) -> None:
        self.scroll_to(y=0 if side < 0 else self.count(), animate=False)

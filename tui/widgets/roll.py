"""Lines that were made before, with a cursor on those it may stand on: logs, lists of jobs, menus."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.style import Style
from textual.strip import Strip

from tui.present import Line, Piece
from tui.widgets.rows import Rows


class Entry(NamedTuple):
    """One line; `key` names what the cursor stands on there, empty where it may not stand."""

    line: Line
    key: str = ""


class Roll(Rows):
    """A list of finished lines. The cursor stands on those with a key.

    `beside` another one, it is marked only where it has the keys.
    """

    def __init__(self, *, id: str | None = None, beside: bool = False) -> None:
        super().__init__(id=id)
        self._beside = beside
        self.entries: tuple[Entry, ...] = ()
        self._empty: Line = ()

    def put(self, entries: Sequence[Entry], *, empty: Line = (), at: str = "") -> None:
        """Show other lines; the cursor stays on its key, or goes to `at`, or to the first it may have."""
        wanted = at or self.current
        self.entries, self._empty = tuple(entries), empty
        places = {entry.key: place for place, entry in reversed([*enumerate(self.entries)]) if entry.key}
        self.cursor = places.get(wanted, min(places.values(), default=0))
        self.resize_rows()
        self.into_view()

    @property
    def current(self) -> str:
        """The key under the cursor; empty when there is none."""
        return self.entries[self.cursor].key if self.cursor < len(self.entries) else ""

    def count(self) -> int:
        return len(self.entries)

    def action_step(self, by: int) -> None:
        if by < 0 and self._near(self.cursor, 0) and self._nearest(self.cursor + by, by) is None:
            self.scroll_to(y=0, animate=False)  # so that a heading above the first can be read
        else:
            super().action_step(by)

    def selectable(self, index: int) -> bool:
        return bool(self.entries[index].key)

    def instead(self) -> tuple[Line, ...]:
        return (self._empty,)

    def line(self, index: int, width: int, base: Style) -> Strip:
        here = index == self.cursor and self.selectable(index) and (self.has_focus or not self._beside)
        mark = Piece("▶ " if here else "  ", "accent")
        return self.brush.strip((mark, *self.entries[index].line), width, base)

"""The floor of the app's first paint: Textual alone, one list that draws what is visible. Run as a script.

The least a Textual program must do to show the first of a million rows; it shows nothing else.
"""

import sqlite3
import sys

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class VirtualList(ScrollView, can_focus=True):
    """The items of a database in the order of their ids."""

    def on_mount(self) -> None:
        self._database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
        (count,) = self._database.execute("SELECT count(*) FROM item").fetchone()
        self.virtual_size = Size(0, count)
        self.rows: list[tuple[str, ...]] = self._database.execute(
            "SELECT id, name, status, owner FROM item ORDER BY id LIMIT 100"
        ).fetchall()

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        row = self.rows[index] if index < len(self.rows) else ()
        return Strip([Segment(f"{cell:<19.19} ") for cell in row]).adjust_cell_length(self.size.width)


class Bare(App[None]):
    """One list and nothing around it."""

    def compose(self) -> ComposeResult:
        yield VirtualList()


if __name__ == "__main__":
    Bare().run()

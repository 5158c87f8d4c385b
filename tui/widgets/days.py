"""A grid of days with a cursor: the arrows say by how many days it moves; who shows it draws it."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tui.widgets.lines import Lines


class Days(Lines):
    """Lines drawn as a grid of days."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "by(-1)", show=False, priority=True),
        Binding("right", "by(1)", show=False, priority=True),
        Binding("up,k", "by(-7)", show=False, priority=True),
        Binding("down,j", "by(7)", show=False, priority=True),
        Binding("pageup", "by(-28)", show=False, priority=True),
        Binding("pagedown", "by(28)", show=False, priority=True),
        Binding("home,g", "by(-3660)", show=False, priority=True),
        Binding("end,G", "by(3660)", show=False, priority=True),
    ]
    MOVES: ClassVar[tuple[tuple[str, str], ...]] = (
        ("← →", "day by day"),
        ("↑ ↓  j k", "week by week"),
        ("PgUp PgDn", "four weeks"),
        ("g G", "today, the last day"),
    )

    class Wanted(Message):
        """The cursor is to move by so many days."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def action_by(self, days: int) -> None:
        """Ask to move the cursor."""
        self.post_message(self.Wanted(days))

"""One line of alternatives, each with its letter: `a approve   r reject`. Nothing is chosen at first."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.events import Click, Key
from textual.message import Message
from textual.strip import Strip

from tui.present import Line, Piece
from tui.widgets.bars import Bar


class Option(NamedTuple):
    """One alternative: its letter, its value, and the role it is shown in when chosen."""

    key: str
    value: str
    role: str = "accent"


class Choice(Bar, can_focus=True):
    """Choose one by its letter or with the arrows; Enter takes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", show=False),
        Binding("right", "step(1)", show=False),
        Binding("enter", "take", show=False),
    ]

    class Changed(Message):
        """Another alternative is chosen."""

    class Lettered(Message):
        """An alternative was chosen by its letter: what is typed next may be meant for another field."""

        def __init__(self, value: str) -> None:
            super().__init__()
            self.value = value

    class Taken(Message):
        """Enter was pressed."""

    def __init__(self, options: Sequence[Option], *, id: str, start: str = "") -> None:
        super().__init__(id=id)
        self.options = tuple(options)
        self.value = start

    def choose(self, value: str) -> None:
        """Choose a value."""
        self.value = value
        self.refresh()
        self.post_message(self.Changed())

    def on_key(self, event: Key) -> None:
        for option in self.options:
            if event.character == option.key:
                event.stop()
                self.choose(option.value)
                self.post_message(self.Lettered(option.value))

    def on_click(self, event: Click) -> None:
        x = 0
        for option in self.options:
            x += len(option.key) + len(option.value) + 4
            if event.x < x:
                self.choose(option.value)
                return

    def action_step(self, by: int) -> None:
        """Choose the next alternative."""
        values = [option.value for option in self.options]
        place = values.index(self.value) + by if self.value in values else (0 if by > 0 else -1)
        self.choose(values[place % len(values)])

    def action_take(self) -> None:
        """Take what is chosen."""
        self.post_message(self.Taken())

    def render_line(self, y: int) -> Strip:
        pieces: list[Piece] = []
        for option in self.options:
            if option.value == self.value:
                pieces += [Piece("▶ ", option.role), Piece(option.value, option.role)]
            else:
                pieces += [Piece(f"{option.key} ", "key"), Piece(option.value, "dim")]
            pieces.append(Piece("   "))
        line: Line = tuple(pieces)
        return self.brush.strip(line, self.size.width, self.rich_style)

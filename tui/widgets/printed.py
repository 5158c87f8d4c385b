"""What a command printed, line by line, as it was: it scrolls down and sideways and grows while it runs."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.strip import Strip

from tui.capture import Said
from tui.present import Line, Piece, clean
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap

SHIFT = 16
INDENT = 4
LONGEST = 60  # letters of a heading


def rank(before: str, line: str, after: str) -> str:
    """The role of a printed line among its neighbours: the names of columns, a heading, or plain text.

    A heading stands alone in its line, after an empty one, with what it is about below it.
    """
    if line.isupper() and "  " in line.strip():
        return "dim"
    alone = (
        line[:1].isalnum() and not line[:1].islower() and "  " not in line.strip() and len(line) <= LONGEST
    )
    ended = line.rstrip().endswith((".", ":", ",", ";", "?"))
    return "strong" if alone and not ended and not before.strip() and after.strip() else ""


class Printed(Lines):
    """Printed lines. Answers are shifted sideways, so that their columns stay; words are broken."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "shift(-1)", show=False, priority=True),
        Binding("right", "shift(1)", show=False, priority=True),
    ]

    MOVES: ClassVar[tuple[tuple[str, str], ...]] = (("← →", "look sideways"),)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._said: tuple[Said, ...] = ()
        self._rows: list[Line | str] = []
        self._roles: tuple[str, ...] = ()
        self._left = 0
        self._broken_at = 0

    def take(self, said: Sequence[Said], *, roles: Sequence[str] = ()) -> None:
        """Show these lines; what was shown before and is unchanged is not broken again.

        `roles` are the colours of the words on stderr, one after the other; the last one goes on.
        """
        known = len(self._said) if tuple(roles) == self._roles and self._broken_at == self._room() else 0
        if not known:
            self._rows, self._roles, self._broken_at = [], tuple(roles), self._room()
        seen = sum(1 for one in said[:known] if one.words) if self._roles else 0
        for one in said[known:]:
            if one.words:
                role = self._roles[min(seen, len(self._roles) - 1)] if self._roles else "dim"
                self._rows += wrap(one.text, self._broken_at - INDENT, role, indent=" " * INDENT)
                seen += 1
            else:
                self._rows.append(one.text)
        self._said = tuple(said)
        self.resize_rows()

    def plain(self) -> str:
        return "\n".join(one.text for one in self._said)

    def on_resize(self, event: Resize) -> None:
        if self._said and self._room() != self._broken_at:
            said, self._said = self._said, ()
            self.take(said, roles=self._roles)

    def count(self) -> int:
        return len(self._rows)

    def line(self, index: int, width: int, base: Style) -> Strip:
        row = self._rows[index]
        if not isinstance(row, str):
            return self.brush.strip((Piece(" "), *row), width, base)
        text = clean(row.expandtabs(8))
        more = "…" if self._left and text else " "
        role = rank(self._words(index - 1), text, self._words(index + 1))
        return self.brush.strip((Piece(more, "dim"), Piece(text[self._left :], role)), width, base)

    def _words(self, index: int) -> str:
        """A printed line as it is; nothing where there is none, or one of the words on stderr."""
        row = self._rows[index] if 0 <= index < len(self._rows) else ""
        return row if isinstance(row, str) else ""

    def action_shift(self, by: int) -> None:
        """Look further right, or back."""
        top = int(self.scroll_offset.y)
        seen = [row for row in self._rows[top : top + self.size.height] if isinstance(row, str)]
        most = max((cell_len(row) for row in seen), default=0) - self._room()
        self._left = max(0, min(self._left + by * SHIFT, most + SHIFT - 1 if most > 0 else 0))
        self.refresh()

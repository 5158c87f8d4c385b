"""The lines around a screen: header, footer, and the notice above the footer."""

from collections.abc import Sequence

from rich.style import Style
from textual.app import RenderResult
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.present import Line, Piece
from tui.widgets.paint import Brush, wrap


class Bar(Widget):
    """One or more lines painted from pieces."""

    DEFAULT_CSS = "Bar { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.left: Line = ()
        self.right: Line = ()

    def put(self, left: Line, right: Line = ()) -> None:
        """Show other words."""
        if (left, right) != (self.left, self.right):
            self.left, self.right = left, right
            self.refresh()

    @property
    def brush(self) -> Brush:
        """The styles of the current theme."""
        brush = self.app.brush  # type: ignore[attr-defined]
        assert isinstance(brush, Brush)
        return brush

    def render(self) -> RenderResult:
        return ""

    def render_line(self, y: int) -> Strip:
        return self.brush.ends(self.left, self.right, self.size.width, self.rich_style)


class Header(Bar):
    """Where you are: place and context on the left, baseline and person on the right.

    On the site that counts it is a stripe in the theme's colour of alarm, and says so in a word.
    """

    def head(self, left: Line, right: Line, *, production: bool) -> None:
        """Show where one is, and whether what is done here counts."""
        self.set_class(production, "-production")
        if production:
            right = (Piece(" PRODUCTION  "), *right)
            left, right = (tuple(Piece(piece.text, "alarm") for piece in end) for end in (left, right))
        self.put(left, right)


class Footer(Bar):
    """What you can do here: at most six keys, chosen by state."""

    LIMIT = 6

    def offer(self, keys: Sequence[tuple[str, str]]) -> None:
        """Show the first six (key, word)."""
        pieces: list[Piece] = []
        for key, name in keys[: self.LIMIT]:
            pieces += [Piece(" "), Piece(key, "key"), Piece(f" {name} ", "dim")]
        self.put(tuple(pieces))


class Rule(Bar):
    """A titled line between two panes, with the tabs of the lower one.

    Where they have no room, the last piece on the right goes first: it says how they are turned.
    """

    def render_line(self, y: int) -> Strip:
        base, right = self.rich_style, self.right
        left = self.brush.width(self.left)
        while len(right) > 1 and left + self.brush.width(right) + 2 > self.size.width:
            right = right[:-1]
        room = self.size.width - left - self.brush.width(right) - 2
        fill = (Piece(" " + "─" * max(0, room) + " ", "rule"),)
        return self.brush.strip((*self.left, *fill, *right), self.size.width, base)


class Notice(Widget):
    """What the app has to say: a refusal, or what was done. Gone with the next key."""

    DEFAULT_CSS = "Notice { display: none; height: auto; dock: bottom; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._told: tuple[Line, ...] = ()

    def say(self, lines: Sequence[Line]) -> None:
        """Show lines, each broken at the width of the screen."""
        self._told = tuple(lines)
        self.display = bool(lines)
        self.refresh(layout=True)

    @property
    def plain(self) -> str:
        """What is being said, as text."""
        return "\n".join("".join(piece.text for piece in line) for line in self._told)

    def _broken(self, width: int) -> list[Line]:
        lines: list[Line] = []
        for line in self._told:
            role = next((piece.role for piece in line if piece.role and piece.text.strip()), "")
            text = "".join(piece.text for piece in line)
            if len(text) <= width - 2:
                lines.append(line)
            else:
                lines += wrap(text, width - 4, role, indent="  ")
        return lines[:10]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._broken(width))

    def render(self) -> RenderResult:
        return ""

    def render_line(self, y: int) -> Strip:
        brush = self.app.brush  # type: ignore[attr-defined]
        assert isinstance(brush, Brush)
        base: Style = self.rich_style
        lines = self._broken(self.size.width)
        line = lines[y] if y < len(lines) else ()
        return brush.strip((Piece(" "), *line), self.size.width, base)

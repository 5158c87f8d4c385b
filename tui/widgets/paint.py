"""Paint lines of `tui.present` as strips of terminal cells. The only way data reaches the screen.

No text goes through markup, and `present.clean` takes every control and bidirectional character
out, so hostile data can neither restyle nor rearrange a screen.
"""

from collections.abc import Iterable, Mapping

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.present import Line, Piece, clean, to_ascii
from tui.widgets.themes import ROLE_COLOURS


class Brush:
    """The styles of one theme, and whether glyphs are drawn in ASCII."""

    def __init__(self, variables: Mapping[str, str], *, ascii_only: bool = False) -> None:
        self.ascii_only = ascii_only
        self._styles = {
            role: Style(color=variables[name], bold=bold) for role, (name, bold) in ROLE_COLOURS.items()
        }

    def style(self, role: str) -> Style:
        """The colours of a role, without a background."""
        return self._styles[role]

    def text(self, text: str) -> str:
        """The letters a terminal may be shown for `text`."""
        cleaned = clean(text)
        return to_ascii(cleaned) if self.ascii_only else cleaned

    def width(self, line: Iterable[Piece]) -> int:
        """How many cells a line takes."""
        return sum(cell_len(self.text(piece.text)) for piece in line)

    def segments(
        self, line: Iterable[Piece], width: int, base: Style, *, align: str = "left"
    ) -> list[Segment]:
        """Paint a line exactly `width` cells wide: padded, or cut with an ellipsis."""
        most = 8 * max(
            width, 8
        )  # letters, some of which may take no cell: a name of ten thousand costs no more
        texts = [(self.text(piece.text[:most]), base + self._styles[piece.role]) for piece in line]
        taken = sum(cell_len(text) for text, _ in texts)
        if taken > width:
            return self._cut(texts, width, base)
        painted = [Segment(text, style) for text, style in texts if text]
        if taken < width:
            space = Segment(" " * (width - taken), base)
            painted = [space, *painted] if align == "right" else [*painted, space]
        return painted

    def strip(self, line: Iterable[Piece], width: int, base: Style) -> Strip:
        """Paint a line as a strip of `width` cells."""
        return Strip(self.segments(line, width, base), width)

    def ends(self, left: Line, right: Line, width: int, base: Style) -> Strip:
        """Paint one line with a left part and a right part; the left one gives way."""
        room = self.width(right)
        if room >= width:
            return self.strip(right, width, base)
        if room and self.width(left) >= width - room:  # cut off, it still stands clear of the right part
            right, room = (Piece(" "), *right), room + 1
        return Strip([*self.segments(left, width - room, base), *self.segments(right, room, base)], width)

    def _cut(self, texts: list[tuple[str, Style]], width: int, base: Style) -> list[Segment]:
        if width <= 0:
            return []
        painted: list[Segment] = []
        left = width - 1
        last = base
        for text, style in texts:
            size = cell_len(text)
            last = style
            if size > left:
                painted.append(Segment(set_cell_size(text, left), style))
                break
            painted.append(Segment(text, style))
            left -= size
        return [*painted, Segment("~" if self.ascii_only else "…", last)]


def wrap(text: str, width: int, role: str = "", *, indent: str = "") -> list[Line]:
    """Break a text at its spaces into lines of at most `width` cells; long words are broken too.

    Two cells are the least: in less a wide letter has no place, and a narrower window shows nothing.
    """
    width = max(2, width)
    lines: list[Line] = []
    for paragraph in text.split("\n"):
        current = ""
        for word in clean(paragraph).split(" "):
            candidate = f"{current} {word}" if current else word
            if cell_len(candidate) <= width:
                current = candidate
                continue
            if current:
                lines.append((Piece(indent if lines else ""), Piece(current, role)))
            while cell_len(word) > width:
                head = set_cell_size(word, width).rstrip() or word[:1]
                lines.append((Piece(indent if lines else ""), Piece(head, role)))
                word = word[len(head) :]
            current = word
        lines.append((Piece(indent if lines else ""), Piece(current, role)))
    return lines

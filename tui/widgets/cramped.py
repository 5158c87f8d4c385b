"""A window that is too small for what is in it says so, and how large it has to be."""

from typing import Any

from textual.screen import Screen

from tui.present import Line
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap

SMALLEST = (60, 16)
WORDS = "This window is {width}x{height}; cmdb needs {0}x{1} or more. What is typed is kept."


def cramped(screen: Screen[Any], width: int, height: int) -> None:
    """Show the screen, or why it cannot be shown; `app.tcss` hides the rest of it by the class."""
    small = width < SMALLEST[0] or height < SMALLEST[1]
    screen.set_class(small, "-too-small")
    if not small:
        return
    words = WORDS.format(*SMALLEST, width=width, height=height)
    lines: list[Line] = wrap(words, max(2, width - 2), "warn")
    if height > 4:
        lines.insert(0, ())
    shown = screen.query("#too-small")
    if shown:
        shown.first(Lines).show(lines)
        return
    pane = Lines(id="too-small", focusable=False)  # most windows never need it
    pane.show_later(lines)
    screen.mount(pane)

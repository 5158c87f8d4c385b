"""Lines between the places a cursor may stand on are read as well: nothing is out of reach of the keys."""

from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult

from tui.present import Piece
from tui.widgets.paint import Brush
from tui.widgets.roll import Entry, Roll
from tui.widgets.themes import THEMES

TEXT = 100
SIZE = (40, 20)


class Page(App[None]):
    """Finished lines alone."""

    CSS_PATH = "../../tui/app.tcss"

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        for one in THEMES:
            self.register_theme(one)
        self.theme = "dark"
        self.entries = entries

    @property
    def brush(self) -> Brush:
        return Brush(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict.fromkeys(("dim", "strong", "info", "rule"), "#808080")

    @property
    def roll(self) -> Roll:
        return self.query_one(Roll)

    def compose(self) -> ComposeResult:
        yield Roll()

    def on_mount(self) -> None:
        self.roll.focus()
        self.roll.put(self.entries)


def page(first: str, last: str) -> list[Entry]:
    """A link, a long text, and perhaps a link behind it."""
    text = [Entry((Piece(f"line {number}"),)) for number in range(TEXT)]
    return [Entry((Piece("a link"),), first), *text, Entry((Piece("the end"),), last)]


@pytest.mark.parametrize("last", ["", "below"])
async def test_a_text_between_links_is_scrolled_through_and_back(last: str) -> None:
    async with (app := Page(page("above", last))).run_test(size=SIZE) as hand:
        roll = app.roll
        seen = set()
        for _press in range(8):
            top = round(roll.scroll_offset.y)
            seen |= set(range(top, top + 20))
            await hand.press("pagedown")
        assert seen >= set(range(TEXT)), "a page down passes nothing by"
        assert roll.current == (last or "above")
        for _press in range(8):
            await hand.press("pageup")
        assert (roll.scroll_offset.y, roll.current) == (0, "above")


async def test_a_line_down_moves_a_line_where_the_next_link_is_far() -> None:
    async with (app := Page(page("above", "below"))).run_test(size=SIZE) as hand:
        roll = app.roll
        await hand.press("down", "down", "down")
        assert (roll.scroll_offset.y, roll.current) == (3, "above")
        await hand.press("up")
        assert roll.scroll_offset.y == 2
        await hand.press("end")
        assert (roll.scroll_offset.y, roll.current) == (TEXT + 2 - 20, "below")
        await hand.press("home")
        assert (roll.scroll_offset.y, roll.current) == (0, "above")


async def test_the_last_lines_are_reached_where_no_link_stands_behind_them() -> None:
    async with (app := Page(page("above", ""))).run_test(size=SIZE) as hand:
        roll = app.roll
        await hand.press("end")
        assert (roll.scroll_offset.y, roll.current) == (TEXT + 2 - 20, "above")
        await hand.press("up")
        assert roll.scroll_offset.y == TEXT + 2 - 21, "from there the way back is line by line"
        await hand.press("pagedown", "pagedown")
        assert roll.scroll_offset.y == TEXT + 2 - 20, "and the end stays the end"

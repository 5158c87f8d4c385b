"""Fewer bytes, the same picture: every cell of a terminal is the same, and nothing leaks out of a frame."""

import random
import re
from typing import Any, cast

import pytest

from tests.tui.pilots import at_work
from tests.tui.sample import Sample
from tui.app import CmdbApp
from tui.widgets.sparing import sparing
from tui.wire import spare

WIDTH, HEIGHT = 20, 4
SEEN_ON_BLANKS = {"4", "7", "9", "21", "53"}
LASTING = {"22": {"1", "2"}, "23": {"3"}, "24": {"4"}, "27": {"7"}, "29": {"9"}}
STYLES = (
    *("1;38;2;1;2;3;48;2;4;5;6", "38;5;7;48;5;16", "31;47", "7;38;2;9;9;9;48;2;0;0;0", "4;31", "48;2;4;5;6"),
    *("38;2;9;9;9;48;2;4;5;6", "1;2", "3;97;100", "21;31", "9", "53;30", "91", ""),
)
TEXTS = ("  ", " ", "ab", " c ", "…", "漢", "●", "     ")


class Screen:
    """A terminal that keeps what every cell shows: written from the standard, not from what is tested."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], tuple[str, frozenset[str], str, str]] = {}
        self.x = self.y = 0
        self.marks: set[str] = set()
        self.ink = self.paper = ""
        self.other: list[str] = []

    def take(self, data: str) -> "Screen":
        """Show what a program wrote."""
        for codes, moved, other, letter in re.findall(
            r"\x1b\[([\d;]*)m|\x1b\[([\d;]*)H|(\x1b\].*?\x07|\x1b\[\?\d+[hl])|(.)", data, re.DOTALL
        ):
            if letter == "\n":
                self.x, self.y = 0, self.y + 1
            elif letter and letter >= " ":
                self.show(letter)
            elif moved:
                self.y, self.x = (int(one) - 1 for one in moved.split(";"))
            elif other:
                self.other.append(other)
            elif not letter:
                self.style(codes.split(";"))
        return self

    def show(self, letter: str) -> None:
        """Put a letter into a cell; of a blank only what can be seen is kept."""
        blank = letter == " " and not self.marks & SEEN_ON_BLANKS
        style = (frozenset(), "") if blank else (frozenset(self.marks), self.ink)
        self.cells[self.x, self.y] = (letter, *style, self.paper)
        self.x += 1

    def style(self, codes: list[str]) -> None:
        """Take a sequence of codes."""
        while codes:
            code = codes.pop(0)
            if code in ("38", "48"):
                count = 4 if codes[0] == "2" else 2
                colour, codes = ";".join(codes[:count]), codes[count:]
                self.ink, self.paper = (colour, self.paper) if code == "38" else (self.ink, colour)
            elif code in ("", "0"):
                self.marks, self.ink, self.paper = set(), "", ""
            elif code in LASTING:
                self.marks -= LASTING[code]
            elif code == "39":
                self.ink = ""
            elif code == "49":
                self.paper = ""
            elif re.fullmatch(r"3\d|9\d", code):
                self.ink = code
            elif re.fullmatch(r"4[0-7]|10\d", code):
                self.paper = code
            else:
                self.marks.add(code)


def frame(dice: random.Random) -> str:
    """A frame as the app writes one: every few letters in a whole style, taken back after them."""
    told = ["\x1b[?2026h"]
    for _line in range(dice.randrange(1, 5)):
        told.append(f"\x1b[{dice.randrange(1, HEIGHT)};{dice.randrange(1, WIDTH)}H")
        for _piece in range(dice.randrange(6)):
            text, style = dice.choice(TEXTS), dice.choice(STYLES)
            told.append(f"\x1b[{style}m{text}\x1b[0m" if style else text)
        told.append(dice.choice(("\r\n", "\n", "", "\x1b]52;c;YWI=\x07")))
    return "".join((*told, "\x1b[?2026l"))


def test_every_cell_is_the_same_in_fewer_bytes() -> None:
    dice, long, short = random.Random(7), 0, 0
    for _turn in range(500):
        written = frame(dice)
        sent = spare(written)
        before, after = Screen().take(written), Screen().take(sent)
        assert after.cells == before.cells, written
        assert after.other == before.other
        assert (after.marks, after.ink, after.paper) == (set(), "", "")
        long, short = long + len(written), short + len(sent)
    assert short < long * 0.9


def test_a_row_says_each_colour_once() -> None:
    ground = "48;2;4;5;6"
    row = "".join(f"\x1b[38;2;1;1;1;{ground}m{one}\x1b[0m\x1b[1;{ground}m   \x1b[0m" for one in "abcd")
    assert spare(row) == f"\x1b[38;2;1;1;1;{ground}ma   b   c   d   \x1b[m"


@pytest.mark.parametrize("text", ["", "plain", "\x1b[", "a\x1b[38m b", "\x1b[38;2;1mx\x1b[0m", "\x1b[;m"])
def test_what_is_no_whole_frame_is_survived(text: str) -> None:
    assert re.sub(r"\x1b\[[\d;]*m", "", spare(text)) == re.sub(r"\x1b\[[\d;]*m", "", text)


class Paper:
    """A line that keeps what was written to it."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def write(self, data: str) -> None:
        """Take it."""
        self.told.append(data)


def test_the_driver_sends_the_short_form() -> None:
    line: Any = sparing(cast(Any, Paper))()
    line.write("\x1b[1mab\x1b[0m\x1b[1mcd\x1b[0m")
    line.write("\x07")
    assert line.told == ["\x1b[1mabcd\x1b[m", "\x07"]


async def test_the_app_draws_through_it() -> None:
    app = CmdbApp(Sample(), Sample)
    assert app.driver_class.__name__ == "Sparing"
    async with at_work(app) as hand:
        await hand.press("2")
        await hand.sees("sw-11")
        whole = app.screen._compositor.render_update(full=True).render_segments(app.console)
        assert len(spare(whole)) * 2 < len(whole)
        assert Screen().take(spare(whole)).cells == Screen().take(whole).cells

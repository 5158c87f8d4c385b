"""Texts broken into lines: at any width, with any letters, it ends and loses nothing."""

import pytest

from tui.widgets.paint import wrap

WIDE = "\u6f22\u5b57 e\u0301\u0301 sw-11 " + "x" * 40


@pytest.mark.parametrize("width", [-4, 0, 1, 2, 3, 7, 80])
@pytest.mark.parametrize(
    "text", ["", " ", "\u6f22", WIDE, "\u200b" * 5, "a\nb", "\U0001f468\u200d\U0001f469"]
)
def test_wrapping_ends_at_every_width_and_keeps_every_letter(width: int, text: str) -> None:
    lines = wrap(text, width)
    shown = "".join(piece.text for line in lines for piece in line)
    for letter in "x\u6f22ab":
        assert shown.count(letter) == text.count(letter)

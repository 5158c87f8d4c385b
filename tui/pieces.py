"""Writing JSON that comes in pieces: nothing in it moves a cursor or turns a line around."""

import re
import sys
from collections.abc import Iterable

from tui import answering

_MOVING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def put(text: Iterable[str]) -> None:
    """Write JSON on stdout as it comes."""
    answering.answer()
    sys.stdout.writelines(map(still, text))


def still(text: str) -> str:
    """The same content with such characters as escapes."""
    return text if text.isascii() else _MOVING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)

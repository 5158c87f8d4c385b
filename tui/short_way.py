"""The question programs ask most, known before the command line as a whole is loaded.

`cmdb --json impact ID...`, with --site and --exposed, is two thirds start-up where little is hit, and
most of that is what reads any other command line. Whatever else is asked is left to `tui.cli`.
Loads nothing: every command line passes here. Source: speed.md, `cmdb impact --json`, cold.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Asked(NamedTuple):
    """What such a command line asks: which items are down, on which site, and whether to count all."""

    ids: tuple[str, ...]
    site: str
    exposed: bool


def asked_in(arguments: Sequence[str]) -> Asked | None:
    """Read a command line that has the one form; None for any other."""
    words: list[str] = []
    place, in_json, exposed = "", False, False
    rest = iter(arguments)
    for word in rest:
        if word == "--json":
            in_json = True
        elif word == "--exposed":
            exposed = True
        elif word == "--site":
            place = next(rest, "")
            if not place:
                return None
        elif not word.isascii() or word[:1] in ("", "-"):
            return None
        else:
            words.append(word)
    if not in_json or len(words) < 2 or words[0] != "impact":
        return None
    return Asked(tuple(words[1:]), place, exposed)

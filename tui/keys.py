"""What a key stands for, as values: a place, a verb; and how a key is written for people."""

from typing import NamedTuple


class Place(NamedTuple):
    """One of the seven places: its key and what it shows."""

    name: str
    key: str
    title: str
    shows: str


class Verb(NamedTuple):
    """Something a key does. `command` is what the command line says for it: `{id}` is the subject.

    `where` names the screens that offer it; empty means all of them. A verb without a command only
    moves about in the app.
    """

    name: str
    key: str
    word: str
    does: str
    command: str = ""
    where: tuple[str, ...] = ()


_SHOWN = {
    "slash": "/",
    "colon": ":",
    "minus": "-",
    "at": "@",
    "question_mark": "?",
    "plus": "+",
    "quotation_mark": '"',
    "exclamation_mark": "!",
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
}


def shown_key(key: str) -> str:
    """How a key is written for people."""
    return _SHOWN.get(key, key)

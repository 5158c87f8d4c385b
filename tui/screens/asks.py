"""What small forms ask and give, as values: every screen knows these, the forms load when one opens."""

from typing import NamedTuple


class Ask(NamedTuple):
    """A line of a small form; `needed` is what to say while it is empty, nothing when it may be.

    `reads` says what is typed there, as `tui.line_trials` reads it; empty for words alone.
    """

    name: str
    label: str
    hint: str = ""
    value: str = ""
    needed: str = ""
    reads: str = ""


class Taken(NamedTuple):
    """A moment that was taken, and how long the work takes, all as typed into a form."""

    start: str
    end: str
    down_from: str
    expected: str
    worst: str

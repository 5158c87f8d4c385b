"""What a person typed into the forms of a change request, as typed. Standard library only."""

from typing import NamedTuple


class Draft(NamedTuple):
    """What a person filled in for a new change, as typed.

    `items` are (item, what happens to it), `others` connections and additions separated by `;`.
    """

    title: str
    items: tuple[tuple[str, str], ...]
    kind: str = "normal"
    reason: str = ""
    implementer: str = ""
    start: str = ""
    end: str = ""
    expected: str = ""
    worst: str = ""
    others: str = ""
    down: tuple[str, ...] = ()
    down_from: str = ""
    back_out: str = ""
    test_plan: str = ""


class Form(NamedTuple):
    """A request as a form: `kept` are the changes the form has no line for, in words.

    `seen` says what the request was when it was read: whoever writes the form gives it back.
    """

    change: str
    draft: Draft
    kept: tuple[str, ...] = ()
    seen: str = ""


class Ending(NamedTuple):
    """How a change went, as typed: one of the outcomes, and the actual outage such as `40m`."""

    outcome: str
    outage: str = ""
    deviation: str = ""
    test_result: str = ""
    test_reviewer: str = ""

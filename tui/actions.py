"""What is typed after `:`: words of the command line that lead somewhere in the app, or an id."""

from typing import NamedTuple

from cmdb.errors import Invalid
from tui import verbs


class Order(NamedTuple):
    """What was typed after `:`: go to a screen with a subject, or a verb on it."""

    go: str = ""
    verb: str = ""
    subjects: tuple[str, ...] = ()
    rest: str = ""


# First words of the command line -> where they lead. The longest match wins.
_WORDS = (
    ("item show", Order(go="item")),
    ("item list", Order(go="items")),
    ("item search", Order(go="items", verb="filter")),
    ("item history", Order(go="item", verb="history")),
    ("impact", Order(go="impact")),
    ("change show", Order(go="change")),
    ("change list", Order(go="changes")),
    ("change diff", Order(go="change", verb="difference")),
    ("change new", Order(verb="new")),
    ("change submit", Order(go="change", verb="submit")),
    ("change assess", Order(go="change", verb="assess")),
    ("change refer", Order(go="change", verb="refer")),
    ("change withdraw", Order(go="change", verb="withdraw")),
    ("change start", Order(go="change", verb="start")),
    ("change finish", Order(go="change", verb="finish")),
    ("change close", Order(go="change", verb="close")),
    ("change comment", Order(go="change", verb="comment")),
    ("vote", Order(go="change", verb="vote")),
    ("board decide", Order(go="change", verb="decide")),
    ("board queue", Order(go="board")),
    ("check-out", Order(go="change", verb="check_out")),
    ("check-in", Order(go="change", verb="check_in")),
    ("baseline list", Order(go="baselines")),
    ("baseline compare", Order(go="compare")),
    ("verify", Order(go="audits", verb="verify")),
    ("theme", Order(verb="theme")),
    ("help", Order(verb="help")),
    ("quit", Order(verb="quit")),
    *((place.name, Order(go=place.name)) for place in verbs.PLACES),
)


def words() -> tuple[str, ...]:
    """Everything the `:` line completes, before any id."""
    return tuple(text for text, _ in _WORDS)


def order(text: str) -> Order:
    """Read what was typed after `:`; a bare id goes to the item or the change of that id.

    Raises Invalid when nothing is known by those words.
    """
    typed = " ".join(text.split())
    typed = typed.removeprefix("cmdb ")
    for start, found in sorted(_WORDS, key=lambda pair: -len(pair[0])):
        if typed == start or typed.startswith(start + " "):
            rest = typed[len(start) :].strip()
            subjects = tuple(word for word in rest.split() if not word.startswith("-"))
            return found._replace(subjects=subjects, rest=rest)
    if typed and " " not in typed:
        upper = typed.upper()
        if upper.startswith("CR-"):
            return Order(go="change", subjects=(upper,))
        if upper.startswith("BL-"):
            return Order(go="baselines", subjects=(upper,))
        return Order(go="item", subjects=(typed,))
    raise Invalid(
        f"The app knows no command '{typed}'.",
        "Type an id, a place, or words of the command line such as 'impact sw-11'; ? lists the keys.",
    )

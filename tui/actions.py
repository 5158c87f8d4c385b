"""One table of places and one of verbs: key, word, what the command line calls it, where it is offered.

One letter, one verb, everywhere. Bindings, footer, help, palette and the `:` line are all read from
here, and a test holds every verb against the command line's own table.
"""

from typing import NamedTuple

from cmdb.errors import Invalid


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


PLACES = (
    Place(name="today", key="1", title="Today", shows="what waits for you"),
    Place(name="items", key="2", title="Items", shows="every configuration item"),
    Place(name="changes", key="3", title="Changes", shows="change requests by state"),
    Place(name="board", key="4", title="Board", shows="ballots and your vote"),
    Place(name="baselines", key="5", title="Baselines", shows="what was agreed, A against B"),
    Place(name="calendar", key="6", title="Calendar", shows="windows, and what is left of promises"),
    Place(name="audits", key="7", title="Audits", shows="whether everything is still so"),
)

_LISTS = ("today", "items", "changes", "board", "baselines", "calendar")
_CHANGES = ("changes", "change", "board")

VERBS = (
    Verb(name="open", key="enter", word="open", does="open what the cursor is on", where=_LISTS),
    Verb(
        name="impact",
        key="i",
        word="impact",
        does="what fails if this is down now",
        command="cmdb impact {id}",
        where=("items", "item", "changes", "change", "board"),
    ),
    Verb(
        name="impact_window",
        key="I",
        word="in a window",
        does="what fails in a window, against the agreements",
        command="cmdb impact {id} --at START --for LENGTH",
        where=("items", "item", "impact"),
    ),
    Verb(
        name="new",
        key="n",
        word="new change",
        does="start a change request from the marked items",
        command="cmdb change new --file FILE",
        where=("items", "item", "impact", "changes"),
    ),
    Verb(
        name="submit",
        key="s",
        word="submit",
        does="submit the draft",
        command="cmdb change submit {id}",
        where=_CHANGES,
    ),
    Verb(
        name="assess",
        key="a",
        word="assess",
        does="compute what the change costs",
        command="cmdb change assess {id}",
        where=_CHANGES,
    ),
    Verb(
        name="refer",
        key="r",
        word="refer",
        does="put it before the board",
        command="cmdb change refer {id}",
        where=_CHANGES,
    ),
    Verb(
        name="withdraw",
        key="w",
        word="withdraw",
        does="withdraw your request",
        command="cmdb change withdraw {id}",
        where=_CHANGES,
    ),
    Verb(
        name="vote",
        key="v",
        word="vote",
        does="vote on the ballot",
        command="cmdb vote {id} VALUE",
        where=_CHANGES,
    ),
    Verb(
        name="decide",
        key="D",
        word="decide",
        does="decide as the chair what the votes carry",
        command="cmdb board decide {id}",
        where=_CHANGES,
    ),
    Verb(
        name="difference",
        key="d",
        word="difference",
        does="what the change alters, or two baselines compared",
        command="cmdb change diff {id}",
        where=(*_CHANGES, "baselines"),
    ),
    Verb(
        name="comment",
        key="c",
        word="comment",
        does="add a comment; votes stay as they are",
        command="cmdb change comment {id}",
        where=_CHANGES,
    ),
    Verb(
        name="check_out",
        key="O",
        word="check out",
        does="check the approved request out",
        command="cmdb check-out {id}",
        where=_CHANGES,
    ),
    Verb(
        name="check_in",
        key="C",
        word="check in",
        does="check in: one new baseline",
        command="cmdb check-in {id} --apply",
        where=_CHANGES,
    ),
    Verb(
        name="start",
        key="S",
        word="work starts",
        does="record that the work has started",
        command="cmdb change start {id}",
        where=_CHANGES,
    ),
    Verb(
        name="finish",
        key="F",
        word="work ends",
        does="record that the work is finished",
        command="cmdb change finish {id}",
        where=_CHANGES,
    ),
    Verb(
        name="close",
        key="X",
        word="close",
        does="close it: how it went, and the actual outage",
        command="cmdb change close {id}",
        where=_CHANGES,
    ),
    Verb(
        name="verify",
        key="V",
        word="verify",
        does="prove every baseline, decision and vote",
        command="cmdb verify",
        where=("audits", "baselines"),
    ),
    Verb(
        name="tree",
        key="t",
        word="direction",
        does="turn the dependency tree: what it needs, what needs it",
        where=("item",),
    ),
    Verb(
        name="history",
        key="H",
        word="history",
        does="what happened to it",
        command="cmdb item history {id}",
        where=("item", "change"),
    ),
    Verb(name="order", key="o", word="order", does="sort by the next column", where=("items",)),
    Verb(
        name="trouble",
        key="exclamation_mark",
        word="trouble",
        does="only what is not up or is held",
        where=("items",),
    ),
    Verb(
        name="filter",
        key="slash",
        word="filter",
        does="filter the list as you type",
        where=("items", "changes"),
    ),
    Verb(
        name="mark",
        key="space",
        word="mark",
        does="mark the row and step on",
        where=("items", "baselines"),
    ),
    Verb(
        name="tab",
        key="right_square_bracket",
        word="turn",
        does="next page of the card",
        where=("board", "change", "item"),
    ),
    Verb(
        name="tab_back",
        key="left_square_bracket",
        word="turn back",
        does="page before",
        where=("board", "change", "item"),
    ),
    Verb(name="copy", key="y", word="copy id", does="copy the id under the cursor"),
    Verb(name="copy_command", key="Y", word="copy command", does="copy the command for this screen"),
    Verb(name="refresh", key="R", word="read again", does="read everything on this screen again"),
    Verb(name="last", key="minus", word="last place", does="go back to the last place"),
    Verb(name="command", key="colon", word="go or do", does="go to an id or type a command"),
    Verb(name="help", key="question_mark", word="keys", does="the keys of this screen"),
    Verb(name="back", key="escape", word="back", does="back; from a place to Today"),
    Verb(name="quit", key="q", word="quit", does="back; from a place leave the app"),
)

_SHOWN = {
    "slash": "/",
    "colon": ":",
    "minus": "-",
    "question_mark": "?",
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


def verb(name: str) -> Verb:
    """The verb of that name."""
    return next(one for one in VERBS if one.name == name)


def verbs_of(screen: str) -> tuple[Verb, ...]:
    """The verbs a screen offers, its own before those of every screen."""
    own = tuple(one for one in VERBS if screen in one.where)
    return own + tuple(one for one in VERBS if not one.where)


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
    *((place.name, Order(go=place.name)) for place in PLACES),
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


def page() -> str:
    """The tables of docs/app.md, written from the tables here."""
    lines = ["| key | place | shows |", "|---|---|---|"]
    lines += [f"| `{one.key}` | {one.title} | {one.shows} |" for one in PLACES]
    lines += ["", "| key | verb | on | on the command line |", "|---|---|---|---|"]
    for one in VERBS:
        where = ", ".join(one.where) or "every screen"
        command = f"`{one.command.replace('{id}', 'ID')}`" if one.command else ""
        lines.append(f"| `{shown_key(one.key)}` | {one.does} | {where} | {command} |")
    return "\n".join(lines) + "\n"

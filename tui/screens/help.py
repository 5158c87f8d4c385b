"""`?`: every key that does something now, from the table of verbs and the widget that has the focus."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui import verbs
from tui.keys import Verb, shown_key
from tui.present import Line, Piece
from tui.screens.dialogs import Dialog
from tui.screens.place import Place
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap

COLUMN = 11
ALWAYS = (
    ("Tab", "the next pane"),
    ("ctrl+p", "every verb by its name"),
    ("ctrl+q", "leave the app"),
)
TYPING = (
    ("Tab →", "take the completion shown"),
    ("↑ ↓", "what you typed before"),
    ("Enter", "do exactly what stands there"),
    ("Esc", "leave it"),
)


class Keys(Dialog[None]):
    """The keys of a screen and of what has the focus on it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q", "leave", show=False),
        Binding("x", "everything", show=False, priority=True),
    ]
    AUTO_FOCUS = "Lines"

    def __init__(self, screen: str) -> None:
        super().__init__(
            f"Keys in {screen}",
            (("↑ ↓", "scroll"), ("x", "everything, with what has no key"), ("Esc", "leave")),
        )
        self._screen = screen

    def body(self) -> Iterable[Widget]:
        yield Lines(id="keys")

    def on_mount(self) -> None:
        self.query_one(Lines).draw(self._lines)

    def action_everything(self) -> None:
        """Leave for the list of everything that can be done."""
        beneath = [one for one in self.app.screen_stack if isinstance(one, Place)][-1]
        self.dismiss(None)
        beneath.verb_everything()

    def _lines(self, width: int) -> list[Line]:
        offered = [verb for verb in verbs.verbs_of(self._screen) if verb.key]
        places = [(place.key, f"{place.title}: {place.shows}") for place in verbs.PLACES]
        return [
            *_block(
                width,
                "On this screen; x has those without a key as well",
                (),
                [verb for verb in offered if verb.where],
            ),
            *_block(width, "Moving", (*self._moves(), *ALWAYS)),
            *_block(width, "Everywhere", (), [verb for verb in offered if not verb.where]),
            *_block(width, "Places", places),
            *_block(width, "While you type at : or /", TYPING),
        ]

    def _moves(self) -> list[tuple[str, str]]:
        """What the widget with the focus does with keys, its own words before those it shares."""
        pages = [one for one in self.app.screen_stack if isinstance(one, Place)]
        focused = pages[-1].focused if pages else None
        found: dict[str, str] = {}
        for kind in type(focused).__mro__:
            for key, does in kind.__dict__.get("MOVES", ()):
                found.setdefault(key, does)
        return list(found.items())


def _block(
    width: int, title: str, keys: Iterable[tuple[str, str]], offered: Sequence[Verb] = ()
) -> list[Line]:
    lines: list[Line] = []
    for key, does in (*keys, *((shown_key(one.key), one.does) for one in offered)):
        head, *more = wrap(does, width - COLUMN - 2)
        lines.append((Piece(f"{key.rjust(COLUMN)}  ", "key"), *head))
        lines += [(Piece(" " * (COLUMN + 2)), *line) for line in more]
        command = next((one.command for one in offered if one.command and one.does == does), "")
        if command:
            words = wrap(command.replace("{id}", "ID"), width - COLUMN - 2, "dim")
            lines += [(Piece(" " * (COLUMN + 2)), *line) for line in words]
    return [(Piece(title, "strong"),), *lines, ()] if lines else []

"""Dialogs: confirm, vote, check in, keys. What cannot be undone starts on Cancel."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from tui import verbs
from tui.drafting import Ending
from tui.keys import shown_key
from tui.present import Line, Piece
from tui.widgets.bars import Bar
from tui.widgets.choice import Choice, Option
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap

R = TypeVar("R")
WIDTH = 66


class Field(Horizontal):
    """A labelled line of input."""

    DEFAULT_CSS = """
    Field { height: 1; }
    Field Bar { width: 12; }
    Field Input { height: 1; border: none; padding: 0; width: 1fr; background: $panel; }
    Field Input:focus { border: none; }
    """

    def __init__(self, label: str, *, id: str, value: str = "", hint: str = "") -> None:
        super().__init__(id=f"field-{id}")
        self._label, self._name, self._value, self._hint = label, id, value, hint

    def compose(self) -> ComposeResult:
        bar = Bar()
        bar.left = (Piece(self._label, "dim"),)
        yield bar
        yield Input(self._value, placeholder=self._hint, id=self._name, select_on_focus=False)

    @property
    def text(self) -> str:
        """What was typed."""
        return self.query_one(Input).value.strip()


class Dialog(ModalScreen[R]):
    """A box in the middle with a title, a body and a line that says the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, title: str, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.heading = title
        self.keys = keys

    def body(self) -> Iterable[Widget]:
        """The widgets of the dialog."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = None
            top = Bar(id="box-title")
            top.left = (Piece(self.heading, "strong"),)
            yield top
            yield from self.body()
            words = Bar(id="box-words")
            yield words
            keys = Bar(id="box-keys")
            keys.left = tuple(
                piece for key, word in self.keys for piece in (Piece(key, "key"), Piece(f" {word}   ", "dim"))
            )
            yield keys

    def say(self, text: str, role: str = "warn") -> None:
        """Say what is missing."""
        self.query_one("#box-words", Bar).put((Piece(text, role),))

    def retitle(self, title: str) -> None:
        """Give the box another title."""
        self.query_one("#box-title", Bar).put((Piece(title, "strong"),))

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)


class Confirm(Dialog[bool]):
    """A question; starts on Cancel."""

    def __init__(self, question: str, verb: str) -> None:
        super().__init__("Are you sure?", (("← →", "choose"), ("Enter", "take it"), ("Esc", "leave")))
        self._question, self._verb = question, verb

    def body(self) -> Iterable[Widget]:
        yield Text(wrap(self._question, WIDTH - 6))
        yield Choice(
            (Option("n", "Cancel", "accent"), Option("y", self._verb, "bad")), id="answer", start="Cancel"
        )

    def on_choice_taken(self) -> None:
        self.dismiss(self.query_one(Choice).value == self._verb)


class Text(Lines):
    """Lines of a dialog, as high as they are."""

    DEFAULT_CSS = "Text { height: auto; max-height: 12; }"

    def __init__(self, lines: Sequence[Line], *, id: str | None = None) -> None:
        super().__init__(id=id, focusable=False)
        self.show_later(lines)
        self.styles.height = min(len(lines), 12)


VOTES = (
    Option("a", "approve", "good"),
    Option("c", "conditions", "warn"),
    Option("r", "reject", "bad"),
    Option("b", "abstain", "dim"),
)


class VoteDialog(Dialog[tuple[str, str, tuple[str, ...]]]):
    """Choose a vote by its letter, give a reason, Enter signs and casts it."""

    AUTO_FOCUS = "#vote"

    def __init__(self, change: str, title: str) -> None:
        super().__init__(
            f"Vote on {change}", (("Enter", "sign and cast"), ("Tab", "next field"), ("Esc", "leave"))
        )
        self._title = title

    def body(self) -> Iterable[Widget]:
        yield Text([(Piece(self._title),), ()])
        yield Choice(VOTES, id="vote")
        yield Text([()])
        yield Field("reason", id="reason", hint="required to reject")
        yield Field("conditions", id="conditions", hint="several are separated by ;")

    def on_key(self, event: Key) -> None:
        """Letters typed before the dialog was drawn choose as well."""
        if not isinstance(self.focused, Input | Choice):
            choice = self.query_one(Choice)
            choice.on_key(event)
            if event.key == "enter":
                self._cast()

    def on_choice_changed(self) -> None:
        self.say("")

    def on_choice_taken(self) -> None:
        self._cast()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._cast()

    def _cast(self) -> None:
        value = self.query_one(Choice).value
        reason = self.query_one("#field-reason", Field).text
        typed = self.query_one("#field-conditions", Field).text
        conditions = tuple(one.strip() for one in typed.split(";") if one.strip())
        if not value:
            self.say("Choose a vote first: a, c, r or b.")
            self.query_one("#vote").focus()
        elif value == "reject" and not reason:
            self.say("A rejection needs a reason.")
            self.query_one("#reason").focus()
        elif value == "conditions" and not conditions:
            self.say("Name the conditions; several are separated by ;")
            self.query_one("#conditions").focus()
        elif value != "conditions" and conditions:
            self.say("Conditions go with c, 'approve with conditions'.")
            self.query_one("#vote").focus()
        else:
            self.dismiss((value, reason, conditions))


OUTCOMES = (
    Option("p", "as planned", "good"),
    Option("d", "with deviation", "warn"),
    Option("f", "failed", "bad"),
    Option("b", "backed out", "warn"),
)


class CloseDialog(Dialog[Ending]):
    """How a change went, and how long anything was really down."""

    AUTO_FOCUS = "#outcome"

    def __init__(self, change: str, title: str) -> None:
        super().__init__(f"Close {change}", (("Enter", "close it"), ("Tab", "next field"), ("Esc", "leave")))
        self._title = title

    def body(self) -> Iterable[Widget]:
        yield Text([(Piece(self._title),), ()])
        yield Choice(OUTCOMES, id="outcome")
        yield Text([()])
        yield Field("outage", id="outage", hint="the actual one, such as 40m; 0m when nothing was down")
        yield Field("deviation", id="deviation", hint="what went otherwise")
        yield Field("test", id="result", hint="what the test showed")
        yield Field("reviewed by", id="reviewer", hint="who looked at the test: not the implementer")

    def on_choice_taken(self) -> None:
        self._close()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close()

    def _close(self) -> None:
        outcome = self.query_one(Choice).value
        if not outcome:
            self.say("Say how it went first: p, d, f or b.")
            self.query_one("#outcome").focus()
            return
        typed = {name: self.query_one(f"#field-{name}", Field).text for name in ("outage", "deviation")}
        self.dismiss(
            Ending(
                outcome=outcome,
                test_result=self.query_one("#field-result", Field).text,
                test_reviewer=self.query_one("#field-reviewer", Field).text,
                **typed,
            )
        )


class Keys(Dialog[None]):
    """The keys of a screen, read from the table of verbs."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark,q", "leave", show=False)]
    AUTO_FOCUS = "Lines"

    def __init__(self, screen: str) -> None:
        super().__init__(f"Keys in {screen}", (("↑ ↓", "scroll"), ("Esc", "leave")))
        self._screen = screen

    def body(self) -> Iterable[Widget]:
        lines: list[Line] = []
        for one in verbs.verbs_of(self._screen):
            command = one.command.replace("{id}", "ID")
            lines.append((Piece(shown_key(one.key).rjust(6), "key"), Piece(f"  {one.does}")))
            if command:
                lines.append((Piece(" " * 8), Piece(command, "dim")))
        lines += [(), (Piece("Places", "strong"),)]
        for place in verbs.PLACES:
            lines.append((Piece(place.key.rjust(6), "key"), Piece(f"  {place.title}: {place.shows}")))
        lines += [
            (),
            (Piece("Moving", "strong"),),
            (Piece(" ↑ ↓ j k", "key"), Piece("  line       "), Piece("PgUp PgDn", "key"), Piece("  screen")),
            (Piece("     g G", "key"), Piece("  first, last"), Piece("  Tab", "key"), Piece("  next pane")),
            (Piece("  ctrl+p", "key"), Piece("  every verb by name")),
        ]
        pane = Lines(id="keys")
        pane.show_later(lines)
        yield pane

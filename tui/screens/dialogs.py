"""Dialogs: confirm, vote, check in, keys. What cannot be undone starts on Cancel."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Key, Resize
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input

from tui.present import Line, Piece
from tui.widgets.bars import Bar
from tui.widgets.choice import Choice, Option
from tui.widgets.cramped import cramped
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap
from tui.widgets.steady import Steady

R = TypeVar("R")
WIDTH = 66
LABEL = 12


class Field(Horizontal):
    """A labelled line of input."""

    DEFAULT_CSS = f"""
    Field {{ height: 1; }}
    Field Bar {{ width: {LABEL}; }}
    Field Input {{ height: 1; border: none; padding: 0; width: 1fr; background: $panel; }}
    Field Input:focus {{ border: none; }}
    """

    def __init__(
        self, label: str, *, id: str, value: str = "", hint: str = "", complete: Suggester | None = None
    ) -> None:
        super().__init__(id=f"field-{id}")
        self.label, self.name_of, self._value, self._hint = label, id, value, hint
        self._complete = complete

    def compose(self) -> ComposeResult:
        bar = Bar()
        bar.left = (Piece(self.label, "dim"),)
        yield bar
        yield Input(
            self._value,
            placeholder=self._hint,
            id=self.name_of,
            select_on_focus=False,
            suggester=self._complete,
        )

    def mark(self, problem: str) -> None:
        """Show whether something is wrong with the line."""
        label = (Piece(self.label.ljust(LABEL - 1), "bad"), Piece("×", "bad"))
        self.query_one(Bar).put(label if problem else (Piece(self.label, "dim"),))

    @property
    def text(self) -> str:
        """What was typed."""
        return self.query_one(Input).value.strip()


class Blanks(VerticalScroll, can_focus=False):
    """The lines of a long form: the one with the cursor stays in sight, however little room is left."""

    def on_resize(self) -> None:
        line = self.screen.focused
        if line is not None and self in line.ancestors:
            self.call_after_refresh(lambda: self.scroll_to_widget(line, animate=False))


class Words(Bar):
    """What a dialog has to say, in as many lines as that takes; three at most."""

    def put(self, left: Line, right: Line = ()) -> None:
        """Show other words."""
        super().put(left, right)
        self.styles.height = max(1, len(self._broken()))

    def _broken(self) -> list[Line]:
        text = "".join(piece.text for piece in self.left)
        role = self.left[0].role if self.left else ""
        return wrap(text, self.size.width or WIDTH, role)[:3]

    def render_line(self, y: int) -> Strip:
        lines = self._broken()
        return self.brush.strip(lines[y] if y < len(lines) else (), self.size.width, self.rich_style)


class Dialog(Steady, ModalScreen[R]):
    """A box in the middle with a title, a body and a line that says the keys."""

    KEEPS: ClassVar[bool] = False  # whether what is typed is kept until the form ends

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
            yield Words(id="box-words")
            keys = Bar(id="box-keys")
            keys.left = _key_line(self.keys)
            yield keys

    def on_mount(self) -> None:
        """Take the keys at once: what is typed next belongs to the first line."""
        if self.focused is None and self.AUTO_FOCUS:
            for widget in self.query(self.AUTO_FOCUS).results():
                if widget.focusable:
                    self.set_focus(widget)
                    return

    def on_resize(self, event: Resize) -> None:
        """Say so where the window is too small for the box."""
        cramped(self, *event.size)

    def on_key(self, event: Key) -> None:
        """A letter typed before the dialog was drawn was sent to nobody yet: it belongs to the line."""
        line = self.focused
        if isinstance(line, Input) and event.character and event.is_printable:
            event.stop()
            line.replace(event.character, *line.selection)

    @property
    def is_form(self) -> bool:
        """Whether words stand in it that somebody may have typed."""
        return any(one.value.strip() for one in self.query(Input))

    def say(self, text: str, role: str = "warn") -> None:
        """Say what is missing."""
        self.query_one("#box-words", Words).put((Piece(text, role),))

    def retitle(self, title: str) -> None:
        """Give the box another title."""
        self.query_one("#box-title", Bar).put((Piece(title, "strong"),))

    def rekey(self, keys: Sequence[tuple[str, str]]) -> None:
        """Say other keys."""
        self.keys = keys
        self.query_one("#box-keys", Bar).put(_key_line(keys))

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)

    def dismiss(self, result: R | None = None) -> AwaitComplete:
        """End with a result, once; a question asked above it ends unanswered.

        Textual would take away whatever is on top, and leave this one there for good.
        """
        if self not in self.app.screen_stack:
            return AwaitComplete()
        while self.app.screen is not self:
            self.app.pop_screen()
        return super().dismiss(result)

    def conclude(self, result: R | None) -> None:
        """End with a result that took its time."""
        self.dismiss(result)


def enter_does(chosen: str, verb: str) -> tuple[str, str]:
    """What Enter does on a line of answers, and the role to say it in."""
    return (f"Enter: {verb}.", "warn") if chosen == verb else ("Enter: nothing is done.", "dim")


def _key_line(keys: Sequence[tuple[str, str]]) -> Line:
    return tuple(piece for key, word in keys for piece in (Piece(key, "key"), Piece(f" {word}   ", "dim")))


class Confirm(Dialog[bool]):
    """A question: `y` answers yes, `n` and Esc no. Enter takes what is marked, which is Cancel at first."""

    def __init__(self, question: str, verb: str) -> None:
        super().__init__("Are you sure?", (("y", verb), ("n Esc", "no"), ("← → Enter", "take it")))
        self._question, self._verb = question, verb

    def body(self) -> Iterable[Widget]:
        yield Text(wrap(self._question, WIDTH - 6))
        yield Choice(
            (Option("n", "Cancel", "accent"), Option("y", self._verb, "bad")), id="answer", start="Cancel"
        )

    def on_choice_changed(self) -> None:
        """Say what Enter does now: one key alone loses nothing."""
        self.say(*enter_does(self.query_one(Choice).value, self._verb))

    def on_choice_lettered(self, event: Choice.Lettered) -> None:
        """A letter answers."""
        self.dismiss(event.value == self._verb)

    def on_choice_taken(self) -> None:
        self.dismiss(self.query_one(Choice).value == self._verb)


class Leave(Confirm):
    """The question before the app is left with a form open."""

    leaves: ClassVar[bool] = True


class Text(Lines):
    """Lines of a dialog, as high as they are."""

    DEFAULT_CSS = "Text { height: auto; max-height: 12; }"

    def __init__(self, lines: Sequence[Line], *, id: str | None = None) -> None:
        super().__init__(id=id, focusable=False)
        self.show_later(lines)
        self.styles.height = min(len(lines), 12)

"""A small form: what it is about, a few lines, and Cancel or the verb. For any verb that needs words."""

from collections.abc import Iterable, Mapping, Sequence

from textual.events import DescendantBlur, DescendantFocus
from textual.widget import Widget
from textual.widgets import Input
from textual.widgets.input import Selection

from cmdb.errors import CmdbError
from tui.present import Line
from tui.screens.asks import Ask
from tui.screens.dialogs import WIDTH, Dialog, Field, Text, enter_does
from tui.widgets.choice import Choice, Option
from tui.widgets.paint import wrap

CANCEL = "Cancel"
ROOM = WIDTH - 2


class Sheet(Dialog[dict[str, str]]):
    """A small form: what it is about, a choice if there is one, some lines, and Cancel or the verb.

    Gives what was typed, by name, with the choice under `choice`. `grave` starts on Cancel; `first` is
    the line to start on, where what is typed replaces what stands there.
    """

    AUTO_FOCUS = "Choice, Input"

    def __init__(
        self,
        title: str,
        words: Sequence[str],
        asks: Sequence[Ask],
        verb: str,
        *,
        grave: bool = False,
        choices: Sequence[str] = (),
        first: str = "",
        error: CmdbError | None = None,
    ) -> None:
        keys = (("Tab", "next"), ("Enter", "take it"), ("Esc", "leave"))
        super().__init__(title, keys)
        self._about, self._asks, self._verb = tuple(words), tuple(asks), verb
        self._grave, self._choices, self._first = grave, tuple(choices), first
        self._error = error
        self._says_enter = False  # whether the line of words says what Enter does
        self._chosen = self._choices[0] if self._choices else ""

    def refused(self, given: Mapping[str, str], error: CmdbError) -> "Sheet":
        """The same form once more, with what was typed and why it was not taken."""
        asks = [one._replace(value=given.get(one.name, one.value)) for one in self._asks]
        made = Sheet(
            self.heading, self._about, asks, self._verb, grave=self._grave, choices=self._choices, error=error
        )
        made._chosen = given.get("choice", "")
        return made

    def body(self) -> Iterable[Widget]:
        lines: list[Line] = [line for one in self._about for line in wrap(one, ROOM)]
        if self._error:
            lines = _said(self._error)  # in place of what it is about: a small terminal has no room for both
        yield Text([*lines, ()])
        if self._choices:
            options = tuple(Option(str(place), one) for place, one in enumerate(self._choices, 1))
            yield Choice(options, id="which", start=self._chosen)
        for one in self._asks:
            yield Field(one.label, id=one.name, value=one.value, hint=one.hint)
        yield Text([()])
        options = (Option("n", CANCEL, "accent"), Option("y", self._verb, "bad" if self._grave else "good"))
        yield Choice(options, id="answer", start=CANCEL if self._grave else self._verb)

    def on_mount(self) -> None:
        first = "#which" if self._choices else f"#{self._asks[0].name}" if self._asks else "#answer"
        if self._first:
            line = self.query_one(f"#{self._first}", Input)
            line.selection = Selection(0, len(line.value))
            first = f"#{self._first}"
        self.set_focus(self.query_one(first))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next("Input, Choice")

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what Enter does now that it answers: the line itself looks the same as before."""
        if event.widget.id == "answer":
            self._say_enter()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Say it no more."""
        if event.widget.id == "answer" and self._says_enter:
            self._says_enter = False
            self.say("")

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """Another answer is chosen."""
        if self.focused is not None and self.focused.id == "answer":
            self._say_enter()

    def _say_enter(self) -> None:
        self._says_enter = True
        self.say(*enter_does(self.query_one("#answer", Choice).value, self._verb))

    def on_choice_taken(self, event: Choice.Taken) -> None:
        if self.focused is not None and self.focused.id == "which":
            self.focus_next("Input, Choice")
            return
        if self.query_one("#answer", Choice).value != self._verb:
            self.dismiss(None)
            return
        given = {one.name: self.query_one(f"#field-{one.name}", Field).text for one in self._asks}
        for one in self._asks:
            if one.needed and not given[one.name]:
                self._says_enter = False
                self.say(one.needed)
                self.query_one(f"#{one.name}").focus()
                return
        if self._choices:
            given["choice"] = self.query_one("#which", Choice).value
        self.dismiss(given)


def _said(error: CmdbError) -> list[Line]:
    """Why it was not taken, each problem once, and what to do."""
    lines = wrap(f"× {error.reason}", ROOM, "bad", indent="  ")
    lines += [line for one in error.problems for line in wrap(f"─ {one}", ROOM, "warn", indent="  ")]
    return [*lines, *wrap(error.remedy, ROOM, "accent")]

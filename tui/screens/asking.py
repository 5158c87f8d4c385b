"""A small form: what it is about, a few lines, and Cancel or the verb. For any verb that needs words.

Each line is read as its command will read it, while it is typed: what is wrong with it, or what it was
understood as, stands below while the cursor is on it. What is typed is kept until the form ends.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from functools import partial

from textual.events import DescendantBlur, DescendantFocus
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input
from textual.widgets.input import Selection
from textual.worker import Worker, WorkerState

from cmdb.errors import CmdbError
from tui.clockface import by_the_wall
from tui.item_source import Heard
from tui.present import Line
from tui.screens.asks import Ask
from tui.screens.dialogs import WIDTH, Field, Text, enter_does
from tui.screens.remembered import PAUSE, Remembered
from tui.widgets.choice import Choice, Option
from tui.widgets.paint import wrap
from tui.widgets.prompt import Completer

CANCEL = "Cancel"
ROOM = WIDTH - 2
WHEN = ("moment", "past", "happened", "length")  # what is read as a time or a length


class Sheet(Remembered[dict[str, str]]):
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
        complete = (("→", "complete"),) if any(one.reads for one in asks) else ()
        keys = (("Tab", "next"), *complete, ("Enter", "take it"), ("Esc", "leave"))
        super().__init__(title, keys if asks or choices else (("y", verb), ("n Esc", "no"), *keys[-2:-1]))
        self._about, self._asks, self._verb = tuple(words), tuple(asks), verb
        self._grave, self._choices, self._first = grave, tuple(choices), first
        self._error = error
        self._says_enter = False  # whether the line of words says what Enter does
        self._spoke = False  # whether it says how a line was read
        self._heard: dict[str, Heard] = {}
        self._checking: Timer | None = None
        self._began_as = {one.name: one.value for one in asks}
        self._proposed = {one.name for one in asks if one.reads in WHEN}
        self._chosen = self._choices[0] if self._choices else ""

    def refused(self, given: Mapping[str, str], error: CmdbError) -> "Sheet":
        """The same form once more, with what was typed and why it was not taken."""
        asks = [one._replace(value=given.get(one.name, one.value)) for one in self._asks]
        made = Sheet(
            self.heading, self._about, asks, self._verb, grave=self._grave, choices=self._choices, error=error
        )
        made._chosen = given.get("choice", "")
        made._began_as = self._began_as
        return made

    @property
    def key(self) -> str:
        """The name under which what is typed is kept."""
        return f"sheet {self._verb} {self.heading}"

    def origin(self) -> Mapping[str, str]:
        return self._began_as

    def body(self) -> Iterable[Widget]:
        lines: list[Line] = [line for one in self._about for line in wrap(one, ROOM)]
        if self._error:
            lines = _said(
                self._error, self.shell.zone
            )  # in place of what it is about: a small terminal has no room for both
        yield Text([*lines, ()])
        if self._choices:
            options = tuple(Option(str(place), one) for place, one in enumerate(self._choices, 1))
            yield Choice(options, id="which", start=self._chosen)
        for one in self._asks:
            completer = Completer(partial(self._complete, one.reads)) if one.reads else None
            yield Field(one.label, id=one.name, value=one.value, hint=one.hint, complete=completer)
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

    # Each line as it is typed -----------------------------------------------------------------

    async def _complete(self, reads: str, text: str) -> str | None:
        return await asyncio.to_thread(self._offered, reads, text)

    def _offered(self, reads: str, text: str) -> str | None:
        """The whole line that is most likely meant; of several ids the last one is completed."""
        try:
            return self.shell.whole().records.offered(reads, text)
        except CmdbError:
            return None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Read what is typed, once nothing was typed for a moment."""
        if self._checking is not None:
            self._checking.stop()
        self._checking = self.set_timer(PAUSE, self._check)

    def _check(self) -> None:
        asked = {one.name: (one.reads, self._text(one.name)) for one in self._asks if one.reads}
        if asked and self.is_attached:
            whole = self.shell.whole
            self.run_worker(
                lambda: (asked, whole().records.heard(asked)),
                name="heard",
                group="heard",
                exclusive=True,
                exit_on_error=False,
                thread=True,
            )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What was typed has been read; where it cannot be, the command says why."""
        worker = event.worker
        if worker.name == "heard" and event.state is WorkerState.SUCCESS and worker.result is not None:
            asked, heard = worker.result
            now = {name: one for name, one in heard.items() if asked[name][1] == self._text(name)}
            self._heard = {**self._heard, **now}
            for one in self._asks:
                known = self._heard.get(one.name, Heard())
                typed = self._text(one.name) != self._began_as.get(one.name)
                self.query_one(f"#field-{one.name}", Field).mark(known.problem if typed else "")
            self._speak()

    def _text(self, name: str) -> str:
        return self.query_one(f"#field-{name}", Field).text

    def _speak(self) -> None:
        """Say what the line with the cursor was understood as, or why it cannot be."""
        here = self.focused.id if self.focused is not None else ""
        known = self._heard.get(here or "")
        if known is None or self._says_enter:
            return
        bad = known.problem and self._text(here or "")
        words = f"× {known.problem}" if bad else known.means
        if words or self._spoke:  # else something else is said there
            self.say(words, "bad" if bad else "dim")
        self._spoke = bool(words)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what Enter does now that it answers: the line itself looks the same as before.

        A time that is proposed is typed over; to ids something is added.
        """
        line = event.widget
        if isinstance(line, Input) and line.id in self._proposed and line.value == self._began_as[line.id]:
            line.selection = Selection(0, len(line.value))
        if event.widget.id == "answer":
            self._say_enter()
        elif self._heard:
            self._speak()

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

    def on_choice_lettered(self, event: Choice.Lettered) -> None:
        """Where nothing is asked for but yes or no, a letter answers."""
        if not self._asks and not self._choices:
            self.dismiss({} if event.value == self._verb else None)

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
            known = self._heard.get(one.name)
            if known is not None and known.problem and given[one.name] != self._began_as.get(one.name):
                self._says_enter = False
                self.query_one(f"#{one.name}").focus()
                self._speak()
                return
        if self._choices:
            given["choice"] = self.query_one("#which", Choice).value
        self.dismiss(given)


def _said(error: CmdbError, zone: tzinfo) -> list[Line]:
    """Why it was not taken, each problem once, and what to do."""
    reason, *details = [by_the_wall(one, zone) for one in (error.reason, *error.problems)]
    lines = wrap(f"× {reason}", ROOM, "bad", indent="  ")
    lines += [line for one in details for line in wrap(f"─ {one}", ROOM, "warn", indent="  ")]
    return [*lines, *wrap(error.remedy, ROOM, "accent")]

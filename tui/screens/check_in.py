"""The form of a check-in: the open fields to fill in, what it would write, and the number to type.

A field that is left is written into its file in the working directory, where an editor writes as well:
what somebody wrote there meanwhile is said and never overwritten. What is typed and not written yet
survives a crash.
"""

import asyncio
import shlex
from collections.abc import Iterable
from typing import ClassVar, cast

from textual.binding import Binding, BindingType
from textual.events import DescendantBlur, DescendantFocus, Key, Resize
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input
from textual.widgets.input import Selection
from textual.worker import Worker, WorkerState

from cmdb.errors import CmdbError
from tui.check_in_plans import CheckInPlan
from tui.item_source import Blank, Verdict
from tui.mishaps import refusal
from tui.present import Line, Piece, counted
from tui.screens.asking import CANCEL
from tui.screens.dialogs import Blanks, Confirm, Field
from tui.screens.forms import INSIDE, PAUSE, Asking
from tui.screens.open_entries import OpenEntry, plan_lines
from tui.widgets.bars import Bar
from tui.widgets.choice import Choice, Option
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap
from tui.widgets.prompt import Completer

FORM = 7  # lines of open fields before they scroll
BESIDE = 9  # lines of the box that are neither fields nor plan


class CheckIn(Asking):
    """The open fields, what a check-in would write, every problem at once; then the number is asked for.

    Starts on the first field to fill in, without one on Cancel: Enter never checks in by itself.
    """

    KEEPS: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "anew", show=False, priority=True),
        Binding("ctrl+s", "fill", show=False, priority=True),
    ]
    AUTO_FOCUS = "#answer"

    def __init__(self, change: str) -> None:
        keys = (("type", f"{change}, then Enter: check in"), ("Tab", "next"), ("Esc", "leave"))
        super().__init__(f"Check in {change}", keys)
        self.change = change
        self.plan: CheckInPlan | None = None
        self._timer: Timer | None = None
        self._onward = False  # whether the cursor goes on to the number once what is typed is written
        self._leaving = False
        self._asked: dict[str, str] = {}  # what the rules were asked about

    def body(self) -> Iterable[Widget]:
        yield Blanks(id="form")
        yield Lines(id="said", focusable=False)
        pane = Lines(id="plan")
        pane.show_later([(Piece("Comparing with the library…", "dim"),)])
        yield pane
        yield Choice((Option("", CANCEL, "accent"),), id="answer", start=CANCEL)
        yield Field("change", id="number", hint=f"type {self.change} to check it in")

    def on_mount(self) -> None:
        whole, change, key = self.shell.whole, self.change, self.key
        for one in ("#field-number", "#form", "#said"):
            self.query_one(one).display = False
        self.begin("plan", lambda: (whole().check_in_plan(change), whole().item_work.kept(key)))

    @property
    def key(self) -> str:
        """The name under which what is typed is kept."""
        return f"check in {self.change}"

    def _entries(self) -> list[OpenEntry]:
        return list(self.query(OpenEntry))

    def _altered(self) -> dict[str, str]:
        return {one.blank.name: one.text for one in self._entries() if one.altered}

    # What is read -----------------------------------------------------------------------------

    def answered(self, name: str, result: object) -> None:
        if name == "check in":
            self._forget()
            self.conclude(str(result))
        elif name == "plan":
            self.plan, kept = cast(tuple[CheckInPlan, dict[str, str]], result)
            self._lay_out(self.plan, kept)
            self._shown(self.plan)
        else:
            assert isinstance(result, CheckInPlan)
            self.plan = result
            for line in result.opened:
                for one in self._entries():
                    if one.blank.name == line.blank.name:
                        one.renew(line)
            self._shown(result)
            self._keep_and_judge()
            self._say_contested()
            self._go_on()

    def _say_contested(self) -> None:
        """Go to a line whose file was edited while somebody typed: Enter there writes what is typed."""
        contested = next((one for one in self._entries() if one.contested), None)
        if contested is not None:
            contested.query_one(Input).focus()
            now = contested.blank.value or "empty"
            self.say(f"The file says {now} now; Enter writes what you typed over it.")
        self._speak()

    def _lay_out(self, plan: CheckInPlan, kept: dict[str, str]) -> None:
        """Make a line of every open field, below the name of its record."""
        widgets: list[Widget] = []
        record = ""
        for line in plan.opened:
            if line.record != record:
                record, head = line.record, Bar()
                head.left = (Piece(record, "strong"), Piece(f"  {line.file}", "dim"))
                widgets.append(head)
            text = kept.get(line.blank.name, line.blank.value)
            widgets.append(OpenEntry(line, text, self._completer(line.blank)))
        form = self.query_one("#form")
        form.display = self.query_one("#said").display = bool(widgets)
        if not widgets:
            return
        form.styles.height = min(len(widgets), FORM)
        keys = (("Enter", "write it, next"), ("ctrl+r", "read the files again"), ("Esc", "leave"))
        self.rekey(keys)
        self.call_later(self._begin_typing, form, widgets, bool(kept))

    async def _begin_typing(self, form: Widget, widgets: list[Widget], kept: bool) -> None:
        """Go to the first line to fill in, once the lines are there."""
        await form.mount(*widgets)
        todo = [one for one in self._entries() if not one.text.strip() or one.altered]
        same = [one for one in self._entries() if one.text == one.known.was]
        for one in self._entries():
            one.mark("")
        if (first := next(iter([*todo, *same]), None)) is not None and not isinstance(self.focused, Input):
            first.query_one(Input).focus()
        if kept and self._altered():
            self.say("What you typed before is back; Enter writes it.", "accent")
            self._keep_and_judge()

    def _completer(self, blank: Blank) -> Completer:
        async def complete(text: str) -> str | None:
            if not text:
                return None
            fits = next((one for one in blank.choices if one.startswith(text)), None)
            if fits or not blank.completes:
                return fits
            return await asyncio.to_thread(offered, text)

        def offered(text: str) -> str | None:
            try:
                return next(iter(self.shell.whole().item_work.offers(blank.completes, text)), None)
            except CmdbError:
                return None

        return Completer(complete)

    def _shown(self, plan: CheckInPlan) -> None:
        self.query_one("#plan", Lines).draw(lambda width: plan_lines(plan, width))
        blocked = bool(plan.problems)
        self.query_one("#field-number", Field).display = not blocked
        self._fit()
        if blocked and plan.opened:
            self.say(f"{counted(len(plan.problems), 'problem')} in the way; nothing is checked in yet.")
        elif blocked:
            self.say(f"Refused: {counted(len(plan.problems), 'problem')}. Nothing was changed.", "bad")
            self.query_one("#plan", Lines).focus()
        elif plan.untouched:
            self.say("Look at what is marked ▲ before you type the number.", "warn")
        else:
            self.say("")

    def _fit(self) -> None:
        """Leave the plan the lines that nothing else needs."""
        form = self.query_one("#form")
        taken = int(form.styles.height.value) + 3 if form.display and form.styles.height else 0
        room = int(self.app.size.height * 0.95) - BESIDE - taken
        self.query_one("#plan").styles.max_height = max(3, min(room, 14))

    def on_resize(self, event: Resize) -> None:
        self._fit()

    # What is typed ----------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        entry = event.input.parent
        if isinstance(entry, OpenEntry):
            entry.mark(entry.problem)
            if self._timer is not None:
                self._timer.stop()
            self._timer = self.set_timer(PAUSE, self._keep_and_judge)

    def _keep_and_judge(self) -> None:
        """Keep what is typed, and ask the rules about it."""
        whole, change, key, typed = self.shell.whole, self.change, self.key, self._altered()
        self._asked = typed

        def question() -> Verdict:
            whole().item_work.keep(key, typed or None)
            return whole().judge_open(change, typed)

        if self._entries():
            self.run_worker(
                question, name="judge", group="judge", exclusive=True, exit_on_error=False, thread=True
            )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if worker.name == "judge" and event.state is WorkerState.SUCCESS:
            self._judged(cast(Verdict, worker.result))
        elif worker.name == "judge" and event.state is WorkerState.ERROR and worker.error is not None:
            self._misjudged(worker.error)

    def _misjudged(self, error: BaseException) -> None:
        """Nothing is marked while the rules cannot be asked; writing says what stands against it."""
        refusal(error)

    def _judged(self, verdict: Verdict) -> None:
        for one in self._entries():
            one.judged = self._asked.get(one.blank.name, one.blank.value)
            one.mark(verdict.problems.get(one.blank.name, ""))
        self._speak(verdict.others)
        self._fill()  # a line that was left before the rules had spoken

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        line, entry = event.widget, event.widget.parent
        if isinstance(line, Input) and isinstance(entry, OpenEntry) and line.value == entry.known.was:
            line.selection = Selection(0, len(line.value))  # typing puts the new content in its place
        self._speak()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        if isinstance(event.widget.parent, OpenEntry) and not self._leaving:
            self._fill()

    def _speak(self, others: tuple[str, ...] = ()) -> None:
        """Say what is wrong with the line that has the cursor, else what belongs there and what was."""
        here = next((one for one in self._entries() if one.query_one(Input).has_focus), None)
        pane = self.query_one("#said", Lines)
        if here is None:
            pane.show([()])
        elif here.problem or others:
            pane.show(wrap(f"× {here.problem or ' '.join(others)}", INSIDE - 4, "bad", indent="  ")[:2])
        else:
            was = f"was {here.known.was}" if here.known.was else "was empty"
            words = "; ".join(one for one in (here.blank.hint, was) if one)
            pane.show(wrap(words, INSIDE - 4, "dim")[:2])

    def action_fill(self) -> None:
        """Write what is typed into the working directory, also the line with the cursor."""
        self._fill(here=True)

    def _fill(self, *, here: bool = False) -> None:
        """Write the lines that are left, and with `here` the one that has the cursor."""
        lines = [one for one in self._entries() if one.altered]
        lines = [one for one in lines if here or not (one.contested or one.query_one(Input).has_focus)]
        wrong = any(not one.text.strip() or (one.problem and one.judged == one.text) for one in lines)
        if not lines or wrong or self._doing or self.plan is None:
            return
        typed = {one.blank.name: one.text for one in lines}
        for one in lines:
            one.sent = one.text
        if self._timer is not None:
            self._timer.stop()
        shell, change, seen = self.shell, self.change, self.plan.start
        spelled = {one.blank.name: one.spelled for one in self.plan.opened}
        pairs = [f"--set {shlex.quote(f'{spelled[name]}={text.strip()}')}" for name, text in typed.items()]

        def write() -> str:
            found.append(shell.whole().fill_open(change, typed, seen))
            return f"{counted(len(typed), 'open field')} of {change} filled in"

        found: list[CheckInPlan] = []
        noted = shell.session.noted(shell.now, f"cmdb check-in {change} {' '.join(pairs)}", write)

        def run() -> CheckInPlan:
            noted()
            return found[-1]

        self.begin("fill", run, "Writing it into the working directory…")

    def action_anew(self) -> None:
        """Read the files again, and keep what is typed."""
        whole, change = self.shell.whole, self.change
        if self._entries():
            self.begin("anew", lambda: whole().check_in_plan(change), "Reading again…")

    # Checking in ------------------------------------------------------------------------------

    def on_key(self, event: Key) -> None:
        """What is typed anywhere is the number."""
        field = self.query_one("#number", Input)
        ready = self.plan is not None and not self.plan.problems
        if ready and event.character and event.is_printable and not isinstance(self.focused, Input):
            event.stop()
            field.focus()
            field.insert_text_at_cursor(event.character)

    def on_choice_taken(self) -> None:
        self.action_leave()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id != "number":
            self._next(event.input)
            return
        typed = event.value.strip()
        if typed.upper() != self.change.upper():
            self.say(f"Type {self.change}: that is what is checked in.")
        elif wrong := [one for one in self._entries() if one.altered and one.problem]:
            self.say(f"{wrong[0].blank.label} is not right yet, so nothing is written.")
            wrong[0].query_one(Input).focus()
        elif self._doing or self._altered():
            self.action_fill()
            self.say("What you typed is written first: look at it, then Enter again.", "accent")
        elif self.plan is not None:
            whole, change, seen = self.shell.whole, self.change, self.plan.seen
            write = self.shell.session.noted(
                self.shell.now, f"cmdb check-in {change} --apply", lambda: whole().check_in(change, seen)
            )
            self.begin("check in", write, "Signing and writing the baseline…")

    def _next(self, line: Input) -> None:
        """Go to the next line; from the last one to the number, once what is typed is written."""
        inputs = [one.query_one(Input) for one in self._entries()]
        place = inputs.index(line) + 1
        entry = cast(OpenEntry, line.parent)
        entry.contested = False
        if place < len(inputs):
            inputs[place].focus()
            return
        self._onward = True
        self.action_fill()
        if not self._doing:
            self._go_on()

    def _go_on(self) -> None:
        if self._onward and not self._altered():
            field = self.query_one("#field-number", Field)
            (self.query_one("#number") if field.display else self.query_one("#plan")).focus()
        self._onward = False

    def refused(self, error: CmdbError) -> None:
        self._onward = False
        lines: list[Line] = [(Piece(f"× {error.reason}", "bad"),)]
        lines += [
            line for one in error.problems for line in wrap(f"─ {one}", INSIDE - 4, "warn", indent="  ")
        ]
        again = "ctrl+r reads the files again and keeps what you typed." if self._entries() else error.remedy
        lines += [(), *wrap(again, INSIDE - 4, "accent")]
        self.query_one("#plan", Lines).show(lines)
        self.say("Nothing was changed.", "dim")

    # Leaving ----------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Leave, after a question when something typed is not written."""
        if self._altered() and not self._doing:
            question = "Leave? What you typed and did not write is lost; what is written stays in its file."
            self._leaving = True
            self.app.push_screen(Confirm(question, "leave it"), self._left)
        else:
            super().action_leave()

    def _left(self, yes: bool | None) -> None:
        self._leaving = False
        if yes and not self._doing:
            self._forget()
            self.conclude(None)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        whole, key = self.shell.whole, self.key
        self.app.run_worker(lambda: whole().item_work.keep(key, None), exit_on_error=False, thread=True)

"""The form of a check-in: what it would write, every problem in its way, and the number to type."""

from collections.abc import Iterable

from textual.events import Key
from textual.widget import Widget
from textual.widgets import Input

from cmdb.errors import CmdbError
from tui.ballot_views import CheckInPlan
from tui.present import Line, Piece, counted
from tui.screens.asking import CANCEL
from tui.screens.dialogs import Field
from tui.screens.facts import difference_lines, paragraph, title
from tui.screens.forms import INSIDE, Asking
from tui.widgets.choice import Choice, Option
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap


class CheckIn(Asking):
    """What a check-in would write, every problem at once; then the change number is asked for.

    Starts on Cancel: Enter leaves. Typing goes to the line that asks for the number.
    """

    AUTO_FOCUS = "#answer"

    def __init__(self, change: str) -> None:
        keys = (("type", f"{change}, then Enter: check in"), ("Tab", "next"), ("Esc", "leave"))
        super().__init__(f"Check in {change}", keys)
        self.change = change
        self.plan: CheckInPlan | None = None

    def body(self) -> Iterable[Widget]:
        pane = Lines(id="plan")
        pane.show_later([(Piece("Comparing with the library…", "dim"),)])
        yield pane
        yield Choice((Option("", CANCEL, "accent"),), id="answer", start=CANCEL)
        yield Field("change", id="number", hint=f"type {self.change} to check it in")

    def on_mount(self) -> None:
        whole, change = self.shell.whole, self.change
        self.query_one("#field-number", Field).display = False
        self.begin("plan", lambda: whole().check_in_plan(change))

    def on_key(self, event: Key) -> None:
        """What is typed anywhere is the number."""
        field = self.query_one("#number", Input)
        ready = self.plan is not None and not self.plan.problems
        if ready and event.character and event.is_printable and not isinstance(self.focused, Input):
            event.stop()
            field.focus()
            field.insert_text_at_cursor(event.character)

    def on_choice_taken(self) -> None:
        self.dismiss(None)

    def answered(self, name: str, result: object) -> None:
        if name == "check in":
            self.conclude(str(result))
            return
        assert isinstance(result, CheckInPlan)
        self.plan = result
        plan = result
        self.query_one("#plan", Lines).draw(lambda width: _plan_lines(plan, width))
        blocked = bool(result.problems)
        self.query_one("#field-number", Field).display = not blocked
        if blocked:
            self.say(f"Refused: {counted(len(result.problems), 'problem')}. Nothing was changed.", "bad")
            self.query_one("#plan", Lines).focus()
        elif result.untouched:
            self.say("Look at what is marked ▲ before you type the number.", "warn")

    def refused(self, error: CmdbError) -> None:
        lines: list[Line] = [(Piece(f"× {error.reason}", "bad"),)]
        lines += [
            line for one in error.problems for line in wrap(f"─ {one}", INSIDE - 4, "warn", indent="  ")
        ]
        lines += [(), *wrap(error.remedy, INSIDE - 4, "accent")]
        self.query_one("#plan", Lines).show(lines)
        self.say("Nothing was changed.", "dim")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        typed = event.value.strip()
        if typed.upper() != self.change.upper():
            self.say(f"Type {self.change}: that is what is checked in.")
            return
        whole, change = self.shell.whole, self.change
        write = self.shell.session.noted(
            self.shell.now, f"cmdb check-in {change} --apply", lambda: whole().check_in(change)
        )
        self.begin("check in", write, "Signing and writing the baseline…")


def _plan_lines(plan: CheckInPlan, width: int) -> list[Line]:
    lines: list[Line] = [*wrap(plan.summary, width), ()]
    if plan.problems:
        lines.append(title("In the way"))
        lines += [line for one in plan.problems for line in wrap(f"× {one}", width, "bad", indent="  ")]
        lines.append(())
    if plan.untouched:
        lines.append(title("Left as it was", "it was open: is that right?"))
        lines += [line for one in plan.untouched for line in wrap(f"▲ {one}", width, "warn", indent="  ")]
        lines.append(())
    if plan.diff:
        lines += [title("Would be written"), *difference_lines(plan.diff, width)]
    return lines or paragraph("", "Nothing to write.", width)

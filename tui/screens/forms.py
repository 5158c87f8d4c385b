"""Forms: a new change request from the marked items, and the check-in of an approved one."""

from collections.abc import Iterable
from typing import ClassVar, cast

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from cmdb.errors import CmdbError
from tui.drafting import Draft
from tui.present import Line, Piece, counted
from tui.screens.dialogs import Dialog, Field, Text
from tui.screens.facts import difference_lines, paragraph, title
from tui.screens.shell import Shell
from tui.views import CheckInPlan
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap

INSIDE = 70


class Asking(Dialog[str]):
    """A dialog that runs one use case in a thread and shows its refusal without closing."""

    @property
    def shell(self) -> Shell:
        """The app, as screens see it."""
        return cast(Shell, self.app)

    def refused(self, error: CmdbError) -> None:
        """Show what a refusal says; the input stays."""
        raise NotImplementedError

    def answered(self, name: str, result: object) -> None:
        """Take what the use case gave."""
        raise NotImplementedError

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if worker.group != "ask":
            return
        if event.state is WorkerState.SUCCESS:
            self.answered(worker.name, worker.result)
        elif event.state is WorkerState.ERROR and worker.error is not None:
            if not isinstance(worker.error, CmdbError):
                raise worker.error
            self.refused(worker.error)


class NewChange(Asking):
    """Title, window, down time and what happens to each item; ctrl+s writes the draft."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", show=False)]
    AUTO_FOCUS = "#title"

    def __init__(self, *items: str) -> None:
        super().__init__("New change", (("ctrl+s", "write the draft"), ("Tab", "next"), ("Esc", "leave")))
        self.items = items

    def body(self) -> Iterable[Widget]:
        with VerticalScroll(id="form", can_focus=False):
            yield Field("title", id="title", hint="what is done, in one line")
            yield Field("reason", id="reason", hint="why")
            yield Field("implementer", id="implementer", value=self._me(), hint="person id")
            yield Field("start", id="start", hint="2026-11-22T22:00 in the site's zone")
            yield Field("end", id="end", hint="2026-11-23T00:00")
            yield Field("down", id="down", value=" ".join(self.items), hint="items that are down meanwhile")
            yield Field("expected", id="expected", hint="38m")
            yield Field("at worst", id="worst", hint="1h30m")
            for place, item in enumerate(self.items):
                yield Field(item[:11], id=f"item-{place}", hint="model=QFX5120 serial=?   or retire")
            yield Field("others", id="others", hint="connect a b uses; disconnect a c; add sw-12 type=switch")
            yield Field("back-out", id="back_out", hint="how to go back, tried when")
            yield Field("test", id="test_plan", hint="how you know that it worked")
        yield Text((), id="refusal")

    def _me(self) -> str:
        return cast(Shell, self.app).masthead.person

    def _typed(self, name: str) -> str:
        return self.query_one(f"#field-{name}", Field).text

    def draft(self) -> Draft:
        """What was filled in."""
        return Draft(
            title=self._typed("title"),
            items=tuple((item, self._typed(f"item-{place}")) for place, item in enumerate(self.items)),
            reason=self._typed("reason"),
            implementer=self._typed("implementer"),
            start=self._typed("start"),
            end=self._typed("end"),
            expected=self._typed("expected"),
            worst=self._typed("worst"),
            down=tuple(self._typed("down").split()),
            others=self._typed("others"),
            back_out=self._typed("back_out"),
            test_plan=self._typed("test_plan"),
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next("Input")

    def action_save(self) -> None:
        """Write the draft."""
        if not self._typed("title"):
            self.say("A change needs a title.")
            self.query_one("#title").focus()
            return
        draft, whole = self.draft(), self.shell.whole
        self.say("Writing the draft…", "dim")
        self.run_worker(
            lambda: whole().draft(draft),
            name="draft",
            group="ask",
            exclusive=True,
            exit_on_error=False,
            thread=True,
        )

    def answered(self, name: str, result: object) -> None:
        self.dismiss(str(result))

    def refused(self, error: CmdbError) -> None:
        lines: list[Line] = [line for one in error.problems for line in wrap(f"─ {one}", INSIDE - 4, "warn")]
        pane = self.query_one("#refusal", Text)
        pane.styles.height = min(len(lines), 5)
        pane.show(lines)
        self.say(f"{error.reason} {error.remedy}", "bad")


class CheckIn(Asking):
    """What a check-in would write, every problem at once; then the change number is asked for."""

    AUTO_FOCUS = "Lines"

    def __init__(self, change: str) -> None:
        super().__init__(f"Check in {change}", (("Tab", "next"), ("Enter", "check in"), ("Esc", "leave")))
        self.change = change
        self.plan: CheckInPlan | None = None

    def body(self) -> Iterable[Widget]:
        pane = Lines(id="plan")
        pane.show_later([(Piece("Comparing with the library…", "dim"),)])
        yield pane
        yield Field("change", id="number", hint=f"type {self.change} to check it in")

    def on_mount(self) -> None:
        whole, change = self.shell.whole, self.change
        self.run_worker(
            lambda: whole().check_in_plan(change), name="plan", group="ask", exit_on_error=False, thread=True
        )

    def answered(self, name: str, result: object) -> None:
        if name == "check in":
            self.dismiss(str(result))
            return
        assert isinstance(result, CheckInPlan)
        self.plan = result
        plan = result
        self.query_one("#plan", Lines).draw(lambda width: _plan_lines(plan, width))
        blocked = bool(result.problems)
        self.query_one("#field-number", Field).display = not blocked
        if blocked:
            self.say(f"Refused: {counted(len(result.problems), 'problem')}. Nothing was changed.", "bad")
        else:
            self.query_one("#number").focus()

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
        self.say("Signing and writing the baseline…", "dim")
        self.run_worker(
            lambda: whole().check_in(change),
            name="check in",
            group="ask",
            exclusive=True,
            exit_on_error=False,
            thread=True,
        )


def _plan_lines(plan: CheckInPlan, width: int) -> list[Line]:
    lines: list[Line] = [*wrap(plan.summary, width), ()]
    if plan.problems:
        lines.append(title("In the way"))
        lines += [line for one in plan.problems for line in wrap(f"× {one}", width, "bad", indent="  ")]
        lines.append(())
    if plan.diff:
        lines += [title("Would be written"), *difference_lines(plan.diff, width)]
    return lines or paragraph("", "Nothing to write.", width)

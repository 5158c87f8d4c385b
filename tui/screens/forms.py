"""The form of a change request: a new one from the marked items, or one as it stands.

What is typed is kept until the form ends: neither a crash nor a key pressed by mistake loses it.
"""

import json
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, cast

from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from cmdb.errors import CmdbError
from tui.drafting import document
from tui.drafts import Draft, Form
from tui.duty_source import Wanted
from tui.mishaps import refusal
from tui.present import Line, counted
from tui.screens.asks import Taken
from tui.screens.dialogs import Blanks, Confirm, Dialog, Field, Text
from tui.screens.moments import BetterMoments
from tui.screens.shell import Shell
from tui.widgets.paint import wrap

INSIDE = 70
WRITES = ("draft", "check in")  # the use cases that write
KINDS = ("normal", "emergency")  # the kinds the form asks about; what is of another kind stays that
HOW = "name=content   or name=?   or retire   or control"  # what happens to an item
OTHERS = "connect a b uses; disconnect a c; add new-id name=… type=…"
ABOUT = ("item ", "dependency ", "redundancy group ")  # how a problem of one change begins
PAUSE = 0.2  # seconds without a letter before what is typed is kept


class Asking(Dialog[str]):
    """A dialog that runs one use case in a thread and shows its refusal without closing.

    While one runs no other begins: a key pressed twice writes once.
    """

    _doing = ""

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

    def begin(self, name: str, what: Callable[[], object], words: str = "") -> None:
        """Run a use case in a thread, unless one is running."""
        if self._doing:
            return
        self._doing = name
        if words:
            self.say(words, "dim")
        self.run_worker(what, name=name, group="ask", exit_on_error=False, thread=True)

    def action_leave(self) -> None:
        """Leave; what is being written goes on, and the command log says what came of it."""
        if self._doing in WRITES:
            self.shell.say("It is still being written: @ shows what came of it.")
        super().action_leave()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if worker.group != "ask":
            return
        if worker.is_finished:
            self._doing = ""
        if event.state is WorkerState.SUCCESS:
            self.answered(worker.name, worker.result)
        elif event.state is WorkerState.ERROR and worker.error is not None:
            self.refused(refusal(worker.error))


FORM = 15  # lines of a form before it scrolls
SAID = 8  # lines a refusal may take of them


class NewChange(Asking):
    """Title, window, down time and what happens to each item; ctrl+s writes the draft."""

    KEEPS: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", show=False),
        Binding("ctrl+t", "better", show=False, priority=True),
    ]
    AUTO_FOCUS = "#title"
    TITLE_WORDS: ClassVar[str] = "New change"
    change: str = ""
    _timer: Timer | None = None
    _recalled = False

    def __init__(self, *items: str, form: Form | None = None, taken: Taken | None = None) -> None:
        keys = (
            ("ctrl+s", "write draft"),
            ("ctrl+t", "better moment"),
            ("Tab", "next"),
            ("Esc", "leave"),
        )
        super().__init__(f"Edit {form.change}" if form else self.TITLE_WORDS, keys)
        given = Draft(title="", items=tuple((one, "") for one in items), down=items)
        self.given = form.draft if form else moved(given, taken) if taken else given
        self.kept = form.kept if form else ()
        self.items = tuple(item for item, _text in self.given.items)

    def body(self) -> Iterable[Widget]:
        given = self.given
        with Blanks(id="form"):
            yield Field("title", id="title", value=given.title, hint="what is done, in one line")
            yield Field("reason", id="reason", value=given.reason, hint="why; needed before it is handed in")
            if given.kind in KINDS:
                typed_kind = given.kind if given.kind != KINDS[0] else ""
                hint = "normal, or emergency: decided at once, reviewed later"
                yield Field("kind", id="kind", value=typed_kind, hint=hint)
            yield Field(
                "implementer", id="implementer", value=given.implementer or self._me(), hint="person id"
            )
            yield Field(
                "start", id="start", value=given.start, hint="22:00, tomorrow 22:00, 2026-11-22 22:00"
            )
            yield Field("end", id="end", value=given.end, hint="+2h after the start, or a time")
            yield Field("down", id="down", value=" ".join(given.down), hint="items that are down meanwhile")
            yield Field("expected", id="expected", value=given.expected, hint="38m")
            yield Field("at worst", id="worst", value=given.worst, hint="1h30m")
            yield Field("down from", id="down_from", value=given.down_from, hint="when, if it is known")
            for place, (item, text) in enumerate(given.items):
                yield Field(
                    item[:11],
                    id=f"item-{place}",
                    value=text,
                    hint=HOW,
                )
            yield Field("others", id="others", value=given.others, hint=OTHERS)
            yield Field(
                "back-out", id="back_out", value=given.back_out, hint="how to go back, tried when; needed"
            )
            yield Field(
                "test", id="test_plan", value=given.test_plan, hint="how you know that it worked; needed"
            )
            if self.kept:
                words = f"Kept as they are: {'; '.join(self.kept)}."
                yield Text(wrap(words, INSIDE - 4, "dim"), id="kept")
        yield Text((), id="refusal")

    # What is typed is kept until the form ends ------------------------------------------------

    @property
    def key(self) -> str:
        """The name under which what is typed is kept."""
        return f"edit {self.change}" if self.change else f"new change {' '.join(self.items)}".rstrip()

    def on_mount(self) -> None:
        self._opened = self._lines()
        whole, key = self.shell.whole, self.key
        self.run_worker(
            lambda: whole().item_work.kept(key), name="kept", group="kept", exit_on_error=False, thread=True
        )
        self.run_worker(
            lambda: whole().item_work.facts(self.items), name="facts", exit_on_error=False, thread=True
        )

    def _lines(self) -> dict[str, str]:
        return {one.name_of: one.query_one(Input).value for one in self.query(Field)}

    def _mine(self) -> dict[str, str]:
        """The lines that say something else than when the form was opened."""
        return {name: text for name, text in self._lines().items() if text != self._opened.get(name)}

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self._keep)

    def _keep(self) -> None:
        if not self._recalled:  # what was kept has to be read first
            self._timer = self.set_timer(PAUSE, self._keep)
        elif not self._doing:
            whole, key, mine = self.shell.whole, self.key, self._mine() or None
            self.run_worker(
                lambda: whole().item_work.keep(key, mine), group="keep", exit_on_error=False, thread=True
            )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if worker.name == "kept" and worker.is_finished and not self._recalled:
            self._recalled = True
            if event.state is WorkerState.ERROR and not isinstance(worker.error, CmdbError | None):
                raise worker.error
            self._recall(worker.result if isinstance(worker.result, dict) else {})
        elif worker.name == "facts" and event.state is WorkerState.SUCCESS:
            self._hint(worker.result or {})

    def _hint(self, facts: Mapping[str, str]) -> None:
        """Show in the line of each item what may be set there, as it is now."""
        for place, item in enumerate(self.items):
            if facts.get(item):
                line = self.query_one(f"#item-{place}", Input)
                line.placeholder = f"{facts[item]}   or {HOW.partition('or ')[2]}"

    def _recall(self, kept: Mapping[str, str]) -> None:
        """Put back what was typed before the form was lost, where nothing else is typed."""
        lines = self._lines()
        back = {one: text for one, text in kept.items() if one in lines and lines[one] == self._opened[one]}
        for name, text in back.items():
            self.query_one(f"#{name}", Input).value = text
        if back:
            self.say("What you typed before is back.", "accent")

    def action_leave(self) -> None:
        """Leave, after a question when something is typed."""
        if self._doing or not self._mine():
            super().action_leave()
            return
        self.app.push_screen(Confirm("Leave the form? What you typed is lost.", "leave it"), self._left)

    def _left(self, yes: bool | None) -> None:
        if yes and not self._doing:
            if self._timer is not None:
                self._timer.stop()
            whole, key = self.shell.whole, self.key
            self.app.run_worker(lambda: whole().item_work.keep(key, None), exit_on_error=False, thread=True)
            self.conclude(None)

    def _me(self) -> str:
        return cast(Shell, self.app).masthead.person

    def _typed(self, name: str) -> str:
        return self.query_one(f"#field-{name}", Field).text

    def draft(self) -> Draft:
        """What was filled in."""
        return Draft(
            title=self._typed("title"),
            items=tuple((item, self._typed(f"item-{place}")) for place, item in enumerate(self.items)),
            kind=(self._typed("kind") or KINDS[0]) if self.given.kind in KINDS else self.given.kind,
            reason=self._typed("reason"),
            implementer=self._typed("implementer"),
            start=self._typed("start"),
            end=self._typed("end"),
            expected=self._typed("expected"),
            worst=self._typed("worst"),
            down=tuple(self._typed("down").split()),
            down_from=self._typed("down_from"),
            others=self._typed("others"),
            back_out=self._typed("back_out"),
            test_plan=self._typed("test_plan"),
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next("Input")

    def action_better(self) -> None:
        """Look for a better moment for the window lines."""
        draft = self.draft()
        if not draft.down:
            self.say("Say first what is down meanwhile: then there is something to look for.")
            self.query_one("#down").focus()
            return
        wanted = Wanted(
            items=draft.down,
            change=self.change,
            expected=draft.expected,
            worst=draft.worst,
            start=draft.start,
            end=draft.end,
            down_from=draft.down_from,
            implementer=draft.implementer,
        )

        def fill(taken: Taken | None) -> None:
            if taken is None:
                return
            new = moved(draft, taken)
            for name in ("start", "end", "expected", "worst", "down_from"):
                self.query_one(f"#{name}", Input).value = getattr(new, name)
            self.say("The window is that of the moment; ctrl+s writes it.", "dim")

        self.app.push_screen(BetterMoments(wanted), fill)

    def write(self, draft: Draft) -> str:
        """Write what was filled in; gives the id. Runs in a thread."""
        return self.shell.whole().draft(draft)

    def command(self, draft: Draft) -> str:
        """The command line that writes the same, for the command log. Raises Invalid."""
        content = document(draft, self.shell.zone, self.shell.now())
        return f"cmdb change new --file - <<< {shlex.quote(json.dumps(content, ensure_ascii=False))}"

    def _written(self, draft: Draft) -> str:
        """Write what was filled in, and write that down in the command log."""
        shell = self.shell
        said = shell.session.noted(shell.now, self.command(draft), lambda: self.write(draft))()
        shell.whole().item_work.keep(self.key, None)
        return said

    def action_save(self) -> None:
        """Write the draft."""
        if not self._typed("title"):
            self.say("A change needs a title.")
            self.query_one("#title").focus()
            return
        draft = self.draft()
        if self._timer is not None:
            self._timer.stop()
        self.begin("draft", lambda: self._written(draft), "Writing the draft…")

    def answered(self, name: str, result: object) -> None:
        self.conclude(str(result))

    def refused(self, error: CmdbError) -> None:
        """Say every problem whole, as the lines stand, what to do, and go to the first line that is named."""
        places = [field.name_of for field in self.query(Field)]
        found = sorted(error.problems, key=lambda one: ([*places, ""]).index(self._about(one)))
        lines: list[Line] = [line for one in found for line in wrap(f"× {one}", INSIDE - 4, "bad")]
        head = error.reason if not error.problems else ""
        lines = [*wrap(head, INSIDE - 4, "bad"), *lines] if head else lines
        lines += wrap(error.remedy, INSIDE - 4, "accent")
        pane = self.query_one("#refusal", Text)
        pane.can_focus = len(lines) > SAID
        pane.styles.height = min(len(lines), SAID)
        self.query_one("#form").styles.max_height = FORM - min(len(lines), SAID)
        pane.show(lines)
        more = "  Tab to this list, arrows scroll it." if pane.can_focus else ""
        count = counted(len(error.problems), "problem")
        self.say(f"Nothing was written: {count}.{more}" if error.problems else "Nothing was written.", "bad")
        if place := next(filter(None, map(self._about, found)), ""):
            self.query_one(f"#{place}").focus()

    def _about(self, problem: str) -> str:
        """The name of the line a problem is about; empty when no line is named."""
        labels = {field.label: field.name_of for field in self.query(Field)}
        labels |= {item: f"item-{place}" for place, item in enumerate(self.items)}
        head = problem.partition(":")[0].removeprefix("item ")
        about = problem.startswith(ABOUT) and ":" in problem  # what no line of its own is about
        return labels.get(head, "others" if about else "")


def moved(draft: Draft, taken: Taken) -> Draft:
    """Put a moment that was taken into the window lines of a form."""
    down_from = taken.down_from if draft.down_from else ""
    return draft._replace(**{**taken._asdict(), "down_from": down_from})


class EditChange(NewChange):
    """The form of a request as it stands; ctrl+s replaces its content, and it is a draft again."""

    def __init__(self, form: Form) -> None:
        super().__init__(form=form)
        self.change, self.seen = form.change, form.seen

    def write(self, draft: Draft) -> str:
        return self.shell.whole().redraft(self.change, draft, self.seen)

    def command(self, draft: Draft) -> str:
        return f"cmdb change edit {self.change} --file FILE"

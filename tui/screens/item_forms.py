"""The form about items: checked while it is typed in, shown as a difference before it is written.

A sentence of a rule stands in the line of words while the line it is about has the cursor, never
without it: `ctrl+s` goes to the first line that is wrong. What is typed is kept until the form ends.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import DescendantFocus
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from cmdb.errors import CmdbError
from tui.item_source import Blank, Done, Sheet, Typed, Verdict
from tui.mishaps import refusal
from tui.present import Line, Piece, counted
from tui.screens.dialogs import Blanks, Confirm, Dialog
from tui.screens.facts import difference_lines
from tui.screens.shell import Shell
from tui.widgets.bars import Bar
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap
from tui.widgets.prompt import Completer

PAUSE = 0.2  # seconds without a letter before the rules are asked
FILL = (("Tab", "next line"), ("→", "complete"), ("ctrl+s", "look at it"), ("Esc", "leave"))
LOOK = (("ctrl+s", "write it"), ("Esc", "back to the form"))
LABEL = 16


class Entry(Horizontal):
    """One line of a form: its label, what is typed, and whether it is needed."""

    DEFAULT_CSS = f"""
    Entry {{ height: 1; }}
    Entry .label {{ width: {LABEL}; }}
    Entry .need {{ width: 12; }}
    Entry Input {{ height: 1; border: none; padding: 0; width: 1fr; background: $panel; }}
    Entry Input:focus {{ border: none; }}
    """

    def __init__(self, blank: Blank, text: str, complete: Completer) -> None:
        super().__init__()
        self.blank = blank
        self._text, self._complete = text, complete
        self.problem = ""
        self._label, self._need = Bar(), Bar()
        self._label.add_class("label")
        self._need.add_class("need")
        self._need.display = bool(blank.need)
        self.mark("")

    @property
    def text_given(self) -> str:
        """What stood there when the form was opened."""
        return self._text

    def compose(self) -> ComposeResult:
        yield self._label
        hint = self.blank.hint if not self.blank.choices else ""
        yield Input(self._text, placeholder=hint, select_on_focus=False, suggester=self._complete)
        yield self._need

    def mark(self, problem: str) -> None:
        """Show whether something is wrong with the line."""
        self.problem = problem
        sign = Piece("× ", "bad") if problem else Piece("  ")
        self._label.put((sign, Piece(self.blank.label[: LABEL - 3], "bad" if problem else "dim")))
        self._need.put((Piece(f" {self.blank.need}", "warn" if self.blank.need == "required" else "dim"),))

    @property
    def text(self) -> str:
        """What is typed."""
        return self.query_one(Input).value


def _first(entries: Sequence[Entry]) -> None:
    """Begin on the first line to fill in: what is known already is not typed again."""
    empty = [
        one for one in entries if not one.text_given and (one.blank.need == "required" or one is entries[0])
    ]
    for one in (empty or entries)[:1]:
        one.add_class("-first")


class ItemForm(Dialog[Done]):
    """A sheet to fill in, look at and write. `kept` is what was typed into it before it was left."""

    KEEPS: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "on", show=False, priority=True),
        Binding("ctrl+r", "anew", show=False, priority=True),
    ]
    AUTO_FOCUS = ".-first Input"

    def __init__(self, sheet: Sheet, kept: dict[str, str] | None = None) -> None:
        super().__init__(sheet.title, FILL)
        self.sheet = sheet
        known = {one.name for one in sheet.blanks} | {"type"}
        self._typed = {**sheet.start, **{name: text for name, text in (kept or {}).items() if name in known}}
        self._restored = bool(kept)
        self._note = ""  # said once in place of a hint
        self._fault = ""  # why it was not written, until something else is typed
        self._verdict: Verdict | None = None
        self._touched: set[str] = set(kept or ())
        self._tried = self._looking = self._then_look = self._saving = False
        self._timer: Timer | None = None

    @property
    def shell(self) -> Shell:
        """The app, as screens see it."""
        return cast(Shell, self.app)

    # What the form asks below; every call runs in a thread ------------------------------------

    def fresh(self, sheet: Sheet, typed: Typed) -> Sheet:
        """The form as it would open now."""
        return self.shell.whole().item_work.sheet(sheet.verb, sheet.subjects, typed)

    def judged(self, sheet: Sheet, typed: Typed) -> tuple[Sheet, Verdict]:
        """The form with the lines that belong to what is typed, and what the rules say of it."""
        if "type" in typed:
            sheet = self.fresh(sheet, {"type": typed["type"].strip()})._replace(seen=sheet.seen)
        return sheet, self.shell.whole().item_work.judge(sheet, typed)

    def save(self, sheet: Sheet, typed: Typed) -> Done:
        """Write what is typed."""
        return self.shell.whole().item_work.save(sheet, typed)

    def offers(self, what: str, text: str) -> Sequence[str]:
        """Whole lines that begin so."""
        return self.shell.whole().item_work.offers(what, text)

    @property
    def dirty(self) -> bool:
        """Whether something is typed that stands nowhere else."""
        start = self.sheet.start
        return any(text != start.get(name, "") for name, text in self._typed.items())

    def body(self) -> Iterable[Widget]:
        if self.sheet.controlled:
            yield Bar(id="controlled")
        entries = [self._entry(one) for one in self.sheet.blanks]
        # What is edited comes first; what the board reads of it stands above.
        own = [one for one in entries if not one.blank.name.startswith("change ")]
        _first(own or entries)
        with Blanks(id="form"):
            yield from entries
        yield Lines(id="look")
        yield Lines(id="said", focusable=False)

    def _entry(self, blank: Blank) -> Entry:
        async def complete(text: str) -> str | None:
            if not text:
                return None
            for one in blank.choices:
                if one.startswith(text):
                    return one
            return await asyncio.to_thread(self._offered, blank, text) if blank.completes else None

        return Entry(blank, self._typed.get(blank.name, blank.value), Completer(complete))

    def _offered(self, blank: Blank, text: str) -> str | None:
        what = blank.completes
        if what.endswith(" of"):
            what = f"{what} {self._typed.get('source', '').strip()}"
        try:
            found = self.offers(what, text)
        except CmdbError:
            return None
        return found[0] if found else None

    def on_mount(self) -> None:
        for bar in self.query("#controlled").results(Bar):
            bar.put((Piece(f"◆ {self.sheet.controlled}", "warn"),))
        back = (Piece("What you typed before is back.", "accent"),) if self._restored else ()
        self.query_one("#box-title", Bar).put((Piece(self.heading, "strong"),), back)
        self.query_one("#look").display = False
        if not self.sheet.blanks:
            self.action_on()
        else:
            self._judge()

    # The cursor and the words ---------------------------------------------------------------

    def _entries(self) -> list[Entry]:
        return list(self.query(Entry))

    def _here(self) -> Entry | None:
        return next((one for one in self._entries() if one.query_one(Input).has_focus), None)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if not self._looking:
            self._speak()

    def _speak(self) -> None:
        """Say what the line with the cursor is about: what is wrong with it, else what belongs there."""
        here = self._here()
        if here is None:
            return
        wrong = sum(1 for one in self._entries() if one.problem)
        others = self._verdict.others if self._verdict and self._tried else ()
        count = f"   {counted(wrong, 'line')} marked ×" if wrong and not here.problem else ""
        if self._fault or here.problem:
            self._words(f"× {self._fault or here.problem}", "bad")
        elif others:
            self._words(f"× {' '.join(others)}", "bad")
        else:
            self._words(self._note or here.blank.hint + count, "accent" if self._note else "dim")

    def _words(self, text: str, role: str) -> None:
        lines = wrap(text, 66, role, indent="  ")
        pane = self.query_one("#said", Lines)
        pane.styles.height = max(1, min(len(lines), 4))
        pane.show(lines[:4])

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        entry = event.input.parent
        if isinstance(entry, Entry) and event.value != self._typed.get(entry.blank.name):
            self._note = self._fault = ""
            self._typed[entry.blank.name] = event.value
            self._touched.add(entry.blank.name)
            if self._timer is not None:
                self._timer.stop()
            self._timer = self.set_timer(PAUSE, self._judge)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next("Input")

    # The rules ------------------------------------------------------------------------------

    def _judge(self) -> None:
        sheet, typed, whole, dirty = self.sheet, dict(self._typed), self.shell.whole, self.dirty

        def question() -> tuple[Sheet, Verdict]:
            mine = {name: text for name, text in typed.items() if text != sheet.start.get(name)}
            whole().item_work.keep(sheet.key, mine if dirty else None)
            return self.judged(sheet, typed)

        self._run("judge", question)

    def _run(self, name: str, question: Any) -> None:
        self.run_worker(question, name=name, group=name, exclusive=True, exit_on_error=False, thread=True)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if worker.name not in ("judge", "save", "anew") or not self.is_attached:
            return
        if worker.name == "save" and worker.is_finished:
            self._saving = False
        if event.state is WorkerState.SUCCESS:
            answers: dict[str, Callable[[Any], None]]
            answers = {"judge": self._judged, "save": self._saved, "anew": self._renewed}
            answers[worker.name](worker.result)
        elif event.state is WorkerState.ERROR and worker.error is not None:
            self._refused(refusal(worker.error))

    def _refused(self, error: CmdbError) -> None:
        self._fault = " ".join((error.reason, *error.problems, error.remedy))
        self._look(False)  # the line that gets the cursor says it
        self._words(f"× {self._fault}", "bad")

    def _judged(self, found: tuple[Sheet, Verdict]) -> None:
        sheet, self._verdict = found
        if [one.name for one in sheet.blanks] != [one.name for one in self.sheet.blanks]:
            self._reline(sheet.blanks)
        self.sheet = sheet._replace(blanks=self._as_opened(sheet))
        for one in self._entries():
            name = one.blank.name
            shown = self._tried or name in self._touched
            one.mark(self._verdict.problems.get(name, "") if shown else "")
        if not self._looking and (self._touched or self._tried):
            self._speak()
        if self._then_look:
            self._then_look = False
            self._to_look(self._verdict)

    def _as_opened(self, sheet: Sheet) -> tuple[Blank, ...]:
        """The lines as they are now, each with what stood there when the form was opened."""
        start = self.sheet.start
        return tuple(one._replace(value=start.get(one.name, one.value)) for one in sheet.blanks)

    def _reline(self, blanks: Sequence[Blank]) -> None:
        """Put the lines of another type in place; lines that stay keep the cursor and what is typed."""
        form = self.query_one("#form")
        entries = {one.blank.name: one for one in self._entries()}
        names = {one.name for one in blanks}
        for name, entry in entries.items():
            if name not in names:
                entry.remove()
        before: Widget | None = None
        for one in blanks:
            entry = entries.get(one.name) or self._entry(one)
            if one.name not in entries:
                form.mount(entry, after=before) if before else form.mount(entry, before=0)
            before = entry

    # Looking at it, and writing it ------------------------------------------------------------

    def action_on(self) -> None:
        """Look at what would be written; from there, write it."""
        if self._saving:  # a key pressed twice writes once
            return
        if self._looking:
            self._saving = True
            self._words("Writing…", "dim")
            sheet, typed = self.sheet, dict(self._typed)
            self._run("save", lambda: self.save(sheet, typed))
            return
        self._fault = ""
        # What was typed just before may not have been told yet.
        self._typed |= {one.blank.name: one.text for one in self._entries()}
        self._tried = self._then_look = True
        if self._timer is not None:
            self._timer.stop()
        self._judge()

    def _to_look(self, verdict: Verdict) -> None:
        first = next((one for one in self._entries() if one.blank.name in verdict.problems), None)
        if first is not None:
            first.query_one(Input).focus()
            self._speak()
        elif verdict.others:
            self._speak()
            if not self._entries():
                self._words(f"× {' '.join(verdict.others)}", "bad")
        elif not verdict.diff:
            self._words("Nothing would change.", "warn")
        else:
            self.query_one("#look", Lines).draw(lambda width: self._look_lines(verdict, width))
            self._look(True)

    def _look_lines(self, verdict: Verdict, width: int) -> list[Line]:
        words = "A draft change request will propose:" if self.sheet.controlled else "Will be written:"
        lines: list[Line] = [(Piece(words, "strong"),), *difference_lines(verdict.diff, width)]
        lines += [line for one in verdict.remarks for line in ((), *wrap(one, width, "warn"))]
        return lines

    def _look(self, on: bool) -> None:
        self._looking = on
        self.query_one("#form").display = not on
        look = self.query_one("#look", Lines)
        look.display = on
        self.rekey(LOOK if on else FILL)
        if on:
            look.focus()
            self._words("Nothing is written yet.", "dim")
        elif self._entries() and self._here() is None:
            self._entries()[0].query_one(Input).focus()

    def _saved(self, done: Done) -> None:
        self.shell.session.note(self.shell.now(), done.command, done.said, done=True)
        self.conclude(done)

    # Leaving and reading again ----------------------------------------------------------------

    def action_leave(self) -> None:
        """Back to the form; from the form away, after a question when something is typed."""
        if self._looking and self._entries():
            self._look(False)
            self._speak()
        elif self.dirty:
            self.app.push_screen(Confirm("Leave the form? What you typed is lost.", "leave it"), self._left)
        else:
            self._left(True)

    def _left(self, yes: bool | None) -> None:
        if yes:
            whole, key = self.shell.whole, self.sheet.key
            self.run_worker(lambda: whole().item_work.keep(key, None), exit_on_error=False, thread=True)
            self.dismiss(None)

    def action_anew(self) -> None:
        """Read the item again, and keep what is typed."""
        sheet = self.sheet
        typed = {"type": self._typed["type"]} if "type" in self._typed else {}
        self._run("anew", lambda: self.fresh(sheet, typed))

    def _renewed(self, sheet: Sheet) -> None:
        mine = {name: text for name, text in self._typed.items() if text != self.sheet.start.get(name, "")}
        self.sheet, self._typed = sheet, {**sheet.start, **mine}
        for one in self._entries():
            one.query_one(Input).value = self._typed.get(one.blank.name, "")
        self._look(False)
        self._note, self._fault = "Read again. What you typed is kept.", ""
        self._judge()

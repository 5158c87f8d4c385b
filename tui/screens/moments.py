"""The dialog that ranks better moments while a duration is typed.

One search runs at a time, in a thread; what was typed meanwhile is looked for when it ends, and an
answer to anything else than what stands there is dropped. Enter gives the moment under the cursor.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, cast

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input
from textual.widgets.input import Selection
from textual.worker import Worker, WorkerState

from cmdb.errors import CmdbError, Invalid
from tui import typed
from tui.duty_source import MomentLine, MomentList, Wanted
from tui.mishaps import refusal
from tui.present import Line, Piece, listed, problems
from tui.screens.asks import Taken
from tui.screens.dialogs import Dialog, Field
from tui.screens.questions import PATIENCE
from tui.screens.shell import Shell
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap
from tui.widgets.table import Column, Row, Table, heading, word

PAUSE = 0.12  # seconds without a key before a search begins
COLUMNS = (
    Column("when", "Start", 16),
    Column("until", "Until", 16, since=84),
    Column("takes", "Takes", 8, align="right"),
    Column("promises", "Promises", 9),
    Column("windows", "Agreed windows"),
)
HINT = "Type how long it takes, such as 38m or 1h30m."


class BetterMoments(Dialog[Taken]):
    """How long, at worst how long, and under it the better moments as they come."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "step(1)", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
        Binding("tab", "app.focus_next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
    ]
    AUTO_FOCUS = "#expected"

    def __init__(self, wanted: Wanted) -> None:
        keys = (("↑ ↓", "moment"), ("Enter", "take it"), ("Tab", "at worst"), ("Esc", "leave"))
        super().__init__(f"A better moment for {wanted.change or listed(wanted.items, 3)}", keys)
        self._given = wanted
        self._searched: Wanted | None = None  # what is being looked for
        self._worker: Worker[MomentList] | None = None
        self.found: MomentList | None = None  # the answer to what stands there
        self._lines: dict[str, MomentLine] = {}

    @property
    def shell(self) -> Shell:
        """The app, as screens see it."""
        return cast(Shell, self.app)

    @property
    def table(self) -> Table:
        """The moments."""
        return self.query_one("#moments", Table)

    def body(self) -> Iterable[Widget]:
        yield Field("takes", id="expected", value=self._given.expected, hint="38m, 1h30m, 2h")
        yield Field("at worst", id="worst", value=self._given.worst, hint="as long, if nothing is typed")
        yield Lines(id="asked", focusable=False)
        yield Table(COLUMNS, id="moments", markable=False)
        yield Lines(id="reason", focusable=False)

    def on_mount(self) -> None:
        self.table.can_focus = False
        self.table.columns = COLUMNS
        for one in self.query(Input):  # what is typed takes the place of what stands there
            one.selection = Selection(0, len(one.value))
        self._look()

    # Searching ------------------------------------------------------------------------------

    def wanted(self) -> Wanted:
        """What stands there."""
        expected, worst = (self.query_one(f"#field-{name}", Field).text for name in ("expected", "worst"))
        return self._given._replace(expected=expected, worst=worst)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        wanted = self.wanted()
        if self.found is not None and self._searched == wanted:
            return
        self._clear("")
        self.set_timer(PAUSE, lambda: self._look() if self.is_attached and wanted == self.wanted() else None)

    def _look(self) -> None:
        """Look for what stands there, unless it is being looked for or something still runs."""
        wanted = self.wanted()
        try:
            expected = typed.seconds(wanted.expected) if wanted.expected else 0
            worst = typed.seconds(wanted.worst) if wanted.worst else expected
        except Invalid as wrong:
            self._clear(f"{wrong.reason} {wrong.remedy}")
            return
        if not expected or worst < expected:
            self._clear(HINT if not expected else "At worst it takes no less than expected.")
            return
        if self._worker is not None or (self._searched == wanted and self.found is not None):
            return  # what ends looks again
        self._searched = wanted
        whole = self.shell.whole
        self._worker = worker = self.run_worker(
            lambda: whole().duties.better_moments(wanted), group="moments", exit_on_error=False, thread=True
        )
        self.set_timer(PATIENCE, lambda: self._still(worker))

    def _still(self, worker: Worker[MomentList]) -> None:
        if worker is self._worker:
            self.say("Looking for better moments…", "dim")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if worker is not self._worker or not worker.is_finished:
            return
        self._worker = None
        if self._searched != self.wanted():
            self._searched = None
            self._look()
        elif event.state is WorkerState.SUCCESS and worker.result is not None:
            self._show(worker.result)
        elif worker.error is not None:
            self._refused(refusal(worker.error))

    # Showing --------------------------------------------------------------------------------

    def _clear(self, words: str) -> None:
        """Show no moments: they would answer something else than what stands there."""
        self.found, self._lines = None, {}
        self.table.say(())
        self.query_one("#asked", Lines).show(())
        self.query_one("#reason", Lines).show(())
        self.say(words, "dim")

    def _refused(self, error: CmdbError) -> None:
        self._clear("")
        lines = [line for one in problems(error.reason, error.remedy, error.problems) for line in (one,)]
        self.query_one("#reason", Lines).show(lines)

    def _show(self, found: MomentList) -> None:
        self.found = found
        self._lines = {str(place): one for place, one in enumerate(found.moments)}
        asked = found.asked
        role = "bad" if asked.breaks or not asked.possible else "dim"
        words = f"{found.called}: {self._when(asked)}, {asked.verdict if asked.possible else asked.reason}"
        self.query_one("#asked", Lines).draw(lambda width: _short(wrap(words, width, role)))
        zones = self._zones(found)
        self.table.restyle([COLUMNS[0]._replace(width=21 if zones else 16), *COLUMNS[1:]])
        rows = [self._row(id, one, zone=zones) for id, one in self._lines.items()]
        for title, told in (("What changes", found.turns), ("Not possible", found.bars)):
            if rows and told:
                rows += [heading(title), *(Row("", (word(f"  {one}", "dim"),)) for one in told)]
        if rows:
            self.table.fill(rows)
            self.table.move(0)
        else:
            self.table.say(())
        self.say(found.note, "warn")
        self._explain()

    def _when(self, one: MomentLine, *, zone: bool = True) -> str:
        start = one.start.astimezone(self.shell.zone)
        return f"{start:%a} {start.day} {start:%b} {start:%H:%M}{f' {start:%Z}' if zone else ''}"

    def _zones(self, found: MomentList) -> bool:
        """Whether clocks change among the moments: then each says in which time it is."""
        return (
            len({f"{one.start.astimezone(self.shell.zone):%Z}" for one in (found.asked, *found.moments)}) > 1
        )

    def _row(self, id: str, one: MomentLine, *, zone: bool) -> Row:
        role = "bad" if one.breaks else "good"
        windows = _windows(one)
        end = one.end.astimezone(self.shell.zone)
        return Row(
            id,
            (
                word(self._when(one, zone=zone), "strong"),
                word(f"{end:%a} {end.day} {end:%b} {end:%H:%M}", "dim"),
                word(one.takes, role),
                word("× broken" if one.breaks else "● kept", role),
                word(*windows),
            ),
        )

    @property
    def current(self) -> MomentLine | None:
        """The moment under the cursor."""
        return self._lines.get(self.table.current) if self.found else None

    def _explain(self) -> None:
        """Say why, of the moment under the cursor; or why there is none."""
        found, one, pane = self.found, self.current, self.query_one("#reason", Lines)
        if found is None:
            return

        def lines(width: int) -> Sequence[Line]:
            if one is None:
                return [
                    *wrap(found.none, width, "bad"),
                    *wrap(f"{found.called}: {found.asked.reason}.", width, "dim"),
                ]
            mark = Piece("× " if one.breaks else "● ", "bad" if one.breaks else "good")
            return [(mark, Piece(one.verdict, "strong")), *wrap(f"{one.reason}.", width)]

        pane.draw(lines)

    def on_rows_moved(self) -> None:
        self._explain()

    # Keys -----------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Go to the next moment; where there is none, scroll what is said."""
        if self._lines:
            self.table.action_step(by)
        else:
            self.query_one("#reason", Lines).action_step(by)

    def action_page(self, by: int) -> None:
        """Go on by a screenful."""
        self.table.action_page(by)

    def on_rows_chosen(self) -> None:
        self._take()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._take()

    def _take(self) -> None:
        one = self.current
        if one is not None:
            wanted = self.wanted()
            self.dismiss(Taken(*one.typed, wanted.expected, wanted.worst or wanted.expected))
        elif self.found is not None:
            self.say("There is no moment to take.")
        elif self._worker is not None:
            self.say("Looking for better moments…", "dim")


def _short(lines: list[Line], most: int = 2) -> list[Line]:
    """The first lines, with a sign where there are more."""
    return lines if len(lines) <= most else [*lines[: most - 1], (*lines[most - 1], Piece(" …", "dim"))]


def _windows(one: MomentLine) -> tuple[str, str]:
    if one.outside:
        return f"outside {listed(one.outside, 2)}", "warn"
    if one.inside:
        return f"inside {listed(one.inside, 2)}", "good"
    return "none agreed", "dim"

"""The page of one command: what it printed, whether it is done or refused, and the way to --apply."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from time import monotonic
from typing import ClassVar

from textual.widget import Widget

from tui.present import Line, Piece, counted
from tui.screens.asking import Sheet
from tui.screens.asks import Ask
from tui.screens.dialogs import Confirm
from tui.screens.place import Place
from tui.session import Job
from tui.widgets.bars import Rule
from tui.widgets.printed import Printed

INTERVAL = 0.1
STATES = {
    "running": ("▶", "accent"),
    "stopping": ("▶", "warn"),
    "done": ("●", "good"),
    "refused": ("×", "bad"),
    "failed": ("×", "bad"),
    "stopped": ("■", "warn"),
    "left": ("■", "dim"),
}
REFUSED = ("bad", "warn")


def lasting(seconds: float) -> str:
    """How long something took, in words."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class OutputPage(Place):
    """What a command printed. It fills while the command runs; Esc leaves it running."""

    NAME: ClassVar[str] = "output"
    TITLE_WORD: ClassVar[str] = "Command"
    AUTO_FOCUS = "#printed"

    def __init__(self, number: str) -> None:
        super().__init__()
        self.number = int(number)
        self._seen = (-1, "")

    def where(self) -> tuple[str, ...]:
        return (self.NAME, str(self.number))

    def body(self) -> Iterable[Widget]:
        yield Rule(id="rule")
        yield Printed(id="printed")

    @property
    def job(self) -> Job | None:
        """The command; None once the session has forgotten it."""
        return self.shell.session.job(self.number)

    def on_mount(self) -> None:
        self._clock = self.set_interval(INTERVAL, self._look)

    def load(self) -> None:
        self._look()

    def _look(self) -> None:
        job = self.job
        if job is None or job.capture is None:
            self.query_one(Rule).put((Piece(" This output is no longer kept.", "dim"),))
            self._clock.stop()
            return
        ended, lines = job.ended is not None, job.capture.lines
        self.headline(Piece(job.what, "strong"))
        self._crown(job)
        if (len(lines), job.state) != self._seen:
            self._seen = (len(lines), job.state)
            count = len(lines)
            roles = _roles(job, sum(1 for one in lines[:count] if one.words))
            self.query_one(Printed).take(lines[:count], roles=roles)
            self.footline()
        if ended:
            self._clock.stop()

    def _crown(self, job: Job) -> None:
        assert job.capture is not None, "only commands have a page"
        glyph, role = STATES[job.state]
        code = f" ({job.code})" if job.state == "refused" else ""
        words = job.state if job.state != "left" else "no longer waited for"
        left: Line = (
            Piece(f" {glyph} {words}{code}", role),
            Piece(f"  {lasting(job.took(monotonic()))}", "dim"),
        )
        if job.ended is None and job.capture.progress:
            left = (*left, Piece(f"  {job.capture.progress}", "dim"))
        many = counted(len(job.capture.lines) + job.capture.beyond, "line")
        self.query_one(Rule).put(left, (Piece(f"{many}  ← → sideways ", "dim"),))

    # Verbs ----------------------------------------------------------------------------------

    def hints(self) -> Sequence[str]:
        offered = [one for one in ("apply", "save") if not self.guard(one)]
        return (*offered, "copy", "copy_command", "back", "help")

    def guard(self, name: str) -> str:
        job = self.job
        if name == "save":
            report = job is not None and job.asked is not None and job.asked.saves
            return "" if report and job and job.code == 0 else "Only a report that is made can be saved."
        if name != "apply":
            return super().guard(name)
        if job is None or job.asked is None or not job.asked.plans:
            return "This command shows no plan that could be applied."
        if job.ended is None:
            return "The plan is not finished yet."
        return "" if job.code == 0 else "What is refused cannot be applied."

    def verb_apply(self) -> None:
        """Run it again with --apply, after a question."""
        job = self.job
        assert job is not None, "the guard has seen it"
        assert job.asked is not None, "the guard has seen it"
        words = (*job.asked.words, "--apply")

        def answered(yes: bool | None) -> None:
            if yes:
                self.shell.leave()
                self.shell.run_words(words)

        self.app.push_screen(
            Confirm(f"Do what is shown here? It runs: {job.what} --apply", "apply"), answered
        )

    def verb_save(self) -> None:
        """Save the report in a file; one that is there is asked about."""
        job = self.job
        assert job is not None, "the guard has seen it"
        assert job.asked is not None, "the guard has seen it"
        words = _without_form(job.asked.words)
        name = "-".join(Path(one).name for one in words[:3] if one[:1] != "-")
        file = Ask("file", "file", "ends with .html, .md or .csv", f"{name}.html", "Say where.")

        def taken(given: dict[str, str] | None) -> None:
            if given is None:
                return
            place = Path(given["file"]).expanduser()

            def answered(yes: bool | None) -> None:
                if yes:
                    self.perform(*words, "--to", str(place), "--replace")

            if place.exists():
                question = f"{place} is there already. Write the report over it?"
                self.app.push_screen(Confirm(question, "replace"), answered)
            else:
                self.perform(*words, "--to", str(place))

        sheet = Sheet("Save the report", ("The ending of the name says the form.",), (file,), "save")
        self.app.push_screen(sheet, taken)

    def verb_copy(self) -> None:
        """Copy everything it printed."""
        text = self.query_one(Printed).plain()
        self.app.copy_to_clipboard(text)
        self.tell(f"Copied {counted(text.count(chr(10)) + 1, 'line')}")

    def command_line(self) -> str:
        return self.job.what if self.job else "cmdb"


def _without_form(words: Sequence[str]) -> tuple[str, ...]:
    """A command without the form it was printed in."""
    found = list(words)
    if "--format" in found:
        place = found.index("--format")
        del found[place : place + 2]
    return tuple(one for one in found if one != "--json" and not one.startswith("--format="))


def _roles(job: Job, words: int) -> tuple[str, ...]:
    """The colours of what stands on stderr: of a refusal, reason, problems and remedy."""
    if job.state != "refused" or job.capture is None or job.capture.error is None or not words:
        return ()
    said = 1 + len(job.capture.error.problems) + 1
    before = max(0, words - said)
    return (*["dim"] * before, "bad", *["warn"] * (said - 2), "accent")

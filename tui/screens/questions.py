"""Questions and use cases of a screen: asked in threads, answered with plain values, jobs meanwhile.

A newer question of the same group makes the older answer stale, and stale answers are dropped. Only
`CmdbError` is an answer too: it is shown with its remedy. Anything else is a programming error. What
lasts longer than a moment is a job; what writes is written down in the command log.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar, cast

from textual.screen import Screen, ScreenResultType
from textual.worker import Worker, WorkerState

from cmdb.errors import CmdbError
from tui.actions import spelled
from tui.mishaps import refusal
from tui.screens.shell import Shell
from tui.session import Job
from tui.widgets.steady import Steady

T = TypeVar("T")

PATIENCE = 0.15  # seconds before a wait is spoken of


class Questioner(Steady, Screen[ScreenResultType]):
    """A screen that asks. Subclasses say where a refusal and a wait are shown."""

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[Worker[Any], tuple[Callable[[Any], None], Callable[[CmdbError], None]]] = {}
        self._jobs: dict[Worker[Any], Job] = {}
        # While what a form gave is carried out: opens the form again with what was typed, and why.
        self.form_again: Callable[[CmdbError], None] | None = None

    @property
    def shell(self) -> Shell:
        """The app, as screens see it."""
        return cast(Shell, self.app)

    # What a subclass says -------------------------------------------------------------------

    def fault(self, error: CmdbError) -> None:
        """Say what a refusal from below says."""
        raise NotImplementedError

    def tell(self, text: str, role: str = "good") -> None:
        """Say that something was done."""
        raise NotImplementedError

    def again(self) -> None:
        """Read again what a use case may have changed."""

    def waiting(self, on: bool) -> None:
        """Show that an answer is being waited for, or no more."""

    # Questions ------------------------------------------------------------------------------

    def ask(
        self,
        group: str,
        question: Callable[[], T],
        answer: Callable[[T], None],
        *,
        failed: Callable[[CmdbError], None] | None = None,
        what: str = "",
    ) -> None:
        """Run `question` in a thread and give what it says to `answer`; the newest of a group wins.

        `what` are the words the list of jobs has for it.
        """
        # One that is overtaken before it began never reports its end; nobody waits for it any more.
        for older in [one for one in self._answers if one.group == group]:
            del self._answers[older]
        worker = self.run_worker(question, group=group, exclusive=True, exit_on_error=False, thread=True)
        self._answers[worker] = (answer, failed or self.fault)
        words = what or f"{self.heading()}: {group}"
        self.set_timer(PATIENCE, lambda: self._still(worker, words, monotonic() - PATIENCE))

    def heading(self) -> str:
        """What the list of jobs calls this screen."""
        return type(self).__name__

    def _still(self, worker: Worker[Any], words: str, since: float) -> None:
        if worker in self._answers:
            self._jobs[worker] = self.shell.session.began(Job(words, since), worker)
            self.waiting(True)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if event.state in (WorkerState.PENDING, WorkerState.RUNNING):
            return
        job = self._jobs.pop(worker, None)
        if job is not None:
            ends = {WorkerState.SUCCESS: "done", WorkerState.ERROR: "refused"}
            job.end(ends.get(event.state, "stopped"), monotonic())
        if worker not in self._answers:
            return
        answer, failed = self._answers.pop(worker)
        if not self._answers:
            self.waiting(False)
        if event.state is WorkerState.SUCCESS:
            answer(worker.result)
        elif event.state is WorkerState.ERROR and worker.error is not None:
            failed(refusal(worker.error))

    @property
    def idle(self) -> bool:
        """Whether no question is open."""
        return not self._answers

    def give_up(self) -> None:
        """Wait for nothing any more."""
        for worker in tuple(self._answers):
            worker.cancel()

    # What writes ----------------------------------------------------------------------------

    def do(self, what: Callable[[], str], *, command: str, then: Callable[[str], None] | None = None) -> None:
        """Run a use case in a thread; say what it says, then read again.

        `command` is the command line that does the same; it stands in the command log with what came
        of it. A refusal opens the form it came from again, with what was typed.
        """

        def done(said: str) -> None:
            self.tell(said)
            if then is not None:
                then(said)
            self.again()

        shell, again = self.shell, self.form_again

        def refused(error: CmdbError) -> None:
            (again if again and self.is_current else self.fault)(error)

        self.ask("write", shell.session.noted(shell.now, command, what), done, failed=refused, what=command)

    def perform(self, *words: str, then: Callable[[str], None] | None = None) -> None:
        """Run the command of these words (without `cmdb`) as `do` runs a use case.

        What it answers last is said. The words are what a shell would hand over: nothing is quoted.
        """
        shell = self.shell
        self.do(lambda: shell.perform(words), command=spelled(words), then=then)

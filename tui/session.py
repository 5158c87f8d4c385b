"""What this session of the app did and does: acts for the command log, jobs for the list of jobs.

Nothing here reads a clock: instants and seconds are parameters. Threads may write.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol

from cmdb.errors import CmdbError
from tui.actions import Asked
from tui.capture import Capture
from tui.drafts import Ending

ACTS = 1000
JOBS = 200


class Act(NamedTuple):
    """One writing act: when, the command that says the same, and what came of it."""

    at: datetime
    command: str
    outcome: str
    done: bool


class Working(Protocol):
    """Whoever does a job, and can be asked to leave it."""

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, however it did."""
        ...

    def cancel(self) -> None:
        """Let go of it: what it answers is not waited for any more."""
        ...


class Job:
    """Something that runs in the background, or did: what, since when, and how it ended.

    `capture` is there for commands: it can stop them, and holds what they said; `asked` is what was
    asked of the command line, `code` its exit code.
    """

    def __init__(self, what: str, started: float, capture: Capture | None = None) -> None:
        self.what = what
        self.number = 0
        self.asked: Asked | None = None
        self.code: int | None = None
        self.started = started
        self.worker: Working | None = None
        self.capture = capture
        self.ended: float | None = None
        self.state = "running"

    def end(self, state: str, at: float) -> None:
        """Say how it ended; the first word on that holds."""
        if self.ended is None:
            self.state, self.ended = state, at
            self.worker = None  # it holds the screen that asked, and with it every line that was painted

    def look(self, at: float) -> None:
        """Notice that it ended while nobody waited for its answer."""
        if self.ended is None and self.worker is not None and self.worker.is_finished:
            self.end("left", at)

    def stop(self, at: float) -> None:
        """Ask it to stop. A command does at its next word; a question is not waited for any more."""
        if self.ended is not None:
            return
        if self.capture is not None:
            self.state = "stopping"
            self.capture.stop()
        elif self.worker is not None:
            self.worker.cancel()
            self.end("stopped", at)

    def took(self, now: float) -> float:
        """Seconds it took, or has taken until `now`."""
        return (self.ended if self.ended is not None else now) - self.started


class Session:
    """The acts and the jobs since the app was opened; `undo` says how the last act can be taken back."""

    def __init__(self) -> None:
        self.undo: tuple[str, ...] = ()
        self.endings: dict[str, Ending] = {}  # how a change went, as typed, while closing it is refused
        self.acts: list[Act] = []
        self.jobs: list[Job] = []
        self._numbers = 0

    def note(self, at: datetime, command: str, outcome: str, *, done: bool) -> None:
        """Write an act down."""
        self.acts.append(Act(at, command, outcome, done))
        del self.acts[:-ACTS]

    def noted(self, now: Callable[[], datetime], command: str, what: Callable[[], str]) -> Callable[[], str]:
        """Give a use case that writes itself down, whether it does what it should or is refused."""

        def act() -> str:
            try:
                said = what()
            except CmdbError as refusal:
                self.note(now(), command, refusal.reason, done=False)
                raise
            self.note(now(), command, said, done=True)
            return said

        return act

    def began(self, job: Job, worker: Working) -> Job:
        """Take a job into the list, with who does it."""
        self.running(job.started)  # those that ended unnoticed let go of their screens
        self._numbers += 1
        job.number, job.worker = self._numbers, worker
        self.jobs.append(job)
        del self.jobs[:-JOBS]
        return job

    def running(self, now: float) -> tuple[Job, ...]:
        """The jobs that have not ended."""
        for job in self.jobs:
            job.look(now)
        return tuple(job for job in self.jobs if job.ended is None)

    def job(self, number: int) -> Job | None:
        """The job of that number; None once it is forgotten."""
        return next((job for job in self.jobs if job.number == number), None)

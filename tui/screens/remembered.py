"""A dialog with lines whose words survive a crash: kept while they are typed, let go of when it ends.

They stand in one file of the person's machine, as those of the large forms do. Written one after the
other: what was let go of is never kept again by a thread that was slower.
"""

from collections.abc import Mapping
from threading import Lock
from typing import ClassVar, TypeVar, cast

from textual.await_complete import AwaitComplete
from textual.timer import Timer
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from tui.screens.dialogs import Confirm, Dialog
from tui.screens.shell import Shell

R = TypeVar("R")
PAUSE = 0.2  # seconds without a letter before what is typed is kept


class Remembered(Dialog[R]):
    """A dialog that keeps what is typed into its lines, by their ids."""

    KEEPS: ClassVar[bool] = True
    _timer: Timer | None = None
    _recalled = False

    @property
    def shell(self) -> Shell:
        """The app, as screens see it."""
        return cast(Shell, self.app)

    @property
    def key(self) -> str:
        """The name under which what is typed is kept."""
        return f"{type(self).__name__} {self.heading}"

    def origin(self) -> Mapping[str, str]:
        """What stood in the lines before anything was typed, where that is not what it opened with."""
        return {}

    def lines(self) -> dict[str, str]:
        """What stands in the lines now."""
        return {one.id: one.value for one in self.query(Input) if one.id}

    def mine(self) -> dict[str, str]:
        """The lines that say something else than before anything was typed."""
        return {name: text for name, text in self.lines().items() if text != self._start.get(name, "")}

    def on_mount(self) -> None:
        """Put back what was typed before the dialog was lost."""
        self._writing, self._last = Lock(), 0
        self._opened = self.lines()
        self._start = {**self._opened, **self.origin()}
        if not self._opened:
            return
        if self.mine():  # it opens with what was typed: a refusal loses nothing either
            self._recalled = True
            self.keep()
            return
        whole, key = self.shell.whole, self.key
        self.run_worker(
            lambda: whole().item_work.kept(key), name="kept", group="kept", exit_on_error=False, thread=True
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What was kept has been read."""
        worker = event.worker
        if worker.name == "kept" and worker.is_finished and not self._recalled:
            self._recalled = True
            self._recall(worker.result if event.state is WorkerState.SUCCESS else None)

    def _recall(self, kept: object) -> None:
        now, found = self.lines(), kept if isinstance(kept, dict) else {}
        back = {one: text for one, text in found.items() if one in now and now[one] == self._opened[one]}
        for name, text in back.items():
            self.query_one(f"#{name}", Input).value = text
        if back:
            self.say("What you typed before is back.", "accent")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep it, once nothing was typed for a moment."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self.keep)

    def keep(self) -> None:
        """Keep what is typed; nothing, where it is what stood there."""
        if self._recalled:  # else what was kept has to be read first
            self._write(self.mine() or None)

    def _write(self, typed: dict[str, str] | None) -> None:
        self._last += 1
        turn, whole, key = self._last, self.shell.whole, self.key

        def write() -> None:
            with self._writing:
                if turn == self._last:
                    whole().item_work.keep(key, typed)

        self.app.run_worker(write, group="keep", exit_on_error=False, thread=True)

    def dismiss(self, result: R | None = None) -> AwaitComplete:
        """End; what was typed is let go of."""
        if self._timer is not None:
            self._timer.stop()
        if self._opened:
            self._write(None)
        return super().dismiss(result)

    def action_leave(self) -> None:
        """Leave, after a question when something is typed."""
        if not self.mine():
            self.dismiss(None)
            return
        self.app.push_screen(Confirm("Leave the form? What you typed is lost.", "leave it"), self._left)

    def _left(self, yes: bool | None) -> None:
        if yes:
            self.conclude(None)

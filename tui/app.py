"""The app: places, pages on top of them, themes, the `:` line and the palette.

It knows what is where; what each screen shows is in `tui.screens`, where it comes from in
`tui.sources`. The part of the source that loads heavy rooms is made in a thread after the first
paint, by the function given for it.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from textual._styles_cache import StylesCache
from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.command import Provider
from textual.driver import Driver
from textual.events import Event, Key
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from cmdb.errors import Refused
from cmdb.watching import Watch
from tui import verbs
from tui.actions import spelled
from tui.capture import Capture, catching
from tui.colon import Colon, Commands
from tui.screens.directory import palette, screen
from tui.screens.live import Lively
from tui.screens.nursed import Nursed
from tui.screens.place import Place
from tui.session import Job, Session
from tui.sources import FastSource, Source
from tui.views import Masthead
from tui.widgets.paint import Brush
from tui.widgets.sparing import sparing
from tui.widgets.steady import Steady
from tui.widgets.themes import DEFAULT, THEMES, begin, colours

DIALOGS = ("help", "log", "jobs")
QUIET = 0.5  # seconds after which the heavy rooms are loaded, whether or not anybody asks for them
PLACES = tuple(place.name for place in verbs.PLACES)


class CmdbApp(Nursed, Lively, Steady, App[None]):
    """The whole app over one source."""

    CSS_PATH = "app.tcss"
    TITLE = "cmdb"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {palette}
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        fast: FastSource,
        whole: Callable[[], Source],
        *,
        start: str = "today",
        subjects: tuple[str, ...] = (),
        theme: str = DEFAULT,
        ascii_only: bool = False,
        keep_theme: Callable[[str], None] | None = None,
        greeting: str = "",
        line: Callable[[], Commands] | None = None,
        log: Path | None = None,
        watch: Callable[[], Watch] | None = None,
    ) -> None:
        self.brush = Brush(colours(THEMES[0]), ascii_only=ascii_only)
        self._ascii = ascii_only
        self._keep_theme = keep_theme
        self._greeting = greeting
        super().__init__()
        begin(self, theme)
        self.typed: list[str] = []
        self.session = Session()
        self._make_line, self._watch = line, watch
        self._made_line: Commands | None = None
        self.log_file = log
        self.mishaps: list[Exception] = []
        self._catching = ExitStack()
        self.masthead: Masthead = fast.masthead()
        self.zone: tzinfo = ZoneInfo(self.masthead.zone)
        self._fast = fast
        self._make_whole = whole
        self._whole: Source | None = None
        self._making = threading.Lock()
        self._colon = Colon(self, fast, lambda: self.line)
        self._start = (start, *subjects)
        self._past: list[tuple[str, ...]] = []
        self._at_work: dict[Worker[Any], Job] = {}

    # What screens ask of the app (see screens.place.Shell) ------------------------------------

    def now(self) -> datetime:
        """The site's clock."""
        return self._fast.now()

    def fast(self) -> FastSource:
        """The read path."""
        return self._fast

    def whole(self) -> Source:
        """Everything below; made once, in the thread that asks first."""
        with self._making:
            if self._whole is None:
                self._whole = self._make_whole()
            return self._whole

    def get_driver_class(self) -> type[Driver]:
        return sparing(super().get_driver_class())

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        self.brush = Brush(variables, ascii_only=self._ascii)
        return variables

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(THEMES[0].variables)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return ()

    def use_theme(self, name: str) -> None:
        """Change the colours, here and the next time."""
        self.theme = name
        if self._keep_theme is not None:
            self._keep_theme(name)

    def on_mount(self) -> None:
        self.set_class(self._ascii, "-ascii")
        self._catching.enter_context(catching())
        name, *subjects = self._start
        self.push_screen(self._place(name if name in PLACES else "items"))
        if name not in PLACES:
            self.go(name, *subjects)
        if self._greeting:
            self.say(self._greeting)
        self.set_timer(QUIET, self._warm)
        if self._watch is not None:
            self.listen(self._watch)

    async def on_event(self, event: Event) -> None:
        """A key waits for what it is about, and takes the notice away before it does anything else."""
        if isinstance(event, Key) and not event.is_forwarded:
            screen = self.screen
            if isinstance(screen, Place) and (screen.ahead.keeps(event) or screen.hush(event.key)):
                return
        await super().on_event(event)

    def pop_screen(self) -> AwaitComplete:
        """Leave a page or dialog, and let go of what it has painted.

        Textual asks for the colours of a widget by way of a cache that keeps a thousand widgets alive,
        each with its lines: tens of megabytes after an hour.
        """
        StylesCache.get_inner_outer.cache_clear()
        return super().pop_screen()

    def on_unmount(self) -> None:
        self.close_ears()
        self._catching.close()
        for job in self.session.running(monotonic()):
            if job.asked is not None and job.asked.harmless:  # nobody reads what it would say
                job.stop(monotonic())
        self._fast.close()
        if self._whole is not None:
            self._whole.close()

    def _warm(self) -> None:
        """Load the heavy rooms in a thread, now that something is on the screen and time has passed."""
        self.run_worker(lambda: (self.whole(), self.line), group="warm", exit_on_error=False, thread=True)

    # Going about ----------------------------------------------------------------------------

    def _place(self, name: str) -> Place:
        if not self.is_screen_installed(name):
            self.install_screen(screen(name), name)
        place = self.get_screen(name)
        assert isinstance(place, Place)
        return place

    def _here(self) -> tuple[str, ...]:
        pages = [screen for screen in self.screen_stack if isinstance(screen, Place)]
        return pages[-1].where() if pages else ()

    def go(self, name: str, *subjects: str) -> None:
        """Show a place, or open a page or dialog on its subjects."""
        if name in DIALOGS:
            self.push_screen(screen(name, *subjects))
        elif name == "everything":
            self.push_screen(screen(name), self._chosen)
        elif name == "new":
            self.push_screen(screen(name, *subjects), self._drafted)
        elif name == "check-in":
            self.push_screen(screen(name, *subjects), self._checked_in)
        elif name in PLACES:
            self._remember()
            self._to_place(name)
            if subjects:
                self.call_after_refresh(self._place(name).arrive, subjects[0])
        else:
            self._remember()
            self.push_screen(screen(name, *subjects))

    def _to_place(self, name: str) -> None:
        while len(self.screen_stack) > 2:
            self.pop_screen()
        place = self._place(name)
        if self.screen is not place:
            self.switch_screen(place)

    def _remember(self) -> None:
        here = self._here()
        if here and (not self._past or self._past[-1] != here):
            self._past.append(here)
            del self._past[:-50]

    def leave(self) -> None:
        """Close the page on top; from a place go to Today."""
        if len(self.screen_stack) > 2:
            self.pop_screen()
        elif self.screen is not self._place("today"):
            self.go("today")

    def last_place(self) -> None:
        """Go back to where we were before, and there again with the next time."""
        if self._past:
            self.go(*self._past[-1])

    def _chosen(self, verb: str | None) -> None:
        here = self.screen
        if verb and isinstance(here, Place):
            name, subjects = here.under()
            if name == here.NAME:
                here.action_verb(verb)
            else:
                self.attempt(name, subjects, verb)

    def _drafted(self, id: str | None) -> None:
        if id:
            self.go("change", id)
            self.say(f"{id} is a draft: s submits it.")

    def _checked_in(self, said: str | None) -> None:
        if said:
            self.say(said)

    def say(self, text: str) -> None:
        """Say something on whatever screen is on top."""

        def say() -> None:
            if isinstance(self.screen, Place):
                self.screen.tell(text)

        self.call_after_refresh(say)

    # The `:` line ---------------------------------------------------------------------------

    def obey(self, text: str) -> None:
        """Do what was typed. Raises what it is refused with."""
        self._colon.obey(text)

    async def complete(self, text: str) -> str | None:
        """The first thing known that begins with what was typed."""
        return await asyncio.to_thread(self._colon.complete, text)

    def show_filtered(self, place: str, words: str) -> None:
        """Show a place with a filter on its list."""
        self.go(place)
        if isinstance(self.screen, Place):
            self.call_after_refresh(partial(self.screen.heard, "/", words, done=True, left=False))

    def leave_app(self) -> None:
        """End the app."""
        self.exit()

    def here(self) -> str:
        """The name of the screen on top."""
        pages = [screen for screen in self.screen_stack if isinstance(screen, Place)]
        return pages[-1].NAME if pages else ""

    def act(self, verb: str) -> None:
        """Do a verb on the screen on top."""
        if isinstance(self.screen, Place):
            self.screen.action_verb(verb)

    def attempt(self, screen: str, subjects: Sequence[str], verb: str) -> None:
        """Open a screen and do a verb there, once it has been read."""
        here = self.screen
        if not (isinstance(here, Place) and here.where() == (screen, *subjects)):
            self.go(screen, *subjects)
        if isinstance(self.screen, Place):
            self._when_read(self.screen, verb)

    def _when_read(self, page: Place, verb: str) -> None:
        """Do a verb on a page once it knows what it shows."""

        def attempt() -> None:
            if page.is_attached and self.screen is page:
                if page.idle and page.is_mounted:
                    page.action_verb(verb)
                else:
                    page.set_timer(0.05, attempt)

        self.call_after_refresh(attempt)

    # Commands -------------------------------------------------------------------------------

    @property
    def line(self) -> Commands | None:
        """The command line; its rooms are loaded when it is asked for first."""
        if self._made_line is None and self._make_line is not None:
            self._made_line = self._make_line()
        return self._made_line

    def _commands(self) -> Commands:
        line = self.line
        if line is None:
            raise Refused("No command line belongs to this app.", "Type the command in a shell.")
        return line

    def run_words(self, words: Sequence[str]) -> None:
        """Run a command in a thread, and show the page that fills with what it says."""
        line, job = self._commands(), Job(spelled(words), monotonic(), Capture(spelled(words)))

        def run() -> int:
            assert job.capture is not None, "a command has one"
            job.asked = line.asked(words)
            return line.run(job.asked, job.capture)

        worker = self.run_worker(run, group=f"command {id(job)}", exit_on_error=False, thread=True)
        self._at_work[worker] = self.session.began(job, worker)
        if self.here() == "output":
            self.leave()
        self.go("output", str(job.number))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A command has ended: say how, in the list of jobs and in the command log."""
        if event.worker not in self._at_work or not event.worker.is_finished:
            return
        job, error = self._at_work.pop(event.worker), event.worker.error
        job.code = event.worker.result if event.worker.state is WorkerState.SUCCESS else None
        job.end(_ENDS.get(job.code, "refused"), monotonic())
        if job.asked is not None and job.capture is not None and not job.asked.harmless:
            self.session.note(self.now(), job.what, job.capture.outcome(), done=job.code == 0)
        if error is not None:
            raise error

    def perform(self, words: Sequence[str]) -> str:
        """Run a command of the command line in this thread; gives its last line."""
        return self._commands().perform(words)


_ENDS = {0: "done", 130: "stopped", None: "failed"}  # by exit code

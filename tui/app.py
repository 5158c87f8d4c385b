"""The app: places, pages on top of them, themes, the `:` line and the palette.

It knows what is where; what each screen shows is in `tui.screens`, where it comes from in
`tui.sources`. The part of the source that loads heavy rooms is made in a thread after the first
paint, by the function given for it.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from functools import partial
from importlib import import_module
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from textual.app import App, SystemCommand
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.events import Event, Key
from textual.screen import Screen

from cmdb.errors import Invalid
from cmdb.site import Site
from tui import actions, verbs
from tui.context import Invocation
from tui.keys import shown_key
from tui.reads import FastSite
from tui.screens.place import Place
from tui.sources import FastSource, Source
from tui.views import Masthead
from tui.widgets.paint import Brush
from tui.widgets.themes import DEFAULT, THEMES

# Where each place, page and dialog is. They are loaded when they are opened first: the first paint
# needs one of them, and each costs milliseconds. A test imports every entry.
SCREENS: Mapping[str, tuple[str, str]] = {
    "today": ("today", "Today"),
    "items": ("items", "Items"),
    "changes": ("changes", "Changes"),
    "board": ("board", "Board"),
    "baselines": ("baselines", "Baselines"),
    "calendar": ("calendar", "CalendarPlace"),
    "audits": ("audits", "Audits"),
    "item": ("item", "ItemPage"),
    "impact": ("impact", "ImpactPage"),
    "window": ("impact", "WindowPage"),
    "change": ("changes", "ChangePage"),
    "compare": ("baselines", "ComparePage"),
    "help": ("dialogs", "Keys"),
    "new": ("forms", "NewChange"),
    "check-in": ("forms", "CheckIn"),
}
PLACES = tuple(place.name for place in verbs.PLACES)


def screen(name: str, *subjects: str) -> Screen[Any]:
    """Make a screen, loading its module."""
    module, kind = SCREENS[name]
    made: Screen[Any] = getattr(import_module(f"tui.screens.{module}"), kind)(*subjects)
    return made


class Verbs(Provider):
    """Places and the verbs of the present screen, for ctrl+p."""

    def _offers(self) -> list[tuple[str, Callable[[], object], str]]:
        app = self.app
        assert isinstance(app, CmdbApp)
        here = self.screen
        found: list[tuple[str, Callable[[], object], str]] = [
            (f"Go to {place.title}", partial(app.go, place.name), f"{place.key}  {place.shows}")
            for place in verbs.PLACES
        ]
        if isinstance(here, Place):
            for verb in verbs.verbs_of(here.NAME):
                words = f"{shown_key(verb.key)}  {verb.does}"
                found.append((verb.word.capitalize(), partial(here.action_verb, verb.name), words))
        found += [(f"Theme: {one.name}", partial(app.use_theme, one.name), "colours") for one in THEMES]
        return found

    async def discover(self) -> Hits:
        """Everything, before a letter is typed."""
        for name, run, words in self._offers():
            yield DiscoveryHit(name, run, help=words)

    async def search(self, query: str) -> AsyncIterator[Hit]:
        """What matches the letters typed."""
        matcher = self.matcher(query)
        for name, run, words in self._offers():
            score = matcher.match(f"{name} {words}")
            if score > 0:
                yield Hit(score, name, run, help=words)


class CmdbApp(App[None]):
    """The whole app over one source."""

    CSS_PATH = "app.tcss"
    TITLE = "cmdb"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Verbs}
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
    ) -> None:
        self.brush = Brush(dict.fromkeys(_COLOURS, "white"), ascii_only=ascii_only)
        self._ascii = ascii_only
        super().__init__()
        for one in THEMES:
            self.register_theme(one)
        self.theme = theme
        self.typed: list[str] = []
        self.masthead: Masthead = fast.masthead()
        self.zone: tzinfo = ZoneInfo(self.masthead.zone)
        self._fast = fast
        self._make_whole = whole
        self._whole: Source | None = None
        self._making = threading.Lock()
        self._start = (start, *subjects)
        self._past: list[tuple[str, ...]] = []

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

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        self.brush = Brush(variables, ascii_only=self._ascii)
        return variables

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict.fromkeys(("dim", "strong", "info", "rule"), "#808080")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return ()

    def use_theme(self, name: str) -> None:
        """Change the colours."""
        self.theme = name

    def on_mount(self) -> None:
        self.set_class(self._ascii, "-ascii")
        name, *subjects = self._start
        if name in PLACES:
            self.push_screen(self._place(name))
        else:
            self.push_screen(self._place("items"))
            self.go(name, *subjects)
        self.call_after_refresh(self._warm)

    async def on_event(self, event: Event) -> None:
        """A key takes the notice away before it does anything else."""
        if isinstance(event, Key) and not event.is_forwarded:
            screen = self.screen
            if isinstance(screen, Place) and screen.hush(event.key):
                return
        await super().on_event(event)

    def on_unmount(self) -> None:
        self._fast.close()
        if self._whole is not None:
            self._whole.close()

    def _warm(self) -> None:
        """Load the heavy rooms in a thread, now that something is on the screen."""
        self.run_worker(self.whole, group="warm", exit_on_error=False, thread=True)

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
        if name == "help":
            self.push_screen(screen(name, *subjects))
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

    def _drafted(self, id: str | None) -> None:
        if id:
            self.go("change", id)
            self._say(f"{id} is a draft: s submits it.")

    def _checked_in(self, said: str | None) -> None:
        if said:
            self._say(said)

    def _say(self, text: str) -> None:
        def say() -> None:
            if isinstance(self.screen, Place):
                self.screen.tell(text)

        self.call_after_refresh(say)

    # The `:` line ---------------------------------------------------------------------------

    def obey(self, order: actions.Order) -> None:
        """Do what was typed. Raises Invalid when something is missing."""
        if order.verb == "theme":
            self._theme_by_name(order.rest)
        elif order.verb == "quit":
            self.exit()
        elif order.verb == "help" and isinstance(self.screen, Place):
            self.go("help", self.screen.NAME)
        elif order.verb == "new":
            self.go("new", *order.subjects)
        elif order.go in PLACES:
            self._obey_place(order)
        elif not order.subjects or (order.go == "compare" and len(order.subjects) < 2):
            raise Invalid(
                f"'{order.go}' needs to know what.", "Type the id after it, such as 'impact sw-11'."
            )
        elif order.go == "impact":
            self.go("impact", *order.subjects)
        else:
            many = 2 if order.go == "compare" else 1
            self.go(order.go, *order.subjects[:many])
            if order.verb and isinstance(self.screen, Place):
                self._when_read(self.screen, order.verb)

    def _obey_place(self, order: actions.Order) -> None:
        self.go(order.go, *(("verify",) if order.verb == "verify" else order.subjects[:1]))
        if order.verb == "filter" and isinstance(self.screen, Place):
            self.call_after_refresh(partial(self.screen.heard, "/", order.rest, done=True, left=False))

    def _when_read(self, page: Place, verb: str) -> None:
        """Do a verb on a page once it knows what it shows."""

        def attempt() -> None:
            if page.is_attached and self.screen is page:
                if page.idle and page.is_mounted:
                    page.action_verb(verb)
                else:
                    page.set_timer(0.05, attempt)

        self.call_after_refresh(attempt)

    def _theme_by_name(self, name: str) -> None:
        if name not in {one.name for one in THEMES}:
            raise Invalid(
                f"There is no theme '{name}'.", f"Choose one of {', '.join(one.name for one in THEMES)}."
            )
        self.theme = name

    async def complete(self, text: str) -> str | None:
        """The first thing known that begins with what was typed: words first, then ids."""
        if not text:
            return None
        for word in actions.words():
            if word.startswith(text) and word != text:
                return word
        head, space, last = text.rpartition(" ")
        if not last:
            return None
        found = await asyncio.to_thread(self._fast.complete, last, 1)
        return f"{head}{space}{found[0]}" if found else None


_COLOURS = ("foreground", "strong", "dim", "accent", "primary", "success", "info", "warning", "error", "rule")


def run(invocation: Invocation, *, start: str = "today", subjects: tuple[str, ...] = ()) -> int:
    """Open the app on the site of a command line, until the person leaves it; gives the exit code.

    `CMDB_THEME` chooses the colours, `CMDB_ASCII` draws without the glyphs.
    """
    site, environ = invocation.site, invocation.environ
    fast = FastSite(site, "", invocation.now)
    fast.person = invocation.person(fast.person_of_login)
    theme = environ.get("CMDB_THEME", DEFAULT)
    app = CmdbApp(
        fast,
        lambda: desk(site, fast.person, invocation.now, environ),
        start=start,
        subjects=subjects,
        theme=theme if theme in {one.name for one in THEMES} else DEFAULT,
        ascii_only=bool(environ.get("CMDB_ASCII")),
    )
    app.run()
    return app.return_code or 0


def desk(site: Site, person: str, clock: Callable[[], datetime], environ: Mapping[str, str]) -> Source:
    """Load the heavy rooms and open them on a site."""
    made: Source = import_module("tui.desk").opened(site, person, clock, environ)
    return made

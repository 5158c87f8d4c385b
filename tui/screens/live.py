"""What others write reaches the screen within two seconds, and moves nothing under anybody's hands.

A thread watches the database. The screen on top reads itself again; a dialog on top stays as it is and
says so where the news is about what it was opened on. Reading takes at most a fifth of the time.
"""

import threading
from collections.abc import Callable, Sequence
from time import monotonic

from textual.app import App
from textual.message import Message

from cmdb.watching import News, Watch
from tui.screens.place import Place
from tui.screens.shell import Speaker

SHARE = 4  # times as long as reading took, nothing is read again
LOOK = 0.1  # seconds between looks at whether the screen has been read


class Lively(App[None]):
    """The part of the app that hears of what others write."""

    class Wrote(Message):
        """Somebody wrote; or looking for it went wrong."""

        def __init__(self, news: News, error: Exception | None = None) -> None:
            super().__init__()
            self.news, self.error = news, error

    def __init__(self) -> None:
        super().__init__()
        self._deaf = threading.Event()
        self._due = False  # whether the screen on top is behind
        self._looking = False
        self._began = 0.0
        self._rests_until = 0.0

    def listen(self, watch: Callable[[], Watch]) -> None:
        """Watch a database from here on, in a thread of its own: it ends with the program."""
        threading.Thread(target=self._listen, args=(watch,), name="watch", daemon=True).start()

    def _listen(self, make: Callable[[], Watch]) -> None:
        try:
            with make() as watch:
                while not self._deaf.is_set():
                    news = watch.next(self._deaf)
                    if news is not None and not self._deaf.is_set():
                        self.post_message(self.Wrote(news))
        except Exception as error:  # noqa: BLE001 - a thread of ours would write it over the screen
            self.post_message(self.Wrote(News(0), error))

    def close_ears(self) -> None:
        """Watch no more."""
        self._deaf.set()

    def on_lively_wrote(self, event: "Lively.Wrote") -> None:
        event.stop()
        if event.error is not None:
            raise event.error
        here = self.screen
        page = next((one for one in reversed(self.screen_stack) if isinstance(one, Place)), None)
        if page is None:
            return
        words = meanwhile(event.news, page.shell.masthead.person, page.subjects())
        if here is page:
            if words:
                page.overhear(words)
            self._due = True
            self._catch_up()
        elif words and isinstance(here, Speaker):
            here.say(words, "warn")

    def _catch_up(self) -> None:
        """Read the screen on top again, once it is read and has rested."""
        here = self.screen
        if self._began and isinstance(here, Place) and here.idle:
            self._rests_until = monotonic() + SHARE * (monotonic() - self._began)
            self._began = 0.0
        if self._due and not self._began and monotonic() >= self._rests_until:
            self._due = False
            if isinstance(here, Place) and here.idle:  # else it is being read, and will be again
                self._began = monotonic()
                here.freshen()
        if (self._due or self._began) and not self._looking:
            self._looking = True
            self.set_timer(LOOK, self._look)

    def _look(self) -> None:
        self._looking = False
        if not isinstance(self.screen, Place):
            self._due, self._began = False, 0.0  # what comes to the top reads itself
        self._catch_up()


def meanwhile(news: News, me: str, subjects: Sequence[str]) -> str:
    """What somebody else did to what is looked at, the newest first; empty when nobody did."""
    about = [
        one
        for one in reversed(news.entries)
        if one.actor != me and any(subject in one.subjects for subject in subjects)
    ]
    if not about:
        return ""
    newest = about[0]
    named = next(subject for subject in subjects if subject in newest.subjects)
    more = f", and {len(about) - 1} more" if len(about) > 1 else ""
    return f"Meanwhile {newest.actor}: {newest.action}, {named}{more}."

"""What nobody expected becomes one line on the screen and a traceback in a file, and the app goes on."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App
from textual.screen import Screen

from tui.mishaps import in_short, write_down
from tui.screens.directory import dialog
from tui.screens.place import Place
from tui.screens.shell import Speaker

SAYING = "Notice, #box-words"  # where a screen or a dialog says what went wrong
MISHAPS = 50  # so many, and nobody can work with it


class Nursed(App[None]):
    """The part of the app that goes on after a programming error, and leaves nothing that is typed behind."""

    log_file: Path | None
    mishaps: list[Exception]
    LEAVING: ClassVar[str] = "leave the app"

    def now(self) -> datetime:
        """The site's clock."""
        raise NotImplementedError

    def mishap(self, error: Exception) -> None:
        """Write down what nobody expected, say so in one line, and go on.

        Where nothing can go on - nothing is shown yet, or it goes wrong again and again - the app ends
        with the traceback.
        """
        self.mishaps.append(error)
        if not self.screen_stack or len(self.mishaps) > MISHAPS:
            super()._handle_exception(error)
            return
        written = self.log_file is not None and write_down(error, self.log_file, self.now())
        kept = f"What happened stands in {self.log_file}: send it with a report." if written else ""
        words = f"Something went wrong inside the app: {in_short(error)}."
        here = self._standing()
        if isinstance(here, Place):
            here.refuse(words, f"The app goes on. {kept}".rstrip())
        elif isinstance(here, Speaker):
            here.say(words, "bad")

    def _standing(self) -> Screen[Any]:
        """The screen on top that can say something; one that could not be made is taken away."""
        here = self.screen
        if len(self.screen_stack) > 1 and not here.query(SAYING):
            self.pop_screen()
            here = self.screen
        return here

    def _handle_exception(self, error: Exception) -> None:
        self.mishap(error)

    # Leaving --------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Leave the app, after a question where a form is open; the key pressed again leaves."""
        stack: list[Any] = list(self.screen_stack)
        words = leaving([(one.heading, one.KEEPS) for one in stack if getattr(one, "is_form", False)])
        if not words or any(getattr(one, "leaves", False) for one in stack):
            self.exit()
        else:
            leave = dialog("leave", words, self.LEAVING)
            self.push_screen(leave, lambda yes: self.exit() if yes else None)


def leaving(forms: Sequence[tuple[str, bool]]) -> str:
    """What to ask before the app is left with these forms open: their titles, and whether each is kept."""
    if not forms:
        return ""
    told = [
        f"What you typed into '{title}' "
        + ("is kept: it is there when you open the form again." if keeps else "is not kept.")
        for title, keeps in forms
    ]
    return f"Leave the app? {' '.join(told)}"

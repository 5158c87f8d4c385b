"""What a screen asks of the app around it."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Protocol, runtime_checkable

from tui.session import Session
from tui.sources import FastSource, Source
from tui.views import Masthead
from tui.widgets.paint import Brush


@runtime_checkable
class Speaker(Protocol):
    """A dialog, as the app sees it: it can say something in itself."""

    def say(self, text: str, role: str = "warn") -> None:
        """Say what is missing, or went wrong."""
        ...


class Shell(Protocol):
    """What a screen asks of the app around it."""

    brush: Brush
    masthead: Masthead
    zone: tzinfo
    typed: list[str]
    session: Session

    def now(self) -> datetime:
        """The site's clock."""
        ...

    def fast(self) -> FastSource:
        """The read path."""
        ...

    def whole(self) -> Source:
        """Everything; may take a moment the first time, so only threads ask."""
        ...

    def perform(self, words: Sequence[str]) -> str:
        """Run a command of the command line; gives its last line. Only threads ask.

        Raises what it is refused with.
        """
        ...

    def go(self, name: str, *subjects: str) -> None:
        """Show a place, or open a screen on its subjects."""
        ...

    def say(self, text: str) -> None:
        """Say something on whatever screen is on top."""
        ...

    def leave(self) -> None:
        """Close the screen on top."""
        ...

    def last_place(self) -> None:
        """Go back to where we were before."""
        ...

    def obey(self, text: str) -> None:
        """Do what was typed after `:`. Raises what it is refused with."""
        ...

    def use_theme(self, name: str) -> None:
        """Change the colours."""
        ...

    def run_words(self, words: Sequence[str]) -> None:
        """Run a command in a thread, and show the page that fills with what it says."""
        ...

    def attempt(self, screen: str, subjects: Sequence[str], verb: str) -> None:
        """Open a screen and do a verb there, once it has been read."""
        ...

    async def complete(self, text: str) -> str | None:
        """Complete a `:` line."""
        ...

"""Something on the screen that goes on working when one of its messages goes wrong."""

from collections.abc import Callable
from typing import Protocol, cast

from textual.message import Message
from textual.message_pump import MessagePump
from textual.strip import Strip


class Nurse(Protocol):
    """Whoever is told of what went wrong."""

    def mishap(self, error: Exception) -> None:
        """Write down what nobody expected, and say so in one line."""
        ...


class Steady(MessagePump):
    """A programming error in one message ends neither the app nor what shows it.

    Textual would stop taking messages here for good. What was half done stays so: nothing is stored
    from a message but in a transaction.
    """

    _undrawn: frozenset[str] = frozenset()

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001 - the one place where nothing is known of it
            cast(Nurse, self.app).mishap(error)
            self.mend(message)

    def mend(self, message: Message) -> None:
        """Do what Textual would have done with a message whose own handler went wrong."""

    def drawn(self, draw: Callable[[], Strip], width: int) -> Strip:
        """Draw a line; one that cannot be drawn is said once, and leaves the other lines whole."""
        try:
            return draw()
        except Exception as error:  # noqa: BLE001 - Textual would draw nothing at all any more
            kind = repr(error)
            if kind not in self._undrawn:
                self._undrawn |= {kind}
                self.call_later(cast(Nurse, self.app).mishap, error)
            return Strip.blank(width)

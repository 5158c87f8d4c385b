"""Something on the screen that goes on working when one of its messages goes wrong."""

from typing import Protocol, cast

from textual.message import Message
from textual.message_pump import MessagePump


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

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001 - the one place where nothing is known of it
            cast(Nurse, self.app).mishap(error)

"""The line at the bottom that takes words: `:` go or do, `/` filter, and short questions."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input
from textual.widgets.input import Selection

from tui.present import Piece
from tui.widgets.bars import Bar
from tui.widgets.steady import Steady

HISTORY = 100


class Completer(Suggester):
    """Completes with what a coroutine knows; nothing is remembered, the site may have changed."""

    def __init__(self, ask: Callable[[str], Awaitable[str | None]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._ask = ask

    async def get_suggestion(self, value: str) -> str | None:
        """Give the whole line a person most likely means."""
        return await self._ask(value)


class Typed(Steady, Input):
    """The input inside the prompt; Tab and, at its end, Right take the completion shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", show=False)]

    async def action_complete(self) -> None:
        """Take the completion, also one that is still being looked up."""
        typed = self.value
        found = self._suggestion
        if not found and self.suggester is not None and typed:
            found = await self.suggester.get_suggestion(typed) or ""
        if found.startswith(typed) and self.value == typed:
            self.value = found
            self.cursor_position = len(found)


class Prompt(Steady, Horizontal):
    """A line of input with a sign before it. Hidden until it is opened."""

    DEFAULT_CSS = """
    Prompt { display: none; height: 1; dock: bottom; }
    Prompt Bar { width: auto; }
    Prompt Input { height: 1; border: none; padding: 0; width: 1fr; }
    Prompt Input:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("up", "recall(-1)", show=False),
        Binding("down", "recall(1)", show=False),
    ]

    class Said(Message):
        """Words were typed; `done` once Enter was pressed, `left` when the prompt was cancelled."""

        def __init__(self, sign: str, text: str, *, done: bool = False, left: bool = False) -> None:
            super().__init__()
            self.sign = sign
            self.text = text
            self.done = done
            self.left = left

    def __init__(self, complete: Callable[[str], Awaitable[str | None]]) -> None:
        super().__init__(id="prompt")
        self._complete = complete
        self.sign = ":"
        self.past: list[str] = []
        self._place = 0

    def open(
        self, sign: str, text: str = "", *, past: list[str] | None = None, replace: bool = False
    ) -> None:
        """Show the prompt and take the keys; `past` are the lines Up recalls.

        With `replace` the text is selected, so that what is typed takes its place.
        """
        self.sign = sign
        self.past = past if past is not None else []
        self._place = len(self.past)
        if not self.children:  # made when it is opened first: the first paint does not wait for it
            self.mount(Bar(id="sign"), Typed(id="typed", select_on_focus=False))
        bar = self.query_one("#sign", Bar)
        bar.put((Piece(f" {sign}", "key"),))
        bar.styles.width = len(sign) + 1
        typed = self.query_one(Typed)
        typed.suggester = Completer(self._complete) if sign == ":" else None
        typed.value = text
        typed.selection = Selection(0 if replace else len(text), len(text))
        self.display = True
        self.screen.set_focus(typed)  # at once: what is typed next belongs here

    def close(self) -> None:
        """Hide the prompt."""
        self.display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self.post_message(self.Said(self.sign, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if text and self.sign == ":" and (not self.past or self.past[-1] != text):
            self.past.append(text)
            del self.past[:-HISTORY]
        self.close()
        self.post_message(self.Said(self.sign, event.value, done=True))

    def action_cancel(self) -> None:
        """Leave without doing anything."""
        self.close()
        self.post_message(self.Said(self.sign, "", left=True))

    def action_recall(self, by: int) -> None:
        """Show an earlier line."""
        if not self.past:
            return
        self._place = min(max(self._place + by, 0), len(self.past))
        typed = self.query_one(Typed)
        typed.value = self.past[self._place] if self._place < len(self.past) else ""
        typed.cursor_position = len(typed.value)

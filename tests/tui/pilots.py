"""Drive the app in tests: read the screen as text, wait for a condition, type words."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from tui.app import CmdbApp

TRIES = 3000


def text(app: App[None]) -> str:
    """What the terminal shows."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def until(condition: Callable[[], object]) -> None:
    """Wait until something holds."""
    for _ in range(TRIES):
        await asyncio.sleep(0.01)
        if condition():
            return
    raise AssertionError("it never came")


class Hand:
    """Somebody at the keyboard."""

    def __init__(self, app: CmdbApp, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot
        self.clumsy = False  # whether something is meant to go wrong

    @property
    def screen(self) -> str:
        return text(self.app)

    @property
    def lines(self) -> list[str]:
        return self.screen.split("\n")

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something holds."""
        for _ in range(TRIES):
            await asyncio.sleep(0.01)
            if self.app.mishaps and not self.clumsy:
                raise self.app.mishaps[0]
            if condition():
                await self.pilot.pause()
                return
        raise AssertionError(f"it never came:\n{self.screen}")

    async def sees(self, *words: str) -> None:
        """Wait until the screen shows all of these."""
        await self.until(lambda: all(word in self.screen for word in words))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, words: str) -> None:
        """Type letter by letter."""
        names = {" ": "space", ":": "colon", "/": "slash", "-": "minus", ";": "semicolon", "=": "equals_sign"}
        await self.pilot.press(*(names.get(letter, letter) for letter in words))


@asynccontextmanager
async def at_work(app: CmdbApp, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Hand]:
    """Run an app and give the hand that drives it."""
    async with app.run_test(size=size) as pilot:
        hand = Hand(app, pilot)
        yield hand
        if app.mishaps and not hand.clumsy:
            raise app.mishaps[0]

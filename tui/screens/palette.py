"""The palette behind ctrl+p: places, verbs of the present screen, themes, by name."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui import verbs
from tui.keys import shown_key
from tui.screens.place import Place
from tui.screens.shell import Shell
from tui.widgets.themes import THEMES


class Verbs(Provider):
    """Places and the verbs of the present screen, for ctrl+p."""

    def _offers(self) -> list[tuple[str, Callable[[], object], str]]:
        app = cast(Shell, self.app)
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

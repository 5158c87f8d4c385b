"""Keys typed before a screen has read for the first time what they are about: kept, then played.

What would be signed is seen first: behind the letter that asks for a vote, nothing typed blindly is played.
What is typed behind the key of a form, before that is there, is typed into it: it is no verb of the page.
Whatever needs nothing of it - another place, the `:` line, help - is done at once, unless keys before it
wait. Esc lets go of what waits; the next Esc gives up the reading.
"""

from collections.abc import Callable
from typing import TypeVar

from textual.events import Key
from textual.widgets import Input

from tui import verbs
from tui.screens.questions import Questioner

T = TypeVar("T")
LOOK = 0.02  # seconds between two looks at whether it has been read
AT_ONCE = {place.key for place in verbs.PLACES} | {
    *("colon", "slash", "question_mark", "at", "J", "q", "minus", "R", "Y", "tab", "shift+tab"),
}


SIGNS = {one.key for one in verbs.VERBS if one.name in ("vote", "decide", "check_in")}


class Ahead:
    """The keys that wait for one screen; `changed` is called when their number changes.

    `told` says what was not played, and why.
    """

    def __init__(
        self, screen: Questioner[None], changed: Callable[[], None], told: Callable[[str], None]
    ) -> None:
        self._screen, self._changed, self._told = screen, changed, told
        self._read = self._opening = False
        self.keys: list[Key] = []

    def keeps(self, event: Key) -> bool:
        """Take a key that has to wait; gives whether it was taken."""
        if self._opening and self._screen.is_current:
            self._opening = event.key != "escape"
            if not self._opening:
                self.keys.clear()
            elif not event.key.startswith("ctrl+"):  # what writes is never typed blindly
                self.keys.append(event)
                return True
            return False
        if self._read or isinstance(self._screen.focused, Input):
            return False
        if event.key == "escape" and self.keys:
            self.keys.clear()
            self._changed()
            return True
        if event.key == "escape" or event.key.startswith("ctrl+"):
            return False
        if not self.keys and (event.key in AT_ONCE or self._screen.idle):
            self._read = self._screen.idle
            return False
        self.keys.append(event)
        if len(self.keys) == 1:
            self._screen.set_timer(LOOK, self._look)
        self._changed()
        return True

    def opens(self, then: Callable[[T], None]) -> Callable[[T], None]:
        """Keep what is typed until `then` has opened a form: it belongs there, not to what is below."""
        self._opening = True

        def opened(found: T) -> None:
            self._opening = False
            then(found)
            self._screen.app.call_after_refresh(self._hand_over)

        return opened

    def _hand_over(self) -> None:
        """Type what waited into the form; a question is never answered with it."""
        keys, self.keys = self.keys, []
        app = self._screen.app
        if isinstance(app.focused, Input):
            for event in keys:
                app.post_message(Key(event.key, event.character))

    def _look(self) -> None:
        """Play what waits once it has been read; on a screen that was left meanwhile nothing is done."""
        if self._screen.is_current and not self._screen.idle:
            self._screen.set_timer(LOOK, self._look)
            return
        keys, self.keys = self.keys, []
        self._changed()
        if self._screen.is_current:
            self._read = True
            played = next((place for place, one in enumerate(keys, 1) if one.key in SIGNS), len(keys))
            for event in keys[:played]:
                self._screen.app.post_message(Key(event.key, event.character))
            if keys[played:]:
                self._told("What was typed before this was on the screen signs nothing: look, then sign.")

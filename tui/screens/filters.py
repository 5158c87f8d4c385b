"""The kept filters of the item list: take one, keep the present one under a name, let go of one."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from tui.present import Piece
from tui.screens.dialogs import Field
from tui.screens.listings import Listing
from tui.widgets.roll import Entry, Roll

# What most people look for; `me` is filled in. Shown with the kept ones, which may replace them.
_OURS = {
    "mine": "owner:{me} !retired",
    "my drafts": "owner:{me} level:draft",
    "services": "is:service !retired",
    "trouble": "!",
    "everything": "",
}


class Filters(Listing):
    """Filters by name."""

    AUTO_FOCUS = "Roll"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("delete", "drop", show=False, priority=True)]

    def __init__(self, kept: Mapping[str, str], now: str, me: str) -> None:
        keys = (("Enter", "take it"), ("Tab", "name this one"), ("Del", "let go of it"), ("Esc", "leave"))
        super().__init__("Filters of the list of items", keys)
        self._kept, self._now, self._me = dict(kept), now, me

    def body(self) -> Iterable[Widget]:
        yield Roll(id="roll")
        yield Field(
            "keep as", id="name", hint=f"a name for: {self._now}" if self._now else "no filter is set"
        )

    def on_mount(self) -> None:
        self._list()

    def _filters(self) -> dict[str, str]:
        ours = {
            name: words.format(me=self._me)
            for name, words in _OURS.items()
            if self._me or "{me}" not in words
        }
        return {**ours, **self._kept}

    def _list(self, at: str = "") -> None:
        entries = [
            Entry(
                (
                    Piece(f" {name:<20} ", "strong" if name in self._kept else ""),
                    Piece(words or "every item", "dim"),
                ),
                name,
            )
            for name, words in self._filters().items()
        ]
        self.roll.put(entries, at=at)

    def action_take(self) -> None:
        typed = self.query_one(Field).text
        if self.query_one("#name", Input).has_focus:
            self._keep(typed)
        elif self.roll.current:
            self.dismiss(self._filters()[self.roll.current])

    def _keep(self, name: str) -> None:
        if not name or not self._now:
            self.say("Give it a name." if self._now else "No filter is set: / sets one, o sorts.")
            return
        self._kept[name[:20]] = self._now
        whole, now = self.shell.whole, self._now
        self.run_worker(
            lambda: whole().item_work.keep_filter(name[:20], now), exit_on_error=False, thread=True
        )
        self.query_one("#name", Input).value = ""
        self._list(name[:20])
        self.roll.focus()
        self.say(f"Kept as '{name[:20]}'.", "good")

    def action_drop(self) -> None:
        """Let go of the kept filter under the cursor."""
        name = self.roll.current
        if self.query_one("#name", Input).has_focus:
            self.query_one("#name", Input).action_delete_right()
        elif name in self._kept:
            del self._kept[name]
            whole = self.shell.whole
            self.run_worker(
                lambda: whole().item_work.keep_filter(name, None), exit_on_error=False, thread=True
            )
            self._list()
            self.say(f"'{name}' is kept no more.", "dim")
        else:
            self.say("This one is always there.")

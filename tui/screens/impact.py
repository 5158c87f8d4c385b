"""Impact: what fails if these are down, now or in a window, and what it costs each customer."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.present import Piece, listed, problems
from tui.screens.facts import impact_lines
from tui.screens.place import Place
from tui.views import ImpactCard
from tui.widgets.lines import Lines
from tui.widgets.prompt import Prompt


class ImpactPage(Place):
    """The answer, on one page. Without a window it is about now."""

    NAME: ClassVar[str] = "impact"
    TITLE_WORD: ClassVar[str] = "Impact"

    ASKS = False

    def __init__(self, *items: str) -> None:
        super().__init__()
        self.items = items
        self.window: tuple[str, str] | None = None
        self._asks = self.ASKS
        self.card: ImpactCard | None = None

    def where(self) -> tuple[str, ...]:
        return (self.NAME, *self.items)

    def body(self) -> Iterable[Widget]:
        yield Lines(id="impact")

    def load(self) -> None:
        fast, items = self.shell.fast, self.items
        self.headline(
            Piece(f"if {listed(items)} is down" if len(items) == 1 else f"if {listed(items)} are down", "dim")
        )
        if self._asks:
            self._asks = False
            self.verb_impact_window()
        pane = self.query_one("#impact", Lines)
        if not pane.count():
            pane.show([(Piece("Following the dependencies…", "dim"),)])
        self.ask("impact", lambda: fast().impact(items), self._loaded, failed=self._refused)

    def _loaded(self, card: ImpactCard) -> None:
        self._draw(card)
        whole, items, window = self.shell.whole, self.items, self.window
        if any(one.effect != "none" for one in card.services):
            self.ask(
                "promises",
                lambda: whole().promises(items, window),
                lambda found: self._draw(card._replace(window=found[0], promises=tuple(found[1]))),
            )

    def _draw(self, card: ImpactCard) -> None:
        self.card = card
        self.query_one("#impact", Lines).draw(lambda width: impact_lines(card, width))
        self.footline()

    def _refused(self, error: CmdbError) -> None:
        self.query_one("#impact", Lines).show(problems(error.reason, error.remedy, error.problems))

    def subjects(self) -> tuple[str, ...]:
        return self.items

    def hints(self) -> Sequence[str]:
        return ("impact_window", "new", "copy_command", "back", "help")

    def command_line(self) -> str:
        """The command that gives this answer."""
        when = f" --at {self.window[0]} --for {self.window[1]}" if self.window else ""
        return f"cmdb impact {' '.join(self.items)}{when}"

    def verb_impact_window(self) -> None:
        """Ask for the window."""
        now = self.shell.now().astimezone(self.shell.zone)
        typed = " ".join(self.window) if self.window else f"{now:%Y-%m-%dT%H}:00 2h"
        self.query_one(Prompt).open("window, start and length:", typed)

    def heard(self, sign: str, text: str, *, done: bool, left: bool) -> None:
        words = text.split()
        if left or not done:
            return
        if not words:
            self.window = None
        elif len(words) == 2:
            self.window = (words[0], words[1])
        else:
            self.refuse("A window is a start and a length.", "Type it like 2026-11-22T22:00 2h.")
            return
        self.load()

    def verb_new(self) -> None:
        """Start a change request from the answer."""
        self.shell.go("new", *self.items)


class WindowPage(ImpactPage):
    """The same page, beginning with the question for the window."""

    ASKS = True

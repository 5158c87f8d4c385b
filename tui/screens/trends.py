"""Trends: events and requests per week or month and how long they took, as bars; Enter opens the report."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.present import Piece, problems
from tui.screens.place import Place
from tui.trends import PER, Trend, lines
from tui.widgets.roll import Entry, Roll


class TrendsPage(Place):
    """The charts; side by side where there is room."""

    NAME: ClassVar[str] = "trends"
    TITLE_WORD: ClassVar[str] = "Trends"
    AUTO_FOCUS = "#left"
    DEFAULT_CSS = """
    TrendsPage #right { display: none; }
    TrendsPage.-wide #left { width: 50%; }
    TrendsPage.-wide #right { display: block; width: 50%; border-left: solid $rule; }
    .-ascii TrendsPage.-wide #right { border-left: ascii $rule; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._per = 0
        self._trends: Sequence[Trend] = ()

    def body(self) -> Iterable[Widget]:
        with Horizontal():
            yield Roll(id="left", beside=True)
            yield Roll(id="right", beside=True)

    def load(self) -> None:
        whole, per = self.shell.whole, PER[self._per]
        if not self._trends:
            self.query_one("#left", Roll).put((), empty=(Piece("Counting…", "dim"),))
        self.ask("trends", lambda: tuple(whole().trends(per)), self._loaded, failed=self._refused)

    def _loaded(self, found: Sequence[Trend]) -> None:
        self._trends = found
        self.headline(Piece(f"per {PER[self._per]}", "dim"))
        self._draw()
        self.footline()

    def _refused(self, error: CmdbError) -> None:
        entries = [Entry(one) for one in problems(error.reason, error.remedy, error.problems)]
        self.query_one("#left", Roll).put(entries)

    def fit(self) -> None:
        if self._trends:
            self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        """Events beside requests, or all below each other."""
        wide = self.has_class("-wide")
        width = (self.size.width // 2 if wide else self.size.width) - 5
        events = [one for one in self._trends if one.name.startswith("event")]
        others = [one for one in self._trends if one not in events]
        self.query_one("#left", Roll).put(_entries(events if wide else self._trends, width))
        self.query_one("#right", Roll).put(_entries(others if wide else (), width))

    def under(self) -> tuple[str, tuple[str, ...]]:
        return self.NAME, ()

    def _trend(self) -> Trend | None:
        focused = self.focused
        name = focused.current if isinstance(focused, Roll) else ""
        return next((one for one in self._trends if one.name == name), None)

    def command_line(self) -> str:
        """The command that draws the same."""
        return f"cmdb report trends --bars --per {PER[self._per]}"

    def hints(self) -> Sequence[str]:
        return ("open", "tab", "copy_command", "back", "help")

    def verb_open(self) -> None:
        """Make the report behind the chart; Q saves it there."""
        one = self._trend()
        if one is not None:
            try:
                self.shell.run_words(tuple(one.report.split()))
            except CmdbError as refused:
                self.fault(refused)

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_tab(self) -> None:
        """Turn from weeks to months and back."""
        self._per = (self._per + 1) % len(PER)
        self.load()

    verb_tab_back = verb_tab


def _entries(trends: Sequence[Trend], width: int) -> list[Entry]:
    entries: list[Entry] = []
    for one in trends:
        head, *bars = lines(one, width)
        entries += [Entry(())] if entries else []
        entries += [Entry(head, one.name), *(Entry(bar) for bar in bars)]
    return entries

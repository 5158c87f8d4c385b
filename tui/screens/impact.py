"""Impact: what fails if these are down, now or in a window, and what it costs each customer."""

import shlex
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from cmdb.errors import CmdbError
from tui import typed
from tui.drafting import as_typed
from tui.duty_source import Wanted
from tui.present import Piece, duration, listed, problems
from tui.screens.asks import Taken
from tui.screens.facts import hit_lines, impact_lines, outcome_lines
from tui.screens.forms import NewChange
from tui.screens.place import Place
from tui.views import ImpactCard
from tui.widgets.lines import Lines
from tui.widgets.prompt import Prompt

LOSING = ("outage", "degraded")  # effects that cost a promise time
EVENING = 21  # from then on 'tonight 22:00' is too near to be what is asked about
ASKS = "window, such as tomorrow 06:00 4h:"


class ImpactPage(Place):
    """The answer, on one page. Without a window it is about now."""

    NAME: ClassVar[str] = "impact"
    TITLE_WORD: ClassVar[str] = "Impact"
    AUTO_FOCUS = "#impact"
    DEFAULT_CSS = """
    ImpactPage #outcome { display: none; }
    ImpactPage.-halves #outcome { display: block; width: 45%; border-left: solid $rule; }
    .-ascii ImpactPage.-halves #outcome { border-left: ascii $rule; }
    """

    BEGINS_ASKING = False

    def __init__(self, *items: str) -> None:
        super().__init__()
        self.items = items
        self.window = ""
        self._asks = self.BEGINS_ASKING
        self.card: ImpactCard | None = None
        self.taken: Taken | None = None  # the better moment the answer is about

    def where(self) -> tuple[str, ...]:
        return (self.NAME, *self.items)

    def body(self) -> Iterable[Widget]:
        with Horizontal():
            yield Lines(id="impact")
            yield Lines(id="outcome")

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
        if self.window:
            whole, typed = self.shell.whole, self.window
            self.ask("impact", lambda: whole().duties.window(items, typed), self._draw, failed=self._refused)
        else:
            self.ask("impact", lambda: fast().impact(items), self._loaded, failed=self._refused)

    def _loaded(self, card: ImpactCard) -> None:
        self._draw(card)
        whole, items = self.shell.whole, self.items
        if any(one.effect != "none" for one in card.services):
            known = {one.id: one.effect for one in card.services if one.effect in LOSING}
            self.ask(
                "promises",
                lambda: whole().promises(items, None, known),
                lambda found: self._draw(card._replace(promises=tuple(found[1]))),
            )

    def _draw(self, card: ImpactCard) -> None:
        self.card = card
        self._halves()
        self.footline()

    def fit(self) -> None:
        if self.card is not None and self._beside() != self.has_class("-halves"):
            self._halves()

    def _beside(self) -> bool:
        """Whether there is room for the answer in two halves, and something in both."""
        return self.has_class("-widest") and self.card is not None and bool(outcome_lines(self.card, 40))

    def _halves(self) -> None:
        """What is hit beside what comes of it; one below the other where there is no room for both."""
        card = self.card
        assert card is not None
        beside = self._beside()
        self.set_class(beside, "-halves")
        left, right = self.query_one("#impact", Lines), self.query_one("#outcome", Lines)
        if beside:
            left.draw(lambda width: hit_lines(card, width))
            right.draw(lambda width: outcome_lines(card, width))
        else:
            left.draw(lambda width: impact_lines(card, width))

    def _refused(self, error: CmdbError) -> None:
        self.card = None
        self.remove_class("-halves")
        self.query_one("#impact", Lines).show(problems(error.reason, error.remedy, error.problems))

    def subjects(self) -> tuple[str, ...]:
        return self.items

    def hints(self) -> Sequence[str]:
        return ("impact_window", "better", "new", "began", "back", "help")

    def command_line(self) -> str:
        """The command that gives this answer."""
        when = ("--at", self.window) if self.window else ()
        return shlex.join(("cmdb", "impact", *self.items, *when))

    def verb_impact_window(self) -> None:
        """Ask for the window; what is typed replaces what stands there."""
        now = self.shell.now().astimezone(self.shell.zone)
        usual = "tonight 22:00 2h" if now.hour < EVENING else "now 2h"
        self.query_one(Prompt).open(ASKS, self.window or usual, replace=True)

    def heard(self, sign: str, text: str, *, done: bool, left: bool) -> None:
        if left or not done or sign != ASKS:
            return
        wanted = " ".join(text.split())
        if wanted:
            try:
                typed.window(wanted, zone=str(self.shell.zone), now=self.shell.now())
            except CmdbError as error:  # the answer and its window stay
                self.fault(error)
                return
        self.window, self.taken = wanted, None
        self.load()

    def verb_better(self) -> None:
        """Look for a better moment, and show what fails then."""
        length = self.taken.expected if self.taken else self.window.rpartition(" ")[2].removeprefix("+")
        worst = self.taken.worst if self.taken else ""
        self.better(Wanted(items=self.items, expected=length, worst=worst), self.at)

    def at(self, taken: Taken) -> None:
        """Ask about a moment that was taken, for as long as the work takes at worst."""
        self.taken = taken
        self.window = f"{taken.start} {taken.worst}"
        self.load()

    def verb_began(self) -> None:
        """Record that it is down now."""
        self.began_on(self.items[0])

    def verb_new(self) -> None:
        """Start a change request from the answer, in the window it is about."""
        if not self.window:
            self.shell.go("new", *self.items)
            return
        taken = self.taken or self._asked_about()

        def drafted(id: str | None) -> None:
            if id:
                self.shell.go("change", id)
                self.shell.say(f"{id} is a draft: s submits it.")

        self.app.push_screen(NewChange(*self.items, taken=taken), drafted)

    def _asked_about(self) -> Taken | None:
        """The window of the question as the lines of a form; None when it cannot be read."""
        zone, now = self.shell.zone, self.shell.now()
        try:
            start, lasts = typed.window(self.window, zone=str(zone), now=now)
        except CmdbError:
            return None
        length = duration(lasts)
        return Taken(
            start=as_typed(start, zone, now), end=f"+{length}", down_from="", expected=length, worst=length
        )


class WindowPage(ImpactPage):
    """The same page, beginning with the question for the window."""

    BEGINS_ASKING = True


class MomentPage(ImpactPage):
    """The same page about a better moment: what was taken, then the items."""

    def __init__(self, *words: str) -> None:
        fields = len(Taken._fields)
        super().__init__(*words[fields:])
        self.taken = Taken(*words[:fields])
        self.window = f"{self.taken.start} {self.taken.worst}"

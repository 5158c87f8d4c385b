"""Changes: every request by state, and the page of one request."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.ballot_views import ChangeCard
from tui.present import REQUEST_STATES, Line, Piece, counted, problems
from tui.screens.ballot import risk_piece, when
from tui.screens.request_verbs import RequestVerbs
from tui.screens.requests import CardPane, panes_beside
from tui.views import ChangeLine
from tui.widgets.lines import Lines
from tui.widgets.prompt import Prompt
from tui.widgets.table import Column, Row, Table, heading, word

# Saved searches, in the order a person works through them.
SECTIONS = (
    ("Late", ()),
    ("Under review", ("under review",)),
    ("Approved", ("approved",)),
    ("Checked out", ("checked out",)),
    ("Assessed", ("assessed",)),
    ("Submitted", ("submitted",)),
    ("Drafts", ("draft",)),
    ("Checked in, to be closed", ("checked in",)),
    ("Deferred", ("deferred",)),
    ("Over", ("closed", "rejected", "withdrawn", "backed out")),
)
COLUMNS = (
    Column("state", "", 1),
    Column("id", "Change", 10, least=6),
    Column("title", "Title"),
    Column("kind", "Kind", 10, since=70),
    Column("risk", "Risk", 6),
    Column("when", "Window", 16),
    Column("who", "Implementer", 12, since=96),
)
NOTHING_YET: tuple[Line, ...] = (
    (Piece("No change has been requested yet.", "strong"),),
    (Piece("Mark items in Items and press n, or use 'cmdb change new --file FILE'.", "dim"),),
)


class Changes(RequestVerbs):
    """Change requests by state."""

    NAME: ClassVar[str] = "changes"
    TITLE_WORD: ClassVar[str] = "Changes"

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[ChangeLine, ...] = ()
        self._words = ""
        self._before = ""
        self._card: ChangeCard | None = None
        self._reads = 0  # how often the list was read: a card asked for before that is old

    def body(self) -> Iterable[Widget]:
        with Horizontal():
            yield Table(COLUMNS, id="changes", markable=False)
            yield CardPane(id="change-preview")

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#changes", Table)

    def load(self) -> None:
        whole = self.shell.whole
        self._card = None
        self._reads += 1
        if not self._lines:
            self.table.say(((Piece("Reading the change requests…", "dim"),),))
        self.ask("changes", lambda: tuple(whole().changes()), self._loaded, failed=self._unreadable)

    def _loaded(self, lines: tuple[ChangeLine, ...]) -> None:
        self._lines = lines
        self._list()

    def _list(self) -> None:
        shown = [one for one in self._lines if _matches(one, self._words)]
        rows: list[Row] = []
        for name, states in SECTIONS:
            members = [one for one in shown if (one.late if not states else one.state in states)]
            if members:
                rows += [Row("", ((),))] if rows else []
                rows.append(heading(name, f"{len(members)}"))
                rows += [self._row(one, name) for one in members]
        if rows:
            self.table.fill(rows)
        elif self._words:
            self.table.say(((Piece(f"No change matches {self._words}.", "strong"),),))
        else:
            self.table.say(NOTHING_YET)
        filtered = Piece(f"   / {self._words}" if self._words else "", "info")
        self.headline(Piece(counted(len(shown), "change"), "dim"), filtered)

    def _row(self, one: ChangeLine, section: str) -> Row:
        glyph, role = REQUEST_STATES.get(one.state, ("?", "warn"))
        window = word(one.late, "bad") if section == "Late" else word(when(one, self.shell), "dim")
        return Row(
            one.id,
            (
                word(glyph, role),
                word(one.id, "strong"),
                word(one.title),
                word(one.kind, "dim"),
                (risk_piece(one.risk),),
                window,
                word(one.implementer),
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def on_rows_moved(self) -> None:
        wanted = self.table.current
        if self._card is None or self._card.line.id != wanted:
            self._card = None
        if wanted and self._card is None:
            self.set_timer(0.08, lambda: self._fetch(wanted))
        self.footline()

    def _fetch(self, wanted: str) -> None:
        if wanted == self.table.current and self.is_attached:
            whole, reads = self.shell.whole, self._reads

            def read(card: ChangeCard) -> None:
                if reads == self._reads:
                    self.take(card)

            self.ask("card", lambda: whole().change(wanted), read)

    def take(self, card: ChangeCard) -> None:
        if card.line.id == self.table.current:
            self._card = card
            self.query_one(CardPane).show(card, self.shell)
            self.footline()

    def card(self) -> ChangeCard | None:
        return self._card

    def subjects(self) -> tuple[str, ...]:
        return (self.table.current,) if self.table.current else ()

    def hints(self) -> Sequence[str]:
        if not self.table.current:
            return ("new", "command", "help")
        return ("open", *self.lifecycle_hints()[:2], "filter", "new", "help")

    def turn_to(self, tab: str) -> None:
        if self.table.current:
            self.shell.go("change", self.table.current, tab)

    def verb_open(self) -> None:
        """Open the request under the cursor."""
        if self.table.current:
            self.shell.go("change", self.table.current)

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_new(self) -> None:
        """Start a change request."""
        self.shell.go("new")

    def verb_filter(self) -> None:
        """Filter as you type."""
        self._before = self._words
        self.query_one(Prompt).open("/", self._words)

    def heard(self, sign: str, text: str, *, done: bool, left: bool) -> None:
        if sign != "/":
            super().heard(sign, text, done=done, left=left)
            return
        self._words = self._before if left else " ".join(text.split())
        self._list()

    def verb_back(self) -> None:
        """Take the filter away; then go back."""
        if self._words:
            self._words = ""
            self._list()
        else:
            super().verb_back()


def _matches(one: ChangeLine, words: str) -> bool:
    text = f"{one.id} {one.title} {one.state} {one.kind} {one.originator} {one.implementer}".casefold()
    return all(word in text for word in words.casefold().split())


class ChangePage(RequestVerbs):
    """The page of one request."""

    NAME: ClassVar[str] = "change"
    TITLE_WORD: ClassVar[str] = "Change"

    def __init__(self, id: str, tab: str = "facts") -> None:
        super().__init__()
        self.change = id
        self._tab = tab
        self.add_class("-alone")  # until there is something to show beside the card

    def where(self) -> tuple[str, ...]:
        return (self.NAME, self.change)

    def body(self) -> Iterable[Widget]:
        with Horizontal(id="below"):
            yield CardPane(id="change-card")
            yield Lines(id="needs", focusable=False)
            yield Lines(id="beside")

    @property
    def pane(self) -> CardPane:
        """The card."""
        return self.query_one(CardPane)

    def on_mount(self) -> None:
        self.pane.tab = self._tab

    def load(self) -> None:
        whole, id = self.shell.whole, self.change
        self.headline(Piece(id, "strong"))
        if self.pane.card is None:
            self.pane.say(((Piece(f"Reading {id}…", "dim"),),))
        self.ask("change", lambda: whole().change(id), self.take, failed=self._missing)

    def take(self, card: ChangeCard) -> None:
        self.pane.show(card, self.shell)
        panes_beside(self, card)
        line = card.line
        self.headline(
            Piece(line.id, "strong"),
            Piece(f"  {line.title}  "),
            Piece(f"{line.kind}{', ' if line.risk else ''}", "dim"),
            risk_piece(line.risk),
            Piece(" risk" if line.risk else "", "dim"),
        )
        self.footline()

    def _missing(self, error: CmdbError) -> None:
        self.pane.say(problems(error.reason, error.remedy, error.problems))
        self.add_class("-alone")
        self.footline()

    def card(self) -> ChangeCard | None:
        return self.pane.card

    def subjects(self) -> tuple[str, ...]:
        return (self.change,)

    def hints(self) -> Sequence[str]:
        if self.pane.card is None:
            return ("refresh", "back", "help")
        return (*self.lifecycle_hints()[:2], "difference", "impact", "comment", "back", "help")

    def turn_to(self, tab: str) -> None:
        self.pane.turn(to=tab)

    def verb_tab(self) -> None:
        """Show the next page of the card."""
        self.pane.turn(1)

    def verb_tab_back(self) -> None:
        """Show the page before."""
        self.pane.turn(-1)

    def verb_history(self) -> None:
        """Show comments and history."""
        self.turn_to("comments")

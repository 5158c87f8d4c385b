"""Board: the ballots, and for the one under the cursor the card a member decides by."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.ballot_views import Agenda, BallotLine, ChangeCard
from tui.present import Line, Piece, counted, problems
from tui.screens.ballot import risk_piece, when
from tui.screens.meeting_lines import standing
from tui.screens.request_verbs import RequestVerbs
from tui.screens.requests import CardPane, panes_beside
from tui.widgets.lines import Lines
from tui.widgets.table import Column, Row, Table, word

COLUMNS = (
    Column("id", "Ballot", 8),
    Column("title", "Title"),
    Column("kind", "Kind", 9, since=70),
    Column("risk", "Risk", 6),
    Column("when", "Window", 16, since=72),
    Column("votes", "Votes", 13),
)
NOTHING: tuple[Line, ...] = (
    (Piece("No ballot lies before the board.", "strong"),),
    (Piece("A request comes here when it is referred: r in Changes, or 'cmdb change refer CR'.", "dim"),),
)


class Board(RequestVerbs):
    """Ballots and the card of the one under the cursor. Down is the next ballot."""

    NAME: ClassVar[str] = "board"
    TITLE_WORD: ClassVar[str] = "Board"
    AUTO_FOCUS = "#ballots"

    def __init__(self) -> None:
        super().__init__()
        self._agenda: Agenda | None = None
        self._cards: dict[str, ChangeCard] = {}
        self._next = ""
        self._anew = False
        self._reads = 0  # how often the list was read: a card asked for before that is old

    def body(self) -> Iterable[Widget]:
        with Vertical(id="hall"):
            yield Table(COLUMNS, id="ballots", markable=False)
            with Horizontal(id="below"):
                yield CardPane(id="ballot-card")
                yield Lines(id="needs", focusable=False)
                yield Lines(id="beside")

    @property
    def table(self) -> Table:
        """The ballots."""
        return self.query_one("#ballots", Table)

    @property
    def pane(self) -> CardPane:
        """The card."""
        return self.query_one(CardPane)

    def load(self) -> None:
        whole = self.shell.whole
        self._cards.clear()
        self._reads += 1
        if self._agenda is None:
            self.table.say(((Piece("Reading the ballots…", "dim"),),))
        self.ask("agenda", lambda: whole().agenda(), self._loaded, failed=self._unreadable)

    def verb_refresh(self) -> None:
        """Read again, and put those that wait for my vote first."""
        self._anew = True
        super().verb_refresh()

    def _loaded(self, agenda: Agenda) -> None:
        # Rows stay where they were seen; what is new comes below them.
        known = [one.change.id for one in self._agenda.ballots] if self._agenda and not self._anew else []
        self._anew = False
        places = {id: place for place, id in enumerate(known)}
        ballots = sorted(agenda.ballots, key=lambda one: places.get(one.change.id, len(places)))
        self._agenda = agenda = agenda._replace(ballots=tuple(ballots))
        voted = sum(1 for one in agenda.ballots if one.mine and not one.stale)
        self.headline(
            Piece(agenda.title, ""),
            Piece(f"   {counted(len(agenda.ballots), 'ballot')}, {voted} voted", "dim"),
        )
        self.fit()
        if agenda.ballots:
            self.table.fill([self._row(one) for one in agenda.ballots])
            if self._next:
                self.table.point(self._next)
                self._next = ""
            self._fetch(self.table.current)
        else:
            self.table.say(NOTHING)
            self.pane.say(())
        self.footline()

    def fit(self) -> None:
        """The list takes what it needs and no more than a third of the screen, and never a column less."""
        rows = len(self._agenda.ballots) + 1 if self._agenda and self._agenda.ballots else 4
        self.table.styles.height = min(rows, max(4, self.size.height // 3))

    def _row(self, one: BallotLine) -> Row:
        line = one.change
        if one.stale:
            votes: Line = (Piece("▲ STALE", "warn"),)
        elif one.mine:
            votes = (Piece(f"● {one.mine[:9]}", "good"),)
        else:
            votes = standing(one)
        return Row(
            line.id,
            (
                word(line.id, "strong"),
                word(line.title),
                word(line.kind, "dim"),
                (risk_piece(line.risk),),
                word(when(line, self.shell), "dim"),
                votes,
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    # The card -------------------------------------------------------------------------------

    def on_rows_moved(self) -> None:
        wanted = self.table.current
        if wanted in self._cards:
            self._shown(self._cards[wanted])
        elif wanted:
            self.set_timer(0.06, lambda: self._fetch(wanted))

    def _fetch(self, wanted: str) -> None:
        if wanted and wanted == self.table.current and self.is_attached and wanted not in self._cards:
            whole, reads = self.shell.whole, self._reads

            def read(card: ChangeCard) -> None:
                if reads == self._reads:
                    self.take(card)

            self.ask("ballot", lambda: whole().change(wanted), read)

    def take(self, card: ChangeCard) -> None:
        self._cards[card.line.id] = card
        self._known(card)
        if card.line.id == self.table.current:
            self._shown(card)

    def _shown(self, card: ChangeCard) -> None:
        self.pane.show(card, self.shell)
        panes_beside(self, card)
        self.footline()

    def _known(self, card: ChangeCard) -> None:
        """Put into the list what the card was computed to be: the list shows what was known before."""
        agenda = self._agenda
        place = next(
            (at for at, one in enumerate(agenda.ballots) if one.change.id == card.line.id), None
        ) if agenda else None  # fmt: skip
        if agenda is None or place is None or card.line.state != "under review":
            return
        me = self.shell.masthead.person
        mine = next((one for one in card.votes if one.member == me), None)
        now = agenda.ballots[place]._replace(
            change=card.line,
            stands=card.stands,
            outcome=card.outcome,
            mine=mine.value if mine else "",
            stale=bool(mine and mine.stale),
        )
        if now == agenda.ballots[place]:
            return
        ballots = (*agenda.ballots[:place], now, *agenda.ballots[place + 1 :])
        self._agenda = agenda._replace(ballots=ballots)
        self.table.fill([self._row(one) for one in ballots])

    def arrive(self, subject: str) -> None:
        self._next = subject
        self.table.point(subject)

    def voted(self, id: str) -> None:
        """Go on to the next ballot that waits for a vote, so that many are a rhythm of three keys."""
        ballots = self._agenda.ballots if self._agenda else ()
        ids = [one.change.id for one in ballots]
        place = ids.index(id) if id in ids else 0
        later = [one for one in (*ballots[place + 1 :], *ballots[:place]) if not one.mine or one.stale]
        self._next = later[0].change.id if later else ""

    def card(self) -> ChangeCard | None:
        card = self.pane.card
        return card if card is not None and card.line.id == self.table.current else None

    def subjects(self) -> tuple[str, ...]:
        return (self.table.current,) if self.table.current else ()

    def hints(self) -> Sequence[str]:
        if not self.table.count():
            return ("command", "refresh", "back", "help")
        card = self.card()
        first = ("decide",) if card and card.refusal("vote") and not card.refusal("decide") else ("vote",)
        return (*first, "difference", "impact", "comment", "tab", "help")

    def turn_to(self, tab: str) -> None:
        self.pane.turn(to=tab)

    def verb_tab(self) -> None:
        """Show the next page of the card."""
        self.pane.turn(1)

    def verb_tab_back(self) -> None:
        """Show the page before."""
        self.pane.turn(-1)

    def verb_open(self) -> None:
        """Open the request's own page."""
        if self.table.current:
            self.shell.go("change", self.table.current)

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_back(self) -> None:
        """Back to the first page of the card; then back."""
        if self.pane.tab != "facts" and self.table.count():
            self.pane.turn(to="facts")
        else:
            super().verb_back()

    def verb_step(self) -> None:
        """Show the meeting of the board that is open, or called next."""
        self.shell.go("meeting")

    def verb_history(self) -> None:
        """Show comments and history."""
        self.turn_to("comments")

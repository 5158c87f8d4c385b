"""Events: incidents and service requests by urgency, and the sheet of one with all that hangs on it."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.event_source import EVERY, MINE, OPEN, EventCard, EventLine, EventList, EventQuery
from tui.present import Line, Piece, counted, problems
from tui.screens.event_lines import (
    PRIORITIES,
    due_piece,
    fact_lines,
    impact_lines,
    items_piece,
    link_entries,
    past_lines,
    preview,
    state_piece,
    what_is_next,
)
from tui.screens.event_verbs import ACTS, EventVerbs, step_of
from tui.widgets.bars import Rule
from tui.widgets.lines import Lines
from tui.widgets.prompt import Prompt
from tui.widgets.roll import Entry, Roll
from tui.widgets.table import Column, Row, Table, word

LISTS = ((OPEN, "not over"), (MINE, "mine and my groups'"), (EVERY, "all, also what is over"))
TROUBLE = "trouble"
COLUMNS = (
    Column("id", "Event", 7),
    Column("state", "State", 13),
    Column("priority", "Priority", 8),
    Column("due", "Deadline", 13, least=8),
    Column("item", "Item", 14, since=78),
    Column("text", "What"),
    Column("service", "Service", 16, since=96),
    Column("who", "With", 10, since=110),
)
LINGER = 0.08  # seconds the cursor rests before the event under it is read


class EventsPage(EventVerbs):
    """The list. `]` turns open, mine and all; `!` leaves what is in trouble; `/` filters."""

    NAME: ClassVar[str] = "events"
    TITLE_WORD: ClassVar[str] = "Events"
    DEFAULT_CSS = """
    EventsPage #event-preview { display: none; }
    EventsPage.-wide #event-preview { display: block; width: 38%; border-left: solid $rule; }
    .-ascii EventsPage.-wide #event-preview { border-left: ascii $rule; }
    """

    def __init__(self, subject: str = "") -> None:
        super().__init__()
        names = [name for name, _words in LISTS]
        self._which = names.index(subject) if subject in names else 0
        self._trouble = subject == TROUBLE
        self._item = "" if subject in (*names, TROUBLE) else subject
        self._words = self._before = ""
        self._lines: dict[str, EventLine] = {}
        self._card: EventCard | None = None
        self._reads = 0

    def where(self) -> tuple[str, ...]:
        return (self.NAME, self._item) if self._item else (self.NAME,)

    def body(self) -> Iterable[Widget]:
        with Horizontal():
            yield Table(COLUMNS, id="events", markable=False)
            yield Lines(id="event-preview", focusable=False)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#events", Table)

    def load(self) -> None:
        if not self._lines and not self.table.count():
            self.table.say(((Piece("Reading the events…", "dim"),),))
        self._reads += 1
        query = EventQuery(LISTS[self._which][0], self._trouble, tuple(self._words.split()), self._item)
        whole = self.shell.whole
        self.ask("events", lambda: whole().events.listed(query), self._loaded, failed=self._unreadable)

    def _loaded(self, found: EventList) -> None:
        self._lines = {one.id: one for one in found.lines}
        self._card = None
        if found.lines:
            self.table.fill([self._row(one) for one in found.lines])
        else:
            self.table.say(self._nothing())
            self.query_one("#event-preview", Lines).show(())
        late = sum(1 for one in found.lines if one.late)
        shown = len(found.lines)
        many = (
            counted(found.total, "event") if shown == found.total else f"{shown:,} of {found.total:,} events"
        )
        pieces = [Piece(f"of {self._item}  " if self._item else "", "strong")]
        pieces.append(Piece(f"{LISTS[self._which][1]}  {many}", "dim"))
        pieces.append(Piece(f"  {late} late" if late else "", "bad"))
        pieces.append(Piece("  ! only trouble" if self._trouble else "", "warn"))
        pieces.append(Piece(f"  / {self._words}" if self._words else "", "info"))
        self.headline(*pieces)
        self.footline()

    def _nothing(self) -> Sequence[Line]:
        about = f" about {self._item}" if self._item else ""
        if self._words:
            return (
                (Piece(f"No event{about} matches {self._words}.", "strong"),),
                _keys("Esc takes the filter away."),
            )
        if self._trouble:
            words = f"No event{about} is late, unanswered or still down."
            return ((Piece(f"○ {words}", "good"),), _keys("! shows the others again."))
        if self._which == 1:
            return (
                (Piece(f"No event{about} is yours or your groups'.", "strong"),),
                _keys("] turns to all of them."),
            )
        words = f"No event{about} is open." if self._which == 0 else f"No event{about} is recorded."
        return (
            (Piece(words, "strong"),),
            _keys("+ records one; 'cmdb import FILE --as-kind events' brings in a log."),
        )

    def _row(self, one: EventLine) -> Row:
        service = (
            f"{one.services[0]}{f' +{len(one.services) - 1}' if len(one.services) > 1 else ''}"
            if one.services
            else ""
        )
        return Row(
            one.id,
            (
                word(one.id, "strong"),
                (state_piece(one),),
                word(one.priority, PRIORITIES[one.priority]),
                (due_piece(one, self.shell.now()),),
                (items_piece(one),),
                word(one.text, "" if one.kind == "incident" else "info"),
                word(service, "dim"),
                word(one.responsible or ("nobody" if one.state != "closed" else ""), "dim"),
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    # The event under the cursor -----------------------------------------------------------------

    def on_rows_moved(self) -> None:
        wanted = self.table.current
        if self._card is None or self._card.line.id != wanted:
            self._card = None
        if wanted and self._card is None:
            self.set_timer(LINGER, lambda: self._fetch(wanted))
        self.footline()

    def _fetch(self, wanted: str) -> None:
        if wanted == self.table.current and self.is_attached:
            whole, reads = self.shell.whole, self._reads

            def read(card: EventCard) -> None:
                if reads == self._reads and wanted == self.table.current:
                    self._card = card
                    shell = self.shell
                    self.query_one("#event-preview", Lines).draw(lambda width: preview(card, shell, width))
                    self.footline()

            self.ask("card", lambda: whole().events.event(wanted), read)

    def card(self) -> EventCard | None:
        return self._card

    def subjects(self) -> tuple[str, ...]:
        return (self.table.current,) if self.table.current in self._lines else ()

    def under(self) -> tuple[str, tuple[str, ...]]:
        return self.NAME, self.subjects()

    def event_items(self) -> tuple[str, ...]:
        """What a new event is about: the item whose events these are."""
        return (self._item,) if self._item else ()

    def command_line(self) -> str:
        """The command that lists the same."""
        words = [
            "cmdb event list",
            *(["--mine"] if self._which == 1 else ["--all"] if self._which == 2 else []),
        ]
        words += ["--trouble"] if self._trouble else []
        words += [f"--item {self._item}"] if self._item else []
        return " ".join(words)

    def hints(self) -> Sequence[str]:
        if not self.subjects():
            return ("event_add", "tab", "trouble", "back", "help")
        return ("open", *self.step_hints(), "event_add", "trouble", "tab", "help")

    # Verbs ----------------------------------------------------------------------------------

    def verb_open(self) -> None:
        """Open the sheet of the event under the cursor."""
        if self.subjects():
            self.shell.go("event", *self.subjects())

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_trouble(self) -> None:
        """Show only what is in trouble, or everything again."""
        self._trouble = not self._trouble
        self.load()

    def verb_tab(self) -> None:
        """Turn to the next list."""
        self._turn(1)

    def verb_tab_back(self) -> None:
        """Turn to the list before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self._which = (self._which + by) % len(LISTS)
        self.load()

    def verb_filter(self) -> None:
        """Filter as you type."""
        self._before = self._words
        self.query_one(Prompt).open("/", self._words)

    def heard(self, sign: str, text: str, *, done: bool, left: bool) -> None:
        if sign != "/":
            super().heard(sign, text, done=done, left=left)
            return
        self._words = self._before if left else " ".join(text.split())
        self.load()

    def verb_back(self) -> None:
        """Take the filter away, then the trouble; then go back."""
        if self._words or self._trouble:
            self._words, self._trouble = "", self._trouble and bool(self._words)
            self.load()
        else:
            super().verb_back()


class EventPage(EventVerbs):
    """The sheet of one event: facts and links; beside it impact and history, which `]` turns to."""

    NAME: ClassVar[str] = "event"
    TITLE_WORD: ClassVar[str] = "Event"
    AUTO_FOCUS = "#sheet"
    DEFAULT_CSS = """
    EventPage #past { width: 1fr; }
    EventPage.-wide #sheet { width: 54%; }
    EventPage.-wide #past { border-left: solid $rule; }
    .-ascii EventPage.-wide #past { border-left: ascii $rule; }
    """

    def __init__(self, id: str) -> None:
        super().__init__()
        self._event = id.upper() if not id.isdecimal() else f"EV-{id}"
        self._card: EventCard | None = None
        self._past = False  # whether a narrow window shows the history

    def where(self) -> tuple[str, ...]:
        return (self.NAME, self._event)

    def body(self) -> Iterable[Widget]:
        yield Rule(id="event-rule")
        with Horizontal():
            yield Roll(id="sheet")
            yield Lines(id="past")

    def load(self) -> None:
        whole, id = self.shell.whole, self._event
        if self._card is None:
            self.query_one(Roll).put((), empty=(Piece("Reading the event…", "dim"),))
        self.ask("event", lambda: whole().events.event(id), self._loaded, failed=self._refused)

    def _loaded(self, card: EventCard) -> None:
        self._card = card
        self.headline(Piece(card.line.id, "strong"), Piece("  "), Piece(card.line.text))
        self._draw()
        self.footline()

    def _refused(self, error: CmdbError) -> None:
        self._card = None
        entries = [Entry(one) for one in problems(error.reason, error.remedy, error.problems)]
        self.query_one(Roll).put(entries)
        self.query_one("#past", Lines).display = False
        self.footline()

    def fit(self) -> None:
        if self._card is not None:
            self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        card, shell = self._card, self.shell
        if card is None:
            return
        wide = self.has_class("-wide")
        roll, past = self.query_one(Roll), self.query_one("#past", Lines)
        roll.display, past.display = wide or not self._past, wide or self._past
        width = max(40, int(self.size.width * (0.54 if wide else 1)) - 5)
        step = step_of(card)
        entries = [Entry(one) for one in fact_lines(card, width)[2:]]
        entries += [Entry(one) for one in what_is_next(card, step.verb, step.words)]
        if not wide:
            entries += [Entry(()), *(Entry(one) for one in impact_lines(card, width))]
        roll.put([*entries, *link_entries(card)])

        def beside(room: int) -> list[Line]:
            first = [*impact_lines(card, room), ()] if wide else []
            return [*first, *past_lines(card, shell, room)]

        past.draw(beside)
        tabs = (
            Piece(" sheet ", "dim" if self._past else "key"),
            Piece(" history ", "key" if self._past else "dim"),
        )
        turn = () if wide else (*tabs, Piece(" [ ] turn ", "dim"))
        late = Piece(f"  {card.line.late.upper()}" if card.line.late else "", "bad")
        self.query_one(Rule).put((Piece(f" {card.line.kind}  ", "dim"), state_piece(card.line), late), turn)
        (past if self._past and not wide else roll).focus()

    def card(self) -> EventCard | None:
        return self._card

    def guard(self, name: str) -> str:
        if self._card is None and name in (*ACTS, "step", "action_add", "impact", "new"):
            return f"{self._event} is not read; R reads it."
        return super().guard(name)

    def subjects(self) -> tuple[str, ...]:
        return (self._event,)

    def command_line(self) -> str:
        """The command that shows the same."""
        return f"cmdb event show {self._event}"

    def hints(self) -> Sequence[str]:
        if self._card is None:
            return ("refresh", "back", "help")
        own = ("open",) if self._card.links else ()
        return (*self.step_hints(), *own, "action_add", "everything", "back", "help")

    def verb_open(self) -> None:
        """Open what the cursor is on."""
        place, _, subject = self.query_one(Roll).current.partition(" ")
        if place:
            self.shell.go(place, subject)

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_tab(self) -> None:
        """Show the history, or the sheet again."""
        self._past = not self._past
        self._draw()

    verb_tab_back = verb_tab

    def verb_history(self) -> None:
        """Show what was done with it."""
        self._past = True
        self._draw()


def _keys(text: str) -> Line:
    return (Piece(text, "dim"),)

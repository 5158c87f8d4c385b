"""Action items: mine, all, overdue, over; and one of them, taken to its close step by step."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.duty_source import MINE, OPEN, OVER, OVERDUE, ActionCard, ActionLine
from tui.present import Line, Piece, counted, moment, problems
from tui.screens.asking import Sheet
from tui.screens.asks import Ask
from tui.screens.facts import paragraph, title
from tui.screens.place import Place
from tui.widgets.lines import Lines
from tui.widgets.table import Column, Row, Table, word

STATES = {
    "initiated": ("○", "info"),
    "reviewed": ("◆", "info"),
    "approved": ("●", "accent"),
    "in progress": ("▶", "accent"),
    "done": ("●", "good"),
    "closed": ("●", "dim"),
    "declined": ("×", "dim"),
}
LISTS = ((MINE, "mine"), (OPEN, "all that are open"), (OVERDUE, "overdue"), (OVER, "closed and declined"))
EMPTY = {
    MINE: "No action item is yours to do.",
    OPEN: "No action item is open.",
    OVERDUE: "No action item is overdue.",
    OVER: "No action item is closed or declined.",
}
COLUMNS = (
    Column("id", "Item", 7),
    Column("state", "State", 13),
    Column("what", "What"),
    Column("owner", "Owner", 12),
    Column("due", "Due", 17),
    Column("origin", "From", 14, since=100),
)
FIRST = {"start": "in progress", "finish": "done", "close": "closed"}


class ActionVerbs(Place):
    """What is done with one action item; subclasses say which."""

    def line(self) -> ActionLine | None:
        """The action item a verb applies to."""
        raise NotImplementedError

    def subjects(self) -> tuple[str, ...]:
        line = self.line()
        return (line.id,) if line else ()

    def guard(self, name: str) -> str:
        line = self.line()
        state = FIRST.get(name)
        if line is None:
            return super().guard(name)
        if (state and state not in line.next) or (name == "step" and not line.next):
            after = f"; next is {', '.join(line.next)}" if line.next else ", and that is final"
            return f"{line.id} is {line.state}{after}."
        return super().guard(name)

    def verb_step(self) -> None:
        """Ask for the next step."""
        line = self.line()
        if line:
            self.take_step(line.id, line.what, line.next)

    def verb_start(self) -> None:
        """Say that it is being done."""
        self.step_to(self.subjects()[0], "start")

    def verb_finish(self) -> None:
        """Say that it is done."""
        id = self.subjects()[0]
        asks = (Ask("evidence", "evidence", "what shows that it is done"),)
        self.fill(
            Sheet(f"{id} is done", (), asks, "done"), lambda got: self.step_to(id, "done", got["evidence"])
        )

    def verb_close(self) -> None:
        """Close it with its evidence."""
        id = self.subjects()[0]
        asks = (
            Ask("evidence", "evidence", "what shows that it is done", "", "Closing needs its evidence."),
            Ask("words", "evaluation", "whether it helped", "", "Closing needs its evaluation: did it help?"),
        )
        sheet = Sheet(f"Close {id}", ("A closed action item stays closed.",), asks, "close")
        self.fill(sheet, lambda got: self.step_to(id, "close", got["evidence"], got["words"]))

    def step_hints(self) -> tuple[str, ...]:
        """The steps worth a key now."""
        line = self.line()
        if line is None or not line.next:
            return ()
        return ("step", *(name for name, state in FIRST.items() if state in line.next and state != "closed"))


class ActionsPage(ActionVerbs):
    """The lists; `]` and `[` turn from one to the next."""

    NAME: ClassVar[str] = "actions"
    TITLE_WORD: ClassVar[str] = "Action items"

    def __init__(self) -> None:
        super().__init__()
        self._which = 0
        self._lines: dict[str, ActionLine] = {}

    def body(self) -> Iterable[Widget]:
        yield Table(COLUMNS, id="actions", markable=False)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#actions", Table)

    def load(self) -> None:
        whole, (which, _words) = self.shell.whole, LISTS[self._which]
        self.ask(
            "actions", lambda: tuple(whole().duties.actions(which)), self._loaded, failed=self._unreadable
        )

    def _loaded(self, found: Sequence[ActionLine]) -> None:
        self._lines = {one.id: one for one in found}
        self.table.fill([self._row(one) for one in found])
        words = LISTS[self._which][1]
        if not found:
            remedy = "T writes one down; ] turns to the next list."
            self.table.say(((Piece(EMPTY[LISTS[self._which][0]], "strong"),), (Piece(remedy, "dim"),)))
        self.headline(Piece(f"{words}   {len(found)}", "dim"))
        self.footline()

    def _row(self, one: ActionLine) -> Row:
        glyph, role = STATES[one.state]
        due = moment(one.due, self.shell.zone, self.shell.now()) if one.due else ""
        late = "× " if one.overdue else ""
        return Row(
            one.id,
            (
                word(one.id, "strong"),
                word(f"{glyph} {one.state}", role),
                word(one.what),
                word(one.owner, "dim"),
                word(f"{late}{due}", "bad" if one.overdue else "dim"),
                word(one.origin.removeprefix("change:"), "dim"),
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def line(self) -> ActionLine | None:
        return self._lines.get(self.table.current)

    def under(self) -> tuple[str, tuple[str, ...]]:
        return "action", self.subjects()

    def command_line(self) -> str:
        """The command that lists the same."""
        option = {MINE: " --mine", OVERDUE: " --overdue", OVER: " --all"}.get(LISTS[self._which][0], "")
        return f"cmdb action list{option}"

    def hints(self) -> Sequence[str]:
        if not self.table.count():
            return ("action_add", "tab", "back", "help")
        return ("open", *self.step_hints()[:2], "tab", "action_add", "back")

    def on_rows_moved(self) -> None:
        self.footline()

    def verb_open(self) -> None:
        """Show one."""
        if self.subjects():
            self.shell.go("action", *self.subjects())

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_tab(self) -> None:
        """Turn to the next list."""
        self._turn(1)

    def verb_tab_back(self) -> None:
        """Turn to the list before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self._which = (self._which + by) % len(LISTS)
        self.load()


class ActionPage(ActionVerbs):
    """One action item."""

    NAME: ClassVar[str] = "action"
    TITLE_WORD: ClassVar[str] = "Action item"

    def __init__(self, id: str) -> None:
        super().__init__()
        self._item = id.upper()
        self.card: ActionCard | None = None

    def where(self) -> tuple[str, ...]:
        return (self.NAME, self._item)

    def body(self) -> Iterable[Widget]:
        yield Lines(id="action")

    def load(self) -> None:
        whole, id = self.shell.whole, self._item
        self.ask("action", lambda: whole().duties.action(id), self._loaded, failed=self._refused)

    def _loaded(self, card: ActionCard) -> None:
        self.card = card
        glyph, role = STATES[card.line.state]
        self.headline(Piece(card.line.id, "strong"), Piece(f"  {glyph} {card.line.state}", role))
        self.query_one("#action", Lines).draw(lambda width: _lines(card, width))
        self.footline()

    def _refused(self, error: CmdbError) -> None:
        self.query_one("#action", Lines).show(problems(error.reason, error.remedy, error.problems))

    def line(self) -> ActionLine | None:
        return self.card.line if self.card else None

    def subjects(self) -> tuple[str, ...]:
        return (self._item,)

    def command_line(self) -> str:
        """The command that shows the same."""
        return f"cmdb action show {self._item}"

    def hints(self) -> Sequence[str]:
        return (*self.step_hints(), "everything", "back", "help")


def _lines(card: ActionCard, width: int) -> list[Line]:
    glyph, role = STATES[card.line.state]
    lines: list[Line] = [
        (Piece(f"{card.line.id}  ", "strong"), Piece(f"{glyph} {card.line.state}", role)),
        (),
    ]
    for fact in card.facts:
        lines += paragraph(fact.label, fact.text, width, fact.role, column=13)
    lines.append(())
    if card.line.next:
        lines.append(title("Next", f"{counted(len(card.line.next), 'way')} on: {', '.join(card.line.next)}"))
    else:
        lines.append((Piece("That is final.", "dim"),))
    return lines

"""Reviews, milestones and trainings: what is ahead, what was missed, and every step by a form."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.present import Line, Piece, counted, problems
from tui.record_source import LISTS, MILESTONES, REVIEWS, SERIES, TRAININGS, RecordLine
from tui.screens.record_forms import RecordForms
from tui.widgets.bars import Rule
from tui.widgets.table import Column, Row, Table, word

COLUMNS = (
    Column("id", "Record", 7),
    Column("state", "State", 11),
    Column("date", "When", 24),
    Column("who", "With", 10),
    Column("text", "What"),
    Column("kind", "Kind", 18, since=100),
)
SIGNS = {
    "missed": "×",
    "late": "×",
    "planned": "○",
    "ahead": "○",
    "held": "●",
    "reached": "●",
    "counts": "●",
}
NEW = {REVIEWS: "review plan", MILESTONES: "milestone add", TRAININGS: "training record"}
STEP = {REVIEWS: "review hold", MILESTONES: "milestone reach"}
EDIT = {REVIEWS: "review amend", MILESTONES: "milestone amend"}
UNDO = {REVIEWS: "review cancel", MILESTONES: "milestone drop", TRAININGS: "training withdraw"}
AHEAD = {REVIEWS: "ahead", MILESTONES: "ahead", TRAININGS: "in force"}
EMPTY = {
    REVIEWS: ("No review is planned, and none was held.", "N plans one."),
    MILESTONES: ("No plan has a milestone.", "N adds one."),
    TRAININGS: ("No training is recorded.", "N records one."),
}


class RecordsPage(RecordForms):
    """The three lists; `]` and `[` turn from one to the next."""

    NAME: ClassVar[str] = "reviews"
    TITLE_WORD: ClassVar[str] = "Reviews"

    def __init__(self, subject: str = "") -> None:
        super().__init__()
        series = SERIES.get(subject.upper().partition("-")[0], subject)
        self._which = LISTS.index(series) if series in LISTS else 0
        self._wanted = subject.upper() if series != subject else ""
        self._trouble = False
        self._shown = ""
        self._lines: dict[str, RecordLine] = {}

    def where(self) -> tuple[str, ...]:
        return (self.NAME, self.list)

    @property
    def list(self) -> str:
        """Which of the lists is shown."""
        return LISTS[self._which]

    def body(self) -> Iterable[Widget]:
        yield Rule(id="lists")
        yield Table(COLUMNS, id="records", markable=False)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#records", Table)

    def load(self) -> None:
        which, whole = self.list, self.shell.whole
        if self._shown != which or not self.table.count():
            self._lines = {}
            self.table.cursor = 0
            self.table.say(((Piece(f"Reading the {which}…", "dim"),),))
        tabs = [Piece(f" {one} ", "key" if one == which else "dim") for one in LISTS]
        self.query_one(Rule).put((), (*tabs, Piece(" [ ] turn ", "dim")))

        def asked() -> tuple[str, Sequence[RecordLine]]:
            return which, whole().records.listed(which)

        self.ask("records", asked, self._loaded, failed=self._unreadable)

    def _loaded(self, found: tuple[str, Sequence[RecordLine]]) -> None:
        self._shown, every = found
        lines = [one for one in every if one.role == "bad" or not self._trouble]
        self._lines = {one.id: one for one in lines}
        if lines:
            self.table.fill([self._row(one) for one in lines])
        elif every:
            self.table.say(((Piece("○ Nothing was missed, nothing is late.", "good"),), _dim("! shows all.")))
        else:
            said, more = EMPTY[self._shown]
            self.table.say(((Piece(said, "strong"),), _dim(more)))
        if self._wanted:
            self.table.point(self._wanted)
            self._wanted = ""
        late = sum(1 for one in every if one.role == "bad")
        ahead = sum(1 for one in every if not one.over)
        many = f"{counted(len(every), self._shown.removesuffix('s'))}, {ahead:,} {AHEAD[self._shown]}"
        self.headline(
            Piece(many, "dim"),
            Piece(f"  {late} {'missed' if self._shown == REVIEWS else 'late'}" if late else "", "bad"),
            Piece("  ! only trouble" if self._trouble else "", "warn"),
        )
        self.footline()

    def _row(self, one: RecordLine) -> Row:
        return Row(
            one.id,
            (
                word(one.id, "strong"),
                word(f"{SIGNS.get(one.state, '×')} {one.state}", one.role),
                word(one.date, "bad" if one.role == "bad" else "dim"),
                word(one.who),
                word(one.text),
                word(one.kind, "dim"),
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self._lines = {}
        self.table.say(problems(error.reason, error.remedy, error.problems))
        self.footline()

    def line(self) -> RecordLine | None:
        """What the cursor is on."""
        return self._lines.get(self.table.current)

    def on_rows_moved(self) -> None:
        self.footline()

    def subjects(self) -> tuple[str, ...]:
        return (self.table.current,) if self.table.current in self._lines else ()

    def command_line(self) -> str:
        """The command that lists the same."""
        return f"cmdb {self.list.removesuffix('s')} list --all"

    def about(self) -> tuple[str, tuple[str, ...]]:
        """A new action item comes from what the cursor is on."""
        one = self.line()
        return (one.origin if one else ""), ()

    def guard(self, name: str) -> str:
        one = self.line()
        if name in ("step", "edit", "withdraw", "confirm", "action_add"):
            return one.against.get(name, "") if one else "Nothing is under the cursor."
        return super().guard(name)

    def hints(self) -> Sequence[str]:
        own = ("step",) if self.line() is not None and not self.guard("step") else ()
        return (*own, "record_new", *(("open",) if self.line() else ()), "tab", "trouble", "help")[:6]

    # Verbs ----------------------------------------------------------------------------------

    def verb_open(self) -> None:
        """Show the whole record."""
        one = self.line()
        if one is not None:
            self.shell.run_words(one.command.split())

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_record_new(self) -> None:
        """Plan a review, add a milestone or record a training, by the list."""
        self.fill_record(NEW[self.list])

    def verb_step(self) -> None:
        """Say that the review was held, or the milestone reached."""
        self.fill_record(STEP[self.list], *self.subjects())

    def verb_edit(self) -> None:
        """Plan it anew."""
        self.fill_record(EDIT[self.list], *self.subjects())

    def verb_withdraw(self) -> None:
        """Cancel the review, drop the milestone, withdraw the training."""
        self.fill_record(UNDO[self.list], *self.subjects())

    def verb_confirm(self) -> None:
        """Approve the material of the review."""
        self.perform("review", "approve", *self.subjects())

    def verb_trouble(self) -> None:
        """Show only what was missed or is late, or everything again."""
        self._trouble = not self._trouble
        self.load()

    def verb_back(self) -> None:
        """Show everything again; then go back."""
        if self._trouble:
            self.verb_trouble()
        else:
            super().verb_back()

    def verb_tab(self) -> None:
        """Turn to the next list."""
        self._turn(1)

    def verb_tab_back(self) -> None:
        """Turn to the list before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self._which = (self._which + by) % len(LISTS)
        self.load()


def _dim(text: str) -> Line:
    return (Piece(text, "dim"),)

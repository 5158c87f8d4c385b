"""Audits: open findings, audits held and due, practices not performed; and what verify proves."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.duty_source import AuditLine
from tui.present import Line, Piece, counted, problems
from tui.screens.facts import paragraph
from tui.screens.place import Place
from tui.views import Proof
from tui.widgets.lines import Lines
from tui.widgets.table import Column, Row, Table, word

COLUMNS = (
    Column("id", "What", 14),
    Column("state", "State", 13),
    Column("who", "With", 9),
    Column("date", "Date", 10),
    Column("text", "About"),
)
UNASKED: tuple[Line, ...] = (
    (
        Piece("Nothing has been proved in this session.", "strong"),
        Piece(" V proves all of it.", "dim"),
    ),
    (),
)


class Audits(Place):
    """What asks for attention, each line with the record behind it; above it, what verify says."""

    NAME: ClassVar[str] = "audits"
    TITLE_WORD: ClassVar[str] = "Audits"
    DEFAULT_CSS = """
    Audits #proof { height: auto; max-height: 50%; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._asked = False
        self._lines: dict[str, AuditLine] = {}

    def body(self) -> Iterable[Widget]:
        yield Lines(id="proof", focusable=False)
        yield Table(COLUMNS, id="audited", markable=False)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#audited", Table)

    def load(self) -> None:
        if not self._asked:
            self.query_one("#proof", Lines).show(UNASKED)
        whole = self.shell.whole
        self.ask("audits", lambda: tuple(whole().duties.audited()), self._listed, failed=self._unreadable)

    def _listed(self, found: Sequence[AuditLine]) -> None:
        self._lines = {one.id: one for one in found}
        self.table.fill([self._row(one) for one in found])
        if not found:
            self.table.say(((Piece("No finding is open, no audit planned, every practice performed."),),))
        late = sum(1 for one in found if one.state == "overdue")
        open_ = counted(sum(1 for one in found if one.kind == "finding"), "open finding")
        self.headline(Piece(open_, "dim"), Piece(f"   {late} overdue", "bad" if late else "dim"))
        self.footline()

    def _row(self, one: AuditLine) -> Row:
        return Row(
            one.id,
            (
                word(one.id.removeprefix("5.5 "), "strong"),
                word(one.state, one.role),
                word(one.who),
                word(one.date[:10], "dim"),
                word(one.text, "dim"),
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def subjects(self) -> tuple[str, ...]:
        return (self.table.current,) if self.table.current in self._lines else ()

    def command_line(self) -> str:
        """The command that shows what the cursor is on."""
        found = self._lines.get(self.table.current)
        return f"cmdb {found.command}" if found else "cmdb audit list"

    def verb_open(self) -> None:
        """Show the whole record, with every act on it or every record behind it."""
        found = self._lines.get(self.table.current)
        if found is not None:
            try:
                self.shell.obey(found.command)
            except CmdbError as refused:
                self.fault(refused)

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def arrive(self, subject: str) -> None:
        self.verb_verify()

    def verb_verify(self) -> None:
        """Prove everything."""
        whole = self.shell.whole
        self._asked = True
        self.query_one("#proof", Lines).show([(Piece("Proving every signature and every commit…", "dim"),)])
        self.ask("verify", lambda: whole().proof(), self._loaded, failed=self._refused)

    def _loaded(self, proof: Proof) -> None:
        head: Line = (
            (Piece("● everything agrees", "good"),) if proof.ok else (Piece("× it does not agree", "bad"),)
        )
        self.query_one("#proof", Lines).draw(
            lambda width: [
                head,
                *(
                    line
                    for one in proof.lines
                    for line in paragraph(one.label, one.text, width, one.role, column=14)
                ),
                (),
            ]
        )
        self.footline()

    def _refused(self, error: CmdbError) -> None:
        self._asked = False
        self.query_one("#proof", Lines).show(problems(error.reason, error.remedy, error.problems))

    def hints(self) -> Sequence[str]:
        return ("open", "verify", "copy_command", "back", "help")

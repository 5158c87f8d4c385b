"""Audits: open findings, audits held and due, practices not performed; and what verify proves."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.duty_source import AuditLine
from tui.present import Line, Piece, counted, problems
from tui.screens.asks import Ask
from tui.screens.directory import dialog
from tui.screens.facts import paragraph
from tui.screens.record_forms import RecordForms
from tui.views import Proof
from tui.widgets.lines import Lines
from tui.widgets.table import Column, Row, Table, word

COLUMNS = (
    Column("id", "What", 14),
    Column("state", "State", 15),
    Column("who", "With", 12, since=100, least=4),
    Column("date", "Date", 10, since=100, least=4),
    Column("text", "About"),
)
SIGNS = {"bad": "×", "warn": "▲"}
UNASKED: tuple[Line, ...] = (
    (
        Piece("Nothing has been proved in this session.", "strong"),
        Piece(" V proves all of it.", "dim"),
    ),
    (),
)


FINDING_ALONE = ("finish", "confirm")
STEPS = {"planned": "start", "overdue": "start", "reported": "close"}  # of an audit


class Audits(RecordForms):
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
        if not self._lines and not self.table.count():
            self.table.say(((Piece("Counting findings, audits and practices…", "dim"),),))
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
                word(f"{SIGNS.get(one.role, '○')} {one.state}", one.role),
                word(one.who),
                word(one.date[:10], "dim"),
                word(one.text, "dim"),
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def line(self) -> AuditLine | None:
        """What the cursor is on."""
        return self._lines.get(self.table.current)

    def on_rows_moved(self) -> None:
        self.footline()

    def subjects(self) -> tuple[str, ...]:
        return (self.table.current,) if self.table.current in self._lines else ()

    def command_line(self) -> str:
        """The command that shows what the cursor is on."""
        found = self._lines.get(self.table.current)
        return f"cmdb {found.command}" if found else "cmdb audit list"

    def verb_open(self) -> None:
        """Show the whole record, with every act on it or every record behind it."""
        found = self.line()
        if found is not None and found.kind in ("finding", "practice"):
            self.shell.go(found.kind, found.id)
        elif found is not None:
            try:
                self.shell.obey(found.command)
            except CmdbError as refused:
                self.fault(refused)

    # Findings and audits ------------------------------------------------------------------------

    def guard(self, name: str) -> str:
        one = self.line()
        if name not in ("step", "hand_over", "close", "start", "withdraw", *FINDING_ALONE):
            return super().guard(name)
        if one is None or one.kind == "practice":
            return "The cursor is on no finding and on no audit."
        if one.kind == "finding":
            return f"{one.id} is a finding: P leads it on." if name in ("start", "withdraw") else ""
        if name in FINDING_ALONE:
            return f"{one.id} is an audit: only a finding is corrected and verified."
        if name == "withdraw":
            return "" if one.state in ("planned", "overdue") else f"{one.id} is {one.state}: it was held."
        wanted = STEPS.get(one.state, "")
        if name != "hand_over" and name not in ("step", wanted):
            return f"{one.id} is {one.state}."
        return ""

    def _lead(self, verb: str) -> bool:
        """Do a verb on the sheet of the finding under the cursor; False where it is on an audit."""
        one = self.line()
        if one is not None and one.kind == "finding":
            self.shell.attempt("finding", (one.id,), verb)
            return True
        return False

    def verb_step(self) -> None:
        """Lead the finding on, or the audit: run it, close it."""
        one = self.line()
        if one is not None and not self._lead("step"):
            getattr(self, f"verb_{STEPS[one.state]}")()

    def verb_finish(self) -> None:
        """Say how the finding was corrected."""
        self._lead("finish")

    def verb_confirm(self) -> None:
        """Say that the correction holds."""
        self._lead("confirm")

    def verb_hand_over(self) -> None:
        """Put the finding with somebody, or give the audit another auditor."""
        one = self.line()
        if one is None or self._lead("hand_over"):
            return
        asks = (
            Ask(
                "auditor", "auditor", "who audits instead; never who owns some of it", one.who, reads="person"
            ),
            Ask("due", "due", "by when instead; empty: as planned", reads="moment"),
            Ask("reason", "why", "the reason", "", "Say why."),
        )
        id, was = one.id, one.who

        def take(given: dict[str, str]) -> None:
            words = [f"--auditor={given['auditor']}"] if given["auditor"] != was else []
            words += [f"--due={given['due']}"] if given["due"] else []
            self.perform("audit", "appoint", id, *words, f"--reason={given['reason']}")

        self.fill(dialog("sheet", f"Another auditor or date for {id}", (), asks, "sign"), take)

    def verb_close(self) -> None:
        """Close the finding, or the audit whose findings are closed."""
        one = self.line()
        if one is None or self._lead("close"):
            return
        id = one.id
        asks = (Ask("words", "evaluation", "what the audit was worth", "", "Say what it was worth."),)
        sheet = dialog("sheet", f"Close {id}", ("A closed audit stays closed.",), asks, "sign", grave=True)
        self.fill(sheet, lambda got: self.perform("audit", "close", id, f"--evaluation={got['words']}"))

    def verb_record_new(self) -> None:
        """Plan an audit."""
        self.fill_record("audit plan")

    def verb_withdraw(self) -> None:
        """Say that the planned audit will not be held."""
        self.fill_record("audit cancel", *self.subjects())

    def verb_start(self) -> None:
        """Run the audit under the cursor: what it would find is shown first."""
        one = self.line()
        if one is None:
            return
        self.fill_record("audit run", one.id)

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
            (Piece("● verified: everything agrees", "good"),)
            if proof.ok
            else (Piece("× verified: it does not agree", "bad"),)
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
        own = ("step",) if self.line() is not None and not self.guard("step") else ()
        return ("open", *own, "record_new", "verify", "trouble", "help")

"""Audits: whether everything is still what was agreed, as verify proves it."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.present import Line, Piece, problems
from tui.screens.facts import paragraph
from tui.screens.place import Place
from tui.views import Proof
from tui.widgets.lines import Lines

UNASKED: tuple[Line, ...] = (
    (Piece("Nothing has been proved in this session.", "strong"),),
    (),
    (Piece("V proves every baseline, decision and vote, from the first commit on,", "dim"),),
    (Piece("and that database, journal and library agree.", "dim"),),
)


class Audits(Place):
    """What verify says."""

    NAME: ClassVar[str] = "audits"
    TITLE_WORD: ClassVar[str] = "Audits"

    def __init__(self) -> None:
        super().__init__()
        self._asked = False

    def body(self) -> Iterable[Widget]:
        yield Lines(id="proof")

    def load(self) -> None:
        if not self._asked:
            self.query_one("#proof", Lines).show(UNASKED)

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
        self.headline(*head)
        self.query_one("#proof", Lines).draw(
            lambda width: [
                head,
                (),
                *(
                    line
                    for one in proof.lines
                    for line in paragraph(one.label, one.text, width, one.role, column=14)
                ),
            ]
        )
        self.footline()

    def _refused(self, error: CmdbError) -> None:
        self._asked = False
        self.query_one("#proof", Lines).show(problems(error.reason, error.remedy, error.problems))

    def hints(self) -> Sequence[str]:
        return ("verify", "copy_command", "back", "help")

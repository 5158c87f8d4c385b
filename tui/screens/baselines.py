"""Baselines: what was agreed, by which request; mark one, stand on another, `d` compares them."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.present import Line, Piece, counted, moment, problems
from tui.screens.asking import Sheet
from tui.screens.asks import Ask
from tui.screens.facts import difference_lines, title
from tui.screens.place import Place
from tui.views import BaselineLine, Comparison
from tui.widgets.lines import Lines
from tui.widgets.table import Column, Row, Table, word

COLUMNS = (
    Column("id", "Baseline", 10),
    Column("at", "Established", 17),
    Column("request", "Request", 8),
    Column("title", "What changed"),
    Column("actor", "By", 12),
    Column("commit", "Commit", 10, since=90),
)


class Baselines(Place):
    """Every baseline, newest first."""

    NAME: ClassVar[str] = "baselines"
    TITLE_WORD: ClassVar[str] = "Baselines"

    def __init__(self) -> None:
        super().__init__()
        self._wanted = ""

    def body(self) -> Iterable[Widget]:
        yield Table(COLUMNS, id="baselines")

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#baselines", Table)

    def load(self) -> None:
        whole = self.shell.whole
        if not self.table.count():
            self.table.say(((Piece("Reading the baselines…", "dim"),),))
        self.ask("baselines", lambda: tuple(whole().baselines()), self._loaded, failed=self._unreadable)

    def _loaded(self, lines: tuple[BaselineLine, ...]) -> None:
        now, zone = self.shell.now(), self.shell.zone
        rows = [
            Row(
                one.id,
                (
                    word(one.id, "strong"),
                    word(moment(one.at, zone, now), "dim"),
                    word(one.request, "accent"),
                    word(one.title),
                    word(one.actor),
                    word(one.commit[:10], "dim"),
                ),
            )
            for one in lines
        ]
        if rows:
            self.table.fill(rows)
            if self._wanted:
                self.table.point(self._wanted)
                self._wanted = ""
        else:
            self.table.say(((Piece("There is no baseline: this site has no library yet.", "strong"),),))
        self.headline(
            Piece(counted(len(rows), "baseline"), "dim"), Piece("   Space marks, d compares", "dim")
        )
        self.footline()

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def arrive(self, subject: str) -> None:
        self._wanted = subject
        self.table.point(subject)

    def subjects(self) -> tuple[str, ...]:
        return self.table.chosen()

    def hints(self) -> Sequence[str]:
        return ("mark", "difference", "open", "verify", "back", "help")

    def verb_mark(self) -> None:
        """Mark the baseline to compare from."""
        self.table.mark()

    def _pair(self) -> tuple[str, str] | None:
        ids = {row.id: place for place in range(self.table.count()) if (row := self.table.row(place))}
        marked = sorted(self.table.marks, key=lambda one: ids.get(one, 0), reverse=True)
        here = self.table.current
        if len(marked) == 1 and here and here != marked[0]:
            marked = sorted([marked[0], here], key=lambda one: ids.get(one, 0), reverse=True)
        return (marked[0], marked[1]) if len(marked) == 2 else None

    def verb_difference(self) -> None:
        """Compare the marked baseline with the one under the cursor."""
        pair = self._pair()
        if pair is None:
            self.refuse("Two baselines are compared.", "Mark one with Space, stand on the other, press d.")
            return
        self.shell.go("compare", *pair)

    def verb_open(self) -> None:
        """Compare the baseline under the cursor with the one before it."""
        older = self.table.row(self.table.cursor + 1)
        if older is None:
            self.refuse(f"{self.table.current} is the first baseline: there is none before it.")
            return
        self.shell.go("compare", older.id, self.table.current)

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_verify(self) -> None:
        """Prove the library."""
        self.shell.go("audits", "verify")

    def verb_restore(self) -> None:
        """Draft the request that makes records again what they were then."""
        id = self.table.current
        sheet = Sheet(
            f"Restore from {id}",
            ("A change request is drafted; it is assessed and decided like any other.",),
            (
                Ask(
                    "what",
                    "what",
                    "items: sw-11 fw-1; or all; or what a service needed: service svc-mail",
                    needed="Say what to restore.",
                ),
            ),
            "draft",
        )

        def answered(given: dict[str, str]) -> None:
            first, *others = given["what"].split()
            words = {"all": ("--all", *others), "service": tuple(f"--service={one}" for one in others)}
            chosen = words.get(first, (first, *others))
            self.perform("baseline", "restore", id, *chosen, "--apply", then=self._drafted)

        self.fill(sheet, answered)

    def _drafted(self, said: str) -> None:
        new = next((word for word in said.replace(":", " ").split() if word.startswith("CR-")), "")
        if new:
            self.shell.go("change", new)


class ComparePage(Place):
    """What differs between two baselines."""

    NAME: ClassVar[str] = "compare"
    TITLE_WORD: ClassVar[str] = "Compare"

    def __init__(self, older: str, newer: str) -> None:
        super().__init__()
        self.pair = (older, newer)

    def where(self) -> tuple[str, ...]:
        return (self.NAME, *self.pair)

    def body(self) -> Iterable[Widget]:
        yield Lines(id="comparison")

    def load(self) -> None:
        whole, (older, newer) = self.shell.whole, self.pair
        self.headline(Piece(f"{older} → {newer}", "strong"))
        self.ask("compare", lambda: whole().compare(older, newer), self._loaded, failed=self._refused)

    def _loaded(self, found: Comparison) -> None:
        self.headline(
            Piece(f"{found.older} → {found.newer}  ", "strong"),
            Piece(f"+{len(found.added)} ", "good"),
            Piece(f"-{len(found.removed)} ", "bad"),
            Piece(f"{counted(len(found.changed), 'field')} changed", "dim"),
        )
        self.query_one("#comparison", Lines).draw(lambda width: comparison_lines(found, width))
        self.footline()

    def _refused(self, error: CmdbError) -> None:
        self.query_one("#comparison", Lines).show(problems(error.reason, error.remedy, error.problems))

    def subjects(self) -> tuple[str, ...]:
        return self.pair

    def hints(self) -> Sequence[str]:
        return ("copy_command", "back", "help")


def comparison_lines(found: Comparison, width: int) -> list[Line]:
    """Added, removed and changed records, then dependencies."""
    lines: list[Line] = []
    for name, ids, sign, role in (
        ("Added", found.added, "+", "good"),
        ("Removed", found.removed, "-", "bad"),
        ("Connected", found.connected, "+", "good"),
        ("Disconnected", found.disconnected, "-", "bad"),
    ):
        if ids:
            lines += [()] if lines else []
            lines.append(title(name, f"{len(ids):,}"))
            lines += [(Piece(f"{sign} ", role), Piece(one)) for one in ids]
    if found.changed:
        lines += [()] if lines else []
        lines += [title("Changed"), *difference_lines(found.changed, width)]
    return lines or [(Piece("○ The two baselines hold the same records.", "good"),)]

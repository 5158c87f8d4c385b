"""What differs between two baselines, by which request, and who authorised both."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.present import Line, Piece, counted, moment, problems
from tui.screens.facts import difference_lines, title
from tui.screens.place import Place
from tui.views import BaselineLine, Comparison
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap


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
        self.query_one("#comparison", Lines).draw(
            lambda width: [
                *(line for one in found.sides for line in self._side(one, width)),
                *comparison_lines(found, width),
            ]
        )
        self.footline()

    def _side(self, one: BaselineLine, width: int) -> list[Line]:
        """When a baseline was established, for which request, and who authorised it."""
        when = moment(one.at, self.shell.zone, self.shell.now())
        by = f"authorised by {one.authorised}" if one.request else f"founded by {one.actor}"
        return [
            (Piece(f"{one.id}  ", "strong"), Piece(f"{when}  ", "dim"), Piece(one.request, "accent")),
            *((Piece("  "), *line) for line in wrap(by, max(10, width - 2))),
            (),
        ]

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

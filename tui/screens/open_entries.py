"""The parts of the dialog of a check-in: an open field to fill in, and what would be written."""

from textual.widgets import Input

from tui.check_in_plans import CheckInPlan, OpenLine
from tui.present import Line, Piece
from tui.screens.facts import difference_lines, paragraph, title
from tui.screens.item_forms import Entry
from tui.widgets.paint import wrap
from tui.widgets.prompt import Completer


class OpenEntry(Entry):
    """One open field: what is typed, and whether it stands in its file."""

    def __init__(self, line: OpenLine, text: str, complete: Completer) -> None:
        self.known, self.judged, self.sent = line, text, text
        self.contested = False  # whether the file says something else than when this was typed
        super().__init__(line.blank, text, complete)

    def renew(self, line: OpenLine) -> None:
        """Take what the file says now; what was typed meanwhile stays."""
        mine = self.altered
        ours = (self.blank.value.strip(), self.text.strip(), self.sent.strip())
        self.contested = mine and line.blank.value.strip() not in ours
        self.known, self.blank = line, line.blank
        if not mine:
            self.query_one(Input).value = line.blank.value
        self.mark(self.problem if mine else "")

    @property
    def text(self) -> str:
        """What is typed."""
        return next((one.value for one in self.query(Input)), self._text)

    @property
    def altered(self) -> bool:
        """Whether something is typed that its file does not say."""
        return self.text.strip() != self.blank.value.strip()

    def mark(self, problem: str) -> None:
        """Show what is wrong with the line, and where it stands."""
        super().mark(problem)
        value = self.blank.value
        if self.altered:
            piece = Piece(" not written", "accent")
        elif not value:
            piece = Piece(" required", "warn")
        elif value == self.known.was:
            piece = Piece(" ▲ as before", "warn")
        else:
            piece = Piece(" ● written", "good")
        self._need.put((piece,))


def plan_lines(plan: CheckInPlan, width: int) -> list[Line]:
    """What a check-in would write, below everything that is in its way."""
    lines: list[Line] = [*wrap(plan.summary, width), ()]
    if plan.problems:
        lines.append(title("In the way"))
        lines += [line for one in plan.problems for line in wrap(f"× {one}", width, "bad", indent="  ")]
        lines.append(())
    if plan.untouched:
        lines.append(title("Left as it was", "it was open: is that right?"))
        lines += [line for one in plan.untouched for line in wrap(f"▲ {one}", width, "warn", indent="  ")]
        lines.append(())
    if plan.diff:
        lines += [title("Would be written"), *difference_lines(plan.diff, width)]
    if plan.folder:
        lines += [(), *wrap(f"From {plan.folder}", width, "dim")]
    return lines or paragraph("", "Nothing to write.", width)

"""The dialog after a file that was not taken: what is wrong with it, and whether to edit it again."""

from collections.abc import Sequence

from cmdb.errors import CmdbError
from tui.item_source import RecordFile
from tui.present import Line
from tui.screens.dialogs import Dialog, Text
from tui.widgets.choice import Choice, Option
from tui.widgets.paint import wrap

AGAIN, LEAVE = "edit again", "leave it"


class Again(Dialog[bool]):
    """What is wrong with a file, and whether to edit it again."""

    AUTO_FOCUS = "#answer"

    def __init__(self, file: RecordFile, error: CmdbError) -> None:
        super().__init__(
            "Nothing is written yet", (("← →", "choose"), ("Enter", "take it"), ("Esc", "leave"))
        )
        self._file, self._error = file, error

    def body(self) -> Sequence[Text | Choice]:
        error = self._error
        lines: list[Line] = [*wrap(f"× {error.reason}", 66, "bad", indent="  ")]
        lines += [line for one in error.problems for line in wrap(f"─ {one}", 66, "warn", indent="  ")]
        lines += [*wrap(error.remedy, 66, "accent"), (), *wrap(f"Kept in {self._file.path}", 66, "dim"), ()]
        options = (Option("e", AGAIN, "accent"), Option("l", LEAVE, "dim"))
        return (Text(lines), Choice(options, id="answer", start=AGAIN))

    def on_choice_taken(self) -> None:
        self.dismiss(self.query_one(Choice).value == AGAIN)

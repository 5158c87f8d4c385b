"""Forms about reviews, milestones, trainings, audits and documents; and what opens them from a screen.

They look and feel as the forms about items do; what they write, the command of the same name writes.
"""

import shlex
from collections.abc import Sequence

from cmdb.document_points import POINTS
from tui.actions import spelled
from tui.item_source import Done, Sheet, Typed, Verdict
from tui.screens.directory import dialog
from tui.screens.item_forms import ItemForm
from tui.screens.place import Place


class RecordForm(ItemForm):
    """A form of `tui.record_forms`."""

    def fresh(self, sheet: Sheet, typed: Typed) -> Sheet:
        """The form as it would open now."""
        return self.shell.whole().records.sheet(sheet.verb, sheet.subjects)

    def judged(self, sheet: Sheet, typed: Typed) -> tuple[Sheet, Verdict]:
        """What the rules say of what is typed; the lines stay the same."""
        return sheet, self.shell.whole().records.judge(sheet, typed)

    def save(self, sheet: Sheet, typed: Typed) -> Done:
        """Run the command of the form; what was typed is let go of once it is written."""
        whole = self.shell.whole()
        words = whole.records.words(sheet, typed)
        if "--dry-run" in words:  # shown on a page of its own; what was typed stays
            return Done(said="", command=spelled(words))
        if words:
            done = Done(said=self.shell.perform(words), command=spelled(words))
        else:
            done = whole.records.write(sheet, typed)
        whole.item_work.keep(sheet.key, None)
        return done

    def _saved(self, done: Done) -> None:
        if done.said:
            super()._saved(done)
        else:
            self.conclude(done)

    def offers(self, what: str, text: str) -> Sequence[str]:
        """Whole lines that begin so; of a line of several words the last one is completed."""
        if what == "document kind":
            return [one for one in POINTS if one.startswith(text)]
        last = text.rpartition(" ")[2] if what.startswith("many ") else text
        head = text.removesuffix(last)
        found = self.shell.whole().item_work.offers(what.removeprefix("many "), last) if last else ()
        return [f"{head}{one}" for one in found]


class RecordForms(Place):
    """A screen that opens them."""

    def fill_record(self, verb: str, *ids: str) -> None:
        """Open the form of a verb; who may not do it is told before anything is typed."""
        whole = self.shell.whole

        def question() -> tuple[Sheet, dict[str, str]]:
            sheet = whole().records.sheet(verb, ids)
            return sheet, whole().item_work.kept(sheet.key)

        def opened(found: tuple[Sheet, dict[str, str]]) -> None:
            self.app.push_screen(dialog("record form", *found), self.recorded)

        self.open_form(question, opened)

    def recorded(self, done: Done | None) -> None:
        """Say what was done, and read again."""
        if done is None:
            return
        if not done.said:
            self.shell.run_words(shlex.split(done.command)[1:])
            return
        self.tell(done.said)
        self.again()

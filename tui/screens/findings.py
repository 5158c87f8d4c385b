"""The sheet of a finding, led from raised to closed by keys; every act is signed.

Each act asks in a small form and runs the command that does it; a refusal opens the form again.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

from tui.paper_source import Sheet
from tui.present import Line, Piece
from tui.screens.asks import Ask
from tui.screens.directory import dialog
from tui.screens.papers import COLUMN, PaperPage

# The act a verb stands for, and what it does in words.
ACTS = {
    "hand_over": "assign",
    "finish": "correct",
    "confirm": "verify",
    "reject": "reject",
    "close": "close",
    "escalate": "escalate",
    "review": "review",
}
# By state: what may come next, the most likely first.
NEXT = {
    "raised": ("hand_over", "review", "escalate"),
    "with": ("finish", "hand_over", "review", "escalate"),
    "corrected": ("confirm", "review"),
    "verified": ("close",),
    "escalated": ("review", "finish", "hand_over"),
}
WORDS = {
    "hand_over": "put it with somebody who leads the work",
    "finish": "say how it was corrected",
    "confirm": "say that the correction holds",
    "close": "close it",
    "review": "note the senior manager's review",
    "escalate": "say that it cannot be resolved here",
}


class FindingPage(PaperPage):
    """One finding with every signed act on it."""

    NAME: ClassVar[str] = "finding"
    TITLE_WORD: ClassVar[str] = "Finding"
    OWN: ClassVar[tuple[str, ...]] = (*ACTS, "step", "action_add")

    def question(self) -> Callable[[], Sheet]:
        whole, id = self.shell.whole, self.words[0]
        return lambda: whole().papers.finding(id)

    def command_line(self) -> str:
        """The command that shows the same."""
        return f"cmdb finding show {self.words[0]}"

    def _next(self) -> str:
        """The verb that leads it on for whoever acts; the likeliest where none is theirs."""
        sheet = self.sheet
        offers = NEXT.get(sheet.fields["state"], ()) if sheet else ()
        mine = [one for one in offers if sheet and not sheet.against.get(ACTS[one], "")]
        return next(iter((*mine, *offers)), "")

    def next_lines(self) -> list[Line]:
        verb = self._next()
        if not verb:
            return [(), (Piece("It is closed, and that is final.", "dim"),)]
        return [(), (Piece("next".ljust(COLUMN), "dim"), Piece("P ", "key"), Piece(WORDS[verb]))]

    def guard(self, name: str) -> str:
        sheet = self.sheet
        if sheet is not None and name in (*ACTS, "step"):
            verb = self._next() if name == "step" else name
            return sheet.against.get(ACTS[verb], "") if verb else f"{sheet.id} is closed, and that is final."
        return super().guard(name)

    def hints(self) -> Sequence[str]:
        own = ("step",) if self.sheet and not self.guard("step") else ()
        return (*own, *super().hints())[:6]

    def about(self) -> tuple[str, tuple[str, ...]]:
        """A new action item comes from the finding."""
        return f"finding:{self.words[0]}", ()

    def verb_step(self) -> None:
        """Lead it one step on."""
        getattr(self, f"verb_{self._next()}")()

    def verb_hand_over(self) -> None:
        """Put it with somebody who leads the work it is about."""
        id = self.words[0]
        value = self.sheet.fields["holder"] if self.sheet else ""
        asks = (
            Ask("to", "who", "person id: a task leader or a manager", value, "Say with whom.", "person"),
            Ask("due", "due", "+14d, or 1 Dec 12:00", "+14d", "Say until when.", "moment"),
            Ask("words", "words", "what you ask for"),
        )
        words = ("It becomes an action item of theirs. Never with its auditor.",)
        sheet = dialog("sheet", f"Put {id} with somebody", words, asks, "sign")

        def take(given: dict[str, str]) -> None:
            more = (f"--words={given['words']}",) if given["words"] else ()
            self.perform("finding", "assign", id, f"--to={given['to']}", f"--due={given['due']}", *more)

        self.fill(sheet, take)

    def verb_finish(self) -> None:
        """Say how it was corrected."""
        self._worded("correct", "How was it corrected?", "Its auditor is asked to verify it.")

    def verb_confirm(self) -> None:
        """Say that the correction holds."""
        told = (
            next((one.text for one in self.sheet.facts if one.label == "correction"), "")
            if self.sheet
            else ""
        )
        self._worded("verify", "What did you see of the correction?", f"Said to be corrected: {told}")

    def verb_reject(self) -> None:
        """Say that the correction does not hold."""
        self._worded("reject", "Why does the correction not hold?", "It is with the same person again.")

    def verb_close(self) -> None:
        """Close it."""
        self._worded("close", "What was it worth?", "A closed finding stays closed.", grave=True)

    def verb_escalate(self) -> None:
        """Say that it cannot be resolved here."""
        self._worded("escalate", "Why can it not be resolved here?", "It becomes the senior manager's.")

    def verb_review(self) -> None:
        """Note a senior manager's review of it."""
        id = self.words[0]
        asks = (
            Ask("words", "words", "what you decided or saw", "", "Say what you decided."),
            Ask("next", "again", "when you look again: +30d", "+30d", "Say when.", "moment"),
        )
        sheet = dialog(
            "sheet", f"Review {id}", ("Your reviews are records until it is resolved.",), asks, "sign"
        )
        self.fill(
            sheet,
            lambda got: self.perform(
                "finding", "review", id, f"--words={got['words']}", f"--next={got['next']}"
            ),
        )

    def _worded(self, act: str, question: str, words: str, *, grave: bool = False) -> None:
        id = self.words[0]
        needed = "" if act == "close" else "Say it in a sentence."
        asks = (Ask("words", "words", question, "", needed),)
        sheet = dialog("sheet", f"{id}: {question}", (words,), asks, "sign", grave=grave)

        def take(given: dict[str, str]) -> None:
            self.perform("finding", act, id, *((f"--words={given['words']}",) if given["words"] else ()))

        self.fill(sheet, take)

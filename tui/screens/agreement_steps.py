"""The steps in the life of an agreement, taken from its card: which one, and then what it needs.

Each asks in a small form and runs the command that does it; a refusal is said with its remedy.
"""

from collections.abc import Sequence

from tui.screens.asks import Ask
from tui.screens.directory import dialog
from tui.screens.promise_forms import PromiseForms

_ON = Ask("on", "on", "the day it happened", "now", "Say on which day.", "moment")
_ACCEPTED = Ask("accepted-by", "accepted by", "a name, of the customer's", "", "Somebody accepted it.")
_EVIDENCE = Ask("evidence", "evidence", "words, or a file", "", "Say what shows it.")
_REVIEWERS = "customer, service manager, senior management"
# What each step asks for; every name is an option of its command.
ASKS: dict[str, tuple[Ask, ...]] = {
    "review": (
        Ask(
            "for",
            "for",
            _REVIEWERS,
            "customer",
            "Say for whom it was reviewed.",
            _REVIEWERS.replace(", ", "|"),
        ),
        Ask("name", "name", "who reviewed it", "", "Say who reviewed it."),
        _ON,
        Ask("note", "note", "what came of it"),
    ),
    "agree": (_ACCEPTED, _EVIDENCE, _ON),
    "publish": (Ask("to", "to", "the customer and the provider if left out"), _ON),
    "revise": (Ask("reason", "reason", "why it is revised", "", "Say why it is revised."),),
    "revise to a next version": (
        Ask("file", "file", "the file that holds what it says next", "", "Name the file."),
        Ask("from", "from", "the day it comes into force", "", "Say from which day on.", "moment"),
        _ACCEPTED,
        _EVIDENCE,
        Ask(
            "reviewed",
            "reviewed",
            "customer=Ann; service manager=Bo; senior management=Cy",
            "",
            "Reviewed by?",
        ),
        Ask("reason", "reason", "why it is revised"),
    ),
    "end": (
        Ask("at", "at", "the last moment it holds", "", "Say when it ends.", "moment"),
        Ask("reason", "reason", "why it ends", "", "Say why it ends."),
    ),
}
_WORDS: dict[str, str] = {
    "agree": "Both sides agreed: it is signed with your key.",
    "revise": "It goes on to bind while it is under revision.",
    "revise to a next version": "What it says now binds until that day, and stays readable.",
    "end": "What it promised until then stays counted.",
}
_LISTS = ("reviewed",)


class AgreementSteps(PromiseForms):
    """A card that can take an agreement one step on."""

    def steps(self) -> Sequence[str]:
        """The steps that are possible now."""
        raise NotImplementedError

    def controlled(self) -> bool:
        """Whether a step is taken by a change request."""
        raise NotImplementedError

    def guard(self, name: str) -> str:
        if name == "step" and not self.steps():
            return "It has ended, and that is final. ':agreement register FILE' adds a new one."
        return super().guard(name)

    def verb_step(self) -> None:
        """Ask which step is taken."""
        id, choices = self.subjects()[0], list(self.steps())
        if "revise" in choices:
            choices.insert(choices.index("revise") + 1, "revise to a next version")
        words = "It is under control: the step writes a change request." if self.controlled() else ""
        sheet = dialog("sheet", f"{id}: next step", (words,) if words else (), (), "go on", choices=choices)
        self.fill(sheet, lambda given: self._asked(id, given["choice"]))

    def _asked(self, id: str, step: str) -> None:
        words = (_WORDS[step],) if step in _WORDS else ()
        sheet = dialog(
            "sheet", f"{id}: {step}", words, ASKS[step], step.partition(" ")[0], grave=step == "end"
        )
        self.fill(sheet, lambda given: self._take(id, step, given))

    def _take(self, id: str, step: str, given: dict[str, str]) -> None:
        options: list[str] = []
        for name, text in given.items():
            if not text or name == "file":
                continue
            parts = [one.strip() for one in text.split(";")] if name in _LISTS else [text]
            options += [word for one in parts if one for word in (f"--{name}", one)]
        named = (given["file"],) if given.get("file") else ()
        self.perform("agreement", step.partition(" ")[0], id, *named, *options)

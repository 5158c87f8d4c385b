"""What the item screens ask for beyond reading: forms, their verdicts, and what became of them.

Values and the seam alone. A sheet is what a form shows; a verdict is what the rules say of what is
typed in it, in their own sentences, each at the line it is about. Everything typed is text.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from tui.views import FieldChange

Typed = Mapping[str, str]


class Blank(NamedTuple):
    """One line of a form. `need` is `required`, `recommended` or empty.

    `choices` are the only words that fit; `completes` names what else is offered while typing: item,
    person, group, party, type or kind. `says` are beginnings of the rules' sentences about this line.
    """

    name: str
    label: str
    value: str = ""
    hint: str = ""
    need: str = ""
    choices: tuple[str, ...] = ()
    completes: str = ""
    says: tuple[str, ...] = ()


class Sheet(NamedTuple):
    """A form about some items: what it does, its lines, and the records as they were when it was made.

    `controlled` says why what is typed becomes a draft change request; empty when it is written.
    `seen` is what a save is held against: refused when somebody changed it meanwhile.
    """

    verb: str
    subjects: tuple[str, ...]
    title: str
    blanks: tuple[Blank, ...]
    controlled: str = ""
    seen: str = ""

    @property
    def start(self) -> dict[str, str]:
        """What stands in the lines before anything is typed."""
        return {one.name: one.value for one in self.blanks}

    @property
    def key(self) -> str:
        """The name under which what was typed is kept."""
        return " ".join((self.verb, *self.subjects))


class Verdict(NamedTuple):
    """What the rules say: a sentence per line, those about no line, what would be written, remarks."""

    problems: Mapping[str, str]
    others: tuple[str, ...] = ()
    diff: tuple[FieldChange, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def wrong(self) -> bool:
        """Whether anything stands against it."""
        return bool(self.problems or self.others)


class Heard(NamedTuple):
    """One line of a small form as it was read: why it cannot be, or what it was understood as."""

    problem: str = ""
    means: str = ""


class Done(NamedTuple):
    """What was done, in words; the item or the change request to look at, and how to undo it.

    `undo` is a verb and the words for it, such as ("lift", "sw-11"); `command` the command line that
    does the same.
    """

    said: str
    item: str = ""
    change: str = ""
    undo: tuple[str, ...] = ()
    command: str = ""


class RecordFile(NamedTuple):
    """A record as a file for an editor. `kept` says that an earlier, unsaved text is in it."""

    path: Path
    kind: str
    id: str
    template: str
    seen: str = ""
    kept: bool = False


class Layered(NamedTuple):
    """The surroundings of an item, one line an item: the lanes before it, its id and its facts.

    `said` is what stands above the drawing, such as how many items did not fit.
    """

    rows: tuple[tuple[str, str, str, str], ...]  # lanes, id, name, operating state
    said: str = ""


class ItemWork(Protocol):
    """What can be done with items. Every call may be made from any thread and raises CmdbError."""

    def sheet(self, verb: str, subjects: Sequence[str], typed: Typed | None = None) -> Sheet:
        """The form of a verb; `typed` gives what decides which lines there are, such as the type."""
        ...

    def judge(self, sheet: Sheet, typed: Typed) -> Verdict:
        """Everything the rules say of what is typed. Changes nothing."""
        ...

    def save(self, sheet: Sheet, typed: Typed) -> Done:
        """Write what is typed, or draft the change request for it."""
        ...

    def offers(self, what: str, start: str) -> Sequence[str]:
        """Ids and words that begin so, for completion."""
        ...

    def confirm(self, ids: Sequence[str]) -> Done:
        """Say that items were seen to be true."""
        ...

    def held(self, id: str) -> bool:
        """Whether an item is on hold now."""
        ...

    def lift(self, ids: Sequence[str]) -> Done:
        """End the holds on items."""
        ...

    def undo(self, what: Sequence[str]) -> Done:
        """Take back what was done last."""
        ...

    def facts(self, ids: Sequence[str]) -> dict[str, str]:
        """The first characteristics of items as they are now, as a change request sets them."""
        ...

    def filters(self) -> dict[str, str]:
        """The filters of the item list that were kept: name to words."""
        ...

    def keep_filter(self, name: str, words: str | None) -> None:
        """Keep a filter under a name; None lets go of it."""
        ...

    def columns(self) -> dict[str, str]:
        """The columns that were chosen for the items of a type: type to names, separated by commas."""
        ...

    def keep_columns(self, kind: str, names: str) -> None:
        """Keep the columns of a type; none lets go of them."""
        ...

    def kept(self, key: str) -> dict[str, str]:
        """What was typed into a form that never ended; empty when it ended."""
        ...

    def keep(self, key: str, typed: Typed | None) -> None:
        """Keep what is typed so that a crash loses nothing; None lets go of it."""
        ...

    def editor(self) -> list[str]:
        """The person's editor as words of a command. Raises Refused when there is none."""
        ...

    def record_file(self, kind: str, id: str) -> RecordFile:
        """Write a record as a file to edit: `item`, `change`, or `new` with marked items."""
        ...

    def read_back(self, file: RecordFile) -> Done | None:
        """Take what the file says now; None when nothing was altered. Raises Invalid with every problem."""
        ...

    def forget(self, file: RecordFile) -> None:
        """Let go of a file that was edited."""
        ...

    def layered(self, id: str, width: int) -> Layered:
        """Draw the surroundings of an item, one line each."""
        ...

    def picture(self, id: str) -> Path:
        """Write a picture of the surroundings of an item and show it where there is a display."""
        ...

"""What the app asks about reviews, milestones and trainings: their lists, and the forms of records.

The seam between their screens and the rooms below, as `tui.sources` is for the rest: every function may
be called from any thread, returns plain values and raises `CmdbError` for a refusal. A form is written
by the command that does it, which `words` gives; a document, which a command reads from a file, by `write`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from tui.item_source import Done, Heard, Sheet, Typed, Verdict

REVIEWS, MILESTONES, TRAININGS = "reviews", "milestones", "trainings"
LISTS = (REVIEWS, MILESTONES, TRAININGS)
SERIES = {"RV": REVIEWS, "MS": MILESTONES, "TR": TRAININGS}  # by the letters an id begins with


class RecordLine(NamedTuple):
    """One review, milestone or training. `against` says of a verb why it is not possible any more.

    `over`: nothing is to be done with it any more. `command` shows the whole of it; `origin` is what an
    action item that comes of it names.
    """

    id: str
    state: str
    date: str
    who: str
    text: str
    kind: str = ""
    role: str = ""
    over: bool = False
    command: str = ""
    origin: str = ""
    against: Mapping[str, str] = {}


class Records(Protocol):
    """Lists of records of duties, and the forms that make and change them."""

    def listed(self, which: str) -> Sequence[RecordLine]:
        """Reviews, milestones or trainings: what is ahead or counts first, then what is over."""
        ...

    def sheet(self, verb: str, subjects: Sequence[str]) -> Sheet:
        """The form of a verb such as `review plan`, on the record as it is now."""
        ...

    def judge(self, sheet: Sheet, typed: Typed) -> Verdict:
        """Everything the rules say of what is typed. Changes nothing."""
        ...

    def words(self, sheet: Sheet, typed: Typed) -> tuple[str, ...]:
        """The command that writes what is typed; none where `write` does. Refused when it moved meanwhile."""
        ...

    def write(self, sheet: Sheet, typed: Typed) -> Done:
        """Write what is typed, where no command takes it as options."""
        ...

    def heard(self, asked: Mapping[str, tuple[str, str]]) -> Mapping[str, Heard]:
        """How the lines of a small form were read: by name, what belongs there and what was typed."""
        ...

    def offered(self, reads: str, text: str) -> str | None:
        """The whole line that is most likely meant."""
        ...

"""What the dialog of a check-in shows: what would be written, what is in the way, and what is open.

Values alone.
"""

from typing import NamedTuple

from tui.item_source import Blank
from tui.views import FieldChange


class OpenLine(NamedTuple):
    """One open field as a line to fill in: its `blank` holds what the working directory has now.

    `record` is what it belongs to, `was` what stood there before the change, `spelled` how the field is
    typed after `--set`; `file` is where it stands, empty while nothing there can be read.
    """

    record: str
    blank: Blank
    was: str = ""
    spelled: str = ""
    file: str = ""


class CheckInPlan(NamedTuple):
    """What a check-in would write, and every single problem that stands against it.

    `untouched` are open fields that come back as they were before. `opened` are the fields to fill in,
    none unless the person who acts checked it out; `seen` is what a check-in is held against;
    `folder` the working directory.
    """

    request: str
    summary: str
    problems: tuple[str, ...] = ()
    diff: tuple[FieldChange, ...] = ()
    untouched: tuple[str, ...] = ()
    opened: tuple[OpenLine, ...] = ()
    seen: str = ""
    folder: str = ""

    @property
    def start(self) -> dict[str, str]:
        """What stands in the lines to fill in, by name."""
        return {one.blank.name: one.blank.value for one in self.opened}

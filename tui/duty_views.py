"""What Today and the calendar show: errands, windows, freezes, and what is left of promises.

Shaped for reading, like `tui.views`; nothing here does I/O. Times are aware UTC, amounts of time whole
seconds.
"""

from datetime import datetime
from typing import NamedTuple


class Errand(NamedTuple):
    """One line of Today: what waits, since or until when, and where Enter leads.

    `place` is a place or screen name (`change`, `item`, `baseline`), `subject` its id; `notice` is the
    number of the notice it is, where it is one.
    """

    place: str
    subject: str
    text: str
    when: datetime | None = None
    role: str = ""
    mark: str = ""
    notice: int = 0


class Section(NamedTuple):
    """A headed group of errands; `empty` is what to say when there is none."""

    title: str
    errands: tuple[Errand, ...] = ()
    empty: str = "nothing"


class CalendarLine(NamedTuple):
    """A window, a freeze, or a clash on the calendar."""

    start: datetime
    end: datetime
    kind: str
    subject: str
    text: str
    role: str = ""


class AgreementLine(NamedTuple):
    """What is left of one commitment in its running period. Amounts in seconds.

    `past` is the used share of the allowance in the periods before, the oldest first; `running`
    tells that an outage still counts.
    """

    agreement: str
    service: str
    customer: str
    commitment: str
    period: str
    allowance: int
    used: int
    committed: int = 0
    running: bool = False
    past: tuple[float, ...] = ()


class Calendar(NamedTuple):
    """What is planned, and what is left of what was promised."""

    lines: tuple[CalendarLine, ...] = ()
    agreements: tuple[AgreementLine, ...] = ()
    note: str = ""

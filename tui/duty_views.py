"""What Today and the calendar show: errands, windows, freezes, and what is left of promises.

Shaped for reading, like `tui.views`; nothing here does I/O. Times are aware UTC, amounts of time whole
seconds.
"""

from datetime import datetime
from typing import NamedTuple


class Errand(NamedTuple):
    """One line of Today: what waits, since or until when, and where Enter leads.

    `place` is a place or screen name (`change`, `item`, `baseline`), `subject` its id; `notice` is the
    number of the notice it is, where it is one. What no screen shows has the `command` that does.
    """

    place: str
    subject: str
    text: str
    when: datetime | None = None
    role: str = ""
    mark: str = ""
    notice: int = 0
    command: str = ""


class Section(NamedTuple):
    """A headed group of errands; one without any is not shown."""

    title: str
    errands: tuple[Errand, ...] = ()


class CalendarLine(NamedTuple):
    """A window, a freeze, or a clash on the calendar."""

    start: datetime
    end: datetime
    kind: str
    subject: str
    text: str
    role: str = ""


class LevelLine(NamedTuple):
    """How a commitment stands that is observed, in words; `used` is how near the limit it is, 1 at most.

    `state` is `met`, `broken`, `nothing was observed` or `not reached yet`; `counted` is how many
    observations made the figure that was `delivered`.
    """

    quantity: str
    promised: str
    delivered: str
    left: str
    state: str
    counted: int = 0
    used: float = 0.0
    at_risk: bool = False


class AgreementLine(NamedTuple):
    """What is left of one commitment in its running period. Amounts in seconds.

    `past` is the used share of the allowance in the periods before, the oldest first; `running`
    tells that an outage still counts. A commitment about what is observed has a `level` and no amounts.
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
    level: LevelLine | None = None

    @property
    def broken(self) -> bool:
        """The promise is not kept."""
        return self.level.state == "broken" if self.level else self.used > self.allowance


class Calendar(NamedTuple):
    """What is planned, and what is left of what was promised."""

    lines: tuple[CalendarLine, ...] = ()
    agreements: tuple[AgreementLine, ...] = ()
    note: str = ""

"""Calendar: windows, freezes and clashes to come, and what is left of every promise."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.present import Line, Piece, duration, gauge, minutes, problems
from tui.screens.place import Place
from tui.views import AgreementLine, Calendar, CalendarLine
from tui.widgets.table import Column, Row, Table, heading, word

COLUMNS = (
    Column("when", "", 12),
    Column("subject", "", 14),
    Column("text", ""),
    Column("gauge", "", 12, since=84),
    Column("left", "", 19),
)


class CalendarPlace(Place):
    """What is planned, and what is left."""

    NAME: ClassVar[str] = "calendar"
    TITLE_WORD: ClassVar[str] = "Calendar"

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, CalendarLine] = {}

    def body(self) -> Iterable[Widget]:
        yield Table(COLUMNS, id="calendar", head=False, markable=False)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#calendar", Table)

    def load(self) -> None:
        whole = self.shell.whole
        if not self.table.count():
            self.table.say(((Piece("Reading the calendar…", "dim"),),))
        self.ask("calendar", lambda: whole().calendar(), self._loaded, failed=self._unreadable)

    def _loaded(self, calendar: Calendar) -> None:
        zone = self.shell.zone
        self._lines = {}
        rows: list[Row] = []
        for day, lines in groupby(calendar.lines, key=lambda one: one.start.astimezone(zone).date()):
            rows += [Row("", ((),))] if rows else []
            rows.append(heading(f"{day:%A} {day.day} {day:%B}"))
            for place, one in enumerate(lines):
                id = f"{day} {place}"
                self._lines[id] = one
                rows.append(self._row(id, one))
        if not rows:
            rows.append(heading("Nothing is planned", "approved changes with a window appear here"))
        if calendar.agreements:
            rows += [Row("", ((),)), heading("What is left of the promises", "minutes of the running period")]
            rows += [_agreement(place, one) for place, one in enumerate(calendar.agreements)]
        self.table.fill(rows)
        self.headline(Piece(f"times in {self.shell.masthead.zone}", "dim"))
        self.footline()

    def _row(self, id: str, one: CalendarLine) -> Row:
        start, end = one.start.astimezone(self.shell.zone), one.end.astimezone(self.shell.zone)
        times = f"{start:%H:%M}-{end:%H:%M}"
        length = duration(int((one.end - one.start).total_seconds()))
        return Row(
            id,
            (
                word(times),
                word(one.subject, "strong"),
                word(one.text),
                word(one.kind, one.role),
                word(length, "dim"),
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def subjects(self) -> tuple[str, ...]:
        line = self._lines.get(self.table.current)
        return (line.subject,) if line else ()

    def hints(self) -> Sequence[str]:
        return ("open", "command", "refresh", "back", "help")

    def verb_open(self) -> None:
        """Open the request of the line."""
        line = self._lines.get(self.table.current)
        if line:
            self.shell.go("change", line.subject)

    def on_rows_chosen(self) -> None:
        self.verb_open()


def _agreement(place: int, one: AgreementLine) -> Row:
    left = one.allowance - one.used
    share = (one.used + one.committed) / one.allowance if one.allowance > 0 else 1.0
    role = "bad" if left < 0 else "warn" if share > 0.75 else "good"
    words: Line = (Piece(f"{minutes(left)} of {minutes(one.allowance)} left", role),)
    return Row(
        f"agreement {place}",
        (
            word(one.period, "dim"),
            word(one.customer, "strong"),
            word(f"{one.service}  {one.commitment}"),
            word(gauge(share, 10), role),
            words,
        ),
    )

"""Calendar: windows, freezes and clashes to come, as a list, a week or a month; what is left of promises."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui import calendar_grid
from tui.clockface import clock
from tui.duty_views import AgreementLine, Calendar, CalendarLine
from tui.present import Piece, bars, duration, gauge, problems
from tui.screens.agreements import left_of, period_of, promise_of, role_of, share_of
from tui.screens.dialogs import Confirm
from tui.screens.promise_forms import PromiseForms
from tui.widgets.days import Days
from tui.widgets.table import Column, Row, Table, distinct, heading, word

COLUMNS = (
    Column("when", "", 12),
    Column("subject", "", 14, least=8),
    Column("text", ""),
    Column("gauge", "", 10, since=100),
    Column("state", "", 28),
)
KINDS = 15  # cells for what kind of line it is, with its sign
WINDOW = "agreed window"
VIEWS = ("list", "week", "month")
ROOMY = 120  # cells from which long ids of windows are shown whole
AHEAD = timedelta(days=90)  # as far as the calendar is read


class CalendarPlace(PromiseForms):
    """What is planned, and what is left."""

    NAME: ClassVar[str] = "calendar"
    TITLE_WORD: ClassVar[str] = "Calendar"

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, CalendarLine] = {}
        self._promises: dict[str, str] = {}
        self._planned: tuple[CalendarLine, ...] | None = None  # until it is read
        self._first: dict[date, str] = {}  # the first line of each day
        self.view = "list"
        self.day: date | None = None  # looked at in the grid

    def body(self) -> Iterable[Widget]:
        yield Table(COLUMNS, id="calendar", head=False, markable=False)
        yield Days(id="grid")

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
        zone, now = self.shell.zone, self.shell.now()
        self._lines, self._promises, self._first = {}, {}, {}
        self._planned = calendar.lines
        shown = once(calendar.lines)
        known = Counter((one.kind, one.subject) for one in shown)
        rows: list[Row] = []
        for day, lines in groupby(shown, key=lambda one: one.start.astimezone(zone).date()):
            rows += [Row("", ((),))] if rows else []
            today = day == now.astimezone(zone).date()
            rows.append(heading(f"{day:%A} {day.day} {day:%B}", "today" if today else ""))
            for one in lines:
                alone = known[one.kind, one.subject] == 1  # one that is moved keeps the cursor
                id = distinct(f"{one.kind} {one.subject}{'' if alone else f' {one.start}'}", self._lines)
                self._first.setdefault(day, id)
                self._lines[id] = one
                rows.append(self._row(id, one))
        for one in calendar.lines:  # a day on which a window comes back leads to its line
            if one.kind == WINDOW and f"{one.kind} {one.subject}" in self._lines:
                self._first.setdefault(one.start.astimezone(zone).date(), f"{one.kind} {one.subject}")
        if not rows:
            rows.append(heading("Nothing is planned", "windows appear here once a change asks for them"))
        if calendar.note:
            rows.append(heading("Not computed", calendar.note))
        if calendar.agreements:
            rows += [
                Row("", ((),)),
                heading("What is left of the promises", "bars: used in the periods before"),
            ]
            several = Counter((one.agreement, one.service) for one in calendar.agreements)
            for promise in calendar.agreements:
                alone = several[promise.agreement, promise.service] == 1
                id = f"{promise.agreement} {promise.commitment} {promise.service}"
                self._promises[id] = promise.agreement
                rows.append(_agreement(id, promise, alone=alone))
        self.table.fill(rows)
        joint = sum(1 for one in calendar.lines if one.kind == "joint outage")
        self.headline(
            Piece(f"times in {self.shell.masthead.zone}", "dim"),
            Piece(f"   {joint} joint outage{'s' if joint > 1 else ''}" if joint else "", "bad"),
        )
        self._turned()

    def _row(self, id: str, one: CalendarLine) -> Row:
        start = one.start.astimezone(self.shell.zone)
        length = duration(int((one.end - one.start).total_seconds()))
        return Row(
            id,
            (
                word(f"{start:%H:%M} +{length}"),
                word(one.subject, "strong"),
                (Piece(f"{_sign(one)} {one.kind}".ljust(KINDS + 1), one.role), Piece(one.text)),
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.view = "list"
        self.table.say(problems(error.reason, error.remedy, error.problems))
        self._turned()

    # Week and month ---------------------------------------------------------------------------

    def verb_tab(self) -> None:
        """Show the calendar as the next of list, week and month."""
        self._turn(1)

    def verb_tab_back(self) -> None:
        """Show the calendar as the one before of list, week and month."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        if self.view == "list" and self.line is not None:
            self.day = max(self._today(), self.line.start.astimezone(self.shell.zone).date())
        self._show(VIEWS[(VIEWS.index(self.view) + by) % len(VIEWS)])

    def _show(self, view: str) -> None:
        """Show another view; the keys go there. A view drawn again leaves them where they are."""
        self.view = view
        self._turned()
        (self.table if view == "list" else self.query_one(Days)).focus()

    def _turned(self) -> None:
        """Show what belongs to the view: the list, or the grid drawn for the day looked at."""
        grid = self.query_one(Days)
        self.table.display, grid.display = self.view == "list", self.view != "list"
        if self.view != "list" and self._planned is None:
            grid.show(((Piece("Reading the calendar…", "dim"),),))
        elif self.view != "list" and self._planned is not None:
            drawn = calendar_grid.week if self.view == "week" else calendar_grid.month
            told = calendar_grid.Grid(
                self._planned, self.shell.zone, self._today(), self.day or self._today()
            )
            grid.draw(lambda width: drawn(told, width, self.query_one("#body").size.height or 20))
        self.footline()

    def _today(self) -> date:
        return self.shell.now().astimezone(self.shell.zone).date()

    def on_days_wanted(self, wanted: Days.Wanted) -> None:
        """Move the day looked at, within what the calendar reads."""
        today = self._today()
        day = (self.day or today) + timedelta(days=wanted.by)
        self.day = min(max(day, today), today + AHEAD)
        self._turned()

    def fit(self) -> None:
        room = self.size.width
        widths = {"subject": 34} if room >= ROOMY else {}
        if room >= 140:  # what is left of a promise stands by its name, not at the far end
            widths |= {"text": 34, "state": 0}
        self.table.restyle([one._replace(width=widths.get(one.name, one.width)) for one in COLUMNS])
        if self.view != "list":
            self._turned()

    @property
    def line(self) -> CalendarLine | None:
        """The window, freeze or joint outage under the cursor; none in a grid."""
        return self._lines.get(self.table.current) if self.view == "list" else None

    def subjects(self) -> tuple[str, ...]:
        if self.line:
            return tuple(self.line.subject.split(" + "))
        agreement = self._promises.get(self.table.current) if self.view == "list" else None
        return (agreement,) if agreement else ()

    def under(self) -> tuple[str, tuple[str, ...]]:
        ids = self.subjects()
        if self.line is None:
            return ("agreement", ids) if ids else super().under()
        return ("calendar" if self.line.kind == "freeze" else "change"), ids[:1]

    def guard(self, name: str) -> str:
        if name == "lift" and not (self.line and self.line.kind == "freeze"):
            return "Only a freeze is lifted, and the cursor is on none."
        return super().guard(name)

    def on_rows_moved(self) -> None:
        self.footline()

    def hints(self) -> Sequence[str]:
        frozen = self.line is not None and self.line.kind == "freeze"
        return ("lift" if frozen else "open", "tab", "freeze", "command", "back", "help")

    def verb_open(self) -> None:
        """Open the request, or the agreement, of the line; a freeze says all it has, a day its list."""
        if self.view != "list":
            self._list_of(self.day or self._today())
            return
        ids = self.subjects()
        if self.line and self.line.kind == "freeze":
            until = clock(self.line.end, self.shell.zone)
            self.tell(f"{self.line.subject}: {self.line.text}, until {until}. Z lifts it.", "info")
        elif ids:
            self.shell.go("change" if self.line else "agreement", ids[0])

    def verb_lift(self) -> None:
        """End the freeze early."""
        line = self.line
        if line is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.perform("freeze", "lift", line.subject)

        self.app.push_screen(Confirm(f"Lift {line.subject}, {line.text}?", "lift"), answered)

    def _list_of(self, day: date) -> None:
        """Go to the first line of a day in the list, or of the next one that has any."""
        self._show("list")
        later = sorted(one for one in self._first if one >= day)
        if later:
            self.table.point(self._first[later[0]])

    def on_rows_chosen(self) -> None:
        self.verb_open()


def once(lines: Iterable[CalendarLine]) -> list[CalendarLine]:
    """Lines as the list has them: an agreed window when it is next, and how it comes back in its words.

    The grids show each time; in a list those of many agreements would hide the work.
    """
    seen: set[str] = set()
    found = []
    for one in lines:
        if one.kind != WINDOW or one.subject not in seen:
            found.append(one)
            seen.add(one.subject)
    return found


def _sign(one: CalendarLine) -> str:
    return calendar_grid.MARKS[one.kind][0] if one.kind in calendar_grid.MARKS else "○"


def _agreement(id: str, one: AgreementLine, *, alone: bool) -> Row:
    """What is left of a commitment; one that stands alone for its service needs no name of its own."""
    role = role_of(one)
    name = one.service if alone and one.level is None else promise_of(one)
    return Row(
        id,
        (
            word(period_of(one), "dim"),
            word(one.customer, "strong"),
            word(name),
            word(gauge(share_of(one), 10), role),
            (Piece(f"{bars(one.past):<6} ", "dim"), Piece(f"{left_of(one):>20}", role)),
        ),
    )

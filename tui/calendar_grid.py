"""The calendar as a grid: a month with what happens on each day, a week with when it happens.

Drawn as lines of text from what the calendar lists, for a width and a height; every mark is a glyph
with a word, and a legend says them all. Pure. Source: terminal.md, Calendar.
"""

from calendar import monthcalendar
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from tui.duty_views import CalendarLine
from tui.present import Line, Piece, duration

# What a line of the calendar is drawn with: its glyph, one word for several, its colour. Worst first.
MARKS: dict[str, tuple[str, str, str]] = {
    "joint outage": ("×", "clashes", "bad"),
    "in a freeze": ("▲", "in freeze", "warn"),
    "freeze": ("■", "freezes", "info"),
    "scheduled": ("●", "planned", "good"),
    "asked for": ("○", "asked", "dim"),
    "agreed window": ("◆", "windows", "info"),
}
ONE = {"joint outage": "clash", "in a freeze": "in freeze", "freeze": "freeze", "agreed window": "window"}
_OTHER = ("○", "others", "dim")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS = 6  # cells for the hour beside a week
_LEGEND = 1


class Grid(NamedTuple):
    """What a grid is drawn from: the lines of the calendar, the zone, today, and the day looked at."""

    lines: Sequence[CalendarLine]
    zone: tzinfo
    today: date
    day: date

    def on(self, day: date) -> list[CalendarLine]:
        """What touches a day, the worst first."""
        first = datetime.combine(day, time(), self.zone)
        last = datetime.combine(day + timedelta(days=1), time(), self.zone)
        return self.between(first, last)

    def between(self, first: datetime, last: datetime) -> list[CalendarLine]:
        """What touches a stretch of time, the worst first."""
        found = [one for one in self.lines if one.start < last and first < one.end]
        return sorted(found, key=lambda one: (_rank(one), one.start, one.subject))


def month(grid: Grid, width: int, height: int) -> list[Line]:
    """The month of the day looked at; below it what that day holds."""
    weeks = monthcalendar(grid.day.year, grid.day.month)
    cell = max(8, width // 7)
    rows = max(2, min(4, (height - 2 - _LEGEND) // len(weeks)))
    lines: list[Line] = [
        (Piece(f"{grid.day:%B %Y}", "strong"), Piece("   arrows: days and weeks", "dim")),
        tuple(Piece(name.ljust(cell), "dim") for name in _DAYS),
    ]
    for week in weeks:
        cells = [_day(grid, number, rows, cell) if number else [Piece(" " * cell)] * rows for number in week]
        lines += [tuple(one[row] for one in cells) for row in range(rows)]
    return [*lines, *_below(grid, width, height - len(lines))]


def week(grid: Grid, width: int, height: int) -> list[Line]:
    """The week of the day looked at, by the hour; below it what that day holds."""
    monday = grid.day - timedelta(days=grid.day.weekday())
    days = [monday + timedelta(days=number) for number in range(7)]
    cell = max(8, (width - _HOURS - 1) // 7)
    hours = 1 if height >= 24 + 2 + _LEGEND + 2 else 2
    lines: list[Line] = [
        (
            Piece(
                f"Week {grid.day:%V}, {days[0].day} {days[0]:%B} to {days[6].day} {days[6]:%B %Y}", "strong"
            ),
            Piece("   arrows: days and weeks", "dim"),
        ),
        (Piece(" " * _HOURS), *(_head(grid, day, f"{_DAYS[day.weekday()]} {day.day}", cell) for day in days)),
    ]
    before: dict[date, list[CalendarLine]] = {}
    for hour in range(0, 24, hours):
        row = [Piece(f"{hour:02d}:00".ljust(_HOURS + 1), "dim")]
        for day in days:
            first = datetime.combine(day, time(hour), grid.zone)
            # By the clock: the hour that a night has twice, or not at all, is in its row.
            last = datetime.combine(
                day + timedelta(days=(hour + hours) // 24), time((hour + hours) % 24), grid.zone
            )
            found = grid.between(first, last)
            row.append(_slot(found, before.get(day, []), cell))
            before[day] = found
        lines.append(tuple(row))
    return [*lines, *_below(grid, width, height - len(lines))]


def _rank(one: CalendarLine) -> int:
    return list(MARKS).index(one.kind) if one.kind in MARKS else len(MARKS)


def _head(grid: Grid, day: date, text: str, cell: int) -> Piece:
    if day == grid.day:
        return Piece(_fit(f"▶{text}", cell), "accent")
    return Piece(_fit(f" {text}", cell), "strong" if day == grid.today else "dim" if day < grid.today else "")


def _day(grid: Grid, number: int, rows: int, cell: int) -> list[Piece]:
    """One day of a month: its number, and what it holds kind by kind."""
    day = grid.day.replace(day=number)
    marks = _marks(grid.on(day))
    if len(marks) > rows - 1:  # what has no line of its own is told by its glyph
        rest = " ".join(text.split(" ")[0] for text, _role in marks[rows - 2 :])
        marks = [*marks[: rows - 2], (rest, marks[rows - 2][1])]
    today = " today" if day == grid.today else ""
    pieces = [_head(grid, day, f"{number}{today}", cell)]
    pieces += [Piece(_fit(f" {text}", cell), role) for text, role in marks]
    return pieces + [Piece(" " * cell)] * (rows - len(pieces))


def _marks(found: Sequence[CalendarLine]) -> list[tuple[str, str]]:
    kinds: dict[str, list[CalendarLine]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    told = []
    for kind, several in kinds.items():
        glyph, words, role = MARKS.get(kind, _OTHER)
        if len(several) == 1:
            told.append((f"{glyph} {ONE.get(kind, several[0].subject)}", role))
        else:
            told.append((f"{glyph} {len(several)} {words}", role))
    return told


def _slot(found: Sequence[CalendarLine], before: Sequence[CalendarLine], cell: int) -> Piece:
    """Some hours of a day: the worst that happens in them by name where it begins, and how much more."""
    if not found:
        return Piece(".".ljust(cell), "dim")
    fresh = [one for one in found if one not in before]
    first = fresh[0] if fresh else found[0]
    glyph, _words, role = MARKS.get(first.kind, _OTHER)
    name = f"{glyph} {ONE.get(first.kind, first.subject)}" if fresh else glyph
    more = f"+{len(found) - 1}" if len(found) > 1 else ""
    ways = (f"{name} {more}", f"{name}{more}", f"{name}+") if more else (name,)
    return Piece(next((one.ljust(cell) for one in ways if len(one) < cell), _fit(name, cell)), role)


def _below(grid: Grid, width: int, room: int) -> list[Line]:
    """What the day looked at holds, as far as there is room, and the legend last."""
    held = sorted(grid.on(grid.day), key=lambda one: one.start)
    told: list[Line] = [_told(one, grid.zone, width) for one in held]
    if not held:
        told = [(Piece(f"Nothing is planned on {grid.day.day} {grid.day:%B}.", "dim"),)]
    space = max(0, room - _LEGEND)
    if len(told) > space:  # the worst first, where not all of it has room
        worst = [_told(one, grid.zone, width - 8) for one in grid.on(grid.day)]
        shown = max(1, space - 1)
        rest = (Piece(f"and {len(told) - shown} more: Enter lists them", "dim"),)
        told = [*worst[:shown], rest] if space > 1 else [(Piece(f"1 of {len(told)}  ", "dim"), *worst[0])]
        told = told[:space]
    legend = "  ".join(f"{glyph} {ONE.get(kind, kind)}" for kind, (glyph, _word, _role) in MARKS.items())
    return [*told, *([()] * (space - len(told))), (Piece(_cut(legend, width), "dim"),)]


def _told(one: CalendarLine, zone: tzinfo, width: int) -> Line:
    start = one.start.astimezone(zone)
    length = duration(int((one.end - one.start).total_seconds()))
    glyph, _words, role = MARKS.get(one.kind, _OTHER)
    text = f"{start:%d %b %H:%M} +{length}  {glyph} {one.kind}  {one.subject}  {one.text}"
    return (Piece(_cut(text, width), role),)


def _fit(text: str, cell: int) -> str:
    return _cut(text, cell - 1).ljust(cell)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"

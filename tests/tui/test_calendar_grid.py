"""The calendar as a month and as a week: every mark is a glyph with a word, at every size."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.tui.pilots import at_work
from tests.tui.sample import Sample
from tests.tui.test_screens import app
from tui import calendar_grid
from tui.app import CmdbApp
from tui.calendar_grid import Grid
from tui.duty_views import Calendar, CalendarLine
from tui.present import Line
from tui.screens.calendar import once

HERE = ZoneInfo("Europe/Amsterdam")
TODAY = date(2026, 11, 22)
SIZES = pytest.mark.parametrize(("width", "height"), [(78, 22), (118, 34)])


def line(kind: str, subject: str, day: int, hour: int, hours: float, text: str = "") -> CalendarLine:
    start = datetime(2026, 11, day, hour, tzinfo=HERE).astimezone(UTC)
    return CalendarLine(
        start=start, end=start + timedelta(hours=hours), kind=kind, subject=subject, text=text, role=""
    )


PLANNED = (
    line("asked for", "CR-6", 25, 9, 3),
    line("asked for", "CR-7", 25, 10, 3),
    line("joint outage", "CR-6 + CR-7", 25, 10, 2, "DOWN: mail"),
    line("scheduled", "CR-4", 23, 0, 2, "Upgrade"),
    line("freeze", "fr-1", 27, 20, 24),
    line("agreed window", "w-1", 29, 1, 4),
)


def grid(day: int = 25, **more: Any) -> Grid:
    return Grid(**{"lines": PLANNED, "zone": HERE, "today": TODAY, "day": date(2026, 11, day), **more})


def drawn(lines: list[Line]) -> list[str]:
    return ["".join(piece.text for piece in one).rstrip() for one in lines]


def test_the_list_names_a_window_that_comes_back_once_and_the_grid_each_time() -> None:
    again = line("agreed window", "w-1", 30, 1, 4)
    work = line("asked for", "CR-6", 30, 9, 3)
    assert once((*PLANNED, again, work)) == [*PLANNED, work]


@SIZES
def test_a_month_marks_each_day_with_glyph_and_word(width: int, height: int) -> None:
    told = drawn(calendar_grid.month(grid(), width, height))
    assert len(told) <= height
    assert max(map(len, told)) <= width
    assert told[0].startswith("November 2026")
    [days] = [place for place, one in enumerate(told) if "▶25" in one]
    cell = width // 7
    columns = {
        int(told[days][at : at + cell].strip(" ▶")): [row[at : at + cell].strip() for row in told[days + 1 :]]
        for at in range(0, 7 * cell, cell)
    }
    assert columns[23][0] == "● CR-4"
    assert columns[25][:2] == ["× clash", "○ 2 asked"]
    assert [columns[number][0] for number in (27, 28, 29)] == ["■ freeze", "■ freeze", "◆ window"]
    assert columns[24][0] == columns[26][0] == ""
    assert any("22 today" in one for one in told)
    first = "25 Nov 10:00 +2h  × joint outage  CR-6 + CR-7  DOWN: mail"
    assert (first if width > 100 else f"1 of 3  {first}") in told
    assert told[-1].startswith("× clash  ▲ in freeze  ■ freeze  ● scheduled  ○ asked for  ◆ window")


@SIZES
def test_a_week_shows_when_things_happen_by_the_clock_of_the_site(width: int, height: int) -> None:
    told = drawn(calendar_grid.week(grid(), width, height))
    assert len(told) <= height
    assert told[0].startswith("Week 48, 23 November to 29 November 2026")
    assert "▶Wed 25" in told[1]
    hours = {one[:5]: one for one in told if one[2:3] == ":"}
    assert hours["00:00"].split()[1:3] == ["●", "CR-4"]
    assert "× clash+2" in hours["10:00"].replace(" +", "+")
    assert "■ freeze" in hours["20:00"]
    assert ("01:00" in hours) == (height > 24)


def test_a_day_with_more_than_it_has_room_for_tells_the_rest_by_glyph() -> None:
    day = 25
    busy = [line(kind, f"CR-{number}", day, 8, 1) for number, kind in enumerate(calendar_grid.MARKS)]
    told = drawn(calendar_grid.month(grid(lines=busy), 78, 22))
    [place] = [number for number, one in enumerate(told) if "▶25" in one]
    column = slice(2 * (78 // 7), 3 * (78 // 7))
    assert told[place + 1][column].strip() == "× clash"
    assert told[place + 2][column].strip() == "▲ ■ ● ○ ◆"
    assert any(one.startswith("1 of 6  25 Nov 08:00 +1h  × joint outage") for one in told)
    week = drawn(calendar_grid.week(grid(lines=busy), 78, 19))
    assert "and 3 more: Enter lists them" in week


def test_a_day_without_anything_says_so_and_a_night_with_an_hour_less_is_drawn() -> None:
    assert "Nothing is planned on 24 November." in drawn(calendar_grid.month(grid(24), 78, 22))
    spring = Grid((line("scheduled", "CR-1", 25, 1, 1),), HERE, TODAY, date(2027, 3, 28))
    assert len(drawn(calendar_grid.week(spring, 118, 34))) == 34


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_calendar_turns_from_list_to_week_to_month_and_a_day_leads_to_its_list(
    size: tuple[int, int],
) -> None:
    async with at_work(app("calendar"), size) as hand:
        await hand.sees("Sunday 22 November", "23:30 +2h")
        await hand.press("right_square_bracket")
        await hand.sees("Week 47", "▶Sun 22", "○ asked for", "22:00")
        await hand.press("right_square_bracket")
        await hand.sees("November 2026", "▶22 today")
        await hand.press("right")
        await hand.sees("▶23")
        await hand.press("left")
        await hand.press("left")  # what is over is not planned any more
        await hand.sees("▶22 today")
        await hand.press("Z")
        await hand.sees("Only a freeze is lifted")
        await hand.press("enter")
        await hand.sees("Sunday 22 November", "23:30 +2h")
        await hand.press("left_square_bracket")
        await hand.sees("November 2026")


async def test_a_roomy_calendar_shows_long_ids_whole_and_what_is_left_beside_its_promise() -> None:
    long = "sla-north-quay:agreed-windows"

    class Named(Sample):
        def calendar(self) -> Calendar:
            found = super().calendar()
            return found._replace(lines=(found.lines[0]._replace(subject=long),))

    sample = Named()
    async with at_work(CmdbApp(sample, lambda: sample, start="calendar"), (80, 24)) as hand:
        await hand.sees("sla-north-qua…", "min left")
        await hand.pilot.resize_terminal(200, 50)
        await hand.sees(long)
        (line,) = [one for one in hand.lines if "41 of 43 min left" in one]
        assert line.index("41 of 43") - line.index("mail") < 70

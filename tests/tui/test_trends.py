"""Charts in text: every week has its bar, the number beside it; the same in the app and as a command."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cmdb import tables_events  # noqa: F401 - registers the rows of events
from cmdb.reported import Event
from tests.tui.pilots import at_work
from tests.tui.sample import Sample
from tui.app import CmdbApp
from tui.present import plain
from tui.trend_counts import counted
from tui.trends import Bar, Trend, lines, median, units

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_weeks_are_named_by_their_monday_and_months_run_over_the_year() -> None:
    assert units(date(2026, 11, 12), date(2026, 11, 22), "week") == [
        ("2026-W46", "9 Nov"),
        ("2026-W47", "16 Nov"),
    ]
    assert [label for _unit, label in units(date(2026, 12, 31), date(2027, 2, 1), "month")] == [
        "Dec 2026", "Jan 2027", "Feb 2027",
    ]  # fmt: skip


def test_a_bar_is_as_long_as_its_share_and_what_is_there_is_never_nothing() -> None:
    trend = Trend("x", "Reported", (Bar("a", 1000.0, "1,000"), Bar("b", 1.0, "1"), Bar("c", 0.0, "0", "z")))
    found = [plain(line) for line in lines(trend, 60)]
    assert [line.count("▇") for line in found[1:]] == [39, 1, 0]
    assert [line.split()[-1] for line in found[1:]] == ["1,000", "1", "z"]
    assert max(map(len, found)) <= 60
    assert "▇" not in plain(lines(trend, 60)[1], ascii_only=True)


def test_a_chart_of_nothing_says_so() -> None:
    assert [plain(one) for one in lines(Trend("x", "Reported", (Bar("a", 0.0, "0"),)), 60)] == [
        "Reported", "  nothing in this period",
    ]  # fmt: skip
    assert (median([]), median([3, 1, 2])) == (0, 2)


def test_the_counts_are_those_of_the_records_week_by_week(sqlite_store) -> None:
    with sqlite_store.write() as uow:
        for number, day in enumerate((2, 17, 18, 18), 1):
            at = datetime(2026, 11, day, 9, tzinfo=UTC)
            closed = datetime(2026, 11, 20, 9, tzinfo=UTC) if number > 2 else None
            uow.add(
                Event(
                    id=f"EV-{number}", description="x", occurred=at, reported=at, reporter="Bram",
                    items=("sw-11",), recorded_at=at, state="closed" if closed else "recorded",
                    resolved_at=closed, closed_at=closed,
                )
            )  # fmt: skip
        uow.commit()
    with sqlite_store.read() as uow:
        events, lead, requests, *_ = counted(uow, NOW, ZoneInfo("Europe/Amsterdam"), "week")
    assert len(events.bars) == 13
    assert {bar.label: bar.says for bar in events.bars if bar.value} == {"2 Nov": "1", "16 Nov": "3"}
    assert events.said == "4 in all, 2 unresolved now"
    assert [(bar.label, bar.says, bar.beside) for bar in lead.bars if bar.value] == [("16 Nov", "2d", "of 2")]
    assert not any(bar.value for bar in requests.bars)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_page_shows_bars_turns_to_months_and_leads_to_the_report(size) -> None:
    source = Sample()
    async with at_work(CmdbApp(source, lambda: source, start="today"), size) as hand:
        await hand.sees("Waits for my vote")
        await hand.press("p")
        await hand.sees("Events reported per week", "Change requests raised per week", "▇", "3 closed")
        await hand.sees("nothing was closed")
        await hand.press("right_square_bracket")
        await hand.sees("Events reported per month")
        assert max(len(line) for line in hand.lines) <= size[0]
        await hand.press("enter")
        await hand.sees("No command line belongs to this app.")

"""Times are written by the clock of the site, and name it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tui import clockface

HERE = ZoneInfo("Europe/Amsterdam")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_instant_names_its_zone_and_seconds_only_where_there_are_any() -> None:
    assert clockface.clock(at("2026-11-22T22:00:00"), HERE) == "2026-11-22 23:00 CET"
    assert clockface.clock(at("2026-07-01T22:00:07"), HERE) == "2026-07-02 00:00:07 CEST"


def test_a_stretch_says_the_day_once_and_both_zones_where_the_clocks_change() -> None:
    evening, night = at("2026-11-22T20:00:00"), at("2026-11-22T22:30:00")
    assert clockface.stretch(evening, night, HERE) == "2026-11-22 21:00 to 23:30 CET"
    assert clockface.stretch(night, at("2026-11-23T00:00:00"), HERE) == (
        "2026-11-22 23:30 CET to 2026-11-23 01:00 CET"
    )
    assert clockface.stretch(at("2026-10-25T00:00:00"), at("2026-10-25T02:00:00"), HERE) == (
        "2026-10-25 02:00 CEST to 2026-10-25 03:00 CET"
    )


def test_the_times_in_a_sentence_from_below_are_put_by_the_clock_and_nothing_else_is_touched() -> None:
    said = "out-0001 ended at 2026-11-22T22:00:00Z; model Z-2026-11-22."
    assert clockface.by_the_wall(said, HERE) == "out-0001 ended at 2026-11-22 23:00 CET; model Z-2026-11-22."
    assert clockface.by_the_wall("2026-99-22T22:00:00Z", HERE) == "2026-99-22T22:00:00Z"


def test_the_zone_is_set_for_all_who_ask_later() -> None:
    before = clockface.zone()
    try:
        clockface.read_in(HERE)
        assert clockface.clock(at("2026-11-22T22:00:00")) == "2026-11-22 23:00 CET"
    finally:
        clockface.read_in(before)


def test_a_time_after_a_word_that_ends_in_or_is_read_like_any_other():
    text = clockface.by_the_wall("planned for 2026-11-20T09:00:00Z", ZoneInfo("Europe/Amsterdam"))
    assert text == "planned for 2026-11-20 10:00 CET"

"""What people type is read as they meant it, or refused with what to type instead."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cmdb.errors import Invalid
from tui import clockface, typed

ZONE = "Europe/Amsterdam"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def moment(text: str) -> datetime:
    return typed.moment(text, zone=ZONE, now=NOW)


def test_a_date_is_its_first_moment_in_the_zone_of_the_site() -> None:
    assert moment("2026-12-01") == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert moment("2026-07-01") == moment("2026-07-01 00:00") == moment("2026-07-01T00:00:00+02:00")


def test_the_first_day_of_the_first_year_is_a_day_like_any_other() -> None:
    assert moment("1970-01-01") == datetime(1970, 1, 1, tzinfo=UTC)
    with pytest.raises(Invalid, match="1970 to 2999"):
        moment("1969-12-31")


def test_a_time_the_clocks_skip_is_refused_with_the_two_that_may_be_meant() -> None:
    with pytest.raises(Invalid, match="skip 2026-03-29 02:30") as skipped:
        moment("2026-03-29 02:30")
    assert "2026-03-29T01:30:00Z or 2026-03-29T00:30:00Z" in skipped.value.remedy


def test_a_time_the_clocks_show_twice_is_refused_with_the_two_that_may_be_meant() -> None:
    with pytest.raises(Invalid, match="show twice 2026-10-25 02:30") as twice:
        moment("2026-10-25T02:30")
    assert "2026-10-25T00:30:00Z or 2026-10-25T01:30:00Z" in twice.value.remedy
    assert moment("2026-10-25T01:59") < moment("2026-10-25T03:00")


@pytest.mark.parametrize(
    "text",
    [
        *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59Z", "0001-01-01"),
        *("3000-01-02", "2026-02-30", "25:00", "٢٢:٠٠", "", "+", "+5", "+1000000000000s", "\x1b[1m"),
    ],
)
def test_no_time_however_wrong_is_more_than_invalid(text: str) -> None:
    with pytest.raises(Invalid) as wrong:
        moment(text)
    assert wrong.value.remedy
    assert "\x1b" not in wrong.value.reason


@pytest.mark.parametrize("text", ["", "0x1", "1.5h", "٣m", "-5m", "38", "1e5m", "99999999999d"])
def test_no_duration_however_wrong_is_more_than_invalid(text: str) -> None:
    with pytest.raises(Invalid, match="is no duration"):
        typed.seconds(text)


def test_content_too_deep_to_be_json_is_text() -> None:
    deep = "[" * 200_000
    assert typed.pairs([f"a={deep}"]) == {"a": deep}


SUNDAY = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)  # 15:05 in Amsterdam


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("22:00", "2026-11-22 21:00"),
        ("9:00", "2026-11-22 08:00"),
        ("tonight 22:00", "2026-11-22 21:00"),
        ("today 22:00", "2026-11-22 21:00"),
        ("tomorrow 06:00", "2026-11-23 05:00"),
        ("tomorrow", "2026-11-22 23:00"),
        ("yesterday 23:50", "2026-11-21 22:50"),
        ("sat 22:00", "2026-11-28 21:00"),
        ("Sunday 22:00", "2026-11-22 21:00"),
        ("sun 15:00", "2026-11-29 14:00"),
        ("24 Nov 22:30", "2026-11-24 21:30"),
        ("1 january 2027 0:30", "2026-12-31 23:30"),
        ("2026-11-22 23:00 CET", "2026-11-22 22:00"),
        ("2026-11-22 23:00 UTC", "2026-11-22 23:00"),
        ("2026-07-01 12:00:07 CEST", "2026-07-01 10:00:07"),
        ("  tomorrow   06:00 ", "2026-11-23 05:00"),
    ],
)
def test_times_are_read_as_people_say_them(text: str, utc: str) -> None:
    said = typed.moment(text, zone=ZONE, now=SUNDAY)
    assert said == datetime.fromisoformat(f"{utc}+00:00")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("23:50", "2026-11-21 22:50"),
        ("15:00", "2026-11-22 14:00"),
        ("sun 15:00", "2026-11-22 14:00"),
        ("sun 16:00", "2026-11-15 15:00"),
        ("sat 22:00", "2026-11-21 21:00"),
    ],
)
def test_of_what_has_happened_the_last_such_time_is_meant(text: str, utc: str) -> None:
    said = typed.moment(text, zone=ZONE, now=SUNDAY, past=True)
    assert said == datetime.fromisoformat(f"{utc}+00:00")


def test_every_time_we_write_can_be_typed_again() -> None:
    for at in (
        SUNDAY,
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, 7, tzinfo=UTC),
    ):
        for zone in (ZONE, "UTC", "America/New_York"):
            assert typed.moment(clockface.clock(at, ZoneInfo(zone)), zone=zone, now=SUNDAY) == at


@pytest.mark.parametrize(
    ("text", "utc", "lasts"),
    [
        ("tonight 22:00 +2h", "2026-11-22 21:00", 7200),
        ("tomorrow 06:00 4h", "2026-11-23 05:00", 14_400),
        ("22:00 2h", "2026-11-22 21:00", 7200),
        ("15:00 2h", "2026-11-22 14:00", 7200),
        ("06:00 38m", "2026-11-23 05:00", 2280),
        ("now 1h30m", "2026-11-22 14:05", 5400),
        ("+2h 30m", "2026-11-22 16:05", 1800),
        ("2026-11-22T22:00:00Z 2h", "2026-11-22 22:00", 7200),
        ("2026-11-22T22:00 2h", "2026-11-22 21:00", 7200),
    ],
)
def test_a_window_is_a_start_and_a_length(text: str, utc: str, lasts: int) -> None:
    start, seconds = typed.window(text, zone=ZONE, now=SUNDAY)
    assert (start, seconds) == (datetime.fromisoformat(f"{utc}+00:00"), lasts)


@pytest.mark.parametrize(
    "text", ["", "22:00", "2h", "22:00 2", "22:00 0m", "tonight 2h", "soon 2h", "s 22:00 2h"]
)
def test_what_is_no_window_is_refused_with_how_one_is_written(text: str) -> None:
    with pytest.raises(Invalid) as wrong:
        typed.window(text, zone=ZONE, now=SUNDAY)
    assert any(sign in wrong.value.remedy for sign in ("22:00", "38m", "2h"))


def test_a_zone_that_is_not_the_sites_is_not_guessed() -> None:
    with pytest.raises(Invalid, match="names no zone of this site"):
        typed.moment("2026-11-22 23:00 EST", zone=ZONE, now=SUNDAY)


@pytest.mark.parametrize("content", ["Z9\n", "a\nb", "a\tb", "\r"])
def test_a_line_break_that_came_along_with_a_paste_is_refused(content: str) -> None:
    with pytest.raises(Invalid, match="holds a line break or a tab"):
        typed.pairs([f"serial={content}"])
    assert typed.pairs(['serial="a\\nb"']) == {"serial": "a\nb"}  # written as JSON it is meant

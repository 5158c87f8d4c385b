"""What people type is read as they meant it, or refused with what to type instead."""

from datetime import UTC, datetime

import pytest

from cmdb.errors import Invalid
from tui import typed

ZONE = "Europe/Amsterdam"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def moment(text: str) -> datetime:
    return typed.moment(text, zone=ZONE, now=NOW)


def test_a_date_is_its_first_moment_in_the_zone_of_the_site() -> None:
    assert moment("2026-12-01") == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert moment("2026-07-01") == moment("2026-07-01 00:00") == moment("2026-07-01T00:00:00+02:00")


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

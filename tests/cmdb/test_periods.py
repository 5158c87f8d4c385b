"""Calendar periods where clocks jump, come back, or skip a day."""

from datetime import UTC, date, datetime

import pytest

from cmdb import intervals, periods
from cmdb.errors import Invalid

HOUR = 3600


def at(text: str) -> int:
    return intervals.seconds(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("zone", "moment", "hours"),
    [
        ("Europe/Amsterdam", "2026-03-29T12:00", 23),
        ("Europe/Amsterdam", "2026-10-25T12:00", 25),
        ("America/New_York", "2026-03-08T12:00", 23),
        ("America/New_York", "2026-11-01T12:00", 25),
        ("Asia/Kolkata", "2026-03-29T12:00", 24),
        ("Australia/Lord_Howe", "2026-10-04T00:00", 23.5),
        ("Australia/Lord_Howe", "2026-04-05T00:00", 24.5),
        ("Pacific/Apia", "2011-12-30T09:00", 24),
    ],
)
def test_a_day_is_as_long_as_its_clocks_make_it(zone: str, moment: str, hours: float) -> None:
    start, end = periods.period_at("day", at(moment), periods.zone_of(zone))
    assert end - start == hours * HOUR


def test_a_day_that_was_skipped_has_no_length_and_no_period() -> None:
    apia = periods.zone_of("Pacific/Apia")
    assert periods.midnight(date(2011, 12, 30), apia) == periods.midnight(date(2011, 12, 31), apia)
    days = periods.periods_between("day", at("2011-12-29T12:00"), at("2012-01-01T12:00"), apia)
    assert [(end - start) // HOUR for start, end in days] == [24] * len(days)
    assert len(days) == 4
    month = periods.period_at("month", at("2011-12-15T12:00"), apia)
    assert month[1] - month[0] == 30 * 24 * HOUR


@pytest.mark.parametrize(
    ("kind", "first", "after"),
    [
        ("week", "2026-11-16", "2026-11-23"),
        ("month", "2026-11-01", "2026-12-01"),
        ("quarter", "2026-10-01", "2027-01-01"),
        ("year", "2026-01-01", "2027-01-01"),
    ],
)
def test_periods_begin_and_end_at_midnight_in_the_zone(kind: str, first: str, after: str) -> None:
    amsterdam = periods.zone_of("Europe/Amsterdam")
    found = periods.period_at(kind, at("2026-11-22T23:30"), amsterdam) if kind == "week" else None
    if kind == "week":  # half past midnight on Monday, in Amsterdam
        assert found == (at("2026-11-22T23:00"), at("2026-11-29T23:00"))
    found = periods.period_at(kind, at("2026-11-22T22:30"), amsterdam)
    assert found == tuple(periods.midnight(date.fromisoformat(one), amsterdam) for one in (first, after))


def test_a_rolling_period_is_the_days_that_end_with_the_day_asked_about() -> None:
    utc = periods.zone_of("UTC")
    found = periods.period_at("rolling", at("2026-11-22T00:00"), utc, 30)
    assert found == (at("2026-10-24T00:00"), at("2026-11-23T00:00"))
    every = periods.periods_between("rolling", at("2026-11-22T22:00"), at("2026-11-22T23:00"), utc, 3)
    assert every == [
        (at("2026-11-20T00:00"), at("2026-11-23T00:00")),
        (at("2026-11-21T00:00"), at("2026-11-24T00:00")),
        (at("2026-11-22T00:00"), at("2026-11-25T00:00")),
    ]


def test_where_midnight_itself_is_skipped_the_day_begins_at_the_jump() -> None:
    havana = periods.zone_of("America/Havana")
    start, end = periods.period_at("day", at("2026-03-08T12:00"), havana)
    assert (start, end - start) == (at("2026-03-08T05:00"), 23 * HOUR)


def test_a_zone_that_does_not_exist_is_refused_with_an_example() -> None:
    for name in ("Mars/Olympus", "../etc/passwd", "", "Europe"):
        with pytest.raises(Invalid, match="no time zone"):
            periods.zone_of(name)

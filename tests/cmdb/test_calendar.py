"""Recurring hours: wall clocks, holidays, and rules that say nothing."""

from datetime import UTC, date, datetime

import pytest

from cmdb import calendar
from cmdb.commitments import Recurrence, ServiceHours
from cmdb.errors import Invalid
from cmdb.intervals import Spans, length, moment, span
from cmdb.periods import zone_of

AMSTERDAM = zone_of("Europe/Amsterdam")
OFFICE = Recurrence(rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", start="08:00", length=10 * 3600)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def texts(spans: Spans) -> list[str]:
    return [f"{moment(start):%d %H:%M}-{moment(end):%d %H:%M}" for start, end in spans]


def test_office_hours_follow_the_wall_clock_over_a_daylight_saving_change() -> None:
    found = calendar.service_time(
        ServiceHours(rules=(OFFICE,)), AMSTERDAM, span(utc("2026-03-27T00:00"), utc("2026-03-31T00:00"))
    )
    assert texts(found) == ["27 07:00-27 17:00", "30 06:00-30 16:00"]


def test_a_night_window_is_an_hour_shorter_when_clocks_go_forward() -> None:
    night = Recurrence(rule="FREQ=DAILY", start="22:00", length=8 * 3600)
    found = calendar.recurring((night,), AMSTERDAM, span(utc("2026-03-28T12:00"), utc("2026-03-29T12:00")))
    assert texts(found) == ["28 21:00-29 04:00"]
    assert length(found) == 7 * 3600


def test_a_window_that_starts_in_the_missing_hour_starts_at_the_jump() -> None:
    early = Recurrence(rule="FREQ=DAILY", start="02:30", length=3600)
    found = calendar.recurring((early,), AMSTERDAM, span(utc("2026-03-29T00:00"), utc("2026-03-29T12:00")))
    assert texts(found) == ["29 01:00-29 01:30"]


def test_a_window_that_ends_in_the_repeated_hour_ends_the_first_time_and_the_next_runs_through_it() -> None:
    first = Recurrence(rule="FREQ=DAILY", start="01:00", length=5400)
    second = Recurrence(rule="FREQ=DAILY", start="02:30", length=1800)
    day = span(utc("2026-10-24T22:00"), utc("2026-10-25T12:00"))
    assert texts(calendar.recurring((first,), AMSTERDAM, day)) == ["24 23:00-25 00:30"]
    assert texts(calendar.recurring((second,), AMSTERDAM, day)) == ["25 00:30-25 02:00"]


def test_a_maintenance_window_on_the_second_tuesday_is_found_in_every_month() -> None:
    patch = Recurrence(rule="FREQ=MONTHLY;BYDAY=2TU", start="23:00", length=4 * 3600)
    found = calendar.recurring(
        (patch,), zone_of("UTC"), span(utc("2026-01-01T00:00"), utc("2027-01-01T00:00"))
    )
    assert len(found) == 12
    assert texts(found)[:2] == ["13 23:00-14 03:00", "10 23:00-11 03:00"]


def test_a_window_begun_before_the_stretch_reaches_into_it() -> None:
    weekend = Recurrence(rule="FREQ=WEEKLY;BYDAY=SA", start="00:00", length=2 * 86_400)
    found = calendar.recurring(
        (weekend,), zone_of("UTC"), span(utc("2026-11-22T12:00"), utc("2026-11-24T00:00"))
    )
    assert texts(found) == ["22 12:00-23 00:00"]


def test_every_second_week_counts_from_its_first_day() -> None:
    rule = Recurrence(rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", start="02:00", length=3600, first="2026-11-01")
    found = calendar.recurring(
        (rule,), zone_of("UTC"), span(utc("2026-11-01T00:00"), utc("2026-12-01T00:00"))
    )
    assert texts(found) == ["01 02:00-01 03:00", "15 02:00-15 03:00", "29 02:00-29 03:00"]


def test_public_holidays_are_cut_out_or_added_as_whole_days() -> None:
    kings_day = span(utc("2026-04-26T22:00"), utc("2026-04-27T22:00"))
    closed = ServiceHours(rules=(OFFICE,), holiday_calendar="NL")
    assert calendar.service_time(closed, AMSTERDAM, kings_day) == ()
    assert calendar.service_time(closed.but(holidays="included"), AMSTERDAM, kings_day) == (kings_day,)
    no_rules = ServiceHours(holiday_calendar="NL")
    assert not no_rules.always
    assert calendar.service_time(no_rules, AMSTERDAM, kings_day) == ()


def test_holidays_of_a_part_of_a_country_are_known_and_an_unknown_calendar_is_refused() -> None:
    assert date(2026, 4, 27) in calendar.holidays_of("NL", 2026)
    assert date(2026, 4, 27) not in calendar.holidays_of("US-NY", 2026)
    for unknown in ("XX", "NL-ZZ"):
        with pytest.raises(Invalid, match=f"no holiday calendar '{unknown}'"):
            calendar.holidays_of(unknown, 2026)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("every monday", "'every monday' is not read"),
        ("FREQ=WEEKLY;FREQ=DAILY", "says something twice"),
        ("BYDAY=MO", "must have FREQ="),
        ("FREQ=HOURLY;BYDAY=MO", "must have FREQ="),
        ("FREQ=DAILY;BYMONTHDAY=30;BYMONTH=2", "BYMONTHDAY does not go with FREQ=DAILY"),
        ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=3", "BYHOUR does not go"),
        ("FREQ=WEEKLY", "names no day"),
        ("FREQ=YEARLY;BYWEEKNO=3", "names a week, not a day"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "INTERVAL counts from a day"),
        ("FREQ=WEEKLY;INTERVAL=0;BYDAY=MO", "INTERVAL=0 is not between"),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=99999999", "COUNT=99999999 is not between"),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231T000000Z", "UNTIL=20261231T000000Z is no day"),
        ("FREQ=WEEKLY;WKST=XX;BYDAY=MO", "is no recurrence"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY=XX is no day"),
        ("FREQ=MONTHLY;BYDAY=99MO", "BYDAY=99MO is none: there are at most 5"),
        ("FREQ=YEARLY;BYMONTH=12;BYDAY=53MO", "BYDAY=53MO is none: there are at most 5"),
        ("FREQ=YEARLY;BYDAY=-54MO", "BYDAY=-54MO is none: there are at most 53"),
        ("FREQ=WEEKLY;BYMONTH=13;BYDAY=MO", "BYMONTH=13 is not between 1 and 12"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0 is not between 1 and 31"),
        ("FREQ=YEARLY;BYYEARDAY=99999999999999999999", "is not between 1 and 366"),
    ],
)
def test_a_rule_that_says_nothing_is_named_with_the_reason(rule: str, sentence: str) -> None:
    problems = calendar.rule_problems("windows[0]", Recurrence(rule=rule))
    assert any(sentence in one for one in problems), problems


def test_a_rule_that_falls_on_no_day_is_noticed() -> None:
    for never in ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=13;BYDAY=MO"):
        assert not calendar.matches(Recurrence(rule=never), date(2026, 1, 1))
    assert calendar.matches(Recurrence(rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"), date(2026, 1, 1))
    ended = Recurrence(rule="FREQ=WEEKLY;BYDAY=MO;UNTIL=20200101")
    assert not calendar.matches(ended, date(2026, 1, 1))

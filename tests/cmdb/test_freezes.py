"""The calendar kept here: when recurring freezes are, by the clock of a zone, and whom they concern."""

import calendar as days_of
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cmdb import freezes
from cmdb.commitments import Recurrence
from cmdb.errors import Invalid
from cmdb.intervals import moment, span
from cmdb.migrations import run
from cmdb.promises import Freeze
from cmdb.reading_graph import StoredEstate
from cmdb.store import Store
from tests.cmdb.harbour import settle

HERE = ZoneInfo("Europe/Amsterdam")
SINCE = datetime(2026, 11, 20, tzinfo=UTC)
YEAR_END = Recurrence(rule="FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=15", length=19 * 86_400)
MONTH_END = Recurrence(rule="FREQ=MONTHLY;BYMONTHDAY=-1", start="20:00", length=12 * 3600)


def entry(*rules: Recurrence, **more: Any) -> Freeze:
    return Freeze(
        **{"id": "f", "title": "F", "start": SINCE, "rules": rules, "zone": "Europe/Amsterdam", **more}
    )


def times(one: Freeze, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    return [(moment(first), moment(last)) for first, last in freezes.stretches(one, span(start, end))]


def wall(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=HERE).astimezone(UTC)


def test_the_end_of_every_year_is_frozen_over_new_year() -> None:
    found = times(entry(YEAR_END), SINCE, SINCE + timedelta(days=5 * 365))
    assert found == [(wall(year, 12, 15), wall(year + 1, 1, 3)) for year in range(2026, 2031)]
    middle = datetime(2027, 1, 1, tzinfo=UTC)
    assert times(entry(YEAR_END), middle, middle + timedelta(hours=1)) == found[:1]


def test_the_last_night_of_every_month_follows_the_clock_and_the_length_of_the_month() -> None:
    found = times(entry(MONTH_END), SINCE, SINCE + timedelta(days=3 * 365))
    months = [
        (2026, 11),
        (2026, 12),
        *((year, month) for year in (2027, 2028, 2029) for month in range(1, 13)),
    ]
    expected = [
        (
            wall(year, month, last, 20),
            (datetime(year, month, last, 20, tzinfo=HERE) + timedelta(hours=12)).astimezone(UTC),
        )
        for year, month in months
        for last in (days_of.monthrange(year, month)[1],)
    ]
    assert found == [one for one in expected if one[0] < SINCE + timedelta(days=3 * 365)]


def test_what_recurs_begins_when_it_was_declared_and_ends_when_it_is_over() -> None:
    one = entry(MONTH_END, start=wall(2026, 11, 30, 23), end=wall(2027, 1, 31, 21))
    found = times(one, SINCE, SINCE + timedelta(days=365))
    assert found[0] == (wall(2026, 11, 30, 23), wall(2026, 12, 1, 8))
    assert found[-1] == (wall(2027, 1, 31, 20), wall(2027, 1, 31, 21))
    assert len(found) == 3
    assert freezes.next_of(one, wall(2027, 1, 31, 21)) is None
    assert freezes.next_of(one, SINCE) == found[0]
    assert freezes.next_of(one, found[0][0]) == found[0]


def test_the_next_time_of_a_leap_day_is_found_years_ahead() -> None:
    leap = Recurrence(rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")
    assert freezes.next_of(entry(leap), SINCE) == (wall(2028, 2, 29), wall(2028, 3, 1))


def test_what_happens_once_is_as_it_was_declared() -> None:
    one = entry(end=SINCE + timedelta(hours=3), zone="UTC")
    assert times(one, SINCE + timedelta(hours=1), SINCE + timedelta(hours=2)) == [(one.start, one.end)]
    assert times(one, SINCE + timedelta(hours=3), SINCE + timedelta(hours=4)) == []


@pytest.mark.parametrize(
    ("scope", "concerned"),
    [
        ({}, True),
        ({"services": ("radar",)}, True),
        ({"services": ("berths",)}, False),
        ({"items": ("sw-11",)}, True),
        ({"items": ("web-1",)}, True),  # hit, though nobody works on it
        ({"items": ("sw-12",)}, False),
        ({"types": ("network-device",)}, True),
        ({"types": ("hardware",)}, True),  # the type above it
        ({"types": ("database",)}, False),
        ({"below": ("berths",)}, True),
        ({"below": ("mail",)}, True),
        ({"items": ("sw-12",), "below": ("mail",)}, True),
    ],
)
def test_an_entry_concerns_services_hit_items_and_types_touched_and_what_a_service_needs(
    sqlite_store: Store, scope: dict[str, Any], concerned: bool
) -> None:
    settle(sqlite_store)
    with sqlite_store.read() as uow:
        estate = StoredEstate(uow.rows, uow.dialect)
        by = freezes.touched(
            estate, uow.rows, services=["radar"], hit=["sw-11", "web-1"], worked_on=["sw-11", "gone"]
        )
        assert bool(freezes.concerned(estate, [entry(YEAR_END, **scope)], by)) == concerned


def test_below_a_service_is_only_what_it_needs(sqlite_store: Store) -> None:
    settle(sqlite_store)
    with sqlite_store.read() as uow:
        estate = StoredEstate(uow.rows, uow.dialect)
        by = freezes.touched(estate, uow.rows, services=[], hit=["mail"], worked_on=["db-1"])
        kept = freezes.concerned(
            estate, [entry(YEAR_END, id=one, below=(one,)) for one in ("mail", "berths")], by
        )
    assert [one.id for one in kept] == ["berths"]


def test_rules_and_zones_that_say_nothing_are_told() -> None:
    assert freezes.problems(entry(YEAR_END)) == []
    assert freezes.problems(entry(YEAR_END, zone="Mars/Base")) == ["There is no time zone 'Mars/Base'."]
    never = Recurrence(rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
    assert freezes.problems(entry(never)) == ["It falls on no day in the next five years."]
    assert "names no day" in freezes.problems(entry(Recurrence(rule="FREQ=MONTHLY")))[0]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=15", "every 15 December"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "every last day of the month"),
        ("FREQ=MONTHLY;BYMONTHDAY=1", "every month on day 1"),
        ("FREQ=WEEKLY;BYDAY=SA,SU", "every Sat, Sun"),
        ("FREQ=DAILY", "every day"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "every last Fri of the month"),
        ("FREQ=MONTHLY;BYDAY=2TU", "every second Tue of the month"),
        ("FREQ=MONTHLY;BYDAY=2TU,4TU", "FREQ=MONTHLY;BYDAY=2TU,4TU"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"),
    ],
)
def test_a_rule_is_said_in_words_where_few_do(rule: str, words: str) -> None:
    assert freezes.said(Recurrence(rule=rule, first="2026-11-20")) == words


def test_an_entry_names_a_thing_once_and_one_without_rules_has_an_end() -> None:
    with pytest.raises(Invalid) as refused:
        Freeze(id="f", title="F", start=SINCE, services=("mail", "mail"))
    assert refused.value.problems == (
        "The freeze has no end.",
        "Something is named twice among its services.",
    )


def test_a_freeze_from_before_calendars_recurred_is_carried_over(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = run.VERSIONS
    store = Store.connect(database)
    with store.write() as uow:
        monkeypatch.setattr(run, "VERSIONS", every[:1])
        run.upgrade(uow, before=0)
        uow.rows(
            """INSERT INTO "freeze" (id, title, starts, ends, services, reason) VALUES (?, ?, ?, ?, ?, ?)""",
            *("fr-1", "Peak", "2026-12-24T00:00:00Z", "2026-12-27T00:00:00Z", '["mail"]', "customer"),
        )
        monkeypatch.setattr(run, "VERSIONS", every)
        run.upgrade(uow, before=1)
        start = datetime(2026, 12, 24, tzinfo=UTC)
        assert uow.all(Freeze) == (
            Freeze(
                id="fr-1",
                title="Peak",
                start=start,
                end=start + timedelta(days=3),
                services=("mail",),
                reason="customer",
            ),
        )
        uow.commit()
    store.engine.dispose()


def test_a_new_entry_names_no_rule_twice_and_not_without_end() -> None:
    assert freezes.problems(entry(YEAR_END, YEAR_END)) == ["The same rule is given twice."]
    many = entry(*(YEAR_END.but(length=one) for one in range(1, 2001)))
    assert freezes.problems(many) == [
        "It comes back by 2,000 rules, 50 at most: one rule can name many days."
    ]

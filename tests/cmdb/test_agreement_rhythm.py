"""Reports and evaluations fall due in a rhythm counted from the first day, whatever the months are like."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb import agreement_rhythm
from cmdb.agreement_rhythm import STEPS, latest
from cmdb.agreement_terms import EVERY
from tests.cmdb.agreed import TERMS
from tests.cmdb.test_agreements import agreement


def test_every_word_an_agreement_may_say_has_its_step() -> None:
    assert set(EVERY) == set(STEPS)


@pytest.mark.parametrize(
    ("every", "today", "day"),
    [
        ("day", "2026-02-01", "2026-02-01"),
        ("week", "2026-02-06", "2026-01-31"),
        ("week", "2026-02-07", "2026-02-07"),
        ("month", "2026-02-27", None),
        ("month", "2026-02-28", "2026-02-28"),
        ("month", "2026-03-30", "2026-02-28"),
        ("month", "2026-03-31", "2026-03-31"),
        ("quarter", "2026-04-30", "2026-04-30"),
        ("half year", "2026-12-31", "2026-07-31"),
        ("year", "2027-01-30", None),
        ("year", "2029-06-01", "2029-01-31"),
        ("month", "2020-01-01", None),
    ],
)
def test_the_newest_date_is_counted_from_the_first(every: str, today: str, day: str | None) -> None:
    # From 31 January; a week before that for weeks.
    first = date(2026, 1, 24) if every == "week" else date(2026, 1, 31)
    assert latest(first, every, date.fromisoformat(today)) == (date.fromisoformat(day) if day else None)


@given(
    first=st.dates(date(2000, 1, 1), date(2060, 1, 1)),
    every=st.sampled_from(EVERY),
    later=st.integers(0, 20_000),
)
def test_it_is_what_stepping_one_by_one_gives(first: date, every: str, later: int) -> None:
    today = first + timedelta(days=later % (400 if every == "day" else 20_000))
    number = 0
    while first + STEPS[every] * (number + 1) <= today:
        number += 1
    assert latest(first, every, today) == (first + STEPS[every] * number if number else None)


def test_what_only_a_trigger_brings_about_has_no_date() -> None:
    found = list(agreement_rhythm.due(agreement(terms=TERMS), date(2027, 2, 3)))
    assert [(one.kind, one.id, one.day.isoformat(), one.whom) for one in found] == [
        ("reporting", "monthly", "2027-02-01", ("Desk",)),
        ("evaluation", "yearly", "2027-01-01", ()),
    ]
    only = {"evaluation": [{"id": "e", "text": "x", "triggers": ["a broken promise"]}]}
    assert not list(agreement_rhythm.due(agreement(terms=only), date(2027, 2, 3)))
    assert not list(agreement_rhythm.due(agreement(), date(2027, 2, 3)))

"""Amounts are read as people and programs write them; what is read in two ways is refused."""

from decimal import Decimal
from fractions import Fraction

import pytest

from cmdb.amounts import (
    Amount,
    amount,
    base_of,
    comparable,
    plain,
    said,
    unit_of,
    unit_problems,
    value_problems,
)
from cmdb.errors import Invalid


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("99.5", "99.5", ""),
        ("99.5 %", "99.5", "%"),
        ("270 min", "270", "min"),
        ("270 Minutes", "270", "min"),
        ("4h30m", "270", "min"),
        ("4h 30m", "270", "min"),
        ("38m", "38", "min"),
        ("2d", "2", "d"),
        ("PT4H30M", "16200", "s"),
        ("P1DT2H", "93600", "s"),
        ("P1W", "604800", "s"),
        ("PT0.5S", "0.5", "s"),
        ("4:30:00", "16200", "s"),
        ("0:00:01.25", "1.25", "s"),
        ("1 day, 2:03:04", "93784", "s"),
        ("800ms", "800", "ms"),
        ("-3 dB", "-3", "dB"),
        ("3 kB/s", "3", "kB/s"),
    ],
)
def test_an_amount_is_read_with_its_unit(text: str, value: str, unit: str) -> None:
    assert amount(text) == Amount(Decimal(value), unit)


@pytest.mark.parametrize("text", ["", "abc", "1e5", "1.2.3", "12 4", "1,5", "P1M", "4:30", "4:75:00", "٣ h"])
def test_what_is_no_amount_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        amount(text)
    assert "is no amount" in refused.value.reason
    assert refused.value.remedy.startswith(("Write", "Years"))


def test_half_past_four_and_four_and_a_half_minutes_are_both_offered() -> None:
    with pytest.raises(Invalid) as refused:
        amount("4:30")
    assert refused.value.remedy == "Write 4:30:00 for hours and minutes, or 0:04:30."


def test_the_unit_that_is_meant_stands_in_and_another_kind_is_refused() -> None:
    assert amount("12", "minutes") == Amount(Decimal(12), "min")
    assert amount("12 s", "min") == Amount(Decimal(12), "s")
    with pytest.raises(Invalid, match="not in min"):
        amount("12 kg", "min")


def test_units_of_time_are_set_against_each_other_and_no_others() -> None:
    assert base_of(Decimal("1.5"), "h") == base_of(Decimal(90), "min") == 5400
    assert base_of(Decimal("0.1"), "ms") == Fraction(1, 10_000)
    assert comparable("ms", "d")
    assert not comparable("kB", "MB")
    assert not comparable("", "s")


def test_a_figure_is_rounded_to_the_side_asked_for_and_never_looks_like_minus_nothing() -> None:
    third = Fraction(10, 3)
    assert (said(third, "h"), said(third, "h", up=True)) == ("3.333 h", "3.334 h")
    assert plain(Fraction(-1, 100_000), up=True) == "0"
    assert plain(Fraction(1_234_567)) == "1,234,567"
    assert plain(Fraction(1_234_567), grouped=False) == "1234567"


def test_what_is_wrong_with_a_unit_or_a_number_is_said() -> None:
    assert unit_of(" Hours ") == "h"
    assert unit_problems("The unit", "requests per day") == []
    assert "begins with a digit" in unit_problems("The unit", "2nd")[0]
    assert "at most 40" in unit_problems("The unit", "x" * 41)[0]
    assert "is no number" in value_problems("The value", Decimal("NaN"))[0]
    assert "more than 15 digits" in value_problems("The value", Decimal("0.1234567890123456"))[0]

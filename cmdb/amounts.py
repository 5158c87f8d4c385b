"""Amounts with a unit, as people and programs write them: `99.5 %`, `270 min`, `PT4H30M`, `4:30:00`.

Exact: an amount is a decimal in its unit, and an exact fraction of a base unit where amounts are
compared. Units of time are understood and turned into each other; any other unit is a word that
must be the same. Standard library only.
Source: rules.md 4, Commitment (target, unit); ISO 8601, durations of weeks, days and time.
"""

import re
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from cmdb.checks import name_problems, shown
from cmdb.errors import Invalid

PERCENT = "%"
SECOND = "s"
# Seconds in each unit of time, by the one way it is written; and the other ways people write it.
TIMES: dict[str, Fraction] = {
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "min": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86_400),
}
_ALSO = {
    "ms": ("msec", "msecs", "millisecond", "milliseconds"),
    "s": ("sec", "secs", "second", "seconds"),
    "min": ("m", "mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "d": ("day", "days"),
    PERCENT: ("percent", "per cent"),
}
_NAMES = {other: name for name, others in _ALSO.items() for other in others}
DIGITS = 15  # more than that nobody measures, and every sum of so many stays exact
UNIT_LIMIT = 40
_EXACT = 60  # digits kept while something is converted or rounded

# Compiled when first asked for: most commands read no amount.
_PLAIN = r"([+-]?\d{1,15}(?:\.\d{1,15})?)[ \t]*(\D[^\n]*)?"
_PARTS = r"(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m(?:in)?)?(?:(\d{1,8})s)?"
_CLOCK = r"(?:(\d{1,5}) days?,? )?(\d{1,6}):([0-5]\d):([0-5]\d(?:\.\d{1,6})?)"
_ISO = r"P(?:(\d{1,5})W|(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,10}(?:[.,]\d{1,6})?)S)?)?)"
_SIZES = {"d": 86_400, "h": 3600, "min": 60, "s": 1}
_HOW = "Write it like 99.5, 270 min, 4h30m, 4:30:00 or PT4H30M."


class Amount(NamedTuple):
    """A number and its unit; the unit is empty where none was given."""

    value: Decimal
    unit: str = ""


def unit_of(text: str) -> str:
    """The unit as it is kept: `min` for minutes, `h` for hours, `%` for per cent; any other as it is."""
    bare = " ".join(text.split())
    low = bare.lower()
    return low if low in TIMES else _NAMES.get(low, bare)


def unit_problems(label: str, unit: str) -> list[str]:
    """Say what is wrong with a unit: one short word or a few, no number."""
    found = name_problems(label, unit, required=False)
    if not found and len(unit) > UNIT_LIMIT:
        found.append(f"{label} has {len(unit)} characters; at most {UNIT_LIMIT} fit.")
    if unit[:1].isdigit():
        found.append(f"{label} '{shown(unit)}' begins with a digit.")
    return found


def value_problems(label: str, value: Decimal) -> list[str]:
    """Say what is wrong with a number: finite, and no more digits than anybody measures."""
    if not value.is_finite():
        return [f"{label} {value} is no number."]
    digits = value.as_tuple()
    assert isinstance(digits.exponent, int)
    if len(digits.digits) > DIGITS or not -DIGITS <= digits.exponent <= DIGITS:
        return [f"{label} {shown(str(value))} has more than {DIGITS} digits."]
    return []


def amount(text: str, unit: str = "") -> Amount:
    """Read an amount: a number with or without a unit, or a length of time in any usual way.

    `unit` is the one meant where the text names none; where it names another, lengths of time stay
    as written and everything else is refused. `4:30` is refused: it is read in two ways. Raises Invalid.
    """
    bare = " ".join(text.split())
    wanted = unit_of(unit)
    found = _length(bare) or _plain(bare)
    if found is None:
        raise Invalid(f"'{shown(text)}' is no amount.", _two_readings(bare) or _HOW)
    if not found.unit:
        return Amount(found.value, wanted)
    if wanted and not comparable(found.unit, wanted):
        raise Invalid(f"'{shown(text)}' is not in {wanted}.", f"Write it in {wanted}.")
    return found


def comparable(one: str, other: str) -> bool:
    """Whether amounts in two units can be set against each other."""
    return one == other or (one in TIMES and other in TIMES)


def base_of(value: Decimal, unit: str) -> Fraction:
    """An amount as an exact number: seconds for a length of time, else the number itself."""
    return Fraction(value) * TIMES.get(unit, 1)


def in_unit(base: Fraction, unit: str) -> Fraction:
    """What `base_of` gave, as a number in a unit again."""
    return base / TIMES.get(unit, 1)


def said(value: Fraction, unit: str, *, up: bool = False, places: int = 3) -> str:
    """Write an exact number in its unit with at most so many places, rounded down, or `up`.

    Whoever shows a level rounds it against us, so that it never looks better than it was.
    """
    number = plain(value, up=up, places=places)
    return f"{number} {unit}" if unit else number


def plain(value: Fraction, *, up: bool = False, places: int = 3, grouped: bool = True) -> str:
    """Write an exact number with at most so many places, rounded down, or `up`; no zeros behind."""
    with localcontext(prec=_EXACT):
        scaled = value * 10**places
        whole = -((-scaled.numerator) // scaled.denominator) if up else scaled.numerator // scaled.denominator
        text = format(Decimal(whole).scaleb(-places), f"{',' if grouped else ''}.{places}f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def written(value: Decimal, unit: str) -> str:
    """Write an amount as it is kept: `4 h`, `99.9 %`, `1250`."""
    number = format(value, "f")
    return f"{number} {unit}" if unit else number


def _plain(text: str) -> Amount | None:
    match = re.fullmatch(_PLAIN, text, re.ASCII)
    if match is None:
        return None
    unit = unit_of(match[2] or "")
    # "1.5.2", "3-4" and "4:30" begin with a number too; a unit is a word or a sign.
    if unit and (unit[0] in ".,:-+/" or any(letter.isdigit() for letter in unit.split()[0])):
        return None
    return Amount(Decimal(match[1]), unit)


def _length(text: str) -> Amount | None:
    """A length of time made of parts, in the smallest unit it names: `1h30m` is 90 min."""
    parts = re.fullmatch(_PARTS, text.replace(" ", "").lower(), re.ASCII)
    if parts and any(parts.groups()):
        return _summed(parts.groups())
    clock = re.fullmatch(_CLOCK, text, re.ASCII)
    if clock:
        return _in_seconds(clock[1], clock[2], clock[3], clock[4])
    iso = re.fullmatch(_ISO, text.upper(), re.ASCII)
    if iso and any(iso.groups()):
        days = str(int(iso[1]) * 7) if iso[1] else iso[2]
        return _in_seconds(days, iso[3], iso[4], (iso[5] or "0").replace(",", "."))
    return None


def _summed(parts: tuple[str | None, ...]) -> Amount:
    named = dict(zip(_SIZES, parts, strict=True))
    smallest = [unit for unit, count in named.items() if count][-1]
    total = sum(int(count or 0) * _SIZES[unit] for unit, count in named.items())
    return Amount(Decimal(total // _SIZES[smallest]), smallest)


def _in_seconds(days: str | None, hours: str | None, minutes: str | None, rest: str) -> Amount:
    whole = (int(days or 0) * 24 + int(hours or 0)) * 3600 + int(minutes or 0) * 60
    return Amount(Decimal(whole) + Decimal(rest), SECOND)


def _two_readings(text: str) -> str:
    match = re.fullmatch(r"(\d{1,4}):([0-5]\d)", text, re.ASCII)
    if match:
        return f"Write {match[1]}:{match[2]}:00 for hours and minutes, or 0:{match[1]:0>2}:{match[2]}."
    if "," in text:
        return "Write a decimal point for the fraction, and no commas between thousands."
    if re.match(r"P.*[YM]", text.upper().partition("T")[0]):
        return "Years and months have no fixed length: write days or hours, such as P30D or PT720H."
    return ""

"""What a commitment promises, as people write it: target, comparator, unit and statistic.

`target: at most 4h`, `comparator: "<="`, `statistic: share within 30 min` become the texts a
`ServiceCommitment` keeps. Pure; problems are returned, each with the field it is about.
Source: rules.md 4, Commitment.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cmdb.amounts import PERCENT, amount, comparable, unit_of
from cmdb.commitments import AVAILABILITY, COMPARATORS, COMPARED, quantity_of, spelled, statistic_of
from cmdb.errors import Invalid
from cmdb.model import shown

_PERCENT = r"([0-9]{1,3}(?:\.[0-9]{1,12})?) ?%?"
_WORDS = {
    **{said: sign for sign, said in COMPARED.items()},
    "no more than": "<=",
    "up to": "<=",
    "within": "<=",
    "no less than": ">=",
    "less than": "<",
    "under": "<",
    "more than": ">",
    "over": ">",
    "≤": "<=",
    "≥": ">=",
}
_MARKS = sorted((*COMPARATORS, *_WORDS), key=len, reverse=True)  # "<=" before "<"


def read(given: dict[str, Any], target: str) -> list[str]:
    """Put what a commitment promises into the form it is kept in; give what is wrong, by field.

    `given` holds the texts of the other fields and is completed. Without an attribute it is about
    availability. What is observed needs a comparator: nobody guesses whether more is better.
    """
    given["attribute"] = quantity_of(given.get("attribute", AVAILABILITY))
    problems: list[str] = []
    if "comparator" in given:
        given["comparator"] = _sign(given["comparator"])
    if given["attribute"] == AVAILABILITY:
        match = re.fullmatch(_PERCENT, target)
        if match is None and target:
            problems.append(f"target: '{shown(target)}' is no percentage; write it like 99.9.")
        given["target"] = Decimal(match[1]) if match else Decimal(0)
        return problems
    sign, bare = _compared(target)
    if sign and given.setdefault("comparator", sign) != sign:
        problems.append(f"target: '{shown(target)}' compares otherwise than 'comparator' says.")
    problems += _statistic(given)
    if given.get("statistic", "").startswith("share "):
        given.setdefault("comparator", ">=")
        given.setdefault("unit", PERCENT)
    if "comparator" not in given:
        problems.append("comparator: is missing: write 'at most' or 'at least', here or before the target.")
    if bare:
        problems += _target(given, bare)
    _leave_out(given)
    return problems


def neutral(given: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in for required fields that are wrong, so that the rest can be checked all the same."""
    usual = {"id": "x", "service": "x", "target": Decimal(50)}
    return usual if given["attribute"] == AVAILABILITY else {**usual, "statistic": "mean", "unit": ""}


def _sign(text: str) -> str:
    """The sign of a comparator written in words; what is none stays, for the value to refuse."""
    return _WORDS.get(" ".join(text.lower().split()), text)


def _compared(target: str) -> tuple[str, str]:
    """The comparator a target begins with, and the rest: `at most 4h`, `<= 4h`."""
    low = target.lower()
    for mark in _MARKS:
        if low.startswith(mark):
            return _WORDS.get(mark, mark), target[len(mark) :].strip()
    return "", target


def _target(given: dict[str, Any], text: str) -> list[str]:
    """Read the target with its unit; one that names none is in the unit of the field `unit`."""
    given["target"] = Decimal(0)
    unit = unit_of(given.get("unit", ""))
    try:
        found = amount(text)
    except Invalid as wrong:
        return [f"target: {wrong.reason} {wrong.remedy}"]
    if unit and found.unit and not comparable(found.unit, unit):
        return [f"target: '{shown(text)}' is not in {unit}, as 'unit' says."]
    given["target"], given["unit"] = found.value, found.unit or unit
    return []


def _statistic(given: dict[str, Any]) -> list[str]:
    if "statistic" not in given:
        return ["statistic: is missing: say how the values of a period become one, such as p95."]
    try:
        given["statistic"] = spelled(given["statistic"])
        statistic_of(given["statistic"])
    except Invalid as wrong:
        return [f"statistic: {wrong.reason} {wrong.remedy}"]
    return []


def _leave_out(given: dict[str, Any]) -> None:
    """Take away what says only what holds anyway, so that a record does not depend on how it is said."""
    for name, usual in (("outside", "excluded"), ("clock", "service hours")):
        if given.get(name) == usual:
            del given[name]

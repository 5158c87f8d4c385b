"""Estimates of the workload of events, as a plan states them: how many of a kind, and how long each takes.

A plan for events states them among what it covers, so that they are approved with it and votes are bound
to them: `workload of incidents, group network: 12 a month at 3h`. Pure.
Source: rules.md 9, Document; IT Service CMM 5.6, Activity 2.1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from cmdb.checks import shown

PLAN = "event plan"
PREFIX = "workload of "
UNITS = ("day", "week", "month", "quarter", "year")
_KINDS = {"incidents": "incident", "service requests": "service request", "events": ""}
_OF = re.compile(r"(incidents|service requests|events)(?:, group ([^\s,]+))?")
_EACH = r"(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?"
_FIGURES = re.compile(
    r"(?P<count>\d{1,9}(?:\.\d{1,3})?) (?:a|per)"
    rf" (?P<unit>{'|'.join(UNITS)})(?: at (?P<each>(?=\d){_EACH}))?"
)
_HOW = (
    "write 'workload of incidents, group network: 12 a month at 3h' (the group and the time may be left out)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How many events of a kind (empty: of any) concern a group (empty: any) in a unit of time.

    `each` is how many seconds of work one takes, or zero where the plan does not say.
    """

    kind: str
    group: str
    count: Decimal
    unit: str
    each: int = 0

    @property
    def of(self) -> str:
        """What it is an estimate of: `incidents, group network`."""
        kind = next(words for words, kind in _KINDS.items() if kind == self.kind)
        return f"{kind}, group {self.group}" if self.group else kind


def read(covers: Mapping[str, str]) -> tuple[Estimate, ...]:
    """The estimates a plan states, in order of what they are of; what cannot be read is left out."""
    found = (_read(point, said) for point, said in sorted(covers.items()) if point.startswith(PREFIX))
    return tuple(one for one in found if one is not None)


def problems(kind: str, covers: Mapping[str, str]) -> list[str]:
    """Say which estimates of a plan for events cannot be read, and how they are written."""
    if kind != PLAN:
        return []
    return [
        f"'{shown(f'{point}: {said}')}' is no estimate: {_HOW}."
        for point, said in sorted(covers.items())
        if point.startswith(PREFIX) and _read(point, said) is None
    ]


def _read(point: str, said: str) -> Estimate | None:
    of, figures = _OF.fullmatch(point.removeprefix(PREFIX)), _FIGURES.fullmatch(said.strip())
    if of is None or figures is None:
        return None
    days, hours, minutes = (int(figures[name] or 0) for name in "dhm")
    return Estimate(
        kind=_KINDS[of[1]],
        group=of[2] or "",
        count=Decimal(figures["count"]),
        unit=figures["unit"],
        each=((days * 24 + hours) * 60 + minutes) * 60,
    )

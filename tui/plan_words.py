"""How a plan and its milestones stand, in words: on the command line, in reports and in the app.

Source: rules.md 9, Document; IT Service CMM 5.5, Activities 1 and 2, Measurement 1.
"""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from decimal import Decimal

from cmdb.duties import Milestone, Review
from cmdb.duty_reports import Progress, Reached
from cmdb.workload import Load
from tui import clockface

TENTH = Decimal("0.1")
LOADS = ("events", "estimate", "expected", "came", "work planned", "work", "each planned", "each")
REVIEWS = ("review", "on", "state", "kind", "with", "material")
COLUMNS = (
    "id",
    "milestone",
    "owner",
    "planned",
    "state",
    "effort",
    "planned effort",
    "funds",
    "planned funds",
)


def hours(seconds: int) -> str:
    """Seconds as people count work: `2.5 h`; nothing for none."""
    return f"{Decimal(seconds) / 3600:,.2f}".rstrip("0").rstrip(".") + " h" if seconds else ""


def state(one: Milestone, now: str) -> str:
    """How a milestone stands."""
    if one.completed:
        return f"reached {one.completed}"
    return "dropped" if one.dropped else "LATE" if one.late(now) else "ahead"


def row(one: Reached) -> tuple[str, ...]:
    """A milestone against its plan, one text for each of `COLUMNS`."""
    of = one.milestone
    return (
        *(of.id, of.name, of.owner, of.planned),
        "LATE" if of.open and one.late is not None else state(of, ""),
        *(hours(one.spent) or "0 h", hours(of.effort), f"{one.cost:,}", f"{of.funds:,}"),
    )


def line(one: Reached) -> str:
    """A milestone against its plan in one line: `MS-1  2026-12-01  LATE  Baseline of mail; 3 h of 40 h`."""
    id, name, _owner, planned, stands, effort, of_effort, funds, of_funds = row(one)
    spent = f"{effort} of {of_effort}" if of_effort else effort
    money = f", {funds} of {of_funds}" if one.cost or one.milestone.funds else ""
    return f"{id}  {planned}  {stands}  {name}; {spent}{money}"


def completion(one: Progress) -> str:
    """How many milestones are reached: `1 of 3 reached (33 %), 1 late`; empty without one."""
    if not one.milestones:
        return ""
    late = f", {one.late:,} late" if one.late else ""
    return f"{one.reached:,} of {one.milestones:,} reached ({100 * one.reached // one.milestones} %){late}"


def effort(one: Progress, *, known: bool = True) -> str:
    """What was worked of what was planned, where that is `known`."""
    planned = hours(one.effort_planned) or "0 h" if known else "what nobody recorded as"
    return f"{hours(one.effort) or '0 h'} of {planned} planned"


def funds(one: Progress, *, known: bool = True) -> str:
    """What was paid of what was planned, where that is `known`."""
    planned = f"{one.funds_planned:,}" if known else "what nobody recorded as"
    return f"{one.funds:,} of {planned} planned"


def load(one: Load) -> tuple[str, ...]:
    """An estimate of a plan against what came, one text for each of `LOADS`."""
    of = one.estimate
    return (
        *(of.of, f"{_number(of.count)} a {of.unit}"),
        *(_number(one.expected), f"{one.came:,}"),
        *(hours(one.planned), hours(one.spent) or "0 h"),
        *(hours(of.each), hours(one.each)),
    )


def loaded(one: Load) -> str:
    """An estimate against what came: `incidents: 31 came, 40 expected; 45 h of 60 h, 1.5 h each`."""
    of, _rate, expected, came, planned, spent, _each, took = load(one)
    work = f"; {spent} of {planned}" if planned else f"; {spent}" if one.spent else ""
    return f"{of}: {came} came, {expected} expected{work}{f', {took} each' if took else ''}"


def _number(count: Decimal) -> str:
    """A number of events: whole, or with one decimal."""
    return f"{count.quantize(TENTH):,}".removesuffix(".0")


def review(one: Review, at: datetime, there: tzinfo | None = None) -> tuple[str, ...]:
    """A review of the plan, one text for each of `REVIEWS`."""
    on = clockface.clock(one.held_at or one.planned, there)
    material = (
        f"{'approved' if one.approved_at else 'not approved'} by {one.approver}" if one.approver else ""
    )
    stands = "MISSED" if one.missed(at) else one.state
    return (one.id, on, stands, one.kind, ", ".join((*one.participants, *one.groups)), material)


def reviewed(reviews: Iterable[Review], at: datetime, there: tzinfo | None = None) -> tuple[str, ...]:
    """Reviews of a plan, one line each."""
    return tuple("  ".join(part for part in review(one, at, there) if part) for one in reviews)

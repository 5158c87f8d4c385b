"""Outages from uptime checks: what single observations say of the time between them.

A check speaks for the time until the next one, but for no longer than the gap rule allows; time no
check speaks for is unknown. Unknown time is never guessed silently: it is counted as the rule says
and listed either way. Pure.
Source: rules.md 4, Outages of a service; IT Service CMM, Service Tracking, Activity 4.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cmdb.model import Value, check, choice_problems

STATES = ("up", "degraded", "down")  # the worst last
EFFECT = {"degraded": "degraded", "down": "outage"}
BEYOND = ("unknown", "as before")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Value):
    """That something was seen up, degraded or down at an instant; `line` is where a file says so."""

    subject: str
    at: datetime
    state: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRule(Value):
    """How long a check speaks for, in seconds, and what the time beyond is taken for.

    `unknown`: for nothing, it counts as neither. `as before`: for what the last check saw, until the
    next one.
    """

    longest: int
    beyond: str = "unknown"

    def __post_init__(self) -> None:
        problems = choice_problems("The time beyond the gap", self.beyond, BEYOND)
        if self.longest <= 0:
            problems.append(f"A check speaks for at least a second, not {self.longest} s.")
        check("The gap rule", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch(Value):
    """A time in which something was down or degraded.

    `ended` None: the last check saw it so and still speaks. `first` and `last` are the checks that
    begin it and end it; without `last` the gap rule ended it.
    """

    subject: str
    started: datetime
    ended: datetime | None
    effect: str
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(Value):
    """A time no check speaks for, after a check that saw `state`."""

    subject: str
    start: datetime
    end: datetime
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Value):
    """What the checks of one subject say: its outages, and the gaps between what was seen.

    `disagreeing` are the lines of checks at the same instant as another that saw something worse.
    """

    outages: tuple[Stretch, ...] = ()
    gaps: tuple[Gap, ...] = ()
    disagreeing: tuple[int, ...] = ()


def seen(checks: Iterable[Check], rule: GapRule, now: datetime | None = None) -> Seen:
    """Read the checks of one subject, in any order; what the last one sees goes on while it speaks `now`.

    A time that is bad begins with the first check that saw it so, because nobody saw it before, and
    ends with the first that saw it otherwise, or where the rule lets the last one speak no more. Of
    two checks at one instant the worse counts.
    """
    line, disagreeing = _in_order(checks)
    outages: list[Stretch] = []
    gaps: list[Gap] = []
    running: Check | None = None
    for number, one in enumerate(line):
        after = line[number + 1] if number + 1 < len(line) else None
        end = _speaks_until(one, after, rule)
        if after is not None and end < after.at:
            gaps.append(Gap(subject=one.subject, start=end, end=after.at, state=one.state))
        if one.state == "up":
            continue
        running = running or one
        if after is not None and end == after.at and after.state == one.state:
            continue
        open_end = after is None and (rule.beyond == "as before" or (now is not None and end > now))
        outages.append(
            Stretch(
                subject=one.subject,
                started=running.at,
                ended=None if open_end else end,
                effect=EFFECT[one.state],
                first=running.line,
                last=after.line if after is not None and end == after.at else 0,
            )
        )
        running = None
    return Seen(outages=tuple(outages), gaps=tuple(gaps), disagreeing=disagreeing)


def _speaks_until(one: Check, after: Check | None, rule: GapRule) -> datetime:
    longest = one.at + timedelta(seconds=rule.longest)
    if after is None:
        return longest
    return after.at if rule.beyond == "as before" else min(longest, after.at)


def _in_order(checks: Iterable[Check]) -> tuple[Sequence[Check], tuple[int, ...]]:
    """The checks by time, one an instant, and the lines of those that gave way to a worse one."""
    line: list[Check] = []
    gave_way: list[int] = []
    for one in sorted(checks, key=lambda one: (one.at, -STATES.index(one.state), one.line)):
        if line and line[-1].at == one.at:
            if line[-1].state != one.state:
                gave_way.append(one.line)
            continue
        line.append(one)
    return line, tuple(gave_way)

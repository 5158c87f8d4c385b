"""What became of events in a period, and the trouble reports: incidents with what fixed them.

    report(asked, start=..., end=..., now=...) -> EventReport
    troubles(asked, start=..., end=..., now=...) -> TroubleReport

An event belongs to the period in which it was reported, resolved or closed; each figure says which it
counts. It is unresolved until it is resolved or closed. A lead time runs from report to close, day and
night. An event was too late when it was resolved (closed, where nobody said when it was resolved) after
its deadline; one without a deadline, when the system it came from says so; of the others nobody knows.
What was withdrawn is counted apart. Plain rows are read, no values made: there may be very many; no ORM
is needed for it.
Source: IT Service CMM 5.6, Activity 6, Measurements 1 and 2; 5.5, Activity 9.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from statistics import median_high
from typing import NamedTuple

from cmdb import actions_then, event_lines
from cmdb.back_then import Asked, Unsaid
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid
from cmdb.event_lines import Line
from cmdb.model import Value
from cmdb.reported import STATES, UNRESOLVED

UNITS = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}
_ORIGIN = "event:"
LOST = "unresolved, not recorded how far"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Value):
    """The figures of some events: `group` is what they have in common. Seconds; shares 0 to 1.

    `late` of the `judged` closed ones were resolved after their deadline; of the rest nobody knows.
    """

    group: str
    reported: int
    resolved: int
    closed: int
    unresolved: int
    lead_mean: int | None = None
    lead_median: int | None = None
    lead_ninetieth: int | None = None
    judged: int = 0
    late: int = 0

    @property
    def late_share(self) -> float | None:
        """The share of closed ones that were not resolved within the maximum time."""
        return self.late / self.judged if self.judged else None


class Pace(NamedTuple):
    """What was done in one unit of time."""

    unit: str
    reported: int
    resolved: int
    closed: int
    actions_initiated: int
    actions_closed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReport(Value):
    """The report. `touched` are those reported, resolved or closed in it, or unresolved at its end.

    `unsaid` are fields of events of which nothing says what they were then.
    """

    start: datetime
    end: datetime
    made_at: datetime
    total: Figures
    requests: int
    withdrawn: int
    overdue: int
    states: dict[str, int]
    by_item: tuple[Figures, ...]
    by_priority: tuple[Figures, ...]
    per: str
    pace: tuple[Pace, ...]
    touched: tuple[Line, ...]
    unsaid: Unsaid


class Trouble(NamedTuple):
    """An incident with what was done about it: action items as pairs of id and state."""

    line: Line
    actions: tuple[tuple[str, str], ...]

    @property
    def fixed(self) -> bool:
        """Whether a change or an action item is behind its end."""
        return bool(self.line.fixed_by or self.actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleReport(Value):
    """Trouble reports of a period, newest first; the same events as in the other report, incidents alone."""

    start: datetime
    end: datetime
    made_at: datetime
    total: Figures
    states: dict[str, int]
    by_change: int
    by_action: int
    caused: int
    troubles: tuple[Trouble, ...]
    unsaid: Unsaid


def report(
    asked: Asked,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    item: str = "",
    per: str = "month",
    zone: tzinfo = UTC,
    past: bool = False,
) -> EventReport:
    """Count what became of events from `start` until `end`; of one item where it is named.

    `zone` is where days, weeks and months are read. With `past` they are as they stood at `now`, a moment
    that is over. Raises Invalid when the period ends before it starts.
    """
    since, until = _period(start, end)
    every, unsaid = _lines(asked, until, item, now if past else None)
    found = [one for one in every if one.state != "withdrawn"]
    touched = [one for one in found if _touched(one, since, until)]
    return EventReport(
        start=start,
        end=end,
        made_at=now,
        total=_figures("all", found, since, until),
        requests=sum(one.kind == "service request" for one in touched if since <= one.reported),
        withdrawn=sum(one.state == "withdrawn" and since <= one.reported for one in every),
        overdue=sum(one.state in UNRESOLVED and "" < one.resolve_by < rfc3339(now) for one in found),
        states=_states(touched, unsaid),
        by_item=_by(found, since, until, lambda one: one.items),
        by_priority=_by(found, since, until, lambda one: (one.priority,)),
        per=per,
        pace=_pace(asked, found, since, until, UNITS[per], zone, now if past else None),
        touched=tuple(sorted(touched, key=_newest, reverse=True)),
        unsaid={one.id: unsaid[one.id] for one in touched if one.id in unsaid},
    )


def troubles(
    asked: Asked, *, start: datetime, end: datetime, now: datetime, item: str = "", past: bool = False
) -> TroubleReport:
    """Give the trouble reports of a period with their fixes; with `past` as they stood at `now`.

    Raises Invalid for a period that ends first.
    """
    since, until = _period(start, end)
    every, unsaid = _lines(asked, until, item, now if past else None)
    found = [one for one in every if one.kind == "incident" and one.state != "withdrawn"]
    touched = sorted((one for one in found if _touched(one, since, until)), key=_newest, reverse=True)
    actions = _actions(asked, now if past else None)
    told = tuple(Trouble(one, tuple(actions.get(one.id, ()))) for one in touched)
    return TroubleReport(
        start=start,
        end=end,
        made_at=now,
        total=_figures("all", found, since, until),
        states=_states(touched, unsaid),
        by_change=sum(bool(one.fixed_by) for one in touched),
        by_action=sum(not one.line.fixed_by and bool(one.actions) for one in told),
        caused=sum(bool(one.caused_by) for one in touched),
        troubles=told,
        unsaid={one.id: unsaid[one.id] for one in touched if one.id in unsaid},
    )


def _period(start: datetime, end: datetime) -> tuple[str, str]:
    if end <= start:
        raise Invalid("The period ends before it starts.", "Give --since before --until.")
    return rfc3339(start), rfc3339(end)


def _lines(
    asked: Asked, until: str, item: str, then: datetime | None
) -> tuple[list[Line], dict[str, tuple[str, ...]]]:
    """Every event of a period, of one item where it is named; as they stood at a moment if it is given."""
    if then is None:
        return event_lines.lines(asked, until, item), {}
    return event_lines.at_then(asked, event_lines.lines(asked, until, ""), then, item)


def _touched(one: Line, since: str, until: str) -> bool:
    return (
        since <= one.reported
        or since <= one.resolved < until
        or since <= one.closed < until
        or one.unresolved(until)
    )


def _figures(group: str, found: Sequence[Line], since: str, until: str) -> Figures:
    closed = [one for one in found if since <= one.closed < until]
    leads = sorted(lead for one in closed if (lead := one.lead) is not None)
    judged = [late for one in closed if (late := one.late) is not None]
    return Figures(
        group=group,
        reported=sum(since <= one.reported for one in found),
        resolved=sum(since <= one.over < until for one in found),
        closed=len(closed),
        unresolved=sum(one.unresolved(until) for one in found),
        lead_mean=sum(leads) // len(leads) if leads else None,
        lead_median=median_high(leads) if leads else None,
        lead_ninetieth=leads[-(-len(leads) * 9 // 10) - 1] if leads else None,
        judged=len(judged),
        late=sum(judged),
    )


def _by(
    found: Iterable[Line], since: str, until: str, groups: Callable[[Line], Iterable[str]]
) -> tuple[Figures, ...]:
    """The figures of each group that has any, those with most reports first."""
    grouped: dict[str, list[Line]] = defaultdict(list)
    for one in found:
        for group in groups(one):
            grouped[group].append(one)
    every = (_figures(group, lines, since, until) for group, lines in grouped.items())
    some = [one for one in every if one.reported or one.resolved or one.closed or one.unresolved]
    return tuple(sorted(some, key=lambda one: (-one.reported, -one.unresolved, one.group)))


def _states(found: Iterable[Line], unsaid: Unsaid) -> dict[str, int]:
    """How many are in each state; those of which nothing says how far they had come are told apart."""
    counted = Counter(LOST if "state" in unsaid.get(one.id, ()) else one.state for one in found)
    return {state: counted[state] for state in (*STATES, LOST) if counted[state]}


def _pace(
    asked: Asked,
    found: Iterable[Line],
    since: str,
    until: str,
    form: str,
    zone: tzinfo,
    then: datetime | None,
) -> tuple[Pace, ...]:
    """Events and their action items per unit of time; units in which nothing was done are left out."""
    counted: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    known: dict[str, str] = {}  # of a minute, in which unit it lies

    def count(at: str | None, place: int) -> None:
        if at and since <= at < until:
            minute = at[:16]  # zones are a number of minutes from UTC
            if minute not in known:
                known[minute] = datetime.fromisoformat(at).astimezone(zone).strftime(form)
            counted[known[minute]][place] += 1

    for one in found:
        for place, at in enumerate((one.reported, one.over, one.closed)):
            count(at, place)
    states = _action_states(asked, then)
    for id, initiated, closed in asked.rows(
        "SELECT id, initiated_at, closed_at FROM action_item WHERE origin LIKE ?", f"{_ORIGIN}%"
    ):
        if states.get(id, "declined") != "declined":
            count(initiated, 3)
            count(closed, 4)
    return tuple(Pace(unit, *numbers) for unit, numbers in sorted(counted.items()))


def _actions(asked: Asked, then: datetime | None) -> dict[str, list[tuple[str, str]]]:
    """The action items of events that were not declined, by event."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    states = _action_states(asked, then)
    for id, origin in asked.rows(
        "SELECT id, origin FROM action_item WHERE origin LIKE ? ORDER BY id", f"{_ORIGIN}%"
    ):
        if states.get(id, "declined") != "declined":
            found[origin.removeprefix(_ORIGIN)].append((id, states[id]))
    return found


def _action_states(asked: Asked, then: datetime | None) -> dict[str, str]:
    """How far action items have come, or had come at a moment; those not initiated by then are left out."""
    if then is None:
        return dict(asked.rows("SELECT id, state FROM action_item WHERE origin LIKE ?", f"{_ORIGIN}%"))
    return actions_then.states(asked, actions_then.told_of(asked, then))


def _newest(one: Line) -> tuple[str, int, str]:
    return one.reported, len(one.id), one.id

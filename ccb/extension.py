"""Work that takes longer than it was approved for: what that costs, and who has to know.

The request stays as the board approved it; what moves is the planned work that everybody else's
forecast counts with. Nobody votes on it: by then the work is under way. Commits nothing.
Source: rules.md 5, Life cycle; 4, Forecast.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ccb import assessment, conflicts, requests
from ccb.model import Assessment, ChangeRequest, DownSet, Window
from cmdb import notices, planned
from cmdb.errors import Invalid
from cmdb.impact import impact
from cmdb.instants import length, rfc3339
from cmdb.model import Group, Person, Value
from cmdb.promises import PlannedWork
from cmdb.reading_graph import StoredEstate
from cmdb.store import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension(Value):
    """What an extension comes to. `worst` is in seconds.

    `breaches` and `clashes` are sentences; `told` are those who have a notice of it, `by_hand` the
    parties and addresses nobody but a person reaches.
    """

    request: str
    start: datetime
    end: datetime
    worst: int
    breaches: tuple[str, ...] = ()
    clashes: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()


def extend(
    uow: UnitOfWork, id: str, *, until: datetime, worst: int | None = None, actor: str, at: datetime
) -> Extension:
    """Let work that has started go on until later; give what that costs, and tell whom it concerns.

    Without `worst` the worst outage grows by as much as the window does. Raises Refused while the
    work has not started or is over; Invalid for an end that is not later than the present one.
    """
    request = requests.find(uow, id)
    moved = requests.move(uow, request, "extend", actor=actor, at=at)
    now = uow.find(PlannedWork, request.id)
    if request.window is None or now is None:
        raise Invalid(f"{request.id} has no window to extend.", f"See 'cmdb change show {request.id}'.")
    if until <= max(now.window_end, at):
        raise Invalid(
            f"That is no later than the end it has, {rfc3339(max(now.window_end, at))}.",
            f"Give a later one: 'cmdb change extend {request.id} --until +1h'.",
        )
    longer = int((until - now.window_end).total_seconds())
    work = now.but(window_end=until, worst=_worst(now, worst, longer))
    found = assessment.assess(uow, as_it_will_be(request, work), at=at)
    planned.plan(uow, work)
    told, by_hand = _tell(uow, request, work, found, actor, at)
    extension = Extension(
        request=request.id,
        start=work.window_start,
        end=until,
        worst=work.worst,
        breaches=_breaches(found),
        clashes=tuple(conflicts.told(found.context.get("conflicts", ()))),
        told=told,
        by_hand=by_hand,
    )
    requests.put(
        uow,
        moved,
        action="change extend",
        actor=actor,
        at=at,
        changed={
            "until": rfc3339(until),
            "worst_s": work.worst,
            "breaches": list(extension.breaches),
            "clashes": list(extension.clashes),
            "told": [*told, *by_hand],
        },
    )
    return extension


def extended(uow: UnitOfWork, request: ChangeRequest) -> PlannedWork | None:
    """Give the work as it is planned now where it was extended and is not finished, else None."""
    if request.window is None or request.started is None or request.finished is not None:
        return None
    work = uow.find(PlannedWork, request.id)
    return work if work is not None and work.window_end > request.window.end else None


def _worst(now: PlannedWork, given: int | None, longer: int) -> int:
    if given is None:
        return now.worst + longer if now.down else 0
    if not now.down or given < now.expected:
        raise Invalid(
            "Nothing was planned down." if not now.down else "That is less than the expected outage.",
            "Leave the worst outage out, or give a longer one.",
        )
    return given


def as_it_will_be(request: ChangeRequest, work: PlannedWork) -> ChangeRequest:
    """Give the request with what it takes now, as the latest of all: it is what comes in the others' way."""
    down: DownSet | None = request.down.but(worst=work.worst) if request.down else None
    return request.but(
        window=Window(start=work.window_start, end=work.window_end), down=down, decided_at=None
    )


def _breaches(found: Assessment) -> tuple[str, ...]:
    """The promises it breaks, the verdict first: a line may be cut at its end."""
    return tuple(
        f"breach {'as expected' if row['breach_expected'] else 'in the worst case'}: "
        f"{row['agreement']}, {row['service']} out {length(row['planned_worst_s'])} "
        f"of {length(max(0, row['left_before_s']))} left ({row['commitment']})"
        for row in found.context.get("agreements", ())
        if row["breach_expected"] or row["breach_worst"]
    )


def _tell(
    uow: UnitOfWork, request: ChangeRequest, work: PlannedWork, found: Assessment, actor: str, at: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write a notice to everybody it concerns who is registered; give them, and who is told by hand."""
    people = [request.originator, request.effective_implementer, *(one.person for one in found.consents)]
    by_hand: list[str] = []
    groups = list(request.groups)
    if work.down:
        for one in impact(StoredEstate(uow.rows, uow.dialect), work.down).tell:
            if one.kind == "person":
                people.append(one.id)
            elif one.kind == "group":
                groups.append(one.id)
            else:
                by_hand.append(f"{one.id} {one.email}".strip())
    people += _others(uow, found)
    for id in groups:
        group = uow.find(Group, id)
        people += [group.lead, *group.members] if group else []
    known = [one for one in dict.fromkeys(people) if one and _active(uow, one)]
    text = f"{request.id} takes longer, until {rfc3339(work.window_end)}: {request.title}"
    others = [one for one in known if one != actor]
    notices.tell(uow, others, about=f"change:{request.id}", text=text, at=at, kind="change extended")
    return tuple(one for one in known if one != actor), tuple(dict.fromkeys(by_hand))


def _others(uow: UnitOfWork, found: Assessment) -> Iterable[str]:
    """Those who do the other work it clashes with."""
    rows = found.context.get("conflicts", ())
    for id in dict.fromkeys(name for one in rows for name in conflicts.others(one)):
        other = uow.find(ChangeRequest, id)
        if other is not None:
            yield other.originator
            yield other.effective_implementer


def _active(uow: UnitOfWork, person: str) -> bool:
    known = uow.find(Person, person)
    return known is not None and known.active

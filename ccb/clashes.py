"""Gathering what may clash with a request - work, agreements, freezes, holds - and naming every conflict.

Runs inside the transaction that assesses; commits nothing. Source: rules.md 3, Joint outage; 5, Conflicts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ccb import conflicts, effects
from ccb import scheduled as requests_ahead
from ccb.model import ChangeRequest
from ccb.tables import request_ids
from cmdb import calendar, canonical, freezes, holds, planned
from cmdb.availability import agreed_windows
from cmdb.intervals import moment, span
from cmdb.joint_ahead import joint_outages_ahead
from cmdb.joint_outages import JointOutage, JointOutages
from cmdb.periods import zone_of
from cmdb.promises import Freeze, PlannedWork, ServiceAgreement
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import StoredPromises
from cmdb.store import UnitOfWork

_REDUCED = "reduced redundancy"


def planned_work(request: ChangeRequest) -> PlannedWork | None:
    """What the calendar and forecasts know of a request: its window and what it takes down."""
    window, down = request.window, request.down
    if window is None:
        return None
    return PlannedWork(
        reference=request.id,
        window_start=window.start,
        window_end=window.end,
        down=down.items if down else (),
        expected=down.expected if down else 0,
        worst=down.worst if down else 0,
        down_from=down.start if down else None,
        tentative=request.state not in requests_ahead.SCHEDULED,
        unplanned=request.kind == "emergency",
    )


def scheduled(uow: UnitOfWork) -> list[ChangeRequest]:
    """The requests that were approved and are not done yet, by number."""
    return [uow.get(ChangeRequest, name) for name in request_ids(uow, states=requests_ahead.SCHEDULED)]


def of_request(
    uow: UnitOfWork,
    estate: StoredEstate,
    request: ChangeRequest,
    hit: Mapping[str, str],
    services: Mapping[str, str],
    *,
    at: datetime,
) -> tuple[list[conflicts.Conflict], list[str]]:
    """Give every conflict of a request, and in words what could not be computed.

    `hit` and `services` are the effects of its own down set on items and services.
    """
    others = _scheduled(uow, estate, request, hit, at)
    found = conflicts.overlaps(request, others, hit)
    joint = _joint_outages(uow, estate, request, others, at)
    found += conflicts.joint_outages(request, joint.found)
    if request.window:
        felt = [one for one, effect in services.items() if effect != _REDUCED]
        touched = StoredPromises(uow.rows, uow.dialect).agreements_of(
            felt, request.window.start, request.window.end
        )
        found += conflicts.agreements(request, touched, _agreed(touched, request))
        found += conflicts.calendar(request, _calendar(uow, estate, request, hit, services))
    out = [uow.get(ChangeRequest, name) for name in request_ids(uow, states=("checked out",))]
    found += conflicts.in_the_way(request, holds.standing(uow, at=at), out)
    return found, [joint.not_computed] if joint.not_computed else []


def undecided(
    uow: UnitOfWork, estate: StoredEstate, request: ChangeRequest, *, at: datetime
) -> tuple[JointOutage, ...]:
    """The joint outages a request would have a part in if work that is not decided yet were approved.

    No conflicts: nothing is decided by them, and they are no part of what is voted on.
    """
    this, window = planned_work(request), request.window
    if this is None or window is None or not this.down:
        return ()
    promises = StoredPromises(uow.rows, uow.dialect)
    works = {
        tentative: [
            one
            for one in promises.planned_between(window.start, window.end, tentative=tentative)
            if one.reference != request.id and one.down and one.window_end > at
        ]
        for tentative in (False, True)
    }
    if not works[True]:
        return ()
    done, _missed = requests_ahead.done(uow.rows, uow.dialect, at, window.end, but=[request.id])
    every = [this.but(tentative=False), *works[False], *works[True]]
    found = joint_outages_ahead(estate, every, done, about=this.reference)
    return tuple(one for one in found.found if one.tentative)


def _calendar(
    uow: UnitOfWork,
    estate: StoredEstate,
    request: ChangeRequest,
    hit: Mapping[str, str],
    services: Mapping[str, str],
) -> list[tuple[Freeze, list[tuple[datetime, datetime]]]]:
    """The entries of the calendar that concern a request, each with when it is around its window."""
    window, entries = request.window, planned.freezes(uow)
    if window is None or not entries:
        return []
    by = freezes.touched(estate, uow.rows, services=services, hit=hit, worked_on=worked_on(request))
    around = span(window.start, window.end)
    return [
        (one, [(moment(start), moment(end)) for start, end in freezes.stretches(one, around)])
        for one in freezes.concerned(estate, entries, by)
    ]


def worked_on(request: ChangeRequest) -> set[str]:
    """The items a request changes or takes down."""
    changed = {id for kind, id in (one.holder for one in request.changes) if kind == "item"}
    return changed | set(request.down.items if request.down else ())


def _joint_outages(
    uow: UnitOfWork,
    estate: StoredEstate,
    request: ChangeRequest,
    others: Sequence[conflicts.Scheduled],
    at: datetime,
) -> JointOutages:
    """The joint outages a request has a part in, with the others a conflict may be with.

    On the estate of each moment: with what requests decided before this one will have changed by then.
    """
    this = planned_work(request)
    if this is None or not this.down:
        return JointOutages((), None)
    works = [work for one in others if (work := planned_work(one.request)) is not None and work.down]
    if not works:
        return JointOutages((), None)
    later = [one.id for one in scheduled(uow) if one.id == request.id or _later(one, request)]
    done, missed = requests_ahead.done(uow.rows, uow.dialect, at, this.window_end, but=later)
    found = joint_outages_ahead(estate, [this, *works], done, about=this.reference)
    return found._replace(missed=(*missed, *found.missed))


def _agreed(
    touched: Sequence[ServiceAgreement], request: ChangeRequest
) -> dict[str, list[tuple[datetime, datetime]]]:
    """The maintenance windows each agreement names, around the window of the request."""
    window = request.window
    if window is None:
        return {}
    around = span(window.start, window.end)
    wide = (around[0] - 7 * 86_400, around[1] + 7 * 86_400)
    return {
        one.id: [
            (moment(start), moment(end))
            for start, end in agreed_windows(one.windows, zone_of(one.zone), wide, calendar.service_time)
        ]
        for one in touched
        if one.windows
    }


def _scheduled(
    uow: UnitOfWork, estate: StoredEstate, request: ChangeRequest, hit: Mapping[str, str], at: datetime
) -> list[conflicts.Scheduled]:
    """The other requests a conflict may be with: scheduled, overlapping, and decided before this one.

    Of their effects those on the items that this one hits as well: the others are no conflict.
    """
    found = []
    keys: Mapping[str, int] | None = None
    for other in scheduled(uow):
        if other.id == request.id or other.window is None or other.window.end <= at:
            continue
        if not conflicts.shared(request.window, other.window):
            continue
        if _later(other, request):
            continue
        keys = estate.keys(list(hit)) if keys is None else keys
        found.append(
            conflicts.Scheduled(
                request=other,
                records=frozenset(change.subject for change in other.changes),
                effects=effects.upon(estate, keys, other.down.items) if other.down else {},
            )
        )
    return found


def _later(other: ChangeRequest, request: ChangeRequest) -> bool:
    """Whether a conflict of the two belongs to the other one."""
    return request.decided_at is not None and _order(other) > _order(request)


def _order(request: ChangeRequest) -> tuple[bool, str, int]:
    """Requests in the order in which they were decided; those undecided come last."""
    decided = canonical.rfc3339(request.decided_at) if request.decided_at else ""
    return (not decided, decided, int(request.id.removeprefix("CR-")))

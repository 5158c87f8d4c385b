"""The end of a change request: closed after it was checked in, or backed out.

How it went, what it really cost, and the outage that counts against the agreements. No state is set
but by `ccb.requests.move`. Source: rules.md 5, Life cycle, Back-out.
"""

from datetime import datetime, timedelta

from ccb import aftermath, requests
from ccb.model import OUTCOMES, ChangeRequest
from ccb.standing import facts
from cmdb import measurements
from cmdb.errors import Invalid
from cmdb.promises import Outage
from cmdb.store import Store, UnitOfWork

ENDINGS = tuple(one for one in OUTCOMES if one != "backed out")  # how a request that is closed went


def close(
    store: Store,
    id: str,
    *,
    outcome: str,
    outage: int | None = None,
    deviation: str = "",
    test_result: str = "",
    test_reviewer: str = "",
    past: measurements.Past = measurements.today,
    actor: str,
    at: datetime,
) -> ChangeRequest:
    """Close a request that is checked in: how it went, and the actual outage in seconds.

    The outage is recorded on what went down, from the recorded start, so that it counts against the
    agreements; not where somebody has recorded outages of this change by hand. `past` knows the
    estate as it was before the change. Owners of what was hit without any path to it are asked which
    dependency is missing.

    Raises Refused with every guard that objects: not started or finished, no outage recorded where
    something was planned down, open action items that block closing.
    """
    with store.write() as uow:
        request = requests.find(uow, id)
        request = request.but(
            outcome=outcome or request.outcome,
            outage=request.outage if outage is None else outage,
            deviation=deviation or request.deviation,
            test_result=test_result or request.test_result,
            test_reviewer=test_reviewer or request.test_reviewer,
        )
        request = requests.move(
            uow,
            request,
            "close",
            actor=actor,
            at=at,
            problems=tuple(_closing_problems(request)),
        )
        request = requests.put(
            uow,
            request.but(closed_at=at),
            actor=actor,
            action="change close",
            at=at,
            changed={"outcome": request.outcome},
        )
        record_outage(uow, request, past, actor=actor, at=at)
        aftermath.follow_up(uow, request, actor=actor, at=at)
        uow.commit()
    return request


def back_out(
    uow: UnitOfWork,
    request: ChangeRequest,
    *,
    reason: str,
    outage: int | None = None,
    past: measurements.Past = measurements.today,
    baseline: str = "",
    actor: str,
    at: datetime,
) -> ChangeRequest:
    """End a request whose work was undone, in the transaction that undoes it.

    `baseline` is the one that wrote the records back, empty where nothing had been checked in.
    `outage` is the actual one in seconds: needed where something was planned down and the work had
    started. Raises Refused or Invalid.
    """
    problems = back_out_problems(request, reason=reason, outage=outage)
    if problems:
        raise Invalid(f"{request.id} cannot be backed out as said.", "Say what is missing.", problems)
    ended = requests.move(uow, request, "back out", actor=actor, at=at).but(
        outcome="backed out",
        deviation=reason,
        finished=(request.finished or at) if request.started else None,
        outage=request.outage if outage is None else outage,
        closed_at=at,
    )
    changed = {"reason": reason, **({"baseline": baseline} if baseline else {})}
    ended = requests.put(uow, ended, action="change back-out", actor=actor, at=at, changed=changed)
    record_outage(uow, ended, past, actor=actor, at=at)
    aftermath.follow_up(uow, ended, actor=actor, at=at)
    return ended


def back_out_problems(request: ChangeRequest, *, reason: str, outage: int | None) -> list[str]:
    """Say what a back-out leaves unsaid. Pure."""
    problems = []
    if not reason.strip():
        problems.append("Say why it is backed out: -m REASON.")
    if request.started and request.down is not None and outage is None and request.outage is None:
        problems.append("Something was planned down: say how long it really was, --outage 41m, or 0m.")
    return problems


def conclude(uow: UnitOfWork, request: ChangeRequest, *, actor: str, at: datetime) -> ChangeRequest:
    """Close a request whose work was one act of the library, in the transaction of that act.

    For what has no window and takes nothing down: what was approved was written, so it is done as
    planned. It stays checked in, to be closed by hand, while an action item blocks closing.
    Source: docs/decisions/0013-requests-done-in-one-act.md.
    """
    done = request.but(started=request.started or at, finished=at, outcome="as planned")
    if facts(uow, done, actor, at=at).blocking:
        return requests.put(uow, done, actor=actor, action="change finish", at=at)
    closed = requests.move(uow, done, "close", actor=actor, at=at).but(closed_at=at)
    return requests.put(
        uow, closed, actor=actor, action="change close", at=at, changed={"outcome": closed.outcome}
    )


def record_outage(
    uow: UnitOfWork, request: ChangeRequest, past: measurements.Past, *, actor: str, at: datetime
) -> None:
    """Enter the actual outage of a request that ends; what lies in its approved window was planned."""
    down, window = request.down, request.window
    if not request.outage or down is None or window is None:
        return
    if uow.rows("SELECT 1 FROM outage WHERE change = ?", request.id):
        return
    lasted = timedelta(seconds=request.outage)
    ended = min((down.start or request.started or window.start) + lasted, at)
    approved = None if request.kind == "emergency" else window
    for item in down.items:
        outage = Outage(
            id=measurements.next_id(uow),
            subject=item,
            started=ended - lasted,
            ended=ended,
            change=request.id,
            source=f"closing of {request.id}",
            planned_start=approved.start if approved else None,
            planned_end=approved.end if approved else None,
            recorded_by=actor,
            recorded_at=at,
        )
        measurements.observe(uow, outage, past=past)


def _closing_problems(request: ChangeRequest) -> list[str]:
    if request.test_reviewer and request.test_reviewer == request.effective_implementer:
        return ["The test result is reviewed by somebody other than the implementer."]
    if request.outcome == "backed out":
        return [f"Closing leaves what was checked in; 'cmdb change back-out {request.id}' puts it back."]
    if request.outcome in ("with deviation", "failed") and not request.deviation.strip():
        return ["Say how it deviated: --deviation TEXT."]
    return []

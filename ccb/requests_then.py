"""Change requests as they stood at a moment of the past: what the journal says they had come to.

Every step of a request is an entry that says where it led. What is told of the content of a request -
title, window, who does it - is what stands today; where that was edited since, nothing says what the
window was. Source: rules.md 5; IT Service CMM 5.5, Activities 8 and 9.
"""

from collections.abc import Iterable
from datetime import datetime

from ccb.lifecycle import FINAL
from ccb.model import ChangeRequest
from cmdb.back_then import Asked, Told, Unsaid
from cmdb.instants import instant, rfc3339

_DECIDES = "board decide"
_BEFORE = ("draft", "submitted", "assessed", "under review", "deferred")


def told_of(asked: Asked, at: datetime) -> Told:
    """What the journal says of change requests."""
    return Told(asked, "change", at, request=True)


def states(asked: Asked, told: Told) -> dict[str, str]:
    """The state of every change request raised by then."""
    found = asked.rows("SELECT id, state FROM change_request WHERE created_at <= ?", told.at)
    return {id: told.value(id, "state", now=state, first="draft") for id, state in found}


def stood(every: Iterable[ChangeRequest], told: Told) -> tuple[list[ChangeRequest], Unsaid]:
    """The requests raised by then as they stood, and of each the fields of which nothing says it."""
    found: list[ChangeRequest] = []
    unsaid: dict[str, tuple[str, ...]] = {}
    for one in every:
        if rfc3339(one.created_at) <= told.at:
            found.append(_stood(one, told))
            if one.window and told.since(one.id, "change edit", "change reschedule"):
                unsaid[one.id] = ("window",)
    return found, unsaid


def _stood(one: ChangeRequest, told: Told) -> ChangeRequest:
    if not told.since(one.id):
        return one
    state = told.value(one.id, "state", now=one.state, first="draft")

    def done(at: datetime | None) -> datetime | None:
        return at if at is not None and rfc3339(at) <= told.at else None

    decided = done(one.decided_at)
    if decided is None and state not in _BEFORE:
        ballots = told.before(one.id, _DECIDES)
        decided = instant(ballots[-1].at) if ballots else None
    over = state in FINAL
    return one.but(
        state=state,
        submitted_at=done(one.submitted_at),
        referred_at=done(one.referred_at),
        decided_at=decided,
        closed_at=done(one.closed_at),
        started=done(one.started),
        finished=done(one.finished),
        outage=one.outage if over else None,
        outcome=one.outcome if over else "",
        deviation=one.deviation if over else "",
    )

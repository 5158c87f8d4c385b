"""Check-outs as they stood at a moment of the past.

    stood(uow, at) -> every check-out taken by then, and the fields of which nothing says what they were

When one was taken and when it ended is its own; who took it over, and that its lease was renewed or its
work extended, is in the journal. Until when it ran before that is in no record: then nothing says it.
Source: rules.md 7, Check-out; IT Service CMM 5.5, Activities 6.3 and 8.
"""

from datetime import datetime

from baselines import tables  # noqa: F401 - whoever reads check-outs has their rows registered
from baselines.model import Checkout
from ccb import requests_then
from cmdb.back_then import Told, Unsaid
from cmdb.instants import rfc3339
from cmdb.store import UnitOfWork

_STEAL = "check-out steal"
_LONGER = ("check-out renew", _STEAL, "change extend")


def stood(uow: UnitOfWork, at: datetime) -> tuple[list[Checkout], Unsaid]:
    """Check-outs taken by then as they stood, and of which of their fields nothing says what they were."""
    told = requests_then.told_of(uow, at)
    found: list[Checkout] = []
    unsaid: dict[str, tuple[str, ...]] = {}
    for one in uow.where(Checkout, "out_at <= ?", rfc3339(at)):
        found.append(_stood(one, told))
        if any(_while_out(one, said.at) for said in told.since(one.request, *_LONGER)):
            unsaid[one.id] = ("expires_at",)
    return found, unsaid


def _while_out(one: Checkout, at: str) -> bool:
    """Whether a moment lies in the time something was checked out."""
    return rfc3339(one.out_at) <= at and (one.ended_at is None or at <= rfc3339(one.ended_at))


def _stood(one: Checkout, told: Told) -> Checkout:
    taken = [said for said in told.since(one.request, _STEAL) if _while_out(one, said.at)]
    person = str(taken[0].changed["from"]) if taken else one.person
    if one.ended_at is not None and rfc3339(one.ended_at) <= told.at:
        return one
    before = [said for said in told.before(one.request, _STEAL) if _while_out(one, said.at)]
    moved = taken or one.ended_at is not None
    reason = (str(before[-1].changed["reason"]) if before else "") if moved else one.reason
    return one.but(state="out", ended_at=None, person=person, reason=reason)

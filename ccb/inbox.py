"""The inbox: what a person was told, and whether it still asks for anything.

Whether a notice is settled is worked out when it is read, from what it is about; nothing is stored.
Source: rules.md 1 (computed when read); 9, Notices.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from ccb import board, consequences
from ccb.model import ChangeRequest
from cmdb import (
    notices,
    tables_duties,  # noqa: F401 - and the reviews and milestones
    tables_events,  # noqa: F401 - registers the events that are read here
)
from cmdb.duties import Milestone, Review
from cmdb.reported import Event
from cmdb.store import UnitOfWork
from cmdb.work import ActionItem, Notice


class Told(NamedTuple):
    """A notice. `settled` says why it asks for nothing any more; empty while it does, or is news."""

    notice: Notice
    settled: str = ""


def told(
    uow: UnitOfWork,
    person: str,
    *,
    at: datetime,
    unread: bool = True,
    waiting: Collection[str] | None = None,
) -> tuple[Told, ...]:
    """What a person was told, newest first, each with whether it is settled.

    `waiting` are the requests that wait for the person's vote, where the caller knows them already.
    """
    found = notices.inbox(uow, person, unread=unread)
    if waiting is None:
        waiting = waiting_for(uow, person, at=at) if any(map(_asks, found)) else ()
    return tuple(Told(one, _settled(uow, one, waiting)) for one in found)


def waiting_for(uow: UnitOfWork, person: str, *, at: datetime) -> frozenset[str]:
    """The requests that wait for a person's vote."""
    return frozenset(one.ballot.request.id for one in board.queue(uow, person, at=at))


def _asks(notice: Notice) -> bool:
    return notice.text.startswith(consequences.VOTE_ASKED)


def _settled(uow: UnitOfWork, notice: Notice, waiting: Collection[str]) -> str:
    kind, _, id = notice.about.partition(":")
    if kind == "change" and _asks(notice):
        if id in waiting:
            return ""
        request = uow.find(ChangeRequest, id)
        if request is None or request.state == "under review":
            return "nothing is asked of you any more"
        return f"{id} is {request.state}"
    if kind == "event":
        event = uow.find(Event, id)
        if event is not None and not event.open and not notice.text.startswith(f"{id} is {event.state}"):
            return f"{id} is {event.state}"
    if kind == "action":
        item = uow.find(ActionItem, id)
        if item is not None and not item.open and not notice.text.startswith(f"{id} is {item.state}"):
            return f"{id} is {item.state}"
    return _settled_duty(uow, notice, kind, id)


def _settled_duty(uow: UnitOfWork, notice: Notice, kind: str, id: str) -> str:
    """Why a notice about a review or a milestone asks for nothing any more."""
    if kind == "review" and notice.kind != "review held":
        review = uow.find(Review, id)
        if review is not None and review.state != "planned":
            news = notice.text.startswith(f"{id} is {review.state}")
            return "" if news else f"{id} is {review.state}"
    if kind == "milestone":
        milestone = uow.find(Milestone, id)
        if milestone is not None and not milestone.open:
            return f"{id} is {'reached' if milestone.completed else 'dropped'}"
    return ""

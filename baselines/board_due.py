"""What the passing of time brings about before a board: votes, requests and meetings nobody took further.

    passed(uow, at) -> Iterator[Passed]            the same text whenever it is worked out
    come_back(uow, actor, at) -> tuple[Passed]     brings back what was put off until now

Nothing may slip through a gap between meetings: whatever waits for somebody is told to them, and what
goes on waiting goes up the ladder of its kind. Ballots are read as last assessed, so that a timer is
not kept waiting. Source: rules.md 1, `cmdb tick`; 5, Life cycle; 6, deadlines and Meetings.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ccb import ballots, calling, consequences, requests, tables_meetings
from ccb.ballot import Board
from ccb.ballots import Ballot
from ccb.meeting import LONGEST, Meeting, Series
from ccb.model import ChangeRequest
from ccb.tables import request_ids
from cmdb.canonical import rfc3339
from cmdb.store import UnitOfWork

REMINDER = timedelta(days=1)  # before voting ends, or a quarter of the time there is, whichever is less
LYING = timedelta(days=7)  # that a request may lie before somebody takes it further
CLOSING = timedelta(days=3)  # after the work, in which a request is to be closed
MINUTES = timedelta(days=7)  # after a meeting, in which its minutes are to be signed
AHEAD = timedelta(days=3)  # before the submission deadline of a meeting that nobody called


class Passed(NamedTuple):
    """One thing to be told to `people`; with `since`, overdue from then on, and told up the ladder."""

    kind: str
    about: str
    text: str
    people: tuple[str, ...]
    since: datetime | None = None


def come_back(uow: UnitOfWork, *, actor: str, at: datetime) -> tuple[Passed, ...]:
    """Bring back every request that was put off until now, and say so to whoever has it to refer."""
    found = []
    for id in request_ids(uow, states=("deferred",)):
        request = uow.get(ChangeRequest, id)
        if request.until is not None and request.until <= at:
            requests.come_back(uow, request, actor=actor, at=at)
            text = f"{id} was put off until {rfc3339(request.until)} and is resumed: have it assessed anew"
            people = dict.fromkeys((request.originator, request.effective_implementer))
            found.append(Passed("change put off", f"change:{id}", text, tuple(people)))
    return tuple(found)


def passed(uow: UnitOfWork, at: datetime) -> Iterator[Passed]:
    """Everything that waits for a vote, a decision, the work, a meeting or its minutes."""
    for id in request_ids(uow, states=("under review",)):
        request = uow.get(ChangeRequest, id)
        if why := ballots.overruled(uow, request):
            yield _overruled(uow, request, why, at)
        else:
            yield from _voting(ballots.last_known(uow, request, at=at), at)
    for id in request_ids(uow, states=("submitted", "assessed", "approved", "checked in")):
        yield from _lying(uow.get(ChangeRequest, id), at)
    yield from _meetings(uow, at)
    yield from _uncalled(uow, at)


def _voting(now: Ballot, at: datetime) -> Iterator[Passed]:
    request, about, end = now.request, f"change:{now.request.id}", now.deadline
    if end is not None and end <= at:
        text = f"Voting on {request.id} ended at {rfc3339(end)}: decide it"
        yield Passed("vote overdue", about, text, now.board.presiding(at), end)
        return
    asked = f"{consequences.VOTE_ASKED} {request.id}"
    stale = {one.vote.voter: one for one in now.standing if one.stale}
    for voter, one in stale.items():
        why = "; ".join(one.stale)
        text = f"{asked} again, your vote of {rfc3339(one.vote.at)} does not count as cast: {why}"
        yield Passed("vote asked", about, text, (voter,))
    missing = now.outcome.missing
    yield Passed(
        "vote asked", about, consequences.asked(request), tuple(one for one in missing if one not in stale)
    )
    since = request.referred_at
    if end is None and (waits := _left_lying(request, at)) is not None:
        text, long = waits
        yield Passed("vote overdue", about, text, now.board.presiding(at), long)
    if end is not None and since is not None and end - at <= min(REMINDER, (end - since) / 4):
        yield Passed("vote due", about, f"{asked} until {rfc3339(end)}: {request.title}", missing)


def _overruled(uow: UnitOfWork, request: ChangeRequest, why: str, at: datetime) -> Passed:
    """A ballot on which nobody may vote, because its policy does not decide about it any more."""
    chairs = uow.get(Board, request.board).presiding(at)
    people = dict.fromkeys((request.originator, *chairs))
    return Passed(
        "change waiting", f"change:{request.id}", f"{why} Put it before its board anew", tuple(people)
    )


def _left_lying(request: ChangeRequest, at: datetime) -> tuple[str, datetime] | None:
    """What is said of a ballot that no deadline ends, and from when on; None while it may wait."""
    window, since = request.window, request.referred_at
    if window is not None and window.end <= at:
        ended = rfc3339(window.end)
        return f"{request.id} is under review and its window ended at {ended}: defer or decide it", window.end
    if since is not None and since + LYING <= at:
        text = f"{request.id} lies before its board since {rfc3339(since)}: decide it or call a meeting"
        return text, since + LYING
    return None


def _lying(request: ChangeRequest, at: datetime) -> Iterator[Passed]:
    """A request in a state that somebody has to lead out of, for too long."""
    about, people = f"change:{request.id}", (request.effective_implementer, request.originator)
    window, since = request.window, request.changed_at + LYING
    text = f"{request.id} is {request.state} since {rfc3339(request.changed_at)}: put it before its board"
    if request.state == "approved":
        if window is None:
            return
        since = window.end
        text = f"{request.id} is approved and its window ended at {rfc3339(since)}: check it out, or edit it"
    elif request.state == "checked in":
        since = (request.finished or (window.end if window else request.changed_at)) + CLOSING
        text = f"{request.id} is checked in and not closed: say how it went"
    if since <= at:
        yield Passed("change waiting", about, text, tuple(dict.fromkeys(people)), since)


def _meetings(uow: UnitOfWork, at: datetime) -> Iterator[Passed]:
    rows = uow.rows(
        "SELECT id FROM meeting WHERE state <> 'closed' OR (opened_at IS NOT NULL AND"
        " id NOT IN (SELECT meeting FROM minutes)) ORDER BY number"
    )
    for (id,) in rows:
        meeting = uow.get(Meeting, id)
        since, text = _not_held(meeting)
        if since <= at:
            people = uow.get(Board, meeting.board).presiding(at)
            yield Passed("meeting overdue", f"meeting:{id}", text, people, since)


def _not_held(one: Meeting) -> tuple[datetime, str]:
    """From when a meeting waits for who chairs it, and for what."""
    if one.state == "planned":
        text = f"{one.id} was called for {rfc3339(one.planned_at)} and not held: open or cancel it"
        return one.planned_at + timedelta(seconds=one.planned_for), text
    if one.closed_at is None:
        begun = one.opened_at or one.planned_at
        return begun + timedelta(seconds=LONGEST), f"{one.id} is open since {rfc3339(begun)}: close it"
    text = f"The minutes of {one.id} are not signed; it was closed at {rfc3339(one.closed_at)}"
    return one.closed_at + MINUTES, text


def _uncalled(uow: UnitOfWork, at: datetime) -> Iterator[Passed]:
    """The next meeting of a series that is near and that nobody called."""
    for series in uow.all(Series):
        upcoming = next(calling.occurrences(series, after=at), None)
        if upcoming is None or upcoming[0] - at > timedelta(seconds=series.notice) + AHEAD:
            continue
        begins = upcoming[0]
        if any(one.planned_at == begins for one in tables_meetings.meetings(uow, board=series.board)):
            continue
        text = f"The meeting of {series.id} at {rfc3339(begins)} is not called yet: call it"
        yield Passed("meeting", f"series:{series.id}", text, uow.get(Board, series.board).presiding(at))

"""Who was asked for a vote on a ballot, why, since when and what they said; who was not, and why not.

    asked(uow, now) -> (Voter, ...)              seats, those who stand in, everybody whose consent is needed
    not_asked(uow, now, at=...) -> (Left, ...)   whom a board would look for in that list and not find

Read from the ballot as it stands and from the notices that were told. Inside a transaction; commits
nothing. Source: rules.md 6, Consent, four eyes, alternates for periods.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ccb.ballots import Ballot
from ccb.consequences import VOTE_ASKED
from cmdb.canonical import instant, rfc3339
from cmdb.model import Value
from cmdb.store import UnitOfWork

_PAGE = 500  # items whose owners are looked up in one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter(Value):
    """Somebody whose vote a ballot asks for: why, when they were told so, and what they said.

    `told` is None where no notice of this round says so. `vote` is the value as cast, empty where none
    is; `stale` says why it does not count as cast.
    """

    person: str
    why: tuple[str, ...]
    told: datetime | None = None
    vote: str = ""
    voted: datetime | None = None
    stale: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(Value):
    """Somebody who is not asked although the change concerns them, and why not."""

    person: str
    why: str


def asked(uow: UnitOfWork, now: Ballot) -> tuple[Voter, ...]:
    """Everybody the ballot asks, by id, each with every reason."""
    why: dict[str, list[str]] = {}
    aside = _aside(now)
    for seat in now.question.seats if now.policy.rule != "consents" else ():
        for person in (seat.member, *seat.alternates):
            stands_in = "" if person == seat.member else f", in the seat of {seat.member}"
            if person not in aside:
                why.setdefault(person, []).append(f"speaks for {seat.group}{stands_in}")
    for one in now.question.consents:
        if one.person != now.request.originator:
            why.setdefault(one.person, []).extend(one.why)
    cast = {one.vote.voter: one for one in now.standing}
    told = _told(uow, now)
    return tuple(
        Voter(
            person=person,
            why=tuple(reasons),
            told=told.get(person),
            vote=cast[person].vote.value if person in cast else "",
            voted=cast[person].vote.at if person in cast else None,
            stale=cast[person].stale if person in cast else (),
        )
        for person, reasons in sorted(why.items())
    )


def not_asked(uow: UnitOfWork, now: Ballot, *, at: datetime) -> tuple[Left, ...]:
    """Everybody near the change whom the ballot does not ask, by id, each with why not."""
    known = {one.person for one in asked(uow, now)}
    return tuple(sorted((one for one in _near(uow, now, at) if one.person not in known), key=_by_person))


def _near(uow: UnitOfWork, now: Ballot, at: datetime) -> Iterator[Left]:
    request, aside = now.request, _aside(now)
    if request.originator in {one.person for one in now.question.consents}:
        yield Left(person=request.originator, why="consented by submitting it")
    for seat in now.board.members:
        if now.policy.rule == "consents":
            yield Left(person=seat.person, why=f"has a seat, and {now.policy.id} asks for consents only")
        elif seat.person in aside:
            did = "raised it" if seat.person == request.originator else "does it"
            yield Left(person=seat.person, why=f"has a seat, but {did}: four eyes")
    for one in now.board.alternates:
        if not one.active(at):
            end = f" to {rfc3339(one.end)}" if one.end else ""
            yield Left(
                person=one.person, why=f"stands in for {one.member} from {rfc3339(one.start)}{end} only"
            )
    for owner, count in sorted(_owners_hit(uow, now).items()):
        items = "an item that is" if count == 1 else f"{count:,} items that are"
        yield Left(person=owner, why=f"owns {items} hit and not changed: owners of what changes are asked")


def _owners_hit(uow: UnitOfWork, now: Ballot) -> dict[str, int]:
    changed = {one.id for one in now.request.changes if one.holder[0] == "item"}
    hit = [one["item"] for one in now.assessment.material.get("items", ()) if one["item"] not in changed]
    found: dict[str, int] = {}
    for first in range(0, len(hit), _PAGE):
        page = hit[first : first + _PAGE]
        marks = ", ".join("?" for _ in page)
        rows = uow.rows(f"SELECT owner, COUNT(*) FROM item WHERE id IN ({marks}) GROUP BY owner", *page)
        for owner, count in rows:
            found[owner] = found.get(owner, 0) + int(count)
    return found


def _told(uow: UnitOfWork, now: Ballot) -> dict[str, datetime]:
    """When each person was first told in this round that their vote is asked."""
    since = rfc3339(now.request.referred_at) if now.request.referred_at else ""
    rows = uow.rows(
        "SELECT person, MIN(at) FROM notice WHERE about = ? AND at >= ? AND text LIKE ? GROUP BY person",
        *(f"change:{now.request.id}", since, f"{VOTE_ASKED}%"),
    )
    return {person: instant(at) for person, at in rows}


def _aside(now: Ballot) -> frozenset[str]:
    if not now.policy.four_eyes:
        return frozenset()
    return frozenset((now.request.originator, now.request.effective_implementer))


def _by_person(one: Left) -> tuple[str, str]:
    return (one.person, one.why)

"""What became due: work and notices that only the passing of time brings about, each once.

Nothing runs by itself: `tick` is called by a timer, by hand, or when the app opens, and twice in a
row does nothing the second time. What is due is read from the records; that it was told is read
from the notices and action items that exist. Source: rules.md 1, `cmdb tick`; 4; 9.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from baselines import audit_due, board_due
from baselines.board_due import Passed
from baselines.checkout import outstanding
from ccb import aftermath
from cmdb import (
    action_items,
    agreement_rhythm,
    agreement_versions,
    agreements,
    documents,
    events,
    journal,
    measurements,
    milestones,
    notice_rules,
    notices,
    observations,
    reviews,
    roles,
)
from cmdb.availability import Standing
from cmdb.canonical import rfc3339
from cmdb.events import Wanted
from cmdb.model import Value
from cmdb.periods import zone_of
from cmdb.promises import Outage, ServiceAgreement
from cmdb.service_levels import BROKEN, Level
from cmdb.store import Store, UnitOfWork

ENDING = timedelta(days=30)  # an agreement that ends so soon has to be renewed, or its end prepared
LEASE = timedelta(hours=4)  # time enough to finish, to renew, or to give back
LEASE_SOON = timedelta(days=1)  # when that is said first, or at a quarter of the lease if that is less
REVIEW = timedelta(days=14)  # in which a review whose date has passed is to be held
RUNNING = timedelta(days=1)  # an outage recorded as running so long has probably ended unseen
_MEETINGS = {"reporting": "Report on", "evaluation": "Evaluate"}
_LONGEST = 2_000  # characters of an action item; an agreement may say more
AT_RISK = 4  # a promise with less than this part of its allowance left is at risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Due(Value):
    """One thing that is due: people to tell, or with `owner` an action item for that person.

    `text` is the same whenever it is worked out, so that it is known again. `kind` is the kind of
    notice, whose rules have said already who the people are.
    """

    about: str
    text: str
    people: tuple[str, ...] = ()
    owner: str = ""
    kind: str = ""


def tick(store: Store, *, actor: str, at: datetime) -> tuple[Due, ...]:
    """Create the action items and notices that became due, each once; give those made now.

    Raises Refused for somebody who is not registered.
    """
    with store.write() as uow:
        roles.registered(uow, actor)
        back = [due for one in board_due.come_back(uow, actor=actor, at=at) for due in _passed(uow, at, one)]
        wanted = sorted([*back, *_due(uow, at)], key=lambda one: (one.about, one.text))
        made = tuple(left for one in wanted if (left := _left(uow, one)) is not None)
        for one in made:
            if one.owner:
                action_items.initiate(
                    uow,
                    origin=one.about,
                    what=one.text,
                    owner=one.owner,
                    due=at + REVIEW,
                    actor=actor,
                    at=at,
                )
            else:
                notices.tell_only(uow, one.people, about=one.about, text=one.text, at=at, kind=one.kind)
        if made:
            journal.record(
                uow,
                at=at,
                actor=actor,
                action="tick",
                subjects=tuple(dict.fromkeys(one.about for one in made)),
                changed={
                    "action items": sum(1 for one in made if one.owner),
                    "notices": sum(1 for one in made if not one.owner),
                },
            )
        if made or back:
            uow.commit()
    return made


def _left(uow: UnitOfWork, one: Due) -> Due | None:
    """What of it nobody was told yet: the people left to tell, or None."""
    if one.owner:
        known = uow.rows("SELECT 1 FROM action_item WHERE origin = ? AND what = ?", one.about, one.text)
        return None if known else one
    rows = uow.rows("SELECT person FROM notice WHERE about = ? AND text = ?", one.about, one.text)
    told = {row[0] for row in rows}
    people = tuple(person for person in dict.fromkeys(one.people) if person not in told)
    return one.but(people=people) if people else None


def _due(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    yield from _agreements(uow, at)
    yield from _documents(uow, at)
    yield from _action_items(uow, at)
    yield from _leases(uow, at)
    yield from _before_boards(uow, at)
    yield from _outages(uow, at)
    yield from _events(uow, at)
    yield from _reviews(uow, at)
    yield from _audits(uow, at)
    yield from _milestones(uow, at)
    yield from _unforeseen(uow, at)


def _news(uow: UnitOfWork, at: datetime, kind: str, who: Iterable[str], about: str, text: str) -> Due:
    """Something to be told at once: to those it concerns and whom the rules of its kind add."""
    return Due(about=about, text=text, people=notice_rules.people(uow, kind, who, at=at), kind=kind)


def _overdue(
    uow: UnitOfWork, at: datetime, kind: str, who: Iterable[str], about: str, text: str, since: datetime
) -> Iterator[Due]:
    """Something overdue: told to those it concerns, then up the ladder of its kind, step by step."""
    concerned = tuple(filter(None, who))
    for after, people in notice_rules.steps(uow, kind, concerned, since=since, at=at):
        days = f"{after} day{'s' if after > 1 else ''} overdue with {concerned[0]}: "
        yield Due(about=about, text=(days if after else "") + text, people=people, kind=kind)


def _agreements(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    for one in agreements.listed(uow):
        if not one.binding or one.start > at or (one.end is not None and one.end <= at):
            continue
        about = f"agreement:{one.id}"
        today = at.astimezone(zone_of(one.zone)).date()
        if one.review and date.fromisoformat(one.review) < today:
            text = f"Review {one.id} with {one.customer}: the date agreed for it was {one.review}"
            yield Due(about=about, text=text, owner=one.manager)
        for each in agreement_rhythm.due(agreement_versions.in_force(one, at), today):
            whom = f" with {', '.join(each.whom)}" if each.whom else ""
            text = f"{_MEETINGS[each.kind]} {one.id}{whom}, due on {each.day}: {each.text}"
            yield Due(about=about, text=text[:_LONGEST], owner=one.manager)
        if one.end is not None and one.end - at <= ENDING:
            text = f"{one.id} with {one.customer} ends at {rfc3339(one.end)}"
            yield _news(uow, at, "agreement ending", (one.manager,), about, text)
        promises = [_promise(one, each) for each in agreements.standings_of(uow, one.id, at=at, now=at)]
        levels = [_level(one, each) for each in observations.levels_of(uow, one.id, at=at, now=at)]
        for kind, text in filter(None, (*promises, *levels)):
            yield _news(uow, at, kind, (one.manager,), about, text)


def _audits(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    for about, text, people in audit_due.overdue(uow, at):
        kind = "finding overdue" if about.startswith("finding:") else "audit overdue"
        yield _news(uow, at, kind, tuple(filter(None, people)), about, text)


def _documents(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    for one in documents.listed(uow):
        if one.in_force and one.review and date.fromisoformat(one.review) < at.date():
            text = f"Review the {one.kind} {one.id}, {one.title}: the date for it was {one.review}"
            yield Due(about=f"document:{one.id}", text=text, owner=one.owner)


def _promise(agreement: ServiceAgreement, one: Standing) -> tuple[str, str] | None:
    """The kind of notice and what it says of a promise that is broken, or soon will be."""
    what = f"{one.commitment} of {agreement.id}, the period from {rfc3339(one.start)}"
    if one.used_s and not one.met:
        return "promise broken", f"Broken: {what}"
    if one.used_s and one.left_s * AT_RISK < one.allowance_s:
        return "agreement at risk", f"At risk, less than a quarter of its allowance is left: {what}"
    return None


def _level(agreement: ServiceAgreement, one: Level) -> tuple[str, str] | None:
    """The same of a promise about what is observed, or of which few may miss any more."""
    what = f"{one.commitment} of {agreement.id}, the period from {rfc3339(one.start)}"
    if one.state == BROKEN:
        return "promise broken", f"Broken: {what}"
    if one.at_risk:
        text = f"At risk, less than a quarter of those that may miss are left: {what}"
        return "agreement at risk", text
    return None


def _action_items(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    for one in action_items.overdue(uow, at=at):
        assert one.due is not None
        text = f"{one.id} was due at {rfc3339(one.due)}: {one.what}"[:_LONGEST]
        who = (one.owner, one.reviewer)
        yield from _overdue(uow, at, "action overdue", who, f"action:{one.id}", text, one.due)


def _events(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    """Events past their deadline; of another system only those somebody here answers for."""
    for one in events.listed(uow, Wanted(overdue_at=at)):
        if one.source and not one.responsible:
            continue
        assert one.resolve_by is not None
        text = f"{one.id} had to be resolved by {rfc3339(one.resolve_by)}: {one.summary}"[:_LONGEST]
        who = (one.responsible,) if one.responsible else events.concerned(uow, one, at=at)
        if who:
            yield from _overdue(uow, at, "event overdue", who, events.origin(one.id), text, one.resolve_by)


def _unforeseen(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    """What changes hit that no dependency explains: its owner is asked once what it needs."""
    for request in aftermath.recent(uow, at):
        about = f"change:{request.id}"
        for one in aftermath.missing(uow, request, aftermath.of_request(uow, request)):
            if not aftermath.known(uow, about, one.item):
                yield Due(about=about, text=aftermath.sentence(request.id, one), owner=one.owner)


def _leases(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    for one in outstanding(uow):
        about, end = f"change:{one.request}", rfc3339(one.expires_at)
        if one.expires_at <= at:
            text = f"The check-out of {one.request} ended at {end}: renew it or give it back"
            yield from _overdue(uow, at, "lease ended", (one.person,), about, text, one.expires_at)
        elif one.expires_at - at <= LEASE:
            text = (
                f"The check-out of {one.request} ends at {end}, very soon: check in, renew it or give it back"
            )
            yield _news(uow, at, "lease ending", (one.person,), about, text)
        elif one.expires_at - at <= min(LEASE_SOON, (one.expires_at - one.out_at) / 4):
            text = f"The check-out of {one.request} ends at {end}: check in, or renew it"
            yield _news(uow, at, "lease ending", (one.person,), about, text)


def _before_boards(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    for one in board_due.passed(uow, at):
        yield from _passed(uow, at, one)


def _passed(uow: UnitOfWork, at: datetime, one: Passed) -> Iterator[Due]:
    if one.since is None:
        yield _news(uow, at, one.kind, one.people, one.about, one.text)
    else:
        yield from _overdue(uow, at, one.kind, one.people, one.about, one.text, one.since)


def _outages(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    running = uow.rows("SELECT id FROM outage WHERE ended IS NULL AND started <= ?", rfc3339(at - RUNNING))
    known = {one.id for one in measurements.listed(uow, since=at)}
    for (id,) in running:
        outage = uow.get(Outage, id)
        if id in known and outage.effect != "none":
            since = rfc3339(outage.started)
            text = f"{id} of {outage.subject} still runs since {since}: end it if it is over"
            yield _news(uow, at, "outage running", (outage.recorded_by,), f"outage:{id}", text)


def _reviews(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    for one in reviews.missed(uow, at=at):
        text = f"{one.id} was planned for {rfc3339(one.planned)} and not held: {one.title}"
        yield from _overdue(uow, at, "review missed", (one.holder,), f"review:{one.id}", text, one.planned)


def _milestones(uow: UnitOfWork, at: datetime) -> Iterator[Due]:
    """A milestone is missed once its day is over, wherever on earth the site is."""
    for one in milestones.listed(uow, only_open=True):
        over = datetime.fromisoformat(f"{one.planned}T12:00:00Z") + timedelta(days=1)
        if over <= at:
            text = f"{one.id} of {one.document} was planned for {one.planned}: {one.name}"
            yield from _overdue(uow, at, "milestone missed", (one.owner,), f"milestone:{one.id}", text, over)

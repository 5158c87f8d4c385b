"""Events: recorded, found, corrected and linked to what they have to do with.

What becomes of an event step by step is in `cmdb.event_acts`. Whatever changes here is told to those
concerned, in the transaction of the change. Source: rules.md 9, Event; IT Service CMM 5.6, Activities 3-5.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from cmdb import (
    event_feed,
    journal,
    notices,
    tables_events,  # noqa: F401 - registers the rows of what is kept here
)
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid
from cmdb.event_life import Facts, advance
from cmdb.event_stakes import REDUCED, Promised
from cmdb.measurements import Past, today
from cmdb.model import Group, Party, Person, RoleGrant, check, shown
from cmdb.numbers import next_number
from cmdb.promises import Claim, ServiceAgreement
from cmdb.reported import UNRESOLVED, Event
from cmdb.roles import holds, require
from cmdb.store import Store, UnitOfWork
from cmdb.work import ActionItem

SERIES = "EV"
UNNUMBERED = "EV-0"  # the id of an event nobody recorded yet
RECORD = "record events"
HANDLE = "handle events"
# What a person may correct of a recorded event.
AMENDABLE = frozenset(
    (
        *("kind", "potential", "agreement", "description", "occurred", "reported", "reporter", "contact"),
        *("person", "party", "items", "circumstances", "down", "effect", "ended", "priority"),
        *("responsible", "resolve_by", "resolve_from", "resolution"),
    )
)
_SCOPE = ("kind", "agreement", "items", "down", "effect", "potential")  # what its impact follows from
_TIMED = (*_SCOPE, "reported", "claims")  # what its deadlines follow from
BY_HAND = "set by "  # begins the reason of a deadline that no agreement gives


class Wanted(NamedTuple):
    """Which events to list; what is left empty lets everything through.

    `since` and `until` are about when they were reported.
    """

    states: tuple[str, ...] = ()
    kind: str = ""
    item: str = ""
    responsible: str = ""
    priority: str = ""
    since: datetime | None = None
    until: datetime | None = None
    overdue_at: datetime | None = None
    change: str = ""


def record(store: Store, told: Event, *, past: Past = today, actor: str, at: datetime) -> Event:
    """Record an event as it was told; its id, deadlines and outages come with it.

    Raises Invalid with everything that does not exist or lies ahead.
    """
    with store.write() as uow:
        require(uow, actor, RECORD, at=at)
        event = told.but(id=next_id(uow), recorded_by=actor, recorded_at=at)
        check(f"Event '{event.id}'", [*problems(uow, event), *ahead(event, at)])
        event = due(event, Promised(uow))
        event = event_feed.fed(uow, event, past=past, actor=actor, at=at)
        uow.add(event)
        index(uow, [event])
        tell(uow, event, f"{event.id} is recorded: {event.summary}", actor=actor, at=at)
        note(uow, event, "event record", {"kind": event.kind, "state": event.state}, actor=actor, at=at)
        uow.commit()
    return event


def amend(
    store: Store, id: str, changes: Mapping[str, Any], *, past: Past = today, actor: str, at: datetime
) -> Event:
    """Correct what was recorded; outages and deadlines follow, a confirmed impact has to be confirmed anew.

    Raises Refused once it is over, Invalid for a field that is not corrected so or does not fit.
    """
    wrong = sorted(set(changes) - AMENDABLE)
    if wrong:
        raise Invalid(f"'{shown(wrong[0])}' is no field to amend.", f"Use {', '.join(sorted(AMENDABLE))}.")
    with store.write() as uow:
        require(uow, actor, HANDLE, at=at)
        before = find(uow, id)
        advance("amend", facts(uow, before))
        event = _agreeing(before, before.but(**changes))
        check(f"Event '{event.id}'", [*problems(uow, event), *ahead(event, at)])
        event = replaced(uow, before, event, past=past, actor=actor, at=at)
        changed = _changed(before, event)
        if changed:
            tell(uow, event, f"{event.id} is corrected: {', '.join(changed)}", actor=actor, at=at)
            note(uow, event, "event amend", changed, actor=actor, at=at)
            uow.commit()
    return event


def link(
    store: Store,
    id: str,
    *,
    caused_by: str | None = None,
    fixed_by: str | None = None,
    claims: tuple[str, ...] = (),
    outages: tuple[str, ...] = (),
    past: Past = today,
    actor: str,
    at: datetime,
) -> Event:
    """Say which change caused an event or fixed it, which claims and outages belong to it.

    An empty text takes a change away. That the changes exist is for the caller to know. Raises Refused
    for an event that was withdrawn, NotFound for a claim or an outage that is not there.
    """
    with store.write() as uow:
        require(uow, actor, HANDLE, at=at)
        before = find(uow, id)
        advance("link", facts(uow, before))
        added = tuple(event_feed.current(uow, one).id for one in outages)
        kept = tuple(one.id for one in event_feed.outages_of(uow, before))
        event = before.but(
            caused_by=before.caused_by if caused_by is None else caused_by,
            fixed_by=before.fixed_by if fixed_by is None else fixed_by,
            claims=tuple(dict.fromkeys((*before.claims, *claims))),
            outages=tuple(dict.fromkeys((*kept, *added))),
        )
        check(f"Event '{event.id}'", problems(uow, event))
        event = replaced(uow, before, event, past=past, actor=actor, at=at)
        changed = _changed(before, event)
        if changed:
            tell(uow, event, f"{event.id} is linked: {', '.join(changed)}", actor=actor, at=at)
            note(uow, event, "event link", changed, actor=actor, at=at)
            uow.commit()
    return event


def find(uow: UnitOfWork, id: str) -> Event:
    """Give an event by its id, in capitals or not; the number alone will do. Raises NotFound."""
    bare = shown(id).upper()
    return uow.get(Event, f"{SERIES}-{bare}" if bare.isdigit() else bare)


def listed(uow: UnitOfWork, wanted: Wanted, *, limit: int = 0) -> tuple[Event, ...]:
    """Events that are wanted, the newest report first; `limit` 0 gives all of them."""
    where, parameters = _where(wanted)
    newest = f"SELECT id FROM event WHERE {where} ORDER BY reported DESC, LENGTH(id) DESC, id DESC"
    if limit:
        newest += f" LIMIT {limit:d}"
    found = uow.where(Event, f"id IN ({newest})", *parameters)
    return tuple(sorted(found, key=lambda one: (one.reported, one.number), reverse=True))


def counted(uow: UnitOfWork, wanted: Wanted) -> int:
    """How many events are wanted."""
    where, parameters = _where(wanted)
    return int(uow.rows(f"SELECT COUNT(*) FROM event WHERE {where}", *parameters)[0][0])


def facts(uow: UnitOfWork, event: Event) -> Facts:
    """What the guards of its life look at."""
    actions = uow.where(ActionItem, "origin = ?", origin(event.id))
    return Facts(event=event, actions=actions, running=event_feed.running(uow, event))


def origin(id: str) -> str:
    """How an action item names the event it comes from."""
    return f"event:{id}"


def next_id(uow: UnitOfWork) -> str:
    """The next free id of an event; a number is given out once."""
    return f"{SERIES}-{next_number(uow, SERIES)}"


def due(event: Event, promised: Promised) -> Event:
    """An event with the deadlines its agreements give; one a person set stays."""
    if not promised.every:
        return event
    services = [one for one, effect in promised.affected(event).services if effect != REDUCED]
    respond, resolve = promised.deadlines(event, services)
    fields: dict[str, Any] = {
        "respond_by": respond.at if respond else None,
        "respond_from": respond.source if respond else "",
    }
    if not event.resolve_from.startswith(BY_HAND):
        fields |= {
            "resolve_by": resolve.at if resolve else None,
            "resolve_from": resolve.source if resolve else "",
        }
    return event.but(**fields)


def replaced(uow: UnitOfWork, before: Event, event: Event, *, past: Past, actor: str, at: datetime) -> Event:
    """Store an event in the place of what it was, its deadlines, outages and index with it."""
    event = renewed(uow, before, event, Promised(uow), past=past, actor=actor, at=at)
    uow.replace(event)
    if before.items != event.items:
        uow.rows("DELETE FROM event_item WHERE event = ?", event.id)
        index(uow, [event])
    return event


def renewed(
    uow: UnitOfWork, before: Event, event: Event, promised: Promised, *, past: Past, actor: str, at: datetime
) -> Event:
    """An event with what follows from how it differs: deadlines, its confirmation, its outages (stored)."""
    if any(getattr(before, name) != getattr(event, name) for name in (*_TIMED, "resolve_from")):
        event = due(event, promised)
    if any(getattr(before, name) != getattr(event, name) for name in _SCOPE):
        event = event.but(confirmed_by="", confirmed_at=None)
    if event_feed.moved(before, event):
        event = event_feed.fed(uow, event, past=past, actor=actor, at=at)
    return event


def index(uow: UnitOfWork, found: Iterable[Event]) -> None:
    """Let events be found by the items they concern."""
    rows = [(item, one.id) for one in found for item in one.items]
    uow.many("INSERT INTO event_item (item, event) VALUES (?, ?)", rows)


def problems(uow: UnitOfWork, event: Event) -> list[str]:
    """Say what an event names that does not exist."""
    found = [
        f"There is no item '{shown(one)}'."
        for one in event.items
        if not uow.rows("SELECT 1 FROM item WHERE id = ?", one)
    ]
    for id in dict.fromkeys(filter(None, (event.person, event.responsible))):
        person = uow.find(Person, id)
        if person is None:
            found.append(f"There is no person '{shown(id)}'.")
        elif not person.active and id == event.responsible:
            found.append(f"{person.name} is not active any more.")
    if event.party and uow.find(Party, event.party) is None:
        found.append(f"There is no party '{shown(event.party)}'.")
    if event.agreement:
        agreement = uow.find(ServiceAgreement, event.agreement)
        if agreement is None:
            found.append(f"There is no service agreement '{shown(event.agreement)}'.")
        elif not agreement.binding:
            found.append(f"{agreement.id} is {agreement.state}: nothing is promised by it.")
    found += [f"There is no claim '{shown(one)}'." for one in event.claims if uow.find(Claim, one) is None]
    return found


def ahead(event: Event, at: datetime) -> list[str]:
    """Say which of its times lie ahead; only what may happen may be expected."""
    times = [("reported", event.reported), ("over", event.ended)]
    if not event.potential:
        times.append(("occurring", event.occurred))
    return [
        f"It is given as {word} at {rfc3339(when)}, which lies ahead; it is {rfc3339(at)} now."
        for word, when in times
        if when is not None and when > at
    ]


def concerned(uow: UnitOfWork, event: Event, *, at: datetime) -> tuple[str, ...]:
    """The people an event concerns, by id.

    Whoever answers for it or reported it; owners and responsible groups of its items; managers of the
    agreements at stake; those reachable at its party; event managers while nobody answers for it.
    """
    marks = ", ".join("?" * len(event.items))
    found = [event.responsible, event.person]
    for owner, group in uow.rows(f"SELECT owner, grp FROM item WHERE id IN ({marks})", *event.items):
        found += [owner, *_members(uow, group)]
    stakes = event.impact.stakes if event.impact else ()
    for id in dict.fromkeys((*(one.agreement for one in stakes), *filter(None, (event.agreement,)))):
        agreement = uow.find(ServiceAgreement, id)
        found.append(agreement.manager if agreement else "")
    party = uow.find(Party, event.party) if event.party else None
    for mail in {one.email.lower() for one in party.contacts if one.email} if party else ():
        found += [row[0] for row in uow.rows("SELECT id FROM person WHERE LOWER(email) = ?", mail)]
    if not event.responsible:
        grants = uow.all(RoleGrant, role="event manager")
        found += [one.person for one in grants if holds(one, at)]
    active = {str(row[0]) for row in uow.rows("SELECT id FROM person WHERE active")}
    return tuple(one for one in dict.fromkeys(found) if one in active)


def _members(uow: UnitOfWork, group: str | None) -> list[str]:
    found = uow.find(Group, group) if group else None
    return [one for one in (found.lead, *found.members) if one] if found else []


def tell(uow: UnitOfWork, event: Event, text: str, *, actor: str, at: datetime) -> None:
    """Tell those concerned about an event, but not whoever did it."""
    people = [one for one in concerned(uow, event, at=at) if one != actor]
    notices.tell(uow, people, about=origin(event.id), text=text[:2_000], at=at, kind="event status")


def note(
    uow: UnitOfWork, event: Event, action: str, changed: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    """Journal an act on an event, to be found from its items, changes and outages."""
    others = [f"change:{one}" for one in (event.caused_by, event.fixed_by) if one]
    others += [f"outage:{one}" for one in event.outages]
    journal.record(
        uow,
        at=at,
        actor=actor,
        action=action,
        subjects=tuple(dict.fromkeys((origin(event.id), *event.items, *others))),
        changed={"event": event.id, **changed},
    )


def _agreeing(before: Event, event: Event) -> Event:
    """What goes together: a deadline that is taken away is the agreement's again."""
    if event.resolve_by is None and before.resolve_by is not None:
        return event.but(resolve_from="")
    return event


def _changed(before: Event, event: Event) -> dict[str, list[Any]]:
    """The fields in which two states of an event differ, each with both."""
    names = ("id", "impact", "confirmed_at", "analysed_at", "started_at", "resolved_at", "closed_at")
    return {
        name: [_plain(getattr(before, name)), _plain(getattr(event, name))]
        for name in Event.__dataclass_fields__
        if name not in names and getattr(before, name) != getattr(event, name)
    }


def _plain(content: Any) -> Any:
    if isinstance(content, datetime):
        return rfc3339(content)
    return ", ".join(content) if isinstance(content, tuple) else content


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    clauses: list[str] = ["1 = 1"]
    parameters: list[Any] = []
    if wanted.states:
        clauses.append(f"state IN ({', '.join('?' * len(wanted.states))})")
        parameters += wanted.states
    for name in ("kind", "responsible", "priority"):
        if content := getattr(wanted, name):
            clauses.append(f"{name} = ?")
            parameters.append(content)
    if wanted.item:
        clauses.append("id IN (SELECT event FROM event_item WHERE item = ?)")
        parameters.append(wanted.item)
    if wanted.change:
        clauses.append("? IN (caused_by, fixed_by)")
        parameters.append(wanted.change)
    for sign, when in ((">=", wanted.since), ("<", wanted.until)):
        if when is not None:
            clauses.append(f"reported {sign} ?")
            parameters.append(rfc3339(when))
    if wanted.overdue_at is not None:
        clauses.append(f"resolve_by < ? AND state IN ({', '.join('?' * len(UNRESOLVED))})")
        parameters += [rfc3339(wanted.overdue_at), *UNRESOLVED]
    return " AND ".join(clauses), parameters

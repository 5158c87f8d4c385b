"""What an event says was down, kept as outages: recorded with it, corrected when it is, linked both ways.

So availability counts an incident without anybody telling it twice. An outage that is running already
when the event is recorded, told by a monitor or a colleague, is linked and left as it is; only outages
the event made (their source names it) are ever corrected here. Inside a transaction, never commits.
Source: rules.md 4, Outages of a service; 9, Event.
"""

from datetime import datetime

from cmdb import measurements
from cmdb.measurements import Past
from cmdb.promises import Outage
from cmdb.reported import Event
from cmdb.store import UnitOfWork


def source_of(event: str) -> str:
    """What an outage names as its source when an event made it."""
    return f"event {event}"


def current(uow: UnitOfWork, id: str) -> Outage:
    """The outage that counts in the place of one: the last that corrected it."""
    while found := uow.rows("SELECT id FROM outage WHERE replaces = ?", id):
        id = str(found[0][0])
    return uow.get(Outage, id)


def outages_of(uow: UnitOfWork, event: Event) -> tuple[Outage, ...]:
    """The outages linked to an event as they count now."""
    return tuple(current(uow, one) for one in event.outages)


def running(uow: UnitOfWork, event: Event) -> tuple[str, ...]:
    """The outages of an event that are not over."""
    return tuple(one.id for one in outages_of(uow, event) if one.ended is None and one.effect != "none")


def moved(before: Event, after: Event) -> bool:
    """Whether what two states of an event say about outages differs."""
    return _told(before) != _told(after)


def fed(uow: UnitOfWork, event: Event, *, past: Past, actor: str, at: datetime) -> Event:
    """Bring the outages of an event in line with what it says; give the event with their ids.

    Raises Invalid for a time that lies ahead, NotFound for an unknown item.
    """
    known = {one.subject: one for one in outages_of(uow, event)}
    ids = []
    for item in event.down:
        wanted = Outage(
            id="out-0",
            subject=item,
            started=event.occurred,
            ended=event.ended,
            effect=event.effect,
            change=event.caused_by,
            source=source_of(event.id),
            note=f"{event.id}: {event.summary}"[:200],
            recorded_by=actor,
            recorded_at=at,
        )
        ids.append(_kept(uow, known.pop(item, None), wanted, past=past))
    for one in known.values():
        if one.source == source_of(event.id) and one.effect != "none":
            nothing = one.but(effect="none", replaces=one.id, recorded_by=actor, recorded_at=at)
            measurements.enter(uow, nothing.but(id=measurements.next_id(uow)), past=past)
        elif one.source != source_of(event.id):
            ids.append(one.id)  # linked by hand: not this event's to correct
    return event.but(outages=tuple(ids))


def _kept(uow: UnitOfWork, known: Outage | None, wanted: Outage, *, past: Past) -> str:
    """The id of the outage that says what is wanted: the one there is, corrected, or a new one."""
    if known is None:
        there = _running(uow, wanted)
        if there is not None:
            return there.id
        return measurements.enter(uow, wanted.but(id=measurements.next_id(uow)), past=past).id
    if known.source != wanted.source or _says(known) == _says(wanted):
        return known.id
    corrected = wanted.but(id=measurements.next_id(uow), replaces=known.id)
    return measurements.enter(uow, corrected, past=past).id


def _running(uow: UnitOfWork, wanted: Outage) -> Outage | None:
    """An outage of the item that runs and is no less bad, while what is wanted runs too."""
    if wanted.ended is not None:
        return None
    for one in measurements.listed(uow, subject=wanted.subject):
        if one.ended is None and one.effect in (wanted.effect, "outage"):
            return one
    return None


def _says(one: Outage) -> tuple[object, ...]:
    return one.started, one.ended, one.effect, one.change


def _told(one: Event) -> tuple[object, ...]:
    return one.down, one.effect, one.occurred, one.ended, one.caused_by

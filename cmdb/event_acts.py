"""What becomes of an event: analysed, confirmed, taken in hand, resolved, closed.

Each act is one transaction that asks `cmdb.event_life` whether it is possible, keeps the outages of the
event in step and tells those concerned. Source: rules.md 9, Event; IT Service CMM 5.6, Activities 4 and 5.
"""

from datetime import datetime
from typing import Any

from cmdb import event_feed, event_stakes, events
from cmdb.errors import Invalid
from cmdb.event_life import advance
from cmdb.event_stakes import Promised
from cmdb.events import HANDLE, facts, find, note, replaced, tell
from cmdb.measurements import Past, today
from cmdb.model import check
from cmdb.reported import Event
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork

UNSAID = "normal"  # the priority of an event of which nobody said one


def analyse(store: Store, id: str, *, actor: str, at: datetime) -> Event:
    """Compute what an event does to services and promises; a person confirms it afterwards."""
    with store.write() as uow:
        require(uow, actor, HANDLE, at=at)
        before = find(uow, id)
        state = advance("analyse", facts(uow, before))
        promised = Promised(uow)
        event = before.but(
            state=state,
            impact=event_stakes.analysed(uow, before, at=at, promised=promised),
            confirmed_by="",
            confirmed_at=None,
            analysed_at=before.analysed_at or at,
        )
        event = events.due(event, promised)
        uow.replace(event)
        assert event.impact is not None
        _done(uow, event, "analyse", _worst(event), {"effect": event.impact.effect}, actor=actor, at=at)
        uow.commit()
    return event


def confirm(store: Store, id: str, *, note: str = "", priority: str = "", actor: str, at: datetime) -> Event:
    """Say that the computed impact is what one sees, or with `note` in what it differs.

    An incident nobody gave a priority gets the one that follows from the promises at stake.
    """
    with store.write() as uow:
        require(uow, actor, HANDLE, at=at)
        before = find(uow, id)
        event = before.but(
            state=advance("confirm", facts(uow, before)),
            impact_note=note,
            confirmed_by=actor,
            confirmed_at=at,
            priority=priority or _priority(before),
        )
        uow.replace(event)
        changed = {"note": note, "priority": event.priority}
        _done(uow, event, "confirm", f"its impact is confirmed by {actor}", changed, actor=actor, at=at)
        uow.commit()
    return event


def _priority(event: Event) -> str:
    """What follows from its impact, for an incident that has the priority every event begins with."""
    given = event.priority != UNSAID or event.kind != "incident" or event.impact is None
    return event.priority if given or event.impact is None else event.impact.priority


def start(store: Store, id: str, *, responsible: str = "", actor: str, at: datetime) -> Event:
    """Take an event in hand; whoever does so answers for it, unless somebody else is named."""
    with store.write() as uow:
        require(uow, actor, HANDLE, at=at)
        before = find(uow, id)
        event = before.but(
            state=advance("start", facts(uow, before)),
            responsible=responsible or before.responsible or actor,
            started_at=before.started_at or at,
        )
        check(f"Event '{event.id}'", events.problems(uow, event))
        uow.replace(event)
        words = f"{event.responsible} works on it"
        _done(uow, event, "start", words, {"responsible": event.responsible}, actor=actor, at=at)
        uow.commit()
    return event


def resolve(
    store: Store,
    id: str,
    *,
    how: str,
    ended: datetime | None = None,
    when: datetime | None = None,
    fixed_by: str = "",
    past: Past = today,
    actor: str,
    at: datetime,
) -> Event:
    """Say how an event was resolved and, of one that took something down, when that was over.

    Needs an action item or a change request behind it; `fixed_by` names the latter. `when` is the moment
    it was resolved, now if left out. Raises Refused otherwise, or while an outage of it still runs;
    Invalid for times that do not fit.
    """
    if not how.strip():
        raise Invalid("How it was resolved is missing.", "Say it in a sentence: -m TEXT.")
    with store.write() as uow:
        require(uow, actor, HANDLE, at=at)
        before = find(uow, id)
        told = before.but(ended=ended or before.ended, fixed_by=fixed_by or before.fixed_by)
        if when is not None and when > at:
            raise Invalid(
                "It is said to be resolved at a time that lies ahead.", "Give a time that has passed."
            )
        check(f"Event '{told.id}'", events.ahead(told, at))
        told = replaced(uow, before, told, past=past, actor=actor, at=at)
        event = told.but(
            state=advance("resolve", facts(uow, told)),
            resolution=how.strip(),
            resolved_at=when or at,
            closed_at=None,
        )
        uow.replace(event)
        words = event.resolution.splitlines()[0]
        _done(uow, event, "resolve", words, {"fixed_by": event.fixed_by}, actor=actor, at=at)
        uow.commit()
    return event


def reopen(store: Store, id: str, *, reason: str, actor: str, at: datetime) -> Event:
    """Take a resolved event in hand again, with the reason."""
    return _over(store, id, "reopen", reason, {"resolved_at": None}, actor=actor, at=at)


def close(store: Store, id: str, *, actor: str, at: datetime) -> Event:
    """Close a resolved event, its action items being over. That is final."""
    return _over(store, id, "close", "nothing is left to do", {"closed_at": at}, actor=actor, at=at)


def withdraw(store: Store, id: str, *, reason: str, past: Past = today, actor: str, at: datetime) -> Event:
    """Take back an event recorded by mistake or twice; its outages count no more. That is final."""
    if not reason.strip():
        raise Invalid("The reason is missing.", "Say why it is no event: -m TEXT.")
    with store.write() as uow:
        require(uow, actor, HANDLE, at=at)
        before = find(uow, id)
        state = advance("withdraw", facts(uow, before))
        # Outages it made are taken back with it; one it was only linked to stays with whoever told it.
        event = before.but(down=(), effect="", ended=None)
        event = event_feed.fed(uow, event, past=past, actor=actor, at=at)
        event = event.but(state=state, resolution=reason.strip(), closed_at=at)
        uow.replace(event)
        words = reason.strip().splitlines()[0]
        _done(uow, event, "withdraw", words, {"reason": reason.strip()}, actor=actor, at=at)
        uow.commit()
    return event


def _over(
    store: Store, id: str, action: str, words: str, fields: dict[str, Any], *, actor: str, at: datetime
) -> Event:
    if not words.strip():
        raise Invalid("The reason is missing.", "Say it in a sentence: -m TEXT.")
    with store.write() as uow:
        require(uow, actor, HANDLE, at=at)
        before = find(uow, id)
        event = before.but(state=advance(action, facts(uow, before)), **fields)
        uow.replace(event)
        _done(uow, event, action, words.strip(), {"why": words.strip()}, actor=actor, at=at)
        uow.commit()
    return event


def _done(
    uow: UnitOfWork,
    event: Event,
    action: str,
    words: str,
    changed: dict[str, Any],
    *,
    actor: str,
    at: datetime,
) -> None:
    tell(uow, event, f"{event.id} is {event.state}: {words} ({event.summary})", actor=actor, at=at)
    note(uow, event, f"event {action}", {"state": event.state, **changed}, actor=actor, at=at)


def _worst(event: Event) -> str:
    """The computed impact in a few words."""
    assert event.impact is not None
    hit = [f"{id} {effect}" for id, effect in event.impact.services]
    promises = len(event.impact.stakes)
    words = ", ".join(hit) if hit else "no service is hit"
    return f"{words}; {promises} promise{'' if promises == 1 else 's'} at stake"

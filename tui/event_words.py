"""Events in words, and as other programs read them: for commands that tell of them. Inside a transaction."""

from datetime import datetime
from typing import Any

from cmdb import action_items, event_feed, events
from cmdb.event_life import offered
from cmdb.model import Party
from cmdb.reported import Event, EventImpact
from cmdb.store import UnitOfWork
from cmdb.work import ActionItem
from tui import clockface, event_terms, printing

LISTED = 20  # services and promises shown of one event; JSON has all


def record(uow: UnitOfWork, event: Event, at: datetime) -> dict[str, Any]:
    """An event as other programs read it: its fields, what follows from them, and what may come next."""
    return {
        **printing.plain(event),
        "outside": event.outside,
        "overdue": event.overdue(at),
        "unanswered": event.unanswered(at),
        "running": list(event_feed.running(uow, event)),
        "actions": [
            {"id": one.id, "state": one.state, "owner": one.owner, "what": one.what}
            for one in _actions(uow, event)
        ],
        "tell": [
            {"name": one.name, "email": one.email, "phone": one.phone}
            for party in _parties(uow, event)
            for one in party.contacts
        ],
        "next": [action for action, reason in offered(events.facts(uow, event)) if reason is None],
    }


def card(uow: UnitOfWork, event: Event, at: datetime) -> None:
    """Write an event for a person: what is known, what it costs, what may come next."""
    printing.put(f"{event.id}  {event_terms.kind_of(event)}  {state_of(event, at)}")
    printing.facts(
        (
            ("description", event.description),
            ("items", event.items),
            ("down", f"{', '.join(event.down)} ({event.effect})" if event.down else ""),
            ("occurred", event.occurred),
            ("over", event.ended),
            ("reported", event.reported),
            ("by", " ".join(filter(None, (event.reporter, f"<{event.contact}>" if event.contact else "")))),
            ("party", event.party),
            ("agreement", event.agreement or ("outside every agreement" if event.outside else "")),
            ("circumstances", event.circumstances),
            ("priority", event.priority),
            ("responsible", event.responsible),
            ("answer by", _until(event.respond_by, event.respond_from)),
            ("resolve by", _until(event.resolve_by, event.resolve_from)),
            ("caused by", event.caused_by),
            ("fixed by", event.fixed_by),
            ("claims", event.claims),
            ("outages", tuple(one.id for one in event_feed.outages_of(uow, event))),
            ("resolution", event.resolution),
            ("known as", f"{event.reference} ({event.source})" if event.source else event.reference),
            ("recorded", f"{clockface.clock(event.recorded_at)} by {event.recorded_by}"),
            ("resolved", event.resolved_at),
            ("closed", event.closed_at),
        )
    )
    if event.impact:
        impact(event.impact)
        said = f"confirmed by {event.confirmed_by}" if event.confirmed_by else "not confirmed by a person yet"
        printing.put(f"  {said}{f': {event.impact_note}' if event.impact_note else ''}")
    for one in _actions(uow, event):
        printing.put(f"action  {one.id}  {one.state}  {one.owner}  {one.what}")
    for party in _parties(uow, event):
        for contact in party.contacts:
            reach = " ".join(filter(None, (contact.email, contact.phone)))
            printing.put(f"tell  {party.name}: {contact.name} {reach}".rstrip())
    for action, reason in offered(events.facts(uow, event)):
        if action not in ("amend", "link", "withdraw", "analyse"):
            printing.say(
                f"next: {action}" + (f" - not yet: {reason.sentence} {reason.remedy}" if reason else "")
            )


def impact(found: EventImpact) -> None:
    """Write what an event does to services and promises."""
    what = "would follow" if found.supposed else "follows"
    printing.put(
        f"impact  {found.effect}, {found.items:,} items hit: what {what} as of {clockface.clock(found.at)}"
    )
    for service, effect in found.services[:LISTED]:
        printing.put(f"  service  {service}  {effect}")
    for one in found.stakes[:LISTED]:
        printing.put(f"  promise  {event_terms.stake(one)}")
    for name, every in (("services", found.services), ("promises", found.stakes)):
        if len(every) > LISTED:
            printing.put(f"  ... and {len(every) - LISTED:,} more {name}")


def state_of(event: Event, at: datetime) -> str:
    """The state, and whether it is late."""
    late = " OVERDUE" if event.overdue(at) else " NOT ANSWERED" if event.unanswered(at) else ""
    return f"{event.state}{late}"


def due_of(event: Event) -> str:
    """Until when it has to be resolved."""
    return clockface.clock(event.resolve_by) if event.resolve_by and event.unresolved else ""


def _until(at: datetime | None, why: str) -> str:
    return f"{clockface.clock(at)}, {why}" if at else ""


def _actions(uow: UnitOfWork, event: Event) -> tuple[ActionItem, ...]:
    return action_items.listed(uow, origin=events.origin(event.id), only_open=False)


def _parties(uow: UnitOfWork, event: Event) -> tuple[Party, ...]:
    """The parties that hear of it by hand: whoever reported it speaks for, and customers at stake."""
    stakes = event.impact.stakes if event.impact else ()
    ids = dict.fromkeys(filter(None, (event.party, *(one.customer for one in stakes))))
    return tuple(one for id in ids if (one := uow.find(Party, id)) is not None)

"""Events of a real site for the app: each question is one read transaction.

Source: `tui.event_source.Events`.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from ccb import requests
from cmdb import action_items, event_feed, event_queue, events, journal
from cmdb.errors import NotFound, Refused
from cmdb.event_life import ACTIONS, offered
from cmdb.event_queue import Sought
from cmdb.model import Entry, Party
from cmdb.reported import OPEN as STILL_OPEN
from cmdb.reported import UNRESOLVED, Event
from cmdb.roles import require
from cmdb.site import Site
from cmdb.store import Store, UnitOfWork
from tui import clockface, event_terms
from tui.event_source import EVERY, MINE, EventCard, EventLine, EventLink, EventList, EventQuery
from tui.present import altered, listed
from tui.views import Deed, Fact

SHOWN = 500  # the most urgent of a list; words of the filter are looked for in all of them
HISTORY = 200
_EFFECTS = {"outage": "bad", "degraded": "warn"}


class EventDesk:
    """One site, one person, one clock."""

    def __init__(self, site: Site, store: Store, person: str, clock: Callable[[], datetime]) -> None:
        self.store, self.person, self.clock = store, person, clock
        self.zone = ZoneInfo(site.zone)

    def listed(self, query: EventQuery) -> EventList:
        """The events that are asked for, the most urgent first."""
        at = self.clock()
        sought = Sought(
            states=() if query.which == EVERY else STILL_OPEN,
            whose=self.person if query.which == MINE else "",
            item=query.item,
            trouble=query.trouble,
            words=query.words,
        )
        with self.store.read() as uow:
            found, total = event_queue.found(uow, sought, at=at, limit=SHOWN)
        return EventList(tuple(line(one, at) for one in found), total)

    def event(self, id: str) -> EventCard:
        """One event. Raises NotFound."""
        at = self.clock()
        with self.store.read() as uow:
            event = events.find(uow, id)
            impact = event.impact
            return EventCard(
                line=line(event, at),
                facts=tuple(_facts(event, at, self.zone)),
                links=tuple(_links(uow, event)),
                impact=tuple((effect, service) for service, effect in impact.services) if impact else (),
                promises=tuple(map(event_terms.stake, impact.stakes)) if impact else (),
                said=_said(event, self.zone),
                tell=tuple(_tell(uow, event)),
                history=tuple(
                    map(_deed, reversed(journal.of_subject(uow, events.origin(event.id))[-HISTORY:]))
                ),
                against=self._against(uow, event, at),
                fields=_fields(event, self.zone),
                lacks=_lacks(uow, event),
            )

    def reported_of(self, items: Sequence[str]) -> str:
        """A word of warning where an unresolved event is about these already; else empty."""
        at = self.clock()
        with self.store.read() as uow:
            known = [
                one
                for item in items
                for one in event_queue.found(uow, Sought(states=UNRESOLVED, item=item), at=at, limit=3)[0]
            ]
        told = listed([f"{one.id} ({one.summary})" for one in dict.fromkeys(known)], 2)
        return f"Not resolved yet: {told}." if known else ""

    def _against(self, uow: UnitOfWork, event: Event, at: datetime) -> dict[str, str]:
        """Why each act is not possible now; no word of what is."""
        known = dict(offered(events.facts(uow, event)))
        try:
            require(uow, self.person, events.HANDLE, at=at)
        except Refused as refused:
            return dict.fromkeys(ACTIONS, f"{refused.reason} {refused.remedy}")
        why = {
            action: f"{event.id} is {event.state}; to {action} it is not possible then."
            for action in ACTIONS
            if action not in known
        }
        return why | {
            action: f"{reason.sentence} {reason.remedy}"
            for action, reason in known.items()
            if reason and action != "resolve"  # its form takes what is missing
        }


def _lacks(uow: UnitOfWork, event: Event) -> str:
    """What has to be there before it is resolved, in a sentence; empty where nothing is missing."""
    reason = dict(offered(events.facts(uow, event))).get("resolve")
    return reason.sentence if reason else ""


def line(event: Event, at: datetime) -> EventLine:
    """An event in a list."""
    running = event.unresolved and event.ended is None
    return EventLine(
        id=event.id,
        kind=event_terms.kind_of(event),
        state=event.state,
        priority=event.priority,
        text=event.summary,
        items=event.items,
        services=tuple(id for id, _effect in event.impact.services) if event.impact else (),
        responsible=event.responsible,
        reported=event.reported,
        due=event_queue.due(event),
        late=event_queue.late(event, at),
        down=event.down if running else (),
    )


def _facts(event: Event, at: datetime, zone: ZoneInfo) -> Iterator[Fact]:
    def when(moment: datetime | None, why: str = "") -> str:
        return f"{clockface.clock(moment, zone)}{f', {why}' if why else ''}" if moment else ""

    late, running = event_queue.late(event, at), bool(event.down) and event.ended is None and event.unresolved
    reach = f"{event.reporter} <{event.contact}>" if event.contact else event.reporter
    rows = (
        ("what", event.description, "strong"),
        ("down", f"{', '.join(event.down)} ({event.effect})" if event.down else "", "bad" if running else ""),
        ("occurred", when(event.occurred), ""),
        ("over", "it still goes on" if running else when(event.ended), "bad" if running else ""),
        ("reported", f"{when(event.reported)} by {reach}", ""),
        ("party", event.party, ""),
        ("outside", "every agreement" if event.outside else "", "warn"),
        ("known more", event.circumstances, ""),
        ("priority", event.priority, PRIORITY_ROLES[event.priority]),
        (
            "with",
            event.responsible or ("nobody yet" if event.open else ""),
            "" if event.responsible else "warn",
        ),
        ("answer by", when(event.respond_by, event.respond_from), "bad" if late == "unanswered" else ""),
        ("resolve by", when(event.resolve_by, event.resolve_from), "bad" if late == "overdue" else ""),
        ("known as", f"{event.reference} {f'({event.source})' if event.source else ''}".strip(), "dim"),
        ("resolution", event.resolution, ""),
        ("resolved", when(event.resolved_at), ""),
        ("closed", when(event.closed_at), ""),
        ("recorded", f"{when(event.recorded_at)} by {event.recorded_by}", "dim"),
    )
    for label, text, role in rows:
        if text:
            yield Fact(label=label, text=clockface.by_the_wall(text, zone), role=role)


PRIORITY_ROLES = {"critical": "bad", "high": "warn", "normal": "", "low": "dim"}


def _links(uow: UnitOfWork, event: Event) -> Iterator[EventLink]:
    """What it has to do with, each with the screen that shows it."""
    for item in event.items:
        rows = uow.rows("SELECT name FROM item WHERE id = ?", item)
        yield EventLink("item", "item", item, str(rows[0][0]) if rows else "")
    for label, change in (("caused by", event.caused_by), ("fixed by", event.fixed_by)):
        if change:
            yield EventLink(label, "change", change, *_change(uow, change))
    for one in action_items.listed(uow, origin=events.origin(event.id), only_open=False):
        role = "dim" if not one.open else ""
        yield EventLink("action", "action", one.id, f"{one.state}  {one.owner}  {one.what}", role)
    for outage in event_feed.outages_of(uow, event):
        runs = outage.ended is None and outage.effect != "none"
        words = f"{outage.id}  {outage.effect}{'  still runs' if runs else ''}"
        yield EventLink("outage", "outages", outage.subject, words, "bad" if runs else "")
    stakes = [one.agreement for one in event.impact.stakes] if event.impact else []
    for agreement in dict.fromkeys(filter(None, (event.agreement, *stakes))):
        yield EventLink("agreement", "agreement", agreement)
    for claim in event.claims:
        yield EventLink("claim", "", claim)


def _change(uow: UnitOfWork, id: str) -> tuple[str, str]:
    """What a request is called and how far it is; one of another system is only a name."""
    try:
        request = requests.find(uow, id)
    except NotFound:
        return "not a request of this site", "warn"
    return f"{request.state}  {request.title}", ""


def _said(event: Event, zone: ZoneInfo) -> Fact | None:
    """Who stands behind the impact; None while it was not computed."""
    if event.impact is None:
        return None
    when = clockface.clock(event.impact.at, zone)
    what = "would follow" if event.impact.supposed else "follows"
    text = f"{event.impact.effect}, {event.impact.items:,} items hit: what {what} as of {when}"
    if not event.confirmed_by:
        return Fact(label="computed", text=f"{text}; not confirmed by a person yet", role="warn")
    note = f": {event.impact_note}" if event.impact_note else ""
    return Fact(label="computed", text=f"{text}; confirmed by {event.confirmed_by}{note}")


def _tell(uow: UnitOfWork, event: Event) -> Iterator[str]:
    """The contacts that hear of it by hand: of whoever reported it, and of customers at stake."""
    stakes = event.impact.stakes if event.impact else ()
    for id in dict.fromkeys(filter(None, (event.party, *(one.customer for one in stakes)))):
        party = uow.find(Party, id)
        for one in party.contacts if party else ():
            reach = "  ".join(filter(None, (one.email, one.phone)))
            yield f"{id}: {one.name}  {reach}".rstrip()


def _deed(entry: Entry) -> Deed:
    changed = {name: fact for name, fact in entry.changed.items() if name != "event"}
    return Deed(at=entry.at, actor=entry.actor, action=entry.action, text="; ".join(altered(changed)))


def _fields(event: Event, zone: ZoneInfo) -> dict[str, str]:
    """What stands in the lines of a correction."""
    return {
        "description": event.description,
        "circumstances": event.circumstances,
        "items": " ".join(event.items),
        "down": " ".join(event.down),
        "at": clockface.clock(event.occurred, zone),
        "until": clockface.clock(event.ended, zone) if event.ended else "",
        "reporter": event.reporter,
        "contact": event.contact,
        "party": event.party,
        "priority": event.priority,
        "responsible": event.responsible,
        "due": clockface.clock(event.resolve_by, zone) if event.resolve_by else "",
    }

"""Events: recording them, finding them, showing one."""

from datetime import datetime

import click

from baselines.past import Past
from ccb import aftermath, requests
from cmdb import event_queue, events, tables_graph
from cmdb.errors import Invalid
from cmdb.events import Wanted
from cmdb.model import Person
from cmdb.reported import KINDS, OPEN, PRIORITIES, STATES, Event
from tui import event_words, printing, typed
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.workplace import Workplace, at_work

SHOWN = 100


@command
@click.option(
    "--state", "states", type=click.Choice(STATES), multiple=True, help="Only in this state; repeat."
)
@click.option("--all", "everything", is_flag=True, help="Also closed and withdrawn ones.")
@click.option("--kind", type=click.Choice(KINDS), default=None)
@click.option("--item", metavar="ID", default="", help="Only those that concern this item.")
@click.option("--change", metavar="CR", default="", help="Only those it caused or fixed.")
@click.option("--priority", type=click.Choice(PRIORITIES), default=None)
@click.option("--responsible", metavar="PERSON", default="", help="Only of this person; 'me' is you.")
@click.option("--mine", is_flag=True, help="Only yours.")
@click.option("--since", metavar="T", default="", help="Only those reported since then.")
@click.option("--until", metavar="T", default="", help="Only those reported before then.")
@click.option("--overdue", is_flag=True, help="Only those that should be resolved by now.")
@click.option("--trouble", is_flag=True, help="Only what is late, unanswered or still down.")
@click.option("--limit", type=click.IntRange(min=0), default=SHOWN, show_default=True, help="0 lists all.")
def list_(
    invocation: Invocation,
    states: tuple[str, ...],
    everything: bool,
    kind: str | None,
    item: str,
    change: str,
    priority: str | None,
    responsible: str,
    mine: bool,
    since: str,
    until: str,
    overdue: bool,
    trouble: bool,
    limit: int,
) -> None:
    """List events that are not over, the newest first."""
    with at_work(invocation) as here, here.store.read() as uow:
        if item:
            tables_graph.get_item(uow, item)
        wanted = Wanted(
            states=states or (() if everything else OPEN),
            kind=kind or "",
            item=item,
            change=requests.find(uow, change).id if change else "",
            priority=priority or "",
            responsible=here.actor if mine else here.reader if responsible == "me" else responsible,
            since=moment(here, since) if since else None,
            until=moment(here, until) if until else None,
            overdue_at=here.at if overdue else None,
        )
        found = events.listed(uow, wanted, limit=0 if trouble else limit)
        every = len(found) if not limit or len(found) < limit else events.counted(uow, wanted)
        if trouble:
            found = tuple(one for one in found if event_queue.troubled(one, here.at))
            every, found = len(found), found[: limit or None]
    if invocation.wants_json:
        printing.as_json_list({**printing.plain(one), "overdue": one.overdue(here.at)} for one in found)
        return
    printing.table(
        ("id", "state", "priority", "reported", "resolve by", "responsible", "items", "description"),
        (
            (
                one.id,
                event_words.state_of(one, here.at),
                one.priority,
                one.reported,
                event_words.due_of(one),
                one.responsible,
                _few(one.items),
                one.summary,
            )
            for one in found
        ),
        empty="No event is recorded that fits.",
    )
    if every > len(found):
        printing.say(f"These are the newest {len(found):,} of {every:,}; --limit 0 lists all.")


@command
@click.argument("id_", metavar="ID")
def show(invocation: Invocation, id_: str) -> None:
    """Show an event: what is known, what it does to promises, what was done, what may come next."""
    with at_work(invocation) as here, here.store.read() as uow:
        event = events.find(uow, id_)
        if invocation.wants_json:
            printing.as_json(event_words.record(uow, event, here.at))
        else:
            event_words.card(uow, event, here.at)


@command
@click.argument("description")
@click.option("--item", "items", metavar="ID", multiple=True, help="An item it concerns; repeat.")
@click.option("--down", metavar="ID", multiple=True, help="An item that is or was out; repeat.")
@click.option("--degraded", is_flag=True, help="What is down is degraded only, not out.")
@click.option("--at", "occurred", metavar="T", default="", help="When it occurred; when it was reported.")
@click.option("--until", "ended", metavar="T", default="", help="When it was over; else it still goes on.")
@click.option("--reported", metavar="T", default="now", show_default=True, help="When it was reported.")
@click.option("--reporter", metavar="NAME", default="", help="Who reported it: anybody; you if left out.")
@click.option("--contact", default="", help="How to reach them: an address, a number.")
@click.option("--party", metavar="PARTY", default="", help="The customer they speak for.")
@click.option("--request", is_flag=True, help="It is a service request, not an incident.")
@click.option("--agreement", metavar="ID", default="", help="Of a request: the agreement it falls under.")
@click.option("--outside", is_flag=True, help="Of a request: it falls outside every agreement.")
@click.option("--potential", is_flag=True, help="It has not happened, but may.")
@click.option("--circumstances", default="", help="What else characterises the situation.")
@click.option("--priority", type=click.Choice(PRIORITIES), default="normal", show_default=True)
@click.option("--responsible", metavar="PERSON", default="", help="Who takes care of it; 'me' is you.")
@click.option("--due", metavar="T", default="", help="Until when, where no agreement says so.")
@click.option("--caused-by", metavar="CR", default="", help="The change request that caused it.")
def record(
    invocation: Invocation,
    description: str,
    items: tuple[str, ...],
    down: tuple[str, ...],
    degraded: bool,
    occurred: str,
    ended: str,
    reported: str,
    reporter: str,
    contact: str,
    party: str,
    request: bool,
    agreement: str,
    outside: bool,
    potential: bool,
    circumstances: str,
    priority: str,
    responsible: str,
    due: str,
    caused_by: str,
) -> None:
    """Record an event: DESCRIPTION says what happened, or what is asked for.

    What is --down is kept as an outage from when it occurred, and counts against what was promised.
    Without --until it is still down; 'cmdb event resolve ID --until T' ends it.
    """
    _refuse_unclear(items + down, request, agreement, outside)
    with at_library(invocation) as (here, library):
        told_at = moment(here, reported)
        name, reach, person = _reporter(here, reporter, contact)
        event = Event(
            id=events.UNNUMBERED,
            kind=KINDS[1] if request else KINDS[0],
            potential=potential,
            agreement=agreement,
            description=description,
            occurred=ahead(here, occurred) if occurred and potential else _past(here, occurred, told_at),
            reported=told_at,
            reporter=name,
            contact=reach,
            person=person,
            party=party,
            items=tuple(dict.fromkeys((*items, *down))),
            circumstances=circumstances,
            down=tuple(dict.fromkeys(down)),
            effect="" if not down else "degraded" if degraded else "outage",
            ended=moment(here, ended) if ended else None,
            priority=priority,
            responsible=person_of(here, responsible),
            resolve_by=ahead(here, due) if due else None,
            resolve_from=f"{events.BY_HAND}{here.actor}" if due else "",
            caused_by=request_of(here, caused_by),
            recorded_at=here.at,
        )
        made = events.record(here.store, event, past=Past(library), actor=here.actor, at=here.at)
        said(here, made, f"{made.id} is recorded.")
        ask_what_is_missing(here, made)


def said(here: Workplace, event: Event, words: str) -> None:
    """Say what was done with an event: words and its deadline, or the whole of it for programs."""
    with here.store.read() as uow:
        if here.invocation.wants_json:
            printing.as_json(event_words.record(uow, event, here.at))
            return
    told = [words]
    if event.unresolved and event.resolve_by:
        told.append(f"Resolve by {here.said(event.resolve_by)}, {event.resolve_from}.")
    if event.outages and event.unresolved:
        told.append(f"Kept as {', '.join(event.outages)}.")
    printing.put(" ".join(told))


def ask_what_is_missing(here: Workplace, event: Event) -> None:
    """Of an event a change caused: ask owners for the dependency that would have foretold it; say so."""
    if event.caused_by:
        for one in aftermath.follow(here.store, event.caused_by, actor=here.actor, at=here.at):
            printing.say(f"{one.id} asks {one.owner} which dependency of {one.items[0]} is missing.")


def moment(here: Workplace, text: str) -> datetime:
    """A moment that has passed, as typed."""
    return typed.moment(text, zone=here.site.zone, now=here.at, past=True)


def ahead(here: Workplace, text: str) -> datetime:
    """A moment that may lie ahead, as typed."""
    return typed.moment(text, zone=here.site.zone, now=here.at)


def person_of(here: Workplace, text: str) -> str:
    """A person as typed; 'me' is who acts."""
    return here.actor if text == "me" else text


def request_of(here: Workplace, change: str) -> str:
    """The id of a change request. Raises NotFound."""
    if not change:
        return ""
    with here.store.read() as uow:
        return requests.find(uow, change).id


def _past(here: Workplace, text: str, otherwise: datetime) -> datetime:
    return moment(here, text) if text else otherwise


def _reporter(here: Workplace, reporter: str, contact: str) -> tuple[str, str, str]:
    """The name, contact and person id of a reporter: whoever is registered under that id, else as typed."""
    wanted = reporter if reporter not in ("", "me") else here.actor
    with here.store.read() as uow:
        person = uow.find(Person, wanted) if "\0" not in wanted else None
    if person is None:
        return reporter, contact, ""
    return person.name, contact or person.email, person.id


def _refuse_unclear(items: tuple[str, ...], request: bool, agreement: str, outside: bool) -> None:
    if not items:
        raise Invalid("No item is named.", "Say what it concerns: --item ID, or --down ID if it is out.")
    if not request and (agreement or outside):
        raise Invalid(
            "Only a service request names an agreement, or is outside of any.",
            "Add --request if something is asked for; leave both out if something failed.",
        )
    if request and bool(agreement) == outside:
        raise Invalid(
            "A service request falls under an agreement or outside any: say which.",
            "Name it with --agreement ID ('cmdb agreement list'), or say --outside.",
        )


def _few(items: tuple[str, ...]) -> str:
    return items[0] if len(items) == 1 else f"{items[0]} +{len(items) - 1}"

"""Meetings of a board: called, opened, item by item to the end, and the minutes of it signed."""

from pathlib import Path

import click

from baselines import decisions
from baselines import minutes as minutes_kept
from ccb import agenda as agendas
from ccb import board, calling, meetings, tables_meetings
from ccb.meeting import AgendaItem, Meeting
from ccb.minutes import present_line
from cmdb.errors import Invalid, NotFound
from tui import clockface, meeting_words, printing, reports, typed
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.present import counted, duration
from tui.workplace import Workplace, at_work

_MEETING = click.option("--meeting", "id_", metavar="MEETING", default="", help="Which; the open one.")
_ORDER = click.option(
    "--order",
    type=click.Choice(agendas.ORDERS),
    default=agendas.ORDERS[0],
    show_default=True,
    help="What the agenda is ordered by first.",
)


@command
@click.option("--board", "of", metavar="BOARD", default="", help="Only those of this board.")
def list_(invocation: Invocation, of: str) -> None:
    """List the meetings, the newest last, with whether their minutes are signed."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = tables_meetings.meetings(uow, board=of)
        signed = {one.id: len(tables_meetings.minutes_of(uow, one.id)) for one in found}
    if invocation.wants_json:
        printing.as_json([{**meeting_words.record(one, here.at), "minutes": signed[one.id]} for one in found])
        return
    printing.table(
        ("id", "board", "state", "planned", "items", "minutes"),
        (
            [
                one.id,
                one.board,
                _state(one),
                clockface.clock(one.planned_at),
                len(one.agenda),
                f"version {signed[one.id]}" if signed[one.id] else "",
            ]
            for one in found
        ),
        empty="No meeting was called yet: 'cmdb board meeting call' calls one.",
        right=("items",),
    )


@command
@click.option("--board", "of", metavar="BOARD", default="", help="The board that meets.")
@click.option("--series", metavar="ID", default="", help="The series it belongs to: its next meeting.")
@click.option("--at", "when", metavar="TIME", default="", help="When it is, where no series says so.")
@click.option(
    "--for", "length", metavar="D", default="1h", show_default=True, help="How long it is planned for."
)
@click.option(
    "--deadline", metavar="D", default="", help="How long before it a request must lie before the board."
)
def call(invocation: Invocation, of: str, series: str, when: str, length: str, deadline: str) -> None:
    """Call a meeting: the next of a series, or one at a time of its own. The members are told."""
    if bool(of) == bool(series):
        raise Invalid("Whose meeting it is was not said.", "Give --board or --series, one of them.")
    with at_work(invocation) as here:
        meeting = calling.call(
            here.store,
            board=of,
            series=series,
            planned_at=typed.moment(when, zone=here.site.zone, now=here.at) if when else None,
            planned_for=typed.seconds(length),
            notice=typed.seconds(deadline) if deadline else 0,
            actor=here.actor,
            at=here.at,
        )
    closes = f"; submit before {clockface.clock(meeting.closes_at)}" if meeting.closes_at else ""
    _told(
        invocation,
        meeting,
        here,
        f"{meeting.id} is called for {clockface.clock(meeting.planned_at)}{closes}.",
    )


@command
@click.argument("id_", metavar="MEETING")
def cancel(invocation: Invocation, id_: str) -> None:
    """Take a called meeting back; its agenda carries over."""
    with at_work(invocation) as here:
        meeting = calling.cancel(here.store, id_, actor=here.actor, at=here.at)
    _told(invocation, meeting, here, f"{meeting.id} is cancelled; its agenda carries over.")


@command
@click.argument("id_", metavar="[MEETING]", required=False, default="")
def show(invocation: Invocation, id_: str) -> None:
    """Show a meeting: who is there, its agenda, what was decided; without an id the open one."""
    with at_work(invocation) as here, here.store.read() as uow:
        meeting = agendas.proposed(uow, meetings.find(uow, id_), at=here.at)
    _shown(invocation, meeting, here)


@command
@click.argument("id_", metavar="MEETING")
@click.option("--put", "request", metavar="CR", default="", help="Put this change on it by hand.")
@click.option("--topic", metavar="TEXT", default="", help="Put a topic on it by hand.")
@click.option("--place", type=int, default=0, metavar="N", help="At this place; at the end.")
@_ORDER
def agenda(invocation: Invocation, id_: str, request: str, topic: str, place: int, order: str) -> None:
    """Show the agenda of a meeting and what came too late for it, or put something on it by hand."""
    if request and topic:
        raise Invalid("One thing is put on the agenda at a time.", "Give --put or --topic.")
    with at_work(invocation) as here:
        if request or topic:
            calling.put_on(
                here.store, id_, request=request, title=topic, place=place, actor=here.actor, at=here.at
            )
        with here.store.read() as uow:
            found = meetings.find(uow, id_)
            meeting = agendas.proposed(uow, found, order=order, at=here.at)
            waiting = agendas.candidates(
                uow, meeting.board, order=order, closes_at=meeting.closes_at, at=here.at
            )
    if invocation.wants_json:
        wanted = [meeting_words.candidate_record(one) for one in waiting]
        printing.as_json({**meeting_words.record(meeting, here.at), "before_the_board": wanted})
        return
    printing.table(
        meeting_words.AGENDA_HEADER,
        meeting_words.agenda_rows(meeting, here.at),
        empty="Nothing is on the agenda.",
    )
    if not waiting:
        return
    printing.put("\nBefore the board:")
    printing.table(
        ("change", "voting ends", "risk", "worst case of a promise", "ballot", "title"),
        (
            [
                one.request.id + (" LATE" if one.late else ""),
                clockface.clock(one.deadline) if one.deadline else "",
                one.risk,
                meeting_words.allowance(one),
                one.outcome.result,
                one.request.title,
            ]
            for one in waiting
        ),
        empty="No ballot lies before the board.",
    )


@command
@click.argument("id_", metavar="MEETING")
@_ORDER
@click.option("--early", is_flag=True, help="More than an hour before it is called for; members are told.")
def open_(invocation: Invocation, id_: str, order: str, early: bool) -> None:
    """Open a called meeting (for the chair): its agenda is drawn up, its first item is in hand."""
    with at_work(invocation) as here:
        meeting = meetings.open_(here.store, id_, order=order, early=early, actor=here.actor, at=here.at)
    _shown(invocation, meeting, here)
    if not invocation.wants_json:
        printing.put(f"{meeting.id} is open, with {counted(len(meeting.agenda), 'item')} on its agenda.")


@command
@click.argument("people", metavar="[PERSON]...", nargs=-1)
@click.option("--left", is_flag=True, help="They leave.")
@_MEETING
def attend(invocation: Invocation, people: tuple[str, ...], left: bool, id_: str) -> None:
    """Note that people came to the open meeting, or left: yourself, or as the chair anybody."""
    with at_work(invocation) as here:
        who = people or (here.actor,)
        meeting = meetings.attend(here.store, id_, who, left=left, actor=here.actor, at=here.at)
    there = meeting.present(here.at)
    _told(invocation, meeting, here, f"{counted(len(there), 'seat')} filled: {', '.join(there) or 'none'}.")


@command
@click.argument("number", metavar="[NUMBER]", type=int, required=False, default=0)
@_MEETING
def next_(invocation: Invocation, number: int, id_: str) -> None:
    """Take the next item in hand that waits, or the one of that number (for the chair)."""
    with at_work(invocation) as here:
        meeting = meetings.turn(here.store, id_, to=number, actor=here.actor, at=here.at)
    waiting = [one for one in meeting.agenda if one.state == "waiting"]
    words = "Nothing waits any more."
    if meeting.item:
        words = _named(meeting.item)
    elif waiting:
        words = f"Nothing is in hand; still waiting: {'; '.join(map(_named, waiting))}."
    _told(invocation, meeting, here, words)


def _named(item: AgendaItem) -> str:
    return f"{item.number}. {item.request} {item.title}".replace("  ", " ")


@command
@click.argument("number", metavar="NUMBER", type=int)
@click.option("-m", "text", metavar="TEXT", required=True, help="What is noted, in place of what was.")
@_MEETING
def note(invocation: Invocation, number: int, text: str, id_: str) -> None:
    """Note something on an item, or with 0 on the whole meeting (for the chair), for the minutes."""
    with at_work(invocation) as here:
        with here.store.read() as uow:
            before = meetings.find(uow, id_)
        meeting = meetings.note(here.store, id_, number, text, actor=here.actor, at=here.at)
    said = before.agenda[number - 1].notes if number else before.notes
    instead = f" in place of: {said}" if said and said != text else ""
    _told(invocation, meeting, here, f"Noted on {f'item {number}' if number else meeting.id}{instead}.")


@command
@click.argument("what", metavar="WHAT")
@click.option("--owner", required=True, metavar="PERSON", help="Who does it.")
@click.option("--due", metavar="TIME", default="", help="Until when.")
@_MEETING
def action(invocation: Invocation, what: str, owner: str, due: str, id_: str) -> None:
    """Raise an action item in the open meeting (for the chair)."""
    with at_work(invocation) as here:
        until = typed.moment(due, zone=here.site.zone, now=here.at) if due else None
        item = meetings.raise_action(
            here.store, id_, what=what, owner=owner, due=until, actor=here.actor, at=here.at
        )
    if invocation.wants_json:
        printing.as_json(item)
        return
    printing.put(f"{item.id} is {owner}'s: {what}")


@command
@click.argument("id_", metavar="[MEETING]", required=False, default="")
@click.option("--carry-over", is_flag=True, help="What was not reached goes to the next meeting.")
@click.option(
    "--defer-until", metavar="TIME", default="", help="Defer every open ballot to this time, signed."
)
@click.option("-m", "rationale", metavar="TEXT", default="", help="Why they are deferred; it is needed then.")
def close(invocation: Invocation, id_: str, carry_over: bool, defer_until: str, rationale: str) -> None:
    """Close the open meeting (for the chair); refused, with the list, while ballots on it are open."""
    if carry_over and defer_until:
        raise Invalid("What is open is carried over or deferred, not both.", "Give one of the two.")
    if defer_until and not rationale.strip():
        raise Invalid("A deferral needs its reason.", "Say why: --defer-until TIME -m REASON.")
    with at_library(invocation) as (here, library):
        if defer_until:
            until = typed.moment(defer_until, zone=here.site.zone, now=here.at)
            key = here.key()
            with library.store.read() as uow:
                left = meetings.undecided(uow, meetings.find(uow, id_))
            for one in (item for item in left if item.request):
                act = board.defer(
                    library.store,
                    one.request,
                    by=here.actor,
                    until=until,
                    rationale=rationale,
                    key=key,
                    at=here.at,
                )
                decisions.enter(library, act, key=key, at=here.at)
        meeting = meetings.close(library.store, id_, carry_over=carry_over, actor=here.actor, at=here.at)
    carried = [one.request or one.title for one in meeting.agenda if one.state == "carried over"]
    words = f"{meeting.id} is closed after {duration(meeting.took(here.at))}"
    words += f"; carried over: {', '.join(carried)}." if carried else "."
    sign = f"\nRead and sign its minutes: 'cmdb board meeting minutes {meeting.id} --sign'."
    _told(invocation, meeting, here, words + sign)


@command
@click.argument("id_", metavar="[MEETING]", required=False, default="")
@click.option("--sign", is_flag=True, help="Sign them as the chair; they are kept in the library.")
@click.option("--version", type=int, default=0, metavar="N", help="A signed version; the newest.")
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def minutes(
    invocation: Invocation, id_: str, sign: bool, version: int, form: str, to: Path | None, replace: bool
) -> None:
    """Write the minutes of a meeting as they stand, or sign them; signed ones are never replaced."""
    if sign and version:
        raise Invalid("A version that is signed stays as it is.", "Leave --version out.")
    with at_library(invocation) as (here, library):
        with library.store.read() as uow:
            meeting = meetings.find(uow, id_) if id_ else meetings.last_held(uow)
            signed = tables_meetings.minutes_of(uow, meeting.id)
            if version < 0 or version > len(signed):
                raise NotFound(
                    f"{meeting.id} has no minutes of version {version}.",
                    f"It has {counted(len(signed), 'version')}: 'cmdb board meeting list'.",
                )
            draft = not sign and not version and minutes_kept.unsigned(uow, meeting.id, at=here.at)
            kept = (
                minutes_kept.as_it_stands(uow, meeting.id, at=here.at)
                if draft or sign
                else signed[version - 1]
            )
        if sign:
            kept = minutes_kept.sign(library, meeting.id, by=here.actor, key=here.key(), at=here.at)
    made = meeting_words.minutes_report(kept, draft=draft)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)
    if sign and not invocation.wants_json and form == "text" and to is None:
        printing.put(f"\nSigned as version {kept.version}; 'cmdb verify' proves them.")


def _state(meeting: Meeting) -> str:
    """The state of a meeting in a word."""
    return "cancelled" if meeting.state == "closed" and meeting.opened_at is None else meeting.state


def _told(invocation: Invocation, meeting: Meeting, here: Workplace, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(meeting_words.record(meeting, here.at))
        return
    printing.put(words)


def _shown(invocation: Invocation, meeting: Meeting, here: Workplace) -> None:
    if invocation.wants_json:
        printing.as_json(meeting_words.record(meeting, here.at))
        return
    there = [f"{one.person} ({one.capacity})" for one in meeting.here(here.at)]
    took = duration(meeting.took(here.at)) if meeting.opened_at else ""
    printing.facts(
        [
            ("meeting", f"{meeting.id} of the board {meeting.board}, {_state(meeting)}"),
            ("planned", f"{clockface.clock(meeting.planned_at)}, {duration(meeting.planned_for)}"),
            ("submit before", clockface.clock(meeting.closes_at) if meeting.closes_at else ""),
            ("called by", meeting.called_by),
            ("takes" if meeting.state == "open" else "took", took),
            ("there", ", ".join(there)),
            ("notes", meeting.notes),
        ]
    )
    printing.put()
    printing.table(
        meeting_words.AGENDA_HEADER,
        meeting_words.agenda_rows(meeting, here.at),
        empty="Nothing is on the agenda.",
    )
    for item in meeting.agenda:
        for taken in item.taken:
            printing.put(f"{item.request} {taken.result}: {present_line(taken)}")

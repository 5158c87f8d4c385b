"""Minutes of a meeting: what is signed, read back, and told in words, from the record alone.

Pure. Source: rules.md 6, Meetings; 7, Record commits; IT Service CMM 5.5, Activity 9.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ccb.ballot import Board
from ccb.meeting import AgendaItem, Attendance, Held, Meeting, Said, Taken
from cmdb import canonical
from cmdb.work import ActionItem

FORM = "minutes/1"
NAMESPACE = "minutes@cmdb"
_OF_ITS_SIGNING = ("version", "previous", "by", "instead_of", "at")

Fields = Mapping[str, Any]


class Part(NamedTuple):
    """A part of the minutes for people: a heading and its lines."""

    heading: str
    lines: tuple[str, ...]


def statement(
    meeting: Meeting,
    board: Board,
    actions: Sequence[Fields],
    *,
    site: str,
    version: int,
    previous: str,
    by: str,
    at: datetime,
) -> dict[str, Any]:
    """What minutes sign: the whole meeting, each decision with its votes, and the action items raised."""
    times = ("planned_at", "closes_at", "opened_at", "closed_at")
    words = ("series", "called_by", "opened_by", "closed_by", "planned_for", "notes")
    return {
        "site": site,
        "meeting": meeting.id,
        "version": version,
        "previous": previous,
        "board": board.id,
        "board_name": board.name,
        "by": by,
        "instead_of": "" if by == board.chair else board.chair,
        "at": at,
        **{name: getattr(meeting, name) for name in (*times, *words)},
        "attendance": [
            {
                "person": one.person,
                "capacity": one.capacity,
                "seat": one.seat,
                "came": one.came,
                "left": one.left,
            }
            for one in meeting.attendance
        ],
        "agenda": [_item(one) for one in meeting.agenda],
        "actions": list(actions),
    }


def actions_of(raised: Sequence[ActionItem], told: Fields | None) -> list[Fields]:
    """The action items of a meeting: those the minutes before told of as they did, then the others.

    After minutes were signed only what was raised in the meeting itself is added to them: what came of
    its decisions was told then, and stands in their records.
    """
    known = list(told.get("actions", ())) if told else []
    ids = {one["id"] for one in known}
    return [*known, *(_action(one) for one in raised if one.id not in ids and (told is None or _own(one)))]


def _own(item: ActionItem) -> bool:
    return item.origin.startswith("meeting:")


def _action(item: ActionItem) -> Fields:
    """An action item as minutes tell of it; of one that came of a decision, the request and what waits."""
    fields = {"id": item.id, "what": item.what, "owner": item.owner}
    if item.due:
        fields["due"] = canonical.rfc3339(item.due)
    if not _own(item):
        fields["request"] = item.origin.partition(":")[2]
        fields["blocks"] = item.blocks
    return fields


def same_content(one: Fields, other: Fields) -> bool:
    """Whether two versions say the same of the meeting, whoever signed them when."""
    left = {name: value for name, value in one.items() if name not in _OF_ITS_SIGNING}
    return left == {name: value for name, value in other.items() if name not in _OF_ITS_SIGNING}


def meeting_from(fields: Fields) -> Meeting:
    """Read the closed meeting back out of its minutes."""
    times: dict[str, Any] = {
        name: canonical.instant(fields[name])
        for name in ("planned_at", "closes_at", "opened_at", "closed_at")
        if name in fields
    }
    words = {name: fields.get(name, "") for name in ("series", "opened_by", "closed_by", "notes")}
    return Meeting(
        id=fields["meeting"],
        board=fields["board"],
        state="closed",
        called_by=fields["called_by"],
        planned_for=fields["planned_for"],
        attendance=tuple(_attendance_from(one) for one in fields.get("attendance", ())),
        agenda=items_of(fields),
        **times,
        **words,
    )


def without_notes(meeting: Meeting) -> Meeting:
    """A meeting without what the chair notes, which may be corrected after it was closed."""
    return meeting.but(notes="", agenda=tuple(one.but(notes="") for one in meeting.agenda))


def items_of(fields: Fields) -> tuple[AgendaItem, ...]:
    """The items of the agenda that minutes tell of."""
    return tuple(_item_from(one) for one in fields.get("agenda", ()))


def parts(fields: Fields, said: Callable[[datetime], str]) -> tuple[Part, ...]:
    """The minutes in words: who was there, each item with its decisions, actions, what carried over.

    `said` writes an instant for people.
    """
    items = items_of(fields)
    there = [_attendance_from(one) for one in fields.get("attendance", ())]
    found = [Part("Attendance", tuple(_attended(one, said) for one in there))]
    found += [Part(_heading(one), tuple(_item_lines(one, said))) for one in items]
    actions = tuple(
        f"{one['id']}: {one['what']} ({one['owner']}{_due(one, said)}{_of(one)})"
        for one in fields.get("actions", ())
    )
    carried = tuple(f"{one.request or one.title}" for one in items if one.state == "carried over")
    found.append(Part("Action items", actions or ("None were raised.",)))
    found.append(Part("Carried over to the next meeting", carried or ("Nothing.",)))
    if fields.get("notes"):
        found.append(Part("Notes of the chair", tuple(str(fields["notes"]).splitlines())))
    return tuple(found)


def taken_record(one: Taken) -> dict[str, Any]:
    """A decision as plain fields."""
    return {
        "decision": one.decision,
        "result": one.result,
        "by": one.by,
        "at": one.at,
        "policy": one.policy,
        "rationale": one.rationale,
        "until": one.until,
        "quorum": one.quorum,
        "seats": one.seats,
        "present": list(one.present),
        "votes": [
            {
                "voter": vote.voter,
                "capacity": vote.capacity,
                "seat": vote.seat,
                "value": vote.value,
                "reason": vote.reason,
                "conditions": list(vote.conditions),
                "counted": vote.counted,
            }
            for vote in one.votes
        ],
        "requirements": [
            {"title": need.title, "status": need.status, "detail": need.detail} for need in one.requirements
        ],
    }


def present_line(one: Taken) -> str:
    """Who was there when it was decided, against the quorum."""
    here = f"{len(one.present)} of {one.seats} seats were filled at the meeting"
    if not one.quorum:
        return f"{here}; consents decide, no quorum is asked for."
    enough = "a quorum was present" if one.quorate else "no quorum was present"
    return f"{here}, the policy asks for {one.quorum}: {enough}."


def _item(one: AgendaItem) -> dict[str, Any]:
    names = ("number", "request", "title", "origin", "since", "state", "seconds", "notes")
    return {
        **{name: getattr(one, name) for name in names},
        "taken": [taken_record(taken) for taken in one.taken],
    }


def _item_from(fields: Fields) -> AgendaItem:
    own = {name: fields[name] for name in ("number", "title", "origin", "state", "seconds")}
    words = {name: fields.get(name, "") for name in ("request", "since", "notes")}
    return AgendaItem(**own, **words, taken=tuple(_taken_from(one) for one in fields.get("taken", ())))


def _taken_from(fields: Fields) -> Taken:
    return Taken(
        decision=fields["decision"],
        result=fields["result"],
        by=fields["by"],
        at=canonical.instant(fields["at"]),
        policy=fields["policy"],
        rationale=fields.get("rationale", ""),
        until=canonical.instant(fields["until"]) if "until" in fields else None,
        quorum=fields["quorum"],
        seats=fields["seats"],
        present=tuple(fields.get("present", ())),
        votes=tuple(
            Said(
                voter=one["voter"],
                capacity=one["capacity"],
                seat=one.get("seat", ""),
                value=one["value"],
                reason=one.get("reason", ""),
                conditions=tuple(one.get("conditions", ())),
                counted=one["counted"],
            )
            for one in fields.get("votes", ())
        ),
        requirements=tuple(Held(**one) for one in fields.get("requirements", ())),
    )


def _attendance_from(fields: Fields) -> Attendance:
    return Attendance(
        person=fields["person"],
        capacity=fields["capacity"],
        seat=fields.get("seat", ""),
        came=canonical.instant(fields["came"]),
        left=canonical.instant(fields["left"]) if "left" in fields else None,
    )


def _attended(one: Attendance, said: Callable[[datetime], str]) -> str:
    stands_in = f" for {one.seat}" if one.capacity == "alternate" else ""
    until = f" to {said(one.left)}" if one.left else ""
    return f"{one.person}, {one.capacity}{stands_in}: {said(one.came)}{until}"


def _heading(one: AgendaItem) -> str:
    return f"{one.number}. {one.request}: {one.title}" if one.request else f"{one.number}. {one.title}"


def _item_lines(one: AgendaItem, said: Callable[[datetime], str]) -> list[str]:
    origin = f"carried over from {one.since}" if one.since else f"on the agenda {one.origin}"
    lines = [f"{one.state.capitalize()}; {origin.replace('agenda query', 'agenda by query')}."]
    for taken in one.taken:
        until = f" until {said(taken.until)}" if taken.until else ""
        lines.append(
            f"{taken.result.capitalize()}{until} at {said(taken.at)}, signed by {taken.by},"
            f" policy {taken.policy}."
        )
        lines.append(present_line(taken))
        for vote in taken.votes:
            lines += [f"  {_vote_line(vote)}", *(f"    on condition: {words}" for words in vote.conditions)]
        lines += [
            f"  {need.status}: {need.title}: {need.detail}"
            for need in taken.requirements
            if need.status != "not applicable"
        ]
        lines += [f"Why: {taken.rationale}"] if taken.rationale else []
    return [*lines, *(f"Note: {line}" for line in one.notes.splitlines())]


def _vote_line(one: Said) -> str:
    seat = f" for {one.seat}" if one.capacity == "alternate" else ""
    words = f"{one.voter} ({one.capacity}{seat}): {one.value}"
    return f"{words}: {one.reason}" if one.reason else words


def _of(one: Fields) -> str:
    """Which request an action item came of, and what of it waits."""
    blocks = f", blocks {one['blocks']}" if one.get("blocks") else ""
    return f"; of {one['request']}{blocks}" if one.get("request") else ""


def _due(one: Fields, said: Callable[[datetime], str]) -> str:
    return f", due {said(canonical.instant(one['due']))}" if "due" in one else ""

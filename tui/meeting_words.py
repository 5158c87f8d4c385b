"""Meetings in words: one line, the whole card, and the minutes as a report in every format."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from baselines import minutes as minutes_kept
from ccb import minutes
from ccb.agenda import Candidate
from ccb.meeting import Meeting, Minutes
from cmdb import canonical
from tui import clockface
from tui.present import counted, duration
from tui.reports import Report, Table, Words

AGENDA_HEADER = ("no", "request", "state", "in hand", "how", "title")


def agenda_rows(meeting: Meeting, at: datetime) -> list[list[str]]:
    """The agenda as rows, the item in hand marked."""
    return [
        [
            f"{'>' if one.number == meeting.current else ''}{one.number}",
            one.request,
            one.state,
            duration(meeting.in_hand(one.number, at)) if meeting.in_hand(one.number, at) else "",
            f"from {one.since}" if one.since else one.origin,
            one.title,
        ]
        for one in meeting.agenda
    ]


def record(meeting: Meeting, at: datetime) -> dict[str, Any]:
    """A meeting for programs."""
    names = ("id", "board", "series", "state", "planned_at", "planned_for", "closes_at", "called_by")
    more = ("opened_at", "opened_by", "closed_at", "closed_by", "current", "notes")
    return {
        **{name: getattr(meeting, name) for name in (*names, *more)},
        "took_s": meeting.took(at),
        "present": meeting.present(at) if meeting.state == "open" else (),
        "attendance": meeting.attendance,
        "agenda": [
            {
                "number": one.number,
                "request": one.request,
                "title": one.title,
                "origin": one.origin,
                "since": one.since,
                "state": one.state,
                "seconds": meeting.in_hand(one.number, at),
                "notes": one.notes,
                "decisions": [minutes.taken_record(taken) for taken in one.taken],
            }
            for one in meeting.agenda
        ],
    }


def candidate_record(one: Candidate) -> dict[str, Any]:
    """A request that could stand on the agenda, for programs."""
    return {
        "id": one.request.id,
        "title": one.request.title,
        "deadline": one.deadline,
        "risk": one.risk,
        "allowance_s": one.allowance_s,
        "breach": one.breach,
        "outcome": one.outcome.result,
        "late": one.late,
    }


def allowance(one: Candidate) -> str:
    """What a request takes of the promise it takes most of."""
    if one.breach:
        return f"breaks one, {duration(one.allowance_s)}"
    return duration(one.allowance_s) if one.allowance_s else "takes nothing"


def minutes_report(one: Minutes, *, draft: bool = False) -> Report:
    """Minutes as people take them away. A draft says that it is not signed."""
    fields = minutes_kept.fields_of(one)
    meeting = minutes.meeting_from(fields) if "closed_at" in fields else None
    signed = f"{one.by}, {clockface.clock(one.at)}, version {one.version}"
    stands_in = f" for {fields['instead_of']}" if fields.get("instead_of") else ""
    opened = fields.get("opened_at")
    held = clockface.clock(canonical.instant(str(opened))) if opened else "not opened"
    if meeting is not None and meeting.opened_at and meeting.closed_at:
        held = f"{clockface.stretch(meeting.opened_at, meeting.closed_at)}, {duration(meeting.took(one.at))}"
    return Report(
        title=f"Minutes of {one.meeting}, {fields['board_name']}",
        facts=(
            ("held", held),
            ("called by", str(fields["called_by"])),
            ("signed", "not signed yet" if draft else signed + stands_in),
            ("digest", "" if draft else one.digest),
        ),
        parts=tuple(
            Words(part.heading, "\n".join(part.lines)) for part in minutes.parts(fields, clockface.clock)
        ),
        record={**fields, "signed": not draft, "digest": one.digest},
        counted=decisions_table([one]),
    )


def decisions_table(found: Sequence[Minutes]) -> Table:
    """Every decision the minutes tell of, one row each."""
    rows = []
    for one in found:
        for item in minutes.items_of(minutes_kept.fields_of(one)):
            rows += [
                (
                    one.meeting,
                    clockface.clock(taken.at),
                    item.request,
                    taken.result,
                    f"{len(taken.present)} of {taken.seats}",
                    "yes" if taken.quorate else "no",
                    "; ".join(f"{vote.voter} {vote.value}" for vote in taken.votes),
                    item.title,
                )
                for taken in item.taken
            ]
    header = ("meeting", "decided", "request", "result", "seats present", "quorum", "votes", "title")
    return Table("Decisions", header, tuple(rows), empty="No decision was taken in a meeting.")


def period_report(
    found: Sequence[tuple[Meeting, Minutes | None]], *, start: datetime, end: datetime, made_at: datetime
) -> Report:
    """The meetings of a period with what they decided, carried over and signed."""
    signed = [one for _meeting, one in found if one is not None]
    unsigned = [meeting.id for meeting, one in found if one is None]
    rows = tuple(
        (
            meeting.id,
            clockface.clock(meeting.opened_at or meeting.planned_at),
            meeting.board,
            duration(meeting.took(made_at)),
            str(sum(bool(item.taken) for item in meeting.agenda)),
            str(sum(item.state == "carried over" for item in meeting.agenda)),
            f"version {one.version} by {one.by}" if one else "not signed",
        )
        for meeting, one in found
    )
    header = ("meeting", "held", "board", "took", "decided", "carried over", "minutes")
    return Report(
        title="Minutes of the change control boards",
        facts=(
            ("period", clockface.stretch(start, end)),
            ("made", clockface.clock(made_at)),
            ("meetings", counted(len(found), "meeting")),
            ("not signed", ", ".join(unsigned)),
        ),
        parts=(
            Table("Meetings", header, rows, right=("decided", "carried over"), empty="None was held."),
            decisions_table(signed),
            *(
                Words(f"{one.meeting}: {part.heading}", "\n".join(part.lines))
                for one in signed
                for part in minutes.parts(minutes_kept.fields_of(one), clockface.clock)
            ),
        ),
        record={
            "start": start,
            "end": end,
            "made_at": made_at,
            "meetings": [
                {**record(meeting, made_at), "minutes": minutes_kept.fields_of(one) if one else None}
                for meeting, one in found
            ],
        },
        counted=decisions_table(signed),
    )

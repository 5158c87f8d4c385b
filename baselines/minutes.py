"""Signing the minutes of a closed meeting, as a record of the library.

    prepared(uow, meeting, by=, at=) -> Minutes          what would be signed, as it stands
    sign(library, meeting, by=, key=, at=) -> Minutes    signed, and kept in a record commit

Corrected minutes are a new version that names the one before it; nothing is replaced. Nothing is
signed under the write lock: what was signed is prepared again there, and refused where it moved.
Source: rules.md 6, Meetings; 7, Record commits; 8.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from baselines.library import Library, add_records
from baselines.model import LibraryCommit
from baselines.records import kept_path
from ccb import meetings, minutes, tables, tables_meetings
from ccb.ballot import Board
from ccb.meeting import Minutes
from cmdb import canonical, journal, signatures
from cmdb.errors import Refused
from cmdb.model import Person
from cmdb.store import UnitOfWork

TRAILER = "Minutes"


def prepared(uow: UnitOfWork, id: str, *, by: str, at: datetime) -> Minutes:
    """The minutes as they would be signed now, without a signature. Raises Refused where they may not be."""
    meeting = meetings.find(uow, id)
    board = uow.get(Board, meeting.board)
    if meeting.state != "closed":
        raise Refused(
            f"{meeting.id} is {meeting.state}; minutes are signed of a closed meeting.",
            f"Close it first: 'cmdb board meeting close {meeting.id}'.",
        )
    if meeting.opened_at is None:
        raise Refused(f"{meeting.id} was cancelled, not held.", "There is nothing to minute.")
    if not board.presides(by, at):
        raise Refused(
            f"{by} does not chair the board {board.id}; its minutes are signed by the chair.",
            f"Ask {board.chair} to sign: 'cmdb board meeting minutes {meeting.id} --sign'.",
        )
    return _as_it_stands(uow, meeting.id, board, by=by, at=at)


def as_it_stands(uow: UnitOfWork, id: str, *, at: datetime) -> Minutes:
    """The minutes generated from the record so far, for reading: also of an open meeting."""
    meeting = meetings.find(uow, id)
    board = uow.get(Board, meeting.board)
    return _as_it_stands(uow, meeting.id, board, by=board.chair, at=at)


def unsigned(uow: UnitOfWork, id: str, *, at: datetime) -> bool:
    """Whether the record of a meeting says something its newest signed minutes do not."""
    last = newest(uow, id)
    return last is None or not minutes.same_content(fields_of(last), fields_of(as_it_stands(uow, id, at=at)))


def newest(uow: UnitOfWork, id: str) -> Minutes | None:
    """The last signed version of the minutes of a meeting."""
    found = tables_meetings.minutes_of(uow, meetings.find(uow, id).id)
    return found[-1] if found else None


def sign(library: Library, id: str, *, by: str, key: Path, at: datetime) -> Minutes:
    """Sign the minutes of a closed meeting and keep them; give them with the commit that does.

    Raises Refused when they say the same as the version before, when the record moved meanwhile, to
    anybody who does not chair the board, and for a key that is not the signer's.
    """
    with library.store.read() as uow:
        wanted = prepared(uow, id, by=by, at=at)
        _refuse_same(uow, wanted)
        author = uow.get(Person, by)
    data = wanted.text.encode()
    signature = signatures.sign(data, namespace=minutes.NAMESPACE, key=key)
    public = signatures.verify(
        data, signature, namespace=minutes.NAMESPACE, keys=[one.text for one in author.keys]
    )
    signed = wanted.but(signature=signature, key=public)

    def files(uow: UnitOfWork) -> Mapping[str, bytes]:
        _refuse_moved(signed, prepared(uow, id, by=by, at=at))
        stem = f"{signed.meeting}-{signed.version}"
        return {
            kept_path("minutes", stem): data,
            kept_path("minutes", stem, ".sig"): signature.encode("ascii", "replace"),
        }

    kept: list[Minutes] = []

    def enter(uow: UnitOfWork, commit: LibraryCommit) -> None:
        _refuse_moved(signed, prepared(uow, id, by=by, at=at))
        kept[:] = [signed.but(record=commit.commit)]
        uow.add(kept[0])
        journal.record(
            uow,
            at=at,
            actor=by,
            action="meeting minutes",
            subjects=(f"meeting:{signed.meeting}",),
            changed={"version": signed.version, "minutes": signed.digest},
        )

    add_records(
        library,
        files,
        subject=f"Minutes of {signed.meeting}, version {signed.version}",
        author=author,
        key=key,
        at=at,
        trailers={TRAILER: signed.digest},
        enter=enter,
    )
    return kept[0]


def fields_of(one: Minutes) -> Mapping[str, object]:
    """What minutes say, as plain fields."""
    return canonical.decode(one.text.encode())[1]


def _as_it_stands(uow: UnitOfWork, id: str, board: Board, *, by: str, at: datetime) -> Minutes:
    meeting = meetings.find(uow, id)
    before = tables_meetings.minutes_of(uow, id)
    version, previous = len(before) + 1, before[-1].digest if before else ""
    fields = minutes.statement(
        meeting,
        board,
        # What was told stays told: action items change, and a rebuilt database has lost them.
        minutes.actions_of(meetings.raised(uow, meeting), fields_of(before[-1]) if before else None),
        site=tables.site_root(uow),
        version=version,
        previous=previous,
        by=by,
        at=at,
    )
    data = canonical.encode(minutes.FORM, fields)
    digest = canonical.digest(minutes.FORM, data)
    return Minutes(
        meeting=id, version=version, digest=digest, previous=previous, by=by, at=at, text=data.decode()
    )


def _refuse_same(uow: UnitOfWork, wanted: Minutes) -> None:
    last = newest(uow, wanted.meeting)
    if last is not None and minutes.same_content(fields_of(last), fields_of(wanted)):
        raise Refused(
            f"The minutes of {wanted.meeting} are signed as they stand: version {last.version}.",
            f"Correct them first: 'cmdb board meeting note NUMBER -m TEXT --meeting {wanted.meeting}'.",
        )


def _refuse_moved(signed: Minutes, now: Minutes) -> None:
    if signed.digest != now.digest:
        raise Refused(
            f"The record of {signed.meeting} moved while its minutes were signed; nothing was kept.",
            f"Read them again: 'cmdb board meeting minutes {signed.meeting}'.",
        )

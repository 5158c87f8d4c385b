"""The fields a request left open: what each was, what the working directory says, and filling them in.

    opened(uow, id, *, folder) -> Opened
    objections(uow, opened, contents) -> tuple[str, ...]     what the rules say of contents, nothing written
    fill(library, id, contents, *, seen, folder, room, actor, at) -> Opened

The working directory is the one place where the content stands: whoever fills a field here and whoever
edits the file write the same file. What somebody wrote there meanwhile is refused, never overwritten.
Source: rules.md 5, A proposed change; 7, Check-out, Check-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from baselines import checkout, tables, workdir
from baselines.compare import words
from baselines.incoming import content_of
from baselines.library import Library
from ccb import controlled, examination, proposal, requests
from ccb.model import ChangeRequest
from ccb.proposal import Fields, Key
from cmdb import item_rules
from cmdb.errors import CmdbError, Invalid, NotFound, Refused
from cmdb.model import Value, shown
from cmdb.store import UnitOfWork
from cmdb.written import plainly

NOTHING: tuple[Any, ...] = (None, "", [], {})
Place = tuple[Key, str]  # a record, and a flat field of it such as `characteristics.serial`


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenField(Value):
    """One field that is known only afterwards. Absent content is None.

    `flat` is its name in the record; `was` what stood there before the change, `now` what the working
    directory has; `file` is below that directory, empty while nothing there can be read.
    """

    key: Key
    flat: str
    was: Any = None
    now: Any = None
    file: str = ""

    @property
    def place(self) -> Place:
        """The record and the field."""
        return (self.key, self.flat)

    @property
    def name(self) -> str:
        """The field in words, such as `serial`."""
        return words(self.flat)

    @property
    def spelled(self) -> str:
        """The field as it is typed: `sw-11.serial`."""
        return f"{self.key[1]}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Value):
    """The open fields of a request, with the records as approved and where its working directory is.

    `problems` say what of the directory cannot be read.
    """

    request: ChangeRequest
    folder: Path | None
    fields: tuple[OpenField, ...]
    after: Mapping[Key, Fields] = field(repr=False, default_factory=dict)
    problems: tuple[str, ...] = ()

    def named(self, text: str) -> OpenField:
        """Find a field as it is typed: `sw-11.serial`, `item sw-11.serial`, or `serial` if only one is so.

        Raises NotFound with the fields that are open, Invalid when several are meant.
        """
        found = [
            one
            for one in self.fields
            if text in (one.spelled, f"{one.key[0]} {one.spelled}", f"{one.key[1]}.{one.flat}", one.name)
        ]
        if len(found) == 1:
            return found[0]
        listed = tuple(f"{one.key[0]} {one.spelled}" for one in found or self.fields)
        if found:
            raise Invalid(f"Several open fields are called '{shown(text)}'.", "Name its record too.", listed)
        raise NotFound(
            f"{self.request.id} has no open field '{shown(text)}'.",
            "Use one of those listed." if listed else "Everything in it is written as it was approved.",
            listed,
        )


def opened(uow: UnitOfWork, id: str, *, folder: Path | None = None) -> Opened:
    """The open fields of a request with their present content, in the order of its changes.

    `folder` is where the working directory is, if not where the check-out says.
    """
    request = requests.find(uow, id)
    out = tables.checkout_of(uow, request.id)
    folder = folder or (Path(out.folder) if out and out.folder and out.state == "out" else None)
    approved = examination.proposed(uow, request.changes)
    found: Mapping[Key, Fields] = {}
    problems: list[str] = []
    if folder is not None and approved.open:
        try:
            found, problems = workdir.read(folder, tuple(approved.after), request.id)
        except Invalid as wrong:
            problems = [f"{wrong.reason} {wrong.remedy}"]
    return Opened(
        request=request,
        folder=folder,
        fields=tuple(
            OpenField(
                key=key,
                flat=flat,
                was=content_of(approved.before.get(key) or {}, flat),
                now=content_of(found[key], flat) if key in found else None,
                file=workdir.file_of(key) if key in found else "",
            )
            for key, names in approved.open.items()
            for flat in names
        ),
        after=approved.after,
        problems=tuple(problems),
    )


def objections(uow: UnitOfWork, opened: Opened, contents: Mapping[Place, Any]) -> tuple[str, ...]:
    """What the rules say of contents for open fields, beside what they say without them. Writes nothing.

    What is still missing elsewhere is no objection to what is there.
    """
    before = dict.fromkeys(_sentences(uow, opened, {}))
    return tuple(one for one in _sentences(uow, opened, contents) if one not in before)


def fill(
    library: Library,
    id: str,
    contents: Mapping[Place, Any],
    *,
    seen: Mapping[Place, Any] | None = None,
    folder: Path | None = None,
    room: Path,
    actor: str,
    at: datetime,
) -> Opened:
    """Write contents of open fields into the working directory; give the fields as they are then.

    `seen` is what stood in the file when the content was decided on: Refused when that moved. A
    check-out without a directory gets one at `room`. Raises Invalid with what the rules say, Refused for
    anybody but who checked it out. Nothing is written unless everything can be.
    """
    with library.store.write() as uow:  # one at a time; only a directory made now is committed
        request = requests.find(uow, id)
        out = checkout.mine(uow, request, actor)
        if folder is None and not out.folder:
            checkout.lay_out(uow, request, out, room, actor=actor, at=at)
            checkout.put_attachments(library, uow, request, room)
        before = opened(uow, id, folder=folder)
        _refuse_unfit(uow, before, contents)
        _refuse_moved(before, contents, seen)
        assert before.folder is not None
        records, _problems = workdir.read(before.folder, tuple(before.after), request.id)
        for key in dict.fromkeys(key for key, _flat in contents):
            made = dict(records[key])
            for (other, flat), content in contents.items():
                if other == key:
                    made = _with(made, flat, content)
            if made != records[key]:
                workdir.put(before.folder, key, made)
        after = opened(uow, id, folder=folder)
        uow.commit()
    return after


def _sentences(uow: UnitOfWork, opened: Opened, contents: Mapping[Place, Any]) -> list[str]:
    """Everything the rules say of the records that have open fields, filled as they are and with these."""
    filled: dict[Key, dict[str, Any]] = {}
    for one in opened.fields:
        content = contents.get(one.place, one.now if one.file else one.was)
        filled.setdefault(one.key, {})[one.flat] = content
    changes = opened.request.changes
    held = controlled.held_all(uow, proposal.keys(changes))
    after = controlled.completed(proposal.proposed(held, changes, filled=filled)).after
    found: list[str] = []
    for kind, id in filled:
        try:
            value = controlled.KINDS[kind].read(after[kind, id])
            if kind == "item":
                item_rules.check_item(uow, value[0])
        except (CmdbError, KeyError, TypeError, ValueError) as wrong:
            said = (wrong.problems or (wrong.reason,)) if isinstance(wrong, CmdbError) else (_odd(wrong),)
            found += [f"{kind} {id}: {one}" for one in said]
    return found + _strangers(uow, after, filled)


def _strangers(uow: UnitOfWork, after: Mapping[Key, Fields], filled: Mapping[Key, Any]) -> list[str]:
    """The records that an open field refers to and that are not there."""
    return [
        f"{kind} {id}: there is no {other[0]} '{shown(str(other[1]))}'."
        for kind, id in filled
        if kind != "item"  # the rules of items say it themselves
        for other in controlled.references(kind, after[kind, id])
        if other not in after and controlled.held(uow, *other) is None
    ]


def _odd(wrong: Exception) -> str:
    return f"this cannot be kept: {shown(str(wrong))}."


def _refuse_unfit(uow: UnitOfWork, before: Opened, contents: Mapping[Place, Any]) -> None:
    known = {one.place: one for one in before.fields}
    unknown = [f"{key[1]}.{words(flat)}" for key, flat in contents if (key, flat) not in known]
    if unknown:
        raise NotFound(f"{before.request.id} leaves this not open: {', '.join(unknown)}.", "Leave it out.")
    problems = [one for one in before.problems if contents]
    problems += [
        f"{known[key, flat].spelled}: put the file into the working directory:"
        f" {workdir.attachment_file(before.folder or Path(), key[1], flat.partition('.')[2])}."
        for key, flat in contents
        if flat.startswith("attachments.")
    ]
    problems += [f"{known[one].spelled}: it is empty." for one, new in contents.items() if new in NOTHING]
    unreadable = not problems and any(not known[one].file for one in contents)
    if problems or unreadable:
        raise Invalid(
            "Nothing was filled in.",
            "Correct what is listed; files are mended in the working directory.",
            problems or (f"{before.folder} has no such record.",),
        )
    found = objections(uow, before, contents)
    if found:
        raise Invalid("Nothing was filled in.", "Correct what is listed.", found)


def _refuse_moved(before: Opened, contents: Mapping[Place, Any], seen: Mapping[Place, Any] | None) -> None:
    moved = [
        f"{one.spelled} is {said(one.now)} in {one.file} now; it was {said(seen[one.place])}."
        for one in before.fields
        if seen is not None and one.place in contents and one.place in seen
        if one.now != seen[one.place] and one.now != contents[one.place]
    ]
    if moved:
        raise Refused(
            "The file was edited meanwhile; nothing was overwritten.",
            "Read it again, then say which it is.",
            moved,
        )


def said(content: Any) -> str:
    """Content in a sentence: `'B-7'`, or the word empty."""
    return "empty" if content in NOTHING else f"'{shown(str(plainly(content)))}'"


def _with(record: Fields, flat: str, content: Any) -> dict[str, Any]:
    """A record with another content in a flat field."""
    head, _, rest = flat.partition(".")
    if head == "characteristics" and rest:
        return {**record, head: {**record.get(head, {}), rest: content}}
    return {**record, flat: content}

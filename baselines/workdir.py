"""The working directory of a check-out: one file per record, written out and read back with care.

Files are laid out as `items/sw-11.json`, filled with what was approved, so that only open fields
are left to write, in an editor or with `put`. Reading back finds every problem at once: missing,
extra, renamed, linked and broken files. Nothing here knows what was approved. Source: rules.md 7,
Check-out.
"""

import json
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ccb import controlled
from ccb.proposal import Fields, Key
from cmdb import attachments, canonical, parts
from cmdb.errors import CmdbError, Invalid, Refused
from cmdb.files import pieces
from cmdb.model import shown
from cmdb.places import ATTACHMENTS
from cmdb.records import FOLDERS
from cmdb.written import attachment_name_problems

MARKER = "checkout.json"
README = "README.txt"
UNFINISHED = "being-written.tmp"  # a record on its way; what a crash leaves of it is no file of the check-out
RECORD_LIMIT = 4 * 1024 * 1024  # bytes; no record of an item comes near it
MARKER_LIMIT = 64 * 1024 * 1024  # bytes; it names every file of a check-out


def file_of(key: Key) -> str:
    """Where a record lies in a working directory."""
    return f"{FOLDERS[key[0]]}/{quote(key[1], safe='._+@-')}.json"


def attachment_file(folder: Path, id: str, name: str) -> Path:
    """Where an attachment of a document lies in a working directory, under its own name."""
    return folder / _beside(id) / name


def _beside(id: str) -> str:
    return f"{ATTACHMENTS}{quote(id, safe='._+@-')}"


def write(folder: Path, records: Mapping[Key, Fields], marker: Mapping[str, str], note: str) -> None:
    """Write records into a new or empty folder, and a note to whoever works in it.

    Raises Refused when something is in the way.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Refused(f"{folder} is not empty.", "Name another directory with --to DIR.")
        for key, fields in records.items():
            file = folder / file_of(key)
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(canonical.encode(controlled.form_of(key[0]), fields))
        text = json.dumps({**marker, "files": sorted(map(file_of, records))}, indent=2)
        (folder / MARKER).write_text(text + "\n", "utf-8")
        (folder / README).write_text(note, "utf-8")
    except OSError as fault:
        raise Refused(
            f"The working directory {folder} cannot be written: {fault.strerror}.",
            "Name another directory with --to DIR; nothing is checked out.",
        ) from fault


def read(folder: Path, keys: tuple[Key, ...], request: str) -> tuple[dict[Key, Fields], list[str]]:
    """Read the records back; give those that can be read and every problem found.

    The attachments of a document are the files that lie beside it, whatever its record says of them.
    Raises Invalid when the folder is no working directory of this request at all.
    """
    _check_marker(folder, request)
    expected = {file_of(key): key for key in keys}
    rooms = {_beside(id): ("document", id) for kind, id in keys if kind == "document"}
    found: dict[Key, Fields] = {}
    files: dict[Key, dict[str, Any]] = {key: {} for key in rooms.values()}
    problems: list[str] = []
    for name, what in _inside(folder, expected):
        if name in (MARKER, README, UNFINISHED) and not what:
            continue
        room, _, own = name.rpartition("/")
        if what:
            problems.append(f"{shown(name)}: {what}; only plain files belong here.")
        elif room in rooms:
            problems += _attached(folder / name, own, files[rooms[room]])
        elif name not in expected:
            problems.append(f"{shown(name)}: this file is not part of the check-out.")
        else:
            try:
                found[expected[name]] = _record(folder / name, expected[name])
            except CmdbError as wrong:
                problems.append(f"{name}: {wrong.reason}")
    for key in files.keys() & found.keys():  # what a record says of its files is what they are
        found[key] = {**found[key], "attachments": files[key]}
    present = {name for name, _what in _inside(folder, expected)}
    problems += [f"{name}: this file is missing." for name in sorted(expected) if name not in present]
    return found, problems


def put(folder: Path, key: Key, fields: Fields) -> None:
    """Replace one record of a working directory, whole or not at all.

    Whoever writes has just read the record with `read`. Raises Refused when the disk refuses.
    """
    file, draft = folder / file_of(key), folder / UNFINISHED
    try:
        draft.unlink(missing_ok=True)
        with draft.open("xb") as out:
            out.write(canonical.encode(controlled.form_of(key[0]), fields))
            out.flush()
            os.fsync(out.fileno())
        shutil.copymode(file, draft)
        draft.replace(file)
    except OSError as fault:
        raise Refused(
            f"{file} cannot be written: {fault.strerror}.",
            "Make room, or let yourself write there; then again.",
        ) from fault


def put_attachment(folder: Path, id: str, name: str, content: Iterable[bytes]) -> None:
    """Put a file beside a document of a working directory, whole. Raises Refused when the disk refuses."""
    file = attachment_file(folder, id, name)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with parts.beside(file) as part:
            part.stream.writelines(content)
            part.place()
    except OSError as fault:
        raise Refused(
            f"{file} cannot be written: {fault.strerror}.",
            "Name another directory with --to DIR; nothing is checked out.",
        ) from fault


def _attached(file: Path, name: str, found: dict[str, Any]) -> list[str]:
    """Note what a file beside a document is; say what is wrong with it."""
    wrong = attachment_name_problems(name)
    if wrong:
        return [f"{shown(file.name)}: {wrong[0]}"]
    try:
        found[name] = attachments.measure(file, follow=False)
    except CmdbError as refusal:
        return [f"{ATTACHMENTS}...{shown(name)}: {refusal.reason}"]
    return []


def _inside(folder: Path, expected: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every file below a folder, with what is wrong with its kind; links are never followed.

    A directory is told only where a file is expected, or beside an attachment.
    """
    for base, folders, files in os.walk(folder, followlinks=False):
        for name in sorted([*folders, *files]):
            path = Path(base) / name
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode):
                inside = path.relative_to(folder)
                beside = len(inside.parts) > 2 and f"{inside.parts[0]}/" == ATTACHMENTS
                if beside or inside.as_posix() in expected:
                    yield inside.as_posix(), "a directory"
                continue
            what = "" if stat.S_ISREG(mode) else "a link" if stat.S_ISLNK(mode) else "no plain file"
            yield path.relative_to(folder).as_posix(), what


def _record(file: Path, key: Key) -> dict[str, Any]:
    if file.stat().st_size > RECORD_LIMIT:
        raise Invalid("The file is larger than any record.", "Check the record out again.")
    form, fields = canonical.decode(file.read_bytes())
    if form != controlled.form_of(key[0]) or fields.get("id") != key[1]:
        raise Invalid(f"This is not the record of {key[0]} {key[1]}.", "Put the right file back.")
    return canonical.decode(canonical.encode(form, fields))[1]


def _check_marker(folder: Path, request: str) -> None:
    try:
        marker = json.loads(b"".join(pieces(folder / MARKER, limit=MARKER_LIMIT, follow=False)))
        named = marker["request"]
    except (CmdbError, ValueError, KeyError, TypeError, RecursionError) as wrong:
        raise Invalid(
            f"{folder} is no working directory of a check-out.",
            f"Name the directory that 'cmdb check-out {request} --to DIR' made, wherever it is now:"
            f" 'cmdb check-in {request} --from DIR'.",
        ) from wrong
    if named != request:
        raise Invalid(
            f"{folder} was checked out for {shown(str(named))}, not for {request}.",
            "Name the directory of this request.",
        )

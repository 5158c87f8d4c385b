"""Attachments handed out as files: checked against their SHA-256 on the way, never over another file.

    hand_out(library, document, name, file) -> Attachment
    export(library, document, folder, text) -> tuple[Path, ...]      the document's file with all of them

Source: rules.md 7, Canonical record; 9, Document.
"""

import os
from pathlib import Path

from baselines import attached, tables
from baselines.library import Library
from cmdb.documents import no_attachment
from cmdb.errors import Corrupt, Refused
from cmdb.model import shown
from cmdb.store import UnitOfWork
from cmdb.written import Attachment, Document


def hand_out(library: Library, uow: UnitOfWork, document: Document, name: str, file: Path) -> Attachment:
    """Write an attachment into a new file. Raises NotFound for one the document does not have.

    Refused when something stands there or the disk refuses, Corrupt when the bytes are not those of the
    record; no part of a file is left then.
    """
    found = document.attachment(name)
    if found is None:
        raise no_attachment(document, name)
    _write(file, _bytes(library, uow, document, found))
    return found


def export(
    library: Library, uow: UnitOfWork, document: Document, folder: Path, text: str
) -> tuple[Path, ...]:
    """Write a document's file and its attachments into a new or empty directory; give what was written.

    `text` is the file; attachments lie in the directory of the document's id beside it. Raises Refused
    when the directory holds something.
    """
    contents = [(one.name, _bytes(library, uow, document, one)) for one in document.attachments]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Refused(f"{folder} is not empty.", "Name another directory with --to DIR.")
        if contents:
            (folder / document.id).mkdir()
    except OSError as fault:
        raise _unwritten(folder, fault) from fault
    files = [(folder / f"{document.id}.yaml", text.encode())]
    files += [(folder / document.id / name, data) for name, data in contents]
    for file, data in files:
        _write(file, data)
    return tuple(file for file, _ in files)


def _bytes(library: Library, uow: UnitOfWork, document: Document, one: Attachment) -> bytes:
    newest = tables.newest(uow)
    heads = (newest.commit,) if newest is not None else ()
    data = attached.bytes_of(uow, library.vault, document.id, one.content, heads=heads)
    if data is None:
        raise Corrupt(
            f"The bytes of '{shown(one.name)}' of {document.id} are nowhere.",
            "Run 'cmdb verify'; bring the file again with 'cmdb document supply FILE'.",
        )
    return data


def _write(file: Path, data: bytes) -> None:
    made = False
    try:
        with file.open("xb") as out:
            made = True
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError as there:
        raise Refused(f"{file} exists; nothing is written over.", "Name another file.") from there
    except OSError as fault:
        if made:
            file.unlink(missing_ok=True)
        raise _unwritten(file, fault) from fault


def _unwritten(path: Path, fault: OSError) -> Refused:
    return Refused(f"{path} cannot be written: {fault.strerror}.", "Name another place with --to.")

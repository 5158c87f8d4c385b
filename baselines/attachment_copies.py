"""Attachments handed out as files: checked against their SHA-256 on the way, never over another file.

    hand_out(library, document, name, file) -> Attachment
    export(library, document, folder, text) -> tuple[Path, ...]      the document's file with all of them

Source: rules.md 7, Canonical record; 9, Document.
"""

from collections.abc import Iterable
from pathlib import Path

from baselines import attached, tables
from baselines.library import Library
from cmdb import parts
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
    _write(file, _pieces(library, uow, document, found))
    return found


def export(
    library: Library, uow: UnitOfWork, document: Document, folder: Path, text: str
) -> tuple[Path, ...]:
    """Write a document's file and its attachments into a new or empty directory; give what was written.

    `text` is the file; attachments lie in the directory of the document's id beside it. Raises Refused
    when the directory holds something.
    """
    contents = [(one.name, _pieces(library, uow, document, one)) for one in document.attachments]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Refused(f"{folder} is not empty.", "Name another directory with --to DIR.")
        if contents:
            (folder / document.id).mkdir()
    except OSError as fault:
        raise _unwritten(folder, fault) from fault
    files: list[tuple[Path, Iterable[bytes]]] = [(folder / f"{document.id}.yaml", [text.encode()])]
    files += [(folder / document.id / name, pieces) for name, pieces in contents]
    for file, pieces in files:
        _write(file, pieces)
    return tuple(file for file, _ in files)


def _pieces(library: Library, uow: UnitOfWork, document: Document, one: Attachment) -> Iterable[bytes]:
    newest = tables.newest(uow)
    heads = (newest.commit,) if newest is not None else ()
    found = attached.source(uow, library.vault, document.id, one.content, heads=heads)
    if found is None:
        raise Corrupt(
            f"The bytes of '{shown(one.name)}' of {document.id} are nowhere.",
            "Run 'cmdb verify'; bring the file again with 'cmdb document supply FILE'.",
        )
    return found.pieces


def _write(file: Path, pieces: Iterable[bytes]) -> None:
    try:
        with parts.beside(file) as part:
            part.stream.writelines(pieces)
            part.place()
    except FileExistsError as there:
        raise Refused(f"{file} exists; nothing is written over.", "Name another file.") from there
    except OSError as fault:
        raise _unwritten(file, fault) from fault


def _unwritten(path: Path, fault: OSError) -> Refused:
    return Refused(f"{path} cannot be written: {fault.strerror}.", "Name another place with --to.")

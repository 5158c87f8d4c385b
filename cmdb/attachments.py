"""Attached files that wait beside the library: the bytes of drafts, and of requests not checked in yet.

    measure(path) -> content                    SHA-256 and size, nothing written
    keep(uow, path, ...) -> content             the bytes into the database, once, in pieces
    waiting(uow, content) -> Streamed | None    the bytes again, in pieces, held against their SHA-256
    sound(pieces, content) -> bool              whether these are the bytes
    held(pieces, content, refusal) -> pieces    the same pieces, ending in the refusal when they are not

A request names an attachment by the SHA-256 of its bytes, so votes are bound to them; check-in writes
them into the library, and from then on they are read there. Nothing here commits.
Source: rules.md 5, replace attachment; 7, Canonical record.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import cmdb.tables_documents  # noqa: F401 - registers the rows of what is kept here
from cmdb import files
from cmdb.errors import CmdbError, Corrupt, Refused
from cmdb.parts import Streamed
from cmdb.store import UnitOfWork
from cmdb.written import ATTACHMENT_LIMIT, KeptFile

Content = Mapping[str, Any]  # what a record says of the bytes: {"sha256": ..., "size": ...}


def measure(path: Path, *, follow: bool = True) -> dict[str, Any]:
    """Give SHA-256 and size of a plain file, read in pieces.

    Raises NotFound, Invalid for what is no plain file or has more than 64 MiB, Refused when it may not
    be read; without `follow`, Invalid for a link.
    """
    whole, size = sha256(), 0
    for piece in files.pieces(path, limit=ATTACHMENT_LIMIT, follow=follow):
        whole.update(piece)
        size += len(piece)
    return {"sha256": whole.hexdigest(), "size": size}


def keep(
    uow: UnitOfWork, path: Path, *, expected: Content | None = None, actor: str, at: datetime
) -> dict[str, Any]:
    """Put the bytes of a file into the database, unless they are there; give SHA-256 and size.

    `expected` is what it was measured as before. Raises Refused when it is something else now.
    """
    content = measure(path)
    if content != (expected or content):
        raise _moving(path)
    _put(uow, content, files.pieces(path, limit=ATTACHMENT_LIMIT), str(path), actor=actor, at=at)
    return content


def keep_pieces(
    uow: UnitOfWork, content: Content, pieces: Iterator[bytes], *, actor: str, at: datetime
) -> None:
    """Put bytes that come from elsewhere into the database, unless they are there.

    Raises Refused when they are others than those named.
    """
    _put(uow, content, pieces, content["sha256"], actor=actor, at=at)


def is_kept(uow: UnitOfWork, content: Content) -> bool:
    """Whether the bytes that a record names wait here: so many, and of that digest."""
    kept = uow.find(KeptFile, content["sha256"])
    return kept is not None and kept.size == content["size"]


def waiting(uow: UnitOfWork, content: Content) -> Streamed | None:
    """The bytes that wait under a digest, or None. Raises Corrupt when they are not those of the digest.

    They were all looked at before this comes back, and are again while they are read.
    """
    kept = uow.find(KeptFile, content["sha256"])
    if kept is None or kept.size != content["size"]:
        return None
    own = {"sha256": kept.sha256, "size": kept.size}
    changed = Corrupt(_changed(kept), "Bring the file again: 'cmdb document supply FILE'.")
    if not sound(_pieces(uow, kept.sha256), own):
        raise changed
    return Streamed(kept.size, held(_pieces(uow, kept.sha256), own, changed))


def sound(pieces: Iterable[bytes], content: Content) -> bool:
    """Whether these are the bytes that a record names."""
    whole, size = sha256(), 0
    for piece in pieces:
        whole.update(piece)
        size += len(piece)
    return (whole.hexdigest(), size) == (content["sha256"], content["size"])


def held(pieces: Iterable[bytes], content: Content, refusal: CmdbError) -> Iterator[bytes]:
    """Give the pieces as they come; raise the refusal at their end when they are not those a record names."""
    whole, size = sha256(), 0
    for piece in pieces:
        whole.update(piece)
        size += len(piece)
        yield piece
    if (whole.hexdigest(), size) != (content["sha256"], content["size"]):
        raise refusal


def drop(uow: UnitOfWork, digest: str) -> None:
    """Forget the bytes of a digest."""
    uow.rows("DELETE FROM kept_piece WHERE sha256 = ?", digest)
    uow.rows("DELETE FROM kept_file WHERE sha256 = ?", digest)


def damaged(uow: UnitOfWork) -> Iterator[tuple[str, str]]:
    """The digests whose bytes are not theirs, and pieces of nothing; each with what is wrong."""
    for kept in uow.all(KeptFile):
        if not sound(_pieces(uow, kept.sha256), {"sha256": kept.sha256, "size": kept.size}):
            yield kept.sha256, _changed(kept)
    for (stray,) in uow.rows(
        "SELECT DISTINCT sha256 FROM kept_piece WHERE sha256 NOT IN (SELECT sha256 FROM kept_file)"
    ):
        yield stray, f"There are pieces of an attached file {stray[:12]} that nobody kept."
    for (apart,) in uow.rows(
        "SELECT sha256 FROM kept_piece GROUP BY sha256 HAVING min(place) <> 0 OR max(place) <> count(*) - 1"
    ):
        yield apart, f"The pieces of an attached file {apart[:12]} do not follow one another."


def _put(
    uow: UnitOfWork, content: Content, pieces: Iterator[bytes], name: str, *, actor: str, at: datetime
) -> None:
    digest = content["sha256"]
    known = uow.find(KeptFile, digest)
    if known is not None:
        if sound(_pieces(uow, digest), {"sha256": known.sha256, "size": known.size}):
            uow.replace(known.but(kept_at=at, kept_by=actor))
            return
        drop(uow, digest)  # damaged: what is brought now is what it should be
    again, size = sha256(), 0
    uow.add(KeptFile(sha256=digest, size=content["size"], kept_at=at, kept_by=actor))
    for place, piece in enumerate(pieces):
        again.update(piece)
        size += len(piece)
        uow.rows("INSERT INTO kept_piece (sha256, place, data) VALUES (?, ?, ?)", digest, place, piece)
    if (again.hexdigest(), size) != (digest, content["size"]):
        raise _moving(Path(name))


def _pieces(uow: UnitOfWork, digest: str) -> Iterator[bytes]:
    places = uow.rows("SELECT place FROM kept_piece WHERE sha256 = ? ORDER BY place", digest)
    for (place,) in places:
        [(data,)] = uow.rows("SELECT data FROM kept_piece WHERE sha256 = ? AND place = ?", digest, place)
        # Whoever writes past the program may leave a text there, which SQLite keeps as one.
        yield data if isinstance(data, bytes) else str(data).encode()


def _changed(kept: KeptFile) -> str:
    return f"The attached file {kept.sha256[:12]} that waits in the database was changed there."


def _moving(path: Path) -> Refused:
    return Refused(
        f"{path} changed while it was read; nothing was written.", "Wait until it is whole, and again."
    )

"""Attached files that wait beside the library: the bytes of drafts, and of requests not checked in yet.

    measure(path) -> content                    SHA-256 and size, nothing written
    keep(uow, path, ...) -> content             the bytes into the database, once, in pieces
    whole(uow, content) -> bytes | None         the bytes again, held against their SHA-256

A request names an attachment by the SHA-256 of its bytes, so votes are bound to them; check-in writes
them into the library, and from then on they are read there. Nothing here commits.
Source: rules.md 5, replace attachment; 7, Canonical record.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import cmdb.tables_documents  # noqa: F401 - registers the rows of what is kept here
from cmdb import files
from cmdb.errors import Corrupt, Refused
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


def keep_bytes(uow: UnitOfWork, data: bytes, *, actor: str, at: datetime) -> dict[str, Any]:
    """Put bytes that were read elsewhere into the database, unless they are there."""
    content: dict[str, Any] = {"sha256": sha256(data).hexdigest(), "size": len(data)}
    step = 1 << 20
    pieces = (data[start : start + step] for start in range(0, len(data), step))
    _put(uow, content, pieces, content["sha256"], actor=actor, at=at)
    return content


def is_kept(uow: UnitOfWork, digest: str) -> bool:
    """Whether the bytes of a digest wait here."""
    return uow.find(KeptFile, digest) is not None


def whole(uow: UnitOfWork, content: Content) -> bytes | None:
    """The bytes that wait under a digest, or None. Raises Corrupt when they are not those of the digest."""
    kept = uow.find(KeptFile, content["sha256"])
    if kept is None:
        return None
    data = b"".join(_pieces(uow, kept.sha256))
    if mistaken := _mistaken(kept, len(data), sha256(data).hexdigest()):
        raise Corrupt(mistaken, "Bring the file again: 'cmdb document supply FILE'.")
    return data


def drop(uow: UnitOfWork, digest: str) -> None:
    """Forget the bytes of a digest."""
    uow.rows("DELETE FROM kept_piece WHERE sha256 = ?", digest)
    uow.rows("DELETE FROM kept_file WHERE sha256 = ?", digest)


def damaged(uow: UnitOfWork) -> Iterator[tuple[str, str]]:
    """The digests whose bytes are not theirs, and pieces of nothing; each with what is wrong."""
    for kept in uow.all(KeptFile):
        digest, size = sha256(), 0
        for piece in _pieces(uow, kept.sha256):
            digest.update(piece)
            size += len(piece)
        if mistaken := _mistaken(kept, size, digest.hexdigest()):
            yield kept.sha256, mistaken
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
        if whole_or_none(uow, known) is not None:
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


def whole_or_none(uow: UnitOfWork, kept: KeptFile) -> bytes | None:
    """The bytes of a kept file, or None where they are damaged."""
    try:
        return whole(uow, {"sha256": kept.sha256, "size": kept.size})
    except Corrupt:
        return None


def _pieces(uow: UnitOfWork, digest: str) -> Iterator[bytes]:
    places = uow.rows("SELECT place FROM kept_piece WHERE sha256 = ? ORDER BY place", digest)
    for (place,) in places:
        [(data,)] = uow.rows("SELECT data FROM kept_piece WHERE sha256 = ? AND place = ?", digest, place)
        # Whoever writes past the program may leave a text there, which SQLite keeps as one.
        yield data if isinstance(data, bytes) else str(data).encode()


def _mistaken(kept: KeptFile, size: int, digest: str) -> str:
    if (digest, size) == (kept.sha256, kept.size):
        return ""
    return f"The attached file {kept.sha256[:12]} that waits in the database was changed there."


def _moving(path: Path) -> Refused:
    return Refused(
        f"{path} changed while it was read; nothing was written.", "Wait until it is whole, and again."
    )

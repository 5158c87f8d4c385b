"""The archive of a release: a plain tar whose every byte follows from its files, and a reader as strict.

    write(out, folder, files) -> (SHA-256, size)      files in the order given
    read(stream) -> (path, size, pieces) ...          raises Broken at the first thing that is not so

No compression, no times, no owners, no modes of the machine it was made on: the same files make the same
bytes anywhere, and what an archive may hold besides - links, devices, paths out of its folder, headers
nobody asked for - cannot be written as a header of this format, so the reader refuses it. Nothing is ever
unpacked. Nothing here knows what a release is. Source: rules.md 7, Release; POSIX.1-2001, pax.
"""

import tarfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import IO, NamedTuple, Protocol

from cmdb.parts import Content, Streamed

BLOCK = tarfile.BLOCKSIZE
PIECE = 1 << 20
EPOCH = 315_532_800  # 1 January 1980: tools warn of 1970
MODE = 0o644
NAME_LIMIT = 4_096  # bytes of a path in an archive
_ENDS = 2 * BLOCK
_TYPES = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.DIRTYPE: "a folder of its own",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


class Broken(Exception):
    """An archive that is not as this format writes one: `why` for a manager, `detail` for an engineer."""

    def __init__(self, why: str, detail: str) -> None:
        super().__init__(why)
        self.why = why
        self.detail = detail


class Readable(Protocol):
    """Bytes that are read once, from their beginning."""

    def read(self, count: int, /) -> bytes:
        """Give at most so many bytes; fewer only at the end."""


class Member(NamedTuple):
    """A file of an archive; `pieces` has to be read to its end before the next member."""

    name: str
    size: int
    pieces: Iterator[bytes]


def write(out: IO[bytes], folder: str, files: Iterable[tuple[str, Content]]) -> tuple[str, int]:
    """Write an archive; give the SHA-256 of all its bytes and how many they are."""
    whole, size = sha256(), 0
    for part in _parts(folder, files):
        out.write(part)
        whole.update(part)
        size += len(part)
    return whole.hexdigest(), size


def _parts(folder: str, files: Iterable[tuple[str, Content]]) -> Iterator[bytes]:
    for path, data in files:
        one = data if isinstance(data, Streamed) else Streamed(len(data), (data,))
        yield header(f"{folder}/{path}", one.size)
        yield from one.pieces
        yield bytes(-one.size % BLOCK)
    yield bytes(_ENDS)


def header(name: str, size: int) -> bytes:
    """The header of a file: with a pax header before it where the name or the size needs one."""
    one = tarfile.TarInfo(name)
    one.size, one.mtime, one.mode = size, EPOCH, MODE
    one.uid = one.gid = 0
    one.uname = one.gname = ""
    return one.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def read(stream: Readable) -> Iterator[Member]:
    """Give the files of an archive in its order. Reads the stream once; keeps nothing.

    Raises Broken for a header that this format would not have written, for an archive that ends early
    and for anything behind its end.
    """
    while True:
        block = _exactly(stream, BLOCK)
        if block == bytes(BLOCK):
            _ended(stream)
            return
        name, size, raw = _header(stream, block)
        if trick := path_problem(name):
            raise Broken("The archive names a place outside its own folder.", f"{_said(name)}: {trick}")
        if raw != header(name, size):
            raise Broken(
                "The archive was not written as a release is.", f"the header of {_said(name)} differs"
            )
        left = [size]
        yield Member(name, size, _content(stream, left))
        if left[0]:
            raise AssertionError("a member has to be read to its end")
        if _exactly(stream, -size % BLOCK).strip(b"\0"):
            raise Broken(
                "Something is hidden in the archive between two files.", f"padding behind {_said(name)}"
            )


def path_problem(name: str) -> str:
    """Say why a path may not stand in an archive; empty when it may."""
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or ":" in parts[0][1:2]:
        return "it is absolute"
    if any(part in ("", ".", "..") for part in parts):
        return "it holds '..', '.' or nothing between two slashes"
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        return "it holds a control character"
    return "" if len(parts) > 1 else "it stands beside the folder of the release"


def _header(stream: Readable, block: bytes) -> tuple[str, int, bytes]:
    """Name, size and bytes of the header that begins with this block."""
    info = _parsed(block)
    if info.type != tarfile.XHDTYPE:
        return info.name, info.size, block
    if not 0 < info.size <= NAME_LIMIT + BLOCK:
        raise Broken("The archive was not written as a release is.", f"a pax header of {info.size:,} bytes")
    extra = _exactly(stream, info.size + -info.size % BLOCK)
    fields = _records(extra[: info.size])
    plain = _exactly(stream, BLOCK)
    named = _parsed(plain)
    try:
        size = int(fields.get("size", str(named.size)))
    except ValueError as wrong:
        raise Broken("The archive was not written as a release is.", "the size in a pax header") from wrong
    return fields.get("path", named.name), size, block + extra + plain


def _parsed(block: bytes) -> tarfile.TarInfo:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError, ValueError) as broken:
        raise Broken("The file is damaged, or is no release.", f"a tar header: {broken}") from broken
    if info.type in _TYPES:
        what = _TYPES[info.type]
        raise Broken(
            f"The archive holds {what}, which no release has.", f"{_said(info.name)} is of type {info.type!r}"
        )
    if info.size < 0:
        raise Broken("The file is damaged, or is no release.", f"{_said(info.name)} has {info.size} bytes")
    return info


def _records(data: bytes) -> dict[str, str]:
    """The records of a pax header: `LENGTH KEY=VALUE` and a line end, each."""
    found: dict[str, str] = {}
    try:
        while data:
            length = int(data[: data.index(b" ")])
            record, data = data[:length], data[length:]
            key, _, value = record.partition(b" ")[2].decode("utf-8").partition("=")
            if length < 5 or not value.endswith("\n") or key in found or key not in ("path", "size"):
                raise ValueError("a record that is none of this format")
            found[key] = value[:-1]
    except ValueError as wrong:
        raise Broken("The archive was not written as a release is.", f"a pax header: {wrong}") from wrong
    return found


def _content(stream: Readable, left: list[int]) -> Iterator[bytes]:
    while left[0]:
        piece = _exactly(stream, min(PIECE, left[0]))
        left[0] -= len(piece)
        yield piece


def _exactly(stream: Readable, count: int) -> bytes:
    data = stream.read(count) if count else b""
    if len(data) != count:
        raise Broken("The file is cut off, or is no release.", f"{count - len(data):,} bytes are missing")
    return data


def _ended(stream: Readable) -> None:
    if _exactly(stream, _ENDS - BLOCK).strip(b"\0") or stream.read(1):
        raise Broken("Something stands behind the end of the archive.", "bytes after two blocks of zeros")


def _said(name: str) -> str:
    return repr(name[:200])

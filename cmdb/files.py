"""Reading a file somebody names: whole, up to a limit, and never without end.

A device, a pipe nobody writes into and a file of gigabytes are answered with a reason at once. A
pipe is read as it is filled: a shell makes one of `<(...)`. Standard library only.
"""

import codecs
import os
import select
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cmdb.checks import shown
from cmdb.errors import Invalid, NotFound, Refused

LIMIT = 4_000_000  # bytes: far more than any file a person writes
PATIENCE = 30  # seconds in which all of a pipe has to come
_PIECE = 65_536
_LARGE_PIECE = 1 << 20
_NOT_FILES = {
    stat.S_IFDIR: "directory",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFIFO: "pipe",
}


def read(path: Path, *, limit: int = LIMIT) -> bytes:
    """Give the content of a file.

    Raises NotFound when there is none; Invalid for a directory, a device, a socket, a pipe that is
    not filled within 30 seconds and anything longer than `limit` bytes; Refused when it may not be
    read.
    """
    try:
        # Without waiting: opening a pipe that nobody writes into would not come back.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError as missing:
        raise NotFound(f"There is no file {shown(str(path), 200)}.", "Check the path.") from missing
    except (OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or "that is no path"
        raise Refused(f"{shown(str(path), 200)} cannot be read: {why}.", "Check its permissions.") from fault
    try:
        return _content(descriptor, shown(str(path), 200), limit)
    except OSError as fault:
        raise Refused(f"{path} cannot be read: {fault.strerror}.", "Check the disk it is on.") from fault
    finally:
        os.close(descriptor)


def pieces(path: Path, *, limit: int, follow: bool = True) -> Iterator[bytes]:
    """Give the content of a plain file piece by piece, each of at most 1 MiB; none for an empty file.

    Without `follow` a link is no file. Raises NotFound when there is none; Invalid for what is no plain
    file and anything longer than `limit` bytes; Refused when it may not be read.
    """
    name = shown(str(path), 200)
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError as missing:
        raise NotFound(f"There is no file {name}.", "Check the path.") from missing
    except (OSError, ValueError) as fault:
        if not follow and path.is_symlink():
            raise Invalid(f"{name} is a link, not a file.", "Put the file itself there.") from fault
        why = getattr(fault, "strerror", None) or "that is no path"
        raise Refused(f"{name} cannot be read: {why}.", "Check its permissions.") from fault
    try:
        about, size = os.fstat(descriptor), 0
        kind = stat.S_IFMT(about.st_mode)
        if kind != stat.S_IFREG:
            raise Invalid(f"{name} is a {_NOT_FILES.get(kind, 'socket')}, not a file.", "Name a file.")
        if about.st_size > limit:
            raise _too_long(name, limit)
        while piece := os.read(descriptor, _LARGE_PIECE):
            size += len(piece)
            if size > limit:
                raise _too_long(name, limit)
            yield piece
    except OSError as fault:
        raise Refused(f"{name} cannot be read: {fault.strerror}.", "Check the disk it is on.") from fault
    finally:
        os.close(descriptor)


def refuse_special(path: Path, *, limit: int = 0) -> None:
    """Raise Invalid for a directory, a device or a pipe: what is read more than once is a plain file.

    With a `limit`, also for a file of more bytes. Raises FileNotFoundError when there is nothing.
    """
    about = path.stat()
    kind = stat.S_IFMT(about.st_mode)
    if kind != stat.S_IFREG:
        raise Invalid(f"{path} is a {_NOT_FILES.get(kind, 'socket')}, not a file.", "Name a file.")
    if limit and about.st_size > limit:
        raise _too_long(str(path), limit)


def read_stream(stream: BinaryIO, *, name: str = "stdin", limit: int = LIMIT) -> bytes:
    """Give what comes on a stream until it ends. Raises Invalid for more than `limit` bytes."""
    found = stream.read(limit + 1)
    if len(found) > limit:
        raise _too_long(name, limit)
    return found


def _content(descriptor: int, name: str, limit: int) -> bytes:
    about = os.fstat(descriptor)
    kind = stat.S_IFMT(about.st_mode)
    if kind not in (stat.S_IFREG, stat.S_IFIFO):
        raise Invalid(f"{name} is a {_NOT_FILES.get(kind, 'socket')}, not a file.", "Name a file.")
    if kind == stat.S_IFREG and about.st_size > limit:
        raise _too_long(name, limit)
    ends = None if kind == stat.S_IFREG else time.monotonic() + PATIENCE
    pieces, size = [], 0
    while piece := _piece(descriptor, name, ends):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise _too_long(name, limit)
    return b"".join(pieces)


def _piece(descriptor: int, name: str, ends: float | None) -> bytes:
    """The next bytes, none at the end. `ends` is when a pipe has had its time; None for a file."""
    while True:
        if ends is not None:
            left = ends - time.monotonic()
            waiting = select.poll()
            waiting.register(descriptor, select.POLLIN | select.POLLHUP)
            if left <= 0 or not waiting.poll(left * 1000):
                raise Invalid(
                    f"{name} is a pipe, and it was not filled within {PATIENCE} seconds.",
                    "Name a file, or see that the program that fills the pipe runs.",
                )
        try:
            return os.read(descriptor, _PIECE)
        except BlockingIOError:
            continue  # the writer was interrupted between saying and writing


def _too_long(name: str, limit: int) -> Invalid:
    return Invalid(
        f"{name} has more than {limit:,} bytes, the most that is read here.",
        "Check that it is the right file, or split it.",
    )


def text(data: bytes, name: str) -> str:
    """Read bytes as UTF-8, with or without a byte order mark. Raises Invalid, naming what they are."""
    refuse_packed(data, name)
    other = other_encoding(data)
    if other:
        raise Invalid(
            f"{shown(name, 200)} is {other}, not UTF-8.",
            f"Convert it: iconv -f {other} -t UTF-8 {shown(name, 200)} > new-file.",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = data[: wrong.start].count(b"\n") + 1
        raise Invalid(
            f"{shown(name, 200)} is not UTF-8: byte 0x{data[wrong.start]:02X} in line {line}.",
            "Convert it to UTF-8.",
        ) from wrong


def refuse_packed(head: bytes, name: str) -> None:
    """Raise Invalid for a compressed file: no other encoding makes a text of it."""
    for mark, kind, remedy in (
        (b"\x1f\x8b", "gzip", "Unpack it: gunzip --keep {name}; then name what it unpacks to."),
        (b"PK\x03\x04", "zip", "Unpack it, or save a spreadsheet as CSV; then name that file."),
        (b"BZh", "bzip2", "Unpack it: bunzip2 --keep {name}; then name what it unpacks to."),
        (b"\xfd7zXZ", "xz", "Unpack it: unxz --keep {name}; then name what it unpacks to."),
    ):
        if head.startswith(mark):
            raise Invalid(
                f"{shown(name, 200)} is compressed ({kind}), no text.", remedy.format(name=shown(name, 200))
            )


def other_encoding(head: bytes) -> str:
    """Say by its byte order mark that a text is UTF-16 or UTF-32; empty when it has neither."""
    # UTF-32 first: its little-endian mark begins like that of UTF-16.
    for marks, name in (
        ((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "UTF-32"),
        ((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "UTF-16"),
    ):
        if head.startswith(marks):
            return name
    return ""

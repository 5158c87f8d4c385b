"""Files on their way: under no name, or in a room of ours, until they are whole.

    with beside(file) as part: ... part.stream ...; part.place()      one new file
    with room(folder, "backup") as inside: ...                       a directory for the moment
    sweep(folder) -> int                                             what killed processes left

What stands under the name somebody asked for is whole, and nothing is ever written over. A killed process
leaves nothing where the file system keeps files without a name (O_TMPFILE); else a room, which the next
to write there removes: whoever works in one holds its lock. Standard library only. Raises OSError.
"""

import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

ROOMS = (".cmdb-release-", ".cmdb-backup-", ".cmdb-restore-", ".cmdb-part-")
LEFT_SECONDS = 86_400  # a room without a lock in it is being made, or this old
_LOCK = "lock"
_NO_NAMELESS = (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL)
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


@dataclass(frozen=True, slots=True)
class Streamed:
    """Bytes that come in pieces and are read once: how many they are, said before, and the pieces."""

    size: int
    pieces: Iterable[bytes]


Content = bytes | Streamed  # what a file is to hold


@dataclass(frozen=True, slots=True)
class Part:
    """A new file on its way: write its bytes to `stream`, then put it in its place."""

    file: Path
    stream: BinaryIO
    named: Path | None  # where it stands meanwhile; None: it has no name

    def place(self) -> None:
        """Make it durable and give it its name. Raises FileExistsError when something has that name."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        folder = os.open(self.file.absolute().parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._link(folder)
            os.fsync(folder)
        finally:
            os.close(folder)

    def _link(self, folder: int) -> None:
        if self.named is None:
            # By its descriptor; `dst_dir_fd` makes it linkat, which alone follows that link.
            os.link(f"/proc/self/fd/{self.stream.fileno()}", self.file.name, dst_dir_fd=folder)
            return
        try:
            os.link(self.named, self.file)
        except OSError as fault:
            if fault.errno not in _NO_LINKS:
                raise
            if self.file.exists() or self.file.is_symlink():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.file)) from fault
            self.named.rename(self.file)


@contextmanager
def beside(file: Path, *, nameless: bool = True) -> Iterator[Part]:
    """Begin a new file beside its place; without `Part.place` nothing of it is left.

    `nameless` False asks for one with a name, as where the file system has no others.
    """
    folder = file.absolute().parent
    found = _nameless(folder) if nameless else None
    if found is not None:
        with os.fdopen(found, "w+b") as stream:
            yield Part(file, stream, None)
        return
    with room(folder, "part") as inside:
        named = inside / "part"
        with named.open("x+b") as stream:
            yield Part(file, stream, named)


@contextmanager
def room(folder: Path, what: str) -> Iterator[Path]:
    """Make a directory in a folder, for this account alone, that goes away with whatever is left in it."""
    sweep(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".cmdb-{what}-") as name:
        lock = os.open(Path(name, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield Path(name)
        finally:
            os.close(lock)


def sweep(folder: Path) -> int:
    """Remove the rooms in a folder whose processes are gone, of this account alone; give how many."""
    count = 0
    try:
        found = [one for one in folder.iterdir() if one.name.startswith(ROOMS)]
        now = _now(folder) if found else 0.0
    except OSError:
        return 0
    for one in found:
        with suppress(OSError):  # somebody else's, or gone meanwhile
            about = one.lstat()
            if (
                stat.S_ISDIR(about.st_mode)
                and about.st_uid == os.geteuid()
                and _left(one, now - about.st_mtime)
            ):
                shutil.rmtree(one)
                count += 1
    return count


def _now(folder: Path) -> float:
    """The time by the clock of the file system, as a file made there just now has it."""
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.fstat(file.fileno()).st_mtime


def _left(place: Path, age: float) -> bool:
    """Whether nobody works in a room: its lock is free, or it has none and is old."""
    try:
        lock = os.open(place / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return age > LEFT_SECONDS
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _nameless(folder: Path) -> int | None:
    """The descriptor of a file without a name in a folder; None where there is no such thing."""
    if not hasattr(os, "O_TMPFILE") or not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o666)
    except OSError as fault:
        if fault.errno in _NO_NAMELESS and folder.is_dir():
            return None
        raise

"""What nobody expected: written down for whoever mends it, and one line for whoever sits there.

What the system refuses - a disk that is full or may not be written to - is expected, and is no mishap.

The log is this person's, outside every site. Nothing here knows Textual or a clock.
"""

import errno
import os
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cmdb.errors import CmdbError, Refused
from cmdb.instants import rfc3339

_SYSTEM = frozenset(
    (
        errno.EROFS,
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EACCES,
        errno.EPERM,
        errno.EIO,
        errno.EMFILE,
        errno.ENOMEM,
    )
)
LARGEST = 1_000_000  # bytes; what is older then goes to a file beside it
LONGEST = 120  # letters of a message one line shows


def refusal(error: BaseException) -> CmdbError:
    """What a person is told of an error: a refusal, or what the system would not do. Raises any other."""
    if isinstance(error, CmdbError):
        return error
    if isinstance(error, OSError) and error.errno in _SYSTEM:
        where = f": {error.filename}" if error.filename else ""
        return Refused(
            f"The system refused: {error.strerror}{where}.",
            "Make room or give access, then try again; what was not finished was not written.",
        )
    raise error


def place(environ: Mapping[str, str]) -> Path:
    """Where the log is kept."""
    state = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "cmdb" / "app.log"


def write_down(error: BaseException, log: Path, at: datetime) -> bool:
    """Add an exception with its traceback to the log; gives whether that could be done."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if log.exists() and log.stat().st_size > LARGEST:
            log.replace(log.with_name(f"{log.name}.old"))
        mode = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(log, mode, 0o600), "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"--- {rfc3339(at)}\n{''.join(traceback.format_exception(error))}\n")
    except OSError:
        return False
    return True


def in_short(error: BaseException) -> str:
    """An exception in one line."""
    said = " ".join(str(error).split())
    said = said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__

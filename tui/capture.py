"""What a command prints and asks for, caught for whoever runs it inside this process: the app.

`catching` stands before `sys.stdin`, `sys.stdout` and `sys.stderr`: a thread that holds a `Capture`
writes into it and has nobody to read from, every other thread passes through. Nothing here knows
click or Textual.
"""

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, NoReturn, TextIO

from cmdb.errors import CmdbError, Refused

# In the environment of a command the app runs in another process: it says on stderr how far it has
# come, on lines that begin with MARK.
PROGRESS = "CMDB_PROGRESS"
MARK = "\x1e"

MOST = 200_000  # lines kept: what comes after them is only counted


class Said(NamedTuple):
    """One line a command printed; `words` is what went to stderr."""

    text: str
    words: bool = False


class Capture:
    """What one command printed so far, and whether it has been asked to stop.

    `line` is the command as a shell takes it. Filled by the thread that runs the command, read by any other.
    """

    def __init__(self, line: str = "") -> None:
        self.line = line
        self.lines: list[Said] = []
        self.beyond = 0
        self.error: CmdbError | None = None
        self.progress = ""
        self.stopped = False
        self._open = {False: "", True: ""}

    def stop(self) -> None:
        """Ask the command to stop: it does at the next thing it says."""
        self.stopped = True

    def check(self) -> None:
        """Raise KeyboardInterrupt in the command that was asked to stop."""
        if self.stopped:
            self.stopped = False  # it still has to say that it stopped
            raise KeyboardInterrupt

    def report(self, what: str, count: int) -> None:
        """Take how far long work has come."""
        self.check()
        self.progress = f"{what}: {count:,}"

    def write(self, text: str, *, words: bool) -> None:
        """Take text of the command that runs in this thread; a line counts once it has ended."""
        self.check()
        self.take(text, words=words)

    def take(self, text: str, *, words: bool) -> None:
        """Take text, whether or not it was asked to stop."""
        *whole, rest = (self._open[words] + text).split("\n")
        self._open[words] = rest
        room = max(0, MOST - len(self.lines))
        self.lines += [Said(line.rstrip("\r"), words) for line in whole[:room]]
        self.beyond += len(whole) - min(len(whole), room)

    def end(self) -> None:
        """Take the lines that were begun: nothing comes any more."""
        for words, rest in self._open.items():
            if rest:
                self.lines.append(Said(rest, words))
                self._open[words] = ""

    def outcome(self) -> str:
        """What came of it in one line: the reason it was refused for, else what it said last."""
        if self.error is not None:
            return self.error.reason
        return next((one.text for one in reversed(self.lines) if one.text.strip()), "done")

    def text(self) -> str:
        """Everything that was printed, as it was."""
        return "\n".join(one.text for one in self.lines)


_mine = threading.local()


def current() -> Capture | None:
    """What catches the output of this thread; None where it goes to the terminal."""
    found: Capture | None = getattr(_mine, "capture", None)
    return found


@contextmanager
def caught_by(capture: Capture) -> Iterator[None]:
    """Let this thread print into `capture`."""
    before = current()
    _mine.capture = capture
    try:
        yield
    finally:
        _mine.capture = before
        capture.end()


class _Way(io.TextIOBase):
    """A stream that sends each thread's text where it belongs."""

    def __init__(self, beyond: TextIO, *, words: bool) -> None:
        super().__init__()
        self._beyond = beyond
        self._words = words

    def write(self, text: str) -> int:
        capture = current()
        if capture is None:
            return self._beyond.write(text)
        capture.write(text, words=self._words)
        return len(text)

    def flush(self) -> None:
        if current() is None:
            self._beyond.flush()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return current() is None and self._beyond.isatty()

    def fileno(self) -> int:
        if current() is not None:
            raise io.UnsupportedOperation("what is caught has no file")
        return self._beyond.fileno()


class _Nobody(io.TextIOBase):
    """A keyboard nobody sits at, for the threads whose output is caught."""

    def __init__(self, beyond: TextIO) -> None:
        super().__init__()
        self._beyond = beyond

    def _refuse(self) -> NoReturn:
        found = current()
        line = found.line if found else ""
        raise Refused(
            "This reads from a terminal, and the terminal is the app's now.", f"Type it in a shell: {line}"
        )

    def read(self, size: int | None = -1) -> str:
        return self._refuse() if current() is not None else self._beyond.read(-1 if size is None else size)

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
        return (
            self._refuse() if current() is not None else self._beyond.readline(-1 if size is None else size)
        )

    @property
    def buffer(self) -> io.TextIOBase:
        """The bytes behind it: nobody's either, where output is caught."""
        return self if current() is not None else self._beyond.buffer  # type: ignore[return-value]

    def readable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return current() is None and self._beyond.isatty()

    def fileno(self) -> int:
        if current() is not None:
            raise io.UnsupportedOperation("nobody is there to be asked")
        return self._beyond.fileno()


@contextmanager
def catching() -> Iterator[None]:
    """Send what threads print where it belongs, until the end of the block."""
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = _Nobody(before[0])
    sys.stdout, sys.stderr = _Way(before[1], words=False), _Way(before[2], words=True)
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before

"""Progress of long work: one line on stderr, rewritten, and only where a person sees it.

Inside the app it stands with the job, and is where a command that was asked to stop does so.
"""

import os
import sys
import time

from tui import capture

INTERVAL = 0.1
CLEAR = "\r\x1b[K"


class Progress:
    """Shows what is being done and how far; says nothing when stderr is no terminal."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self.told = capture.PROGRESS in os.environ  # to the app, which runs this command
        self._next = 0.0

    def __call__(self, what: str, count: int) -> None:
        """Show that so many are done."""
        caught = capture.current()
        if caught is not None:
            caught.report(what, count)
            return
        if not (self.shown or self.told) or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + INTERVAL
        line = f"{what}: {count:,}"
        sys.stderr.write(f"{CLEAR}{line}" if self.shown else f"{capture.MARK}{line}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Take the line away."""
        if self.shown:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()

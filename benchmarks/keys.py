"""Keys of the app on a pseudo terminal: from key to finished frame, CPU and bytes per key, and memory.

Idle, and while work that the app was asked for runs in the background: the report of top risks, the
plan of an import, the sweep for joint outages, an impact.
"""

import contextlib
import csv
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

SHOWN = b"app-000"  # the first items in id order
FRAME = b"\x1b[?2026l"  # the end of a frame, from a terminal that draws frames whole
ASKED, SAID = b"\x1b[?2026$p", b"\x1b[?2026;2$y"  # whether it does, and that it does
PATIENCE = 30.0
PAUSE = 0.03  # seconds between keys: a key held down
STEPS, PAGES = 150, 60
TICK = os.sysconf("SC_CLK_TCK")


class Keys(NamedTuple):
    """What a key cost: seconds to its frame in the middle and at the 95th percentile, CPU seconds, bytes."""

    middle: float
    slow: float
    cpu: float
    wire: float


class Terminal:
    """The app on a terminal of 80x24 that draws frames whole."""

    def __init__(self, words: Sequence[str]) -> None:
        self.child, self.file = pty.fork()
        if self.child == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
            os.execv(sys.executable, [sys.executable, "-m", "tui", *words])
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def key(self, key: bytes) -> None:
        """Press a key, or type several at once."""
        os.write(self.file, key)

    def until(self, sign: bytes, patience: float = PATIENCE) -> bytes:
        """Read until something stands in what was written; gives all of it."""
        seen, end = b"", time.monotonic() + patience
        while sign not in seen and time.monotonic() < end:
            seen += self.read(0.1)
        return seen

    def read(self, wait: float) -> bytes:
        """Read what there is, or comes within a moment."""
        ready, _writable, _odd = select.select([self.file], [], [], wait)
        if not ready:
            return b""
        found = b""
        with contextlib.suppress(OSError):  # the app has gone
            found = os.read(self.file, 65_536)
        if ASKED in found:
            os.write(self.file, SAID)
        return found

    def settle(self, quiet: float = 0.2) -> None:
        """Wait until nothing is written any more."""
        while self.read(quiet):
            pass

    def cpu(self) -> float:
        """CPU seconds of the app itself so far, without its children."""
        fields = Path(f"/proc/{self.child}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> int:
        """MB the app holds now."""
        held = int(Path(f"/proc/{self.child}/statm").read_text().split()[1])
        return held * os.sysconf("SC_PAGE_SIZE") // 1_000_000

    def press(self, keys: Sequence[bytes]) -> Keys:
        """Press keys one after another, each when the frame of the last has come; gives what they cost."""
        took, wire, before = [], 0, self.cpu()
        for key in keys:
            self.key(key)
            since = time.monotonic()
            seen = self.until(FRAME)
            took.append(time.monotonic() - since)
            wire += len(seen)
            end = time.monotonic() + PAUSE
            while time.monotonic() < end:
                wire += len(self.read(max(0.0, end - time.monotonic())))
        took.sort()
        spent = self.cpu() - before
        return Keys(took[len(took) // 2], took[int(len(took) * 0.95)], spent / len(keys), wire / len(keys))

    def end(self) -> None:
        """End the app, however busy it is."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        os.close(self.file)


@contextlib.contextmanager
def opened(site: Path, person: str) -> Iterator[Terminal]:
    """The app on its list of items, with nothing left to load."""
    terminal = Terminal(["--site", str(site), "--as", person])
    try:
        terminal.key(b"2")
        terminal.until(SHOWN)
        time.sleep(3)  # the heavy rooms load
        terminal.settle()
        yield terminal
    finally:
        terminal.end()


def steps(count: int = STEPS) -> list[bytes]:
    """Ten lines down, ten lines up: the cursor moves, the list does not."""
    return [b"j" if place // 10 % 2 == 0 else b"k" for place in range(count)]


def pages(count: int = PAGES) -> list[bytes]:
    """Page down."""
    return [b"\x1b[6~"] * count


def busy(site: Path, person: str, line: str) -> tuple[Keys, bool]:
    """Steps while a command typed into the app runs; and whether it still ran at the end."""
    with opened(site, person) as terminal:
        terminal.key(b":")
        terminal.settle()
        terminal.key(line.encode() + b"\r")
        time.sleep(0.3)
        terminal.settle(0.1)
        terminal.key(b"2")
        terminal.until(SHOWN)
        terminal.settle(0.1)
        found = terminal.press(steps())
        terminal.key(b"J")
        return found, b"running" in terminal.until(b"Ended", 2.0)


def plan(folder: Path) -> Path:
    """A file of items to plan the import of, written once."""
    file = folder / "keys-items.csv"
    if not file.exists():
        with file.open("w", newline="", encoding="utf-8") as rows:
            table = csv.writer(rows)
            table.writerow(("id", "type", "name", "owner", "status"))
            table.writerows(
                (f"new-{place:06d}", "server", f"New {place}", "p1", "planned") for place in range(200_000)
            )
    return file


def measured(site: Path, person: str = "p1") -> tuple[Keys, Keys]:
    """What a cursor step and a page cost while nothing else runs."""
    with opened(site, person) as terminal:
        return terminal.press(steps()), terminal.press(pages())


def main(site: Path, person: str = "p1") -> None:
    """Print one line per kind of key and of background work."""
    with opened(site, person) as terminal:
        show("cursor step", terminal.press(steps()))
        show("page", terminal.press(pages()))
        held = terminal.memory()
        for _turn in range(10):
            terminal.press(steps(60))
        print(f"memory {held} MB, after 600 more keys {terminal.memory()} MB", flush=True)
    for what, line in (
        ("top risks", "report risks"),
        ("an import", f"import {plan(site)} --as-kind items"),
        ("a sweep", "calendar --clashes"),
        ("an impact", "impact " + " ".join(f"site-{place:06d}" for place in range(7, 40, 3))),
    ):
        found, ran = busy(site, person, line)
        show(f"step during {what}{'' if ran else ' (which ended before)'}", found)


def show(what: str, found: Keys) -> None:
    """Print what keys cost."""
    print(
        f"{what}: frame after {found.middle * 1000:.0f} ms, 95% within {found.slow * 1000:.0f} ms;"
        f" {found.cpu * 1000:.1f} ms CPU, {found.wire:,.0f} bytes",
        flush=True,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))

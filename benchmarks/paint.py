"""The app on a pseudo terminal of 80x24: CPU and memory until the list of items stands on it."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path

SHOWN = b"app-000"  # the first items in id order
PATIENCE = 60.0
REPEATS = 3


def measure(site: Path) -> tuple[float, int]:
    """Give (the least CPU seconds, the most MB) of opening the app on its items."""
    found = [_once(site) for _turn in range(REPEATS)]
    return min(spent for spent, _memory in found), max(memory for _spent, memory in found)


def _once(site: Path) -> tuple[float, int]:
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.execv(sys.executable, [sys.executable, "-m", "tui", "--site", str(site)])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.write(terminal, b"2")  # the place Items; typed ahead, as fast people do
    seen = _read(terminal)
    os.kill(child, signal.SIGKILL)
    _pid, _status, used = os.wait4(child, 0)
    os.close(terminal)
    if SHOWN not in seen:
        raise SystemExit(f"The app did not show its items:\n{seen[-2000:].decode(errors='replace')}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss // 1024


def _read(terminal: int) -> bytes:
    """Read until items are shown, or patience ends."""
    seen, end = b"", time.monotonic() + PATIENCE
    while SHOWN not in seen and time.monotonic() < end:
        ready, _writable, _odd = select.select([terminal], [], [], 1.0)
        if ready:
            with contextlib.suppress(OSError):  # the app has gone
                seen += os.read(terminal, 65_536)
    return seen

"""The app on a pseudo terminal of 80x24: CPU and memory until the list of items stands on it.

The floor is `benchmarks.virtual_list`: Textual alone with one list that draws what is visible. App and
floor take turns, so that both have the same of a machine that others use too.
"""

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
REPEATS = 7


def measure(site: Path) -> tuple[float, float, int]:
    """Give the least CPU seconds of opening the app on its items, those of the floor, and the most MB."""
    ours, floor, most = [], [], 0
    for _turn in range(REPEATS):
        floor.append(_once(["benchmarks.virtual_list", str(site / "cmdb.db")], b"")[0])
        # The place Items, typed ahead, as fast people do.
        spent, memory = _once(["tui", "--site", str(site)], b"2")
        ours.append(spent)
        most = max(most, memory)
    return min(ours), min(floor), most


def _once(program: list[str], keys: bytes) -> tuple[float, int]:
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled, as an installed program is
        os.execv(sys.executable, [sys.executable, "-m", *program])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    if keys:
        os.write(terminal, keys)
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

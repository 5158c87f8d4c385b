"""A command in a process of its own, for the app: its Python never stands in the way of a key.

What it prints and how far it has come goes to a `Capture`, as if it ran here; asked to stop, it is
interrupted as ctrl+c would. Nothing here knows click or Textual.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from threading import Thread
from typing import TextIO

from cmdb.errors import CmdbError, Corrupt, Invalid, NotFound, Refused
from tui.capture import MARK, PROGRESS, Capture

LOOK = 0.1  # seconds between two looks at whether it was asked to stop
_REFUSALS: Mapping[int, type[CmdbError]] = {2: Invalid, 3: NotFound, 4: Refused, 5: Corrupt}


def run(words: Sequence[str], environ: Mapping[str, str], capture: Capture) -> int:
    """Run a command line in another process of this program and give its exit code."""
    here = os.pathsep.join(one for one in sys.path if one)  # the program that runs here, wherever it lies
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "tui", *words],
        env={**environ, "PYTHONPATH": here, PROGRESS: "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as child:
        pipes = (child.stdout, False), (child.stderr, True)
        readers = [Thread(target=_take, args=(pipe, capture, words)) for pipe, words in pipes if pipe]
        for one in readers:
            one.start()
        code = _wait(child, capture)
        for one in readers:
            one.join()
    capture.end()
    capture.error = _refusal(code, [one.text for one in capture.lines if one.words and one.text])
    return code


def _wait(child: subprocess.Popen[str], capture: Capture) -> int:
    while True:
        try:
            return child.wait(LOOK)
        except subprocess.TimeoutExpired:
            if capture.stopped:
                capture.stopped = False  # it still has to say that it stopped
                child.send_signal(signal.SIGINT)


def _take(pipe: TextIO, capture: Capture, words: bool) -> None:
    for line in pipe:
        if words and line.startswith(MARK):
            capture.progress = line.removeprefix(MARK).rstrip()
        else:
            capture.take(line, words=words)


def _refusal(code: int, said: Sequence[str]) -> CmdbError | None:
    """What a refused command said, as the refusal it was: reason, problems, remedy."""
    kind = _REFUSALS.get(code)
    if kind is None or len(said) < 2:
        return None
    *before, remedy = said
    problems: list[str] = []
    while len(before) > 1 and before[-1].startswith("  - "):
        problems.insert(0, before.pop().removeprefix("  - "))
    return kind(before[-1], remedy, problems=tuple(problems))

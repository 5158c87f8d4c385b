"""The proof of a long library on every processor at hand, each proving a stretch of its line.

    prove(vault, head, verify=..., since=..., start=..., progress=...) -> Tally

What a commit may do is read from its parent alone, so that stretches do not wait for each other; the
first failure of the line is told whichever process met it. The address of the vault goes to those
processes on their stdin, never on a command line, which others may read. A short line, and one whose
signatures are checked in a way of the caller's own, is proved here. Source: rules.md 7, Verify.
"""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import BinaryIO

from baselines import proof
from baselines.decided import Verify
from baselines.failures import Failed, Failure
from baselines.proof import Tally
from baselines.vault import Vault
from cmdb import signatures
from cmdb.errors import CmdbError, Corrupt, Refused

SHARE = 600  # commits at least that another process is begun for: its start costs as much as a third of them
MOST = 4  # processes: each knows the whole line, in some 150 MB at 20,000 commits
TELL = 100  # commits between two words of a process about how far it has come
_WAYS: Mapping[str, Verify] = {"keys": signatures.verify, "ssh-keygen": signatures.verify_with_tool}
_REFUSALS: Mapping[str, type[CmdbError]] = {one.__name__: one for one in (Corrupt, Refused)}


def prove(
    vault: Vault,
    head: str,
    *,
    verify: Verify,
    since: str = "",
    start: Tally | None = None,
    progress: Callable[[int], None] | None = None,
    processes: int | None = None,
) -> Tally:
    """Do what `proof.prove` does, in as many processes as the line is worth and the machine has.

    `processes` asks for so many, however short the line.

    Raises Failed at the first commit of the line that does not hold.
    """
    way = next((name for name, one in _WAYS.items() if one is getattr(verify, "check", verify)), "")
    stretches = _stretches(vault, head, since, processes) if way else []
    told = [0] * len(stretches)

    def count(place: int, commits: int) -> None:
        told[place] = commits
        if progress is not None:
            progress(sum(told))

    with ExitStack() as all_ended:
        others = [
            all_ended.enter_context(_Other(vault, head, stretch, way, _counting(count, place)))
            for place, stretch in enumerate(stretches[1:], start=1)
        ]
        tally = proof.prove(
            vault,
            head,
            verify=verify,
            since=since,
            start=start,
            progress=_counting(count, 0) if stretches else progress,
            stretch=stretches[0] if stretches else None,
        )
        for other, stretch in zip(others, stretches[1:], strict=True):
            # a process that was killed, or could not begin, has proved nothing: it is done here
            found = other.result() or proof.prove(vault, head, verify=verify, stretch=stretch)
            _add(tally, found)
    return tally


def _stretches(vault: Vault, head: str, since: str, processes: int | None) -> list[range]:
    """The places of the line each process proves, oldest first; none where one does it all."""
    # the affinity of this process: a container may be given two processors of many
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if processes is None and (processors or 1) < 2:
        return []
    line = vault.line(head)
    known = len(vault.line(since)) if since in line else 0
    new = len(line) - known
    shares = min(processors or 1, MOST, new // SHARE) if processes is None else min(processes, new)
    if shares < 2:
        return []
    ends = [known + new * (place + 1) // shares for place in range(shares)]
    return [range(first, end) for first, end in zip([0, *ends], ends, strict=False)]


def _counting(count: Callable[[int, int], None], place: int) -> Callable[[int], None]:
    return lambda commits: count(place, commits)


def _add(tally: Tally, more: Tally) -> None:
    tally.parts |= more.parts
    tally.baselines += more.baselines
    tally.changes += more.changes
    tally.votes += more.votes
    tally.alone += more.alone


class _Other:
    """Another process that proves a stretch; it ends with whoever waits for it."""

    def __init__(
        self, vault: Vault, head: str, stretch: range, way: str, progress: Callable[[int], None]
    ) -> None:
        self._asked = [str(vault.path.absolute()), head, stretch.start, stretch.stop, way]
        self._progress = progress
        self._said: Tally | Failure | Sequence[object] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._reader: Thread | None = None

    def __enter__(self) -> "_Other":
        here = os.pathsep.join(one for one in sys.path if one)  # the program that runs here
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__],
                env={**os.environ, "PYTHONPATH": here},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:  # no room for another process
            return self
        self._reader = Thread(target=self._listen, args=(self._child,), daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        if self._reader is not None:
            self._reader.join()

    def result(self) -> Tally | None:
        """What it counted; None when it did not come to an end. Raises what it met, as if it was met here."""
        if self._reader is not None:
            self._reader.join()
        match self._said:
            case Tally():
                return self._said
            case Failure(kind=kind, id=id, why=why, detail=detail):
                raise Failed(kind, id, why, detail)
            case [str(name), str(reason), str(remedy), tuple(problems)]:
                raise _REFUSALS.get(name, Corrupt)(reason, remedy, problems=problems)
            case _:
                return None

    def _listen(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdin is not None  # both were asked for as pipes
        assert child.stdout is not None
        try:
            with child.stdout as answer:
                with child.stdin as question:
                    question.write(json.dumps(self._asked).encode())
                while isinstance(said := pickle.load(answer), int):  # our own program, on a pipe of ours
                    self._progress(said)
                self._said = said
        except (OSError, EOFError, pickle.UnpicklingError):
            self._said = None


def _answer(question: object, out: BinaryIO) -> None:
    """Prove the stretch asked for; tell how far it has come, and at the end what was counted or met."""
    assert isinstance(question, list)
    path, head, first, end, way = question

    def tell(place: int) -> None:
        if (place - first) % TELL == 0:
            pickle.dump(place - first, out)
            out.flush()  # once nobody reads, this ends the process

    said: object
    with Vault(Path(path)) as vault:  # whoever asks has judged whether it is one
        verify = signatures.Remembered(_WAYS[way])
        try:
            said = proof.prove(vault, head, verify=verify, progress=tell, stretch=range(first, end))
            said.walked = ()  # who asked has walked the line too
        except Failed as failed:
            said = failed.failure
        except CmdbError as broken:
            said = [type(broken).__name__, broken.reason, broken.remedy, tuple(broken.problems)]
    pickle.dump(said, out)
    out.flush()


if __name__ == "__main__":
    _answer(json.load(sys.stdin), sys.stdout.buffer)

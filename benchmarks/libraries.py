"""The library against plain git: first baseline, check-in, comparison and history, each with its floor.

    python -m benchmarks.libraries [ITEMS]        1,000,000 when no number is given

Every floor is measured in the same run, on the same repository: `git fast-import` for what is
written (with the fsync, the SQLite commit and the signature that a check-in needs), `git diff` and
`git log` for what is read. Prints wall seconds and the ratio; wants a quiet machine.
"""

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from baselines import differences, establish, library, whole_layout
from baselines.library import Draft, Library
from baselines.model import LibraryCommit
from baselines.vault import Vault
from cmdb import canonical
from cmdb.model import Person
from cmdb.store import Store, UnitOfWork

AT = datetime(2026, 11, 22, tzinfo=UTC)
WHO = Person(id="bench", name="Bench")
REPEATS = 9
COMMITS = 500

Files = Iterable[tuple[str, bytes | None]]


class Row(NamedTuple):
    """One figure: what was done, the floor and ours in seconds."""

    what: str
    floor: float
    ours: float


class Bench:
    """One library of many items, and the plain tools beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)
        store = Store.connect(str(folder / "cmdb.db"))
        whole_layout.lay_out(store, site="bench", name="Bench")
        self.library = Library(store, Vault.create(folder / "library.git"))
        establish.found(self.library, founder=WHO, key=self.key, at=AT, name="Bench")
        self.floor_rows = sqlite3.connect(folder / "floor.db", isolation_level=None)
        self.floor_rows.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (a)")

    def check_in(self, files: Files) -> LibraryCommit:
        """One baseline through the whole write order."""

        def enter(uow: UnitOfWork, commit: LibraryCommit) -> None:
            establish.enter_baseline(uow, commit, title="Bench")

        return library.commit_point(
            self.library,
            kind="baseline",
            draft=lambda _uow, _newest: Draft(files=files, subject="Bench"),
            enter=enter,
            author=WHO,
            key=self.key,
            at=AT,
            request="CR-1",
        )

    def plain(self, files: Files, branch: str, repository: Path) -> None:
        """The same files by `git fast-import`, a signature and an SQLite commit."""
        command = ["git", f"--git-dir={repository}", "-c", "core.fsync=all", "fast-import", "--quiet"]
        running = subprocess.Popen([*command, "--force"], stdin=subprocess.PIPE)
        assert running.stdin is not None
        who = f"committer Bench <bench> {int(AT.timestamp())} +0000\n"
        running.stdin.write(f"commit refs/heads/{branch}\n{who}data 2\nx\n".encode())
        if branch == "floor":
            running.stdin.write(b"from refs/heads/main^0\n")
        for path, data in files:
            running.stdin.write(
                b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data or b""), data)
            )
        running.communicate()
        sign = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(self.key)]
        subprocess.run(sign, input=b"x" * 300, check=True, capture_output=True)
        self.floor_rows.execute("INSERT INTO t VALUES (1)")

    def plain_compare(self, old: str, new: str) -> None:
        """The differing files of two commits and their contents, by git alone."""
        here = ["git", f"--git-dir={self.library.vault.path}"]
        options = ["-r", "--raw", "--no-renames", "--no-abbrev"]
        raw = subprocess.run([*here, "diff-tree", *options, old, new], check=True, capture_output=True)
        oids = b"\n".join(oid for line in raw.stdout.splitlines() for oid in line.split()[2:4])
        subprocess.run(
            [*here, "cat-file", "--batch", "--buffer"], input=oids, check=True, capture_output=True
        )

    def git(self, *arguments: str) -> None:
        """Run git for its time only."""
        command = ["git", f"--git-dir={self.library.vault.path}", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main(items: int) -> None:
    """Measure and print every row."""
    with tempfile.TemporaryDirectory(prefix="cmdb-bench-") as folder:
        bench = Bench(Path(folder))
        for row in chain(_first(bench, items), _check_ins(bench, items), _reading(bench, items)):
            ratio = row.ours / row.floor
            said = f"floor {row.floor:8.3f} s   ours {row.ours:8.3f} s   {ratio:5.2f}x"
            print(f"{row.what:<46} {said}", flush=True)
        bench.library.close()


def _first(bench: Bench, items: int) -> Iterator[Row]:
    plain = bench.folder / "plain.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(plain)], check=True)
    floor = _timed(lambda: bench.plain(_files(range(items), "0"), "main", plain))
    ours = _timed(lambda: bench.check_in(_files(range(items), "0")))
    yield Row(f"first baseline of {items:,} items", floor, ours)


def _check_ins(bench: Bench, items: int) -> Iterator[Row]:
    for count in (1, 10, 1000):
        floors, ours = [], []
        for turn in range(REPEATS):
            chosen = range(turn * count, turn * count + count)
            plain = partial(bench.plain, _files(chosen, f"f{turn}"), "floor", bench.library.vault.path)
            floors.append(_timed(plain))
            ours.append(_timed(partial(bench.check_in, _files(chosen, f"o{turn}"))))
        yield Row(f"check-in of {count} into {items:,}", min(floors), min(ours))


def _reading(bench: Bench, items: int) -> Iterator[Row]:
    vault, count = bench.library.vault, max(1, items // 100)
    with bench.library.store.read() as uow:
        old = differences.baseline(uow, "latest")
    bench.check_in(_files(range(0, items, 100), "compared"))
    with bench.library.store.read() as uow:
        new = differences.baseline(uow, "latest")

    def read() -> None:
        oids = [oid for one in vault.changes(old.commit, new.commit) for oid in (one.old, one.new)]
        for _ in vault.contents(oids):
            pass

    floor = min(_timed(lambda: bench.plain_compare(old.commit, new.commit)) for _ in range(3))
    yield Row(f"read what differs, {count:,} items changed", floor, min(_timed(read) for _ in range(3)))
    whole = min(_timed(lambda: differences.between(bench.library, old, new)) for _ in range(3))
    yield Row(f"compare two baselines, {count:,} items changed", floor, whole)
    for turn in range(COMMITS):
        bench.check_in(_files([turn % 7], f"h{turn}"))
    library.tidy(bench.library)
    path, head = _path(3), vault.head()
    floor = min(_timed(lambda: bench.git("log", "--format=%H", head, "--", path)) for _ in range(3))
    yield Row(
        f"history of one item, {COMMITS:,} commits",
        floor,
        min(_timed(lambda: vault.history(path, head)) for _ in range(3)),
    )


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _path(number: int) -> str:
    spread = sha256(b"item-%d" % number).hexdigest()
    return f"items/{spread[:2]}/{spread[2:4]}/item-{number}.json"


def _files(numbers: Iterable[int], salt: str) -> Iterator[tuple[str, bytes]]:
    for number in numbers:
        fields = {
            "id": f"item-{number}",
            "type": "network-device",
            "name": f"Item {number}",
            "owner": f"p-{number % 97}",
            "characteristics": {"model": f"QFX5120-{number}", "serial": f"{salt}-{number}"},
            "dependencies": [{"target": f"item-{number * 7}", "kind": "uses", "strength": "hard"}],
        }
        yield _path(number), canonical.encode("item/1", fields)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

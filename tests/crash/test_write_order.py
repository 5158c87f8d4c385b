"""Whatever is killed when: both stores say the same, nothing is lost, nothing is half done."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from baselines import establish, library, tables
from baselines.library import Library
from baselines.model import LibraryCommit
from baselines.vault import Vault
from cmdb import journal
from cmdb.store import Store
from tests.conftest import ROOT, Keys
from tests.crash import writer

STEPS = ("prepared", "locked", "settled", "entered", "pending", "committed", "moved")
SECONDS = int(os.environ.get("CMDB_CRASH_SECONDS", "120"))


@pytest.fixture
def key(keys: Keys) -> Path:
    return keys.private("a.vries")


@pytest.fixture
def made(store: Store, tmp_path: Path, key: Path) -> Iterator[Library]:
    with Library(store, Vault.create(tmp_path / "library.git")) as one:
        establish.found(one, founder=writer.ANNE, key=key, at=writer.AT, name="Harbour")
        yield one


def start(database: str, tmp_path: Path, key: Path, name: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.crash.writer", str(tmp_path), database, str(key), name, "forever"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def killed(database: str, tmp_path: Path, key: Path, name: str, step: str) -> int:
    """Let a forked process write until it kills itself at a step; give the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            writer.main(str(tmp_path), database, str(key), name, step)
        finally:
            os._exit(1)  # only reached when nothing killed it: then the signal below is 0
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def look(made: Library) -> list[LibraryCommit]:
    """Check every invariant of the two stores, and give the commits the database knows."""
    library.settle(made)
    with made.store.read() as uow:
        commits = list(uow.all(LibraryCommit))
        ids = tables.baseline_ids(uow)
        assert journal.chain_problem(uow) is None
        assert journal.head(uow)[0] == len(commits)
    assert [one.sequence for one in commits] == list(range(len(commits)))
    assert made.vault.head() == commits[-1].commit
    assert [one.id for one in made.vault.walk(commits[-1].commit)] == [one.commit for one in commits[::-1]]
    assert made.vault.tags() == {one.name: one.tag for one in commits}
    assert sorted(ids) == [one.name for one in commits]
    assert made.vault.pending_names() == {}
    done = subprocess.run(
        ["git", f"--git-dir={made.vault.path}", "fsck", "--full", "--strict", "--no-dangling"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert not [path for path in made.vault.path.rglob("*.lock") if path.name != "cmdb.lock"]
    return commits


@pytest.mark.parametrize("step", STEPS)
def test_a_writer_killed_after_any_step_leaves_all_or_nothing(
    made: Library, database: str, tmp_path: Path, key: Path, step: str
) -> None:
    assert killed(database, tmp_path, key, "first", step) == signal.SIGKILL
    # A reader asks for nothing but rows, and has its answer before anybody repairs anything.
    with made.store.read() as uow:
        newest = tables.newest(uow)
    assert newest is not None
    expected = "BL-000001" if step in ("committed", "moved") else "BL-000000"
    assert newest.name == expected
    assert made.vault.find(newest.commit, "items/first.json") == (
        b"first" if expected == "BL-000001" else None
    )
    assert [one.name for one in look(made)][-1] == expected
    # The next writer needs no repair either.
    assert writer.write(made, key, "second").parent == newest.commit
    look(made)


def test_a_killed_writer_needs_no_repair_before_the_next_write(
    made: Library, database: str, tmp_path: Path, key: Path
) -> None:
    for step in ("pending", "committed"):
        assert killed(database, tmp_path, key, step, step) == signal.SIGKILL
    (made.vault.path / "refs/heads/main.lock").write_text("")
    writer.write(made, key, "after")
    assert [one.name for one in look(made)] == ["BL-000000", "BL-000001", "BL-000002"]


@pytest.mark.slow
def test_three_writers_killed_at_random_lose_nothing(
    made: Library, database: str, tmp_path: Path, key: Path
) -> None:
    chance = random.Random(20261122)
    finished: list[str] = []
    until = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < until:
        writers = []
        for _ in range(3):
            number += 1
            writers.append(start(database, tmp_path, key, f"w{number}"))
        for one in writers:
            assert one.stdout is not None
            finished += one.stdout.readline().split()  # it has started, and finished something
            time.sleep(chance.uniform(0, 0.3))
            one.send_signal(signal.SIGKILL)
        for one in writers:
            finished += one.communicate()[0].split()
    commits = look(made)
    assert finished
    held = {path for path, _ in made.vault.paths(commits[-1].commit, "items")}
    assert {f"items/{name}.json" for name in finished} <= held
    assert len(held) == len(commits) - 1

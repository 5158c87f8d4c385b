"""A writer that is killed: `python -m tests.crash.writer SITE KEY NAME STEP [forever]`.

Adds one baseline that holds `items/NAME-<n>.json`; at STEP it kills itself as an operating system
would. With `forever` it goes on until somebody kills it, and says what it has finished.
"""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from baselines import establish, library
from baselines.library import Draft, Library
from baselines.model import LibraryCommit
from baselines.vault import Vault
from cmdb.errors import Refused
from cmdb.model import Person
from cmdb.store import Store, UnitOfWork

AT = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
ANNE = Person(id="a.vries", name="Anne de Vries", login="anne")


def reach(site: Path, database: str) -> Library:
    return Library(Store.open(database), Vault.open(site / "library.git"))


def write(made: Library, key: Path, name: str, kill_at: str = "") -> LibraryCommit:
    def draft(uow: UnitOfWork, newest: LibraryCommit | None) -> Draft:
        return Draft(files=[(f"items/{name}.json", name.encode())], subject=f"Write {name}")

    def enter(uow: UnitOfWork, commit: LibraryCommit) -> None:
        establish.enter_baseline(uow, commit, title=name)

    def step(reached: str) -> None:
        if reached == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return library.commit_point(
        made,
        kind="baseline",
        draft=draft,
        enter=enter,
        author=ANNE,
        key=key,
        at=AT,
        request="CR-1",
        steps=step,
    )


def main(site: str, database: str, key: str, name: str, kill_at: str) -> None:
    made = reach(Path(site), database)
    if kill_at != "forever":
        write(made, Path(key), name, kill_at)
        return
    number = 0
    while True:
        number += 1
        try:
            write(made, Path(key), f"{name}-{number}")
        except Refused:
            continue
        sys.stdout.write(f"{name}-{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])

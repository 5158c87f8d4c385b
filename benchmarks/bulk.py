"""Import of a large estate through the command line, beside bare SQLite reading the same files."""

import csv
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.generated import LAYERS
from benchmarks.generated import NEEDS as GENERATED
from benchmarks.loading import new
from cmdb.model import RoleGrant
from cmdb.site import Site
from cmdb.site import write as write_site
from cmdb.store import Store

OWNERS = 200
# With what applications log to, three dependencies for every item.
NEEDS = {**GENERATED, "app": (*GENERATED["app"], ("srv", "uses", (1, 1), 0.93, "soft"))}
ROOT = Path(__file__).parent.parent


def measure(folder: Path, items: int) -> tuple[float, float, str]:
    """Give (our CPU seconds, the floor's, a note) for importing so many items and their needs."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = write_files(folder, items)
    least, _memory = cpu([sys.executable, "-m", "benchmarks.bulk", str(folder)])
    site = folder / "site"
    site.mkdir()
    new(str(site / "cmdb.db"), [f"p{number}" for number in range(OWNERS)]).close()
    write_site(Site(path=site, name="Bulk"))
    with Store.open(str(site / "cmdb.db")).write() as uow:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        uow.add(RoleGrant(id="rg-1", person="p0", role="configuration manager", start=start))
        uow.commit()
    ours, memory = 0.0, 0
    for kind in ("items", "dependencies"):
        spent, most = cpu(command(site, folder, kind))
        ours, memory = ours + spent, max(memory, most)
    note = f"{items + rows:,} rows, {(items + rows) / ours:,.0f} rows/s; peak {memory} MB"
    shutil.rmtree(folder)
    return ours, least, note


def command(site: Path, folder: Path, kind: str) -> list[str]:
    """The import of one of the files."""
    start = [sys.executable, "-m", "tui", "--site", str(site), "--as", "p0", "import"]
    return [*start, str(folder / f"{kind}.csv"), "--as-kind", kind, "--apply"]


def write_files(folder: Path, items: int) -> int:
    """Write `items.csv` and `dependencies.csv`; give the number of dependencies."""
    dice = random.Random(11)
    share = items / sum(count for _type, count in LAYERS.values())
    counts = {layer: max(3, int(count * share)) for layer, (_type, count) in LAYERS.items()}
    with (folder / "items.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "type", "name", "owner", "status"])
        for layer, count in counts.items():
            kind = LAYERS[layer][0]
            for place in range(count):
                name = f"{kind} {layer} {place:06d}".capitalize()
                out.writerow([f"{layer}-{place:06d}", kind, name, f"p{place % OWNERS}", "in service"])
    written = 0
    with (folder / "dependencies.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["source", "target", "kind", "strength", "group", "need"])
        for layer in NEEDS:
            for place in range(counts[layer]):
                written += _write_needs(out, layer, place, counts, dice)
    return written


def _write_needs(
    out: "csv._writer", layer: str, place: int, counts: dict[str, int], dice: random.Random
) -> int:
    taken: set[tuple[str, str]] = set()
    before = {f"{layer}-{place:06d}"}
    for number, (below, kind, (low, high), share, how) in enumerate(NEEDS[layer]):
        if dice.random() >= share:
            continue
        middle = place * counts[below] // counts[layer]
        near = dice.sample(range(middle - 2, middle + 3), dice.randint(low, high))
        targets = [f"{below}-{one:06d}" for one in sorted(near) if 0 <= one < counts[below]]
        group = f"g{number}" if how in ("one", "most") else ""
        for target in targets:
            if target not in before and (target, kind) not in taken:
                taken.add((target, kind))
                strength = "soft" if how == "soft" else "hard"
                need = "1" if group else ""
                out.writerow([f"{layer}-{place:06d}", target, kind, strength, group, need])
    return len(taken)


def floor(folder: Path) -> None:
    """Read both files and write bare tables with the two indexes every answer needs."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE item (key INTEGER PRIMARY KEY, id, type, name, owner, status)")
    connection.execute("CREATE TABLE dependency (source, target, kind, strength, grp, need)")
    keys: dict[str, int] = {}
    with (folder / "items.csv").open(newline="") as file:
        lines = csv.reader(file)
        next(lines)
        connection.executemany(
            "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?)",
            ((keys.setdefault(row[0], len(keys) + 1), *row) for row in lines),
        )
    with (folder / "dependencies.csv").open(newline="") as file:
        lines = csv.reader(file)
        next(lines)
        connection.executemany(
            "INSERT INTO dependency VALUES (?, ?, ?, ?, ?, ?)",
            ((keys[row[0]], keys[row[1]], *row[2:]) for row in lines),
        )
    connection.execute("CREATE UNIQUE INDEX item_id ON item (id)")
    connection.execute("CREATE UNIQUE INDEX dependency_forward ON dependency (source, target, kind)")
    connection.execute("CREATE INDEX dependency_reverse ON dependency (target, source, grp)")
    connection.execute("COMMIT")
    connection.close()


def cpu(command: list[str]) -> tuple[float, int]:
    """CPU seconds and peak MB of a whole process, compiled as an installed program is."""
    environ = {name: told for name, told in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    out = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, env=environ)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with exit code {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss // 1024


if __name__ == "__main__":
    floor(Path(sys.argv[1]))

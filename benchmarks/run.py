"""Measure every row beside its floor, in the same run, and print a Markdown table.

    python -m benchmarks.run [FOLDER] [--small | --items N] [--only WORD]

FOLDER keeps the generated estates between runs (else a temporary one). CPU seconds of the whole
process, the least of several runs: machines are shared, and only the ratio to the floor is stable.
`--small` builds 20,000 items in place of 1,000,000, `--items` any number.
"""

import argparse
import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import boards, bulk, keys, paint, postgres
from benchmarks.floors import closure
from cmdb.site import Site
from cmdb.site import read as read_site
from cmdb.site import write as write_site

ROOT = Path(__file__).parent.parent
PYTHON = sys.executable
REPEATS = 5
MILLION = 1_000_000


class Row(NamedTuple):
    """One line of the table. `reach` is the ratio to stay within, or a limit in seconds."""

    work: str
    ours: float
    floor: float
    target: str
    note: str = ""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", nargs="?", type=Path)
    asked.add_argument("--items", type=int, default=MILLION, help="how many items, in place of 1,000,000")
    asked.add_argument("--small", action="store_const", dest="items", const=20_000, help="20,000 of them")
    asked.add_argument("--only", default="", help="rows whose name holds this word")
    chosen = asked.parse_args()
    with contextlib.ExitStack() as stack:
        folder = chosen.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        print("| work | CPU | floor | ratio | to reach | |")
        print("|---|---|---|---|---|---|")
        for row in rows(folder, chosen.items, stack):
            if chosen.only not in row[0]:
                continue
            found = row[1]()
            ratio = f"{found.ours / found.floor:.1f}" if found.floor else ""
            floor = f"{found.floor * 1000:,.0f} ms" if found.floor else ""
            print(
                f"| {found.work} | {found.ours * 1000:,.0f} ms | {floor} | {ratio} | {found.target} |"
                f" {found.note} |",
                flush=True,
            )


def rows(folder: Path, items: int, stack: contextlib.ExitStack) -> Iterator[tuple[str, Callable[[], Row]]]:
    """Every row by its name; nothing is measured or built until its turn comes."""
    yield "start-up", lambda: start_up("cmdb --help", ["--help"])
    yield "version", lambda: start_up("cmdb --version", ["--version"])
    share, scale = items / MILLION, "1 M" if items == MILLION else f"{items // 1000:,} k"
    site = lambda: estate_site(folder / scale.replace(" ", ""), share)  # noqa: E731
    yield "item show", lambda: read(f"cmdb item show, {scale}", site(), ["item", "show", "srv-000123"])
    yield "search", lambda: read(f"cmdb item search, {scale}", site(), ["item", "search", "server 00012"])
    for wanted in (10, 1_000, 10_000, 100_000):
        if items >= 10 * wanted or wanted <= 10_000:
            yield f"impact {wanted}", lambda wanted=wanted: impact_row(site(), wanted, scale)
    yield "joint outages", lambda: joint_row(site(), share, scale)
    yield "better moments", better_row
    shared = Path(os.environ.get("CMDB_SHARED_DATA", ROOT.parent / "shared" / "data"))
    votes = shared / "changes-and-votes" / "votes.2011-2013.csv.gz"
    if votes.is_file():
        yield "decisions", lambda: decisions_row(votes)
    data = shared / "large-graph"
    if data.is_dir():
        yield "impact packages", lambda: package_row(folder / "packages", data)
    yield "bulk import", lambda: bulk_row(folder, items)
    yield "first paint", lambda: paint_row(site(), scale)
    yield "keys", lambda: keys_row(site(), scale)
    yield from postgres_rows(folder, site, items, scale, stack)


def postgres_rows(
    folder: Path, site: Callable[[], Path], items: int, scale: str, stack: contextlib.ExitStack
) -> Iterator[tuple[str, Callable[[], Row]]]:
    """The rows on PostgreSQL; the server runs from the first of them to the end."""
    server = functools.cache(lambda: stack.enter_context(postgres.server()))

    @functools.cache
    def there() -> Path:
        place = folder / "postgresql"
        shutil.rmtree(place, ignore_errors=True)
        return postgres.estate(server(), place, site() / "cmdb.db")

    def asked(work: str, least: str, arguments: list[str], target: str, down: list[str]) -> Row:
        url = read_site(there()).url
        ours, memory = server().measure(cmdb(there(), arguments), REPEATS)
        floor = server().measure([*postgres.floor(least), url, *down], REPEATS)[0]
        note = f"floor: psycopg alone; client and server; peak {memory} MB"
        return Row(f"{work}, PostgreSQL, {scale}", ours, floor, target, note)

    def load() -> Row:
        ours, least, note = postgres.load(server(), folder / "bulk", items)
        return Row(f"import of {items:,} items, PostgreSQL", ours, least, "3x", f"floor: COPY; {note}")

    def impact(wanted: int) -> Row:
        down, _above = down_for(str(site() / "cmdb.db"), wanted)
        work = f"cmdb impact --json, {wanted:,} hit"
        return asked(work, "closure", ["--json", "impact", *down], "3x", down)

    show, found = ["item", "show", "srv-000123"], ["item", "search", "server 00012"]
    yield "postgresql show", lambda: asked("cmdb item show", "one_query", show, "2x", show[2:])
    yield "postgresql search", lambda: asked("cmdb item search", "one_prefix", found, "2x", found[2:])
    for wanted in (10, 1_000, 10_000, 100_000)[: 4 if items == MILLION else 3]:
        yield f"postgresql hit {wanted}", lambda wanted=wanted: impact(wanted)
    yield "postgresql load", load


def decisions_row(votes: Path) -> Row:
    """Real reviews under four policies, every requirement told; the floor only counts."""
    number, ours, floor = boards.measured(boards.read(votes))
    target = f"{boards.LEAST:,} a second"
    return Row(
        f"{number:,} decisions replayed", ours, floor, target, f"{number / ours:,.0f} a second; floor: a loop"
    )


def estate_site(folder: Path, share: float) -> Path:
    """A site around a generated estate, made once."""
    if not (folder / "site.toml").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _apart("benchmarks.generated", str(folder / "cmdb.db"), str(share))
        write_site(Site(path=folder, name="Benchmark"))
    return folder


def _apart(module: str, *arguments: str) -> None:
    """Build in a process of its own: a child's peak of memory starts at its parent's."""
    subprocess.run([PYTHON, "-m", module, *arguments], cwd=ROOT, check=True)


def cpu(command: list[str], repeats: int = REPEATS) -> tuple[float, int]:
    """The least CPU seconds of a whole process, and the most memory it took, in MB."""
    least, memory = float("inf"), 0
    # Compiled, as an installed program is: the first run may write what the others read.
    environ = {name: told for name, told in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _turn in range(repeats):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, env=environ
        )
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} failed with exit code {process.returncode}")
        least, memory = min(least, used.ru_utime + used.ru_stime), max(memory, used.ru_maxrss // 1024)
    return least, memory


def cmdb(site: Path, arguments: list[str]) -> list[str]:
    return [PYTHON, "-m", "tui", "--site", str(site), *arguments]


def floor(work: str, *arguments: str) -> float:
    return cpu([PYTHON, str(ROOT / "benchmarks" / "floors.py"), work, *arguments])[0]


def start_up(work: str, arguments: list[str]) -> Row:
    click = cpu([PYTHON, "-c", "import click"])[0]
    return Row(
        work, cpu([PYTHON, "-m", "tui", *arguments])[0], click, "80 ms", "floor: python and click alone"
    )


def read(work: str, site: Path, arguments: list[str]) -> Row:
    kind = "one_prefix" if "search" in arguments else "one_query"
    least = floor(kind, str(site / "cmdb.db"), arguments[-1])
    return Row(work, cpu(cmdb(site, arguments))[0], least, "90 ms", "floor: sqlite3, one query")


def impact_row(site: Path, wanted: int, scale: str) -> Row:
    database = str(site / "cmdb.db")
    down, above = down_for(database, wanted)
    spent, memory = cpu(cmdb(site, ["--json", "impact", *down]))
    note = f"{above:,} above {len(down)} down; peak {memory} MB"
    return Row(
        f"cmdb impact --json, {wanted:,} hit, {scale}", spent, floor("closure", database, *down), "3x", note
    )


def down_for(database: str, wanted: int) -> tuple[list[str], int]:
    """Items of one layer that together have about so many items above them, without redundancy."""
    layer = {10: "srv", 1_000: "room", 10_000: "room", 100_000: "site"}[wanted]
    best: tuple[list[str], int] = ([], 0)
    for count in range(1, 40):
        down = [f"{layer}-{place:06d}" for place in range(7, 7 + 3 * count, 3)]
        above = closure(database, *down)
        if not best[0] or abs(above - wanted) < abs(best[1] - wanted):
            best = down, above
        if above > wanted:
            break
    return best


def package_row(folder: Path, data: Path) -> Row:
    if not (folder / "site.toml").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _apart("benchmarks.packages", str(folder / "cmdb.db"), str(data))
        write_site(Site(path=folder, name="Packages"))
    database = str(folder / "cmdb.db")
    spent, memory = cpu(cmdb(folder, ["--json", "impact", "libc6"]))
    note = f"{closure(database, 'libc6') - 1:,} above; peak {memory} MB"
    return Row("cmdb impact --json libc6, packages", spent, floor("closure", database, "libc6"), "3x", note)


def joint_row(site: Path, share: float, scale: str) -> Row:
    """Cold, with the floor of searching everything above what goes down, without redundancy."""
    database = str(site / "cmdb.db")
    command = [PYTHON, "-m", "benchmarks.planning", "joint", database, str(share)]
    told = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    spent, memory = cpu(command)
    note = (
        f"{told['found']} found, {told['hit']:,} items hit; one change moved: {told['moved'] * 1000:,.0f} ms;"
        f" peak {memory} MB"
    )
    least = floor("closure", database, *told["down"])
    return Row(f"joint outages of 500 scheduled changes, cold, {scale}", spent, least, "5 s", note)


def better_row() -> Row:
    """With one forecast of one moment as its floor."""
    command = [PYTHON, "-m", "benchmarks.planning", "better"]
    runs = [
        json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
        for _turn in range(3)
    ]
    ours, once = (min(one[name] for one in runs) for name in ("moments", "forecast"))
    note = "floor: one forecast of one moment, rolling 90 days"
    return Row("better moments, 90 days, 200 agreements", ours, once, "2 s", note)


def bulk_row(folder: Path, items: int) -> Row:
    ours, least, note = bulk.measure(folder / "bulk", items)
    return Row(f"bulk import, {items:,} items and their dependencies", ours, least, "3x", note)


def paint_row(site: Path, scale: str) -> Row:
    ours, least, memory = paint.measure(site)
    note = f"{memory} MB; floor: Textual alone with a virtual list"
    return Row(f"app: first paint, {scale}", ours, least, "1.5x, 100 MB", note)


def keys_row(site: Path, scale: str) -> Row:
    """CPU of a cursor step, without a floor; what `benchmarks.keys` tells at length, in one line."""
    step, page = keys.measured(site)
    note = (
        f"95% of frames within {step.slow * 1000:.0f} ms, {step.wire:,.0f} bytes;"
        f" page {page.cpu * 1000:.0f} ms, {page.slow * 1000:.0f} ms, {page.wire:,.0f} bytes"
    )
    return Row(f"app: cursor step, {scale}", step.cpu, 0.0, "30 ms to the frame, 1 KB, page 12 KB", note)


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"\n{time.monotonic() - started:,.0f} s in all", file=sys.stderr)

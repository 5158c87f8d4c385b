"""The packages of a real Linux archive as an estate: alternatives are groups of which one is enough."""

import csv
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.loading import KINDS, GroupTuple, ItemTuple, NeedTuple, load, new

OWNER = "archive"
STRONG = ("depends", "pre-depends")


def build(database: str, folder: Path, *, alternatives: bool) -> None:
    """Write the archive into a new database.

    Only what must be there counts (depends and pre-depends), and only packages of the archive
    itself. With `alternatives`, `a | b` is a group of need 1; without, both are plain needs.
    """
    keys = {package: key for key, package in enumerate(sorted(_packages(folder)), 1)}
    plain: set[tuple[int, int]] = set()
    groups: list[GroupTuple] = []
    needs: list[NeedTuple] = []
    taken: dict[tuple[int, int], int] = {}
    found = choices(folder)
    for (package, _kind, _group), targets in found.items():
        if len(targets) == 1 or not alternatives:
            plain.update((keys[package], keys[target]) for target in targets)
    for source, target in plain:
        taken[source, target] = 1
        needs.append((source, target, KINDS["uses"], True, None, None, "2026-01-01T00:00:00Z"))
    for (package, kind, group), targets in found.items() if alternatives else ():
        if len(targets) > 1:
            source, key = keys[package], len(groups) + 1
            groups.append((key, source, f"{kind} {group}", "1", len(targets), len(targets) - 1))
            for target in sorted(targets):
                # A pair in a second group is told apart by another kind: a row names one group.
                place = taken[source, keys[target]] = taken.get((source, keys[target]), 0) + 1
                row = (source, keys[target], place, True, key, len(targets) - 1, "2026-01-01T00:00:00Z")
                needs.append(row)
    items: list[ItemTuple] = [(key, name, "package", name, OWNER, False) for name, key in keys.items()]
    load(new(database, [OWNER]), items, groups, sorted(needs, key=lambda row: row[:3]))


def choices(folder: Path) -> dict[tuple[str, str, str], set[str]]:
    """What each (package, kind, number) may choose from, within the archive."""
    nodes = _packages(folder)
    found: dict[tuple[str, str, str], set[str]] = {}
    for row in _rows(folder / "edges.csv.gz"):
        package, target = row["package"], row["depends_on"]
        if row["kind"] in STRONG and target in nodes and target != package:
            found.setdefault((package, row["kind"], row["alt_group"]), set()).add(target)
    return found


def _packages(folder: Path) -> set[str]:
    return {row["package"] for row in _rows(folder / "nodes.csv.gz")}


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]), alternatives=True)

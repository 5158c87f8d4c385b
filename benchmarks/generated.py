"""A generated estate: 1,000,000 items and about 3,000,000 dependencies, with groups, services, owners.

Sites hold rooms, rooms racks, racks switches and servers; virtual machines run on servers,
databases and applications on virtual machines, services use applications. Neighbours depend on
neighbours, as in a real building, and one in two hundred on something far away.
"""

import random
import sys
from collections.abc import Iterator

from benchmarks.loading import KINDS, GroupTuple, ItemTuple, NeedTuple, load, new

# layer: type, share of a million items
LAYERS = {
    "site": ("location", 40),
    "room": ("location", 2_000),
    "rack": ("location", 20_000),
    "sw": ("network-device", 40_000),
    "srv": ("server", 200_000),
    "vm": ("virtual-machine", 400_000),
    "db": ("database", 60_000),
    "app": ("application", 267_960),
    "svc": ("service", 10_000),
}
# layer: what it needs: layer below, kind, members (low, high), share of items with it, how
#   hard: each alone; soft; one: a group of which one is enough; most: all but one are needed
NEEDS = {
    "room": (("site", "located in", (1, 1), 1.0, "hard"),),
    "rack": (("room", "located in", (1, 1), 1.0, "hard"),),
    "sw": (("rack", "located in", (1, 1), 1.0, "hard"), ("sw", "connects to", (2, 2), 0.5, "one")),
    "srv": (("rack", "located in", (1, 1), 1.0, "hard"), ("sw", "uses", (2, 2), 0.9, "one")),
    "vm": (
        ("srv", "runs on", (1, 1), 0.6, "hard"),
        ("srv", "runs on", (2, 3), 0.4, "one"),
        ("sw", "uses", (1, 2), 0.9, "soft"),
    ),
    "db": (("vm", "runs on", (2, 4), 1.0, "most"), ("app", "uses", (1, 1), 0.1, "soft")),
    "app": (
        ("vm", "runs on", (1, 1), 0.5, "hard"),
        ("vm", "runs on", (2, 3), 0.5, "one"),
        ("db", "uses", (1, 1), 0.8, "hard"),
        ("app", "uses", (1, 2), 0.3, "soft"),
    ),
    "svc": (("app", "uses", (2, 4), 1.0, "hard"), ("app", "uses", (2, 3), 0.6, "one")),
}
OWNERS = 2_000


def build(database: str, *, share: float = 1.0, seed: int = 7) -> None:
    """Write the estate, or a share of it, into a new database."""
    counts = {layer: max(3, int(count * share)) for layer, (_type, count) in LAYERS.items()}
    first, start = {}, 1
    for layer, count in counts.items():
        first[layer] = start
        start += count
    connection = new(database, [f"p{number}" for number in range(OWNERS)])
    groups: list[GroupTuple] = []
    needs = _needs(counts, first, groups, random.Random(seed))
    load(connection, _items(counts, first), groups, needs)


def _items(counts: dict[str, int], first: dict[str, int]) -> Iterator[ItemTuple]:
    for layer, count in counts.items():
        kind = LAYERS[layer][0]
        for place in range(count):
            owner = f"p{(place * OWNERS // count + place) % OWNERS}"
            name = f"{kind} {layer} {place:06d}".capitalize()
            yield first[layer] + place, f"{layer}-{place:06d}", kind, name, owner, layer == "svc"


def _needs(
    counts: dict[str, int], first: dict[str, int], groups: list[GroupTuple], dice: random.Random
) -> list[NeedTuple]:
    rows: dict[tuple[int, int, int], NeedTuple] = {}
    for layer, rules in NEEDS.items():
        for place in range(counts[layer]):
            source = first[layer] + place
            for below, kind, (low, high), share, how in rules:
                if dice.random() >= share:
                    continue
                members = _targets(place / counts[layer], counts[below], dice.randint(low, high), dice)
                targets = [first[below] + one for one in members if first[below] + one != source]
                targets = [one for one in targets if (source, one, KINDS[kind]) not in rows]
                if targets:
                    _add(rows, groups, source, targets, KINDS[kind], how, dice)
    return [rows[key] for key in sorted(rows)]


def _targets(near: float, count: int, wanted: int, dice: random.Random) -> set[int]:
    if dice.random() < 0.005:
        near = dice.random()
    middle = int(near * count)
    return {min(count - 1, max(0, middle + dice.randint(-2, 2))) for _one in range(wanted)}


def _add(
    rows: dict[tuple[int, int, int], NeedTuple],
    groups: list[GroupTuple],
    source: int,
    targets: list[int],
    kind: int,
    how: str,
    dice: random.Random,
) -> None:
    group = slack = None
    if how in ("one", "most") and len(targets) > 1:
        group = len(groups) + 1
        slack = len(targets) - 1 if how == "one" else 1
        need = str(len(targets) - slack)
        groups.append((group, source, f"{kind} {group}", need, len(targets), slack))
    for target in targets:
        day = f"2026-{dice.randint(1, 9):02d}-{dice.randint(1, 28):02d}T00:00:00Z"
        rows[source, target, kind] = (source, target, kind, how != "soft", group, slack, day)


if __name__ == "__main__":
    build(sys.argv[1], share=float(sys.argv[2]) if len(sys.argv) > 2 else 1.0)

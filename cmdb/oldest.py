"""The fact confirmed longest ago among very many, found from the oldest side.

Looking up when each of a hundred thousand dependencies was last confirmed takes longer than finding
them. The index on confirmation holds the oldest first: there a few steps lead to the first that is
among those asked about. Any function that runs a statement with `?` placeholders will do.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Rows = Callable[..., Iterable[tuple[Any, ...]]]
Pair = tuple[int, int]

MANY = 2_000  # fewer are looked up one by one
STEP = 100  # facts read at once: about what 25 cost that are looked up
PATIENCE = 200  # facts asked about for each step taken before giving up: a fifth of the other way is lost

_FROM = (
    "SELECT d.source, d.target FROM dependency d WHERE d.confirmed_at {} AND (d.source, d.target) >= (?, ?)"
    f" ORDER BY d.source, d.target LIMIT {STEP}"
)
_LATER = "SELECT min(confirmed_at) FROM dependency WHERE confirmed_at > ?"


def oldest(rows: Rows, used: Mapping[int, int]) -> tuple[int, int, str | None] | None:
    """Give the dependency never confirmed, or confirmed longest ago; among equals the smallest.

    `used` is {source: target}. None where they are few, where none is stored, or where so much else
    was confirmed before them that looking up each is the shorter way.
    """
    if len(used) < MANY:
        return None
    steps = len(used) // PATIENCE
    ordered: list[int] = []
    when: str | None = None
    while steps > 0:
        first: Pair | None = (0, 0)
        while first is not None and steps > 0:
            steps -= 1
            found = _confirmed(rows, when, first)
            for source, target in found:
                if used.get(source) == target:
                    return source, target, when
            first = None  # those were the last of this moment
            if len(found) == STEP:
                ordered = ordered or sorted(used)
                first = _next_of(used, ordered, found[-1])
        later = next(iter(rows(_LATER, when or "")))[0]
        if later is None:
            return None
        when = str(later)
    return None


def _next_of(used: Mapping[int, int], ordered: list[int], last: Pair) -> Pair | None:
    """The next pair asked about behind one of the table."""
    source, target = last
    if used.get(source, 0) > target:
        return source, used[source]
    place = bisect_right(ordered, source)
    return (ordered[place], used[ordered[place]]) if place < len(ordered) else None


def _confirmed(rows: Rows, when: str | None, first: Pair) -> list[Pair]:
    """The next dependencies confirmed at one moment, or never, from a pair on."""
    which, asked = ("IS NULL", first) if when is None else ("= ?", (when, *first))
    return [(row[0], row[1]) for row in rows(_FROM.format(which), *asked)]

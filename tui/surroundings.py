"""What surrounds an item: what it needs and what needs it, at any distance, up to a number of items.

Read by the frontier, one statement a distance and direction, through the read path; nearer items
come first, so what is left out is what is farthest. Nothing here writes or draws.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from cmdb.estate import Estate
from cmdb.impact import impact
from cmdb.reading import Reader

_LOOKED_AT = 2_000  # dependencies taken of one distance


class Spot(NamedTuple):
    """One item of the surroundings."""

    id: str
    name: str
    type: str
    owner: str
    service: bool
    serves: bool
    operating: str


class Tie(NamedTuple):
    """One dependency between two of them."""

    source: str
    target: str
    kind: str
    hard: bool
    group: str
    need: str


class Around(NamedTuple):
    """Items around `centre` with every dependency among them; `cut` when more lie beyond."""

    centre: str
    spots: tuple[Spot, ...]
    ties: tuple[Tie, ...]
    cut: bool = False


def of(reader: Reader, id: str, *, limit: int) -> Around:
    """Give at most `limit` items around one, the nearest of both directions. Raises NotFound."""
    reader.item(id)
    found, cut = walked(id, limit, lambda ids, here, there: _next(reader, ids, here, there))
    return Around(centre=id, spots=_spots(reader, found), ties=_ties(reader, found), cut=cut)


def walked(
    id: str, limit: int, beyond: Callable[[Sequence[str], str, str], Iterable[str]]
) -> tuple[list[str], bool]:
    """The ids around one, nearest first, and whether more lie beyond."""
    found: dict[str, None] = {id: None}
    frontiers = {"source": [id], "target": [id]}
    seen = {"source": {id}, "target": {id}}
    cut = False
    while any(frontiers.values()) and not cut:
        for here, there in (("source", "target"), ("target", "source")):
            frontier = []
            for one in beyond(frontiers[here], here, there):
                if one in seen[here]:
                    continue
                if one not in found and len(found) >= limit:
                    cut = True
                    continue
                seen[here].add(one)
                found[one] = None
                frontier.append(one)
            frontiers[here] = frontier
    return list(found), cut


def whole(reader: Reader, *, limit: int) -> Around:
    """Give the whole estate, up to `limit` items in id order."""
    ids = [str(row[0]) for row in reader.rows("SELECT id FROM item ORDER BY id LIMIT ?", limit + 1)]
    kept = ids[:limit]
    return Around(centre="", spots=_spots(reader, kept), ties=_ties(reader, kept), cut=len(ids) > limit)


def effects(estate: Estate, id: str) -> dict[str, str]:
    """What an outage of an item would do to the others: item to effect."""
    return {one.id: one.effect for one in impact(estate, [id]).items}


def _next(reader: Reader, ids: Sequence[str], here: str, there: str) -> Iterable[str]:
    for part in _parts(ids):
        yield from (
            str(row[0])
            for row in reader.rows(
                f"SELECT DISTINCT o.id FROM dependency d JOIN item i ON i.key = d.{here}"
                f" JOIN item o ON o.key = d.{there} WHERE i.id IN ({_marks(part)}) ORDER BY o.id LIMIT ?",
                *part,
                _LOOKED_AT,
            )
        )


def _spots(reader: Reader, ids: Sequence[str]) -> tuple[Spot, ...]:
    found: dict[str, Spot] = {}
    for part in _parts(ids):
        for row in reader.rows(
            "SELECT id, name, type, owner, service, serves, operating FROM item"
            f" WHERE id IN ({_marks(part)})",
            *part,
        ):
            found[str(row[0])] = Spot._make((*row[:4], bool(row[4]), bool(row[5]), row[6]))
    return tuple(found[one] for one in ids if one in found)


def _ties(reader: Reader, ids: Sequence[str]) -> tuple[Tie, ...]:
    inside = frozenset(ids)
    found = []
    for part in _parts(ids):
        for row in reader.rows(
            "SELECT s.id, t.id, k.id, d.hard, COALESCE(g.name, ''), COALESCE(g.need, '') FROM dependency d"
            " JOIN item s ON s.key = d.source JOIN item t ON t.key = d.target"
            " JOIN dependency_kind k ON k.key = d.kind LEFT JOIN redundancy_group g ON g.key = d.grp"
            f" WHERE s.id IN ({_marks(part)}) ORDER BY s.id, t.id, k.id",
            *part,
        ):
            if str(row[1]) in inside:
                found.append(
                    Tie(str(row[0]), str(row[1]), str(row[2]), bool(row[3]), str(row[4]), str(row[5]))
                )
    return tuple(found)


def _parts(ids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _marks(ids: Collection[str]) -> str:
    return ", ".join("?" * len(ids))

"""The top risks of an estate: which items take most with them when they alone go down.

Reads what the estate holds in plain SQL and hands it to `top_risks`. Every item that serves is
taken down alone, unless the question is narrowed to a type or to what lies below a service.
Source: rules.md 3, Single points of failure; 4, Service agreement.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from heapq import heappush, heappushpop
from typing import Any, NamedTuple

from cmdb.bound import BINDING_STATES
from cmdb.errors import NotFound
from cmdb.estate import Estate
from cmdb.instants import rfc3339
from cmdb.model import shown
from cmdb.reading_graph import Rows, StoredEstate
from cmdb.top_risks import Blast, Touched, blasts, touched

Told = Callable[[str, int], None]


class Risk(NamedTuple):
    """An item and what its outage alone does to others, services and agreements by id.

    `blast` counts them; it is a single point of failure if some other service is in outage.
    """

    id: str
    type: str
    name: str
    owner: str
    blast: Blast
    outage: tuple[str, ...]
    degraded: tuple[str, ...]
    agreements: tuple[str, ...]

    @property
    def single_point(self) -> bool:
        """Whether its outage alone puts a service other than itself in outage."""
        return self.blast.outage > 0


class TypeRisk(NamedTuple):
    """The items of one type: how many, how many are single points or take nothing, what the worst does.

    `worst` is empty where none of them takes anything.
    """

    type: str
    items: int
    single_points: int
    harmless: int
    worst: str
    outage: int
    degraded: int


class RiskReport(NamedTuple):
    """The worst items first, and the types with the worst first. `taken_down` items were asked about."""

    taken_down: int
    serving: int
    services: int
    agreements: int
    single_points: int
    risks: tuple[Risk, ...]
    types: tuple[TypeRisk, ...]


class Scene(NamedTuple):
    """What is taken down and what may be hit: the types of what serves and the services, by key.

    `agreements` are those in force, by id the services each is about.
    """

    kinds: Mapping[int, str]
    services: frozenset[int]
    agreements: Mapping[str, frozenset[int]]
    types: frozenset[str]


def report(
    estate: StoredEstate,
    *,
    at: datetime,
    limit: int,
    type: str = "",
    service: str = "",
    told: Told = lambda _what, _count: None,
) -> RiskReport:
    """Take every item that serves down, one by one, and rank what that does; `limit` of them are named.

    `type` asks only about items of that type, `service` only about what that service needs. Agreements
    are those in force at `at`. Raises NotFound.
    """
    scene = Scene(
        kinds=_serving(estate.rows),
        services=frozenset(row[0] for row in estate.rows("SELECT key FROM item WHERE service")),
        agreements=_agreements(estate, at),
        types=frozenset(row[0] for row in estate.rows("SELECT id FROM item_type")),
    )
    return of(estate, scene, limit=limit, type=type, service=service, told=told)


def of(
    estate: Estate,
    scene: Scene,
    *,
    limit: int,
    type: str = "",
    service: str = "",
    told: Told = lambda _what, _count: None,
) -> RiskReport:
    """The same of any estate: what it has is said by the scene. Raises NotFound."""
    kinds, services, agreements, _types_known = scene
    asked = _asked(estate, scene, type, service)
    tally = _Tally(limit)
    for blast in blasts(estate, asked, services, agreements, told=told):
        tally.add(blast, kinds[blast.key])
    worst = tally.worst()
    details = touched(estate, [one.key for one in worst], services, agreements)
    return RiskReport(
        taken_down=len(asked),
        serving=len(kinds),
        services=len(services & kinds.keys()),
        agreements=len(agreements),
        single_points=sum(one.single_points for one in tally.types.values()),
        risks=_risks(estate, worst, details),
        types=_types(estate, tally),
    )


def _serving(rows: Rows) -> dict[int, str]:
    """The type of every item that serves, by key; each name of a type held once."""
    names: dict[str, str] = {}
    found = rows("SELECT key, type FROM item WHERE serves ORDER BY key")
    return {row[0]: names.setdefault(row[1], row[1]) for row in found}


def _asked(estate: Estate, scene: Scene, type: str, service: str) -> list[int]:
    below = _below(estate, service) if service else None
    if type and type not in scene.types:
        raise NotFound(f"There is no type '{shown(type)}'.", "List them with 'cmdb type list'.")
    return [
        key
        for key, kind in scene.kinds.items()
        if (not type or kind == type) and (below is None or key in below)
    ]


def _below(estate: Estate, service: str) -> set[int]:
    """The service and everything it needs in a way that passes something on."""
    found = set(estate.keys([service]).values())
    if not found:
        raise NotFound(f"There is no item '{shown(service)}'.", "List services with 'cmdb service list'.")
    frontier = set(found)
    while frontier:
        frontier = {one.target for one in estate.needs(frontier) if one.passes} - found
        found |= frontier
    return found


def _agreements(estate: StoredEstate, at: datetime) -> dict[str, frozenset[int]]:
    """The services of every agreement in force at a moment."""
    marks = ", ".join("?" * len(BINDING_STATES))
    now = rfc3339(at)
    found = estate.rows(
        f"SELECT id, services FROM agreement WHERE state IN ({marks}) AND starts <= ?"
        " AND (ends IS NULL OR ends > ?) ORDER BY id",
        *BINDING_STATES,
        now,
        now,
    )
    return {row[0]: frozenset(estate.keys(json.loads(row[1])).values()) for row in list(found)}


class _Tally:
    """The worst items seen so far, and what is counted of each type."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.types: dict[str, TypeRisk] = {}
        self.most: dict[str, Blast] = {}
        self._heap: list[tuple[tuple[int, ...], int, Blast]] = []

    def add(self, blast: Blast, type: str) -> None:
        """Count one item. Of equals the one that was registered first is worse."""
        known = self.types.get(type) or TypeRisk(type, 0, 0, 0, "", 0, 0)
        self.types[type] = known._replace(
            items=known.items + 1,
            single_points=known.single_points + (blast.outage > 0),
            harmless=known.harmless + (not blast.items),
        )
        most = self.most.get(type)
        if most is None or (blast.rank, -blast.key) > (most.rank, -most.key):
            self.most[type] = blast
        if not blast.items:
            return
        entry = blast.rank, -blast.key, blast
        if len(self._heap) < self.limit:
            heappush(self._heap, entry)
        else:
            heappushpop(self._heap, entry)

    def worst(self) -> list[Blast]:
        """The worst items, worst first."""
        return [entry[2] for entry in sorted(self._heap, reverse=True)]


def _risks(estate: Estate, worst: list[Blast], details: dict[int, Touched]) -> tuple[Risk, ...]:
    met = {key for one in details.values() for key in (*one.outage, *one.degraded)}
    facts = {fact[0]: fact for fact in estate.facts([*met, *(one.key for one in worst)])}

    def ids(keys: Iterable[int]) -> tuple[str, ...]:
        return tuple(sorted(facts[key][1] for key in keys))

    return tuple(
        Risk(*facts[one.key][1:5], one, ids(hit.outage), ids(hit.degraded), hit.agreements)
        for one in worst
        for hit in (details[one.key],)
    )


def _types(estate: Estate, tally: _Tally) -> tuple[TypeRisk, ...]:
    facts: dict[int, Any] = {fact[0]: fact for fact in estate.facts([one.key for one in tally.most.values()])}
    order = sorted(tally.types, key=lambda type: (*(-part for part in tally.most[type].rank), type))
    return tuple(
        tally.types[type]._replace(
            worst=facts[most.key][1] if most.items else "", outage=most.outage, degraded=most.degraded
        )
        for type in order
        for most in (tally.most[type],)
    )

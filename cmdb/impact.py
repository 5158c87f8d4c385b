"""What breaks when some items are down, what was saved and by what, and whom to tell.

Puts the spread of the outage into words a person and a program can use. Pure: the estate is a
parameter, so the same question can be asked of the database, of the estate as a change would leave
it, and inside a transaction. Source: rules.md 3; terminal.md, JSON that other programs rely on.
"""

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, overload

from cmdb.chains import Chains
from cmdb.errors import Invalid, NotFound
from cmdb.estate import Contact, Estate
from cmdb.next_failures import NextFailures, next_failures
from cmdb.spread import EFFECTS, NONE, REDUCED, Reach, Spread

VISITED_LIMIT = 20_000  # items visited upward; beyond, exposed and inherited are only on request
FOLLOWED_LIMIT = 5_000  # items above the remaining members of groups; beyond, the total is unknown
LISTED_FAILURES = 100


class Hit(NamedTuple):
    """An item that is hit. `because` leads from it back to an item that is down.

    `along` names the other lost members of the group that gave the effect (JSON: `with`).
    """

    id: str
    type: str
    name: str
    owner: str
    effect: str
    distance: int
    because: tuple[str, ...]
    along: tuple[str, ...]


class Saved(NamedTuple):
    """An item that a redundancy group saved, with the serving members before and after."""

    id: str
    group: str
    need: str
    before: int
    after: int


class Broken(NamedTuple):
    """A group that lacked members before anything went down.

    Or, with `target` and no group, a plain dependency on something that does not serve.
    """

    id: str
    group: str | None
    need: str
    had: int
    target: str = ""


class ServiceHit(NamedTuple):
    """A service that is hit; `inherited` when only something below it lost margin."""

    id: str
    name: str
    effect: str
    inherited: bool
    because: tuple[str, ...]


class Told(NamedTuple):
    """Somebody to tell; `because` is the item that concerns them most."""

    kind: str
    id: str
    name: str
    email: str
    because: str


class Fact(NamedTuple):
    """A dependency an answer rests on, and when it was last seen to be true (None: never)."""

    source: str
    target: str
    confirmed_at: str | None


class Hits(Sequence[Hit]):
    """The items hit, worst first, then nearest, then by id. Each is put into words when looked at.

    `levels` holds (effect, distance, how many) in that order, `keys` and `facts` the items column by
    column: a row for each of a hundred thousand would take longer than finding them. Causes come
    before what they cause.
    """

    __slots__ = ("chains", "facts", "keys", "levels")

    def __init__(self, spread: Spread) -> None:
        stored = sorted(spread.effect)  # in the order of the table, each of its pages is read once
        facts = spread.estate.described(stored)
        ids = dict(zip(stored, facts.ids, strict=True))
        self.levels = [(EFFECTS[effect], distance, len(items)) for effect, distance, items in spread.levels]
        self.keys = [
            key for _effect, _distance, items in spread.levels for key in sorted(items, key=ids.__getitem__)
        ]
        places = dict(zip(stored, range(len(stored)), strict=True))
        self.facts = facts.in_order([places[key] for key in self.keys])
        self.chains = Chains(spread, ids)

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, place: int) -> Hit: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Hit, ...]: ...

    def __getitem__(self, place: int | slice) -> Hit | tuple[Hit, ...]:
        if isinstance(place, slice):
            return tuple(map(self._hit, range(len(self.keys))[place]))
        return self._hit(range(len(self.keys))[place])

    def __iter__(self) -> Iterator[Hit]:
        return map(self._hit, range(len(self.keys)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def _hit(self, place: int) -> Hit:
        chains, key, facts = self.chains, self.keys[place], self.facts
        because = chains.of(key)
        effect = EFFECTS[chains.spread.effect[key]]
        described = facts.ids[place], facts.types[place], facts.names[place], facts.owners[place]
        return Hit(*described, effect, len(because) - 1, because, chains.along(key))


class Impact(NamedTuple):
    """The answer. Items worst first, then nearest; services likewise; everything else by id."""

    down: tuple[str, ...]
    effect: str
    items: Sequence[Hit]
    saved: tuple[Saved, ...]
    broken_before: tuple[Broken, ...]
    services: tuple[ServiceHit, ...]
    inherited_complete: bool
    exposed: int | None
    tell: tuple[Told, ...]
    next_failures: NextFailures
    weakest_fact: Fact | None


def impact(estate: Estate, down: Collection[str], *, everything: bool = False) -> Impact:
    """Answer what follows when these items are down.

    `everything` lifts the limit of 20,000 items visited upward for exposed, inherited and the
    total of next single failures. Raises Invalid for an empty list, NotFound for unknown ids.
    """
    collecting = gc.isenabled()
    gc.disable()  # a hundred thousand hits make millions of small tuples, and never a cycle
    try:
        return _impact(estate, tuple(sorted(set(down))), everything)
    finally:
        if collecting:
            gc.enable()


def _impact(estate: Estate, names: tuple[str, ...], everything: bool) -> Impact:
    spread = Spread(estate, down_keys(estate, names).values())
    limit = None if everything else VISITED_LIMIT
    items = Hits(spread)
    chains = items.chains
    reach = Reach(spread, limit)
    services, inherited = _services(items, reach)
    return Impact(
        down=names,
        effect=_worst(services) if services else items[0].effect,
        items=items,
        saved=_saved(spread, chains.ids),
        broken_before=_broken(spread, chains.ids),
        services=services,
        inherited_complete=reach.complete,
        exposed=len(reach.distance) - inherited if reach.complete else None,
        tell=_tell(estate, items, services),
        next_failures=next_failures(
            spread, most=LISTED_FAILURES, limit=None if everything else FOLLOWED_LIMIT
        ),
        weakest_fact=_weakest(estate, chains),
    )


def down_keys(estate: Estate, ids: Sequence[str]) -> dict[str, int]:
    """Give the keys of items declared down. Raises Invalid for none, NotFound naming every unknown id."""
    if not ids:
        raise Invalid("No item is named.", "Name at least one item that is down.")
    keys = estate.keys(ids)
    unknown = tuple(one for one in ids if one not in keys)
    if unknown:
        raise NotFound(
            f"There is no item '{unknown[0]}'." if len(unknown) == 1 else "Some items do not exist.",
            f"Look for it with 'cmdb item search {unknown[0]}'.",
            () if len(unknown) == 1 else tuple(f"There is no item '{one}'." for one in unknown),
        )
    return keys


def _services(items: Hits, reach: Reach) -> tuple[tuple[ServiceHit, ...], int]:
    """The services hit, worst and nearest first; and how many of them inherited it."""
    chains, spread = items.chains, items.chains.spread
    services = set(items.facts.services)
    names = (
        {key: items.facts.names[place] for place, key in enumerate(items.keys) if key in services}
        if services
        else {}
    )
    found = [
        (
            -spread.effect[key],
            ServiceHit(chains.ids[key], names[key], EFFECTS[spread.effect[key]], False, chains.of(key)),
        )
        for key in items.facts.services
    ]
    inherited = list(spread.estate.services(reach.distance)) if reach.distance else []
    paths = _inherited_paths(inherited, reach, chains, spread)
    found += [
        (-REDUCED, ServiceHit(service, name, EFFECTS[REDUCED], True, because))
        for service, name, because in paths
    ]
    found.sort(key=lambda entry: (entry[0], len(entry[1].because), entry[1].id))
    return tuple(hit for _rank, hit in found), len(inherited)


def _inherited_paths(
    services: list[int], reach: Reach, chains: Chains, spread: Spread
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Id, name and chain of services above an item that lost margin; the smallest id breaks ties."""
    wanted = set(services)
    waiting = list(services)
    while waiting:  # everything a tie could be about has to be known by its id
        for target in reach.candidates(waiting.pop()):
            if target not in wanted and target in reach.causes:
                wanted.add(target)
                waiting.append(target)
    described = {fact[0]: fact for fact in spread.estate.facts(wanted)} if wanted else {}
    paths: dict[int, tuple[str, ...]] = {}
    nearest: dict[int, int] = {}
    for item in sorted(wanted, key=reach.distance.__getitem__):
        target = min(
            reach.candidates(item),
            key=lambda one: described[one][1] if one in described else chains.ids[one],
        )
        nearest[item] = target
        paths[item] = (described[item][1], *(paths[target] if target in paths else chains.of(target)))
    for service in services:  # the dependencies these chains rest on are facts used as well
        item = service
        while item in nearest and item not in chains.above:
            chains.above[item] = nearest[item]
            item = nearest[item]
    return [(described[key][1], described[key][3], paths[key]) for key in services]


def _worst(services: Iterable[ServiceHit]) -> str:
    return EFFECTS[max((EFFECTS.index(service.effect) for service in services), default=NONE)]


def _saved(spread: Spread, ids: Mapping[int, str]) -> tuple[Saved, ...]:
    saviours = [
        group
        for group, (source, _slack, _passes) in spread.touched.items()
        if spread.effect[source] == REDUCED
    ]
    groups = spread.estate.groups(saviours) if saviours else ()
    return tuple(
        map(
            Saved._make,
            sorted(
                [
                    (ids[source], name, need, members, members - len(spread.lost[key]))
                    for key, source, name, need, _hard, members, _slack in groups
                ]
            ),
        )
    )


def _broken(spread: Spread, ids: Mapping[int, str]) -> tuple[Broken, ...]:
    """What lacked members or rested on something idle before, among the items hit."""
    down = set(spread.levels[0][2])
    found = [
        Broken(ids[group.source], group.name, group.need, group.members)
        for group in spread.estate.groups_without_slack(spread.effect)
        if broken_before(group.need, group.members)
    ]
    idle = [pair for pair in set(spread.estate.idle_needs(spread.effect)) if pair[1] not in down]
    others = {target for _source, target in idle}
    names = {fact[0]: fact[1] for fact in spread.estate.facts(others)} if others else {}
    found += [Broken(ids[source], None, "1", 0, names[target]) for source, target in idle]
    return tuple(sorted(found, key=lambda one: (one.id, one.group or "", one.target)))


def broken_before(need: str, members: int) -> bool:
    """Whether a group needs more than it has, or a percentage of nothing."""
    return int(need) > members if need.isdecimal() else members == 0


def _tell(estate: Estate, items: Hits, services: Iterable[ServiceHit]) -> tuple[Told, ...]:
    """Owners, responsible groups and parties of what is hit, each with the item that matters most.

    Parties are those an item belongs to, and the customers of services that are out or degraded.
    """
    facts, last = items.facts, items.facts.ids[::-1]
    # What is written last stays: the first, which matters most.
    owners, groups, parties = (
        dict(zip(column[::-1], last, strict=True)) if any(column) else {}
        for column in (facts.owners, facts.groups, facts.parties)
    )
    felt = [one.id for one in services if one.effect in ("outage", "degraded")]
    for service, party in estate.customers(felt):
        parties.setdefault(party, service)
    because = {"person": owners, "group": groups, "party": parties}
    asked = [[one for one in named if one is not None] for named in because.values()]
    place = {kind: number for number, kind in enumerate(because)}
    contacts: list[Contact] = sorted(
        estate.contacts(*asked), key=lambda contact: (place[contact.kind], contact.id)
    )
    return tuple(Told(*contact, because[contact.kind][contact.id]) for contact in contacts)


def _weakest(estate: Estate, chains: Chains) -> Fact | None:
    used = {**chains.targets, **chains.above} if chains.above else chains.targets
    found = estate.weakest(used) if used else None
    if found is None:
        return None
    names = {fact[0]: fact[1] for fact in estate.facts({found[0], found[1]})}
    return Fact(names[found[0]], names[found[1]], found[2])

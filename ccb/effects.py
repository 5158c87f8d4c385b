"""What a request does to the graph beyond the difference it makes: new cycles, margin it takes away.

Pure over an `Estate`, so the same answers hold inside a transaction and over another change.
Source: rules.md 5, Assessment; 7, Check-in (effects nobody approved).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat

import networkx

from cmdb.estate import Estate
from cmdb.graph import ChangedEstate, GraphDelta
from cmdb.impact import Hit, Hits, down_keys
from cmdb.single_points import single_points
from cmdb.spread import EFFECTS, Spread

Pairs = tuple[tuple[str, str], ...]


def by_item(items: Sequence[Hit]) -> dict[str, str]:
    """Item to effect, worst first, of all that an outage hits.

    Read off by columns where they are there: a hit put into words one by one takes longer than finding
    them, and fifty thousand may be hit.
    """
    if not isinstance(items, Hits):
        return {one.id: one.effect for one in items}
    found = (repeat(effect, count) for effect, _distance, count in items.levels)
    return dict(zip(items.facts.ids, chain.from_iterable(found), strict=True))


def upon(estate: Estate, keys: Mapping[str, int], down: Sequence[str]) -> dict[str, str]:
    """Item to effect, of the items named by `keys`, while others are down; those not hit left out.

    Nothing else that is asked of an outage is looked for. Raises NotFound for unknown ids in `down`.
    """
    if not keys:
        return {}
    effect = Spread(estate, down_keys(estate, tuple(sorted(set(down)))).values()).effect
    return {id: EFFECTS[effect[key]] for id, key in keys.items() if key in effect}


def new_cycles(before: Estate, after: Estate, delta: GraphDelta) -> list[list[str]]:
    """A shortest cycle through each dependency the change adds that closes one, as item ids.

    Where impact passed before there is nothing new, and where it does not pass no cycle.
    """
    found = []
    ends = after.keys([end for link in delta.connected for end in (link.source, link.target)])
    there, carrying = _carrying(before, ends.values()), _carrying(after, ends.values())
    for link in delta.connected:
        pair = (ends.get(link.source), ends.get(link.target))
        if pair in there or pair not in carrying:
            continue
        graph = _below(after, ends[link.target])
        source = ends[link.source]
        if source in graph:
            path = networkx.shortest_path(graph, ends[link.target], source)
            names = {fact[0]: fact[1] for fact in after.facts(path)}
            found.append([link.source, *(names[key] for key in path)])
    return found


def lost_margin(before: Estate, after: ChangedEstate, delta: GraphDelta) -> list[str]:
    """Items whose redundancy groups can lose fewer members after the change, in id order."""
    named = {link.source for link in delta.connected} | {row[0] for row in delta.disconnected}
    named |= {group.source for group in delta.groups} | {planned.item.id for planned in delta.items}
    known = before.keys(named)
    sources = {*known.values(), *before.sources(list(known.values()))}
    slack = {(group.source, group.name): group.slack for group in before.groups_of(sources)}
    left = {(group.source, group.name): group.slack for group in after.groups_of(sources)}
    worse = {place[0] for place, was in slack.items() if left.get(place, -1) < was}
    return sorted(fact[1] for fact in before.facts(worse))


def services_above(estate: Estate, ids: Iterable[str]) -> list[str]:
    """The services that reach these items along dependencies, themselves included, in id order."""
    found = set(estate.keys(list(ids)).values())
    frontier = list(found)
    while frontier:
        above = {source for _target, source, *_rest in estate.links(frontier)} - found
        found |= above
        frontier = list(above)
    return sorted(fact[1] for fact in estate.facts(list(estate.services(list(found)))))


def moved_points(before: Estate, after: ChangedEstate, delta: GraphDelta) -> tuple[Pairs, Pairs] | None:
    """The single points of failure a change adds and takes away, as (service, item) in text order.

    Looked at are the services above what the change touches. None when more lies below them than
    can be looked at while somebody waits.
    """
    named = {link.source for link in delta.connected} | {row[0] for row in delta.disconnected}
    named |= {group.source for group in delta.groups} | {planned.item.id for planned in delta.items}
    services = sorted({*services_above(before, named), *services_above(after, named)})
    was, now = single_points(before, services), single_points(after, services)
    if was is None or now is None:
        return None
    old = {(service, item) for service, items in was.items() for item in items}
    new = {(service, item) for service, items in now.items() for item in items}
    return tuple(sorted(new - old)), tuple(sorted(old - new))


def _carrying(estate: Estate, sources: Iterable[int]) -> set[tuple[int | None, int | None]]:
    """The (source, target) pairs along which impact passes to these sources."""
    return {(need.source, need.target) for need in estate.needs(list(sources)) if need.passes}


def _below(estate: Estate, start: int) -> "networkx.DiGraph[int]":
    """Everything an item needs, directly or not, as a graph that points from source to target."""
    graph: networkx.DiGraph[int] = networkx.DiGraph()
    graph.add_node(start)
    frontier = [start]
    while frontier:
        fresh = []
        for need in estate.needs(frontier):
            if need.passes:
                if need.target not in graph:
                    fresh.append(need.target)
                graph.add_edge(need.source, need.target)
        frontier = fresh
    return graph

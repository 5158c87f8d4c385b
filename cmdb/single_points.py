"""Single points of failure: every item whose outage alone puts a service in outage, exactly.

Bottom-up over what the services need: an item fails with itself, with anything it needs hard, and
with whatever takes more than the slack of one of its hard redundancy groups. Sets of items are
whole numbers, one bit an item; loops are iterated to their least fixed point. Dominators and
articulation points would be wrong here: they cannot see k-of-n. Pure over an `Estate`.
Source: rules.md 3; speed.md, Algorithms and layouts.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import networkx

from cmdb.estate import Estate

LIMIT = 20_000  # items below the services; beyond, the answer takes too long to wait for


class Needs(NamedTuple):
    """What one item needs hard: targets outside groups, and (slack, distinct members) of each group."""

    alone: frozenset[int]
    groups: tuple[tuple[int, frozenset[int]], ...]


def single_points(
    estate: Estate, services: Collection[str], *, limit: int = LIMIT
) -> dict[str, frozenset[str]] | None:
    """Give, for each service that serves, the items whose outage alone puts it in outage.

    The service itself is not among them. None when more than `limit` items lie below the services.
    Services that do not exist are left out.
    """
    keys = estate.keys(list(services))
    needs = below(estate, keys.values(), limit)
    if needs is None:
        return None
    order = {key: place for place, key in enumerate(needs)}
    facts = {fact[0]: fact for fact in estate.facts(list(needs))}
    serving = sum(1 << order[key] for key, fact in facts.items() if fact[8])
    failing = _failing(needs, order)
    found = {}
    for service, key in keys.items():
        if facts[key][8]:
            bits = failing[key] & serving & ~(1 << order[key])
            found[service] = frozenset(facts[one][1] for one, place in order.items() if bits >> place & 1)
    return found


def below(estate: Estate, start: Iterable[int], limit: int) -> dict[int, Needs] | None:
    """Everything some items need, directly or not, each with what it needs hard."""
    found: dict[int, Needs] = {}
    frontier = list(dict.fromkeys(start))
    while frontier:
        alone: dict[int, set[int]] = {key: set() for key in frontier}
        grouped: dict[int, dict[int, set[int]]] = {key: {} for key in frontier}
        for need in estate.needs(frontier):
            if need.passes < 2:
                continue
            if need.group is None:
                alone[need.source].add(need.target)
            else:
                grouped[need.source].setdefault(need.group, set()).add(need.target)
        slack = {one.key: one.slack for one in estate.groups([g for per in grouped.values() for g in per])}
        for key in frontier:
            groups = tuple((slack[group], frozenset(members)) for group, members in grouped[key].items())
            found[key] = Needs(frozenset(alone[key]), groups)
        if len(found) > limit:
            return None
        fresh = {target for key in frontier for target in _targets(found[key])}
        frontier = sorted(fresh - found.keys())
    return found


def _targets(needs: Needs) -> set[int]:
    return {*needs.alone, *(member for _slack, members in needs.groups for member in members)}


def _failing(needs: Mapping[int, Needs], order: Mapping[int, int]) -> dict[int, int]:
    """For each item, the set of items whose outage alone puts it in outage, as bits."""
    graph: networkx.DiGraph[int] = networkx.DiGraph()
    graph.add_nodes_from(needs)
    graph.add_edges_from((key, target) for key, one in needs.items() for target in _targets(one))
    everything = (1 << len(order)) - 1
    failing = {key: 1 << place for key, place in order.items()}
    # Components come targets first, so only loops need more than one look.
    for component in networkx.strongly_connected_components(graph):
        members = sorted(component)
        moved = True
        while moved:
            moved = False
            for key in members:
                bits = failing[key]
                for target in needs[key].alone:
                    bits |= failing[target]
                for slack, group in needs[key].groups:
                    bits |= _at_least(slack + 1, [failing[one] for one in group], everything)
                moved = moved or bits != failing[key]
                failing[key] = bits
            moved = moved and len(members) > 1
    return failing


def _at_least(count: int, sets: Collection[int], everything: int) -> int:
    """The bits that are in at least `count` of the sets: counted for all bits at once, in binary."""
    if count > len(sets):
        return 0
    planes: list[int] = []
    for one in sets:
        carry = one
        for place, plane in enumerate(planes):
            planes[place], carry = plane ^ carry, plane & carry
        if carry:
            planes.append(carry)
    above, equal = 0, everything
    for place in range(max(len(planes), count.bit_length()) - 1, -1, -1):
        plane = planes[place] if place < len(planes) else 0
        if count >> place & 1:
            equal &= plane
        else:
            above |= equal & plane
            equal &= ~plane
    return above | equal

"""Pairs of items whose outage together puts a service in outage, though neither does alone.

Items that take the same members of the same redundancy groups are alike: what one of them does with
another item, each of them does. So pairs are found between kinds of items, and told so. Exact.
Pure over an `Estate`. Source: rules.md 3, Single points of failure; speed.md, Pairs.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from cmdb.estate import Estate, Link
from cmdb.joint_search import Budget, Together, TooMuchError, Windows, places
from cmdb.losses import Links, Losses
from cmdb.single_points import LIMIT, Needs, below
from cmdb.spread import HARD

STEPS = 2_000_000  # of the search; beyond, the answer takes too long to wait for


class PairOfKinds(NamedTuple):
    """Any item of the one kind with any of the other puts the service in outage; ids in order."""

    one: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many pairs of items these are."""
        return len(self.one) * len(self.other)


def failing_pairs(
    estate: Estate, service: str, *, limit: int = LIMIT, steps: int = STEPS
) -> tuple[PairOfKinds, ...] | None:
    """Give every pair below a service, grouped by likeness; the smallest kinds first.

    The service itself and its single points of failure are in no pair. None when more than `limit`
    items lie below it or the search takes too long. A service that is not there or does not serve
    has none.
    """
    key = estate.keys([service]).get(service)
    needs = below(estate, [] if key is None else [key], limit)
    if needs is None:
        return None
    facts = {fact[0]: fact for fact in estate.facts(list(needs))}
    if key is None or not facts[key][8]:
        return ()
    links = Links(_Upward(needs))
    items = [one for one in needs if facts[one][8] and one != key]
    kinds = _kinds(links, items, key)
    chosen = Losses(links, HARD)
    chosen.follow({kind[0]: 1 << place for place, kind in enumerate(kinds)})
    together = Together(chosen, Windows([(0, 1)] * len(kinds)))
    try:
        together.search(2, 0, Budget(steps))
    except TooMuchError:
        return None
    pairs = []
    for mask in together.joint.get(key, ()):
        one, other = sorted(tuple(sorted(facts[item][1] for item in kinds[place])) for place in places(mask))
        pairs.append(PairOfKinds(one, other))
    return tuple(sorted(pairs, key=lambda pair: (pair.size, pair)))


def _kinds(links: Links, items: list[int], service: int) -> list[list[int]]:
    """The items that are no single points, those together that take the same members of groups."""
    losses = Losses(links, HARD)
    losses.follow({item: 1 << place for place, item in enumerate(items)})
    single = losses.alone.get(service, 0)
    taken: dict[int, list[tuple[int, int]]] = {}
    for group, loss in losses.groups.items():
        gone = single | losses.alone.get(loss.source, 0)
        for member in dict.fromkeys(loss.members):
            for place in places(losses.alone[member] & ~gone):
                taken.setdefault(place, []).append((group, member))
    kinds: dict[frozenset[tuple[int, int]], list[int]] = {}
    for place, members in taken.items():
        kinds.setdefault(frozenset(members), []).append(items[place])
    return list(kinds.values())


class _Upward:
    """What needs an item hard, among the items below the service alone."""

    def __init__(self, needs: Mapping[int, Needs]) -> None:
        self._above: dict[int, list[Link]] = {}
        group = 0
        for source, one in needs.items():
            for target in one.alone:
                self._note((target, source, HARD, None, None))
            for slack, members in one.groups:
                group += 1
                for target in members:
                    self._note((target, source, HARD, group, slack))

    def _note(self, link: Link) -> None:
        self._above.setdefault(link[0], []).append(link)

    def links(self, targets: Collection[int]) -> Iterator[Link]:
        """Give what needs these items; rows of one target stand together."""
        for target in targets:
            yield from self._above.get(target, ())

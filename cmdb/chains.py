"""Why each item is hit: the chain of causes from it back to something that is down.

Pure: it knows what spread and how the items are called. Source: rules.md 3; docs/decisions/0001.
"""

from collections.abc import Iterable, Mapping

from cmdb.spread import Spread


class Chains:
    """The chain of causes of every item hit; an item shares the chain of its cause.

    `targets` holds the item that gave each its effect, `groups` the redundancy group if by one,
    `beside` the other lost members of that group, `above` the steps of chains that lead on to services.
    """

    __slots__ = ("_known", "above", "beside", "groups", "ids", "spread", "targets")

    def __init__(self, spread: Spread, ids: Mapping[int, str]) -> None:
        self.spread = spread
        self.ids = ids
        self.targets: dict[int, int] = spread.causes
        self.groups: dict[int, int] = {}
        self.beside: dict[int, tuple[int, ...]] = {}
        self.above: dict[int, int] = {}
        self._known: dict[int, tuple[str, ...]] = {}
        # Of what reached an item in the same round the smallest id gave it its effect; a plain
        # dependency on it comes before a group that lost it.
        targets, groups, beside, lost = self.targets, self.groups, self.beside, spread.lost
        for item, target in spread.rivals:
            if ids[target] < ids[targets[item]]:
                targets[item] = target
        for item, group in spread.through:
            members = lost[group]
            others: tuple[int, ...] = ()
            target = members[0]
            if len(members) > 1:
                target, others = spread.decisive(item, group, ids)
            known = targets.get(item)
            if target == known:
                # Two groups give way to the same loss: the one whose other losses come first.
                if item not in groups or self._sorted(others) >= self.along(item):
                    continue
            elif known is not None and ids[known] < ids[target]:
                continue
            targets[item] = target
            groups[item] = group
            if others:
                beside[item] = others
            else:
                beside.pop(item, None)

    def of(self, item: int) -> tuple[str, ...]:
        """Ids from the item back to one that is down. Its length is the distance plus one."""
        known, path = self._known, []
        while item not in known and item in self.targets:
            path.append(item)
            item = self.targets[item]
        chain = known.setdefault(item, (self.ids[item],))
        for one in reversed(path):
            known[one] = chain = (self.ids[one], *chain)
        return chain

    def along(self, item: int) -> tuple[str, ...]:
        """The other lost members of the group behind the item's effect."""
        return self._sorted(self.beside.get(item, ()))

    def _sorted(self, items: Iterable[int]) -> tuple[str, ...]:
        return tuple(sorted([self.ids[one] for one in items]))

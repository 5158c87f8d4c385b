"""How far an outage spreads: effects as a least fixed point, with distances and causes.

One question to the estate per level, redundancy counted as the rows arrive. Outage is settled
first, breadth-first; then degraded, in whole rounds over distance; then reduced redundancy.
Pure: it reads nothing but the estate it is given. Source: rules.md 3; speed.md, Impact and Chains.
"""

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, compress, islice
from operator import ne

from cmdb.estate import Estate, Grouped

NONE, REDUCED, DEGRADED, OUTAGE = 0, 1, 2, 3
EFFECTS = ("none", "reduced redundancy", "degraded", "outage")  # by rank, worst last
HARD = 2


class Spread:
    """What follows when the items `down` are down.

    `effect` holds the rank of every item that is hit, `lost` the distinct members each touched group
    lost and `rounds` when it lost each, `touched` its (source, slack, passes); `levels` the items of
    each (effect, distance) in the order of their keys.

    Where an effect may have come from, all of the same round: `causes` holds a target for each item,
    `rivals` further (item, target), `through` (item, redundancy group). Between them `cmdb.impact`
    decides by id, which nothing here knows.
    """

    # One dictionary over all items hit, and no more: at a hundred thousand items every further one
    # costs as much as reading their links.
    __slots__ = (
        "_soft",
        "causes",
        "effect",
        "estate",
        "levels",
        "lost",
        "rivals",
        "rounds",
        "through",
        "touched",
    )

    def __init__(self, estate: Estate, down: Collection[int]) -> None:
        self.estate = estate
        self.effect: dict[int, int] = dict.fromkeys(down, OUTAGE)
        self.levels: list[tuple[int, int, list[int]]] = [(OUTAGE, 0, sorted(self.effect))]
        self.lost: dict[int, list[int]] = {}
        self.rounds: dict[int, list[int]] = {}
        self.touched: dict[int, tuple[int, int, int]] = {}
        self.causes: dict[int, int] = {}
        self.rivals: list[tuple[int, int]] = []
        self.through: list[tuple[int, int]] = []
        # Soft needs of items in outage by the round in which they count: (sources, targets).
        self._soft: list[tuple[Sequence[int], Sequence[int]]] = [((), ())]
        self._settle_outage(sorted(self.effect))
        self._settle_degraded()
        self._settle_reduced()

    @property
    def distance(self) -> dict[int, int]:
        """The round in which each item got its effect (0: it is down)."""
        return {item: distance for _effect, distance, items in self.levels for item in items}

    def _settle_outage(self, frontier: list[int]) -> None:
        effect = self.effect
        level = 0
        while frontier:
            level += 1
            above = self.estate.rising(frontier)
            self._soft.append(above.soft)
            broken = [
                (source, group)
                # Exactly one beyond the slack: the member that makes the effect hold.
                for source, passes, group, left in self._lose(above.grouped, level - 1)
                if left == -1 and passes == HARD and source not in effect
            ]
            frontier = self._reached([above.hard], broken, OUTAGE, level)

    def _settle_degraded(self) -> None:
        effect, soft = self.effect, self._soft
        due = self._due_from_outage()
        last = max(len(soft) - 1, *due) if due else len(soft) - 1
        frontier: list[int] = []
        level = 0
        while frontier or level < last:
            level += 1
            plain = [soft[level]] if level < len(soft) else []
            broken: list[tuple[int, int]] = []
            if frontier:
                above = self.estate.rising(frontier)
                plain += [above.hard, above.soft]
                for source, _passes, group, left in self._lose(above.grouped, level - 1):
                    if left < 0 and source not in effect:
                        when = self._given_way(group)
                        last = max(last, when)
                        (broken if when <= level else due.setdefault(when, [])).append((source, group))
            broken += [one for one in due.pop(level, ()) if one[0] not in effect]
            frontier = self._reached(plain, list(dict.fromkeys(broken)), DEGRADED, level)

    def _lose(self, grouped: Grouped, far: int) -> list[tuple[int, int, int, int]]:
        """Take members in round `far` from their groups: (source, passes, group, slack left) for each."""
        lost, rounds, touched = self.lost, self.rounds, self.touched
        found = []
        for source, target, passes, group, slack in zip(*grouped, strict=True):
            members = lost.get(group)
            if members is None:
                lost[group] = [target]
                rounds[group] = [far]
                touched[group] = (source, slack, passes)
                if not slack:
                    found.append((source, passes, group, -1))
            elif members[-1] != target:  # else the same pair by another kind: one member, counted once
                members.append(target)
                rounds[group].append(far)
                if len(members) > slack:
                    found.append((source, passes, group, slack - len(members)))
        return found

    def _due_from_outage(self) -> dict[int, list[tuple[int, int]]]:
        """Rounds in which something is degraded because items in outage alone break a soft group."""
        effect, lost = self.effect, self.lost
        due: dict[int, list[tuple[int, int]]] = {}
        for group, (source, slack, _passes) in self.touched.items():
            if len(lost[group]) > slack and source not in effect:
                due.setdefault(self._given_way(group), []).append((source, group))
        return due

    def _given_way(self, group: int) -> int:
        """The round in which a group gives way: members count in the order of rounds."""
        return sorted(self.rounds[group])[self.touched[group][1]] + 1

    def _settle_reduced(self) -> None:
        effect = self.effect
        nearest: dict[int, int] = {}
        found: list[tuple[int, int, int]] = []
        for group, (source, _slack, _passes) in self.touched.items():
            if source not in effect:
                near = min(self.rounds[group]) + 1
                found.append((source, group, near))
                if near < nearest.get(source, sys.maxsize):
                    nearest[source] = near
        self.through += [(source, group) for source, group, near in found if nearest[source] == near]
        effect.update(dict.fromkeys(nearest, REDUCED))
        levels: dict[int, list[int]] = {}
        for item, near in nearest.items():
            levels.setdefault(near, []).append(item)
        self.levels += [(REDUCED, near, sorted(levels[near])) for near in sorted(levels)]

    def _reached(
        self,
        plain: Iterable[tuple[Sequence[int], Sequence[int]]],
        broken: list[tuple[int, int]],
        effect: int,
        level: int,
    ) -> list[int]:
        """Settle what (sources, targets) and broken (source, group) groups reach in a round."""
        found: dict[int, int] = {}
        for sources, targets in plain:
            found.update(zip(sources, targets, strict=True))
        for known in found.keys() & self.effect.keys():
            del found[known]
        self.rivals += [
            (source, target)
            for sources, targets in plain
            for source, target in zip(sources, targets, strict=True)
            if found.get(source, target) != target
        ]
        self.causes.update(found)
        self.through += broken
        reached = sorted({*found, *(source for source, _group in broken)} if broken else found)
        self.effect.update(dict.fromkeys(reached, effect))
        self.levels.append((effect, level, reached))
        return reached

    def decisive(self, item: int, group: int, ids: Mapping[int, str]) -> tuple[int, tuple[int, ...]]:
        """The member whose loss first made the effect hold, and the others that were lost.

        Members count in (round, id) order.
        """
        effect, members, rounds = self.effect[item], self.lost[group], self.rounds[group]
        if effect == OUTAGE and self.effect[members[-1]] != OUTAGE:
            members = self.out_of(group)  # lost before any other, so their rounds come first as well
        place = self.touched[group][1] if effect > REDUCED else 0
        if len(members) == 2:  # as most groups are
            one, two = members
            nearer = rounds[0] - rounds[1] or (-1 if ids[one] < ids[two] else 1)
            return (one, (two,)) if (nearer < 0) is (place == 0) else (two, (one,))
        ordered = sorted([(far, ids[one], one) for far, one in zip(rounds, members, strict=False)])
        found = ordered[place][2]
        return found, tuple([member for member in members if member != found])

    def out_of(self, group: int) -> list[int]:
        """The members of a touched group that are in outage: they were lost before any other."""
        return [member for member in self.lost[group] if self.effect[member] == OUTAGE]


class Reach:
    """What lies above the items that lost margin: merely reachable, breadth-first by distance.

    `distance` holds everything visited; `complete` is False when the limit cut it off.
    """

    __slots__ = ("_rivals", "causes", "complete", "distance")

    def __init__(self, spread: Spread, limit: int | None) -> None:
        self.causes: dict[int, int] = {}
        self._rivals: dict[int, list[int]] = {}
        self.distance: dict[int, int] = {}
        self.complete = True
        room = sys.maxsize if limit is None else limit
        waiting = {level: items for effect, level, items in spread.levels if effect == REDUCED}
        while waiting and self.complete:
            level = min(waiting)
            asked = waiting.pop(level)
            sources, targets = spread.estate.above(asked)
            found = dict(zip(sources, targets, strict=True))
            for known in [*(found.keys() & spread.effect.keys()), *(found.keys() & self.distance.keys())]:
                del found[known]
            if len(found) > room:
                self.complete = False
                rising = spread.estate.rising(asked)  # what loses most is looked at first
                order = dict.fromkeys(chain(rising.hard[0], rising.soft[0], rising.grouped[0]))
                found = dict(islice(((one, found[one]) for one in order if one in found), room))
            room -= len(found)
            others = map(ne, map(found.get, sources, targets), targets)
            for source, target in compress(zip(sources, targets, strict=True), others):
                self._rivals.setdefault(source, []).append(target)
            self.distance.update(dict.fromkeys(found, level + 1))
            self.causes.update(found)
            if found:
                waiting[level + 1] = sorted({*waiting.get(level + 1, ()), *found})

    def candidates(self, item: int) -> tuple[int, ...]:
        """The targets through which the item was first reached."""
        return self.causes[item], *self._rivals.get(item, ())

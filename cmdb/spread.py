"""How far an outage spreads: effects as a least fixed point, with distances and causes.

One question to the estate per level, redundancy counted as the rows arrive. Outage is settled
first, breadth-first; then degraded, in whole rounds over distance; then reduced redundancy.
Pure: it reads nothing but the estate it is given. Source: rules.md 3; speed.md, Impact and Chains.
"""

import sys
from collections.abc import Collection, Mapping

from cmdb.estate import Estate

NONE, REDUCED, DEGRADED, OUTAGE = 0, 1, 2, 3
EFFECTS = ("none", "reduced redundancy", "degraded", "outage")  # by rank, worst last
HARD = 2

# Where an effect may have come from: keys of targets, and redundancy groups as ~key (negative).
# One candidate stands alone, several make a list: most items have one, and there may be a million.
Candidates = dict[int, "int | list[int]"]


def offer(found: Candidates, source: int, candidate: int) -> None:
    """Note one more candidate cause for the effect on `source`."""
    known = found.get(source)
    if known is None:
        found[source] = candidate
    elif isinstance(known, list):
        known.append(candidate)
    else:
        found[source] = [known, candidate]


class Spread:
    """What follows when the items `down` are down.

    `effect` holds the rank of every item that is hit, `distance` the round it got there (0: down),
    `lost` the distinct members each touched group lost, `touched` its (source, slack, passes),
    `causes` the candidates between which `cause` decides, `levels` the items of each effect and round.
    """

    __slots__ = ("_soft", "causes", "distance", "effect", "estate", "levels", "lost", "touched")

    def __init__(self, estate: Estate, down: Collection[int]) -> None:
        self.estate = estate
        self.effect: dict[int, int] = dict.fromkeys(down, OUTAGE)
        self.distance: dict[int, int] = dict.fromkeys(down, 0)
        self.levels: list[list[int]] = [list(self.effect)]
        self.lost: dict[int, list[int]] = {}
        self.touched: dict[int, tuple[int, int, int]] = {}
        self.causes: Candidates = {}
        self._soft: list[tuple[int, int]] = []  # (source, target): soft needs of items in outage
        self._settle_outage(list(self.effect))
        self._settle_degraded()
        self._settle_reduced()

    def _settle_outage(self, frontier: list[int]) -> None:
        effect, lost, touched, soft = self.effect, self.lost, self.touched, self._soft
        level = 0
        while frontier:
            level += 1
            found: Candidates = {}
            for target, source, passes, group, slack in self.estate.links(frontier):
                if group is None:
                    if source in effect:
                        pass
                    elif passes != HARD:
                        soft.append((source, target))
                    elif source in found:
                        offer(found, source, target)
                    else:
                        found[source] = target
                    continue
                members = lost.get(group)
                if members is None:
                    lost[group] = members = [target]
                    touched[group] = (source, slack or 0, passes)
                elif members[-1] == target:
                    continue  # the same pair by another kind: one member, counted once
                else:
                    members.append(target)
                # Exactly one beyond the slack: the member that makes the effect hold.
                if source not in effect and passes == HARD and len(members) == (slack or 0) + 1:
                    offer(found, source, ~group)
            frontier = self._reached(found, OUTAGE, level)

    def _settle_degraded(self) -> None:
        effect, lost, touched = self.effect, self.lost, self.touched
        due = self._due_from_outage()
        frontier: list[int] = []
        level = 0
        while frontier or due:
            level = level + 1 if frontier else min(due)
            found: Candidates = {}
            for target, source, passes, group, slack in self.estate.links(frontier) if frontier else ():
                if group is None:
                    if source not in effect:
                        if source in found:
                            offer(found, source, target)
                        else:
                            found[source] = target
                    continue
                members = lost.get(group)
                if members is None:
                    lost[group] = members = [target]
                    touched[group] = (source, slack or 0, passes)
                elif members[-1] == target:
                    continue
                else:
                    members.append(target)
                if source not in effect and len(members) > (slack or 0):
                    self._put_due(due, group, level, found)
            for source, candidate in due.pop(level, ()):
                if source not in effect:
                    offer(found, source, candidate)
            frontier = self._reached(found, DEGRADED, level)

    def _due_from_outage(self) -> dict[int, list[tuple[int, int]]]:
        """Rounds in which something is degraded by items in outage alone."""
        effect, distance = self.effect, self.distance
        due: dict[int, list[tuple[int, int]]] = {}
        for source, target in self._soft:
            if source not in effect:
                due.setdefault(distance[target] + 1, []).append((source, target))
        for group, (source, slack, _passes) in self.touched.items():
            members = self.lost[group]
            if len(members) > slack and source not in effect:  # so the group is a soft one
                due.setdefault(distance[members[slack]] + 1, []).append((source, ~group))
        return due

    def _put_due(
        self, due: dict[int, list[tuple[int, int]]], group: int, level: int, found: Candidates
    ) -> None:
        """Say when a group with degraded members gives way: members count in the order of rounds."""
        source, slack, _passes = self.touched[group]
        when = sorted(map(self.distance.__getitem__, self.lost[group]))[slack] + 1
        if when > level:
            due.setdefault(when, []).append((source, ~group))
        else:
            known = found.get(source)
            if known is None or ~group not in (known if isinstance(known, list) else (known,)):
                offer(found, source, ~group)

    def _settle_reduced(self) -> None:
        effect, distance = self.effect, self.distance
        nearest: dict[int, int] = {}
        found: Candidates = {}
        for group, (source, _slack, _passes) in self.touched.items():
            if source in effect:
                continue
            near = min(map(distance.__getitem__, self.lost[group])) + 1
            known = nearest.get(source)
            if known is None or near < known:
                nearest[source] = near
                found[source] = ~group
            elif near == known:
                offer(found, source, ~group)
        effect.update(dict.fromkeys(found, REDUCED))
        distance.update(nearest)
        self.causes.update(found)
        levels: dict[int, list[int]] = {}
        for item, near in nearest.items():
            levels.setdefault(near, []).append(item)
        self.levels += [levels[near] for near in sorted(levels)]

    def _reached(self, found: Candidates, effect: int, level: int) -> list[int]:
        self.effect.update(dict.fromkeys(found, effect))
        self.distance.update(dict.fromkeys(found, level))
        self.causes.update(found)
        reached = list(found)
        self.levels.append(reached)
        return reached

    def in_order(self, ids: Mapping[int, str]) -> list[int]:
        """Every item hit, worst first, then nearest, then by id: causes come before what they cause."""
        order: list[int] = []
        for level in self.levels:
            # By key first: where ids were given in order, the second sort finds its work done.
            order += sorted(sorted(level), key=ids.__getitem__)
        return order

    def cause(self, item: int, candidates: int | list[int], ids: Mapping[int, str]) -> tuple[int, int | None]:
        """Give the (target, redundancy group or None) that gave the item its effect.

        Among candidates of the same round the smallest target id wins; `ids` knows them all.
        """
        best: tuple[str, bool] | None = None
        chosen: tuple[int, int | None] = item, None
        for one in (candidates,) if isinstance(candidates, int) else candidates:
            group = None if one >= 0 else ~one
            target = one if group is None else self._decisive(item, group, ids)
            weight = ids[target], group is not None
            if best is None or weight < best:
                best, chosen = weight, (target, group)
        return chosen

    def _decisive(self, item: int, group: int, ids: Mapping[int, str]) -> int:
        """The member whose loss first made the effect hold; members count in (round, id) order."""
        effect = self.effect[item]
        members = self.lost[group]
        if effect == OUTAGE:
            members = self.out_of(group)
        place = self.touched[group][1] if effect > REDUCED else 0
        if len(members) == 1:
            return members[0]
        return sorted(members, key=lambda member: (self.distance[member], ids[member]))[place]

    def out_of(self, group: int) -> list[int]:
        """The members of a touched group that are in outage."""
        return [member for member in self.lost[group] if self.effect[member] == OUTAGE]

    def along(self, item: int, target: int, group: int, ids: Mapping[int, str]) -> tuple[str, ...]:
        """The other lost members of the group that gave the item its effect, by id."""
        members = self.lost[group]
        if len(members) == 1:
            return ()
        if self.effect[item] == OUTAGE:
            members = self.out_of(group)
        return tuple(sorted(ids[member] for member in members if member != target))


class Reach:
    """What lies above the items that lost margin: merely reachable, breadth-first by distance.

    `distance` and `causes` hold everything visited; `complete` is False when the limit cut it off.
    """

    __slots__ = ("causes", "complete", "distance")

    def __init__(self, spread: Spread, limit: int | None) -> None:
        self.causes: Candidates = {}
        self.distance: dict[int, int] = {}
        self.complete = True
        effect, distance = spread.effect, self.distance
        room = sys.maxsize if limit is None else limit
        waiting: dict[int, list[int]] = {}
        for item, rank in effect.items():
            if rank == REDUCED:
                waiting.setdefault(spread.distance[item], []).append(item)
        while waiting and self.complete:
            level = min(waiting)
            found: Candidates = {}
            for target, source, _passes, _group, _slack in spread.estate.links(waiting.pop(level)):
                if source in effect or source in distance:
                    continue
                if source in found:
                    offer(found, source, target)
                    continue
                found[source] = target
                room -= 1
                if room < 0:
                    self.complete = False
                    break
            self.distance.update(dict.fromkeys(found, level + 1))
            self.causes.update(found)
            if found:
                waiting.setdefault(level + 1, []).extend(found)

    def candidates(self, item: int) -> tuple[int, ...]:
        """The targets through which the item was first reached."""
        known = self.causes[item]
        return tuple(known) if isinstance(known, list) else (known,)

"""The search for joint outages: the smallest sets of works that take an item which no part takes.

Works are numbered, and a set of works is a whole number with one bit a work. Sets are found in
order of size: when those of one size are looked for, all smaller ones are known. They begin at a
redundancy group that several works take members of; from there only what is new is followed.
Pure. Source: rules.md 3, Joint outage; speed.md, Algorithms and layouts.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import reduce
from operator import or_

from cmdb.intervals import Span
from cmdb.losses import Loss, Losses


class TooMuchError(Exception):
    """The search took more steps than it may."""


class Budget:
    """How many steps are left; `spend` raises TooMuchError when none are."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Take steps."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchError


class Windows:
    """When the works are open, and how long the works of a set are all open."""

    def __init__(self, spans: list[Span]) -> None:
        self.spans = spans
        self._known: dict[int, Span] = {}

    def move(self, place: int, span: Span) -> None:
        """Give one work another window."""
        self.spans[place] = span
        self._known.clear()

    def of(self, mask: int) -> Span:
        """When all works of a set are open: a start at or after the end says never."""
        known = self._known.get(mask)
        if known is None:
            spans = [self.spans[place] for place in places(mask)]
            known = max(one[0] for one in spans), min(one[1] for one in spans)
            self._known[mask] = known
        return known


# Works, as bits, that take members (bits too) of a group together, and when all of them are open.
_Atom = tuple[int, int, int, int]  # start, end, works, members


class Together:
    """The smallest sets for one effect: `joint` maps items to sets (bits) and where each comes from.

    A set comes from the item below it, or from a redundancy group, as ~key.
    """

    def __init__(self, losses: Losses, windows: Windows) -> None:
        self.losses = losses
        self.windows = windows
        self.joint: dict[int, dict[int, int]] = {}
        # Groups that can give way to several works, each with the works that take members alone.
        self._hopeful: dict[int, int] = {}
        for key, loss in losses.groups.items():
            if 0 < loss.slack < len(loss.members):
                self._hopeful[key] = reduce(or_, map(losses.alone.__getitem__, loss.members))
        self._reached: set[int] = set()  # groups that lost members to sets

    def forget(self, unwanted: Callable[[int], object]) -> None:
        """Take sets out again."""
        for item, sets in list(self.joint.items()):
            left = {mask: cause for mask, cause in sets.items() if not unwanted(mask)}
            if left:
                self.joint[item] = left
            else:
                del self.joint[item]

    def search(self, size: int, about: int, budget: Budget) -> bool:
        """Find every set of exactly this size, the smaller ones known; tell whether larger may exist."""
        more = False
        hopeful = (key for key, works in self._hopeful.items() if works & about or not about)
        groups: Collection[int] = dict.fromkeys([*hopeful, *sorted(self._reached)])
        fresh: dict[int, list[int]] = {}
        while True:
            for group in groups:
                loss = self.losses.groups[group]
                found, cut = self._at(loss, size, about, budget)
                more = more or cut
                for mask in found:
                    self._offer(loss.source, mask, ~group, fresh, budget)
            if not fresh:
                return more
            groups, fresh = self._above(fresh, budget)

    def chain(self, item: int, mask: int) -> tuple[tuple[int, ...], int]:
        """The items from one that a set hits to the source of the group that gives way; and the group."""
        steps = [item]
        while (cause := self.joint[steps[-1]][mask]) >= 0:
            steps.append(cause)
        return tuple(steps), ~cause

    def takers(self, group: int, mask: int) -> Iterator[tuple[int, int]]:
        """The members of a group that a set takes, each with the works of the set that do it."""
        for member in dict.fromkeys(self.losses.groups[group].members):
            works = self.losses.alone.get(member, 0) & mask
            for one in self.joint.get(member, ()):
                works |= one if one & mask == one else 0
            if works:
                yield member, works

    def _above(self, fresh: dict[int, list[int]], budget: Budget) -> tuple[list[int], dict[int, list[int]]]:
        """What new sets do one step up: the groups to look at again, and the items they reach."""
        groups: dict[int, None] = {}
        risen: dict[int, list[int]] = {}
        for target, source, passes, group, slack in self.losses.links.of(sorted(fresh)):
            if passes < self.losses.least:
                continue
            if group is not None and slack:
                loss = self.losses.groups.get(group)
                if loss is None:
                    self.losses.groups[group] = loss = Loss(source, slack)
                if target not in loss.members:
                    loss.members.append(target)
                groups[group] = None
                continue
            for mask in fresh[target]:
                self._offer(source, mask, target, risen, budget)
        self._reached.update(groups)
        return list(groups), risen

    def _offer(self, item: int, mask: int, cause: int, fresh: dict[int, list[int]], budget: Budget) -> None:
        """Note that a set hits an item, unless a part of the set does."""
        known = self.joint.setdefault(item, {})
        if mask in known or mask & self.losses.alone.get(item, 0):
            return
        budget.spend(1 + len(known) // 8)
        if mask.bit_count() > 2 and any(one & mask == one for one in known):
            return
        known[mask] = cause
        fresh.setdefault(item, []).append(mask)

    def _at(self, loss: Loss, size: int, about: int, budget: Budget) -> tuple[set[int], bool]:
        """The sets of this size that take more than the slack of a group."""
        atoms = self.atoms(loss, about)
        if not atoms or (len(atoms) == 1 and atoms[0][2].bit_count() == 1):
            return set(), False
        search = _Combining(loss.slack + 1, size, sorted(atoms), budget)
        search.extend(0, 0, search.atoms)
        if about:
            return {mask for mask in search.found if mask & about}, search.more
        return search.found, search.more

    def atoms(self, loss: Loss, about: int = 0) -> list[_Atom]:
        """What takes members of a group and could matter: works alone, and sets found already."""
        alone, blocked = self.losses.alone, self.losses.alone.get(loss.source, 0)
        taken: dict[int, int] = {}
        for place, member in enumerate(dict.fromkeys(loss.members)):
            for single in bits(alone.get(member, 0) & ~blocked):
                taken[single] = taken.get(single, 0) | 1 << place
            for mask in self.joint.get(member, ()):
                if not mask & blocked:
                    taken[mask] = taken.get(mask, 0) | 1 << place
        return [
            (start, end, mask, members)
            for mask, members in taken.items()
            for start, end in (self.windows.of(mask | about),)
            if start < end
        ]


class _Combining:
    """Looks for sets of works of one size that take at least `need` members of a group together."""

    def __init__(self, need: int, size: int, atoms: list[_Atom], budget: Budget) -> None:
        self.need = need
        self.size = size
        self.atoms = atoms
        self.budget = budget
        self.found: set[int] = set()
        self.more = False
        self._nested = any(mask.bit_count() > 1 for _start, _end, mask, _members in atoms)

    def extend(self, works: int, lost: int, atoms: Sequence[_Atom]) -> None:
        """Add each of the atoms, which stand in the order in which they start, to a set."""
        if not self._may(lost, atoms):
            return
        for place, (_start, end, mask, members) in enumerate(atoms):
            self.budget.spend()
            gained = lost | members
            if gained == lost:
                continue
            both = works | mask
            size = both.bit_count()
            if size == self.size and self._nested:
                gained = self._all(both)
            if gained.bit_count() >= self.need:
                if size == self.size:
                    self.found.add(both)
                self.more = self.more or size > self.size
                continue
            rest = list(_until(end, atoms, place + 1))
            if size < self.size:
                self.extend(both, gained, rest)
            elif not self.more:
                self.more = self._may(gained, rest)

    def _may(self, lost: int, atoms: Iterable[_Atom]) -> bool:
        """Whether even everything together would take enough."""
        for _start, _end, _mask, members in atoms:
            lost |= members
        return lost.bit_count() >= self.need

    def _all(self, works: int) -> int:
        """Every member that works take, alone or in any part."""
        lost = 0
        for _start, _end, mask, members in self.atoms:
            if mask & works == mask:
                lost |= members
        return lost


def _until(end: int, atoms: Sequence[_Atom], first: int) -> Iterator[_Atom]:
    """The atoms from a place on that begin before the end, cut to it."""
    for place in range(first, len(atoms)):
        atom = atoms[place]
        if atom[0] >= end:
            return
        yield atom if atom[1] <= end else (atom[0], end, atom[2], atom[3])


def bits(mask: int) -> Iterator[int]:
    """The bits of a set, each as a set of its own."""
    while mask:
        lowest = mask & -mask
        yield lowest
        mask ^= lowest


def places(mask: int) -> Iterator[int]:
    """The numbers of the works in a set."""
    return (one.bit_length() - 1 for one in bits(mask))

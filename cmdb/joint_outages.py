"""Joint outages: work that together puts an item in outage or degraded, which no part of it does.

The smallest sets of scheduled work, of any size, for as long as all their windows are open. They
can only begin at a redundancy group that several works take members of; from there only what is
new is followed. Sets are found in order of size, so that what was found is exact even where the
search had to stop: `sizes` says up to which size everything was looked at.
Pure over an `Estate`. Source: rules.md 3, Joint outage; speed.md, Algorithms and layouts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cmdb.estate import Estate, Facts, Group
from cmdb.intervals import Span, moment, seconds
from cmdb.joint_search import Budget, Together, TooMuchError, Windows, places
from cmdb.losses import Links, Losses
from cmdb.model import Value
from cmdb.promises import PlannedWork
from cmdb.spread import HARD

_EFFECTS = ("outage", "degraded")  # by the number of the level
STEPS = 1_000_000  # of the search; beyond, larger sets are said not to be computed


class JointHit(NamedTuple):
    """An item that a joint outage hits: `because` leads from it to the group that gives way."""

    id: str
    name: str
    effect: str
    service: bool
    because: tuple[str, ...]


class Taken(NamedTuple):
    """A member of a redundancy group, and the work that takes it down."""

    member: str
    by: tuple[str, ...]


class GaveWay(NamedTuple):
    """A redundancy group that work takes too much of together, though no part of the work does."""

    source: str
    group: str
    need: str
    had: int
    taken: tuple[Taken, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOutage(Value):
    """Work that must not be done at the same time, and what fails while all of it is.

    `changes` are the references of the work, `start` and `end` the time in which all windows are
    open. Services come first among the `items`, then the worst. `tentative` when any of the work
    still waits for its decision.
    """

    changes: tuple[str, ...]
    start: datetime
    end: datetime
    items: tuple[JointHit, ...]
    groups: tuple[GaveWay, ...]
    tentative: bool = False

    @property
    def services(self) -> tuple[JointHit, ...]:
        """The services among what is hit."""
        return tuple(one for one in self.items if one.service)

    @property
    def effect(self) -> str:
        """The worst effect on a service, or on any item where no service is hit."""
        found = [one.effect for one in self.services or self.items]
        return "outage" if "outage" in found else "degraded"


class JointOutages(NamedTuple):
    """Every joint outage by when it starts; `sizes` is None when sets of every size were looked at.

    `missed` names work whose changes could not be taken into account, and why.
    """

    found: tuple[JointOutage, ...]
    sizes: int | None
    missed: tuple[tuple[str, str], ...] = ()

    @property
    def not_computed(self) -> str:
        """What was not looked at, in words; empty when everything was."""
        told = [f"what {name} will have changed: {why.removesuffix('.')}" for name, why in self.missed]
        if self.sizes is not None and self.sizes < 2:
            told.append(
                "joint outages: too much work is planned at the same time on the same redundancy groups"
            )
        elif self.sizes is not None:
            told.append(f"joint outages of more than {self.sizes} changes")
        return "; ".join(told)


def joint_outages(estate: Estate, works: Iterable[PlannedWork], *, about: str = "") -> JointOutages:
    """Find every joint outage of some planned work; with `about`, those the work of that reference is in.

    Works count as down for as long as their windows are open. Items that do not exist (any more)
    are left out.
    """
    return Sweep(estate, works, about=about).found()


class Sweep:
    """The joint outages of planned work, kept so that one window can be moved at little cost."""

    def __init__(
        self, estate: Estate, works: Iterable[PlannedWork], *, about: str = "", steps: int = STEPS
    ) -> None:
        self.estate = estate
        self.about = about
        self.works = sorted(works, key=lambda one: one.reference)
        spans = {one.reference: _window(one) for one in self.works}
        if about:  # what is not open together with it has no part in the answer
            spans = {name: _shared(span, spans[about]) for name, span in spans.items()}
            self.works = [one for one in self.works if spans[one.reference][0] < spans[one.reference][1]]
        self.windows = Windows([spans[one.reference] for one in self.works])
        self._steps = steps
        outage = Losses(Links(estate), HARD)
        outage.follow(self._down())
        self.levels = [Together(one, self.windows) for one in (outage, outage.degraded())]
        self.sizes = self._search(0)

    def _down(self) -> dict[int, int]:
        """Every item that goes down, with the work that takes it."""
        keys = self.estate.keys({id for one in self.works for id in one.down})
        down: dict[int, int] = {}
        for place, one in enumerate(self.works):
            for id in one.down:
                if id in keys:
                    down[keys[id]] = down.get(keys[id], 0) | 1 << place
        return down

    def _search(self, about: int) -> int | None:
        """Look for larger and larger sets until there can be no more, or it takes too long."""
        budget = Budget(self._steps)
        for size in range(2, len(self.works) + 1):
            more = False
            try:
                for level in self.levels:
                    more = level.search(size, about, budget) or more
            except TooMuchError:
                for level in self.levels:
                    level.forget(lambda mask, size=size: mask.bit_count() >= size)  # type: ignore[misc]
                return size - 1
            if not more:
                return None
        return None

    def moved(self, reference: str, start: datetime, end: datetime) -> None:
        """Give the work of a reference another window; only sets it is in are looked for again.

        Not for a sweep about one piece of work, which looked at nothing but its window.
        """
        place = next(place for place, one in enumerate(self.works) if one.reference == reference)
        bit = 1 << place
        self.works[place] = self.works[place].but(window_start=start, window_end=end, down_from=None)
        self.windows.move(place, _window(self.works[place]))
        everything = self.sizes is not None
        for level in self.levels:
            level.forget(lambda mask: everything or mask & bit)
        self.sizes = self._search(0 if everything else bit)

    def found(self) -> JointOutages:
        """Tell everything found, by time."""
        return JointOutages(_told(self), self.sizes)

    def alone(self, items: Iterable[int]) -> dict[str, dict[int, str]]:
        """What each work by itself does to some items, given by their keys: work, item, effect."""
        found: dict[str, dict[int, str]] = {}
        for item in items:
            for effect, level in reversed(list(zip(_EFFECTS, self.levels, strict=True))):
                for place in places(level.losses.alone.get(item, 0)):
                    found.setdefault(self.works[place].reference, {})[item] = effect
        return found

    def named(self, mask: int) -> tuple[str, ...]:
        """The references of a set of work, in the order of their numbers."""
        return tuple(sorted((self.works[place].reference for place in places(mask)), key=_numbered))


def _told(sweep: Sweep) -> tuple[JointOutage, ...]:
    """Every set with what it hits, in words people know."""
    hits: dict[int, dict[int, int]] = {}  # set: item: number of the level that tells of it
    wanted = sum(1 << place for place, one in enumerate(sweep.works) if one.reference == sweep.about)
    for number, level in enumerate(sweep.levels):
        for item, sets in level.joint.items():
            for mask in sets:
                if mask & wanted == wanted:
                    hits.setdefault(mask, {}).setdefault(item, number)
    chains = {
        (mask, item): sweep.levels[number].chain(item, mask)
        for mask, items in hits.items()
        for item, number in items.items()
    }
    asked = {step for chain, _group in chains.values() for step in chain}
    lost = {
        (number, group): sweep.levels[number].losses.groups[group].members
        for (mask, item), (_chain, group) in chains.items()
        for number in (hits[mask][item],)
    }
    asked.update(member for members in lost.values() for member in members)
    facts = {fact[0]: fact for fact in sweep.estate.facts(asked)}
    groups = {one.key: one for one in sweep.estate.groups({group for _number, group in lost})}
    return in_order(_outage(sweep, mask, items, chains, facts, groups) for mask, items in hits.items())


def in_order(found: Iterable[JointOutage]) -> tuple[JointOutage, ...]:
    """Joint outages by when they start, then those that hit services, the worst, the smallest sets."""
    return tuple(sorted(found, key=_by_weight))


def _by_weight(one: JointOutage) -> tuple[datetime, bool, bool, int, tuple[str, ...]]:
    return one.start, not one.services, one.effect != "outage", len(one.changes), one.changes


def _outage(
    sweep: Sweep,
    mask: int,
    items: dict[int, int],
    chains: dict[tuple[int, int], tuple[tuple[int, ...], int]],
    facts: dict[int, Facts],
    groups: dict[int, Group],
) -> JointOutage:
    found = [(bool(facts[item][7]), number, facts[item][1], item) for item, number in items.items()]
    found.sort(key=lambda one: (not one[0], *one[1:]))
    told = [one for one in found if one[0]] or found
    seeds: dict[int, int] = {}  # group: number of the level at which it gives way first
    for _service, number, _id, item in sorted(told, key=lambda one: one[1]):
        seeds.setdefault(chains[mask, item][1], number)
    start, end = sweep.windows.of(mask)
    return JointOutage(
        changes=sweep.named(mask),
        start=moment(start),
        end=moment(end),
        items=tuple(
            JointHit(
                id=id,
                name=facts[item][3],
                effect=_EFFECTS[number],
                service=service,
                because=tuple(facts[step][1] for step in chains[mask, item][0]),
            )
            for service, number, id, item in found
        ),
        groups=tuple(
            GaveWay(
                source=facts[groups[key].source][1],
                group=groups[key].name,
                need=groups[key].need,
                had=groups[key].members,
                taken=tuple(
                    sorted(
                        Taken(facts[member][1], sweep.named(works))
                        for member, works in sweep.levels[number].takers(key, mask)
                    )
                ),
            )
            for key, number in seeds.items()
        ),
        tentative=any(sweep.works[place].tentative for place in places(mask)),
    )


def _window(work: PlannedWork) -> Span:
    return seconds(work.window_start), seconds(work.window_end)


def _shared(one: Span, other: Span) -> Span:
    return max(one[0], other[0]), min(one[1], other[1])


def _numbered(reference: str) -> tuple[int, str]:
    digits = reference.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0, reference

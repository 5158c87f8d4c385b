"""What an outage does to services on the estate as it will be, once earlier work has changed it.

Of all that other work will have changed by then only what matters to the outage is laid over the
estate. Of a window in which other work ends the worse of before and after counts: when exactly that
work is done nobody can say.
Pure over an `Estate`. Source: rules.md 3, Windowed.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from cmdb.differences import Differences
from cmdb.errors import NotFound
from cmdb.estate import Estate
from cmdb.impact import impact
from cmdb.intervals import seconds
from cmdb.joint_outages import Sweep
from cmdb.joint_search import places
from cmdb.losses import Links, Losses
from cmdb.promises import PlannedWork
from cmdb.spread import EFFECTS, HARD


class Effects(NamedTuple):
    """What an outage does: service -> effect, and every item it hits."""

    services: dict[str, str]
    hit: frozenset[str]


class Spread(NamedTuple):
    """What an outage does on one estate, and the keys of what it hits there."""

    effects: Effects
    keys: Collection[int]


class Following:
    """What one outage does after the first so many differences; each estate is followed once."""

    def __init__(
        self,
        differences: Differences,
        spread: Callable[[Estate], Spread],
        today: Sequence[int] | None = None,
        ids: Collection[str] = (),
    ) -> None:
        """Take `today`, the differences that touch it as the estate is now, where they are known.

        `ids` are what goes down: what does not exist yet may be added by then.
        """
        self.differences = differences
        self._spread = spread
        self._ids = ids
        self._known: dict[tuple[int, ...], tuple[Effects, list[int]]] = {}
        self._today = today

    def after(self, number: int) -> Effects:
        """What it does after the first so many differences."""
        return self._told(self.chosen(number))[0]

    def chosen(self, number: int) -> tuple[int, ...]:
        """Of the first so many differences those that matter to it."""
        touched = set(self._touching(()))
        while True:
            chosen = self.differences.mattering(touched, number)
            more = {place for place in self._touching(chosen) if place < number} - touched
            if not more:
                return chosen
            touched |= more

    def worst(self, numbers: Iterable[int]) -> Effects:
        """The worst it does after some numbers of differences, service by service."""
        found = {id(one): one for one in map(self.after, numbers)}
        return worst(list(found.values()))

    def _touching(self, chosen: tuple[int, ...]) -> Sequence[int]:
        if not chosen and self._today is not None:
            return self._today
        return self._told(chosen)[1]

    def _told(self, chosen: tuple[int, ...]) -> tuple[Effects, list[int]]:
        if chosen not in self._known:
            effects, keys = self._spread(self.differences.laid(chosen))
            self._known[chosen] = effects, self.differences.direct(keys, self._ids)
        return self._known[chosen]


def worst(found: Sequence[Effects]) -> Effects:
    """The worst of several effects, service by service."""
    if len(found) == 1:
        return found[0]
    services: dict[str, str] = {}
    for one in found:
        for id, effect in one.services.items():
            services[id] = max(effect, services.get(id, effect), key=EFFECTS.index)
    return Effects(services, frozenset[str]().union(*(one.hit for one in found)))


def following(differences: Differences, down: Sequence[str]) -> Following:
    """Follow the outage of some items as impact does. Raises NotFound for items that do not exist."""
    today = differences.today

    def spread(estate: Estate) -> Spread:
        try:
            answer = impact(estate, down)
        except NotFound:
            if estate is today:
                raise
            return Spread(Effects({}, frozenset()), ())  # by then it is taken out of the estate
        hit = frozenset(one.id for one in answer.items)
        effects = Effects({one.id: one.effect for one in answer.services}, hit)
        return Spread(effects, set(today.keys(hit).values()))

    return Following(differences, spread)


def effects_ahead(
    differences: Differences, sweep: Sweep, works: Iterable[PlannedWork], services: Collection[str]
) -> dict[str, dict[str, str]]:
    """What each work by itself does to some services, on the estates its window meets: by reference.

    The sweep has followed all of the work on the estate of today; only what a difference touches is
    followed again.
    """
    keys = {key: id for id, key in differences.today.keys(services).items()}
    today = sweep.alone(keys)
    touched = _touched(differences, sweep)
    found: dict[str, dict[str, str]] = {}
    for one in works:
        numbers = differences.met((seconds(one.window_start), seconds(one.window_end)))
        direct = touched.get(one.reference, ())
        if any(place < numbers[-1] for place in direct):
            again = Following(differences, _losing(one.down, services), direct, one.down)
            does: Mapping[str, str] = again.worst(numbers).services
        else:
            does = {keys[key]: effect for key, effect in today.get(one.reference, {}).items()}
        if does:
            found[one.reference] = dict(does)
    return found


def alone_ahead(
    differences: Differences, work: PlannedWork, services: Collection[str]
) -> dict[str, str] | None:
    """What one work does to some services on the estates its window meets; None when only today's is met."""
    numbers = differences.met((seconds(work.window_start), seconds(work.window_end)))
    if numbers[-1] == 0:
        return None
    return dict(Following(differences, _losing(work.down, services), ids=work.down).worst(numbers).services)


def _touched(differences: Differences, sweep: Sweep) -> dict[str, list[int]]:
    """The differences that start from something each work hits on the estate of today."""
    found: dict[str, list[int]] = {}
    fresh: dict[str, list[str]] = {}
    for work in sweep.works:
        for id in work.down:
            fresh.setdefault(id, []).append(work.reference)
    hit = sweep.levels[-1].losses.alone  # degraded at least
    for place, one in enumerate(differences.reach):
        mask = 0
        for key in one.starts:
            mask |= hit.get(key, 0)
        names = {sweep.works[at].reference for at in places(mask)}
        names.update(name for id in one.added for name in fresh.get(id, ()))
        for name in names:
            found.setdefault(name, []).append(place)
    return found


def _losing(down: Sequence[str], services: Collection[str]) -> Callable[[Estate], Spread]:
    """What puts some services in outage or degrades them; margins cost no promise a second."""

    def spread(estate: Estate) -> Spread:
        outage = Losses(Links(estate), HARD)
        outage.follow(dict.fromkeys(estate.keys(down).values(), 1))
        degraded = outage.degraded().alone
        found = {
            id: "outage" if key in outage.alone else "degraded"
            for id, key in estate.keys(services).items()
            if key in degraded
        }
        return Spread(Effects(found, frozenset()), degraded)

    return spread

"""The answer for a window equals what every minute of it shows on the estate as it is at that minute."""

from collections.abc import Iterable
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.differences import Done
from cmdb.promises import PlannedWork
from cmdb.reading_graph import StoredEstate
from cmdb.windowed import Stretch, Windowed, Work, windowed
from tests.laws import estates
from tests.laws.estates import NAMES, Plan, Stored
from tests.laws.test_impact_laws import stored  # noqa: F401 - a fixture
from tests.laws.test_joint_ahead_laws import after, scene
from tests.laws.test_joint_outage_laws import ORIGIN, at, window

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")

MINUTE = timedelta(minutes=1)


def scheduled(planned: list[PlannedWork], done: list[Done]) -> list[Work]:
    """The works as they are asked with: what is down meanwhile, and what differs once they are over."""
    deltas = {one.reference: one.delta for one in done}
    return [
        Work(
            reference=one.reference,
            start=one.window_start,
            end=one.window_end,
            down=one.down,
            delta=deltas.get(one.reference),
        )
        for one in planned
    ]


class Minute:
    """What rules.md 3 says of one minute: the estate then, who is at work, and what follows of whom."""

    def __init__(self, plan: Plan, works: list[Work], minute: int, asked: list[str]) -> None:
        now = at(minute)
        over = sorted(
            (one for one in works if one.end <= now and one.delta), key=lambda one: (one.end, one.reference)
        )
        self.estate = after(plan, [one.delta for one in over if one.delta])
        self.asked = asked
        self.open = {one.reference: one for one in works if one.start <= now < one.end}
        self.down = [*asked, *self.theirs(self.open)]
        self.all = self.following(self.down)
        self.own = self.following(asked)
        self.others = self.following(self.theirs(self.open))

    def theirs(self, names: Iterable[str]) -> list[str]:
        """What some of the works that are open take down."""
        return [id for name in names for id in self.open[name].down]

    def following(self, down: Iterable[str]) -> dict[str, int]:
        """The effects while these are down, as far as they exist at that minute."""
        return estates.effects(self.estate, [id for id in down if id in self.estate.things])

    def check(self, item: str, found: Stretch) -> None:
        """Hold a stretch against this minute of it."""
        rank = self.all[item]
        assert found.effect == NAMES[rank]
        assert bool(found.because_of) == (rank > self.own[item]), "marked is what they alone do not give"
        assert set(found.because_of) <= set(self.open)
        if found.because_of:
            rest = [name for name in self.open if name not in found.because_of]
            without = self.following([*self.asked, *self.theirs(rest)])[item]
            alone = self.following([*self.asked, *self.theirs(found.because_of)])[item]
            assert without < rank or alone == rank, "it would not be without them, or they are enough"
            assert found.shared == (self.others[item] < rank)


def by_minute(found: Windowed, item: str) -> dict[int, Stretch]:
    told = found.when.get(item, ())
    assert all(one.start < one.end for one in told)
    return {
        minute: one
        for one in told
        for minute in range((one.start - ORIGIN) // MINUTE, (one.end - ORIGIN) // MINUTE)
    }


@settings(max_examples=600)
@given(seed=st.integers(0, 2**32))
def test_every_minute_of_a_window_is_told_as_it_is(
    stored: Stored,  # noqa: F811 - the fixture
    seed: int,
) -> None:
    dice = Random(seed)
    plan, planned, done = scene(dice)
    works = scheduled(planned, done)
    asked = dice.sample(sorted(plan.things), dice.choice([1, 1, 2]))
    start, end = window(dice)
    stored.hold(plan)
    found = windowed(StoredEstate(stored.rows, "sqlite"), asked, at(start), at(end), scheduled=works)
    minutes = {minute: Minute(plan, works, minute, asked) for minute in range(start, end)}
    assert found.answer.down == tuple(sorted(asked))
    assert found.not_computed == ()
    items = {item for one in minutes.values() for item in one.all}
    told = {item: by_minute(found, item) for item in {*items, *found.when}}
    for minute, one in minutes.items():
        hit = {item for item, rank in one.all.items() if rank}
        assert {item for item, stretches in told.items() if minute in stretches} == hit
        for item in hit:
            one.check(item, told[item][minute])
    worst = {item: max(one.all.get(item, 0) for one in minutes.values()) for item in items}
    assert {one.id: one.effect for one in found.answer.items} == {
        item: NAMES[rank] for item, rank in worst.items() if rank
    }
    services = {one.id: one.effect for one in found.answer.services if not one.inherited}
    assert services == {
        item: NAMES[rank]
        for item, rank in worst.items()
        if rank and any(one.estate.things[item].service for one in minutes.values() if item in one.all)
    }


@settings(max_examples=300)
@given(seed=st.integers(0, 2**32))
def test_what_services_suffer_by_themselves_together_and_perhaps(
    stored: Stored,  # noqa: F811 - the fixture
    seed: int,
) -> None:
    dice = Random(seed)
    plan, planned, done = scene(dice)
    works = scheduled(planned, done)
    decided, undecided = works[::2], works[1::2]
    asked = dice.sample(sorted(plan.things), 1)
    start, end = window(dice)
    stored.hold(plan)
    estate = StoredEstate(stored.rows, "sqlite")
    found = windowed(estate, asked, at(start), at(end), scheduled=decided, tentative=undecided)
    minutes = {minute: Minute(plan, decided, minute, asked) for minute in range(start, end)}
    alone: dict[str, int] = {}
    joint: set[tuple[int, str, str]] = set()
    for minute, one in minutes.items():
        for item, rank in one.all.items():
            if one.estate.things[item].service:
                alone[item] = max(alone.get(item, 0), one.own[item])
                if rank >= 2 and rank > max(one.own[item], one.others[item]):
                    joint.add((minute, item, NAMES[rank]))
    assert found.alone == {item: NAMES[rank] for item, rank in alone.items() if rank >= 2}
    assert joint == {
        (minute, item, effect)
        for first, last, suffers in found.joint
        for minute in range((first - ORIGIN) // MINUTE, (last - ORIGIN) // MINUTE)
        for item, effect in suffers.items()
    }
    for perhaps in found.tentative:
        [work] = [one for one in undecided if one.reference == perhaps.reference]
        worse: dict[str, int] = {}
        for minute, one in minutes.items():
            if work.down and work.start <= at(minute) < work.end:
                just, beside = one.following(work.down), one.following([*one.down, *work.down])
                for item, rank in beside.items():
                    if rank > max(one.all[item], just[item]):
                        worse[item] = max(rank, worse.get(item, 0))
        assert dict(perhaps.items) == {item: NAMES[rank] for item, rank in worse.items()}
    assert [one.reference for one in found.tentative] == [
        one.reference
        for one in sorted(undecided, key=lambda one: (one.start, one.reference))
        if one.start < at(end) and at(start) < one.end
    ]

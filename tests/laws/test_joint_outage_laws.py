"""Joint outages equal what every minute, every set of open windows and every part of it show."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.joint_outages import JointOutages, Sweep, joint_outages
from cmdb.promises import PlannedWork
from cmdb.reading_graph import StoredEstate
from tests.laws import estates
from tests.laws.estates import NAMES, Plan, Stored, Thing
from tests.laws.test_impact_laws import stored  # noqa: F401 - a fixture

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")

ORIGIN = datetime(2026, 11, 1, tzinfo=UTC)
HORIZON = 12
Told = dict[tuple[frozenset[str], str, str], tuple[datetime, datetime]]


def at(minute: int) -> datetime:
    return ORIGIN + timedelta(minutes=minute)


def crowded(dice: Random) -> Plan:
    """An estate of few items with many redundancy groups: nested, soft, in cycles, of several kinds."""
    ids = [f"{letter}1" for letter in "hgfedcba"[: dice.randint(4, 8)]]
    plan = Plan({one: Thing("retired" if dice.random() < 0.07 else "in service") for one in ids})
    for one in ids:
        plan.things[one] = replace(plan.things[one], service=dice.random() < 0.3)
    for source in dice.sample(ids, dice.randint(1, 4)):
        name, strength = dice.choice(["pool", "pair"]), dice.choice(["hard", "hard", "hard", "soft"])
        plan.groups[source, name] = (dice.choice(["1", "1", "1", "2", "50%", "40.1%"]), strength)
        for target in dice.sample(ids, dice.randint(2, min(6, len(ids)))):
            for kind in dice.sample(["uses", "runs on", "documents"], dice.choice([1, 1, 1, 2])):
                if target != source:
                    plan.needs[source, target, kind] = (strength, name)
    for _link in range(dice.randint(0, 4)):
        source, target = dice.sample(ids, 2)
        if (source, target, "uses") not in plan.needs:
            plan.needs[source, target, "uses"] = (dice.choice(["hard", "hard", "soft"]), "")
    return estates.drop_empty_groups(plan)


def works(dice: Random, plan: Plan) -> list[PlannedWork]:
    found = []
    for number in range(dice.randint(3, 7)):
        start, end = window(dice)
        down = dice.sample([*plan.things, "gone"], dice.choice([0, 1, 1, 1, 1, 2]))
        found.append(
            PlannedWork(
                reference=f"CR-{number + 8}", window_start=at(start), window_end=at(end), down=tuple(down)
            )
        )
    return found


def window(dice: Random) -> tuple[int, int]:
    start = dice.randint(0, HORIZON - 4)
    return start, dice.randint(start + 1, HORIZON)


def plainly(plan: Plan, planned: list[PlannedWork]) -> Told:
    """Minute by minute, every set of works then open, against every part of the set."""
    by_name = {one.reference: one for one in planned}
    known: dict[frozenset[str], dict[str, int]] = {}

    def effect(names: frozenset[str]) -> dict[str, int]:
        if names not in known:
            down = [id for name in names for id in by_name[name].down if id in plan.things]
            known[names] = estates.effects(plan, down)
        return known[names]

    minutes: dict[tuple[frozenset[str], str, str], list[int]] = {}
    for minute in range(HORIZON):
        now = [
            name
            for name, one in by_name.items()
            if one.down and one.window_start <= at(minute) < one.window_end
        ]
        for size in range(2, len(now) + 1):
            for names in map(frozenset, combinations(now, size)):
                parts = [effect(names - {one}) for one in names]
                for item, rank in effect(names).items():
                    if rank >= 2 and all(part[item] < rank for part in parts):
                        minutes.setdefault((names, item, NAMES[rank]), []).append(minute)
    return {key: (at(found[0]), at(found[-1] + 1)) for key, found in minutes.items()}


def told(answer: JointOutages) -> Told:
    return {
        (frozenset(one.changes), hit.id, hit.effect): (one.start, one.end)
        for one in answer.found
        for hit in one.items
    }


@settings(max_examples=1200)
@given(seed=st.integers(0, 2**32))
def test_joint_outages_are_the_smallest_sets_minute_by_minute(
    stored: Stored,  # noqa: F811 - the fixture
    seed: int,
) -> None:
    dice = Random(seed)
    plan = crowded(dice)
    planned = works(dice, plan)
    stored.hold(plan)
    estate = StoredEstate(stored.rows, "sqlite")
    found = joint_outages(estate, planned)
    assert found.sizes is None
    expected = plainly(plan, planned)
    assert told(found) == expected
    for one in found.found:
        services = [hit.service for hit in one.items]
        assert services == sorted(services, reverse=True)
        assert all(
            set(plan.members(group.source, group.group)) >= {t.member for t in group.taken}
            and len(group.taken) > plan.slack(group.source, group.group)
            for group in one.groups
        )
        assert one.groups
        assert {name for group in one.groups for t in group.taken for name in t.by} <= set(one.changes)
    about = dice.choice(planned).reference
    mine = joint_outages(estate, planned, about=about)
    assert told(mine) == {key: span for key, span in expected.items() if about in key[0]}


@settings(max_examples=600)
@given(seed=st.integers(0, 2**32))
def test_moving_a_window_finds_what_a_new_search_finds(
    stored: Stored,  # noqa: F811 - the fixture
    seed: int,
) -> None:
    dice = Random(seed)
    plan = crowded(dice)
    planned = works(dice, plan)
    stored.hold(plan)
    sweep = Sweep(StoredEstate(stored.rows, "sqlite"), planned)
    for _move in range(2):
        place = dice.randrange(len(planned))
        start, end = window(dice)
        planned[place] = planned[place].but(window_start=at(start), window_end=at(end))
        sweep.moved(planned[place].reference, at(start), at(end))
        assert told(sweep.found()) == plainly(plan, planned)


@settings(max_examples=400)
@given(seed=st.integers(0, 2**32))
def test_where_the_search_stops_everything_up_to_the_size_it_names_is_exact(
    stored: Stored,  # noqa: F811 - the fixture
    seed: int,
) -> None:
    dice = Random(seed)
    plan = crowded(dice)
    planned = works(dice, plan)
    stored.hold(plan)
    found = Sweep(StoredEstate(stored.rows, "sqlite"), planned, steps=dice.randint(0, 40)).found()
    most = len(planned) if found.sizes is None else found.sizes
    assert told(found) == {key: span for key, span in plainly(plan, planned).items() if len(key[0]) <= most}
    assert bool(found.not_computed) == (found.sizes is not None)

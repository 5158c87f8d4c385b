"""What work does on the estate to come equals the plain fixed point on every estate its window meets."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.differences import Differences, Done
from cmdb.effects_ahead import effects_ahead, following
from cmdb.intervals import seconds
from cmdb.joint_outages import Sweep
from cmdb.promises import PlannedWork
from cmdb.reading_graph import StoredEstate
from tests.laws import estates
from tests.laws.estates import NAMES, Plan, Stored
from tests.laws.test_impact_laws import stored  # noqa: F401 - a fixture
from tests.laws.test_joint_ahead_laws import after, scene

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")


def plainly(plan: Plan, one: PlannedWork, done: list[Done]) -> dict[str, str]:
    """The worst of some work on each estate between the start and the end of its window."""
    worst: dict[str, int] = {}
    for number in range(len(done) + 1):
        if number and done[number - 1].end >= one.window_end:
            continue  # not made before it is over
        if number < len(done) and done[number].end <= one.window_start:
            continue  # made before it begins
        then = after(plan, [each.delta for each in done[:number]])
        for id, rank in estates.effects(then, [id for id in one.down if id in then.things]).items():
            worst[id] = max(rank, worst.get(id, 0))
    return {id: NAMES[rank] for id, rank in worst.items() if rank >= 2 and id in plan.things}


@settings(max_examples=300)
@given(seed=st.integers(0, 2**32))
def test_each_work_does_what_it_does_on_the_worst_of_the_estates_it_meets(
    stored: Stored,  # noqa: F811 - the fixture
    seed: int,
) -> None:
    dice = Random(seed)
    plan, planned, done = scene(dice)
    stored.hold(plan)
    estate = StoredEstate(stored.rows, "sqlite")
    differences = Differences(estate, done)
    found = effects_ahead(differences, Sweep(estate, planned), planned, list(plan.things))
    in_order = sorted(done, key=lambda one: (one.end, one.reference))
    expected = {one.reference: plainly(plan, one, in_order) for one in planned}
    assert found == {name: does for name, does in expected.items() if does}


@settings(max_examples=300)
@given(seed=st.integers(0, 2**32))
def test_an_outage_is_followed_on_the_estate_after_any_number_of_differences(
    stored: Stored,  # noqa: F811 - the fixture
    seed: int,
) -> None:
    dice = Random(seed)
    plan, _planned, done = scene(dice)
    stored.hold(plan)
    differences = Differences(StoredEstate(stored.rows, "sqlite"), done)
    down = dice.sample(sorted(plan.things), dice.choice([1, 1, 2]))
    outage = following(differences, down)
    assert differences.ends == sorted(seconds(one.end) for one in differences.done)
    for number in dice.sample(range(len(differences.done) + 1), len(differences.done) + 1):
        then = after(plan, [one.delta for one in differences.done[:number]])
        expected = {
            id: NAMES[rank]
            for id, rank in estates.effects(then, down).items()
            if rank >= 2 and then.things[id].service
        }
        told = {id: one for id, one in outage.after(number).services.items() if one in NAMES[2:]}
        assert told == expected, number

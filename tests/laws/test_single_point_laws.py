"""Single points of failure equal what taking every item down, one by one, shows."""

from itertools import combinations, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.failing_pairs import failing_pairs
from cmdb.reading_graph import StoredEstate
from cmdb.single_points import single_points
from tests.laws import estates
from tests.laws.estates import Stored
from tests.laws.test_impact_laws import stored  # noqa: F401 - a fixture
from tests.laws.test_joint_outage_laws import crowded

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")


@settings(max_examples=700)
@given(data=st.data())
def test_a_single_point_is_what_alone_puts_the_service_in_outage(
    stored: Stored,  # noqa: F811 - the fixture
    data: st.DataObject,
) -> None:
    plan = data.draw(estates.plans())
    stored.hold(plan)
    found = single_points(StoredEstate(stored.rows, "sqlite"), sorted(plan.things))
    outages = {one: estates.effects(plan, [one]) for one, thing in plan.things.items() if thing.serves}
    assert found == {
        service: frozenset(
            one for one, effect in outages.items() if one != service and effect.get(service, 0) == 3
        )
        for service, thing in plan.things.items()
        if thing.serves
    }


@settings(max_examples=1500)
@given(seed=st.integers(0, 2**32))
def test_failing_pairs_are_all_pairs_of_which_neither_fails_the_service_alone(
    stored: Stored,  # noqa: F811 - the fixture
    seed: int,
) -> None:
    plan = crowded(Random(seed))
    stored.hold(plan)
    serving = [one for one, thing in plan.things.items() if thing.serves]
    alone = {one: estates.effects(plan, [one]) for one in serving}
    for service in serving:
        others = [one for one in serving if one != service and alone[one][service] < 3]
        expected = {
            frozenset(pair) for pair in combinations(others, 2) if estates.effects(plan, pair)[service] == 3
        }
        found = failing_pairs(StoredEstate(stored.rows, "sqlite"), service)
        assert found is not None
        pairs = [frozenset(pair) for kinds in found for pair in product(kinds.one, kinds.other)]
        assert sorted(map(sorted, pairs)) == sorted(map(sorted, expected))
        assert sum(kinds.size for kinds in found) == len(expected)


def test_too_many_items_below_are_not_guessed_at(stored: Stored) -> None:  # noqa: F811 - the fixture
    plan = estates.Plan(
        things={name: estates.Thing() for name in ("svc", "a", "b")},
        needs={("svc", "a", "uses"): ("hard", ""), ("a", "b", "uses"): ("hard", "")},
    )
    stored.hold(plan)
    estate = StoredEstate(stored.rows, "sqlite")
    assert single_points(estate, ["svc"]) == {"svc": frozenset({"a", "b"})}
    assert single_points(estate, ["svc"], limit=2) is None
    assert failing_pairs(estate, "svc") == failing_pairs(estate, "nobody") == ()
    assert failing_pairs(estate, "svc", limit=2) is None

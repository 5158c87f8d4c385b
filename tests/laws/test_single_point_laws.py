"""Single points of failure equal what taking every item down, one by one, shows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.reading_graph import StoredEstate
from cmdb.single_points import single_points
from tests.laws import estates
from tests.laws.estates import Stored
from tests.laws.test_impact_laws import stored  # noqa: F401 - a fixture

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


def test_too_many_items_below_are_not_guessed_at(stored: Stored) -> None:  # noqa: F811 - the fixture
    plan = estates.Plan(
        things={name: estates.Thing() for name in ("svc", "a", "b")},
        needs={("svc", "a", "uses"): ("hard", ""), ("a", "b", "uses"): ("hard", "")},
    )
    stored.hold(plan)
    estate = StoredEstate(stored.rows, "sqlite")
    assert single_points(estate, ["svc"]) == {"svc": frozenset({"a", "b"})}
    assert single_points(estate, ["svc"], limit=2) is None

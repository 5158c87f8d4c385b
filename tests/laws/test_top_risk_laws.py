"""The blast radius of every item equals what taking every item down, one by one, shows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb import top_risks
from cmdb.impact import impact
from cmdb.reading_graph import StoredEstate
from cmdb.top_risks import Blast, Touched
from tests.laws import estates
from tests.laws.estates import Stored
from tests.laws.test_impact_laws import stored  # noqa: F401 - a fixture

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")


@settings(max_examples=700)
@given(data=st.data())
def test_every_blast_radius_is_what_taking_the_item_down_shows(
    stored: Stored,  # noqa: F811 - the fixture
    data: st.DataObject,
) -> None:
    plan = data.draw(estates.plans(most=12))
    stored.hold(plan)
    estate = StoredEstate(stored.rows, "sqlite")
    keys = estate.keys(list(plan.things))
    serving = [one for one, thing in plan.things.items() if thing.serves]
    services = {one for one, thing in plan.things.items() if thing.service}
    named = {
        f"ag-{number}": data.draw(st.frozensets(st.sampled_from(sorted(services)))) if services else set()
        for number in range(3)
    }
    agreements = {id: {keys[one] for one in about} for id, about in named.items()}
    about = [keys[one] for one in sorted(services)]
    wanted = [keys[one] for one in serving]
    batch = data.draw(st.sampled_from([1, 2, 3, 300]))
    found = {one.key: one for one in top_risks.blasts(estate, wanted, about, agreements, at_once=batch)}
    told = top_risks.touched(estate, wanted, about, agreements)
    assert len(found) == len(serving)
    for one in serving:
        effect = {other: rank for other, rank in estates.effects(plan, [one]).items() if rank >= 2}
        others = {other: rank for other, rank in effect.items() if other != one}
        out = sorted(keys[other] for other in others.keys() & services if others[other] == 3)
        worse = sorted(keys[other] for other in others.keys() & services if others[other] == 2)
        hit = tuple(id for id, named_ones in sorted(named.items()) if named_ones & effect.keys())
        items = [sum(rank == wanted_rank for rank in others.values()) for wanted_rank in (3, 2)]
        assert found[keys[one]] == Blast(keys[one], len(out), len(worse), *items, len(hit))
        assert told[keys[one]] == Touched(tuple(out), tuple(worse), hit)
        answer = impact(estate, [one], everything=True)
        assert {hit_one.id for hit_one in answer.items if hit_one.effect == "outage"} - {one} == {
            other for other, rank in others.items() if rank == 3
        }


def test_counts_are_right_beyond_any_power_of_two() -> None:
    counts = top_risks.Counts()
    for number in range(1, 71):
        counts.add(sum(1 << bit for bit in range(8) if number % (bit + 1) == 0))
    assert counts.of(9) == [70 // (bit + 1) for bit in range(8)] + [0]

"""A change laid over an estate: what impact says of it, and what it refuses to mean."""

from collections.abc import Iterator

import pytest

from cmdb.errors import NotFound
from cmdb.graph import ChangedEstate, GraphDelta, PlannedItem
from cmdb.impact import impact
from cmdb.model import Dependency, Item, RedundancyGroup
from cmdb.reading import Reader
from cmdb.reading_graph import StoredEstate
from cmdb.store import Store
from tests.cmdb import harbour


@pytest.fixture
def estate(store: Store, database: str) -> Iterator[StoredEstate]:
    harbour.settle(store)
    with Reader.open(database) as reader, reader.question() as estate:
        yield estate


def effects(estate: StoredEstate | ChangedEstate, *down: str) -> dict[str, str]:
    return {hit.id: hit.effect for hit in impact(estate, down).items}


def test_a_third_switch_in_the_group_keeps_the_margin(estate: StoredEstate) -> None:
    switch = Item(id="sw-13", type="network-device", name="Core switch 13", owner="k.chen")
    delta = GraphDelta(
        items=(PlannedItem(item=switch),),
        connected=(Dependency(source="mail", target="sw-13", group="uplink"),),
    )
    after = ChangedEstate(estate, delta)
    assert effects(estate, "sw-11", "sw-12")["mail"] == "outage"
    assert effects(after, "sw-11", "sw-12")["mail"] == "reduced redundancy"
    answer = impact(after, ["sw-13"])
    assert [(one.id, one.before, one.after) for one in answer.saved] == [("mail", 3, 2)]
    assert (answer.items[0].name, answer.items[0].owner) == ("Core switch 13", "k.chen")
    assert "sw-13" not in estate.keys(["sw-13"])


def test_retiring_a_member_takes_the_margin_of_its_group(estate: StoredEstate) -> None:
    retired = Item(id="sw-12", type="network-device", name="Core switch 12", owner="k.chen", status="retired")
    after = ChangedEstate(estate, GraphDelta(items=(PlannedItem(item=retired, serves=False),)))
    assert effects(after, "sw-11")["mail"] == "outage"
    # What is out of service already passes on nothing more to groups.
    assert effects(after, "sw-12") == {
        "sw-12": "outage",
        "web-2": "outage",
        "booking-app": "degraded",
        "berths": "degraded",
        "db-1": "degraded",
    }


def test_returning_an_item_to_service_counts_it_again(estate: StoredEstate) -> None:
    radar = Item(id="old-radar", type="hardware", name="Old radar head", owner="k.chen")
    after = ChangedEstate(estate, GraphDelta(items=(PlannedItem(item=radar),)))
    assert impact(after, ["sw-11"]).broken_before == ()
    assert effects(after, "old-radar")["radar"] == "outage"


def test_removing_an_item_removes_what_hangs_on_it(estate: StoredEstate) -> None:
    after = ChangedEstate(estate, GraphDelta(removed=("web-1",)))
    assert effects(after, "sw-12")["berths"] == "outage"
    with pytest.raises(NotFound):
        impact(after, ["web-1"])


def test_another_need_and_a_cut_dependency_change_the_effect(estate: StoredEstate) -> None:
    tighter = GraphDelta(groups=(RedundancyGroup(source="mail", name="uplink", need="100%"),))
    assert effects(ChangedEstate(estate, tighter), "sw-11")["mail"] == "outage"
    softer = GraphDelta(groups=(RedundancyGroup(source="mail", name="uplink", need="2", strength="soft"),))
    assert effects(ChangedEstate(estate, softer), "sw-11")["mail"] == "degraded"
    cut = GraphDelta(disconnected=(("mail", "sw-11", "uses"),))
    assert "mail" not in effects(ChangedEstate(estate, cut), "sw-11")


def test_changes_lie_on_top_of_each_other(estate: StoredEstate) -> None:
    first = ChangedEstate(
        estate,
        GraphDelta(
            items=(PlannedItem(item=Item(id="sw-13", type="network-device", name="Third", owner="k.chen")),),
            connected=(Dependency(source="mail", target="sw-13", group="uplink"),),
        ),
    )
    both = ChangedEstate(
        first,
        GraphDelta(
            items=(PlannedItem(item=Item(id="sw-14", type="network-device", name="Fourth", owner="k.chen")),),
            connected=(Dependency(source="mail", target="sw-14", group="uplink"),),
            disconnected=(("mail", "sw-11", "uses"),),
        ),
    )
    assert both.keys(["sw-13", "sw-14"])["sw-13"] != both.keys(["sw-14"])["sw-14"]
    answer = impact(both, ["sw-12", "sw-13"])
    assert [(one.id, one.before, one.after) for one in answer.saved if one.id == "mail"] == [("mail", 3, 1)]
    assert "mail" not in effects(both, "sw-11")


@pytest.mark.parametrize(
    ("delta", "reason"),
    [
        (GraphDelta(removed=("sw-99",)), "There is no item 'sw-99'."),
        (GraphDelta(connected=(Dependency(source="mail", target="sw-99"),)), "There is no item 'sw-99'."),
        (
            GraphDelta(connected=(Dependency(source="mail", target="db-1", kind="admires"),)),
            "There is no dependency kind 'admires'.",
        ),
        (
            GraphDelta(connected=(Dependency(source="mail", target="db-1", group="pool"),)),
            "mail has no redundancy group 'pool'.",
        ),
    ],
)
def test_a_change_that_speaks_of_what_is_not_there_is_refused(
    estate: StoredEstate, delta: GraphDelta, reason: str
) -> None:
    with pytest.raises(NotFound) as missing:
        ChangedEstate(estate, delta)
    assert missing.value.reason == reason
    assert missing.value.remedy

"""What a request makes of the records it names."""

from ccb import proposal
from ccb.model import ProposedChange

SWITCH = {
    "id": "sw-11",
    "type": "network-device",
    "name": "Core switch 11",
    "owner": "a.vries",
    "status": "in service",
    "level": "baselined",
    "characteristics": {"model": "QFX5100", "serial": "X1"},
}
BALANCER = {
    "id": "lb-edge",
    "type": "network-device",
    "name": "Edge balancer",
    "owner": "p.ng",
    "status": "in service",
    "level": "baselined",
    "dependencies": [
        {"target": "sw-11", "kind": "uses", "strength": "hard", "group": "uplink"},
        {"target": "sw-12", "kind": "uses", "strength": "hard", "group": "uplink"},
    ],
    "groups": [{"name": "uplink", "need": "1", "strength": "hard"}],
}
HELD = {("item", "sw-11"): SWITCH, ("item", "lb-edge"): BALANCER}


def change(operation, id="sw-11", **more):
    records = {"connect": "dependency", "disconnect": "dependency", "set dependency": "dependency"}
    record = more.pop("record", records.get(operation, "item"))
    held = HELD.get((record if record not in ("dependency", "redundancy group") else "item", id))
    made = ProposedChange(record=record, id=id, operation=operation, **more)
    return made.but(seen=proposal.seen(held, made))


def test_a_set_changes_exactly_the_field_named_and_keeps_the_record_it_was_given():
    found = proposal.proposed(HELD, [change("set", exact={"model": "QFX5120", "name": "Core 11"})])
    after = found.after["item", "sw-11"]
    assert after["characteristics"] == {"model": "QFX5120", "serial": "X1"}
    assert after["name"] == "Core 11"
    assert SWITCH["characteristics"]["model"] == "QFX5100"
    assert not found.moved
    assert not found.problems


def test_an_open_field_keeps_its_content_until_it_is_filled():
    changes = [change("set", exact={"model": "QFX5120"}, open=("serial",))]
    found = proposal.proposed(HELD, changes)
    assert found.open == {("item", "sw-11"): ("characteristics.serial",)}
    assert found.after["item", "sw-11"]["characteristics"]["serial"] == "X1"
    filled = {("item", "sw-11"): {"characteristics.serial": "Z9"}}
    found = proposal.proposed(HELD, changes, filled=filled)
    assert found.after["item", "sw-11"]["characteristics"]["serial"] == "Z9"


def test_a_field_that_moved_since_is_named_with_all_three_contents():
    written = change("set", exact={"model": "QFX5120"})
    now = {**HELD, ("item", "sw-11"): {**SWITCH, "characteristics": {"model": "EX4650", "serial": "X1"}}}
    (moved,) = proposal.proposed(now, [written]).moved
    assert (moved.field, moved.original, moved.proposed, moved.current) == (
        "model",
        "QFX5100",
        "QFX5120",
        "EX4650",
    )


def test_a_dependency_that_appeared_since_is_a_conflict_and_cannot_be_connected_again():
    written = change("connect", "lb-edge", target="sw-13", kind="uses", exact={"group": "uplink"})
    link = {"target": "sw-13", "kind": "uses", "strength": "hard"}
    now = {("item", "lb-edge"): {**BALANCER, "dependencies": [*BALANCER["dependencies"], link]}}
    found = proposal.proposed(now, [written])
    assert [one.field for one in found.moved] == ["dependency"]
    assert found.problems == ("lb-edge uses sw-13 is recorded already.",)


def test_disconnecting_the_last_member_takes_the_redundancy_group_away():
    changes = [
        change("disconnect", "lb-edge", target="sw-11", kind="uses"),
        change("disconnect", "lb-edge", target="sw-12", kind="uses"),
    ]
    after = proposal.proposed(HELD, changes).after["item", "lb-edge"]
    assert after["dependencies"] == []
    assert after["groups"] == []


def test_connecting_with_a_need_founds_the_group_and_a_strength_that_disagrees_is_said():
    founded = change("connect", "lb-edge", target="ups-1", kind="uses", exact={"group": "power", "need": "2"})
    after = proposal.proposed(HELD, [founded]).after["item", "lb-edge"]
    assert {"name": "power", "need": "2", "strength": "hard"} in after["groups"]
    soft = change(
        "connect", "lb-edge", target="sw-13", kind="uses", exact={"group": "uplink", "strength": "soft"}
    )
    (problem,) = proposal.proposed(HELD, [soft]).problems
    assert "uplink" in problem


def test_a_need_without_a_group_is_said():
    wrong = change("connect", "lb-edge", target="sw-13", kind="uses", exact={"need": "2"})
    assert proposal.proposed(HELD, [wrong]).problems == (
        "lb-edge uses sw-13: a need belongs to a redundancy group.",
    )


def test_an_added_record_is_baselined_and_an_id_that_exists_is_refused():
    added = change("add", "sw-19", exact={"type": "network-device", "name": "Core 19", "owner": "p.ng"})
    after = proposal.proposed({("item", "sw-19"): None}, [added]).after["item", "sw-19"]
    assert after == {
        "id": "sw-19",
        "level": "baselined",
        "type": "network-device",
        "name": "Core 19",
        "owner": "p.ng",
    }
    assert proposal.proposed({("item", "sw-19"): SWITCH}, [added]).problems


def test_what_does_not_exist_cannot_be_changed():
    (problem,) = proposal.proposed({("item", "sw-99"): None}, [change("retire", "sw-99")]).problems
    assert problem == "There is no item 'sw-99' under control to change."


def test_retiring_an_item_and_a_person_say_it_in_their_own_fields():
    assert proposal.proposed(HELD, [change("retire")]).after["item", "sw-11"]["status"] == "retired"
    person = {("person", "p.ng"): {"id": "p.ng", "name": "P. Ng", "active": True, "level": "baselined"}}
    gone = ProposedChange(record="person", id="p.ng", operation="retire", seen={"active": True})
    assert proposal.proposed(person, [gone]).after["person", "p.ng"]["active"] is False


def test_several_changes_of_one_record_build_on_each_other():
    changes = [
        change("set", "lb-edge", exact={"name": "Edge"}),
        change("disconnect", "lb-edge", target="sw-11", kind="uses"),
        change("set group", "lb-edge", record="redundancy group", group="uplink", exact={"need": "50%"}),
    ]
    after = proposal.proposed(HELD, changes).after["item", "lb-edge"]
    assert after["name"] == "Edge"
    assert [one["target"] for one in after["dependencies"]] == ["sw-12"]
    assert after["groups"] == [{"name": "uplink", "need": "50%", "strength": "hard"}]

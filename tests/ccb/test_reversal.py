"""What undoes a change: its own parts are put back, everything else stays, and a part that moved is named."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from ccb.reversal import reversal
from cmdb import canonical

KEY = ("item", "sw-11")


def switch(**more):
    return {
        "id": "sw-11",
        "type": "network-device",
        "name": "Switch",
        "owner": "k.chen",
        "status": "in service",
        "level": "baselined",
        **more,
    }


def link(target, group="", kind="uses", strength="hard"):
    return {"target": target, "kind": kind, "strength": strength, **({"group": group} if group else {})}


def undone(before, after, now):
    return reversal({KEY: (before, after)}, {KEY: now})


def test_a_field_a_characteristic_and_a_dependency_are_put_back():
    before = switch(characteristics={"model": "A", "serial": "1"}, dependencies=[link("a")])
    after = switch(name="New", characteristics={"model": "B", "serial": "1"}, dependencies=[link("b")])
    found = undone(before, after, after)
    assert (found.after[KEY], found.moved, found.problems) == (before, (), ())


def test_what_a_later_change_did_to_other_parts_stays():
    before = switch(characteristics={"model": "A", "rack": "1"})
    after = switch(characteristics={"model": "B", "rack": "1"})
    now = switch(owner="p.ng", characteristics={"model": "B", "rack": "2"}, dependencies=[link("c")])
    found = undone(before, after, now)
    assert found.after[KEY] == switch(
        owner="p.ng", characteristics={"model": "A", "rack": "2"}, dependencies=[link("c")]
    )
    assert not found.moved


def test_a_part_altered_since_is_a_conflict_with_all_three_contents():
    before = switch(characteristics={"model": "A"}, dependencies=[])
    after = switch(characteristics={"model": "B"}, dependencies=[link("b")])
    now = switch(characteristics={"model": "C"}, dependencies=[link("b", strength="soft")])
    found = undone(before, after, now)
    model = next(one for one in found.moved if one.field == "model")
    assert (model.original, model.proposed, model.current) == ("B", "A", "C")
    assert sorted(one.field for one in found.moved) == ["model", "the dependency 'uses b'"]


def test_what_stands_again_as_before_needs_nothing():
    before, after = switch(name="Old"), switch(name="New")
    found = undone(before, after, before)
    assert (found.after[KEY], found.moved) == (before, ())


def test_a_redundancy_group_of_the_change_goes_with_its_members_and_comes_back_with_them():
    group = {"name": "up", "need": "1", "strength": "hard"}
    plain = switch(dependencies=[link("a")])
    grouped = switch(dependencies=[link("a", "up"), link("b", "up")], groups=[group])
    assert undone(plain, grouped, grouped).after[KEY] == plain
    assert undone(grouped, plain, plain).after[KEY] == grouped


def test_a_group_that_later_dependencies_joined_is_not_taken_away():
    group = {"name": "up", "need": "1", "strength": "hard"}
    before = switch(dependencies=[link("a")])
    after = switch(dependencies=[link("a", "up")], groups=[group])
    now = switch(dependencies=[link("a", "up"), link("b", "up")], groups=[group])
    found = undone(before, after, now)
    assert "'up' came with the change" in found.problems[0]


def test_an_item_that_the_change_added_is_retired_and_a_board_is_not_taken_away():
    added = switch()
    found = undone(None, added, added)
    assert found.after[KEY] == switch(status="retired")
    board = {"id": "b", "name": "B"}
    found = reversal({("board", "b"): (None, board)}, {("board", "b"): board})
    assert not found.after
    assert "raise a request" in found.problems[0]


def test_an_added_item_that_somebody_altered_since_is_a_conflict():
    found = undone(None, switch(), switch(name="Mine"))
    assert [one.field for one in found.moved] == ["name"]


def test_nothing_given_is_altered():
    before, after, now = switch(), switch(name="New", dependencies=[link("b")]), switch(name="New")
    now["dependencies"] = [link("b")]
    kept = copy.deepcopy((before, after, now))
    undone(before, after, now)
    assert (before, after, now) == kept


NAMES = ("name", "owner", "group", "criterion")
TARGETS = ("a", "b", "c", "d")


@st.composite
def records(draw):
    fields = switch(**draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from("xyz"), max_size=3)))
    fields["characteristics"] = draw(st.dictionaries(st.sampled_from("mnop"), st.sampled_from("123")))
    links = draw(st.dictionaries(st.sampled_from(TARGETS), st.sampled_from(("", "g", "h"))))
    fields["dependencies"] = [link(target, group) for target, group in sorted(links.items())]
    names = sorted({group for group in links.values() if group})
    needs = st.sampled_from(("1", "2", "50%"))
    fields["groups"] = [{"name": name, "need": draw(needs), "strength": "hard"} for name in names]
    return canonical.decode(canonical.encode("item/1", fields))[1]


@given(before=records(), after=records())
def test_undoing_at_once_gives_what_stood_before(before, after):
    found = undone(before, after, after)
    assert (found.moved, found.problems) == ((), ())
    assert found.after[KEY] == before


@given(before=records(), after=records(), now=records())
def test_undoing_never_overwrites_what_the_change_did_not_write(before, after, now):
    """Whatever stands there now, every characteristic ends as it was, as it is, or is named."""
    found = undone(before, after, now)
    named = {one.field for one in found.moved}
    record = found.after[KEY]
    for name in "mnop":
        old, new, current, made = (
            one.get("characteristics", {}).get(name) for one in (before, after, now, record)
        )
        if old == new:
            assert made == current
        elif current in (old, new):
            assert made == old
        else:
            assert name in named

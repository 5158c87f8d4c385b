"""The changes that restore a record make of it exactly what it was, or say what they cannot."""

from hypothesis import given

from ccb import proposal
from ccb.restoring import changes_to
from cmdb import canonical
from tests.ccb.test_reversal import KEY, link, records, switch


def restored(wanted, now):
    made, notes = changes_to(KEY, wanted, now)
    return proposal.proposed({KEY: now}, made).after.get(KEY, now), notes, made


def test_fields_characteristics_dependencies_and_groups_come_back():
    group = {"name": "up", "need": "2", "strength": "hard"}
    wanted = switch(
        name="Old",
        characteristics={"model": "A"},
        dependencies=[link("a", "up"), link("b", "up")],
        groups=[group],
    )
    now = switch(characteristics={"model": "B", "rack": "4"}, dependencies=[link("c")])
    found, notes, made = restored(wanted, now)
    assert found == wanted
    assert notes == []
    assert [one.operation for one in made] == ["disconnect", "connect", "connect", "set"]


def test_a_record_as_it_was_needs_no_change():
    assert changes_to(KEY, switch(), switch()) == ([], [])


def test_a_retired_item_returns_and_one_that_came_later_is_retired():
    made, _ = changes_to(KEY, switch(), switch(status="retired"))
    assert [one.operation for one in made] == ["return to service"]
    made, _ = changes_to(KEY, None, switch())
    assert [one.operation for one in made] == ["retire"]
    assert changes_to(KEY, None, switch(status="retired")) == ([], [])


def test_a_board_that_came_later_stays_and_is_named():
    made, notes = changes_to(("board", "b"), None, {"id": "b"})
    assert made == []
    assert notes == ["board b came later and stays."]


def test_a_control_level_is_not_put_back_and_that_is_said():
    made, notes = changes_to(KEY, switch(level="controlled"), switch())
    assert made == []
    assert "'level' stays as it is now" in notes[0]


@given(wanted=records(), now=records())
def test_whatever_stands_there_now_the_record_is_what_it_was(wanted, now):
    found, notes, _ = restored(wanted, now)
    assert notes == []
    assert canonical.encode("item/1", found) == canonical.encode("item/1", wanted)

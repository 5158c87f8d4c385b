"""Connecting items, keeping their groups, retiring, confirming and handing over."""

import pytest

from cmdb import item_rules, items, tables_graph, types
from cmdb.errors import CmdbError, Invalid, NotFound, Refused
from cmdb.model import DependencyRule, ItemType, RedundancyGroup
from tests.builders import AT, found, item, needs

BY = {"actor": "a.vries", "at": AT}


@pytest.fixture
def site(store):
    return found(store)


def add(store, *ids, **more):
    for id in ids:
        items.register(store, item(id, **more), **BY)


def look(store, question):
    with store.read() as uow:
        return question(uow)


def force(store, statement, *parameters):
    with store.write() as uow:
        uow.rows(statement, *parameters)
        uow.commit()


def links(store):
    return look(
        store,
        lambda uow: uow.rows(
            "SELECT s.id, t.id, k.id, d.passes, d.slack FROM dependency d JOIN item s ON s.key = d.source"
            " JOIN item t ON t.key = d.target JOIN dependency_kind k ON k.key = d.kind"
            " ORDER BY s.id, t.id, k.id"
        ),
    )


# --- registering ----------------------------------------------------------------------------------


def test_a_connection_is_two_rows_written_and_removed_together(site):
    add(site, "a", "b")
    items.connect(site, needs("a", "b", kind="connects to", strength="soft", group="up"), need="1", **BY)
    assert links(site) == [("a", "b", "connects to", 1, 0), ("b", "a", "connects to", 1, None)]
    with pytest.raises(Invalid, match="recorded already"):
        items.connect(site, needs("b", "a", kind="connects to"), **BY)
    items.disconnect(site, "b", "a", **BY)
    assert links(site) == []
    assert look(site, lambda uow: uow.rows("SELECT * FROM redundancy_group")) == []


def test_half_a_connection_can_be_taken_away(site):
    add(site, "a", "b")
    with site.write() as uow:
        tables_graph.put_dependency(uow, needs("a", "b", kind="connects to"))
        uow.commit()
    items.disconnect(site, "a", "b", kind="connects to", **BY)
    assert links(site) == []


@pytest.mark.parametrize(
    ("dependency", "error"),
    [
        (needs("a", "nowhere"), NotFound),
        (needs("nowhere", "a"), NotFound),
        (needs("a", "nowhere", kind="connects to"), NotFound),
        (needs("a", "b", kind="likes"), Invalid),
    ],
)
def test_a_dependency_that_hangs_in_the_air_is_refused_and_nothing_changes(site, dependency, error):
    add(site, "a", "b")
    with pytest.raises(error) as refusal:
        items.connect(site, dependency, **BY)
    assert refusal.value.remedy
    assert links(site) == []


def test_an_item_cannot_need_itself():
    with pytest.raises(Invalid) as refusal:
        needs("a", "a")
    assert "cannot depend on itself" in refusal.value.problems[0]


def test_cycles_are_allowed(site):
    add(site, "a", "b")
    items.connect(site, needs("a", "b"), **BY)
    items.connect(site, needs("b", "a"), **BY)
    assert len(links(site)) == 2


def test_a_group_takes_its_need_from_its_first_member(site):
    add(site, "lb", "s1", "s2", "s3")
    for one in ("s1", "s2", "s3"):
        items.connect(site, needs("lb", one, group="pool"), need="50%" if one == "s1" else "", **BY)
    assert look(site, lambda uow: tables_graph.groups_of(uow, "lb")) == [
        RedundancyGroup(source="lb", name="pool", need="50%", strength="hard")
    ]
    assert {row[4] for row in links(site)} == {1}  # 3 members, 50% rounded up is 2


def test_rows_of_a_group_that_disagree_are_an_error_naming_both(site):
    add(site, "lb", "s1", "s2")
    items.connect(site, needs("lb", "s1", group="pool"), need="1", **BY)
    with pytest.raises(Invalid) as strength:
        items.connect(site, needs("lb", "s2", group="pool", strength="soft"), **BY)
    assert "lb -> s2 says soft, lb -> s1 says hard" in strength.value.reason
    with pytest.raises(Invalid) as need:
        items.connect(site, needs("lb", "s2", group="pool"), need="2", **BY)
    assert "lb -> s2 says 2, lb -> s1 says 1" in need.value.reason
    assert [row[1] for row in links(site)] == ["s1"]


@pytest.mark.parametrize("need", ["0", "-1", "0%", "101%", "1.5", "half", "%", "1%%", " 1", "١"])
def test_a_need_is_a_whole_number_or_a_percent(site, need):
    add(site, "lb", "s1")
    with pytest.raises(Invalid):
        items.connect(site, needs("lb", "s1", group="pool"), need=need, **BY)
    assert look(site, lambda uow: uow.rows("SELECT * FROM redundancy_group")) == []


def test_a_need_without_a_group_is_refused(site):
    add(site, "a", "b")
    with pytest.raises(Invalid) as refusal:
        items.connect(site, needs("a", "b"), need="2", **BY)
    assert "--group" in refusal.value.remedy


def test_the_need_of_a_whole_group_can_be_changed(site):
    add(site, "lb", "s1", "s2")
    for one in ("s1", "s2"):
        items.connect(site, needs("lb", one, group="pool"), **BY)
    items.set_group(site, RedundancyGroup(source="lb", name="pool", need="2", strength="soft"), **BY)
    assert links(site) == [("lb", "s1", "uses", 1, 0), ("lb", "s2", "uses", 1, 0)]
    with pytest.raises(NotFound) as refusal:
        items.set_group(site, RedundancyGroup(source="lb", name="other"), **BY)
    assert "pool" in refusal.value.remedy


def test_a_group_goes_with_its_last_member(site):
    add(site, "lb", "s1", "s2")
    for one in ("s1", "s2"):
        items.connect(site, needs("lb", one, group="pool"), **BY)
    items.disconnect(site, "lb", "s1", **BY)
    assert len(look(site, lambda uow: tables_graph.groups_of(uow, "lb"))) == 1
    items.disconnect(site, "lb", "s2", **BY)
    assert look(site, lambda uow: tables_graph.groups_of(uow, "lb")) == []


def test_a_type_says_which_kinds_it_allows_and_how_often(site):
    rules = (DependencyRule(kind="runs on", minimum=1, maximum=1),)
    types.register(site, ItemType(id="vm", name="VM", parent="item", kinds=rules), **BY)
    add(site, "h1", "h2")
    add(site, "vm-1", type="vm")
    vm = item("vm-1", type="vm")
    assert len(look(site, lambda uow: item_rules.missing_needs(uow, vm))) == 1
    with pytest.raises(Invalid) as refusal:
        items.connect(site, needs("vm-1", "h1", kind="uses"), **BY)
    assert refusal.value.problems == ("A vm does not connect by 'uses', only by: runs on.",)
    items.connect(site, needs("vm-1", "h1", kind="runs on"), **BY)
    with pytest.raises(Invalid, match="at most 1"):
        items.connect(site, needs("vm-1", "h2", kind="runs on"), **BY)
    assert look(site, lambda uow: item_rules.missing_needs(uow, vm)) == []


def test_what_an_item_needs_can_be_replaced_as_a_whole(site):
    rules = (DependencyRule(kind="runs on", maximum=1), DependencyRule(kind="uses"))
    types.register(site, ItemType(id="vm", name="VM", parent="item", kinds=rules), **BY)
    add(site, "h1", "h2", "s1")
    add(site, "vm-1", type="vm")
    items.connect(site, needs("vm-1", "h1", kind="runs on", group="host"), **BY)
    with site.write() as uow:
        item_rules.put_needs(
            uow,
            "vm-1",
            [needs("vm-1", "h2", kind="runs on", group="host"), needs("vm-1", "s1", strength="soft")],
            [RedundancyGroup(source="vm-1", name="host", need="1")],
        )
        uow.commit()
    assert links(site) == [("vm-1", "h2", "runs on", 2, 0), ("vm-1", "s1", "uses", 1, None)]


def test_a_pair_that_hangs_together_in_several_ways_asks_which(site):
    add(site, "a", "b")
    items.connect(site, needs("a", "b"), **BY)
    items.connect(site, needs("a", "b", kind="runs on"), **BY)
    with pytest.raises(Invalid) as refusal:
        items.disconnect(site, "a", "b", **BY)
    assert "--kind" in refusal.value.remedy
    assert items.disconnect(site, "a", "b", kind="uses", **BY).kind == "uses"
    with pytest.raises(NotFound):
        items.disconnect(site, "a", "b", kind="uses", **BY)


# --- retiring and removing ------------------------------------------------------------------------


def test_what_something_in_service_needs_is_not_retired(site):
    add(site, "db", "app", "old")
    items.connect(site, needs("app", "db"), **BY)
    items.connect(site, needs("old", "db"), **BY)
    items.retire(site, "old", **BY)
    with pytest.raises(Refused) as refusal:
        items.retire(site, "db", **BY)
    assert refusal.value.reason == "db is needed by 1 item in service."
    assert refusal.value.problems == ("app uses db",)
    items.retire(site, "app", **BY)
    assert items.retire(site, "db", **BY).status == "retired"
    assert {row[3] for row in links(site)} == {0}


def test_a_long_list_of_who_needs_it_is_cut_and_says_so(site):
    add(site, "db", *(f"app-{number:02d}" for number in range(25)))
    with site.write() as uow:
        for number in range(25):
            tables_graph.put_dependency(uow, needs(f"app-{number:02d}", "db"))
        uow.commit()
    with pytest.raises(Refused) as refusal:
        items.retire(site, "db", **BY)
    assert "25 items" in refusal.value.reason
    assert refusal.value.problems[-1] == "... and 5 more"


def test_dependencies_that_go_in_the_same_change_do_not_hold_a_retirement(site):
    add(site, "db", "app")
    items.connect(site, needs("app", "db"), **BY)
    with site.read() as uow:
        item_rules.refuse_needed(uow, "db", moved=frozenset({("app", "db", "uses")}))


def test_what_is_needed_is_not_removed(site):
    add(site, "db", "app")
    items.connect(site, needs("app", "db"), **BY)
    with pytest.raises(CmdbError) as refusal:
        items.remove(site, "db", **BY)
    assert "app" in refusal.value.reason
    items.remove(site, "app", **BY)
    items.remove(site, "db", **BY)
    assert look(site, lambda uow: uow.rows("SELECT id FROM spent_id ORDER BY id")) == [("app",), ("db",)]


# --- accounting -----------------------------------------------------------------------------------


def test_confirming_marks_the_item_and_what_it_needs(site):
    add(site, "a", "b")
    items.connect(site, needs("a", "b"), **BY)
    assert items.confirm(site, ["a"], **BY) == 1
    when = ("2026-11-22T12:00:00Z", "a.vries")
    assert look(site, lambda uow: uow.rows("SELECT confirmed_at, confirmed_by FROM dependency")) == [when]
    assert look(site, lambda uow: uow.rows("SELECT confirmed_at, confirmed_by FROM item ORDER BY id")) == [
        when,
        (None, None),
    ]
    with pytest.raises(Refused):
        items.confirm(site, ["a"], actor="k.chen", at=AT)


def test_the_operating_state_is_recorded_at_any_level(site):
    add(site, "a")
    force(site, "UPDATE item SET level = 'baselined', criterion = 'All'")
    items.set_operating(site, "a", "down", actor="k.chen", at=AT)
    assert look(site, lambda uow: uow.rows("SELECT operating FROM item")) == [("down",)]
    with pytest.raises(Invalid):
        items.set_operating(site, "a", "wobbly", **BY)
    with pytest.raises(NotFound):
        items.set_operating(site, "nowhere", "up", **BY)


def test_handing_over_moves_the_drafts_and_names_the_controlled_ones(site):
    add(site, "draft-1", "draft-2", "kept")
    force(site, "UPDATE item SET level = 'controlled', criterion = 'All' WHERE id = 'kept'")
    assert items.hand_over(site, giver="a.vries", taker="k.chen", **BY) == (2, ("kept",))
    owners = look(site, lambda uow: uow.rows("SELECT id, owner FROM item ORDER BY id"))
    assert owners == [("draft-1", "k.chen"), ("draft-2", "k.chen"), ("kept", "a.vries")]
    for taker, error in (("r.gone", Invalid), ("nobody", NotFound), ("a.vries", Invalid)):
        with pytest.raises(error):
            items.hand_over(site, giver="a.vries", taker=taker, **BY)

"""Item types and dependency kinds, and what follows for items when they change."""

import pytest

from cmdb import items, types
from cmdb.errors import CmdbError, Invalid, NotFound, Refused
from cmdb.model import DependencyKind, DependencyRule, ItemType
from tests.builders import AT, found, item, needs

BY = {"actor": "a.vries", "at": AT}


@pytest.fixture
def site(store):
    return found(store)


def column(store, name, table="item"):
    with store.read() as uow:
        return [row[0] for row in uow.rows(f"SELECT {name} FROM {table}")]


def test_a_child_has_what_its_parents_have(site):
    with site.read() as uow:
        whole = types.effective(uow, "network-device")
    assert set(whole.schema["properties"]) == {"model", "serial", "firmware"}
    assert whole.recommended == ("model", "serial")


def test_where_parent_and_child_rule_on_a_kind_the_child_wins():
    above = ItemType(
        id="a", name="A", kinds=(DependencyRule(kind="uses", maximum=3), DependencyRule(kind="x"))
    )
    below = ItemType(id="b", name="B", kinds=(DependencyRule(kind="uses", maximum=1),))
    assert types.joined(above, below).kinds == (
        DependencyRule(kind="x"),
        DependencyRule(kind="uses", maximum=1),
    )


def test_what_is_below_a_service_is_a_service(site):
    types.register(site, ItemType(id="shop", name="Shop", parent="service"), **BY)
    items.register(site, item("s", type="shop"), **BY)
    assert [bool(one) for one in column(site, "service")] == [True]
    with site.read() as uow:
        assert types.effective(uow, "shop").service


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (ItemType(id="t", name="T", parent="nowhere"), "parent type 'nowhere' does not exist"),
        (ItemType(id="t", name="T", parent="t"), "does not exist"),
        (ItemType(id="t", name="T", schema={"type": "obj"}), "no JSON Schema"),
        (ItemType(id="t", name="T", schema={"minimum": 0.5}), "cannot keep"),
        (ItemType(id="t", name="T", schema={"pattern": "("}), "no JSON Schema"),
        (
            ItemType(id="t", name="T", schema={"$ref": "http://example.org/x"}),
            "refers to 'http://example.org/x'",
        ),
        (ItemType(id="t", name="T", schema={"properties": {"a": {"$ref": "#/$defs/gone"}}}), "#/$defs/gone"),
        (ItemType(id="t", name="T", kinds=(DependencyRule(kind="likes"),)), "no dependency kind 'likes'"),
    ],
)
def test_a_type_that_cannot_work_is_invalid(site, bad, said):
    with pytest.raises(Invalid) as refusal:
        types.register(site, bad, **BY)
    assert said in " ".join(refusal.value.problems)


def test_a_schema_may_use_its_own_definitions(site):
    schema = {"$defs": {"n": {"type": "integer"}}, "properties": {"ports": {"items": {"$ref": "#/$defs/n"}}}}
    types.register(site, ItemType(id="t", name="T", schema=schema), **BY)
    with pytest.raises(Invalid) as refusal:
        items.register(site, item("x", type="t", characteristics={"ports": [1, "b"]}), **BY)
    assert refusal.value.problems[0].startswith("ports.1: ")


def test_a_loop_of_parents_is_refused(site):
    types.register(site, ItemType(id="a", name="A"), **BY)
    types.register(site, ItemType(id="b", name="B", parent="a"), **BY)
    with pytest.raises(Invalid) as refusal:
        types.amend(site, ItemType(id="a", name="A", parent="b"), **BY)
    assert "'b' is itself below 'a'" in refusal.value.problems[0]


def test_amending_when_a_type_serves_moves_its_items_and_what_hangs_on_them(site):
    types.register(site, ItemType(id="a", name="A"), **BY)
    items.register(site, item("x", type="a"), **BY)
    items.register(site, item("y", type="a"), **BY)
    items.connect(site, needs("x", "y"), **BY)
    types.amend(site, ItemType(id="a", name="A", serves=()), **BY)
    assert [bool(one) for one in column(site, "serves")] == [False, False]
    assert column(site, "passes", "dependency") == [0]
    types.amend(site, ItemType(id="a", name="A", serves=("in service",), service=True), **BY)
    assert [bool(one) for one in column(site, "serves")] == [True, True]
    assert [bool(one) for one in column(site, "service")] == [True, True]
    assert column(site, "passes", "dependency") == [2]


def test_amending_a_parent_decides_again_which_children_are_services(site):
    types.register(site, ItemType(id="a", name="A"), **BY)
    types.register(site, ItemType(id="b", name="B", parent="a"), **BY)
    items.register(site, item("x", type="b"), **BY)
    types.amend(site, ItemType(id="a", name="A", service=True), **BY)
    assert [bool(one) for one in column(site, "service")] == [True]


def test_amending_whether_a_kind_has_impact_moves_its_dependencies(site):
    types.add_kind(site, DependencyKind(id="feeds"), **BY)
    for id in ("x", "y"):
        items.register(site, item(id), **BY)
    items.connect(site, needs("x", "y", kind="feeds"), **BY)
    types.amend_kind(site, DependencyKind(id="feeds", impact=False), **BY)
    assert column(site, "passes", "dependency") == [0]


def test_types_and_kinds_under_control_change_by_request_only(site):
    with site.write() as uow:
        uow.rows("UPDATE item_type SET level = 'baselined'")
        uow.rows("UPDATE dependency_kind SET level = 'baselined'")
        uow.commit()
    for act in (
        lambda: types.amend(site, ItemType(id="server", name="S"), **BY),
        lambda: types.amend_kind(site, DependencyKind(id="uses", impact=False), **BY),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert "cmdb change new" in refusal.value.remedy


def test_nobody_makes_a_type_controlled_by_hand(site):
    for act in (
        lambda: types.register(site, ItemType(id="t", name="T", level="baselined"), **BY),
        lambda: types.amend(site, ItemType(id="server", name="S", level="controlled"), **BY),
        lambda: types.add_kind(site, DependencyKind(id="k", level="controlled"), **BY),
    ):
        with pytest.raises(Invalid):
            act()


def test_only_those_who_may_define_types(site):
    for act in (types.register, types.amend):
        with pytest.raises(Refused, match="may define types"):
            act(site, ItemType(id="server", name="S"), actor="k.chen", at=AT)


def test_unknown_types_are_not_found_and_the_known_ones_named(site):
    with pytest.raises(NotFound) as refusal, site.read() as uow:
        types.effective(uow, "nonsense")
    assert "server" in refusal.value.remedy
    with pytest.raises(NotFound):
        types.amend(site, ItemType(id="nonsense", name="N"), **BY)


def test_an_id_or_kind_twice_is_invalid(site):
    for act in (
        lambda: types.register(site, ItemType(id="server", name="S"), **BY),
        lambda: types.add_kind(site, DependencyKind(id="uses"), **BY),
    ):
        with pytest.raises(CmdbError, match="exists already"):
            act()


def test_types_are_stored_parents_first_whatever_order_they_come_in():
    made = [
        ItemType(id="a", name="A", parent="b"),
        ItemType(id="b", name="B", parent="c"),
        ItemType(id="c", name="C", parent="elsewhere"),
    ]
    assert [one.id for one in types.parents_first(made)] == ["c", "b", "a"]
    loop = [ItemType(id="a", name="A", parent="b"), ItemType(id="b", name="B", parent="a")]
    assert len(types.parents_first(loop)) == 2


def test_a_kind_whose_name_no_file_can_have_is_refused(sqlite_store):
    store = found(sqlite_store)
    long = "зависит " * 12
    with pytest.raises(Invalid) as wrong:
        types.add_kind(store, DependencyKind(id=long.strip()), actor="a.vries", at=AT)
    assert "bytes as the name of a file; at most 255 fit" in wrong.value.problems[0]
    types.add_kind(store, DependencyKind(id="зависит от"), actor="a.vries", at=AT)

"""Items and dependencies as the CM group and owners keep them, on both databases."""

import pytest

from cmdb import items, journal, tables_graph, types
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import DependencyRule, Item, ItemType, RedundancyGroup
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


def test_an_item_comes_back_as_it_went_in(site):
    whole = Item(
        id="db-1:a@b+c",
        type="database",
        name="Ledger ' ; DROP TABLE item; -- % ? 名前",
        owner="k.chen",
        status="planned",
        custody="supplier's, used to deliver",
        criterion="Holds\nmoney",
        points=("delivery", "retirement"),
        characteristics={"version": "17", "ports": [5432, 5433], "tuned": True, "deep": {"a": ["b"]}},
    )
    items.register(site, whole, **BY)
    assert look(site, lambda uow: tables_graph.get_item(uow, whole.id)) == whole


def test_every_problem_of_an_item_is_said_at_once_and_nothing_is_kept(site):
    bad = item("x", type="nonsense", owner="r.gone", group="nobody", party="nowhere")
    with pytest.raises(Invalid) as refusal:
        items.register(site, bad, **BY)
    text = " ".join(refusal.value.problems)
    assert "r.gone is not active" in text
    assert "no group 'nobody'" in text
    assert "no party 'nowhere'" in text
    assert "no item type 'nonsense'" in text
    assert "server" in text  # the types there are
    assert look(site, lambda uow: uow.rows("SELECT * FROM item")) == []
    assert look(site, lambda uow: uow.rows("SELECT * FROM journal")) == []


def test_an_owner_that_does_not_exist_is_said(site):
    with pytest.raises(Invalid) as refusal:
        items.register(site, item("x", owner="nobody"), **BY)
    assert "'nobody' is not a registered person" in refusal.value.problems[0]


def test_an_id_in_use_is_invalid(site):
    add(site, "sw-1")
    with pytest.raises(Invalid, match="exists already"):
        items.register(site, item("sw-1"), **BY)


def test_an_id_once_used_is_never_used_again(site):
    add(site, "sw-1")
    items.remove(site, "sw-1", **BY)
    with pytest.raises(Invalid) as refusal:
        items.register(site, item("sw-1"), **BY)
    assert "never used twice" in refusal.value.remedy


def test_an_item_is_registered_as_a_draft_only(site):
    with pytest.raises(Invalid) as refusal:
        items.register(site, item("x", level="baselined", criterion="All"), **BY)
    assert "baseline request" in refusal.value.remedy


@pytest.mark.parametrize("content", ["\ud800", 1.5, float("nan"), {"a": 0.1}, {"deep": ["\udfff"]}])
def test_characteristics_no_record_can_keep_are_invalid_not_a_crash(site, content):
    with pytest.raises(Invalid):
        items.register(site, item("x", characteristics={"note": content}), **BY)


@pytest.mark.parametrize("content", ["a\0b", "\x1b[31m", ["\x9b2J"], {"in\x7f": 1}, "x" * 65_537])
def test_a_characteristic_no_import_would_take_back_is_refused(site, content):
    with pytest.raises(Invalid, match="Item 'x' is not valid") as refusal:
        items.register(site, item("x", characteristics={"note": content}), **BY)
    assert refusal.value.problems[0].startswith("note")


def test_characteristics_follow_the_schema_of_the_type_and_its_parents(site):
    with pytest.raises(Invalid) as refusal:
        items.register(
            site, item("x", type="network-device", characteristics={"model": 7, "firmware": 8}), **BY
        )
    assert [one.split(":")[0] for one in refusal.value.problems] == ["firmware", "model"]


def test_a_unique_characteristic_belongs_to_one_item_of_the_type(site):
    types.register(site, ItemType(id="phone", name="Phone", parent="item", unique=("number", "line")), **BY)
    add(site, "ph-1", type="phone", characteristics={"number": "0612 '%_", "line": 7})
    add(site, "ph-2", type="phone", characteristics={"number": "0613"})
    add(site, "srv-1", characteristics={"number": "0612 '%_"})
    with pytest.raises(Invalid) as refusal:
        items.register(
            site, item("ph-3", type="phone", characteristics={"number": "0612 '%_", "line": 7}), **BY
        )
    assert len(refusal.value.problems) == 2
    assert all("ph-1" in one for one in refusal.value.problems)
    items.amend(site, item("ph-1", type="phone", characteristics={"number": "0612 '%_", "line": 7}), **BY)


def test_who_is_unknown_may_not_register(site):
    with pytest.raises(Refused) as refusal:
        items.register(site, item("x"), actor="stranger", at=AT)
    assert "--as PERSON" in refusal.value.remedy


def test_minted_ids_are_given_out_once_and_pass_over_those_in_use(site):
    add(site, "ser-0002")
    assert [items.mint_id(site, "server") for _ in range(3)] == ["ser-0001", "ser-0003", "ser-0004"]
    with pytest.raises(NotFound):
        items.mint_id(site, "nonsense")


# --- amending -------------------------------------------------------------------------------------


def test_an_amendment_is_journalled_field_by_field(site):
    add(site, "x", characteristics={"model": "A", "serial": "1"})
    items.amend(site, item("x", name="New", characteristics={"model": "B", "serial": "1"}), **BY)
    [last, _first] = look(site, lambda uow: journal.of_subject(uow, "x"))
    assert last.action == "item amend"
    assert last.changed == {"name": ["X", "New"], "characteristics.model": ["A", "B"]}


def test_an_owner_amends_their_own_draft_and_nobody_elses(site):
    add(site, "mine", owner="k.chen")
    add(site, "hers")
    items.amend(site, item("mine", owner="k.chen", name="Better"), actor="k.chen", at=AT)
    with pytest.raises(Refused) as refusal:
        items.amend(site, item("hers", name="Worse"), actor="k.chen", at=AT)
    assert "draft of a.vries" in refusal.value.reason


def test_an_item_under_control_is_not_amended_here(site):
    add(site, "x", "y")
    force(site, "UPDATE item SET level = 'controlled', criterion = 'All' WHERE id = 'x'")
    for act in (
        lambda: items.amend(site, item("x", level="controlled", criterion="All"), **BY),
        lambda: items.retire(site, "x", **BY),
        lambda: items.remove(site, "x", **BY),
        lambda: items.connect(site, needs("x", "y"), **BY),
        lambda: items.connect(site, needs("y", "x", kind="connects to"), **BY),
        lambda: items.set_group(site, RedundancyGroup(source="x", name="g"), **BY),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert "cmdb change new" in refusal.value.remedy


def test_the_level_does_not_move_by_an_amendment(site):
    add(site, "x")
    with pytest.raises(Refused, match="control level"):
        items.amend(site, item("x", level="controlled", criterion="All"), **BY)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(site):
    add(site, "x")
    seen = item("x")
    items.amend(site, seen.but(name="First"), seen=seen, **BY)
    with pytest.raises(Refused) as refusal:
        items.amend(site, seen.but(status="planned"), seen=seen, **BY)
    assert "changed by someone else" in refusal.value.reason
    assert refusal.value.problems == ("name: X -> First",)
    assert look(site, lambda uow: tables_graph.get_item(uow, "x")).name == "First"


def test_amending_the_type_of_an_item_decides_again_whether_it_serves(site):
    types.register(site, ItemType(id="spare", name="Spare", parent="item", serves=("planned",)), **BY)
    add(site, "a", "b")
    items.connect(site, needs("a", "b"), **BY)
    assert links(site) == [("a", "b", "uses", 2, None)]
    items.amend(site, item("a", type="spare"), **BY)
    assert links(site) == [("a", "b", "uses", 0, None)]
    items.amend(site, item("a", type="service"), **BY)
    assert (
        look(
            site,
            lambda uow: [bool(x) for x in uow.rows("SELECT serves, service FROM item WHERE id = 'a'")[0]],
        )
        == [True] * 2
    )
    assert links(site) == [("a", "b", "uses", 2, None)]


def test_a_type_that_does_not_allow_what_the_item_needs_is_refused(site):
    types.register(
        site, ItemType(id="leaf", name="Leaf", parent="item", kinds=(DependencyRule(kind="runs on"),)), **BY
    )
    add(site, "a", "b")
    items.connect(site, needs("a", "b"), **BY)
    with pytest.raises(Invalid) as refusal:
        items.amend(site, item("a", type="leaf"), **BY)
    assert refusal.value.problems == ("A leaf does not connect by 'uses', only by: runs on.",)


# --- connecting -----------------------------------------------------------------------------------

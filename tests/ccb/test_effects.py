"""What a request does to the graph: its difference, the cycles it closes, the margin it takes."""

import pytest

from ccb import effects, examination, graph_changes
from ccb.model import ProposedChange
from cmdb import tables_graph, types
from cmdb.errors import NotFound
from cmdb.graph import ChangedEstate
from cmdb.impact import impact
from cmdb.model import Dependency, RedundancyGroup
from cmdb.reading_graph import StoredEstate
from tests.ccb.quay import Quay


def link(operation: str, source: str, target: str, **exact) -> ProposedChange:
    return ProposedChange(
        record="dependency", id=source, operation=operation, target=target, kind="uses", exact=exact
    )


def retire(id: str) -> ProposedChange:
    return ProposedChange(record="item", id=id, operation="retire")


def after(uow, *changes):
    proposed = examination.proposed(uow, changes)
    assert proposed.problems == ()
    delta = graph_changes.delta_of(proposed, lambda name: types.effective(uow, name))
    estate = StoredEstate(uow.rows, uow.dialect)
    return estate, ChangedEstate(estate, delta), delta


@pytest.fixture
def pair(either_quay: Quay) -> Quay:
    """The quay with mail-app on one of two switches."""
    with either_quay.store.write() as uow:
        tables_graph.put_group(uow, RedundancyGroup(source="mail-app", name="uplink"))
        for switch in ("sw-11", "sw-12"):
            tables_graph.put_dependency(uow, Dependency(source="mail-app", target=switch, group="uplink"))
        uow.commit()
    return either_quay


def lost(quay: Quay, *changes: ProposedChange) -> list[str]:
    with quay.store.read() as uow:
        return effects.lost_margin(*after(uow, *changes))


def cycles(quay: Quay, *changes: ProposedChange) -> list[list[str]]:
    with quay.store.read() as uow:
        return effects.new_cycles(*after(uow, *changes))


def test_the_difference_names_what_comes_goes_and_changes_and_nothing_else(pair):
    added = ProposedChange(
        record="item",
        id="sw-13",
        operation="add",
        exact={"type": "network-device", "name": "S", "owner": "k.chen", "criterion": "spare"},
    )
    renamed = ProposedChange(record="item", id="sw-12", operation="set", exact={"name": "New name"})
    with pair.store.read() as uow:
        _, _, delta = after(
            uow, added, renamed, link("connect", "mail-app", "sw-13", group="uplink"),
            link("disconnect", "mail-app", "sw-11"),
        )  # fmt: skip
    assert [(one.item.id, one.serves, one.service) for one in delta.items] == [("sw-13", True, False)]
    assert [(one.source, one.target, one.group) for one in delta.connected] == [
        ("mail-app", "sw-13", "uplink")
    ]
    assert delta.disconnected == (("mail-app", "sw-11", "uses"),)
    assert delta.groups == ()


def test_a_group_that_loses_a_member_loses_margin(pair):
    assert lost(pair, link("disconnect", "mail-app", "sw-12")) == ["mail-app"]
    assert lost(pair, link("set dependency", "mail-app", "sw-12", group="")) == ["mail-app"]


def test_a_member_that_serves_no_longer_takes_margin_from_whoever_needs_it(pair):
    assert lost(pair, retire("sw-12")) == ["mail-app"]


def test_a_greater_need_takes_margin_and_a_swap_of_members_does_not(pair):
    more = ProposedChange(
        record="redundancy group", id="mail-app", operation="set group", group="uplink", exact={"need": "2"}
    )
    assert lost(pair, more) == ["mail-app"]
    swap = (link("disconnect", "mail-app", "sw-12"), link("connect", "mail-app", "mail", group="uplink"))
    assert lost(pair, *swap) == []


def test_a_new_dependency_that_closes_a_circle_shows_the_shortest(pair):
    assert cycles(pair, link("connect", "sw-11", "mail")) == [["sw-11", "mail", "mail-app", "sw-11"]]
    assert cycles(pair, link("connect", "sw-11", "mail-app")) == [["sw-11", "mail-app", "sw-11"]]
    assert cycles(pair, link("connect", "mail", "sw-12")) == []


def test_a_circle_of_two_new_dependencies_is_found_through_both(pair):
    found = cycles(pair, link("connect", "sw-11", "sw-12"), link("connect", "sw-12", "sw-11"))
    assert sorted(found) == [["sw-11", "sw-12", "sw-11"], ["sw-12", "sw-11", "sw-12"]]


def test_a_dependency_that_carries_no_impact_closes_no_circle(pair):
    quiet = ProposedChange(
        record="dependency", id="sw-11", operation="connect", target="mail", kind="documents"
    )
    assert cycles(pair, quiet) == []


def test_a_circle_that_was_there_before_is_not_new(pair):
    with pair.store.write() as uow:
        tables_graph.put_dependency(uow, Dependency(source="sw-11", target="mail"))
        uow.commit()
    assert cycles(pair, link("set dependency", "sw-11", "mail", strength="soft")) == []
    assert cycles(pair, link("connect", "sw-12", "mail")) == [["sw-12", "mail", "mail-app", "sw-12"]]


def test_the_services_above_are_found_along_every_path(pair):
    with pair.store.read() as uow:
        estate = StoredEstate(uow.rows, uow.dialect)
        assert effects.services_above(estate, ["sw-12"]) == ["mail"]
        assert effects.services_above(estate, ["mail"]) == ["mail"]
        assert effects.services_above(estate, []) == []


def test_effects_read_off_by_columns_are_those_that_impact_puts_into_words(pair: Quay):
    with pair.store.read() as uow:
        estate = StoredEstate(uow.rows, uow.dialect)
        found = impact(estate, ("sw-12",), everything=True).items
        told = {one.id: one.effect for one in found}
        assert len(told) > 1
        assert effects.by_item(found) == effects.by_item(tuple(found)) == told

        keys = estate.keys([*told, "mail-app", "sw-11"])
        assert effects.upon(estate, keys, ("sw-12",)) == told
        assert effects.upon(estate, {}, ("sw-12",)) == {}
        with pytest.raises(NotFound):
            effects.upon(estate, keys, ("sw-999",))

"""Every kind of controlled record, out of the database and back."""

import pytest

from ccb import controlled
from cmdb import canonical, item_records, tables_graph
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Dependency, Person, RedundancyGroup
from tests.ccb.quay import BOARD, POLICY, Quay

WHOLE = [("item", "mail-app"), ("person", "k.chen"), ("group", "ops"), ("type", "service")]
WHOLE += [("dependency kind", "uses"), ("board", "site"), ("policy", "site-change")]


@pytest.mark.parametrize("key", WHOLE, ids=lambda key: key[0])
def test_what_is_held_is_written_back_as_the_same_bytes(quay, key):
    with quay.store.write() as uow:
        fields = controlled.held(uow, *key)
        controlled.put_all(uow, {key: fields})
        assert controlled.held(uow, *key) == fields
        assert controlled.normal(key[0], fields) == fields
        form = controlled.form_of(key[0])
        assert canonical.decode(canonical.encode(form, fields)) == (form, fields)


def test_what_is_not_there_is_none_and_a_kind_nobody_keeps_is_said(quay):
    with quay.store.read() as uow:
        assert controlled.held(uow, "item", "ghost") is None
        assert controlled.held_all(uow, [("board", "site"), ("board", "x")])["board", "x"] is None
        with pytest.raises(Invalid, match="are not kept") as wrong:
            controlled.held(uow, "planet", "mars")
    assert "agreement" in wrong.value.remedy


def test_new_records_may_need_each_other_whatever_order_they_come_in(either_quay):
    def fields(id: str, target: str) -> dict:
        return {
            "id": id,
            "type": "server",
            "name": id,
            "owner": "z.new",
            "criterion": "spare",
            "level": "baselined",
            "dependencies": [{"target": target, "kind": "uses", "strength": "hard"}],
        }

    after = {
        ("item", "a-1"): controlled.normal("item", fields("a-1", "a-2")),
        ("item", "a-2"): controlled.normal("item", fields("a-2", "a-1")),
        ("person", "z.new"): {"id": "z.new", "name": "Zoe", "level": "baselined"},
    }
    with either_quay.store.write() as uow:
        controlled.put_all(uow, after)
        assert [one.target for one in tables_graph.dependencies_of(uow, "a-1")] == ["a-2"]
        assert uow.get(Person, "z.new").level == "baselined"


def test_a_record_that_does_not_fit_what_is_stored_is_refused(quay):
    item = {"id": "a-1", "type": "server", "name": "A", "owner": "ghost", "level": "baselined"}
    for wrong in (item, {**item, "owner": "k.chen", "type": "planet"}):
        with quay.store.write() as uow, pytest.raises((Invalid, NotFound, Refused)):
            controlled.put_all(uow, {("item", "a-1"): wrong})


def test_every_record_says_what_it_refers_to(quay):
    with quay.store.write() as uow:
        tables_graph.put_group(uow, RedundancyGroup(source="mail-app", name="uplink"))
        tables_graph.put_dependency(uow, Dependency(source="mail-app", target="sw-12", group="uplink"))

        def referred(kind: str, id: str) -> set:
            fields = controlled.held(uow, kind, id)
            assert fields is not None
            return set(controlled.references(kind, fields))

        assert referred("item", "mail-app") == {
            ("type", "application"),
            ("person", "o.owner"),
            ("item", "sw-11"),
            ("item", "sw-12"),
            ("dependency kind", "uses"),
        }
        assert referred("group", "ops") == {("person", "m.jansen"), ("person", "p.ng")}
        seats = {key for seat in BOARD.members for key in (("person", seat.person), ("group", seat.group))}
        assert referred("board", "site") == seats
        assert referred("policy", POLICY.id) == {("board", "site")}


def test_ids_under_control_leave_candidates_out(either_quay):
    quay: Quay = either_quay
    with quay.store.write() as uow:
        uow.add(Person(id="draft.er", name="Dora"))
        assert "draft.er" not in list(controlled.ids_under_control(uow, "person"))
        assert list(controlled.ids_under_control(uow, "item")) == ["mail", "mail-app", "sw-11", "sw-12"]


def test_items_read_in_bulk_are_what_they_are_one_by_one(either_quay):
    with either_quay.store.write() as uow:
        tables_graph.put_group(uow, RedundancyGroup(source="mail-app", name="uplink", need="50%"))
        tables_graph.put_dependency(
            uow, Dependency(source="mail-app", target="sw-12", group="uplink", strength="hard")
        )
        tables_graph.put_dependency(uow, Dependency(source="mail-app", target="mail", strength="soft"))
        uow.commit()
    with either_quay.store.read() as uow:
        found = dict(item_records.stream(uow.rows, uow.dialect, drafts=False))
        assert list(found) == sorted(found)
        assert found == {id: controlled.held(uow, "item", id) for id in found}
        some = dict(item_records.of_ids(uow.rows, uow.dialect, ["sw-12", "mail-app", "ghost"]))
        assert some == {id: found[id] for id in ("mail-app", "sw-12")}

"""Item records read in bulk: every page whole, in id order, drafts apart from the controlled."""

from cmdb import canonical, item_records, tables_graph
from cmdb.model import RedundancyGroup
from cmdb.records import item_fields
from tests.builders import found, item, needs


def one_by_one(uow, id: str):
    fields = item_fields(
        tables_graph.get_item(uow, id), tables_graph.dependencies_of(uow, id), tables_graph.groups_of(uow, id)
    )
    return canonical.decode(canonical.encode("item/1", fields))[1]


def test_pages_join_without_gap_or_repeat_and_equal_the_records_one_by_one(store, monkeypatch):
    monkeypatch.setattr(item_records, "PAGE", 3)
    ids = [f"sw-{number}" for number in range(8)]
    with found(store).write() as uow:
        for id in ids:
            level = "baselined" if id == "sw-4" else "draft"
            more = {"criterion": "spare", "characteristics": {"model": "Ä"}} if id == "sw-4" else {}
            tables_graph.add_item(uow, item(id, level=level, **more))
        tables_graph.put_group(uow, RedundancyGroup(source="sw-0", name="up", need="50%", strength="soft"))
        for target in ("sw-7", "sw-1", "sw-4"):
            tables_graph.put_dependency(uow, needs("sw-0", target, group="up", strength="soft"))
        tables_graph.put_dependency(uow, needs("sw-0", "sw-7", kind="runs on"))
        drafts = list(item_records.stream(uow.rows, uow.dialect, drafts=True))
        controlled = list(item_records.stream(uow.rows, uow.dialect, drafts=False))
        assert [id for id, _ in drafts] == [id for id in ids if id != "sw-4"]
        assert [id for id, _ in controlled] == ["sw-4"]
        for id, fields in drafts + controlled:
            assert fields == one_by_one(uow, id)
        named = list(item_records.of_ids(uow.rows, uow.dialect, [*ids, "ghost"]))
        assert [id for id, _ in named] == ids
        assert dict(named) == dict(drafts + controlled)
        assert list(item_records.of_ids(uow.rows, uow.dialect, [])) == []

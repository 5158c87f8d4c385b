"""Items, dependencies and groups as rows: what the queries give, and how many there are."""

import pytest
import sqlalchemy

from cmdb import tables_derived, tables_graph
from cmdb.errors import Invalid, NotFound
from cmdb.model import RedundancyGroup
from tests.builders import found, item, needs


@pytest.fixture
def site(store):
    return found(store)


@pytest.fixture
def estate(site):
    """A balancer that needs one of two servers, one of which runs on h; and that uses a document."""
    with site.write() as uow:
        for id in ("lb", "s1", "s2", "h", "doc"):
            tables_graph.add_item(uow, item(id))
        tables_graph.put_group(uow, RedundancyGroup(source="lb", name="pool", need="1"))
        for one in ("s1", "s2"):
            tables_graph.put_dependency(uow, needs("lb", one, group="pool"))
        tables_graph.put_dependency(uow, needs("s1", "h", kind="runs on"))
        tables_graph.put_dependency(uow, needs("lb", "doc", strength="soft"))
        uow.commit()
    return site


def test_dependencies_are_given_from_both_ends_in_order(estate):
    with estate.read() as uow:
        assert [one.target for one in tables_graph.dependencies_of(uow, "lb")] == ["doc", "s1", "s2"]
        assert tables_graph.dependants_of(uow, "h") == [needs("s1", "h", kind="runs on")]
        assert tables_graph.groups_of(uow, "lb") == [RedundancyGroup(source="lb", name="pool", need="1")]
        assert tables_graph.dependencies_of(uow, "nowhere") == []
        assert [one.id for one in tables_graph.items_where(uow, "id LIKE ?", "s%")] == ["s1", "s2"]


def test_items_that_are_not_there_are_not_found_with_how_to_look(site):
    with site.read() as uow:
        assert tables_graph.find_item(uow, "x") is None
        with pytest.raises(NotFound) as refusal:
            tables_graph.get_item(uow, "x")
    assert "cmdb item search x" in refusal.value.remedy


def test_a_kind_that_is_not_there_names_those_that_are(estate):
    with pytest.raises(NotFound) as refusal, estate.write() as uow:
        tables_graph.put_dependency(uow, needs("lb", "h", kind="likes"))
    assert "runs on" in refusal.value.remedy


def test_a_group_that_is_not_there_is_not_founded_by_a_row(estate):
    with pytest.raises(NotFound), estate.write() as uow:
        tables_graph.put_dependency(uow, needs("lb", "h", group="other"))


def test_writing_a_dependency_again_keeps_when_it_was_confirmed(estate):
    with estate.write() as uow:
        uow.rows("UPDATE dependency SET confirmed_at = '2026-01-01T00:00:00Z', confirmed_by = 'a.vries'")
        tables_graph.put_dependency(uow, needs("s1", "h", kind="runs on", strength="soft"))
        assert uow.rows("SELECT DISTINCT confirmed_at FROM dependency") == [("2026-01-01T00:00:00Z",)]


def test_moving_the_last_member_out_takes_the_group_away(estate):
    with estate.write() as uow:
        for one in ("s1", "s2"):
            tables_graph.put_dependency(uow, needs("lb", one))
        assert tables_graph.groups_of(uow, "lb") == []


def test_replacing_needs_raises_before_it_is_half_done_when_rows_disagree(estate):
    group = RedundancyGroup(source="lb", name="pool", need="1")
    with pytest.raises(Invalid) as refusal, estate.write() as uow:
        tables_graph.replace_needs(
            uow,
            "lb",
            [needs("lb", "s1", group="pool"), needs("lb", "h", group="pool", strength="soft")],
            [group],
        )
        uow.commit()
    assert "lb -> h says soft, lb -> s1 says hard" in refusal.value.reason
    with estate.read() as uow:
        assert len(tables_graph.dependencies_of(uow, "lb")) == 3


def test_the_key_of_a_removed_item_points_nowhere(estate):
    with estate.write() as uow:
        tables_graph.remove_item(uow, "lb")
        tables_graph.add_item(uow, item("new"))
        assert tables_graph.dependencies_of(uow, "new") == []
        assert tables_graph.groups_of(uow, "new") == []
        with pytest.raises(Invalid, match="used before"):
            tables_graph.add_item(uow, item("lb"))


def test_an_item_that_is_needed_is_not_removed(estate):
    with pytest.raises(Invalid) as refusal, estate.write() as uow:
        tables_graph.remove_item(uow, "h")
    assert "s1" in refusal.value.reason


def test_deriving_for_thousands_takes_few_queries(sqlite_store):
    found(sqlite_store)
    with sqlite_store.write() as uow:
        tables_graph.add_item(uow, item("base"))
        for number in range(2500):
            uow.rows(
                "INSERT INTO item (key, id, type, name, owner, status, level, custody, criterion, points,"
                " characteristics, serves) SELECT ?, ?, type, name, owner, status, level, custody, criterion,"
                " points, characteristics, serves FROM item WHERE id = 'base'",
                number + 10,
                f"n{number}",
            )
        base = tables_graph.item_key(uow, "base")
        [(kind,)] = uow.rows("SELECT key FROM dependency_kind WHERE id = 'uses'")
        uow.many(
            "INSERT INTO dependency (source, target, kind, hard, passes) VALUES (?, ?, ?, TRUE, 0)",
            [(number + 10, base, kind) for number in range(2500)],
        )
        asked = []
        sqlalchemy.event.listen(
            sqlite_store.engine, "before_cursor_execute", lambda *args: asked.append(args[2])
        )
        tables_derived.derive(uow, tables_derived.touching(uow, [base]))
        assert len(asked) < 20
        assert uow.rows("SELECT DISTINCT passes FROM dependency") == [(2,)]

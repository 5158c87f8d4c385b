"""Any estate loaded from its records is that estate, with every derived column right."""

import importlib

import pytest
from hypothesis import given, settings

from cmdb import item_loading, item_records, tables_derived
from cmdb.errors import Corrupt
from cmdb.store import Store
from tests import postgres
from tests.builders import found
from tests.laws.estates import Plan, Thing, plans


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def empty(request, tmp_path_factory):
    """A store with types and people, and no item."""
    importlib.import_module("cmdb.tables")
    if request.param == "sqlite":
        yield laid_out(str(tmp_path_factory.mktemp("load") / "cmdb.db"))
        return
    server = request.getfixturevalue("postgresql_server")
    yield laid_out(postgres.new_database(server, "loading"))
    postgres.drop_database(server, "loading")


def laid_out(database: str) -> Store:
    store = Store.connect(database)
    store.create(site="s", name="Load")
    found(store)
    return store


def records_of(plan: Plan, owner: str):
    """The records of a plan, in no helpful order."""
    for id in sorted(plan.things, reverse=True):
        thing = plan.things[id]
        needs = [
            {"target": target, "kind": kind, "strength": strength, **({"group": group} if group else {})}
            for (source, target, kind), (strength, group) in sorted(plan.needs.items())
            if source == id
        ]
        groups = [
            {"name": name, "need": need, "strength": strength}
            for (source, name), (need, strength) in sorted(plan.groups.items())
            if source == id
        ]
        fields = {
            "id": id,
            "type": "service" if thing.service else "server",
            "name": f"Item {id}",
            "owner": owner,
            "status": thing.status,
            "level": "controlled" if thing.service else "baselined",
            "custody": "ours, used to deliver",
            "criterion": "carries a service",
            "dependencies": needs,
            "groups": groups,
        }
        yield {name: content for name, content in fields.items() if content not in ("", [])}


@settings(max_examples=30)
@given(plan=plans())
def test_what_is_loaded_is_what_the_records_say_with_everything_derived_right(empty, plan):
    with empty.write() as uow:  # never committed: each estate meets an empty store
        [(owner,)] = uow.rows("SELECT id FROM person WHERE active ORDER BY id LIMIT 1")
        wanted = {one["id"]: one for one in records_of(plan, owner)}
        assert item_loading.load(uow, wanted.values(), expected=len(wanted)) == len(wanted)
        assert dict(item_records.stream(uow.rows, uow.dialect, drafts=False)) == wanted
        assert list(tables_derived.mistaken(uow)) == []


def test_an_item_that_needs_a_missing_one_is_named(empty):
    with empty.write() as uow:
        [(owner,)] = uow.rows("SELECT id FROM person WHERE active ORDER BY id LIMIT 1")
        plan = Plan({"a1": Thing()})
        [record] = records_of(plan, owner)
        record["dependencies"] = [{"target": "gone", "kind": "uses", "strength": "hard"}]
        with pytest.raises(Corrupt, match="a1 needs gone"):
            item_loading.load(uow, [record], expected=1)

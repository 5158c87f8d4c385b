"""Importing whole files into a real store of either kind: all or nothing, everything derived right."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from cmdb import bulk, journal, tables_derived, tables_graph, types
from cmdb.errors import Corrupt, Invalid, Refused
from cmdb.exchange import importing
from cmdb.exchange.importing import Prepared
from cmdb.exchange.staging import Staging
from cmdb.model import Dependency, Group, Party, Person, RoleGrant
from cmdb.store import Store

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 9, tzinfo=UTC)

ITEMS = (
    "id,type,name,owner,status,rack\n"
    "shop,service,Web shop,a.vries,in service,\n"
    "web-1,server,Web one,a.vries,in service,R1\n"
    "web-2,server,Web two,k.chen,in service,R2\n"
    "web-3,server,Web three,k.chen,planned,R3\n"
    "sw-1,network-device,Switch,k.chen,in service,R1\n"
)
DEPENDENCIES = (
    "source,target,kind,strength,group,need\n"
    "shop,web-1,uses,hard,webs,1\n"
    "shop,web-2,uses,hard,webs,\n"
    "shop,web-3,uses,,webs,\n"
    "web-1,sw-1,uses,hard,,\n"
    "web-2,sw-1,uses,soft,,\n"
    "sw-1,web-3,documents,,,\n"
)


@pytest.fixture
def site(store: Store) -> Store:
    """A store with types, two people and the right to import."""
    with store.write() as uow:
        types.found(uow, level="baselined")
        uow.add(Person(id="a.vries", name="Anna"))
        uow.add(Person(id="k.chen", name="Kai"))
        uow.add(RoleGrant(id="cm", person="a.vries", role="CM group", start=AT))
        uow.commit()
    return store


@pytest.fixture(params=["row by row", "indexes at the end"], autouse=True)
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs as a small load and as one large enough to build indexes at its end."""
    if request.param == "indexes at the end":
        monkeypatch.setattr(bulk, "LARGE", 1)


def load(
    store: Store, tmp_path: Path, kind: str, text: str, *, at: datetime = AT, apply: bool = True, **how: Any
) -> Prepared:
    file = tmp_path / f"{kind}.csv"
    file.write_text(text, encoding="utf-8")
    with Staging() as staged:
        found = importing.prepare(store, staged, kind=kind, path=file)
        if apply:
            importing.apply(store, staged, found, actor="a.vries", at=at, **how)
    return found


def rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    with store.read() as uow:
        return uow.rows(sql)


def mistaken(store: Store) -> list[tuple[str, str]]:
    with store.read() as uow:
        return list(tables_derived.mistaken(uow))


def test_items_and_dependencies_arrive_with_everything_derived(site: Store, tmp_path: Path) -> None:
    load(site, tmp_path, "items", ITEMS)
    found = load(site, tmp_path, "dependencies", DEPENDENCIES)
    assert found.plan.counts()["create"] == 6
    assert mistaken(site) == []
    assert rows(site, "SELECT id, level, owner_active FROM item WHERE service") == [("shop", "draft", True)]
    assert rows(site, "SELECT name, need, members, slack FROM redundancy_group") == [("webs", "1", 2, 1)]
    with site.read() as uow:
        assert tables_graph.dependencies_of(uow, "web-2") == [
            Dependency(source="web-2", target="sw-1", kind="uses", strength="soft")
        ]
        assert tables_graph.get_item(uow, "web-1").characteristics == {"rack": "R1"}


def test_an_import_is_one_journal_entry_with_the_file_s_digest_and_every_item_s_history_knows_it(
    site: Store, tmp_path: Path
) -> None:
    found = load(site, tmp_path, "items", ITEMS)
    with site.read() as uow:
        [entry] = journal.entries(uow)
        assert journal.of_subject(uow, "web-2") == [entry]
    assert entry.subjects == ("file:items.csv",)
    assert entry.changed["sha256"] == found.digest
    assert entry.changed["create"] == 5


def test_the_second_import_changes_nothing_but_confirms(site: Store, tmp_path: Path) -> None:
    load(site, tmp_path, "items", ITEMS)
    load(site, tmp_path, "dependencies", DEPENDENCIES)
    again = load(site, tmp_path, "items", ITEMS, at=LATER)
    more = load(site, tmp_path, "dependencies", DEPENDENCIES, at=LATER)
    assert (again.plan.unchanged, more.plan.unchanged) == (5, 6)
    wanted = [("2026-11-23T09:00:00Z",)]
    assert rows(site, "SELECT DISTINCT confirmed_at FROM item") == wanted
    assert rows(site, "SELECT DISTINCT confirmed_at FROM dependency") == wanted


def test_changed_rows_move_what_follows_from_them(site: Store, tmp_path: Path) -> None:
    load(site, tmp_path, "items", ITEMS)
    load(site, tmp_path, "dependencies", DEPENDENCIES)
    load(site, tmp_path, "items", "id,type,name,status\nweb-3,server,Web three,in service\n")
    assert mistaken(site) == []
    assert rows(site, "SELECT members, slack FROM redundancy_group") == [(3, 2)]
    load(
        site,
        tmp_path,
        "dependencies",
        "source,target,strength,group,need\nshop,web-1,hard,webs,2\nshop,web-2,hard,,\n",
    )
    assert mistaken(site) == []
    assert rows(site, "SELECT need, members, slack FROM redundancy_group") == [("2", 2, 0)]
    load(site, tmp_path, "dependencies", "source,target,group\nshop,web-1,\nshop,web-3,\n")
    assert rows(site, "SELECT COUNT(*) FROM redundancy_group") == [(0,)]
    assert mistaken(site) == []


def test_a_bad_row_leaves_everything_as_it_was(site: Store, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        load(site, tmp_path, "items", ITEMS + "BAD,server,X,ghost,in service,\nweb-1,server,X,a.vries,,\n")
    assert len(refused.value.problems) == 3
    assert rows(site, "SELECT COUNT(*) FROM item") == [(0,)]
    with site.read() as uow:
        assert journal.head(uow)[0] == 0


def test_dangling_rows_block_until_kept_and_become_dependencies_when_the_item_appears(
    site: Store, tmp_path: Path
) -> None:
    load(site, tmp_path, "items", ITEMS)
    text = "source,target,strength,group,need\nshop,web-1,hard,more,1\nshop,ghost,hard,more,\n"
    with pytest.raises(Invalid) as refused:
        load(site, tmp_path, "dependencies", text)
    assert "--keep-dangling" in refused.value.remedy
    load(site, tmp_path, "dependencies", text, keep_dangling=True)
    assert rows(site, "SELECT source, target, file FROM dangling") == [("shop", "ghost", "dependencies.csv")]
    load(site, tmp_path, "items", "id,type,name,owner\nghost,server,Ghost,a.vries\n")
    assert rows(site, "SELECT COUNT(*) FROM dangling") == [(0,)]
    with site.read() as uow:
        assert [one.target for one in tables_graph.dependencies_of(uow, "shop")] == ["ghost", "web-1"]
    assert mistaken(site) == []


def test_a_plan_is_refused_when_the_site_moved_since(site: Store, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text(ITEMS)
    with Staging() as staged:
        found = importing.prepare(site, staged, kind="items", path=file)
        load(site, tmp_path, "parties", "id,name\nacme,Acme\n")
        with pytest.raises(Refused):
            importing.apply(site, staged, found, actor="a.vries", at=AT)
    assert rows(site, "SELECT COUNT(*) FROM item") == [(0,)]


def test_only_who_may_import_imports(site: Store, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text(ITEMS)
    with Staging() as staged:
        found = importing.prepare(site, staged, kind="items", path=file)
        with pytest.raises(Refused):
            importing.apply(site, staged, found, actor="k.chen", at=AT)


def test_rows_under_control_are_left_to_a_request(site: Store, tmp_path: Path) -> None:
    load(site, tmp_path, "items", ITEMS)
    load(site, tmp_path, "dependencies", DEPENDENCIES)
    with site.write() as uow:
        uow.rows("UPDATE item SET level = 'baselined' WHERE id = 'shop'")
        uow.commit()
    text = "id,type,name\nshop,service,New name\nweb-1,server,New name\n"
    with pytest.raises(Refused):
        load(site, tmp_path, "items", text)
    found = load(site, tmp_path, "items", text, draft=lambda _uow: "CR-1")
    assert (found.plan.update, found.plan.request) == (1, 1)
    assert rows(site, "SELECT id, name FROM item WHERE id IN ('shop', 'web-1') ORDER BY id") == [
        ("shop", "Web shop"),
        ("web-1", "New name"),
    ]
    with site.read() as uow:
        assert journal.of_subject(uow, "web-1")[0].request == "CR-1"
    found = load(
        site, tmp_path, "dependencies", "source,target\nshop,sw-1\nweb-1,web-2\n", draft=lambda _uow: "CR-2"
    )
    assert (found.plan.create, found.plan.request) == (1, 1)
    assert rows(site, "SELECT COUNT(*) FROM dependency") == [(7,)]


def test_people_groups_and_parties_are_stored(site: Store, tmp_path: Path) -> None:
    load(site, tmp_path, "people", "id,name,groups\np.ng,Priya,network\n")
    load(site, tmp_path, "groups", "id,name,lead\nnetwork,Network,k.chen\n")
    load(site, tmp_path, "parties", "id,name,kind\nacme,Acme,supplier\n")
    with site.read() as uow:
        assert uow.get(Person, "p.ng").name == "Priya"
        assert uow.get(Group, "network") == Group(
            id="network", name="Network", lead="k.chen", members=("p.ng",)
        )
        assert uow.get(Party, "acme").kind == "supplier"
        assert [one.action for one in journal.of_subject(uow, "group:network")] == [
            "import groups",
            "import people",
        ]


def test_an_item_found_by_search_was_imported_in_bulk(site: Store, tmp_path: Path) -> None:
    load(site, tmp_path, "items", ITEMS)
    with site.read() as uow:
        if site.dialect == "sqlite":
            found = uow.rows("SELECT rowid FROM item_search WHERE item_search MATCH '\"thr\"'")
            assert len(found) == 1
            names = {
                row[0]
                for row in uow.rows("SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger')")
            }
        else:
            names = {row[0] for row in uow.rows("SELECT indexname FROM pg_indexes WHERE tablename = 'item'")}
    assert {"item_by_owner", "item_by_name", "item_service"} <= names


def test_a_large_import_leaves_every_reference_of_the_database_enforced(site: Store, tmp_path: Path) -> None:
    load(site, tmp_path, "items", ITEMS)
    load(site, tmp_path, "dependencies", DEPENDENCIES)
    for statement in (
        "UPDATE item SET owner = 'nobody'",
        "UPDATE item SET type = 'nothing'",
        "UPDATE dependency SET target = 99",
        "UPDATE redundancy_group SET source = 99",
        "INSERT INTO journal_subject (subject, sequence) VALUES ('shop', 99)",
    ):
        with pytest.raises(IntegrityError), site.write() as uow:
            uow.rows(statement)


def test_a_large_import_that_refers_to_what_went_away_is_refused_whole(site: Store, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text(ITEMS, encoding="utf-8")
    with Staging() as staged:
        prepared = importing.prepare(site, staged, kind="items", path=file)
        with site.write() as uow:  # what no use case does: without an entry in the journal
            uow.rows("DELETE FROM role_grant")
            uow.rows("DELETE FROM person WHERE id = 'k.chen'")
            uow.add(RoleGrant(id="cm", person="a.vries", role="CM group", start=AT))
            uow.commit()
        refused = (IntegrityError, sqlite3.IntegrityError, psycopg.IntegrityError, Corrupt)
        with pytest.raises(refused):
            importing.apply(site, staged, prepared, actor="a.vries", at=AT)
    with site.read() as uow:
        assert (uow.rows("SELECT id FROM item"), journal.head(uow)[0]) == ([], prepared.head)

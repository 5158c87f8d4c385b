"""The read path on both databases: pages, filters, search, dependencies, history, one snapshot."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cmdb import journal, search
from cmdb.errors import Corrupt, NotFound, Refused
from cmdb.model import Item
from cmdb.reading import DependencyLine, Filter, ItemLine, Reader
from cmdb.store import Store
from cmdb.tables_graph import add_item, get_item, put_item
from tests.cmdb import harbour

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def reader(store: Store, database: str) -> Iterator[Reader]:
    harbour.settle(store)
    with Reader.open(database) as reader:
        yield reader


def ids(lines: tuple[ItemLine, ...]) -> list[str]:
    return [line.id for line in lines]


def test_an_item_is_shown_with_its_accounting_data(reader: Reader, store: Store) -> None:
    found = reader.item("sw-11")
    assert (found.id, found.type, found.owner) == ("sw-11", "network-device", "k.chen")
    assert (found.group, found.party, found.serves, found.service) == ("network", "cables", True, False)
    assert (found.operating, found.confirmed_at, found.points, found.characteristics) == ("up", None, (), {})
    assert reader.item("berths").service
    assert not reader.item("old-radar").serves


def test_an_item_that_is_not_there_is_not_found_whatever_its_name(reader: Reader) -> None:
    for name in ("sw-99", "", "a\0b", "'; DROP TABLE item; --"):
        with pytest.raises(NotFound) as missing:
            reader.item(name)
        assert missing.value.remedy == f"Look for it with 'cmdb item search {name}'."


def test_pages_follow_each_other_without_gap_or_repeat(reader: Reader) -> None:
    whole = ids(reader.items(limit=100))
    assert whole == sorted(harbour.ITEMS)
    pages = [ids(reader.items(limit=4, offset=start)) for start in (0, 4, 8, 12)]
    assert [len(page) for page in pages] == [4, 4, 3, 0]
    assert [item for page in pages for item in page] == whole
    assert ids(reader.items(order="type", limit=3)) == ["booking-app", "db-1", "manual"]


def test_filters_restrict_and_count_alike(reader: Reader) -> None:
    cases = {
        Filter(owner="k.chen", type="server"): ["web-1", "web-2"],
        Filter(status="retired"): ["old-radar"],
        Filter(owner="k.chen", not_status="retired", type="hardware"): [],
        Filter(group="network"): ["sw-11"],
        Filter(party="cables"): ["sw-11"],
        Filter(level="controlled"): [],
        Filter(service=True): ["berths", "mail", "radar"],
        Filter(service=False, owner="a.vries"): ["booking-app"],
        Filter(operating="down"): [],
        Filter(text="switch", owner="k.chen"): ["manual", "sw-11", "sw-12"],
        Filter(text="switch", type="document"): ["manual"],
    }
    for where, wanted in cases.items():
        assert sorted(ids(reader.items(where))) == wanted
        assert reader.count(where) == len(wanted)
    assert reader.count() == len(harbour.ITEMS)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sw-11", ["sw-11"]),
        ("SWITCH", ["sw-11", "sw-12", "manual"]),
        ("itch 1", ["sw-11", "sw-12"]),
        ("11 core", ["sw-11"]),
        ("s", ["sw-11", "sw-12"]),
        ("we", ["web-1", "web-2"]),
        ("bo", ["booking-app", "db-1"]),
        ("radar", ["radar", "old-radar"]),
        ("dar", ["radar", "old-radar"]),
        ("100%", []),
        ("s_itch", []),
        ('"quoted', []),
        ("nothing here", []),
        ("  ", []),
        ("\0", []),
    ],
)
def test_search_finds_words_anywhere_and_short_ones_at_the_start(
    reader: Reader, text: str, wanted: list[str]
) -> None:
    assert ids(reader.search(text)) == wanted


def test_search_follows_every_change_of_a_name(reader: Reader, store: Store) -> None:
    with store.write() as uow:
        put_item(uow, get_item(uow, "sw-11").but(name="Spine Überlingen"))
        uow.commit()
    assert ids(reader.search("überl")) == ["sw-11"]
    assert ids(reader.search("core switch 11")) == []
    assert ids(reader.search("sp")) == ["sw-11"]


def test_a_bulk_load_suspends_the_index_and_builds_it_again(reader: Reader, store: Store) -> None:
    with store.write() as uow:
        for statement in search.SUSPEND[store.dialect]:
            uow.rows(statement)
        add_item(uow, Item(id="crane-1", type="hardware", name="Harbour crane", owner="k.chen"))
        for statement in search.REBUILD[store.dialect]:
            uow.rows(statement)
        uow.commit()
    assert ids(reader.search("crane")) == ["crane-1"]
    with store.write() as uow:
        put_item(uow, get_item(uow, "crane-1").but(name="Floating sheerlegs"))
        uow.commit()
    assert ids(reader.search("sheer")) == ["crane-1"]
    assert ids(reader.search("harbour crane")) == []


def test_dependencies_name_group_need_and_the_other_end(reader: Reader) -> None:
    assert reader.dependencies("booking-app") == (
        DependencyLine(
            *("booking-app", "db-1", "uses", "hard", "", "", "Booking database", "database", "in service"),
            None,
        ),
        DependencyLine(
            *("booking-app", "web-1", "runs on", "hard", "web", "1", "Web server 1", "server", "in service"),
            None,
        ),
        DependencyLine(
            *("booking-app", "web-2", "runs on", "hard", "web", "1", "Web server 2", "server", "in service"),
            None,
        ),
    )
    assert [line.source for line in reader.dependants("sw-11")] == ["mail", "manual", "radar", "web-1"]
    assert [line.source for line in reader.dependants("sw-11", limit=2, offset=1)] == ["manual", "radar"]
    with pytest.raises(NotFound):
        reader.dependencies("nobody")


def test_services_and_completion_come_in_id_order(reader: Reader) -> None:
    assert ids(reader.services()) == ["berths", "mail", "radar"]
    assert reader.ids("sw") == ("sw-11", "sw-12")
    assert reader.ids("sw_") == ()
    assert len(reader.ids("")) == len(harbour.ITEMS)


def test_the_history_of_a_subject_is_newest_first(reader: Reader, store: Store) -> None:
    with store.write() as uow:
        journal.record(uow, at=AT, actor="k.chen", action="item register", subjects=("sw-11",))
        journal.record(
            uow,
            at=AT,
            actor="k.chen",
            action="item amend",
            subjects=("sw-11", "web-1"),
            changed={"name": ["a"]},
        )
        uow.commit()
    told = reader.history("sw-11")
    assert [(entry.action, entry.subjects) for entry in told] == [
        ("item amend", ("sw-11", "web-1")),
        ("item register", ("sw-11",)),
    ]
    assert told[0].changed == {"name": ["a"]}
    assert told[0].at == "2026-11-22T12:00:00Z"
    assert [entry.action for entry in reader.history("sw-11", limit=1, offset=1)] == ["item register"]


def test_one_question_sees_one_moment(reader: Reader, store: Store) -> None:
    with reader.question():
        before = reader.item("sw-11").name
        with store.write() as uow:
            put_item(uow, get_item(uow, "sw-11").but(name="Renamed"))
            uow.commit()
        assert reader.item("sw-11").name == before
        with reader.question() as estate:
            assert estate.keys(["sw-11"])
        assert reader.item("sw-11").name == before
    assert reader.item("sw-11").name == "Renamed"


def test_what_only_reads_cannot_write(reader: Reader) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only"):
        reader.rows("UPDATE item SET name = 'x'")


def test_a_database_that_is_not_there_is_named_with_a_remedy(tmp_path: object) -> None:
    with pytest.raises(NotFound):
        Reader.open(f"{tmp_path}/none.db")
    with pytest.raises(Refused) as down:
        Reader.open(f"postgresql://nobody@/none?host={tmp_path}")
    assert down.value.remedy == "Check 'database' in site.toml, and that the server runs."


def test_the_read_path_loads_no_mapper_graph_library_git_or_screen() -> None:
    code = (
        "import sys, cmdb.reading, cmdb.impact, cmdb.explanations;"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}"
        " & {'sqlmodel', 'sqlalchemy', 'pydantic', 'networkx', 'git', 'textual', 'psycopg', 'click'}));"
        "print('cmdb.model' in sys.modules, 'dataclasses' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "\nFalse False\n"


def test_a_file_that_is_no_database_is_damaged_for_readers_too(tmp_path):
    file = tmp_path / "cmdb.db"
    file.write_bytes(b"scribble " * 1000)
    with pytest.raises(Corrupt, match="not a database") as damaged, Reader.open(str(file)) as reader:
        reader.item("sw-11")
    assert damaged.value.remedy
    file.write_bytes(b"")
    with pytest.raises(Refused, match="holds no site"), Reader.open(str(file)) as reader:
        reader.items()

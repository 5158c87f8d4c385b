"""The store: one transaction at a time, all or nothing, on SQLite and on PostgreSQL."""

import subprocess
import sys
import threading

import pytest
import sqlalchemy

from cmdb import store as store_module
from cmdb import tables
from cmdb.errors import CmdbError, Corrupt, Invalid, NotFound, Refused
from cmdb.model import Group, Party, Person
from cmdb.store import SCHEMA_VERSION, Store
from tests.builders import found

assert tables.PersonRow  # the tables a store lays out are those imported
JAN = Person(id="j.jansen", name="Jan Jansen")


def names(store):
    with store.read() as uow:
        return [one.name for one in uow.all(Person)]


def test_what_is_committed_is_there_for_the_next_reader(store):
    with store.write() as uow:
        uow.add(JAN)
        uow.commit()
    assert names(store) == ["Jan Jansen"]


def test_what_is_not_committed_is_gone(store):
    with store.write() as uow:
        uow.add(JAN)
    assert names(store) == []


def test_an_error_after_writing_rolls_everything_back(store):
    with pytest.raises(ZeroDivisionError), store.write() as uow:
        uow.add(JAN)
        uow.rows("UPDATE person SET name = 'X'")
        raise ZeroDivisionError
    assert names(store) == []


def test_a_unit_of_work_is_of_no_use_after_its_commit(store):
    with store.write() as uow:
        uow.add(JAN)
        uow.commit()
        for use in (
            lambda: uow.add(JAN.but(id="b")),
            lambda: uow.rows("DELETE FROM person"),
            lambda: uow.find(Person, "j.jansen"),
            lambda: uow.many("DELETE FROM person WHERE id = ?", [("j.jansen",)]),
            lambda: uow.driver,
            lambda: uow.commit(),
        ):
            with pytest.raises(RuntimeError, match="committed already"):
                use()
    assert names(store) == ["Jan Jansen"]


def test_a_reader_cannot_write(store):
    with pytest.raises((CmdbError, sqlalchemy.exc.DBAPIError)), store.read() as uow:
        uow.rows("INSERT INTO number (series, last) VALUES ('x', 1)")
    with store.read() as uow:
        assert uow.rows("SELECT * FROM number") == []


def test_a_reader_sees_one_moment_however_long_it_reads(store):
    with store.read() as reader:
        assert reader.all(Person) == ()
        with store.write() as uow:
            uow.add(JAN)
            uow.commit()
        assert reader.all(Person) == ()
        assert reader.find(Person, "j.jansen") is None
    assert names(store) == ["Jan Jansen"]


def test_a_second_writer_waits_and_then_sees_what_the_first_wrote(store):
    with store.write() as uow:
        uow.add(JAN.but(name="0"))
        uow.commit()
    started = threading.Barrier(4)
    faults = []

    def count():
        started.wait()
        try:
            for _ in range(10):
                with store.write() as uow:
                    one = uow.get(Person, "j.jansen")
                    uow.replace(one.but(name=str(int(one.name) + 1)))
                    uow.commit()
        except BaseException as fault:
            faults.append(fault)
            raise

    writers = [threading.Thread(target=count) for _ in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert faults == []
    assert names(store) == ["40"]


def test_a_writer_who_waits_too_long_is_refused_with_the_sentence(database, store, monkeypatch):
    monkeypatch.setattr(store_module, "BUSY_SECONDS", 1)
    other = Store.connect(database)
    with store.write() as uow:
        uow.add(JAN)
        with pytest.raises(Refused) as refusal, other.write():
            raise AssertionError("two writers at once")
        uow.commit()
    assert "has been writing for more than 1 seconds" in refusal.value.reason
    assert "nothing was changed" in refusal.value.remedy


def test_a_writer_that_dies_leaves_nothing_and_blocks_nobody(database, store):
    script = (
        "import os, sys\n"
        "from cmdb import tables\n"
        "from cmdb.model import Person\n"
        "from cmdb.store import Store\n"
        "with Store.connect(sys.argv[1]).write() as uow:\n"
        "    uow.add(Person(id='x', name='X'))\n"
        "    print('written', flush=True)\n"
        "    os._exit(9)\n"
    )
    dead = subprocess.run([sys.executable, "-c", script, database], capture_output=True, check=False)
    assert (dead.returncode, dead.stdout) == (9, b"written\n")
    with store.write() as uow:
        uow.add(JAN)
        uow.commit()
    assert names(store) == ["Jan Jansen"]


def test_adding_a_key_twice_is_invalid_and_says_what_to_do(store):
    with pytest.raises(Invalid) as refusal, store.write() as uow:
        uow.add(JAN)
        uow.add(JAN)
    assert refusal.value.reason == "The person 'j.jansen' exists already."
    assert refusal.value.remedy


@pytest.mark.parametrize("verb", ["get", "replace", "remove"])
def test_what_is_not_there_is_not_found_with_the_command_that_lists_what_is(store, verb):
    with pytest.raises(NotFound) as refusal, store.write() as uow:
        if verb == "get":
            uow.get(Person, "j.jansen")
        else:
            getattr(uow, verb)(JAN)
    assert refusal.value.reason == "There is no person 'j.jansen'."
    assert refusal.value.remedy == "List them with 'cmdb person list'."


def test_values_come_back_as_they_went_in_and_in_key_order(store):
    people = [JAN, JAN.but(id="a", name="Ä '; DROP TABLE person; -- %s ? 名"), JAN.but(id="z", active=False)]
    with store.write() as uow:
        for one in people:
            uow.add(one)
        uow.commit()
    with store.read() as uow:
        assert uow.all(Person) == tuple(sorted(people, key=lambda one: one.id))
        assert uow.all(Person, active=False) == (people[2],)
        assert uow.where(Person, "active AND id > ?", "a") == (JAN,)
        assert uow.where(Person, "id <> ?", "", limit=1) == (people[1],)


def test_an_empty_reference_is_null_and_comes_back_empty(store):
    with store.write() as uow:
        uow.add(Group(id="net", name="Network"))
        uow.commit()
    with store.read() as uow:
        assert uow.rows("SELECT lead FROM people_group") == [(None,)]
        assert uow.get(Group, "net").lead == ""


def test_percent_signs_and_question_marks_mean_the_same_on_both_databases(store):
    with store.read() as uow:
        assert uow.rows("SELECT 7 % 4, ? || '%'", "100") == [(3, "100%")]


def test_text_no_database_can_keep_is_invalid_not_a_crash(store):
    with pytest.raises(Invalid), store.read() as uow:
        uow.find(Person, "\ud800")
    if store.dialect == "postgresql":
        with pytest.raises(Invalid), store.read() as uow:
            uow.find(Person, "a\0b")


def test_a_row_that_holds_no_valid_value_is_corrupt(store):
    with store.write() as uow:
        uow.rows("INSERT INTO party (id, name, kind, contacts, level) VALUES ('a', 'A', 'x', '[', 'draft')")
        uow.commit()
    with pytest.raises(Corrupt) as fault, store.read() as uow:
        uow.get(Party, "a")
    assert "party" in fault.value.reason


# --- the owner is enforced by the database itself, not only by code -------------------------------

COLUMNS = (
    "INSERT INTO item (key, id, type, name, owner, owner_active, status, level, custody, criterion, points,"
    " characteristics, serves, service) VALUES"
)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            "(1, 'x', 'server', 'X', NULL, TRUE, 's', 'draft', '', '', '[]', '{}', TRUE, FALSE)", id="none"
        ),
        pytest.param(
            "(1, 'x', 'server', 'X', '', TRUE, 's', 'draft', '', '', '[]', '{}', TRUE, FALSE)", id="empty"
        ),
        pytest.param(
            "(1, 'x', 'server', 'X', 'who', TRUE, 's', 'draft', '', '', '[]', '{}', TRUE, FALSE)",
            id="unknown",
        ),
        pytest.param(
            "(1, 'x', 'server', 'X', 'r.gone', TRUE, 's', 'draft', '', '', '[]', '{}', TRUE, FALSE)",
            id="left",
        ),
        pytest.param(
            "(1, 'x', 'server', 'X', 'r.gone', FALSE, 's', 'draft', '', '', '[]', '{}', TRUE, FALSE)",
            id="flag",
        ),
    ],
)
def test_the_database_refuses_an_item_without_an_active_owner(store, row):
    found(store)
    with pytest.raises(sqlalchemy.exc.IntegrityError), store.write() as uow:
        uow.rows(f"{COLUMNS} {row}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE person SET active = FALSE WHERE id = 'a.vries'",
        "DELETE FROM person WHERE id = 'a.vries'",
        "UPDATE item SET owner = NULL WHERE id = 'srv'",
        "UPDATE item SET owner = 'r.gone' WHERE id = 'srv'",
        "UPDATE item SET owner_active = FALSE WHERE id = 'srv'",
        "UPDATE item SET owner_active = NULL WHERE id = 'srv'",
        "UPDATE item SET type = 'no such' WHERE id = 'srv'",
    ],
)
def test_the_database_refuses_to_take_an_active_owner_away(store, statement):
    found(store)
    with store.write() as uow:
        uow.rows("DELETE FROM role_grant")
        uow.rows(
            f"{COLUMNS} (1, 'srv', 'server', 'X', 'a.vries', TRUE, 's', 'draft', '', '', '[]', '{{}}',"
            " TRUE, FALSE)"
        )
        uow.commit()
    with pytest.raises(sqlalchemy.exc.IntegrityError), store.write() as uow:
        uow.rows(statement)
        uow.commit()
    with store.read() as uow:
        assert uow.rows("SELECT owner, owner_active FROM item") in ([("a.vries", 1)], [("a.vries", True)])


# --- opening --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        "(1, 'x', 'server', 'X', 'who', TRUE, 's', 'draft', '', '', '[]', '{}', TRUE, FALSE)",
        "(1, 'x', 'server', 'X', 'r.gone', TRUE, 's', 'draft', '', '', '[]', '{}', TRUE, FALSE)",
        "(1, 'x', 'no such', 'X', 'a.vries', TRUE, 's', 'draft', '', '', '[]', '{}', TRUE, FALSE)",
    ],
)
def test_references_checked_at_the_end_are_checked_all_the_same(store, row):
    found(store)
    refused = (sqlalchemy.exc.IntegrityError, Corrupt)
    with pytest.raises(refused), store.write(references_at_end=True) as uow:
        uow.rows(f"{COLUMNS} {row}")
        uow.commit()
    with store.read() as uow:
        assert uow.rows("SELECT id FROM item") == []


def test_references_that_hold_at_the_end_are_written_and_the_next_writer_is_checked_as_ever(store):
    found(store)
    good = "(1, 'x', 'server', 'X', 'a.vries', TRUE, 's', 'draft', '', '', '[]', '{}', TRUE, FALSE)"
    with store.write(references_at_end=True) as uow:
        uow.rows(f"{COLUMNS} {good}")
        uow.commit()
    with pytest.raises(sqlalchemy.exc.IntegrityError), store.write() as uow:
        uow.rows("UPDATE item SET owner = 'who'")


def test_a_site_is_laid_out_once(database, store):
    with pytest.raises(Refused) as refusal:
        Store.connect(database).create(site="another", name="Another")
    assert "holds a site already" in refusal.value.reason
    with store.read() as uow:
        assert uow.rows("SELECT id FROM site") == [("0123456789abcdef",)]


def test_opening_a_database_of_this_layout_works(database, store):
    with Store.open(database).read() as uow:
        assert uow.rows("SELECT schema_version FROM site") == [(SCHEMA_VERSION,)]

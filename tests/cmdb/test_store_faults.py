"""What a store says of layouts, damage, disks and lost connections."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from cmdb import store as store_module
from cmdb import tables
from cmdb.errors import Corrupt, NotFound, Refused
from cmdb.model import Person
from cmdb.store import SCHEMA_VERSION, Store

assert tables.PersonRow  # the tables a store lays out are those imported
JAN = Person(id="j.jansen", name="Jan Jansen")


def names(store):
    with store.read() as uow:
        return [one.name for one in uow.all(Person)]


COLUMNS = (
    "INSERT INTO item (key, id, type, name, owner, owner_active, status, level, custody, criterion, points,"
    " characteristics, serves, service) VALUES"
)


@pytest.mark.parametrize(("change", "remedy"), [(-1, "cmdb migrate"), (1, "newer cmdb")])
def test_another_layout_is_refused_with_the_remedy(database, store, change, remedy):
    with store.write() as uow:
        uow.rows("UPDATE site SET schema_version = ?", SCHEMA_VERSION + change)
        uow.commit()
    with pytest.raises(Refused) as refusal:
        Store.open(database)
    assert str(SCHEMA_VERSION + change) in refusal.value.reason
    assert remedy in refusal.value.remedy


def test_an_empty_database_is_no_site(database):
    if not database.startswith("postgresql"):
        Path(database).touch()
    with pytest.raises(Refused) as refusal:
        Store.open(database)
    assert "cmdb init" in refusal.value.remedy


def test_a_database_file_that_is_gone_is_not_found_and_not_made(tmp_path):
    with pytest.raises(NotFound) as refusal:
        Store.open(str(tmp_path / "cmdb.db"))
    assert "rebuild" in refusal.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_corrupt(tmp_path):
    (tmp_path / "cmdb.db").write_bytes(b"this is a letter to the baker\n" * 200)
    with pytest.raises(Corrupt):
        Store.open(str(tmp_path / "cmdb.db"))


def test_a_server_that_is_not_there_is_refused_with_where_to_look(tmp_path):
    with pytest.raises(Refused) as refusal:
        Store.open(f"postgresql://someone@/site?host={tmp_path}")
    assert "site.toml" in refusal.value.remedy


def test_a_database_that_is_not_there_is_refused(postgresql_server):
    with pytest.raises(Refused) as refusal:
        Store.open(f"postgresql://postgres@/nosuch?host={postgresql_server}")
    assert "nosuch" in refusal.value.reason


# --- disks and connections ------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount a small disk, and not everywhere")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_refused_and_changes_nothing(small_disk):
    store = Store.connect(str(small_disk / "cmdb.db"))
    store.create(site="s", name="Small")
    with pytest.raises(Refused) as refusal, store.write() as uow:
        for number in range(200):
            uow.rows(
                "INSERT INTO dangling VALUES (?, 'b', 'c', '', '', '', ?, '')", str(number), "x" * 60_000
            )
        uow.commit()
    assert "disk is full" in refusal.value.reason
    assert names(store) == []
    with store.read() as uow:
        assert uow.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_read_only_disk_lets_readers_read_and_refuses_writers(small_disk):
    store = Store.connect(str(small_disk / "cmdb.db"))
    store.create(site="s", name="Small")
    with store.write() as uow:
        uow.add(JAN)
        uow.commit()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(Refused) as refusal, store.write() as uow:
        uow.add(JAN.but(id="other"))
    assert "nothing was changed" in refusal.value.reason
    assert names(store) == ["Jan Jansen"]


@pytest.fixture
def closed_folder():
    """A folder in which an account without rights may look and not write; skips unless root."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another account")
    place = Path(tempfile.mkdtemp(prefix="cmdb-closed-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def test_a_directory_one_may_not_write_in_is_refused_with_why(closed_folder):
    store = Store.connect(str(closed_folder / "cmdb.db"))
    store.create(site="s", name="Closed")
    os.seteuid(65534)
    try:
        with pytest.raises(Refused) as refusal, store.write() as uow:
            uow.add(JAN)
    finally:
        os.seteuid(0)
    assert "nothing was changed" in refusal.value.reason
    assert "permissions" in refusal.value.remedy
    assert names(store) == []


def _kill_connections(url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_connection_lost_before_the_commit_is_looked_up_and_changed_nothing(postgresql_database):
    store = Store.connect(postgresql_database)
    store.create(site="s", name="S")
    with pytest.raises(Refused) as refusal, store.write() as uow:
        uow.add(JAN)
        connection = uow.session.connection()
        number = store_module._transaction_number(connection)
        _kill_connections(postgresql_database)
        try:
            connection.commit()
        except sqlalchemy.exc.DBAPIError as fault:
            store_module._look_up(connection.engine, number, fault)
    assert "before the change was saved; nothing was changed" in refusal.value.reason
    assert names(store) == []


def test_a_connection_lost_while_working_is_refused(postgresql_database):
    store = Store.connect(postgresql_database)
    store.create(site="s", name="S")
    with pytest.raises(Refused), store.write() as uow:
        uow.add(JAN)
        _kill_connections(postgresql_database)
        uow.commit()
    assert names(store) == []


def test_a_commit_that_reached_the_server_counts_although_the_answer_was_lost(postgresql_database):
    store = Store.connect(postgresql_database)
    store.create(site="s", name="S")
    with store.write() as uow:
        uow.add(JAN)
        number = store_module._transaction_number(uow.session.connection())
        uow.commit()
    lost = sqlalchemy.exc.DBAPIError("COMMIT", None, Exception("lost"))
    store_module._look_up(store.engine, number, lost)
    assert names(store) == ["Jan Jansen"]


def test_commits_that_do_not_reach_the_disk_are_refused(postgresql_database):
    with pytest.raises(Refused) as refusal:
        Store.connect(postgresql_database + "&options=-csynchronous_commit%3Doff").create(site="s", name="S")
    assert "synchronous_commit" in refusal.value.remedy


def test_sqlite_waits_for_the_disk_and_checks_references(sqlite_store):
    with sqlite_store.write() as uow:
        assert uow.rows("PRAGMA journal_mode") == [("wal",)]
        assert uow.rows("PRAGMA synchronous") == [(2,)]
        assert uow.rows("PRAGMA foreign_keys") == [(1,)]


def test_a_database_file_that_went_away_is_missed_and_never_made_anew(store, database):
    if "://" in database:
        pytest.skip("a server keeps its own files")
    reached = Store.reach(database)
    Path(database).rename(f"{database}.away")
    with pytest.raises(NotFound, match="does not exist"), reached.read() as uow:
        uow.rows("SELECT 1")
    assert not Path(database).exists()

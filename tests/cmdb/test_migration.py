"""A fresh database and a migrated one are the same; a migration is backed up, whole, or not at all."""

import re
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from alembic import op

import cmdb.store as store_module
from cmdb import journal, migration
from cmdb.errors import Corrupt, NotFound, Refused
from cmdb.migrations import run
from cmdb.model import Party, Person
from cmdb.site import Site
from cmdb.store import SCHEMA_VERSION, Store
from tests import postgres
from tests.builders import AT

BY = {"actor": "a.vries", "at": AT}
REMEDY = """
The tables of the program and the tables the migrations lay out are not the same (see the lines above:
'-' is what only the migrations make, '+' what only the program declares).
Leave the old versions alone. Add the next cmdb/migrations/v000<n>.py with an `upgrade()` that makes this
change with Alembic's `op`, add it to VERSIONS in cmdb/migrations/run.py, and raise SCHEMA_VERSION in
cmdb/layout.py by one."""


def sqlite_layout(database):
    """Every statement of the layout, its lines sorted: the order of columns is nobody's business."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND sql IS NOT NULL"
        ).fetchall()
    connection.close()
    return {
        f"{kind} {name}: {line}"
        for kind, name, sql in rows
        for part in sql.splitlines()
        # SQLite writes a column that was added behind the last one, on the same line.
        for line in (piece.strip().rstrip(",") for piece in re.split(r", (?![^(]*\))", part))
        if line
    }


def postgresql_layout(database):
    questions = {
        "column": "SELECT table_name, concat_ws(' ', column_name, data_type, is_nullable, column_default)"
        " FROM information_schema.columns WHERE table_schema = 'public'",
        "index": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "constraint": "SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    }
    with psycopg.connect(database) as connection:
        return {
            f"{kind} {table}: {said}"
            for kind, question in questions.items()
            for table, said in connection.execute(question.encode())
        }


def layout(database):
    return postgresql_layout(database) if database.startswith("postgresql") else sqlite_layout(database)


@pytest.fixture
def second(request, tmp_path):
    """A second empty database of the same kind as `database`."""
    if "postgresql" not in request.node.name:
        yield str(tmp_path / "second.db")
        return
    socket = request.getfixturevalue("postgresql_server")
    name = f"second_{tmp_path.name}"[:60]
    yield postgres.new_database(socket, name)
    postgres.drop_database(socket, name)


def test_a_migrated_database_is_laid_out_like_a_fresh_one(database, store, second):
    with Store.connect(second).write() as uow:
        run.upgrade(uow, before=0)
        uow.commit()
    migrated, fresh = layout(second), layout(database)
    assert len(fresh) > 200
    differences = [
        *(f"- {one}" for one in sorted(migrated - fresh)),
        *(f"+ {one}" for one in sorted(fresh - migrated)),
    ]
    assert not differences, "\n".join([*differences, REMEDY])


def test_the_comparison_sees_a_column_an_index_and_a_constraint(database, store):
    before = layout(database)
    with store.write() as uow:
        uow.rows("ALTER TABLE party ADD COLUMN colour TEXT")
        uow.rows("CREATE INDEX party_by_kind ON party (kind)")
        uow.rows("CREATE TABLE extra (id TEXT PRIMARY KEY, party TEXT REFERENCES party (id))")
        uow.commit()
    seen = "\n".join(layout(database) - before)
    for part in ("colour", "party_by_kind", "REFERENCES party"):
        assert part in seen


def test_the_program_needs_the_newest_version_there_is():
    assert len(run.VERSIONS) == SCHEMA_VERSION
    frozen = Path(run.__file__).parent.glob("v[0-9]*.py")
    assert len({re.match(r"v(\d{4})", one.name)[1] for one in frozen}) == SCHEMA_VERSION


def test_a_frozen_version_asks_nothing_of_the_program():
    for file in Path(run.__file__).parent.glob("v[0-9]*.py"):
        imported = set(re.findall(r"^(?:from|import) (\S+)", file.read_text("utf-8"), re.MULTILINE))
        allowed = {"collections.abc", "sqlalchemy", "alembic", "cmdb.migrations", "cmdb.migrations.columns"}
        assert imported <= allowed, file.name


# --- moving a site with content -------------------------------------------------------------------


def add_a_column():
    op.add_column(
        "party", sqlalchemy.Column("colour", sqlalchemy.Text(), nullable=False, server_default="blue")
    )
    op.execute("UPDATE party SET name = name || ' (moved)'")


def lay_a_table_out_anew():
    """What SQLite cannot change in place: `person`, on which others depend, is made anew."""
    with op.batch_alter_table("person") as batch:
        batch.alter_column("email", new_column_name="mail")


def lose_what_others_refer_to():
    op.execute("DELETE FROM person")


def fail_half_way():
    add_a_column()
    raise ZeroDivisionError


@pytest.fixture
def site(tmp_path, database, store):
    with store.write() as uow:
        uow.add(Person(id="a.vries", name="Anna"))
        uow.add(Party(id="acme", name="ACME"))
        uow.rows("INSERT INTO people_group VALUES ('net', 'Net', 'a.vries', '[]', '', 'draft')")
        uow.commit()
    return Site(path=tmp_path, name="Test", database=database)


def with_second(monkeypatch, version):
    monkeypatch.setattr(run, "VERSIONS", (*run.VERSIONS, version))
    monkeypatch.setattr(store_module, "SCHEMA_VERSION", SCHEMA_VERSION + 1)


@pytest.fixture
def dump(monkeypatch, site):
    """Put PostgreSQL's own programs where they are found."""
    if site.url.startswith("postgresql"):
        monkeypatch.setenv("PATH", f"{postgres.PACKAGE / 'pginstall' / 'bin'}:/usr/bin:/bin")


def content(database):
    with Store.connect(database).read() as uow:
        return uow.rows("SELECT id, name FROM party"), uow.rows("SELECT schema_version FROM site")


def test_nothing_is_done_to_the_newest_layout(site):
    assert migration.migrate(site, **BY) == migration.Migration(before=SCHEMA_VERSION, after=SCHEMA_VERSION)
    assert not list(site.path.glob("*backup*"))


def test_a_site_moves_to_the_next_layout_with_a_backup_of_the_last(site, dump, monkeypatch):
    with_second(monkeypatch, add_a_column)
    with pytest.raises(Refused) as refusal:
        Store.open(site.url)
    assert "cmdb migrate" in refusal.value.remedy
    done = migration.migrate(site, **BY)
    assert (done.before, done.after) == (SCHEMA_VERSION, SCHEMA_VERSION + 1)
    assert content(site.url) == ([("acme", "ACME (moved)")], [(SCHEMA_VERSION + 1,)])
    with Store.open(site.url).read() as uow:
        assert uow.rows("SELECT colour FROM party") == [("blue",)]
        [last] = journal.entries(uow)
        assert (last.action, last.actor) == ("site migrate", "a.vries")
        assert journal.chain_problem(uow) is None
    if site.url.startswith("postgresql"):
        listed = subprocess.run(
            ["pg_restore", "--list", done.backup], capture_output=True, text=True, check=True
        )
        assert "TABLE DATA public party" in listed.stdout
    else:
        assert Path(done.backup).name == f"cmdb.db.backup-{SCHEMA_VERSION}"
        assert content(done.backup) == ([("acme", "ACME")], [(SCHEMA_VERSION,)])


def test_a_table_others_refer_to_can_be_laid_out_anew(site, dump, monkeypatch):
    with_second(monkeypatch, lay_a_table_out_anew)
    migration.migrate(site, **BY)
    with Store.open(site.url).read() as uow:
        assert uow.rows("SELECT id, mail FROM person") == [("a.vries", "")]
        assert uow.rows("SELECT lead FROM people_group") == [("a.vries",)]


def test_a_migration_that_loses_what_others_refer_to_is_stopped(site, dump, monkeypatch):
    with_second(monkeypatch, lose_what_others_refer_to)
    with pytest.raises((Corrupt, sqlalchemy.exc.IntegrityError)):
        migration.migrate(site, **BY)
    with Store.connect(site.url).read() as uow:
        assert uow.rows("SELECT id FROM person") == [("a.vries",)]


def test_a_migration_that_fails_changes_nothing_and_keeps_the_backup(site, dump, monkeypatch):
    before = layout(site.url)
    with_second(monkeypatch, fail_half_way)
    with pytest.raises(ZeroDivisionError):
        migration.migrate(site, **BY)
    assert content(site.url) == ([("acme", "ACME")], [(SCHEMA_VERSION,)])
    assert layout(site.url) == before
    assert len(list(site.path.glob("*backup*"))) == 1


def test_no_backup_is_written_over(site, dump, monkeypatch):
    with_second(monkeypatch, fail_half_way)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            migration.migrate(site, **BY)
    assert len(list(site.path.glob("*backup*"))) == 2


def test_a_backup_has_its_name_when_it_is_whole(site, dump, monkeypatch):
    with_second(monkeypatch, add_a_column)
    name = Path(site.url).name if "://" not in site.url else "cmdb"
    left = site.path / f"{name}.backup-{SCHEMA_VERSION}{migration.UNFINISHED}"
    left.write_bytes(b"what a killed migration left")
    done = migration.migrate(site, **BY)
    assert not list(site.path.glob(f"*{migration.UNFINISHED}")) or "://" in site.url
    assert Path(done.backup).stat().st_size > len(b"what a killed migration left")


def test_nobody_writes_between_the_backup_and_the_migration(site, dump, monkeypatch):
    monkeypatch.setattr(store_module, "BUSY_SECONDS", 1)
    with_second(monkeypatch, add_a_column)
    with Store.connect(site.url).write() as uow:
        uow.rows("UPDATE party SET name = 'Half'")
        with pytest.raises(Refused, match="has been writing"):
            migration.migrate(site, **BY)
    assert not list(site.path.glob("*backup*"))


def test_of_two_people_who_migrate_at_once_one_does_it_and_the_other_finds_it_done(site, dump, monkeypatch):
    begun = threading.Event()

    def slowly():
        begun.set()
        time.sleep(1)
        add_a_column()

    with_second(monkeypatch, slowly)
    with ThreadPoolExecutor() as others:
        first = others.submit(migration.migrate, site, **BY)
        assert begun.wait(30)
        second = migration.migrate(site, **BY)
    assert (first.result().before, second.before) == (SCHEMA_VERSION, SCHEMA_VERSION + 1)
    assert len(list(site.path.glob("*backup*"))) == 1


def test_a_layout_from_the_future_is_refused(site, store):
    with store.write() as uow:
        uow.rows("UPDATE site SET schema_version = 99")
        uow.commit()
    with pytest.raises(Refused) as refusal:
        migration.migrate(site, **BY)
    assert "newer cmdb" in refusal.value.remedy


def test_a_site_without_a_database_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        migration.migrate(Site(path=tmp_path, name="X"), **BY)
    assert list(tmp_path.iterdir()) == []


# --- backing PostgreSQL up ------------------------------------------------------------------------


@pytest.fixture
def team(tmp_path, postgresql_database):
    Store.connect(postgresql_database).create(site="s", name="Team")
    secret = postgresql_database.replace("postgres@", "postgres:h%40rd@")
    return Site(path=tmp_path, name="Team", database=secret)


def test_without_pg_dump_the_command_is_shown_and_a_yes_is_needed(team, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with_second(monkeypatch, add_a_column)
    with pytest.raises(Refused) as refusal:
        migration.migrate(team, **BY)
    assert "pg_dump --format=custom" in refusal.value.remedy
    assert "cmdb migrate --yes" in refusal.value.remedy
    assert "rd@" not in str(refusal.value)
    assert content(team.url)[1] == [(SCHEMA_VERSION,)]
    assert migration.migrate(team, confirmed=True, **BY).backup == ""
    assert content(team.url)[1] == [(SCHEMA_VERSION + 1,)]


def test_a_dump_that_fails_stops_the_migration(team, monkeypatch, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    # A real program that is named pg_dump, says why and fails.
    (folder / "pg_dump").write_text("#!/bin/sh\necho 'server version mismatch' >&2\nexit 1\n")
    (folder / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    with_second(monkeypatch, add_a_column)
    with pytest.raises(Refused) as refusal:
        migration.migrate(team, **BY)
    assert "server version mismatch" in refusal.value.reason
    assert content(team.url)[1] == [(SCHEMA_VERSION,)]


def test_a_backup_that_cannot_be_written_stops_the_migration(
    sqlite_database, sqlite_store, tmp_path, monkeypatch
):
    with_second(monkeypatch, add_a_column)
    monkeypatch.setattr(migration, "_free", lambda path: path.parent / "no such folder" / path.name)
    with pytest.raises(Refused, match="could not be written"):
        migration.migrate(Site(path=tmp_path, name="X", database=sqlite_database), **BY)
    with sqlite_store.read() as uow:
        assert uow.rows("SELECT schema_version FROM site") == [(SCHEMA_VERSION,)]

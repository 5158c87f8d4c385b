"""A database somebody tampered with, or of another program: what the commands say of it, and their exits."""

import sqlite3
from contextlib import closing

import pytest

from cmdb.store import SCHEMA_VERSION
from tests.conftest import Keys
from tests.stories.terminal import Terminal


@pytest.fixture(scope="module")
def founded(tmp_path_factory, keys: Keys) -> Terminal:
    """A site with two items, copied for each test."""
    keys.private("a.vries")
    folder = tmp_path_factory.mktemp("tampered")
    terminal = Terminal(folder / "port", keys.folder, person="a.vries")
    terminal.does(f"init {terminal.site} --test-clock")
    for id in ("sw-1", "sw-2"):
        terminal.does(f"item register {id} --type network-device --name {id} --owner a.vries")
    terminal.does("item connect sw-1 sw-2")
    return terminal


@pytest.fixture
def site(founded: Terminal, tmp_path) -> Terminal:
    copy = founded.copy(tmp_path / "port")
    copy.person = "a.vries"
    return copy


@pytest.mark.parametrize(
    "line",
    ["item list", "item show sw-1", "item search sw", "impact sw-1", "why sw-1", "export", "change list"],
)
@pytest.mark.parametrize(
    ("layout", "remedy"),
    [(SCHEMA_VERSION + 1, "Install a newer cmdb"), (SCHEMA_VERSION - 1, "Run 'cmdb migrate'")],
)
def test_a_database_of_another_layout_is_refused_by_every_command_alike(site, line, layout, remedy):
    site.tamper("UPDATE site SET schema_version = ?", layout)
    answer = site.refused(line, code=4, says=f"The database has layout {layout}")
    assert remedy in answer.err


def test_the_read_path_says_that_a_database_holds_no_site(site):
    with closing(sqlite3.connect(site.site / "cmdb.db")) as database, database:
        database.execute("DELETE FROM site")
    site.refused("item list", code=4, says="This database holds no site.")


def test_doctor_leaves_with_four_where_something_stops_work_and_nothing_is_damaged(site):
    assert site.types("doctor").code == 0
    site.tamper("UPDATE dependency SET passes = 0 WHERE passes = 2")
    answer = site.types("doctor")
    assert answer.code == 4
    assert "'cmdb doctor --mend'" in answer.err
    assert site.types("doctor --mend").code == 0
    assert site.types("doctor").code == 0
    site.tamper("UPDATE site SET schema_version = ?", SCHEMA_VERSION + 1)
    assert site.types("doctor").code == 4


def test_doctor_leaves_with_four_where_a_program_is_missing(site, monkeypatch):
    monkeypatch.setattr("cmdb.doctor.GIT", (99, 0))
    answer = site.types("doctor")
    assert answer.code == 4
    assert "99.0 is needed" in answer.err


def test_doctor_leaves_with_five_where_the_site_is_damaged(site):
    site.tamper("UPDATE journal SET actor = 'x' WHERE sequence = 2")
    answer = site.types("doctor")
    assert answer.code == 5
    assert "journal entry 2" in answer.out


def test_verify_names_what_is_derived_and_wrong(site):
    site.does("verify")
    site.tamper("UPDATE dependency SET passes = 0 WHERE passes = 2")
    answer = site.types("verify")
    assert answer.code == 5
    assert "What the database derives for sw-1 does not follow" in answer.err


def test_an_end_of_the_journal_cut_off_is_seen_by_verify_and_doctor(site):
    site.does("item state sw-1 down")
    site.does("verify")
    last = site.types("verify --json").json
    assert last["ok"]
    with closing(sqlite3.connect(site.site / "cmdb.db")) as database, database:
        (newest,) = database.execute("SELECT MAX(sequence) FROM journal").fetchone()
        database.execute("DELETE FROM journal_subject WHERE sequence = ?", (newest,))
        database.execute("DELETE FROM journal WHERE sequence = ?", (newest,))
    for line in ("verify", "doctor"):
        answer = site.types(line)
        assert answer.code == 5
        assert f"was seen here up to entry {newest} and now ends at {newest - 1}" in answer.words
    assert site.types("verify --again").code == 0
    assert site.types("doctor").code == 0


def test_a_table_for_spreadsheets_holds_no_character_a_terminal_obeys(site):
    site.tamper("UPDATE item SET name = ? WHERE id = 'sw-1'", "\x1b]0;owned\x07sw\x9b31m\r\nline\ttab é")
    out = site.does("export --format csv")
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\x9b" not in out
    assert "\\x1b]0;owned\\x07sw\\x9b31m\\x0d\nline\ttab é" in out
    assert "\x1b" not in site.does("export --format dot")
    assert not {letter for letter in site.does("export") if letter in "\x1b\x07\x9b"}


def test_nobody_writes_to_a_database_that_is_not_where_the_library_is(site):
    main = site.site / "library.git" / "refs" / "heads" / "main"
    founded = main.read_text()
    site.does("tidy")  # main is packed now, and read from there
    assert not main.exists()
    site.does("item state sw-1 down")
    main.write_text("1" * 40 + "\n")
    for line in ("item state sw-1 up", "item register sw-9 --type server --name x --owner a.vries"):
        answer = site.refused(line, code=4, says="are not at the same commit")
        assert "'cmdb doctor'" in answer.err
    assert site.types("item list").code == 0
    assert site.types("change list").code == 0
    main.write_text(founded)
    site.does("item state sw-1 up")


@pytest.mark.parametrize("column", ["points", "characteristics"])
def test_a_field_of_an_item_that_is_no_json_any_more_is_named(site, column):
    site.tamper(f"UPDATE item SET {column} = {column} || 'x' WHERE id = 'sw-1'")
    site.refused("export", code=5, says=f"The {column} stored of the item sw-1 cannot be read.")

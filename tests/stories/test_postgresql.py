"""A team's site: the database on PostgreSQL, reached, lost, shared and misnamed at the command line."""

import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from cmdb import items, reading, store
from cmdb import site as sites
from cmdb.store import Store
from tests.builders import AT
from tests.conftest import Keys
from tests.stories.terminal import Terminal
from tui.reads import FastSite


class Team(Terminal):
    """A terminal at a site whose rows are not in a file."""

    def state(self) -> tuple[Any, ...]:
        """What of the site may not change by a refused command."""
        with psycopg.connect(sites.read(self.site).url) as connection:
            return tuple(
                connection.execute("SELECT sequence, hash FROM journal ORDER BY sequence").fetchall()
            )


@pytest.fixture
def team(tmp_path, keys: Keys, postgresql_database: str) -> Team:
    keys.private("a.vries")
    terminal = Team(tmp_path / "port", keys.folder, person="a.vries")
    terminal.does(f"init {terminal.site} --test-clock --postgres", postgresql_database)
    terminal.does("item register sw-1 --type network-device --name sw1 --owner a.vries")
    return terminal


def named(team: Team, database: str) -> None:
    """Write another database into site.toml."""
    file = team.site / "site.toml"
    kept = [line for line in file.read_text().splitlines() if not line.startswith("database")]
    file.write_text("\n".join([*kept, f'database = "{database}"']) + "\n")


def lose(team: Team) -> None:
    """End every connection to the database of a site, as a server that is stopped does."""
    url = sites.read(team.site).url
    name = url.partition("@/")[2].partition("?")[0]
    with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )


def test_a_change_goes_all_the_way_on_postgresql(team, tmp_path):
    file = tmp_path / "change.yaml"
    file.write_text(
        "title: First\nkind: baseline\nreason: begin\n"
        "changes: [{control: all, level: baselined, criterion: carries a service}]\n"
    )
    team.does(f"change new --file {file}")
    for line in ("submit", "assess", "refer"):
        team.does(f"change {line} CR-1")
    team.does("vote CR-1 approve")
    team.does("baseline establish CR-1 --apply")
    file.write_text(
        "title: Model\nreason: x\nbackout: y\ntest: z\n"
        "window: {start: 2026-11-22T22:00:00Z, end: 2026-11-25T00:00:00Z}\n"
        "changes: [{item: sw-1, set: {model: QFX5120}}]\n"
    )
    team.does(f"change new --file {file}")
    for line in ("submit", "assess", "refer"):
        team.does(f"change {line} CR-2")
    for line in ("vote CR-2 approve", "check-out CR-2", "check-in CR-2 --apply", "verify"):
        team.does(line)
    assert team.types("doctor").code == 0
    assert team.types("item show sw-1 --json").json["characteristics"] == {"model": "QFX5120"}


@pytest.mark.parametrize(
    ("database", "code", "says"),
    [
        ("postgresql://nobody-here@/{name}?host={socket}", 4, "role"),
        ("postgresql://postgres@/no-such-database?host={socket}", 4, "Create it with 'createdb'"),
        ("postgresql://postgres@/postgres?host={socket}", 4, "This database holds no site."),
        ("postgresql://postgres@localhost:1/{name}", 4, "cannot be reached"),
        ("postgresql://postgres:secret@[::1/{name}", 2, "is no URL"),
        ("mysql://root@localhost/{name}", 2, "is of a kind that is not kept"),
    ],
)
def test_a_database_that_is_misnamed_is_said_by_every_command_in_words(team, database, code, says):
    url = sites.read(team.site).url
    name, socket = url.rpartition("/site_")[2].partition("?")[0], url.partition("host=")[2]
    named(team, database.format(name=f"site_{name}", socket=socket))
    for line in ("item list", "change list", "doctor", "verify", "item state sw-1 down"):
        answer = team.types(line)
        assert answer.code == (4 if line == "doctor" and "[" in database else code), (line, answer)
        assert says in answer.words
        assert "\t" not in answer.err
        assert "secret" not in answer.words


@pytest.mark.parametrize(
    "line", ["item list", "item show sw-1", "change list", "verify", "item state sw-1 down"]
)
def test_a_connection_lost_in_the_middle_is_said_and_nothing_is_changed(team, line, monkeypatch):
    before, asked = team.state(), [0]

    def losing(rows: Any) -> Any:
        def ask(self: Any, *words: Any) -> Any:
            asked[0] += 1
            if asked[0] == 2:
                lose(team)
            return rows(self, *words)

        return ask

    monkeypatch.setattr(reading.Reader, "rows", losing(reading.Reader.rows))
    monkeypatch.setattr(store.UnitOfWork, "rows", losing(store.UnitOfWork.rows))
    answer = team.types(line)
    monkeypatch.undo()
    assert asked[0] >= 2
    assert answer.code == 4, answer
    assert "The database cannot be reached" in answer.err
    assert team.state() == before
    assert team.types(line).code == 0


def test_a_connection_lost_before_the_commit_saves_nothing(team, monkeypatch):
    before, commit = team.state(), store.UnitOfWork.commit

    def losing(self: Any) -> None:
        lose(team)
        commit(self)

    monkeypatch.setattr(store.UnitOfWork, "commit", losing)
    answer = team.types("item state sw-1 down")
    monkeypatch.undo()
    assert answer.code == 4
    assert team.state() == before


def test_what_the_app_asks_goes_on_after_a_lost_connection(team):
    fast = FastSite(sites.read(team.site), "a.vries", lambda: None)
    assert fast.masthead().baseline == "BL-000000"
    lose(team)
    with pytest.raises(Exception, match="cannot be reached"):
        fast.masthead()
    assert fast.masthead().baseline == "BL-000000"
    fast.close()


def test_those_who_write_at_once_all_get_through_and_the_journal_stays_a_chain(team):
    url = sites.read(team.site).url
    before = len(team.state())

    def write(state: str) -> None:
        kept = Store.open(url)
        for _ in range(5):
            items.set_operating(kept, "sw-1", state, actor="a.vries", at=AT + timedelta(days=1))
        kept.engine.dispose()

    writers = [threading.Thread(target=write, args=(one,)) for one in ("down", "up", "maintenance")]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert len(team.state()) == before + 15
    team.does("verify")


def test_a_trigger_in_the_database_is_named_and_a_view_for_reports_is_not(team):
    url = sites.read(team.site).url
    with psycopg.connect(url) as connection:
        connection.execute("CREATE VIEW for_reports AS SELECT id FROM item")
    team.does("verify")
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
            "CREATE TRIGGER quiet BEFORE INSERT ON vote FOR EACH ROW EXECUTE FUNCTION quiet()"
        )
    assert "a trigger 'quiet' that this program did not make" in team.types("verify").err
    assert "quiet" in team.types("doctor").words

"""A person's work at the command line: a site, an estate, questions, drafts, a change request."""

import csv
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Keys
from tui import cli, table
from tui.commands import completion

ESTATE = ROOT / "examples" / "westhaven"
KINDS = ("people", "groups", "parties", "items", "dependencies")
NOW = "2026-11-20T09:00:00Z"


class Line:
    """Types command lines at one site as one person."""

    def __init__(self, capsys: pytest.CaptureFixture[str], site: Path, keys: Keys, person: str) -> None:
        self.capsys, self.site, self.person = capsys, site, person
        self.environ = {"CMDB_NOW": NOW, "CMDB_SITE": str(site), **keys.environ(person)}

    def __call__(self, *words: str, code: int = 0) -> str:
        """Type words and give what stands on stdout; the exit code is asserted."""
        self.capsys.readouterr()
        found = cli.run(["--as", self.person, *words], self.environ)
        self.said = self.capsys.readouterr()
        assert found == code, self.said.err
        return self.said.out

    def json(self, *words: str, code: int = 0) -> Any:
        """Type words with --json and give the answer."""
        return json.loads(self(*words, "--json", code=code))


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str], tmp_path: Path, keys: Keys) -> Line:
    """The port of Westhaven, as its founder."""
    typing = Line(capsys, tmp_path / "port", keys, "e.dubois")
    typing(
        "init",
        str(typing.site),
        "--name",
        "Westhaven",
        "--zone",
        "Europe/Amsterdam",
        "--person-name",
        "Elise Dubois",
        "--email",
        "e.dubois@westhaven.example",
        "--test-clock",
    )
    for kind in KINDS:
        typing("import", str(ESTATE / f"{kind}.csv"), "--as-kind", kind, "--apply")
    return typing


def test_a_site_is_not_made_where_something_is_and_leaves_nothing_when_it_fails(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, keys: Keys
) -> None:
    typing = Line(capsys, tmp_path / "port", keys, "e.dubois")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    typing("init", str(tmp_path / "full"), code=4)
    typing.environ["CMDB_KEYS"] = str(tmp_path / "no-keys")
    typing.environ["CMDB_KEY"] = str(tmp_path / "no-key")
    typing("init", str(tmp_path / "fresh"), code=4)
    assert not (tmp_path / "fresh").exists()


def test_what_is_imported_is_listed_shown_and_searched(line: Line) -> None:
    assert len(line.json("item", "list")) == 62
    shown = line.json("item", "show", "sw-11")
    assert (shown["owner"], shown["characteristics"]["model"], shown["level"]) == (
        "k.chen",
        "EX4600",
        "draft",
    )
    assert {one["target"] for one in shown["dependencies"]} >= {"power-a", "power-b"}
    assert shown["path"].startswith("items/")
    assert [one["id"] for one in line.json("item", "list", "--type", "service", "--owner", "m.jansen")] == [
        "svc-identity",
        "svc-mail",
    ]
    assert line.json("item", "search", "gatehouse")[0]["id"] == "sw-31"
    assert "60 more" in (line("item", "list", "--limit", "2") and line.said.err)
    assert line.json("item", "history", "sw-11")[0]["action"] == "import items"
    assert {one["id"] for one in line.json("service", "list")} >= {"svc-mail", "svc-gate-yard"}
    text = line("item", "show", "sw-11")
    assert "Core switch 11" in text
    assert "needed by 7" in text


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("item", "show", "sw-99"), 3),
        (("item", "history", "sw-99"), 3),
        (("impact", "sw-99"), 3),
        (("why", "svc-mail", "--down", "sw-99"), 3),
        (("why", "svc-mail", "--down", "radar-2"), 4),
        (("person", "show", "ghost"), 3),
        (("agreement", "show", "ghost"), 3),
        (("change", "show", "CR-99"), 3),
        (("item", "register", "sw-11", "--type", "server", "--name", "Twice"), 2),
        (("item", "register", "x-1", "--type", "server", "--name", "X", "--owner", "ghost"), 2),
        (("item", "connect", "sw-11", "sw-11"), 2),
        (("item", "connect", "sw-11", "sw-99"), 3),
        (("item", "retire", "sw-11"), 4),
        (("person", "deactivate", "k.chen"), 4),
        (("outage", "record", "sw-11", "--for", "soon"), 2),
        (("item", "show", "\udcff"), 2),
        (("item", "search", "\udcff"), 2),
        (("item", "register", "x-1", "--type", "server", "--name", "X", "--set", "a=\x1b[31m"), 2),
        (("impact", "sw-11", "--at", "9999-12-31T23:59:59Z", "--for", "38m"), 2),
        (("impact", "sw-11", "--at", "now", "--for", "38m", "--worst", "5m"), 2),
        (("change", "new", "--file", "."), 2),
        (("agreement", "register", "."), 2),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else str(one),
)
def test_bad_input_has_a_reason_a_remedy_and_its_exit_code(
    line: Line, words: tuple[str, ...], code: int
) -> None:
    error = line.json(*words, code=code)["error"]
    assert error["exit"] == code
    assert error["reason"].strip()
    assert error["remedy"].strip()


def test_impact_says_what_fails_why_and_what_it_costs(line: Line) -> None:
    for file in sorted((ESTATE / "agreements").iterdir()):
        line("agreement", "register", str(file))
    line("outage", "record", "svc-gate-yard", "--from", "2026-11-03T05:00:00Z", "--for", "132s")
    answer = line.json("impact", "sw-11")
    assert (answer["effect"], answer["agreements"]) == ("outage", [])
    assert {"id": "svc-gate-yard", "effect": "outage"}.items() <= answer["services"][0].items()
    asked = ("impact", "sw-11", "--at", "2026-11-22T22:00:00Z", "--for", "38m", "--worst", "90m")
    windowed = line.json(*asked)
    [row] = [one for one in windowed["agreements"] if one["service"] == "svc-gate-yard"]
    assert (row["left_before_s"], row["planned_expected_s"], row["planned_worst_s"]) == (2460, 2280, 5400)
    assert (row["breach_expected"], row["breach_worst"]) == (False, True)
    assert windowed["window"] == {"start": "2026-11-22T22:00:00Z", "end": "2026-11-22T23:30:00Z"}
    line("impact", "sw-11", "--exit-code", code=12)
    line(*asked, "--exit-code", code=13)
    assert "BREACH if worst" in line(*asked)
    steps = line.json("why", "svc-gate-yard", "--down", "sw-11")["steps"]
    assert [one["target"] for one in steps] == ["app-gate-os", "sw-31", "sw-11"]
    assert line.json("why-not", "svc-mail", "--down", "sw-11")["reasons"]
    standings = line.json("agreement", "show", "sla-north-quay")["standings"]
    assert {one["commitment"]: one["left_s"] for one in standings}["gate"] == 2460


def test_drafts_are_registered_changed_connected_and_removed(line: Line) -> None:
    made = line.json("item", "register", "--type", "server", "--name", "New one", "--set", "rack=7")
    assert (made["id"], made["owner"], made["characteristics"]) == ("ser-0001", "e.dubois", {"rack": 7})
    line("item", "connect", "ser-0001", "sw-11", "--group", "up", "--need", "1")
    line("item", "connect", "ser-0001", "sw-13", "--group", "up")
    line("item", "need", "ser-0001", "up", "2")
    line("item", "clone", "ser-0001", "srv-2", "--connections", "--name", "Copy")
    copied = line.json("item", "show", "srv-2")
    assert [(one["target"], one["group"]) for one in copied["dependencies"]] == [
        ("sw-11", "up"),
        ("sw-13", "up"),
    ]
    line("item", "amend", "srv-2", "--set", "rack=")
    assert line.json("item", "show", "srv-2")["characteristics"] == {}
    line("item", "amend", "srv-2", "--name", "Copy", code=2)
    line("item", "disconnect", "srv-2", "sw-13")
    line("item", "remove", "srv-2")
    assert line.json("item", "show", "srv-2")["id"] == "srv-2"
    line("item", "remove", "srv-2", "--yes")
    line("item", "register", "srv-2", "--type", "server", "--name", "Again", code=2)
    line("item", "confirm", "ser-0001")
    line("item", "state", "ser-0001", "maintenance")
    shown = line.json("item", "show", "ser-0001")
    assert (shown["operating"], shown["confirmed_by"]) == ("maintenance", "e.dubois")
    line("item", "retire", "ser-0001")
    actions = [one["action"] for one in line.json("item", "history", "ser-0001")]
    assert actions[0] == "item amend"
    assert actions[-1] == "item register"


def test_hand_over_shows_first_and_then_gives(line: Line) -> None:
    planned = line.json("item", "hand-over", "--from", "k.chen", "--to", "r.bakker")
    assert "sw-11" in planned["drafts"]
    assert line.json("item", "show", "sw-11")["owner"] == "k.chen"
    line("item", "hand-over", "--from", "k.chen", "--to", "r.bakker", "--apply")
    assert line.json("item", "show", "sw-11")["owner"] == "r.bakker"


def test_people_groups_parties_roles_and_types(line: Line, tmp_path: Path, keys: Keys) -> None:
    line("person", "register", "n.ew", "--name", "New Person", "--login", "new")
    line("person", "key", "n.ew", f"{keys.private('n.ew')}.pub")
    assert line.json("person", "show", "n.ew")["keys"][0]["fingerprint"].startswith("SHA256:")
    line("person", "amend", "n.ew", "--email", "new@westhaven.example")
    line("group", "register", "night", "--name", "Night watch", "--lead", "n.ew")
    line("group", "amend", "night", "--member", "k.chen")
    assert line.json("group", "show", "night")["members"] == ["k.chen"]
    line("party", "register", "inn", "--name", "Harbour inn", "--contact", "Jo", "jo@inn.example")
    assert line.json("party", "show", "inn")["contacts"][0]["name"] == "Jo"
    granted = line.json("role", "grant", "n.ew", "service engineer", "--service", "svc-mail")
    assert [one["id"] for one in line.json("role", "list", "--person", "n.ew")] == [granted["id"]]
    line("role", "revoke", granted["id"])
    line("role", "grant", "n.ew", "harbour master", code=2)
    assert "CM group" in line.json("role", "table")["import"]
    line("role", "allow", "record outages", "service engineer", "CM group")
    line("person", "deactivate", "n.ew")
    assert "n.ew" not in [one["id"] for one in line.json("person", "list")]
    described = tmp_path / "crane.json"
    described.write_text('{"id": "crane", "name": "Crane", "parent": "hardware", "unique": ["serial"]}')
    line("type", "register", str(described))
    assert line.json("type", "show", "crane")["recommended"] == ["model", "serial"]
    described.write_text('{"name": 7, "kinds": [{"sort": "uses"}], "serves": "always"}')
    assert len(line.json("type", "register", str(described), code=2)["error"]["problems"]) == 4
    line("type", "kind", "leans on")
    assert "leans on" in [one["id"] for one in line.json("type", "kinds")]


def test_what_is_exported_imports_again_and_changes_nothing(line: Line, tmp_path: Path) -> None:
    for kind in KINDS:
        text = line("export", "--format", "csv", "--kind", kind)
        assert len(list(csv.reader(io.StringIO(text)))) > 2
        (tmp_path / f"{kind}.csv").write_text(text, encoding="utf-8")
        again = line.json("import", str(tmp_path / f"{kind}.csv"), "--as-kind", kind)
        assert (again["create"], again["update"], again["request"], again["missing"]) == (0, 0, 0, 0)
    lines = [json.loads(one) for one in line("export").splitlines()]
    assert len(lines) == 62
    picture = line("export", "--format", "dot", "--of", "sw-31")
    assert picture.startswith("digraph estate {")
    assert '"sw-31" -> "sw-11"' in picture


def test_an_import_with_bad_rows_lists_them_all_and_writes_nothing(line: Line, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "id,type,name,owner\nBAD,server,,ghost\nok-1,server,Fine,k.chen\nok-1,server,Twice,k.chen\n"
    )
    answer = line.json("import", str(bad), "--as-kind", "items", "--apply", code=2)
    assert [(one["line"], one["column"]) for one in answer["errors"]] == [
        (2, "id"),
        (2, "name"),
        (2, "owner"),
        (4, "id"),
    ]
    assert answer["applied"] is False
    line("import", str(bad), "--as-kind", "items", "--apply", code=2)
    assert "bad.csv, line 4, column id: 'ok-1' is in the file twice" in line.said.err
    line("item", "show", "ok-1", code=3)
    line("import", str(tmp_path / "none.csv"), "--as-kind", "items", code=3)


def test_rows_of_records_under_control_become_one_drafted_request(line: Line, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("id,name,email\ne.dubois,Elise Dubois,elise@westhaven.example\nn.ew,New,\n")
    planned = line.json("import", str(people), "--as-kind", "people", "--verbose")
    assert planned["request"] == {
        "e.dubois": {"email": ["e.dubois@westhaven.example", "elise@westhaven.example"]}
    }
    done = line.json("import", str(people), "--as-kind", "people", "--apply")
    request = line.json("change", "show", done["change_request"])
    assert (request["state"], request["title"]) == ("draft", "Import people.csv")
    assert request["changes"][0]["exact"] == [{"field": "email", "value": "elise@westhaven.example"}]
    assert line.json("person", "show", "e.dubois")["email"] == "e.dubois@westhaven.example"
    assert line.json("person", "show", "n.ew")["name"] == "New"


def test_a_request_goes_from_its_file_to_the_board(line: Line) -> None:
    line("change", "new", "--file", str(ESTATE / "changes" / "first-baseline.yaml"))
    line("change", "refer", "CR-1", code=4)
    for verb in ("submit", "assess", "refer"):
        line("change", verb, "CR-1")
    assert line.json("board", "queue")[0]["id"] == "CR-1"
    assert [one["id"] for one in line.json("inbox")["ballots"]] == ["CR-1"]
    line("change", "comment", "CR-1", "Looks complete.")
    line("vote", "CR-1", "approve")
    shown = line.json("change", "show", "CR-1")
    assert (shown["state"], shown["outcome"]["result"]) == ("approved", "carried")
    assert shown["votes"][0]["counts"] is True
    assert {one["name"] for one in shown["requirements"]} >= {"quorum", "rule"}
    assert shown["comments"][0]["text"] == "Looks complete."
    line("baseline", "establish", "CR-1", "--apply")
    assert line.json("change", "show", "CR-1")["baseline"] == "BL-000001"
    assert [one["baseline"] for one in line.json("item", "versions", "sw-11")] == ["BL-000001"]
    assert line.json("item", "versions", "sw-11", "--baseline", "latest")["owner"] == "k.chen"
    line("change", "new", "--file", str(ESTATE / "changes" / "replace-sw-11.yaml"))
    fields = {one["field"]: (one["old"], one["new"]) for one in line.json("change", "diff", "CR-2")}
    assert fields["model"] == ("EX4600", "QFX5120")
    both = line.json("impact", "--change", "CR-2")
    worst = {one["id"]: one["effect"] for one in both["during"]["items"]}
    after = {one["id"]: one["effect"] for one in both["after"]["items"]}
    assert (worst["sw-31"], after["sw-31"]) == ("outage", "reduced redundancy")
    assert [one["id"] for one in line.json("change", "list", "--state", "draft")] == ["CR-2"]
    line("change", "withdraw", "CR-2", "-m", "No budget.")


def test_outages_freezes_and_action_items(line: Line) -> None:
    running = line.json("outage", "record", "svc-mail", "--from", "2026-11-20T08:00:00Z")
    assert running["ended"] is None
    line("outage", "end", running["id"], "--at", "2026-11-20T08:30:00Z")
    better = line.json("outage", "correct", running["id"], "--until", "2026-11-20T08:20:00Z")
    assert [one["id"] for one in line.json("outage", "list", "svc-mail")] == [better["id"]]
    line(
        "outage",
        "record",
        "svc-mail",
        "--from",
        "2026-11-20T08:00:00Z",
        "--until",
        "now",
        "--for",
        "2h",
        code=2,
    )
    frozen = line.json(
        "freeze", "add", "Year end", "--from", "2026-12-24T00:00:00Z", "--until", "2027-01-02T00:00:00Z"
    )
    assert [one["id"] for one in line.json("freeze", "list")] == [frozen["id"]]
    line("freeze", "lift", frozen["id"])
    action = line.json(
        "action", "add", "Label the racks", "--owner", "t.ruiz", "--due", "2026-12-01T00:00:00Z"
    )
    assert [one["id"] for one in line.json("action", "list", "--owner", "t.ruiz")] == [action["id"]]
    line("action", "step", action["id"], "closed", code=4)
    assert line.json("action", "show", action["id"])["state"] == "initiated"


def test_doctor_finds_what_is_derived_wrong_and_mends_it(line: Line) -> None:
    with closing(sqlite3.connect(line.site / "cmdb.db")) as database, database:
        database.execute("UPDATE dependency SET passes = 0 WHERE passes = 2")
    before = [one for one in line.json("doctor", code=4)["findings"] if one["severity"]]
    assert line.json("doctor", "--mend")["mended"] > 0
    after = line.json("doctor")["findings"]
    assert len(after) < len(before)
    assert not line.json("migrate")["backup"]


def test_ids_are_completed_from_the_site(line: Line) -> None:
    def offered(typed: str, cursor: str) -> list[str]:
        found = completion.offers(typed.split(), cursor, line.environ, table.TABLE, table.NOUNS, cli.root)
        return [str(one.value) for one in found]

    assert offered("item show", "sw-1") == ["sw-11", "sw-12", "sw-13"] or "sw-11" in offered(
        "item show", "sw-1"
    )
    assert offered("person show", "k.") == ["k.chen"]
    assert offered("board show", "s") == ["site"]


def test_what_is_down_may_follow_plainly_and_must_be_named(line: Line) -> None:
    assert line.json("why", "svc-gate-yard", "sw-11") == line.json("why", "svc-gate-yard", "--down", "sw-11")
    line("why", "svc-gate-yard", code=2)
    assert "cmdb why ID DOWN" in line.said.err


def test_a_missing_choice_is_one_sentence_without_the_tabs_of_the_parser(line: Line) -> None:
    line("change", "close", "CR-1", code=2)
    assert "Choose from: as planned, with deviation" in line.said.err


@pytest.mark.parametrize("now", ["garbage", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_test_clock_nobody_lives_by_is_invalid(line: Line, now: str) -> None:
    line.environ["CMDB_NOW"] = now
    line("inbox", code=2)
    line("item", "list", code=0)


def test_an_answer_that_cannot_be_written_is_refused_and_one_nobody_reads_is_not(line: Line) -> None:
    typed = [sys.executable, "-m", "tui", "--site", str(line.site), "item", "list"]
    settings = {"cwd": ROOT, "stderr": subprocess.PIPE, "text": True}
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        written = subprocess.run(typed, stdout=full, check=False, **settings)
    assert (written.returncode, "No space left" in written.stderr) == (4, True), written.stderr
    closed = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *typed], check=False, **settings)
    assert (closed.returncode, closed.stderr) == (0, "")


def test_a_window_is_also_said_by_the_clock_of_the_site(line: Line) -> None:
    said = line("impact", "sw-11", "--at", "2026-11-22T21:00:00Z", "--for", "2h")
    first = "If sw-11 is down, 2026-11-22 22:00 CET to 2026-11-23 00:00 CET: × outage"
    assert said.split("\n")[0] == first


@pytest.mark.parametrize("words", [("inbox",), ("board", "queue")])
def test_who_nobody_knows_is_told_so_and_not_that_nothing_waits(line: Line, words: tuple[str, ...]) -> None:
    assert line("--as", "nobody", *words, code=3) == ""
    assert "There is no person 'nobody'." in line.said.err

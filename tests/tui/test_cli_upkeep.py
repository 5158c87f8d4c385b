"""Backing up, losing, restoring and rebuilding a site at the command line."""

import json
import shutil
from pathlib import Path

import pytest

from baselines import checkin, checkout
from baselines.library import Library
from cmdb import site as sites
from cmdb.site import Site
from cmdb.store import Store
from tests.baselines.port import NIGHT, build, set_model
from tui import cli


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    """A site under control, and its database from before a change was approved and done."""
    folder = tmp_path_factory.mktemp("original")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, folder / "library.git", keys)
    older = tmp_path_factory.mktemp("older")
    for file in folder.glob("cmdb.db*"):
        shutil.copy(file, older / file.name)
    request = port.approved(set_model("QFX5120"))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    checkin.check_in(port.library, request.id, actor="k.chen", key=keys.private("k.chen"), at=NIGHT)
    port.library.close()
    sites.write(Site(path=folder, name="Port", test_clock=True))
    return folder, older, port.root


class Line:
    """Types command lines at a copy of the site as its founder."""

    def __init__(self, capsys, site: Path, state: Path) -> None:
        self.capsys, self.site = capsys, site
        self.environ = {
            "CMDB_NOW": "2026-11-24T09:00:00Z",
            "CMDB_SITE": str(site),
            "XDG_STATE_HOME": str(state),
        }

    def __call__(self, *words: str, code: int = 0) -> str:
        self.capsys.readouterr()
        found = cli.run(["--as", "a.vries", *words], self.environ)
        said = self.capsys.readouterr()
        assert found == code, said.err
        self.err = said.err
        return said.out

    def lose(self) -> None:
        for file in self.site.glob("cmdb.db*"):
            file.unlink()


@pytest.fixture
def line(capsys, tmp_path, original):
    shutil.copytree(original[0], tmp_path / "site")
    return Line(capsys, tmp_path / "site", tmp_path / "state")


def test_a_lost_database_is_planned_then_rebuilt_then_verified(line, original):
    line.lose()
    line("item", "list", code=3)
    assert "cmdb rebuild" in line.err
    plan = line("rebuild", "--root", original[2])
    assert "4  item" in plan
    assert "founder holds every role" in plan
    assert "Nothing is written yet" in line.err
    line("item", "list", code=3)
    line("rebuild", "--root", original[2], "--apply")
    assert "It is written." in line.err
    said = line("verify", "--root", original[2])
    assert "were lost with an earlier database; a.vries took the library over" in said
    answer = json.loads(line("verify", "--json"))
    assert (answer["ok"], len(answer["journal_gaps"])) == (True, 1)
    assert "QFX5120" in line("item", "show", "sw-11")
    line("rebuild", "--apply", code=4)
    assert "writes over nothing" in line.err


def test_who_rebuilds_is_found_in_the_library(line):
    line.lose()
    code = cli.run(["rebuild", "--as", "mallory"], line.environ)
    assert code == 4
    assert "knows nobody active named 'mallory'" in line.capsys.readouterr().err


def test_what_was_proved_before_protects_a_rebuild(line, original):
    line("verify", "--root", original[2])
    line.lose()
    with Library.open(sites.read(original[0])) as library:
        older = library.vault.commit(library.vault.head()).parents[0]
    main = line.site / "library.git" / "refs" / "heads" / "main"
    main.write_text(f"{older}\n", "utf-8")
    (line.site / "library.git" / "refs" / "tags" / "BL-000002").unlink()
    line("rebuild", "--apply", code=5)
    assert "proved here before is missing" in line.err


def test_an_older_database_is_brought_forward(line, original):
    line.lose()
    for file in original[1].glob("cmdb.db*"):
        shutil.copy(file, line.site / file.name)
    line("tidy", code=4)
    assert "cmdb rebuild --forward" in line.err
    plan = json.loads(line("rebuild", "--forward", "--json"))
    assert (plan["applied"], plan["last"], plan["not_kept"]) == (False, "BL-000002", [])
    line("rebuild", "--forward", "--apply")
    assert "('library forward')" in line("verify", "--root", original[2])
    line("tidy")
    line("rebuild", "--forward", code=4)
    assert "not ahead" in line.err


def test_a_backup_is_written_checked_and_restored(line, original, tmp_path):
    file, copy = str(tmp_path / "port.tar"), str(tmp_path / "copy")
    assert "cmdb.db" in line("backup", file)
    assert "Verified: 3 baselines" in line("backup", file, "--check")
    line("backup", file, code=4)
    line("backup", "--restore", file, code=2)
    line("backup", "--restore", file, "--check", copy, code=2)
    answer = json.loads(line("backup", "--restore", file, copy, "--json"))
    assert answer["verified"]["root"] == answer["root"] == original[2]
    assert line("verify", "--site", copy) == line("verify")
    line("backup", "--restore", file, copy, code=4)


def test_the_library_alone_says_how_to_go_on(line, original, tmp_path):
    file, copy = str(tmp_path / "port.tar"), str(tmp_path / "copy")
    line("backup", file, "--library-only")
    assert "proves itself" in line("backup", file, "--check")
    line("backup", "--restore", file, copy)
    assert "cmdb rebuild" in line.err
    line("rebuild", "--site", copy, "--apply", "--root", original[2])
    line("verify", "--site", copy, "--root", original[2])

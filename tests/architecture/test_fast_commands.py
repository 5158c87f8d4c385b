"""What a person waits for loads little: proved by the modules of a real process, never by a clock."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.conftest import Keys

HEAVY = {
    "sqlmodel",
    "sqlalchemy",
    "pydantic",
    "alembic",
    "networkx",
    "git",
    "textual",
    "jsonschema",
    "holidays",
}
ESTATE = ROOT / "examples" / "westhaven"

# Runs one command line and writes, whatever its exit code, which modules it has loaded.
PROBE = """
import json, sys
from tui.__main__ import main
report = sys.argv.pop(1)
try:
    main()
finally:
    with open(report, "w") as file:
        json.dump(sorted(sys.modules), file)
"""


def loaded(tmp_path: Path, *words: str, environ: dict[str, str] | None = None) -> set[str]:
    report = tmp_path / "modules.json"
    done = subprocess.run(
        [sys.executable, "-c", PROBE, report, *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(json.loads(report.read_text()))


def heavy(found: set[str]) -> set[str]:
    return {name.split(".")[0] for name in found} & HEAVY


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Path:
    """A site with the port of Westhaven in it."""
    folder = tmp_path_factory.mktemp("fast") / "site"
    environ = {**os.environ, **keys.environ("e.dubois"), "PYTHONPATH": str(ROOT)}

    def cmdb(*words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tui", *words], env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    act = ("--site", str(folder), "--as", "e.dubois")
    cmdb("init", str(folder), "--as", "e.dubois", "--name", "Westhaven")
    for kind in ("people", "groups", "parties", "items", "dependencies"):
        if (kind in ("groups", "parties")) and not _imports(kind):
            continue
        cmdb(*act, "import", str(ESTATE / f"{kind}.csv"), "--as-kind", kind, "--apply")
    return folder


def _imports(kind: str) -> bool:
    said = subprocess.run(
        [sys.executable, "-m", "tui", "import", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return kind in said


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("item", "--help"), ("change", "--help")])
def test_help_and_version_load_no_command_and_nothing_heavy(tmp_path: Path, words: tuple[str, ...]) -> None:
    found = loaded(tmp_path, *words)
    assert heavy(found) == set()
    assert {name for name in found if name.startswith("tui.commands.")} == set()
    assert not {"sqlite3", "psycopg", "yaml", "cryptography"} & found


@pytest.mark.parametrize(
    "words",
    [
        ("item", "show", "sw-11"),
        ("item", "list"),
        ("item", "search", "switch"),
        ("impact", "sw-11", "--json"),
        ("impact", "sw-11", "--at", "+2h", "--for", "38m", "--worst", "90m"),
        ("why", "svc-gate-yard", "--down", "sw-11"),
        ("why-not", "svc-mail", "--down", "sw-11"),
    ],
    ids=" ".join,
)
def test_what_reads_loads_neither_the_orm_nor_git_nor_the_app(
    tmp_path: Path, site: Path, words: tuple[str, ...]
) -> None:
    found = loaded(tmp_path, "--site", str(site), *words)
    assert heavy(found) == set()
    assert not {name for name in found if name.split(".")[-1].split("_")[0] == "tables"}


def test_a_window_after_a_scheduled_change_of_the_estate_is_answered_without_the_orm(
    tmp_path: Path, site: Path
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    first, last = (f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (1, 2))
    told = tmp_path / "cut.yaml"
    told.write_text(
        "title: Cut\nkind: normal\nreason: unused\nimplementer: e.dubois\n"
        f"window: {{start: {first}, end: {last}}}\n"
        "changes:\n  - {disconnect: [sw-31, sw-11], kind: uses}\nbackout: connect it\ntest: ping\n"
    )
    act = ("--site", str(site), "--as", "e.dubois")
    asked = ("impact", "sw-11", "--at", "+3h", "--for", "2h", "--json")
    with closing(sqlite3.connect(site / "cmdb.db")) as database, database:
        database.execute("UPDATE item SET level = 'baselined'")
    done = subprocess.run(
        [sys.executable, "-m", "tui", *act, "change", "new", "--file", str(told)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with closing(sqlite3.connect(site / "cmdb.db")) as database, database:
        database.execute("UPDATE change_request SET state = 'approved'")
    report = tmp_path / "modules.json"
    answer = subprocess.run(
        [sys.executable, "-c", PROBE, report, "--site", str(site), *asked],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert json.loads(answer.stdout)["after"]
    assert heavy(set(json.loads(report.read_text()))) == set()


def test_completion_of_ids_loads_nothing_heavy(tmp_path: Path, site: Path) -> None:
    environ = {"_CMDB_COMPLETE": "bash_complete", "COMP_WORDS": "cmdb item show sw-", "COMP_CWORD": "3"}
    found = loaded(tmp_path, environ={**environ, "CMDB_SITE": str(site)})
    assert heavy(found) == set()

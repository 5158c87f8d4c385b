"""A command the app runs in another process says, refuses and stops as one that runs here."""

import os
from pathlib import Path

import pytest

from cmdb.errors import NotFound
from tests.conftest import Keys
from tests.tui.program import line
from tui import apart, running, table
from tui.capture import Capture


@pytest.fixture
def environ(tmp_path: Path, keys: Keys) -> dict[str, str]:
    """An environment with a fresh site and the person who made it."""
    site = tmp_path / "site"
    environ = {**os.environ, **keys.environ("e.dubois"), "CMDB_SITE": str(site), "CMDB_PERSON": "e.dubois"}
    made = Capture("init")
    words = ("init", str(site), "--as", "e.dubois", "--name", "Quay")
    assert apart.run(words, environ, made) == 0, made.text()
    return environ


def test_every_command_that_runs_apart_exists() -> None:
    assert {entry.path for entry in table.TABLE} >= running.APART


def test_what_it_prints_is_caught_and_its_exit_code_given(environ: dict[str, str]) -> None:
    capture = Capture("report risks")
    assert apart.run(("report", "risks"), environ, capture) == 0
    assert "Top risks" in capture.text()
    assert capture.error is None


def test_a_refusal_is_the_refusal_it_would_be_here(environ: dict[str, str]) -> None:
    there = Capture("report risks")
    words = ("report", "risks", "--type", "ghost")
    assert apart.run(words, environ, there) == 3
    assert isinstance(there.error, NotFound)
    with pytest.raises(NotFound) as here:
        line(environ).perform(words)
    assert (there.error.reason, there.error.remedy) == (here.value.reason, here.value.remedy)
    assert there.outcome() == here.value.reason


def test_how_far_it_has_come_is_told_and_is_no_line(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    rows = (f"srv-{place},server,Server {place},e.dubois,planned\n" for place in range(3_000))
    file.write_text("id,type,name,owner,status\n" + "".join(rows))
    capture = Capture("import")
    assert apart.run(("import", str(file), "--as-kind", "items"), environ, capture) == 0, capture.text()
    assert any(letter.isdigit() for letter in capture.progress)
    assert capture.progress not in capture.text()


class StoppedAtOnce(Capture):
    """Asks to stop as soon as it is told how far the work has come."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "progress" and value:
            self.stop()


def test_asked_to_stop_it_stops_and_writes_nothing(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    rows = (f"srv-{place},server,Server {place},e.dubois,planned\n" for place in range(200_000))
    file.write_text("id,type,name,owner,status\n" + "".join(rows))
    capture = StoppedAtOnce("import")
    assert apart.run(("import", str(file), "--as-kind", "items", "--apply"), environ, capture) == 130, (
        capture.text()
    )
    listed = Capture("item list")
    assert apart.run(("item", "list"), environ, listed) == 0
    assert "srv-1" not in listed.text()

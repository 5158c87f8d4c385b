"""The short way to an impact in JSON answers what the command line answers, byte for byte, or not at all."""

import os
import subprocess
import sys

import pytest

from tests.stories.terminal import Terminal
from tui.short_way import asked_in


def environ(port: Terminal) -> dict[str, str]:
    named = {"CMDB_SITE": str(port.site), "CMDB_NOW": port.now, "PYTHONIOENCODING": "utf-8"}
    return {**os.environ, **named}


def asked(port: Terminal, *words: str, through: str) -> tuple[int, str, str]:
    """What a program gets to see; `through` is the module that answers."""
    code = {
        "short": "from tui.__main__ import main; main()",
        "whole": "import sys, os; from tui import cli; sys.exit(cli.run(sys.argv[1:], os.environ))",
    }[through]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=environ(port),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "--json impact sw-11",
        "impact sw-11 sw-13 --json",
        "impact --json --exposed room-1 sw-11",
        "--json impact sw-11 sw-11",
        "--json impact nothing-here",
        "--json impact",
        "--json impact sw-11 --at now",
        "--json impact --exit-code sw-11",
        "impact sw-11",
        "--json --site /nowhere impact sw-11",
        "--json impact sw-11 --site",
        "--json impact -- sw-11",
        "--json item show sw-11",
    ],
)
def test_both_ways_say_the_same(port: Terminal, line: str) -> None:
    words = line.split()
    assert asked(port, *words, through="short") == asked(port, *words, through="whole")


def test_what_has_the_form_loads_no_command_line(port: Terminal) -> None:
    code = (
        "import sys; from tui import __main__ as m\ntry: m.main()\nexcept SystemExit as end:"
        " print(end.code, sorted({'click', 'tui.cli', 'argparse'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--json", "impact", "sw-11"],
        env=environ(port),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "0 []\n"
    assert '"effect"' in done.stdout


def test_other_forms_are_left_to_the_command_line() -> None:
    for line in ("impact sw-11", "--json impact", "--json why sw-11", "--json impact --worst 2h a", "--json"):
        assert asked_in(line.split()) is None
    assert asked_in(["--json", "impact", "\udcff"]) is None
    assert asked_in(["--json", "impact", ""]) is None
    assert asked_in(["--json", "--site", "x", "impact", "a", "b"]) == (("a", "b"), "x", False)

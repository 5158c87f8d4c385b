"""The command line: the table, what it loads, errors and exit codes, completion."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from cmdb.errors import CmdbError, Corrupt, Invalid, NotFound, Refused
from tests.conftest import ROOT
from tui import cli, table
from tui.commands import completion
from tui.context import Invocation
from tui.given import Entry

ENTRIES = [pytest.param(entry, id=entry.path) for entry in table.TABLE]


def run(capsys: pytest.CaptureFixture[str], *words: str, **environ: str) -> tuple[int, str, str]:
    code = cli.run(words, environ)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_of_the_table_is_a_command_that_takes_the_common_options(entry: Entry) -> None:
    found = cli.command_of(entry)
    names = {param.name for param in found.params}
    assert {"site_option", "person_option", "wants_json"} <= names
    assert found.help, "its docstring is its help"
    assert entry.help.endswith(".")
    assert len(entry.help) <= 80


def test_no_command_is_in_the_table_twice_and_every_noun_has_words() -> None:
    paths = [entry.path for entry in table.TABLE]
    assert len(paths) == len(set(paths))
    nouns = {path.rsplit(" ", 1)[0] for path in paths if " " in path and " --" not in path}
    assert nouns <= set(table.NOUNS)


def test_options_that_choose_another_module_are_options_of_the_bare_command_too() -> None:
    for entry in table.TABLE:
        path, _, option = entry.path.partition(" --")
        if option:
            bare = cli.command_of(next(one for one in table.TABLE if one.path == path))
            assert f"--{option}" in [name for param in bare.params for name in param.opts]


def test_the_version_is_the_one_that_is_built() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == cli.VERSION


@pytest.mark.parametrize(
    ("typed", "id"),
    [("5", "CR-5"), ("cr-05", "CR-5"), ("CR-5", "CR-5"), ("x5", "x5"), ("service:a", "service:a")],
)
@pytest.mark.parametrize("path", ["change show", "board replay", "check-out", "baseline establish"])
def test_a_change_request_is_found_by_its_number_alone(path: str, typed: str, id: str) -> None:
    command = cli.command_of(next(one for one in table.TABLE if one.path == path))
    [argument] = [one for one in command.params if isinstance(one, click.Argument)]
    assert argument.type_cast_value(click.Context(command), typed) == id


@pytest.mark.parametrize(
    ("error", "code", "category"),
    [
        (Invalid, 2, "invalid"),
        (NotFound, 3, "not found"),
        (Refused, 4, "refused"),
        (Corrupt, 5, "corrupt"),
    ],
)
def test_a_refusal_is_words_on_stderr_an_exit_code_and_json_when_asked(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: type[CmdbError],
    code: int,
    category: str,
) -> None:
    def refuse(_name: str) -> click.Command:
        raise error("It is so.", "Do that.", ["one\x1b[2J", "two"])

    monkeypatch.setattr(cli, "command_of", refuse)
    assert run(capsys, "doctor") == (code, "", "It is so.\n  - one\ufffd[2J\n  - two\nDo that.\n")
    found, out, _ = run(capsys, "doctor", "--json")
    assert found == code
    assert json.loads(out) == {
        "error": {
            "category": category,
            "exit": code,
            "reason": "It is so.",
            "problems": ["one\x1b[2J", "two"],
            "remedy": "Do that.",
        }
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("itme", "show"), "There is no command 'itme'. Did you mean 'item'?"),
        (("item", "shwo", "x"), "There is no command 'item shwo'"),
        (("item", "show"), "Missing argument 'ID'"),
        (("item", "show", "x", "--no-such"), "No such option '--no-such'"),
        (("impact", "x", "--for", "2h"), "A window needs its start."),
        ((), "The app needs a terminal."),
    ],
)
def test_wrong_use_is_told_with_where_help_is(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert said in err


def test_options_may_stand_anywhere(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    nowhere = str(tmp_path)
    for words in (
        ("--json", "--site", nowhere, "item", "show", "x"),
        ("item", "--json", "show", "--site", nowhere, "x"),
        ("item", "show", "x", "--site", nowhere, "--json"),
    ):
        code, out, _ = run(capsys, *words)
        assert code == 3
        assert "is no site" in json.loads(out)["error"]["reason"]


def test_words_behind_two_dashes_are_no_options(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, "item", "show", "--site", str(tmp_path), "--", "--json")
    assert (code, out) == (3, "")
    assert "is no site" in err


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        f"set -o pipefail; {sys.executable} -m tui --help | true; echo $?",
        shell=True,
        executable="/bin/bash",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.strip() in ("0", "141")


def offers(typed: str, cursor: str, **environ: str) -> list[str]:
    found = completion.offers(typed.split(), cursor, environ, table.TABLE, table.NOUNS, cli.root)
    return [str(one.value) for one in found]


@pytest.mark.parametrize(("said", "meant"), table.ALSO.items())
def test_another_word_for_a_command_is_that_command(
    said: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([*said.split(), "--help"], {}) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"Usage: cmdb {meant} ")
    assert cli.run([*meant.split(), "--help"], {}) == 0
    assert capsys.readouterr().out == told


def test_completion_knows_commands_nouns_and_options() -> None:
    assert "item" in offers("", "")
    assert offers("", "che") == ["check-out", "check-in"]
    assert {"list", "show"} <= set(offers("item", ""))
    assert offers("board policy", "te") == ["test"]
    assert offers("--site /x item", "sho") == ["show"]
    assert offers("item list", "--ow") == ["--owner"]
    assert offers("", "--vers") == ["--version"]
    assert offers("nothing such", "") == []


def test_completion_never_fails_where_there_is_no_site(tmp_path: Path) -> None:
    assert offers(f"item show --site {tmp_path}", "sw") == []


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_shell_gets_a_script_that_asks_for_completions(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    code, out, _ = run(capsys, "completion", shell)
    assert code == 0
    assert f"{completion.VARIABLE}={shell}_complete" in out
    monkeypatch.setenv("COMP_WORDS", "cmdb item sho")
    monkeypatch.setenv("COMP_CWORD", "sho" if shell == "fish" else "2")
    code, out, _ = run(capsys, **{completion.VARIABLE: f"{shell}_complete"})
    assert code == 0
    assert "show" in out


def test_a_person_and_a_site_come_from_the_option_the_environment_or_the_account(tmp_path: Path) -> None:
    def by_login(login: str) -> str:
        return f"person-of-{login}"

    told = Invocation(environ={"CMDB_PERSON": "k.chen"}, person_option="a.vries")
    assert told.person(by_login) == "a.vries"
    assert Invocation(environ={"CMDB_PERSON": "k.chen"}).person(by_login) == "k.chen"
    assert Invocation().person(by_login).startswith("person-of-")
    with pytest.raises(Refused) as refused:
        Invocation().actor(lambda _login: "")
    assert "--as PERSON" in refused.value.remedy


def test_the_clock_can_be_set_only_where_the_site_says_so(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('name = "Test"\ntest_clock = true\n')
    fixed = Invocation(environ={"CMDB_NOW": "2026-11-22T22:00:00Z"}, site_option=str(tmp_path))
    assert fixed.now().isoformat() == "2026-11-22T22:00:00+00:00"
    (tmp_path / "site.toml").write_text('name = "Test"\n')
    real = Invocation(environ={"CMDB_NOW": "2026-11-22T22:00:00Z"}, site_option=str(tmp_path))
    assert real.now().isoformat() != "2026-11-22T22:00:00+00:00"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", real.now().isoformat())


def test_help_names_every_first_word_once_under_what_it_is_for() -> None:
    named = [word for _, words in table.GROUPS for word in words]
    assert sorted(named) == sorted(cli.root.list_commands(click.Context(cli.root)))

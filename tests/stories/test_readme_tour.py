"""The tour of the README, as printed: every command runs, and ends as the README says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stories.terminal import Answer, Terminal

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text("utf-8")
# A line of the tour: `$ cmdb ...`, with `# exit N` behind it where it does not end with 0.
TYPED = re.compile(r"^\$ (.+?)(?:\s+# (?:.*\b)?exit (\d+).*|\s+#.*)?$", re.MULTILINE)


def tour() -> list[tuple[str, int]]:
    """Every command of the tour's fenced blocks, in order, with the exit code promised."""
    text = README.partition("## The tour")[2].partition("\n## ")[0]
    blocks = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    return [(typed, int(code or 0)) for block in blocks for typed, code in TYPED.findall(block)]


def test_the_tour_has_something_to_type() -> None:
    assert len(tour()) > 15


def test_every_command_of_the_tour_ends_as_the_readme_says(
    whole_demo: tuple[Terminal, Answer], lively_port: Terminal, tmp_path: Path
) -> None:
    site = tmp_path / "demo-site"
    lively_port.site.rename(site)
    (site / "keys").symlink_to(whole_demo[0].keys)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    state = str(tmp_path / "state")
    environ = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    environ |= {"XDG_STATE_HOME": state, "LC_ALL": "C.UTF-8"}
    script = []
    for number, (line, code) in enumerate(tour()):
        script.append(
            f'{line}\nended=$?; [ $ended -eq {code} ] || {{ echo "line {number}: $ended" >&2; exit 99; }}'
        )
    done = subprocess.run(
        ["sh", "-c", "\n".join(script)],
        cwd=tmp_path,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = f"{done.stderr[-1500:]}\n{[line for line, _ in tour()]}"
    assert done.returncode == 0, said
    for fact in promised():
        assert fact in done.stdout + done.stderr, fact


def promised() -> list[str]:
    """The lines the README prints as answers, without what it leaves out."""
    text = README.partition("## The tour")[2].partition("\n## ")[0]
    blocks = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    lines = [line.rstrip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("$") and line.strip() != "..."]


def test_the_first_answer_of_the_readme_is_what_the_demo_gives(lively_port: Terminal) -> None:
    text = README.partition("## What it answers")[2].partition("## The tour")[0]
    [block] = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    command, *lines = block.splitlines()
    said = lively_port.as_("m.jansen").does(command.removeprefix("$ cmdb ")).splitlines()
    for line in lines:
        assert line in (*said, "..."), line


@pytest.mark.parametrize("word", ["make demo", "make test", "docs/pictures/ballot.svg"])
def test_the_readme_says_how_to_begin(word: str) -> None:
    assert word in README


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        ("ballot", ("Board", "CR-6", "promise", "BREACH", "evidence")),
        ("impact", ("Impact", "vm-db-1", "OUTAGE", "REDUCED", "Saved", "Tell")),
    ],
)
def test_the_pictures_show_what_the_app_draws(picture: str, words: tuple[str, ...]) -> None:
    assert f"docs/pictures/{picture}.svg" in README
    drawn = (ROOT / "docs" / "pictures" / f"{picture}.svg").read_text("utf-8")
    for word in words:
        assert word in drawn.replace("&#160;", " ")
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", drawn)

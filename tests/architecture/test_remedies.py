"""Every command that a refusal, a help text or a page of the documentation names can be typed."""

import re
from pathlib import Path

import pytest

from tui import cli
from tui.table import NOUNS, TABLE

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted(
    path for package in ("cmdb", "ccb", "baselines", "tui") for path in (ROOT / package).rglob("*.py")
)
KNOWN = {entry.path.partition(" --")[0] for entry in TABLE}
# 'cmdb item show X' in quotes of any kind, as people are told to type it.
NAMED = re.compile(r"[`']cmdb ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)")


def unknown(text: str) -> set[str]:
    found = set()
    for match in NAMED.finditer(text):
        words = match[1].split(" ")
        paths = {" ".join(words[:length]) for length in range(1, len(words) + 1)}
        if not paths & KNOWN and " ".join(words) not in NOUNS:
            found.add(f"cmdb {match[1]}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_names_only_commands_that_exist(path: Path) -> None:
    assert not unknown(path.read_text("utf-8"))


def options_of() -> dict[str, set[str]]:
    """What every command takes, by what is typed; a command that loads more when an option is given too."""
    found: dict[str, set[str]] = {}
    for entry in TABLE:
        taken = {one for parameter in cli.command_of(entry).params for one in parameter.opts}
        found.setdefault(entry.path.partition(" --")[0], {"-h", "--help"}).update(taken)
    return found


# A sentence may go on in the next literal; only what stands inside one pair of quotes is typed.
JOINED = re.compile(r'"\s*\n\s*f?"')
TYPED = re.compile(r"[`']cmdb ([^`'\n]+)[`']")


def test_every_option_that_is_named_exists() -> None:
    known = options_of()
    wrong, seen = [], 0
    for path in SOURCES:
        for line in TYPED.findall(JOINED.sub("", path.read_text("utf-8"))):
            words = line.split()
            named = (" ".join(words[:length]) for length in (3, 2, 1))
            command = next((one for one in named if one in known), None)
            options = {one.partition("=")[0] for one in words if re.match(r"--?[a-z]", one)}
            if command is not None:
                seen += len(options)
                wrong += [f"{path.name}: cmdb {line}: {one}" for one in sorted(options - known[command])]
    assert seen > 20
    assert not wrong

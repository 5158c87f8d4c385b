"""Every command that a refusal, a help text or a page of the documentation names can be typed."""

import re
from pathlib import Path

import pytest

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

"""Every screen as it was last reviewed: what differs is a change to look at, or a mistake.

After a change of the app: `make screens`, then read `git diff tests/tui/screens` as its user would.
"""

from difflib import unified_diff

import pytest
from rich.cells import cell_len

from tests.tui import tour
from tui.screens.directory import SCREENS

# Parts of other scenes: opened from a window that was typed, or listed under `help`.
WITHIN = {"in-window"}


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    return tour.every()


def test_every_screen_shows_what_was_reviewed(shown: dict[str, str]) -> None:
    kept = tour.kept()
    told = [
        line
        for path in sorted(kept.keys() | shown.keys())
        if kept.get(path) != shown.get(path)
        for line in unified_diff(
            kept.get(path, "").splitlines(),
            shown.get(path, "").splitlines(),
            f"kept {path}",
            path,
            lineterm="",
            n=1,
        )
    ]
    assert not told, "\n".join([*told[:200], "'make screens' takes these over."])


def test_no_line_goes_beyond_the_edge(shown: dict[str, str]) -> None:
    for path, text in shown.items():
        size = path.partition("/")[0].split("x")
        if len(size) == 2:
            lines = text.rstrip("\n").split("\n")
            assert len(lines) <= int(size[1]), path
            assert max(cell_len(line) for line in lines) <= int(size[0]), path


def test_what_is_drawn_in_ascii_holds_nothing_else(shown: dict[str, str]) -> None:
    pictures = {path: text for path, text in shown.items() if path.startswith("ascii/")}
    assert len(pictures) == len(tour.PLAIN)
    for path, text in pictures.items():
        assert text.isascii(), path


def test_a_picture_is_taken_of_every_place_page_and_dialog() -> None:
    gone_to = {scene.go[0] for scene in tour.SCENES} | {scene.name for scene in tour.SCENES}
    names = {"window": "impact-in-window", "new": "new-change"}
    missing = {name for name in SCREENS if name not in WITHIN and names.get(name, name) not in gone_to}
    assert missing == set()

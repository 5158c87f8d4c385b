"""Whatever keys somebody leans on, at whatever size: the app lives, nothing unexpected, the journal whole."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.screen import ModalScreen

from cmdb import journal
from cmdb.store import Store
from tests.tui import quayside
from tests.tui.pilots import Hand
from tests.tui.quayside import Quayside
from tui import verbs
from tui.app import CmdbApp

PRESSES = 120
SIZES = ((80, 24), (120, 36), (160, 50), (60, 16), (40, 10), (20, 5))
MOVES = ("up", "down", "pageup", "pagedown", "home", "end", "left", "right", "tab", "shift+tab")
WORDS = ("sw-11", "owner:k.chen", "impact sw-11", "38m", "2026-11-23 01:00", "\u6f22\u5b57 [b]x", "'", "")
# Steps out of the app (an editor, a picture on a display), and its end.
APART = {"E", "P", "q", "ctrl+q", "ctrl+c"}


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


def letters() -> tuple[str, ...]:
    """Every key the table of verbs knows, and the places."""
    known = {one.key for one in (*verbs.VERBS, *verbs.PLACES) if one.key} - APART
    return tuple(sorted(key for several in known for key in several.split(",")))


async def lean(hand: Hand, dice: random.Random, told: list[str]) -> None:
    """Do one thing nobody thought about."""
    what = dice.random()
    if what < 0.06:
        size = dice.choice(SIZES)
        told.append(f"size {size}")
        await hand.pilot.resize_terminal(*size)
    elif what < 0.14:
        words = dice.choice(WORDS)
        told.append(f"types {words!r}")
        if hand.app.focused is not None and hasattr(hand.app.focused, "insert_text_at_cursor"):
            hand.app.focused.insert_text_at_cursor(words)
    else:
        several = (*letters(), *MOVES, *MOVES, "enter", "enter", "escape", "escape", "space", "ctrl+p")
        key = dice.choice(several)
        told.append(key)
        await hand.press(key)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "person"), [(1, "r.bakker"), (2, "k.chen"), (3, "")])
async def test_keys_without_sense_end_nothing_and_break_nothing(
    site: Quayside, seed: int, person: str
) -> None:
    dice, told = random.Random(seed), list[str]()
    app = CmdbApp(
        site.fast(person), lambda: site.desk(person), start=dice.choice(("today", "items", "board"))
    )
    async with app.run_test(size=(80, 24)) as pilot:
        hand = Hand(app, pilot)
        for _turn in range(PRESSES):
            await lean(hand, dice, told)
            assert app.mishaps == [], f"seed {seed}, after {told[-12:]}"
            assert app.is_running, f"seed {seed}, after {told[-12:]}"
        await pilot.resize_terminal(80, 24)
        while isinstance(app.screen, ModalScreen):  # a form asks before what was typed into it is lost
            app.pop_screen()
            await pilot.pause()
        await hand.press("escape", "escape", "2")
        await hand.sees("Items")
    with Store.connect(site.site.url).read() as uow:
        assert journal.chain_problem(uow) is None
        assert journal.index_problem(uow) is None

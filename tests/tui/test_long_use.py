"""Long use: every place, dialogs, tiny windows and news from others leave no screen or widget behind."""

import gc
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual._styles_cache import StylesCache
from textual.screen import ModalScreen
from textual.widget import Widget

from cmdb import journal
from cmdb.watching import News, Written
from tests.tui import quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.quayside import NOW, PATCH, Quayside
from tests.tui.sample import Sample
from tui.app import CmdbApp

ROUNDS, WARM = 14, 4  # rounds of use; those before anything is counted
SECONDS = 30.0
DIALOGS = (
    ("2", "n"),
    ("2", "N"),
    ("2", "I"),
    ("4", "v"),
    ("2", "f"),
    ("1", "question_mark"),
    ("1", "x"),
    ("1", "at"),
)
PAGES = (
    ("2", "enter"),
    ("2", "i"),
    ("3", "enter"),
    ("4", "d"),
    ("5",),
    ("6", "right_square_bracket"),
    ("7",),
)
STEPS = ("down", "up", "pagedown", "pageup", "j", "k", "G", "g", "R", "right_square_bracket", "tab")


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    made.raised()
    made.raised(PATCH)
    yield made
    made.close()


async def home(hand: Hand) -> None:
    """Leave whatever is open, without what was typed into it."""
    while isinstance(hand.app.screen, ModalScreen):
        hand.app.pop_screen()
        await hand.pilot.pause()
    await hand.press("escape", "escape", "escape")


async def a_round(hand: Hand, site: Quayside, dice: random.Random) -> None:
    """Go through places and pages, then open a dialog and make the window tiny and large again."""
    for keys in (dice.choice(PAGES), dice.choice(DIALOGS)):
        await hand.press(*keys)
        for _turn in range(3):
            await hand.press(dice.choice(STEPS))
        await hand.pilot.resize_terminal(20, 5)
        await hand.pilot.resize_terminal(*dice.choice(((80, 24), (120, 36))))
        await home(hand)
    with site.desks[0].store.write() as uow:
        journal.record(uow, at=NOW, actor="s.berg", action="item confirm", subjects=("sw-11",))
        uow.commit()
    hand.app.post_message(hand.app.Wrote(News(1, (Written("s.berg", "item confirm", ("sw-11",)),))))


@pytest.mark.slow
async def test_long_use_leaves_no_screen_behind(site: Quayside) -> None:
    app = CmdbApp(site.fast("m.jansen"), lambda: site.desk("m.jansen"))
    dice, since = random.Random(7), time.monotonic()
    held: list[int] = []
    async with at_work(app, (80, 24)) as hand:
        for turn in range(ROUNDS):
            await a_round(hand, site, dice)
            if turn >= WARM:
                gc.collect()
                held.append(sum(1 for one in gc.get_objects() if isinstance(one, Widget)))
            if time.monotonic() - since > SECONDS and len(held) > 2:
                break
        assert app.mishaps == []
    assert min(held[-3:]) <= min(held[:3]) * 1.25, held


async def test_what_a_page_painted_goes_when_it_is_left() -> None:
    sample = Sample()
    held: list[int] = []
    async with at_work(CmdbApp(sample, lambda: sample), (80, 24)) as hand:
        await hand.sees("Waits for my vote")
        for _turn in range(6):
            await hand.press("question_mark")
            await hand.sees("Keys in today")
            await hand.press("escape")
            await hand.until(lambda: len(hand.app.screen_stack) == 2)
            gc.collect()
            held.append(sum(1 for one in gc.get_objects() if type(one) is StylesCache))
    assert held[-1] <= held[0] + 2, held

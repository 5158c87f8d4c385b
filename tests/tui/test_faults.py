"""A programming error in any kind of place is one line with the path of a log; the app goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from textual.events import ScreenResume

from tests.tui.pilots import Hand, at_work
from tests.tui.sample import Sample
from tui.app import CmdbApp
from tui.screens.item import ItemPage
from tui.screens.items import Items
from tui.screens.place import Place
from tui.widgets.lines import Lines
from tui.widgets.table import Table

SAID = "Something went wrong inside the app: "
SECRET = "hunter2-do-not-write"


def boom(*_given: Any, **_more: Any) -> NoReturn:
    password = SECRET
    raise LookupError(f"a fault {len(password)}")


class Broken:
    """A watch that goes wrong."""

    def __enter__(self) -> "Broken":
        return self

    def __exit__(self, *_fault: object) -> None:
        return

    next = boom


def app(log: Path, **more: Any) -> CmdbApp:
    found = Sample()
    return CmdbApp(found, lambda: found, start="items", log=log, **more)


def in_a_verb(hand: Hand, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    patch.setattr(Items, "verb_order", boom)
    return ("o",)


def in_a_worker(hand: Hand, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    patch.setattr(Sample, "count", boom)
    return ("R",)


def in_a_timer(hand: Hand, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    hand.app.screen.set_timer(0.01, boom)
    return ()


def when_a_page_is_made(hand: Hand, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    patch.setattr(ItemPage, "__init__", boom)
    return ("enter",)


def when_a_page_is_composed(hand: Hand, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    patch.setattr(ItemPage, "body", boom)
    return ("enter",)


def when_a_page_reads(hand: Hand, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    patch.setattr(ItemPage, "load", boom)
    return ("enter",)


def while_a_line_is_drawn(hand: Hand, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    patch.setattr(Table, "line", boom)
    return ("j",)


def while_a_pane_is_drawn(hand: Hand, patch: pytest.MonkeyPatch) -> tuple[str, ...]:
    patch.setattr(Lines, "line", boom)
    return ("enter",)


PLACES = [
    in_a_verb,
    in_a_worker,
    in_a_timer,
    when_a_page_is_made,
    when_a_page_is_composed,
    when_a_page_reads,
    while_a_line_is_drawn,
    while_a_pane_is_drawn,
]


@pytest.mark.parametrize("place", PLACES)
async def test_a_fault_is_one_line_and_the_app_goes_on(
    place: Callable[[Hand, pytest.MonkeyPatch], tuple[str, ...]], tmp_path: Path
) -> None:
    log = tmp_path / "app.log"
    async with at_work(app(log), (120, 36)) as hand:
        await hand.sees("vm-0000", "300 items")
        hand.clumsy = True
        with pytest.MonkeyPatch.context() as patch:
            await hand.press(*place(hand, patch))
            await hand.sees(SAID, str(log))
            for _turn in range(3):
                await hand.press("j", "k")
            assert hand.app.is_running
        text = log.read_text()
        assert "boom" in text
        assert SECRET not in text
        await hand.press("escape", "1")
        await hand.sees("Waits for my vote")
        await hand.press("2")
        await hand.sees("vm-0000")


async def test_a_thread_of_ours_that_goes_wrong_says_so_too(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    async with at_work(app(log, watch=Broken)) as hand:
        hand.clumsy = True
        await hand.sees(SAID)
        assert "boom" in log.read_text()


async def test_a_fault_in_a_form_loses_nothing_that_is_typed(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    async with at_work(app(log)) as hand:
        await hand.sees("vm-0000")
        await hand.press("n")
        await hand.sees("New change")
        await hand.type("Swap it")
        hand.clumsy = True
        hand.app.screen.set_timer(0.01, boom)
        await hand.until(lambda: hand.app.mishaps)
        await hand.sees("Something went wrong", "Swap it")
        await hand.press("x")
        await hand.sees("Swap itx")


async def test_a_key_before_a_page_is_drawn_and_a_page_left_before_it_was_are_no_mishap() -> None:
    source = Sample()
    async with at_work(CmdbApp(source, lambda: source)) as hand:
        await hand.sees("Waits for my vote")
        hand.app.go("reviews")
        page = hand.app.screen
        assert isinstance(page, Place)
        assert not page.hush("x")
        page.headline()
        page.on_screen_resume(ScreenResume())
        hand.app.leave()
        await hand.sees("Waits for my vote")
        page.on_screen_resume(ScreenResume())

"""Dialogs and keys: what is typed into them is not lost, and no key is silent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key

from ccb.model import ProposedChange
from tests.tui import quayside
from tests.tui.pilots import at_work
from tests.tui.quayside import SWAP, TONIGHT, Quayside
from tests.tui.test_change_verbs import app, approved, started


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


async def test_a_close_that_is_refused_loses_nothing_that_was_typed(site: Quayside) -> None:
    approved(site, changes=(ProposedChange(record="item", id="sw-11", operation="set", exact={"name": "A"}),))
    site.clock.now = TONIGHT.start
    desk = site.desk("k.chen")
    desk.check_out("CR-1")
    desk.advance("CR-1", "start")
    desk.check_in("CR-1")
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees("CR-1", "checked in")
        await hand.press("X")
        await hand.sees("Close CR-1", "as planned")
        await hand.press("p", "tab")
        await hand.type("40m")
        await hand.press("enter")
        await hand.sees("×")
        await hand.press("X")
        await hand.sees("What you typed before is back.", "▶ as planned", "40m")


async def test_a_letter_that_stands_for_nothing_is_answered(site: Quayside) -> None:
    async with at_work(started(site, "changes")) as hand:
        await hand.sees("No change has been requested yet")
        await hand.press("0")
        await hand.sees("Nothing is under 0 here; ? shows the keys.")


async def test_what_is_typed_before_a_form_is_drawn_reaches_it(site: Quayside) -> None:
    async with at_work(started(site, "changes")) as hand:
        await hand.sees("No change has been requested yet")
        for key in ("n", "M", "o", "r", "e", "tab", "tab", "tab"):  # at once, without waiting for a paint
            hand.app.post_message(Key(key, key if len(key) == 1 else None))
        await hand.sees("New change", "More")
        focused = hand.app.screen.focused
        assert focused is not None
        assert focused.id == "implementer"


async def test_a_filter_adds_columns_which_stay_with_the_type(site: Quayside) -> None:
    desk = site.desk("a.vries").item_work
    async with at_work(started(site, "items")) as hand:
        await hand.sees("sw-11")
        await hand.press("/")
        await hand.type("type:network-device show:model,custody")
        await hand.press("enter")
        await hand.sees("model", "custody", "sw-11", "ours")
        await hand.until(desk.columns)
        assert desk.columns() == {"network-device": "model,custody"}
        await hand.press("escape")
        await hand.until(lambda: "custody" not in hand.screen)
        await hand.press("/")
        await hand.type("type:network-device")
        await hand.press("enter")
        await hand.sees("model", "custody")
        await hand.press("Y")
        await hand.sees("cmdb item list type:network-device show:model,custody")


async def test_the_line_of_an_item_shows_what_it_has_now(site: Quayside) -> None:
    async with at_work(started(site, "items")) as hand:
        await hand.sees("sw-11")
        await hand.press("/")
        await hand.type("sw-11")
        await hand.press("enter", "n")
        await hand.sees("New change", "model=", "or name=?")


async def test_what_a_draft_lacks_is_named_with_the_key_that_mends_it(site: Quayside) -> None:
    site.raised(SWAP.but(test=""), to="draft")
    async with at_work(started(site, "changes")) as hand:
        await hand.sees("CR-1")
        await hand.press("enter")
        await hand.sees("no window yet" if SWAP.window is None else "for 2h", "e edit")
        await hand.press("a")
        await hand.sees("CR-1 is draft, so it is not to be assessed.", "From here: ", "e edit")
        await hand.press("s")
        await hand.sees("The test plan is empty.", "'cmdb change edit CR-1' (key e)")

"""What a form does with lines that are wrong: they stay in sight, and what stands there is typed over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from tests.tui import quayside
from tests.tui.pilots import at_work
from tests.tui.quayside import Quayside
from tests.tui.sample import Sample
from tests.tui.test_change_verbs import app
from tui.app import CmdbApp


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


async def test_the_line_that_is_wrong_stays_in_sight_and_problems_are_told_as_the_lines_stand(
    site: Quayside,
) -> None:
    site.raised(to="draft")
    async with at_work(app(site, "r.bakker")) as hand:
        await hand.sees("CR-1", "1 item, 2 fields")
        await hand.press("e")
        await hand.sees("Edit CR-1")
        hand.app.screen.query_one("#others", Input).value = "swap sw-11 sw-12"
        await hand.press("ctrl+s")
        await hand.sees("× others: 'swap sw-11 sw-12' is none of")
        await hand.until(lambda: [one for one in hand.lines if "│ others " in one])
        hand.app.screen.query_one("#start", Input).value = "someday"
        await hand.press("ctrl+s")
        await hand.sees("× start: 'someday'", "× others")
        assert hand.screen.index("× start") < hand.screen.index("× others")
        await hand.until(lambda: [one for one in hand.lines if "│ start " in one])
        assert hand.app.focused is not None
        assert hand.app.focused.id == "start"


async def test_a_time_that_is_proposed_is_typed_over_and_ids_are_added_to() -> None:
    sample = Sample()
    async with at_work(CmdbApp(sample, lambda: sample, start="items")) as hand:
        hand.app.go("item", "sw-11")
        await hand.sees("sw-11", "is needed by")
        await hand.press("plus")
        await hand.sees("New event", "since       now")
        await hand.press("tab", "tab")
        await hand.type(" sw-12")
        await hand.press("tab")
        await hand.type("23:50")
        assert hand.app.screen.query_one("#items", Input).value == "sw-11 sw-12"
        assert hand.app.screen.query_one("#at", Input).value == "23:50"
        await hand.press("shift+tab", "tab")
        await hand.type(" x")  # what was typed is not what was proposed
        assert hand.app.screen.query_one("#at", Input).value == "23:50 x"

"""Leaving the app with a form open: it asks, and says what becomes of what is typed."""

from tests.tui.pilots import at_work
from tests.tui.sample import Sample
from tui.app import CmdbApp
from tui.screens.nursed import leaving


async def test_a_form_is_not_left_with_the_app_without_a_word() -> None:
    found = Sample()
    app = CmdbApp(found, lambda: found, start="items")
    async with at_work(app) as hand:
        await hand.sees("db-cluster-01")
        await hand.press("n")
        await hand.sees("New change")
        await hand.type("Swap it")
        await hand.press("ctrl+q")
        await hand.sees("Leave the app? What you typed into 'New change' is kept")
        await hand.press("escape")
        await hand.sees("Swap it")
        assert app.is_running
        await hand.press("ctrl+q")
        await hand.sees("Leave the app?")
        await hand.press("ctrl+q")
        await hand.until(lambda: not app.is_running)


def test_each_form_is_named_with_what_becomes_of_it() -> None:
    assert leaving([]) == ""
    said = leaving([("New change", True), ("Vote on CR-1", False)])
    assert "'New change' is kept" in said
    assert "'Vote on CR-1' is not kept." in said

"""Small forms and questions: what Enter does is said, and what is typed replaces what stands there."""

from tests.tui.pilots import at_work
from tests.tui.sample import Sample
from tui.app import CmdbApp
from tui.screens.dialogs import Dialog


def app(start: str) -> CmdbApp:
    source = Sample()
    return CmdbApp(source, lambda: source, start=start)


async def test_enter_on_the_last_line_goes_to_the_answers_and_they_say_what_it_does_now() -> None:
    async with at_work(app("baselines")) as hand:
        await hand.sees("BL-000311")
        hand.app.act("restore")
        await hand.sees("Restore from BL-000311", "▶ draft")
        assert "Enter: draft." not in hand.screen
        await hand.press("enter")
        await hand.sees("Enter: draft.")
        await hand.press("n")
        await hand.sees("Enter: nothing is done.")
        await hand.press("y", "enter")
        await hand.sees("Say what to restore.")
        assert "Enter:" not in hand.screen.replace("Enter: take it", "")


async def test_y_answers_a_question_and_n_and_escape_leave_it_while_enter_takes_what_is_marked() -> None:
    async with at_work(app("items")) as hand:
        await hand.sees("300 items")
        await hand.press("n")
        await hand.sees("New change")
        await hand.type("half")
        for no in ("n", "escape", "enter"):  # Cancel is marked at first
            await hand.press("escape")
            await hand.sees("Leave the form? What you typed is lost.", "▶ Cancel", "y leave it")
            await hand.press(no)
            await hand.until(lambda: "Leave the form?" not in hand.screen)
            assert "half" in hand.screen
        await hand.press("escape")
        await hand.sees("▶ Cancel")
        await hand.press("right")
        await hand.sees("▶ leave it", "Enter: leave it.")
        await hand.press("left")
        await hand.sees("Enter: nothing is done.")
        await hand.press("y")
        await hand.until(lambda: "New change" not in hand.screen)


async def test_a_length_typed_over_the_one_that_stands_there_replaces_it() -> None:
    async with at_work(app("items")) as hand:
        await hand.sees("300 items")
        await hand.press("W")
        await hand.sees("A better moment", "takes")
        await hand.type("38m")
        await hand.sees("takes       38m")
        await hand.press("tab", "shift+tab", "enter")
        await hand.sees("Impact")
        await hand.press("W")
        await hand.sees("A better moment", "takes       38m")
        await hand.type("2h")
        await hand.sees("takes       2h ")


async def test_a_form_asked_twice_to_be_left_is_left_once_and_the_app_goes_on() -> None:
    async with at_work(app("reviews")) as hand:
        await hand.sees("RV-2")
        for turn in (1, 2):
            await hand.press("N")
            await hand.sees("Plan a review")
            form = hand.app.screen
            assert isinstance(form, Dialog)
            await hand.type("mine")
            form.action_leave()
            form.action_leave()  # Esc pressed again before the question was there
            await hand.sees("What you typed is lost.")
            await hand.press("y")
            await hand.until(lambda: len(hand.app.screen_stack) == 3)
            assert form not in hand.app.screen_stack
            form.dismiss(None)  # ended already
            await hand.sees("RV-2")
            assert len(hand.app.screen_stack) == 3, turn

"""Keys typed before a screen is read, windows that are too small, and help that leads on."""

from threading import Event

from tests.tui.pilots import at_work
from tests.tui.sample import Sample
from tui.app import CmdbApp
from tui.ballot_views import Agenda


class Slow(Sample):
    """Answers about ballots when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Event()

    def agenda(self) -> Agenda:
        self.gate.wait(20)
        return super().agenda()


def app(sample: Sample, start: str) -> CmdbApp:
    return CmdbApp(sample, lambda: sample, start=start)


async def test_keys_typed_before_the_ballots_are_there_are_done_when_they_are() -> None:
    sample = Slow()
    async with at_work(app(sample, "board")) as hand:
        await hand.press("down", "d")
        await hand.sees("reading… 2 keys wait")
        sample.gate.set()
        await hand.sees("CR-145", "diff")


async def test_nothing_is_signed_by_keys_typed_before_the_ballot_was_seen() -> None:
    sample = Slow()
    async with at_work(app(sample, "board")) as hand:
        await hand.press("v", "a", "enter")
        await hand.sees("reading… 3 keys wait")
        sample.gate.set()
        await hand.sees("Vote on CR-142")
        await hand.pilot.pause()
        assert sample.votes == []
        await hand.press("a", "enter")
        await hand.sees("approve on CR-142 is signed and cast")
        assert sample.votes == [("CR-142", "approve", "", ())]


async def test_escape_lets_go_of_what_was_typed_ahead() -> None:
    sample = Slow()
    async with at_work(app(sample, "board")) as hand:
        await hand.press("down", "v")
        await hand.sees("reading… 2 keys wait")
        await hand.press("escape")
        await hand.until(lambda: "wait" not in hand.lines[0])
        sample.gate.set()
        await hand.until(lambda: hand.app.screen.idle)
        assert "Vote on" not in hand.screen


async def test_another_place_is_gone_to_at_once_and_nothing_is_done_behind_it() -> None:
    sample = Slow()
    async with at_work(app(sample, "board")) as hand:
        await hand.press("2")
        await hand.sees("300 items")
        await hand.press("4", "v")
        await hand.sees("1 key wait")
        hand.app.go("items")
        await hand.sees("300 items")
        sample.gate.set()
        await hand.press("4")
        await hand.sees("evidence")
        assert "Vote on" not in hand.screen


async def test_a_form_in_a_window_too_small_says_so_and_keeps_what_was_typed() -> None:
    async with at_work(app(Sample(), "changes")) as hand:
        await hand.sees("Under review")
        await hand.press("n")
        await hand.sees("New change")
        await hand.type("new switch")
        for size in ((20, 5), (59, 40), (120, 15)):
            await hand.pilot.resize_terminal(*size)
            await hand.sees("This window is", "60x16")
            assert "New change" not in hand.screen
        await hand.pilot.resize_terminal(80, 24)
        await hand.sees("New change", "new switch")


async def test_x_in_help_leads_to_everything_that_can_be_done() -> None:
    async with at_work(app(Sample(), "board")) as hand:
        await hand.sees("evidence")
        await hand.press("question_mark")
        await hand.sees("Keys in board")
        await hand.press("x")
        await hand.sees("Everything that can be done with CR-142")
        assert "Keys in board" not in hand.screen

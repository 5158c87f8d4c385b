"""Keys typed before a screen is read, windows that are too small, and help that leads on."""

from collections.abc import Sequence
from threading import Event

from cmdb.errors import Refused
from tests.tui.pilots import at_work
from tests.tui.sample import Sample
from tests.tui.sample_records import SampleRecords
from tui.app import CmdbApp
from tui.ballot_views import Agenda
from tui.item_source import Sheet


class Slow(Sample):
    """Answers about ballots when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Event()

    def agenda(self) -> Agenda:
        self.gate.wait(20)
        return super().agenda()


class SlowForms(SampleRecords):
    """Opens a form, or refuses it, when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.against = Event(), ""

    def sheet(self, verb: str, subjects: Sequence[str]) -> Sheet:
        self.gate.wait(20)
        if self.against:
            raise Refused(self.against, "Ask the SQA group.")
        return super().sheet(verb, subjects)


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


async def test_what_is_typed_before_a_form_is_there_is_typed_into_it_and_is_no_verb() -> None:
    sample = Sample()
    sample.records = forms = SlowForms()
    async with at_work(app(sample, "reviews")) as hand:
        await hand.sees("RV-2")
        await hand.press("N", "m", "x", "ctrl+s", "space", "q", "2")
        assert hand.app.here() == "reviews"
        forms.gate.set()
        await hand.sees("mx q2")
        await hand.press("escape")
        await hand.sees("What you typed is lost.")


async def test_what_is_typed_for_a_form_that_is_refused_or_given_up_is_let_go_of() -> None:
    sample = Sample()
    sample.records = forms = SlowForms()
    forms.against = "Only the SQA group plans reviews."
    async with at_work(app(sample, "reviews")) as hand:
        await hand.sees("RV-2")
        await hand.press("N", "2")
        forms.gate.set()
        await hand.sees("Only the SQA group plans reviews.")
        assert hand.app.here() == "reviews"
        forms.gate.clear()
        await hand.press("N", "2", "escape", "2")
        await hand.sees("300 items")
        forms.gate.set()

"""The board's list: what a ballot still needs, and rows that stay where they were seen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ccb.ballot import Policy
from tests.tui import quayside
from tests.tui.pilots import at_work
from tests.tui.quayside import Quayside
from tests.tui.sample import Sample
from tui import ballot_words
from tui.app import CmdbApp
from tui.ballot_views import Agenda, BallotLine, ChangeCard, Count
from tui.screens.board import Board
from tui.screens.meeting_lines import standing
from tui.views import ChangeLine

LINE = ChangeLine(id="CR-1", title="Patch", state="under review")


@pytest.mark.parametrize(
    ("count", "outcome", "shown"),
    [
        (Count(1, 3, 0, 2), "open", "1/3 ○ open"),  # votes that count, of those the quorum needs
        (Count(3, 3, 1, 2), "open", "○ 1/2 agree"),  # enough votes: consents are what is missing
        (Count(0, 0, 10, 12), "open", "○ 10/12 agree"),  # no ballot of members
        (Count(3, 3, 2, 2), "open", "○ open"),  # something else, which the card names
        (Count(1, 3, 0, 2), "lost", "× lost"),
        (Count(5, 3, 2, 2), "carried", "● carried"),
    ],
)
def test_the_list_says_what_a_ballot_still_needs(count: Count, outcome: str, shown: str) -> None:
    line = standing(BallotLine(LINE, count, outcome))
    assert "".join(piece.text for piece in line) == shown
    assert len(shown) <= 13


async def test_a_wide_window_shows_beside_a_request_what_it_needs_and_what_it_alters() -> None:
    sample = Sample()
    async with at_work(CmdbApp(sample, lambda: sample, start="items"), size=(200, 50)) as hand:
        hand.app.go("change", "CR-142")
        await hand.sees("back-out", "Requirements", "What it alters", "21.1 → 22.4")
        await hand.pilot.resize_terminal(120, 36)
        await hand.until(lambda: "Requirements" in hand.screen and "What it alters" not in hand.screen)
        await hand.pilot.resize_terminal(80, 24)
        await hand.until(lambda: "Requirements" not in hand.screen)


async def test_pages_of_a_card_are_named_whole_where_there_is_no_room_to_say_how_they_are_turned() -> None:
    sample = Sample()
    async with at_work(CmdbApp(sample, lambda: sample, start="board"), size=(100, 30)) as hand:
        await hand.sees("─ CR-142")
        (rule,) = [one for one in hand.lines if "─ CR-142" in one]
        assert "facts  impact  diff  comments" in rule
        assert "[ ]" not in rule
        await hand.pilot.resize_terminal(120, 36)
        await hand.sees("comments  [ ] turn")


async def test_what_a_request_alters_stands_beside_it_while_nobody_is_asked() -> None:
    class Unasked(Sample):
        def change(self, id: str) -> ChangeCard:
            return super().change(id)._replace(requirements=())

    sample = Unasked()
    async with at_work(CmdbApp(sample, lambda: sample, start="items"), size=(120, 36)) as hand:
        hand.app.go("change", "CR-142")
        await hand.sees("back-out", "What it alters", "21.1 → 22.4")
        assert "Requirements" not in hand.screen
        hand.app.go("change", "nope")
        await hand.until(lambda: "no change" in hand.screen.lower() and "What it alters" not in hand.screen)


class Turning(Sample):
    """A queue whose order turns around whenever it is read, with one more ballot each time."""

    reads = 0

    def agenda(self) -> Agenda:
        self.reads += 1
        found = super().agenda()
        more = tuple(
            BallotLine(LINE._replace(id=f"CR-{900 + number}"), Count(0, 3)) for number in range(self.reads)
        )
        every = (*found.ballots, *more)
        return found._replace(ballots=every if self.reads % 2 else every[::-1])


async def test_rows_stay_where_they_were_seen_until_they_are_asked_to_be_sorted_anew() -> None:
    source = Turning()
    async with at_work(CmdbApp(source, lambda: source, start="board")) as hand:

        def shown() -> list[str]:
            screen = hand.app.screen
            assert isinstance(screen, Board)
            agenda = screen._agenda
            return [one.change.id for one in agenda.ballots] if agenda else []

        await hand.until(lambda: len(shown()) > 2)
        first = shown()
        await hand.press("j")
        under = hand.app.screen.table.current  # type: ignore[attr-defined]
        hand.app.screen.load()  # type: ignore[attr-defined]
        await hand.until(lambda: len(shown()) == len(first) + 1)
        assert shown() == [*first, "CR-901"]  # what is new comes below
        await hand.press("R", "R")
        await hand.until(lambda: source.reads == 4 and shown()[0] == "CR-903")  # as the source has it
        assert hand.app.screen.table.current == under  # type: ignore[attr-defined]


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


async def test_one_condition_may_block_check_out_by_its_words_and_the_others_closing(site: Quayside) -> None:
    site.raised()
    app = CmdbApp(site.fast("m.jansen"), lambda: site.desk("m.jansen"), start="change", subjects=("CR-1",))
    async with at_work(app) as hand:
        await hand.sees("CR-1", "missing")
        await hand.press("v")
        await hand.sees("Vote on CR-1")
        await hand.press("c")
        await hand.sees("▶ they block closing")
        await hand.type("before check-out: a spare is on site; photos")
        await hand.press("enter")
        await hand.sees("approve with conditions on CR-1 is signed and counted")
    [cast] = site.desk("a.vries").change("CR-1").votes
    assert cast.conditions == ("before check-out: a spare is on site", "photos")


async def test_a_ballot_whose_policy_was_taken_over_says_so_and_is_opened_anew(site: Quayside) -> None:
    site.raised()
    narrow = Policy(id="core", name="Core", board="site", scope="item:sw-11", level="baselined")
    with site.desk("a.vries").store.write() as uow:
        uow.add(narrow)
        uow.commit()
    why = "The policy core decides about CR-1 now, no longer"
    said = ballot_words.sentences(site.desk("a.vries").change("CR-1"), "a.vries")
    assert said[0].startswith(why)
    app = CmdbApp(site.fast("a.vries"), lambda: site.desk("a.vries"), start="change", subjects=("CR-1",))
    async with at_work(app) as hand:
        await hand.sees("rules", why, "missing")
        await hand.press("v")
        await hand.sees("ballot anew: 'cmdb board refer CR-1'.")
        await hand.press("r")
        await hand.sees("CR-1 is under review")
    card = site.desk("a.vries").change("CR-1")
    assert (card.overruled, dict(card.offered)["vote"]) == ("", "")

"""What others write reaches the screen by itself, and moves nothing under anybody's hands."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cmdb.watching import News, Watch, Written
from tests.tui import quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.quayside import PATCH, Quayside
from tui.app import CmdbApp
from tui.screens.board import Board
from tui.screens.live import meanwhile

WITHIN = 2.0


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


@pytest.fixture
def either_site(tmp_path: Path, keys: Any, database: str) -> Iterator[Quayside]:
    """The site on SQLite, which is asked again and again, and on PostgreSQL, which says what happened."""
    made = quayside.built(tmp_path / "site", keys, database)
    yield made
    made.close()


def opened(site: Quayside, person: str, start: str) -> CmdbApp:
    return CmdbApp(
        site.fast(person),
        lambda: site.desk(person),
        start=start,
        watch=lambda: Watch(site.site.url),
    )


def elsewhere(site: Quayside, person: str, *words: str) -> float:
    """Run a command in another process; give when it had written."""
    environ = {**os.environ, **site.keys.environ(person), "CMDB_NOW": "2026-11-22T12:00:00Z"}
    words = ("--site", str(site.site.path), "--as", person, *words)
    done = subprocess.run(
        [sys.executable, "-m", "tui", *words], check=False, env=environ, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    return time.monotonic()


def board_of(hand: Hand) -> Board:
    assert isinstance(hand.app.screen, Board)
    return hand.app.screen


async def test_a_vote_of_another_process_appears_and_a_decided_ballot_stays_under_the_cursor(
    either_site: Quayside,
) -> None:
    site = either_site
    first, second = site.raised(), site.raised(PATCH)
    async with at_work(opened(site, "m.jansen", "board"), (100, 30)) as hand:
        await hand.sees(first, second, "evidence")
        board_of(hand).table.point(second)
        await hand.until(lambda: board_of(hand).card() is not None)
        written = elsewhere(site, "s.berg", "vote", second, "approve")
        await hand.sees("approve s.berg")
        assert time.monotonic() - written < WITHIN + 1  # and the time the card takes on a busy machine
        assert "Meanwhile s.berg" in hand.screen
        # The vote that completes the ballot takes it off the list: not while somebody looks at it.
        at = board_of(hand).table.cursor
        elsewhere(site, "a.vries", "vote", second, "approve")
        await hand.until(lambda: (card := board_of(hand).card()) and card.line.state != "under review")
        table = board_of(hand).table
        assert (table.cursor, table.current) == (at, second)
        await hand.press("v")
        await hand.sees(second, "is approved")
        table.point(first)
        await hand.press("R")
        await hand.until(lambda: table.find(second) is None)


async def test_a_new_item_of_another_process_leaves_the_cursor_where_it_is(site: Quayside) -> None:
    async with at_work(opened(site, "r.bakker", "items"), (80, 16)) as hand:
        await hand.sees("sw-12")
        table = hand.app.screen.table  # type: ignore[attr-defined]
        await hand.press("G")
        elsewhere(site, "a.vries", "item", "register", "aa-1", "--type", "service", "--name", "new")
        await hand.sees("aa-1", "5 items")
        assert table.current == "sw-12"
        # Sorted in another way, an item is found where it stood about.
        await hand.press("o", "end", "R")
        await hand.until(lambda: hand.app.screen.idle)  # type: ignore[attr-defined]
        assert table.cursor == 4


async def test_a_dialog_says_what_happened_meanwhile_and_a_vote_on_what_moved_is_not_signed(
    site: Quayside,
) -> None:
    id = site.raised()
    async with at_work(opened(site, "m.jansen", "board"), (80, 24)) as hand:
        await hand.sees(id, "Replace core")
        await hand.until(lambda: board_of(hand).card() is not None)
        await hand.press("v", "r", *"late", "shift+tab", "a")
        elsewhere(site, "s.berg", "vote", id, "approve")
        await hand.sees("Meanwhile s.berg", "late")
        elsewhere(
            site,
            "a.vries",
            "item",
            "register",
            "zz-1",
            "--type",
            "service",
            "--owner",
            "k.chen",
            "--name",
            "new",
        )
        elsewhere(site, "a.vries", "item", "connect", "zz-1", "sw-11")
        await hand.press("enter")
        await hand.sees("is not what was shown")
        desk = site.desk("m.jansen")
        assert [one.member for one in desk.change(id).votes] == ["s.berg"]


def test_only_what_others_did_to_what_is_looked_at_is_spoken_of() -> None:
    news = News(
        4,
        (
            Written("p.ng", "vote cast", ("CR-1",)),
            Written("me", "vote cast", ("CR-1",)),
            Written("k.chen", "item hold", ("sw-11",)),
            Written("a.vries", "change comment", ("CR-1",)),
        ),
    )
    assert meanwhile(news, "me", ("CR-1",)) == "Meanwhile a.vries: change comment, CR-1, and 1 more."
    assert meanwhile(news, "me", ("sw-11",)) == "Meanwhile k.chen: item hold, sw-11."
    assert meanwhile(news, "me", ("CR-2",)) == ""
    assert meanwhile(news, "me", ()) == ""

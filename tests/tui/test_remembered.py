"""Small forms on a real site: read while they are typed, completed, and kept over a crash."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.tui import program, quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.quayside import Quayside
from tui.app import CmdbApp
from tui.screens.change_dialogs import VoteDialog


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path_factory.mktemp("remembered") / "site", keys)
    made.raised()
    yield made
    made.close()


def app(site: Quayside, person: str, *start: str) -> CmdbApp:
    environ = {
        **site.keys.environ(person),
        "CMDB_SITE": str(site.site.path),
        "CMDB_PERSON": person,
        "CMDB_NOW": f"{site.clock():%Y-%m-%dT%H:%M:%SZ}",
    }
    whole = lambda: site.desk(person)  # noqa: E731 - made in the thread that asks first
    line = lambda: program.line(environ)  # noqa: E731
    return CmdbApp(site.fast(person), whole, start=start[0], subjects=start[1:], line=line)


def kept(site: Quayside, person: str, key: str) -> dict[str, str]:
    return site.desk(person).item_work.kept(key)


async def recorded(hand: Hand) -> None:
    """Open the form of an event and begin it with an item that does not exist."""
    await hand.sees("sw-11")
    await hand.press("plus")
    await hand.sees("New event", "→ complete")
    await hand.press("tab")
    await hand.type("no light")
    await hand.press("tab", "end", "space")
    await hand.type("fw-9")


async def test_an_event_is_read_while_it_is_typed_and_survives_a_crash(site: Quayside) -> None:
    async with at_work(app(site, "k.chen", "item", "sw-11")) as hand:
        await recorded(hand)
        await hand.sees("items      ×", "× There is no item 'fw-9'.")
        key = hand.app.screen.key
        await hand.until(lambda: kept(site, "k.chen", key).get("items") == "sw-11 fw-9")
    async with at_work(app(site, "k.chen", "item", "sw-11")) as hand:  # the one before was killed
        await hand.sees("sw-11")
        await hand.press("plus")
        await hand.sees("What you typed before is back.", "no light", "sw-11 fw-9")
        await hand.press("tab", "tab", "end", "backspace", "backspace", "backspace", "backspace")
        await hand.type("mai")
        await hand.sees("sw-11 mail")  # what would be completed
        await hand.press("right")
        await hand.sees("Core switch", ", service")
        assert "×" not in hand.screen
        await hand.press("tab", "end", "backspace", "backspace", "backspace")
        await hand.type("23:59")
        await hand.sees("of what may come")
        await hand.press("escape")
        await hand.sees("What you typed is lost.")
        await hand.press("n")
        await hand.sees("no light")
        await hand.press("escape")
        await hand.sees("What you typed is lost.")
        await hand.press("y")
        await hand.until(lambda: "no light" not in hand.screen)
        await hand.until(lambda: not kept(site, "k.chen", key))


async def test_a_line_that_cannot_be_read_is_gone_back_to_before_anything_is_asked(site: Quayside) -> None:
    async with at_work(app(site, "r.bakker", "item", "sw-11")) as hand:
        await recorded(hand)
        await hand.sees("× There is no item 'fw-9'.")
        await hand.press(*["tab"] * 7)
        await hand.sees("Enter: record.")
        assert "There is no item" not in hand.screen
        await hand.press("enter")
        await hand.sees("× There is no item 'fw-9'.")
        assert hand.app.focused is not None
        assert hand.app.focused.id == "items"


async def test_the_words_of_a_vote_survive_a_crash_and_are_gone_once_it_is_cast(site: Quayside) -> None:
    for turn in range(2):
        async with at_work(app(site, "m.jansen", "board")) as hand:
            await hand.sees("CR-1", "evidence")
            await hand.press("v")
            await hand.sees("Vote on CR-1", "reason")
            assert isinstance(hand.app.screen, VoteDialog)
            if not turn:
                await hand.press("r")
                await hand.type("no test")
                await hand.until(lambda: kept(site, "m.jansen", "VoteDialog Vote on CR-1"))
                continue
            await hand.sees("no test", "What you typed before is back.")
            await hand.press("r", "enter")
            await hand.sees("reject on CR-1 is signed")
            await hand.until(lambda: not kept(site, "m.jansen", "VoteDialog Vote on CR-1"))

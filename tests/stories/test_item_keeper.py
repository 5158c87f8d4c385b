"""An engineer keeps items in the app for an evening; every deed has its command."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cmdb import journal, tables_graph
from tests.tui import quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.quayside import Quayside
from tui.app import CmdbApp


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


async def line(hand: Hand, words: str = "") -> None:
    """Fill in the line with the cursor and go to the next."""
    if words:
        await hand.press("home", "shift+end", "delete")
        await hand.type(words)
    await hand.press("tab")


async def registered(hand: Hand) -> None:
    """A new balancer, by the form."""
    await hand.press("N")
    await hand.sees("Register an item")
    for words in ("lb-1", "network-device", "Balancer"):
        await line(hand, words)
    await hand.press("ctrl+s")
    await hand.sees("Will be written:")
    await hand.press("ctrl+s")
    await hand.sees("lb-1 is registered as a draft of a.vries.")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_new_balancer_is_registered_connected_confirmed_and_its_switch_changed_by_the_board(
    site: Quayside, size: tuple[int, int]
) -> None:
    app = CmdbApp(site.fast("a.vries"), lambda: site.desk("a.vries"), start="items")
    async with at_work(app, size) as hand:
        await hand.sees("sw-11")
        await registered(hand)
        for target in ("sw-11", "sw-12"):
            await hand.press("L")
            await hand.sees("Connect lb-1")
            for words in (target, "", "", "uplink"):
                await line(hand, words)
            await hand.press("ctrl+s")
            await hand.sees(f"uses {target}")
            await hand.press("ctrl+s")
            await hand.sees(f"lb-1 uses {target}. u undoes it.")
        await hand.press("m")
        await hand.sees("1 item confirmed.", "just now by a.vries")
        await hand.press("i")
        await hand.sees("if lb-1 is down")
        await hand.press("escape")
        await hand.sees("lb-1  Balancer")
        await hand.press("at")
        await hand.sees("cmdb item register lb-1", "cmdb item connect lb-1 sw-12")
        await hand.press("escape", "colon")
        await hand.type("item amend sw-11")
        await hand.press("enter")
        await hand.sees("Change sw-11", "under control")
        await line(hand)
        await line(hand, "Core switch A")
        await hand.press("ctrl+s")
        await hand.sees("A draft change request will propose:")
        await hand.press("ctrl+s")
        await hand.sees("CR-1", "draft", "e fills in")
    with site.desk("a.vries").store.read() as uow:
        needs = tables_graph.dependencies_of(uow, "lb-1")
        assert [(one.target, one.group) for one in needs] == [("sw-11", "uplink"), ("sw-12", "uplink")]
        assert tables_graph.get_item(uow, "sw-11").name == "Core switch 11"
        deeds = [one.action for one in journal.entries(uow)][-5:]
    assert deeds == ["item register", "item connect", "item connect", "item confirm", "change new"]

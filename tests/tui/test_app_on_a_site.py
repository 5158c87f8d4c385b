"""The main job by hand, in the app, on a real site: from the question to the compared baseline."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tui import quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.quayside import Quayside
from tui.app import CmdbApp


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


def app(site: Quayside, person: str, start: str = "today") -> CmdbApp:
    return CmdbApp(site.fast(person), lambda: site.desk(person), start=start)


async def approve(site: Quayside, person: str, change: str) -> None:
    async with at_work(app(site, person, "board")) as hand:
        await hand.sees(change)
        await hand.press("colon")
        await hand.type(f"vote {change}")
        await hand.press("enter")
        await hand.sees(f"Vote on {change}")
        await hand.press("a", "enter")
        await hand.sees(f"approve on {change} is signed and counted")


async def fill(hand: Hand, *fields: str) -> None:
    """Fill in a form from the field that has the focus; Enter goes to the next one."""
    for words in fields:
        if words:
            await hand.press("home", "shift+end", "delete")
            await hand.type(words)
        await hand.press("enter")


async def raise_change(site: Quayside) -> None:
    """Ask what breaks, raise a change from the answer, and take it to the board."""
    async with at_work(app(site, "r.bakker", "items"), (120, 40)) as hand:
        await hand.sees("sw-11", "4 items")
        await hand.press("end", "up", "i")
        await hand.sees("if sw-11 is down", "× outage    mail")
        await hand.sees("acme mail: 43 min left")
        await hand.press("n")
        await hand.sees("New change")
        await fill(
            hand,
            "Replace core switch 11",
            "end of support",
            "",
            "k.chen",
            "2026-11-22T23:00",
            "2026-11-23T01:00",
            "",
            "38m",
            "90m",
            "",
            "model=QFX5120 serial=?",
            "",
            "put the old one back",
            "ping matrix",
        )
        await hand.press("ctrl+s")
        await hand.sees("CR-1 is a draft", "1 item, 2 fields")
        await hand.press("s")
        await hand.sees("CR-1 is submitted", "○ submitted")
        await hand.press("a")
        await hand.sees("CR-1 is assessed", "× OUTAGE 3")
        await hand.press("r")
        await hand.sees("CR-1 is under review", "o.owner")
        assert [one.command.partition(" <<<")[0] for one in hand.app.session.acts] == [
            "cmdb change new --file -",
            "cmdb change submit CR-1",
            "cmdb change assess CR-1",
            "cmdb change refer CR-1",
        ]


async def close_and_compare(hand: Hand) -> None:
    """Record how it went, and look at what the new baseline changed."""
    await hand.press("S")
    await hand.sees("F work ends")
    await hand.press("F")
    await hand.sees("X close")
    await hand.press("X")
    await hand.sees("Close CR-1")
    await hand.press("p", "tab")
    await hand.type("40m")
    await hand.press("enter")
    await hand.sees("CR-1 is closed: as planned", "Over  1")
    await hand.press("5")
    await hand.sees("BL-000001", "BL-000000")
    await hand.press("home", "enter")
    await hand.sees("BL-000000 → BL-000001", "item sw-11")


async def test_a_change_goes_from_the_question_to_the_new_baseline(site: Quayside) -> None:
    await raise_change(site)
    for person in ("s.berg", "m.jansen", "o.owner", "k.chen"):
        await approve(site, person, "CR-1")
    async with at_work(app(site, "k.chen", "changes")) as hand:
        await hand.sees("Approved  1", "CR-1", "O check out")
        await hand.press("O")
        await hand.sees("Check CR-1 out?")
        await hand.press("y")
        await hand.sees("CR-1 is checked out until", "Checked out  1")
        await hand.press("C")
        await hand.sees("window")  # not before the window starts
        assert "CR-1" in hand.screen
        site.clock.later(hours=11)
        folder = site.site.path / "work" / "CR-1"
        (record,) = folder.rglob("sw-11.json")
        await hand.press("R")
        await hand.sees("C check in")
        await hand.press("C")
        await hand.sees("1 problem in the way; nothing is checked in yet.", "serial")
        record.write_text(
            record.read_text().replace('"model": "QFX5120"', '"model": "QFX5120",\n    "serial": "B-7"')
        )
        await hand.press("escape")
        await hand.sees("C check in")
        await hand.press("C")
        await hand.sees("Would be written", "B-7", "type CR-1 to check it in")
        assert "moved since" not in hand.screen  # what the check-out itself writes is no movement
        await hand.type("CR-2")
        await hand.press("enter")
        await hand.sees("Type CR-1: that is what is checked in.")
        await hand.press("home", "shift+end", "delete")
        await hand.type("CR-1")
        await hand.press("enter")
        await hand.sees("CR-1 is checked in: BL-000001")
        await close_and_compare(hand)


async def test_the_person_without_a_vote_is_told_by_the_guard(site: Quayside) -> None:
    site.raised()
    async with at_work(app(site, "p.ng", "board")) as hand:
        await hand.sees("─ CR-1", "evidence")
        await hand.press("v")
        await hand.sees("× To vote CR-1 is for the member")


async def test_today_of_a_board_member_leads_to_the_ballot(site: Quayside) -> None:
    site.raised()
    site.raised(quayside.PATCH, by="k.chen")
    async with at_work(app(site, "s.berg")) as hand:
        await hand.sees("Waits for my vote", "CR-2")
        await hand.press("down", "enter")
        await hand.sees("─ CR-2", "New firmware")


async def test_a_moved_request_makes_the_vote_stale_and_says_what_moved(site: Quayside) -> None:
    id = site.raised()
    desk = site.desk("s.berg")
    desk.vote(id, "approve", "", ())
    with desk.store.write() as uow:
        uow.rows("UPDATE policy SET quorum = 3 WHERE id = 'site-change'")
        uow.commit()
    async with at_work(app(site, "s.berg", "board"), (100, 30)) as hand:
        await hand.sees("▲ STALE", "▲ the rules changed", "quorum: 2 became 3")


async def test_who_is_nobody_here_may_look_but_is_refused_to_vote(site: Quayside) -> None:
    site.raised()
    async with at_work(app(site, "", "board")) as hand:
        await hand.sees("reading only", "─ CR-1", "evidence")
        await hand.press("v")
        await hand.sees("may only read")

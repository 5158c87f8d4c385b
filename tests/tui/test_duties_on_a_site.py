"""Promises and duties by key, on a real site: what is down, what is to be done, what is frozen."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cmdb import action_items, measurements
from cmdb.model import RoleGrant
from cmdb.promises import Freeze, Outage
from cmdb.work import ActionItem
from tests.tui import program, quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.quayside import Quayside
from tui.app import CmdbApp

NARROW, WIDE = (80, 24), (120, 36)


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    store = made.desk("a.vries").store
    with store.write() as uow:
        for number, role in enumerate(("service engineer", "service manager")):
            uow.add(RoleGrant(id=f"g-{number}", person="k.chen", role=role, start=quayside.NOW))
        uow.commit()
    yield made
    made.close()


def app(site: Quayside, person: str, start: str = "today", *subjects: str) -> CmdbApp:
    environ = {
        **site.keys.environ(person),
        "CMDB_SITE": str(site.site.path),
        "CMDB_PERSON": person,
        "CMDB_NOW": f"{site.clock():%Y-%m-%dT%H:%M:%SZ}",
    }
    return CmdbApp(
        site.fast(person),
        lambda: site.desk(person),
        start=start,
        subjects=subjects,
        line=lambda: program.line(environ),
    )


async def typed(hand: Hand, text: str) -> None:
    await hand.press("colon")
    await hand.type(text)
    await hand.press("enter")


def kept(site: Quayside, kind: type[Any]) -> Any:
    with site.desk("a.vries").store.read() as uow:
        return uow.all(kind)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_what_goes_down_is_recorded_by_one_key_and_ended_by_another(
    site: Quayside, size: tuple[int, int]
) -> None:
    async with at_work(app(site, "k.chen", "item", "sw-11"), size) as hand:
        await hand.sees("sw-11", "needed by")
        await hand.press("b")
        await hand.sees("sw-11 is down", "since", "record")
        await hand.type("12:40")
        await hand.press("tab", "tab", "enter")
        await hand.until(lambda: kept(site, Outage))
        await hand.press("1")
        await hand.sees("Down now", "sw-11", "began 20 min ago")
        await typed(hand, "outage list")
        await hand.sees("1 running", "out-0001", "takes mail")
        await hand.press("B")
        await hand.sees("out-0001 is up again")
        await hand.press("tab", "enter")
        await hand.sees("0 running")
        await hand.press("B")
        await hand.sees("out-0001 is over already; e corrects it.")
        assert max(len(line) for line in hand.lines) <= size[0]
    [one] = kept(site, Outage)
    began = site.clock() - timedelta(minutes=20)
    assert (one.subject, one.effect, one.started, one.ended) == ("sw-11", "outage", began, site.clock())


async def test_an_outage_is_corrected_and_the_old_one_kept(site: Quayside) -> None:
    store = site.desk("k.chen").store
    measurements.record_outage(
        store, subject="sw-11", started=site.clock() - timedelta(hours=1), actor="k.chen", at=site.clock()
    )
    async with at_work(app(site, "k.chen"), WIDE) as hand:
        await hand.sees("Down now")
        await typed(hand, "outage list")
        await hand.sees("out-0001")
        await hand.press("e")
        await hand.sees("Correct out-0001", "2026-11-22 12:00 CET")
        await hand.press("tab", "tab")
        await hand.type("2026-11-22 12:30")
        await hand.press("tab", "tab", "enter")
        await hand.sees("out-0002", "30m", "replaces out-0001")
        assert "out-0001 " not in "".join(line[:10] for line in hand.lines)
        await hand.press("right_square_bracket")
        await hand.sees("2 outages")
    old, new = sorted(kept(site, Outage), key=lambda one: one.id)
    assert (old.ended, new.ended) == (None, site.clock() - timedelta(minutes=30))
    assert (new.replaces, new.started) == (old.id, old.started)


async def test_an_action_item_goes_from_new_to_closed_by_keys(site: Quayside) -> None:
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees("Nothing waits for you")
        await hand.press("T")
        await hand.sees("New action item", "owner")
        await hand.type("Label the cables")
        await hand.press("tab", "tab")
        await hand.type("tomorrow 09:00")
        await hand.press("tab", "tab", "tab", "tab", "enter")
        await hand.sees("AI-1", "Label the cables  (initiated)", "23 Nov 09:00")
        await typed(hand, "action show AI-1")
        await hand.sees("○ initiated", "2 ways on: reviewed, declined", "due          2026-11-23 09:00 CET")
        await hand.press("S")
        await hand.sees("AI-1 is initiated; next is reviewed, declined.")
        for state in ("reviewed", "approved"):
            await hand.press("P")
            await hand.sees("AI-1: next step")
            await hand.press("tab", "tab", "tab", "enter")
            await hand.sees(f" {state}", "way")
        await hand.press("S")
        await hand.sees("▶ in progress")
        await hand.press("X")
        await hand.sees("Close AI-1")
        await hand.press("tab", "tab", "enter")
        await hand.sees("Closing needs its evidence.")
        await hand.type("photographs in the cage")
        await hand.press("tab", "tab", "enter")
        await hand.sees("Closing needs its evaluation: did it help?")
        await hand.type("nobody stumbles")
        await hand.press("tab", "enter")
        await hand.sees("● closed", "That is final.")
    [one] = kept(site, ActionItem)
    assert (one.state, one.evidence, one.owner) == ("closed", "photographs in the cage", "k.chen")


async def test_a_new_action_item_knows_what_it_is_about(site: Quayside) -> None:
    change = site.raised()
    for start, subject, words in (
        ("item", "sw-11", "concerns sw-11"),
        ("change", change, f"change:{change}"),
    ):
        async with at_work(app(site, "k.chen", start, subject)) as hand:
            await hand.sees(subject)
            await hand.until(lambda hand=hand: hand.app.screen.idle)
            await hand.press("T")
            await hand.sees("New action item", words)
            await hand.type("Look")
            await hand.press("tab", "tab", "tab", "tab", "tab", "tab", "enter")
            await hand.sees("is initiated for k.chen")
    assert [(one.origin, one.items) for one in kept(site, ActionItem)] == [
        ("person:k.chen", ("sw-11",)),
        (f"change:{change}", ()),
    ]


async def test_declining_asks_for_the_reason_and_what_is_overdue_of_others_shows(site: Quayside) -> None:
    store = site.desk("k.chen").store
    for owner in ("k.chen", "r.bakker"):
        action_items.add(
            store,
            what=f"Ask {owner}",
            owner=owner,
            due=site.clock() - timedelta(days=1),
            actor="a.vries",
            at=site.clock(),
        )
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees(
            "Ask k.chen  (OVERDUE)", "Overdue action items of others, 1", "r.bakker: Ask r.bakker"
        )
        await typed(hand, "action list")
        await hand.sees("mine   1", "AI-1")
        await hand.press("right_square_bracket", "right_square_bracket")
        await hand.sees("overdue   2")
        await hand.press("P")
        await hand.sees("AI-1: next step", "2 decline")
        await hand.press("2", "tab", "tab", "tab", "enter")
        await hand.sees("Declining an action item needs its reason.")
        await hand.sees("AI-1: next step", "▶ decline")
        await hand.press("tab", "tab")
        await hand.type("not ours")
        await hand.press("tab", "enter")
        await hand.sees("overdue   1")
    assert {one.id: (one.state, one.evaluation) for one in kept(site, ActionItem)} == {
        "AI-1": ("declined", "not ours"),
        "AI-2": ("initiated", ""),
    }


async def test_a_notice_is_marked_as_read_and_one_that_is_settled_counts_no_more(site: Quayside) -> None:
    change = site.raised()
    store = site.desk("k.chen").store
    action_items.add(store, what="Look", owner="m.jansen", actor="a.vries", at=site.clock())
    async with at_work(app(site, "m.jansen"), WIDE) as hand:
        await hand.sees("Inbox, 2 unread", f"Your vote is asked on {change}")
        await hand.press("end")
        await hand.press("l")
        await hand.sees("Inbox, 1 unread")
        await hand.press("home", "l")
        await hand.sees("Only a notice of the inbox is marked as read")
        await typed(hand, "inbox")
        await hand.sees("2 notices, 1 unread")
        await hand.press("K")
        await hand.sees("2 notices, 0 unread")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_freeze_is_declared_and_lifted_on_the_calendar(site: Quayside, size: tuple[int, int]) -> None:
    async with at_work(app(site, "k.chen", "calendar"), size) as hand:
        await hand.sees("Nothing is planned")
        await hand.press("h")
        await hand.sees("New freeze")
        await hand.type("Holiday peak")
        await hand.press("tab", "home", "shift+end", "delete")
        await hand.type("24 Dec 12:00")
        await hand.press("tab")
        await hand.type("27 Dec 12:00")
        await hand.press(*["tab"] * 8, "enter")
        await hand.sees("Thursday 24 December", "12:00 +3d", "Holiday peak; everything", "freeze")
        [freeze] = kept(site, Freeze)
        await hand.press("home", "Z")
        await hand.sees(f"Lift {freeze.id}")
        await hand.press("y")
        await hand.sees("Nothing is planned")
    assert kept(site, Freeze) == ()


async def test_a_window_is_typed_over_the_one_that_stands_there(site: Quayside) -> None:
    async with at_work(app(site, "k.chen", "impact", "sw-11"), WIDE) as hand:
        await hand.sees("if sw-11 is down", "mail")
        await hand.press("I")
        await hand.sees("tonight 22:00 2h")
        await hand.type("tomorrow 06:00 4h")
        await hand.press("enter")
        await hand.sees("sw-11  2026-11-23 06:00 to 10:00 CET", "acme mail: expected 240")
        await hand.press("I")
        await hand.type("soon")
        await hand.press("enter")
        await hand.sees("'soon' is not a start and a length.", "tomorrow 06:00 4h")


async def test_a_window_that_runs_already_says_so_and_goes_into_a_new_change(site: Quayside) -> None:
    async with at_work(app(site, "k.chen", "impact", "sw-11"), WIDE) as hand:
        await hand.sees("if sw-11 is down", "mail")
        await hand.press("I")
        await hand.sees("tonight 22:00 2h")
        await hand.type("12:30 2h")
        await hand.press("enter")
        await hand.sees("2026-11-22 12:30 to 14:30 CET", "runs already")
        await hand.press("n")
        await hand.sees("New change", "2026-11-22 12:30", "+2h", "expected    2h", "at worst    2h")


async def test_a_promise_shows_what_is_left_and_what_hit_it(site: Quayside) -> None:
    start = site.clock() - timedelta(minutes=40)
    measurements.record_outage(
        site.desk("k.chen").store, subject="sw-11", started=start, actor="k.chen", at=site.clock()
    )
    async with at_work(app(site, "k.chen"), WIDE) as hand:
        await hand.sees("Promises at risk", "mail: ")
        await typed(hand, "agreement list")
        await hand.sees("acme", "left …", "Nov 2026")
        await hand.press("enter")
        await hand.sees("What is left", "Outages", "sw-11", "took mail", "customer   acme")

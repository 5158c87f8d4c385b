"""Better moments by key, on a real site: ranked while a duration is typed, taken with Enter."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from ccb import requests
from ccb.model import ChangeRequest, ProposedChange
from cmdb.model import Party
from cmdb.promises import Freeze
from tests.ccb.quay import SWAP
from tests.tui import program, quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.quayside import Quayside
from tui.app import CmdbApp
from tui.duty_source import MomentList, Wanted
from tui.screens.impact import ImpactPage
from tui.screens.moments import BetterMoments

NARROW, WIDE = (80, 24), (120, 36)
SIZES = pytest.mark.parametrize("size", [NARROW, WIDE])


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


def app(site: Quayside, person: str, start: str, *subjects: str) -> CmdbApp:
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


def frozen(site: Quayside, start: datetime, end: datetime, title: str = "Peak") -> None:
    with site.desk("a.vries").store.write() as uow:
        uow.add(Freeze(id="fr-1", title=title, start=start, end=end))
        uow.commit()


def fits(hand: Hand, size: tuple[int, int]) -> None:
    assert max(len(line) for line in hand.lines) <= size[0]
    assert "Esc leave" in hand.screen
    assert "╰" in hand.screen


@SIZES
async def test_moments_are_ranked_while_a_duration_is_typed_and_enter_asks_what_fails_then(
    site: Quayside, size: tuple[int, int]
) -> None:
    frozen(site, quayside.NOW - timedelta(hours=1), quayside.NOW + timedelta(days=2))
    async with at_work(app(site, "k.chen", "item", "sw-11"), size) as hand:
        await hand.sees("sw-11", "needed by")
        await hand.press("W")
        await hand.sees("A better moment for sw-11", "Type how long it takes")
        await hand.type("10m")
        await hand.sees("at once: Sun 22 Nov 13:00 CET, not possible", "Agreed windows", "● kept")
        await hand.sees("takes from acme mail: at worst 5 of", "none agreed")
        fits(hand, size)
        await hand.press(*["down"] * 12)
        await hand.sees("Not possible", "freeze fr-1: Peak")
        await hand.type("x")
        await hand.sees("'10mx' is no duration.")
        assert "● kept" not in hand.screen
        await hand.press("backspace")
        await hand.sees("● kept")
        await hand.press("tab")
        await hand.type("5m")
        await hand.sees("At worst it takes no less than expected.")
        await hand.press("home", "1")
        await hand.sees("takes from acme mail: at worst")
        first = hand.screen
        await hand.press("down")
        await hand.until(lambda: hand.screen != first)
        await hand.press("up", "enter")
        await hand.until(lambda: isinstance(hand.app.screen, ImpactPage))
        page = hand.app.screen
        assert isinstance(page, ImpactPage)
        assert page.window.startswith("2026-11-30 23:")
        assert page.window.endswith(" 15m")
        await hand.sees("sw-11", "2026-11-30 23:", "OUTAGE", "min left")


@SIZES
async def test_what_is_taken_on_the_impact_page_goes_into_the_new_change(
    site: Quayside, size: tuple[int, int]
) -> None:
    async with at_work(app(site, "r.bakker", "impact", "sw-11"), size) as hand:
        await hand.sees("if sw-11 is down", "OUTAGE")
        await hand.press("W")
        await hand.sees("A better moment for sw-11")
        await hand.type("10m")
        await hand.press("tab")
        await hand.type("20m")
        await hand.sees("takes from acme mail")
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.app.screen, ImpactPage) and hand.app.screen.window)
        await hand.sees("min left")
        await hand.press("n")
        await hand.sees("New change", "ctrl+t better moment")
        assert "Esc leave …" not in hand.screen
        await hand.type("Swap it")
        hand.app.screen.query_one("#item-0", Input).value = "model=X"
        await hand.press("ctrl+s")
        await hand.sees("CR-1", "draft")
    with site.desk("r.bakker").store.read() as uow:
        [made] = uow.all(ChangeRequest)
    assert made.window is not None
    assert made.down is not None
    assert (made.window.end - made.window.start, made.down.expected, made.down.worst) == (
        timedelta(minutes=20),
        600,
        1200,
    )


@SIZES
async def test_the_form_keeps_the_length_of_its_window_and_takes_the_moment(
    site: Quayside, size: tuple[int, int]
) -> None:
    frozen(site, quayside.NOW, quayside.NOW + timedelta(days=1))
    async with at_work(app(site, "r.bakker", "item", "sw-11"), size) as hand:
        await hand.sees("sw-11", "needed by")
        await hand.press("n")
        await hand.sees("New change")
        await hand.type("Swap it")
        for _ in range(4):
            await hand.press("tab")
        await hand.type("22:00")
        await hand.press("tab")
        await hand.type("+2h")
        await hand.press("ctrl+t")
        await hand.sees("A better moment for sw-11")
        await hand.type("10m")
        await hand.sees("as asked for: Sun 22 Nov 22:00 CET, not possible")
        fits(hand, size)
        await hand.press("enter")
        await hand.sees("The window is that of the moment")
        hand.app.screen.query_one("#item-0", Input).value = "model=X"
        await hand.press("ctrl+s")
        await hand.sees("CR-1", "draft")
    with site.desk("r.bakker").store.read() as uow:
        [made] = uow.all(ChangeRequest)
    assert made.window is not None
    assert made.down is not None
    assert made.window.start >= quayside.NOW + timedelta(days=1)
    assert made.window.end - made.window.start == timedelta(hours=2)
    assert (made.down.items, made.down.expected, made.down.worst) == (("sw-11",), 600, 600)


@SIZES
async def test_a_request_under_review_is_moved_only_after_a_question(
    site: Quayside, size: tuple[int, int]
) -> None:
    id = site.raised()
    frozen(site, quayside.TONIGHT.start, quayside.TONIGHT.end)
    async with at_work(app(site, "r.bakker", "change", id), size) as hand:
        await hand.sees(id, "under review")
        await hand.press("W")
        await hand.sees(f"A better moment for {id}", "38m", "1h30m", "as asked for", "not possible")
        fits(hand, size)
        await hand.press("enter")
        await hand.sees(f"Edit {id}", "edit")
        await hand.press("right", "enter")
        await hand.sees("ctrl+t better moment")
        await hand.press("ctrl+s")
        await hand.sees("is a draft with the new content")
    with site.desk("r.bakker").store.read() as uow:
        moved = requests.find(uow, id)
    assert moved.state == "draft"
    assert moved.window is not None
    assert moved.window != quayside.TONIGHT
    assert moved.window.end - moved.window.start == timedelta(hours=2)


async def test_a_request_that_takes_nothing_down_is_told_so(site: Quayside) -> None:
    id = site.raised(quayside.PATCH, to="draft")
    async with at_work(app(site, "r.bakker", "change", id)) as hand:
        await hand.sees(id, "draft")
        await hand.press("W")
        await hand.sees("takes nothing down, so any moment is as good.")


async def test_marked_items_are_looked_at_together_and_the_colon_line_leads_there(site: Quayside) -> None:
    async with at_work(app(site, "k.chen", "items"), WIDE) as hand:
        await hand.sees("sw-11")
        await hand.press("space", "space", "W")
        await hand.until(lambda: isinstance(hand.app.screen, BetterMoments))
        marked = hand.app.screen._given.items  # type: ignore[attr-defined]
        assert len(marked) == 2
        await hand.sees(f"A better moment for {marked[0]}, {marked[1]}")
        await hand.press("escape")
        await hand.press("colon")
        await hand.type("better-moment sw-11 sw-12")
        await hand.press("enter")
        await hand.sees("A better moment for sw-11, sw-12")


async def test_it_says_from_when_on_earlier_work_makes_it_harmless_and_why_equals_stand_as_they_do(
    site: Quayside,
) -> None:
    apart = ProposedChange(
        record="dependency", id="mail-app", operation="disconnect", target="sw-11", kind="uses"
    )
    id = site.raised(SWAP.but(changes=(apart,)), to="submitted")
    with site.desk("a.vries").store.write() as uow:
        uow.replace(requests.find(uow, id).but(state="approved"))
        uow.commit()
    async with at_work(app(site, "k.chen", "item", "sw-11"), NARROW) as hand:
        await hand.sees("sw-11", "needed by")
        await hand.press("W")
        await hand.type("10m")
        await hand.sees("● kept", "nothing", "no promise is touched", f"{id}: no service hit")
        await hand.press("down")
        await hand.sees("as good as the one above, which is", "earlier")
        await hand.press(*["down"] * 12)
        await hand.sees("What changes", f"on, after {id}: no service hit.")
        fits(hand, NARROW)


@SIZES
async def test_where_no_moment_is_possible_it_says_why_and_takes_none(
    site: Quayside, size: tuple[int, int]
) -> None:
    frozen(site, quayside.NOW - timedelta(days=1), quayside.NOW + timedelta(days=60))
    async with at_work(app(site, "k.chen", "item", "sw-11"), size) as hand:
        await hand.sees("sw-11", "needed by")
        await hand.press("W")
        await hand.sees("A better moment")
        await hand.type("2h")
        await hand.sees("No start in the next 30 days is possible: freeze fr-1")
        fits(hand, size)
        await hand.press("enter")
        await hand.sees("There is no moment to take.")


@SIZES
async def test_hostile_names_stay_what_they_are(site: Quayside, size: tuple[int, int]) -> None:
    nasty = "[bold red]\x1b[2J\u202ereversed[/] " + "W" * 90
    frozen(site, quayside.NOW, quayside.NOW + timedelta(days=2), title=nasty.replace("\x1b", ""))
    with site.desk("a.vries").store.write() as uow:
        uow.replace(uow.get(Party, "acme").but(name="[link=x]ACME[/link]"))
        uow.commit()
    async with at_work(app(site, "k.chen", "item", "sw-11"), size) as hand:
        await hand.sees("sw-11", "needed by")
        await hand.press("W")
        await hand.type("10m")
        await hand.sees("● kept", "[bold", "red][2J", "reversed[/]")
        fits(hand, size)
        assert "\u202e" not in hand.screen


async def test_only_the_last_thing_typed_is_shown_and_one_search_runs_at_a_time(site: Quayside) -> None:
    gate, asked, running, most = threading.Event(), [], [0], [0]
    desk = site.desk("k.chen")
    real = desk.duties.better_moments

    def slowly(wanted: Wanted) -> MomentList:
        asked.append(wanted.expected)
        running[0] += 1
        most[0] = max(most[0], running[0])
        gate.wait(10)
        running[0] -= 1
        return real(wanted)

    desk.duties.better_moments = slowly  # type: ignore[method-assign]
    made = CmdbApp(site.fast("k.chen"), lambda: desk, start="item", subjects=("sw-11",))
    async with at_work(made) as hand:
        await hand.sees("sw-11", "needed by")
        await hand.press("W")
        await hand.type("1m")
        await hand.sees("Looking for better moments…")
        await hand.press("backspace", "5")
        await hand.press("m")
        await hand.press("enter")
        assert isinstance(hand.app.screen, BetterMoments)
        gate.set()
        await hand.sees("● kept", "15m")
        assert (asked[0], asked[-1], most) == ("1m", "15m", [1])

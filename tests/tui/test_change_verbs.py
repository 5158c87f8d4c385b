"""Everything that is done with a change request, by hand, in the app, on a real site."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baselines import checkout
from ccb import requests
from ccb.ballot import Policy
from cmdb import action_items, tables_graph
from tests.tui import quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.program import line
from tests.tui.quayside import SWAP, TONIGHT, Quayside
from tui.app import CmdbApp


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


def app(site: Quayside, person: str, *, change: str = "CR-1") -> CmdbApp:
    """The app with its command line, on the page of a change."""
    environ = {
        **site.keys.environ(person),
        "CMDB_SITE": str(site.site.path),
        "CMDB_PERSON": person,
        "CMDB_NOW": f"{site.clock():%Y-%m-%dT%H:%M:%SZ}",
        "XDG_STATE_HOME": str(site.site.path / "state"),
    }
    return CmdbApp(
        site.fast(person),
        lambda: site.desk(person),
        start="change",
        subjects=(change,),
        line=lambda: line(environ),
    )


def state(site: Quayside, id: str = "CR-1") -> str:
    with site.desk("a.vries").store.read() as uow:
        return requests.find(uow, id).state


def approved(site: Quayside, **more: Any) -> str:
    id = site.raised(SWAP.but(**more) if more else SWAP)
    for person in ("s.berg", "m.jansen", "o.owner", "k.chen"):
        if state(site, id) == "under review":
            site.desk(person).vote(id, "approve", "", ())
    assert state(site, id) == "approved"
    return id


async def everything(hand: Hand, words: str) -> None:
    """Do what the `x` menu has under these words."""
    await hand.press("x")
    await hand.sees("Everything that can be done")
    await hand.type(words)
    await hand.press("enter")


async def test_a_draft_is_edited_in_its_own_form_and_cloned(site: Quayside) -> None:
    site.raised(to="draft")
    async with at_work(app(site, "r.bakker"), (100, 30)) as hand:
        await hand.sees("CR-1", "1 item, 2 fields")
        await hand.press("e")
        await hand.sees(
            "Edit CR-1", "Replace core switch sw-11", "2026-11-22 23:00", "model=QFX5120 serial=?"
        )
        await hand.press("end")
        await hand.type(" tonight")
        await hand.press("ctrl+s")
        await hand.sees("CR-1 is a draft with the new content", "sw-11 tonight")
        await everything(hand, "clone")
        await hand.sees("CR-2", "○ draft", "sw-11 tonight")


async def test_a_form_names_the_line_that_is_wrong_with_the_whole_remedy(site: Quayside) -> None:
    site.raised(to="draft")
    async with at_work(app(site, "r.bakker")) as hand:
        await hand.sees("CR-1", "1 item, 2 fields")
        await hand.press("e")
        await hand.sees("Edit CR-1")
        await hand.press(*["tab"] * 4, "home", "shift+end", "delete")
        await hand.type("someday")
        await hand.press("ctrl+s")
        await hand.sees("Nothing was written: 1 problem.", "× start: 'someday'", "2026-11-22T22:00:00Z")
        assert hand.app.focused is not None
        assert hand.app.focused.id == "start"


async def test_an_edit_of_what_lies_before_the_board_says_that_votes_go_stale(site: Quayside) -> None:
    site.raised()
    async with at_work(app(site, "r.bakker")) as hand:
        await hand.sees("CR-1", "under review")
        await hand.press("e")
        await hand.sees("CR-1 is under review. An edit makes it a draft again", "go stale", "▶ Cancel")
        await hand.press("enter")
        await hand.until(lambda: "go stale" not in hand.screen)
        await hand.press("e")
        await hand.sees("go stale")
        await hand.press("y")
        await hand.sees("Edit CR-1")
        await hand.press("ctrl+s")
        await hand.sees("CR-1 is a draft with the new content")
    assert state(site) == "draft"


async def test_what_moved_is_settled_value_by_value(site: Quayside) -> None:
    id = site.raised(to="draft")
    with site.desk("a.vries").store.write() as uow:
        item = tables_graph.get_item(uow, "sw-11")
        tables_graph.put_item(uow, item.but(characteristics={"model": "EX4300", "serial": "A7"}))
        uow.commit()
    async with at_work(app(site, "r.bakker")) as hand:
        await hand.sees("conflict", "was empty, is EX4300, wanted QFX5120")
        await everything(hand, "settle")
        await hand.sees("Settle CR-1", "1 of 2", "original  empty", "proposed  QFX5120", "current  EX4300")
        await hand.press("enter")
        await hand.sees("Choose first")
        await hand.press("p", "enter")
        await hand.sees("2 of 2", "current  A7")
        await hand.press("c", "enter")
        await hand.sees("CR-1 is settled, and a draft again")
    with site.desk("a.vries").store.read() as uow:
        [change] = requests.find(uow, id).changes
    assert (dict(change.exact), change.open, change.seen["model"]) == ({"model": "QFX5120"}, (), "EX4300")


async def test_a_vote_says_what_it_brings_about_and_is_taken_back(site: Quayside) -> None:
    site.raised()
    site.desk("s.berg").vote("CR-1", "approve", "", ())
    async with at_work(app(site, "o.owner")) as hand:
        await hand.sees("CR-1", "consent of")
        await hand.press("v")
        await hand.sees("Vote on CR-1", "impact     ")
        await hand.press("r")
        await hand.sees("This loses the ballot at once: CR-1 is rejected, for good.")
        await hand.press("a", "enter")
        await hand.sees("'a' says nothing. Shift+Tab goes back to the vote.")
        await hand.press("backspace", "shift+tab", "a")
        await hand.until(lambda: "loses the ballot" not in hand.screen)
        await hand.press("enter")
        await hand.sees("approve on CR-1 is signed and counted")
        await everything(hand, "withdraw vote")
        await hand.sees("Your vote is taken back", "▶ Cancel")
        await hand.press("y")
        await hand.sees("still to vote: a.vries, k.chen, m.jansen, o.owner")


async def test_a_condition_blocks_what_the_voter_says_and_the_guard_names_it(site: Quayside) -> None:
    site.raised()
    for person in ("s.berg", "o.owner", "k.chen"):
        site.desk(person).vote("CR-1", "approve", "", ())
    async with at_work(app(site, "m.jansen")) as hand:
        await hand.sees("CR-1", "missing")
        await hand.press("v")
        await hand.sees("Vote on CR-1")
        await hand.press("c")
        await hand.sees("▶ they block closing", "This completes the ballot")
        await hand.type("a spare is on site")
        await hand.press("tab", "right", "enter")
        await hand.sees("approve with conditions on CR-1 is signed and counted")
        await hand.sees("condition", "m.jansen: before check-out: a spare is on site")
    with site.desk("a.vries").store.read() as uow:
        [item] = action_items.listed(uow, origin="change:CR-1")
    assert (item.what, item.blocks) == ("before check-out: a spare is on site", "check-out")
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees("CR-1", "approved")
        await hand.press("O")
        await hand.sees(f"Approved on conditions that are not met yet: {item.id}.")


async def test_the_chair_defers_takes_up_again_and_decides(site: Quayside) -> None:
    site.raised()
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("CR-1", "missing")
        await everything(hand, "defer")
        await hand.sees("Defer CR-1")
        await hand.press("enter", "enter", "enter")
        await hand.sees("Say when it comes back.")
        await hand.type("+14d\tasked the maker")
        await hand.press("enter", "enter")
        await hand.sees("put off until", "by a.vries: asked the maker")
        await everything(hand, "resume")
        await hand.sees("CR-1 is submitted again.")
        await hand.press("a")
        await hand.sees("CR-1 is assessed")
        await hand.press("r")
        await hand.sees("CR-1 is under review")
        await hand.press("D")
        await hand.sees("counts them as absent: CR-1", "becomes rejected, for good", "Missing: ")
        await hand.press("enter", "y", "enter")
        await hand.sees("CR-1 is rejected.")


async def test_a_requirement_is_set_aside_where_the_policy_allows_it(site: Quayside) -> None:
    with site.desk("a.vries").store.write() as uow:
        rule = uow.get(Policy, "site-change")
        uow.replace(rule.but(overridable={"consent": "chair"}))
        uow.commit()
    site.raised()
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("CR-1", "consent of")
        await everything(hand, "override")
        await hand.sees("Override on CR-1", "▶ consent k.chen", "consent o.owner")
        await hand.press("right", "enter")
        await hand.type("on holiday, spoke for it by phone")
        await hand.press("enter", "y", "enter")
        await hand.sees("overridden", "consent of")
    async with at_work(app(site, "s.berg")) as hand:
        await hand.sees("CR-1", "overridden")
        await everything(hand, "override")
        await hand.sees("Override on CR-1")


async def test_work_takes_longer_and_the_lease_is_renewed_taken_over_and_given_back(site: Quayside) -> None:
    approved(site)
    site.clock.now = TONIGHT.start
    desk = site.desk("k.chen")
    desk.check_out("CR-1")
    requests.start(desk.store, "CR-1", actor="k.chen", at=site.clock())
    async with at_work(app(site, "k.chen"), (100, 30)) as hand:
        await hand.sees("CR-1", "checked out", "serial of sw-11, in items/sw-11.json")
        await everything(hand, "takes longer")
        await hand.sees("Extend CR-1")
        await hand.type("+3h")
        await hand.press("enter", "enter", "enter")
        await hand.sees(
            "CR-1 goes on until", "down 2h30m at worst", "× breach in the worst case: acme-mail", "Told: "
        )
        await hand.press("escape")
        await everything(hand, "renew")
        await hand.sees("CR-1 is renewed until")
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("CR-1", "checked out")
        await everything(hand, "take over")
        await hand.sees("Take over CR-1", "▶ Cancel")
        await hand.type("k.chen is ill")
        await hand.press("enter", "y", "enter")
        await hand.sees("CR-1 is taken over until")
        await everything(hand, "give back")
        await hand.press("y")
        await hand.sees("CR-1 is given back")
    assert state(site) == "approved"


async def test_a_change_under_way_is_backed_out(site: Quayside) -> None:
    approved(site)
    async with at_work(app(site, "k.chen")) as hand:
        await hand.press("O", "y")
        await hand.sees("CR-1 is checked out until")
        await everything(hand, "back out")
        await hand.sees("Back out CR-1", "Nothing was checked in", "▶ Cancel")
        await hand.type("the new switch is dead")
        await hand.press("enter", "enter", "y", "enter")
        await hand.sees("CR-1 is backed out")
    assert state(site) == "backed out"


async def test_what_moved_since_the_decision_is_confirmed_by_the_chair(site: Quayside) -> None:
    approved(site)
    with site.desk("a.vries").store.write() as uow:
        tables_graph.put_item(uow, tables_graph.get_item(uow, "sw-11").but(owner="p.ng"))
        uow.commit()
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees("moved", "p.ng is asked as well")
        await hand.press("O")
        await hand.sees("Since the decision this moved")
    async with at_work(app(site, "a.vries")) as hand:
        await hand.sees("moved")
        await everything(hand, "confirm")
        await hand.sees("Confirm CR-1", "the decision holds", "▶ Cancel")
        await hand.press("enter", "y", "enter")
        await hand.until(lambda: "moved" not in hand.screen)
    checkout.check_out(site.desk("k.chen").library, "CR-1", actor="k.chen", at=site.clock())


async def test_check_in_starts_on_cancel_shows_what_was_left_and_takes_the_number(site: Quayside) -> None:
    approved(site)
    site.clock.now = TONIGHT.start
    with site.desk("a.vries").store.write() as uow:
        item = tables_graph.get_item(uow, "sw-11")
        assert not item.characteristics
    desk = site.desk("k.chen")
    desk.check_out("CR-1")
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees("CR-1", "checked out")
        await hand.press("C")
        await hand.sees("1 problem in the way", "the open field 'serial' is not filled in")
        await hand.press("escape")
        [record] = (site.site.path / "work" / "CR-1").rglob("sw-11.json")
        record.write_text(record.read_text().replace('"QFX5120"', '"QFX5120",\n    "serial": "B-7"'))
        await hand.press("C")
        await hand.sees("Would be written", "▶ Cancel")
        await hand.press("enter")
        await hand.until(lambda: "Would be written" not in hand.screen)
        await hand.press("C")
        await hand.sees("▶ Cancel", "type CR-1 to check it in")
        await hand.type("CR-1")
        await hand.press("enter")
        await hand.sees("CR-1 is checked in: BL-000001")


def started(site: Quayside, start: str) -> CmdbApp:
    return CmdbApp(site.fast("r.bakker"), lambda: site.desk("r.bakker"), start=start)


async def test_what_is_typed_into_a_new_change_survives_a_crash_and_is_lost_only_after_a_question(
    site: Quayside,
) -> None:
    async with at_work(started(site, "changes")) as hand:
        await hand.sees("No change has been requested yet")
        await hand.press("n")
        await hand.sees("New change")
        await hand.type("More memory")
        await hand.until(lambda: site.desk("r.bakker").item_work.kept("new change"))
    async with at_work(started(site, "changes")) as hand:
        await hand.sees("No change has been requested yet")
        await hand.press("n")
        await hand.sees("More memory", "What you typed before is back.")
        await hand.press("escape")
        await hand.sees("Leave the form? What you typed is lost.", "▶ Cancel")
        await hand.press("enter")
        await hand.until(lambda: "Leave the form?" not in hand.screen)
        await hand.press("escape")
        await hand.sees("▶ Cancel")
        await hand.press("y")
        await hand.until(lambda: "New change" not in hand.screen)
        await hand.until(lambda: not site.desk("r.bakker").item_work.kept("new change"))
        await hand.press("n")
        await hand.sees("New change", "what is done, in one line")


async def test_an_emergency_is_raised_in_the_form_which_leads_to_a_fault(site: Quayside) -> None:
    async with at_work(started(site, "items")) as hand:
        await hand.sees("sw-12")
        await hand.press("home", "n")
        await hand.sees("New change", "normal, or emergency")
        await hand.type("Gate is shut")
        await hand.press("tab", "tab")
        await hand.type("emergncy")
        await hand.press("ctrl+s")
        await hand.sees("'emergncy' is neither normal nor emergency")
        assert hand.app.focused is not None
        assert hand.app.focused.id == "kind"
        await hand.press("ctrl+u")
        await hand.type("emergency")
        await hand.press(*["tab"] * 9)
        await hand.type("add sw-77 name=Gate")
        await hand.press("ctrl+s")
        await hand.sees("'owner' is missing", "'criterion' is missing")
        assert hand.app.focused is not None
        assert hand.app.focused.id == "others"
        await hand.press("ctrl+u")
        await hand.type("retire mail")
        await hand.press("ctrl+s")
        await hand.sees("Change", "CR-1", "emergency")
    with site.desk("a.vries").store.read() as uow:
        assert requests.find(uow, "CR-1").kind == "emergency"


async def test_a_form_saved_twice_while_the_database_is_busy_writes_once(site: Quayside) -> None:
    desk = site.desk("r.bakker")
    async with at_work(started(site, "items")) as hand:
        await hand.sees("sw-12")
        await hand.press("home", "n")
        await hand.sees("New change")
        await hand.type("More memory")
        await hand.press(*["tab"] * 10)
        await hand.type("model=X9")
        with desk.store.write():
            await hand.press("ctrl+s")
            await hand.sees("Writing the draft")
            await asyncio.sleep(0.3)
            await hand.press("ctrl+s", "ctrl+s")
            await asyncio.sleep(0.3)
        await hand.sees("CR-1")
        await hand.until(lambda: "New change" not in hand.screen)
    with desk.store.read() as uow:
        assert [one.title for one in requests.listed(uow)] == ["More memory"]


async def test_the_vote_that_stands_already_is_not_signed_again(site: Quayside) -> None:
    site.raised(SWAP)
    async with at_work(app(site, "m.jansen")) as hand:
        await hand.sees("CR-1", "under review")
        for said in ("approve on CR-1 is signed and counted", "approve on CR-1 stands already"):
            await hand.press("v")
            await hand.sees("Vote on CR-1")
            await hand.press("a", "enter")
            await hand.sees(said)
            await hand.sees("approve m.jansen")

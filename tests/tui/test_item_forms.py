"""Forms about items in the app, on a real site: checked while typed, looked at, written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cmdb import items, tables_graph
from cmdb.model import Dependency, Item
from tests.tui import quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.quayside import NOW, Quayside
from tui.app import CmdbApp

HOSTILE = "app \u202e[b]x[/b] 機械"
SIZES = [(80, 24), (120, 36)]


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    store = made.desk("a.vries").store
    for id, name, model in (("app-1", "Ordering", {}), ("app-2", HOSTILE, {"version": "1"})):
        item = Item(id=id, type="application", name=name, owner="a.vries", characteristics=model)
        items.register(store, item, actor="a.vries", at=NOW)
    items.connect(store, Dependency(source="app-1", target="sw-11"), actor="a.vries", at=NOW)
    yield made
    made.close()


def app(site: Quayside, person: str = "a.vries", *subjects: str) -> CmdbApp:
    start = "item" if subjects else "items"
    return CmdbApp(site.fast(person), lambda: site.desk(person), start=start, subjects=subjects)


def stored(site: Quayside, id: str) -> Item | None:
    with site.desk("a.vries").store.read() as uow:
        return tables_graph.find_item(uow, id)


async def fill(hand: Hand, *fields: str) -> None:
    """Fill in the lines from the one with the cursor; an empty word leaves a line as it is."""
    for words in fields:
        if words:
            await hand.press("home", "shift+end", "delete")
            await hand.type(words)
        await hand.press("tab")


@pytest.mark.parametrize("size", SIZES)
async def test_an_item_is_registered_line_by_line_looked_at_and_written(
    site: Quayside, size: tuple[int, int]
) -> None:
    async with at_work(app(site), size) as hand:
        await hand.sees("app-1")
        await hand.press("N")
        await hand.sees("Register an item", "required", "one is made from its type")
        await fill(hand, "db-7", "database", "Orders")
        await hand.sees("version", "recommended", "supplier")
        await hand.press("ctrl+s")
        await hand.sees(
            "Will be written:", "item db-7  register", "Recommended for database and empty: version"
        )
        assert stored(site, "db-7") is None
        await hand.press("ctrl+s")
        await hand.sees("db-7 is registered as a draft of a.vries.", "Orders")
        made = stored(site, "db-7")
        assert made is not None
        assert (made.type, made.name, made.owner) == ("database", "Orders", "a.vries")
        assert max(len(line) for line in hand.lines) <= size[0]


async def test_an_id_is_made_from_the_type_when_none_is_given(site: Quayside) -> None:
    async with at_work(app(site)) as hand:
        await hand.sees("app-1")
        await hand.press("N")
        await hand.sees("Register an item")
        await fill(hand, "", "server", "Build host")
        await hand.press("ctrl+s")
        await hand.sees("its id is made when it is saved")
        await hand.press("ctrl+s")
        await hand.sees("ser-0001 is registered")


async def test_a_wrong_line_says_the_rules_own_sentence_where_the_cursor_is(site: Quayside) -> None:
    async with at_work(app(site)) as hand:
        await hand.sees("app-1")
        await hand.press("N")
        await hand.sees("Register an item")
        await hand.type("sw-11")
        await hand.sees("× The item 'sw-11' exists already.", "× id")
        await hand.press("home", "shift+end", "delete")
        await hand.type("Nonsense")
        await hand.sees("× Item 'Nonsense' is no id: use small letters")
        await hand.press("tab")
        await hand.until(lambda: "is no id" not in hand.screen and "1 line marked ×" in hand.screen)
        await hand.type("sorver")
        await hand.sees("× There is no item type 'sorver'.")
        await hand.press("ctrl+s")
        await hand.sees("is no id")
        assert "Will be written" not in hand.screen


async def test_a_person_is_completed_and_an_unknown_one_is_refused(site: Quayside) -> None:
    async with at_work(app(site, "a.vries", "app-1")) as hand:
        await hand.sees("Ordering", "history")
        await hand.press("e")
        await hand.sees("Change app-1")
        await hand.press("tab", "tab", "home", "shift+end", "delete")
        await hand.type("k.c")
        await hand.sees("k.chen")
        await hand.sees("× The owner 'k.c' is not a registered person.")
        await hand.press("right")
        await hand.until(lambda: "not a registered person" not in hand.screen)
        await hand.press("ctrl+s")
        await hand.sees("owner", "a.vries → k.chen")
        await hand.press("ctrl+s")
        await hand.sees("app-1 is changed.")
        assert stored(site, "app-1").owner == "k.chen"  # type: ignore[union-attr]


@pytest.mark.parametrize("size", SIZES)
async def test_an_item_under_control_is_never_written_its_edit_is_drafted_for_the_board(
    site: Quayside, size: tuple[int, int]
) -> None:
    before = stored(site, "sw-11")
    async with at_work(app(site, "r.bakker", "sw-11"), size) as hand:
        await hand.sees("Core switch 11")
        await hand.press("e")
        await hand.sees("◆ sw-11 is under control (baselined): this drafts a change request.")
        for _ in range(40):
            if hand.app.screen._here().blank.name == "set:model":  # type: ignore[attr-defined]
                break
            await hand.press("tab")
        await hand.type("QFX5120")
        await hand.press("tab")
        await hand.type("?")
        await hand.press("ctrl+s")
        await hand.sees("A draft change request will propose:", "QFX5120", "(known afterwards)")
        await hand.press("ctrl+s")
        await hand.sees("CR-1", "○ draft", "CR-1 is drafted with it: under control, the board decides.")
    assert stored(site, "sw-11") == before


async def test_a_connection_is_written_undone_and_taken_away(site: Quayside) -> None:
    async with at_work(app(site, "a.vries", "app-2"), (120, 36)) as hand:
        await hand.sees("app-2")
        await hand.press("L")
        await hand.sees("Connect app-2", "the one it needs")
        await hand.type("nothing-there")
        await hand.sees("× There is no item 'nothing-there'.")
        await hand.press("home", "shift+end", "delete")
        await hand.type("sw-12")
        await hand.press("ctrl+s")
        await hand.sees("uses sw-12", "hard")
        await hand.press("ctrl+s")
        await hand.sees("app-2 uses sw-12. u undoes it.")
        await hand.press("u")
        await hand.sees("app-2 no longer uses sw-12.")
    async with at_work(app(site, "a.vries", "app-1")) as hand:
        await hand.sees("sw-11")
        await hand.press("down", "U")
        await hand.sees("Disconnect app-1")
        await hand.press("ctrl+s")
        await hand.sees("uses sw-11")
        await hand.press("ctrl+s")
        await hand.sees("app-1 no longer uses sw-11.")


async def test_a_hold_is_placed_lifted_and_undone_with_one_key(site: Quayside) -> None:
    async with at_work(app(site, "a.vries", "app-1")) as hand:
        await hand.sees("Ordering")
        await hand.press("z")
        await hand.sees("Put app-1 on hold")
        await fill(hand, "+2d", "migration")
        await hand.press("ctrl+s")
        await hand.sees("hold", "2026-11-24")
        await hand.press("ctrl+s")
        await hand.sees("app-1 is on hold until")
        await hand.press("e")
        await hand.sees("Change app-1")
        await hand.press("tab")
        await hand.type("x")
        await hand.press("ctrl+s")
        await hand.sees("app-1 is on hold by a.vries")
        await hand.press("escape")
        await hand.sees("Leave the form?")
        await hand.press("y")
        await hand.sees("history  changes")
        await hand.press("z")
        await hand.sees("app-1 is on hold no more. u undoes it.")
        await hand.press("u")
        await hand.sees("app-1 is on hold until")


async def test_what_was_typed_survives_a_crash_and_is_asked_about_before_it_is_lost(site: Quayside) -> None:
    async with at_work(app(site, "a.vries", "app-1")) as hand:
        await hand.sees("Ordering")
        await hand.press("e")
        await hand.sees("Change app-1")
        await hand.press("tab", "end")
        await hand.type(" two")
        await hand.until(lambda: site.desk("a.vries").item_work.kept("amend app-1"))
    async with at_work(app(site, "a.vries", "app-1")) as hand:
        await hand.sees("Ordering")
        await hand.press("e")
        await hand.sees("What you typed before is back.", "Ordering two")
        await hand.press("escape")
        await hand.sees("Leave the form? What you typed is lost.")
        await hand.press("escape")
        await hand.sees("Ordering two")
        await hand.press("escape", "y")
        await hand.sees("history  changes")
        await hand.until(lambda: not site.desk("a.vries").item_work.kept("amend app-1"))


async def test_a_hostile_name_stays_as_it_was_when_another_line_changes(site: Quayside) -> None:
    async with at_work(app(site, "a.vries", "app-2")) as hand:
        await hand.sees("app-2")
        await hand.press("e")
        await hand.sees("Change app-2", "[b]x[/b]")
        assert "\u202e" not in hand.screen
        await fill(hand, "", "", "k.chen")
        await hand.press("ctrl+s")
        await hand.sees("a.vries → k.chen")
        await hand.press("ctrl+s")
        await hand.sees("app-2 is changed.")
    item = stored(site, "app-2")
    assert item is not None
    assert (item.name, item.owner) == (HOSTILE, "k.chen")


async def test_someone_elses_change_meanwhile_is_refused_and_ctrl_r_keeps_what_was_typed(
    site: Quayside,
) -> None:
    async with at_work(app(site, "a.vries", "app-1")) as hand:
        await hand.sees("Ordering")
        await hand.press("e")
        await hand.sees("Change app-1")
        desk = site.desk("a.vries")
        before = stored(site, "app-1")
        assert before is not None
        items.amend(desk.store, before.but(name="Renamed"), actor="a.vries", at=NOW)
        await fill(hand, "", "", "k.chen")
        await hand.press("ctrl+s")
        await hand.sees("app-1 was changed by someone else meanwhile.", "ctrl+r")
        await hand.press("ctrl+r")
        await hand.sees("What you typed is kept.", "Renamed")
        await hand.press("ctrl+s")
        await hand.sees("a.vries → k.chen")
        await hand.press("ctrl+s")
        await hand.sees("app-1 is changed.")
    assert stored(site, "app-1") == before.but(name="Renamed", owner="k.chen")


async def test_retiring_and_deleting_show_what_they_do_first(site: Quayside) -> None:
    async with at_work(app(site, "a.vries", "app-1")) as hand:
        await hand.sees("Ordering")
        await hand.press("x")
        await hand.sees("Everything that can be done with app-1")
        await hand.type("retire")
        await hand.press("enter")
        await hand.sees("Retire app-1", "in service → retired", "Nothing is written yet.")
        await hand.press("escape")
        await hand.sees("history  changes")
        assert stored(site, "app-1").status == "in service"  # type: ignore[union-attr]


async def test_marked_items_are_handed_over_drafts_at_once_and_controlled_ones_by_a_request(
    site: Quayside,
) -> None:
    async with at_work(app(site)) as hand:
        await hand.sees("app-1")
        await hand.press("home", "space", "space")  # app-1, app-2
        await hand.press("end", "space")  # sw-12
        await hand.sees("3 marked")
        await hand.press("x")
        await hand.type("hand over")
        await hand.press("enter")
        await hand.sees("Hand over", "under control")
        await hand.type("k.chen")
        await hand.press("ctrl+s")
        await hand.sees("item app-1", "item sw-12")
        await hand.press("ctrl+s")
        await hand.sees("2 drafts went to k.chen. CR-1 is drafted with it")
    assert stored(site, "app-1").owner == "k.chen"  # type: ignore[union-attr]
    assert stored(site, "sw-12").owner != "k.chen"  # type: ignore[union-attr]


async def test_who_may_only_read_is_told_before_anything_is_typed(site: Quayside) -> None:
    async with at_work(app(site, "")) as hand:
        await hand.sees("app-1")
        await hand.press("N")
        await hand.sees("Nobody is named who acts")


async def test_a_range_of_rows_is_marked_and_confirmed(site: Quayside) -> None:
    async with at_work(app(site)) as hand:
        await hand.sees("app-1")
        await hand.press("M")
        await hand.sees("A range begins at a mark.")
        await hand.press("home", "space", "down", "M")
        await hand.sees("3 marked")
        await hand.press("escape", "home", "m")
        await hand.sees("1 item confirmed.")


async def test_a_filter_is_kept_under_a_name_and_taken_again(site: Quayside) -> None:
    async with at_work(app(site)) as hand:
        await hand.sees("app-1")
        await hand.press("slash")
        await hand.type("type:application")
        await hand.press("enter")
        await hand.sees("3 items")
        await hand.press("f")
        await hand.sees("Filters of the list of items", "my drafts")
        await hand.press("tab")
        await hand.type("apps")
        await hand.press("enter")
        await hand.sees("Kept as 'apps'.")
        await hand.press("escape", "escape")
        await hand.sees("6 items")
    async with at_work(app(site)) as hand:
        await hand.sees("app-1")
        await hand.press("f")
        await hand.sees("apps")
        await hand.press("end", "enter")
        await hand.sees("3 items", "/ type:application")

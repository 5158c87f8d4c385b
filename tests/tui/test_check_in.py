"""The dialog of a check-in: open fields filled in, held to their rules, never over an edit, then signed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ccb.model import ProposedChange
from cmdb import tables_graph, types
from cmdb.model import ItemType
from tests.tui import quayside
from tests.tui.pilots import at_work
from tests.tui.quayside import TONIGHT, Quayside
from tests.tui.test_change_verbs import app, approved, everything, state

RULES = {
    "properties": {
        "serial": {"type": "string", "pattern": "^SN-[0-9]+$", "description": "the number on its plate"},
        "role": {"enum": ["core", "edge"]},
    }
}


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    with made.desk("a.vries").store.write() as uow:
        types.put(uow, uow.get(ItemType, "network-device").but(schema=RULES))
        uow.commit()
    change = ProposedChange(record="item", id="sw-11", operation="set", open=("role", "serial"))
    approved(made, changes=(change,))
    made.clock.now = TONIGHT.start
    made.desk("k.chen").check_out("CR-1")
    yield made
    made.close()


def file_of(site: Quayside) -> Path:
    return site.site.path / "work" / "CR-1" / "items" / "sw-11.json"


def facts(site: Quayside) -> dict[str, Any]:
    return json.loads(file_of(site).read_text()).get("characteristics", {})  # type: ignore[no-any-return]


async def test_open_fields_are_filled_in_and_checked_in_without_leaving_the_app(site: Quayside) -> None:
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees("CR-1", "checked out")
        await hand.press("C")
        await hand.sees("item sw-11", "role", "serial", "required", "core; edge; was empty")
        await hand.type("co")
        await hand.sees("× role")
        await hand.press("right", "enter")
        await hand.until(lambda: facts(site) == {"role": "core"})
        await hand.sees("the number on its plate; matches ^SN-[0-9]+$; was empty")
        await hand.type("42")
        await hand.sees("'42' does not match")
        assert facts(site) == {"role": "core"}
        await hand.press("home")
        await hand.type("SN-")
        await hand.until(lambda: "does not match" not in hand.screen)
        await hand.press("enter")
        await hand.sees(
            "serial         (none) → SN-42", "role           (none) → core", "type CR-1 to check it in"
        )
        assert facts(site) == {"role": "core", "serial": "SN-42"}
        await hand.until(lambda: hand.app.screen.focused and hand.app.screen.focused.id == "number")
        await hand.type("CR-1")
        await hand.press("enter")
        await hand.sees("CR-1 is checked in: BL-000001")
    assert state(site) == "checked in"
    with site.desk("k.chen").store.read() as uow:
        assert tables_graph.get_item(uow, "sw-11").characteristics == {"role": "core", "serial": "SN-42"}


async def test_what_a_back_out_would_put_back_is_shown_before_it_is_signed(tmp_path: Path, keys: Any) -> None:
    site = quayside.built(tmp_path / "site", keys)
    change = ProposedChange(record="item", id="sw-12", operation="set", exact={"model": "QFX5120"})
    approved(site, changes=(change,))
    site.clock.now = TONIGHT.start
    site.desk("k.chen").check_out("CR-1")
    site.desk("k.chen").check_in("CR-1")
    async with at_work(app(site, "k.chen")) as hand:
        await everything(hand, "back out")
        await hand.sees("Back out CR-1", "shown first, with every conflict", "▶ Cancel")
        await hand.type("dead on arrival")
        await hand.press("enter")
        await hand.type("0m")
        await hand.press("enter", "y", "enter")
        await hand.sees("CR-1 would put back what BL-000001 altered:", "sw-12", "A apply")
        assert state(site) == "checked in"
        await hand.press("A")
        await hand.press("y")
        await hand.sees("CR-1 is backed out as BL-000002.")
    assert state(site) == "backed out"
    site.close()


async def test_what_is_typed_survives_a_crash_and_is_written_by_enter(site: Quayside) -> None:
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees("CR-1", "checked out")
        await hand.press("C")
        await hand.sees("role", "required")
        await hand.type("edge")
        await hand.until(lambda: site.desk("k.chen").item_work.kept("check in CR-1"))
    assert facts(site) == {}
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees("CR-1", "checked out")
        await hand.press("C")
        await hand.sees("edge", "not written", "What you typed before is back")
        await hand.press("enter")
        await hand.until(lambda: facts(site) == {"role": "edge"})
        await hand.until(lambda: not site.desk("k.chen").item_work.kept("check in CR-1"))


async def test_an_edit_of_the_file_meanwhile_is_said_and_never_overwritten(site: Quayside) -> None:
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees("CR-1", "checked out")
        await hand.press("C")
        await hand.sees("role", "required")
        record = json.loads(file_of(site).read_text())
        file_of(site).write_text(json.dumps({**record, "characteristics": {"role": "core"}}))
        await hand.type("edge")
        await hand.press("enter")
        await hand.sees("edited meanwhile; nothing was overwritten", "sw-11.role is 'core'", "ctrl+r")
        assert facts(site) == {"role": "core"}
        await hand.press("ctrl+r")
        await hand.sees("The file says core now; Enter writes what you typed over it.", "edge")
        assert facts(site) == {"role": "core"}
        await hand.press("enter")
        await hand.until(lambda: facts(site) == {"role": "edge"})


async def test_a_file_edited_after_it_was_shown_is_not_signed(site: Quayside) -> None:
    record = json.loads(file_of(site).read_text())
    filled = {**record, "characteristics": {"role": "core", "serial": "SN-1"}}
    file_of(site).write_text(json.dumps(filled))
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees("CR-1", "checked out")
        await hand.press("C")
        await hand.sees("type CR-1 to check it in", "SN-1")
        file_of(site).write_text(
            json.dumps({**filled, "characteristics": {"role": "edge", "serial": "SN-1"}})
        )
        await hand.press("shift+tab")
        await hand.type("CR-1")
        await hand.press("enter")
        await hand.sees("A file was edited since you looked")
    assert state(site) == "checked out"


async def test_what_is_typed_takes_the_place_of_what_stood_there_before(tmp_path: Path, keys: Any) -> None:
    made = quayside.built(tmp_path / "site", keys)
    with made.desk("a.vries").store.write() as uow:
        known = tables_graph.get_item(uow, "sw-11")
        tables_graph.put_item(uow, known.but(characteristics={"serial": "WH-EX34-31"}))
        uow.commit()
    change = ProposedChange(record="item", id="sw-11", operation="set", open=("serial",))
    approved(made, changes=(change,))
    made.clock.now = TONIGHT.start
    made.desk("k.chen").check_out("CR-1")
    async with at_work(app(made, "k.chen")) as hand:
        await hand.sees("CR-1", "checked out")
        await hand.press("C")
        await hand.sees("WH-EX34-31", "as before")
        await hand.type("JX-4400-17")
        await hand.press("enter")
        await hand.sees("WH-EX34-31 → JX-4400-17")
    assert facts(made) == {"serial": "JX-4400-17"}
    made.close()


async def test_the_votes_a_change_was_decided_with_stand_on_its_card_after_check_out(site: Quayside) -> None:
    async with at_work(app(site, "k.chen")) as hand:
        await hand.sees("CR-1", "checked out")
        await hand.sees("● approve s.berg, m.jansen")

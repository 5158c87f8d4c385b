"""Records in the person's own editor, from the app: taken, refused, offered again, never lost."""

import html
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ccb import requests
from cmdb import items, tables_graph
from cmdb.model import Item
from tests.tui import quayside
from tests.tui.pilots import at_work
from tests.tui.quayside import NOW, Quayside
from tui.app import CmdbApp
from tui.desk import Desk


class Workshop:
    """A site with a draft, and an editor that does what the test says."""

    def __init__(self, site: Quayside, folder: Path) -> None:
        self.site, self.folder = site, folder
        self.script = folder / "editor.sh"
        self.state = folder / "state"
        self.edits("true")

    def edits(self, *commands: str) -> None:
        """What the editor does to the file, `$1`."""
        self.script.write_text("#!/bin/sh\n" + "\n".join(commands) + "\n")
        self.script.chmod(self.script.stat().st_mode | stat.S_IXUSR)

    def app(self, person: str, item: str, start: str = "item", editor: str = "") -> CmdbApp:
        environ = {
            **self.site.keys.environ(person),
            "XDG_STATE_HOME": str(self.state),
            "EDITOR": editor or str(self.script),
            "PATH": "/usr/bin:/bin",
        }

        def desk() -> Desk:
            made = Desk(self.site.site, person, self.site.clock, environ)
            self.site.desks.append(made)
            return made

        return CmdbApp(self.site.fast(person), desk, start=start, subjects=(item,))

    def item(self, id: str) -> Item:
        with self.site.desk("a.vries").store.read() as uow:
            return tables_graph.get_item(uow, id)

    @property
    def kept(self) -> list[Path]:
        return list(self.state.rglob("*.yaml"))


@pytest.fixture
def work(tmp_path: Path, keys: Any) -> Iterator[Workshop]:
    site = quayside.built(tmp_path / "site", keys)
    item = Item(id="app-1", type="application", name="Ordering", owner="a.vries")
    items.register(site.desk("a.vries").store, item, actor="a.vries", at=NOW)
    yield Workshop(site, tmp_path)
    site.close()


async def test_a_draft_is_edited_as_a_file_and_taken(work: Workshop) -> None:
    work.edits(
        "sed -i 's/^name: .*/name: Orders and bills/; s/^characteristics:.*/& {rack: a3}/; s/{} {/{/' \"$1\""
    )
    async with at_work(work.app("a.vries", "app-1")) as hand:
        await hand.sees("Ordering", "history")
        await hand.press("E")
        await hand.sees("app-1 is changed.", "Orders and bills", "rack")
    assert work.item("app-1").characteristics == {"rack": "a3"}
    assert work.kept == []


async def test_a_file_left_as_it_is_changes_nothing(work: Workshop) -> None:
    async with at_work(work.app("a.vries", "app-1")) as hand:
        await hand.sees("Ordering", "history")
        await hand.press("E")
        await hand.sees("Nothing was changed.")
    assert work.kept == []


async def test_what_is_wrong_is_named_and_the_file_is_offered_again_with_what_was_typed(
    work: Workshop,
) -> None:
    work.edits("sed -i 's/^owner: .*/owner: nobody/; s/^name: .*/name: Typed with care/' \"$1\"")
    async with at_work(work.app("a.vries", "app-1")) as hand:
        await hand.sees("Ordering", "history")
        await hand.press("E")
        await hand.sees(
            "Nothing is written yet", "The owner 'nobody' is not a registered person.", "edit again"
        )
        work.edits("sed -i 's/^owner: .*/owner: k.chen/' \"$1\"")
        await hand.press("enter")
        await hand.sees("app-1 is changed.", "Typed with care")
    assert work.item("app-1").owner == "k.chen"


async def test_what_was_left_wrong_is_kept_and_opened_again(work: Workshop) -> None:
    work.edits("sed -i 's/^name: .*/name: [/' \"$1\"")
    async with at_work(work.app("a.vries", "app-1")) as hand:
        await hand.sees("Ordering", "history")
        await hand.press("E")
        await hand.sees("The file is not YAML: line")
        await hand.press("l", "enter")
        await hand.sees("What you typed is kept in")
    (kept,) = work.kept
    assert "name: [" in kept.read_text()
    work.edits("sed -i 's/^name: \\[/name: Mended/' \"$1\"")
    async with at_work(work.app("a.vries", "app-1")) as hand:
        await hand.sees("Ordering", "history")
        await hand.press("E")
        await hand.sees("app-1 is changed.", "Mended")


async def test_an_item_under_control_becomes_a_new_request_with_what_was_altered_alone(
    work: Workshop,
) -> None:
    before = work.item("sw-11")
    work.edits("sed -i 's/    name: .*/    name: Core switch A/; s/^title: .*/title: Rename it/' \"$1\"")
    async with at_work(work.app("r.bakker", "sw-11")) as hand:
        await hand.sees("Core switch 11")
        await hand.press("E")
        await hand.sees("CR-1", "Rename it", "1 item, 1 field")
    assert work.item("sw-11") == before
    async with at_work(work.app("r.bakker", "CR-1", "change")) as hand:
        await hand.sees("Rename it")
        work.edits("sed -i 's/^backout: .*/backout: name it back/' \"$1\"")
        await hand.press("E")
        await hand.sees("CR-1 is a draft with the new content.")
    with work.site.desk("a.vries").store.read() as uow:
        assert requests.find(uow, "CR-1").backout == "name it back"


async def test_an_editor_that_is_not_there_is_refused_with_the_way_to_set_one(work: Workshop) -> None:
    async with at_work(work.app("a.vries", "app-1", editor="/nowhere/ed")) as hand:
        await hand.sees("Ordering", "history")
        await hand.press("E")
        await hand.sees("There is no editor '/nowhere/ed'.", "Set EDITOR")


async def test_a_picture_of_the_surroundings_is_written_and_its_path_said(work: Workshop) -> None:
    async with at_work(work.app("a.vries", "sw-11"), (120, 36)) as hand:
        await hand.sees("Core switch 11", "history")
        await hand.press("colon")
        await hand.type("picture")
        await hand.press("enter")
        await hand.until(lambda: "The picture is" in hand.screen and ".svg" in "".join(hand.screen.split()))
    (picture,) = work.state.rglob("*.svg")
    drawn = html.unescape(picture.read_text())
    assert [word for word in ("Mail application", "sw-11", "OUTAGE") if word not in drawn] == []


async def test_the_layers_are_drawn_and_enter_opens_what_the_cursor_is_on(work: Workshop) -> None:
    async with at_work(work.app("a.vries", "sw-11")) as hand:
        await hand.sees("mail-app", "is needed by")
        await hand.press("t")
        await hand.sees("needs  history")
        await hand.press("t")
        await hand.sees("layers  history", "3 items, each above what it needs")
        drawn = [line[2:] for line in hand.lines if "─ " in line[:8]][-3:]
        assert [one[: one.index("─ ") + 2] for one in drawn] == ["  ┌─ ", "┌─▶─ ", "▶─── "]
        assert [one.split("─ ")[1].split()[0] for one in drawn] == ["mail", "mail-app", "sw-11"]
        await hand.press("up", "enter")
        await hand.sees("Mail application")

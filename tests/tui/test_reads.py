"""The app's fast questions, on both kinds of database, without what makes a start slow."""

import shutil
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from baselines.model import Checkout, Lease
from cmdb import holds, items
from cmdb.errors import NotFound
from cmdb.places import path_of
from cmdb.site import Site
from cmdb.work import Hold
from tests.builders import AT, found, item, needs
from tui.filtering import filter_of
from tui.reads import FastSite
from tui.views import ItemQuery

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def fast(store: Any, database: str, tmp_path: Path) -> Any:
    """A site of six servers behind a balancer, where one is down and one in maintenance."""
    found(store)
    for id in ("lb", "web-1", "web-2", "web-3", "db", "old"):
        items.register(store, item(id, name=f"The {id}"), actor="a.vries", at=AT)
    for id in ("web-1", "web-2", "web-3"):
        items.connect(store, needs("lb", id, group="pool"), need="2", actor="a.vries", at=AT)
        items.connect(store, needs(id, "db"), actor="a.vries", at=AT)
    items.retire(store, "old", actor="a.vries", at=AT)
    with store.write() as uow:
        uow.rows("UPDATE item SET operating = 'down' WHERE id = 'web-1'")
        uow.rows("UPDATE item SET operating = 'maintenance' WHERE id = 'db'")
        uow.commit()
    made = FastSite(Site(path=tmp_path, name="test", database=database), "a.vries", lambda: AT)
    yield made
    made.close()


def ids(fast: FastSite, words: str = "", **more: Any) -> list[str]:
    query = ItemQuery(words=words, **more)
    assert fast.count(query) == len(fast.items(query, 0, 100))
    return [one.id for one in fast.items(query, 0, 100)]


def test_the_filter_line_is_read_word_by_word() -> None:
    found = filter_of(
        "owner:k.chen type:server !retired is:service status:in-service core switch level:nonsense"
    )
    assert (found.owner, found.type, found.not_status, found.service) == ("k.chen", "server", "retired", True)
    assert (found.status, found.text, found.level) == ("in service", "core switch level:nonsense", "")


def test_items_are_listed_filtered_and_found_again(fast: FastSite) -> None:
    assert ids(fast) == ["db", "lb", "old", "web-1", "web-2", "web-3"]
    assert ids(fast, "!retired web") == ["web-1", "web-2", "web-3"]
    assert ids(fast, "status:retired") == ["old"]
    assert ids(fast, "owner:k.chen") == []
    assert fast.position(ItemQuery(), "web-1") == 3
    assert fast.position(ItemQuery(words="web"), "web-1") is None


def test_trouble_is_what_is_down_or_in_maintenance_across_pages(fast: FastSite) -> None:
    query = ItemQuery(trouble=True)
    assert [one.id for one in fast.items(query, 0, 10)] == ["web-1", "db"]
    assert [one.id for one in fast.items(query, 1, 10)] == ["db"]
    assert [one.id for one in fast.items(query, 0, 1)] == ["web-1"]
    assert fast.count(query) == 2


def test_an_item_is_shown_with_what_hangs_on_it(fast: FastSite) -> None:
    card = fast.item("web-1")
    assert (card.needs, card.needed_by, card.line.operating) == (1, 1, "down")
    assert ("operating", "down") in [(fact.label, fact.text) for fact in card.facts]
    with pytest.raises(NotFound):
        fast.item("nope")


def test_neighbours_say_which_of_them_go_on(fast: FastSite) -> None:
    below = fast.neighbours("lb", needs=True, limit=2)
    assert below.total == 3
    assert [(one.id, one.group, one.need, one.more) for one in below.rows] == [
        ("web-1", "pool", "2", True),
        ("web-2", "pool", "2", True),
    ]
    above = fast.neighbours("db", needs=False, limit=100)
    assert [(one.id, one.more, one.operating) for one in above.rows] == [
        ("web-1", True, "down"),
        ("web-2", True, "up"),
        ("web-3", True, "up"),
    ]
    assert not fast.neighbours("web-1", needs=False, limit=9).rows[0].more


def test_history_and_impact_are_put_into_words(fast: FastSite) -> None:
    history = fast.item_history("old")
    assert [one.action for one in history] == ["item amend", "item register"]
    assert "status in service → retired" in history[0].text
    card = fast.impact(["db"])
    assert dict(card.effects())["outage"] == 5
    assert card.items[-1].because == ("lb", "web-2", "db")
    assert fast.complete("web", 2) == ("web-1", "web-2")


def test_the_first_paint_loads_nothing_heavy() -> None:
    heavy = {"sqlmodel", "sqlalchemy", "networkx", "git", "pydantic", "yaml", "dateutil"}
    code = f"import sys, tui.app, tui.reads, tui.screens.items; print(*sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_first_paint_loads_no_dialog_and_no_page() -> None:
    code = "import sys, tui.app, tui.screens.today, tui.screens.items; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    screens = {name.split(".")[2] for name in done.stdout.split() if name.startswith("tui.screens.")}
    assert screens == {
        "ahead",
        "asks",
        "directory",
        "duty_verbs",
        "editing",
        "facts",
        "item_verbs",
        "items",
        "life_cycle",
        "live",
        "nursed",
        "place",
        "questions",
        "scope_verbs",
        "shell",
        "today",
    }
    widgets = {name.split(".")[2] for name in done.stdout.split() if name.startswith("tui.widgets.")}
    assert not {"choice", "printed", "roll", "tree"} & widgets


def test_every_order_goes_both_ways_and_holds_for_what_words_find(fast: FastSite) -> None:
    upwards = ids(fast, order="status")
    assert ids(fast, order="status", descending=True) == upwards[::-1]
    assert ids(fast, descending=True) == ids(fast)[::-1]
    assert ids(fast, "web", order="type", descending=True) == ["web-3", "web-2", "web-1"]
    assert ids(fast, "web", order="type") == ["web-1", "web-2", "web-3"]


def test_a_database_that_was_replaced_is_read_afresh_and_one_that_went_away_is_not_read(
    fast: FastSite, database: str
) -> None:
    if "://" in database:
        pytest.skip("a server keeps its own files")
    assert fast.masthead().person == "a.vries"
    place, away = Path(database), Path(database).with_suffix(".away")
    place.replace(away)
    for _ in range(2):
        with pytest.raises(NotFound, match="does not exist"):
            fast.masthead()
    assert not place.exists()
    with sqlite3.connect(away) as copy:
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copy.execute("UPDATE item SET name = 'Restored' WHERE id = 'lb'")
    copy.close()
    shutil.copy(away, place)
    assert {one.name for one in fast.items(ItemQuery(), 0, 10)} >= {"Restored"}


def test_a_hold_and_a_check_out_are_seen_on_the_item_with_who_until_when_and_why(
    fast: FastSite, store: Any
) -> None:
    later = AT + timedelta(days=2)
    holds.place(
        store,
        Hold(item="lb", person="a.vries", reason="the maker looks at it", placed_at=AT, until=later),
        at=AT,
    )
    path = path_of("item", "db")
    out = Checkout(
        id="CR-4/1",
        request="CR-4",
        person="a.vries",
        records=(path,),
        base="0" * 40,
        out_at=AT,
        expires_at=later,
    )
    with store.write() as uow:
        uow.add(out)
        uow.add(Lease(path=path, checkout=out.id))
        uow.commit()
    said = {fact.label: fact.text for one in ("lb", "db") for fact in fast.item(one).facts}
    assert "by a.vries: the maker looks at it" in said["on hold"]
    assert said["checked out"].startswith("CR-4 by a.vries, until ")
    marks = {one.id: one.held for one in fast.items(ItemQuery(), 0, 100)}
    assert (marks["lb"], marks["db"], marks["web-2"]) == ("on hold", "CR-4", "")
    fast.clock = lambda: later  # a hold ends by itself; a lease waits for whoever wants the record
    assert not {fact.label for fact in fast.item("lb").facts} & {"on hold", "checked out"}
    assert ", expired " in next(fact.text for fact in fast.item("db").facts if fact.label == "checked out")

"""Whatever is read again, the cursor stays on its record: rows are called after what they are about."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.tui.pilots import at_work
from tests.tui.sample import NOW, Sample
from tui.app import CmdbApp
from tui.duty_views import CalendarLine
from tui.event_source import EventList
from tui.screens.place import Place
from tui.widgets.table import Table, distinct


def backwards(owner: Any, name: str) -> None:
    """Let a list of the site be answered in the other order from now on."""
    really = getattr(owner, name)
    setattr(owner, name, lambda *given, **more: tuple(reversed(really(*given, **more))))


def errands(source: Sample) -> None:
    found = tuple(one._replace(errands=one.errands[::-1]) for one in source.today())
    source.today = lambda: found  # type: ignore[method-assign]


def earlier(source: Sample) -> None:
    """A window that begins before every other comes onto the calendar, and one that is there moves on."""
    known = source.calendar()
    first, *others = known.lines
    new = CalendarLine(NOW, NOW + timedelta(minutes=1), first.kind, "CR-1", "comes first")
    moved = tuple(one._replace(start=one.start + timedelta(minutes=5)) for one in (first, *others))
    source.calendar = lambda: known._replace(lines=(new, *moved))  # type: ignore[method-assign]


def events(source: Sample) -> None:
    really = source.events.listed
    source.events.listed = lambda query: EventList(really(query).lines[::-1], 3)  # type: ignore[method-assign]


LISTS: dict[str, Callable[[Sample], None]] = {
    "today": errands,
    "calendar": earlier,
    "events": events,
    "changes": lambda source: backwards(source, "changes"),
    "baselines": lambda source: backwards(source, "baselines"),
    "baselines documents": lambda source: backwards(source.papers, "documents"),
    "baselines releases": lambda source: backwards(source.papers, "releases"),
    "reviews": lambda source: backwards(source.records, "listed"),
    "audits": lambda source: backwards(source.duties, "audited"),
    "actions": lambda source: backwards(source.duties, "actions"),
    "inbox": lambda source: backwards(source.duties, "notices"),
    "outages": lambda source: backwards(source.duties, "outages"),
    "agreements": lambda source: backwards(source.duties, "agreements"),
}


def shown(page: Place) -> Iterator[str]:
    """What stands under the cursor of each table, in words."""
    for table in page.query(Table):
        row = table.row(table.cursor)
        yield "" if row is None else "".join(piece.text for cell in row.cells for piece in cell)


@pytest.mark.parametrize("place", LISTS)
async def test_a_list_read_again_keeps_the_cursor_on_its_record(place: str) -> None:
    source = Sample()
    name, *subjects = place.split()
    async with at_work(CmdbApp(source, lambda: source)) as hand:
        await hand.sees("Waits for my vote")
        hand.app.go(name, *subjects)
        await hand.pilot.pause()
        page = hand.app.screen
        assert isinstance(page, Place)
        await hand.until(lambda: page.idle and any(shown(page)))
        await hand.press("down")
        table, before = page.query(Table).first(), list(shown(page))
        at, id = table.cursor, table.current
        assert id
        LISTS[place](source)
        page.freshen()
        await hand.pilot.pause()
        await hand.until(lambda: page.idle)
        assert table.current == id
        after = list(shown(page))
        assert after == before or place == "calendar"
        assert place != "calendar" or (table.cursor != at and "CR-1 " not in after[0])


def test_two_rows_about_the_same_are_told_apart() -> None:
    known = {"change CR-1"}
    assert distinct("change CR-2", known) == "change CR-2"
    assert distinct("change CR-1", known) == "change CR-1 2"
    assert distinct("change CR-1", known | {"change CR-1 2"}) == "change CR-1 3"

"""Events in the app: the list by urgency, the sheet, the form, and the whole life of one by key."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cmdb import events
from cmdb.model import RoleGrant
from cmdb.reported import Event
from tests.tui import program, quayside
from tests.tui.pilots import at_work
from tests.tui.quayside import Quayside
from tests.tui.sample import Sample
from tui.app import CmdbApp
from tui.present import plain
from tui.screens.duty_verbs import event_words
from tui.screens.event_lines import impact_lines
from tui.screens.event_verbs import corrected

NARROW, WIDE = (80, 24), (120, 36)


def app(source: Sample, start: str = "today", *subjects: str) -> CmdbApp:
    return CmdbApp(source, lambda: source, start=start, subjects=subjects)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_list_has_the_most_urgent_first_and_says_how_far_off_its_deadline_is(size):
    source = Sample()
    async with at_work(app(source), size) as hand:
        await hand.press("exclamation_mark")
        # Beside the preview, which names the items, the list has room for what happened.
        here = "× mail +1" if size is NARROW else "Mail does not go out"
        await hand.sees("EV-3", "▶ in progress", "critical", "× late 2 h", here, "! only trouble")
        assert "EV-4" not in hand.screen
        await hand.press("exclamation_mark")
        await hand.sees("EV-4", "in 1 h", "The [b]gate[/b]"[:9], "3 events", "1 late")
        await hand.press("right_square_bracket")
        await hand.sees("mine and my groups'", "EV-5")
        await hand.press("right_square_bracket")
        await hand.sees("EV-1", "● closed")
        assert max(len(line) for line in hand.lines) <= size[0]
        if size is WIDE:
            await hand.sees("Impact on promises", "acme-mail/availability", "caused by CR-142")


async def test_the_filter_asks_as_it_is_typed_and_every_empty_list_has_its_words():
    source = Sample()
    async with at_work(app(source, "events"), NARROW) as hand:
        await hand.sees("EV-3")
        await hand.press("slash")
        await hand.type("camera nobody")
        await hand.sees("No event matches camera nobody.", "Esc takes the filter away.")
        assert source.events.asked[-1].words == ("camera", "nobody")
        await hand.press("enter", "escape")
        await hand.sees("EV-3")
        source.events.known = ()
        await hand.press("R")
        await hand.sees("No event is open.", "+ records one")
        await hand.press("exclamation_mark")
        await hand.sees("No event is late, unanswered or still down.")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_sheet_opens_what_caused_it_and_refuses_with_the_reason(size):
    async with at_work(app(Sample(), "event", "EV-3"), size) as hand:
        await hand.sees(
            "EV-3",
            "OVERDUE",
            "by Bram <+31 6>",
            "Impact on promises",
            "× outage       mail",
            "caused by   CR-142",
        )
        await hand.press("S")
        await hand.sees("Nobody confirmed what EV-3 does to promises.")
        await hand.press("H")
        await hand.sees("History", "event record")
        await hand.press("right_square_bracket", "down")
        await hand.press("enter")
        await hand.sees("CR-142", "Replace core switch")


async def test_an_event_that_is_not_there_is_said_with_the_command_that_lists_them():
    async with at_work(app(Sample(), "event", "EV-9")) as hand:
        await hand.sees("There is no event 'EV-9'.", "cmdb event list --all")
        await hand.press("P")
        await hand.sees("EV-9 is not read; R reads it.")
        await hand.press("escape", "escape")
        await hand.sees("Items")


async def test_the_form_starts_from_the_item_under_the_cursor_and_points_at_what_is_reported():
    async with at_work(app(Sample(), "item", "sw-11")) as hand:
        await hand.sees("sw-11")
        await hand.press("plus")
        await hand.sees("New event", "Not resolved yet: EV-4 (camera).", "items       sw-11", "5 request")
        await hand.press("escape")
        await hand.press("x")
        await hand.type("event")
        await hand.sees("+  new event")


def test_what_was_filled_in_becomes_the_words_of_the_command():
    given = dict.fromkeys(("reporter", "contact", "party", "agreement", "responsible"), "")
    given |= {"what": "-x is out", "items": "sw-11, mail", "at": "23:30", "choice": "is degraded"}
    assert event_words(given) == [
        "event", "record", "--down=sw-11", "--down=mail", "--degraded", "--at=23:30", "--", "-x is out",
    ]  # fmt: skip
    given |= {"choice": "request"}
    assert event_words(given)[2:5] == ["--item=sw-11", "--item=mail", "--request"]
    assert "--outside" in event_words(given)
    assert "--at=23:30" not in event_words(given)


def test_a_correction_says_only_what_was_typed_otherwise():
    was = dict.fromkeys(("description", "reporter", "contact", "party", "due"), "as it was")
    was |= {"items": "sw-11 mail", "down": "mail", "at": "2026-11-22 23:30 CET", "until": ""}
    assert corrected(was, dict(was)) == []
    assert corrected(was, {**was, "down": ""}) == ["--nothing-down"]
    assert corrected(was, {**was, "items": "sw-11, mail, mx-01", "due": ""}) == [
        "--due=", "--item=sw-11", "--item=mail", "--item=mx-01",
    ]  # fmt: skip
    assert corrected({**was, "until": "23:40"}, {**was, "until": ""}) == ["--until=running"]


# On a real site ----------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    with made.desk("a.vries").store.write() as uow:
        uow.add(RoleGrant(id="g-1", person="k.chen", role="event manager", start=quayside.NOW))
        uow.commit()
    yield made
    made.close()


def real(site: Quayside, person: str, start: str = "today", *subjects: str) -> CmdbApp:
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


def kept(site: Quayside) -> Event:
    with site.desk("a.vries").store.read() as uow:
        return events.find(uow, "EV-1")


async def test_an_event_is_recorded_on_the_item_that_is_down_and_a_refused_form_comes_back(
    site: Quayside,
) -> None:
    async with at_work(real(site, "k.chen", "item", "sw-11"), WIDE) as hand:
        await hand.sees("sw-11", "needed by")
        await hand.press("plus")
        await hand.sees("New event", "▶ is down")
        await hand.press("enter")
        await hand.type("Core switch is dead")
        await hand.press("tab", "tab", "ctrl+u")
        await hand.type("tomorrow 06:00")
        await hand.press(*["tab"] * 6, "enter")
        await hand.sees("occurred at 2026-11-23 06:00 CET, after", "since       tomorrow 06:00", "is dead")
        await hand.press("enter", "tab", "tab", "ctrl+u")
        await hand.type("12:40")
        await hand.press(*["tab"] * 6, "enter")
        await hand.sees("EV-1", "○ recorded", "assess: what it does", "outage      sw-11")
    one = kept(site)
    assert (one.state, one.down, one.occurred) == (
        "recorded",
        ("sw-11",),
        site.clock() - timedelta(minutes=20),
    )


LIFE: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    ((), ("○ recorded", "assess: what it does")),
    (("P",), ("◆ analysed", "mail", "confirm that the computed impact")),
    (("S",), ("Nobody confirmed what EV-1 does to promises.",)),
    (("P",), ("Is that what you see of EV-1?", "1 promise at stake")),
    (("2", "enter", "enter", "enter"), ("take it in hand", "critical")),
    (("P",), ("who takes care of it?",)),
    (("enter", "enter"), ("▶ in progress", "Neither an action item")),
    (("T",), ("It concerns event:EV-1.",)),
    (("F", "i", "x", *["tab"] * 6, "enter"), ("action      AI-1",)),
    (("F",), ("EV-1 is resolved", "up again    now")),
    (("D", "o", "n", "e", *["tab"] * 3, "enter"), ("● resolved",)),
    (("X",), ("AI-1 of EV-1 is still open.",)),
    (("escape", "1", "exclamation_mark"), ("No event is late, unanswered or still down.",)),
)


async def test_an_event_is_taken_to_its_end_by_its_next_steps(site: Quayside) -> None:
    command(site, "event", "record", "Core switch is dead", "--down", "sw-11", "--at", "12:40")
    async with at_work(real(site, "k.chen", "event", "EV-1"), WIDE) as hand:
        for keys, words in LIFE:
            await hand.press(*keys)
            await hand.sees(*words)
    one = kept(site)
    assert (one.state, one.priority, one.responsible) == ("resolved", "critical", "k.chen")
    assert (one.resolution, one.ended) == ("Done", site.clock())


async def test_what_belongs_to_my_items_is_mine_and_who_may_not_handle_it_reads_why(site: Quayside) -> None:
    command(site, "event", "record", "Noise", "--item", "sw-11")
    with site.desk("a.vries").store.write() as uow:
        owner = str(uow.rows("SELECT owner FROM item WHERE id = 'sw-11'")[0][0])
        for one in uow.all(RoleGrant, person=owner):
            uow.remove(one)
        uow.commit()
    async with at_work(real(site, owner, "events", "mine"), NARROW) as hand:
        await hand.sees("EV-1", "Noise")
        await hand.press("enter")
        await hand.sees("next        P assess")
        await hand.press("a")
        await hand.sees("handle events")


def command(site: Quayside, *words: str) -> None:
    """Run a command as k.chen."""
    environ = {
        **site.keys.environ("k.chen"),
        "CMDB_SITE": str(site.site.path),
        "CMDB_PERSON": "k.chen",
        "CMDB_NOW": f"{site.clock():%Y-%m-%dT%H:%M:%SZ}",
    }
    program.line(environ).perform(words)


def test_an_impact_nobody_may_compute_any_more_is_not_asked_for():
    card = Sample().events.event("EV-3")._replace(said=None)
    asked, over = (
        "\n".join(plain(line) for line in impact_lines(one, 60))
        for one in (
            card,
            card._replace(against={"analyse": "EV-3 is closed; to analyse it is not possible."}),
        )
    )
    assert "Not computed yet: a assesses it." in asked
    assert "a assesses it" not in over
    assert "Not computed. EV-3 is closed" in over

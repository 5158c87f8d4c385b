"""The meeting in the app: agenda, time and the ballot in hand, moving as others act elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baselines import decisions
from ccb import calling, meetings, tables_meetings
from tests.tui import quayside
from tests.tui.pilots import at_work
from tests.tui.program import line
from tests.tui.quayside import Quayside
from tests.tui.sample import Sample
from tui.app import CmdbApp
from tui.ballot_views import Count


def app(source: Sample) -> CmdbApp:
    return CmdbApp(source, lambda: source, start="board")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_meeting_shows_its_agenda_the_time_it_takes_and_who_is_there(size):
    async with at_work(app(Sample()), size=size) as hand:
        await hand.pilot.press("P")
        await hand.sees("MT-7 of Harbour board", "▶ open", "2 to go")
        await hand.sees("0:25:13 of 1:00:00", "item 2: 0:03:10", "2 of 5 seats: a.vries, k.chen")
        await hand.sees("▶2", "CR-142", "Last week's back-outs", "dealt with", "1/4")
        await hand.sees("CR-142  ◆ under review")


async def test_what_somebody_does_elsewhere_is_shown_without_a_key():
    source = Sample()
    async with at_work(app(source)) as hand:
        await hand.pilot.press("P")
        await hand.sees("1/4")
        first, second, third = source.meetings.card.agenda
        voted = second.ballot._replace(stands=Count(3, 4))
        source.meetings.moved(
            agenda=(first, second._replace(ballot=voted), third),
            there=("a.vries", "k.chen", "p.ng"),
            present=3,
        )
        await hand.sees("3/4", "3 of 5 seats: a.vries, k.chen, p.ng")


async def test_nothing_is_read_again_while_nobody_does_anything():
    source = Sample()
    asked = []
    really = source.meetings.meeting
    source.meetings.meeting = lambda id: asked.append(id) or really(id)
    async with at_work(app(source)) as hand:
        await hand.pilot.press("P")
        await hand.until(lambda: source.meetings.looks >= 2)
        read = len(asked)
        await hand.until(lambda: source.meetings.looks >= 3)
        assert len(asked) == read


async def test_who_does_not_lead_it_is_told_who_does():
    source = Sample()
    source.meetings.moved(leads=False)
    async with at_work(app(source)) as hand:
        await hand.pilot.press("P")
        await hand.sees("MT-7")
        await hand.pilot.press("P")
        await hand.sees("MT-7 is led by a.vries, or who stands in for a.vries.")


async def test_without_a_meeting_the_screen_says_how_one_is_called():
    source = Sample()
    source.meetings.missing = True
    async with at_work(app(source)) as hand:
        await hand.pilot.press("P")
        await hand.sees("No meeting is called.", "cmdb board meeting call")


async def test_closing_starts_on_cancel_and_names_what_was_not_reached():
    source = Sample()
    first, second, _third = source.meetings.card.agenda
    source.meetings.moved(agenda=(first, second))
    async with at_work(app(source)) as hand:
        await hand.pilot.press("P")
        await hand.sees("▶2")
        await hand.pilot.press("P")
        await hand.sees("Close MT-7", "Not reached: 2. CR-142.", "▶ Cancel")


async def test_q_leaves_the_meeting_and_not_the_app():
    async with at_work(app(Sample())) as hand:
        await hand.pilot.press("P")
        await hand.sees("MT-7")
        await hand.pilot.press("q")
        await hand.until(lambda: "MT-7" not in hand.screen and "Board" in hand.screen)


# On a real site ----------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


def real(site: Quayside, person: str) -> CmdbApp:
    environ = {
        **site.keys.environ(person),
        "CMDB_SITE": str(site.site.path),
        "CMDB_PERSON": person,
        "CMDB_NOW": f"{site.clock():%Y-%m-%dT%H:%M:%SZ}",
        "XDG_STATE_HOME": str(site.site.path / "state"),
    }
    return CmdbApp(site.fast(person), lambda: site.desk(person), start="board", line=lambda: line(environ))


def stored(site: Quayside, id: str = "MT-1"):
    with site.desk("a.vries").store.read() as uow:
        return meetings.find(uow, id)


async def test_a_chair_holds_a_meeting_from_the_app_while_a_member_votes_at_another_terminal(site):
    id = site.raised()
    store = site.desk("a.vries").store
    by = {"actor": "a.vries", "at": site.clock()}
    meeting = calling.call(store, board="site", planned_at=site.clock(), **by)
    calling.put_on(store, meeting.id, title="Last week", place=1, **by)
    async with at_work(real(site, "a.vries")) as hand:
        await hand.pilot.press("P")
        await hand.sees("MT-1", "P opens it", id)
        await hand.pilot.press("P")
        await hand.sees("Open MT-1")
        await hand.pilot.press("enter")
        await hand.sees("▶ open", "1 of 3 seats")
        await hand.pilot.press("P")
        await hand.sees("▶2", f"{id}  ◆ under review")
        library = site.desk("m.jansen").library
        decisions.cast(
            library, id, voter="m.jansen", value="approve", key=site.keys.private("m.jansen"), at=site.clock()
        )
        await hand.sees("1/")
        for voter in ("s.berg", "o.owner", "k.chen", "a.vries"):
            if site.desk(voter).change(id).line.state == "under review":
                decisions.cast(
                    library, id, voter=voter, value="approve", key=site.keys.private(voter), at=site.clock()
                )
        await hand.sees("● carried")
        await hand.pilot.press("P")
        await hand.sees("Close MT-1", "Every item was reached.")
        await hand.pilot.press("y")
        await hand.until(lambda: stored(site).state == "closed")
        await hand.sees("Minutes of", "not signed yet")
    [first, second] = stored(site).agenda
    assert (first.state, second.state, second.taken[0].present) == ("dealt with", "decided", ("a.vries",))
    with store.read() as uow:
        assert tables_meetings.minutes_of(uow, "MT-1") == ()

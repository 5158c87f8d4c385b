"""Forms about promises, the calendar and standard changes; a refused form comes back as it was typed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ccb.model import ChangeRequest
from ccb.templates import Template
from cmdb import needs, observations, planned
from cmdb.promises import ServiceAgreement
from tests.tui import quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.quayside import Quayside
from tests.tui.test_duties_on_a_site import app

NARROW, WIDE = (80, 24), (120, 36)
SIZES = pytest.mark.parametrize("size", [NARROW, WIDE])


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    yield made
    made.close()


async def chosen(hand: Hand, word: str) -> None:
    """Take a verb from everything that can be done here."""
    await hand.type("x")
    await hand.sees("Everything")
    await hand.type(word)
    await hand.press("enter")


async def fill(hand: Hand, **given: str) -> None:
    """Fill lines of the form on top, by their names, and go to its end."""
    for name, words in given.items():
        hand.app.screen.query_one(f"#{name}").focus()
        await hand.pilot.pause()
        await hand.type(words)
    hand.app.screen.query_one("#answer").focus()
    await hand.pilot.pause()
    await hand.press("enter")


@SIZES
async def test_a_freeze_that_comes_back_is_declared_in_the_calendar(
    site: Quayside, size: tuple[int, int]
) -> None:
    async with at_work(app(site, "a.vries", "calendar"), size) as hand:
        await hand.sees("Calendar")
        await hand.type("h")
        await hand.sees("New freeze", "comes back", "declare")
        await fill(hand, title="Market days", every="FREQ=WEEKLY;BYDAY=TU", **{"for": "9h"}, at="08:00")
        await hand.sees("Market days, every Tue")
    with site.desk("a.vries").store.read() as uow:
        [one] = [one for one in planned.freezes(uow) if one.title == "Market days"]
    assert [rule.rule for rule in one.rules] == ["FREQ=WEEKLY;BYDAY=TU"]


@SIZES
async def test_a_form_that_is_refused_comes_back_with_what_was_typed(
    site: Quayside, size: tuple[int, int]
) -> None:
    async with at_work(app(site, "a.vries", "calendar"), size) as hand:
        await hand.sees("Calendar")
        await hand.type("h")
        await hand.sees("New freeze")
        await fill(
            hand, title="Market days", every="FREQ=NEVER", **{"for": "9h"}, reason="the square is full"
        )
        await hand.sees("×", "Market days", "FREQ=NEVER", "the square is full")
        hand.app.screen.query_one("#every").value = "FREQ=WEEKLY;BYDAY=TU"
        await fill(hand)
        await hand.sees("Market days, every Tue")


async def test_a_form_that_was_left_does_not_come_back_with_what_is_refused_later(site: Quayside) -> None:
    async with at_work(app(site, "a.vries", "calendar"), NARROW) as hand:
        await hand.sees("Calendar")
        await hand.type("h")
        await hand.sees("New freeze")
        await hand.press("escape")
        await hand.type(":")
        await hand.type("freeze lift fr-99")
        await hand.press("enter")
        await hand.sees("fr-99")
        assert "New freeze" not in hand.screen


async def test_an_agreed_window_is_noted_in_the_calendar(site: Quayside) -> None:
    async with at_work(app(site, "a.vries", "calendar"), NARROW) as hand:
        await hand.sees("Calendar")
        await chosen(hand, "agreed window")
        await hand.sees("New agreed window")
        await fill(hand, title="Nights", every="FREQ=DAILY", at="01:00", service="mail", **{"for": "4h"})
        await hand.until(lambda: "New agreed window" not in hand.screen)
    with site.desk("a.vries").store.read() as uow:
        [one] = [one for one in planned.freezes(uow) if one.title == "Nights"]
    assert one.kind != "freeze"
    assert one.services == ("mail",)


@SIZES
async def test_an_observation_is_recorded_on_an_agreement(site: Quayside, size: tuple[int, int]) -> None:
    async with at_work(app(site, "a.vries", "agreement", "acme-mail"), size) as hand:
        await hand.sees("acme-mail")
        await chosen(hand, "observation")
        await hand.sees("New observation", "mail")
        await fill(hand, quantity="page load time", value="1.8 s")
        await hand.until(lambda: "New observation" not in hand.screen)
    with site.desk("a.vries").store.read() as uow:
        [one] = observations.listed(uow)
    assert (one.service, one.quantity) == ("mail", "page load time")


async def test_a_need_is_noted_on_an_agreement_and_compared(site: Quayside) -> None:
    with site.desk("a.vries").store.read() as uow:
        customer = uow.get(ServiceAgreement, "acme-mail").customer
    async with at_work(app(site, "a.vries", "agreement", "acme-mail"), NARROW) as hand:
        await hand.sees("acme-mail")
        await chosen(hand, "need")
        await hand.sees("New need")
        await fill(hand, id="mail-by-night", what="Mail goes out by night as well")
        await hand.until(lambda: "New need" not in hand.screen)
        await chosen(hand, "needs")
        await hand.sees("mail-by-night")
    with site.desk("a.vries").store.read() as uow:
        [one] = needs.listed(uow)
    assert (one.id, one.customer) == ("mail-by-night", customer)


async def test_nothing_is_observed_where_nothing_is_promised(site: Quayside) -> None:
    with site.desk("a.vries").store.write() as uow:
        uow.rows("DELETE FROM agreement")
        uow.commit()
    async with at_work(app(site, "a.vries", "agreements"), NARROW) as hand:
        await hand.sees("Nothing is promised to anybody.")
        await chosen(hand, "observation")
        await hand.sees("Nothing is promised here")


@SIZES
async def test_a_standard_change_is_written_by_a_template_that_is_for_the_item(
    site: Quayside, size: tuple[int, int]
) -> None:
    with site.desk("a.vries").store.write() as uow:
        kind = uow.rows("SELECT type FROM item WHERE id = 'mail'")[0][0]
        for id, types in (("rename", (kind,)), ("other", ("storage",))):
            fields = {"reason": "asked for", "backout": "name it as before", "test": "look at it"}
            uow.add(
                Template(
                    id=id,
                    name=f"To {id}",
                    types=types,
                    free=("name",),
                    window=7200,
                    level="baselined",
                    **fields,
                )
            )
        uow.commit()
    async with at_work(app(site, "a.vries", "item", "mail"), size) as hand:
        await hand.sees("mail")
        await chosen(hand, "standard change")
        await hand.sees("By which template?", "rename")
        assert "other" not in hand.screen
        await fill(hand)
        await hand.sees("To rename", "at most", "name")
        await fill(hand, window="tonight 22:00 3h", **{"set-0": "Mail of the port"})
        await hand.sees("×", "tonight 22:00 3h", "Mail of the port")
        hand.app.screen.query_one("#window").value = "tonight 22:00 1h"
        await fill(hand)
        await hand.sees("○ draft", "its template approves it")
    with site.desk("a.vries").store.read() as uow:
        [one] = [each for each in uow.all(ChangeRequest) if each.template == "rename"]
    assert one.kind == "standard"
    assert one.changes[0].exact["name"] == "Mail of the port"


async def test_no_standard_change_is_offered_where_no_template_is_for_the_item(site: Quayside) -> None:
    async with at_work(app(site, "a.vries", "item", "mail"), NARROW) as hand:
        await hand.sees("mail")
        await chosen(hand, "standard change")
        await hand.sees("No template is for mail; n writes a normal change.")

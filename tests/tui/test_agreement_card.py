"""The card of an agreement in the app: what it holds, what it lacks, and the next step of its life by key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cmdb import agreement_life
from cmdb.agreement_omissions import REVIEWERS
from cmdb.model import RoleGrant
from cmdb.promises import ServiceAgreement
from tests.cmdb.agreed import TERMS
from tests.tui import quayside
from tests.tui.pilots import at_work
from tests.tui.quayside import Quayside
from tests.tui.test_duties_on_a_site import app

NARROW, WIDE = (80, 24), (120, 36)


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    with made.desk("a.vries").store.write() as uow:
        uow.add(RoleGrant(id="g-1", person="m.jansen", role="service manager", start=quayside.NOW))
        terms = {
            name: one for name, one in TERMS.items() if name not in ("roles", "reviews", "accepted", "signed")
        }
        one = uow.get(ServiceAgreement, "acme-mail")
        uow.replace(one.but(state="draft", terms={**terms, "goals": "No [b]letter[/b] waits."}))
        uow.commit()
    yield made
    made.close()


def held(site: Quayside) -> ServiceAgreement:
    with site.desk("a.vries").store.read() as uow:
        return uow.get(ServiceAgreement, "acme-mail")


def put(site: Quayside, one: ServiceAgreement) -> None:
    with site.desk("a.vries").store.write() as uow:
        uow.replace(one)
        uow.commit()


def reviewed(one: ServiceAgreement, *groups: str) -> ServiceAgreement:
    entries = [{"for": whom, "name": "Somebody", "on": "2026-11-01"} for whom in (*REVIEWERS, *groups)]
    return agreement_life.review(one, entries, groups)


async def test_the_card_says_what_is_lacking_and_what_is_agreed(site: Quayside) -> None:
    async with at_work(app(site, "m.jansen", "agreement", "acme-mail"), (120, 70)) as hand:
        await hand.sees("What it lacks", "It says nothing about the parties and their roles.", "Add: 'roles'")
        await hand.sees("No [b]letter[/b] waits.", "flood: Water in the hall", "P next step")


async def test_a_review_is_noted_by_key(site: Quayside) -> None:
    async with at_work(app(site, "m.jansen", "agreement", "acme-mail"), NARROW) as hand:
        await hand.sees("draft", "P next step")
        await hand.press("P")
        await hand.sees("acme-mail: next step", "review")
        await hand.press("enter", "enter")
        await hand.sees("acme-mail: review", "who reviewed it")
        await hand.press("tab")
        await hand.type("Ann Acme")
        await hand.press("enter", "enter", "enter", "enter")
        await hand.sees("Not yet reviewed by")
    assert held(site).terms["reviews"][0]["name"] == "Ann Acme"


async def test_what_was_reviewed_is_agreed_and_signed_by_key(site: Quayside) -> None:
    put(site, reviewed(held(site)))
    async with at_work(app(site, "m.jansen", "agreement", "acme-mail"), NARROW) as hand:
        await hand.sees("reviewed")
        await hand.press("P")
        await hand.sees("next step", "agree")
        await hand.press("2", "enter", "enter")
        await hand.sees("it is signed with your key")
        await hand.type("Ann Acme")
        await hand.press("enter")
        await hand.type("letter 17")
        await hand.press("enter", "enter", "enter")
        await hand.sees("acme-mail is agreed.")
    assert held(site).terms["signed"]["by"] == "m.jansen"


async def test_an_agreement_that_has_ended_takes_no_step_and_says_so(site: Quayside) -> None:
    put(site, held(site).but(state="ended"))
    async with at_work(app(site, "m.jansen", "agreement", "acme-mail"), NARROW) as hand:
        await hand.sees("ended")
        await hand.press("P")
        await hand.sees("It has ended, and that is final.")


async def test_a_step_that_is_refused_says_why_and_what_lifts_it(site: Quayside) -> None:
    put(site, reviewed(held(site)).but(state="published"))
    async with at_work(app(site, "k.chen", "agreement", "acme-mail"), WIDE) as hand:
        await hand.sees("published")
        await hand.press("P")
        await hand.sees("revise to a next version", "end")
        await hand.press("1", "enter", "enter")
        await hand.sees("It goes on to bind")
        await hand.type("More of it")
        await hand.press("enter", "enter")
        await hand.sees("holds no role that may keep agreements")
    assert held(site).state == "published"

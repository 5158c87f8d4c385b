"""Documents, releases and findings in the app; keys typed before a list is there; what Today has of them."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baselines.audit_life import Finding
from cmdb.errors import NotFound
from cmdb.model import RoleGrant
from tests.tui import program, quayside
from tests.tui.pilots import at_work
from tests.tui.quayside import Quayside
from tests.tui.sample import Sample
from tui.app import CmdbApp

NARROW, WIDE = (80, 24), (120, 36)


def app(source: Sample, start: str = "baselines", *subjects: str) -> CmdbApp:
    return CmdbApp(source, lambda: source, start=start, subjects=subjects)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_baselines_turn_to_documents_and_releases_and_enter_opens_the_sheet(size):
    async with at_work(app(Sample()), size) as hand:
        await hand.sees("BL-000311", "[ ] turn")
        await hand.press("right_square_bracket")
        await hand.sees("pol-cm", "◆ controlled", "× 2026-11-20", "2 documents")
        await hand.press("d")
        await hand.sees("Only baselines are marked, compared and restored")
        await hand.press("enter")
        await hand.sees(
            "How we keep it", "after p.ng, k.chen approved", "annex.txt  6 bytes", "# Why", "History"
        )
        await hand.press("escape", "right_square_bracket")
        await hand.sees(
            "harbour 1.1", "◆ under review", "not built yet", "harbour 1.0", "● built", "5891b5b522d5"
        )
        await hand.press("down", "enter")
        await hand.sees("Release", "2 items in it", "sw-12", "authorised")
        await hand.press("V")
        await hand.sees("Check the file of harbour 1.0", "harbour-1.0.tar.gz")
        assert max(len(line) for line in hand.lines) <= size[0]


async def test_what_can_be_done_with_a_baseline_is_about_the_row_and_not_about_the_mark():
    async with at_work(app(Sample())) as hand:
        await hand.sees("BL-000311")
        await hand.press("space", "down", "x")
        await hand.sees("Everything that can be done with BL-000309")


async def test_baselines_of_scopes_are_compared_with_the_one_before_of_the_same_scope():
    async with at_work(app(Sample())) as hand:
        await hand.sees("BL-000311")
        await hand.press("left_square_bracket")
        await hand.sees("SB-000003", "customer:acme", "1,204", "3 baselines of scopes")
        await hand.press("down", "enter")
        await hand.sees("SB-000002 is the first baseline of customer:acme: there is none before it.")
        await hand.press("up", "enter")
        await hand.sees("SB-000001 → SB-000003", "CR-120", "authorised by a.vries, k.chen; decided by")
        await hand.press("escape", "down", "space", "up", "up", "d")
        await hand.sees("SB-000002 → SB-000003")


async def test_lists_without_a_line_say_what_adds_one():
    source = Sample()
    source.papers.empty = True
    async with at_work(app(source)) as hand:
        await hand.sees("BL-000311")
        await hand.press("right_square_bracket")
        await hand.sees("No document is registered", "cmdb document register FILE")
        await hand.press("right_square_bracket")
        await hand.sees("Nothing is released yet")


async def test_a_document_that_is_not_there_is_said_and_nothing_can_be_done_with_it():
    async with at_work(app(Sample(), "document", "pol-x")) as hand:
        await hand.sees("There is no document 'pol-x'.", "cmdb document list --all")
        await hand.press("T")
        await hand.sees("pol-x is not read; R reads it.")


async def test_a_finding_offers_the_step_that_is_mine_and_refuses_the_others_with_the_reason():
    async with at_work(app(Sample(), "finding", "FND-2")) as hand:
        await hand.sees("FND-2", "corrected", "say that the correction holds")
        await hand.press("X")
        await hand.sees("FND-2 is corrected: verify it first.")
        await hand.press("P", "P")
        await hand.sees("What did you see of the correction?", "One was restored today")


async def test_keys_typed_in_audits_before_its_list_is_there_are_done_once_it_is():
    source = Sample()
    there, really = threading.Event(), source.duties.audited

    def slowly():
        there.wait(30)
        return really()

    source.duties.audited = slowly
    async with at_work(app(source, "today")) as hand:
        await hand.sees("Waits for my vote")
        await hand.press("7", "down", "up", "enter")
        await hand.sees("Counting findings, audits and practices")
        there.set()
        await hand.sees("Finding", "FND-2", "say that the correction holds")


async def test_a_set_is_promoted_and_released_from_forms_that_name_it():
    async with at_work(app(Sample(), "items")) as hand:
        await hand.sees("db-cluster-01")
        await hand.press("space", "space", "x")
        await hand.type("promote")
        await hand.press("enter")
        await hand.sees("Promote", "▶ controlled", "db-cluster-01 lb-edge", "shown first")
        await hand.press("escape", "5", "x")
        await hand.type("new release")
        await hand.press("enter")
        await hand.sees("New release", "from        BL-000311")


# On a real site ----------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    with made.desk("a.vries").store.write() as uow:
        uow.add(RoleGrant(id="g-1", person="m.jansen", role="service manager", start=quayside.NOW))
        uow.commit()
    yield made
    made.close()


def environ(site: Quayside, person: str) -> dict[str, str]:
    return {
        **site.keys.environ(person),
        "CMDB_SITE": str(site.site.path),
        "CMDB_PERSON": person,
        "CMDB_NOW": f"{site.clock():%Y-%m-%dT%H:%M:%SZ}",
    }


def real(site: Quayside, person: str) -> CmdbApp:
    return CmdbApp(
        site.fast(person),
        lambda: site.desk(person),
        line=lambda: program.line(environ(site, person)),
    )


async def test_today_has_what_waits_in_audits_reviews_and_plans_and_a_finding_is_led_on_by_keys(
    site: Quayside,
) -> None:
    def command(*words: str) -> None:
        program.line(environ(site, "a.vries")).perform(words)

    command(
        "audit",
        "plan",
        "completeness",
        "--auditor",
        "a.vries",
        "--due",
        "2026-11-23",
        "--check",
        "Was it read?",
    )
    command("audit", "run", "AUD-1", "--answer", "1=no:nobody did")
    command(
        "review",
        "plan",
        "SQA",
        "Look at it",
        "--on",
        "tomorrow 10:00",
        "--holder",
        "a.vries",
        "--occasion",
        "new",
    )
    command(
        "training",
        "record",
        "Lockout",
        "a.vries",
        "--on",
        "2025-12-01",
        "--until",
        "2026-11-30",
        "--evidence",
        "x",
    )
    async with at_work(real(site, "a.vries"), WIDE) as hand:
        await hand.sees(
            "Audits and findings", "FND-1", "Reviews", "Look at it", "Training to be renewed", "Lockout"
        )
        assert "My check-outs" not in hand.screen
        await hand.press("7")
        await hand.sees("FND-1", "raised")
        await hand.press("P")
        await hand.sees("Put FND-1 with somebody", "▶ sign")
        await hand.type("m.jansen")
        await hand.press("tab", "tab", "tab", "enter")
        await hand.sees("with         m.jansen", "put it with somebody")
        await hand.press("F")
        await hand.sees("It is for m.jansen to do, not for you.")
    with site.desk("a.vries").store.read() as uow:
        found = uow.get(Finding, "FND-1")
    assert (found.state, found.holder) == ("with", "m.jansen")


async def test_a_practice_leads_to_its_points_and_to_the_records_that_show_it(site: Quayside) -> None:
    async with at_work(real(site, "a.vries"), (120, 36)) as hand:
        await hand.press("7")
        await hand.sees("Activity 3")
        for _ in range(30):
            if "5.5 Activity 3" in hand.app.screen.subjects():
                break
            await hand.press("down")
        await hand.press("enter")
        await hand.sees("Practice  5.5 Activity 3", "A library keeps the baselines.", "5.5 Activity 3.1")
        await hand.press("enter")
        await hand.sees("Practice  5.5 Activity 3.1")
    sheet = site.desk("a.vries").papers.practice("5.5 Activity 3.2")
    assert [one for one in sheet.links if one.place == "baselines"]
    with pytest.raises(NotFound, match="There is no practice '5.5 Activity 99'"):
        site.desk("a.vries").papers.practice("5.5 Activity 99")

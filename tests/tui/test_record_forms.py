"""Reviews, milestones, trainings, audits and documents made by form, on a real site; every step by key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from baselines import tables_audits
from baselines.audit_life import Audit
from cmdb import documents, reviews
from cmdb.duties import Milestone, Review, Training
from cmdb.model import RoleGrant
from cmdb.written import Document
from tests.tui import program, quayside
from tests.tui.pilots import Hand, at_work
from tests.tui.quayside import Quayside
from tui.app import CmdbApp
from tui.record_forms import FORMS, command
from tui.record_trials import TRIALS
from tui.table import TABLE

HOSTILE = "audit \u202e[b]x[/b] 機械"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, keys: Any) -> Iterator[Quayside]:
    """One site for all of them: each test makes records of its own."""
    made = quayside.built(tmp_path_factory.mktemp("records") / "site", keys)
    with made.desk("a.vries").store.write() as uow:
        uow.add(RoleGrant(id="g-sqa", person="p.ng", role="SQA", start=quayside.NOW))
        uow.commit()
    yield made
    made.close()


def app(site: Quayside, person: str = "a.vries", start: str = "reviews", *subjects: str) -> CmdbApp:
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


def kept(site: Quayside, kind: type[Any]) -> list[Any]:
    with site.desk("a.vries").store.read() as uow:
        return list(uow.all(kind))


async def fill(hand: Hand, *fields: str) -> None:
    """Paste into the lines from the one with the cursor; an empty word leaves a line as it is."""
    for words in fields:
        line = hand.app.focused
        assert isinstance(line, Input)
        if words:
            line.value = words
        await hand.press("tab")


async def written(hand: Hand, *sees: str) -> None:
    """Look at what would be written, write it, and see what is said."""
    await hand.press("ctrl+s")
    await hand.sees("Nothing is written yet.")
    await hand.press("ctrl+s")
    await hand.sees(*sees)


async def test_a_review_is_planned_held_and_comes_back_and_a_wrong_line_says_its_rule(site: Quayside) -> None:
    async with at_work(app(site)) as hand:
        await hand.sees("No review is planned, and none was held.", "N plans one.")
        await hand.press("N")
        await hand.sees("Plan a review", "senior management, service manager")
        await fill(hand, "customer", "Autumn", "someday")
        await hand.press("up")
        await hand.sees("× when", "Write 22:00, tomorrow 06:00")
        await fill(hand, "tomorrow 14:00")
        await hand.press("ctrl+s")
        await hand.sees("× A review is periodic, or something triggered it")
        assert kept(site, Review) == []
        await fill(hand, "quarter", "", "")
        await hand.type("k.chen m.ja")
        await hand.sees("× with", "There is no person 'm.ja'.", "k.chen m.jansen")
        await hand.press("right")
        await hand.until(lambda: "× with" not in hand.screen)
        await hand.press("ctrl+s")
        await hand.sees(
            "new review  add", "Mon 2026-11-23 14:00", "k.chen, m.jansen", "Those it concerns are told."
        )
        await hand.press("ctrl+s")
        await hand.sees("RV-1 is planned", "○ planned", "Autumn")
        await hand.press("P")
        await hand.sees("RV-1 was held", "k.chen m.jansen")
        await fill(hand, "Mail was fine", "", "", "move CR-1; ask Ben")
        await written(hand, "RV-1 is held. The next is RV-2", "● held")
        await hand.press("down", "P")
        await hand.sees("RV-1 is held; nothing in it changes any more.")
    [one, following] = sorted(kept(site, Review), key=lambda review: review.id)
    assert (one.participants, one.decisions) == (("k.chen", "m.jansen"), ("move CR-1", "ask Ben"))
    assert (one.state, following.state, following.every) == ("held", "planned", "quarter")


async def test_a_review_changed_by_someone_else_meanwhile_is_not_written_over(site: Quayside) -> None:
    store, at = site.desk("a.vries").store, site.clock()
    plan = {"kind": "risk", "title": "Risks", "planned": at, "holder": "a.vries", "occasion": "the flood"}
    id = reviews.plan(store, actor="a.vries", at=at, **plan).id
    async with at_work(app(site, "a.vries", "reviews", id)) as hand:
        await hand.sees(id, "Risks")
        await hand.press("e")
        await hand.sees(f"Plan {id} anew", "the flood")
        await fill(hand, "Risks of the year")
        await hand.press("ctrl+s")
        await hand.sees("Risks → Risks of the year")
        reviews.amend(store, id, actor="a.vries", at=at, title="Other risks")
        await hand.press("ctrl+s")
        await hand.sees("changed by someone else meanwhile", "ctrl+r reads it again")
        await hand.press("ctrl+r")
        await hand.sees("Read again. What you typed is kept.")
        await written(hand, f"{id} is planned for")
        await hand.press("w")
        await hand.sees(f"{id} is not to be held")
        await fill(hand, "nobody came")
        await written(hand, f"{id} is cancelled.", "× cancelled")
    [one] = [one for one in kept(site, Review) if one.id == id]
    assert (one.title, one.occasion, one.state) == ("Risks of the year", "the flood", "cancelled")


async def test_a_milestone_is_added_planned_anew_and_reached(site: Quayside) -> None:
    plan = Document(id="z-plan", kind="CM plan", title="Milestones", owner="a.vries")
    documents.register(site.desk("a.vries").store, plan, {}, actor="a.vries", at=site.clock())
    async with at_work(app(site, "a.vries", "reviews", "milestones")) as hand:
        await hand.sees("No plan has a milestone.")
        await hand.press("N")
        await fill(hand, "plan-of-mine", HOSTILE, "1 Dec", "k.chen", "40h", "12.345")
        await hand.press("ctrl+s")
        await hand.sees("There is no document 'plan-of-mine' to be its plan")
        await fill(hand, "z-plan")
        await hand.press("ctrl+s")
        await hand.sees("12.345 has more than two decimals")
        await fill(hand, "12.50")
        await hand.press("ctrl+s")
        await hand.sees("2026-12-01")
        await hand.press("ctrl+s")
        await hand.sees("MS-1", "○ ahead")
        await hand.press("e")
        await fill(hand, "the vendor is late", "8 Dec")
        await written(hand, "2026-12-08")
        await hand.press("P")
        await fill(hand, "minutes of the audit", "tomorrow")
        await hand.press("ctrl+s")
        await hand.sees("It lies ahead: 2026-11-23.")
        await fill(hand, "today")
        await written(hand, "● reached")
    sheet = site.desk("a.vries").papers.document("z-plan")
    assert ("milestones", "1 of 1 reached (100 %)") in [(one.label, one.text) for one in sheet.facts]
    assert sheet.parts[0][0] == "Milestones"
    assert "reached 2026-11-22" in sheet.parts[0][1][0]
    [one] = kept(site, Milestone)
    assert (one.first_planned, one.planned, one.completed) == ("2026-12-01", "2026-12-08", "2026-11-22")
    assert (one.effort, str(one.funds), one.owner) == (144_000, "12.50", "k.chen")


async def test_people_are_trained_in_one_go_and_a_wrong_record_is_withdrawn(site: Quayside) -> None:
    async with at_work(app(site, "a.vries", "reviews", "TR")) as hand:
        await hand.sees("No training is recorded.")
        await hand.press("N")
        await fill(hand, "-CM library", "k.chen p.ng", "", "yesterday", "list of 12 Nov")
        await hand.press("ctrl+s")
        await hand.sees("It counts until 2026-11-21, which is before it was")
        await fill(hand, "22 Nov 2027")
        await written(hand, "● counts", "p.ng", "2 trainings, 2 in force")
        await hand.press("w")
        await fill(hand, "it was somebody else")
        await written(hand, "TR-1 counts no more", "× withdrawn")
    assert {(one.person, one.subject) for one in kept(site, Training)} == {
        ("k.chen", "-CM library"),
        ("p.ng", "-CM library"),
    }


async def test_an_audit_is_planned_by_who_owns_none_of_it_and_cancelled(site: Quayside) -> None:
    async with at_work(app(site, "a.vries", "audits")) as hand:
        await hand.sees("Activity 10")
        await hand.press("N")
        await hand.sees("Plan an audit", "integrity, library system")
        await fill(hand, "functional", "+14d", "m.jansen")
        await hand.press("ctrl+s")
        await hand.sees("owns part of what is to be audited")
        await hand.press("up")
        await fill(hand, "p.ng", "", "", "Is it signed?; Who saw it?")
        await written(hand, "AUD-1 is planned for p.ng")
        await hand.press("home", "w")
        await hand.sees("AUD-1 will not be held", "the reason")
        await fill(hand, "moved to spring")
        await written(hand, "AUD-1 is cancelled.")
    with site.desk("a.vries").store.read() as uow:
        found: tuple[Audit, ...] = tables_audits.audits(uow)
    assert ("cancelled", ("Is it signed?", "Who saw it?")) in [(one.state, one.checklist) for one in found]


async def test_an_audit_is_run_by_form_shown_first_and_what_was_answered_no_is_a_finding(
    site: Quayside,
) -> None:
    async with at_work(app(site, "p.ng", "audits"), (120, 36)) as hand:
        await hand.sees("Activity 10")
        await hand.press("N")
        await hand.sees("Plan an audit")
        await fill(hand, "event repository", "+14d", "", "", "", "Is it whole?; Who saw it?")
        await written(hand, "is planned for p.ng")
        await hand.press("home", "S")
        await hand.sees("question 1", "Is it whole? Say yes, no or n/a")
        await fill(hand, "perhaps")
        await hand.press("up")
        await hand.sees("× question 1", "Say yes, no or n/a, a colon, and what you saw.")
        await fill(hand, "no: two lines are missing", "yes: the lead")
        await hand.press("ctrl+s")
        await hand.sees("Question 1 becomes a finding.", "signed with your key")
        await hand.press("ctrl+s")
        await hand.sees("--dry-run", "two lines are missing")
        with site.desk("p.ng").store.read() as uow:
            assert not tables_audits.findings(uow)
        await hand.press("escape", "S")
        await hand.sees("no: two lines are missing", "What you typed before is back.")
        await fill(hand, "", "", "keep and sign")
        await written(hand, "FND-1", "1 open finding")
    with site.desk("p.ng").store.read() as uow:
        [found] = tables_audits.findings(uow)
    assert (found.rule, found.what) == ("checklist", "Is it whole? No: two lines are missing")


async def test_a_plan_is_registered_with_its_file_and_changed_while_it_is_a_draft(
    site: Quayside, tmp_path: Path
) -> None:
    (tmp_path / "annex.txt").write_text("by hand")
    async with at_work(app(site, "a.vries", "baselines"), (120, 36)) as hand:
        await hand.press("right_square_bracket", "N")
        await hand.sees("Register a document or plan")
        await fill(hand, "plan-cm")
        await hand.type("CM pl")
        await hand.sees("CM plan")
        await hand.press("right", "tab")
        await fill(hand, "The plan", "", "", "", "0.1", "1 Dec", "group:nobody")
        await hand.press("up")
        await hand.sees("There is no group 'nobody' to distribute it to.")
        await fill(hand, "person:k.chen", "chapter 2", "~nobody-here/plan.md", str(tmp_path / "annex.txt"))
        await hand.press("ctrl+s")
        await hand.sees("× text", "There is no file ~nobody-here/plan.md.")
        await fill(hand, " ")
        await hand.press("ctrl+s")
        await hand.sees("× covers", "'chapter 2' is not 'point: where it stands'.")
        await fill(hand, "schedule: chapter 2")
        await written(hand, "added as a draft, with 1 attachment", "plan-cm")
        await hand.press("g", "enter")
        await hand.sees("1 of 5 points", "person:k.chen")
        await hand.press("e")
        await hand.sees("Change plan-cm", "schedule: chapter 2")
        await fill(hand, "", "The better plan")
        await written(hand, "plan-cm is changed.", "The better plan")
    [one] = [one for one in kept(site, Document) if one.id == "plan-cm"]
    assert (one.title, one.review, [file.name for file in one.attachments]) == (
        "The better plan",
        "2026-12-01",
        ["annex.txt"],
    )


async def test_who_may_not_is_told_before_anything_is_typed_and_what_was_typed_outlives_a_crash(
    site: Quayside,
) -> None:
    async with at_work(app(site, "r.bakker", "audits")) as hand:
        await hand.sees("Activity 10")
        await hand.press("N")
        await hand.sees("r.bakker", "plan audits")
        assert "Plan an audit" not in hand.screen
    async with at_work(app(site, "a.vries", "reviews", "milestones")) as hand:
        await hand.sees("milestone")
        await hand.press("N")
        await hand.sees("Add a milestone")
        await fill(hand, "", "Half a name")
        await hand.until(lambda: site.desk("a.vries").item_work.kept("milestone add"))
    async with at_work(app(site, "a.vries", "reviews", "milestones")) as hand:
        await hand.sees("milestone")
        await hand.press("N")
        await hand.sees("Half a name", "What you typed before is back.")


def test_every_form_has_its_command_and_its_rules() -> None:
    paths = {one.path for one in TABLE}
    assert {*FORMS, "audit run"} == set(TRIALS)
    assert set(FORMS) <= paths


def test_every_hint_fits_its_line_in_a_narrow_window() -> None:
    for form in FORMS.values():
        for slot in form.slots:
            room = 42 if slot.need else 54
            assert slot.choices or len(slot.hint) <= room, slot.hint


def test_the_command_of_an_amendment_says_only_what_was_altered_and_guards_a_dash() -> None:
    start = {"title": "Old", "approver": "k.chen", "material": "m"}
    words = command("review amend", ("RV-1",), start, {**start, "title": "-x", "approver": ""})
    assert words == ("review", "amend", "--title=-x", "--approver=", "RV-1")
    typed = {"subject": "-CM", "people": "k.chen, p.ng", "when": "today", "evidence": "list", "kind": ""}
    words = command("training record", (), {}, typed)
    assert words == ("training", "record", "--on=today", "--evidence=list", "--", "-CM", "k.chen", "p.ng")

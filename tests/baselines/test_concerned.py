"""What a record is evidence of: the area it is about, and no other; and how it is mended and named."""

import shutil
from datetime import timedelta

import pytest
import yaml

from baselines import concerned
from baselines.conformance import SECTIONS, assess
from baselines.library import Library
from baselines.performed import NOT_PERFORMED, PARTLY, PERFORMED, Ask
from baselines.vault import Vault
from cmdb.canonical import rfc3339
from cmdb.store import Store
from tests.baselines.evident import DAY, NOW, built, lacking, row


@pytest.fixture(scope="module")
def whole(tmp_path_factory, keys):
    """A site where, of section 5.5, everything is performed."""
    folder = tmp_path_factory.mktemp("whole")
    built(folder, keys)
    return folder


@pytest.fixture
def site(whole, tmp_path):
    copy = tmp_path / "site"
    shutil.copytree(whole, copy)
    with Library(Store.open(str(copy / "cmdb.db")), Vault.open(copy / "library.git")) as made:
        yield made


ELSEWHERE = {
    "UPDATE review SET about = 'section:5.6'": {"5.5 Verification 1", "5.5 Verification 2"},
    "UPDATE training SET subject = 'Event management' WHERE person = 'k.chen'": {"5.5 Ability 4"},
    "UPDATE work_entry SET record = 'section:5.7'": {"5.5 Measurement 1"},
    "UPDATE audit SET scope = '5.6' WHERE kind = 'process'": {"5.5 Activity 10.5", "5.5 Verification 4.1"},
}


@pytest.mark.parametrize("sql", ELSEWHERE)
def test_what_was_done_for_another_area_is_no_evidence_of_this_one(site, sql):
    with site.store.write() as uow:
        uow.rows(sql)
        found = {one.practice.id: one for one in assess(uow, (), at=NOW)}
    gone = {f"5.5 {id}" for id in lacking({id: one for id, one in found.items() if id.startswith("5.5")})}
    assert gone == ELSEWHERE[sql]
    for id in gone:
        assert found[id].mend.startswith("cmdb "), found[id]


def test_a_record_is_about_the_area_of_what_it_follows_from(site):
    with site.store.write() as uow:  # never committed
        row(uow, "action_item", id="AI-90", origin="event:EV-1", owner="k.chen", what="x", state="initiated")
        row(uow, "milestone", id="MS-90", document="cm-plan", name="x", owner="k.chen", planned=DAY)
        row(uow, "review", id="RV-90", kind="internal", holder="a.vries", about="action:AI-90", planned=DAY)
        of = concerned.areas(Ask(uow=uow, at=NOW))
        found = {record: of(record) for record in RECORDS_OF}
    assert found == {record: frozenset(areas.split()) for record, areas in RECORDS_OF.items()}


EVERY = "5.1 5.3 5.4 5.5 5.6 5.7"
RECORDS_OF = {
    "action:AI-90": "5.6",
    "review:RV-90": "5.6",
    "milestone:MS-90": "5.5",
    "document:cm-policy": "5.5",
    "change:CR-1": "5.5",
    "section:5.7": "5.7",
    "audit:AUD-1": "5.5",
    "audit:AUD-7": "5.5 5.7",
    "action:AI-1": EVERY,
    "": EVERY,
}


def test_a_training_is_in_the_area_its_subject_names():
    for subject, sections in (
        ("CM procedures", {"5.5"}),
        ("Configuration management for engineers", {"5.5"}),
        ("EM and SQA", {"5.6", "5.7"}),
        ("SCM", {"5.1"}),
        ("First aid", set()),
        ("Acme switches", set()),
    ):
        assert {one for one in SECTIONS if concerned.trained_in(subject, one)} == sections, subject


def test_a_draft_plan_is_mended_by_the_request_that_brings_it_under_control(site, tmp_path):
    with site.store.write() as uow:
        uow.rows("UPDATE document SET level = 'draft' WHERE kind = 'CM plan'")
        found = {one.practice.id: one for one in assess(uow, ("5.5",), at=NOW)}
    for point in ("1", "1.1", "1.2", "1.3", "2.1", "2.2"):
        mend = found[f"5.5 Activity {point}"].mend
        assert mend.startswith("cmdb change new --file - <<< '{"), point
        request = yaml.safe_load(mend.partition("<<< ")[2].strip("'"))
        assert request["changes"] == [{"control": "document:cm-plan"}], point


def test_more_records_are_named_when_more_are_asked_for(site):
    with site.store.read() as uow:
        few, all_ = (
            {one.practice.id: one for one in assess(uow, ("5.5",), at=NOW, most=most)} for most in (1, 9_999)
        )
        [(entries,)] = uow.rows("SELECT COUNT(*) FROM journal WHERE at <= ?", rfc3339(NOW))
        [(commits,)] = uow.rows("SELECT COUNT(*) FROM library_commit WHERE at <= ?", rfc3339(NOW))
    assert all(len(one.records) <= 1 for one in few.values())
    for id, count in (("5.5 Activity 8.1", entries), ("5.5 Activity 3", None), ("5.5 Ability 2.1", commits)):
        assert few[id].total == all_[id].total or count is None, id
        if count is not None:
            assert len(all_[id].records) == all_[id].total == count


def test_every_group_a_plan_goes_to_signs_it_by_a_vote_or_a_review(site):
    past = rfc3339(NOW - timedelta(hours=1))
    review = {"kind": "internal", "title": "The plan", "planned": past, "holder": "a.vries", "state": "held"}
    review |= {"about": "document:cm-plan", "groups": '["quay"]', "held_at": past, "approved_at": past}
    with site.store.write() as uow:  # never committed
        uow.rows("""UPDATE document SET distribution = '["group:network", "group:quay"]'""")
        before = {one.practice.id: one for one in assess(uow, ("5.5",), at=NOW)}["5.5 Activity 1.2"]
        row(uow, "review", id="RV-90", **review)
        after = {one.practice.id: one for one in assess(uow, ("5.5",), at=NOW)}["5.5 Activity 1.2"]
    assert before.state == PARTLY
    assert "by group quay" in before.missing
    assert before.mend.endswith("--about document:cm-plan --group quay")
    assert after.state == PERFORMED
    assert after.records == ("document:cm-plan", "review:RV-90")


def test_what_a_review_came_to_is_evidence_point_by_point(site):
    past, ahead = rfc3339(NOW - timedelta(hours=1)), rfc3339(NOW + timedelta(hours=1))
    held = {
        "kind": "senior management",
        "holder": "a.vries",
        "state": "held",
        "held_at": past,
        "planned": past,
    }
    held |= {"about": "section:5.1", "every": "year"}
    lists = dict.fromkeys(("issues", "risks", "decisions", "recipients", "groups"), "[]")
    points = {
        "1.2": {"decisions": '["one more"]'},
        "1.3": {"risks": '["a strike"]'},
        "1.5": {"recipients": '["p.ng"]'},
    }
    for point, noted in points.items():
        with site.store.write() as uow:  # never committed
            uow.rows("DELETE FROM review")
            row(uow, "review", id="RV-90", **held, **{**lists, **noted})
            found = {one.practice.id: one for one in assess(uow, ("5.1",), at=NOW)}
        shown = {id for id in ("1.2", "1.3", "1.4", "1.5") if found[f"5.1 Verification {id}"].records}
        assert shown == {point}
    with site.store.write() as uow:
        row(uow, "review", id="RV-90", **held, **lists)
        row(
            uow,
            "action_item",
            id="AI-90",
            origin="review:RV-90",
            owner="k.chen",
            what="x",
            initiated_at=past,
            due=ahead,
        )
        due = {one.practice.id: one for one in assess(uow, ("5.1",), at=NOW)}["5.1 Verification 1.4"]
        uow.rows(f"UPDATE action_item SET due = '{past}' WHERE id = 'AI-90'")
        late = {one.practice.id: one for one in assess(uow, ("5.1",), at=NOW)}["5.1 Verification 1.4"]
    assert (due.state, due.records) == (PERFORMED, ("action:AI-90",))
    assert "past their date (AI-90)" in late.missing


def test_an_event_past_its_deadline_that_nobody_resolved_is_lacking(site):
    past, ahead = rfc3339(NOW - timedelta(hours=1)), rfc3339(NOW + timedelta(hours=1))
    for due, resolved, on_time in (
        (past, None, False),
        (past, past, True),
        (ahead, None, True),
        (None, None, True),
    ):
        with site.store.write() as uow:  # never committed
            uow.rows("UPDATE event SET resolve_by = ?, resolved_at = ?", due, resolved)
            found = {one.practice.id: one for one in assess(uow, ("5.6",), at=NOW)}
        assert ("EV-1" in found["5.6 Activity 4"].missing) is not on_time, (due, resolved)
        measured = found["5.6 Measurement 1"]
        assert measured.state == (PERFORMED if due else NOT_PERFORMED), (due, resolved)


def test_an_event_that_was_withdrawn_is_evidence_of_nothing_and_lacks_nothing(site):
    with site.store.write() as uow:  # never committed
        uow.rows("UPDATE event SET state = 'withdrawn', resolve_by = ?", rfc3339(NOW - timedelta(hours=1)))
        found = {one.practice.id: one for one in assess(uow, ("5.6",), at=NOW)}
    for id in ("5.6 Activity 3.1", "5.6 Activity 4.1"):
        assert (found[id].state, found[id].records) == (NOT_PERFORMED, ()), id
        assert "No event is recorded" in found[id].missing

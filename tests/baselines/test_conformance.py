"""Conformance counts records: one practice broken at a time is exactly the one that is said."""

import shutil
from datetime import timedelta

import pytest

from baselines import conformance, exclusions, practices_55
from baselines.conformance import ALL, QUERIES, SECTIONS, assess, counted, trend
from baselines.library import Library
from baselines.performed import NOT_APPLICABLE, NOT_PERFORMED, PARTLY, PERFORMED
from baselines.vault import Vault
from cmdb.canonical import rfc3339
from cmdb.duties import REVIEW_KINDS
from cmdb.errors import Invalid, Refused
from cmdb.store import Store
from tests.baselines.evident import NOW, built, lacking, row, states
from tests.baselines.port import NIGHT
from tui.table import TABLE


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


def test_where_everything_is_done_everything_is_performed_with_its_records(site):
    verdicts = states(site)
    assert lacking(verdicts) == set(), {id: one.missing for id, one in verdicts.items() if one.missing}
    assert {one.state for one in verdicts.values()} == {PERFORMED}
    kinds = {one.partition(":")[0] for verdict in verdicts.values() for one in verdict.records}
    assert not kinds & {"change_request", "baseline"}, "records are called the same by every practice"
    assert all(one.records for one in verdicts.values())
    assert not any(one.missing or one.mend for one in verdicts.values())


BROKEN = {
    "Commitment 1.1": "UPDATE document SET covers = REPLACE(covers, '\"responsibility\"', '\"x\"')"
    " WHERE kind = 'CM policy'",
    "Commitment 1.2": "UPDATE document SET covers = REPLACE(covers, '\"life cycle\"', '\"x\"')"
    " WHERE kind = 'CM policy'",
    "Commitment 1.3": "UPDATE document SET covers = REPLACE(covers, '\"scope\"', '\"range\"')"
    " WHERE kind = 'CM policy'",
    "Commitment 1.4": "UPDATE document SET covers = REPLACE(covers, '\"repository\"', '\"x\"')"
    " WHERE kind = 'CM policy'",
    "Commitment 1.5": "UPDATE document SET covers = REPLACE(covers, '\"audits\"', '\"x\"')"
    " WHERE kind = 'CM policy'",
    "Ability 1.1": "UPDATE decision SET votes = '[]' WHERE request IN"
    " (SELECT id FROM change_request WHERE kind = 'baseline')",
    "Ability 1.2": "UPDATE board SET members = REPLACE(members, 'network', 'cm-group')",
    "Ability 1.3": "UPDATE decision SET votes = '[]' WHERE request IN"
    " (SELECT id FROM change_request WHERE kind = 'normal')",
    "Ability 2.2": "UPDATE document SET distribution = '[]'",
    "Ability 2.3": "DELETE FROM journal WHERE action IN ('item register', 'baseline establish')",
    "Ability 2.4": "DELETE FROM journal WHERE action = 'role grant'",
    "Ability 3.1": "DELETE FROM role_grant WHERE role = 'configuration manager'",
    "Ability 4": "UPDATE training SET withdrawn = 'never held' WHERE person = 'k.chen'",
    "Activity 1.2": "UPDATE vote SET value = 'abstain'",
    "Activity 2.1": "UPDATE document SET covers = REPLACE(covers, 'schedule', 'x') WHERE kind = 'CM plan'",
    "Activity 2.2": "UPDATE document SET covers = REPLACE(covers, 'other groups', 'x')"
    " WHERE kind = 'CM plan'",
    "Activity 3.1": "UPDATE policy SET control_level = ''",
    "Activity 3.4": "UPDATE item_type SET recommended = '[]', json_schema = '{}'",
    "Activity 3.5": "UPDATE baseline SET archived_at = '2099-01-01T00:00:00Z' WHERE replaced_by <> ''",
    "Activity 4.1": "UPDATE item SET criterion = '' WHERE id = 'sw-12'",
    "Activity 4.2": "INSERT INTO spent_id (id) VALUES ('sw-12')",
    "Activity 4.3": "UPDATE item SET characteristics = '{}' WHERE id = 'sw-12'",
    "Activity 4.5": "UPDATE item SET points = '[]' WHERE id = 'mail'",
    "Activity 5": "UPDATE action_item SET due = '2026-11-23T00:00:00Z'",
    "Activity 6.1": "UPDATE change_request SET test_result = '' WHERE kind = 'normal'",
    "Activity 6.2": "UPDATE decision SET record = '' WHERE request IN"
    " (SELECT id FROM change_request WHERE kind = 'normal')",
    "Activity 6.3": "UPDATE checkout SET state = 'out', expires_at = '2026-11-23T00:00:00Z'",
    "Activity 8.2": "DELETE FROM journal_subject WHERE subject IN (SELECT id FROM item)",
    "Activity 10.2": "UPDATE audit SET run_at = '2025-01-01T00:00:00Z'"
    " WHERE kind = 'integrity' AND run_at <> ''",
    "Activity 10.4": "UPDATE audit SET run_at = '2025-01-01T00:00:00Z'"
    " WHERE kind = 'completeness' AND run_at <> ''",
    "Activity 10.1": "UPDATE audit SET checklist = '[]' WHERE kind = 'integrity'",
    "Activity 10.6": "UPDATE audit SET told = '[]' WHERE kind = 'process'",
    "Measurement 1": "DELETE FROM work_entry",
    "Verification 1": "DELETE FROM review WHERE kind = 'senior management'",
    "Verification 2": "UPDATE review SET occasion = '', every = 'month'",
}
# Broken once, these show in several places: they are the same records.
SHARED = {
    "Ability 2.8, Activity 9": "DELETE FROM notice",
    "Ability 2.1, Ability 2.7, Activity 3.7, Activity 6.2": "DELETE FROM library_commit",
    "Ability 1.1, Activity 3.3, Activity 6.1": "UPDATE change_request SET kind = 'normal'"
    " WHERE kind = 'baseline'",
    "Activity 10.3, Activity 3.9": "UPDATE audit SET run_at = '2025-01-01T00:00:00Z'"
    " WHERE kind = 'library system' AND run_at <> ''",
    "Activity 10.5, Verification 4.1": "UPDATE audit SET run_at = '2025-01-01T00:00:00Z'"
    " WHERE kind = 'process' AND run_at <> ''",
    "Ability 2.3, Ability 2.4, Ability 3.2, Activity 3.8, Activity 8.1, Activity 8.2, Activity 9": "DELETE"
    " FROM journal",
    "Ability 2.2, Activity 1.1, Activity 1.2, Activity 1.3, Activity 2.1, Activity 2.2": "UPDATE document"
    " SET level = 'draft' WHERE kind = 'CM plan'",
    "Ability 1.1, Ability 1.3, Ability 2.5, Activity 1.1, Activity 3.3, Activity 4.4, Activity 6.2": "UPDATE"
    " baseline SET request = ''",
    "Activity 3.2, Activity 4.1, Activity 4.2, Activity 4.3, Activity 4.4, Activity 4.5, Activity 4.6": (
        "UPDATE item SET status = 'retired'"
    ),
    "Ability 1.4, Activity 7.1": "UPDATE product_release SET request = 'CR-99'",
    "Ability 2.6, Activity 3.6, Activity 7.2": "UPDATE product_release SET baseline = 'BL-000099'",
    "Activity 3.8, Activity 9": "DELETE FROM event",
    "Activity 10.7": "INSERT INTO finding (id, audit, what, rule, about, count, state, holder, due,"
    " correction, corrected_by, reason, reviews, raised_at, raised_by, steps) VALUES ('FND-1',"
    " 'AUD-1', 'x', '', '[]', 1,"
    " 'with', 'k.chen', '2026-11-23T00:00:00Z', '', '', '', 0, '2026-11-22T22:00:00Z', 'q.sato', 2)",
    "Activity 1.1, Activity 1.2": "DELETE FROM proposed_record WHERE record = 'document'",
    "Activity 3.5, Activity 6.2": "UPDATE baseline SET commit_id = '' WHERE replaced_by <> ''",
    "Verification 3, Verification 4.2": "UPDATE audit SET state = 'cancelled' WHERE run_at IS NULL"
    " AND kind <> 'process'",
}


@pytest.mark.parametrize("practice", BROKEN)
def test_one_practice_broken_is_exactly_the_one_that_is_said(site, practice):
    assert broken(site, BROKEN[practice]) == {practice}


@pytest.mark.parametrize("named", SHARED)
def test_one_record_broken_is_said_wherever_it_is_the_evidence(site, named):
    assert broken(site, SHARED[named]) == set(named.split(", "))


def test_every_point_that_records_show_is_broken_once(site):
    found = states(site)
    parents = {one.practice.above for one in found.values()}
    points = {
        id.removeprefix("5.5 ")
        for id, one in found.items()
        if id not in parents and not one.practice.query.startswith("sum:")
    }
    assert points == {*BROKEN, *(point for named in SHARED for point in named.split(", "))}


def broken(site, sql):
    with site.store.write() as uow:
        uow.rows("PRAGMA defer_foreign_keys = ON")
        uow.rows(sql)
        found = {one.practice.id: one for one in assess(uow, ("5.5",), at=NOW)}
    for one in found.values():
        if one.state in (PARTLY, NOT_PERFORMED):
            assert one.missing, one
            assert one.mend.startswith("cmdb "), one
    return lacking(found)


def test_a_plan_nobody_voted_on_was_looked_at_in_a_review_with_groups_and_approved_material(site):
    past, ahead = rfc3339(NOW - timedelta(hours=1)), rfc3339(NOW + timedelta(hours=1))
    review = {"kind": "internal", "title": "The plan", "planned": past, "holder": "a.vries", "state": "held"}
    review |= {"about": "document:cm-plan", "groups": '["network"]', "held_at": past, "approved_at": past}
    for number, wrong in enumerate(
        ({}, {"groups": "[]"}, {"approved_at": None}, {"held_at": ahead}, {"about": "document:cm-policy"})
    ):
        with site.store.write() as uow:  # never committed
            uow.rows("UPDATE vote SET value = 'abstain'")
            row(uow, "review", id=f"RV-9{number}", **{**review, **wrong})
            found = {one.practice.id: one for one in assess(uow, ("5.5",), at=NOW)}["5.5 Activity 1.2"]
        if wrong:
            assert found.state == NOT_PERFORMED, wrong
            assert "no review of it was held with groups" in found.missing
            assert "by group network" in found.missing
            assert found.mend == "cmdb review plan internal TITLE --about document:cm-plan --group network"
        else:
            assert (found.state, found.records) == (PERFORMED, ("review:RV-90",))


def test_a_practice_is_what_its_points_come_to_and_a_goal_what_its_practices_do(site):
    with site.store.write() as uow:
        uow.rows("UPDATE item SET criterion = '' WHERE id = 'sw-12'")
        found = {one.practice.id: one for one in assess(uow, ("5.5",), at=NOW)}
    assert found["5.5 Activity 4"].state == PARTLY
    assert found["5.5 Activity 4"].missing == "See Activity 4.1."
    assert found["5.5 Goal 2"].state == PARTLY
    assert found["5.5 Goal 3"].state == PERFORMED
    assert counted(found.values())[PARTLY] == 2


def test_nothing_was_performed_before_anything_was_there(site):
    early = states(site, at=NIGHT - timedelta(days=300))
    then = {id for id, one in early.items() if one.state == PERFORMED and not one.now}
    assert then == set()
    with site.store.read() as uow:
        before, after = (assess(uow, ("5.5",), at=at) for at in (NIGHT - timedelta(days=300), NOW))
    moved = trend(before, after)
    assert {one.after for one in moved} == {PERFORMED}
    assert "5.5 Activity 6.2" in {one.practice.id for one in moved}
    assert trend(after, after) == ()


def test_who_said_that_a_practice_does_not_apply_is_named_until_they_take_it_back(site, keys):
    key = keys.private("a.vries")
    with site.store.write() as uow:
        uow.rows("DELETE FROM product_release")
        uow.commit()
    said = exclusions.state(
        site,
        "5.5 Activity 7",
        reason="we sell nothing",
        known=conformance.known(),
        actor="a.vries",
        key=key,
        at=NOW,
    )
    found = states(site)
    for id in ("5.5 Activity 7", "5.5 Activity 7.1", "5.5 Activity 7.2"):
        assert (found[id].state, found[id].statement) == (NOT_APPLICABLE, said)
    assert found["5.5 Goal 3"].state == PERFORMED  # what does not apply is in nobody's way
    with pytest.raises(Refused):
        exclusions.state(
            site,
            "5.5 Activity 7",
            reason="again",
            known=conformance.known(),
            actor="a.vries",
            key=key,
            at=NOW,
        )
    exclusions.withdraw(site, "say-1", reason="we do now", actor="a.vries", key=key, at=NOW)
    assert states(site, at=NOW + timedelta(seconds=1))["5.5 Activity 7"].state == NOT_PERFORMED
    for wrong in ("5.5 Activity 99", "item:nothing", "mail"):
        with pytest.raises(Invalid):
            exclusions.state(
                site, wrong, reason="x", known=conformance.known(), actor="a.vries", key=key, at=NOW
            )


def test_every_section_answers_for_every_practice_and_each_command_exists(site):
    paths = {entry.path for entry in TABLE}
    with site.store.write() as uow:
        for table in ("document", "review", "training", "event", "product_release", "work_entry"):
            uow.rows(f"DELETE FROM {table}")
        found = assess(uow, (), at=NOW + timedelta(days=900))
    assert [one.practice for one in found] == list(ALL)
    assert {one.practice.section for one in found} == set(SECTIONS)
    for one in found:
        if one.state in (PARTLY, NOT_PERFORMED):
            assert one.missing, one
        words = one.mend.split()[1:]
        known = any(" ".join(words[:length]) in paths for length in (1, 2, 3))
        assert known or not words, one


def test_every_query_named_exists_and_every_one_that_exists_is_named():
    named = {one.query.partition(":")[0] for one in ALL if one.query}
    assert named - {"sum"} <= set(QUERIES)
    assert not set(QUERIES) - named
    ids = [one.id for one in ALL]
    assert len(ids) == len(set(ids))
    for one in ALL:
        if one.query.startswith("sum:"):
            assert set(one.query.removeprefix("sum:").split("|")) <= set(ids), one
        assert one.query or any(point.above == one.id for point in ALL), one
    assert len(practices_55.PRACTICES) > 70


def test_a_service_that_is_none_and_a_section_nobody_has_are_refused(site):
    with pytest.raises(Invalid):
        states(site, service="sw-11")
    with pytest.raises(Invalid):
        states(site, sections=("5.2",))
    assert states(site, service="mail")["5.5 Activity 4.1"].total == 4


def test_every_kind_of_review_a_practice_asks_for_can_be_held():
    asked = {
        one.query.partition("/")[2].partition("/")[0] for one in ALL if one.query.startswith("reviewed:")
    }
    assert asked <= set(REVIEW_KINDS)
    assert {"customer SQA", "independent", "internal", "risk", "facilities"} <= asked

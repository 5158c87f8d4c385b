"""The life of an agreement: which acts are possible when, what each makes of it, what no request may do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cmdb import agreement_life, agreement_records
from cmdb.agreement_life import STEPS, Acceptance
from cmdb.agreement_omissions import REVIEWERS
from cmdb.agreement_versions import number_of, versions
from cmdb.errors import Invalid, Refused
from cmdb.promises import AGREEMENT_STATES, ServiceAgreement
from tests.cmdb.agreed import TERMS
from tests.cmdb.test_agreements import NOW, agreement

YES = Acceptance(name="Ann Acme", on="2026-11-20", evidence="letter 18", sha256="a" * 64)
REVIEWS = [{"for": one, "name": "Somebody", "on": "2026-11-19"} for one in REVIEWERS]
LATER = datetime(2026, 12, 15, tzinfo=UTC)
ACTIONS = ("review", "agree", "publish", "revise", "end")


def draft(**terms: Any) -> ServiceAgreement:
    return agreement(state="draft", terms=terms)


def act(one: ServiceAgreement, action: str) -> ServiceAgreement:
    """Take a step that lacks nothing but the right state."""
    wanted = one.but(scope="Another scope")
    if action == "revise" and one.state == "under revision":
        return agreement_life.revise(one, wanted, LATER, YES, REVIEWS)
    return {
        "review": lambda: agreement_life.review(one, REVIEWS),
        "agree": lambda: agreement_life.agree(one, YES),
        "publish": lambda: agreement_life.publish(one, "2026-11-20", ["acme"]),
        "revise": lambda: agreement_life.reopen(one),
        "end": lambda: agreement_life.end(one, NOW, now=NOW),
    }[action]()


@pytest.mark.parametrize("state", AGREEMENT_STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_state_and_act_does_what_the_table_says_or_is_refused(state: str, action: str) -> None:
    one = agreement(state=state, terms={"reviews": REVIEWS})
    steps = [step for step in STEPS if (step.source, step.action) == (state, action)]
    if steps:
        assert act(one, action).state == steps[0].target
        return
    with pytest.raises(Refused) as refused:
        act(one, action)
    assert state in refused.value.reason
    assert "cmdb agreement " in refused.value.remedy


def test_a_draft_is_reviewed_by_the_review_that_completes_them() -> None:
    one = draft()
    for entry in REVIEWS[:-1]:
        one = agreement_life.review(one, [entry], ["net"])
        assert one.state == "draft"
    one = agreement_life.review(one, REVIEWS[-1:], ["net"])
    assert (one.state, agreement_life.missing_reviews(one, ["net"])) == ("draft", ("net",))
    one = agreement_life.review(one, [{**REVIEWS[0], "for": "net"}], ["net"])
    assert one.state == "reviewed"
    again = agreement_life.review(one, [{**REVIEWS[0], "name": "Somebody else"}], ["net"])
    assert [each["name"] for each in again.terms["reviews"] if each["for"] == REVIEWERS[0]] == [
        "Somebody else"
    ]
    assert again.state == "reviewed"


def test_nothing_is_agreed_that_was_not_reviewed_by_all() -> None:
    one = draft(reviews=REVIEWS).but(state="reviewed")
    with pytest.raises(Refused, match="not reviewed by net"):
        agreement_life.agree(one, YES, ["net"])
    agreed = agreement_life.agree(one, YES)
    assert agreed.terms["accepted"] == {
        "name": "Ann Acme", "on": "2026-11-20", "evidence": "letter 18", "sha256": "a" * 64,
    }  # fmt: skip


@pytest.mark.parametrize(
    "entry",
    [
        {"for": "", "name": "x", "on": "2026-11-19"},
        {"for": "x\ny", "name": "x", "on": "2026-11-19"},
        {"for": "x", "name": "\x1b[2J", "on": "2026-11-19"},
        {"for": "x", "name": "x", "on": "soon"},
    ],
)
def test_a_review_that_says_nothing_is_refused(entry: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        agreement_life.review(draft(), [entry])


def test_an_acceptance_that_says_nothing_is_refused() -> None:
    one = draft(reviews=REVIEWS).but(state="reviewed")
    with pytest.raises(Invalid):
        agreement_life.agree(one, Acceptance(name="Ann", on="2026-11-20", evidence=" "))


def test_a_next_version_is_reviewed_and_accepted_anew() -> None:
    before = agreement(state="published", terms=TERMS)
    with pytest.raises(Refused, match="cannot be|not reviewed") as refused:
        agreement_life.revise(before, before.but(scope="x"), LATER, YES, [])
    assert "--reviewed WHOM=NAME" in refused.value.remedy, (
        "the reviews in the file are of the version there is"
    )
    after = agreement_life.revise(before, before.but(scope="x"), LATER, YES, REVIEWS)
    assert (after.state, number_of(after), after.scope) == ("agreed", 2, "x")
    assert "signed" not in after.terms
    first, second = versions(after)
    assert (first.terms["reviews"], first.terms["accepted"]) == (TERMS["reviews"], TERMS["accepted"])
    assert second.terms["reviews"] == REVIEWS
    assert agreement_life.change_problems(agreement_records.record_of(before), after) == []


def test_an_end_in_the_past_ends_it_and_one_ahead_is_its_end() -> None:
    one = agreement(state="published")
    assert agreement_life.end(one, NOW, now=NOW).state == "ended"
    ahead = agreement_life.end(one, NOW + timedelta(days=1), now=NOW)
    assert (ahead.state, ahead.end) == ("published", NOW + timedelta(days=1))
    with pytest.raises(Refused, match="ends at 2027-01-01"):
        agreement_life.end(one, datetime(2030, 1, 1, tzinfo=UTC), now=NOW)


def test_what_is_signed_is_the_version_and_not_how_far_it_came() -> None:
    one = agreement(state="agreed", terms=TERMS)
    digest = agreement_life.content_digest(one)
    published = agreement_life.publish(one, "2026-11-20", ["acme"])
    assert agreement_life.content_digest(published.but(review="2027-01-01")) == digest
    for changed in (
        one.but(scope="x"),
        one.but(end=NOW),
        one.but(terms={**TERMS, "calamities": TERMS["calamities"][:1]}),
        one.but(id="ag-9"),
        one.but(start=one.start + timedelta(days=1)),
    ):
        assert agreement_life.content_digest(changed) != digest


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ({"state": "agreed"}, {"state": "agreed", "scope": "x"}, "scope changes with a new version"),
        ({"state": "published"}, {"state": "draft"}, "cannot become draft again"),
        ({"state": "ended"}, {"state": "agreed"}, "it has ended"),
        ({"state": "draft"}, {"state": "published", "terms": {}}, "not reviewed by customer"),
        ({"state": "draft"}, {"state": "agreed", "terms": {}}, "the customer accepted it is missing"),
        (
            {"state": "agreed"},
            {"state": "agreed", "terms": {**TERMS, "version": 2}},
            "follows on every version",
        ),
    ],
)
def test_no_request_skips_the_life_of_an_agreement(
    before: dict[str, Any], after: dict[str, Any], says: str
) -> None:
    old, new = agreement(terms=TERMS).but(**before), agreement(terms=TERMS).but(**after)
    found = agreement_life.change_problems(agreement_records.record_of(old), new)
    assert any(says in one for one in found), found


@pytest.mark.parametrize(
    ("before", "after", "act"),
    [
        ({"state": "agreed"}, {"state": "published"}, "publish ag-1"),
        ({"state": "under revision"}, {"state": "agreed"}, "revise ag-1 FILE --from DATE"),
        ({"state": "agreed"}, {"state": "ended", "end": None}, "end ag-1 --at DATE"),
        ({"state": "published"}, {"state": "ended"}, "end ag-1 --at DATE"),
    ],
)
def test_a_state_written_by_hand_without_the_record_of_its_act_names_the_act(
    before: dict[str, Any], after: dict[str, Any], act: str
) -> None:
    old = agreement(terms=TERMS).but(**before)
    [said] = agreement_life.change_problems(
        agreement_records.record_of(old), old.but(**after), by=NOW + timedelta(days=14)
    )
    assert f"'cmdb agreement {act}'" in said


def test_no_request_rewrites_what_a_version_said() -> None:
    before = agreement(terms=TERMS)
    second = agreement_life.revise(before, before.but(scope="x"), NOW, YES, REVIEWS)
    held = agreement_records.record_of(second)
    [entry] = second.terms["former"]
    forged = {**entry, "fields": {**entry["fields"], "purpose": "Another purpose"}}
    rewritten = second.but(terms={**second.terms, "former": [forged]})
    assert any("does not change" in one for one in agreement_life.change_problems(held, rewritten))
    third = agreement_life.revise(second, second.but(scope="y"), LATER, YES, REVIEWS)
    assert agreement_life.change_problems(held, third) == []
    rewritten = third.but(terms={**third.terms, "former": [forged, third.terms["former"][1]]})
    assert any(
        "rewrites what version 2 said" in one for one in agreement_life.change_problems(held, rewritten)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"state": "published", "terms": {**TERMS, "published": {"on": "2026-11-20", "to": ["acme"]}}},
        {"state": "under revision"},
        {"review": "2027-02-01"},
        {"manager": "k.chen"},
        {"state": "ended", "end": NOW},
        {"end": NOW},
        {"contacts": ()},
    ],
)
def test_what_is_no_part_of_a_version_changes_without_one(change: dict[str, Any]) -> None:
    one = agreement(terms=TERMS)
    assert agreement_life.change_problems(agreement_records.record_of(one), one.but(**change)) == []


def test_a_candidate_and_a_draft_change_freely() -> None:
    assert agreement_life.change_problems(None, agreement(terms=TERMS)) == []
    old = agreement(state="draft")
    assert agreement_life.change_problems(agreement_records.record_of(old), old.but(scope="x")) == []

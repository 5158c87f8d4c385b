"""Every (state, action) pair of the life cycle, every guard, and the page written from the table."""

import itertools
from pathlib import Path

import pytest

from ccb import lifecycle
from ccb.guards import Facts, Reason
from cmdb.errors import Invalid, Refused

ROOT = Path(__file__).parents[2]
EVERYTHING_FINE = Facts(
    request="CR-1",
    kind="standard",
    roles=frozenset(lifecycle.ROLES),
    until_given=True,
    lease="k.chen",
    lease_is_actors=True,
    started=False,
    finished=False,
)

VOTING = ("vote", "override", "decide", "defer")

# The life cycle as rules.md 5 tells it, written a second time and independently of the table.
EXPECTED = {
    ("draft", "submit"): "submitted",
    ("submitted", "assess"): "assessed",
    ("assessed", "assess"): "assessed",
    ("submitted", "accept template"): "approved",
    ("assessed", "refer"): "under review",
    ("under review", "vote"): "under review",
    ("under review", "withdraw vote"): "under review",
    ("under review", "override"): "under review",
    ("under review", "decide"): "approved",
    ("under review", "defer"): "deferred",
    ("under review", "refer"): "under review",
    ("deferred", "resume"): "submitted",
    ("approved", "check out"): "checked out",
    ("approved", "confirm"): "approved",
    ("approved", "refer"): "under review",
    ("checked out", "start"): "checked out",
    ("checked out", "finish"): "checked out",
    ("checked out", "extend"): "checked out",
    ("checked in", "extend"): "checked in",
    ("checked out", "give back"): "approved",
    ("checked out", "expire"): "approved",
    ("checked out", "check in"): "checked in",
    ("checked out", "back out"): "backed out",
    ("checked in", "start"): "checked in",
    ("checked in", "finish"): "checked in",
    ("checked in", "back out"): "backed out",
    ("checked in", "close"): "closed",
    **{(state, "edit"): "draft" for state in lifecycle.EDITABLE},
    **{(state, "withdraw"): "withdrawn" for state in lifecycle.EDITABLE},
}


def _facts_for(state: str, action: str) -> Facts:
    facts = EVERYTHING_FINE
    if action in ("finish", "extend", "close"):
        facts = facts.but(started=True)
    if action == "close":
        facts = facts.but(finished=True, outcome="as planned")
    if action == "expire":
        facts = facts.but(lease_expired=True)
    if action == "confirm" or (state, action) == ("approved", "refer"):
        facts = facts.but(moved=("impact",))
    if (state, action) == ("under review", "refer"):
        facts = facts.but(overruled="Another policy decides.")
    if action == "decide":
        facts = facts.but(ballot="carried")
    return facts


@pytest.mark.parametrize(("state", "action"), list(itertools.product(lifecycle.STATES, lifecycle.ACTIONS)))
def test_every_action_in_every_state_leads_where_the_rules_say_or_is_refused_with_a_remedy(state, action):
    facts = _facts_for(state, action)
    expected = EXPECTED.get((state, action))
    if expected is not None:
        assert lifecycle.advance(state, action, facts) == expected
        return
    with pytest.raises(Refused) as refusal:
        lifecycle.advance(state, action, facts)
    assert f"CR-1 is {state}" in refusal.value.reason
    assert "cmdb change" in refusal.value.remedy


def test_the_expected_table_and_the_table_hold_the_same_pairs():
    assert {(row.origin, row.action) for row in lifecycle.TRANSITIONS} == set(EXPECTED)


def test_nobody_without_a_role_may_do_anything_but_let_a_lease_expire():
    for state, action in EXPECTED:
        facts = _facts_for(state, action).but(roles=frozenset())
        if action == "expire":
            assert lifecycle.advance(state, action, facts) == "approved"
            continue
        with pytest.raises(Refused) as refusal:
            lifecycle.advance(state, action, facts)
        assert "is for the" in refusal.value.reason


def test_a_lost_ballot_is_decided_as_rejected_and_an_open_one_not_at_all():
    facts = EVERYTHING_FINE
    assert lifecycle.advance("under review", "decide", facts.but(ballot="lost")) == "rejected"
    with pytest.raises(Refused) as refusal:
        lifecycle.advance("under review", "decide", facts.but(ballot="open"))
    assert refusal.value.reason == "The ballot is still open."


@pytest.mark.parametrize(
    ("state", "action", "change", "sentence"),
    [
        ("draft", "submit", {"problems": ("The reason is empty.",)}, "The reason is empty."),
        ("submitted", "accept template", {"kind": "normal"}, "no template authorises"),
        ("assessed", "refer", {"assessed_now": False}, "older than what it assesses"),
        ("assessed", "refer", {"can_carry": False}, "No combination of votes"),
        ("under review", "defer", {"until_given": False}, "needs the date"),
        ("under review", "refer", {"overruled": ""}, "lies before its board already"),
        ("under review", "refer", {"can_carry": False}, "No combination of votes"),
        *(("under review", one, {"overruled": "It is core's."}, "It is core's.") for one in VOTING),
        ("deferred", "resume", {"roles": frozenset()}, "has not come"),
        ("approved", "check out", {"moved": ("impact of mail",)}, "impact of mail"),
        ("approved", "check out", {"conditions": ("AI-2",)}, "conditions that are not met yet: AI-2"),
        ("under review", "vote", {"no_vote": Reason("No seat.", "Ask the chair.")}, "No seat."),
        ("approved", "confirm", {"moved": ()}, "Nothing material moved"),
        ("checked out", "check in", {"lease_is_actors": False}, "checked out by k.chen"),
        ("checked out", "check in", {"lease_expired": True}, "has expired"),
        ("checked out", "check in", {"window_started": False}, "not started yet"),
        ("checked out", "give back", {"lease": "", "lease_is_actors": False}, "not checked out by anybody"),
        ("checked out", "expire", {"lease_expired": False}, "has not expired"),
        ("checked out", "start", {"started": True}, "recorded already"),
        ("checked out", "finish", {"started": False}, "No start"),
        ("checked out", "finish", {"finished": True}, "recorded already"),
        ("checked in", "close", {"started": False}, "No start"),
        ("checked in", "close", {"finished": False}, "No finish"),
        ("checked in", "close", {"outcome": ""}, "outcome is not recorded"),
        ("checked in", "close", {"planned_down": True}, "actual outage is not recorded"),
        ("checked in", "close", {"blocking": ("AI-3",)}, "AI-3"),
        ("checked in", "close", {"review_due": True}, "reviewed before it is closed"),
        ("under review", "decide", {"decides": "chair", "roles": frozenset({"member"})}, "to the chair"),
    ],
)
def test_each_guard_refuses_in_its_own_sentence_and_says_what_lifts_it(state, action, change, sentence):
    facts = _facts_for(state, action).but(**change)
    with pytest.raises(Refused) as refusal:
        lifecycle.advance(state, action, facts)
    said = " ".join([refusal.value.reason, *refusal.value.problems])
    assert sentence in said
    assert refusal.value.remedy


def test_what_was_put_off_comes_back_on_its_date_whoever_looks():
    nobody = EVERYTHING_FINE.but(roles=frozenset(), until_passed=True)
    assert lifecycle.advance("deferred", "resume", nobody) == "submitted"


def test_all_objections_of_one_action_are_said_at_once():
    facts = EVERYTHING_FINE.but(planned_down=True, blocking=("AI-1",))
    with pytest.raises(Refused) as refusal:
        lifecycle.advance("checked in", "close", facts)
    assert len([refusal.value.reason, *refusal.value.problems]) == 4


def test_what_is_offered_is_what_advance_allows():
    for state in lifecycle.STATES:
        for facts in (EVERYTHING_FINE, EVERYTHING_FINE.but(roles=frozenset({"implementer"})), Facts()):
            for offer in lifecycle.offered(state, facts):
                if offer.reason is None:
                    assert lifecycle.advance(state, offer.action, facts) == offer.to
                else:
                    with pytest.raises(Refused) as refusal:
                        lifecycle.advance(state, offer.action, facts)
                    assert offer.reason.sentence in (refusal.value.reason, *refusal.value.problems)


def test_final_states_offer_nothing_and_every_other_state_can_be_left():
    for state in lifecycle.STATES:
        offers = lifecycle.offered(state, EVERYTHING_FINE)
        assert (not offers) == (state in lifecycle.FINAL)
        if offers:
            assert any(offer.to != state for offer in offers)


def test_every_state_is_reached_from_draft():
    reached, frontier = {"draft"}, ["draft"]
    while frontier:
        state = frontier.pop()
        for row in lifecycle.TRANSITIONS:
            if row.origin == state and row.to not in reached:
                reached.add(row.to)
                frontier.append(row.to)
    assert reached == set(lifecycle.STATES)


def test_every_guard_says_in_one_line_what_it_holds():
    for row in lifecycle.TRANSITIONS:
        for guard in row.guards:
            assert guard.__doc__, guard
            assert "\n" not in guard.__doc__, guard


def test_a_word_that_is_no_state_or_action_is_invalid():
    with pytest.raises(Invalid):
        lifecycle.advance("drafty", "submit", EVERYTHING_FINE)
    with pytest.raises(Invalid):
        lifecycle.advance("draft", "launch", EVERYTHING_FINE)


def test_the_page_in_docs_is_the_one_the_table_writes():
    assert (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8") == lifecycle.page()


def test_the_picture_names_every_state_and_every_move():
    picture = lifecycle.picture()
    for row in lifecycle.TRANSITIONS:
        if row.origin != row.to:
            assert f'"{row.origin}" -> "{row.to}"' in picture

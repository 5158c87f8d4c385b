"""What check-out and check-in read again: a decision holds for exactly what was decided."""

import json

import pytest

from ccb import authorisation, board, requests, tables
from ccb.ballot import Decision, Vote
from ccb.model import Evidence
from cmdb.errors import Corrupt, Refused
from cmdb.model import Person, PublicKey
from tests.ccb.quay import NOW, POLICY, SWAP, Quay


def authorised(quay: Quay, id: str = "CR-1") -> authorisation.Authorisation:
    with quay.store.read() as uow:
        return authorisation.authorised(uow, requests.find(uow, id), at=quay.now)


def tampered(quay: Quay, sql: str, *parameters: object) -> None:
    with quay.store.write() as uow:
        uow.rows(sql, *parameters)
        uow.commit()


def test_an_approved_request_is_authorised_with_its_decision_and_votes(either_quay):
    either_quay.approved()
    found = authorised(either_quay)
    assert found.decision.result == "carried"
    assert {one.voter for one in found.votes} == {"a.vries", "m.jansen"}
    assert found.outcome.result == "carried"
    assert found.confirmation is None


def test_a_request_nobody_decided_is_not_authorised(quay):
    quay.raised()
    with pytest.raises(Refused, match="no decision carries it"):
        authorised(quay)


def test_what_moved_materially_since_the_decision_refuses_with_the_difference(quay):
    quay.approved()
    quay.set_item("sw-12", owner="o.owner")
    with pytest.raises(Refused, match="its evidence moved") as refusal:
        authorised(quay)
    assert "the assessment: o.owner is asked as well" in refusal.value.problems
    assert "cmdb board confirm CR-1" in refusal.value.remedy


def test_the_chair_confirms_what_moved_and_nobody_else(quay):
    quay.approved()
    quay.set_item("sw-12", owner="o.owner")
    with pytest.raises(Refused, match="is for the chair"):
        board.confirm(quay.store, "CR-1", by="m.jansen", key=quay.keys.private("m.jansen"), at=NOW)
    act = board.confirm(
        quay.store, "CR-1", by="a.vries", rationale="same switch", key=quay.keys.private("a.vries"), at=NOW
    )
    assert quay.enter(act).state == "approved"
    found = authorised(quay)
    assert found.confirmation is not None
    assert found.confirmation.by == "a.vries"
    with pytest.raises(Refused, match="Nothing material moved"):
        board.confirm(quay.store, "CR-1", by="a.vries", key=quay.keys.private("a.vries"), at=NOW)


def test_or_the_chair_puts_it_back_before_the_board(quay):
    quay.approved()
    with pytest.raises(Refused, match="Nothing material moved"):
        board.refer(quay.store, "CR-1", actor="a.vries", at=NOW)
    quay.set_item("sw-12", owner="o.owner")
    again = board.refer(quay.store, "CR-1", actor="a.vries", at=NOW)
    assert (again.state, again.round) == ("under review", 2)
    with pytest.raises(Refused, match="no decision carries it"):
        authorised(quay)


def test_rules_that_change_after_the_decision_do_not_touch_it(quay):
    quay.approved()
    with quay.store.write() as uow:
        uow.replace(POLICY.but(quorum=3, rule="unanimous"))
        uow.commit()
    assert authorised(quay).outcome.result == "carried"


def test_a_policy_no_longer_in_force_authorises_nothing(quay):
    quay.approved()
    tampered(quay, "DELETE FROM policy WHERE id = 'site-change'")
    with pytest.raises(Refused, match="no longer in force"):
        authorised(quay)


def test_a_withdrawn_key_under_the_decision_asks_the_chair_to_confirm(quay):
    quay.approved()
    with quay.store.write() as uow:
        person = uow.get(Person, "m.jansen")
        uow.replace(person.but(keys=(PublicKey(text=quay.keys.public("spare")),)))
        uow.commit()
    with pytest.raises(Refused) as refusal:
        authorised(quay)
    assert "not registered to m.jansen any more" in str(refusal.value)
    quay.enter(board.confirm(quay.store, "CR-1", by="a.vries", key=quay.keys.private("a.vries"), at=NOW))
    assert authorised(quay).confirmation is not None


def test_content_changed_in_the_database_is_not_what_was_approved(quay):
    quay.approved()
    tampered(quay, "UPDATE change_request SET title = 'Replace everything'")
    with pytest.raises(Refused, match="is not what was approved"):
        authorised(quay)


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("UPDATE vote SET value = 'reject', reason = 'x' WHERE sequence = 1", "vote of a.vries"),
        ("UPDATE vote SET signature = '' WHERE sequence = 1", "vote of a.vries"),
        ("UPDATE decision SET rationale = 'because'", "decision by m.jansen"),
        ("DELETE FROM evidence WHERE form = 'rules/1'", "is missing"),
    ],
)
def test_a_row_changed_behind_our_back_is_corrupt_and_names_what_fails(quay, sql, sentence):
    quay.approved()
    tampered(quay, sql)
    with pytest.raises(Corrupt) as damage:
        authorised(quay)
    assert sentence in damage.value.reason


def test_rules_that_were_changed_after_the_decision_are_seen_before_anything_is_counted(quay):
    quay.approved()
    with quay.store.write() as uow:
        rules = next(one for one in uow.all(Evidence) if one.form == "rules/1")
        fields = json.loads(rules.text)
        fields["policy"]["quorum"] = 3
        uow.replace(rules.but(text=json.dumps(fields)))
        uow.commit()
    with pytest.raises(Corrupt, match="was changed in the database"):
        authorised(quay)


def test_votes_and_decision_survive_a_round_through_the_store(quay):
    request = quay.raised(SWAP.but(groups=("ops",)))
    quay.vote(request.id, "a.vries", "approve with conditions", conditions=("Tell the pilots.",))
    quay.vote(request.id, "s.berg")
    with quay.store.read() as uow:
        first = tables.votes_of(uow, request.id)[0]
        assert first == uow.get(Vote, first.digest)
        assert first.conditions == ("Tell the pilots.",)
        decision = tables.decisions_of(uow, request.id)[0]
        assert decision == uow.get(Decision, decision.digest)
        assert authorisation.proved(uow, request, decision).result == "carried"


def shown(quay: Quay, id: str = "CR-1") -> authorisation.Shown | None:
    with quay.store.read() as uow:
        return authorisation.shown(uow, requests.find(uow, id), at=quay.now)


def test_a_ballot_is_shown_open_and_afterwards_as_it_was_decided(quay):
    request = quay.raised(to="assessed")
    assert shown(quay) is None
    board.refer(quay.store, request.id, actor="r.bakker", at=NOW)
    quay.vote(request.id, "a.vries")
    open_ballot = shown(quay)
    assert (open_ballot.outcome.result, open_ballot.decision) == ("open", None)
    quay.vote(request.id, "m.jansen")
    quay.set_item("sw-12", owner="o.owner")
    decided = shown(quay)
    assert decided.outcome.result == "carried"
    assert [(one.vote.voter, one.stale, one.counts) for one in decided.standing] == [
        ("a.vries", (), True),
        ("m.jansen", (), True),
    ]
    assert decided.decision.by == "m.jansen"


def test_an_edited_request_is_not_authorised_even_when_its_words_are_the_same_again(quay):
    quay.approved()
    requests.edit(quay.store, "CR-1", SWAP, actor="r.bakker", at=NOW)
    with pytest.raises(Refused, match="CR-1 is draft"):
        authorised(quay)

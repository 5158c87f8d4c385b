"""What scopes ask of their items, what falls short of it, and who approves merely controlled records."""

import pytest

from ccb import board, levels, policy, requests, scope_words
from ccb.ballot import Policy
from ccb.changefile import parse
from ccb.minimums import MinimumLevel, minimum_from, minimum_record
from ccb.model import ChangeDraft, ProposedChange
from cmdb.errors import Invalid, Refused
from tests.ccb.quay import BOARD, SWAP, built
from tui.record_files import change_file

CONTROLLED = Policy(
    id="controlled-change",
    name="Owner and reviewer",
    board="site",
    control_level="controlled",
    rule="consents",
    quorum=0,
    reviewer=True,
    level="baselined",
)


@pytest.fixture
def quay(store, keys):
    return built(store, keys)


def lower(quay, *ids, level="controlled"):
    with quay.store.write() as uow:
        for id in ids:
            uow.rows("UPDATE item SET level = ? WHERE id = ?", level, id)
        uow.commit()


def states(quay, scope, minimum, level="baselined"):
    with quay.store.write() as uow:
        uow.add(MinimumLevel(id=scope, minimum=minimum, reason="promised", level=level))
        uow.commit()


def found(quay):
    with quay.store.read() as uow:
        return levels.findings(uow)


def test_an_item_below_the_minimum_of_its_type_or_service_is_a_finding_with_its_remedy(quay):
    lower(quay, "sw-11", "sw-12", "mail", "mail-app")
    states(quay, "service:mail", "baselined")
    short = [one for one in found(quay) if one.kind == "below the minimum"]
    assert [one.id for one in short] == ["mail", "mail-app", "sw-11"]
    assert short[2].why == "sw-11 is controlled; service:mail asks for baselined at least."
    assert short[2].remedy == "'cmdb promote sw-11 --to baselined'"
    states(quay, "type:network-device", "baselined")
    assert [one.id for one in found(quay)] == ["mail", "mail-app", "sw-11", "sw-12"]


def test_a_statement_that_is_a_draft_or_taken_back_asks_for_nothing(quay):
    lower(quay, "sw-12")
    states(quay, "type:network-device", "baselined", level="draft")
    states(quay, "service:mail", "draft")
    assert found(quay) == ()


def test_a_retired_item_falls_short_of_nothing(quay):
    lower(quay, "sw-12", level="draft")
    states(quay, "type:network-device", "controlled")
    assert [one.id for one in found(quay)] == ["sw-12"]
    with quay.store.write() as uow:
        uow.rows("UPDATE item SET status = 'retired' WHERE id = 'sw-12'")
        uow.commit()
    assert found(quay) == ()


def test_what_refers_to_something_less_controlled_is_a_finding(quay):
    lower(quay, "sw-11")
    [one] = found(quay)
    assert one.why == "mail-app, which is baselined, refers to item sw-11, which is controlled."
    assert one.remedy == "'cmdb promote item:sw-11 --to baselined'"


def test_a_policy_by_which_consents_decide_asks_for_a_reviewer(quay):
    weak = CONTROLLED.but(reviewer=False)
    assert any("named reviewer" in one for one in policy.objections(weak, BOARD))
    assert not policy.objections(CONTROLLED, BOARD)
    with quay.store.write() as uow:
        uow.add(weak)
        uow.commit()
    assert [one.kind for one in found(quay)] == ["asks for no reviewer"]


@pytest.mark.parametrize("wrong", ["server", "item:sw-11", "service:", "all", "type:a b", "customer:../x"])
def test_a_minimum_is_stated_of_a_type_a_service_or_a_customer(wrong):
    with pytest.raises(Invalid):
        MinimumLevel(id=wrong, minimum="controlled")


def test_a_minimum_level_comes_back_from_its_record():
    one = MinimumLevel(id="type:server", minimum="controlled", reason="spare parts", level="baselined")
    assert minimum_from(minimum_record(one)) == one
    with pytest.raises(Invalid):
        minimum_from({"id": "type:server", "minimum": "controlled", "colour": "red"})


def controlled_change(quay, reviewer):
    lower(quay, "sw-12")
    with quay.store.write() as uow:
        uow.add(CONTROLLED)
        uow.commit()
    return quay.raised(SWAP.but(reviewer=reviewer), by="m.jansen", to="assessed")


def test_owner_and_reviewer_approve_a_merely_controlled_record_without_a_ballot(quay):
    request = controlled_change(quay, "s.berg")
    board.refer(quay.store, request.id, actor="m.jansen", at=quay.now)
    assert quay.vote(request.id, "r.bakker").state == "under review"
    assert quay.vote(request.id, "s.berg").state == "approved"


def test_without_a_named_reviewer_nothing_controlled_is_put_before_anybody(quay):
    request = controlled_change(quay, "")
    with pytest.raises(Refused) as refused:
        board.refer(quay.store, request.id, actor="m.jansen", at=quay.now)
    assert "No combination of votes" in refused.value.reason


@pytest.mark.parametrize("who", ["k.chen", "m.jansen"])
def test_the_reviewer_is_neither_implementer_nor_originator(quay, who):
    with pytest.raises((Invalid, Refused)) as wrong:
        controlled_change(quay, who)
    role = "implementer" if who == "k.chen" else "originator"
    assert f"The reviewer is the {role}" in str(wrong.value) + " ".join(wrong.value.problems)


@pytest.mark.parametrize(
    ("kind", "operation", "scope", "exact"),
    [
        ("promotion", "change level", "item:mail", {"level": "baselined", "left_out": {"sw-11": "later"}}),
        ("promotion", "change level", "list:both", {"level": "controlled", "items": ["mail", "sw-11"]}),
        ("promotion", "change level", "item:mail", {"level": "controlled", "from": "baselined"}),
        ("baseline", "establish baseline", "list:both", {"items": ["mail", "sw-11"]}),
        ("baseline", "establish baseline", "all", {}),
        ("baseline", "bring under control", "all", {"level": "baselined", "criterion": "carries a service"}),
    ],
)
def test_a_request_about_a_scope_comes_back_from_its_file(quay, kind, operation, scope, exact):
    change = ProposedChange(record="scope", id=scope, operation=operation, exact=exact)
    request = requests.ChangeRequest(
        id="CR-9", kind=kind, title="Move", originator="a.vries", changes=(change,),
        created_at=quay.now, changed_at=quay.now,
    )  # fmt: skip
    assert parse(change_file(request)).changes == (change,)
    assert operation in scope_words.HEADS.values()


def test_a_file_says_what_a_scope_may_not_hold():
    with pytest.raises(Invalid):
        parse("title: x\nkind: promotion\nchanges:\n  - {promote: 'item:mail', colour: red}\n")
    assert isinstance(parse("title: x\nkind: baseline\nchanges: [{baseline: all}]\n"), ChangeDraft)

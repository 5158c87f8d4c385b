"""Boards and policies as drafts: who may write them, and what may not be written."""

from datetime import timedelta

import pytest

from ccb import boards
from ccb.ballot import Alternate, Board, Policy, Seat
from ccb.model import ProposedChange
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, Refused
from cmdb.model import Person
from tests.ccb.quay import BOARD, NOW, POLICY, SWAP, Quay

MAIL = Board(id="mail", name="Mail board", chair="s.berg", members=(Seat(person="s.berg", group="apps"),))
RULES = Policy(id="mail-change", name="Mail", board="mail", scope="service:mail")


def test_a_board_and_its_policy_are_registered_and_amended_as_drafts(quay):
    boards.register(quay.store, MAIL, actor="a.vries", at=NOW)
    boards.register_policy(quay.store, RULES, actor="a.vries", at=NOW)
    boards.amend(quay.store, MAIL.but(name="Mail and web"), actor="a.vries", at=NOW)
    boards.amend_policy(quay.store, RULES.but(decides="chair"), actor="a.vries", at=NOW)
    with quay.store.read() as uow:
        assert uow.get(Board, "mail").name == "Mail and web"
        assert uow.get(Policy, "mail-change").decides == "chair"


def test_everybody_on_a_board_exists_and_is_active(quay):
    ghost = MAIL.but(
        members=(*MAIL.members, Seat(person="ghost", group="pilots")),
        alternates=(Alternate(person="spook", member="s.berg", start=NOW),),
    )
    with pytest.raises(Invalid) as wrong:
        boards.register(quay.store, ghost, actor="a.vries", at=NOW)
    assert wrong.value.problems == (
        "'ghost' is not a registered person.",
        "'spook' is not a registered person.",
        "There is no group 'pilots'.",
    )


def test_a_policy_that_can_never_be_met_or_doubles_another_is_refused(quay):
    boards.register(quay.store, MAIL, actor="a.vries", at=NOW)
    with pytest.raises(Invalid, match="can never be met: quorum 2"):
        boards.register_policy(quay.store, RULES.but(quorum=2), actor="a.vries", at=NOW)
    with pytest.raises(Invalid, match="Policy site-change is for exactly the same"):
        boards.register_policy(quay.store, RULES.but(scope=""), actor="a.vries", at=NOW)


def test_what_is_under_control_changes_only_by_request_and_nothing_is_written_as_controlled(quay):
    with pytest.raises(Refused, match="is under control"):
        boards.amend(quay.store, BOARD.but(name="Ours"), actor="a.vries", at=NOW)
    with pytest.raises(Refused, match="is under control"):
        boards.amend_policy(quay.store, POLICY.but(quorum=1), actor="a.vries", at=NOW)
    with pytest.raises(Invalid, match="Write it as a draft"):
        boards.register(quay.store, MAIL.but(level="baselined"), actor="a.vries", at=NOW)


def test_only_the_cm_group_defines_boards(quay):
    with pytest.raises(Refused, match="define boards"):
        boards.register(quay.store, MAIL, actor="k.chen", at=NOW)


def test_of_several_policies_in_one_request_each_is_told_its_own_faults(quay):
    def policy(id, **exact):
        given = {"name": id, "board": "site", "decision": "change", **exact}
        return ProposedChange(record="policy", id=id, operation="add", exact=given)

    wanted = (
        policy("big", quorum=9, scope="item:sw-11"),
        policy("odd", scope="item:sw-12", overridable={"four eyes": "SQA"}),
        policy("fine", scope="item:mail"),
    )
    with pytest.raises(Invalid) as wrong:
        quay.raised(SWAP.but(changes=wanted), by="a.vries")
    big, odd = wrong.value.problems
    assert big == "policy big: It can never be met: quorum 9, but site has 3 members."
    assert odd.startswith("policy odd: The requirement 'four eyes' is not one of")


def test_a_draft_policy_decides_nothing_yet(quay: Quay):
    boards.register(quay.store, MAIL, actor="a.vries", at=NOW)
    boards.register_policy(quay.store, RULES, actor="a.vries", at=NOW)
    assert quay.raised().policy == "site-change"


def test_two_boards_are_not_for_exactly_the_same_scope(quay):
    first = BOARD.but(id="mail-board", scope="service:mail", level="draft")
    boards.register(quay.store, first, actor="a.vries", at=NOW)
    with pytest.raises(Invalid) as refusal:
        boards.register(quay.store, first.but(id="post-board"), actor="a.vries", at=NOW)
    assert refusal.value.problems == ("Board mail-board is for exactly the same scope, service:mail.",)
    assert boards.amend(quay.store, first.but(name="Mail"), actor="a.vries", at=NOW).name == "Mail"


def test_a_board_without_a_chair_or_a_chair_without_a_seat_is_no_board():
    for chair in ("", "k.chen"):
        with pytest.raises(Invalid):
            BOARD.but(chair=chair)


def test_a_vote_of_a_removed_member_and_one_after_the_decision_are_refused(quay):
    request = quay.raised()
    with quay.store.write() as uow:
        uow.replace(BOARD.but(members=BOARD.members[:2]))
        uow.commit()
    with pytest.raises(Refused, match="s.berg has no seat on the board site"):
        quay.vote(request.id, "s.berg")
    decided = quay.approved()
    with pytest.raises(Refused) as late:
        quay.vote(decided.id, "m.jansen", "reject")
    assert decided.id in late.value.reason


def test_a_board_does_not_shrink_below_what_its_policies_ask(quay):
    two = (*MAIL.members, Seat(person="m.jansen", group="ops"))
    boards.register(quay.store, MAIL.but(members=two), actor="a.vries", at=NOW)
    boards.register_policy(quay.store, RULES.but(quorum=2), actor="a.vries", at=NOW)
    with pytest.raises(Invalid) as refusal:
        boards.amend(quay.store, MAIL, actor="a.vries", at=NOW)
    assert refusal.value.problems == (
        "Policy mail-change: It can never be met: quorum 2, but mail has 1 member.",
    )


def test_a_policy_lets_only_a_role_there_is_override(quay):
    boards.register(quay.store, MAIL, actor="a.vries", at=NOW)
    with pytest.raises(Invalid) as refusal:
        boards.register_policy(
            quay.store, RULES.but(overridable={"quorum": "emperor"}), actor="a.vries", at=NOW
        )
    assert "'emperor' is no role that could override 'quorum'" in refusal.value.problems[0]


def changing(record, id, **exact):
    return SWAP.but(changes=(ProposedChange(record=record, id=id, operation="set", exact=exact),))


def test_nobody_leaves_while_on_a_board_unless_the_same_request_gives_the_seat_away(quay):
    leaves = changing("person", "s.berg", active=False)
    with pytest.raises(Invalid) as refusal:
        quay.raised(leaves, to="draft")
    assert "person s.berg: still sits on the board site; give the seat" in refusal.value.problems[0]
    seats = [{"person": one, "group": group} for one, group in (("a.vries", "cm-group"), ("m.jansen", "ops"))]
    both = leaves.but(changes=(*leaves.changes, *changing("board", "site", members=seats).changes))
    assert quay.raised(both, to="draft").state == "draft"


def test_a_policy_change_after_which_nobody_could_change_policies_is_refused(quay):
    with pytest.raises(Invalid) as refusal:
        quay.raised(changing("policy", "site-change", scope="service:mail"), to="draft")
    assert "nobody could decide about boards, policies, people, keys and types any more" in str(refusal.value)
    assert quay.raised(changing("policy", "site-change", quorum=1), to="draft").state == "draft"


def test_who_stood_in_once_and_left_since_keeps_no_board_from_changing(quay):
    gone = Alternate(person="p.ng", member="m.jansen", start=NOW, end=NOW + timedelta(days=1))
    with quay.store.write() as uow:
        uow.replace(BOARD.but(alternates=(gone,)))
        uow.replace(uow.get(Person, "p.ng").but(active=False))
        uow.commit()
    assert quay.raised(changing("board", "site", name="Board of the site"), to="draft").state == "draft"
    again = [{"person": "p.ng", "member": "s.berg", "start": rfc3339(NOW + timedelta(days=2))}]
    with pytest.raises(Invalid, match=r"p\.ng is not active"):
        quay.raised(changing("board", "site", alternates=again), to="draft")


@pytest.mark.parametrize(
    ("record", "fields", "says"),
    [
        ("board", {"members": []}, "Its members is missing"),
        ("board", {"members": "a.vries"}, "The members or alternates of a board cannot be read"),
        ("board", {"members": [{"person": "a.vries"}]}, "Number 1 of its members (a.vries) lacks group"),
        ("board", {"alternates": [{"person": "p.ng", "member": "s.berg", "start": "soon"}]}, ""),
        ("board", {"scope": "service:ghost"}, "There is no service 'ghost' for it to be for"),
        ("policy", {"scope": "type:ghost"}, "There is no type 'ghost' for it to be for"),
        ("policy", {"scope": "customer:ghost"}, "There is no customer 'ghost' for it to be for"),
        ("policy", {"quorum": "three"}, "Its quorum is a whole number, not 'three'"),
        ("policy", {"quorum": True}, "Its quorum is a whole number, not 'True'"),
        ("policy", {"rule": "fraction", "fraction": "NaN"}, "Its fraction is a decimal such as 0.66"),
        ("policy", {"vetoes": "ops"}, "Its vetoes is a list of groups, not 'ops'"),
        ("policy", {"overridable": ["quorum"]}, "Its overridable is a mapping"),
        ("policy", {"deadline": 5}, "nobody votes within 5 s"),
    ],
)
def test_what_is_no_board_or_policy_is_said_in_words(quay, record, fields, says):
    id = {"board": "site", "policy": "site-change"}[record]
    with pytest.raises(Invalid) as refusal:
        quay.raised(changing(record, id, **fields), to="draft")
    assert says in str(refusal.value)


def test_two_boards_of_one_request_are_not_for_the_same_scope(quay):
    seats = [{"person": "s.berg", "group": "apps"}]
    fields = {"name": "Mail", "chair": "s.berg", "scope": "service:mail", "members": seats}
    two = [ProposedChange(record="board", id=id, operation="add", exact=fields) for id in ("b-1", "b-2")]
    with pytest.raises(Invalid) as refusal:
        quay.raised(SWAP.but(changes=tuple(two)), to="draft")
    assert "board b-1: Board b-2 is for exactly the same scope, service:mail." in refusal.value.problems
    assert quay.raised(SWAP.but(changes=tuple(two[:1])), to="draft").state == "draft"

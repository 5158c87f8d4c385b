"""What is signed: every material field moves the digest, and records come back as they went in."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ccb import statements
from ccb.ballot import Alternate, Board, Policy, Seat, Vote
from ccb.model import ChangeRequest, DownSet, ProposedChange, Window
from cmdb import canonical

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 23, tzinfo=UTC)
CHANGE = ProposedChange(
    record="item", id="sw-11", operation="set", exact={"model": "QFX5120", "party": ""}, open=("serial",)
)
REQUEST = ChangeRequest(
    id="CR-1",
    title="Replace core switch sw-11",
    reason="end of support",
    originator="r.bakker",
    implementer="k.chen",
    changes=(CHANGE,),
    window=Window(start=NOW, end=LATER),
    down=DownSet(items=("sw-11",), expected=2280, worst=5400),
    backout="put sw-11 back",
    test="ping matrix",
    evidence=("photo",),
    groups=("ops",),
    created_at=NOW,
    changed_at=NOW,
)
BOARD = Board(
    id="site",
    name="Site board",
    chair="a.vries",
    members=(Seat(person="m.jansen", group="ops"), Seat(person="a.vries", group="cm-group")),
    alternates=(Alternate(person="p.ng", member="m.jansen", start=NOW, end=LATER),),
)
POLICY = Policy(
    id="p",
    name="P",
    board="site",
    rule="fraction",
    fraction=Decimal("0.66"),
    vetoes=("ops",),
    overridable={"quorum": "chair"},
    deadline=3600,
)
VOTE = Vote(
    digest="d",
    request="CR-1",
    board="site",
    round=1,
    voter="a.vries",
    capacity="member",
    seat="a.vries",
    value="approve with conditions",
    conditions=("after the test",),
    reason="fine",
    content="c",
    assessment="a",
    policy="p",
    at=NOW,
    sequence=2,
    previous="before",
    key="ssh-ed25519 AAAA",
    signature="S",
)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Replace core switch sw-12"},
        {"reason": "a whim"},
        {"kind": "emergency"},
        {"implementer": "p.ng"},
        {"reviewer": "p.ng"},
        {"window": Window(start=NOW, end=datetime(2026, 11, 24, tzinfo=UTC))},
        {"down": DownSet(items=("sw-11",), expected=2280, worst=5401)},
        {"down": None},
        {"backout": "hope"},
        {"test": ""},
        {"evidence": ()},
        {"groups": ("ops", "apps")},
        {"changes": (CHANGE.but(exact={"model": "QFX5120"}),)},
        {"changes": (CHANGE.but(open=()),)},
        {"changes": (CHANGE.but(seen={"model": "EX4300"}),)},
        {"changes": (CHANGE.but(id="sw-12"),)},
    ],
)
def test_every_material_field_moves_the_digest_of_the_content(changes):
    assert statements.content_digest(REQUEST.but(**changes)) != statements.content_digest(REQUEST)


@pytest.mark.parametrize(
    "changes",
    [{"state": "submitted"}, {"round": 2}, {"started": NOW}, {"outcome": "failed"}, {"until": LATER}],
)
def test_progress_does_not_move_the_digest_of_the_content(changes):
    assert statements.content_digest(REQUEST.but(**changes)) == statements.content_digest(REQUEST)


def test_a_request_comes_back_from_its_record():
    data = canonical.encode(statements.REQUEST, statements.content_of(REQUEST))
    form, fields = canonical.decode(data)
    again = statements.request_from(fields, at=NOW)
    assert form == "request/1"
    assert again == REQUEST
    assert statements.content_digest(again) == statements.content_digest(REQUEST)


def test_boards_and_policies_come_back_from_their_records():
    _, fields = canonical.decode(canonical.encode(statements.BOARD, statements.board_record(BOARD)))
    again = statements.board_from(fields)
    assert statements.board_record(again) == statements.board_record(BOARD)
    assert set(again.members) == set(BOARD.members)
    assert again.alternates == BOARD.alternates
    _, fields = canonical.decode(canonical.encode(statements.POLICY, statements.policy_record(POLICY)))
    assert statements.policy_from(fields) == POLICY


def test_the_rules_move_with_the_policy_and_with_who_is_entitled_but_not_with_the_control_level():
    before = statements.rules_digest(POLICY, BOARD)
    assert statements.rules_digest(POLICY.but(quorum=2), BOARD) != before
    assert statements.rules_digest(POLICY, BOARD.but(alternates=())) != before
    assert statements.rules_digest(POLICY.but(level="baselined"), BOARD.but(level="baselined")) == before


def test_a_vote_comes_back_from_its_statement():
    data = canonical.encode(statements.VOTE, statements.vote_statement(VOTE, site="root", kind="normal"))
    _, fields = canonical.decode(data)
    assert statements.vote_from(fields, digest="d", key=VOTE.key, signature="S") == VOTE


@pytest.mark.parametrize(
    "changes",
    [
        {"request": "CR-2"},
        {"board": "other"},
        {"round": 2},
        {"voter": "m.jansen"},
        {"capacity": "alternate"},
        {"seat": "m.jansen"},
        {"value": "abstain", "conditions": ()},
        {"conditions": ("never",)},
        {"reason": "other"},
        {"content": "x"},
        {"assessment": "x"},
        {"policy": "x"},
        {"at": LATER},
        {"sequence": 3},
        {"previous": "x"},
    ],
)
def test_a_vote_signs_every_field(changes):
    def signed(vote):
        return canonical.encode(statements.VOTE, statements.vote_statement(vote, site="root", kind="normal"))

    assert signed(VOTE.but(**changes)) != signed(VOTE)
    assert signed(VOTE.but(digest="other", key="other", signature="other")) == signed(VOTE)

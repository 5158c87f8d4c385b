"""Which policy decides, and which may not be written."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ccb import policy
from ccb.ballot import Alternate, Board, Policy, Seat
from ccb.policy import Matter
from cmdb.errors import Invalid, Refused

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SITE = Policy(id="site-change", name="Changes", board="site")
BOARD = Board(
    id="site",
    name="Site board",
    chair="a.vries",
    members=(Seat(person="a.vries", group="cm-group"), Seat(person="m.jansen", group="ops")),
)


def test_the_policy_of_the_narrowest_scope_decides():
    narrow = SITE.but(id="mail", scope="service:mail", board="mail-board")
    matter = Matter(decision="change", change_kind="normal", scopes=frozenset({"service:mail"}))
    assert policy.select([SITE, narrow], matter) == narrow
    assert policy.select([SITE, narrow], matter.but(scopes=frozenset())) == SITE


def test_within_one_scope_the_kind_of_change_and_then_the_level_decides():
    emergency = SITE.but(id="emergency", change_kind="emergency")
    controlled = SITE.but(id="controlled", control_level="controlled")
    everything = [SITE, emergency, controlled]
    matter = Matter(decision="change", change_kind="emergency", level="controlled")
    assert policy.select(everything, matter) == emergency
    assert policy.select(everything, matter.but(change_kind="normal")) == controlled
    assert policy.select(everything, matter.but(change_kind="normal", level="baselined")) == SITE


def test_two_scopes_of_equal_breadth_that_both_cover_the_request_are_refused():
    both = [SITE.but(id=one, scope=f"service:{one}") for one in ("mail", "web")]
    matter = Matter(decision="change", scopes=frozenset({"service:mail", "service:web"}))
    with pytest.raises(Refused, match=r"mail .* and web"):
        policy.select(both, matter)


def test_only_the_site_board_decides_about_boards_policies_people_and_types():
    other = SITE.but(id="other", board="mail-board", change_kind="normal")
    matter = Matter(decision="change", change_kind="normal", site_board=True)
    assert policy.select([SITE, other], matter) == SITE
    with pytest.raises(Refused, match="of the site board"):
        policy.select([other], matter)


def test_a_decision_nobody_has_a_policy_for_is_refused():
    with pytest.raises(Refused, match="release"):
        policy.select([SITE], Matter(decision="release"))


def test_a_policy_that_can_never_be_met_is_named_with_the_reason():
    assert policy.objections(SITE, BOARD) == []
    assert "quorum 3" in policy.objections(SITE.but(quorum=3), BOARD)[0]
    assert "required group apps" in policy.objections(SITE.but(required_groups=("apps",)), BOARD)[0]
    assert "apps, which has a veto" in policy.objections(SITE.but(vetoes=("apps",)), BOARD)[0]
    consents = SITE.but(rule="consents", quorum=0, required_groups=("ops",))
    assert "no group votes" in policy.objections(consents, BOARD)[0]
    assert "does not exist" in policy.objections(SITE, None)[0]


def test_a_policy_for_exactly_the_same_decisions_and_scope_is_refused_but_not_its_own_successor():
    again = SITE.but(id="again")
    assert policy.objections(again, BOARD, [SITE]) == [
        "Policy site-change is for exactly the same decisions and scope."
    ]
    assert policy.objections(SITE.but(quorum=2), BOARD, [SITE]) == []


def test_a_policy_names_all_its_problems_at_once():
    with pytest.raises(Invalid) as wrong:
        SITE.but(
            rule="fraction", quorum=0, decision="baseline", change_kind="normal", scope="room:7", deadline=-1
        )
    assert len(wrong.value.problems) == 5


def test_a_fraction_must_lie_in_its_range():
    assert SITE.but(rule="fraction", fraction=Decimal(1)).fraction == 1
    with pytest.raises(Invalid):
        SITE.but(rule="fraction", fraction=Decimal("1.01"))


def test_nobody_fills_two_seats():
    stand_in = Alternate(person="p.ng", member="m.jansen", start=NOW, end=NOW + timedelta(days=7))
    board = BOARD.but(alternates=(stand_in,))
    assert board.seat_of("p.ng", NOW) == "m.jansen"
    assert board.seat_of("p.ng", NOW + timedelta(days=7)) == ""
    assert board.seat_of("a.vries", NOW) == "a.vries"
    with pytest.raises(Invalid, match="two members at the same time"):
        BOARD.but(alternates=(stand_in, stand_in.but(member="a.vries", end=None)))
    with pytest.raises(Invalid, match="is a member and cannot be an alternate"):
        BOARD.but(alternates=(stand_in.but(person="a.vries"),))
    with pytest.raises(Invalid, match="is not one of the members"):
        BOARD.but(chair="somebody")

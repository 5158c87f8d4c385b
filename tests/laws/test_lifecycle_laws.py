"""Random walks through the life cycle never leave the table, whatever the facts."""

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from ccb import lifecycle
from ccb.guards import Facts
from cmdb.errors import Refused

_WORDS = {"kind": ("normal", "standard", "emergency"), "ballot": ("open", "carried", "lost")}
_WORDS |= {
    "overruled": ("", "Another policy decides."),
    "decides": ("policy", "chair"),
    "outcome": ("", "as planned"),
    "lease": ("", "k.chen"),
}
_LISTS = ("problems", "moved", "blocking")


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    chosen = {name: draw(st.sampled_from(words)) for name, words in _WORDS.items()}
    chosen |= {name: draw(st.sampled_from(((), ("something",)))) for name in _LISTS}
    chosen |= {
        one.name: draw(st.booleans()) for one in fields(Facts) if one.type is bool or one.type == "bool"
    }
    roles = draw(st.frozensets(st.sampled_from(lifecycle.ROLES)))
    return Facts(request="CR-1", roles=roles, **chosen)


@given(st.lists(st.tuples(st.sampled_from(lifecycle.ACTIONS), facts()), max_size=40))
def test_a_random_walk_moves_only_along_rows_of_the_table_and_final_is_final(walk):
    rows = {(row.origin, row.action, row.to) for row in lifecycle.TRANSITIONS}
    state = "draft"
    for action, known in walk:
        try:
            following = lifecycle.advance(state, action, known)
        except Refused:
            continue
        assert (state, action, following) in rows
        assert state not in lifecycle.FINAL
        state = following
    assert state in lifecycle.STATES


@given(st.sampled_from(lifecycle.STATES), facts())
def test_what_is_offered_is_possible_and_nothing_else_is(state, known):
    possible = {one.action for one in lifecycle.offered(state, known) if one.reason is None}
    for action in lifecycle.ACTIONS:
        try:
            lifecycle.advance(state, action, known)
        except Refused:
            assert action not in possible
        else:
            assert action in possible

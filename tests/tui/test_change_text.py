"""A proposed change is told in words."""

import pytest

from ccb import statements
from ccb.model import ProposedChange
from tui import change_text


@pytest.mark.parametrize(
    ("record", "id", "operation", "exact", "said"),
    [
        (
            "scope",
            "service:mail",
            "establish baseline",
            {"also": ["documents"]},
            "establish baseline scope service:mail: with the documents",
        ),
        (
            "scope",
            "type:server",
            "bring under control",
            {"level": "baselined", "also": ["subtypes"]},
            "bring under control scope type:server: with the subtypes, level = baselined",
        ),
        ("item", "sw-11", "set", {"rack_unit": "4"}, "set item sw-11: rack_unit = 4"),
    ],
)
def test_what_a_scope_takes_beside_what_it_names_is_said_in_words(record, id, operation, exact, said):
    change = ProposedChange(record=record, id=id, operation=operation, exact=exact)
    assert change_text.change(statements.change_record(change)) == said

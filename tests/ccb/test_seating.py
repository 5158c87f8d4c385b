"""A board whose members are not whole is refused with who lacks what."""

import pytest

from ccb.seating import refuse_seats
from cmdb.errors import Invalid


def test_every_member_and_alternate_that_lacks_something_is_named():
    fields = {
        "members": [{"person": "jan", "group": "ops"}, {"person": "els"}, "p.ng"],
        "alternates": [{"person": "bo", "member": "jan"}],
    }
    with pytest.raises(Invalid) as refused:
        refuse_seats(fields)
    assert refused.value.problems == (
        "Number 2 of its members (els) lacks group.",
        "Number 3 of its members lacks person and group.",
        "Number 1 of its alternates (bo) lacks start.",
    )
    assert "{person: ID, group: ID}" in refused.value.remedy


def test_whole_members_are_left_alone():
    refuse_seats({"members": [{"person": "jan", "group": "ops"}]})
    refuse_seats({"members": "none"})  # what it is no list of, its reader says

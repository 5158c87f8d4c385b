"""Where records stand in the library: every id that is written has a file name."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from cmdb import places
from cmdb.checks import ID_PATTERN, id_problems


@given(st.from_regex(ID_PATTERN, fullmatch=True))
def test_every_id_has_a_file_name_that_fits(id):
    if not id_problems(id, id):
        assert places.name_problems("item", id) == []
        assert len(places.path_of("item", id).encode()) < 300


def test_an_id_of_nothing_but_colons_is_no_id():
    assert id_problems("Item", "a" + ":" * 40) == []
    assert id_problems("Item", "a" + ":" * 41)


def test_each_room_that_keeps_promises_registers_their_rows_itself():
    for room in ("agreements", "measurements", "planned"):
        asked = f"import cmdb.{room}; from cmdb import codec; print('Outage' in str(codec.registered()))"
        done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "True", room

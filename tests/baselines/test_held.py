"""What a baseline holds, read one kind at a time."""

import pytest

from baselines import held, scoped, tables
from baselines.scoped import Side
from cmdb.records import FOLDERS
from tests.baselines.port import build
from tests.baselines.test_scoped import established


@pytest.fixture
def port(sqlite_store, tmp_path, keys):
    with (built := build(sqlite_store, tmp_path / "library.git", keys)).library:
        yield built


def ids(port, side, kind):
    return [one["id"] for one in held.records(port.library.vault, side.baseline.commit, kind, side.keys)]


def test_a_baseline_of_a_scope_holds_its_own_records_and_one_of_the_site_all(port):
    made = established(port)
    with port.store.read() as uow:
        side, whole = scoped.side(uow, "service:mail"), scoped.side(uow, made.baseline)
        members = tables.members_of(uow, made.id)
    for kind in FOLDERS:
        assert ids(port, side, kind) == sorted(id for of, id in members if of == kind), kind
        assert ids(port, whole, kind) == ids(port, Side(baseline=side.baseline), kind)
    assert len(ids(port, side, "type")) < len(ids(port, whole, "type"))
    assert ids(port, whole, "item") == sorted(ids(port, whole, "item"))

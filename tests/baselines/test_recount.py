"""An old decision counted again from the library alone, and held against what was decided."""

import shutil

import pytest

from baselines.library import Library
from baselines.recount import recount
from baselines.vault import Vault
from ccb.model import ChangeRequest
from cmdb.errors import NotFound, Refused
from cmdb.store import Store
from tests.baselines.port import Port, build, set_model


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    folder = tmp_path_factory.mktemp("recount")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, folder / "library.git", keys)
    port.approved(set_model())
    port.raised(set_model(item="sw-12"))
    port.library.close()
    return folder


@pytest.fixture
def port(original, tmp_path, keys):
    copy = tmp_path / "site"
    shutil.copytree(original, copy)
    with Library(Store.open(str(copy / "cmdb.db")), Vault.open(copy / "library.git")) as made:
        yield Port(made, keys)


def test_counting_again_gives_what_was_decided_with_every_requirement(port):
    found = recount(port.library, "CR-2")
    assert found.same, found.differences
    assert (found.outcome.result, found.number, found.taken) == ("carried", 1, 1)
    assert {one.voter for one in found.votes} == {"m.jansen", "p.ng"}
    assert set(found.outcome.counted) == {"m.jansen", "p.ng"}
    assert all(one.status != "unsatisfied" for one in found.outcome.requirements)


@pytest.mark.parametrize(
    ("column", "new"), [("result", "lost"), ("rationale", "x"), ("votes", "[]"), ("by", "k.chen")]
)
def test_what_the_database_says_otherwise_of_a_decision_is_named(port, column, new):
    with port.store.write() as uow:
        uow.rows(f'UPDATE decision SET "{column}" = ? WHERE request = ?', new, "CR-2")
        uow.commit()
    assert recount(port.library, "CR-2").differences == (
        f"The database says of its {column} something else.",
    )


def test_a_decision_the_database_lost_is_still_counted_from_the_library(port):
    with port.store.write() as uow:
        uow.rows("DELETE FROM decision WHERE request = ?", "CR-2")
        uow.rows("DELETE FROM vote WHERE request = ?", "CR-2")
        uow.commit()
    found = recount(port.library, "CR-2")
    assert found.outcome.result == "carried"
    assert found.differences == ("The database does not know this decision.",)


def test_a_request_nobody_decided_on_and_a_number_there_is_none_of_are_refused(port):
    with pytest.raises(Refused) as undecided:
        recount(port.library, "CR-3")
    with pytest.raises(NotFound):
        recount(port.library, "CR-2", number=2)
    assert "Nothing was decided on CR-3 yet" in undecided.value.reason


def test_counting_again_changes_nothing(port):
    before = port.library.vault.head()
    with port.store.read() as uow:
        request = uow.get(ChangeRequest, "CR-2")
    recount(port.library, "CR-2")
    with port.store.read() as uow:
        assert uow.get(ChangeRequest, "CR-2") == request
    assert port.library.vault.head() == before

"""The digest of a closed set: the database and the library come to the same."""

import pytest

from baselines import decisions, scopes, tables, verification
from baselines.state import State
from ccb import board, requests, scope
from ccb.model import ChangeDraft, ProposedChange
from cmdb import items, records
from cmdb.model import Dependency, Item
from tests.baselines.port import NIGHT, build


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


def head(port) -> State:
    with port.store.read() as uow:
        return State(port.library.vault, tables.newest(uow).commit)


WHOLE = ProposedChange(
    record="scope",
    id="all",
    operation="bring under control",
    exact={"level": "baselined", "criterion": "carries a service"},
)


def test_what_was_voted_on_is_what_the_library_holds(port):
    # Ids that databases and languages put into different orders.
    for id in ("sw-2", "sw_2", "sw.2", "sw+2", "sw:10"):
        item = Item(id=id, type="network-device", name=id, owner="k.chen", group="network")
        items.register(port.store, item, actor="a.vries", at=NIGHT)
        items.connect(port.store, Dependency(source=id, target="sw-11"), actor="a.vries", at=NIGHT)
    with port.store.read() as uow:
        asked = scope.summary(uow, WHOLE)
        keys = [key for key, _ in scope.stream(uow, WHOLE)]
    assert (asked.count, asked.types) == (5, {"network-device": 5})
    baseline = port.established(NIGHT)
    paths = [records.path_of(*key) for key in keys]
    assert scopes.scope_digest(State(port.library.vault, baseline.commit), paths) == asked.digest
    with port.store.read() as uow:
        (change,) = requests.find(uow, baseline.request).changes
        assert scope.summary(uow, WHOLE).count == 0
    assert change.seen == {"digest": asked.digest, "count": 5}
    assert scopes.scope_digest(State(port.library.vault, baseline.commit), paths[1:]) != asked.digest


def test_nothing_has_the_digest_of_nothing(port):
    assert scopes.scope_digest(head(port), []) == scope.digest_of([])


def test_a_decision_about_candidates_that_another_request_took_meanwhile_is_proved_like_any_other(port):
    item = Item(id="sw-2", type="network-device", name="sw-2", owner="k.chen", group="network")
    items.register(port.store, item, actor="a.vries", at=NIGHT)
    draft = ChangeDraft(kind="baseline", title="Mine", reason="begin", changes=(WHOLE,))
    late = requests.new(port.store, draft, actor="a.vries", at=NIGHT)
    requests.submit(port.store, late.id, actor="a.vries", at=NIGHT)
    requests.assess(port.store, late.id, actor="a.vries", at=NIGHT)
    board.refer(port.store, late.id, actor="a.vries", at=NIGHT)
    port.established(NIGHT)
    key = port.keys.private("a.vries")
    act = board.vote(port.store, late.id, voter="a.vries", value="approve", key=key, at=NIGHT)
    assert decisions.enter(port.library, act, key=key, at=NIGHT).state == "approved"  # of nothing
    report = verification.verify(port.library)
    assert report.ok, report.failure

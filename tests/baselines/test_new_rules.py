"""A policy that comes into force while a ballot is open: what is decided then is proved all the same."""

import pytest

from baselines import checkin, checkout, decisions, verification
from ccb import board, requests
from ccb.model import ProposedChange
from cmdb.errors import Refused
from cmdb.store import Store
from tests.baselines.port import NIGHT, build, set_model

NARROW = ProposedChange(
    record="policy",
    id="core",
    operation="add",
    exact={"name": "Core", "board": "port", "decision": "change", "scope": "item:sw-11", "quorum": 2},
)


@pytest.fixture
def port(tmp_path, keys):
    store = Store.connect(str(tmp_path / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    made = build(store, tmp_path / "library.git", keys)
    yield made
    made.library.close()


def test_a_decision_is_taken_under_the_policy_in_force_and_proved(port):
    open_ = port.raised(set_model())
    requests.assess(port.store, open_.id, actor="k.chen", at=NIGHT)
    board.refer(port.store, open_.id, actor="k.chen", at=NIGHT)
    rules = port.raised(NARROW, title="A policy of its own", implementer="a.vries")
    port.carried(rules.id, "k.chen", ("a.vries",), NIGHT)
    by = {"actor": "a.vries", "at": NIGHT}
    checkout.check_out(port.library, rules.id, **by)
    requests.start(port.store, rules.id, **by)
    checkin.check_in(port.library, rules.id, key=port.keys.private("a.vries"), **by)
    key = port.keys.private("p.ng")
    with pytest.raises(Refused) as refusal:
        board.vote(port.store, open_.id, voter="p.ng", value="approve", key=key, at=NIGHT)
    assert "The policy core decides" in refusal.value.reason
    board.refer(port.store, open_.id, actor="k.chen", at=NIGHT)
    for voter in ("p.ng", "m.jansen"):
        key = port.keys.private(voter)
        act = board.vote(port.store, open_.id, voter=voter, value="approve", key=key, at=NIGHT)
        done = decisions.enter(port.library, act, key=key, at=NIGHT)
    assert (done.state, done.policy) == ("approved", "core")
    assert verification.verify(port.library, root=port.root).ok

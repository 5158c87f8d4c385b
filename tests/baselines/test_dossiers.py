"""What a request waits for is what its voters asked for, whoever else can write to the database."""

import pytest

from baselines import decisions, dossiers, tables, verification
from baselines.failures import Failed
from ccb import board, requests
from cmdb import action_items, signatures
from cmdb.errors import Refused
from tests.baselines.port import NIGHT, build, set_model

FIRST = "before check-out: warn the pilots"


@pytest.fixture
def approved(store, tmp_path, keys):
    with (quick := build(store, tmp_path / "library.git", keys)).library:
        yield conditionally(quick)


def conditionally(quick):
    """CR-2, approved on a condition before check-out (AI-1) and one before closing (AI-2)."""
    request = quick.raised(set_model())
    requests.assess(quick.store, request.id, actor="k.chen", at=NIGHT)
    board.refer(quick.store, request.id, actor="k.chen", at=NIGHT)
    for voter, asked in (("p.ng", (FIRST, "write it down")), ("m.jansen", ())):
        key = quick.keys.private(voter)
        value = "approve with conditions" if asked else "approve"
        act = board.vote(
            quick.store, request.id, voter=voter, value=value, conditions=asked, key=key, at=NIGHT
        )
        decisions.enter(quick.library, act, key=key, at=NIGHT)
    return quick


def found(port, *statements):
    """What the proof says after these statements, which are taken back again."""
    vault = port.library.vault
    with port.store.write() as uow:
        for one in statements:
            uow.rows(one)
        newest = tables.newest(uow)
        assert newest is not None
        walked = list(vault.walk(newest.commit, whole=True))[::-1]
        try:
            dossiers.check(uow, walked, gap=False, verify=signatures.verify)
        except Failed as failed:
            return failed.failure.why
    return ""


def test_a_condition_that_was_met_taken_away_or_weakened_in_the_database_is_named(approved):
    missing = "A condition of p.ng for CR-2 is missing among the action items."
    anew = "AI-1, which change:CR-2 waits for, is not as the journal left it: '{}' was changed."
    closed = "UPDATE action_item SET state = 'closed', evidence = 'x', evaluation = 'x' WHERE id = 'AI-1'"
    assert found(approved) == ""
    assert found(approved, closed) == anew.format("state")
    assert found(approved, "UPDATE action_item SET blocks = '' WHERE id = 'AI-1'") == missing
    assert found(approved, "UPDATE action_item SET blocks = 'closing' WHERE id = 'AI-1'") == missing
    assert found(approved, "UPDATE action_item SET what = 'nothing' WHERE id = 'AI-1'") == missing
    assert found(approved, "UPDATE action_item SET origin = '' WHERE id = 'AI-2'") == missing
    assert found(approved, "DELETE FROM action_item WHERE id = 'AI-2'") == missing


def test_what_becomes_of_a_condition_in_the_open_proves_itself(approved):
    by = {"actor": "k.chen", "at": NIGHT}
    with pytest.raises(Refused, match="waits for AI-1 as it was decided"):
        action_items.amend(approved.store, "AI-1", what="nothing", **by)
    action_items.amend(approved.store, "AI-1", plan="by phone", **by)
    action_items.step(approved.store, "AI-1", "in progress", **by)
    assert found(approved) == ""
    action_items.close(approved.store, "AI-1", evidence="a call", evaluation="enough", **by)
    again = "UPDATE action_item SET state = 'approved' WHERE id = 'AI-1'"
    assert "'state' was changed" in found(approved, again)
    action_items.step(approved.store, "AI-2", "in progress", **by)
    requests.withdraw(approved.store, "CR-2", **by)
    assert verification.verify(approved.library).ok

"""Who stands in for the chair puts off, decides and closes as the chair would, and nobody else."""

from datetime import timedelta

import pytest

from baselines import checkin, checkout, decisions, verification
from ccb import board, requests
from ccb.ballot import Board
from ccb.model import ProposedChange
from cmdb.canonical import rfc3339
from tests.baselines.port import NIGHT, build, set_model

UNTIL = NIGHT + timedelta(days=3)


@pytest.fixture
def port(sqlite_store, tmp_path, keys):
    with (built := build(sqlite_store, tmp_path / "library.git", keys)).library:
        yield built


def before_the_board(port):
    request = port.raised(set_model())
    requests.assess(port.store, request.id, actor="k.chen", at=NIGHT)
    return board.refer(port.store, request.id, actor="k.chen", at=NIGHT)


def put_off(port, request, by):
    key = port.keys.private(by)
    act = board.defer(port.store, request.id, by=by, until=UNTIL, rationale="later", key=key, at=NIGHT)
    return decisions.enter(port.library, act, key=key, at=NIGHT)


def stands_in(port, person, start, end):
    """Have the site board name somebody for the seat of m.jansen, who chairs the board of the port."""
    entry = {"person": person, "member": "m.jansen", "start": rfc3339(start), "end": rfc3339(end)}
    change = ProposedChange(record="board", id="port", operation="set", exact={"alternates": [entry]})
    request = port.raised(change)
    at = NIGHT - timedelta(hours=20)
    assert port.carried(request.id, "k.chen", ("a.vries",), at).state == "approved"
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    key = port.keys.private("k.chen")
    checkin.check_in(port.library, request.id, actor="k.chen", key=key, at=NIGHT)


def test_a_stand_in_puts_off_within_the_period_and_it_is_proved(port):
    stands_in(port, "a.vries", NIGHT - timedelta(hours=1), NIGHT + timedelta(days=1))
    assert put_off(port, before_the_board(port), "a.vries").state == "deferred"
    assert verification.verify(port.library, root=port.root).failure is None


def test_a_deferral_of_a_member_who_did_not_chair_is_named(port, monkeypatch):
    request = before_the_board(port)
    with monkeypatch.context() as bent:  # as somebody would who writes past the program
        bent.setattr(Board, "presides", lambda self, person, at: True)
        assert put_off(port, request, "p.ng").state == "deferred"
    failure = verification.verify(port.library, root=port.root).failure
    assert failure is not None
    assert "It was decided by p.ng, who was not the chair and did not stand in." in failure.why

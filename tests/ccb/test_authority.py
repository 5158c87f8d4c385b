"""Who authorised a request: whose approvals counted when it was decided, and who decided."""

import pytest

from ccb import authority, board
from tests.ccb.quay import NOW


def said(quay) -> tuple[tuple[str, ...], str]:
    with quay.store.read() as uow:
        return authority.approvers(uow, "CR-1"), authority.authorised_by(uow, "CR-1")


def test_an_undecided_request_is_authorised_by_nobody(quay):
    quay.raised()
    quay.vote("CR-1", "m.jansen")
    assert said(quay) == ((), "")


@pytest.mark.parametrize("then", ["reject", "withdrawn"])
def test_an_approval_that_was_replaced_or_taken_back_authorised_nothing(quay, then):
    quay.raised()
    quay.vote("CR-1", "s.berg")
    quay.vote("CR-1", "s.berg", then)
    quay.vote("CR-1", "a.vries")
    quay.vote("CR-1", "m.jansen")
    assert quay.request("CR-1").state == "approved"
    assert said(quay) == (("a.vries", "m.jansen"), "a.vries, m.jansen; decided by m.jansen")


def test_what_the_chair_confirmed_keeps_the_approvals_it_was_decided_by(quay):
    quay.approved()
    quay.set_item("sw-12", owner="o.owner")
    key = quay.keys.private("a.vries")
    quay.enter(board.confirm(quay.store, "CR-1", by="a.vries", rationale="same switch", key=key, at=NOW))
    assert said(quay) == (("a.vries", "m.jansen"), "a.vries, m.jansen; decided by a.vries")

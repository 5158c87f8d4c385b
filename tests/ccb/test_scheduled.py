"""What scheduled requests change, read in plain SQL, equals what their assessment works out."""

from datetime import timedelta

import pytest

from ccb import assessment, scheduled
from ccb.model import ProposedChange
from cmdb.graph import GraphDelta
from tests.ccb.quay import SWAP, TONIGHT, Quay

NEW = {"type": "network-device", "name": "Core switch 13", "owner": "k.chen", "criterion": "core"}
LINK = {"record": "dependency", "id": "mail-app", "target": "sw-11", "kind": "uses"}
CHANGES = {
    "disconnect": (ProposedChange(operation="disconnect", **LINK),),
    "retire": (ProposedChange(record="item", id="sw-12", operation="retire"),),
    "soften": (ProposedChange(operation="set dependency", exact={"strength": "soft"}, **LINK),),
    "replace": (
        ProposedChange(record="item", id="sw-13", operation="add", exact=NEW),
        ProposedChange(operation="disconnect", **LINK),
        ProposedChange(
            operation="connect", exact={"group": "uplink", "need": "1"}, **{**LINK, "target": "sw-13"}
        ),
    ),
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_the_difference_is_that_of_the_assessment(either_quay: Quay, changes):
    request = either_quay.approved(SWAP.but(changes=changes))
    with either_quay.store.read() as uow:
        [found] = scheduled.planned(uow.rows, scheduled.SCHEDULED, either_quay.now)
        delta = scheduled.delta(uow.rows, uow.dialect, found)
        assert delta == assessment.after(uow, request)[2]
    assert delta != GraphDelta()
    assert (found.reference, found.start, found.end) == (request.id, TONIGHT.start, TONIGHT.end)


def test_new_firmware_changes_nothing_in_the_graph(quay):
    quay.approved()
    with quay.store.read() as uow:
        [found] = scheduled.planned(uow.rows, scheduled.SCHEDULED, quay.now)
        assert scheduled.delta(uow.rows, uow.dialect, found) == GraphDelta()


def test_a_window_that_was_extended_counts_as_extended(quay):
    request = quay.approved()
    until = TONIGHT.end + timedelta(hours=1)
    with quay.store.write() as uow:
        uow.rows("UPDATE planned_work SET window_end = ?", until.strftime("%Y-%m-%dT%H:%M:%SZ"))
        uow.commit()
    with quay.store.read() as uow:
        [found] = scheduled.planned(uow.rows, scheduled.SCHEDULED, TONIGHT.end)
    assert (found.reference, found.end) == (request.id, until)

"""At the door: effects nobody approved keep a change out, those that were voted on let it in."""

import pytest

from baselines import checkin, checkout
from ccb.model import ProposedChange
from cmdb import items, tables_graph
from cmdb.errors import Refused
from cmdb.model import Item
from tests.baselines.port import FOUNDED, NIGHT, Port, build


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


def link(operation: str, source: str, target: str, **exact) -> ProposedChange:
    return ProposedChange(
        record="dependency", id=source, operation=operation, target=target, kind="uses", exact=exact
    )


def out(port: Port, *changes: ProposedChange) -> str:
    request = port.approved(*changes)
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    return request.id


def come_in(port: Port, id: str):
    return checkin.check_in(port.library, id, actor="k.chen", key=port.keys.private("k.chen"), at=NIGHT)


def problems(port: Port, id: str) -> str:
    with port.store.read() as uow:
        head = tables_graph.dependencies_of(uow, "lb-edge"), uow.rows("SELECT max(sequence) FROM journal")
    with pytest.raises(Refused, match="cannot be checked in; nothing was changed") as refusal:
        come_in(port, id)
    with port.store.read() as uow:
        assert head == (
            tables_graph.dependencies_of(uow, "lb-edge"),
            uow.rows("SELECT max(sequence) FROM journal"),
        )
    return "\n".join(refusal.value.problems)


def test_a_cycle_that_another_change_closed_meanwhile_is_refused(port):
    mine = out(port, link("connect", "sw-11", "sw-12"))
    other = out(port, link("connect", "sw-12", "sw-11"))
    come_in(port, other)
    assert "A new cycle nobody approved: sw-11 -> sw-12 -> sw-11." in problems(port, mine)


def test_a_cycle_that_was_voted_on_comes_in(port):
    mine = out(port, link("connect", "sw-11", "lb-edge"))
    assert come_in(port, mine).id == "BL-000002"


def test_margin_lost_because_something_else_moved_meanwhile_is_refused(port):
    spare = Item(id="sw-13", type="network-device", name="S", owner="k.chen", criterion="spare")
    items.register(port.store, spare, actor="a.vries", at=FOUNDED)
    port.established(FOUNDED)
    swap = (link("disconnect", "lb-edge", "sw-12"), link("connect", "lb-edge", "sw-13", group="uplink"))
    mine = out(port, *swap)
    planned = ProposedChange(record="item", id="sw-13", operation="set", exact={"status": "planned"})
    come_in(port, out(port, planned))
    assert "lb-edge loses redundancy, which nobody approved." in problems(port, mine)


def test_margin_lost_that_was_voted_on_comes_in(port):
    mine = out(port, link("disconnect", "lb-edge", "sw-12"))
    assert come_in(port, mine).id == "BL-000002"
    with port.store.read() as uow:
        assert [one.target for one in tables_graph.dependencies_of(uow, "lb-edge")] == ["sw-11"]

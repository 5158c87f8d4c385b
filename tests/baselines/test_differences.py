"""What differs between two baselines of a library, and by which request."""

import pytest

from baselines import checkin, checkout, differences
from baselines.model import Baseline
from ccb.model import ProposedChange
from cmdb.errors import NotFound
from tests.baselines.port import NIGHT, Port, build, set_model


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


def link(operation: str, target: str, **exact) -> ProposedChange:
    return ProposedChange(
        record="dependency", id="lb-edge", operation=operation, target=target, kind="uses", exact=exact
    )


def done(port: Port, *changes: ProposedChange) -> str:
    """Take changes from a request to a baseline; give the request."""
    request = port.approved(*changes)
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    key = port.keys.private("k.chen")
    checkin.check_in(port.library, request.id, actor="k.chen", key=key, at=NIGHT)
    return request.id


def named(port: Port, id: str) -> Baseline:
    with port.store.read() as uow:
        return differences.baseline(uow, id)


def test_every_difference_is_named_with_the_request_that_made_it_last(port):
    first = done(port, set_model("QFX5120"))
    added = ProposedChange(
        record="item",
        id="sw-13",
        operation="add",
        exact={"type": "network-device", "name": "S", "owner": "k.chen", "criterion": "carries a service"},
    )
    second = done(
        port,
        set_model("EX4650"),
        added,
        link("connect", "sw-13", group="uplink"),
        link("disconnect", "sw-12"),
    )
    found = differences.between(port.library, named(port, "1"), named(port, "latest"))
    assert (found.older, found.newer) == ("BL-000001", "BL-000003")
    assert [(one.id, one.field, one.old, one.new, one.request) for one in found.changed] == [
        ("sw-11", "characteristics.model", "QFX5100", "EX4650", second)
    ]
    assert [(one.kind, one.id) for one in found.added] == [("item", "sw-13")]
    assert [(one.source, one.target, one.group, one.request) for one in found.connected] == [
        ("lb-edge", "sw-13", "uplink", second)
    ]
    assert [(one.source, one.target, one.request) for one in found.disconnected] == [
        ("lb-edge", "sw-12", second)
    ]
    (step,) = differences.between(port.library, named(port, "1"), named(port, "2")).changed
    assert (step.new, step.request) == ("QFX5120", first)
    back = differences.between(port.library, named(port, "latest"), named(port, "1"))
    assert [one.id for one in back.removed] == ["sw-13"]
    assert [one.target for one in back.connected] == ["sw-12"]
    assert differences.fields_of(found)["changed"] == [
        {"id": "sw-11", "field": "characteristics.model", "old": "QFX5100", "new": "EX4650", "change": second}
    ]


def test_a_baseline_does_not_differ_from_itself_and_is_found_by_every_spelling(port):
    one = named(port, "BL-000001")
    assert one == named(port, "1") == named(port, "bl-000001") == named(port, "latest")
    assert differences.between(port.library, one, one).empty
    with pytest.raises(NotFound, match="no baseline 'BL-000009'") as missing:
        named(port, "BL-000009")
    assert "cmdb baseline list" in missing.value.remedy

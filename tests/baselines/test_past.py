"""The estate as a baseline left it: under past outages, and for impact asked of an old baseline."""

from datetime import timedelta

import pytest

from baselines import checkin, checkout, differences, past
from baselines.past import Past
from ccb import closing, requests
from ccb.model import ProposedChange
from cmdb import items, measurements
from cmdb.derivations import Derivation
from cmdb.errors import NotFound
from cmdb.impact import impact
from cmdb.model import Dependency, Item
from cmdb.reading_graph import StoredEstate
from tests.baselines.port import FOUNDED, NIGHT, WINDOW, Port, build, down

DURING = NIGHT + timedelta(minutes=10)


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


def second_uplink_gone(port: Port) -> str:
    """A change that takes sw-12 out of the uplink of the balancer; its number."""
    request = port.approved(
        ProposedChange(
            record="dependency", id="lb-edge", kind="uses", target="sw-12", operation="disconnect"
        ),
        down=down("sw-12"),
    )
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    requests.start(port.store, request.id, actor="k.chen", at=NIGHT)
    key = port.keys.private("k.chen")
    checkin.check_in(port.library, request.id, actor="k.chen", key=key, at=DURING)
    return request.id


def services(port: Port, started, **more):
    """What follows for services from an outage of sw-11 of five minutes."""
    ended = started + timedelta(minutes=5)
    outage = measurements.record_outage(
        port.store,
        subject="sw-11",
        started=started,
        ended=ended,
        past=Past(port.library),
        actor="a.vries",
        at=WINDOW.end,
        **more,
    )
    with port.store.read() as uow:
        found = uow.rows("SELECT service, effect FROM derived_outage WHERE together = ?", outage.id)
        return dict(found), uow.get(Derivation, outage.id).baseline


def test_an_outage_counts_on_the_estate_as_it_was_when_it_began(port):
    second_uplink_gone(port)
    assert services(port, NIGHT - timedelta(hours=1)) == ({}, "BL-000001")
    assert services(port, DURING + timedelta(minutes=1)) == ({"mail": "outage"}, "BL-000002")


def test_an_outage_of_a_change_counts_on_the_estate_before_that_change(port):
    change = second_uplink_gone(port)
    found = services(port, DURING + timedelta(minutes=1), change=change)
    assert found == ({}, "BL-000001")


def test_closing_a_change_records_its_outage_on_the_estate_before_it(port):
    """The switch a change takes out of service was still needed while it was down."""
    request = port.approved(
        ProposedChange(
            record="dependency", id="lb-edge", kind="uses", target="sw-12", operation="disconnect"
        ),
        ProposedChange(record="item", id="sw-12", operation="retire"),
        down=down("sw-11", "sw-12"),
    )
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    requests.start(port.store, request.id, actor="k.chen", at=DURING)
    key = port.keys.private("k.chen")
    checkin.check_in(port.library, request.id, actor="k.chen", key=key, at=DURING)
    requests.finish(port.store, request.id, actor="k.chen", at=WINDOW.end)
    closing.close(
        port.store,
        request.id,
        outcome="as planned",
        outage=540,
        past=Past(port.library),
        actor="k.chen",
        at=WINDOW.end,
    )
    with port.store.read() as uow:
        assert ("mail", "outage") in uow.rows("SELECT service, effect FROM derived_outage")
        assert {one.baseline for one in uow.all(Derivation)} == {"BL-000001"}


def test_before_the_first_baseline_the_estate_is_taken_as_it_is(port):
    assert services(port, FOUNDED - timedelta(days=1)) == ({}, "")


def test_impact_of_an_old_baseline_knows_nothing_that_came_later(port):
    second_uplink_gone(port)
    for item in ("probe", "sw-13"):
        made = Item(id=item, type="network-device", name=item, owner="k.chen")
        items.register(port.store, made, actor="a.vries", at=WINDOW.end)
    items.connect(port.store, Dependency(source="probe", target="sw-11"), actor="a.vries", at=WINDOW.end)
    with port.store.read() as uow:
        now = impact(StoredEstate(uow.rows, uow.dialect), ["sw-11"])
        assert {one.id for one in now.items} == {"sw-11", "lb-edge", "mail", "probe"}
        estates = {
            name: past.as_of(port.library, uow, differences.baseline(uow, name))
            for name in ("BL-000001", "BL-000002")
        }
        before, after = (impact(estates[name], ["sw-11"]) for name in ("BL-000001", "BL-000002"))
        with pytest.raises(NotFound, match="candidate"):
            impact(estates["BL-000002"], ["sw-13"])
    assert {one.id: one.effect for one in before.items} == {
        "sw-11": "outage",
        "lb-edge": "reduced redundancy",
    }
    assert {one.id for one in after.items} == {"sw-11", "lb-edge", "mail"}

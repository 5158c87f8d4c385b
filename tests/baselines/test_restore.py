"""Restoring from an older baseline is a change request like any other, and ends with the record as it was."""

from datetime import timedelta

import pytest

from baselines import checkin, checkout, library, restore, verification
from baselines.restore import Wanted
from ccb import examination, requests
from ccb.model import ChangeDraft, ProposedChange
from cmdb import items, tables_graph
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Item
from tests.baselines.port import NIGHT, WINDOW, build, set_model

DURING = NIGHT + timedelta(minutes=10)
SWITCH = (("item", "sw-11"),)


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


def checked_in(port, request):
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    key = port.keys.private("k.chen")
    return checkin.check_in(port.library, request.id, actor="k.chen", key=key, at=DURING)


def done(port, *changes):
    return checked_in(port, port.approved(*changes))


def carried(port, request):
    """The drafted request filled in, submitted, voted through and checked in."""
    draft = ChangeDraft(
        title=request.title,
        reason=request.reason,
        changes=request.changes,
        window=WINDOW,
        backout="none",
        test="look",
        implementer="k.chen",
    )
    at = NIGHT - timedelta(hours=20)
    requests.edit(port.store, request.id, draft, actor="k.chen", at=at)
    requests.submit(port.store, request.id, actor="k.chen", at=at)
    port.carried(request.id, "k.chen", ("p.ng", "m.jansen"), NIGHT - timedelta(hours=12))
    with port.store.read() as uow:
        return checked_in(port, requests.find(uow, request.id))


def record(port, commit, id="sw-11"):
    return library.record_at(port.library, commit, "item", id)


def test_a_switch_becomes_what_it_was_field_and_dependency(port):
    first = done(port, set_model("QFX5120"))
    done(
        port,
        set_model("EX4650"),
        ProposedChange(
            record="dependency", id="lb-edge", operation="disconnect", target="sw-11", kind="uses"
        ),
    )
    wanted = Wanted(records=(("item", "sw-11"), ("item", "lb-edge")))
    found = restore.foresee(port.library, first.id, wanted)
    assert [(one.id, one.operation) for one in found.changes] == [("sw-11", "set"), ("lb-edge", "connect")]
    assert found.notes == ()
    request = restore.restore(port.library, first.id, wanted, actor="k.chen", at=NIGHT - timedelta(days=1))
    assert (request.state, request.title) == ("draft", f"Restore sw-11, lb-edge as in {first.id}")
    made = carried(port, request)
    for id in ("sw-11", "lb-edge"):
        assert record(port, made.commit, id) == record(port, first.commit, id)
    report = verification.verify(port.library, root=port.root)
    assert report.ok, report.failure


def test_everything_a_service_needed_then_is_chosen(port):
    first = done(port, set_model("QFX5120"))
    done(port, set_model("EX4650"))
    found = restore.foresee(port.library, first.id, Wanted(services=("mail",)))
    assert [(one.id, dict(one.exact)) for one in found.changes] == [("sw-11", {"model": "QFX5120"})]


def test_all_that_differs_is_chosen_and_what_came_later_is_retired(port):
    first = done(port, set_model("QFX5120"))
    item = Item(id="sw-14", type="network-device", name="New", owner="k.chen", criterion="spare")
    items.register(port.store, item, actor="a.vries", at=NIGHT)
    port.established(NIGHT)
    found = restore.foresee(port.library, first.id, Wanted(everything=True))
    assert [(one.id, one.operation) for one in found.changes] == [("sw-14", "retire")]


def test_what_is_as_it_was_drafts_no_request(port):
    first = done(port, set_model("QFX5120"))
    assert restore.foresee(port.library, first.id, Wanted(records=SWITCH)).changes == ()
    with pytest.raises(Refused):
        restore.restore(port.library, first.id, Wanted(records=SWITCH), actor="k.chen", at=NIGHT)
    with port.store.read() as uow:
        assert all(one.state != "draft" for one in requests.listed(uow))


def test_every_name_that_is_not_in_the_baseline_is_named(port):
    wanted = Wanted(records=(("item", "sw-98"), ("item", "sw-11"), ("item", "sw-99")))
    with pytest.raises(NotFound) as missing:
        restore.foresee(port.library, "BL-000001", wanted)
    assert len(missing.value.problems) == 2
    with pytest.raises(NotFound):
        restore.foresee(port.library, "BL-000001", Wanted(services=("nothing",)))
    with pytest.raises(NotFound):
        restore.foresee(port.library, "BL-000077", Wanted(records=SWITCH))
    with pytest.raises(Invalid):
        restore.foresee(port.library, "BL-000001", Wanted())
    with pytest.raises(Invalid):
        restore.foresee(port.library, "BL-000001", Wanted(records=(("castle", "sw-11"),)))


def test_a_change_since_the_draft_is_a_conflict_like_any_other(port):
    first = done(port, set_model("QFX5120"))
    done(port, set_model("EX4650"))
    request = restore.restore(
        port.library, first.id, Wanted(records=SWITCH), actor="k.chen", at=NIGHT - timedelta(days=1)
    )
    with port.store.write() as uow:
        item = tables_graph.get_item(uow, "sw-11")
        tables_graph.put_item(uow, item.but(characteristics={**item.characteristics, "model": "MX"}))
        uow.commit()
    with port.store.read() as uow:
        assert "EX4650" in examination.moved(uow, request.changes)[0]

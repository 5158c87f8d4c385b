"""Backing a change out: its fields are put back in a new baseline that proves itself, or nothing happens."""

from datetime import timedelta

import pytest

from baselines import backout, checkin, checkout, library, rebuild, tables, verification
from baselines.library import Draft, commit_point
from baselines.model import Baseline, LibraryCommit
from ccb import closing, requests
from ccb.model import ProposedChange
from cmdb import canonical, records, tables_graph
from cmdb.errors import Invalid, Refused
from cmdb.model import Person
from cmdb.promises import Outage
from cmdb.site import Site
from cmdb.store import Store
from tests.baselines.port import NIGHT, WINDOW, build, down, set_model

DURING = NIGHT + timedelta(minutes=10)
LATER = NIGHT + timedelta(minutes=50)


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


def checked_in(port, *changes, **more):
    request = port.approved(*(changes or (set_model(),)), **more)
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    key = port.keys.private("k.chen")
    checkin.check_in(port.library, request.id, actor="k.chen", key=key, at=DURING)
    return request


def back_out(port, id, **more):
    said = {"reason": "mail stopped", "actor": "k.chen", "at": LATER, **more}
    return backout.back_out(port.library, id, key=lambda: port.keys.private("k.chen"), **said)


def state(port, id):
    with port.store.read() as uow:
        return requests.find(uow, id)


def model(port, id="sw-11"):
    with port.store.read() as uow:
        return tables_graph.get_item(uow, id).characteristics["model"]


def proved(port):
    report = verification.verify(port.library, root=port.root)
    assert report.ok, report.failure
    return report


def test_what_was_checked_in_is_put_back_in_a_new_signed_baseline(port):
    request = checked_in(port)
    made = back_out(port, request.id)
    assert made.id == "BL-000003"
    assert model(port) == "QFX5100"
    ended = state(port, request.id)
    assert (ended.state, ended.outcome, ended.deviation) == ("backed out", "backed out", "mail stopped")
    commit = port.library.vault.commit(made.commit)
    assert commit.trailer("Back-Out") == "BL-000002"
    assert commit.trailer("Request") == request.id
    first = library.record_at(port.library, port.root, "item", "sw-11")
    assert first is None or first["characteristics"]["model"] == "QFX5100"
    assert proved(port).baselines == 4


def test_from_checked_out_nothing_is_written_and_the_records_are_let_go(port):
    request = port.approved(set_model())
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    with port.store.read() as uow:
        head = tables.newest(uow)
    assert back_out(port, request.id) is None
    assert state(port, request.id).state == "backed out"
    with port.store.read() as uow:
        assert tables.newest(uow) == head
        assert checkout.outstanding(uow) == ()
    again = port.approved(set_model("EX"))
    assert checkout.check_out(port.library, again.id, actor="k.chen", at=NIGHT)
    proved(port)


def test_a_later_change_of_another_field_stays(port):
    request = checked_in(port)
    change = ProposedChange(record="item", id="sw-11", operation="set", exact={"name": "Core"})
    checked_in(port, change)
    back_out(port, request.id)
    assert model(port) == "QFX5100"
    with port.store.read() as uow:
        assert tables_graph.get_item(uow, "sw-11").name == "Core"
    proved(port)


def test_a_field_changed_since_is_a_conflict_and_nothing_happens(port):
    request = checked_in(port)
    checked_in(port, set_model("EX4650"))
    with pytest.raises(Refused) as refusal:
        back_out(port, request.id)
    (problem,) = refusal.value.problems
    for word in ("model", "EX4650", "QFX5120", "QFX5100"):
        assert word in problem
    assert model(port) == "EX4650"
    assert state(port, request.id).state == "checked in"


def test_an_item_that_the_change_added_is_retired_unless_something_needs_it(port):
    new = ProposedChange(
        record="item",
        id="sw-14",
        operation="add",
        exact={
            "type": "network-device",
            "name": "New",
            "owner": "k.chen",
            "status": "in service",
            "criterion": "carries a service",
        },
    )
    request = checked_in(port, new)
    need = ProposedChange(
        record="dependency", id="mail", operation="connect", target="sw-14", kind="uses", exact={}
    )
    later = checked_in(port, need)
    with pytest.raises(Refused) as refusal:
        back_out(port, request.id)
    assert "mail" in str(refusal.value.problems)
    back_out(port, later.id)
    back_out(port, request.id)
    with port.store.read() as uow:
        assert tables_graph.get_item(uow, "sw-14").status == "retired"
        assert "sw-14" not in {one.target for one in tables_graph.dependencies_of(uow, "mail")}
    proved(port)


def test_the_outage_it_cost_is_asked_for_and_counts(port):
    request = port.approved(set_model(), down=down("sw-11"))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    requests.start(port.store, request.id, actor="k.chen", at=DURING)
    with pytest.raises(Invalid) as wrong:
        back_out(port, request.id)
    assert "--outage" in str(wrong.value.problems)
    back_out(port, request.id, outage=540)
    ended = state(port, request.id)
    assert (ended.outage, ended.finished) == (540, LATER)
    with port.store.read() as uow:
        (outage,) = uow.all(Outage)
    assert (outage.subject, outage.change) == ("sw-11", request.id)
    assert (outage.planned_start, outage.planned_end) == (WINDOW.start, WINDOW.end)


def test_a_reason_is_needed(port):
    request = checked_in(port)
    with pytest.raises(Invalid):
        back_out(port, request.id, reason=" ")
    assert state(port, request.id).state == "checked in"


def test_it_is_not_for_everybody_not_twice_and_not_after_closing(port):
    request = checked_in(port)
    with pytest.raises(Refused) as refusal:
        back_out(port, request.id, actor="p.ng")
    assert "implementer" in refusal.value.reason
    back_out(port, request.id)
    with pytest.raises(Refused):
        back_out(port, request.id)
    other = checked_in(port, set_model("EX"))
    requests.start(port.store, other.id, actor="k.chen", at=DURING)
    requests.finish(port.store, other.id, actor="k.chen", at=LATER)
    closing.close(port.store, other.id, outcome="as planned", actor="k.chen", at=LATER)
    with pytest.raises(Refused) as refusal:
        back_out(port, other.id)
    assert "raise a new change request" in refusal.value.remedy


def test_a_record_that_somebody_else_has_checked_out_stands_in_the_way(port):
    request = checked_in(port)
    change = ProposedChange(record="item", id="sw-11", operation="set", exact={"name": "Core"})
    other = port.approved(change)
    checkout.check_out(port.library, other.id, actor="k.chen", at=LATER)
    with pytest.raises(Refused) as refusal:
        back_out(port, request.id)
    assert other.id in str(refusal.value.problems)


def test_a_baseline_request_is_not_backed_out(port):
    with port.store.read() as uow:
        first = requests.listed(uow)[-1]
    with pytest.raises(Refused):
        back_out(port, first.id)


def test_looking_changes_nothing(port):
    request = checked_in(port)
    found = backout.foresee(port.library, request.id, actor="k.chen", at=LATER)
    assert (found.baseline, found.problems) == ("BL-000002", ())
    assert model(port) == "QFX5120"
    assert state(port, request.id) == found.request


@pytest.mark.parametrize("step", ["prepared", "locked", "settled", "entered", "pending", "committed"])
def test_killed_after_any_step_it_is_done_whole_or_not_at_all(port, step):
    request = checked_in(port)

    class Killed(BaseException):
        pass

    def heard(name):
        if name == step:
            raise Killed

    with pytest.raises(Killed):
        back_out(port, request.id, steps=heard)
    library.settle(port.library)
    done = state(port, request.id).state == "backed out"
    assert done == (step == "committed")
    assert model(port) == ("QFX5100" if done else "QFX5120")
    proved(port)


def test_a_rebuilt_database_knows_that_it_was_backed_out(port, tmp_path, store):
    request = checked_in(port)
    back_out(port, request.id)
    before = [(one.id, one.title, one.request) for one in _baselines(port.store)]
    port.library.close()
    site = Site(path=tmp_path, name="Port", database=str(tmp_path / "new.db"))
    rebuild.rebuild(site, actor="a.vries", at=LATER, apply=True)
    fresh = Store.open(site.url)
    assert [(one.id, one.title, one.request) for one in _baselines(fresh)] == before
    with fresh.read() as uow:
        assert requests.find(uow, request.id).state == "backed out"


def _baselines(store):
    with store.read() as uow:
        return uow.all(Baseline)


def sneak(port, request, fields, undoes):
    """Commit a back-out past every check, as somebody with all files and a registered key could."""
    with port.store.read() as uow:
        commits = [one.commit for one in uow.all(LibraryCommit, request=request)]
    decision = [port.library.vault.commit(one).trailer("Decision") for one in commits][-1]
    path = records.path_of("item", "sw-11")
    commit_point(
        port.library,
        kind="baseline",
        draft=lambda _uow, _newest: Draft(
            files=[(path, canonical.encode("item/1", fields))],
            subject="sneak",
            trailers={"Decision": decision, "Back-Out": undoes},
        ),
        enter=lambda uow, commit: None,
        author=Person(id="k.chen", name="k"),
        key=port.keys.private("k.chen"),
        at=LATER,
        request=request,
    )


@pytest.mark.parametrize(
    ("model", "undoes", "why"),
    [
        ("QFX9999", "BL-000002", "does not undo"),
        ("QFX5100", "BL-000001", "no check-in"),
    ],
)
def test_verify_names_a_back_out_that_writes_something_else_or_undoes_another(port, model, undoes, why):
    request = checked_in(port)
    with port.store.read() as uow:
        head = tables.newest(uow).commit
    fields = library.record_at(port.library, head, "item", "sw-11")
    fields = {**fields, "characteristics": {**fields["characteristics"], "model": model}}
    sneak(port, request.id, fields, undoes)
    report = verification.verify(port.library, root=port.root)
    assert not report.ok
    assert why in report.failure.why


def test_verify_refuses_a_second_back_out_of_the_same_change(port):
    request = checked_in(port)
    back_out(port, request.id)
    with port.store.read() as uow:
        head = tables.newest(uow).commit
    fields = library.record_at(port.library, head, "item", "sw-11")
    sneak(port, request.id, {**fields, "name": "again"}, "BL-000002")
    report = verification.verify(port.library, root=port.root)
    assert "no check-in" in report.failure.why

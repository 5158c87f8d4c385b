"""Check-out and check-in: what was approved comes in as one signed baseline, or nothing does."""

import json
from datetime import timedelta

import pytest

from baselines import checkin, checkout, decisions, differences, library, tables, verification
from baselines.model import Checkout, Lease
from ccb import board, closing, requests
from ccb.model import ChangeDraft, ChangeRequest, ProposedChange
from cmdb import items, journal, tables_graph
from cmdb.errors import Invalid, Refused
from cmdb.model import Dependency, Item
from cmdb.promises import Outage
from tests.baselines.port import FOUNDED, NIGHT, WINDOW, build, down, set_model

DURING = NIGHT + timedelta(minutes=10)


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


def fill(folder, name="sw-11", **characteristics):
    file = folder / "items" / f"{name}.json"
    record = json.loads(file.read_text())
    record["characteristics"] |= characteristics
    file.write_text(json.dumps(record))


def come_in(port, id, **more):
    return checkin.check_in(
        port.library,
        id,
        **{"actor": "k.chen", "key": port.keys.private("k.chen"), "at": DURING, **more},
    )


def state(port, id):
    with port.store.read() as uow:
        return uow.get(ChangeRequest, id).state


def untouched(port, id, item="sw-11"):
    """Nothing changed: same head, same item, same state."""
    with port.store.read() as uow:
        return (
            tables.newest(uow).name,
            tables_graph.get_item(uow, item),
            uow.get(ChangeRequest, id),
            journal.head(uow),
        )


def test_the_main_job_from_check_out_to_a_verified_baseline(port, tmp_path):
    request = port.approved(set_model("QFX5120", "serial"), down=down("sw-11"))
    folder = tmp_path / "work"
    out = checkout.check_out(port.library, request.id, folder=folder, actor="k.chen", at=NIGHT)
    assert out.records == ("items/35/94/sw-11.json",)
    fill(folder, serial="Z9")
    baseline = come_in(port, request.id)
    assert baseline.id == "BL-000002"
    assert state(port, request.id) == "checked in"
    with port.store.read() as uow:
        item = tables_graph.get_item(uow, "sw-11")
        older, newer = differences.baseline(uow, "1"), differences.baseline(uow, "latest")
        assert uow.all(Lease) == ()
        assert uow.get(Checkout, out.id).state == "checked in"
    assert item.characteristics == {"model": "QFX5120", "serial": "Z9"}
    assert older.replaced_by == "BL-000002"
    found = differences.between(port.library, older, newer)
    assert [(one.field, one.old, one.new, one.request) for one in found.changed] == [
        ("characteristics.model", "QFX5100", "QFX5120", request.id),
        ("characteristics.serial", "X1", "Z9", request.id),
    ]
    report = verification.verify(port.library, root=port.root)
    assert report.ok, report.failure
    assert (report.baselines, report.changes, report.votes, report.alone) == (3, 2, 3, 1)


def test_an_open_field_that_comes_back_untouched_is_refused_until_somebody_says_it_is_right(port, tmp_path):
    request = port.approved(set_model("QFX5120", "serial"))
    folder = tmp_path / "work"
    checkout.check_out(port.library, request.id, folder=folder, actor="k.chen", at=NIGHT)
    note = (folder / "README.txt").read_text("utf-8")
    assert f"{request.id}  Replace sw-11" in note
    assert "  serial of sw-11, in items/sw-11.json" in note
    with pytest.raises(Refused) as refusal:
        come_in(port, request.id)
    assert refusal.value.problems == ("item sw-11: the open field 'serial' is still 'X1'.",)
    assert "--unchanged" in refusal.value.remedy
    assert come_in(port, request.id, unchanged=True).id == "BL-000002"


def test_bringing_under_control_is_done_and_closed_by_the_act_that_establishes_it(port):
    with port.store.read() as uow:
        [first] = [one for one in uow.all(ChangeRequest) if one.kind == "baseline"]
    assert (first.state, first.outcome, first.started, first.closed_at) == (
        "closed",
        "as planned",
        FOUNDED,
        FOUNDED,
    )


def test_an_open_condition_keeps_an_established_baseline_to_be_closed_by_hand(port):
    late = Item(id="sw-13", type="network-device", name="sw-13", owner="k.chen", group="network")
    items.register(port.store, late, actor="a.vries", at=NIGHT)
    scope = ProposedChange(
        record="scope",
        id="all",
        operation="bring under control",
        exact={"level": "baselined", "criterion": "carries a service"},
    )
    draft = ChangeDraft(kind="baseline", title="One more", reason="new", changes=(scope,))
    request = requests.new(port.store, draft, actor="a.vries", at=NIGHT)
    requests.submit(port.store, request.id, actor="a.vries", at=NIGHT)
    requests.assess(port.store, request.id, actor="a.vries", at=NIGHT)
    board.refer(port.store, request.id, actor="a.vries", at=NIGHT)
    key = port.keys.private("a.vries")
    act = board.vote(
        port.store, request.id, voter="a.vries", value="approve with conditions",
        conditions=("label the rack",), key=key, at=NIGHT,
    )  # fmt: skip
    decisions.enter(port.library, act, key=key, at=NIGHT)
    checkin.establish(port.library, request.id, actor="a.vries", key=key, at=NIGHT)
    with port.store.read() as uow:
        after = requests.find(uow, request.id)
    assert (after.state, after.outcome, after.finished) == ("checked in", "as planned", NIGHT)


def test_a_comparison_backwards_says_the_opposite_with_the_same_requests(port):
    request = port.approved(set_model("QFX5120"))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    come_in(port, request.id)
    with port.store.read() as uow:
        older, newer = differences.baseline(uow, "BL-000001"), differences.baseline(uow, "latest")
    (back,) = differences.between(port.library, newer, older).changed
    assert (back.old, back.new, back.request) == ("QFX5120", "QFX5100", request.id)


def test_a_new_item_with_its_dependencies_comes_in_whole(port):
    added = ProposedChange(
        record="item",
        id="sw-13",
        operation="add",
        exact={
            "type": "network-device",
            "name": "Third switch",
            "owner": "k.chen",
            "criterion": "carries a service",
        },
    )
    connected = ProposedChange(
        record="dependency",
        id="lb-edge",
        operation="connect",
        target="sw-13",
        kind="uses",
        exact={"group": "uplink", "need": "2"},
    )
    request = port.approved(connected, added)
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    come_in(port, request.id)
    with port.store.read() as uow:
        assert tables_graph.get_item(uow, "sw-13").level == "baselined"
        assert [one.target for one in tables_graph.dependencies_of(uow, "lb-edge")] == [
            "sw-11",
            "sw-12",
            "sw-13",
        ]
        assert [one.need for one in tables_graph.groups_of(uow, "lb-edge")] == ["2"]
    report = verification.verify(port.library, root=port.root)
    assert report.ok, report.failure


def test_every_problem_is_named_and_nothing_is_changed(port, tmp_path):
    request = port.approved(set_model("QFX5120"), evidence=("ping matrix",))
    folder = tmp_path / "work"
    checkout.check_out(port.library, request.id, folder=folder, actor="k.chen", at=NIGHT)
    fill(folder, serial="Z9")
    (folder / "items" / "extra.json").write_text("{}")
    before = untouched(port, request.id)
    with pytest.raises(Refused) as refusal:
        come_in(port, request.id)
    told = "\n".join(refusal.value.problems)
    assert "'serial' is 'Z9'; approved is 'X1'" in told
    assert "extra.json: this file is not part of the check-out" in told
    assert "evidence 'ping matrix' is missing" in told
    assert untouched(port, request.id) == before
    assert json.loads((folder / "items" / "sw-11.json").read_text())["characteristics"]["serial"] == "Z9"


def test_evidence_comes_in_with_the_baseline(port, tmp_path):
    request = port.approved(set_model("QFX5120"), evidence=("ping matrix",))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    file = tmp_path / "Ping-Matrix.txt"
    file.write_text("all pings answered")
    baseline = come_in(port, request.id, evidence=[file])
    kept = [
        path for path, _oid in port.library.vault.paths(baseline.commit, "records/") if "evidence" in path
    ]
    assert [path.rsplit("/", 1)[1] for path in kept] == ["Ping-Matrix.txt"]
    assert verification.verify(port.library).ok


def test_before_the_window_and_by_another_person_and_without_a_lease_are_refused(port):
    request = port.approved(set_model("QFX5120"))
    with pytest.raises(Refused, match="not checked out"):
        come_in(port, request.id)
    early = NIGHT - timedelta(hours=1)
    checkout.check_out(port.library, request.id, actor="k.chen", at=early)
    with pytest.raises(Refused, match="window has not started"):
        come_in(port, request.id, at=early)
    with pytest.raises(Refused) as refusal:
        come_in(port, request.id, actor="a.vries", key=port.keys.private("a.vries"))
    assert "checked out by k.chen, not by you" in "\n".join(refusal.value.problems)
    assert state(port, request.id) == "checked out"


def test_an_expired_lease_is_refused_and_can_be_renewed(port):
    request = port.approved(set_model("QFX5120"))
    out = checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    late = out.expires_at + timedelta(minutes=1)
    with pytest.raises(Refused) as refusal:
        come_in(port, request.id, at=late)
    assert "expired" in "\n".join(refusal.value.problems)
    checkout.renew(port.library, request.id, actor="k.chen", at=late)
    come_in(port, request.id, at=late)
    with port.store.read() as uow:
        assert journal.of_subject(uow, f"change:{request.id}")[0].action == "check-in late"


def test_a_record_is_checked_out_once_and_the_second_is_told_by_whom(port):
    first = port.approved(set_model("QFX5120"))
    second = port.raised(set_model("EX4650"), implementer="a.vries")
    port.carried(second.id, "k.chen", ("p.ng", "m.jansen"), NIGHT - timedelta(hours=12))
    checkout.check_out(port.library, first.id, actor="k.chen", at=NIGHT)
    with pytest.raises(Refused) as refusal:
        checkout.check_out(port.library, second.id, actor="a.vries", at=NIGHT)
    assert "checked out by k.chen" in str(refusal.value) or refusal.value.problems
    assert state(port, first.id) == "checked out"


def test_giving_back_lets_go_and_the_request_is_approved_again(port):
    request = port.approved(set_model("QFX5120"))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    with pytest.raises(Refused, match="checked out by k.chen"):
        checkout.give_back(port.library, request.id, actor="p.ng", at=NIGHT)
    checkout.give_back(port.library, request.id, actor="k.chen", at=NIGHT)
    assert state(port, request.id) == "approved"
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)


def test_the_cm_group_takes_a_check_out_over_with_a_reason(port):
    request = port.approved(set_model("QFX5120"))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    with pytest.raises(Invalid, match="reason"):
        checkout.steal(port.library, request.id, reason=" ", actor="a.vries", at=NIGHT)
    with pytest.raises(Refused, match="no role"):
        checkout.steal(port.library, request.id, reason="ill", actor="p.ng", at=NIGHT)
    taken = checkout.steal(port.library, request.id, reason="k.chen is ill", actor="a.vries", at=NIGHT)
    assert taken.person == "a.vries"


def test_a_folder_that_cannot_be_written_leaves_the_request_approved(port, tmp_path):
    request = port.approved(set_model("QFX5120"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep me")
    with pytest.raises(Refused, match="not empty"):
        checkout.check_out(port.library, request.id, folder=tmp_path / "full", actor="k.chen", at=NIGHT)
    assert state(port, request.id) == "approved"


def test_an_approved_request_is_needed_to_check_out(port):
    request = port.raised(set_model("QFX5120"))
    with pytest.raises(Refused, match="no decision carries it"):
        checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)


def test_retiring_what_something_in_service_needs_is_refused_even_at_the_door(port):
    with pytest.raises(Invalid, match="not valid") as refusal:
        port.raised(ProposedChange(record="item", id="sw-11", operation="retire"))
    assert any("needed by" in one for one in refusal.value.problems)


def test_the_assessment_names_the_single_point_of_failure_a_change_makes(port):
    gone = ProposedChange(
        record="dependency", id="lb-edge", operation="disconnect", target="sw-12", kind="uses"
    )
    request = port.raised(gone)
    _request, found = requests.assess(port.store, request.id, actor="k.chen", at=NIGHT - timedelta(hours=12))
    assert found.material["single_points_added"] == [{"service": "mail", "item": "sw-11"}]
    assert found.material["single_points_removed"] == []
    assert found.material["margin"] == ["lb-edge"]


def test_a_candidate_registered_later_is_not_in_the_baseline_until_brought_in(port):
    item = Item(id="sw-14", type="network-device", name="New", owner="k.chen", criterion="spare")
    items.register(port.store, item, actor="a.vries", at=NIGHT)
    items.connect(port.store, Dependency(source="sw-14", target="sw-12"), actor="a.vries", at=NIGHT)
    report = verification.verify(port.library, root=port.root)
    assert report.ok, report.failure
    baseline = port.established(NIGHT)
    assert baseline.id == "BL-000002"
    with port.store.read() as uow:
        head = tables.newest(uow).commit
    assert library.record_at(port.library, head, "item", "sw-14")["criterion"] == "spare"
    report = verification.verify(port.library, root=port.root)
    assert report.ok, report.failure


def test_a_candidate_that_moves_after_the_decision_is_not_brought_under_control(port):
    item = Item(id="sw-14", type="network-device", name="New", owner="k.chen")
    items.register(port.store, item, actor="a.vries", at=NIGHT)
    original = checkin.establish

    def moved_first(library, id, **more):
        items.amend(port.store, item.but(name="Other"), actor="a.vries", at=NIGHT)
        return original(library, id, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkin, "establish", moved_first)
        with pytest.raises(Refused):
            port.established(NIGHT)
    with port.store.read() as uow:
        assert tables_graph.get_item(uow, "sw-14").level == "draft"
        assert tables.newest(uow).name.startswith("REC-")


def test_the_work_is_recorded_and_the_request_closed(port):
    request = port.approved(set_model("QFX5120"), down=down("sw-11"))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    requests.start(port.store, request.id, actor="k.chen", at=DURING)
    come_in(port, request.id)
    with pytest.raises(Refused) as refusal:
        closing.close(port.store, request.id, outcome="as planned", actor="k.chen", at=DURING)
    assert "finish" in str(refusal.value)
    requests.finish(port.store, request.id, actor="k.chen", at=WINDOW.end)
    closed = closing.close(
        port.store, request.id, outcome="as planned", outage=540, actor="k.chen", at=WINDOW.end
    )
    assert (closed.state, closed.outage) == ("closed", 540)
    with port.store.read() as uow:
        (outage,) = uow.all(Outage)
    assert (outage.subject, outage.change, outage.started) == ("sw-11", request.id, DURING)
    assert (outage.ended - outage.started).total_seconds() == 540
    assert (outage.planned_start, outage.planned_end) == (WINDOW.start, WINDOW.end)


def test_the_founding_commit_alone_verifies(store, tmp_path, keys):
    from baselines import establish
    from baselines.library import Library
    from baselines.vault import Vault
    from cmdb.model import Person

    with Library(store, Vault.create(tmp_path / "new.git")) as made:
        founder = Person(id="a.vries", name="Anna de Vries")
        establish.found(made, founder=founder, key=keys.private("a.vries"), at=FOUNDED, name="Test site")
        report = verification.verify(made)
    assert report.ok, report.failure
    assert report.baselines == 1

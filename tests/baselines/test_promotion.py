"""Closed sets that move between control levels: promoted, demoted, proved; and several scopes at once."""

import pytest

from baselines import checkin, scoped, tables, verification
from baselines.failures import Failed
from baselines.proof import prove
from baselines.state import State
from ccb import closures, requests
from ccb.model import ChangeDraft, ProposedChange
from cmdb import documents, items, signatures
from cmdb.errors import Invalid, Refused
from cmdb.model import Dependency, Item
from cmdb.written import Document
from tests.baselines.port import NIGHT, build


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


def scope_change(id, operation="bring under control", **exact):
    return ProposedChange(record="scope", id=id, operation=operation, exact=exact)


def candidates(port, *ids, needs=()):
    for id in ids:
        item = Item(
            id=id, type="network-device", name=id, owner="k.chen", group="network", criterion="carries"
        )
        items.register(port.store, item, actor="a.vries", at=NIGHT)
    for source, target in needs:
        items.connect(port.store, Dependency(source=source, target=target), actor="a.vries", at=NIGHT)


def asked(port, *changes, kind="promotion", **more):
    draft = ChangeDraft(kind=kind, title="Move", reason="because", changes=changes, **more)
    request = requests.new(port.store, draft, actor="a.vries", at=NIGHT)
    requests.submit(port.store, request.id, actor="a.vries", at=NIGHT)
    return request.id


def done(port, *changes, kind="promotion", **more):
    id = asked(port, *changes, kind=kind, **more)
    port.carried(id, "a.vries", ("a.vries",), NIGHT)
    return checkin.establish(port.library, id, actor="a.vries", key=port.keys.private("a.vries"), at=NIGHT)


def level_of(port, id):
    with port.store.read() as uow:
        return uow.rows("SELECT level FROM item WHERE id = ?", id)[0][0]


def proved(port):
    report = verification.verify(port.library)
    assert report.ok, report.failure
    return report


def test_a_baseline_of_several_scopes_is_proved(port):
    candidates(port, "north", "south", "shared", needs=(("north", "shared"), ("south", "shared")))
    made = done(
        port,
        scope_change("item:north", level="baselined"),
        scope_change("item:south", level="baselined"),
        kind="baseline",
    )
    assert {level_of(port, one) for one in ("north", "south", "shared")} == {"baselined"}
    assert proved(port).baselines == 3
    state = State(port.library.vault, made.commit)
    assert state.record(("item", "shared"))["level"] == "baselined"


def test_scopes_of_one_request_that_disagree_on_a_record_are_refused(port):
    candidates(port, "north", "south", "shared", needs=(("north", "shared"), ("south", "shared")))
    with pytest.raises(Invalid) as wrong:
        asked(
            port,
            scope_change("item:north", level="baselined"),
            scope_change("item:south", level="controlled"),
            kind="baseline",
        )
    assert "item shared lies in item:north and in item:south, with another level" in " ".join(
        wrong.value.problems
    )


def test_a_set_is_promoted_with_what_it_needs(port):
    candidates(port, "app", "db", needs=(("app", "db"),))
    done(port, scope_change("item:app", "change level", level="controlled"))
    assert (level_of(port, "app"), level_of(port, "db")) == ("controlled", "controlled")
    proved(port)
    made = done(port, scope_change("list:both", "change level", level="baselined", items=["app"]))
    assert (level_of(port, "app"), level_of(port, "db")) == ("baselined", "baselined")
    assert proved(port).head == made.commit


def test_a_demotion_takes_what_refers_to_it_along(port):
    done(port, scope_change("item:lb-edge", "change level", **{"level": "controlled", "from": "baselined"}))
    assert {one: level_of(port, one) for one in ("sw-11", "lb-edge", "mail")} == {
        "sw-11": "baselined",
        "lb-edge": "controlled",
        "mail": "controlled",
    }
    proved(port)


def test_what_is_left_out_must_leave_the_set_closed(port):
    candidates(port, "app", "db", needs=(("app", "db"),))
    out = {"db": "its team does it next month"}
    with pytest.raises(Invalid) as wrong:
        asked(port, scope_change("item:app", "change level", level="controlled", left_out=out))
    assert "app refers to db, and db, which is draft, is left out" in " ".join(wrong.value.problems)
    with pytest.raises(Invalid) as wrong:
        asked(port, scope_change("item:app", "change level", level="controlled", left_out={"db": " "}))
    assert "left out without a reason" in " ".join(wrong.value.problems)


def test_a_set_that_moved_after_the_decision_is_not_promoted(port):
    candidates(port, "app")
    id = asked(port, scope_change("item:app", "change level", level="controlled"))
    port.carried(id, "a.vries", ("a.vries",), NIGHT)
    candidates(port, "late", needs=(("app", "late"),))
    with pytest.raises(Refused):
        checkin.establish(port.library, id, actor="a.vries", key=port.keys.private("a.vries"), at=NIGHT)
    assert level_of(port, "app") == "draft"


def test_a_promotion_that_alters_more_than_the_level_is_named(port, monkeypatch):
    candidates(port, "app")
    id = asked(port, scope_change("item:app", "change level", level="controlled"))
    port.carried(id, "a.vries", ("a.vries",), NIGHT)
    real = checkin._scope_files

    def forged(uow, request):
        for path, data in real(uow, request):
            yield path, data.replace(b'"name": "app"', b'"name": "gone"')

    monkeypatch.setattr(checkin, "_scope_files", forged)
    checkin.establish(port.library, id, actor="a.vries", key=port.keys.private("a.vries"), at=NIGHT)
    with port.store.read() as uow:
        head = tables.newest(uow).commit
    with pytest.raises(Failed) as failed:
        prove(port.library.vault, head, verify=signatures.verify)
    assert "other records under control than those decided on" in failed.value.failure.why


def test_a_candidate_changes_its_level_by_promotion_only(port):
    candidates(port, "app")
    change = ProposedChange(record="item", id="app", operation="change level", exact={"level": "baselined"})
    with pytest.raises(Invalid) as wrong:
        port.raised(change)
    assert "it is a candidate" in " ".join(wrong.value.problems)
    down = ProposedChange(record="item", id="sw-11", operation="change level", exact={"level": "draft"})
    with pytest.raises(Invalid) as wrong:
        port.raised(down)
    assert "goes back to being a candidate" in " ".join(wrong.value.problems)


def test_a_reference_to_something_less_controlled_is_refused_with_the_way_out(port):
    candidates(port, "app")
    done(port, scope_change("item:app", "change level", level="controlled"))
    need = ProposedChange(record="dependency", id="sw-11", target="app", kind="uses", operation="connect")
    with pytest.raises(Invalid) as wrong:
        port.raised(need)
    assert "'cmdb promote item:app --to baselined'" in " ".join(wrong.value.problems)
    down = ProposedChange(record="item", id="sw-11", operation="change level", exact={"level": "controlled"})
    with pytest.raises(Invalid) as wrong:
        port.raised(down)
    assert "item lb-edge, which is baselined, refers to item sw-11" in " ".join(wrong.value.problems)


def document(port, tmp_path, id="mail-plan", **more):
    file = tmp_path / f"{id}.pdf"
    file.write_bytes(b"how mail is managed")
    made = Document(id=id, kind="CM plan", title="Plan", owner="k.chen", services=("mail",), **more)
    documents.register(port.store, made, {"plan.pdf": file}, actor="a.vries", at=NIGHT)


def level_of_document(port, id="mail-plan"):
    with port.store.read() as uow:
        return uow.get(Document, id).level


def test_the_documents_of_a_service_move_with_it_up_and_down(port, tmp_path):
    document(port, tmp_path)
    up = scope_change("service:mail", "change level", level="baselined")
    with pytest.raises(Invalid, match="nothing in this scope"):
        done(port, up)  # as requests were written before documents belonged to a scope
    made = done(port, closures.widened(up))
    assert level_of_document(port) == "baselined"
    assert port.library.vault.find(made.commit, "attachments/mail-plan/plan.pdf") == b"how mail is managed"
    proved(port)
    agreed = scoped.establish(
        port.library,
        port.carried(
            asked(
                port, closures.widened(scope_change("service:mail", "establish baseline")), kind="baseline"
            ),
            *("a.vries", ("a.vries",), NIGHT),
        ).id,
        actor="a.vries",
        key=port.keys.private("a.vries"),
        at=NIGHT,
    )
    with port.store.read() as uow:
        assert ("document", "mail-plan") in scoped.side(uow, agreed.id).keys
    proved(port)
    down = closures.widened(
        scope_change("service:mail", "change level", **{"level": "controlled", "from": "baselined"})
    )
    done(port, down)
    assert (level_of_document(port), level_of(port, "mail")) == ("controlled", "controlled")
    proved(port)


def test_a_document_is_left_out_by_name_and_a_retired_one_stays_where_it_is(port, tmp_path):
    candidates(port, "app")
    document(port, tmp_path)
    document(port, tmp_path, "old-plan", status="retired")
    up = scope_change(
        "service:mail", "change level", level="baselined", left_out={"document:mail-plan": "late"}
    )
    with pytest.raises(Invalid, match="nothing in this scope"):
        done(port, closures.widened(up))
    done(port, closures.widened(up.but(exact={"level": "baselined"})))
    assert (level_of_document(port), level_of_document(port, "old-plan")) == ("baselined", "draft")


def test_a_type_takes_the_items_of_the_types_below_it(port):
    candidates(port, "app")
    up = scope_change("type:hardware", "change level", level="baselined")
    with pytest.raises(Invalid, match="nothing in this scope"):
        done(port, up)
    done(port, closures.widened(up))
    assert level_of(port, "app") == "baselined"
    proved(port)


def test_what_a_scope_takes_also_is_not_for_anybody_to_say(port):
    for also in ([], ["documents"], "subtypes"):
        with pytest.raises(Invalid) as wrong:
            asked(port, scope_change("type:hardware", "change level", level="baselined", also=also))
        assert "also follows from its kind" in " ".join(wrong.value.problems)

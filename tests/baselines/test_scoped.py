"""Baselines of scopes: established by the board, archived by the next, compared, proved, rebuilt, forged."""

import shutil

import pytest

from baselines import checkin, checkout, library, rebuild, scoped, scoped_records, tables, verification
from baselines.failures import Failed
from baselines.library import Library
from baselines.model import ScopedBaseline
from baselines.proof import prove
from ccb import authorisation, requests
from ccb.ballot import Decision
from ccb.model import ChangeDraft, ProposedChange
from cmdb import canonical, signatures
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.site import Site
from tests.baselines.port import NIGHT, build, set_model


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


def asked(port, scope="service:mail", **exact):
    change = ProposedChange(record="scope", id=scope, operation="establish baseline", exact=exact)
    draft = ChangeDraft(kind="baseline", title=f"Agree on {scope}", reason="audit", changes=(change,))
    request = requests.new(port.store, draft, actor="a.vries", at=NIGHT)
    requests.submit(port.store, request.id, actor="a.vries", at=NIGHT)
    return request.id


def decided(port, scope="service:mail", **exact):
    id = asked(port, scope, **exact)
    port.carried(id, "a.vries", ("a.vries",), NIGHT)
    return id


def established(port, scope="service:mail", **exact):
    id = decided(port, scope, **exact)
    return scoped.establish(port.library, id, actor="a.vries", key=port.keys.private("a.vries"), at=NIGHT)


def swapped(port, model="QFX5120", item="sw-11"):
    done = port.approved(set_model(model, item=item))
    checkout.check_out(port.library, done.id, actor="k.chen", at=NIGHT)
    return checkin.check_in(port.library, done.id, actor="k.chen", key=port.keys.private("k.chen"), at=NIGHT)


def proved(port):
    report = verification.verify(port.library)
    assert report.ok, report.failure
    return report


def failure(port):
    with port.store.read() as uow:
        head = tables.newest(uow).commit
    with pytest.raises(Failed) as failed:
        prove(port.library.vault, head, verify=signatures.verify)
    return failed.value.failure


def test_a_service_gets_a_baseline_of_its_own(port):
    made = established(port)
    assert (made.id, made.scope, made.baseline) == ("SB-000001", "service:mail", "BL-000001")
    with port.store.read() as uow:
        members = tables.members_of(uow, made.id)
        request = requests.find(uow, made.request)
        mine = scoped.belongs_to(uow, "item", "sw-11")
    assert {("item", "mail"), ("item", "lb-edge"), ("item", "sw-11"), ("item", "sw-12")} <= members
    assert {("person", "k.chen"), ("type", "service"), ("dependency kind", "uses")} <= members
    assert len(members) == made.count
    assert request.state == "closed"
    assert [one.id for one in mine] == ["SB-000001"]
    proved(port)


def test_the_next_of_the_same_scope_archives_it_and_another_scope_does_not(port):
    first = established(port)
    other = established(port, "item:sw-12")
    swapped(port)
    second = established(port)
    with port.store.read() as uow:
        assert uow.get(ScopedBaseline, first.id).replaced_by == second.id
        assert not uow.get(ScopedBaseline, other.id).archived
        assert scoped.side(uow, "service:mail").id == second.id
    proved(port)


def test_baselines_of_scopes_and_of_the_site_are_compared_in_what_lies_in_them(port):
    first = established(port)
    swapped(port)
    swapped(port, "QFX5130", "sw-12")
    second = established(port, "item:sw-12")
    with port.store.read() as uow:
        sides = [scoped.side(uow, one) for one in (first.id, "latest", second.id, "BL-000001")]
    whole = scoped.between(port.library, sides[0], sides[1])
    assert {(one.id, one.field, one.new) for one in whole.changed} == {
        ("sw-11", "characteristics.model", "QFX5120"),
        ("sw-12", "characteristics.model", "QFX5130"),
    }
    assert all(one.request for one in whole.changed)
    narrow = scoped.between(port.library, sides[3], sides[2])
    assert [(one.id, one.old, one.new) for one in narrow.changed] == [("sw-12", "QFX5100", "QFX5130")]
    assert (narrow.added, narrow.removed) == ((), ())
    across = scoped.between(port.library, sides[0], sides[2])
    assert {one.id for one in across.removed} >= {"mail", "lb-edge", "sw-11"}
    assert [(one.id, one.new) for one in across.changed] == [("sw-12", "QFX5130")]


def test_a_set_is_bounded_by_what_it_leaves_out_with_a_reason(port):
    made = established(port, left_out={"sw-12": "belongs to the network baseline"})
    with port.store.read() as uow:
        members = tables.members_of(uow, made.id)
    assert ("item", "sw-12") not in members
    assert ("item", "sw-11") in members
    assert made.left_out == {"sw-12": "belongs to the network baseline"}
    proved(port)


def test_everything_and_a_list_are_scopes_too(port):
    everything = established(port, "all")
    listed = established(port, "list:core", items=["sw-11", "sw-12"])
    with port.store.read() as uow:
        assert {("item", "mail"), ("board", "site"), ("policy", "port-change")} <= tables.members_of(
            uow, everything.id
        )
        assert scoped.belongs_to(uow, "item", "unheard-of") == ()
        assert [one.id for one in scoped.belongs_to(uow, "item", "mail")] == [everything.id]
        assert [one.id for one in scoped.belongs_to(uow, "item", "sw-12")] == [listed.id, everything.id]
    proved(port)


def test_what_moved_after_the_decision_is_not_established(port):
    id = decided(port)
    swapped(port)
    with pytest.raises(Refused) as refused:
        scoped.establish(port.library, id, actor="a.vries", key=port.keys.private("a.vries"), at=NIGHT)
    assert id in refused.value.reason
    with port.store.read() as uow:
        assert tables.scoped_baselines(uow) == ()


def test_two_who_establish_at_once_establish_once(port):
    first, second = decided(port), decided(port, "item:sw-12")
    key = port.keys.private("a.vries")
    inside = []

    def overtake(step):
        if step == "prepared" and not inside:
            inside.append(step)
            scoped.establish(port.library, second, actor="a.vries", key=key, at=NIGHT)

    made = scoped.establish(port.library, first, actor="a.vries", key=key, at=NIGHT, steps=overtake)
    assert made.id == "SB-000002"
    with pytest.raises(Refused):
        scoped.establish(port.library, first, actor="a.vries", key=key, at=NIGHT)
    proved(port)


def test_a_scope_nobody_knows_or_that_holds_nothing_is_refused(port):
    for scope in ("service:nothing", "list:core", "all of it", "service:"):
        with pytest.raises((Invalid, NotFound)):
            asked(port, scope)
    with pytest.raises(Invalid):
        asked(port, "all", left_out={"mail": "not yet"})
    with port.store.read() as uow, pytest.raises(NotFound):
        scoped.side(uow, "SB-000099")


def test_a_site_rebuilt_from_its_library_has_them_again(port, tmp_path):
    established(port)
    swapped(port)
    established(port)
    with port.store.read() as uow:
        before = tables.scoped_baselines(uow)
        members = tables.members_of(uow, "SB-000002")
    shutil.copytree(tmp_path / "library.git", tmp_path / "again" / "library.git")
    site = Site(path=tmp_path / "again", name="Port")
    rebuild.rebuild(site, actor="a.vries", at=NIGHT, apply=True)
    with Library.open(site) as again:
        with again.store.read() as uow:
            assert tables.scoped_baselines(uow) == before
            assert tables.members_of(uow, "SB-000002") == members
        report = verification.verify(again)
    assert report.ok, report.failure


def forge(port, monkeypatch, *, fields=lambda one: one, trailers=lambda one: one):
    """Establish one whose record or trailers somebody with a key and a changed program altered."""
    made, real = scoped_records.fields_of, library.Draft

    def draft(files, subject, trailers_of=None, **more):
        return real(files=files, subject=subject, trailers=trailers(dict(more["trailers"])))

    monkeypatch.setattr(scoped_records, "fields_of", lambda *args, **more: fields(made(*args, **more)))
    monkeypatch.setattr(scoped, "Draft", lambda **more: draft(**more))
    id = decided(port)
    scoped.establish(port.library, id, actor="a.vries", key=port.keys.private("a.vries"), at=NIGHT)
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("digest", "0" * 64),
        ("count", 2),
        ("records", {"item": ["mail"]}),
        ("scope", "service:other"),
        ("baseline", "BL-000000"),
        ("replaces", "SB-000007"),
        ("left_out", {"mail": "no reason"}),
        ("title", "another"),
        ("request", "CR-1"),
        ("site", "0" * 40),
        ("by", "k.chen"),
    ],
)
def test_a_forged_record_is_named(port, monkeypatch, field, content):
    forge(port, monkeypatch, fields=lambda one: {**one, field: content})
    found = failure(port)
    assert found.id.startswith("REC-")
    assert "says something else than follows from what was decided" in found.why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"Scoped": "SB-000009"}, "not one baseline of a scope"),
        ({"Scoped": ""}, "not one baseline of a scope"),
        ({"Scope": "all"}, "says something else"),
        ({"Authorised": "0" * 40}, "names a decision that does not stand before it"),
    ],
)
def test_a_forged_trailer_is_named(port, monkeypatch, change, why):
    forge(port, monkeypatch, trailers=lambda one: {**one, **change})
    assert why in failure(port).why


def test_one_that_nobody_decided_on_is_named(port, monkeypatch):
    id = asked(port)
    monkeypatch.setattr(
        scoped,
        "authorised",
        lambda *_args, **_more: authorisation.Authorisation(
            request=_request(port, id), decision=None, confirmation=_decision(port)
        ),
    )
    monkeypatch.setattr(requests, "move", lambda uow, request, *_args, **_more: request)
    scoped.establish(port.library, id, actor="a.vries", key=port.keys.private("a.vries"), at=NIGHT)
    assert f"no decision about '{id}'" in failure(port).detail


def _request(port, id):
    with port.store.read() as uow:
        return requests.find(uow, id)


def _decision(port):
    with port.store.read() as uow:
        return uow.all(Decision)[0]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE scoped_baseline SET replaced_by = 'SB-000009'",
        "UPDATE scoped_baseline SET count = 3",
        "DELETE FROM scoped_member WHERE id = 'sw-11'",
        "INSERT INTO scoped_member (baseline, kind, id) VALUES ('SB-000001', 'item', 'sw-99')",
    ],
)
def test_a_row_changed_in_the_database_is_named(port, statement):
    established(port)
    with port.store.write() as uow:
        uow.rows(statement)
        uow.commit()
    report = verification.verify(port.library)
    assert report.failure is not None
    assert (report.failure.kind, report.failure.id) == ("scoped baseline", "SB-000001")


def test_the_record_is_canonical_and_checks_without_this_program(port):
    made = established(port)
    with port.store.read() as uow:
        row = uow.get(ScopedBaseline, made.id)
    data = port.library.vault.read(row.record, "records/baselines/SB-000001.json")
    form, fields = canonical.decode(data)
    assert (form, canonical.encode(form, fields)) == (scoped_records.FORM, data)

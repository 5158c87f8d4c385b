"""Documents from candidate to baseline and back: their attached files go the whole road with them."""

from datetime import timedelta

import pytest

from baselines import attached, backout, checkout, differences, mirror, rebuild, restore, workdir
from baselines.vault import Vault
from ccb import requests
from ccb.model import ChangeDraft, ProposedChange
from cmdb import attachments, documents, notices
from cmdb.errors import Invalid, Refused
from cmdb.site import Site
from cmdb.store import Store
from cmdb.written import Document
from tests.baselines.papers import (
    BINARY,
    content,
    controlled,
    done,
    entered,
    file_at,
    held,
    proved,
    replaced,
    version,
    written,
)
from tests.baselines.port import FOUNDED, NIGHT, WINDOW, build


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


@pytest.fixture
def local(sqlite_store, tmp_path, keys):
    with (built := build(sqlite_store, tmp_path / "library.git", keys)).library:
        yield built


def test_a_candidate_comes_under_control_with_its_files_and_proves_itself(port, tmp_path):
    baseline = controlled(port, tmp_path)
    assert held(port).level == "baselined"
    assert file_at(port, baseline) == BINARY
    assert file_at(port, baseline, "empty.txt") == b""
    proved(port)


def test_a_replaced_attachment_is_bound_to_its_bytes_and_shown_by_compare(port, tmp_path):
    older = controlled(port, tmp_path)
    change = replaced(port, tmp_path, {"plan.pdf": b"second", "map.svg": b"<svg/>"}, removed=("empty.txt",))
    request, newer = done(port, version("2.0"), change)
    assert [one.name for one in held(port).attachments] == ["map.svg", "plan.pdf"]
    assert (file_at(port, newer), file_at(port, newer, "empty.txt")) == (b"second", None)
    proved(port)
    found = differences.between(port.library, older, newer)
    assert {(one.field, one.request) for one in found.changed} == {
        ("version", request.id),
        ("attachments.plan.pdf", request.id),
        ("attachments.map.svg", request.id),
        ("attachments.empty.txt", request.id),
    }
    assert [one.new for one in found.changed if one.field == "attachments.plan.pdf"] == [content(b"second")]


def test_those_it_is_distributed_to_are_told_and_the_owner_tells_parties(port, tmp_path):
    baseline = controlled(port, tmp_path)
    with port.store.read() as uow:
        told = {one.person: one.text for one in uow.all(type(notices.inbox(uow, "p.ng")[0]))
                if one.about == "document:cm-policy"}  # fmt: skip
        inbox = [one.text for one in notices.inbox(uow, "m.jansen") if one.about == "document:cm-policy"]
    assert {"p.ng", "k.chen", "m.jansen"} <= told.keys()
    assert baseline.id in told["p.ng"]
    assert any("Tell them yourself: Harbour: Jo jo@harbour.nl" in one for one in inbox)


def test_a_back_out_puts_the_old_bytes_back(port, tmp_path):
    controlled(port, tmp_path)
    request, _ = done(port, replaced(port, tmp_path, {"plan.pdf": b"second"}, removed=("empty.txt",)))
    key = port.keys.private("k.chen")
    undone = backout.back_out(
        port.library, request.id, reason="wrong file", actor="k.chen", key=lambda: key, at=NIGHT
    )
    assert file_at(port, undone) == BINARY
    assert file_at(port, undone, "empty.txt") == b""
    proved(port)


def test_restoring_a_baseline_brings_the_bytes_of_then(port, tmp_path):
    older = controlled(port, tmp_path)
    done(port, replaced(port, tmp_path, {"plan.pdf": b"second", "more.txt": b"more"}))
    wanted = restore.Wanted(records=(("document", "cm-policy"),))
    request = restore.restore(port.library, older.id, wanted, actor="k.chen", at=NIGHT)
    draft = ChangeDraft(
        title=request.title, reason="back", changes=request.changes, window=WINDOW,
        backout="none", test="open it",
    )  # fmt: skip
    requests.edit(port.store, request.id, draft, actor="k.chen", at=NIGHT)
    requests.submit(port.store, request.id, actor="k.chen", at=NIGHT)
    port.carried(request.id, "k.chen", ("p.ng", "m.jansen"), NIGHT)
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    again = entered(port, request.id)
    assert file_at(port, again) == BINARY
    assert file_at(port, again, "more.txt") is None
    proved(port)


def test_bytes_that_nobody_brought_are_named_before_anybody_votes(local, tmp_path):
    controlled(local, tmp_path)
    change = ProposedChange(
        record="document", id="cm-policy", operation="replace attachment", exact={"plan.pdf": content(b"x")}
    )
    with pytest.raises(Invalid) as refused:
        local.raised(change)
    assert "cmdb document supply FILE" in " ".join(refused.value.problems)


def test_a_process_killed_before_the_commit_changes_nothing_and_the_files_still_wait(port, tmp_path):
    controlled(port, tmp_path)
    request = port.approved(replaced(port, tmp_path, {"plan.pdf": b"second"}))
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)

    class Killed(BaseException):
        pass

    for step in ("prepared", "locked", "settled", "entered", "pending"):

        def dies(done, step=step):
            if done == step:
                raise Killed

        with pytest.raises(Killed):
            entered(port, request.id, steps=dies)
        assert held(port).attachment("plan.pdf").content == content(BINARY)
    assert file_at(port, entered(port, request.id)) == b"second"
    proved(port)


def test_two_requests_for_one_attachment_do_not_overwrite_each_other(local, tmp_path):
    controlled(local, tmp_path)
    first = local.approved(replaced(local, tmp_path, {"plan.pdf": b"first"}))
    second = local.approved(replaced(local, tmp_path, {"plan.pdf": b"other"}))
    checkout.check_out(local.library, first.id, actor="k.chen", at=NIGHT)
    with pytest.raises(Refused):
        checkout.check_out(local.library, second.id, actor="k.chen", at=NIGHT)
    entered(local, first.id)
    with pytest.raises(Refused):
        checkout.check_out(local.library, second.id, actor="k.chen", at=NIGHT)
    assert held(local).attachment("plan.pdf").content == content(b"first")


def test_every_later_version_is_rebuilt_and_mirrored_with_its_files(local, tmp_path, keys):
    controlled(local, tmp_path)
    _, newest = done(local, replaced(local, tmp_path, {"plan.pdf": b"second"}))
    local.library.close()
    copied = mirror.prove_copy(str(tmp_path / "library.git"), root=local.root)
    assert copied.ok, copied.failure
    site = Site(path=tmp_path, name="Port")
    (tmp_path / "cmdb.db").rename(tmp_path / "lost.db")
    restored = rebuild.rebuild(site, actor="a.vries", at=NIGHT, apply=True)
    assert restored.records["document"] == 1
    store = Store.open(site.url)
    with store.read() as uow:
        assert uow.get(Document, "cm-policy").attachment("plan.pdf").content == content(b"second")
    with Vault.open(tmp_path / "library.git") as vault:
        assert vault.find(newest.commit, "attachments/cm-policy/plan.pdf") == b"second"


def read(uow, named):
    found = attachments.waiting(uow, named)
    return b"".join(found.pieces)


def test_files_nobody_names_are_forgotten_after_a_day_and_others_kept(port, tmp_path):
    controlled(port, tmp_path)
    request = port.approved(replaced(port, tmp_path, {"plan.pdf": b"second"}))
    stray = written(tmp_path / "new", "stray.bin", b"stray")
    documents.keep(port.store, {stray: attachments.measure(stray)}, actor="k.chen", at=NIGHT)
    with port.store.write() as uow:
        assert attached.sweep(uow, at=NIGHT + timedelta(hours=1)) == 1  # the empty file of the first baseline
        assert read(uow, content(b"stray")) == b"stray"
        assert attached.sweep(uow, at=NIGHT + timedelta(days=2)) == 1
        assert attachments.waiting(uow, content(b"stray")) is None
        assert read(uow, content(b"second")) == b"second"
        uow.commit()
    assert request.state == "approved"


def test_a_retired_document_keeps_its_files_and_a_backed_out_one_is_retired(local, tmp_path):
    controlled(local, tmp_path)
    _, baseline = done(local, ProposedChange(record="document", id="cm-policy", operation="retire"))
    assert held(local).status == "retired"
    assert file_at(local, baseline) == BINARY
    exact = {"kind": "standard", "title": "Cabling", "owner": "k.chen"}
    added = ProposedChange(record="document", id="cabling", operation="add", exact=exact)
    request, _ = done(local, added)
    key = local.keys.private("k.chen")
    backout.back_out(local.library, request.id, reason="no", actor="k.chen", key=lambda: key, at=NIGHT)
    with local.store.read() as uow:
        assert uow.get(Document, "cabling").status == "retired"
    proved(local)


def test_a_request_adds_a_document_with_its_file(port, tmp_path):
    exact = {"kind": "CM plan", "title": "Plan for mail", "owner": "k.chen", "services": ["mail"]}
    path = written(tmp_path / "new", "plan.md", b"# Plan")
    documents.keep(port.store, {path: attachments.measure(path)}, actor="k.chen", at=FOUNDED)
    _, baseline = done(
        port,
        ProposedChange(record="document", id="plan", operation="add", exact=exact),
        ProposedChange(
            record="document", id="plan", operation="replace attachment",
            exact={"plan.md": content(b"# Plan")},
        ),
    )  # fmt: skip
    assert port.library.vault.find(baseline.commit, "attachments/plan/plan.md") == b"# Plan"
    proved(port)


def test_the_owner_is_asked_for_consent_and_references_are_held(local, tmp_path):
    controlled(local, tmp_path)
    request = local.raised(version("2.0"))
    _, found = requests.assess(local.store, request.id, actor="k.chen", at=NIGHT)
    assert "m.jansen" in {one.person for one in found.consents}
    wrong = ProposedChange(
        record="document",
        id="cm-policy",
        operation="set",
        exact={"owner": "nobody", "services": ["sw-11"], "distribution": ["group:none"]},
    )
    with pytest.raises(Invalid) as refused:
        local.raised(wrong)
    said = " ".join(refused.value.problems)
    assert "no person 'nobody'" in said
    assert "sw-11 is no service" in said
    assert "no group 'none'" in said


def test_setting_attachments_as_a_field_is_refused(local, tmp_path):
    controlled(local, tmp_path)
    by_hand = ProposedChange(
        record="document", id="cm-policy", operation="set", exact={"attachments": {"x": content(b"")}}
    )
    with pytest.raises(Invalid) as refused:
        local.raised(by_hand)
    assert "it has no field 'attachments'" in " ".join(refused.value.problems)


def test_a_name_in_the_working_directory_never_leaves_it():
    with pytest.raises(Invalid):
        ProposedChange(
            record="document",
            id="x",
            operation="replace attachment",
            exact={"../../etc/passwd": content(b"")},
        )
    assert workdir.file_of(("document", "a:b")) == "documents/a%3Ab.json"


def test_who_stops_being_active_is_given_nothing_by_the_same_request_and_keeps_no_document(local, tmp_path):
    def leaving(*more):
        handed = (
            ProposedChange(record="item", id=one, operation="set", exact={"owner": "p.ng"})
            for one in ("sw-11", "sw-12", "lb-edge")
        )
        gone = ProposedChange(record="person", id="k.chen", operation="retire")
        return (gone, *handed, *more)

    paper = {"kind": "procedure", "title": "How", "owner": "k.chen"}
    added = ProposedChange(record="document", id="how", operation="add", exact=paper)
    with pytest.raises(Invalid) as refused:
        local.raised(*leaving(added))
    assert refused.value.problems == (
        "person k.chen: this request makes them the owner of document how; name somebody who stays.",
    )
    local.raised(*leaving())
    document = Document(id="how", kind="procedure", title="How", owner="k.chen")
    documents.register(local.store, document, {}, actor="a.vries", at=NIGHT)
    with pytest.raises(Invalid, match="owns 1 document"):
        local.raised(*leaving())
    handed = ProposedChange(record="document", id="how", operation="set", exact={"owner": "p.ng"})
    with local.store.write() as uow:
        uow.replace(document.but(level="baselined"))
        uow.commit()
    local.raised(*leaving(handed))

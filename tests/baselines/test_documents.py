"""Documents from candidate to baseline and back: their attached files go the whole road with them."""

import hashlib
import os
from datetime import timedelta

import pytest

from baselines import (
    attached,
    backout,
    checkin,
    checkout,
    differences,
    mirror,
    rebuild,
    restore,
    tables,
    verification,
    workdir,
)
from baselines.inspection import examine
from baselines.vault import Vault
from baselines.vault_pack import Changes, Pack
from ccb import requests
from ccb.model import ChangeDraft, ProposedChange
from cmdb import attachments, documents, notices
from cmdb.errors import Corrupt, Invalid, Refused
from cmdb.model import Contact, Party
from cmdb.site import Site
from cmdb.store import Store
from cmdb.written import Document
from tests.baselines.port import FOUNDED, NIGHT, WINDOW, build

BINARY = bytes(range(256)) * 5000
EARLY = NIGHT - timedelta(days=5)
POLICY = Document(
    id="cm-policy",
    kind="CM policy",
    title="How we manage configurations",
    owner="m.jansen",
    services=("mail",),
    version="1.0",
    review="2026-12-01",
    distribution=("group:network", "party:harbour", "person:m.jansen"),
    covers={"scope": "section 2"},
    body="# Policy\n\nEverything is kept.\n",
)


def content(data):
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


@pytest.fixture
def port(store, tmp_path, keys):
    with (built := build(store, tmp_path / "library.git", keys)).library:
        yield built


@pytest.fixture
def local(sqlite_store, tmp_path, keys):
    with (built := build(sqlite_store, tmp_path / "library.git", keys)).library:
        yield built


def written(folder, name, data):
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_bytes(data)
    return file


def controlled(port, tmp_path, files=(("plan.pdf", BINARY), ("empty.txt", b""))):
    """The policy with its files under control."""
    with port.store.write() as uow:
        uow.add(Party(id="harbour", name="Harbour", contacts=(Contact(name="Jo", email="jo@harbour.nl"),)))
        uow.commit()
    paths = {name: written(tmp_path / "files", name, data) for name, data in files}
    documents.register(port.store, POLICY, paths, actor="a.vries", at=EARLY)
    return port.established(EARLY)


def replaced(port, tmp_path, files, *opened, removed=()):
    """The change that replaces attachments, its bytes kept as a change file's are."""
    measured = {}
    exact = dict.fromkeys(removed, "")
    for name, data in files.items():
        path = written(tmp_path / "new", name, data)
        measured[path] = exact[name] = attachments.measure(path)
    documents.keep(port.store, measured, actor="k.chen", at=NIGHT - timedelta(days=2))
    return ProposedChange(
        record="document", id="cm-policy", operation="replace attachment", exact=exact, open=opened
    )


def version(text):
    return ProposedChange(record="document", id="cm-policy", operation="set", exact={"version": text})


def done(port, *changes, **more):
    request = port.approved(*changes, **more)
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    return request, entered(port, request.id)


def entered(port, id, **more):
    return checkin.check_in(
        port.library, id, actor="k.chen", key=port.keys.private("k.chen"), at=NIGHT, **more
    )


def proved(port):
    report = verification.verify(port.library, root=port.root)
    assert report.ok, report.failure
    return report


def file_at(port, baseline, name="plan.pdf"):
    return port.library.vault.find(baseline.commit, f"attachments/cm-policy/{name}")


def held(port):
    with port.store.read() as uow:
        return uow.get(Document, "cm-policy")


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


def test_the_working_directory_has_the_files_beside_the_record(local, tmp_path):
    controlled(local, tmp_path)
    request = local.approved(replaced(local, tmp_path, {"plan.pdf": b"second"}))
    folder = tmp_path / "work"
    checkout.check_out(local.library, request.id, folder=folder, actor="k.chen", at=NIGHT)
    room = folder / "attachments" / "cm-policy"
    assert {one.name: one.read_bytes() for one in room.iterdir()} == {"plan.pdf": b"second", "empty.txt": b""}
    assert entered(local, request.id).request == request.id
    proved(local)


def opened(port, tmp_path):
    """A request whose signed scan is known only afterwards, checked out."""
    controlled(port, tmp_path)
    request = port.approved(replaced(port, tmp_path, {}, "signed.pdf"), version("1.1"))
    folder = tmp_path / "work"
    checkout.check_out(port.library, request.id, folder=folder, actor="k.chen", at=NIGHT)
    return request, folder / "attachments" / "cm-policy"


def refusal(port, id):
    with pytest.raises(Refused) as refused:
        entered(port, id)
    return " ".join(refused.value.problems)


def test_an_open_attachment_is_taken_back_from_the_working_directory(local, tmp_path):
    request, room = opened(local, tmp_path)
    assert "signed.pdf" in (room.parents[1] / "README.txt").read_text()
    assert "'attachment signed.pdf' is not filled in" in refusal(local, request.id)
    (room / "signed.pdf").write_bytes(b"signed by all")
    baseline = entered(local, request.id)
    assert file_at(local, baseline, "signed.pdf") == b"signed by all"
    assert held(local).attachment("signed.pdf").content == content(b"signed by all")
    proved(local)


def test_only_what_was_left_open_may_differ(local, tmp_path):
    request, room = opened(local, tmp_path)
    (room / "signed.pdf").write_bytes(b"signed")
    (room / "plan.pdf").write_bytes(b"slipped in")
    (room / "extra.txt").write_bytes(b"extra")
    (room / "empty.txt").unlink()
    said = refusal(local, request.id)
    for name in ("plan.pdf", "extra.txt", "empty.txt"):
        assert f"'attachment {name}'" in said
    assert "signed.pdf" not in said


@pytest.mark.parametrize("name", ["plan.pdf", "signed.pdf"])
def test_a_link_a_directory_a_pipe_and_a_huge_file_are_refused(local, tmp_path, name, monkeypatch):
    request, room = opened(local, tmp_path)
    (room / "signed.pdf").write_bytes(b"signed")
    file = room / name
    outside = written(tmp_path / "outside", "secret", b"secret")
    file.unlink()
    file.symlink_to(outside)
    assert f"attachments/cm-policy/{name}: a link" in refusal(local, request.id)
    file.unlink()
    file.mkdir()
    assert f"attachments/cm-policy/{name}: a directory" in refusal(local, request.id)
    file.rmdir()
    os.mkfifo(file)
    assert f"attachments/cm-policy/{name}: no plain file" in refusal(local, request.id)
    file.unlink()
    with file.open("wb") as out:
        out.truncate(64 * 1024 * 1024 + 1)
    assert "more than 67,108,864 bytes" in refusal(local, request.id)
    proved(local)


def test_a_directory_of_attachments_that_is_a_link_brings_nothing(local, tmp_path):
    request, room = opened(local, tmp_path)
    outside = tmp_path / "outside"
    room.rename(outside)
    room.symlink_to(outside)
    (outside / "signed.pdf").write_bytes(b"signed")
    assert "attachments/cm-policy: a link" in refusal(local, request.id)


def test_a_file_that_moves_between_looking_and_writing_is_not_written(local, tmp_path):
    request, room = opened(local, tmp_path)
    (room / "signed.pdf").write_bytes(b"signed")
    with local.store.write() as uow:
        found = examine(uow, request.id, actor="k.chen", at=NIGHT)
    (room / "signed.pdf").write_bytes(b"forged")
    with pytest.raises(Refused, match="edited since you looked"):
        entered(local, request.id, seen=found.digest)
    with local.store.read() as uow, pytest.raises(Refused, match="are not here; nothing was changed"):
        list(attached.changes(uow, local.library.vault, found.proposal.after, head="", folder=found.folder))


def test_bytes_that_nobody_brought_are_named_before_anybody_votes(local, tmp_path):
    controlled(local, tmp_path)
    change = ProposedChange(
        record="document", id="cm-policy", operation="replace attachment", exact={"plan.pdf": content(b"x")}
    )
    with pytest.raises(Invalid) as refused:
        local.raised(change)
    assert "cmdb document supply FILE" in " ".join(refused.value.problems)


def test_bytes_changed_while_they_wait_are_never_written_and_verify_says_so(local, tmp_path):
    controlled(local, tmp_path)
    request = local.approved(replaced(local, tmp_path, {"plan.pdf": b"second"}))
    checkout.check_out(local.library, request.id, actor="k.chen", at=NIGHT)
    digest = content(b"second")["sha256"]
    with local.store.write() as uow:
        uow.rows("UPDATE kept_piece SET data = ? WHERE sha256 = ?", b"sECOND", digest)
        uow.commit()
    with pytest.raises(Corrupt, match="changed there"):
        entered(local, request.id)
    assert verification.verify(local.library).failure.id == digest
    documents.keep(local.store, {tmp_path / "new" / "plan.pdf": content(b"second")}, actor="k.chen", at=NIGHT)
    assert file_at(local, entered(local, request.id)) == b"second"


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


def forged(local, path, data):
    """A tree in which another file stands at a path, as whoever has the git of the library makes it."""
    vault = local.library.vault
    with local.store.read() as uow:
        newest = tables.newest(uow)
    with Pack(vault.path) as pack:
        gathered = Changes(pack, vault._reader)
        gathered.gather([(path, data)])
        tree = gathered.tree(vault.commit(newest.commit).tree)
        pack.store(vault._git)
    return tree


@pytest.mark.parametrize("data", [b"tampered", None])
def test_verify_names_a_tampered_or_missing_attachment(local, tmp_path, data):
    baseline = controlled(local, tmp_path)
    vault = local.library.vault
    tree = forged(local, "attachments/cm-policy/plan.pdf", data)
    whole = vault.commit

    def commit(oid):
        found = whole(oid)
        return found.but(tree=tree) if oid == baseline.commit else found

    vault.commit = commit
    failure = verification.verify(local.library, root=local.root).failure
    assert failure is not None
    assert "plan.pdf" in failure.detail


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


def test_files_nobody_names_are_forgotten_after_a_day_and_others_kept(port, tmp_path):
    controlled(port, tmp_path)
    request = port.approved(replaced(port, tmp_path, {"plan.pdf": b"second"}))
    stray = written(tmp_path / "new", "stray.bin", b"stray")
    documents.keep(port.store, {stray: attachments.measure(stray)}, actor="k.chen", at=NIGHT)
    with port.store.write() as uow:
        assert attached.sweep(uow, at=NIGHT + timedelta(hours=1)) == 1  # the empty file of the first baseline
        assert attachments.whole(uow, content(b"stray")) == b"stray"
        assert attached.sweep(uow, at=NIGHT + timedelta(days=2)) == 1
        assert attachments.whole(uow, content(b"stray")) is None
        assert attachments.whole(uow, content(b"second")) == b"second"
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

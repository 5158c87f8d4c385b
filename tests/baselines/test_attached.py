"""Attached files in a working directory, in the database and in the vault: what may not pass does not."""

import os

import pytest

from baselines import (
    attached,
    checkin,
    checkout,
    rebuild,
    tables,
    verification,
)
from baselines.inspection import examine
from baselines.library import Library
from baselines.vault_pack import Changes, Pack
from cmdb import documents
from cmdb.errors import Corrupt, Invalid, Refused
from cmdb.parts import Streamed
from cmdb.site import Site
from tests.baselines.papers import (
    content,
    controlled,
    entered,
    file_at,
    held,
    proved,
    replaced,
    version,
    written,
)
from tests.baselines.port import NIGHT, build


@pytest.fixture
def local(sqlite_store, tmp_path, keys):
    with (built := build(sqlite_store, tmp_path / "library.git", keys)).library:
        yield built


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


def test_a_file_that_changes_while_it_is_read_is_never_checked_in(local, tmp_path):
    request, room = opened(local, tmp_path)
    (room / "signed.pdf").write_bytes(b"signed")
    with local.store.write() as uow:
        found = examine(uow, request.id, actor="k.chen", at=NIGHT)
    with local.store.read() as uow:
        head = tables.newest(uow).commit
        changed = attached.changes(
            uow, local.library.vault, found.proposal.after, head=head, folder=found.folder
        )
        one = next(one for path, one in changed if path.endswith("signed.pdf"))
        (room / "signed.pdf").write_bytes(b"forged")  # after it was looked at, of the same length
        with pytest.raises(Refused, match="changed while it was read"):
            list(one.pieces)


def test_a_request_that_names_the_bytes_with_another_size_is_named_before_anybody_votes(local, tmp_path):
    controlled(local, tmp_path)
    change = replaced(local, tmp_path, {"plan.pdf": b"second"})
    lying = change.but(exact={"plan.pdf": {**content(b"second"), "size": 7}})
    with pytest.raises(Invalid) as refusal:
        local.raised(lying)
    assert "are not here" in str(refusal.value.problems)


def test_large_files_go_in_and_out_in_pieces(local, tmp_path):
    data = os.urandom(3 << 20)
    controlled(local, tmp_path, files=(("plan.pdf", data), ("copy.pdf", data)))
    proved(local)
    with local.store.read() as uow:
        head, id = tables.newest(uow).commit, "cm-policy"
        found = attached.source(uow, local.library.vault, id, content(data), heads=(head,))
        pieces = list(found.pieces)
    assert (b"".join(pieces) == data, max(map(len, pieces)) <= 1 << 20) == (True, True)
    vault = local.library.vault
    left = vault.pieces(vault.file_id(head, "attachments/cm-policy/plan.pdf"))
    next(left)
    left.close()  # a reader that gives up leaves the library as it was
    assert vault.find(head, "attachments/cm-policy/copy.pdf") == data


@pytest.mark.parametrize("pieces", [(b"half",), (b"more", b" than said")])
def test_pieces_of_another_length_than_said_are_never_stored(local, pieces):
    vault = local.library.vault
    with Pack(vault.path) as pack, pytest.raises(Corrupt, match="nothing was stored"):
        Changes(pack, vault._reader).gather([("attachments/a/b", Streamed(8, pieces))])


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


def test_an_approved_request_whose_bytes_were_lost_with_the_database_is_done_when_they_are_brought(
    local, tmp_path
):
    controlled(local, tmp_path)
    request = local.approved(replaced(local, tmp_path, {"plan.pdf": b"second"}))
    local.library.close()
    (tmp_path / "cmdb.db").rename(tmp_path / "lost.db")
    site = Site(path=tmp_path, name="Port")
    restored = rebuild.rebuild(site, actor="a.vries", at=NIGHT, apply=True)
    assert any("document supply" in one for one in rebuild.NOT_KEPT)
    assert restored.applied
    with Library.open(site) as library:
        folder = tmp_path / "work"
        checkout.check_out(library, request.id, folder=folder, actor="k.chen", at=NIGHT)
        room = folder / "attachments" / "cm-policy"
        assert [one.name for one in room.iterdir()] == ["empty.txt"]
        key = local.keys.private("k.chen")
        with pytest.raises(Refused) as refused:
            checkin.check_in(library, request.id, actor="k.chen", key=key, at=NIGHT)
        assert "'cmdb document supply FILE'" in " ".join(refused.value.problems)
        (room / "plan.pdf").write_bytes(b"sEcond")
        with pytest.raises(Refused):
            checkin.check_in(library, request.id, actor="k.chen", key=key, at=NIGHT)
        (room / "plan.pdf").write_bytes(b"second")
        baseline = checkin.check_in(library, request.id, actor="k.chen", key=key, at=NIGHT)
        assert library.vault.find(baseline.commit, "attachments/cm-policy/plan.pdf") == b"second"
        assert verification.verify(library).ok

"""A release somebody tampered with is told from a good one, whatever was done to its file."""

import hashlib
import io
import resource
import subprocess
import sys
import tarfile

import pytest

from baselines import release_archive, release_check, release_model
from baselines.release_model import MANIFEST, MANIFEST_NAMESPACE, SIGNATURE, SUMS, Listed
from cmdb import documents, signatures
from cmdb.store import Store
from cmdb.written import Document
from tests.baselines import wharf
from tests.baselines.port import FOUNDED, NIGHT, build
from tests.conftest import ROOT

FOLDER = "mail-1.0"
SWITCH = "library/items/e3/c6/sw-11.json"


@pytest.fixture(scope="module")
def released(tmp_path_factory, keys):
    """A good release with a document and its attachment, as (bytes, root)."""
    folder = tmp_path_factory.mktemp("released")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    with (port := build(store, folder / "library.git", keys)).library:
        (folder / "plan.pdf").write_bytes(b"%PDF the plan" * 100)
        paper = Document(
            id="plan", kind="CM plan", title="Plan", owner="m.jansen", services=("mail",), scope="all",
            version="1", body="see the file",
        )  # fmt: skip
        documents.register(store, paper, {"plan.pdf": folder / "plan.pdf"}, actor="a.vries", at=FOUNDED)
        port.established(NIGHT)
        wharf.built(port, folder / "mail.tar")
    return (folder / "mail.tar").read_bytes(), port.root


@pytest.fixture
def good(released):
    return released[0]


def parts(data):
    """The files of an archive by path, in their order."""
    found = {}
    for member in release_archive.read(io.BytesIO(data)):
        found[member.name.removeprefix(f"{FOLDER}/")] = b"".join(member.pieces)
    return found


def packed(found, folder=FOLDER):
    out = io.BytesIO()
    release_archive.write(out, folder, found.items() if isinstance(found, dict) else found)
    return out.getvalue()


def check(data, **more):
    return release_check.check(io.BytesIO(data), **more)


def fault(data, **more):
    found = check(data, **more).fault
    assert found is not None
    assert found.why.endswith(".")
    assert found.detail
    return found


def signed(keys, found, *, by="a.vries", **about):
    """The same archive with a manifest that fits its files, signed by somebody."""
    fields, _files = release_model.read_manifest(found[MANIFEST])
    rest = {path: data for path, data in found.items() if path not in (MANIFEST, SIGNATURE, SUMS)}
    listed = [release_model.listed(path, data) for path, data in rest.items()]
    rest[SUMS] = release_model.sums(listed)
    manifest = release_model.manifest_bytes(
        {**fields, **about}, [*listed, release_model.listed(SUMS, rest[SUMS])]
    )
    signature = signatures.sign(manifest, namespace=MANIFEST_NAMESPACE, key=keys.private(by))
    return packed({MANIFEST: manifest, SIGNATURE: signature.encode(), **dict(sorted(rest.items()))})


def switch(found):
    return next(path for path in found if path.endswith("/sw-11.json"))


def test_a_good_release_holds_and_says_who_signed_it(released, keys):
    data, root = released
    found = check(data)
    assert found.ok
    assert (found.product, found.version, found.baseline) == ("mail", "1.0", "BL-000002")
    assert (found.key_confirmed, found.root_confirmed) == (False, False)
    assert found.key == signatures.fingerprint(keys.public("a.vries"))
    assert found.archive == hashlib.sha256(data).hexdigest()
    sure = check(data, keys=[keys.public("p.ng"), keys.public("a.vries")], root=root)
    assert (sure.ok, sure.key_confirmed, sure.root_confirmed) == (True, True, True)


def test_documents_come_with_what_is_attached_to_them(good):
    found = parts(good)
    assert found["library/attachments/plan/plan.pdf"] == b"%PDF the plan" * 100
    assert "library/documents/plan.json" in found


def test_a_key_or_a_root_that_is_not_the_trusted_one_is_said(good, keys):
    wrong = fault(good, keys=[keys.public("p.ng")])
    assert (wrong.kind, wrong.why) == (
        "signature",
        "The release is signed by another key than the one you trust.",
    )
    assert signatures.fingerprint(keys.public("p.ng")) in wrong.detail
    assert "from another site" in fault(good, root="0" * 40).why


def test_every_byte_that_is_changed_is_noticed(good, keys):
    """One byte in every block, and the last one: nothing in the file is free."""
    for place in [*range(0, len(good), 509), len(good) - 1]:
        forged = bytearray(good)
        forged[place] ^= 1
        assert not check(bytes(forged), keys=[keys.public("a.vries")]).ok, place


def test_every_place_where_the_file_is_cut_off_is_noticed(good):
    for length in [*range(0, len(good), 1021), len(good) - 512, len(good) - 1]:
        assert not check(good[:length]).ok, length


def test_something_behind_the_end_is_noticed(good):
    for tail in (b"x", bytes(512), good):
        assert fault(good + tail).why == "Something stands behind the end of the archive."


def test_a_changed_a_missing_an_extra_and_a_doubled_file_are_named(good):
    found = parts(good)
    path = switch(found)
    for forged, why, named in (
        ({**found, path: found[path].replace(b"QFX5100", b"QFX9999")}, "A file was changed", path),
        ({**found, path: found[path] + b" "}, "A file was changed", path),
        ({one: found[one] for one in found if one != path}, "A file of the release is missing", path),
        ({**found, "zz-extra": b"x"}, "The archive holds a file that was not released", "zz-extra"),
    ):
        wrong = fault(packed(forged))
        assert (wrong.kind, wrong.id) == ("file", named)
        assert wrong.why.startswith(why)
    doubled = packed(
        [(one, data) for name in found for one, data in [(name, found[name])] * (1 + (name == path))]
    )
    assert fault(doubled).why == "A file stands twice in the archive."
    moved = [*list(found.items())[:2], *list(found.items())[2:][::-1]]
    assert fault(packed(moved)).why == "The archive was not written as a release is."


def test_the_manifest_and_its_signature_come_first_and_once(good):
    found = parts(good)
    rest = {one: data for one, data in found.items() if one != SIGNATURE}
    assert "no release" in fault(packed(rest)).why
    assert "no release" in fault(packed({})).why
    assert fault(packed([*found.items(), (MANIFEST, found[MANIFEST])])).why == (
        "A file stands twice in the archive."
    )


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron.d/x",
        "mail-1.0/../../x",
        "/etc/passwd",
        "mail-1.0//etc/passwd",
        "mail-1.0/./x",
        "mail-1.0/",
        "mail-1.0",
        "mail-1.0/a\nb",
        "mail-1.0/a\\..\\b",
        "C:/x",
        "other-1.0/x",
    ],
)
def test_a_path_that_leaves_the_folder_is_refused_and_nothing_is_unpacked(good, name):
    body = good[:-1024]
    forged = body + release_archive.header(name, 1) + b"x" + bytes(511) + bytes(1024)
    wrong = fault(forged)
    assert "folder" in wrong.why or "another" in wrong.why or "not released" in wrong.why


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (tarfile.DIRTYPE, "a folder of its own"),
        (tarfile.GNUTYPE_SPARSE, "a sparse file"),
    ],
)
def test_what_is_no_plain_file_is_refused(good, kind, why):
    link = tarfile.TarInfo(f"{FOLDER}/link")
    link.type, link.linkname = kind, "/etc/passwd"
    assert why in fault(good[:-1024] + link.tobuf(tarfile.PAX_FORMAT) + bytes(1024)).why


@pytest.mark.parametrize(
    "alter",
    [
        {"mode": 0o4755},
        {"uid": 1000},
        {"uname": "root"},
        {"mtime": 1_700_000_000},
        {"pax_headers": {"path": f"{FOLDER}/other"}},
        {"pax_headers": {"GNU.sparse.size": "99"}},
        {"pax_headers": {"comment": "hidden"}},
    ],
)
def test_a_header_this_program_would_not_have_written_is_refused(good, alter):
    found = parts(good)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, data in found.items():
            one = tarfile.TarInfo(f"{FOLDER}/{path}")
            one.size, one.mtime, one.mode = len(data), release_archive.EPOCH, release_archive.MODE
            for name, content in alter.items() if path == SUMS else ():
                setattr(one, name, content)
            tar.addfile(one, io.BytesIO(data))
    assert not check(out.getvalue()).ok


def test_bytes_hidden_between_two_files_are_noticed(good):
    found = parts(good)
    place = good.index(found[SUMS]) + len(found[SUMS])
    assert len(found[SUMS]) % 512
    assert fault(good[:place] + b"!" + good[place + 1 :]).why == (
        "Something is hidden in the archive between two files."
    )


def test_a_signature_of_another_purpose_or_over_another_manifest_is_refused(good, keys):
    found = parts(good)
    for signature in (
        signatures.sign(found[MANIFEST], namespace="vote@cmdb", key=keys.private("a.vries")).encode(),
        signatures.sign(b"other", namespace=MANIFEST_NAMESPACE, key=keys.private("a.vries")).encode(),
        b"",
        b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n",
        "é".encode(),
    ):
        wrong = fault(packed({**found, SIGNATURE: signature}))
        assert (wrong.kind, wrong.id) == ("signature", SIGNATURE)


def test_a_whole_new_archive_by_another_key_fails_by_that_key(good, keys):
    """Whoever has a key can sign an archive of their own: that is what --key is for."""
    found = parts(good)
    forged = signed(keys, found, by="p.ng")
    assert check(forged).ok
    assert not check(forged).key_confirmed
    assert "another key" in fault(forged, keys=[keys.public("a.vries")]).why


def test_records_nobody_voted_on_are_named_even_when_the_builder_signs_them(good, keys):
    found = parts(good)
    path = switch(found)
    changed = {**found, path: found[path].replace(b"QFX5100", b"QFX9999")}
    more = {**found, path.replace("sw-11", "sw-99"): found[path].replace(b"sw-11", b"sw-99")}
    fewer = {one: data for one, data in found.items() if one != path}
    renamed = {**found, path: found[path].replace(b'"id": "sw-11"', b'"id": "sw-77"')}
    for forged in (changed, more, fewer):
        assert fault(signed(keys, forged)).why == (
            "The release consists of other records than those decided on."
        )
    assert fault(signed(keys, renamed)).why == "A record in the release cannot be read."
    for about in ({"version": "1.1"}, {"product": "mail2"}):
        assert "named like another" in fault(signed(keys, found, **about)).why
    for about in ({"baseline": "BL-000001"}, {"level": "controlled"}, {"request": "CR-1"}, {"scope": "all"}):
        assert fault(signed(keys, found, **about)).why == "The release is not the one that was decided on."
    assert not check(signed(keys, found, site="0" * 40)).ok


def test_a_forged_vote_or_decision_is_named_even_when_the_builder_signs_it(good, keys):
    found = parts(good)
    vote = next(one for one in found if "-vote-" in one and one.endswith(".json"))
    decision = next(one for one in found if one.endswith("-decision.json"))
    for path, old, new in (
        (vote, b'"value": "approve"', b'"value": "abstain"'),
        (decision, b'"result": "carried"', b'"result": "deferred"'),
        ("signers", found["signers"], b""),
        ("signers", b"a.vries", b"p.ng"),
    ):
        assert old in found[path]
        forged = fault(signed(keys, {**found, path: found[path].replace(old, new)}))
        assert forged.kind == "decision"
    gone = fault(signed(keys, {one: data for one, data in found.items() if one != vote}))
    assert gone.why == "The decision in the release cannot be read."


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"format": "release manifest/1"}\n',
        b'{"format": "item/1", "files": []}\n',
        b'{"format": "release manifest/1", "files": [1]}\n',
        b'{"format": "release manifest/1", "files": [{"path": {}, "sha256": "x"}]}\n',
        b'{"files":' + b"[" * 5_000,
        b'{"format": "release manifest/1", "files": [{"path": "a", "sha256": "x", "size": "1"}]}\n',
    ],
)
def test_a_manifest_that_is_none_is_said_to_be_damaged(good, manifest, keys):
    found = parts(good)
    signature = signatures.sign(manifest, namespace=MANIFEST_NAMESPACE, key=keys.private("a.vries"))
    wrong = fault(packed({**found, MANIFEST: manifest, SIGNATURE: signature.encode()}))
    assert (wrong.kind, wrong.why) == ("manifest", "The manifest is damaged or was changed.")


@pytest.mark.parametrize(
    "data", [b"", b"x", bytes(512), bytes(10_240), b"\x1f\x8b" + bytes(999), b"PK" * 999]
)
def test_what_is_no_archive_at_all_is_said_in_a_sentence(data):
    assert not check(data).ok
    assert fault(data).kind == "archive"


def test_a_file_that_promises_more_than_there_is_takes_no_memory(tmp_path):
    """Headers that claim gigabytes: refused within a small address space, without reading on."""
    huge = tmp_path / "huge.tar"
    with huge.open("wb") as out:
        out.write(release_archive.header(f"{FOLDER}/{MANIFEST}", 1 << 40))
        out.truncate(1 << 34)  # sixteen gigabytes of nothing
    pax = tarfile.TarInfo("././@PaxHeader")
    pax.type, pax.size = tarfile.XHDTYPE, 1 << 40
    long = tmp_path / "long.tar"
    with long.open("wb") as out:
        out.write(pax.tobuf(tarfile.USTAR_FORMAT) if pax.size < 8**11 else pax.tobuf(tarfile.GNU_FORMAT))
        out.truncate(1 << 34)
    limit = 1 << 30

    def bounded():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    for file in (huge, long):
        done = subprocess.run(
            [sys.executable, "-m", "tui", "release", "verify", str(file)],
            cwd=ROOT, capture_output=True, text=True, preexec_fn=bounded, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 5, done.stderr
        assert "For an engineer:" in done.stderr


def test_a_release_of_long_and_odd_names_is_written_and_read(tmp_path):
    names = ["library/items/" + "x" * 240 + ".json", "library/ünï.json", "library/" + "d/" * 60 + "f", SUMS]
    data = packed({name: name.encode() * 3 for name in names})
    assert dict(parts(data).items()) == {one: one.encode() * 3 for one in names}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == [f"{FOLDER}/{one}" for one in names]
    (tmp_path / "x.tar").write_bytes(data)
    listed = subprocess.run(["tar", "tf", tmp_path / "x.tar"], capture_output=True, check=True).stdout
    assert listed.count(b"\n") == len(names)


def test_the_bytes_of_an_archive_are_pinned():
    """The format is a promise: the same files are the same bytes with every version of Python."""
    data = packed({"a": b"1", "long/" + "x" * 200: b"2"})
    assert hashlib.sha256(data).hexdigest() == PINNED
    assert Listed(path="a", sha256="x", size=1).but(size=2).size == 2


PINNED = "2482e77eb2c6c45eed54e37a47ccc4c7f6af23c537ddfec3b0dca285408c5b83"

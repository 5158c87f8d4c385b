"""The vault: real bare repositories, real keys, and git itself as the judge of what was written."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from baselines.model import Prepared, RecordChange
from baselines.vault import MAIN, PENDING, Vault
from cmdb import signatures
from cmdb.errors import Corrupt, Invalid, NotFound, Refused
from cmdb.model import Person
from tests.conftest import ROOT, Keys

AT = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
ANNE = Person(id="a.vries", name="Anne de Vries", email="anne@harbour.example")


@pytest.fixture
def key(keys: Keys) -> Path:
    return keys.private("a.vries")


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "library.git") as made:
        yield made


def prepare(
    vault: Vault, key: Path, name: str, parent: str, changes: dict[str, bytes | None], subject: str = "Test"
) -> Prepared:
    return vault.prepare(
        changes.items(),
        name=name,
        parent=parent,
        author=ANNE,
        at=AT,
        subject=subject,
        trailers={"Baseline": name, "Request": "CR-1"},
        key=key,
    )


def publish(vault: Vault, prepared: Prepared) -> Prepared:
    with vault.locked() as lock:
        vault.pending(prepared, lock=lock)
        vault.settle(prepared, lock=lock)
    return prepared


def git(vault: Vault, *arguments: str) -> str:
    done = subprocess.run(
        ["git", f"--git-dir={vault.path}", *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def fsck(vault: Vault) -> None:
    done = subprocess.run(
        ["git", f"--git-dir={vault.path}", "fsck", "--full", "--strict", "--no-dangling"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_founding_commit_and_its_successors_are_what_git_reads_back(vault: Vault, key: Path) -> None:
    first = publish(vault, prepare(vault, key, "BL-000000", "", {"site.json": b"{}\n", "a/b/x.json": b"1\n"}))
    second = publish(
        vault,
        prepare(vault, key, "BL-000001", first.commit, {"a/b/x.json": None, "a/c.json": b"2\n"}, "Häfen"),
    )
    assert vault.head() == second.commit
    assert git(vault, "ls-tree", "-r", "--name-only", "main").split() == ["a/c.json", "site.json"]
    assert git(vault, "show", f"{first.commit}:a/b/x.json") == "1\n"
    assert git(vault, "log", "-1", "--format=%an <%ae> %cI %s", "main").strip() == (
        "Anne de Vries <anne@harbour.example> 2026-11-22T22:00:00+00:00 Häfen"
    )
    read = vault.commit(second.commit)
    assert (read.parents, read.subject, read.trailer("Request"), read.at) == (
        (first.commit,),
        "Häfen",
        "CR-1",
        AT,
    )
    assert vault.tags() == {"BL-000000": first.tag, "BL-000001": second.tag}
    assert vault.pending_names() == {}
    fsck(vault)


def test_git_verify_tag_and_verify_commit_accept_what_the_key_signed(
    vault: Vault, key: Path, tmp_path: Path
) -> None:
    first = publish(vault, prepare(vault, key, "BL-000000", "", {"site.json": b"{}\n"}))
    record = publish(vault, prepare(vault, key, "REC-000001", first.commit, {"records/x.json": b"{}\n"}))
    public = signatures.read_public_key(key).text
    signers = tmp_path / "signers"
    signers.write_text(f'a.vries namespaces="git" {public}\n')
    options = ["-c", "gpg.format=ssh", "-c", f"gpg.ssh.allowedSignersFile={signers}"]
    git(vault, *options, "verify-tag", "BL-000000")
    git(vault, *options, "verify-commit", record.commit)

    tag, commit = vault.tag(first.tag), vault.commit(record.commit)
    assert (tag.object, tag.name, tag.trailer("Baseline")) == (first.commit, "BL-000000", "BL-000000")
    for signed in (tag, commit):
        assert signatures.verify(signed.payload, signed.signature, namespace="git", keys=[public]) == public


def test_a_key_that_cannot_sign_leaves_the_vault_without_a_new_object(vault: Vault, tmp_path: Path) -> None:
    before = sorted(path for path in vault.path.rglob("*") if path.is_file())
    with pytest.raises(Refused):
        prepare(vault, tmp_path / "no key", "BL-000000", "", {"site.json": b"{}\n"})
    assert sorted(path for path in vault.path.rglob("*") if path.is_file()) == before


def test_prepared_objects_are_visible_to_nobody_until_they_are_settled(vault: Vault, key: Path) -> None:
    first = prepare(vault, key, "BL-000000", "", {"site.json": b"{}\n"})
    assert (vault.head(), vault.tags(), vault.pending_names()) == ("", {}, {})
    with vault.locked() as lock:
        vault.pending(first, lock=lock)
        assert vault.pending_names() == {"BL-000000": first.tag}
        # The row was never committed: settling to what the database knows forgets the attempt.
        assert vault.settle(None, lock=lock)
        assert (vault.head(), vault.tags(), vault.pending_names()) == ("", {}, {})
        assert not vault.settle(None, lock=lock)


@pytest.mark.parametrize("main", [False, True])
@pytest.mark.parametrize("tag", [False, True])
@pytest.mark.parametrize("pending", [False, True])
def test_settling_completes_any_prefix_of_itself(
    vault: Vault, key: Path, main: bool, tag: bool, pending: bool
) -> None:
    first = publish(vault, prepare(vault, key, "BL-000000", "", {"site.json": b"{}\n"}))
    second = prepare(vault, key, "BL-000001", first.commit, {"x.json": b"1\n"})
    if main:
        git(vault, "update-ref", MAIN, second.commit)
    if tag:
        git(vault, "update-ref", "refs/tags/BL-000001", second.tag)
    if pending:
        git(vault, "update-ref", f"{PENDING}BL-000001", second.tag)
    with vault.locked() as lock:
        vault.settle(second, lock=lock)
        assert not vault.settle(second, lock=lock)
    assert (vault.head(), vault.tags()["BL-000001"], vault.pending_names()) == (second.commit, second.tag, {})
    fsck(vault)


def test_a_main_that_is_ahead_refuses_writes_and_names_the_remedy(vault: Vault, key: Path) -> None:
    first = publish(vault, prepare(vault, key, "BL-000000", "", {"site.json": b"{}\n"}))
    publish(vault, prepare(vault, key, "BL-000001", first.commit, {"x.json": b"1\n"}))
    for known in (first, None):
        with vault.locked() as lock, pytest.raises(Refused, match="does not know") as refused:
            vault.settle(known, lock=lock)
        assert "rebuild --forward" in refused.value.remedy


def test_a_main_that_no_crash_explains_is_corrupt(vault: Vault, key: Path) -> None:
    first = publish(vault, prepare(vault, key, "BL-000000", "", {"site.json": b"{}\n"}))
    second = prepare(vault, key, "BL-000001", first.commit, {"x.json": b"1\n"})
    third = prepare(vault, key, "BL-000002", second.commit, {"x.json": b"2\n"})
    other = prepare(vault, key, "BL-000001", first.commit, {"x.json": b"3\n"})
    with vault.locked() as lock, pytest.raises(Corrupt, match="older than the database"):
        vault.settle(third, lock=lock)
    publish(vault, other)
    with vault.locked() as lock, pytest.raises(Corrupt, match="does not follow"):
        vault.settle(third, lock=lock)


def test_a_moved_tag_is_corrupt(vault: Vault, key: Path) -> None:
    first = publish(vault, prepare(vault, key, "BL-000000", "", {"site.json": b"{}\n"}))
    git(vault, "update-ref", "refs/tags/BL-000000", first.commit)
    with vault.locked() as lock, pytest.raises(Corrupt, match="was moved"):
        vault.settle(first, lock=lock)


def test_lock_files_of_the_dead_are_removed_and_do_not_stop_a_write(vault: Vault, key: Path) -> None:
    first = publish(vault, prepare(vault, key, "BL-000000", "", {"site.json": b"{}\n"}))
    second = prepare(vault, key, "BL-000001", first.commit, {"x.json": b"1\n"})
    for name in (f"{MAIN}.lock", "refs/tags/BL-000001.lock", f"{PENDING}BL-000001.lock", "packed-refs.lock"):
        vault.path.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        vault.path.joinpath(name).write_text("")
    publish(vault, second)
    assert vault.head() == second.commit


def test_an_orphaned_child_keeps_the_lock_of_its_killed_parent(vault: Vault) -> None:
    # What git children inherit: the open file. A killed holder's child still has it.
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        with vault.locked() as lock:
            os.set_inheritable(lock, True)
            child = subprocess.Popen(["sleep", "60"], pass_fds=(lock,))
            os.write(writing, str(child.pid).encode())
            signal.pause()
        os._exit(1)
    orphan = int(os.read(reading, 20))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    tries = subprocess.run(
        ["flock", "--nonblock", str(vault.path / "cmdb.lock"), "true"], check=False
    ).returncode
    os.kill(orphan, signal.SIGKILL)
    os.close(reading)
    os.close(writing)
    assert tries == 1
    with vault.locked():
        pass


def test_differences_and_history_name_exactly_the_files_that_moved(vault: Vault, key: Path) -> None:
    odd = "items/aa/bb/%3Aodd*[x].json"
    first = publish(vault, prepare(vault, key, "BL-000000", "", {odd: b"1\n", "b.json": b"1\n"}))
    second = publish(vault, prepare(vault, key, "BL-000001", first.commit, {odd: b"2\n", "c.json": b"1\n"}))
    third = publish(vault, prepare(vault, key, "BL-000002", second.commit, {"b.json": None}))
    found = {one.path: one.operation for one in vault.changes(first.commit, third.commit)}
    assert found == {odd: "changed", "b.json": "removed", "c.json": "added"}
    only = list(vault.changes(first.commit, third.commit, "items"))
    assert [one.path for one in only] == [odd]
    assert list(vault.contents([only[0].old, only[0].new])) == [b"1\n", b"2\n"]
    assert [one.operation for one in vault.changes("", first.commit)] == ["added", "added"]
    for _ in range(2):
        assert vault.history(odd, third.commit) == (second.commit, first.commit)
        with vault.locked() as lock:
            vault.tidy(lock=lock)
    assert [one.id for one in vault.walk(third.commit)] == [third.commit, second.commit, first.commit]
    assert vault.is_ancestor(first.commit, third.commit)
    assert not vault.is_ancestor(third.commit, first.commit)
    assert not vault.is_ancestor("1" * 40, first.commit)
    fsck(vault)


@pytest.mark.parametrize(
    "path", ["", "/x", "x/", "a//b", "../x", "a/.git/x", ".gitmodules", "é.json", "a\nb"]
)
def test_a_path_that_could_leave_the_tree_is_invalid(vault: Vault, key: Path, path: str) -> None:
    with pytest.raises(Invalid):
        prepare(vault, key, "BL-000000", "", {path: b"x"})


@pytest.mark.parametrize("text", ["two\nlines", "nul\0", " padded", "sep\u2028arator"])
def test_a_trailer_of_more_than_one_line_is_invalid(vault: Vault, key: Path, text: str) -> None:
    with pytest.raises(Invalid):
        vault.prepare(
            [],
            name="BL-000000",
            parent="",
            author=ANNE,
            at=AT,
            subject="x",
            trailers={"Request": text},
            key=key,
        )


@pytest.mark.parametrize("subject", ["Request: CR-9", "a\n\nRequest: CR-9", "a\rRequest: CR-9\n", "\0x"])
def test_a_title_cannot_forge_a_trailer(vault: Vault, key: Path, subject: str) -> None:
    made = publish(vault, prepare(vault, key, "BL-000000", "", {"x.json": b"1\n"}, subject))
    commit = vault.commit(made.commit)
    assert commit.trailers == (("Baseline", "BL-000000"), ("Request", "CR-1"))
    fsck(vault)


@pytest.mark.parametrize("name", ["<>", "Anne <root@x> 1 +0000", "....", "Zoë ☃"])
def test_a_hostile_name_cannot_break_the_line_that_says_who(vault: Vault, key: Path, name: str) -> None:
    made = vault.prepare(
        [("x.json", b"1\n")],
        name="BL-000000",
        parent="",
        author=Person(id="a.vries", name=name, email="x> <y"),
        at=AT,
        subject="x",
        trailers={},
        key=key,
    )
    publish(vault, made)
    assert vault.commit(made.commit).at == AT
    assert vault.tag(made.tag).at == AT
    fsck(vault)


def test_surroundings_of_the_process_do_not_reach_the_vault(
    vault: Vault, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(vault, prepare(vault, key, "BL-000000", "", {"x.json": b"1\n"}))
    second = publish(vault, prepare(vault, key, "BL-000001", first.commit, {"x.json": b"2\n"}))
    git(vault, "replace", second.commit, first.commit)
    for name in ("GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    with Vault.open(vault.path) as again:
        assert again.read(second.commit, "x.json") == b"2\n"
        assert again.head() == second.commit
        assert next(again.changes(first.commit, second.commit)).path == "x.json"


def test_a_damaged_object_is_noticed_when_it_is_read(vault: Vault, key: Path) -> None:
    first = publish(vault, prepare(vault, key, "BL-000000", "", {"x.json": b"1\n"}))
    change = next(vault.changes("", first.commit))
    assert change == RecordChange(path="x.json", new=change.new)
    loose = vault.path / "objects" / change.new[:2] / change.new[2:]
    loose.parent.mkdir()
    forged = (
        subprocess.run(
            ["git", f"--git-dir={vault.path}", "hash-object", "-w", "--stdin"],
            input=b"2\n",
            capture_output=True,
            check=True,
        )
        .stdout.decode()
        .strip()
    )
    (vault.path / "objects" / forged[:2] / forged[2:]).rename(loose)
    for pack in vault.path.joinpath("objects/pack").iterdir():
        pack.unlink()
    with Vault.open(vault.path) as again, pytest.raises(Corrupt, match="is damaged"):
        next(again.contents([change.new]))


def test_many_records_go_in_and_come_out_in_one_commit(vault: Vault, key: Path) -> None:
    many = {f"items/{n % 7:02x}/{n % 256:02x}/{n}.json": f"{n}\n".encode() for n in range(3000)}
    first = publish(vault, prepare(vault, key, "BL-000000", "", many))
    again = dict(read_all(vault, first.commit))
    assert again == many
    fsck(vault)


def test_one_record_adds_at_most_32_kilobytes_to_a_wide_library(vault: Vault, key: Path) -> None:
    wide = {f"items/{n >> 8 & 255:02x}/{n & 255:02x}/{n}.json": b"%d\n" % n for n in range(0, 65536, 3)}
    first = publish(vault, prepare(vault, key, "BL-000000", "", wide))
    before = size(vault)
    publish(vault, prepare(vault, key, "BL-000001", first.commit, {"items/00/03/3.json": b"other\n"}))
    assert size(vault) - before <= 32 * 1024


def test_without_git_the_refusal_says_what_to_install(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="not installed"):
        vault.head()
    script = "import baselines.vault"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True)


def test_there_is_no_vault_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Vault.open(tmp_path)
    (tmp_path / "x").write_text("x")
    with pytest.raises(Refused):
        Vault.create(tmp_path)


def read_all(vault: Vault, commit: str) -> Iterator[tuple[str, bytes]]:
    names = list(vault.paths(commit))
    return zip((path for path, _ in names), vault.contents(oid for _, oid in names), strict=True)


def size(vault: Vault) -> int:
    return sum(path.stat().st_size for path in vault.path.rglob("*") if path.is_file())

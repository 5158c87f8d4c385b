"""Walking trees: the same answers as git's, and no answer from an object that is not what its id says."""

import itertools
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from baselines.model import RecordChange
from baselines.vault import NOBODY, Vault
from cmdb.errors import Corrupt, NotFound
from tests.baselines.test_vault import git, prepare, publish, read_all
from tests.conftest import Keys


def made(vault: Vault, *arguments: str, data: bytes = b"") -> str:
    """What git makes of these bytes: the id of an object."""
    command = ["git", f"--git-dir={vault.path}", "-c", "user.name=x", "-c", "user.email=x", *arguments]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode().strip()


def committed(vault: Vault, folder: str, parent: str) -> str:
    """A commit whose one folder is `items`."""
    tree = made(vault, "mktree", "--missing", data=f"040000 tree {folder}\titems\n".encode())
    return made(vault, "commit-tree", "-m", "x", "-p", parent, tree)


@pytest.fixture
def key(keys: Keys) -> Path:
    return keys.private("a.vries")


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "library.git") as made:
        yield made


def test_a_forged_folder_is_noticed_although_git_would_follow_it(vault: Vault, key: Path) -> None:
    first = publish(vault, prepare(vault, key, "BL-000000", "", {"a/x.json": b"1\n"}))
    other = publish(vault, prepare(vault, key, "BL-000001", first.commit, {"a/x.json": b"2\n"}))
    wanted, forged = (git(vault, "rev-parse", f"{one.commit}:a").strip() for one in (first, other))
    for pack in vault.path.joinpath("objects/pack").glob("*.pack"):
        content = pack.read_bytes()
        for path in vault.path.joinpath("objects/pack").glob(f"{pack.stem}.*"):
            path.unlink()
        subprocess.run(["git", f"--git-dir={vault.path}", "unpack-objects", "-q"], input=content, check=True)
    loose = [vault.path / "objects" / oid[:2] / oid[2:] for oid in (wanted, forged)]
    loose[0].unlink()
    loose[0].write_bytes(loose[1].read_bytes())
    with Vault.open(vault.path) as again:
        for ask in (
            lambda: again.find(first.commit, "a/x.json"),
            lambda: list(again.paths(first.commit)),
            lambda: list(again.changes(first.commit, other.commit)),
        ):
            with pytest.raises(Corrupt):
                ask()


@pytest.mark.parametrize("mode", ["100755", "120000", "160000"])
def test_a_file_that_becomes_a_program_a_link_or_another_repository_is_named(
    vault: Vault, key: Path, mode: str
) -> None:
    first = prepare(vault, key, "BL-000000", "", {"items/a.json": b"{}"})
    oid = vault.file_id(first.commit, "items/a.json")
    named = f"commit {first.commit}" if mode == "160000" else f"blob {oid}"
    folder = made(vault, "mktree", "--missing", data=f"{mode} {named}\ta.json\n".encode())
    second = committed(vault, folder, first.commit)
    with pytest.raises(Corrupt, match=r"'a\.json' in the library is no plain file"):
        list(vault.changes(first.commit, second))


def test_a_folder_that_names_a_file_twice_is_refused_wherever_it_is_read(vault: Vault, key: Path) -> None:
    first = prepare(vault, key, "BL-000000", "", {"items/a.json": b"{}", "items/b.json": b"2"})
    oids = [vault.file_id(first.commit, f"items/{name}.json") for name in "ab"]
    twice = b"".join(b"100644 a.json\0" + bytes.fromhex(oid) for oid in oids)
    folder = made(vault, "hash-object", "-w", "--literally", "-t", "tree", "--stdin", data=twice)
    second = committed(vault, folder, first.commit)
    with pytest.raises(Corrupt, match="names one file twice"):
        vault.find(second, "items/a.json")
    with pytest.raises(Corrupt, match="names one file twice"):
        list(vault.changes("", second))


def test_differences_are_those_that_git_finds(vault: Vault, key: Path) -> None:
    chance = random.Random(7)
    names = [f"{a}/{b}/{c}.json" for a in ("items", "items.d", "types") for b in "abc" for c in range(6)]
    now: dict[str, bytes] = {}
    parent, commits = "", []
    for number in range(12):
        changes: dict[str, bytes | None] = {}
        for name in chance.sample(names, 9):
            changes[name] = None if name in now and chance.random() < 0.5 else b"%d\n" % number
        now = {name: data for name, data in {**now, **changes}.items() if data is not None}
        parent = publish(vault, prepare(vault, key, f"BL-{number:06d}", parent, changes)).commit
        commits.append(parent)
        assert dict(read_all(vault, parent)) == now
        listed = git(vault, "ls-tree", "-r", "--name-only", parent).split()
        assert [path for path, _ in vault.paths(parent)] == listed
    for old, new in itertools.product(commits, repeat=2):
        raw = git(vault, "diff-tree", "-r", "--raw", "--no-renames", "--no-abbrev", old, new).splitlines()
        expected = [
            RecordChange(path=path, old=head[2].replace(NOBODY, ""), new=head[3].replace(NOBODY, ""))
            for head, path in ((line.split(), line.split("\t")[1]) for line in raw)
        ]
        found = list(vault.changes(old, new))
        assert found == expected
        assert list(vault.differing(old, new)) == expected
        inside = [one.path for one in vault.changes(old, new, "items/a/")]
        assert inside == [one.path for one in found if one.path.startswith("items/a/")]


def test_a_file_is_found_only_where_it_is(vault: Vault, key: Path) -> None:
    first = publish(vault, prepare(vault, key, "BL-000000", "", {"a/b.json": b"1\n"}))
    assert vault.find(first.commit, "a/b.json") == b"1\n"
    for absent in ("a", "a/b.json/c", "b.json", "", "a/", "é"):
        assert vault.find(first.commit, absent) is None
    with pytest.raises(NotFound):
        vault.read(first.commit, "b.json")
    assert dict(vault.paths(first.commit)).keys() == {"a/b.json"}
    assert list(vault.paths(first.commit, "zz")) == []

"""The vault: one bare git repository, written in an order that no crash can break.

    with Vault.open(path) as vault: ...            Vault.create(path) -> Vault
    vault.prepare(changes, *, name, parent, author, at, subject, trailers, key) -> Prepared
    with vault.locked() as lock:                   # only under the store's write lock
        vault.settle(newest, lock=lock)            # newest: Prepared of the newest row, or None
        vault.pending(prepared, lock=lock)
    vault.head() -> str        vault.pending_names() -> dict[name, object id]
    vault.commit(id) -> Commit  vault.tag(id) -> Tag  vault.tags() -> dict[name, tag object id]
    vault.read(commit, path) -> bytes    vault.find(commit, path) -> bytes | None
    vault.paths(commit, prefix="") -> Iterator[(path, object id)]
    vault.contents(object_ids) -> Iterator[bytes]      vault.pieces(object_id) -> Iterator[bytes]
    vault.file_id(commit, path) -> object id
    vault.changes(old, new, prefix="") -> Iterator[RecordChange]
    vault.history(path, head) -> tuple[commit id, ...]  vault.walk(head) -> Iterator[Commit]
    vault.is_ancestor(old, new) -> bool     vault.tidy(lock=lock)     vault.close()

The order (rules.md 8). `prepare` makes every object - contents, trees, commit, signed tag - durable
without any ref, before the write lock. Under the store's lock and then the vault's: `settle` what an
earlier process left, name the new objects by `refs/cmdb/pending/<name>`, write the rows, COMMIT,
`settle` again. Only COMMIT decides: settling moves `refs/heads/main` and the tag to where the newest
row says and drops every pending ref; it can be repeated from any point at which it was cut off.

The lock. A file lock on `cmdb.lock` of the vault is taken after the store's write lock and inherited
by each git child that moves refs. When a writer is killed, the database lets go of its own lock at
once, but a child may still be renaming files; the next writer waits for it here. What `*.lock`
files remain after that belong to nobody and are removed. `prepare` moves no ref and needs no lock.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from baselines.model import Commit, Prepared, RecordChange, Tag
from baselines.vault_git import Git, Reader, ahead, sync_folder, unfit
from baselines.vault_line import Line
from baselines.vault_objects import (
    EMPTY_TREE,
    FILE,
    FOLDER,
    commit_text,
    hexadecimal,
    message,
    object_id,
    signed_commit,
    stamp,
    tag_text,
)
from baselines.vault_pack import Changes, Pack
from baselines.vault_trees import by_git, differences, files, lookup
from cmdb import signatures
from cmdb.errors import Corrupt, NotFound, Refused
from cmdb.model import Person
from cmdb.parts import Content

MAIN = "refs/heads/main"
PENDING = "refs/cmdb/pending/"
TAGS = "refs/tags/"
NAMESPACE = "git"
NOBODY = "0" * 40
LEFTOVER_SECONDS = 86_400

_CONFIG = """[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tfsync = all
\tlogAllRefUpdates = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[receive]
\tdenyNonFastForwards = true
\tdenyDeletes = true
[gpg]
\tformat = ssh
"""
_STALE = (
    "HEAD.lock",
    "packed-refs.lock",
    "packed-refs.new",
    "refs/heads/main.lock",
    "objects/pack/multi-pack-index.lock",
    "objects/info/commit-graph.lock",
    "objects/info/commit-graphs/commit-graph-chain.lock",
)


class Vault:
    """One bare repository of canonical records."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._git = Git(path)
        self._reader = Reader(self._git)
        self._line = Line(self._git, self._reader)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make an empty vault. Raises Refused when something stands there already."""
        if path.exists() and any(path.iterdir()):
            raise Refused(f"{path} is not empty.", "Choose another directory.")
        path.mkdir(parents=True, exist_ok=True)
        vault = cls(path)
        vault._git.run("init", "--quiet", "--bare", "--template=", "--initial-branch=main")
        path.joinpath("config").write_text(_CONFIG, "utf-8")
        for name in ("refs/tags", "refs/cmdb/pending"):
            path.joinpath(name).mkdir(parents=True, exist_ok=True)
        return vault

    @classmethod
    def open(cls, path: Path) -> Self:
        """Reach an existing vault. Raises NotFound when there is none, Refused for a copy that fetches."""
        if not path.joinpath("HEAD").is_file() or not path.joinpath("objects").is_dir():
            working = unfit(path / ".git") if path.joinpath(".git").is_dir() else None
            none = NotFound(f"There is no library at {path}.", "Restore library.git from a backup.")
            raise working or none
        if refusal := unfit(path):
            raise refusal
        return cls(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the reading program; a later question starts it again."""
        self._reader.close()

    # --- reading ---------------------------------------------------------------------------

    def head(self) -> str:
        """Give the commit that main names, empty before the founding. Readers use rows instead."""
        return self._refs(MAIN).get(MAIN, "")

    def tags(self) -> dict[str, str]:
        """Give the tag object of every baseline, by the name of its ref."""
        return {ref.removeprefix(TAGS): oid for ref, oid in self._refs(TAGS).items()}

    def pending_names(self) -> dict[str, str]:
        """Give what is pending: name -> object id. Nothing is, between two writes that went well."""
        return {ref.removeprefix(PENDING): oid for ref, oid in self._refs(PENDING).items()}

    def commit(self, oid: str) -> Commit:
        """Read a commit. Raises Corrupt when the object is missing or is none."""
        return self._line.commit(oid)

    def tag(self, oid: str) -> Tag:
        """Read an annotated tag. Raises Corrupt when the object is missing or is none."""
        return self._line.tag(oid)

    def tags_read(self, oids: Sequence[str]) -> Iterator[Tag]:
        """Read annotated tags in the order asked, many together. Raises Corrupt at the first that is none."""
        return self._line.tags(oids)

    def find(self, commit: str, path: str) -> bytes | None:
        """Give a file of a commit, or None when it has none of that path."""
        found = lookup(self._reader, self.commit(commit).tree, path)
        return self._object(found[1], "blob") if found and found[0] == FILE else None

    def read(self, commit: str, path: str) -> bytes:
        """Give a file of a commit. Raises NotFound when it has none of that path."""
        found = self.find(commit, path)
        if found is None:
            raise NotFound(
                f"The library has no '{path}' at {commit[:12]}.", "List them with 'cmdb baseline show'."
            )
        return found

    def paths(self, commit: str, prefix: str = "") -> Iterator[tuple[str, str]]:
        """Give (path, object id) of every file below `prefix`, in git's order."""
        found = self._below(commit, prefix)
        if found is not None and found[0] == FOLDER:
            yield from files(self._reader, found[1], f"{prefix.strip('/')}/" if prefix else "")
        elif found is not None:
            yield prefix, found[1]

    def contents(self, oids: Iterable[str]) -> Iterator[bytes]:
        """Give the bytes of many files in the order asked, without a round trip for each."""
        for _, data in self._reader.read_many(oids):
            yield data

    def file_id(self, commit: str, path: str) -> str:
        """Give the object id of a file of a commit; empty when it has none of that path."""
        found = lookup(self._reader, self.commit(commit).tree, path)
        return found[1] if found and found[0] == FILE else ""

    def pieces(self, oid: str) -> Iterator[bytes]:
        """Give the bytes of one file piece by piece, however large. Ends in Corrupt when it is damaged."""
        yield from self._reader.pieces(oid)

    def changes(self, old: str, new: str, prefix: str = "") -> Iterator[RecordChange]:
        """Give every file that differs between two commits; `old` empty compares with nothing."""
        before = self._below(old, prefix) if old else None
        after = self._below(new, prefix)
        was, now = (one[1] if one and one[0] != FOLDER else "" for one in (before, after))
        if was != now:
            yield RecordChange(path=prefix, old=was, new=now)
        was, now = (one[1] if one and one[0] == FOLDER else "" for one in (before, after))
        yield from differences(self._reader, was, now, f"{prefix.strip('/')}/" if prefix else "")

    def differing(self, old: str, new: str) -> Iterator[RecordChange]:
        """Give the files that differ between two commits, faster than `changes`, where nothing is proved."""
        return by_git(self._git, old, new)

    def history(self, path: str, head: str, *, indexes: bool = True) -> tuple[str, ...]:
        """Give the commits that changed a file, newest first; fast by filters, unless without `indexes`."""
        plain = () if indexes else ("-c", "core.commitGraph=false")
        return tuple(self._git.run(*plain, "rev-list", hexadecimal(head), "--", path).decode().split())

    def walk(self, head: str, *, whole: bool = False) -> Iterator[Commit]:
        """Give every commit from `head` to the founding one; `whole` says that all will be read."""
        return self._line.walk(head, whole=whole)

    def line(self, head: str) -> frozenset[str]:
        """Give the ids of `head` and every commit before it."""
        return self._line.upto(head)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Tell whether `old` is `new` or comes before it. Unknown objects come before nothing."""
        return self._line.is_ancestor(old, new)

    # --- writing ---------------------------------------------------------------------------

    def prepare(
        self,
        changes: Iterable[tuple[str, Content | None]],
        *,
        name: str,
        parent: str,
        author: Person,
        at: datetime,
        subject: str,
        trailers: Mapping[str, str],
        key: Path,
    ) -> Prepared:
        """Make a signed commit of changed files over `parent`, durable, named by no ref yet.

        `changes` gives (path, content or None to remove) and may be endless: it is streamed, and so is
        content that comes in pieces. A name `BL-...` gives an annotated signed tag of that name,
        `REC-...` a signed commit. The signature is made by `key` in the namespace `git` and checked
        before anything is stored.

        Raises Refused when the key cannot sign, Invalid for a bad path or message.
        """
        who = stamp(author, at)
        words = message(subject, trailers)
        with Pack(self.path) as pack:
            gathered = Changes(pack, self._reader)
            gathered.gather(changes)
            tree = gathered.tree(self.commit(parent).tree if parent else "")
            text = commit_text(tree, parent, who, words)
            if name.startswith("BL-"):
                commit = pack.add("commit", text)
                tagged = tag_text(commit, name, who, words)
                tag = pack.add("tag", tagged + signatures.sign(tagged, namespace=NAMESPACE, key=key).encode())
            else:
                signature = signatures.sign(text, namespace=NAMESPACE, key=key)
                commit, tag = pack.add("commit", signed_commit(text, signature)), ""
            prepared = Prepared(name=name, commit=commit, parent=parent, tag=tag)
            pack.store(self._git)
        return prepared

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Hold the vault's lock; gives what `settle`, `pending` and `tidy` ask for.

        Take the store's write lock first. Lock files that dead processes left are removed.
        """
        with self._git.locked() as lock:
            for name in _STALE:
                self.path.joinpath(name).unlink(missing_ok=True)
            for left in self.path.joinpath(PENDING).glob("*.lock"):
                left.unlink(missing_ok=True)
            yield lock

    def pending(self, prepared: Prepared, *, lock: int) -> None:
        """Name the prepared objects, so that nothing drops them before their commit point."""
        self._move([f"update {PENDING}{prepared.name} {prepared.target}"], lock)

    def settle(self, newest: Prepared | None, *, lock: int) -> bool:
        """Bring the refs to where the newest row of the database says; tell whether any moved.

        Idempotent, needs no key. Drops every pending ref: what has no row never happened.

        Raises Refused when main is ahead of the database, Corrupt for what no crash can cause.
        """
        wanted = [MAIN, PENDING] + ([TAGS + newest.name] if newest else [])
        refs = self._refs(*wanted)
        main = refs.get(MAIN, "")
        moves = []
        if newest is None:
            if main:
                raise ahead()
        else:
            if main != newest.commit:
                if main != newest.parent or not self._reader.has(newest.commit):
                    raise self._astray(main, newest)
                moves.append(f"update {MAIN} {newest.commit} {newest.parent or NOBODY}")
            tagged = refs.get(TAGS + newest.name, "")
            if newest.tag and tagged != newest.tag:
                if tagged:
                    raise Corrupt(
                        f"The tag {newest.name} was moved to another object.",
                        "Run 'cmdb verify' and stop writing.",
                    )
                self.path.joinpath(f"{TAGS}{newest.name}.lock").unlink(missing_ok=True)
                moves.append(f"create {TAGS}{newest.name} {newest.tag}")
        moves += [f"delete {ref} {oid}" for ref, oid in refs.items() if ref.startswith(PENDING)]
        if moves:
            self._move(moves, lock)
        return bool(moves)

    def refuse_behind(self, newest: Prepared) -> None:
        """Raise Corrupt when the newest commit was written to another copy of this library."""
        if not self._reader.has(newest.commit):
            raise self._astray("", newest)

    def tidy(self, *, lock: int) -> None:
        """Gather packs and refs and write the filters that make `history` fast.

        Geometric repacking only ever joins whole packs: objects of a commit that another process
        has prepared and not yet named are kept.
        """
        for left in self.path.joinpath("refs").rglob("*.lock"):
            left.unlink(missing_ok=True)
        self._leftovers(lock)
        self._git.run("pack-refs", "--all", lock=lock)
        self._git.run("repack", "--geometric=2", "-d", "--write-midx", "--quiet", lock=lock)
        self._git.run("commit-graph", "write", "--reachable", "--changed-paths", "--no-progress", lock=lock)
        self.close()

    # --- inside ----------------------------------------------------------------------------

    def _object(self, oid: str, kind: str) -> bytes:
        if oid == EMPTY_TREE:
            return b""
        found, data = self._reader.read(oid)
        if found != kind:
            raise Corrupt(f"The object {oid} is a {found}, not a {kind}.", "Run 'cmdb verify'.")
        return data

    def _refs(self, *patterns: str) -> dict[str, str]:
        said = self._git.run("for-each-ref", "--format=%(refname) %(objectname)", *patterns)
        return dict(line.split(" ", 1) for line in said.decode("utf-8", "replace").splitlines())

    def _move(self, moves: list[str], lock: int) -> None:
        self._git.run(
            "update-ref",
            "--no-deref",
            "--stdin",
            stdin="".join(f"{one}\n" for one in moves).encode(),
            lock=lock,
        )
        for folder in ("refs/heads", "refs/tags"):
            sync_folder(self.path / folder)

    def _below(self, commit: str, path: str) -> tuple[bytes, str] | None:
        tree = self.commit(commit).tree
        return lookup(self._reader, tree, path.strip("/")) if path else (FOLDER, tree)

    def _leftovers(self, lock: int) -> None:
        """Remove packs that dead processes began more than a day ago, by the file system's clock."""
        os.utime(lock)
        now = os.fstat(lock).st_mtime
        for left in self.path.joinpath("objects/pack").glob("tmp_*"):
            if now - left.stat().st_mtime > LEFTOVER_SECONDS:
                left.unlink()

    def _astray(self, main: str, newest: Prepared) -> Refused | Corrupt:
        held = self._reader.has(newest.commit)
        if main and held and self.is_ancestor(newest.commit, main):
            return ahead()
        if not main or not held or self.is_ancestor(main, newest.commit):
            return Corrupt(
                f"This library is older than the database, or a copy beside the one: it lacks {newest.name}.",
                "A site has one library, which every writer reaches: put that library.git here.",
            )
        return Corrupt(
            f"The library's main is at {main[:12]}, which does not follow from {newest.name}.",
            "Stop writing, keep both stores untouched and run 'cmdb verify'.",
        )


def content_id(data: bytes) -> str:
    """Give the object id a file of this content has in any vault."""
    return object_id("blob", data)

"""New objects gathered into one pack, and changed records turned into trees.

One job: everything a commit adds goes to git in a single `index-pack`, in bounded memory: contents
go to a temporary file as they arrive, and only 20 bytes and the name of each stay here. One item
into a library of a million costs the folders on its path and nothing else.
Source: speed.md, Vault tree and Writing git.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha1
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import BinaryIO, Self, cast

from baselines.vault_git import Git, Reader, sync_folder
from baselines.vault_objects import FILE, FOLDER, entries, object_id, tree_text
from cmdb.errors import Corrupt, Invalid
from cmdb.model import shown
from cmdb.parts import Content, Streamed

_KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
_GONE = bytes(20)


class Pack:
    """Objects on their way into the vault; nothing is visible before `store`."""

    def __init__(self, folder: Path) -> None:
        self.count = 0
        self._seen: set[bytes] = set()
        self._file = cast(BinaryIO, TemporaryFile(dir=folder))  # noqa: SIM115 - closed by __exit__
        self._file.write(_header(0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, kind: str, data: bytes) -> str:
        """Put an object into the pack, once, and give its id."""
        oid = object_id(kind, data)
        raw = bytes.fromhex(oid)
        if raw not in self._seen:
            self._seen.add(raw)
            self.count += 1
            self._file.write(_entry_head(_KINDS[kind], len(data)))
            self._file.write(zlib.compress(data, 1))
        return oid

    def add_pieces(self, content: Streamed) -> str:
        """Put a file that comes in pieces into the pack, once, and give its id.

        Raises Corrupt when it is of another size than was said.
        """
        start, size = self._file.tell(), 0
        whole = sha1(b"blob %d\0" % content.size, usedforsecurity=False)
        pressed = zlib.compressobj(1)
        self._file.write(_entry_head(_KINDS["blob"], content.size))
        for piece in content.pieces:
            size += len(piece)
            whole.update(piece)
            self._file.write(pressed.compress(piece))
        self._file.write(pressed.flush())
        if size != content.size:
            raise Corrupt(
                f"A file of {content.size:,} bytes came with {size:,}; nothing was stored.",
                "Try again; if it stays so, run 'cmdb verify'.",
            )
        if whole.digest() in self._seen:
            self._file.seek(start)
            self._file.truncate()
        else:
            self._seen.add(whole.digest())
            self.count += 1
        return whole.hexdigest()

    def store(self, runner: Git) -> None:
        """Hand everything to git, which checks it all and makes it durable."""
        self._file.seek(0)
        self._file.write(_header(self.count))
        self._file.seek(0)
        whole = sha1(usedforsecurity=False)
        while part := self._file.read(1 << 20):
            whole.update(part)
        self._file.write(whole.digest())
        self._file.flush()
        self._file.seek(0)
        runner.run("index-pack", "--stdin", "--strict", stdin=self._file)
        sync_folder(runner.path / "objects" / "pack")


class Changes:
    """Records that change, gathered by folder, until they become the trees of a commit."""

    def __init__(self, pack: Pack, reader: Reader) -> None:
        self._pack = pack
        self._reader = reader
        # For each folder its changed entries one after the other, as a tree writes them.
        self._files: dict[str, bytearray] = defaultdict(bytearray)
        self._folders: dict[str, set[str]] = defaultdict(set)

    def gather(self, changes: Iterable[tuple[str, Content | None]]) -> None:
        """Take the contents of files by path; None removes the file. Raises Invalid for a bad path."""
        for path, data in changes:
            folder, _, name = path.rpartition("/")
            if folder not in self._files:
                self._open(path, folder)
            if not _good(name) or path[0] == "/":
                raise _bad_path(path)
            self._files[folder] += b"%s %s\0%s" % (FILE, name.encode(), self._stored(data))

    def tree(self, parent_tree: str) -> str:
        """Lay the changes over the tree of the parent (empty: there is none); give the new tree."""
        return self._build("", parent_tree) or self._pack.add("tree", b"")

    def _stored(self, data: Content | None) -> bytes:
        if data is None:
            return _GONE
        if isinstance(data, Streamed):
            return bytes.fromhex(self._pack.add_pieces(data))
        return bytes.fromhex(self._pack.add("blob", data))

    def _open(self, path: str, folder: str) -> None:
        names = folder.split("/") if folder else []
        if not all(_good(name) for name in names):
            raise _bad_path(path)
        self._files[folder] = bytearray()
        for depth, name in enumerate(names):
            self._folders["/".join(names[:depth])].add(name)

    def _build(self, folder: str, existing: str) -> str:
        content = self._existing(existing)
        for mode, name, oid in entries(bytes(self._files.pop(folder, b""))):
            if oid == _GONE:
                content.pop(name, None)
            else:
                content[name] = (mode, oid)
        for inner in sorted(self._folders.pop(folder, ())):
            name = inner.encode()
            mode, oid = content.get(name, (FOLDER, b""))
            built = self._build(f"{folder}/{inner}" if folder else inner, oid.hex() if mode == FOLDER else "")
            if built:
                content[name] = (FOLDER, bytes.fromhex(built))
            else:
                content.pop(name, None)
        return self._pack.add("tree", tree_text(content)) if content else ""

    def _existing(self, oid: str) -> dict[bytes, tuple[bytes, bytes]]:
        if not oid:
            return {}
        kind, data = self._reader.read(oid)
        if kind != "tree":
            raise Corrupt(f"The object {oid} is a {kind}, not a folder.", "Run 'cmdb verify'.")
        return {name: (mode, raw) for mode, name, raw in entries(data)}


def _good(name: str) -> bool:
    return name not in ("", ".", "..") and name.isascii() and name.isprintable() and name[:4] != ".git"


def _bad_path(path: str) -> Invalid:
    return Invalid(f"'{shown(path)}' is no path of a record.", "Use the paths of baselines.records.")


def _header(count: int) -> bytes:
    return b"PACK" + (2).to_bytes(4, "big") + count.to_bytes(4, "big")


def _entry_head(kind: int, size: int) -> bytes:
    # Three bits of kind and four of size, then seven bits of size a byte, lowest first.
    head = bytearray()
    byte, size = (kind << 4) | (size & 15), size >> 4
    while size:
        head.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    head.append(byte)
    return bytes(head)

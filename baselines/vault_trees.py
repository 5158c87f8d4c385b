"""Walking trees: the files of a commit, one file of it, and what differs between two.

One job: answer from the objects themselves, each checked against its id on the way, so that an
answer about a commit cannot differ from what its id stands for. The folders below one folder are
asked for together. Equal folders are never opened: one changed item costs the folders on its path.
"""

from collections.abc import Iterator

from baselines.model import RecordChange
from baselines.vault_git import Reader
from baselines.vault_objects import EMPTY_TREE, FOLDER, entries
from cmdb.errors import Corrupt

Entry = tuple[bytes, bytes]  # mode, 20 bytes of object id
Tree = dict[bytes, Entry]


def lookup(reader: Reader, tree: str, path: str) -> tuple[bytes, str] | None:
    """Give (mode, object id) of what a path names below a tree, or None."""
    mode, oid = FOLDER, tree
    for name in path.encode("utf-8", "replace").split(b"/"):
        if mode != FOLDER:
            return None
        found = next(_trees(reader, [oid])).get(name)
        if found is None:
            return None
        mode, oid = found[0], found[1].hex()
    return mode, oid


def files(reader: Reader, tree: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give (path, object id) of every file below a tree, in git's order; streamed."""
    for name, (mode, raw), below in _with_folders(reader, next(_trees(reader, [tree]))):
        path = prefix + name.decode("utf-8", "replace")
        if mode == FOLDER:
            yield from _files_in(reader, below, path + "/")
        else:
            yield path, raw.hex()


def differences(reader: Reader, old: str, new: str, prefix: str = "") -> Iterator[RecordChange]:
    """Give every file that differs between two trees (empty: there is none), in git's order."""
    if old == new:
        return
    before, after = _trees(reader, [old or EMPTY_TREE, new or EMPTY_TREE])
    yield from _differing(reader, before, after, prefix)


def _files_in(reader: Reader, tree: Tree, prefix: str) -> Iterator[tuple[str, str]]:
    for name, (mode, raw), below in _with_folders(reader, tree):
        path = prefix + name.decode("utf-8", "replace")
        if mode == FOLDER:
            yield from _files_in(reader, below, path + "/")
        else:
            yield path, raw.hex()


def _with_folders(reader: Reader, tree: Tree) -> Iterator[tuple[bytes, Entry, Tree]]:
    folders = _trees(reader, [raw.hex() for mode, raw in tree.values() if mode == FOLDER])
    for name, entry in tree.items():
        yield name, entry, next(folders) if entry[0] == FOLDER else {}


def _differing(reader: Reader, before: Tree, after: Tree, prefix: str) -> Iterator[RecordChange]:
    names = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    names.sort(key=lambda name: name + (b"/" if _is_folder(before, after, name) else b""))
    folders = _trees(
        reader,
        [_folder(side, name) for name in names for side in (before, after)],
    )
    for name in names:
        path = prefix + name.decode("utf-8", "replace")
        old, new = _file(before, name), _file(after, name)
        if old != new:
            yield RecordChange(path=path, old=old, new=new)
        yield from _differing(reader, next(folders), next(folders), path + "/")


def _is_folder(before: Tree, after: Tree, name: bytes) -> bool:
    return any(side[name][0] == FOLDER for side in (before, after) if name in side)


def _folder(tree: Tree, name: bytes) -> str:
    mode, raw = tree.get(name, (b"", b""))
    return raw.hex() if mode == FOLDER else EMPTY_TREE


def _file(tree: Tree, name: bytes) -> str:
    mode, raw = tree.get(name, (FOLDER, b""))
    return "" if mode == FOLDER else raw.hex()


def _trees(reader: Reader, oids: list[str]) -> Iterator[Tree]:
    """Read trees together; the empty one need not be stored."""
    found = reader.read_many([oid for oid in oids if oid != EMPTY_TREE])
    for oid in oids:
        if oid == EMPTY_TREE:
            yield {}
            continue
        kind, data = next(found)
        if kind != "tree":
            raise Corrupt(f"The object {oid} is a {kind}, not a folder.", "Run 'cmdb verify'.")
        yield {name: (mode, raw) for mode, name, raw in entries(data)}

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

Entry = tuple[bytes, bytes, bytes]  # mode, name, 20 bytes of object id


def lookup(reader: Reader, tree: str, path: str) -> tuple[bytes, str] | None:
    """Give (mode, object id) of what a path names below a tree, or None."""
    mode, oid = FOLDER, tree
    for name in path.encode("utf-8", "replace").split(b"/"):
        if mode != FOLDER:
            return None
        found = next((one for one in next(_trees(reader, [oid])) if one[1] == name), None)
        if found is None:
            return None
        mode, oid = found[0], found[2].hex()
    return mode, oid


def files(reader: Reader, tree: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give (path, object id) of every file below a tree, in git's order; streamed."""
    yield from _files_in(reader, next(_trees(reader, [tree])), prefix)


def differences(reader: Reader, old: str, new: str, prefix: str = "") -> Iterator[RecordChange]:
    """Give every file that differs between two trees (empty: there is none), in git's order."""
    if old == new:
        return
    before, after = _trees(reader, [old or EMPTY_TREE, new or EMPTY_TREE])
    yield from _differing(reader, before, after, prefix)


def _files_in(reader: Reader, tree: list[Entry], prefix: str) -> Iterator[tuple[str, str]]:
    folders = _trees(reader, [raw.hex() for mode, _, raw in tree if mode == FOLDER])
    for mode, name, raw in tree:
        path = prefix + name.decode("utf-8", "replace")
        if mode == FOLDER:
            yield from _files_in(reader, next(folders), path + "/")
        else:
            yield path, raw.hex()


def _differing(
    reader: Reader, before: list[Entry], after: list[Entry], prefix: str
) -> Iterator[RecordChange]:
    was_here, is_here = set(before), set(after)
    old = {name: (mode, raw.hex()) for mode, name, raw in was_here - is_here}
    new = {name: (mode, raw.hex()) for mode, name, raw in is_here - was_here}
    below = {name for side in (old, new) for name, (mode, _) in side.items() if mode == FOLDER}
    # In git's order: a folder on either side sorts as `name/`.
    names = sorted(
        {**old, **new}, key=(lambda name: name + b"/" if name in below else name) if below else None
    )
    wanted = [_folder(side, name) for name in names if name in below for side in (old, new)]
    folders = _trees(reader, wanted) if below else iter(())
    for name in names:
        path = prefix + name.decode("utf-8", "replace")
        was, now = _file(old, name), _file(new, name)
        if was != now:
            yield RecordChange(path=path, old=was, new=now)
        if name in below:
            yield from _differing(reader, next(folders), next(folders), path + "/")


def _folder(side: dict[bytes, tuple[bytes, str]], name: bytes) -> str:
    mode, oid = side.get(name, (b"", ""))
    return oid if mode == FOLDER else EMPTY_TREE


def _file(side: dict[bytes, tuple[bytes, str]], name: bytes) -> str:
    mode, oid = side.get(name, (FOLDER, ""))
    return "" if mode == FOLDER else oid


def _trees(reader: Reader, oids: list[str]) -> Iterator[list[Entry]]:
    """Read trees together; the empty one need not be stored."""
    found = reader.read_many([oid for oid in oids if oid != EMPTY_TREE])
    for oid in oids:
        if oid == EMPTY_TREE:
            yield []
            continue
        kind, data = next(found)
        if kind != "tree":
            raise Corrupt(f"The object {oid} is a {kind}, not a folder.", "Run 'cmdb verify'.")
        yield entries(data)

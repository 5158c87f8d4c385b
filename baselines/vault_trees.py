"""Walking trees: the files of a commit, one file of it, and what differs between two.

One job: answer from the objects themselves, each checked against its id on the way, so that an
answer about a commit cannot differ from what its id stands for. The folders below one folder are
asked for together. Equal folders are never opened: one changed item costs the folders on its path.
"""

from collections.abc import Iterator

from baselines.model import RecordChange
from baselines.vault_git import Git, Reader
from baselines.vault_objects import EMPTY_TREE, FOLDER, Entry, apart, by_name, entries, hexadecimal
from cmdb.errors import Corrupt


def lookup(reader: Reader, tree: str, path: str) -> tuple[bytes, str] | None:
    """Give (mode, object id) of what a path names below a tree, or None."""
    mode, oid = FOLDER, tree
    for name in path.encode("utf-8", "replace").split(b"/"):
        if mode != FOLDER:
            return None
        found = by_name(next(_trees(reader, [oid]))).get(name)
        if found is None:
            return None
        mode, oid = found[0], found[1].hex()
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


def by_git(runner: Git, old: str, new: str) -> Iterator[RecordChange]:
    """Give every file that differs between two commits as git says it, in git's order; many times faster.

    For answers that prove nothing: git does not hold the folders against their ids.
    """
    options = ("-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-commit-id")
    said = runner.run("diff-tree", *options, hexadecimal(old), hexadecimal(new)).split(b"\0")
    for about, path in zip(said[::2], said[1::2], strict=False):
        _old_mode, _new_mode, was, now, _status = about.split(b" ")
        yield RecordChange(path=path.decode("utf-8", "replace"), old=_there(was), new=_there(now))


def _there(oid: bytes) -> str:
    return "" if oid.strip(b"0") == b"" else oid.decode()


def _files_in(reader: Reader, tree: bytes, prefix: str) -> Iterator[tuple[str, str]]:
    found = entries(tree)
    folders = _trees(reader, [raw.hex() for mode, _, raw in found if mode == FOLDER])
    for mode, name, raw in found:
        path = prefix + name.decode("utf-8", "replace")
        if mode == FOLDER:
            yield from _files_in(reader, next(folders), path + "/")
        else:
            yield path, raw.hex()


def _differing(reader: Reader, before: bytes, after: bytes, prefix: str) -> Iterator[RecordChange]:
    gone, come = apart(before, after)
    below = {name for mode, name, _ in (*gone, *come) if mode == FOLDER}
    if not below:
        yield from _files_apart(gone, come, prefix)
        return
    old = {name: (mode, raw.hex()) for mode, name, raw in gone}
    new = {name: (mode, raw.hex()) for mode, name, raw in come}
    # In git's order: a folder on either side sorts as `name/`.
    names = sorted({**old, **new}, key=lambda name: name + b"/" if name in below else name)
    wanted = [_folder(side, name) for name in names if name in below for side in (old, new)]
    folders = _trees(reader, wanted)
    for name in names:
        path = prefix + name.decode("utf-8", "replace")
        was, now = _file(old, name), _file(new, name)
        if was != now:
            yield RecordChange(path=path, old=was, new=now)
        if name in below:
            yield from _differing(reader, next(folders), next(folders), path + "/")


def _files_apart(gone: list[Entry], come: list[Entry], prefix: str) -> Iterator[RecordChange]:
    """Give what differs in a folder where no folder does: most differing files lie in such a one."""
    old, new = ({name: raw.hex() for _, name, raw in side} for side in (gone, come))
    for name in sorted({**old, **new}):
        was, now = old.get(name, ""), new.get(name, "")
        if was != now:
            yield RecordChange(path=prefix + name.decode("utf-8", "replace"), old=was, new=now)


def _folder(side: dict[bytes, tuple[bytes, str]], name: bytes) -> str:
    mode, oid = side.get(name, (b"", ""))
    return oid if mode == FOLDER else EMPTY_TREE


def _file(side: dict[bytes, tuple[bytes, str]], name: bytes) -> str:
    mode, oid = side.get(name, (FOLDER, ""))
    return "" if mode == FOLDER else oid


def _trees(reader: Reader, oids: list[str]) -> Iterator[bytes]:
    """Read trees together; the empty one need not be stored."""
    found = reader.read_many([oid for oid in oids if oid != EMPTY_TREE])
    for oid in oids:
        if oid == EMPTY_TREE:
            yield b""
            continue
        kind, data = next(found)
        if kind != "tree":
            raise Corrupt(f"The object {oid} is a {kind}, not a folder.", "Run 'cmdb verify'.")
        yield data

"""Git objects as bytes: commits, tags and trees written and read back.

One job: the exact form git gives its objects, with signatures where git looks for them. Nothing
here starts a program or touches a file. Source: git's documentation of object formats and of
`gpg.format=ssh`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1
from types import MappingProxyType

from baselines.model import Commit, Tag
from cmdb.errors import Corrupt, Invalid
from cmdb.model import Person, shown

FILE, FOLDER = b"100644", b"40000"
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
SIGNATURE_MARK = b"-----BEGIN SSH SIGNATURE-----"

Entry = tuple[bytes, bytes, bytes]  # mode, name, 20 bytes of object id

_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
_WHOLE_ENTRY = re.compile(rb"[0-7]+ [^\0]+\0.{20}", re.DOTALL)
_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): (.*)")
_TRAILER_NAME = re.compile(r"[A-Z][A-Za-z0-9-]{0,63}")
_CRUD = re.compile(r"[\x00-\x1f\x7f<>]+")
_STAMP = re.compile(r"(.*) (-?[0-9]+) [+-][0-9]{4}")
_REMEDY = "Run 'cmdb verify' and keep this copy untouched."


def object_id(kind: str, data: bytes) -> str:
    """Give the id git gives an object of this kind and content."""
    # SHA-1 is git's choice; every record is also digested with SHA-256 where it is signed.
    return sha1(b"%s %d\0" % (kind.encode(), len(data)) + data, usedforsecurity=False).hexdigest()


def hexadecimal(oid: str) -> str:
    """Give an object id back. Raises Corrupt for what is none, which git might take for something else."""
    if len(oid) != 40 or not set(oid) <= set("0123456789abcdef"):
        raise Corrupt(f"'{shown(oid)}' is no git object id.", "Run 'cmdb verify'.")
    return oid


def stamp(person: Person, at: datetime) -> bytes:
    """Write who and when as git does: `Name <email> seconds +0000`."""
    name = _CRUD.sub(" ", person.name).strip(" .,:;\"'\\") or person.id
    email = _CRUD.sub("", person.email).strip() or person.id
    return f"{name} <{email}> {int(at.timestamp())} +0000".encode("utf-8", "replace")


def message(subject: str, trailers: Mapping[str, str]) -> bytes:
    """Write a message: one line for people, then trailers for programs. Empty trailers are left out.

    Raises Invalid for a trailer that is not one line.
    """
    line = " ".join(_CRUD.sub(" ", subject).split())
    if not line:
        raise Invalid("A commit of the library says in one line what it is.", "Give it a title.")
    if _TRAILER.fullmatch(line):
        line += "."
    rows = []
    for name, text in trailers.items():
        if not _TRAILER_NAME.fullmatch(name) or text != " ".join(text.split()) or "\0" in text:
            raise Invalid(f"'{shown(name)}: {shown(text)}' is no trailer.", "Use one line of plain text.")
        if text:
            rows.append(f"{name}: {text}\n")
    return f"{line}\n{chr(10) if rows else ''}{''.join(rows)}".encode("utf-8", "replace")


def commit_text(tree: str, parent: str, who: bytes, words: bytes) -> bytes:
    """Write a commit; this is also what its signature covers."""
    above = f"parent {parent}\n" if parent else ""
    return b"tree %s\n%sauthor %s\ncommitter %s\n\n%s" % (tree.encode(), above.encode(), who, who, words)


def signed_commit(text: bytes, signature: str) -> bytes:
    """Put a signature into a commit, in the header where `git verify-commit` looks for it."""
    head, words = text.split(b"\n\n", 1)
    folded = signature.strip().replace("\n", "\n ").encode()
    return head + b"\ngpgsig " + folded + b"\n\n" + words


def tag_text(commit: str, name: str, who: bytes, words: bytes) -> bytes:
    """Write an annotated tag of a commit; a signature is simply appended to it."""
    return b"object %s\ntype commit\ntag %s\ntagger %s\n\n%s" % (commit.encode(), name.encode(), who, words)


def entries(tree: bytes) -> list[Entry]:
    """Read a tree: (mode, name, 20 bytes of object id) of each entry."""
    return _ENTRY.findall(tree)


@lru_cache(maxsize=256)
def by_name(tree: bytes) -> Mapping[bytes, tuple[bytes, bytes]]:
    """Read a tree by name: mode and 20 bytes of object id. The same few are asked again and again.

    Raises Corrupt for a name that stands in it twice: nobody could say which of them was agreed on.
    """
    found = entries(tree)
    known = {name: (mode, raw) for mode, name, raw in found}
    if len(known) != len(found):
        raise Corrupt("A folder of the library names one file twice.", _REMEDY)
    return MappingProxyType(known)


def apart(old: bytes, new: bytes) -> tuple[list[Entry], list[Entry]]:
    """Give the entries of each of two trees that the other does not have, in no order.

    Raises Corrupt when the second brings a link, a program or another repository, or a name twice.
    """
    before, after = set(_WHOLE_ENTRY.findall(old)), set(_WHOLE_ENTRY.findall(new))
    gone, come = entries(b"".join(before - after)), entries(b"".join(after - before))
    if strange := [name for mode, name, _raw in come if mode not in (FILE, FOLDER)]:
        told = shown(strange[0].decode("utf-8", "replace"))
        raise Corrupt(f"'{told}' in the library is no plain file.", _REMEDY)
    if len({name for _mode, name, _raw in come}) != len(come):
        raise Corrupt("A folder of the library names one file twice.", _REMEDY)
    return gone, come


def tree_text(content: Mapping[bytes, tuple[bytes, bytes]]) -> bytes:
    """Write a tree of name -> (mode, object id), in git's order: a folder sorts as `name/`."""
    ordered = sorted(content.items(), key=lambda one: one[0] + (b"/" if one[1][0] == FOLDER else b""))
    return b"".join(b"%s %s\0%s" % (mode, name, oid) for name, (mode, oid) in ordered)


@lru_cache(maxsize=256)
def parse_commit(oid: str, data: bytes) -> Commit:
    """Read a commit. Raises Corrupt when it is not one of ours."""
    head, words = _parts(oid, data)
    signature: list[str] = []
    kept: list[bytes] = []
    inside = False
    for line in head.split(b"\n"):
        if line.startswith(b"gpgsig ") or (inside and line.startswith(b" ")):
            inside = True
            signature.append(line.removeprefix(b"gpgsig ").removeprefix(b" ").decode("ascii", "replace"))
        else:
            inside = False
            kept.append(line)
    fields = [line.split(b" ", 1) for line in kept if b" " in line]
    author, at = _who(oid, fields, b"author")
    subject, trailers = _message(words)
    return Commit(
        id=oid,
        tree=_one(oid, fields, b"tree"),
        parents=tuple(text.decode() for key, text in fields if key == b"parent"),
        author=author,
        at=at,
        subject=subject,
        trailers=trailers,
        payload=b"\n".join(kept) + b"\n\n" + words,
        signature="\n".join([*signature, ""]) if signature else "",
    )


def parse_tag(oid: str, data: bytes) -> Tag:
    """Read an annotated tag. Raises Corrupt when it is not one of ours."""
    cut = data.find(b"\n" + SIGNATURE_MARK)
    payload, signature = (data, b"") if cut < 0 else (data[: cut + 1], data[cut + 1 :])
    head, words = _parts(oid, payload)
    fields = [line.split(b" ", 1) for line in head.split(b"\n") if b" " in line]
    tagger, at = _who(oid, fields, b"tagger")
    subject, trailers = _message(words)
    if _one(oid, fields, b"type") != "commit":
        raise Corrupt(f"The tag {oid} does not name a commit.", _REMEDY)
    return Tag(
        id=oid,
        name=_one(oid, fields, b"tag"),
        object=_one(oid, fields, b"object"),
        tagger=tagger,
        at=at,
        subject=subject,
        trailers=trailers,
        payload=payload,
        signature=signature.decode("ascii", "replace"),
    )


def _parts(oid: str, data: bytes) -> tuple[bytes, bytes]:
    head, found, words = data.partition(b"\n\n")
    if not found:
        raise Corrupt(f"The object {oid} has no message.", _REMEDY)
    return head, words


def _one(oid: str, fields: list[list[bytes]], name: bytes) -> str:
    found = [text for key, text in fields if key == name]
    if len(found) != 1:
        raise Corrupt(f"The object {oid} does not have exactly one '{name.decode()}' line.", _REMEDY)
    return found[0].decode("utf-8", "replace")


def _who(oid: str, fields: list[list[bytes]], name: bytes) -> tuple[str, datetime]:
    match = _STAMP.fullmatch(_one(oid, fields, name))
    if match is None:
        raise Corrupt(f"The object {oid} does not say when it was made.", _REMEDY)
    try:
        return match[1], datetime.fromtimestamp(int(match[2]), UTC)
    except (ValueError, OverflowError, OSError) as wrong:
        raise Corrupt(f"The object {oid} has an impossible time.", _REMEDY) from wrong


def _message(words: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    text = words.decode("utf-8", "replace")
    subject, _, rest = text.partition("\n")
    rows = [_TRAILER.fullmatch(line) for line in rest.strip("\n").split("\n") if line]
    return subject, tuple((row[1], row[2]) for row in rows if row)

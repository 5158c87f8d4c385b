"""Attached files in the library: beside the records, named by them, held against their SHA-256.

    changes(uow, vault, after, *, head, ...) -> (path, content or None)    what a commit writes and removes
    lay_out(uow, vault, folder, records, *, head)                         beside the records of a check-out
    source(uow, vault, id, content, *, heads, file) -> Streamed | None     the bytes, wherever they are
    problems(vault, changed) -> sentences                                 what verify asks of a commit
    unlike(vault, head) -> (document, name, sentence)                     and of the library as it stands

The bytes of an attachment come from the files that wait in the database, from the library, or from the
working directory of the check-out. They come in pieces and are never whole in memory; whatever is written
is hashed again while it is, and a commit, a file or a row that got other bytes is given up.
Source: rules.md 7, Two kinds of commit; Verify.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from baselines import workdir
from baselines.model import RecordChange
from baselines.vault import Vault
from ccb.proposal import Fields, Key
from cmdb import attachments, canonical, files
from cmdb.attachments import Content
from cmdb.document_records import attached
from cmdb.errors import CmdbError, Refused
from cmdb.model import shown
from cmdb.parts import Streamed
from cmdb.places import ATTACHMENTS, attachment_path, path_of
from cmdb.store import UnitOfWork
from cmdb.written import ATTACHMENT_LIMIT, KeptFile

UNNAMED = timedelta(days=1)  # so long files wait that no draft and no request names (yet)
_OVER = ("closed", "rejected", "withdrawn", "backed out", "checked in")


def record(vault: Vault, commit: str, id: str) -> Fields | None:
    """A document as a commit has it, or None."""
    data = vault.find(commit, path_of("document", id)) if commit else None
    return None if data is None else canonical.decode(data)[1]


def changes(
    uow: UnitOfWork,
    vault: Vault,
    after: Mapping[Key, Fields],
    *,
    head: str,
    past: Sequence[str] = (),
    folder: Path | None = None,
) -> Iterator[tuple[str, Streamed | None]]:
    """What a commit over `head` writes and removes so that the attachments of records are those named.

    `past` are more commits in which the bytes may be. Raises Refused when the bytes of one are nowhere.
    """
    for (kind, id), fields in after.items():
        if kind != "document":
            continue
        old, new = attached(record(vault, head, id)), attached(fields)
        for name in sorted({*old, *new}):
            if old.get(name) == new.get(name):
                continue
            if name not in new:
                yield attachment_path(id, name), None
                continue
            found = source(uow, vault, id, new[name], heads=(head, *past), file=_lying(folder, id, name))
            if found is None:
                raise Refused(
                    f"The bytes of the attachment '{shown(name)}' of {id} are not here; nothing was changed.",
                    "Bring the file again: 'cmdb document supply FILE'.",
                )
            yield attachment_path(id, name), found


def source(
    uow: UnitOfWork,
    vault: Vault,
    id: str,
    content: Content,
    *,
    heads: Sequence[str],
    file: Path | None = None,
) -> Streamed | None:
    """The bytes that a record names, from where they are kept; None where they are nowhere.

    Looked at whole before this comes back, and again as they are read. Raises Corrupt when they were
    changed where they wait.
    """
    for commit in heads:
        for name, other in attached(record(vault, commit, id)).items():
            oid = vault.file_id(commit, attachment_path(id, name)) if other == content else ""
            if oid and _holds(vault, oid, content):
                return _streamed(vault.pieces(oid), content)
    waiting = attachments.waiting(uow, content)
    if waiting is not None or not _lies(file, content):
        return waiting
    assert file is not None
    return _streamed(files.pieces(file, limit=ATTACHMENT_LIMIT, follow=False), content)


def lay_out(
    uow: UnitOfWork, vault: Vault, folder: Path, records: Mapping[Key, Fields], *, head: str
) -> tuple[str, ...]:
    """Put the attachments of records beside them in a working directory; give those that are nowhere."""
    absent = []
    for (kind, id), fields in records.items():
        for name, content in attached(fields).items() if kind == "document" else ():
            found = source(uow, vault, id, content, heads=(head,))
            if found is None:
                absent.append(f"{id}: {name}")
            else:
                workdir.put_attachment(folder, id, name, found.pieces)
    return tuple(absent)


def absent(uow: UnitOfWork, records: Mapping[Key, Fields], folder: Path | None) -> list[str]:
    """Sentences about new attachments of records whose bytes neither wait nor lie in the directory."""
    found = []
    for (kind, id), fields in records.items():
        if kind != "document":
            continue
        known = [_content(one) for one in _held(uow, id).values()]
        for name, content in attached(fields).items():
            here = content in known or attachments.is_kept(uow, content)
            if not here and not _lies(_lying(folder, id, name), content):
                found.append(
                    f"document {id}: the bytes of '{shown(name)}' are not here:"
                    " 'cmdb document supply FILE' brings them."
                )
    return found


def keep_past(uow: UnitOfWork, vault: Vault, commit: str, id: str, *, actor: str, at: datetime) -> None:
    """Let the attachments of a document as a commit has it wait for the request that restores them."""
    held = {one["sha256"] for one in _held(uow, id).values()}
    for name, content in attached(record(vault, commit, id)).items():
        if content["sha256"] not in held:
            oid = vault.file_id(commit, attachment_path(id, name))
            if oid and _holds(vault, oid, content):
                attachments.keep_pieces(uow, content, vault.pieces(oid), actor=actor, at=at)


def sweep(uow: UnitOfWork, *, at: datetime) -> int:
    """Forget the waiting files that no draft and no open request names, after a day; give how many."""
    marks = ", ".join("?" * len(_OVER))
    count = 0
    for kept in uow.all(KeptFile):
        if kept.kept_at > at - UNNAMED:
            continue
        like = f"%{kept.sha256}%"
        named = uow.rows(
            "SELECT 1 FROM document WHERE level = 'draft' AND attachments LIKE ? LIMIT 1", like
        ) or uow.rows(
            f"SELECT 1 FROM change_request WHERE state NOT IN ({marks}) AND changes LIKE ? LIMIT 1",
            *_OVER,
            like,
        )
        if not named:
            attachments.drop(uow, kept.sha256)
            count += 1
    return count


def problems(vault: Vault, changed: Collection[RecordChange]) -> list[str]:
    """Say where the files beside the documents that a commit changed are not those the records name.

    `changed` is everything that differs between the two commits.
    """
    touched = {one.path: one.new for one in changed if one.path.startswith(ATTACHMENTS)}
    found: list[str] = []
    for one in changed:
        if not one.path.startswith("documents/"):
            continue
        new = canonical.decode(next(vault.contents([one.new])))[1] if one.new else {}
        old = canonical.decode(next(vault.contents([one.old])))[1] if one.old else {}
        id = str(new.get("id", old.get("id", "")))
        was, now = attached(old), attached(new)
        for name in sorted({*was, *now}):
            path = attachment_path(id, name)
            if was.get(name) == now.get(name):
                continue
            if path not in touched:
                found.append(f"the attachment '{name}' of {id} was not changed with its record")
            elif name in now:
                found += _unlike(vault, touched[path], id, name, now[name])
            elif touched[path]:
                found.append(f"the attachment '{name}' of {id} is still there")
            touched.pop(path, None)
    return [*found, *(f"{path} is named by no record" for path in sorted(touched))]


def unlike(vault: Vault, head: str) -> Iterator[tuple[str, str]]:
    """Every attachment of the library as it stands that is not what its record says: `ID/NAME`, and why."""
    there = dict(vault.paths(head, ATTACHMENTS))
    for _path, oid in vault.paths(head, "documents/"):
        fields = canonical.decode(next(vault.contents([oid])))[1]
        id = str(fields["id"])
        for name, content in attached(fields).items():
            held = there.pop(attachment_path(id, name), "")
            if not held:
                yield f"{id}/{name}", f"the attachment '{name}' of {id} is missing"
                continue
            for why in _unlike(vault, held, id, name, content):
                yield f"{id}/{name}", why
    for path in there:
        yield path, f"{path} is named by no record"


def _unlike(vault: Vault, oid: str, id: str, name: str, content: Content) -> list[str]:
    if not oid:
        return [f"the attachment '{name}' of {id} is missing"]
    try:
        same = attachments.sound(vault.pieces(oid), content)
    except CmdbError as broken:
        return [f"the attachment '{name}' of {id} cannot be read: {broken.reason}"]
    return [] if same else [f"the attachment '{name}' of {id} is not what its record says"]


def _holds(vault: Vault, oid: str, content: Content) -> bool:
    """Whether a file of the library is the one a record names."""
    return attachments.sound(vault.pieces(oid), content)


def _streamed(pieces: Iterator[bytes], content: Content) -> Streamed:
    moving = Refused(
        f"The attached file {content['sha256'][:12]} changed while it was read; nothing was written.",
        "Wait until it is whole, and again.",
    )
    return Streamed(content["size"], attachments.held(pieces, content, moving))


def _content(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"sha256": one["sha256"], "size": one["size"]}


def _held(uow: UnitOfWork, id: str) -> dict[str, Content]:
    """The attachments of a document under control as the database has it: their bytes are in the library."""
    rows = uow.rows("SELECT attachments FROM document WHERE id = ? AND level <> 'draft'", id)
    return {one["name"]: one for one in json.loads(rows[0][0])} if rows else {}


def _lying(folder: Path | None, id: str, name: str) -> Path | None:
    return None if folder is None else workdir.attachment_file(folder, id, name)


def _lies(file: Path | None, content: Content) -> bool:
    try:
        return file is not None and attachments.measure(file, follow=False) == content
    except CmdbError:
        return False

"""Documents: registering and amending candidates, their attached files, and who is told of a new version.

Everything here makes or changes candidates; a document under control changes only by request. Who
approved a version is the request that brought it in, read from the library, never typed.
Source: rules.md 5, replace attachment; 9, Document; IT Service CMM 5.5, Activity 1.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cmdb import attachments, document_records, journal, notice_rules, notices
from cmdb.attachments import Content
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Group, Party, Person, Value, check, shown
from cmdb.roles import registered, require
from cmdb.store import Store, UnitOfWork
from cmdb.work import GROUP
from cmdb.written import Attachment, Document, attachment_name_problems

_READERS: Mapping[str, type[Value]] = {"person": Person, "group": Group, "party": Party}


def register(
    store: Store, document: Document, files: Mapping[str, Path], *, actor: str, at: datetime
) -> Document:
    """Add a document as a candidate, with the bytes of its attached `files` by name.

    Raises Invalid with every problem of it at once, Refused for somebody who may not keep documents.
    """
    with store.write() as uow:
        require(uow, actor, "keep documents", at=at)
        check(f"Document '{document.id}'", [*_taken(uow, document.id), *problems(uow, document)])
        made = _with_files(uow, document.but(level="draft"), files, actor=actor, at=at)
        uow.add(made)
        _journal(uow, made.id, "document register", document_records.record_of(made), actor=actor, at=at)
        uow.commit()
    return made


def amend(
    store: Store,
    document: Document,
    files: Mapping[str, Path],
    *,
    replaced: bool = False,
    actor: str,
    at: datetime,
) -> Document:
    """Replace a candidate; its attachments stay unless they are all `replaced` by these files.

    For its owner, or whoever may amend any draft. Raises NotFound, Invalid, Refused for one under control.
    """
    with store.write() as uow:
        before = _candidate(uow, document.id, actor=actor, at=at)
        check(f"Document '{document.id}'", problems(uow, document))
        kept = () if replaced else before.attachments
        made = _with_files(uow, document.but(level="draft", attachments=kept), files, actor=actor, at=at)
        uow.replace(made)
        _journal(uow, made.id, "document amend", _difference(before, made), actor=actor, at=at)
        uow.commit()
    return made


def attach(store: Store, id: str, files: Mapping[str, Path], *, actor: str, at: datetime) -> Document:
    """Attach files to a candidate by name, in the place of those of the same names."""
    with store.write() as uow:
        before = _candidate(uow, id, actor=actor, at=at)
        made = _with_files(uow, before, files, actor=actor, at=at)
        uow.replace(made)
        _journal(uow, id, "document attach", _difference(before, made), actor=actor, at=at)
        uow.commit()
    return made


def detach(store: Store, id: str, name: str, *, actor: str, at: datetime) -> Document:
    """Take an attachment off a candidate. Raises NotFound when it has none of that name."""
    with store.write() as uow:
        before = _candidate(uow, id, actor=actor, at=at)
        if before.attachment(name) is None:
            raise no_attachment(before, name)
        made = before.but(attachments=tuple(one for one in before.attachments if one.name != name))
        uow.replace(made)
        _journal(uow, id, "document detach", _difference(before, made), actor=actor, at=at)
        uow.commit()
    return made


def keep(
    store: Store, files: Mapping[Path, Content], *, document: str = "", actor: str, at: datetime
) -> None:
    """Keep the bytes of files that a request is about to name, as they were measured.

    Raises Refused when a file is something else now. What no request names a day later may be forgotten.
    """
    if not files:
        return
    with store.write() as uow:
        registered(uow, actor)
        for path, content in files.items():
            attachments.keep(uow, path, expected=content, actor=actor, at=at)
        changed = {content["sha256"]: content["size"] for content in files.values()}
        subjects = (f"document:{document}",) if document else ()
        journal.record(uow, at=at, actor=actor, action="attachment keep", subjects=subjects, changed=changed)
        uow.commit()


def listed(uow: UnitOfWork, *, kind: str = "", service: str = "") -> tuple[Document, ...]:
    """The documents in id order, of a kind or for a service only where one is named."""
    found = uow.all(Document, kind=kind) if kind else uow.all(Document)
    return tuple(one for one in found if not service or service in one.services)


def problems(uow: UnitOfWork, document: Document, *, coming: Collection[str] = ()) -> list[str]:
    """Say what a document names that is not there: owner, services, readers.

    `coming` are records that come with it, such as `person:k.chen` or `item:mail`.
    """
    owner = uow.find(Person, document.owner)
    found = []
    if f"person:{document.owner}" in coming:
        pass  # what becomes of the person is said of the person
    elif owner is None:
        found.append(f"There is no person '{shown(document.owner)}' to own it.")
    elif not owner.active:
        found.append(f"{owner.name} is not active any more, and cannot own it.")
    for service in (one for one in document.services if f"item:{one}" not in coming):
        rows = uow.rows("SELECT service FROM item WHERE id = ?", service)
        if not rows:
            found.append(f"There is no service '{shown(service)}'.")
        elif not rows[0][0]:
            found.append(f"{service} is no service.")
    for one in (one for one in document.distribution if one not in coming):
        sort, _, id = one.partition(":")
        if uow.find(_READERS[sort], id) is None:
            found.append(f"There is no {sort} '{shown(id)}' to distribute it to.")
    return found


def missing(uow: UnitOfWork, document: Document, before: Document | None) -> list[str]:
    """Say of which new attachments the bytes are not here: neither kept nor attached before."""
    attached = before.attachments if before and before.level != "draft" else ()
    known = {(one.sha256, one.size) for one in attached}
    return [
        f"the bytes of the attachment '{shown(one.name)}' are not here;"
        " bring them: 'cmdb document supply FILE'."
        for one in document.attachments
        if (one.sha256, one.size) not in known and not attachments.is_kept(uow, one.content)
    ]


def readers(uow: UnitOfWork, document: Document) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Whom a document is distributed to: the active people, and those of parties to be told by hand."""
    people: list[str] = []
    by_hand: list[str] = []
    for one in document.distribution:
        sort, _, id = one.partition(":")
        if sort == "person":
            people.append(id)
        elif sort == "group" and (group := uow.find(Group, id)) is not None:
            people += [*([group.lead] if group.lead else []), *group.members]
        elif sort == "party" and (party := uow.find(Party, id)) is not None:
            by_hand += [f"{party.name}: {name}" for name in _contacts(party)]
    active = [id for id in dict.fromkeys(people) if (who := uow.find(Person, id)) and who.active]
    return tuple(active), tuple(by_hand)


def issued(uow: UnitOfWork, document: Document, *, baseline: str, at: datetime) -> None:
    """Tell those a document is distributed to that a new version of it is in force, or that it was retired.

    Parties are told by its owner, who is told so. Inside the transaction that establishes the baseline.
    """
    people, by_hand = readers(uow, document)
    version = f" version {document.version}" if document.version else ""
    what = f"{document.kind} {document.id}{version} ({document.title})"
    happened = "is retired" if document.status == "retired" else "is in force"
    about = f"document:{document.id}"
    groups = [one.removeprefix(GROUP) for one in document.distribution if one.startswith(GROUP)]
    at_lists = [one for id in groups for one in notice_rules.of_group(uow, id)[:1] if one.startswith(GROUP)]
    text = f"{what} {happened} with {baseline}: 'cmdb document show {document.id}'."
    notices.tell(uow, (*at_lists, *people), about=about, text=text, at=at, kind="document")
    if by_hand:
        text = f"{what} {happened} with {baseline}. Tell them yourself: {'; '.join(by_hand)}."
        notices.tell(uow, (document.owner,), about=about, text=text[:2_000], at=at, kind="document")


def no_attachment(document: Document, name: str) -> NotFound:
    """The refusal that a document has no attachment of a name, with those it has."""
    return NotFound(
        f"{document.id} has no attachment '{shown(name)}'.",
        f"See 'cmdb document show {document.id}'.",
        tuple(one.name for one in document.attachments),
    )


def _contacts(party: Party) -> list[str]:
    return [" ".join(filter(None, (one.name, one.email, one.phone))) for one in party.contacts] or [
        "no contact is recorded"
    ]


def _taken(uow: UnitOfWork, id: str) -> list[str]:
    return [f"There is a document '{id}' already."] if uow.find(Document, id) is not None else []


def _candidate(uow: UnitOfWork, id: str, *, actor: str, at: datetime) -> Document:
    """The document, if the actor may change it directly."""
    before = uow.get(Document, id)
    if registered(uow, actor).id != before.owner:
        require(uow, actor, "amend any draft", at=at)
    if before.level != "draft":
        raise Refused(
            f"{before.id} is {before.level}: it changes only by an approved request.",
            "Raise one with 'cmdb change new'; it names the 'document'.",
        )
    return before


def _with_files(
    uow: UnitOfWork, document: Document, files: Mapping[str, Path], *, actor: str, at: datetime
) -> Document:
    wrong = [problem for name in files for problem in attachment_name_problems(name)]
    if wrong:
        raise Invalid("A file cannot be attached under this name.", "Name it otherwise with --name.", wrong)
    for name, path in files.items():
        content = attachments.keep(uow, path, actor=actor, at=at)
        document = document.with_attachment(Attachment(name=name, **content))
    return document


def _difference(before: Document, after: Document) -> dict[str, Any]:
    old, new = document_records.record_of(before), document_records.record_of(after)
    return {name: {"old": old[name], "new": new[name]} for name in sorted(old) if old[name] != new[name]}


def _journal(
    uow: UnitOfWork, id: str, action: str, changed: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    journal.record(
        uow, at=at, actor=actor, action=action, subjects=(f"document:{id}",), changed=dict(changed)
    )

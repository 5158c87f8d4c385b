"""The journal: one entry per use case, hash-chained, only ever added to.

The hash of an entry covers its canonical content and the hash of the one before, so that removing,
changing or reordering entries is seen by `chain_problem`. Source: rules.md 1; IT Service CMM 5.5,
Activity 8.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import cmdb.tables  # noqa: F401 - whoever writes has the rows registered
from cmdb.canonical import decode, digest_of, encode
from cmdb.dialect import CHANNEL
from cmdb.model import Entry
from cmdb.store import UnitOfWork

START = "0" * 64


def record(
    uow: UnitOfWork,
    *,
    at: datetime,
    actor: str,
    action: str,
    subjects: Sequence[str] = (),
    changed: Mapping[str, Any] | None = None,
    request: str = "",
) -> Entry:
    """Add the entry of one use case inside its own transaction; give the entry."""
    sequence, previous = head(uow)
    # What is hashed is what is stored: canonical, so that reading it back gives the same hash.
    changed = decode(encode("changed/1", _keepable(changed or {})))[1]
    entry = Entry(
        sequence=sequence + 1,
        at=at.replace(microsecond=0),
        actor=actor,
        action=action,
        subjects=tuple(subjects),
        changed=changed,
        request=request,
        previous=previous,
    )
    entry = entry.but(hash=hash_of(entry))
    uow.add(entry)
    uow.many(
        "INSERT INTO journal_subject (subject, sequence) VALUES (?, ?)",
        [(subject, entry.sequence) for subject in dict.fromkeys(subjects)],
    )
    if uow.dialect == "postgresql":  # heard by whoever listens, once this transaction is committed
        uow.rows("SELECT pg_notify(?, '')", CHANNEL)
    return entry


def _keepable(value: Any) -> Any:
    """A list such as [old, new] keeps its places: what is absent there is empty text."""
    if isinstance(value, Mapping):
        return {key: _keepable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return ["" if inner is None else _keepable(inner) for inner in value]
    return str(value) if isinstance(value, Decimal) else value


def head(uow: UnitOfWork) -> tuple[int, str]:
    """The number and hash of the newest entry; (0, zeros) before the first."""
    found = uow.rows("SELECT sequence, hash FROM journal ORDER BY sequence DESC LIMIT 1")
    return (found[0][0], found[0][1]) if found else (0, START)


def hash_at(uow: UnitOfWork, sequence: int) -> str:
    """The hash of the entry of this number; empty when there is none."""
    found = uow.rows("SELECT hash FROM journal WHERE sequence = ?", sequence)
    return str(found[0][0]) if found else ""


def hash_of(entry: Entry) -> str:
    """The hash an entry must have: a digest over everything in it but the hash."""
    return digest_of(
        "journal/1",
        {
            "sequence": entry.sequence,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "subjects": entry.subjects,
            "changed": entry.changed,
            "request": entry.request,
            "previous": entry.previous,
        },
    )


def entries(uow: UnitOfWork, *, after: int = 0, page: int = 1000) -> Iterator[Entry]:
    """Give every entry after a number, oldest first, read in pages."""
    while True:
        found = uow.where(Entry, "sequence > ?", after, limit=page)
        yield from found
        if len(found) < page:
            return
        after = found[-1].sequence


def of_subject(uow: UnitOfWork, subject: str) -> list[Entry]:
    """Give the entries that speak of a subject, newest first."""
    found = uow.where(Entry, "sequence IN (SELECT sequence FROM journal_subject WHERE subject = ?)", subject)
    return list(reversed(found))


def chain_problem(uow: UnitOfWork) -> str | None:
    """Say where the chain is broken first, or None when every hash follows from the one before."""
    sequence, previous = 0, START
    for entry in entries(uow):
        if entry.sequence != sequence + 1:
            return f"journal entry {sequence + 1} is missing"
        if entry.previous != previous or entry.hash != hash_of(entry):
            return f"journal entry {entry.sequence} ({entry.action}) is not what was recorded"
        sequence, previous = entry.sequence, entry.hash
    return None


def index_problem(uow: UnitOfWork, *, page: int = 1000) -> str | None:
    """Say which entry is not found by what it speaks of; None when all are.

    An import is found by each record it wrote as well, which its entry only counts.
    """
    for first in range(1, head(uow)[0] + 1, page):
        last = first + page - 1
        kept: dict[int, set[str]] = {}
        for subject, sequence in uow.rows(
            "SELECT subject, sequence FROM journal_subject WHERE sequence BETWEEN ? AND ?", first, last
        ):
            kept.setdefault(sequence, set()).add(subject)
        for entry in uow.where(Entry, "sequence BETWEEN ? AND ?", first, last):
            if set(entry.subjects) - kept.get(entry.sequence, set()):
                return f"journal entry {entry.sequence} ({entry.action}) is not found by what it speaks of"
    return None

"""Notices: written in the transaction of what they tell, read in the inbox.

Each waits in the outbox for the next `cmdb tick` to mail it. Source: rules.md 9, Notices; IT Service
CMM 5.5, Goal 4.
"""

from collections.abc import Iterable
from datetime import datetime

from cmdb import (
    notice_rules,
    tables_telling,  # noqa: F401 - registers the rows of what is kept here
    tables_work,  # noqa: F401 - the same
)
from cmdb.store import Store, UnitOfWork
from cmdb.telling import Mail
from cmdb.work import Notice


def tell(
    uow: UnitOfWork, people: Iterable[str], *, about: str, text: str, at: datetime, kind: str = ""
) -> None:
    """Tell those it concerns, and whom the rules add for this kind, inside the transaction of what happened.

    Each is told once.
    """
    tell_only(uow, notice_rules.people(uow, kind, people, at=at), about=about, text=text, at=at, kind=kind)


def tell_only(
    uow: UnitOfWork, people: Iterable[str], *, about: str, text: str, at: datetime, kind: str = ""
) -> None:
    """Tell exactly these people, each once: whoever asks has asked the rules already."""
    found = uow.rows("SELECT COALESCE(MAX(sequence), 0) FROM notice")
    for sequence, person in enumerate(dict.fromkeys(people), start=int(found[0][0]) + 1):
        uow.add(Notice(sequence=sequence, person=person, about=about, text=text, at=at, kind=kind))
        uow.add(Mail(notice=sequence, changed_at=at))


def inbox(uow: UnitOfWork, person: str, *, unread: bool = True) -> tuple[Notice, ...]:
    """What a person was told, newest first."""
    found = uow.where(Notice, "person = ?" + (" AND read_at IS NULL" if unread else ""), person)
    return tuple(reversed(found))


def read(store: Store, person: str, *, at: datetime, sequences: Iterable[int] = ()) -> int:
    """Mark notices of a person as read (all when none is named); give how many."""
    wanted = set(sequences)
    with store.write() as uow:
        found = [one for one in inbox(uow, person) if not wanted or one.sequence in wanted]
        for one in found:
            uow.replace(one.but(read_at=at))
        uow.commit()
    return len(found)

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
from cmdb.telling import LEFT, Mail
from cmdb.work import GROUP, Notice


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
    """Tell exactly these people, each once: whoever asks has asked the rules already.

    Who stands after a group told at its own mail address (`group:ID`) and belongs to it is told because of
    it: it is in the inbox, and the mail is the group's.
    """
    found = uow.rows("SELECT COALESCE(MAX(sequence), 0) FROM notice")
    by_group: dict[str, str] = {}
    for sequence, person in enumerate(dict.fromkeys(people), start=int(found[0][0]) + 1):
        uow.add(Notice(sequence=sequence, person=person, about=about, text=text, at=at, kind=kind))
        mail = Mail(notice=sequence, changed_at=at)
        if person in by_group:
            mail = mail.but(state=LEFT, reply=f"The mail went to the address of {by_group[person]}.")
        uow.add(mail)
        if person.startswith(GROUP):
            id = person.removeprefix(GROUP)
            by_group |= dict.fromkeys(notice_rules.of_group(uow, id), id)


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

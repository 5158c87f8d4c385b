"""The outbox: what becomes of every notice as mail, and what a run of `cmdb tick` may claim of it.

    waiting -> sending -> sent | waiting (again later) | refused | in doubt;  waiting -> not mailed | expired

A mail is claimed in a transaction of its own before it is handed over, so of two runs at once one
sends it. A process that dies in between leaves it `sending`; after a while that is `in doubt`, and
nothing sends it again by itself: sent twice or never is for a person to say (`cmdb notice retry`),
who finds its Message-ID in the log of the mail server. The inbox has the notice in any case.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from cmdb import (
    journal,
    roles,
    tables_telling,  # noqa: F401 - registers the rows of what is kept here
    tables_work,  # noqa: F401 - the same
)
from cmdb.canonical import instant, rfc3339
from cmdb.doctor import Finding
from cmdb.errors import NotFound, Refused
from cmdb.mail_settings import MailSettings, address_problems
from cmdb.model import Person, shown
from cmdb.posting import Handed
from cmdb.store import Store, UnitOfWork
from cmdb.telling import (
    AT_ONCE,
    DOUBT,
    EXPIRED,
    LEFT,
    OFF,
    REFUSED,
    SENDING,
    SENT,
    WAITING,
    Mail,
    MailWay,
)
from cmdb.work import GROUP

STALE = timedelta(minutes=15)  # far longer than one mail takes: a run that is still at it is gone
BACK_OFF = tuple(timedelta(minutes=one) for one in (5, 10, 20, 40, 60))  # the last one from then on
UNDELIVERED = (REFUSED, DOUBT, EXPIRED)
_BEGUN = "site:mail"


class Waiting(NamedTuple):
    """One notice that is to be mailed: to whom and how they want it."""

    notice: int
    person: str
    about: str
    text: str
    kind: str
    told_at: datetime
    name: str
    address: str
    way: str
    message_id: str


class Undelivered(NamedTuple):
    """A mail that did not arrive, or of which that is not known; `read` when its notice was read since."""

    mail: Mail
    person: str
    text: str
    told_at: datetime
    read: bool


def begin(store: Store, *, actor: str, at: datetime) -> int:
    """Note, once in the life of a site, that mail is sent from now on; give how many notices stay unmailed.

    What people were told before is in their inboxes; nobody gets a year of it as mail.
    """
    with store.write() as uow:
        if uow.rows("SELECT 1 FROM journal_subject WHERE subject = ?", _BEGUN):
            return 0
        roles.registered(uow, actor)
        [(count,)] = uow.rows("SELECT COUNT(*) FROM outbox WHERE state = ?", WAITING)
        _leave(uow, "1 = 1", LEFT, "It was told before mail was set up.", at)
        journal.record(uow, at=at, actor=actor, action="mail begin", subjects=(_BEGUN,))
        uow.commit()
    return int(count)


def sort_out(store: Store, settings: MailSettings, *, at: datetime) -> tuple[Waiting, ...]:
    """Take out what is not to be mailed, or no more; give what is due now, in the order it was told."""
    with store.write() as uow:
        stale = rfc3339(at - STALE)
        late = "Whoever sent it was interrupted: it may have arrived."
        uow.rows(
            "UPDATE outbox SET state = ?, reply = ?, changed_at = ? WHERE state = ? AND changed_at < ?",
            *(DOUBT, late, rfc3339(at), SENDING, stale),
        )
        old = rfc3339(at - timedelta(days=settings.give_up_days))
        told = "notice IN (SELECT sequence FROM notice WHERE {})"
        _leave(uow, told.format("read_at IS NOT NULL"), LEFT, "It was read before it was mailed.", at)
        # Sent again by hand, an old one is tried once more before it is given up anew.
        _leave(uow, f"(tries > 0 OR changed_at < ?) AND {told.format('at < ?')}", EXPIRED, "", at, old, old)
        due = []
        for one in _waiting(uow, settings.default, at):
            state, why = _not_to(one)
            if state:
                _leave(uow, "notice = ?", state, why, at, one.notice)
            else:
                due.append(one)
        uow.commit()
    slot = settings.digest_before(at)
    return tuple(one for one in due if one.message_id or one.way == AT_ONCE or one.told_at < slot)


def claim(store: Store, notices: Sequence[int], *, run: str, message_id: str, at: datetime) -> bool:
    """Take mails for this run, all or none of them; False when another run has one already."""
    marks = ", ".join("?" for _ in notices)
    with store.write() as uow:
        uow.rows(
            "UPDATE outbox SET state = ?, claim = ?, message_id = ?, tries = tries + 1, changed_at = ?"
            f" WHERE notice IN ({marks}) AND state = ?",
            *(SENDING, run, message_id, rfc3339(at), *notices, WAITING),
        )
        found = uow.rows(
            f"SELECT COUNT(*) FROM outbox WHERE notice IN ({marks}) AND claim = ? AND state = ?",
            *(*notices, run, SENDING),
        )
        if found[0][0] != len(notices):
            return False
        uow.commit()
    return True


def settle(store: Store, notices: Sequence[int], handed: Handed, *, run: str, at: datetime) -> None:
    """Note what became of mails this run has claimed, also where they were thought to be in doubt since."""
    with store.write() as uow:
        for notice in notices:
            mail = uow.get(Mail, notice)
            if mail.claim == run and mail.state in (SENDING, DOUBT):
                uow.replace(_after(mail, handed, at))
        uow.commit()


def put_off(store: Store, notices: Iterable[int], why: str, *, at: datetime) -> None:
    """Note that mails could not even be tried: the server was not to be reached."""
    with store.write() as uow:
        for notice in notices:
            mail = uow.get(Mail, notice)
            if mail.state == WAITING:
                uow.replace(_after(mail.but(tries=mail.tries + 1), Handed(WAITING, why), at))
        uow.commit()


def retry(store: Store, notices: Sequence[int], *, actor: str, at: datetime) -> tuple[Mail, ...]:
    """Send mails again that were refused, given up or in doubt: at the next tick, under the same Message-ID.

    Without numbers all that were refused or given up and are not read yet; what is in doubt is named one
    by one. Raises NotFound for a notice that does not exist, Refused for one that is not undelivered.
    """
    with store.write() as uow:
        roles.registered(uow, actor)
        wanted = notices or [
            one.mail.notice for one in undelivered(uow) if one.mail.state != DOUBT and not one.read
        ]
        done = []
        for notice in dict.fromkeys(wanted):
            mail = uow.find(Mail, notice)
            if mail is None:
                raise NotFound(f"There is no notice {notice}.", "See 'cmdb inbox --undelivered'.")
            if mail.state not in UNDELIVERED:
                raise Refused(
                    f"The mail of notice {notice} is {mail.state}; there is nothing to send again.",
                    "See 'cmdb inbox --undelivered'.",
                )
            uow.rows("UPDATE notice SET read_at = NULL WHERE sequence = ?", notice)
            done.append(mail.but(state=WAITING, tries=0, again=None, claim="", changed_at=at))
            uow.replace(done[-1])
        if done:
            changed = {"notices": [one.notice for one in done]}
            journal.record(uow, at=at, actor=actor, action="mail retry", changed=changed)
            uow.commit()
    return tuple(done)


def prefer(store: Store, person: str, way: str, *, actor: str, at: datetime) -> MailWay:
    """Say how a person wants mail: their own choice, or that of who may register people. Journalled."""
    with store.write() as uow:
        if actor == person:
            roles.registered(uow, actor)
        else:
            roles.require(uow, actor, "register people", at=at)
        uow.get(Person, person)
        wanted, before = MailWay(person=person, way=way), uow.find(MailWay, person)
        if before is None:
            uow.add(wanted)
        else:
            uow.replace(wanted)
        changed = {"mail": [before.way if before else "", way]}
        journal.record(
            uow, at=at, actor=actor, action="mail way", subjects=(f"person:{person}",), changed=changed
        )
        uow.commit()
    return wanted


def way_of(uow: UnitOfWork, person: str) -> str:
    """How a person said they want mail; empty when they said nothing."""
    found = uow.find(MailWay, person)
    return found.way if found else ""


def counts(uow: UnitOfWork) -> dict[str, int]:
    """How many mails are in each state."""
    rows = uow.rows("SELECT state, COUNT(*) FROM outbox GROUP BY state ORDER BY state")
    return {str(state): int(count) for state, count in rows}


def undelivered(uow: UnitOfWork) -> tuple[Undelivered, ...]:
    """Mails that did not arrive, that nobody knows of, and those whose last try failed; the newest first."""
    found = uow.where(
        Mail, "state IN (?, ?, ?) OR (state = ? AND tries > 0) OR state = ?", *UNDELIVERED, WAITING, SENDING
    )
    told = {
        int(row[0]): row
        for row in uow.rows(
            "SELECT sequence, person, text, at, read_at FROM notice WHERE sequence IN (SELECT notice FROM"
            " outbox WHERE state NOT IN (?, ?))",
            *(SENT, LEFT),
        )
    }
    return tuple(
        Undelivered(mail, str(row[1]), str(row[2]), instant(row[3]), row[4] is not None)
        for mail in reversed(found)
        for row in (told[mail.notice],)
    )


def troubles(uow: UnitOfWork) -> tuple[tuple[str, int, str], ...]:
    """Mail of unread notices that does not arrive: each state, how many, something that was said."""
    rows = uow.rows(
        "SELECT o.state, COUNT(*), MAX(o.reply) FROM outbox o JOIN notice n ON n.sequence = o.notice"
        " WHERE (o.state IN (?, ?, ?) OR (o.state = ? AND o.tries > 0)) AND n.read_at IS NULL"
        " GROUP BY o.state ORDER BY o.state",
        *(*UNDELIVERED, WAITING),
    )
    return tuple((str(state), int(count), str(reply)) for state, count, reply in rows)


def findings(uow: UnitOfWork) -> Iterator[Finding]:
    """What the doctor says of mail: what did not arrive and nobody has read in the inbox since either."""
    every = [one for one in undelivered(uow) if not one.read]
    refusing = [one for one in every if one.mail.state == WAITING and one.mail.reply[:1] == "5"]
    if refusing:
        count = "1 mail waits" if len(refusing) == 1 else f"{len(refusing)} mails wait"
        yield Finding(
            kind="mail",
            subject="the mail server",
            text=f"It refuses what it is handed, whoever it is for; {count}: {refusing[0].mail.reply}".rstrip(
                "."
            )
            + ".",
            remedy="Correct [mail] in site.toml, or the mail server; try it with 'cmdb notice check --send'.",
        )
    open_ones = [one for one in every if one not in refusing]
    for state, says, remedy in (
        (REFUSED, "was refused", "Correct the address with 'cmdb person amend', then 'cmdb notice retry'."),
        (
            DOUBT,
            "may or may not have arrived",
            "Look in the log of the mail server, then 'cmdb notice retry N'.",
        ),
        (EXPIRED, "was given up", "Send it again: 'cmdb notice retry'."),
        (WAITING, "waits: the last try failed", "It is tried again at the next 'cmdb tick'."),
    ):
        for person in dict.fromkeys(one.person for one in open_ones if one.mail.state == state):
            mine = [one for one in open_ones if one.person == person and one.mail.state == state]
            more = f" and {len(mine) - 5} more" if len(mine) > 5 else ""
            numbers = ", ".join(str(one.mail.notice) for one in mine[:5]) + more
            text = f"Mail of notice {numbers} {says}: {mine[0].mail.reply or 'no reason given'}"
            mend = remedy.replace("person amend", "group amend") if person.startswith(GROUP) else remedy
            yield Finding(kind="mail", subject=person, text=text.rstrip(".") + ".", remedy=mend)


def _leave(uow: UnitOfWork, clause: str, state: str, why: str, at: datetime, *parameters: object) -> None:
    reply = "" if not why else ", reply = ?"
    uow.rows(
        f"UPDATE outbox SET state = ?, changed_at = ?{reply} WHERE state = ? AND {clause}",
        *(state, rfc3339(at), *([why] if why else []), WAITING, *parameters),
    )


def _waiting(uow: UnitOfWork, default: str, at: datetime) -> list[Waiting]:
    rows = uow.rows(
        "SELECT n.sequence, n.person, n.about, n.text, n.kind, n.at, COALESCE(p.name, g.name, ''),"
        " CASE WHEN p.active THEN p.email WHEN p.id IS NULL THEN COALESCE(g.email, '') ELSE '' END,"
        " COALESCE(w.way, CASE WHEN g.id IS NULL THEN ? ELSE ? END), o.message_id"
        " FROM outbox o JOIN notice n ON n.sequence = o.notice LEFT JOIN person p ON p.id = n.person"
        " LEFT JOIN people_group g ON p.id IS NULL AND n.person = ? || g.id"
        " LEFT JOIN mail_way w ON w.person = n.person"
        " WHERE o.state = ? AND (o.again IS NULL OR o.again <= ?) ORDER BY n.sequence",
        *(default, AT_ONCE, GROUP, WAITING, rfc3339(at)),
    )
    return [
        Waiting(notice, person, about, text, kind, instant(told), name, address, way, id)
        for notice, person, about, text, kind, told, name, address, way, id in rows
    ]


def _not_to(one: Waiting) -> tuple[str, str]:
    """Why a notice is no mail: the state it goes to and the reason; both empty when it is one."""
    if one.way == OFF:
        return LEFT, f"{one.person} wants no mail."
    if not one.address:
        return LEFT, f"{one.person} has no mail address, or is not active."
    if address_problems(one.address):
        return REFUSED, f"'{shown(one.address)}' is no mail address."
    return "", ""


def _after(mail: Mail, handed: Handed, at: datetime) -> Mail:
    again = None
    if handed.state == WAITING:
        again = at + BACK_OFF[min(mail.tries, len(BACK_OFF)) - 1]
    return mail.but(state=handed.state, reply=handed.reply, again=again, changed_at=at)

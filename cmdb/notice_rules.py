"""Who is told of what: the table kind of notice x recipients, as the site has it.

    ladder(uow, kind) -> ((days, recipients), ...)                 what holds here
    people(uow, kind, concerned, after=0, at=...) -> (person, ...)  whom that comes to now
    named(uow, recipients, at=...) -> (person, ...)                 the same of recipients alone
    steps(uow, kind, concerned, since=..., at=...) -> ((days, people), ...)  who hears of what is overdue

Those it concerns are always told; a rule adds roles, groups, people and leads. What a site says of a
kind and a day stands in the place of the default for that day. A group that has a mail address is told
there as well (`group:ID`), before its people. Source: rules.md 9, Notices.
"""

from collections.abc import Iterable
from datetime import datetime

from cmdb import (
    journal,
    roles,
    tables_telling,  # noqa: F401 - registers the rows of what is kept here
)
from cmdb.errors import NotFound
from cmdb.model import Group, Person, RoleGrant, check, shown
from cmdb.store import Store, UnitOfWork
from cmdb.telling import KINDS, LEAD, Ladder, NoticeRule
from cmdb.work import GROUP

RIGHT = "say who is told"


def ladder(uow: UnitOfWork, kind: str) -> Ladder:
    """The days and recipients that hold here for a kind, day 0 first; days that tell nobody are left out."""
    found = dict(KINDS[kind].ladder) if kind in KINDS else {}
    found |= {one.after: one.recipients for one in uow.all(NoticeRule, kind=kind)}
    return tuple(sorted((after, told) for after, told in found.items() if told))


def said(uow: UnitOfWork) -> frozenset[tuple[str, int]]:
    """The kinds and days of which this site says something itself."""
    return frozenset((one.kind, one.after) for one in uow.all(NoticeRule))


def people(
    uow: UnitOfWork, kind: str, concerned: Iterable[str], *, after: int = 0, at: datetime
) -> tuple[str, ...]:
    """The people told on a day: on day 0 those concerned first, then whom the rule comes to; each once.

    Only active people are added by a rule.
    """
    named = tuple(dict.fromkeys(concerned))
    recipients = dict(ladder(uow, kind)).get(after, ())
    added: list[str] = []
    for one in recipients:
        added += _meant(uow, one, named, at)
    active = [one for one in dict.fromkeys(added) if _active(uow, one)]
    return tuple(dict.fromkeys([*(named if after == 0 else ()), *active]))


def named(uow: UnitOfWork, recipients: Iterable[str], *, at: datetime) -> tuple[str, ...]:
    """The active people that recipients come to, as rules name them; each once."""
    found = dict.fromkeys(person for one in recipients for person in _meant(uow, one, (), at))
    return tuple(one for one in found if _active(uow, one))


def steps(
    uow: UnitOfWork, kind: str, concerned: Iterable[str], *, since: datetime, at: datetime
) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Who has to have heard by now of what is overdue since `since`: days with the people told on them.

    Days are those that passed in full. Whoever is told on several of them stands at the last one alone.
    """
    named, passed = tuple(concerned), (at - since).days
    days = dict.fromkeys((0, *(after for after, _told in ladder(uow, kind) if after <= passed)))
    last = {person: after for after in days for person in people(uow, kind, named, after=after, at=at)}
    return tuple((after, tuple(one for one in last if last[one] == after)) for after in days)


def of_group(uow: UnitOfWork, id: str) -> tuple[str, ...]:
    """Whom telling a group comes to: its own mail address, if it has one, then its lead and members."""
    group = uow.find(Group, id)
    if group is None:
        return ()
    told = (f"{GROUP}{id}" if group.email else "", group.lead, *group.members)
    return tuple(dict.fromkeys(one for one in told if one))


def amend(
    store: Store, kind: str, recipients: Iterable[str], *, after: int = 0, actor: str, at: datetime
) -> NoticeRule:
    """Say who is told of a kind after so many days, besides those it concerns. Journalled.

    Raises Invalid with everybody named who does not exist, Refused without the right.
    """
    rule = NoticeRule(kind=kind, after=after, recipients=tuple(dict.fromkeys(recipients)))
    with store.write() as uow:
        roles.require(uow, actor, RIGHT, at=at)
        check("The rule", _unknown(uow, rule))
        before = dict(ladder(uow, kind)).get(after, ())
        if uow.find(NoticeRule, kind, after) is None:
            uow.add(rule)
        else:
            uow.replace(rule)
        _journal(uow, rule, before, rule.recipients, actor, at)
        uow.commit()
    return rule


def restore(store: Store, kind: str, *, after: int = 0, actor: str, at: datetime) -> Ladder:
    """Let the default hold again for a kind and a day; give the ladder. Raises NotFound where it does."""
    with store.write() as uow:
        roles.require(uow, actor, RIGHT, at=at)
        rule = uow.find(NoticeRule, kind, after)
        if rule is None:
            raise NotFound(
                f"This site says nothing itself of '{shown(kind)}' after {after} days.",
                "See what holds with 'cmdb notice rules'.",
            )
        uow.remove(rule)
        found = ladder(uow, kind)
        _journal(uow, rule, rule.recipients, dict(found).get(after, ()), actor, at)
        uow.commit()
    return found


def _journal(
    uow: UnitOfWork,
    rule: NoticeRule,
    before: tuple[str, ...],
    now: tuple[str, ...],
    actor: str,
    at: datetime,
) -> None:
    changed = {"kind": rule.kind, "after": rule.after, "told": [", ".join(before), ", ".join(now)]}
    journal.record(uow, at=at, actor=actor, action="notice rule", changed=changed)


def _meant(uow: UnitOfWork, recipient: str, concerned: tuple[str, ...], at: datetime) -> Iterable[str]:
    if recipient == LEAD:
        mine = set(concerned)
        return sorted(one.lead for one in uow.all(Group) if one.lead and mine & set(one.members))
    sort, _, name = recipient.partition(":")
    if sort == "role":
        held = [one for one in uow.all(RoleGrant, role=name) if roles.holds(one, at)]
        return sorted(one.person for one in held)
    if sort == "group":
        return of_group(uow, name)
    return (name,)


def _active(uow: UnitOfWork, person: str) -> bool:
    found = uow.find(Person, person)
    return found.active if found is not None else person.startswith(GROUP)


def _unknown(uow: UnitOfWork, rule: NoticeRule) -> list[str]:
    problems = []
    for one in rule.recipients:
        sort, _, name = one.partition(":")
        if sort == "role" and name not in roles.ROLES:
            problems.append(f"There is no role '{shown(name)}': see 'cmdb role table'.")
        if sort == "group" and uow.find(Group, name) is None:
            problems.append(f"There is no group '{shown(name)}'.")
        if sort == "person" and not ((found := uow.find(Person, name)) and found.active):
            problems.append(f"There is no active person '{shown(name)}'.")
    return problems

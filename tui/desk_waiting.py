"""What waits and what is planned: Today and the calendar, read inside one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from baselines import checkout
from ccb import board
from cmdb import action_items, agreements, notices
from cmdb.promises import Freeze, PlannedWork
from cmdb.reading_promises import StoredPromises
from cmdb.store import UnitOfWork
from tui.present import duration, minutes, period
from tui.views import AgreementLine, Calendar, CalendarLine, Errand, Section

HORIZON = timedelta(days=90)
SOON = timedelta(hours=24)
AT_RISK = 0.75  # share of an allowance that is used


def sections(uow: UnitOfWork, person: str, at: datetime, zone: tzinfo) -> list[Section]:
    """What waits for a person, most urgent first; for nobody in particular, what anybody may see."""
    public = [_soon(uow, at), _at_risk(uow, at, zone)]
    if not person:
        return public
    return [
        _waiting(uow, person, at),
        _mine(uow, person, at),
        *public,
        _to_do(uow, person, at),
        _inbox(uow, person),
    ]


def _waiting(uow: UnitOfWork, person: str, at: datetime) -> Section:
    errands = tuple(
        Errand(
            place="board",
            subject=one.ballot.request.id,
            text=one.ballot.request.title + ("  (your vote is stale)" if one.stale else ""),
            when=one.ballot.deadline,
            role="warn" if one.stale else "accent",
            mark="▲" if one.stale else "◆",
        )
        for one in board.queue(uow, person, at=at)
    )
    return Section(title="Waits for my vote", errands=errands, empty="nothing")


def _mine(uow: UnitOfWork, person: str, at: datetime) -> Section:
    outs = [one for one in checkout.outstanding(uow) if one.person == person]
    titles = titles_of(uow, [one.request for one in outs])
    errands = tuple(
        Errand(
            place="change",
            subject=one.request,
            text=titles.get(one.request, "")
            + ("  (lease over)" if one.expires_at <= at else "  lease until"),
            when=one.expires_at,
            role="bad" if one.expires_at <= at else "accent",
            mark="▶",
        )
        for one in outs
    )
    return Section(title="My check-outs", errands=errands, empty="nothing is checked out by you")


def _soon(uow: UnitOfWork, at: datetime) -> Section:
    works = StoredPromises(uow.rows, uow.dialect).planned_between(at, at + SOON)
    titles = titles_of(uow, [one.reference for one in works])
    errands = tuple(
        Errand(
            place="change",
            subject=one.reference,
            text=f"{titles.get(one.reference, '')}  {_downtime(one)}",
            when=one.window_start,
        )
        for one in works
    )
    return Section(title="Windows in the next 24 hours", errands=errands, empty="none")


def _at_risk(uow: UnitOfWork, at: datetime, zone: tzinfo) -> Section:
    rows = [one for one in _agreements(uow, at, zone) if one.used >= one.allowance * AT_RISK]
    errands = tuple(
        Errand(
            place="item",
            subject=one.service,
            text=f"{one.customer}: {minutes(one.allowance - one.used)} of {minutes(one.allowance)} min left, "
            f"{one.period}",
            role="bad" if one.used > one.allowance else "warn",
            mark="×" if one.used > one.allowance else "▲",
        )
        for one in rows
    )
    return Section(title="Promises at risk", errands=errands, empty="none")


def _to_do(uow: UnitOfWork, person: str, at: datetime) -> Section:
    errands = tuple(
        Errand(
            place="change" if one.origin.startswith("change:") else "audits",
            subject=one.origin.partition(":")[2] if one.origin.startswith("change:") else one.id,
            text=f"{one.id}  {one.what}",
            when=one.due,
            role="bad" if one.due and one.due < at else "",
            mark="■",
        )
        for one in action_items.listed(uow, owner=person)
    )
    return Section(title="My action items", errands=errands, empty="none")


def _inbox(uow: UnitOfWork, person: str) -> Section:
    errands = tuple(
        Errand(
            place="change" if one.about.startswith("change:") else "baselines",
            subject=one.about.partition(":")[2],
            text=one.text,
            when=one.at,
        )
        for one in notices.inbox(uow, person)[:20]
    )
    return Section(title="Inbox", errands=errands, empty="nothing unread")


def titles_of(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, str]:
    """The titles of change requests, by id."""
    if not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    return {str(row[0]): str(row[1]) for row in uow.rows(
        f"SELECT id, title FROM change_request WHERE id IN ({marks})", *ids
    )}  # fmt: skip


def calendar(uow: UnitOfWork, at: datetime, zone: tzinfo) -> Calendar:
    """What is planned from now on, and what is left of every promise."""
    promises = StoredPromises(uow.rows, uow.dialect)
    works = [
        (work, tentative)
        for tentative in (False, True)
        for work in promises.planned_between(at, at + HORIZON, tentative=tentative)
    ]
    titles = titles_of(uow, [work.reference for work, _ in works])
    lines = [
        CalendarLine(
            start=work.window_start,
            end=work.window_end,
            kind="asked" if tentative else "scheduled",
            subject=work.reference,
            text=f"{titles.get(work.reference, '')}  {_downtime(work)}",
            role="dim" if tentative else "good",
        )
        for work, tentative in works
    ]
    lines += [
        CalendarLine(start=one.start, end=one.end, kind="freeze", subject=one.id, text=one.title, role="info")
        for one in uow.all(Freeze)
        if one.end > at
    ]
    left = _agreements(uow, at, zone)
    return Calendar(lines=tuple(sorted(lines, key=lambda one: (one.start, one.subject))), agreements=left)


def _agreements(uow: UnitOfWork, at: datetime, zone: tzinfo) -> tuple[AgreementLine, ...]:
    found = []
    for agreement in agreements.listed(uow):
        if not agreement.binding:
            continue
        for one in agreements.standings_of(uow, agreement.id, at=at, now=at):
            found.append(
                AgreementLine(
                    agreement=agreement.id,
                    service=one.service,
                    customer=agreement.customer,
                    commitment=one.commitment,
                    period=period(one.start, one.end, zone),
                    allowance=one.allowance_s,
                    used=one.used_s,
                )
            )
    return tuple(sorted(found, key=lambda one: (one.allowance - one.used, one.agreement, one.service)))


def _downtime(work: PlannedWork) -> str:
    if not work.down:
        return ""
    return f"down {duration(work.expected)}, at worst {duration(work.worst)}"

"""What waits and what is planned: Today and the calendar, read inside one transaction."""

from collections.abc import Collection
from datetime import datetime, timedelta, tzinfo

from baselines import checkout
from ccb import board, inbox
from cmdb import action_items, measurements
from cmdb.reading_promises import StoredPromises
from cmdb.store import UnitOfWork
from cmdb.work import ActionItem
from tui import clockface, desk_today, schedule, standing_lines
from tui.desk_places import place_of
from tui.duty_views import AgreementLine, Calendar, Errand, Section
from tui.present import age, minutes_left

HORIZON = timedelta(days=90)
SOON = timedelta(hours=24)
AT_RISK = 0.75  # share of an allowance that is used
TOLD = 20  # notices shown; the page of the inbox has them all
LATE = 10  # overdue action items of others


def sections(uow: UnitOfWork, person: str, at: datetime, zone: tzinfo) -> list[Section]:
    """What waits for a person, most urgent first; for nobody in particular, what anybody may see."""
    running, soon, risk = _running(uow, at), _soon(uow, at), _at_risk(uow, at, zone)
    if not person:
        return [*running, soon, risk]
    waiting = _waiting(uow, person, at)
    return [
        waiting,
        *desk_today.meetings(uow, person, at),
        _mine(uow, person, at),
        *running,
        *desk_today.events(uow, person, at),
        soon,
        risk,
        *desk_today.own_requests(uow, person),
        *desk_today.to_establish(uow, person, at),
        _to_do(uow, person, at),
        *desk_today.audits(uow, person, at),
        *desk_today.reviews_and_papers(uow, person, at),
        *desk_today.plans(uow, person, at, zone),
        *desk_today.trainings(uow, person, at, zone),
        *_late(uow, person, at),
        *desk_today.mail(uow, person, at),
        _inbox(uow, person, at, zone, {one.subject for one in waiting.errands}),
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
    return Section(title="Waits for my vote", errands=errands)


def _mine(uow: UnitOfWork, person: str, at: datetime) -> Section:
    outs = [one for one in checkout.outstanding(uow) if one.person == person]
    titles = schedule.titles_of(uow, [one.request for one in outs])
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
    return Section(title="My check-outs", errands=errands)


def _running(uow: UnitOfWork, at: datetime) -> list[Section]:
    """What is down now; no section where nothing is."""
    errands = tuple(
        Errand(
            place="outages",
            subject=one.subject,
            text=f"{one.effect}, began {age(one.started, at)}  {one.note}".strip(),
            when=one.started,
            role="bad" if one.effect == "outage" else "warn",
            mark="×" if one.effect == "outage" else "▲",
        )
        for one in measurements.listed(uow)
        if one.ended is None and one.effect != "none"
    )
    return [Section(title="Down now", errands=errands)] if errands else []


def _soon(uow: UnitOfWork, at: datetime) -> Section:
    works = StoredPromises(uow.rows, uow.dialect).planned_between(at, at + SOON)
    titles = schedule.titles_of(uow, [one.reference for one in works])
    errands = tuple(
        Errand(
            place="change",
            subject=one.reference,
            text=f"{titles.get(one.reference, '')}  {schedule.downtime(one)}".strip()
            + ("  (open)" if one.window_start <= at else ""),
            when=one.window_start,
        )
        for one in works
    )
    return Section(title="Windows in the next 24 hours", errands=errands)


def _at_risk(uow: UnitOfWork, at: datetime, zone: tzinfo) -> Section:
    errands = tuple(
        Errand(
            place="agreement",
            subject=one.agreement,
            text=f"{_left(one)}, {one.period}",
            role="bad" if one.broken else "warn",
            mark="×" if one.broken else "▲",
        )
        for one in standing_lines.lines(uow, at, zone)
        if (one.broken or one.level.at_risk if one.level else one.used >= one.allowance * AT_RISK)
    )
    return Section(title="Promises at risk", errands=errands)


def _left(one: AgreementLine) -> str:
    if one.level:
        seen = one.level
        return f"{seen.quantity} of {one.service}: {seen.left}; {seen.delivered}, {seen.promised}"
    left, allowed = minutes_left(one.allowance - one.used), minutes_left(one.allowance)
    return f"{one.service}: {left} of {allowed} min left"


def _to_do(uow: UnitOfWork, person: str, at: datetime) -> Section:
    found = sorted(
        action_items.listed(uow, owner=person), key=lambda one: (not one.overdue(at), one.due is None)
    )
    return Section(title="My action items", errands=tuple(_action(one, one.what, at) for one in found))


def _late(uow: UnitOfWork, person: str, at: datetime) -> list[Section]:
    """Action items of others whose date has passed; no section where there is none."""
    found = [one for one in action_items.overdue(uow, at=at) if one.owner != person]
    errands = tuple(_action(one, f"{one.owner}: {one.what}", at) for one in found[:LATE])
    note = f"Overdue action items of others, {len(found)}"
    return [Section(title=note, errands=errands)] if errands else []


def _action(one: ActionItem, text: str, at: datetime) -> Errand:
    late = one.overdue(at)
    return Errand(
        place="action",
        subject=one.id,
        text=f"{text}  ({'OVERDUE' if late else one.state})",
        when=one.due,
        role="bad" if late else "",
        mark="■",
    )


def _inbox(uow: UnitOfWork, person: str, at: datetime, zone: tzinfo, waiting: Collection[str]) -> Section:
    """What asks for something, or is news; what is settled counts no more."""
    found = [one.notice for one in inbox.told(uow, person, at=at, waiting=waiting) if not one.settled]
    errands = tuple(
        Errand(
            place=place_of(one.about)[0],
            subject=place_of(one.about)[1],
            text=clockface.by_the_wall(one.text, zone),
            when=one.at,
            notice=one.sequence,
        )
        for one in found[:TOLD]
    )
    title = f"Inbox, {len(found)} unread" if found else "Inbox"
    return Section(title=title, errands=errands)


def calendar(uow: UnitOfWork, at: datetime, zone: tzinfo) -> Calendar:
    """What is planned from now on, and what is left of every promise."""
    found = schedule.planned(uow, at, at + HORIZON)
    left = standing_lines.lines(uow, at, zone, past=standing_lines.PAST)
    return Calendar(lines=found.lines(), agreements=left, note=found.not_computed)

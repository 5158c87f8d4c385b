"""What else waits for a person: events, requests, reviews, audits, plans. Read inside one transaction.

Every function gives a section or none; what is far off is left out, so that Today stays a page.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo

from baselines import tables_audits
from baselines.audit_life import Audit, Finding
from ccb import requests, tables_meetings
from ccb.ballot import Board
from ccb.model import CHANGE_KINDS, ChangeRequest
from cmdb import documents, event_queue, milestones, outbox, reviews, roles, training
from cmdb.event_queue import Sought
from cmdb.reported import UNRESOLVED, Event
from cmdb.store import UnitOfWork
from tui.duty_views import Errand, Section
from tui.present import age

SHOWN = 8  # lines of a section; its title says how many there are
AHEAD = timedelta(days=14)  # reviews, audits and milestones shown before their day
SOON = timedelta(hours=4)  # a deadline that is near
ENDS = timedelta(days=60)  # training that will not count much longer
FOREVER = "9999-12-31"
DAY = timedelta(days=1)
# Whose milestones and findings a manager sees beside their own.
MANAGERS = frozenset({"senior manager", "service manager", "configuration manager"})
KEEPERS = frozenset({"configuration manager", "CM group"})
ACTS = {"baseline": "establish baselines", "promotion": "establish baselines", "release": "release products"}


def events(uow: UnitOfWork, person: str, at: datetime) -> list[Section]:
    """Unresolved events of a person and their groups; those nobody has, for whoever manages events."""
    mine, total = event_queue.found(uow, Sought(states=UNRESOLVED, whose=person), at=at, limit=SHOWN)
    sections = _section("Events, mine and my groups'", map(_Event(at), mine), total)
    if "event manager" in roles.roles_of(uow, person, at=at):
        free, many = event_queue.found(uow, Sought(states=UNRESOLVED, nobodys=True), at=at, limit=SHOWN)
        sections += _section("Events nobody has", map(_Event(at), free), many)
    return sections


class _Event:
    """Tells events in lines at a moment."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self, one: Event) -> Errand:
        due, late = event_queue.due(one), event_queue.late(one, self.at)
        down = ", still down" if one.unresolved and one.down and one.ended is None else ""
        far = f", {late or age(due, self.at)}" if due else ""
        near = due is not None and due - self.at < SOON
        return Errand(
            place="event",
            subject=one.id,
            text=f"{one.summary}  ({one.state}, {one.priority}{down}{far})",
            when=due,
            role="bad" if late else "warn" if near or one.priority == "critical" else "",
            mark="×" if late else "▲" if near else "●",
        )


def own_requests(uow: UnitOfWork, person: str) -> list[Section]:
    """Requests whose next step is the person's: approved to be checked out, checked in to be closed."""
    found = [
        one
        for one in requests.listed(uow, states=("approved", "checked in"))
        if one.implementer == person and one.kind in CHANGE_KINDS
    ]
    words = {"approved": "check it out", "checked in": "close it"}
    return _section("My requests", (_request(one, words[one.state]) for one in found))


def to_establish(uow: UnitOfWork, person: str, at: datetime) -> list[Section]:
    """Approved baselines, promotions and releases, for whoever may bring them about."""
    held = roles.roles_of(uow, person, at=at)
    found = [
        one
        for one in requests.listed(uow, states=("approved",))
        if one.kind in ACTS and held & roles.allowed(uow, ACTS[one.kind])
    ]
    words = {"baseline": "establish it", "promotion": "establish it", "release": "build it"}
    return _section("Baselines and releases to be made", (_request(one, words[one.kind]) for one in found))


def _request(one: ChangeRequest, words: str) -> Errand:
    return Errand(
        place="change", subject=one.id, text=f"{one.title}  ({one.state}: {words})", role="accent", mark="▶"
    )


def reviews_and_papers(uow: UnitOfWork, person: str, at: datetime) -> list[Section]:
    """Reviews to hold, to approve or to come to, and documents whose review is due."""
    errands: list[Errand] = []
    for one in reviews.listed(uow):
        if person not in (one.holder, one.approver, *one.participants) or one.planned - at > AHEAD:
            continue
        asks = "hold it" if one.holder == person else "take part"
        if one.approver == person and one.approved_at is None:
            asks = "approve its material"
        elif one.approver and one.approved_at is None and one.holder == person:
            asks = f"{one.approver} has to approve its material"
        late = one.missed(at)
        errands.append(
            Errand(
                place="review",
                subject=one.id,
                text=f"{one.title}  ({'MISSED: ' if late else ''}{asks})",
                when=one.planned,
                role="bad" if late else "",
                mark="×" if late else "◆",
                command=f"review show {one.id}",
            )
        )
    today = at.date()
    for paper in documents.listed(uow):
        if paper.owner != person or not paper.in_force or not paper.review:
            continue
        day = date.fromisoformat(paper.review)
        if day - today <= AHEAD:
            errands.append(
                Errand(
                    place="document",
                    subject=paper.id,
                    text=f"{paper.title}  (review of {paper.version or paper.kind} due on {paper.review})",
                    role="bad" if day < today else "",
                    mark="×" if day < today else "◆",
                )
            )
    return _section("Reviews", errands)


def audits(uow: UnitOfWork, person: str, at: datetime) -> list[Section]:
    """Findings with a person or to be looked at by them, and audits they are to hold."""
    errands = [_finding(one, at) for one in _findings(uow, person, at)]
    for one in tables_audits.audits(uow, states=("planned",)):
        if one.auditor == person and one.due - at <= AHEAD:
            errands.append(_audit(one, at))
    return _section("Audits and findings", errands)


def _findings(uow: UnitOfWork, person: str, at: datetime) -> Iterator[Finding]:
    senior = "senior manager" in roles.roles_of(uow, person, at=at)
    auditors = {one.id: one.auditor for one in tables_audits.audits(uow)}
    for one in tables_audits.findings(uow):
        checks = auditors.get(one.audit) == person and one.state in ("raised", "corrected", "verified")
        corrects = one.holder == person and one.state == "with"
        if corrects or checks or (senior and (one.overdue(at) or one.review_due(at))):
            yield one


def _finding(one: Finding, at: datetime) -> Errand:
    late = one.overdue(at) or one.review_due(at)
    return Errand(
        place="finding",
        subject=one.id,
        text=f"{one.what.splitlines()[0]}  ({'OVERDUE' if late else one.state})",
        when=one.review if one.state == "escalated" else one.due,
        role="bad" if late else "",
        mark="×" if late else "■",
    )


def _audit(one: Audit, at: datetime) -> Errand:
    late = one.overdue(at)
    return Errand(
        place="audit",
        subject=one.id,
        text=f"{one.title}  ({'OVERDUE' if late else 'to be run by you'})",
        when=one.due,
        role="bad" if late else "",
        mark="×" if late else "◆",
        command=f"audit show {one.id}",
    )


def plans(uow: UnitOfWork, person: str, at: datetime, zone: tzinfo) -> list[Section]:
    """Milestones of a person near their day; for managers also those of others whose day has passed."""
    day = at.astimezone(zone).date()
    today, near = day.isoformat(), (day + AHEAD).isoformat()
    manages = bool(roles.roles_of(uow, person, at=at) & MANAGERS)
    errands = []
    for one in milestones.listed(uow, only_open=True):
        late = one.late(today)
        if (one.owner == person and one.planned <= near) or (manages and late):
            whose = "" if one.owner == person else f"{one.owner}: "
            errands.append(
                Errand(
                    place="milestone",
                    subject=one.id,
                    text=f"{whose}{one.name}  ({'OVERDUE, ' if late else ''}planned for {one.planned})",
                    role="bad" if late else "",
                    mark="×" if late else "◆",
                    command=f"milestone show {one.id}",
                )
            )
    return _section("Milestones", errands)


def trainings(uow: UnitOfWork, person: str, at: datetime, zone: tzinfo) -> list[Section]:
    """Trainings of a person that end soon, or ended, with none that counts longer."""
    day = at.astimezone(zone).date()
    today, near = day.isoformat(), (day + ENDS).isoformat()
    last: dict[str, tuple[str, str]] = {}
    for one in training.listed(uow, person=person):
        if not one.withdrawn:
            subject = one.subject.casefold()
            last[subject] = max(last.get(subject, ("", "")), (one.until or FOREVER, one.subject))
    errands = [
        Errand(
            place="training",
            subject="",
            text=f"{subject}: {'ended' if until < today else 'ends'} on {until}",
            role="bad" if until < today else "warn",
            mark="×" if until < today else "▲",
            command=f"training list --all --person {person}",
        )
        for until, subject in sorted(last.values())
        if until <= near
    ]
    return _section("Training to be renewed", errands)


def meetings(uow: UnitOfWork, person: str, at: datetime) -> list[Section]:
    """Meetings of the person's boards that are open, or begin within a day."""
    errands = []
    for one in tables_meetings.meetings(uow):
        if one.state not in ("open", "planned") or one.planned_at - at > DAY:
            continue
        board = uow.get(Board, one.board)
        if person in (board.chair, *board.members):
            runs = one.state == "open"
            errands.append(
                Errand(
                    place="meeting",
                    subject=one.id,
                    text=f"{board.name}  ({'is open' if runs else 'is called'})",
                    when=one.planned_at,
                    role="accent" if runs else "",
                    mark="▶" if runs else "◆",
                )
            )
    return _section("Meetings", errands)


def mail(uow: UnitOfWork, person: str, at: datetime) -> list[Section]:
    """Mail that does not arrive, for those who keep the site running."""
    if not KEEPERS & roles.roles_of(uow, person, at=at):
        return []
    return _section("Mail that does not arrive", map(_undelivered, outbox.troubles(uow)))


def _undelivered(one: tuple[str, int, str]) -> Errand:
    state, count, reply = one
    many = f"{count} is {state}" if count == 1 else f"{count} are {state}"
    return Errand(
        place="inbox",
        subject="mail",
        text=f"{many}: {reply}" if reply else many,
        role="warn",
        mark="▲",
        command="inbox --undelivered",
    )


def _section(title: str, errands: Iterable[Errand], total: int = 0) -> list[Section]:
    """A section where there is anything; of many the first."""
    every = tuple(errands)
    many = max(total, len(every))
    if not every:
        return []
    return [Section(title=f"{title}, {many}" if many > SHOWN else title, errands=every[:SHOWN])]

"""What is planned: windows, freezes and joint outages, in the order in which they begin.

Reads inside a transaction; the command line and the app show the same lines.
Source: rules.md 3, Scheduled and Joint outage; terminal.md, Calendar.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from ccb import scheduled
from cmdb import freezes as calendar_of
from cmdb import planned as planned_work
from cmdb.canonical import instant
from cmdb.impact import impact
from cmdb.intervals import moment, span
from cmdb.joint_ahead import joint_outages_ahead
from cmdb.joint_outages import JointOutage
from cmdb.promises import Freeze, PlannedWork
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import StoredPromises
from cmdb.store import UnitOfWork
from tui.clockface import stretch
from tui.duty_views import CalendarLine
from tui.present import duration, listed


class Frozen(NamedTuple):
    """Planned work that lies in a freeze which concerns it, decided or not, for as long as both last."""

    reference: str
    freeze: str
    title: str
    start: datetime
    end: datetime


class Schedule(NamedTuple):
    """What is planned in a stretch; `not_computed` says what was not looked at, empty where nothing.

    `freezes` are the entries of the calendar, each once, `when` says by id when each is.
    """

    work: tuple[PlannedWork, ...]
    freezes: tuple[Freeze, ...]
    when: dict[str, tuple[tuple[datetime, datetime], ...]]
    joint: tuple[JointOutage, ...]
    frozen: tuple[Frozen, ...]
    titles: dict[str, str]
    not_computed: str = ""

    def lines(self) -> tuple[CalendarLine, ...]:
        """Everything as lines, by when it begins; what recurs has a line each time."""
        found = [_window(one, self.titles) for one in self.work]
        found += [_freeze(one, *each) for one in self.freezes for each in self.when[one.id]]
        found += [_joint(one) for one in self.joint]
        found += [_frozen(one) for one in self.frozen]
        return tuple(sorted(found, key=lambda one: (one.start, one.end, one.subject)))


def planned(uow: UnitOfWork, start: datetime, end: datetime) -> Schedule:
    """Read what touches a stretch of time: decided or not, with what may not be done together."""
    promises = StoredPromises(uow.rows, uow.dialect)
    estate = StoredEstate(uow.rows, uow.dialect)
    work = [
        one
        for tentative in (False, True)
        for one in promises.planned_between(start, end, tentative=tentative)
    ]
    freezes = planned_work.entries(uow)
    within = span(start, end)
    when = {
        one.id: tuple((moment(first), moment(last)) for first, last in calendar_of.stretches(one, within))
        for one in freezes
    }
    last = max((one.window_end for one in work), default=start)
    done, missed = scheduled.done(uow.rows, uow.dialect, start, last)
    joint = joint_outages_ahead(estate, work, done)
    joint = joint._replace(missed=(*missed, *joint.missed))
    return Schedule(
        work=tuple(work),
        freezes=tuple(one for one in freezes if when[one.id]),
        when=when,
        joint=tuple(one for one in joint.found if one.end > start),
        frozen=tuple(_in_freezes(uow, estate, work, [one for one in freezes if when[one.id]])),
        titles=titles_of(uow, [one.reference for one in work]),
        not_computed=joint.not_computed,
    )


def _in_freezes(
    uow: UnitOfWork, estate: StoredEstate, work: Sequence[PlannedWork], freezes: Sequence[Freeze]
) -> list[Frozen]:
    """The work whose window lies in a freeze that concerns it."""
    found = []
    for one in work:
        window = span(one.window_start, one.window_end)
        met = [(each, calendar_of.stretches(each, window)) for each in freezes if each.kind == "freeze"]
        met = [(each, stretches) for each, stretches in met if stretches]
        if not met:
            continue
        concerned = calendar_of.concerned(
            estate, [each for each, _stretches in met], _touched(uow, estate, one)
        )
        for each, stretches in met:
            if each in concerned:
                first = max(window[0], min(start for start, _end in stretches))
                last = min(window[1], max(end for _start, end in stretches))
                found.append(Frozen(one.reference, each.id, each.title, moment(first), moment(last)))
    return found


def _touched(uow: UnitOfWork, estate: StoredEstate, work: PlannedWork) -> calendar_of.Touched:
    there = [id for id in work.down if id in estate.keys(work.down)]
    answer = impact(estate, there) if there else None
    changed = uow.rows("SELECT id FROM proposed_record WHERE record = 'item' AND request = ?", work.reference)
    return calendar_of.touched(
        estate,
        uow.rows,
        services=[one.id for one in answer.services] if answer else (),
        hit=[one.id for one in answer.items] if answer else (),
        worked_on={*work.down, *(str(row[0]) for row in changed)},
    )


def titles_of(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, str]:
    """The titles of change requests, by id."""
    if not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    rows: Iterable[tuple[str, str]] = uow.rows(
        f"SELECT id, title FROM change_request WHERE id IN ({marks})", *ids
    )
    return {str(id): str(title) for id, title in rows}


def downtime(work: PlannedWork) -> str:
    """What goes down, in a few words; nothing where nothing does."""
    if not work.down:
        return ""
    return f"down {duration(work.expected)}, at worst {duration(work.worst)}"


def _window(work: PlannedWork, titles: dict[str, str]) -> CalendarLine:
    text = "; ".join(filter(None, (titles.get(work.reference, ""), downtime(work))))
    return CalendarLine(
        start=work.window_start,
        end=work.window_end,
        kind="asked for" if work.tentative else "scheduled",
        subject=work.reference,
        text=text,
        role="dim" if work.tentative else "good",
    )


def concerns(one: Freeze) -> str:
    """What an entry of the calendar is about, in a few words."""
    parts = [
        *one.services,
        *one.items,
        *(f"every {name}" for name in one.types),
        *(f"all that {name} needs" for name in one.below),
    ]
    return listed(parts, 4) if parts else "everything"


def recurs(one: Freeze) -> str:
    """How an entry comes back, in a few words; nothing where it does not."""
    return "; ".join(
        f"{calendar_of.said(rule)} {rule.start} +{duration(rule.length)}, {one.zone}" for rule in one.rules
    )


def _freeze(one: Freeze, start: datetime, end: datetime) -> CalendarLine:
    text = "; ".join(filter(None, (one.title, concerns(one), recurs(one))))
    return CalendarLine(start=start, end=end, kind=one.kind, subject=one.id, text=text, role="info")


def _frozen(one: Frozen) -> CalendarLine:
    return CalendarLine(
        start=one.start,
        end=one.end,
        kind="in a freeze",
        subject=one.reference,
        text=f"lies in the freeze {one.freeze}: {one.title}",
        role="warn",
    )


def together(effect: str, hit: Sequence[str], *, tentative: bool) -> str:
    """What work does together, in the words of the calendar and of every card."""
    maybe = ", if all are approved" if tentative else ""
    state = "DOWN" if effect == "outage" else "DEGRADED"
    return f"{state}: {listed(hit, 3)}{maybe}; none of them by one alone"


def undecided(found: Iterable[Mapping[str, Any]], zone: tzinfo | None = None) -> list[str]:
    """Joint outages that come only if more is approved, as an assessment keeps them, a sentence each."""
    return [
        f"{' + '.join(one['changes'])}, {stretch(instant(one['start']), instant(one['end']), zone)}: "
        f"{together(one['effect'], one['hit'], tentative=True)}."
        for one in found
    ]


def _joint(one: JointOutage) -> CalendarLine:
    hit = [found.id for found in one.services or one.items]
    return CalendarLine(
        start=one.start,
        end=one.end,
        kind="joint outage",
        subject=" + ".join(one.changes),
        text=together(one.effect, hit, tentative=one.tentative),
        role="bad" if one.effect == "outage" else "warn",
    )

"""What is planned: windows, freezes and joint outages, in the order in which they begin.

Reads inside a transaction; the command line and the app show the same lines.
Source: rules.md 3, Scheduled and Joint outage; terminal.md, Calendar.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from cmdb import planned as planned_work
from cmdb.joint_outages import JointOutage, joint_outages
from cmdb.promises import Freeze, PlannedWork
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import StoredPromises
from cmdb.store import UnitOfWork
from tui.duty_views import CalendarLine
from tui.present import duration, listed


class Schedule(NamedTuple):
    """What is planned in a stretch; `not_computed` says what was not looked at, empty where nothing."""

    work: tuple[PlannedWork, ...]
    freezes: tuple[Freeze, ...]
    joint: tuple[JointOutage, ...]
    titles: dict[str, str]
    not_computed: str = ""

    def lines(self) -> tuple[CalendarLine, ...]:
        """Everything as lines, by when it begins."""
        found = [_window(one, self.titles) for one in self.work]
        found += [_freeze(one) for one in self.freezes]
        found += [_joint(one) for one in self.joint]
        return tuple(sorted(found, key=lambda one: (one.start, one.end, one.subject)))


def planned(uow: UnitOfWork, start: datetime, end: datetime) -> Schedule:
    """Read what touches a stretch of time: decided or not, with what may not be done together."""
    promises = StoredPromises(uow.rows, uow.dialect)
    work = [
        one
        for tentative in (False, True)
        for one in promises.planned_between(start, end, tentative=tentative)
    ]
    freezes = [one for one in planned_work.freezes(uow) if one.end > start and one.start < end]
    together = joint_outages(StoredEstate(uow.rows, uow.dialect), work)
    return Schedule(
        work=tuple(work),
        freezes=tuple(freezes),
        joint=tuple(one for one in together.found if one.end > start),
        titles=titles_of(uow, [one.reference for one in work]),
        not_computed=together.not_computed,
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


def _freeze(one: Freeze) -> CalendarLine:
    whom = f"; {listed(one.services)}" if one.services else "; everything"
    return CalendarLine(
        start=one.start, end=one.end, kind="freeze", subject=one.id, text=f"{one.title}{whom}", role="info"
    )


def _joint(one: JointOutage) -> CalendarLine:
    hit = listed([found.id for found in one.services or one.items], 3)
    maybe = ", if all are approved" if one.tentative else ""
    return CalendarLine(
        start=one.start,
        end=one.end,
        kind="joint outage",
        subject=" + ".join(one.changes),
        text=f"{'DOWN' if one.effect == 'outage' else 'DEGRADED'}: {hit}{maybe}; none of them by one alone",
        role="bad" if one.effect == "outage" else "warn",
    )

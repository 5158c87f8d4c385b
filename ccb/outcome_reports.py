"""What changes that ended in a period did, held against what had been foreseen of them.

    report(uow, start=..., end=..., now=...) -> OutcomeReport

A request belongs to the period in which it was closed or backed out. Seconds; shares 0 to 1, of those
of which it is known. Source: IT Service CMM 5.5, Activities 6.1 and 9, Measurement 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median_high

from ccb import aftermath
from ccb.aftermath import Aftermath
from ccb.model import ChangeRequest
from cmdb import actions_then
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid
from cmdb.model import Value
from cmdb.store import UnitOfWork

OVER = ("closed", "declined")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReport(Value):
    """The report: what ended, the latest first, and how many of it stayed within what was foreseen.

    `timed` had a window and an end, `measured` a worst outage and an actual one, `assessed` an impact.
    """

    start: datetime
    end: datetime
    made_at: datetime
    ended: tuple[tuple[ChangeRequest, Aftermath], ...]
    timed: int
    within_window: int
    overrun_median: int | None
    measured: int
    within_worst: int
    assessed: int
    surprised: int
    open_questions: int


def report(
    uow: UnitOfWork, *, start: datetime, end: datetime, now: datetime, past: bool = False
) -> OutcomeReport:
    """Hold what was foreseen against what happened; with `past` as it was recorded at `now`.

    Raises Invalid when the period ends before it starts.
    """
    if end <= start:
        raise Invalid("The period ends before it starts.", "Give --since before --until.")
    rows = uow.rows(
        "SELECT id FROM change_request WHERE closed_at >= ? AND closed_at < ? AND outcome <> ''"
        " ORDER BY closed_at DESC, LENGTH(id) DESC, id DESC",
        rfc3339(start),
        rfc3339(end),
    )
    requests = [uow.get(ChangeRequest, row[0]) for row in rows]
    found = aftermath.of_requests(uow, requests, now if past else None)
    ended = tuple((one, found[one.id]) for one in requests)
    overruns = [one.overrun for one in found.values() if one.overrun is not None]
    measured = [one for one in found.values() if one.outage is not None and one.worst is not None]
    assessed = [one for one in found.values() if one.foreseen is not None]
    return OutcomeReport(
        start=start,
        end=end,
        made_at=now,
        ended=ended,
        timed=len(overruns),
        within_window=sum(one <= 0 for one in overruns),
        overrun_median=median_high(late) if (late := [one for one in overruns if one > 0]) else None,
        measured=len(measured),
        within_worst=sum(not one.beyond_worst for one in measured),
        assessed=len(assessed),
        surprised=sum(bool(one.surprises) for one in assessed),
        open_questions=_open(uow, (one.id for one in requests), now if past else None),
    )


def _open(uow: UnitOfWork, ids: Iterable[str], then: datetime | None) -> int:
    """How many action items about a missing dependency wait for an answer, or waited `then`."""
    wanted = {f"change:{one}" for one in ids}
    states = actions_then.states(uow, actions_then.told_of(uow, then)) if then else None
    rows = uow.rows(
        "SELECT id, origin, state FROM action_item"
        " WHERE what LIKE '% was hit by %no dependency leads from it%'"
    )
    return sum(
        origin in wanted and (state if states is None else states.get(id, "closed")) not in OVER
        for id, origin, state in rows
    )

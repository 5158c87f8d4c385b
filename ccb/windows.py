"""What fails in a window, with everything that is scheduled around it, and what that takes from promises.

Reads the requests that are scheduled or asked for, and asks `cmdb.windowed`. Runs on any function that
runs a statement, the read path's included: loads no ORM and writes nothing.
Source: rules.md 3, Windowed; 4, Forecast.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ccb import scheduled
from cmdb import calendar
from cmdb.errors import Invalid
from cmdb.forecast import Forecast, WorkEffect, forecast
from cmdb.promises import PlannedWork
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import DoneBefore, Rows, StoredPromises
from cmdb.windowed import Windowed, windowed

QUESTION = "this question"


class Answer(NamedTuple):
    """What fails in a window, and one row for every promise and period it takes something from."""

    found: Windowed
    promises: tuple[Forecast, ...]


def answer(
    rows: Rows,
    dialect: str,
    down: Sequence[str],
    start: datetime,
    *,
    expected: int,
    worst: int = 0,
    at: datetime,
    everything: bool = False,
) -> Answer:
    """Answer for items that are down from `start` for `expected` seconds, at worst for `worst`.

    The window asked about lasts as long as the worst case. `rows` runs statements inside one
    transaction. Raises Invalid, NotFound.
    """
    longest = max(worst, expected)
    if worst and worst < expected:
        raise Invalid("The worst duration is less than the expected one.", "Give --worst at least --for.")
    if longest <= 0:
        raise Invalid("The window lasts no time.", "Give its length, such as 2h.")
    estate = StoredEstate(rows, dialect)
    end = start + timedelta(seconds=longest)
    firm = [one for one in scheduled.planned(rows, scheduled.SCHEDULED, at) if one.start < end]
    asked = scheduled.planned(rows, scheduled.UNDECIDED, at)
    # What ends later changes nothing in time, so nobody need work out what it changes.
    deltas, missed = scheduled.deltas(rows, dialect, [one for one in firm if one.end < end])
    found = windowed(
        estate,
        down,
        start,
        end,
        scheduled=[one.work(deltas.get(one.reference)) for one in firm],
        tentative=[one.work() for one in asked],
        everything=everything,
    )
    found = found._replace(not_computed=(*missed, *found.not_computed))
    lengths = {one.reference: (one.expected, one.worst) for one in firm if one.down}
    works = [_alone(found, expected, longest), *_joint(found, expected, lengths)]
    done = scheduled.before(rows, dialect, at, QUESTION)
    return Answer(found, tuple(_forecasts(StoredPromises(rows, dialect), estate, works, at, done)))


def _forecasts(
    promises: StoredPromises,
    estate: StoredEstate,
    works: Sequence[WorkEffect],
    at: datetime,
    done: DoneBefore,
) -> list[Forecast]:
    rows: list[Forecast] = []
    for effect in works:
        gathered = promises.gather(estate, effect, at, done)
        rows += forecast(
            gathered.agreements,
            effect,
            gathered.others,
            gathered.facts,
            now=at,
            hours=calendar.service_time,
        )
    return sorted(rows, key=lambda row: (row.agreement, row.commitment, row.start))


def _alone(found: Windowed, expected: int, worst: int) -> WorkEffect:
    """What the items asked about do to services by themselves, all the time they are down."""
    work = PlannedWork(
        reference=QUESTION,
        window_start=found.start,
        window_end=found.end,
        down=found.answer.down,
        expected=expected,
        worst=worst,
        down_from=found.start,
    )
    return WorkEffect(work=work, effects=found.alone)


def _joint(found: Windowed, expected: int, lengths: Mapping[str, tuple[int, int]]) -> list[WorkEffect]:
    """What services suffer only while other work runs beside it, as long as that may last at most.

    The other work is down for no longer than it says, however long its window is.
    """
    until = found.start + timedelta(seconds=expected)
    stretches: dict[str, list[tuple[datetime, datetime, str, tuple[str, ...]]]] = defaultdict(list)
    for first, last, services in found.joint:
        for service, effect in services.items():
            if service not in found.alone:
                causes = next(one.because_of for one in found.when[service] if one.start <= first < one.end)
                stretches[service].append((first, last, effect, causes))
    works = []
    for service, parts in sorted(stretches.items()):
        likely: Counter[tuple[str, ...]] = Counter()
        longest: Counter[tuple[str, ...]] = Counter()
        for first, last, _effect, causes in parts:
            likely[causes] += _seconds(first, min(last, until))
            longest[causes] += _seconds(first, last)
        most = {causes: [lengths[one] for one in causes if one in lengths] for causes in longest}
        work = PlannedWork(
            reference=QUESTION,
            window_start=parts[0][0],
            window_end=parts[-1][1],
            down=found.answer.down,
            expected=sum(min([took, *(one[0] for one in most[by])]) for by, took in likely.items()),
            worst=sum(min([took, *(one[1] for one in most[by])]) for by, took in longest.items()),
        )
        effect = "outage" if any(one[2] == "outage" for one in parts) else "degraded"
        works.append(WorkEffect(work=work, effects={service: effect}))
    return works


def _seconds(first: datetime, last: datetime) -> int:
    return max(0, int((last - first).total_seconds()))

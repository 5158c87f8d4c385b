"""Better moments of a real site for the app: what the dialog asks, as lines it can show.

The window of a form or a request keeps its length, and the work its place in it; without a window the
work is as long as it takes at worst, from now on. Source: `tui.duty_source.Duties`.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ccb import clashes, requests
from ccb.model import ChangeRequest
from cmdb.better_moments import Moment
from cmdb.errors import Invalid
from cmdb.intervals import seconds as seconds_of
from cmdb.promises import PlannedWork
from cmdb.store import UnitOfWork
from tui import better_times, drafting
from tui.duty_source import MomentLine, MomentList, Wanted
from tui.present import counted, listed


class _Window(NamedTuple):
    start: datetime
    end: datetime
    down_from: datetime | None


def better(uow: UnitOfWork, wanted: Wanted, now: datetime, zone: ZoneInfo) -> MomentList:
    """Look for better moments and put them into words. Raises Invalid, NotFound."""
    request = requests.find(uow, wanted.change) if wanted.change else None
    if request is not None:
        better_times.refuse_decided(request)
    window = _window(wanted, request, now, zone)
    work = _work(wanted, request, window, now)
    who = wanted.implementer or (request.effective_implementer if request else "")
    sought = better_times.search(
        uow,
        work,
        now=now,
        zone=zone,
        given=(request.submitted_at if request else None) or now,
        bars=better_times.busy(uow, who, wanted.change) if who else (),
        worked_on=clashes.worked_on(request) if request else (),
    )

    def line(one: Moment, asked: Moment | None, before: Moment | None = None) -> MomentLine:
        told = ", ".join(filter(None, (better_times.reason(one, asked), better_times.turned_by(sought, one))))
        if before is not None and better_times.alike(before, one):
            told += ", as good as the one above, which is earlier"
        goes_down = one.start + (work.down_from - work.window_start) if work.down_from else None
        times = (one.start, one.end, goes_down)
        return MomentLine(
            start=one.start,
            end=one.end,
            typed=_typed(times, zone, now),
            takes=better_times.takes(one),
            breaks=one.breaks,
            verdict=_verdict(one),
            inside=one.inside,
            outside=one.outside,
            reason=told,
            possible=not one.bars,
        )

    ranked = sought.found.moments
    asked_for = f"{wanted.change} as asked for" if wanted.change else "as asked for"
    return MomentList(
        called=asked_for if window else "at once",
        asked=line(sought.asked, None),
        moments=tuple(
            line(one, sought.asked, before) for before, one in zip((None, *ranked), ranked, strict=False)
        ),
        bars=tuple(f"{when}  {why}" for when, why in better_times.barring(sought.found.bars, zone)),
        none=""
        if ranked
        else f"No start in the next {counted(better_times.DAYS, 'day')} is possible: "
        f"{better_times.none_because(sought, zone)}.",
        note=f"Not computed: {sought.not_computed}." if sought.not_computed else "",
        turns=tuple(better_times.turned(sought, zone)),
    )


def _typed(
    times: tuple[datetime, datetime, datetime | None], zone: ZoneInfo, now: datetime
) -> tuple[str, str, str]:
    start, end, down = (drafting.as_typed(at, zone, now) if at else "" for at in times)
    return start, end, down


def _window(wanted: Wanted, request: ChangeRequest | None, now: datetime, zone: ZoneInfo) -> _Window | None:
    """The window the work has: that of the form, where it has items of its own, else the request's."""
    if wanted.items:
        if not wanted.start or not wanted.end:
            return None
        start = drafting.moment_of(wanted.start, zone, now)
        end = drafting.moment_of(wanted.end, zone, start if wanted.end.startswith("+") else now)
        if end <= start:
            raise Invalid("The window of the form ends before it starts.", "Correct its end, or empty it.")
        return _Window(
            start, end, drafting.moment_of(wanted.down_from, zone, now) if wanted.down_from else None
        )
    if request is None or request.window is None:
        return None
    return _Window(request.window.start, request.window.end, request.down.start if request.down else None)


def _work(
    wanted: Wanted, request: ChangeRequest | None, window: _Window | None, now: datetime
) -> PlannedWork:
    items = wanted.items or (request.down.items if request and request.down else ())
    reference = wanted.change or "this work"
    if not items:
        name = wanted.change or "This work"
        remedy = "Say in the form what is down meanwhile."
        raise Invalid(f"{name} takes nothing down, so any moment is as good.", remedy)
    expected, worst = better_times.lengths(wanted.expected, wanted.worst)
    unplanned = request is not None and request.kind == "emergency"
    if window is None:
        start = better_times.at_once(now)
        return better_times.of_items(items, expected, worst, start, reference=reference).but(
            unplanned=unplanned
        )
    length = max(seconds_of(window.end) - seconds_of(window.start), worst)
    end = window.start + timedelta(seconds=length)
    down_from = window.down_from
    return PlannedWork(
        reference=reference,
        window_start=window.start,
        window_end=end,
        down=tuple(items),
        expected=expected,
        worst=worst,
        down_from=down_from if down_from and window.start <= down_from < end else None,
        unplanned=unplanned,
    )


def _verdict(one: Moment) -> str:
    """What becomes of the promises at worst."""
    broken = [f"{each.agreement.customer or each.agreement.id} {each.service}" for each in one.shares]
    broken = [name for name, each in zip(broken, one.shares, strict=True) if each.breaks]
    if broken:
        return f"at worst breaks {listed(list(dict.fromkeys(broken)))}"
    if one.shares:
        return f"keeps {counted(len(one.shares), 'promise')}"
    return "no promise is touched"

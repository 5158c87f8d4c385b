"""Better moments for commands and app: what is asked becomes planned work, the answer becomes words.

The search itself is `cmdb.moments.seek`; here stands how work is named by items, by a request or by a
form, and how a moment is spoken of. What asks reads inside one transaction. Source: rules.md 4.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ccb import clashes, scheduled
from ccb.model import ChangeRequest
from cmdb import planned
from cmdb.better_moments import MINUTE, Bar, Moment, Share
from cmdb.errors import Invalid, Refused
from cmdb.intervals import moment as instant_at
from cmdb.intervals import seconds as seconds_of
from cmdb.joint_outages import JointOutages
from cmdb.moments import Sought, Turn, seek
from cmdb.promises import PlannedWork
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import StoredPromises
from cmdb.store import UnitOfWork
from tui import clockface, typed
from tui.present import listed, minutes, minutes_left

DAYS = 30  # looked ahead where nobody says how far
MOST = 10
FEW = 2  # times something is told one by one; what comes back more often is told once
EVER = datetime.max.replace(tzinfo=UTC)  # other work counts as far ahead as a period reaches


def search(
    uow: UnitOfWork,
    work: PlannedWork,
    *,
    now: datetime,
    zone: ZoneInfo,
    given: datetime | None = None,
    bars: Sequence[Bar] = (),
    days: int = DAYS,
    most: int = MOST,
    worked_on: Collection[str] = (),
) -> Sought:
    """Look for better moments for some work on the site as it is and will be. Raises Invalid, NotFound.

    `worked_on` are items it changes besides those it takes down.
    """
    done, missed = scheduled.done(uow.rows, uow.dialect, now, EVER, but=[work.reference])
    found = seek(
        StoredEstate(uow.rows, uow.dialect),
        StoredPromises(uow.rows, uow.dialect),
        planned.freezes(uow),
        work,
        now=now,
        days=days,
        zone=zone,
        given=given,
        bars=bars,
        most=most,
        worked_on=worked_on,
        done=done,
    )
    told = JointOutages((), None, tuple(missed)).not_computed
    return found._replace(not_computed="; ".join(filter(None, (told, found.not_computed))))


def lengths(length: str, worst: str) -> tuple[int, int]:
    """Read how long work takes, expected and at worst, in seconds. Raises Invalid."""
    if not length:
        raise Invalid("How long it takes is missing.", "Give --for as well, such as --for 2h.")
    expected = typed.seconds(length)
    longest = typed.seconds(worst) if worst else expected
    if longest < expected:
        raise Invalid("The worst duration is less than the expected one.", "Give --worst at least --for.")
    if not longest:
        raise Invalid("Work that takes no time has no better moment.", "Give --for, such as --for 30m.")
    return expected, longest


def at_once(now: datetime) -> datetime:
    """The next whole minute."""
    return now + timedelta(seconds=-seconds_of(now) % MINUTE)


def of_items(
    ids: Sequence[str], expected: int, worst: int, start: datetime, *, reference: str = "this work"
) -> PlannedWork:
    """Work that takes items down from its first moment until its end."""
    return PlannedWork(
        reference=reference,
        window_start=start,
        window_end=start + timedelta(seconds=worst),
        down=tuple(ids),
        expected=expected,
        worst=worst,
        down_from=start,
    )


def of_request(request: ChangeRequest) -> PlannedWork:
    """The work of a request.

    Raises Refused for one that is decided or done, Invalid for one without a window, or that takes
    nothing down.
    """
    refuse_decided(request)
    work = clashes.planned_work(request)
    if work is None:
        raise Invalid(
            f"{request.id} has no window.", f"Give it one in its file: 'cmdb change edit {request.id}'."
        )
    if not work.down:
        raise Invalid(f"{request.id} takes nothing down, so any moment is as good.", "Keep its window.")
    return work


def refuse_decided(request: ChangeRequest) -> None:
    """Raise Refused for a request whose window cannot move any more, with what can still be done."""
    if request.state in _MAY_MOVE:
        return
    if request.state == "approved":
        raise Refused(
            f"{request.id} is approved: its window was decided on, and moves no more.",
            f"'cmdb change edit {request.id}' makes it a draft again; then the board decides anew.",
        )
    if request.state == "checked out":
        raise Refused(
            f"{request.id} is checked out: its window was decided on, and moves no more.",
            f"To go on longer, 'cmdb change extend {request.id} --until T'.",
        )
    raise Refused(
        f"{request.id} is {request.state}: there is nothing left to find a moment for.",
        "Raise a new request with 'cmdb change new', or ask about items: 'cmdb better-moment ID --for D'.",
    )


_MAY_MOVE = ("draft", "submitted", "assessed", "under review", "deferred")


def busy(uow: UnitOfWork, who: str, besides: str) -> list[Bar]:
    """When a person carries out another request that is scheduled."""
    return [
        Bar(
            seconds_of(other.window.start),
            seconds_of(other.window.end),
            f"{who} carries out {other.id}",
        )
        for other in clashes.scheduled(uow)
        if other.id != besides and other.window and other.effective_implementer == who
    ]


# Words ----------------------------------------------------------------------------------------


def takes(one: Moment) -> str:
    """The largest share it takes of anything left, in a word."""
    if one.breaks:
        return "BREACH"
    return _percent(one.share) if one.shares else "nothing"


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %" if share >= 0.0005 else "< 0.1 %"


def unpromised(sought: Sought) -> str:
    """That no agreement in force speaks of what goes down: then taking nothing is no praise."""
    hit = sorted(id for id, effect in sought.services.items() if effect in ("degraded", "outage"))
    if not hit or any(one.shares for one in (sought.asked, *sought.found.moments)):
        return ""
    return f"It hits {listed(hit)} all the same; no promise in force counts that."


def reason(one: Moment, asked: Moment | None) -> str:
    """Why a moment is good or bad, and against the one asked for, in a sentence without its full stop."""
    told = [f"not possible: {'; '.join(one.bars)}"] if one.bars else []
    more = len(one.shares) - 1
    told.append(
        f"{takes_of(one.shares[0])}{f', and less from {more} more' if more else ''}"
        if one.shares
        else "takes nothing from any promise"
    )
    if one.inside:
        told.append(f"inside the agreed windows of {listed(one.inside)}")
    if one.outside:
        told.append(f"outside those of {listed(one.outside)}")
    told += against(one, asked)
    told += [f"if approved as asked for: {why}" for why in one.tentative]
    return ", ".join(told)


def takes_of(one: Share) -> str:
    """What it takes of one allowance at worst, in a clause."""
    name = one.agreement.customer or one.agreement.id
    left = minutes_left(max(one.use.left, 0))
    taken = f"{one.use.taken} s" if one.use.taken < MINUTE else minutes(one.use.taken)
    if one.use.exempt and not one.breaks:
        return f"exempt for {name} {one.service}: only {taken} less is allowed, of {left} min left"
    verb = "breaks" if one.breaks else "takes from"
    return f"{verb} {name} {one.service}: at worst {taken} of {left} min left"


def against(one: Moment, asked: Moment | None) -> list[str]:
    """What it has over the moment asked for, where that was possible."""
    if asked is None or asked.start == one.start or asked.bars:
        return []
    if asked.breaks and not one.breaks:
        return ["keeps a promise that the window asked for would break"]
    if one.share < asked.share < float("inf"):
        return [f"against {_percent(asked.share)} when asked for"]
    return []


def turned(sought: Sought, zone: ZoneInfo | None = None) -> list[str]:
    """When the work comes to do something else to services, because of other work done by then."""
    return [f"From {clockface.clock(one.start, zone)} on, {_turn(one)}." for one in sought.turns]


def turned_by(sought: Sought, one: Moment) -> str:
    """What the work does at a moment, where that is no more what it would do now; else empty."""
    met = [turn for turn in sought.turns if turn.start <= one.start]
    return _turn(met[-1]) if met else ""


def _turn(one: Turn) -> str:
    does = ", ".join(f"{id} {effect}" for id, effect in sorted(one.services.items())) or "no service hit"
    return f"after {listed(one.after)}: {does}" if one.after else f"then: {does}"


def tied(moments: Sequence[Moment]) -> str:
    """Why moments that are as good as each other stand in the order they do; empty where none are."""
    if any(alike(one, two) for one, two in pairwise(moments)):
        return "Of starts as good as each other, the earlier stands first."
    return ""


def alike(one: Moment, two: Moment) -> bool:
    """Whether nothing but the time speaks for one of two moments."""
    return (one.breaks, len(one.outside), one.share) == (two.breaks, len(two.outside), two.share)


def none_because(sought: Sought, zone: ZoneInfo | None = None) -> str:
    """Why no start is possible: what bars the way, what does so longest first."""
    told = [f"{why} ({when})" for when, why in barring(sought.found.bars, zone, longest=True)]
    rest = len(told) - 3
    return "; ".join(told[:3]) + (f"; and {rest} more" if rest > 0 else "")


def barring(
    bars: Sequence[Bar], zone: ZoneInfo | None = None, *, longest: bool = False
) -> list[tuple[str, str]]:
    """When each thing bars the way, and what it is; one that comes back again and again is told once."""
    found: dict[str, list[Bar]] = {}
    for bar in sorted(bars):
        found.setdefault(bar.why, []).append(bar)
    if longest:
        found = dict(sorted(found.items(), key=lambda one: sum(bar.start - bar.end for bar in one[1])))
    told = []
    for why, times in found.items():
        if len(times) > FEW:
            last = clockface.clock(instant_at(times[-1].end), zone)
            told.append((f"{stretch(times[0], zone)}, {len(times):,} times until {last}", why))
        else:
            told += [(stretch(bar, zone), why) for bar in times]
    return told


def stretch(bar: Bar, zone: ZoneInfo | None = None) -> str:
    """When a bar stands in the way."""
    return clockface.stretch(instant_at(bar.start), instant_at(bar.end), zone)

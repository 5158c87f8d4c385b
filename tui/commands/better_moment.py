"""When would be better: ranked start times that take least of what customers were promised."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from ccb import clashes, requests
from ccb.model import ChangeRequest
from cmdb.better_moments import MINUTE, Bar, Moment, Share
from cmdb.errors import Invalid
from cmdb.intervals import moment as instant_at
from cmdb.intervals import seconds as seconds_of
from cmdb.moments import Sought, seek
from cmdb.promises import Freeze, PlannedWork
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import StoredPromises
from cmdb.store import UnitOfWork
from tui import clockface, printing, typed
from tui.context import Invocation, command
from tui.present import counted, listed, minutes
from tui.workplace import at_work


@command
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option("--for", "length", metavar="D", default="", help="For how long: 38m, 1h30m, 2h.")
@click.option("--worst", metavar="D", default="", help="How long it may take at worst; as long as --for.")
@click.option("--change", "id_", metavar="CR", default="", help="For the work of a change request.")
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="How far ahead.")
@click.option("--limit", type=click.IntRange(1, 366), default=10, show_default=True, help="How many days.")
def better_moment(
    invocation: Invocation, ids: tuple[str, ...], length: str, worst: str, id_: str, days: int, limit: int
) -> None:
    """Rank start times for work that takes the items ID... down, or for the change request CR.

    The best start of each day, best first: inside the agreed windows, taking the least of what is
    left of any promise. Never in a freeze, in a joint outage, or too soon for the notice agreed.
    """
    if bool(ids) == bool(id_):
        raise Invalid(
            "What is to be done is not clear.", "Name items and --for, or a request with --change CR."
        )
    with at_work(invocation) as here, here.store.read() as uow:
        request = requests.find(uow, id_) if id_ else None
        work = _of_request(request) if request else _of_items(ids, length, worst, here.at)
        sought = seek(
            StoredEstate(uow.rows, uow.dialect),
            StoredPromises(uow.rows, uow.dialect),
            uow.all(Freeze),
            work,
            now=here.at,
            days=days,
            zone=ZoneInfo(here.site.zone),
            given=(request.submitted_at if request else None) or here.at,
            bars=_busy(uow, request) if request else (),
            most=limit,
        )
    if invocation.wants_json:
        printing.as_json(_record(work, sought, days))
    else:
        _say(sought, days, request)


def _of_items(ids: Sequence[str], length: str, worst: str, now: datetime) -> PlannedWork:
    if not length:
        raise Invalid("How long it takes is missing.", "Give --for as well, such as --for 2h.")
    expected = typed.seconds(length)
    longest = typed.seconds(worst) if worst else expected
    if longest < expected:
        raise Invalid("The worst duration is less than the expected one.", "Give --worst at least --for.")
    if not longest:
        raise Invalid("Work that takes no time has no better moment.", "Give --for, such as --for 30m.")
    start = now + timedelta(seconds=-seconds_of(now) % 60)
    return PlannedWork(
        reference="this work",
        window_start=start,
        window_end=start + timedelta(seconds=longest),
        down=tuple(ids),
        expected=expected,
        worst=longest,
        down_from=start,
    )


def _of_request(request: ChangeRequest) -> PlannedWork:
    work = clashes.planned_work(request)
    if work is None:
        raise Invalid(
            f"{request.id} has no window.", f"Give it one in its file: 'cmdb change edit {request.id}'."
        )
    if not work.down:
        raise Invalid(f"{request.id} takes nothing down, so any moment is as good.", "Keep its window.")
    return work


def _busy(uow: UnitOfWork, request: ChangeRequest) -> list[Bar]:
    """When the implementer carries out another request that is scheduled."""
    who = request.effective_implementer
    return [
        Bar(
            seconds_of(other.window.start),
            seconds_of(other.window.end),
            f"{who} carries out {other.id}",
        )
        for other in clashes.scheduled(uow)
        if other.id != request.id and other.window and other.effective_implementer == who
    ]


def _record(work: PlannedWork, sought: Sought, days: int) -> dict[str, Any]:
    return {
        "down": list(work.down),
        "days": days,
        "window_s": seconds_of(work.window_end) - seconds_of(work.window_start),
        "expected_s": work.expected,
        "worst_s": work.worst,
        "services": [{"id": id, "effect": effect} for id, effect in sorted(sought.services.items())],
        "moments": [_moment(one, sought.asked) for one in sought.found.moments],
        "asked": _moment(sought.asked, None),
        "bars": [
            {"start": instant_at(one.start), "end": instant_at(one.end), "why": one.why}
            for one in sought.found.bars
        ],
        "none_because": _none(sought) if not sought.found.moments else None,
        "not_computed": sought.not_computed or None,
    }


def _moment(one: Moment, asked: Moment | None) -> dict[str, Any]:
    share = one.share
    return {
        "start": one.start,
        "end": one.end,
        "breaks": one.breaks,
        "largest_share": None if share == float("inf") else f"{share:.6f}",
        "inside": list(one.inside),
        "outside": list(one.outside),
        "bars": list(one.bars),
        "agreements": [
            {
                "agreement": each.agreement.id,
                "customer": each.agreement.customer,
                "service": each.service,
                "commitment": each.commitment,
                "period": {"start": instant_at(each.use.period[0]), "end": instant_at(each.use.period[1])},
                "left_s": each.use.left,
                "taken_worst_s": each.use.taken,
                "breaks": each.breaks,
            }
            for each in one.shares
        ],
        "reason": _reason(one, asked),
    }


def _say(sought: Sought, days: int, request: ChangeRequest | None) -> None:
    asked = sought.asked
    name = f"{request.id} as asked for" if request else "at once"
    printing.put(f"{name}, {clockface.stretch(asked.start, asked.end)}: {_reason(asked, None)}")
    printing.put()
    if not sought.found.moments:
        printing.put(f"No start in the next {counted(days, 'day')} is possible: {_none(sought)}.")
    printing.table(
        ("start", "until", "takes", "why"),
        (
            (clockface.clock(one.start), clockface.clock(one.end), _percent(one), _reason(one, asked))
            for one in sought.found.moments
        ),
        empty="",
    )
    if sought.found.bars and sought.found.moments:
        printing.put("\nnot possible")
        for bar in sought.found.bars:
            stretch = clockface.stretch(instant_at(bar.start), instant_at(bar.end))
            printing.put(f"  {stretch}  {bar.why}")
    if sought.not_computed:
        printing.say(f"Not computed: {sought.not_computed}.")


def _percent(one: Moment) -> str:
    if one.breaks:
        return "BREACH"
    return f"{one.share * 100:.1f} %" if one.shares else "nothing"


def _reason(one: Moment, asked: Moment | None) -> str:
    """Why a moment is good or bad, and against the one asked for, in a sentence without its full stop."""
    told = [f"not possible: {'; '.join(one.bars)}"] if one.bars else []
    told.append(
        _takes(one.shares[0], len(one.shares) - 1) if one.shares else "takes nothing from any promise"
    )
    if one.inside:
        told.append(f"inside the agreed windows of {listed(one.inside)}")
    if one.outside:
        told.append(f"outside those of {listed(one.outside)}")
    if asked is not None and asked.start != one.start:
        told += _against(one, asked)
    return ", ".join(told)


def _takes(one: Share, others: int) -> str:
    name = one.agreement.customer or one.agreement.id
    left = minutes(max(one.use.left, 0))
    taken = f"{one.use.taken} s" if one.use.taken < MINUTE else minutes(one.use.taken)
    more = f", and less from {others} more" if others else ""
    verb = "breaks" if one.breaks else "takes from"
    return f"{verb} {name} {one.service}: at worst {taken} of {left} min left{more}"


def _against(one: Moment, asked: Moment) -> list[str]:
    if asked.bars:
        return []
    if asked.breaks and not one.breaks:
        return ["keeps what the moment asked for breaks"]
    if one.share < asked.share < float("inf"):
        return [f"against {asked.share * 100:.1f} % when asked for"]
    return []


def _none(sought: Sought) -> str:
    """Why no start is possible: what bars the way, longest first."""
    bars = sorted(sought.found.bars, key=lambda bar: (bar.start - bar.end, bar.start))
    told = [
        f"{bar.why} ({clockface.stretch(instant_at(bar.start), instant_at(bar.end))})" for bar in bars[:3]
    ]
    rest = len(bars) - len(told)
    return "; ".join(told) + (f"; and {rest} more" if rest > 0 else "")

"""When would be better: ranked start times that take least of what customers were promised."""

from typing import Any
from zoneinfo import ZoneInfo

import click

from ccb import clashes, requests
from ccb.model import ChangeRequest
from cmdb.better_moments import Moment
from cmdb.errors import Invalid
from cmdb.intervals import moment as instant_at
from cmdb.intervals import seconds as seconds_of
from cmdb.moments import Sought
from cmdb.promises import PlannedWork
from tui import better_times, clockface, printing
from tui.context import Invocation, command
from tui.present import counted
from tui.workplace import at_work


@command
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option("--for", "length", metavar="D", default="", help="For how long: 38m, 1h30m, 2h.")
@click.option("--worst", metavar="D", default="", help="How long it may take at worst; as long as --for.")
@click.option("--change", "id_", metavar="CR", default="", help="For the work of a change request.")
@click.option(
    "--days", type=click.IntRange(1, 366), default=better_times.DAYS, show_default=True, help="How far ahead."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 366),
    default=better_times.MOST,
    show_default=True,
    help="How many days.",
)
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
        if request:
            work = better_times.of_request(request)
        else:
            start = better_times.at_once(here.at)
            work = better_times.of_items(ids, *better_times.lengths(length, worst), start)
        sought = better_times.search(
            uow,
            work,
            now=here.at,
            zone=ZoneInfo(here.site.zone),
            given=(request.submitted_at if request else None) or here.at,
            bars=better_times.busy(uow, request.effective_implementer, request.id) if request else (),
            days=days,
            most=limit,
            worked_on=clashes.worked_on(request) if request else (),
        )
    if invocation.wants_json:
        printing.as_json(_record(work, sought, days))
    else:
        _say(sought, days, request)


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
        "none_because": better_times.none_because(sought) if not sought.found.moments else None,
        "turns": [
            {
                "start": one.start,
                "after": list(one.after),
                "services": [{"id": id, "effect": effect} for id, effect in sorted(one.services.items())],
            }
            for one in sought.turns
        ],
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
        "tentative": list(one.tentative),
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
        "reason": better_times.reason(one, asked),
    }


def _say(sought: Sought, days: int, request: ChangeRequest | None) -> None:
    asked = sought.asked
    name = f"{request.id} as asked for" if request else "at once"
    printing.put(f"{name}, {clockface.stretch(asked.start, asked.end)}: {better_times.reason(asked, None)}")
    printing.put()
    if not sought.found.moments:
        printing.put(
            f"No start in the next {counted(days, 'day')} is possible: {better_times.none_because(sought)}."
        )
    printing.table(
        ("start", "until", "takes", "why"),
        (
            (
                clockface.clock(one.start),
                clockface.clock(one.end),
                better_times.takes(one),
                better_times.reason(one, asked),
            )
            for one in sought.found.moments
        ),
        empty="",
    )
    remarks = (
        better_times.unpromised(sought),
        better_times.tied(sought.found.moments),
        *better_times.turned(sought),
    )
    for line in filter(None, remarks):
        printing.put(line)
    if sought.found.bars and sought.found.moments:
        printing.put("\nnot possible")
        for when, why in better_times.barring(sought.found.bars):
            printing.put(f"  {when}  {why}")
    if sought.not_computed:
        printing.say(f"Not computed: {sought.not_computed}.")

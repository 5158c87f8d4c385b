"""What fails if this is down in a window: impact against the agreements. Loads the calendar."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from cmdb import calendar
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid
from cmdb.estate import Estate
from cmdb.forecast import Forecast, WorkEffect, forecast
from cmdb.impact import Impact
from cmdb.impact import impact as answer_of
from cmdb.impact_record import written
from cmdb.promises import PlannedWork
from cmdb.reading import Reader
from cmdb.reading_promises import StoredPromises
from tui import answers, printing, typed
from tui.context import Invocation, command
from tui.present import minutes, moment


@command
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--at", "start", metavar="T", required=True, help="From when.")
@click.option("--for", "length", metavar="D", default="", help="For how long: 38m, 1h30m, 2h.")
@click.option("--worst", metavar="D", default="", help="How long it may take at worst; as long as --for.")
@click.option("--exposed", is_flag=True, help="Count everything reachable, however much that is.")
@click.option("--exit-code", is_flag=True, help="Leave with 10 reduced, 11 degraded, 12 outage, 13 breach.")
def impact(
    invocation: Invocation,
    ids: tuple[str, ...],
    start: str,
    length: str,
    worst: str,
    exposed: bool,
    exit_code: bool,
) -> None:
    """Say what fails if the items ID... are down in a window, and what it takes from every agreement."""
    if not length:
        raise Invalid("A window needs its length.", "Give --for as well, such as --for 2h.")
    with Reader.open(invocation.site.url) as reader, reader.question() as estate:
        answer = answer_of(estate, ids, everything=exposed)
        work = _work(invocation, answer, start, length, worst)
        rows = _forecast(invocation, reader, estate, answer, work)
    window = (rfc3339(work.window_start), rfc3339(work.window_end))
    if invocation.wants_json:
        printing.pieces(written(answer, window=window, agreements=[row.fields() for row in rows]))
    else:
        local = _local(work, invocation.site.zone, invocation.now())
        answers.impact(answer, window=window, local=local, promises=lambda: _promises(rows))
    if exit_code:
        breached = any(row.breach_expected or row.breach_worst for row in rows)
        click.get_current_context().exit(answers.exit_code(answer, breached=breached))


def _work(invocation: Invocation, answer: Impact, start: str, length: str, worst: str) -> PlannedWork:
    begins = typed.moment(start, zone=invocation.site.zone, now=invocation.now())
    expected = typed.seconds(length)
    longest = typed.seconds(worst) if worst else expected
    if longest < expected:
        raise Invalid("The worst duration is less than the expected one.", "Give --worst at least --for.")
    return PlannedWork(
        reference="this question",
        window_start=begins,
        window_end=begins + timedelta(seconds=longest),
        down=answer.down,
        expected=expected,
        worst=longest,
        down_from=begins,
    )


def _forecast(
    invocation: Invocation, reader: Reader, estate: Estate, answer: Impact, work: PlannedWork
) -> list[Forecast]:
    this = WorkEffect(work=work, effects={one.id: one.effect for one in answer.services})
    promises = StoredPromises(reader.rows, "postgresql" if "://" in invocation.site.url else "sqlite")
    now = invocation.now()
    gathered = promises.gather(estate, this, now)
    return forecast(
        gathered.agreements, this, gathered.others, gathered.facts, now=now, hours=calendar.service_time
    )


def _local(work: PlannedWork, zone: str, now: datetime) -> str:
    """The window as the clock on the wall shows it: people type `22:00` and must find it again."""
    if zone == "UTC":
        return ""
    first, last = (moment(at, ZoneInfo(zone), now) for at in (work.window_start, work.window_end))
    return f"{first} to {last} in {zone}"


def _promises(rows: Sequence[Forecast]) -> None:
    if not rows:
        return
    printing.put("\npromises, in minutes")
    printing.table(
        ("agreement", "service", "target", "left", "expected", "worst", "left after", ""),
        (
            (
                row.agreement,
                row.service,
                f"{row.target.normalize():f}%",
                minutes(row.left_before_s),
                minutes(row.planned_expected_s),
                minutes(row.planned_worst_s),
                minutes(row.left_after_s),
                "× BREACH" if row.breach_expected else "▲ BREACH if worst" if row.breach_worst else "○ kept",
            )
            for row in rows
        ),
        empty="",
        right=("left", "expected", "worst", "left after"),
    )

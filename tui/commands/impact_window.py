"""What fails if this is down in a window: with all other scheduled work, against the agreements.

The read path alone: who asks at night waits for no ORM.
"""

from collections.abc import Sequence
from typing import Any

import click

from ccb import windows
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid
from cmdb.forecast import Forecast
from cmdb.impact_record import written
from cmdb.reading import Reader
from cmdb.reading_promises import StoredPromises
from cmdb.windowed import Windowed
from tui import answers, answers_windowed, printing, typed
from tui.context import Invocation, command
from tui.present import minutes, minutes_left


@command
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--at", "start", metavar="T", required=True, help="From when: 22:00, 'tomorrow 06:00', 'sat 22:00', +2h."
)
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
    """Say what fails if the items ID... are down in a window, and what it takes from every agreement.

    Whatever else is scheduled counts: what it will have changed by then, and what is down meanwhile.
    """
    if not length and " " not in start.strip():
        raise Invalid("A window needs its length.", "Give --for as well, such as --for 2h.")
    site, now = invocation.site, invocation.now()
    if length:
        begins, lasts = typed.moment(start, zone=site.zone, now=now), typed.seconds(length)
    else:
        begins, lasts = typed.window(start, zone=site.zone, now=now)
    longest = typed.seconds(worst) if worst else 0
    with Reader.open(site.url) as reader, reader.question() as estate:
        found, rows = windows.answer(
            estate.rows,
            estate.dialect.name,
            ids,
            begins,
            expected=lasts,
            worst=longest,
            at=now,
            everything=exposed,
        )
        hit = [one.id for one in found.answer.services if one.effect in ("outage", "degraded")]
        promises = StoredPromises(estate.rows, estate.dialect.name)
        left_out = promises.not_forecast(hit, found.start, found.end) if hit else ()
    if invocation.wants_json:
        printing.pieces(_written(found, rows, left_out))
    else:
        answers_windowed.impact(found, promises=lambda: _promises(rows, left_out))
    if exit_code:
        breached = any(row.breach_expected or row.breach_worst for row in rows)
        click.get_current_context().exit(answers.exit_code(found.own, breached=breached))


def _written(found: Windowed, rows: Sequence[Forecast], left_out: Sequence[str]) -> Any:
    return written(
        found.answer,
        window=(rfc3339(found.start), rfc3339(found.end)),
        agreements=[row.fields() for row in rows],
        when={
            id: [
                {
                    "start": rfc3339(one.start),
                    "end": rfc3339(one.end),
                    "effect": one.effect,
                    "because_of": list(one.because_of),
                }
                for one in parts
            ]
            for id, parts in found.when.items()
        },
        more={
            "own_effect": found.own,
            "after": list(found.applied),
            "tentative": [
                {
                    "change": one.reference,
                    "start": rfc3339(one.start),
                    "end": rfc3339(one.end),
                    "items": [{"id": id, "effect": effect} for id, effect in one.items],
                }
                for one in found.tentative
            ],
            "not_forecast": list(left_out),
            "not_computed": [{"change": id, "why": why} for id, why in found.not_computed],
        },
    )


def _promises(rows: Sequence[Forecast], left_out: Sequence[str]) -> None:
    if rows:
        _forecasts(rows)
    if left_out:
        printing.put()
    for sentence in left_out:
        printing.put(sentence)


def _forecasts(rows: Sequence[Forecast]) -> None:
    printing.put("\npromises, in minutes")
    printing.table(
        ("agreement", "service", "target", "left", "expected", "worst", "left after", ""),
        (
            (
                row.agreement,
                row.service,
                f"{row.target.normalize():f}%",
                minutes_left(row.left_before_s),
                minutes(row.planned_expected_s),
                minutes(row.planned_worst_s),
                minutes_left(row.left_after_s),
                "× BREACH" if row.breach_expected else "▲ BREACH if worst" if row.breach_worst else "○ kept",
            )
            for row in rows
        ),
        empty="",
        right=("left", "expected", "worst", "left after"),
    )

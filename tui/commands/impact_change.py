"""What fails while a change is done, and what the estate can lose after it."""

from typing import Any

import click

from baselines import tables as baseline_tables
from ccb import assessment, requests
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid
from cmdb.impact import Impact
from cmdb.impact import impact as answer_of
from cmdb.impact_record import record
from tui import answers, clockface, printing
from tui.context import Invocation, command
from tui.workplace import at_work

TABLES = baseline_tables  # a request is read with the baselines it names


@command
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option("--change", "id_", metavar="CR", required=True, help="The change request.")
@click.option("--exposed", is_flag=True, help="Count everything reachable, however much that is.")
@click.option("--exit-code", is_flag=True, help="Leave with 10 reduced, 11 degraded, 12 outage, 13 breach.")
def impact(invocation: Invocation, ids: tuple[str, ...], id_: str, exposed: bool, exit_code: bool) -> None:
    """Say what fails while the request CR is done, and after it when the same items, or ID..., fail."""
    with at_work(invocation) as here, here.store.read() as uow:
        request = requests.find(uow, id_)
        down = ids or (request.down.items if request.down else ())
        if not down:
            raise Invalid(f"{request.id} takes nothing down.", "Name items that fail, after the options.")
        before, after, _ = assessment.after(uow, request)
        during = answer_of(before, down, everything=exposed)
        left = [one for one in down if one in after.keys(down)]
        later = answer_of(after, left, everything=exposed) if left else None
        rows = _rows(assessment.assess(uow, request, at=here.at).context) if request.down else []
    asked = request.window
    window = (rfc3339(asked.start), rfc3339(asked.end)) if asked else None
    if invocation.wants_json:
        printing.as_json(
            {
                "during": record(during, window=window, agreements=rows),
                "after": record(later) if later else None,
            }
        )
    else:
        printing.put(f"While {request.id} is done:")
        answers.impact(during, window=clockface.stretch(asked.start, asked.end) if asked else "")
        _after(request.id, later)
    if exit_code:
        breach = any(row["breach_expected"] or row["breach_worst"] for row in rows)
        click.get_current_context().exit(answers.exit_code(during.effect, breached=breach))


def _after(request: str, later: Impact | None) -> None:
    printing.put(f"\nAfter {request}:")
    if later is None:
        printing.put("what goes down now is not there any more")
    else:
        answers.impact(later)


def _rows(context: Any) -> list[dict[str, Any]]:
    return list(context.get("agreements", ()))

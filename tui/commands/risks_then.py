"""The risk report of a moment that is over: on the estate of the baseline in force then."""

from pathlib import Path

from baselines import past
from cmdb import risk_reports
from tui import clockface, report_past, reports
from tui.commands import report_risks
from tui.commands.impact_past import in_force
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.progress import Progress
from tui.report_past import Moment


@command
@report_risks.about
def risks(
    invocation: Invocation,
    limit: int,
    type_: str,
    below: str,
    as_of: str,
    form: str,
    to: Path | None,
    replace: bool,
) -> None:
    """Report the items whose outage alone took most with it at a moment, as its baseline has them.

    What was no part of that baseline is left out, candidates of then included.
    """
    progress = Progress()
    with at_library(invocation) as (here, library), library.store.read() as uow:
        now, then = here.at, report_past.at(as_of, zone=here.site.zone, now=here.at)
        held_by = in_force(here, uow, as_of)
        estate, scene = past.scene(library, uow, held_by, then)
        try:
            found = risk_reports.of(estate, scene, limit=limit, type=type_, service=below, told=progress)
        finally:
            progress.end()
    made = report_risks.made(found, at=then, type=type_, below=below)
    made = made._replace(
        facts=(("baseline", f"{held_by.id}, {clockface.clock(held_by.established_at)}"), *made.facts),
        record={**made.record, "baseline": held_by.id},
    )
    told = report_past.told(made, Moment(then, then, then, now, past=True))
    reports.deliver(told, "json" if invocation.wants_json else form, to, replace=replace)

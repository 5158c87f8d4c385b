"""The trends: events and requests per week or month, and how long they took, as bars of text."""

import click

from cmdb.instants import rfc3339
from cmdb.periods import zone_of
from tui import clockface, printing, report_past, trend_counts
from tui.context import Invocation, command
from tui.present import plain
from tui.trends import PER, lines
from tui.workplace import at_work

WIDTH = 78


@command
@click.option("--per", type=click.Choice(PER), default="week", show_default=True, help="Count per.")
@report_past.asking
@click.option("--bars", is_flag=True, help="Draw them as bars.")
def trends(invocation: Invocation, per: str, as_of: str, bars: bool) -> None:
    """Count events and change requests per week or month, and how long they took."""
    with at_work(invocation) as here, here.store.read() as uow:
        then = report_past.at(as_of, zone=here.site.zone, now=here.at)
        found = trend_counts.counted(uow, then, zone_of(here.site.zone), per, past=bool(as_of))
    if invocation.wants_json:
        printing.as_json_list(
            {
                "name": one.name,
                "title": one.title,
                "per": per,
                **({"as_of": rfc3339(then)} if as_of else {}),
                "bars": [{"of": bar.label, "value": bar.value, "says": bar.says} for bar in one.bars],
            }
            for one in found
        )
        return
    if as_of:
        printing.put(f"As of {clockface.clock(then)}\n")
    for place, one in enumerate(found):
        if place:
            printing.put()
        if bars:
            for line in lines(one, WIDTH):
                printing.put(plain(line, ascii_only=invocation.ascii_only).rstrip())
            continue
        printing.put(f"{one.title}{f': {one.said}' if one.said else ''}")
        some = any(bar.value for bar in one.bars)
        rows = ((bar.label, bar.says or "0", bar.beside) for bar in one.bars) if some else ()
        printing.table(
            ("of", "number", "besides"), rows, empty=f"{one.empty.capitalize()}.", right=("number",)
        )

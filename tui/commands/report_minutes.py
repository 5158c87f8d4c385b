"""The report of board meetings: when they were held, what they decided, and their minutes."""

from pathlib import Path

import click

from baselines import minutes as minutes_kept
from ccb import tables_meetings
from cmdb.errors import Invalid
from tui import meeting_words, reports
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.option("--since", metavar="T", default="", help="From when; the first of the month five months ago.")
@click.option("--until", metavar="T", default="", help="Until when; now.")
@click.option("--board", "of", metavar="BOARD", default="", help="Only the meetings of this board.")
@click.option("--format", "form", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@reports.saving
def minutes(
    invocation: Invocation, since: str, until: str, of: str, form: str, to: Path | None, replace: bool
) -> None:
    """Report the meetings of a period: attendance, decisions with votes and quorum, what carried over."""
    with at_work(invocation) as here, here.store.read() as uow:
        start, end = reports.period(since, until, zone=here.site.zone, now=here.at)
        if end < start:
            raise Invalid("The period ends before it begins.", "Give --since before --until.")
        held = [
            (one, minutes_kept.newest(uow, one.id))
            for one in tables_meetings.meetings(uow, board=of)
            if one.state == "closed" and one.opened_at is not None and start <= one.opened_at <= end
        ]
    made = meeting_words.period_report(held, start=start, end=end, made_at=here.at)
    reports.deliver(made, "json" if invocation.wants_json else form, to, replace=replace)

"""The inbox: what waits for a person, and what they were told."""

import click

from ccb import board
from cmdb import action_items, notices
from tui import printing
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.option("--read", "mark", is_flag=True, help="Mark the notices as read.")
@click.option("--all", "everything", is_flag=True, help="Also notices read before.")
def inbox(invocation: Invocation, mark: bool, everything: bool) -> None:
    """Show what waits for you: ballots, action items, notices."""
    with at_work(invocation) as here:
        me = here.actor
        with here.store.read() as uow:
            waiting = board.queue(uow, me, at=here.at)
            to_do = action_items.listed(uow, owner=me)
            told = notices.inbox(uow, me, unread=not everything)
        if mark:
            notices.read(here.store, me, at=here.at)
    if invocation.wants_json:
        ballots = [
            {
                "id": one.ballot.request.id,
                "title": one.ballot.request.title,
                "why": one.why,
                "stale": one.stale,
            }
            for one in waiting
        ]
        printing.as_json({"person": me, "ballots": ballots, "action_items": to_do, "notices": told})
        return
    for one in waiting:
        stale = "  (your vote is stale)" if one.stale else ""
        printing.put(f"vote    {one.ballot.request.id}  {one.ballot.request.title}{stale}")
    for item in to_do:
        printing.put(
            f"action  {item.id}  {item.what}" + (f"  due {printing.plain(item.due)}" if item.due else "")
        )
    for notice in told:
        printing.put(f"notice  {printing.plain(notice.at)}  {notice.text}")
    if not (waiting or to_do or told):
        printing.say("Nothing waits for you.")
